"""Any solver Pyomo knows, behind the same Outcome.

A limit that cannot be handed on is refused, never dropped. Nothing a solver says is believed untested: its values must
meet the program's rows, its objective must be the cost of its values, and its integers are rounded, fixed and the rest
solved again, as with HiGHS.
"""

import math
import time
from dataclasses import dataclass

import numpy as np
import pyomo.environ as pyo
from pyomo.common.errors import ApplicationError
from pyomo.contrib.solver.common.factory import SolverFactory as NewSolverFactory
from pyomo.contrib.solver.common.results import SolutionStatus as NewSolution
from pyomo.contrib.solver.common.results import TerminationCondition as NewEnd
from pyomo.opt import SolutionStatus as OldSolution
from pyomo.opt import SolverStatus
from pyomo.opt import TerminationCondition as OldEnd

from optimizer.errors import SolverError, UsageError
from optimizer.model import highs
from optimizer.model.arrays import Program
from optimizer.model.outcome import TOLERANCE, Outcome, SolveOptions, bound_below, is_proven, within_gap
from optimizer.plan.status import Status, StopReason

# Named, where they are installed, when someone asks for a solver that is not.
COMMON = ("highs", "appsi_highs", "cbc", "glpk", "scip", "scip_direct", "gurobi", "gurobi_direct", "cplex")

# What each end means in Pyomo's older and newer interfaces; FEASIBLE becomes NO_PLAN where there is no incumbent.
OLD_ENDS = {
    OldEnd.optimal: (Status.OPTIMAL, StopReason.GAP),
    OldEnd.globallyOptimal: (Status.OPTIMAL, StopReason.GAP),
    OldEnd.locallyOptimal: (Status.FEASIBLE, StopReason.OTHER_LIMIT),
    OldEnd.feasible: (Status.FEASIBLE, StopReason.GAP),
    OldEnd.maxTimeLimit: (Status.FEASIBLE, StopReason.TIME_LIMIT),
    OldEnd.maxIterations: (Status.FEASIBLE, StopReason.OTHER_LIMIT),
    OldEnd.maxEvaluations: (Status.FEASIBLE, StopReason.OTHER_LIMIT),
    OldEnd.minFunctionValue: (Status.FEASIBLE, StopReason.OTHER_LIMIT),
    OldEnd.minStepLength: (Status.FEASIBLE, StopReason.OTHER_LIMIT),
    OldEnd.intermediateNonInteger: (Status.NO_PLAN, StopReason.OTHER_LIMIT),
    OldEnd.noSolution: (Status.NO_PLAN, StopReason.OTHER_LIMIT),
    OldEnd.userInterrupt: (Status.FEASIBLE, StopReason.INTERRUPT),
    OldEnd.resourceInterrupt: (Status.FEASIBLE, StopReason.INTERRUPT),
    OldEnd.infeasible: (Status.INFEASIBLE, StopReason.PROOF),
    OldEnd.unbounded: (Status.UNBOUNDED, StopReason.PROOF),
    OldEnd.infeasibleOrUnbounded: (Status.INFEASIBLE_OR_UNBOUNDED, StopReason.PROOF),
    OldEnd.unknown: (Status.FAILED, StopReason.ERROR),
    OldEnd.other: (Status.FAILED, StopReason.ERROR),
    OldEnd.invalidProblem: (Status.FAILED, StopReason.ERROR),
    OldEnd.solverFailure: (Status.FAILED, StopReason.ERROR),
    OldEnd.internalSolverError: (Status.FAILED, StopReason.ERROR),
    OldEnd.error: (Status.FAILED, StopReason.ERROR),
    OldEnd.licensingProblems: (Status.FAILED, StopReason.ERROR),
}
NEW_ENDS = {
    NewEnd.convergenceCriteriaSatisfied: (Status.OPTIMAL, StopReason.GAP),
    NewEnd.maxTimeLimit: (Status.FEASIBLE, StopReason.TIME_LIMIT),
    NewEnd.iterationLimit: (Status.FEASIBLE, StopReason.OTHER_LIMIT),
    NewEnd.objectiveLimit: (Status.FEASIBLE, StopReason.OTHER_LIMIT),
    NewEnd.minStepLength: (Status.FEASIBLE, StopReason.OTHER_LIMIT),
    NewEnd.interrupted: (Status.FEASIBLE, StopReason.INTERRUPT),
    NewEnd.provenInfeasible: (Status.INFEASIBLE, StopReason.PROOF),
    NewEnd.unbounded: (Status.UNBOUNDED, StopReason.PROOF),
    NewEnd.infeasibleOrUnbounded: (Status.INFEASIBLE_OR_UNBOUNDED, StopReason.PROOF),
    NewEnd.locallyInfeasible: (Status.FAILED, StopReason.ERROR),
    NewEnd.error: (Status.FAILED, StopReason.ERROR),
    NewEnd.licensingProblems: (Status.FAILED, StopReason.ERROR),
    NewEnd.emptyModel: (Status.FAILED, StopReason.ERROR),
    NewEnd.unknown: (Status.FAILED, StopReason.ERROR),
}


