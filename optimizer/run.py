"""The main job: a case to an audited plan."""

import math
import time
from dataclasses import replace
from threading import Event

import numpy as np

from optimizer.alone import with_each_alone
from optimizer.case.case import Case
from optimizer.case.scenario import Scenario
from optimizer.case.settings import Objective
from optimizer.errors import Finding, InputError, SolverError, UnsolvableError, UsageError
from optimizer.futures.check import check_futures
from optimizer.futures.future import certain
from optimizer.model import highs
from optimizer.model.arrays import Program, compile_program
from optimizer.model.build import formulate
from optimizer.model.diagnose import conflict
from optimizer.model.extract import branch, extract, start_of
from optimizer.model.minmax import careful
from optimizer.model.outcome import Outcome, Progress, SolveOptions, bound_below, relative_gap, within_gap
from optimizer.model.pyomo_solver import solve_with_pyomo
from optimizer.model.stepwise import LARGE, first_plan
from optimizer.plan.audit import audit, require
from optimizer.plan.plan import Plan, Result, Seconds
from optimizer.plan.status import Status, StopReason
from optimizer.plan.tree import AnyPlan, TreePlan, require_tree
from optimizer.request import Engine, Listener, Request, Step, after, half, in_dollars, left, options, silent
from optimizer.rules.formulation import Formulation
from optimizer.tables.identity import content_hash
from optimizer.version import package_version

AGREEMENT = 1e-9
SPLIT_FROM, SPLIT_LATE_FROM, MANY = 10_000, 60_000, 10
"""Columns of one program from which on bundles are quicker: of many scenarios with whole numbers, and of others."""
FEW_COURSES = 4


def solve(case: Case, request: Request | None = None, listen: Listener = silent, stop: Event | None = None) -> Plan:
    """The audited plan of least expected present value.

    Without any plan, `Plan.result.status` says why and the plan is empty; `Plan.result.detail` explains.
    Raises UsageError for a case with scenarios, AuditError when the plan fails its audit and SolverError when the
    solver contradicts itself.
    """
    request = request or Request()
    if case.of(Scenario):
        raise UsageError("the case has scenarios. Fix: use solve_tree, or solve futures.future.certain(case, name)")
    if request.checkpoint is not None:
        raise UsageError("a case without scenarios keeps no checkpoint. Fix: leave --checkpoint out")
    began = time.perf_counter()
    listen(Step("building the program"))
    try:
        form = formulate(case)
        program = compile_program(form.model)
    except UnsolvableError as error:
        return _without_plan(case, request, str(error), time.perf_counter() - began)
    built = time.perf_counter()
    outcome = search(form, program, request, listen, stop)
    seconds = Seconds(build=built - began, solve=outcome.seconds)
    return audited_plan(form, program, request, outcome, seconds, listen)


def audited_plan(
    form: Formulation, program: Program, request: Request, outcome: Outcome, seconds: Seconds, listen: Listener
) -> Plan:
    """The plan of an outcome, priced to the cent and audited; an empty one that says why where there is none.

    Raises AuditError when the plan fails its audit and SolverError when its postings contradict the solver.
    """
    case = form.case
    result = result_of(form, request, program, outcome, seconds)
    if outcome.values is None:
        return Plan(case, _explained(form, program, result, listen), (), (), ())
    listen(Step("auditing the plan"))
    plan = extract(form, form.futures[0], program, outcome.values, result)
    plan = replace(plan, result=_priced(result, plan.cost, plan.turnover, form.usd(outcome.objective)))
    require(audit(case, plan))
    return plan


