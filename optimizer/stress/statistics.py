"""Estimates from a sample of futures, each with the interval in which the truth lies with 95 % confidence.

(ESTIMATE-1)  mean: the mean of the sample, by Student's t
(ESTIMATE-2)  probability: the share of the sample, by the score interval (Wilson, JASA 22, 1927)
(ESTIMATE-3)  quantile: the sample's, between two order statistics, exact binomial (Conover, Practical Nonparametric
              Statistics, section 3.2); without a limit where the sample is too small to have one
(ESTIMATE-4)  CVaR at a tail a: the mean of the dearest share a of the sample, by the deviation of its influence
              function q + max(x - q, 0) / a, q the quantile (Trindade, Uryasev, Shapiro & Zrazhevsky, Journal of
              Banking & Finance 31, 2007), and Student's t with as many degrees as the tail has values, less one
(ESTIMATE-5)  excess over a limit: the mean of what goes beyond, given that something does, and the worst seen
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

CONFIDENCE = 0.95
Sample = Sequence[float] | np.ndarray


@dataclass(frozen=True)
class Estimate:
    """A figure and the interval that holds the truth with 95 % confidence; an end is None where there is no limit."""

    value: float
    low: float | None
    high: float | None


def mean(sample: Sample) -> Estimate:
    """(ESTIMATE-1); the sample has at least one value."""
    values = np.asarray(sample, dtype=np.float64)
    middle = float(values.mean())
    if len(values) < 2:
        return Estimate(middle, None, None)
    half = float(stats.t.ppf(0.5 + CONFIDENCE / 2.0, len(values) - 1) * values.std(ddof=1) / math.sqrt(len(values)))
    return Estimate(middle, middle - half, middle + half)


def deviation(sample: Sample) -> float:
    """Standard deviation, with n - 1."""
    return float(np.std(sample, ddof=1)) if len(sample) > 1 else 0.0


def probability(times: int, of: int) -> Estimate:
    """(ESTIMATE-2) of something that was seen so many times."""
    interval = stats.binomtest(times, of).proportion_ci(CONFIDENCE, method="wilson")
    return Estimate(times / of, float(interval.low), float(interval.high))


def quantile(sample: Sample, share: float) -> Estimate:
    """(ESTIMATE-3) The value that a share of futures stays at or below."""
    low, high = stats.quantile_test(sample, p=share).confidence_interval(CONFIDENCE)
    return Estimate(float(np.quantile(sample, share)), _known(low), _known(high))


def _known(end: float) -> float | None:
    return None if math.isnan(end) else float(end)


def cvar(sample: Sample, tail: float) -> Estimate:
    """(ESTIMATE-4) The mean of the dearest share `tail`; the future at its edge counts with its part in the tail."""
    values = np.sort(np.asarray(sample, dtype=np.float64))[::-1]
    weight = np.clip(tail * len(values) - np.arange(len(values)), 0.0, 1.0)
    value = float(weight @ values) / (tail * len(values))
    if len(values) < 2:
        return Estimate(value, None, None)
    edge = float(np.quantile(values, 1.0 - tail))
    influence = edge + np.maximum(values - edge, 0.0) / tail
    degrees = max(1, math.floor(tail * len(values)) - 1)
    spread = float(influence.std(ddof=1)) / math.sqrt(len(values))
    half = float(stats.t.ppf(0.5 + CONFIDENCE / 2.0, degrees)) * spread
    return Estimate(value, value - half, value + half)


@dataclass(frozen=True)
class Excess:
    """How often a limit is passed, and by how much: on average given that it is (ESTIMATE-5), and at worst."""

    chance: Estimate
    times: int
    average: float
    worst: float


def excess(amounts: Sequence[float], of: int) -> Excess:
    """The excess of a limit that was passed by these amounts in as many of `of` futures."""
    return Excess(probability(len(amounts), of), len(amounts), math.fsum(amounts) / len(amounts), max(amounts))