@dataclass(frozen=True)
class Spelling:
    """How a solver spells the options; `threads` is None for a solver that has one thread only."""

    gap: str
    time_limit: str
    threads: str | None
    seed: str
    whole_seconds: bool = False
    always: tuple[tuple[str, str], ...] = ()


_GUROBI = Spelling("MIPGap", "TimeLimit", "Threads", "Seed")
SPELLINGS = {
    "appsi_highs": Spelling("mip_rel_gap", "time_limit", "threads", "random_seed"),
    "cbc": Spelling("ratioGap", "seconds", "threads", "randomSeed", always=(("timeMode", "elapsed"),)),
    "glpk": Spelling("mipgap", "tmlim", None, "seed", whole_seconds=True),
    "scip": Spelling("limits/gap", "limits/time", None, "randomization/randomseedshift"),
    "gurobi": _GUROBI,
    "appsi_gurobi": _GUROBI,
    "cplex": Spelling("mip_tolerances_mipgap", "timelimit", "threads", "randomseed"),
}
# The newer interfaces take gap, limit and threads by one name each, but the seed by the solver's own.
NEW_SEEDS = {
    "highs": "random_seed",
    "gurobi_direct": "Seed",
    "gurobi_persistent": "Seed",
    "scip_direct": "randomization/randomseedshift",
    "scip_persistent": "randomization/randomseedshift",
}


@dataclass(frozen=True)
class _Answer:
    """What a solver says, before any of it is tested; `objective` and `bound` may be infinite or None."""

    status: Status
    stop: StopReason
    has_values: bool
    objective: float | None
    bound: float | None
    version: str
    threads: int
    said: str


def solve_with_pyomo(model: pyo.ConcreteModel, program: Program, solver_name: str, options: SolveOptions) -> Outcome:
    """Solve `model`, of which `program` is the compilation, with the solver that Pyomo calls `solver_name`.

    Afterwards the model's variables hold what the solver returned, as it returned it. Raises UsageError for a solver
    that is unknown, not installed, or cannot be given an asked limit, and SolverError where the solver breaks down or
    contradicts itself.
    """
    started = time.perf_counter()
    highs.prepare_process()
    for variable in program.columns:
        variable.set_value(None, skip_validation=True)
    try:
        if solver_name in NewSolverFactory:
            answer = _ask_new(model, solver_name, options)
        else:
            answer = _ask_old(model, solver_name, options)
    except (ApplicationError, ValueError) as error:
        raise SolverError(f"{solver_name} broke down: {error}") from error
    return _tested(program, solver_name, options, answer, started)


def spelled_options(solver_name: str, options: SolveOptions) -> dict[str, float | int | str]:
    """The options in the words of a solver of Pyomo's older interface. Raises UsageError if they are not known here."""
    spelling = SPELLINGS.get(solver_name)
    if spelling is None:
        raise UsageError(
            f"Pyomo knows {solver_name}, but this program does not know how to hand it the gap, the time limit and the "
            f"number of threads. Fix: choose one of {', '.join(sorted({*SPELLINGS, *NEW_SEEDS}))}"
        )
    said: dict[str, float | int | str] = {spelling.gap: options.gap, spelling.seed: options.seed}
    said.update(spelling.always)
    if spelling.threads is not None:
        said[spelling.threads] = options.threads
    limit = options.time_limit_seconds
    if limit is not None and math.isfinite(limit):
        said[spelling.time_limit] = max(1, math.ceil(limit)) if spelling.whole_seconds else float(limit)
    return said


def _ask_old(model: pyo.ConcreteModel, solver_name: str, options: SolveOptions) -> _Answer:
    if solver_name not in pyo.SolverFactory:
        raise UsageError(f"Pyomo knows no solver {solver_name!r}. {_installed()}")
    said = spelled_options(solver_name, options)
    solver = pyo.SolverFactory(solver_name)
    if not solver.available(exception_flag=False):
        raise UsageError(f"the solver {solver_name} is not installed or has no licence. {_installed()}")
    results = solver.solve(model, load_solutions=False, options=said)
    end = results.solver.termination_condition
    status, stop = OLD_ENDS[OldEnd(str(end))]
    usable = (OldSolution.optimal, OldSolution.feasible, OldSolution.stoppedByLimit, OldSolution.globallyOptimal)
    has_values = status.yields_plan and len(results.solution) > 0 and results.solution[0].status in usable
    if has_values:
        results.solver.status = SolverStatus.ok  # the end has been judged above; Pyomo need not warn of it again
        model.solutions.load_from(results)
    return _Answer(
        status=status,
        stop=stop,
        has_values=has_values,
        objective=_number(results.problem.upper_bound),
        bound=_number(results.problem.lower_bound),
        version=".".join(str(part) for part in solver.version() or ()),
        threads=1 if SPELLINGS[solver_name].threads is None else options.threads,
        said=f"{solver_name} ended with: {end}",
    )


