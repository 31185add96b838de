"""Arrays → HiGHS → Outcome. The only importer of highspy.

Branch and bound leaves integers that are whole only within a tolerance. So the integers of every plan are rounded and
fixed and the rest is solved again: what is returned is exact, and its cost is the cost of exactly these values.
"""

import functools
import math
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import highspy
import numpy as np

from optimizer.errors import SolverError
from optimizer.model.arrays import Program
from optimizer.model.outcome import ROUNDING, TOLERANCE, Outcome, SolveOptions, bound_below, is_proven, within_gap
from optimizer.model.watch import OnProgress, Watch, run
from optimizer.plan.status import Status, StopReason

NAME = "HiGHS"
# So long HiGHS may take to stop when asked, before the last incumbent it reported is taken and it is left behind.
STOP_PATIENCE_SECONDS = 5.0
# Values smaller than this are rounding errors of zero.
NOTHING = 1e-9
# The search for a plan that agrees with a partial start may take this share of the time limit, and at most so long.
START_SHARE = 0.2
START_SECONDS = 30.0

_End = highspy.HighsModelStatus
# What each end of HiGHS means; FEASIBLE becomes NO_PLAN where there is no incumbent. Any other end is a failure.
ENDS = {
    _End.kOptimal: (Status.OPTIMAL, StopReason.PROOF),
    _End.kModelEmpty: (Status.OPTIMAL, StopReason.PROOF),
    _End.kInfeasible: (Status.INFEASIBLE, StopReason.PROOF),
    _End.kUnbounded: (Status.UNBOUNDED, StopReason.PROOF),
    _End.kUnboundedOrInfeasible: (Status.INFEASIBLE_OR_UNBOUNDED, StopReason.PROOF),
    _End.kTimeLimit: (Status.FEASIBLE, StopReason.TIME_LIMIT),
    _End.kInterrupt: (Status.FEASIBLE, StopReason.INTERRUPT),
    _End.kHighsInterrupt: (Status.FEASIBLE, StopReason.INTERRUPT),  # type: ignore[attr-defined]  # not in its stubs
    _End.kObjectiveBound: (Status.FEASIBLE, StopReason.OTHER_LIMIT),
    _End.kObjectiveTarget: (Status.FEASIBLE, StopReason.OTHER_LIMIT),
    _End.kIterationLimit: (Status.FEASIBLE, StopReason.OTHER_LIMIT),
    _End.kSolutionLimit: (Status.FEASIBLE, StopReason.OTHER_LIMIT),
    _End.kMemoryLimit: (Status.FEASIBLE, StopReason.OTHER_LIMIT),
    _End.kNotset: (Status.FAILED, StopReason.ERROR),
    _End.kLoadError: (Status.FAILED, StopReason.ERROR),
    _End.kModelError: (Status.FAILED, StopReason.ERROR),
    _End.kPresolveError: (Status.FAILED, StopReason.ERROR),
    _End.kSolveError: (Status.FAILED, StopReason.ERROR),
    _End.kPostsolveError: (Status.FAILED, StopReason.ERROR),
    _End.kUnknown: (Status.FAILED, StopReason.ERROR),
}


@dataclass(frozen=True)
class Polished:
    """A plan with exact integers: `values` cost `objective`; or both are None, and `failure` says why."""

    values: np.ndarray | None
    objective: float | None
    failure: str = ""


@dataclass(frozen=True)
class _Finish:
    """What HiGHS left behind: how it ended, its incumbent and what it proved."""

    status: Status
    stop: StopReason
    values: np.ndarray | None
    objective: float | None
    bound: float | None
    nodes: int
    lp_iterations: int
    said: str


