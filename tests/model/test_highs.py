"""HiGHS behind our door: every end told apart, exact plans, progress, stop, starts, prices."""

import itertools
import json
import math
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import highspy
import numpy as np
import pyomo.environ as pyo
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import (
    blocks_model,
    divisible,
    infeasible_model,
    integer_infeasible_model,
    long_model,
    random_model,
    unbounded_model,
)
from pyomo.contrib.solver.common.factory import SolverFactory as NewSolverFactory

from optimizer.errors import SolverError, UsageError
from optimizer.model import highs, watch
from optimizer.model.arrays import compile_program
from optimizer.model.outcome import (
    Outcome,
    Progress,
    SolveOptions,
    Status,
    StopReason,
    bound_below,
    is_proven,
    within_gap,
)

EXACT = SolveOptions(gap=0.0, threads=1)
A_MINUTE = SolveOptions(gap=0.0, threads=1, time_limit_seconds=60.0)


def solved(model: pyo.ConcreteModel, options: SolveOptions = EXACT) -> Outcome:
    return highs.solve(compile_program(model), options)


def test_a_mixed_program_is_solved_to_proof() -> None:
    """Proves: whole blocks are bought, the constant is in the cost, and bound and objective meet.

    A broken rule would give: 12 (blocks divided), 11 (the constant lost).
    """
    outcome = solved(blocks_model())
    assert (outcome.status, outcome.stop) == (Status.OPTIMAL, StopReason.PROOF)
    assert outcome.objective == outcome.bound == 13.0
    assert outcome.gap == 0.0
    assert outcome.values.tolist() == [1.0, 2.0, 0.0]
    assert (outcome.solver_name, outcome.threads, outcome.seed) == ("HiGHS", 1, 0)
    assert outcome.solver_version == highspy.Highs().version()


def test_a_program_without_integers_goes_through_the_same_door() -> None:
    outcome = solved(divisible(blocks_model()))
    assert (outcome.status, outcome.stop) == (Status.OPTIMAL, StopReason.PROOF)
    assert outcome.objective == outcome.bound == pytest.approx(12.0, rel=1e-12)
    assert outcome.values.tolist() == [0.0, 2.5, 0.0]


def test_a_program_without_columns_costs_its_constant() -> None:
    model = pyo.ConcreteModel()
    model.fixed = pyo.Var(initialize=3.0)
    model.fixed.fix()
    model.cost = pyo.Objective(expr=2 * model.fixed)
    outcome = solved(model)
    assert (outcome.status, outcome.objective, outcome.bound) == (Status.OPTIMAL, 6.0, 6.0)
    assert outcome.values.tolist() == []


@pytest.mark.parametrize(
    ("model", "status"),
    [
        (infeasible_model, Status.INFEASIBLE),
        (integer_infeasible_model, Status.INFEASIBLE),
        (unbounded_model, Status.UNBOUNDED),
    ],
)
def test_a_program_without_an_optimum_says_which(model, status: Status) -> None:
    """Proves: no plan comes from a program that has none. A broken rule would give: values, or another status."""
    outcome = solved(model())
    assert (outcome.status, outcome.stop) == (status, StopReason.PROOF)
    assert not status.yields_plan
    assert outcome.values is outcome.objective is outcome.gap is None


def test_an_unbounded_integer_program_is_not_called_infeasible() -> None:
    model = unbounded_model()
    model.resold.domain = pyo.NonNegativeIntegers
    assert solved(model).status in (Status.UNBOUNDED, Status.INFEASIBLE_OR_UNBOUNDED)


def test_crossed_bounds_are_infeasible() -> None:
    model = blocks_model()
    model.spot.setlb(3)
    model.spot.setub(2)
    assert solved(model).status is Status.INFEASIBLE


def test_no_time_gives_no_plan() -> None:
    """Proves: a time limit without an incumbent is told apart. A broken rule would give: a plan of zeros."""
    outcome = solved(long_model(), SolveOptions(gap=0.0, time_limit_seconds=0.0, threads=1))
    assert (outcome.status, outcome.stop) == (Status.NO_PLAN, StopReason.TIME_LIMIT)
    assert outcome.values is outcome.objective is None