def solve_tree(
    case: Case, request: Request | None = None, listen: Listener = silent, stop: Event | None = None
) -> TreePlan:
    """The audited plan of least expected present value over the scenarios of the case, and of risk where it counts.

    Where the case says so, the worst case or the largest regret is minimised; for the latter, what each scenario costs
    alone is found first, and kept in `TreePlan.case`. What is decided before scenarios part is the same in them.
    Without any plan, `TreePlan.result.status` says why, and there are no branches. Raises InputError for scenarios that
    are not in order, AuditError when the plan fails its audit and SolverError when the solver contradicts itself.
    """
    request = request or Request()
    began = time.perf_counter()
    _require_futures(case)
    split = is_split(case, request)
    if case.settings.objective is Objective.REGRET:
        case, missing = with_each_alone(case, half(case, request), solve, listen, stop)
        if missing is not None:
            return TreePlan(case, missing, ())
        request = after(case, request, began)
    if split:
        return solve_split(case, request, listen, stop)
    if request.cluster is not None:
        listen(Step("the tree is small enough for one program: it is solved here, not on the cluster"))
    listen(Step("building the program"))
    try:
        form = formulate(case)
        program = compile_program(form.model)
    except UnsolvableError as error:
        return TreePlan(case, _without_plan(case, request, str(error), time.perf_counter() - began).result, ())
    built = time.perf_counter()
    outcome = search(form, program, request, listen, stop)
    if form.worst is not None:
        outcome = _careful(form, program, request, outcome, listen, stop)
    seconds = Seconds(build=built - began, solve=time.perf_counter() - built)
    return audited_tree(form, program, request, outcome, seconds, listen)


def solve_any(
    case: Case, request: Request | None = None, listen: Listener = silent, stop: Event | None = None
) -> AnyPlan:
    """The plan of a case, or that of its tree where it has scenarios."""
    return (solve_tree if case.of(Scenario) else solve)(case, request, listen, stop)


def audited_any(
    form: Formulation, program: Program, request: Request, outcome: Outcome, seconds: Seconds, listen: Listener
) -> AnyPlan:
    """The plan of an outcome, or the tree of plans where the case has scenarios, priced and audited."""
    audited = audited_tree if form.case.of(Scenario) else audited_plan
    return audited(form, program, request, outcome, seconds, listen)


def audited_tree(
    form: Formulation, program: Program, request: Request, outcome: Outcome, seconds: Seconds, listen: Listener
) -> TreePlan:
    """The plan of every scenario in an outcome, priced to the cent and audited; no branches where there is none."""
    case = form.case
    result = result_of(form, request, program, outcome, seconds)
    if outcome.values is None:
        return TreePlan(case, _explained(form, program, result, listen), ())
    listen(Step("auditing the plan"))
    plans = ((future, extract(form, future, program, outcome.values, result)) for future in form.futures)
    tree = TreePlan(case, result, tuple(branch(one.name, one.probability, plan) for one, plan in plans))
    turnover = (1.0 + case.settings.risk_weight) * max(one.plan.turnover for one in tree.branches)
    risky = bool(case.settings.risk_weight)
    tree = replace(tree, result=_priced(result, tree.objective, turnover, form.usd(outcome.objective), risky))
    require_tree(tree)
    return tree


def is_split(case: Case, request: Request) -> bool:
    """Whether the tree is cut into bundles: as asked, or where one program would be too large; one course never is.

    Raises UsageError where what is asked for cannot be split, or where one program is asked for a checkpoint.
    """
    if all(row.parts_in is None for row in case.of(Scenario)):
        if request.checkpoint is not None:
            raise UsageError("scenarios that never part keep no checkpoint. Fix: leave --checkpoint out")
        return False
    asked = request.engine is Engine.SPLIT or request.checkpoint is not None
    if asked:
        _require_split(request)
    if asked or request.engine is Engine.WHOLE or request.solver is not None or request.start is not None:
        return asked
    if len(case.tree.nodes) < FEW_COURSES * len(case.calendar.quarters) or _is_mostly_shared(case):
        return False
    try:
        alone = compile_program(formulate(certain(case, case.of(Scenario)[0].scenario)).model)
    except UnsolvableError:
        return False
    soon = alone.integrality.any() and len(case.of(Scenario)) >= MANY
    return _columns(case, alone) > (SPLIT_FROM if soon else SPLIT_LATE_FROM)


def _require_split(request: Request) -> None:
    """Raise UsageError for a request that bundles cannot meet."""
    if request.engine is Engine.WHOLE:
        raise UsageError("one program keeps no checkpoint. Fix: leave --checkpoint or --decompose never out")
    if request.solver is not None or request.start is not None:
        cure = "leave them out, or leave out --decompose and --checkpoint"
        raise UsageError(f"a tree that is split takes neither a solver nor a start. Fix: {cure}")