def solve(
    program: Program,
    options: SolveOptions,
    on_progress: OnProgress | None = None,
    start: np.ndarray | None = None,
    stop_event: threading.Event | None = None,
) -> Outcome:
    """Minimise the program; every end comes back as an Outcome.

    `on_progress` is called in the calling thread at every improvement and every half second. `start` holds one value
    per column, NaN where it is not known; its integers are the first plan if any plan agrees with them, and a program
    without integers ignores it. Setting `stop_event`, or Ctrl-C, ends the search soon with the incumbent; a second
    Ctrl-C raises KeyboardInterrupt. Raises SolverError where HiGHS contradicts itself.
    """
    watch = Watch(stop_event, on_progress)
    remarks: list[str] = []
    incumbent = Polished(None, None)
    if start is not None and program.integrality.any():
        incumbent = _complete(program, start, options, watch)
        remarks.append(incumbent.failure or f"the start was taken: its plan costs {incumbent.objective:.12g}")
    if incumbent.values is not None and incumbent.objective is not None:
        watch.improve(incumbent.values, incumbent.objective)
    finish = _search(program, options, watch, incumbent)
    remarks.append(finish.said)
    if finish.status.yields_plan and finish.values is not None:
        finish = _made_exact(program, options, watch, finish, remarks)
    return Outcome(
        status=finish.status,
        stop=finish.stop,
        objective=finish.objective,
        bound=finish.bound,
        values=finish.values,
        seconds=watch.seconds(),
        solver_name=NAME,
        solver_version=version(),
        threads=options.threads,
        seed=options.seed,
        nodes=finish.nodes,
        lp_iterations=finish.lp_iterations,
        detail="\n".join(filter(None, remarks)),
    )


def polish(program: Program, values: np.ndarray, on_progress: OnProgress | None = None) -> Polished:
    """The cheapest plan with the integers of `values`, rounded to whole numbers and then fixed.

    Values below 1e-9 become 0, and the objective is that of exactly the values returned.
    """
    return _polish(program, values, Watch(None, on_progress))


def load_program(program: Program) -> highspy.Highs:
    """A silent HiGHS that holds the program. Raises SolverError if HiGHS refuses it."""
    version()
    highs = highspy.Highs()
    highs.setOptionValue("log_to_console", False)
    answer = highs.passModel(
        program.num_columns,
        program.num_rows,
        len(program.value),
        int(highspy.MatrixFormat.kRowwise),
        int(highspy.ObjSense.kMinimize),
        program.cost_offset,
        program.costs,
        program.col_lower,
        program.col_upper,
        program.row_lower,
        program.row_upper,
        program.start,
        program.index,
        program.value,
        program.integrality.astype(np.int32),
    )
    if answer == highspy.HighsStatus.kError:
        raise SolverError("HiGHS refused the program: an array has a wrong length or a number HiGHS cannot take")
    return highs


@functools.cache
def version() -> str:
    """The version of HiGHS. Its first object prints a banner on standard output, which is ours: it is swallowed."""
    with _stdout_to_nowhere():
        return highspy.Highs().version()


def prepare_process() -> None:
    """Let another interface to HiGHS run in this thread: no banner, and any number of threads, whatever ran before."""
    version()
    highspy.Highs.resetThreadScheduler(True)


def _search(program: Program, options: SolveOptions, watch: Watch, incumbent: Polished) -> _Finish:
    """Run HiGHS on the whole program; where a limit ends it, the plan of the start may be better than its own.

    HiGHS 1.16 may claim to improve on a start and yet hand back the start: its columns cost more than it says. Then it
    searches again by itself. Its bound is kept: what it left out costs no less than its claim, its bound no more.
    """
    finish = _attempt(program, options, watch, incumbent.values)
    if incumbent.values is not None and incumbent.objective is not None:
        if finish.values is not None and _misses_cost(program, finish.values, finish.objective):
            watch.best, proven = (incumbent.values, incumbent.objective), finish.bound
            finish = _attempt(program, options, watch, None)
            known = [bound for bound in (proven, finish.bound) if bound is not None]
            finish = replace(finish, bound=max(known, default=None))
        if finish.status is Status.INFEASIBLE:
            raise SolverError("HiGHS calls the program infeasible, but the plan of the start meets every row")
        if finish.status.yields_plan and (finish.objective is None or incumbent.objective < finish.objective):
            finish = replace(finish, values=incumbent.values, objective=incumbent.objective)
    if finish.status is Status.FEASIBLE and finish.values is None:
        return replace(finish, status=Status.NO_PLAN)
    return finish