def test_no_time_but_a_start_gives_the_start() -> None:
    """Proves: the plan one starts with is never lost. A broken rule would give: no plan."""
    program = compile_program(long_model())
    start = np.zeros(program.num_columns)
    events: list[Progress] = []
    options = SolveOptions(gap=0.0, time_limit_seconds=0.0, threads=1)
    outcome = highs.solve(program, options, events.append, start=start)
    assert (outcome.status, outcome.stop) == (Status.FEASIBLE, StopReason.TIME_LIMIT)
    nothing_chosen = 1 + sum(program.row_lower)
    assert outcome.objective == events[-1].incumbent == nothing_chosen
    assert outcome.bound is None
    assert "the start was taken" in outcome.detail


def test_a_time_limit_keeps_the_incumbent_and_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves: what is known when the time is up is returned; here it is up once a plan and a bound are known."""
    program, load = compile_program(long_model()), highs.load_program
    holder = load(program)

    def end_at_incumbent(progress: Progress) -> None:
        if progress.incumbent is not None and progress.bound is not None:
            holder.setOptionValue("time_limit", 0.0)

    monkeypatch.setattr(highs, "load_program", lambda given: holder if given is program else load(given))
    outcome = highs.solve(program, A_MINUTE, end_at_incumbent)
    assert (outcome.status, outcome.stop) == (Status.FEASIBLE, StopReason.TIME_LIMIT)
    assert outcome.bound < outcome.objective
    assert outcome.gap > 0


def test_the_asked_gap_ends_the_search() -> None:
    """Proves: OPTIMAL means within the asked gap, and the stop says that a gap was left."""
    model = long_model(columns=12, rows=2)
    wide, exact = solved(model, SolveOptions(gap=0.9, threads=1)), solved(model)
    assert wide.status is exact.status is Status.OPTIMAL
    assert wide.gap <= 0.9
    assert exact.stop is StopReason.PROOF
    assert wide.bound <= exact.objective <= wide.objective


def test_every_option_reaches_highs() -> None:
    """Proves: gap, time left, threads and seed are set; of 10 seconds, 4 have been used. Else: 10, or defaults."""
    holder = highs.load_program(compile_program(blocks_model()))
    highs._set_options(holder, SolveOptions(gap=0.02, time_limit_seconds=10.0, threads=3, seed=5), 4.0)
    names = ("mip_rel_gap", "time_limit", "threads", "random_seed")
    assert [holder.getOptionValue(name)[1] for name in names] == [0.02, 6.0, 3, 5]
    highs._set_options(holder, SolveOptions(), 4.0)
    assert holder.getOptionValue("time_limit")[1] == math.inf


def test_an_option_highs_refuses_is_an_error() -> None:
    with pytest.raises(SolverError, match="refused option"):
        highs._require_ok(highspy.HighsStatus.kError, "option nonsense = 1")


def test_a_plan_within_the_gap_is_optimal_whatever_ended_the_search() -> None:
    program = compile_program(long_model(columns=12, rows=2))
    best = highs.solve(program, EXACT)
    finish = highs._Finish(
        Status.FEASIBLE, StopReason.TIME_LIMIT, best.values, best.objective, best.objective, 0, 0, ""
    )
    judged = highs._judged(finish, EXACT, [])
    assert (judged.status, judged.stop) == (Status.OPTIMAL, StopReason.TIME_LIMIT)


def test_a_claimed_optimum_that_misses_the_gap_is_only_feasible() -> None:
    finish = highs._Finish(Status.OPTIMAL, StopReason.PROOF, np.zeros(1), 10.0, 9.0, 0, 0, "")
    remarks: list[str] = []
    judged = highs._judged(finish, SolveOptions(gap=0.05), remarks)
    assert (judged.status, judged.stop) == (Status.FEASIBLE, StopReason.OTHER_LIMIT)
    assert "misses the asked gap" in remarks[0]
    assert highs._judged(finish, SolveOptions(gap=0.1), remarks).stop is StopReason.GAP


def test_every_end_of_highs_is_mapped() -> None:
    """Proves: an end that a new HiGHS adds fails this test before it fails a user."""
    assert set(highspy.HighsModelStatus.__members__.values()) == set(highs.ENDS)
    yielding = {end.name for end, (status, _) in highs.ENDS.items() if status is Status.OPTIMAL}
    assert yielding == {"kOptimal", "kModelEmpty"}


# Progress, stop, Ctrl-C


def test_progress_comes_at_every_improvement_and_in_between(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves: each event is no worse than the one before, and events come also while nothing changes.

    The search is stopped by the first that says nothing new.
    """
    monkeypatch.setattr(watch, "HEARTBEAT_SECONDS", 0.05)
    events: list[Progress] = []
    stop = threading.Event()

    def stop_at_nothing_new(progress: Progress) -> None:
        events.append(progress)
        last = [(event.incumbent, event.bound) for event in events[-2:]]
        if None not in last[0] and last.count(last[0]) == 2:
            stop.set()

    outcome = highs.solve(compile_program(long_model()), A_MINUTE, stop_at_nothing_new, stop_event=stop)
    incumbents = [event.incumbent for event in events if event.incumbent is not None]
    bounds = [event.bound for event in events if event.bound is not None]
    assert incumbents == sorted(incumbents, reverse=True)
    assert bounds == sorted(bounds)
    assert incumbents[-1] == pytest.approx(outcome.objective, abs=1e-6)
    assert bounds[-1] <= outcome.bound
    assert stop.is_set()
    assert [event.seconds for event in events] == sorted(event.seconds for event in events)