def _is_mostly_shared(case: Case) -> bool:
    """Whether bundles of one scenario, which all but expected cost needs, would leave most nodes in the trunk."""
    if case.settings.objective is Objective.EXPECTED:
        return False
    last = max(row.parts_in for row in case.of(Scenario) if row.parts_in is not None)
    return 2 * sum(1 for node in case.tree.nodes if node.quarter < last) > len(case.tree.nodes)


def whole_columns(case: Case) -> float:
    """How many columns a tree has as one program, about: as many at each node as its first scenario has a quarter."""
    return _columns(case, compile_program(formulate(certain(case, case.of(Scenario)[0].scenario)).model))


def _columns(case: Case, alone: Program) -> float:
    return alone.num_columns * len(case.tree.nodes) / len(case.calendar.quarters)


def solve_split(
    case: Case, request: Request, listen: Listener = silent, stop: Event | None = None, spare: bool = True
) -> TreePlan:
    """The plan of a tree that workers solve in bundles; what scenarios cost alone is known where regret is minimised.

    `spare` asks for the second search, for the least expected cost of the plans that are no worse.
    """
    from optimizer.decompose.solve import Means, decompose

    asked = options(case, request)

    def told(event: str | Progress) -> None:
        listen(Step(event) if isinstance(event, str) else event)

    began = time.perf_counter()
    blank = _blank(case, asked, "HiGHS, decomposed", highs.version())
    means = Means(request.cluster, request.checkpoint, spare)
    try:
        found, branches = decompose(case, asked, blank, means, told, stop)
    except UnsolvableError as error:
        return TreePlan(case, _without_plan(case, request, str(error), time.perf_counter() - began).result, ())
    seconds = Seconds(solve=time.perf_counter() - began)
    result = replace(
        blank, status=found.status(asked.gap), stop=found.stop, columns=found.columns,
        integers=found.integers, rows=found.rows, nodes=found.rounds, seconds=seconds, detail=found.detail,
    )  # fmt: skip
    if not branches:
        bound = found.bound - found.offset if math.isfinite(found.bound) else None
        return TreePlan(case, replace(result, bound=bound), ())
    listen(Step("auditing the plan"))
    tree = TreePlan(case, result, tuple(branches))
    objective = tree.objective + found.offset
    known = found.bound if math.isfinite(found.bound) else None
    bound = bound_below(objective, known, "the decomposition")
    closed = within_gap(objective, bound, asked.gap)
    result = replace(
        result,
        objective=tree.objective,
        bound=None if bound is None else bound - found.offset,
        gap=relative_gap(objective, bound),
        status=Status.OPTIMAL if closed else Status.FEASIBLE,
    )
    tree = replace(tree, result=result)
    require_tree(tree)
    return tree


def _require_futures(case: Case) -> None:
    """Raise InputError for scenarios that are not in order; a case that was read has passed this already."""
    found = [
        Finding(f"{row.TABLE.name} {row.name} {problem.column}", problem.found, problem.expected, problem.cure)
        for row, problem in check_futures(case)
    ]
    if found:
        raise InputError(found)


def search(
    form: Formulation,
    program: Program,
    request: Request,
    listen: Listener = silent,
    stop: Event | None = None,
    start: np.ndarray | None = None,
) -> Outcome:
    """Search the program of a formulation, or one with other bounds; figures in the unit of the formulation.

    `start` holds one value per column, NaN where it is not known, and goes before the start of the request.
    """
    listen(Step(f"solving {program.num_columns:,} columns, {program.num_rows:,} rows"))
    asked = options(form.case, request)
    if request.solver is not None:
        return solve_with_pyomo(form.model, program, request.solver, asked)
    if start is None and request.start is not None:
        start = start_of(form, program, request.start)
    if start is None and len(form.futures) > 1 and program.num_columns > LARGE and program.integrality.any():
        listen(Step(f"finding a first plan, scenario by scenario of {len(form.futures)}"))
        began = time.perf_counter()
        start = first_plan(form, program, asked, stop)
        asked = replace(asked, time_limit_seconds=left(asked.time_limit_seconds, time.perf_counter() - began))
        listen(Step(f"solving {program.num_columns:,} columns, {program.num_rows:,} rows"))

    def told(progress: Progress) -> None:
        listen(in_dollars(progress, form.usd_per_unit, form.offset_usd))

    return highs.solve(program, asked, on_progress=told, start=start, stop_event=stop)


