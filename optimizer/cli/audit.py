"""`optimizer audit`: recompute a saved plan, without solving."""

import argparse
import json

from optimizer.errors import Exit, StaleError
from optimizer.plan.audit import audit
from optimizer.plan.save import load_plan


def run(arguments: argparse.Namespace) -> Exit:
    """Print the recomputed objective and every finding; exit 9 when there is one."""
    plan = load_plan(arguments.plan)
    if plan.result.objective is None:
        raise StaleError(f"{arguments.plan} holds no plan to audit: its status is {plan.result.status}")
    audited = audit(plan.case, plan)
    if arguments.json:
        document = {
            "schema": "optimizer/audit@1",
            "passed": audited.passed,
            "objective": audited.objective,
            "findings": [str(finding) for finding in audited.findings],
        }
        print(json.dumps(document, indent=2))
    else:
        for finding in audited.findings:
            print(finding)
        verdict = "passed" if audited.passed else f"FAILED with {len(audited.findings)} findings"
        print(f"audit {verdict}; objective recomputed {audited.objective:,.2f}, reported {plan.result.objective:,.2f}")
    return Exit.DONE if audited.passed else Exit.AUDIT