def test_improvements_just_before_the_end_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch.Watch, "wait_and_report", lambda self: time.sleep(0.01))
    events: list[Progress] = []
    highs.solve(compile_program(blocks_model()), EXACT, events.append)
    assert events[-1].incumbent == pytest.approx(13.0)


def test_the_bound_only_rises() -> None:
    """Proves: a bound that is not yet known is None, and one that a restart loosens stays."""
    events: list[Progress] = []
    seen = watch.Watch(None, events.append)
    for bound in (-math.inf, 5.0, 3.0, 6.0):
        seen._on_figures(SimpleNamespace(data_out=SimpleNamespace(mip_dual_bound=bound, mip_node_count=1)))
        seen.improvements.put(9.0)
        seen.report_rest()
    assert [event.bound for event in events] == [None, 5.0, 5.0, 6.0]


def test_the_incumbent_only_falls() -> None:
    events: list[Progress] = []
    seen = watch.Watch(None, events.append)
    for objective in (9.0, 12.0, 7.0):
        seen.improve(np.array([objective]), objective)
    seen.report_rest()
    assert [event.incumbent for event in events] == [9.0, 7.0]
    assert seen.best is not None
    assert seen.best[1] == 7.0


def test_an_improvement_in_the_instant_of_a_heartbeat_is_told_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves: an event tells the time and the figures of its telling.

    Figures taken when the plan was found, while a heartbeat was on its way, would step back behind the heartbeat's.
    """
    monkeypatch.setattr(watch, "HEARTBEAT_SECONDS", 0.0)
    events: list[Progress] = []

    def find_a_plan(event: Progress) -> None:
        if not events:
            seen.improve(np.array([7.0]), 7.0)
            seen.bound = 5.0
        events.append(event)

    seen = watch.Watch(None, find_a_plan)
    for _ in range(2):
        seen.wait_and_report()
    assert [(event.incumbent, event.bound) for event in events] == [(None, None), (7.0, 5.0)]
    assert events[0].seconds <= events[1].seconds


def test_a_quick_solve_reports_its_improvements() -> None:
    events: list[Progress] = []
    outcome = highs.solve(compile_program(blocks_model()), EXACT, events.append)
    assert events[-1].incumbent == pytest.approx(outcome.objective)


def test_a_heartbeat_comes_while_highs_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves: events come although HiGHS says nothing; here it starts only after three of them were heard."""
    monkeypatch.setattr(watch, "HEARTBEAT_SECONDS", 0.01)
    heard = threading.Event()
    events: list[Progress] = []
    work = watch._work

    def work_late(*arguments: object) -> None:
        heard.wait(60.0)
        work(*arguments)

    def hear(progress: Progress) -> None:
        events.append(progress)
        if len(events) == 3:
            heard.set()

    monkeypatch.setattr(watch, "_work", work_late)
    highs.solve(compile_program(divisible(blocks_model())), EXACT, hear)
    assert len(events) >= 3
    assert all(event.incumbent is event.bound is event.gap is None for event in events)