def _careful(
    form: Formulation, program: Program, request: Request, first: Outcome, listen: Listener, stop: Event | None
) -> Outcome:
    """The outcome of a min-max after its second search, in the time that is left; none is after an interrupt."""
    asked = options(form.case, request)
    rest = left(asked.time_limit_seconds, first.seconds) if first.stop is not StopReason.INTERRUPT else 0.0
    asked = replace(asked, time_limit_seconds=rest)
    listen(Step("finding the cheapest on average of the plans that are no worse"))

    def again(second: Program, start: np.ndarray) -> Outcome:
        if request.solver is not None and rest != 0.0:
            return solve_with_pyomo(form.model, second, request.solver, asked)
        return highs.solve(
            second, asked, on_progress=lambda p: listen(in_dollars(p, form.usd_per_unit)), start=start, stop_event=stop
        )

    return careful(form, program, first, again)


def result_of(form: Formulation, request: Request, program: Program, outcome: Outcome, seconds: Seconds) -> Result:
    """What a search of the program of a formulation came to, USD."""
    case = form.case
    return Result(
        status=outcome.status,
        stop=outcome.stop,
        objective=form.usd(outcome.objective),
        bound=None if outcome.bound is None or not math.isfinite(outcome.bound) else form.usd(outcome.bound),
        gap=outcome.gap,
        asked_gap=options(case, request).gap,
        case_hash=content_hash(case.records),
        solver=outcome.solver_name,
        solver_version=outcome.solver_version,
        version=package_version(),
        seed=outcome.seed,
        threads=outcome.threads,
        columns=program.num_columns,
        integers=int(np.count_nonzero(program.integrality)),
        rows=program.num_rows,
        nodes=outcome.nodes,
        seconds=seconds,
        detail=outcome.detail,
    )


def _without_plan(case: Case, request: Request, detail: str, seconds: float) -> Plan:
    """An infeasible case that needed no solver to be seen."""
    blank = _blank(case, options(case, request), "none", "")
    status, stop = Status.INFEASIBLE, StopReason.PROOF
    result = replace(blank, status=status, stop=stop, seconds=Seconds(build=seconds), detail=detail)
    return Plan(case, result, (), (), ())


def _blank(case: Case, asked: SolveOptions, solver: str, solver_version: str) -> Result:
    """A result that says nothing yet: what was asked, of which case, and of what solver."""
    return Result(
        Status.NO_PLAN, StopReason.OTHER_LIMIT, None, None, None, asked.gap, content_hash(case.records), solver,
        solver_version, package_version(), asked.seed, asked.threads, 0, 0, 0, 0, Seconds(), "",
    )  # fmt: skip


def _explained(form: Formulation, program: Program, result: Result, listen: Listener) -> Result:
    """The result of a search without a plan, with the limits that conflict where that was proven."""
    if result.status != Status.INFEASIBLE:
        return result
    listen(Step("finding which limits conflict"))
    return replace(result, detail=conflict(form, program))


def _priced(result: Result, cost: float, turnover: float, told: float | None, risky: bool = False) -> Result:
    """The result with its objective to the cent: every posted dollar, discounted; it must agree with the solver's.

    Where risk counts, the solver may say more than the plan's: its threshold need not be the best before the optimum.
    """
    said = told or 0.0
    if cost - said > AGREEMENT * max(turnover, 1.0) or (not risky and said - cost > AGREEMENT * max(turnover, 1.0)):
        raise SolverError(f"the solver says the plan costs {said:,.4f}, its postings say {cost:,.4f}")
    return replace(result, objective=cost, bound=None if result.bound is None else min(result.bound, cost))


def program_of(case: Case) -> Program:
    """The program of a case in arrays, for export."""
    return compile_program(formulate(case).model)
