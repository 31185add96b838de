"""Paths of uncertain numbers against closed forms. Seeds are fixed; tolerances are five standard errors."""

import math

import numpy as np
import pytest

from optimizer.case.uncertainty import Correlation, Uncertainty
from optimizer.uncertainty.process import expected, mean, variance
from optimizer.uncertainty.sampler import Sampler
from tests.builders import add
from tests.uncertainty.stated import default, plain, reversion, slip, walk

COUNT = 20_000
QUARTERS = 9
AGES = np.arange(1, QUARTERS)


def sampled(*rows: Uncertainty | Correlation, count: int = COUNT, seed: int = 1) -> np.ndarray:
    """States from the second quarter on. Shape: draws x uncertainties x quarters."""
    return Sampler(add(plain(QUARTERS), *rows), seed).states(range(1, count + 1))[:, :, 1:]


def near(found: np.ndarray, wanted: object, samples: np.ndarray) -> bool:
    """Whether means over draws are within five standard errors of what they should be."""
    error = samples.std(axis=0, ddof=1) / math.sqrt(len(samples))
    return bool(np.all(np.abs(found - wanted) <= 5.0 * error + 1e-12))


@pytest.mark.parametrize(
    "row",
    [
        walk("u", growth=0.1, volatility=0.3),
        walk("u", volatility=0.2, event_probability=0.1, event_size=0.5, event_spread=0.2),
        walk("u", event_probability=0.05, event_size=-1.0),
        reversion("u", reversion_speed=1.5, level=0.7, volatility=0.4),
        reversion("u", reversion_speed=2.0, volatility=0.2, event_probability=0.1, event_size=0.8, event_spread=0.1),
        default("u", event_probability=0.08, event_size=-0.6, event_spread=0.3),
    ],
    ids=["walk", "walk with jumps", "walk that can end", "reversion", "reversion with spikes", "default"],
)
def test_the_mean_is_that_of_the_closed_form(row: Uncertainty) -> None:
    """Proves: in every quarter the mean of the drawn factors is the one of the formulas.

    A broken rule would give: a mean above it by half the variance (16 % for the reversion), were it not taken off.
    """
    factors = sampled(row)[:, 0]
    assert near(factors.mean(axis=0), expected(row, False, AGES), factors)


@pytest.mark.parametrize(
    "row",
    [walk("u", growth=0.1, volatility=0.3), reversion("u", reversion_speed=1.5, level=0.7, volatility=0.4)],
    ids=["walk", "reversion"],
)
def test_the_logarithm_is_normal_with_the_stated_variance(row: Uncertainty) -> None:
    """Proves: variance, skewness 0 and kurtosis 3 of the logarithm in every quarter.

    Walk: sigma^2 t. Reversion: sigma^2 (1 - exp(-2 speed t)) / (2 speed), which levels off at 0.053.
    """
    years = AGES / 4.0
    logs = np.log(sampled(row)[:, 0] / mean(row, AGES)) + variance(row, AGES) / 2.0
    speed, sigma = row.reversion_speed, row.volatility
    wanted = sigma**2 * years if not speed else sigma**2 * (1 - np.exp(-2 * speed * years)) / (2 * speed)
    assert variance(row, AGES) == pytest.approx(wanted)
    scaled = logs / np.sqrt(wanted)
    assert near((scaled**2).mean(axis=0), 1.0, scaled**2)
    assert near((scaled**3).mean(axis=0), 0.0, scaled**3)
    assert near((scaled**4).mean(axis=0), 3.0, scaled**4)


def test_a_reversion_comes_back() -> None:
    """Proves: what is 30 % above its level is expected to be exp(-speed t) of that above it later: V-shaped paths.

    The regression of the logarithm on the one a quarter before has the slope exp(-speed / 4), 0.6065 for a speed of 2.
    """
    row = reversion("u", reversion_speed=2.0, volatility=0.4)
    logs = np.log(sampled(row)[:, 0]) + variance(row, AGES) / 2.0
    before, after = logs[:, :-1].ravel(), logs[:, 1:].ravel()
    slope = float(before @ after / (before @ before))
    error = float(np.std(after - slope * before) / math.sqrt(before @ before))
    assert abs(slope - math.exp(-0.5)) <= 5.0 * error
    steps = np.diff(sampled(row)[:, 0], axis=1)
    both = ((steps > 0.02).any(axis=1) & (steps < -0.02).any(axis=1)).mean()
    assert both > 0.9


