"""`optimizer solve`: the main job."""

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path

from optimizer.case.case import Case
from optimizer.case.scenario import Scenario
from optimizer.case.uncertainty import Uncertainty
from optimizer.cli import tree
from optimizer.cli.case import read, requested
from optimizer.cli.progress import ProgressLine
from optimizer.cli.text import Money, percent, table
from optimizer.cli.writing import unbroken
from optimizer.errors import Exit
from optimizer.futures.future import certain
from optimizer.plan.diff import HIDDEN
from optimizer.plan.plan import Plan, Result, counted
from optimizer.plan.save import record
from optimizer.plan.save_tree import load_any
from optimizer.plan.save_tree import record as tree_record
from optimizer.plan.statements import obligations
from optimizer.plan.status import Status, StopReason
from optimizer.plan.tree import AnyPlan, TreePlan
from optimizer.publish import PAGE, WORKBOOK, require_place, write_any
from optimizer.request import Engine, Request, Step
from optimizer.run import program_of, solve_any
from optimizer.tables.source import DatabaseUrl, Source

ENDS = {
    Status.OPTIMAL: Exit.DONE,
    Status.FEASIBLE: Exit.LIMIT,
    Status.NO_PLAN: Exit.LIMIT,
    Status.INFEASIBLE: Exit.UNSOLVABLE,
    Status.UNBOUNDED: Exit.UNSOLVABLE,
    Status.INFEASIBLE_OR_UNBOUNDED: Exit.UNSOLVABLE,
    Status.FAILED: Exit.FAULT,
}
HEADLINES = {
    Status.OPTIMAL: "optimal: proven within the asked gap of {asked}",
    Status.FEASIBLE: "feasible, NOT proven optimal: stopped by {stop} before the asked gap of {asked}",
    Status.NO_PLAN: "no plan: stopped by {stop} before one was found",
    Status.INFEASIBLE: "infeasible: no plan can meet every limit",
    Status.UNBOUNDED: "unbounded: cost can fall without limit; a price is missing or negative",
    Status.INFEASIBLE_OR_UNBOUNDED: "infeasible or unbounded: the solver could not tell which",
    Status.FAILED: "the solver failed",
}


def run(arguments: argparse.Namespace) -> Exit:
    """Read, solve, audit, write; the exit code tells how it ended."""
    folder = arguments.out or Path(f"{stem(arguments.case)}-plan")
    with ProgressLine() as progress:
        began = time.perf_counter()
        progress(Step(f"reading {arguments.case}"))
        case = read(arguments.case)
        _say_unplanned(case, arguments.case)
        if arguments.scenario is not None:
            case = certain(case, arguments.scenario)
        took = time.perf_counter() - began
        _say_unread(case)
        if arguments.mps is not None:
            return _mps(case, arguments.mps)
        require_place(folder)
        request = _request(arguments)
        _say_whole(case, request)
        solved = _solved(case, request, progress, took)
        progress(Step(f"writing {folder}"))
        with unbroken():
            solved = write_any(solved, folder, progress)
    _say(solved, folder, arguments.json)
    return Exit.INTERRUPTED if solved.result.stop == StopReason.INTERRUPT else ENDS[solved.result.status]


def _say_unplanned(case: Case, source: Source) -> None:
    """Uncertainty that is stated, of which there are no scenarios, is not planned for."""
    count = len(case.of(Uncertainty))
    if count and not case.of(Scenario):
        stated = f"{count} uncertaint{'y' if count == 1 else 'ies'}"
        print(f"note: the case states {stated} and has no scenarios: planned is what it expects", file=sys.stderr)
        print(f"      optimizer scenarios {source} --out NEWCASE makes them", file=sys.stderr)


def _say_whole(case: Case, request: Request) -> None:
    """What only a tree can be, split or solved on a cluster, a case without scenarios is not."""
    if not case.of(Scenario) and (request.cluster is not None or request.engine is Engine.SPLIT):
        print("note: a case without scenarios is one program, solved here: nothing is split", file=sys.stderr)


def _say_unread(case: Case) -> None:
    """What the case says came true is news of later quarters: a plan from its first open quarter cannot know it."""
    marked = [row.scenario for row in case.of(Scenario) if row.came_true is not None]
    if marked:
        known = f"what came true ({', '.join(marked)}) is read by replan; solve plans as of {case.calendar.as_of}"
        print(f"note: {known}, when it was not known", file=sys.stderr)


def _solved(case: Case, request: Request, progress: ProgressLine, took: float) -> AnyPlan:
    """The plan of the case, or that of its tree where it has scenarios, with the time it took to read it."""
    plan = solve_any(case, request, progress)
    return replace(plan, result=replace(plan.result, seconds=replace(plan.result.seconds, read=took)))


def _say(solved: AnyPlan, folder: Path, as_json: bool) -> None:
    if as_json:
        document = tree_record(solved) if isinstance(solved, TreePlan) else record(solved)
        print(json.dumps(document, indent=2))
        return
    print(any_summary(solved))
    if solved.result.objective is not None:
        print(f"{folder / WORKBOOK}  {folder / PAGE}")


def stem(case: Source) -> str:
    """What a case is called: its file, folder or database without its ending."""
    return case.name if isinstance(case, DatabaseUrl) else case.resolve().stem


def _request(arguments: argparse.Namespace) -> Request:
    start = None if arguments.start is None else load_any(arguments.start)
    asked = requested(arguments)
    return replace(asked, solver=arguments.solver, start=start, checkpoint=arguments.checkpoint)


def _mps(case: Case, path: Path) -> Exit:
    from optimizer.model.mps import write_mps

    write_mps(program_of(case), path)
    print(path)
    return Exit.DONE


def any_summary(plan: AnyPlan) -> str:
    """What a plan, or a tree of plans, says, for a terminal."""
    return tree.summary(plan, headline(plan.case, plan.result)) if isinstance(plan, TreePlan) else summary(plan)


def summary(plan: Plan) -> str:
    """What the plan says, for a terminal."""
    result = plan.result
    lines = [headline(plan.case, result)]
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


def headline(case: Case, result: Result) -> str:
    """How the search ended, in a line."""
    words = HEADLINES[result.status].format(asked=percent(result.asked_gap), stop=result.stop.replace("_", " "))
    return f"{case.settings.title}: {words}"


def _decisions(plan: Plan) -> str:
    rows, settled = [], plan.case.calendar.settled
    for choice in plan.choices:
        key = choice.key
        if not settled(key.quarter) and key.action not in HIDDEN and not key.segment and key.action.value != "buy":
            rows.append((f"{key.action.value} {key.contract}", str(key.quarter), counted(choice.quantity, choice.unit)))
    if not rows:
        return "nothing to sign or exercise"
    return table(("decision", "quarter", "quantity"), sorted(rows, key=lambda row: row[1]))


def _obligations(plan: Plan) -> str:
    owed = [row for row in obligations(plan) if row.total]
    if not owed:
        return "no firm payments"
    money = Money(plan.case.settings.currency)
    rows = [(row.contract, row.supplier, money(row.total)) for row in owed]
    total = ("all firm payments, nominal", "", money(sum(row.total for row in owed)))
    return table(("contract", "supplier", "nominal value"), [*rows, total])