def test_the_stop_event_keeps_the_incumbent() -> None:
    stop = threading.Event()

    def stop_at_incumbent(progress: Progress) -> None:
        if progress.incumbent is not None:
            stop.set()

    outcome = highs.solve(compile_program(long_model()), EXACT, stop_at_incumbent, stop_event=stop)
    assert (outcome.status, outcome.stop) == (Status.FEASIBLE, StopReason.INTERRUPT)
    assert outcome.values is not None


def test_a_stop_before_any_incumbent_gives_no_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves: HiGHS is waited for while there is nothing to take, however long."""
    monkeypatch.setattr(highs, "STOP_PATIENCE_SECONDS", -1.0)
    monkeypatch.setattr(watch, "_leave", lambda highs: pytest.fail("HiGHS was left behind"))
    stop = threading.Event()
    stop.set()
    outcome = highs.solve(compile_program(long_model()), EXACT, stop_event=stop)
    assert (outcome.status, outcome.stop) == (Status.NO_PLAN, StopReason.INTERRUPT)


def test_a_highs_that_does_not_stop_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves: once the patience is over, the last incumbent is returned while HiGHS is still running."""
    monkeypatch.setattr(highs, "STOP_PATIENCE_SECONDS", -1.0)
    monkeypatch.setattr(watch, "HEARTBEAT_SECONDS", 0.0)
    monkeypatch.setattr(watch.Watch, "_on_step", lambda self, event: None)  # a HiGHS that does not listen
    stop = threading.Event()
    stop.set()
    program = compile_program(long_model())
    outcome = highs.solve(program, EXACT, start=np.zeros(program.num_columns), stop_event=stop)
    assert (outcome.status, outcome.stop) == (Status.FEASIBLE, StopReason.INTERRUPT)
    assert outcome.objective <= 1 + sum(program.row_lower)
    left = [thread for thread in threading.enumerate() if thread.name == "HiGHS"]
    for thread in left:
        thread.join(60.0)
        assert not thread.is_alive()


def test_an_error_while_reporting_ends_the_solve() -> None:
    def fail(progress: Progress) -> None:
        raise RuntimeError("the screen is gone")

    with pytest.raises(RuntimeError, match="the screen is gone"):
        highs.solve(compile_program(long_model()), EXACT, fail)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for a single process")
def test_ctrl_c_keeps_the_incumbent() -> None:
    """Proves: Ctrl-C in a real process ends the solve with the plan found so far, and standard output is ours alone."""
    script = Path(__file__).with_name("interrupted.py")
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(root), str(script.parent)))}
    with subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stderr.readline() == "incumbent\n"
        process.send_signal(signal.SIGINT)
        printed, errors = process.communicate(timeout=120)
    assert errors == ""
    assert process.returncode == 0
    assert json.loads(printed) == {"status": "FEASIBLE", "stop": "INTERRUPT", "exact": True}