def _ask_new(model: pyo.ConcreteModel, solver_name: str, options: SolveOptions) -> _Answer:
    solver = NewSolverFactory(solver_name)
    if not solver.available():
        raise UsageError(f"the solver {solver_name} is not installed or has no licence. {_installed()}")
    missing = [name for name in ("rel_gap", "time_limit", "threads") if name not in solver.config]
    if solver_name not in NEW_SEEDS:
        missing.append("seed")
    if missing:
        raise UsageError(f"Pyomo's interface to {solver_name} cannot set: {', '.join(missing)}. {_installed()}")
    results = solver.solve(
        model,
        rel_gap=options.gap,
        time_limit=options.time_limit_seconds,
        threads=options.threads,
        solver_options={NEW_SEEDS[solver_name]: options.seed},
        load_solutions=False,
        raise_exception_on_nonoptimal_result=False,
    )
    status, stop = NEW_ENDS[results.termination_condition]
    has_values = status.yields_plan and results.solution_status in (NewSolution.optimal, NewSolution.feasible)
    if has_values:
        results.solution_loader.load_vars()
    return _Answer(
        status=status,
        stop=stop,
        has_values=has_values,
        objective=_number(results.incumbent_objective),
        bound=_number(results.objective_bound),
        version=".".join(str(part) for part in solver.version() or ()),
        threads=options.threads,
        said=f"{solver_name} ended with: {results.termination_condition.name}",
    )


def _tested(program: Program, solver_name: str, options: SolveOptions, answer: _Answer, started: float) -> Outcome:
    """The Outcome, after the solver's values and figures have been checked against the program."""
    seconds = time.perf_counter() - started
    status, said = answer.status, answer.said
    exact, bound = highs.Polished(None, None), None
    if status.yields_plan and answer.has_values:
        exact, said = _exact_values(program, solver_name, answer)
    if exact.objective is not None:
        bound = bound_below(exact.objective, answer.bound, solver_name)
        if bound is not None:
            status = Status.OPTIMAL if within_gap(exact.objective, bound, options.gap) else Status.FEASIBLE
    elif status.yields_plan:
        status = Status.NO_PLAN if status is Status.FEASIBLE else Status.FAILED
    return Outcome(
        status=status,
        stop=_stop_reason(status, answer.stop, is_proven(exact.objective, bound), seconds, options),
        objective=exact.objective,
        bound=bound,
        values=exact.values,
        seconds=time.perf_counter() - started,
        solver_name=solver_name,
        solver_version=answer.version,
        threads=answer.threads,
        seed=options.seed,
        nodes=0,
        lp_iterations=0,
        detail=said,
    )


def _stop_reason(status: Status, said: StopReason, proven: bool, seconds: float, options: SolveOptions) -> StopReason:
    """The reason the solver gave, made precise where its interface says less than is known."""
    if status is Status.FAILED:
        return StopReason.ERROR
    if status is Status.OPTIMAL:
        return StopReason.PROOF if proven and said is StopReason.GAP else said
    vague = said in (StopReason.GAP, StopReason.OTHER_LIMIT)
    if vague and options.time_limit_seconds is not None and seconds >= options.time_limit_seconds:
        return StopReason.TIME_LIMIT
    return said


def _exact_values(program: Program, solver_name: str, answer: _Answer) -> tuple[highs.Polished, str]:
    """The solver's plan with exact integers, or none, and what to say about it."""
    loaded = [variable.value for variable in program.columns]
    absent = [j for j, number in enumerate(loaded) if number is None]
    if absent:
        raise SolverError(f"{solver_name} returned no value for {program.columns[absent[0]].name}")
    values = np.array(loaded, dtype=np.float64)
    miss, where = program.worst_violation(values)
    if miss > TOLERANCE:
        return highs.Polished(None, None), f"{answer.said}; its values miss {where} by {miss:.3g} and were not taken"
    ours = program.cost_of(values)
    size = max(1.0, abs(program.cost_offset) + float(np.abs(program.costs * values).sum()))
    if answer.objective is not None and abs(ours - answer.objective) > TOLERANCE * size:
        raise SolverError(f"{solver_name} says its plan costs {answer.objective!r}, but its values cost {ours!r}")
    exact = highs.polish(program, values)
    return exact, "\n".join(filter(None, (answer.said, exact.failure)))


def _number(said: object) -> float | None:
    """A finite number a solver reported, or None; beyond 1e40 solvers mean infinity."""
    number = float(pyo.value(said)) if said is not None else math.inf
    return number if abs(number) < 1e40 else None


def _installed() -> str:
    present = [name for name in COMMON if _is_available(name)]
    return f"Fix: install it, or choose one that is installed: {', '.join(present)}"


def _is_available(solver_name: str) -> bool:
    if solver_name in NewSolverFactory:
        return bool(NewSolverFactory(solver_name).available())
    return bool(pyo.SolverFactory(solver_name).available(exception_flag=False))
