"""The trunk's program by hand: one shared column from 0 to 4 in two bundles."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from optimizer.case.settings import Objective, Settings
from optimizer.decompose.aim import Aim
from optimizer.decompose.master import Box, Master
from optimizer.decompose.part import Bound, Trunk
from optimizer.model import highs
from optimizer.model.outcome import SolveOptions
from optimizer.plan.status import Status
from tests.builders import FIRST

CHANCES = (0.25, 0.75)


def master(whole: bool = True, **changes: object) -> Master:
    """The shared column costs 1 in either bundle."""
    settings = Settings(first_quarter=FIRST, quarters=2, **changes)
    trunk = Trunk(
        ((("x", ()), 0),), np.array([1.0]), np.zeros(1), np.full(1, 4.0), np.array([whole]), csr_array((0, 1)),
        np.zeros(0), np.zeros(0), 1, int(whole), 0,
    )  # fmt: skip
    made = Master([trunk, trunk], Aim(settings, CHANCES), 1e3)
    made.learn({0: bound(10.0, -2.0), 1: bound(20.0, -6.0)})
    made.learn({0: bound(5.0, 1.0), 1: bound(2.0, 1.0)})
    return made


def bound(constant: float, gradient: float) -> Bound:
    """A bundle costs at least constant + gradient x."""
    return Bound(constant, np.array([gradient]))


def test_what_the_cuts_say_of_a_trunk() -> None:
    """Proves: at x = 1 bundles cost at least 8 and 14, at x = 3 it is 8 and 5: their mean 12.5, then 5.75.

    Risk counts where it is asked for: half of a CVaR of the dearest quarter is half of the dearest of both.
    """
    one, three = np.array([1.0]), np.array([3.0])
    assert master().value(one) == pytest.approx(0.25 * 8.0 + 0.75 * 14.0)
    assert master().value(three) == pytest.approx(0.25 * 8.0 + 0.75 * 5.0)
    risky = master(risk_weight=0.5, risk_tail=0.25)
    assert risky.value(one) == pytest.approx(12.5 + 0.5 * 14.0)
    assert risky.value(three) == pytest.approx(5.75 + 0.5 * 8.0)


def test_multipliers_are_means_by_duals() -> None:
    """Proves: cuts 10 - 2x, 5 + x cross at 5/3 and 20 - 6x, 2 + x at 18/7, where the mean is least: the multiplier of
    the first bundle is that of its active cut, 1, that of the second brings the slope to nothing: -1/3.
    """
    of = master(whole=False)
    end = of.linear()
    assert end is not None
    assert end.values[0] == pytest.approx(18.0 / 7.0)
    found = of.multipliers(end)
    assert found[0].tolist() == pytest.approx([1.0])
    assert found[1].tolist() == pytest.approx([-1.0 / 3.0])


def test_the_relaxation_in_a_box_forgets_the_box() -> None:
    """Proves: below 2 the least is at 2, with a cut of that box alone it is dearer, and both are gone afterwards."""
    of = master(whole=False)
    free = of.linear()
    inside = of.linear_in(Box(np.zeros(1), np.full(1, 2.0)), ())
    more = of.linear_in(Box(np.zeros(1), np.full(1, 2.0)), of.rows_of({0: bound(50.0, 0.0)}))
    again = of.linear()
    assert free is not None and inside is not None and more is not None and again is not None
    assert inside.values[0] == pytest.approx(2.0)
    assert inside.objective * of.unit == pytest.approx(0.25 * 7.0 + 0.75 * 8.0)
    assert more.objective * of.unit == pytest.approx(0.25 * 50.0 + 0.75 * 8.0)
    assert again.objective == pytest.approx(free.objective)


def test_the_kindest_of_those_that_cost_little_more() -> None:
    """Proves: 20 - 6x and 5 + x cross at 15/7, where the worst case is least; up to 8 are x from 2 to 3, whose mean is
    least at 18/7, up to 7.3 those to 2.3, whose mean falls; whole are only 2, of mean 7.75, and 3, of 5.75.

    The least worst case is the same before and after.
    """
    of = master(whole=False, objective=Objective.WORST)
    least = [of.linear(), of.linear()]
    near, far = of.kindest(7.3), of.kindest(8.0)
    least.append(of.linear())
    assert [end and end.values[0] for end in least] == pytest.approx([15.0 / 7.0] * 3)
    assert near is not None and far is not None
    assert (near.values[0], far.values[0]) == pytest.approx((2.3, 18.0 / 7.0))
    whole = master(whole=True, objective=Objective.WORST)
    outcomes = [highs.solve(whole.whole_kindest(most), SolveOptions(gap=0.0)) for most in (7.9, 8.0)]
    assert outcomes[0].status is Status.INFEASIBLE
    assert outcomes[1].values is not None
    assert (outcomes[1].values[0], outcomes[1].objective) == pytest.approx((3.0, 5.75 / whole.unit))


def test_boxes_part_at_whole_numbers() -> None:
    """Proves: 1.5 parts 0..4 into 0..1 and 2..4; a column that is not whole at 1.5 itself."""
    box = Box(np.zeros(1), np.full(1, 4.0))
    below, above = box.split(0, 1.5, True)
    assert (below.upper[0], above.lower[0]) == (1.0, 2.0)
    below, above = box.split(0, 1.5, False)
    assert (below.upper[0], above.lower[0]) == (1.5, 1.5)
    assert (box.lower[0], box.upper[0]) == (0.0, 4.0)


def test_a_part_of_the_trunks_is_chosen_within_it() -> None:
    """Proves: whole trunks cost 5.75 at 3 and 6.25 at 2; in 0..2 there is only the latter."""
    of = master()
    program = of.whole(Box(np.zeros(1), np.full(1, 2.0)))
    assert program.col_upper[0] == 2.0 and of.whole().col_upper[0] == 4.0
    assert program.num_rows == of.program.num_rows + len(of.cuts)


def test_the_most_that_bundles_like() -> None:
    """Proves: of 1.2 and 2.7 it is the latter, whole where trunks are; where no bundle says anything, what is given."""
    shares = {0: np.array([1.2]), 1: np.array([2.7])}
    assert master(whole=False).high_of(shares, np.zeros(1)).tolist() == [2.7]
    assert master().high_of(shares, np.zeros(1)).tolist() == [3.0]
    assert master().high_of({}, np.array([4.0])).tolist() == [4.0]


def test_a_trunk_keeps_the_rows_of_its_own() -> None:
    """Proves: x is at most 2 by a row; a row of risk, that holds what bundles cost too, says nothing of a trunk."""
    settings = Settings(first_quarter=FIRST, quarters=2, risk_weight=0.5, risk_tail=0.25)
    row = csr_array(np.ones((1, 1)))
    trunk = Trunk(
        ((("x", ()), 0),), np.array([1.0]), np.zeros(1), np.full(1, 4.0), np.array([True]), row, np.array([-np.inf]),
        np.array([2.0]), 1, 1, 0,
    )  # fmt: skip
    made = Master([trunk, trunk], Aim(settings, CHANCES), 1e3)
    assert made.program.num_rows > 1
    assert made.admits(np.array([2.0])) and not made.admits(np.array([3.0]))


def test_cuts_of_a_part_count_where_they_hold() -> None:
    """Proves: at x = 1 bundles cost 8 and 14; a cut of a part that says 50 of the first makes it 50 there only."""
    of = master()
    one = np.array([1.0])
    assert of.value(one, of.rows_of({0: bound(50.0, 0.0)})) == pytest.approx(0.25 * 50.0 + 0.75 * 14.0)
    assert of.value(one) == pytest.approx(0.25 * 8.0 + 0.75 * 14.0)
    assert of.bare().cuts == [] and len(of.cuts) == 4