def test_ctrl_c_between_two_reports_keeps_the_incumbent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves: Ctrl-C is heard wherever the main thread is, not only while it waits. Else: the plan is lost."""
    stopping, pressed = watch.Watch.stopping, threading.Event()

    def press(self: watch.Watch) -> bool:
        is_main = threading.current_thread() is threading.main_thread()
        if is_main and self.best is not None and not pressed.is_set():
            pressed.set()
            raise KeyboardInterrupt
        return stopping(self)

    monkeypatch.setattr(watch.Watch, "stopping", press)
    outcome = highs.solve(compile_program(long_model()), EXACT)
    assert (outcome.status, outcome.stop) == (Status.FEASIBLE, StopReason.INTERRUPT)


def test_a_second_ctrl_c_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    def press(self: watch.Watch) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(watch.Watch, "wait_and_report", press)
    with pytest.raises(KeyboardInterrupt):
        highs.solve(compile_program(long_model()), EXACT)


# Starts


def test_a_start_of_the_optimum_is_the_first_incumbent() -> None:
    program = compile_program(blocks_model())
    events: list[Progress] = []
    outcome = highs.solve(program, EXACT, events.append, start=np.array([1.0, 2.0, 0.0]))
    assert events[0].incumbent == 13.0
    assert (outcome.status, outcome.objective) == (Status.OPTIMAL, 13.0)


def test_the_unknown_rest_of_a_start_is_found() -> None:
    """Proves: what the start knows is kept for the first plan, and only for that.

    By hand: one large block leaves 4.5 to serve: by three small ones for 9, or by two and half a unit of spot for 8.5.
    So the first plan costs 4 + 8.5 + 2 = 14.5, and the optimum of 13, with two large blocks, is still found.
    A broken rule would give: 13 as the first plan (the start forgotten), or 14.5 as the optimum (the start kept).
    """
    program = compile_program(blocks_model())
    events: list[Progress] = []
    outcome = highs.solve(program, EXACT, events.append, start=np.array([np.nan, 1.0, np.nan]))
    assert events[0].incumbent == pytest.approx(14.5, rel=1e-12)
    assert all(event.bound is None or event.bound <= 13.0 for event in events)
    assert outcome.objective == 13.0


@pytest.mark.parametrize("start", [[10.0, 10.0, -5.0], [1.0000001, 1.9999999, 0.0], [99.0, 0.0, 0.0]])
def test_a_start_is_brought_within_its_bounds(start: list[float]) -> None:
    outcome = highs.solve(compile_program(blocks_model()), EXACT, start=np.array(start))
    assert "the start was taken" in outcome.detail
    assert outcome.objective == 13.0


def test_a_start_beyond_a_bound_is_completed_from_the_bound() -> None:
    """Proves: 99 small blocks of at most 3 become 3, and spot serves the 1.5 they leave: 9 + 7.5 + 2 = 18.5."""
    model = blocks_model()
    model.small.setub(3)
    polished = highs.polish(compile_program(model), np.array([99.0, 0.0, 0.0]))
    assert polished.values.tolist() == [3.0, 0.0, 1.5]
    assert polished.objective == 18.5


def test_the_start_is_handed_to_highs(monkeypatch: pytest.MonkeyPatch) -> None:
    handed: list[list[float]] = []

    def take(self: highspy.Highs, solution: highspy.HighsSolution) -> highspy.HighsStatus:
        handed.append(list(solution.col_value))
        return highspy.HighsStatus.kOk

    monkeypatch.setattr(highspy.Highs, "setSolution", take)
    highs.solve(compile_program(blocks_model()), EXACT, start=np.array([0.0, 2.0, 9.0]))
    assert handed == [[0.0, 2.0, 1.5]]


def test_a_start_that_no_plan_agrees_with_is_left_out_and_said() -> None:
    model = blocks_model()
    model.limit = pyo.Constraint(expr=model.small + model.large <= 3)
    for start in ([5.0, 5.0, 0.0], [5.0, np.nan, 0.0]):
        outcome = highs.solve(compile_program(model), EXACT, start=np.array(start))
        assert "the start was left out" in outcome.detail
        assert outcome.objective == 13.0


def test_a_start_without_integers_is_left_out() -> None:
    program = compile_program(blocks_model())
    outcome = highs.solve(program, EXACT, start=np.full(3, np.nan))
    assert "knows no integer" in outcome.detail
    assert outcome.objective == 13.0


def test_a_start_that_meets_every_row_of_an_infeasible_program_is_a_contradiction(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Proves: a wrong claim of infeasibility is not passed on when a plan is at hand."""
    ended = highs._Finish(Status.INFEASIBLE, StopReason.PROOF, None, None, None, 0, 0, "")
    monkeypatch.setattr(highs, "_finish_of", lambda *_: ended)
    with pytest.raises(SolverError, match="calls the program infeasible"):
        highs.solve(compile_program(blocks_model()), EXACT, start=np.array([1.0, 2.0, 0.0]))