def _attempt(program: Program, options: SolveOptions, watch: Watch, start: np.ndarray | None) -> _Finish:
    """One run of HiGHS, from a plan or by itself."""
    highs = load_program(program)
    _set_options(highs, options, watch.seconds())
    if start is not None:
        plan = highspy.HighsSolution()
        plan.col_value = start
        _require_ok(highs.setSolution(plan), "the start")
    watch.listen(highs)
    if run(highs, watch, STOP_PATIENCE_SECONDS):
        finish = _finish_of(highs, program, watch)
    else:
        values, objective = watch.best or (None, None)
        proven = (watch.bound, watch.nodes, 0, watch.said())
        finish = _Finish(Status.FEASIBLE, StopReason.INTERRUPT, values, objective, *proven)
    return finish


def _finish_of(highs: highspy.Highs, program: Program, watch: Watch) -> _Finish:
    """Read HiGHS once; a value is taken only from a solution that HiGHS calls feasible."""
    status, stop = ENDS.get(highs.getModelStatus(), (Status.FAILED, StopReason.ERROR))
    info = highs.getInfo()
    said = f"HiGHS ended with: {highs.modelStatusToString(highs.getModelStatus())}\n{watch.said()}".rstrip()
    values = objective = bound = None
    if status.yields_plan and highs.getModelStatus() == _End.kModelEmpty:
        values, objective, bound = np.zeros(0), program.cost_offset, program.cost_offset
    elif status.yields_plan and info.primal_solution_status == highspy.kSolutionStatusFeasible:
        values = np.array(highs.getSolution().col_value, dtype=np.float64)
        objective = info.objective_function_value
    if program.integrality.any():
        bound = info.mip_dual_bound if status.yields_plan and math.isfinite(info.mip_dual_bound) else bound
    elif status is Status.OPTIMAL:
        bound = objective
    if status is Status.OPTIMAL and values is None:
        status, stop = Status.FAILED, StopReason.ERROR
        said += "\nHiGHS claims an optimum but has no feasible solution"
    iterations = info.simplex_iteration_count + info.ipm_iteration_count if info.valid else 0
    nodes = max(0, info.mip_node_count)
    return _Finish(status, stop, values, objective, bound, nodes, max(0, iterations), said)


def _made_exact(program: Program, options: SolveOptions, watch: Watch, finish: _Finish, remarks: list[str]) -> _Finish:
    """The finish with exact integers and the cost of exactly its values, judged by that cost."""
    assert finish.values is not None and finish.objective is not None
    _require_same_cost(program, finish.values, finish.objective)
    mixed = bool(program.integrality.any())
    exact = _polish(program, finish.values, watch) if mixed else _cleaned(program, finish.values)
    if exact.values is None or exact.objective is None:
        remarks.append(exact.failure)
        return replace(finish, status=Status.FAILED, stop=StopReason.ERROR, values=None, objective=None)
    if not mixed and finish.status is Status.OPTIMAL:
        bound: float | None = exact.objective
    else:
        bound = bound_below(exact.objective, finish.bound, NAME)
    return _judged(replace(finish, values=exact.values, objective=exact.objective, bound=bound), options, remarks)


def _judged(finish: _Finish, options: SolveOptions, remarks: list[str]) -> _Finish:
    """OPTIMAL exactly if objective and bound are within the asked gap, whatever ended the search."""
    assert finish.objective is not None
    stop = finish.stop
    if within_gap(finish.objective, finish.bound, options.gap):
        if stop is StopReason.PROOF and not is_proven(finish.objective, finish.bound):
            stop = StopReason.GAP
        return replace(finish, status=Status.OPTIMAL, stop=stop)
    if stop is StopReason.PROOF:
        remarks.append(f"with exact integers the plan costs {finish.objective!r}, which misses the asked gap")
        stop = StopReason.OTHER_LIMIT
    return replace(finish, status=Status.FEASIBLE, stop=stop)


