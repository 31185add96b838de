"""Any solver Pyomo knows, behind the same Outcome; nothing asked is dropped, nothing said is believed untested."""

import shutil

import numpy as np
import pyomo.environ as pyo
import pytest
from programs import (
    blocks_model,
    divisible,
    infeasible_model,
    integer_infeasible_model,
    long_model,
    random_model,
    unbounded_model,
)
from pyomo.common.errors import ApplicationError
from pyomo.contrib.solver.common.results import TerminationCondition as NewEnd
from pyomo.contrib.solver.solvers.highs import Highs
from pyomo.opt import TerminationCondition as OldEnd

from optimizer.errors import SolverError, UsageError
from optimizer.model import highs, pyomo_solver
from optimizer.model.arrays import compile_program
from optimizer.model.outcome import Outcome, SolveOptions, Status, StopReason
from optimizer.model.pyomo_solver import NEW_ENDS, OLD_ENDS, solve_with_pyomo, spelled_options

EXACT = SolveOptions(gap=0.0, threads=1)
SOLVERS = [
    "highs",
    "appsi_highs",
    pytest.param("glpk", marks=pytest.mark.skipif(shutil.which("glpsol") is None, reason="GLPK is not installed")),
    pytest.param("cbc", marks=pytest.mark.skipif(shutil.which("cbc") is None, reason="CBC is not installed")),
]
HIGHS_SOLVERS = SOLVERS[:2]


def solved(model: pyo.ConcreteModel, solver: str, options: SolveOptions = EXACT) -> Outcome:
    return solve_with_pyomo(model, compile_program(model), solver, options)


@pytest.mark.parametrize("solver", SOLVERS)
def test_the_optimum_is_the_same_through_every_solver(solver: str) -> None:
    """Proves: 13 by hand (see blocks_model), with whole blocks and values in the order of our columns."""
    outcome = solved(blocks_model(), solver)
    assert (outcome.status, outcome.stop) == (Status.OPTIMAL, StopReason.PROOF)
    assert outcome.objective == outcome.bound == 13.0
    assert outcome.values.tolist() == [1.0, 2.0, 0.0]
    assert outcome.solver_name == solver
    assert outcome.solver_version


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("seed", range(6))
def test_random_programs_have_the_same_optimum(solver: str, seed: int) -> None:
    model = random_model(seed)
    ours = highs.solve(compile_program(model), EXACT)
    outcome = solved(model, solver)
    assert outcome.status is Status.OPTIMAL
    assert outcome.objective == pytest.approx(ours.objective, rel=1e-7, abs=1e-7)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize(
    ("model", "status"),
    [
        (integer_infeasible_model, Status.INFEASIBLE),
        (unbounded_model, Status.UNBOUNDED),
        (lambda: divisible(blocks_model()), Status.OPTIMAL),
    ],
)
def test_every_end_is_told_apart(solver: str, model, status: Status) -> None:
    outcome = solved(model(), solver)
    assert (outcome.status, outcome.stop) == (status, StopReason.PROOF)
    assert (outcome.values is not None) == status.yields_plan


@pytest.mark.parametrize("solver", [*HIGHS_SOLVERS, SOLVERS[3]])
def test_an_infeasible_program_without_integers_is_told(solver: str) -> None:
    assert solved(infeasible_model(), solver).status is Status.INFEASIBLE


@pytest.mark.skipif(shutil.which("glpsol") is None, reason="GLPK is not installed")
def test_what_glpk_leaves_open_is_a_failure() -> None:
    """Proves: Pyomo's `other`, which it says where GLPK's presolve finds an LP infeasible, is no plan and no proof."""
    outcome = solved(infeasible_model(), "glpk")
    assert (outcome.status, outcome.values, outcome.detail) == (Status.FAILED, None, "glpk ended with: other")


