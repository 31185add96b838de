"""Estimates with their intervals: by hand, and by how often they hold the truth."""

import math

import numpy as np
import pytest
from scipy import stats

from optimizer.stress.statistics import cvar, deviation, excess, mean, probability, quantile


def test_the_mean_of_four_by_hand() -> None:
    """Proves: (ESTIMATE-1): 1, 2, 3, 4 have mean 2.5, deviation 1.291, and t(0.975, 3) = 3.182: 2.5 +- 2.054."""
    found = mean([1.0, 2.0, 3.0, 4.0])
    assert (found.value, found.low, found.high) == pytest.approx((2.5, 0.4457, 4.5543), abs=1e-4)
    assert deviation([1.0, 2.0, 3.0, 4.0]) == pytest.approx(math.sqrt(5.0 / 3.0))


def test_one_value_has_no_interval() -> None:
    for found in (mean([7.0]), cvar([7.0], 0.1)):
        assert (found.value, found.low, found.high) == (7.0, None, None)
    assert deviation([7.0]) == 0.0


def test_probability_by_hand() -> None:
    """Proves: (ESTIMATE-2): 1 of 10, Wilson: (p + z^2/2n +- z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n)."""
    z, p, n = 1.959964, 0.1, 10
    middle, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    found = probability(1, 10)
    ends = ((middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n))
    assert (found.value, found.low, found.high) == pytest.approx((0.1, *ends), abs=1e-6)


@pytest.mark.parametrize("times", [0, 50])
def test_what_was_never_or_always_seen_may_still_be(times: int) -> None:
    """Proves: 0 of 50 does not mean impossible: the interval has a width. A normal interval would have none."""
    found = probability(times, 50)
    assert found.low is not None and found.high is not None
    assert 0.0 <= found.low <= found.value <= found.high <= 1.0
    assert found.high - found.low > 0.05


def test_a_quantile_lies_between_order_statistics() -> None:
    """Proves: (ESTIMATE-3): the ends are values of the sample, whose ranks hold the binomial."""
    sample = [float(n) for n in range(1, 101)]
    found = quantile(sample, 0.5)
    assert found.value == pytest.approx(50.5)
    assert found.low in sample and found.high in sample
    inside = stats.binom.cdf(found.high - 1, 100, 0.5) - stats.binom.cdf(found.low - 1, 100, 0.5)
    assert inside >= 0.95
    assert quantile(sample, 0.99).high is None, "one hundred values have no upper limit of the 99 % quantile"


def test_cvar_is_the_mean_of_the_dearest() -> None:
    """Proves: by plain sorting; with 10 values and a tail of 15 %, the dearest and half of the next."""
    sample = [float(n) for n in range(1, 11)]
    assert cvar(sample, 0.2).value == pytest.approx(9.5)
    assert cvar(sample, 0.15).value == pytest.approx((10.0 + 0.5 * 9.0) / 1.5)
    assert cvar(sample, 1.0).value == pytest.approx(5.5)


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """Proves: of 400 samples of 200 lognormal numbers, about 95 % of intervals hold the mean, quantile and chance.

    CVaR of a heavy tail is less exact: 85 %. Half-widths that were too small by a third would hold 80 %.
    """
    draws = np.random.default_rng(1).lognormal(0.0, 0.5, (400, 200))
    top, normal = math.exp(0.125), stats.norm
    edge = normal.ppf(0.9)
    truth = {
        "mean": (top, lambda sample: mean(sample)),
        "quantile": (math.exp(0.5 * edge), lambda sample: quantile(sample, 0.9)),
        "chance": (0.1, lambda sample: probability(int((sample > math.exp(0.5 * edge)).sum()), len(sample))),
        "cvar": (top * normal.cdf(0.5 - edge) / 0.1, lambda sample: cvar(sample, 0.1)),
    }
    for name, (value, estimate) in truth.items():
        found = [estimate(sample) for sample in draws]
        held = sum(one.low <= value <= one.high for one in found) / len(found)  # type: ignore[operator]
        assert (0.85 if name == "cvar" else 0.92) <= held <= 0.99, (name, held)


def test_the_excess_of_a_limit() -> None:
    found = excess([2.0, 4.0], 8)
    assert (found.times, found.average, found.worst, found.chance.value) == (2, 3.0, 4.0, 0.25)
