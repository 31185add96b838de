"""Where more seconds go, by hand."""

import numpy as np
import pytest

from optimizer.case.settings import Objective, Settings
from optimizer.decompose.aim import Aim
from optimizer.decompose.part import Price
from optimizer.decompose.standing import Efforts, Side, Standing
from tests.builders import FIRST


def mean(*shares: float) -> Aim:
    """Expected cost of bundles with these probabilities."""
    return Aim(Settings(first_quarter=FIRST, quarters=2), shares)


def standing() -> Standing:
    """Two bundles: the first may cost 100 to 110 and is known to cost 60; of the second nothing is open."""
    return Standing(
        np.zeros(1),
        [np.zeros(1)] * 2,
        np.array([110.0, 50.0]),
        np.array([100.0, 50.0]),
        np.array([60.0, 50.0]),
        [None] * 2,
    )


def test_what_a_side_leaves_open() -> None:
    """Proves: a cheaper plan saves at most 10, a higher bound brings at most 40; a better price closes both."""
    of = standing()
    assert [of.open(side, 0) for side in (Side.PLAN, Side.BOUND)] == [10.0, 40.0]
    of.take(0, Price(105.0, 90.0))
    assert [of.open(side, 0) for side in (Side.PLAN, Side.BOUND)] == [5.0, 40.0]
    of.take(0, Price(None, 105.0))
    assert [of.open(side, 0) for side in (Side.PLAN, Side.BOUND)] == [0.0, 45.0]


def test_the_most_open_a_second_comes_first() -> None:
    """Proves: 40 in 2 seconds before 10 in 2; 40 in 4 still leads, 40 in 16 does not.

    Work in vain is not done again; a bundle with nothing open is never taken up.
    """
    of, efforts = standing(), Efforts(mean(0.5, 0.5), 1.0)
    assert efforts.largest(of, 9) == [(Side.BOUND, 0), (Side.PLAN, 0)]
    assert efforts.largest(of, 1) == [(Side.BOUND, 0)]
    assert efforts.give(Side.BOUND, 0) == 2.0
    assert efforts.largest(of, 1) == [(Side.BOUND, 0)]
    assert [efforts.give(Side.BOUND, 0) for _ in range(2)] == [4.0, 8.0]
    assert efforts.largest(of, 1) == [(Side.PLAN, 0)]
    efforts.noted(Side.PLAN, 0, 10.0, 9.95)
    assert efforts.largest(of, 9) == [(Side.BOUND, 0)]
    efforts.noted(Side.BOUND, 0, 40.0, 39.0)
    assert efforts.largest(of, 9) == [(Side.BOUND, 0)]


def test_probable_bundles_come_first() -> None:
    """Proves: of two bundles that leave the same open, the more probable one is taken up."""
    of = Standing(np.zeros(1), [np.zeros(1)] * 2, np.full(2, 9.0), np.full(2, 5.0), np.full(2, 5.0), [None] * 2)
    assert Efforts(mean(0.4, 0.6), 1.0).largest(of, 2) == [(Side.PLAN, 1), (Side.PLAN, 0)]


def test_bundles_that_may_be_the_worst_come_first() -> None:
    """Proves: plans cost 9, 8 and 3, and at least 5, 7 and 1: the worst is at least 7. The first may bring 2 of it, the
    second 1, the third nothing, however probable it is and however much it leaves open.
    """
    settings = Settings(first_quarter=FIRST, quarters=2, objective=Objective.WORST)
    low, high = np.array([5.0, 7.0, 1.0]), np.array([9.0, 8.0, 3.0])
    of = Standing(np.zeros(1), [np.zeros(1)] * 3, high, low, low, [None] * 3)
    efforts = Efforts(Aim(settings, (0.1, 0.1, 0.8)), 1.0)
    assert efforts.aim.opened(low, high).tolist() == [2.0, 1.0, 0.0]
    assert efforts.largest(of, 9) == [(Side.PLAN, 0), (Side.PLAN, 1)]


@pytest.mark.parametrize("cost", [None, 120.0])
def test_a_worse_price_changes_nothing(cost: float | None) -> None:
    """Proves: what is better is kept, on both sides."""
    of = standing()
    of.take(0, Price(cost, 80.0))
    assert (of.costs[0], of.floors[0]) == (110.0, 100.0)
