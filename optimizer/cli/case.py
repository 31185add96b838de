"""Reading a case for a command: warnings are shown, errors end the command."""

import sys
from pathlib import Path

from optimizer.case.case import Case
from optimizer.errors import InputError
from optimizer.load import read_case


def read(path: Path) -> Case:
    """The case; its warnings go to standard error. Raises InputError with every finding of one that is not valid."""
    case, findings = read_case(path)
    if case is None:
        raise InputError(findings)
    for finding in findings:
        print(finding, file=sys.stderr)
    return case
