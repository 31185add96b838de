"""`optimizer frontier`: plans from the least expected cost to the least CVaR, and what each step buys."""

import argparse
import json
from pathlib import Path
from threading import Event

from optimizer.cli.case import read
from optimizer.cli.progress import ProgressLine
from optimizer.cli.solve import stem
from optimizer.cli.text import Money, percent, share, table
from optimizer.cli.writing import unbroken
from optimizer.errors import Exit
from optimizer.plan.frontier import Frontier, Move, place, record
from optimizer.plan.status import StopReason
from optimizer.publish import FRONTIER_PAGE, FRONTIER_WORKBOOK, require_place, write_frontier
from optimizer.request import Request, Step
from optimizer.studies.frontier import frontier

UNSEPARATED = (
    "the gaps are wider than what lies between the plans: what safety costs is not proven (a smaller --gap may)"
)


def run(arguments: argparse.Namespace) -> Exit:
    """Search, write and print the points; Ctrl-C keeps those that were found."""
    request = Request(arguments.gap, arguments.time_limit, arguments.threads, arguments.seed)
    folder, stop = arguments.out or Path(f"{stem(arguments.case)}-frontier"), Event()
    require_place(folder)
    with ProgressLine() as progress:
        progress(Step(f"reading {arguments.case}"))
        found = frontier(read(arguments.case), arguments.points, request, progress, stop)
        progress(Step(f"writing {folder}"))
        with unbroken():
            write_frontier(found, folder)
    print(json.dumps(record(found), indent=2) if arguments.json else text(found))
    if not arguments.json:
        print(f"{folder / FRONTIER_WORKBOOK}  {folder / FRONTIER_PAGE}")
    if stop.is_set():
        return Exit.INTERRUPTED
    return Exit.DONE if found.closed else Exit.LIMIT


def text(found: Frontier) -> str:
    """The frontier for a terminal."""
    settings = found.case.settings
    money = Money(settings.currency)
    tail = f"the dearest {share(settings.risk_tail)}"
    rows = [
        (
            str(number),
            money(point.expected),
            money(point.cvar),
            money.known(point.result.bound),
            "not known" if point.result.gap is None else percent(point.result.gap),
            place(number),
        )
        for number, point in enumerate(found.points, 1)
    ]
    lines = [
        f"{settings.title}: {_head(found, tail)}",
        "",
        table(("point", "expected", "CVaR", "bound", "gap", "plan"), rows),
        "",
    ]
    if found.least_cvar is not None:
        lines += [f"no plan brings CVaR below {money(found.least_cvar)}", ""]
    for number, move in enumerate(found.moves, 1):
        lines += [f"{number} to {number + 1}: {_words(move, tail, money)}", *_changes(move)]
    if not found.separated:
        lines.append(UNSEPARATED)
    if found.stop == StopReason.INTERRUPT:
        lines.append("interrupted: there may be more points")
    elif found.complete:
        lines.append("between these points no plan is better by more than the asked gap")
    return "\n".join(lines).rstrip()


def _head(found: Frontier, tail: str) -> str:
    if len(found.points) == 1:
        return f"the plan that is cheapest on average is the safest that was found in {tail}"
    return f"{len(found.points)} plans, none both cheaper on average and safer in {tail} than another"


def _words(move: Move, tail: str, money: Money) -> str:
    return f"the next {money(move.dearer)} of expected cost take {money(move.safer)} off {tail}"


def _spoken(what: str) -> str:
    return what.replace(" | ", " ")


def _changes(move: Move) -> list[str]:
    now = [f"  {_spoken(c.what)}: {c.before:,.6g} -> {c.after:,.6g} {c.unit}" for c in move.decisions]
    later = [f"  later, {_spoken(c.what)}: {c.mean_before:,.4g} -> {c.mean_after:,.4g} on average" for c in move.later]
    return now + later or ["  what is signed and exercised stays; hourly purchases differ"]
