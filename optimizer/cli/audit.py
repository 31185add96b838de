"""`optimizer audit`: recompute a saved plan, without solving."""

import argparse
import json

from optimizer.case.settings import Objective
from optimizer.cli.tree import with_risk
from optimizer.errors import Exit, StaleError
from optimizer.plan.audit import audit
from optimizer.plan.save import load_plan
from optimizer.plan.save_tree import is_tree, load_tree
from optimizer.plan.tree import TreePlan, audit_tree


def run(arguments: argparse.Namespace) -> Exit:
    """Print the recomputed objective and every finding; exit 9 when there is one."""
    if is_tree(arguments.plan):
        return _tree(load_tree(arguments.plan), arguments.json)
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


def _tree(tree: TreePlan, as_json: bool) -> Exit:
    """The same for a plan under uncertainty: every scenario, and that nothing is known before its time."""
    if not tree.branches:
        raise StaleError(f"there is no plan to audit: its status is {tree.result.status}")
    findings, objective = audit_tree(tree), _recomputed(tree)
    if as_json:
        document = {
            "schema": "optimizer/audit@1",
            "passed": not findings,
            "objective": objective,
            "findings": [str(finding) for finding in findings],
        }
        print(json.dumps(document, indent=2))
    else:
        for finding in findings:
            print(finding)
        verdict = f"FAILED with {len(findings)} findings" if findings else "passed"
        recomputed = "is not known" if objective is None else f"recomputed {objective:,.2f}"
        said = f"{_minimised(tree)} {recomputed}, reported {tree.result.objective:,.2f}"
        print(f"audit of {len(tree.branches)} scenarios {verdict}; {said}")
    return Exit.AUDIT if findings else Exit.DONE


def _recomputed(tree: TreePlan) -> float | None:
    """What the case minimises, by the costs of the scenarios; None where what regret is measured against is missing."""
    try:
        return tree.objective
    except KeyError:
        return None


def _minimised(tree: TreePlan) -> str:
    """What the case minimises, in words."""
    settings = tree.case.settings
    if settings.objective is Objective.EXPECTED and settings.risk_weight and len(tree.branches) > 1:
        return with_risk(settings)
    return settings.objective.value