def test_a_slip_has_the_stated_frequencies() -> None:
    """Proves: 60 % on time, 25 % one quarter late, 0 % two, 15 % three; the same number in every quarter."""
    late = sampled(slip("u", "site_power", "home", 0.6, 0.85, 0.85, 1.0))[:, 0]
    assert np.all(late == late[:, :1])
    found = np.array([(late[:, 0] == quarters).mean() for quarters in range(5)])
    wanted = np.array([0.6, 0.25, 0.0, 0.15, 0.0])
    error = np.sqrt(wanted * (1 - wanted) / COUNT)
    assert np.all(np.abs(found - wanted) <= 5.0 * error)
    assert expected(slip("u", "site_power", "home", 0.6, 0.85, 0.85, 1.0), True, AGES)[0] == pytest.approx(0.7)


def test_a_default_of_a_term_happens_once_or_never() -> None:
    """Proves: the probability of a term is for all of it: 20 % of the draws, from its first quarter on."""
    row = default("u", "blocks", "b", column="availability", event_probability=0.2, event_size=-0.5)
    factors = sampled(row)[:, 0]
    assert np.all(factors == factors[:, :1]) and set(np.unique(factors)) == {0.5, 1.0}
    share = (factors[:, 0] == 0.5).mean()
    assert abs(share - 0.2) <= 5.0 * math.sqrt(0.16 / COUNT)
    assert expected(row, True, AGES)[0] == pytest.approx(0.9)


def test_correlations_are_those_stated() -> None:
    """Proves: the steps of two walks correlate by 0.6 in a quarter and not between quarters, those of a third by 0.

    What happens once correlates by the stated 0.5 with the whole rise: a slip of one quarter in half of the draws is
    the sign of a normal, whose correlation with a normal that it is correlated to by rho is rho x sqrt(2 / pi).
    """
    rows = (
        walk("a", volatility=0.3),
        walk("b", "spot_price", "market", volatility=0.2),
        walk("c", "spot_limit", "market", volatility=0.2),
        slip("d", "site_power", "home", 0.5, 1.0),
        Correlation("a", "b", 0.6),
        Correlation("d", "a", 0.5),
    )
    found = sampled(*rows)
    logs = np.diff(np.log(found[:, :3]), axis=2, prepend=0.0)
    band = 5.0 / math.sqrt(COUNT)
    assert np.corrcoef(logs[:, 0, 3], logs[:, 1, 3])[0, 1] == pytest.approx(0.6, abs=band)
    assert np.corrcoef(logs[:, 0, 3], logs[:, 1, 4])[0, 1] == pytest.approx(0.0, abs=band)
    assert np.corrcoef(logs[:, 0, 3], logs[:, 2, 3])[0, 1] == pytest.approx(0.0, abs=band)
    rise, late = np.log(found[:, 0, -1]), found[:, 3, 0]
    assert np.corrcoef(rise, late)[0, 1] == pytest.approx(0.5 * math.sqrt(2.0 / math.pi), abs=band)


def test_what_moves_with_another_moves_by_the_same_chance() -> None:
    """Proves: equal parameters give equal paths, twice the volatility twice the step of the logarithm."""
    rows = (
        walk("a", volatility=0.2, event_probability=0.1, event_size=0.3),
        walk("b", "spot_price", "market", volatility=0.2, event_probability=0.1, event_size=0.3, moves_with="a"),
        walk("c", "spot_limit", "market", volatility=0.4, moves_with="a"),
    )
    found = sampled(*rows, count=50)
    assert np.array_equal(found[:, 0], found[:, 1])
    calm = sampled(
        walk("a", volatility=0.2), walk("c", "spot_limit", "market", volatility=0.4, moves_with="a"), count=9
    )
    about = np.log(calm) + np.array([0.2, 0.4])[None, :, None] ** 2 * AGES / 8.0
    assert np.allclose(2.0 * about[:, 0], about[:, 1])