def test_a_start_better_than_what_highs_found_is_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves: the better of two incumbents is returned. A broken rule would give: 17, five small blocks."""
    found = highs._Finish(Status.FEASIBLE, StopReason.TIME_LIMIT, np.array([5.0, 0, 0]), 17.0, 11.0, 0, 0, "")
    monkeypatch.setattr(highs, "_finish_of", lambda *_: found)
    outcome = highs.solve(compile_program(blocks_model()), EXACT, start=np.array([1.0, 2.0, 0.0]))
    assert (outcome.status, outcome.objective, outcome.bound) == (Status.FEASIBLE, 13.0, 11.0)


def test_a_start_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(SolverError, match="the start has 2 values, the program 3 columns"):
        highs.solve(compile_program(blocks_model()), EXACT, start=np.zeros(2))


# Exactness


def test_polish_rounds_integers_and_solves_the_rest_again() -> None:
    """Proves: integers come out whole, dust becomes 0, and the cost is that of the values.

    By hand: blocks of 1 and 2 serve 8, so no spot is left: 3 + 8 + 2 = 13.
    A broken rule would give: 13.0000034 (integers as found), or spot of 1e-12 kept.
    """
    program = compile_program(blocks_model())
    polished = highs.polish(program, np.array([1.0000006, 1.9999996, 1e-12]))
    assert polished.values.tolist() == [1.0, 2.0, 0.0]
    assert polished.objective == 13.0


def test_a_cleaned_plan_is_checked_against_every_row() -> None:
    """Proves: dust becomes 0 and a plan that serves 5 of 7.5 is none. Else: 1e-12 of spot, or that plan."""
    program = compile_program(blocks_model())
    assert highs._cleaned(program, np.array([1.0, 2.0, 1e-12])).values.tolist() == [1.0, 2.0, 0.0]
    missed = highs._cleaned(program, np.array([1.0, 1.0, 0.0]))
    assert missed.values is None
    assert "misses demand by 0.5" in missed.failure


def test_polish_says_why_there_is_no_plan() -> None:
    model = blocks_model()
    model.tight = pyo.Constraint(expr=model.small == 0.7 * model.large)
    polished = highs.polish(compile_program(model), np.array([1.0, 2.0, 0.0]))
    assert polished.values is polished.objective is None
    assert "Infeasible" in polished.failure


def test_a_plan_whose_integers_do_not_round_has_failed() -> None:
    """Proves: a plan that exists only with divided blocks is not passed on, and the reason is said.

    By hand: exactly 7.5 is served by 0.3 and 2.3 blocks for 12.1, but by no whole ones without spot.
    A broken rule would give: a plan of 0 and 2 blocks that serves 6 of 7.5.
    """
    model = blocks_model()
    model.exactly = pyo.Constraint(expr=3 * model.large + 2 * model.small == 7.5)
    program = compile_program(model)
    finish = highs._Finish(Status.OPTIMAL, StopReason.PROOF, np.array([0.3, 2.3, 0.0]), 12.1, 12.1, 0, 0, "")
    made = highs._made_exact(program, EXACT, watch.Watch(None, None), finish, remarks := [])
    assert (made.status, made.stop, made.values) == (Status.FAILED, StopReason.ERROR, None)
    assert "with its integers rounded" in remarks[0]


def test_an_objective_that_is_not_the_cost_of_the_values_is_refused() -> None:
    finish = highs._Finish(Status.OPTIMAL, StopReason.PROOF, np.array([1.0, 2.0, 0.0]), 13.0001, 13.0, 0, 0, "")
    with pytest.raises(SolverError, match=r"13\.0001, but its columns cost 13\.0"):
        highs._made_exact(compile_program(blocks_model()), EXACT, watch.Watch(None, None), finish, [])


def test_a_bound_above_a_plan_is_refused() -> None:
    finish = highs._Finish(Status.OPTIMAL, StopReason.PROOF, np.array([1.0, 2.0, 0.0]), 13.0, 13.1, 0, 0, "")
    with pytest.raises(SolverError, match=r"a bound of 13\.1, but a plan costs only 13\.0"):
        highs._made_exact(compile_program(blocks_model()), EXACT, watch.Watch(None, None), finish, [])


def test_a_bound_passes_the_objective_by_rounding_only() -> None:
    assert bound_below(100.0, 100.00000001, "x") == 100.0
    assert bound_below(100.0, 99.0, "x") == 99.0
    assert bound_below(100.0, None, "x") is None
    with pytest.raises(SolverError):
        bound_below(100.0, 100.01, "x")


def test_the_gap_is_judged_at_its_edge() -> None:
    assert within_gap(1000.0, 999.0, 1e-3)
    assert not within_gap(1000.0, 998.9, 1e-3)
    assert within_gap(0.0, -1e-6, 0.0)
    assert not within_gap(0.0, -1.1e-6, 0.0)
    assert within_gap(1e6, 1e6 - 1, 0.0)
    assert not within_gap(1e6, 1e6 - 1.1, 0.0)
    assert not within_gap(0.0, None, 1.0)
    assert is_proven(1e6, 1e6 - 1e-4)
    assert not is_proven(1e6, 1e6 - 1)
    assert not is_proven(None, 1.0)


@pytest.mark.parametrize(
    "wrong", [{"gap": -1.0}, {"gap": math.nan}, {"time_limit_seconds": -1.0}, {"threads": 0}, {"seed": -1}]
)
def test_an_option_no_solver_can_honour_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        SolveOptions(**wrong)


# Agreement


@pytest.mark.parametrize("seed", range(25))
def test_the_optimum_is_that_of_pyomos_own_interfaces(seed: int) -> None:
    """Proves: our arrays are the model. A broken rule would give: another optimum for one of 25 random programs."""
    model = random_model(seed)
    outcome = solved(model)
    assert outcome.status is Status.OPTIMAL
    highs.prepare_process()
    appsi = pyo.SolverFactory("appsi_highs").solve(model, options={"mip_rel_gap": 0.0})
    assert outcome.objective == pytest.approx(appsi.problem.upper_bound, rel=1e-7, abs=1e-7)
    contrib = NewSolverFactory("highs").solve(model, rel_gap=0.0)
    assert outcome.objective == pytest.approx(contrib.incumbent_objective, rel=1e-7, abs=1e-7)
    assert outcome.values is not None
    for variable, value in zip(compile_program(model).columns, outcome.values.tolist(), strict=True):
        variable.set_value(value)
    assert pyo.value(model.cost) == pytest.approx(outcome.objective, rel=1e-12)


def test_threads_may_change_and_solves_may_run_side_by_side() -> None:
    """Proves: HiGHS's scheduler, fixed at its first number of threads, is put back. A broken rule gives: FAILED."""
    program = compile_program(blocks_model())
    found = [highs.solve(program, SolveOptions(gap=0.0, threads=threads)).objective for threads in (1, 2, 1, 3)]
    assert found == [13.0] * 4
    answers: list[float | None] = []

    def work(threads: int) -> None:
        answers.append(highs.solve(program, SolveOptions(gap=0.0, threads=threads)).objective)

    workers = [threading.Thread(target=work, args=(threads,)) for threads in (1, 2, 3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert answers == [13.0] * 3


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_optimum_is_that_of_enumeration(data: st.DataObject) -> None:
    """Proves: on every small integer program the outcome is the best of all points, or there is none."""
    count = data.draw(st.integers(1, 4))
    small = st.integers(-4, 4)
    costs = data.draw(st.lists(small, min_size=count, max_size=count))
    rows = data.draw(st.lists(st.tuples(st.lists(small, min_size=count, max_size=count), small), max_size=3))
    model = pyo.ConcreteModel()
    model.x = pyo.Var(range(count), domain=pyo.Integers, bounds=(-1, 2))
    model.rows = pyo.ConstraintList()
    for terms, side in rows:
        if any(terms):
            model.rows.add(sum(a * model.x[j] for j, a in enumerate(terms)) <= side)
    model.cost = pyo.Objective(expr=0.5 + sum(c * model.x[j] for j, c in enumerate(costs)))
    points = itertools.product(range(-1, 3), repeat=count)
    possible = [
        0.5 + sum(map(lambda c, x: c * x, costs, point))
        for point in points
        if all(sum(map(lambda a, x: a * x, terms, point)) <= side for terms, side in rows if any(terms))
    ]
    outcome = solved(model)
    assert outcome.objective == (min(possible) if possible else None)
    assert outcome.status is (Status.OPTIMAL if possible else Status.INFEASIBLE)


def test_highs_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    """Proves: standard output stays free for the result. A broken rule would give: HiGHS's banner and log."""
    highs.version.cache_clear()
    solved(blocks_model())
    captured = capfd.readouterr()
    assert captured.out == captured.err == ""
