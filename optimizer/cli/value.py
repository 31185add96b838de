"""`optimizer value`: what foresight, planning for more than the mean, and each option are worth."""

import argparse
import json
from dataclasses import asdict

from optimizer.cli.case import read
from optimizer.cli.progress import ProgressLine
from optimizer.cli.solve import ENDS, headline
from optimizer.cli.text import percent, table, usd
from optimizer.errors import Exit
from optimizer.run import Request, Step
from optimizer.studies.worth import OptionWorth, Value, Worth, worth


def run(arguments: argparse.Namespace) -> Exit:
    """Print the values; the exit code is that of the tree's own search."""
    request = Request(arguments.gap, arguments.time_limit, arguments.threads, arguments.seed)
    with ProgressLine() as progress:
        progress(Step(f"reading {arguments.case}"))
        found = worth(read(arguments.case), request, progress)
    print(_json(found) if arguments.json else text(found))
    return ENDS[found.tree.result.status]


def _json(found: Worth) -> str:
    document = {
        "schema": "optimizer/value@1",
        "status": found.tree.result.status,
        "objective": found.tree.result.objective,
        "bound": found.tree.result.bound,
        "perfect_information": asdict(found.foresight),
        "stochastic_solution": None if found.planning is None else asdict(found.planning),
        "options": [asdict(option) for option in found.options],
    }
    return json.dumps(document, indent=2, default=str)


def text(found: Worth) -> str:
    """The values for a terminal."""
    tree = found.tree
    planning = found.planning
    rows = [("perfect information", *_figures(found.foresight))]
    rows.append(("planning for more than the mean", *(_figures(planning) if planning else ("no limit", "", ""))))
    rows += [(f"option {one.option}", *_figures(one.value)) for one in found.options]
    lines = [
        headline(tree.case, tree.result),
        f"expected present value {tree.result.objective:,.2f} {tree.case.settings.currency}",
        "",
        table(("worth", "value", "at least", "at most"), rows),
    ]
    if planning is None:
        lines += ["", "What is best for the mean, done here and now, has no plan in some scenario."]
    if found.options:
        heads = ("option", "held", "premium", "break-even a block", "exercised", "quarters")
        lines += ["", table(heads, [_option(one) for one in found.options])]
    return "\n".join(lines)


def _figures(value: Value) -> tuple[str, str, str]:
    known = ("not known" if figure is None else usd(figure) for figure in (value.low, value.high))
    return (usd(value.usd), *known)  # type: ignore[return-value]


def _option(one: OptionWorth) -> tuple[str, ...]:
    done = one.exercised
    quarters = "" if done is None else " to ".join(dict.fromkeys((str(done.first), str(done.last))))
    return (
        one.option,
        f"{one.held:,.6g}",
        usd(one.premium_usd),
        "-" if one.break_even_usd is None else usd(one.break_even_usd),
        "never" if done is None else percent(done.probability),
        quarters,
    )