@pytest.mark.parametrize("solver", HIGHS_SOLVERS)
def test_limits_reach_the_solver(solver: str, caplog: pytest.LogCaptureFixture) -> None:
    """Proves: no time gives no plan, a second gives an incumbent with its bound, a wide gap ends early; in silence."""
    none = solved(long_model(), solver, SolveOptions(gap=0.0, time_limit_seconds=0.0, threads=1))
    assert (none.status, none.stop, none.values) == (Status.NO_PLAN, StopReason.TIME_LIMIT, None)
    some = solved(long_model(), solver, SolveOptions(gap=0.0, time_limit_seconds=1.0, threads=2))
    assert (some.status, some.stop) == (Status.FEASIBLE, StopReason.TIME_LIMIT)
    assert some.bound < some.objective
    wide = solved(long_model(columns=12, rows=2), solver, SolveOptions(gap=0.9, threads=1))
    assert wide.status is Status.OPTIMAL
    assert wide.gap <= 0.9
    assert caplog.records == []


@pytest.mark.parametrize("solver", SOLVERS[2:])
def test_limits_reach_the_executables(solver: str) -> None:
    outcome = solved(long_model(), solver, SolveOptions(gap=0.0, time_limit_seconds=1.0, threads=1))
    assert (outcome.status, outcome.stop) == (Status.FEASIBLE, StopReason.TIME_LIMIT)
    assert outcome.values is not None


def test_options_in_the_words_of_each_solver() -> None:
    options = SolveOptions(gap=0.01, time_limit_seconds=2.5, threads=3, seed=7)
    assert spelled_options("cbc", options) == {
        "ratioGap": 0.01,
        "seconds": 2.5,
        "threads": 3,
        "randomSeed": 7,
        "timeMode": "elapsed",
    }
    assert spelled_options("glpk", options) == {"mipgap": 0.01, "tmlim": 3, "seed": 7}
    assert spelled_options("gurobi", options) == {"MIPGap": 0.01, "TimeLimit": 2.5, "Threads": 3, "Seed": 7}
    assert "time_limit" not in spelled_options("appsi_highs", SolveOptions())


def test_every_option_reaches_a_newer_interface(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, object] = {}

    def refuse(self: Highs, model: pyo.ConcreteModel, **options: object) -> None:
        asked.update(options)
        raise ApplicationError("enough seen")

    monkeypatch.setattr(Highs, "solve", refuse)
    with pytest.raises(SolverError, match="highs broke down: enough seen"):
        solved(blocks_model(), "highs", SolveOptions(gap=0.01, time_limit_seconds=2.5, threads=3, seed=7))
    assert asked.pop("load_solutions") is asked.pop("raise_exception_on_nonoptimal_result") is False
    assert asked == {"rel_gap": 0.01, "time_limit": 2.5, "threads": 3, "solver_options": {"random_seed": 7}}


def test_values_from_before_are_not_taken_for_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves: a solver that claims a plan but returns none is found out. Else: the values of the last solve."""
    model = blocks_model()
    for variable, value in ((model.small, 1.0), (model.large, 2.0), (model.spot, 0.0)):
        variable.set_value(value)
    claim = pyomo_solver._Answer(Status.OPTIMAL, StopReason.GAP, True, 13.0, 13.0, "1", 1, "done")
    monkeypatch.setattr(pyomo_solver, "_ask_new", lambda *_: claim)
    with pytest.raises(SolverError, match="highs returned no value for small"):
        solved(model, "highs")


@pytest.mark.skipif(shutil.which("glpsol") is None, reason="GLPK is not installed")
def test_a_solver_with_one_thread_says_so() -> None:
    assert solved(blocks_model(), "glpk", SolveOptions(threads=2)).threads == 1


@pytest.mark.parametrize(
    ("solver", "message"),
    [
        ("nonsense", "Pyomo knows no solver 'nonsense'.*installed: .*highs"),
        ("gurobi", "gurobi is not installed or has no licence.*installed: .*highs"),
        ("gurobi_persistent", "gurobi_persistent is not installed or has no licence"),
        ("baron", "does not know how to hand it the gap"),
    ],
)
def test_a_solver_that_cannot_be_used_is_refused_with_a_cure(solver: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        solved(blocks_model(), solver)


def test_a_limit_that_an_interface_cannot_take_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves: an option is never dropped in silence. A broken rule would give: a solve with another seed."""
    monkeypatch.setattr(pyomo_solver, "NEW_SEEDS", {})
    with pytest.raises(UsageError, match="cannot set: seed"):
        solved(blocks_model(), "highs")


