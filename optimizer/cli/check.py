"""`optimizer check`: every finding of a case, without solving."""

import argparse
import json

from optimizer.errors import Exit, InputError
from optimizer.load import read_case


def run(arguments: argparse.Namespace) -> Exit:
    """Print all findings; exit 3 when one of them is an error."""
    try:
        case, findings = read_case(arguments.case)
    except InputError as error:
        case, findings = None, error.findings
    if arguments.json:
        rows = [
            {"level": f.level.value, "place": f.place, "found": f.found, "expected": f.expected, "fix": f.cure}
            for f in findings
        ]
        print(json.dumps({"schema": "optimizer/check@1", "valid": case is not None, "findings": rows}, indent=2))
    else:
        for finding in findings:
            print(finding)
        count = f"{len(findings)} finding{'' if len(findings) == 1 else 's'}"
        print(f"{arguments.case}: {'valid' if case is not None else 'not valid'}, {count}")
    return Exit.DONE if case is not None else Exit.INPUT
