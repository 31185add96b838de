"""`optimizer backtest`: what replanning would have cost in the past, against knowing it all and against doing less."""

import argparse
import json
import sys
from dataclasses import asdict

from optimizer.cli.case import read
from optimizer.cli.progress import ProgressLine
from optimizer.cli.text import percent, table
from optimizer.errors import Exit, UsageError
from optimizer.replan.backtest import FORESIGHT, Backtest, Policy, backtest
from optimizer.request import Request, Step
from optimizer.tables.quarter import Quarter
from optimizer.tables.source import Source, source


def run(arguments: argparse.Namespace) -> Exit:
    """Replay the past and print what each policy costs."""
    past = [_past(text) for text in arguments.history]
    request = Request(arguments.gap, arguments.time_limit, arguments.threads, arguments.seed)
    with ProgressLine() as progress:
        progress(Step(f"reading {arguments.case}"))
        actual = read(arguments.case)
        history = [(quarter, read(place)) for quarter, place in past]
        found = backtest(actual, history, request, progress)
    for finding in found.findings:
        print(finding, file=sys.stderr)
    if arguments.json:
        print(json.dumps({"schema": "optimizer/backtest@1", **asdict(found)}, indent=2, default=str))
    else:
        print(text(found, actual.settings.currency))
    ends = {policy.status for policy in found.policies}
    return Exit.LIMIT if ends & {"feasible", "no_plan"} else Exit.DONE


def _past(given: str) -> tuple[Quarter, Source]:
    quarter, mark, place = given.partition("=")
    try:
        if not mark or not place:
            raise ValueError(f"{given!r} is not QUARTER=CASE, such as 2027Q1=january.xlsx")
        return Quarter.parse(quarter), source(place)
    except ValueError as error:
        raise UsageError(f"--history: {error}") from error


def text(found: Backtest, currency: str) -> str:
    """The backtest for a terminal."""
    rows = [(str(r.quarter), *(f"{v:,.2f}" for v in (r.cost, r.moved, r.stability_cost))) for r in found.replays]
    header = ("planned as of", "cost to come, as seen then", "commitments moved", "cost of calm")
    best = found.policy(FORESIGHT)
    policies = table(
        ("policy, in the world as it turned out", f"present value {currency}", "bound", "over foresight", "share"),
        [_row(policy, best) for policy in found.policies],
    )
    lines = [table(header, rows), "", policies]
    lines += [f"{policy.name} ({policy.status}): {policy.detail}" for policy in found.policies if policy.cost is None]
    return "\n".join(lines)


def _row(policy: Policy, best: Policy) -> tuple[str, ...]:
    if policy.cost is None:
        return policy.name, policy.status, "-", "-", "-"
    bound = "not known" if policy.bound is None else f"{policy.bound:,.2f}"
    over, share = "-", "-"
    if best.cost is not None:
        over = f"{policy.cost - best.cost:+,.2f}"
        share = percent((policy.cost - best.cost) / abs(best.cost)) if best.cost else "-"
    return policy.name, f"{policy.cost:,.2f}", bound, over, share
