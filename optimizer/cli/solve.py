"""`optimizer solve`: the main job."""

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path

from optimizer.case.case import Case
from optimizer.cli.case import read
from optimizer.cli.progress import ProgressLine
from optimizer.cli.text import percent, table, usd
from optimizer.errors import Exit
from optimizer.plan.diff import HIDDEN
from optimizer.plan.plan import Plan, Seconds
from optimizer.plan.save import load_plan, record
from optimizer.plan.statements import obligations
from optimizer.publish import PAGE, WORKBOOK, write
from optimizer.run import Request, Step, program_of, solve
from optimizer.tables.source import DatabaseUrl, Source

ENDS = {
    "optimal": Exit.DONE,
    "feasible": Exit.LIMIT,
    "no_plan": Exit.LIMIT,
    "infeasible": Exit.UNSOLVABLE,
    "unbounded": Exit.UNSOLVABLE,
    "infeasible_or_unbounded": Exit.UNSOLVABLE,
    "failed": Exit.FAULT,
}
HEADLINES = {
    "optimal": "optimal: proven within the asked gap of {asked}",
    "feasible": "feasible, NOT proven optimal: stopped by {stop} before the asked gap of {asked}",
    "no_plan": "no plan: stopped by {stop} before one was found",
    "infeasible": "infeasible: no plan can meet every limit",
    "unbounded": "unbounded: cost can fall without limit; a price is missing or negative",
    "infeasible_or_unbounded": "infeasible or unbounded: the solver could not tell which",
    "failed": "the solver failed",
}


def run(arguments: argparse.Namespace) -> Exit:
    """Read, solve, audit, write; the exit code tells how it ended."""
    with ProgressLine() as progress:
        began = time.perf_counter()
        progress(Step(f"reading {arguments.case}"))
        case = read(arguments.case)
        took = time.perf_counter() - began
        if arguments.mps is not None:
            return _mps(case, arguments.mps)
        plan = solve(case, _request(arguments), progress)
        seconds: Seconds = replace(plan.result.seconds, read=took)
        plan = replace(plan, result=replace(plan.result, seconds=seconds))
        folder = arguments.out or Path(f"{_stem(arguments.case)}-plan")
        progress(Step(f"writing {folder}"))
        plan = write(plan, folder)
    if arguments.json:
        print(json.dumps(record(plan), indent=2))
    else:
        print(summary(plan))
        if plan.result.objective is not None:
            print(f"{folder / WORKBOOK}  {folder / PAGE}")
    if plan.result.stop == "interrupt":
        return Exit.INTERRUPTED
    return ENDS[plan.result.status]


def _stem(case: Source) -> str:
    return case.name if isinstance(case, DatabaseUrl) else case.resolve().stem


def _request(arguments: argparse.Namespace) -> Request:
    return Request(
        gap=arguments.gap,
        time_limit_seconds=arguments.time_limit,
        threads=arguments.threads,
        seed=arguments.seed,
        solver=arguments.solver,
        start=None if arguments.start is None else load_plan(arguments.start),
    )


def _mps(case: Case, path: Path) -> Exit:
    from optimizer.model.mps import write_mps

    write_mps(program_of(case), path)
    print(path)
    return Exit.DONE


def summary(plan: Plan) -> str:
    """What the plan says, for a terminal."""
    result = plan.result
    headline = HEADLINES[result.status].format(asked=percent(result.asked_gap), stop=result.stop.replace("_", " "))
    lines = [f"{plan.case.settings.title}: {headline}"]
    if result.objective is None:
        return "\n".join([*lines, result.detail]).rstrip()
    bound = "not known" if result.bound is None else f"{result.bound:,.2f}"
    gap = "not known" if result.gap is None else percent(result.gap)
    lines.append(
        f"expected present value {result.objective:,.2f} {plan.case.settings.currency}, bound {bound}, gap {gap}"
    )
    lines += ["", _decisions(plan), "", _obligations(plan), ""]
    steps = result.seconds
    lines.append(
        f"read {steps.read:.1f} s, built {steps.build:.1f} s, solved {steps.solve:.1f} s, wrote {steps.write:.1f} s; "
        "audit passed"
    )
    return "\n".join(lines)


def _decisions(plan: Plan) -> str:
    rows, settled = [], plan.case.calendar.settled
    for choice in plan.choices:
        key = choice.key
        if not settled(key.quarter) and key.action not in HIDDEN and not key.segment and key.action.value != "buy":
            rows.append(
                (f"{key.action.value} {key.contract}", str(key.quarter), f"{choice.quantity:,.6g} {choice.unit}")
            )
    if not rows:
        return "nothing to sign or exercise"
    return table(("decision", "quarter", "quantity"), sorted(rows, key=lambda row: row[1]))


def _obligations(plan: Plan) -> str:
    owed = [row for row in obligations(plan) if row.total]
    if not owed:
        return "no firm payments"
    rows = [(row.contract, row.supplier, usd(row.total)) for row in owed]
    total = ("all firm payments, nominal", "", usd(sum(row.total for row in owed)))
    return table(("contract", "supplier", "nominal value"), [*rows, total])
