"""A program solved again and again: rows come and go, whole numbers are asked for and not, and claims are checked."""

import math
import threading

import highspy
import numpy as np
import pytest

from optimizer.errors import SolverError
from optimizer.model.arrays import compile_program
from optimizer.model.warm import LinearEnd, Warm
from tests.model.programs import blocks_model, infeasible_model, integer_infeasible_model


def warm() -> Warm:
    """The blocks: 12 with divisible ones, 13 with whole ones."""
    return Warm(compile_program(blocks_model()))


def relaxed(program: Warm) -> float:
    end = program.linear()
    assert isinstance(end, LinearEnd)
    return end.objective


def test_whole_numbers_are_asked_for_and_let_go() -> None:
    """Proves: 12, 13, 12, 13; one that kept its integers would say otherwise."""
    program = warm()
    assert relaxed(program) == pytest.approx(12.0)
    assert program.mixed(0.0, 10.0).objective == pytest.approx(13.0)
    assert relaxed(program) == pytest.approx(12.0)
    end = program.mixed(0.0, 10.0)
    assert end.bound == pytest.approx(13.0) and end.values is not None
    assert end.values.tolist() == pytest.approx([1.0, 2.0, 0.0])


def test_a_row_that_is_dropped_is_gone() -> None:
    """Proves: without large blocks the relaxation costs 2 + 11.25; with the row dropped, 12 again."""
    program = warm()
    program.add_row(0.0, np.array([1]), np.array([-1.0]))
    assert relaxed(program) == pytest.approx(13.25)
    program.drop_rows(1)
    assert relaxed(program) == pytest.approx(12.0)
    program.drop_rows(0)
    assert program.mixed(0.0, 10.0).objective == pytest.approx(13.0)


def test_a_bound_alone_is_a_bound() -> None:
    """Proves: cuts without a search for plans prove no less than the relaxation and no more than the optimum."""
    assert 12.0 - 1e-9 <= warm().root(0.0, 10.0).bound <= 13.0 + 1e-9


def test_what_cannot_be_is_told() -> None:
    """Proves: a relaxation without a solution is None; whole numbers without one are infeasible, at a bound of inf."""
    assert Warm(compile_program(infeasible_model())).linear() is None
    program = Warm(compile_program(integer_infeasible_model()))
    assert relaxed(program) == pytest.approx(2.0 + 1.5 * 4.0 + 3.0 * 5.0)
    end = program.mixed(0.0, 10.0)
    assert (end.infeasible, end.bound, end.values) == (True, math.inf, None)


def test_a_claim_that_its_plan_does_not_bear_out_is_an_error() -> None:
    """Proves: where HiGHS counts other costs than were set, its claim is not believed."""
    program = warm()
    program.highs.changeColCost(0, 2.5)
    with pytest.raises(SolverError, match="its columns cost"):
        program.mixed(0.0, 10.0)


def test_a_thread_in_which_highs_has_run_already_is_no_obstacle() -> None:
    """Proves: where HiGHS was given two threads before, as by a user's own program, it solves, relaxed and whole.

    It takes no other number of threads in the same one: without another try, an LP ends with "Not Set".
    """
    costs: list[float] = []

    def work() -> None:
        own = highspy.Highs()
        own.setOptionValue("output_flag", False)
        own.setOptionValue("threads", 2)
        own.addVar(0.0, 1.0)
        own.run()
        program = warm()
        costs.append(relaxed(program))
        costs.append(program.mixed(0.0, 10.0).objective or 0.0)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert costs == pytest.approx([12.0, 13.0])
