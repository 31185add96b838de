"""The arithmetic of stability: means, intervals and differences, by hand."""

import math

import numpy as np
import pytest
from scipy import stats

from optimizer.uncertainty.stability import Gap, Mean, Solved, Stability, decisions_of


def test_a_mean_has_the_interval_of_student() -> None:
    """Proves: 1, 2, 3, 6: mean 3, deviation sqrt(14 / 3); half the 95 % interval is that of scipy."""
    found = Mean.of([1.0, 2.0, 3.0, 6.0])
    low, high = stats.t.interval(0.95, 3, loc=3.0, scale=stats.sem([1.0, 2.0, 3.0, 6.0]))
    assert found.value == 3.0 and found.half == pytest.approx((high - low) / 2.0)
    assert Mean.of([4.0]) == Mean(4.0, None)


def test_the_interval_holds_what_it_says() -> None:
    """Proves: of 2,000 samples of ten, the mean is in the interval in 95 % of them."""
    rng = np.random.default_rng(1)
    means = [Mean.of(sample) for sample in rng.normal(1.0, 2.0, (2000, 10)).tolist()]
    inside = [abs(one.value - 1.0) <= (one.half or 0.0) for one in means]
    assert np.mean(inside) == pytest.approx(0.95, abs=5.0 * math.sqrt(0.95 * 0.05 / 2000))


def test_the_bound_of_the_gap_is_one_sided() -> None:
    """Proves: (STABLE-4) for the gaps 0, 2, 4: 2 + t(95 %, 2) x 2 / sqrt(3) = 5.37."""
    found = Gap.of([0.0, 2.0, 4.0], 20, 100.0)
    assert found.mean == 2.0 and found.bound == pytest.approx(2.0 + 2.919986 * 2.0 / math.sqrt(3.0), rel=1e-5)
    assert Gap.of([3.0], 20, 100.0).bound is None and not Gap.of([3.0], 20, 100.0).alike


def test_batches_that_say_the_same_bound_nothing() -> None:
    """Proves: gaps that differ by less than solvers tell have no deviation that would bound their mean. A broken rule
    would give: at most 0, from two batches.
    """
    found = Gap.of([0.0, -1e-7], 20, 100.0)
    assert found.alike and found.bound is None


def test_decisions_are_compared_on_common_draws() -> None:
    """Proves: pairs 1-2, 3-4, 5-6 count as one number each; the difference of two decisions has its own interval.

    Costs of A: 10, 20, 10, 20, 40, 50: pair means 15, 15, 45. B is 1, 2 and 3 above. A broken rule would give: the wide
    interval of the costs to the difference, which common draws make narrow.
    """
    a = np.array([10.0, 20.0, 10.0, 20.0, 40.0, 50.0])
    b = a + np.array([1.0, 1.0, 2.0, 2.0, 3.0, 3.0])
    found, order = decisions_of([("b",), ("a",)], np.stack([b, a]))
    assert order == (1, 0) and [one.words for one in found] == [("a",), ("b",)]
    assert found[0].cost == Mean.of([15.0, 15.0, 45.0]) and found[0].over_best == Mean(0.0, 0.0)
    assert found[1].over_best == Mean.of([1.0, 2.0, 3.0])
    assert found[1].cost.half is not None and found[1].over_best.half is not None
    assert found[1].over_best.half < found[1].cost.half / 10.0


def test_draws_without_a_plan_are_left_out_and_counted() -> None:
    """Proves: a pair in which some decision has no plan is left out for all; each says in how many draws it failed."""
    costs = np.array([[1.0, 1.0, 9.0, 9.0, 5.0, 5.0], [2.0, 2.0, math.nan, 9.0, 6.0, 6.0]])
    found, _ = decisions_of([("a",), ("b",)], costs)
    assert found[0].cost == Mean.of([1.0, 5.0]) and found[0].failed == 0.0
    assert found[1].failed == pytest.approx(1.0 / 6.0) and found[1].over_best == Mean.of([1.0, 1.0])
    nowhere, _ = decisions_of([("a",)], np.full((1, 4), math.nan))
    assert math.isnan(nowhere[0].cost.value) and nowhere[0].failed == 1.0


def test_the_spread_inside() -> None:
    trees = tuple(Solved(seed, value, value, 0) for seed, value in enumerate((1.0, 2.0, 3.0)))
    found = Stability(5, trees, (), None, 0, False)
    assert found.inside.value == 2.0 and found.deviation == 1.0 and found.bias is None
    assert Stability(5, trees[:1], (), None, 0, False).deviation == 0.0
