"""`optimizer report`: workbook and page of a saved plan again, without solving."""

import argparse

from optimizer.errors import Exit, StaleError
from optimizer.plan.audit import audit, require
from optimizer.plan.save import load_plan
from optimizer.plan.save_tree import is_tree, load_tree
from optimizer.plan.tree import require_tree
from optimizer.publish import PAGE, WORKBOOK, render, render_tree


def run(arguments: argparse.Namespace) -> Exit:
    """Audit, then write both beside the plan."""
    if is_tree(arguments.plan):
        tree = load_tree(arguments.plan)
        if not tree.branches:
            raise StaleError(f"{arguments.plan} holds no plan to report: its status is {tree.result.status}")
        require_tree(tree)
        render_tree(tree, arguments.plan)
        print(f"{arguments.plan / WORKBOOK}  {arguments.plan / PAGE}")
        return Exit.DONE
    plan = load_plan(arguments.plan)
    if plan.result.objective is None:
        raise StaleError(f"{arguments.plan} holds no plan to report: its status is {plan.result.status}")
    audited = audit(plan.case, plan)
    require(audited)
    render(plan, audited, arguments.plan)
    print(f"{arguments.plan / WORKBOOK}  {arguments.plan / PAGE}")
    return Exit.DONE
