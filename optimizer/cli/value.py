"""`optimizer value`: what foresight, planning for more than the mean, options and the parts of a deal are worth."""

import argparse
import json
from pathlib import Path
from threading import Event

from optimizer.case.case import Case
from optimizer.cli.case import read, requested
from optimizer.cli.deal import deal_json, deal_text, figures
from optimizer.cli.progress import ProgressLine
from optimizer.cli.solve import ENDS, headline
from optimizer.cli.text import Money, chance, table
from optimizer.cli.writing import unbroken
from optimizer.errors import Exit, StaleError, UsageError
from optimizer.plan.outlook import Rights, advice, rights
from optimizer.plan.save import RECORD
from optimizer.plan.save_tree import is_tree, load_tree
from optimizer.plan.tree import TreePlan, require_tree
from optimizer.plan.worth import Known, OptionWorth, Worth, document
from optimizer.publish import PAGE, WORKBOOK, add_values, require_place, write_tree
from optimizer.request import Request, Step
from optimizer.studies.deal import deal, dealt
from optimizer.studies.worth import valued, worth


def run(arguments: argparse.Namespace) -> Exit:
    """Print the values; they stay in the plan folder, if there is one. The exit code is that of the tree's search."""
    request = requested(arguments)
    folder = arguments.case if isinstance(arguments.case, Path) and (arguments.case / RECORD).exists() else None
    at = arguments.out or folder
    if at is not None:
        require_place(at)
    with ProgressLine() as progress:
        progress(Step(f"reading {arguments.case}"))
        stop = Event()
        if folder is None:
            tree = _of_case(read(arguments.case), arguments.deal, request, progress, stop)
        else:
            tree = _of_plan(_plan(folder), arguments.deal, request, progress, stop)
        if arguments.out is not None:
            progress(Step(f"writing {arguments.out}"))
            with unbroken():
                tree = write_tree(tree, arguments.out, progress)
        elif folder is not None:
            progress(Step(f"writing {folder}"))
            with unbroken():
                add_values(tree, folder)
    print(_told(tree, arguments.deal, arguments.json))
    if at is not None and not arguments.json:
        print(f"{at / WORKBOOK}  {at / PAGE}")
    return Exit.INTERRUPTED if stop.is_set() else ENDS[tree.result.status]


def _of_case(case: Case, supplier: str | None, request: Request, progress: ProgressLine, stop: Event) -> TreePlan:
    if supplier is None:
        return worth(case, request, progress, stop)
    return deal(case, supplier, request, progress, stop)


def _of_plan(tree: TreePlan, supplier: str | None, request: Request, progress: ProgressLine, stop: Event) -> TreePlan:
    if supplier is None:
        return valued(tree, request, progress, stop)
    return dealt(tree, supplier, request, progress, stop)


def _told(tree: TreePlan, supplier: str | None, as_json: bool) -> str:
    """What was asked: the values of the deal, or those of uncertainty."""
    if supplier is not None:
        return deal_json(tree, tree.deals[-1]) if as_json else deal_text(tree, tree.deals[-1])
    assert tree.worth is not None
    return _json(tree, tree.worth) if as_json else text(tree, tree.worth)


def _plan(folder: Path) -> TreePlan:
    """The audited plan of a folder."""
    if not is_tree(folder):
        raise UsageError(
            f"{folder} is a plan in which nothing is uncertain. Fix: name the plan of a case with scenarios"
        )
    tree = load_tree(folder)
    if not tree.branches:
        raise StaleError(f"{folder} holds no plan to value: its status is {tree.result.status}")
    require_tree(tree)
    return tree


def _json(tree: TreePlan, found: Worth) -> str:
    result = tree.result
    told = document(found, result.case_hash, tree.case.settings.objective.value)
    uses = {one.option: one for one in rights(tree)}
    for entry in told["options"]:
        use = uses[entry["option"]]
        entry |= {"exercised": use.probability, "by_quarter": {str(quarter): p for quarter, p in use.by_quarter}}
    return json.dumps({**told, "status": result.status, "objective": result.objective, "bound": result.bound}, indent=2)


def text(tree: TreePlan, found: Worth) -> str:
    """The values for a terminal."""
    settings, result = tree.case.settings, tree.result
    money = Money(settings.currency)
    rows = [
        ("perfect information", *figures(found.information, money)),
        ("planning for more than the mean", *figures(found.solution, money)),
        *((f"option {one.option}", *figures(found.of(one), money)) for one in found.options),
    ]
    lines = [
        headline(tree.case, result),
        f"{settings.objective.value} {result.objective:,.2f} {settings.currency}, present value",
        *advice(tree),
        "",
        table(("worth", "value", "at least", "at most"), rows),
    ]
    if found.planning.known is Known.NONE:
        lines += ["", "What is best for the mean, done here and now, has no plan in some scenario."]
    if found.options:
        heads = ("option", "held", "premium", "break-even a block", "exercised", "quarters")
        uses = {one.option: one for one in rights(tree)}
        lines += ["", table(heads, [_option(found, one, uses[one.option], money) for one in found.options])]
    return "\n".join(lines)


def _option(found: Worth, one: OptionWorth, use: Rights, money: Money) -> tuple[str, ...]:
    quarters = ", ".join(f"{quarter} {chance:.0%}" for quarter, chance in use.by_quarter)
    return (
        one.option,
        f"{one.held:,.6g}",
        money(one.premium_usd),
        money.known(found.break_even(one), "-"),
        "never" if not use.by_quarter else chance(use.probability),
        quarters,
    )