def test_every_end_pyomo_knows_is_mapped() -> None:
    assert set(OLD_ENDS) == set(OldEnd)
    assert set(NEW_ENDS) == set(NewEnd)
    claims = {end for end, (status, _) in {**OLD_ENDS, **NEW_ENDS}.items() if status is Status.OPTIMAL}
    assert claims == {OldEnd.optimal, OldEnd.globallyOptimal, NewEnd.convergenceCriteriaSatisfied}


def judged(values: list[float], **said: object) -> Outcome:
    """The Outcome of a solver that returns `values` for the blocks model and says what is given."""
    model = blocks_model()
    program = compile_program(model)
    for variable, value in zip(program.columns, values, strict=True):
        variable.set_value(value, skip_validation=True)
    answer = {
        "status": Status.OPTIMAL,
        "stop": StopReason.GAP,
        "has_values": True,
        "objective": 13.0,
        "bound": None,
        "version": "1",
        "threads": 1,
        "said": "done",
    }
    return pyomo_solver._tested(program, "solver", EXACT, pyomo_solver._Answer(**{**answer, **said}), 0.0)


def test_a_claimed_optimum_without_a_bound_is_taken_at_its_word_but_not_called_proven() -> None:
    outcome = judged([1.0, 2.0, 0.0])
    assert (outcome.status, outcome.stop, outcome.bound, outcome.gap) == (Status.OPTIMAL, StopReason.GAP, None, None)


def test_a_claimed_optimum_with_a_gap_is_only_feasible() -> None:
    outcome = judged([1.0, 2.0, 0.0], bound=12.0)
    assert outcome.status is Status.FEASIBLE


def test_values_that_miss_a_row_are_not_a_plan() -> None:
    """Proves: the relaxation that some solvers return at a limit is not taken for a plan.

    A broken rule would give: 2.5 large blocks, or a plan that serves 6 of 7.5.
    """
    for values in ([0.0, 2.5, 0.0], [0.0, 2.0, 0.0]):
        stopped = judged(values, status=Status.FEASIBLE, stop=StopReason.TIME_LIMIT, objective=None)
        assert (stopped.status, stopped.values, stopped.objective) == (Status.NO_PLAN, None, None)
        assert "were not taken" in stopped.detail
        assert judged(values, objective=None).status is Status.FAILED


def test_an_objective_that_is_not_the_cost_of_the_values_is_refused() -> None:
    with pytest.raises(SolverError, match=r"says its plan costs 12\.9, but its values cost 13\.0"):
        judged([1.0, 2.0, 0.0], objective=12.9)


def test_a_bound_above_the_plan_is_refused() -> None:
    with pytest.raises(SolverError, match=r"proved a bound of 13\.5"):
        judged([1.0, 2.0, 0.0], bound=13.5)


def test_a_value_that_is_not_returned_is_named() -> None:
    with pytest.raises(SolverError, match="no value for large"):
        judged([1.0, None, 0.0])


def test_integers_of_other_solvers_are_made_exact() -> None:
    outcome = judged([1.0000003, 1.9999998, 0.0])
    assert outcome.values.tolist() == [1.0, 2.0, 0.0]
    assert outcome.objective == 13.0
    assert np.array_equal(outcome.values, np.rint(outcome.values))