def _complete(program: Program, start: np.ndarray, options: SolveOptions, watch: Watch) -> Polished:
    """A whole plan with the known integers of `start`, found apart so that HiGHS's bounds stay those of the program."""
    if len(start) != program.num_columns:
        raise SolverError(f"the start has {len(start)} values, the program {program.num_columns} columns")
    known = program.integrality & ~np.isnan(start)
    values = np.where(known, start, 0.0)
    if not known.any():
        return Polished(None, None, "the start was left out: it knows no integer")
    if not np.array_equal(known, program.integrality):
        highs = load_program(_with_fixed(program, values, known))
        share = START_SECONDS
        if options.time_limit_seconds is not None:
            share = min(share, START_SHARE * options.time_limit_seconds)
        _set_options(highs, replace(options, time_limit_seconds=watch.seconds() + share), watch.seconds())
        watch.only_stop(highs)
        run(highs, watch)
        if highs.getInfo().primal_solution_status != highspy.kSolutionStatusFeasible:
            return Polished(None, None, "the start was left out: no plan with its integers was found in time")
        values = np.array(highs.getSolution().col_value, dtype=np.float64)
    completed = _polish(program, values, watch)
    return replace(completed, failure=completed.failure and f"the start was left out: {completed.failure}")


def _polish(program: Program, values: np.ndarray, watch: Watch) -> Polished:
    fixed = _with_fixed(program, values, program.integrality)
    highs = load_program(replace(fixed, integrality=np.zeros_like(program.integrality)))
    run(highs, watch)
    if highs.getModelStatus() not in (_End.kOptimal, _End.kModelEmpty):
        ended = highs.modelStatusToString(highs.getModelStatus())
        return Polished(None, None, f"with its integers rounded and fixed, HiGHS ended with: {ended}")
    solved = np.array(highs.getSolution().col_value, dtype=np.float64)
    _require_same_cost(program, solved, highs.getInfo().objective_function_value)
    return _cleaned(program, solved)


def _with_fixed(program: Program, values: np.ndarray, chosen: np.ndarray) -> Program:
    """The program in which the `chosen` columns are fixed at whole numbers next to `values`, within their bounds."""
    whole = np.clip(np.rint(values), np.ceil(program.col_lower), np.floor(program.col_upper))
    return replace(
        program,
        col_lower=np.where(chosen, whole, program.col_lower),
        col_upper=np.where(chosen, whole, program.col_upper),
    )


def _cleaned(program: Program, values: np.ndarray) -> Polished:
    """Whole integers, no rounding errors of zero, everything within its bounds; checked against every row."""
    clean = np.where(np.abs(values) < NOTHING, 0.0, values)
    clean = np.where(program.integrality, np.rint(clean), clean)
    clean = np.clip(clean, program.col_lower, program.col_upper) + 0.0
    miss, name = program.worst_violation(clean)
    if miss > TOLERANCE:
        return Polished(None, None, f"the plan misses {name} by {miss:.3g}, more than the tolerance of {TOLERANCE:g}")
    return Polished(clean, program.cost_of(clean))


def _require_same_cost(program: Program, values: np.ndarray, claimed: float) -> None:
    if _misses_cost(program, values, claimed):
        ours = program.cost_of(values)
        raise SolverError(f"HiGHS says its plan costs {claimed!r}, but its columns cost {ours!r}")


def _misses_cost(program: Program, values: np.ndarray, claimed: float | None) -> bool:
    """Whether our sum and HiGHS's differ by more than rounding, measured against the sum of the sizes of all terms."""
    size = max(1.0, abs(program.cost_offset) + float(np.abs(program.costs * values).sum()))
    return claimed is None or abs(program.cost_of(values) - claimed) > ROUNDING * size


def _set_options(highs: highspy.Highs, options: SolveOptions, seconds_used: float) -> None:
    limit = math.inf if options.time_limit_seconds is None else options.time_limit_seconds
    settings: dict[str, float | int] = {
        "mip_rel_gap": options.gap,
        "mip_abs_gap": TOLERANCE,
        "time_limit": max(0.0, limit - seconds_used),
        "threads": options.threads,
        "random_seed": options.seed,
    }
    for name, setting in settings.items():
        _require_ok(highs.setOptionValue(name, setting), f"option {name} = {setting}")


def _require_ok(answer: highspy.HighsStatus, what: str) -> None:
    if answer != highspy.HighsStatus.kOk:
        raise SolverError(f"HiGHS {version()} refused {what}")


@contextmanager
def _stdout_to_nowhere() -> Iterator[None]:
    """Send what C code writes to standard output to the null device for a moment."""
    if sys.stdout is not None:
        sys.stdout.flush()
    try:
        kept = os.dup(1)
    except OSError:  # there is no standard output, so nothing can spoil it
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)
