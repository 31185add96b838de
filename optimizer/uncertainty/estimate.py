"""What the past says of the parameters of a process, and how surely.

With x the logarithm of a series, f steps a year (4 quarters or 12 months), n pairs of neighbouring steps and r = x - x
before:
  (FIT-1)  walk: volatility = sd(r) x sqrt(f), growth of the mean = exp(f x mean(r) + volatility^2 / 2) - 1; standard
           errors volatility / sqrt(2 (n - 1)) and (1 + growth) x sqrt(volatility^2 f / n + volatility^4 / (2 (n - 1)))
  (FIT-2)  reversion: the regression x = a + b x before + e, which is maximum likelihood given the first value, with
           speed = -f ln b, level = exp(a / (1 - b) + volatility^2 / (4 speed)), the mean it returns to, and
           volatility = sd(e) x sqrt(2 speed / (1 - b^2)); standard errors by the delta method, that of the volatility
           given the speed
  (FIT-3)  b is too low in short series, by (1 + 3 b) / n to first order (Kendall, Biometrika 41, 1954): it is raised by
           as much before the speed is taken, for else what returns slowly would seem to return fast
  (FIT-4)  a series returns at all if (b - 1) / se(b) is below the five-percent point of Dickey & Fuller (Journal of the
           American Statistical Association 74, 1979), -2.8621 - 2.738 / n - 8.36 / n^2 (MacKinnon, Queen's Economics
           Department Working Paper 1227, 2010); else it is taken for a walk
  (FIT-5)  correlation of r (walks) or e (reversions) over the steps that both have, with (1 - rho^2) / sqrt(m - 1)
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from optimizer.case.uncertainty import Process
from optimizer.errors import UsageError
from optimizer.uncertainty.history import History

LEAST = 4
"""Fewest changes from which anything is estimated."""


@dataclass(frozen=True)
class Estimated:
    """A parameter and its standard error, both in the unit of the parameter."""

    value: float
    error: float


@dataclass(frozen=True)
class Fit:
    """A series as a process. `count` changes were seen from `first` to `last`, `rises` of them up and `falls` down.

    `growth` is that of a walk, `speed` and `level` are those of a reversion, the level in the unit of the series.
    `returns` is the statistic of (FIT-4), `point` what it must be below for a reversion. `steps` are the unexplained
    changes, NaN where there is none, one for each step after the first.
    """

    series: str
    process: Process
    count: int
    first: str
    last: str
    rises: int
    falls: int
    latest: float
    volatility: Estimated
    growth: Estimated | None
    speed: Estimated | None
    level: Estimated | None
    returns: float
    point: float
    steps: np.ndarray = field(repr=False, compare=False)


@dataclass(frozen=True)
class Pair:
    """Two series and the correlation of their unexplained changes over `count` steps."""

    first: str
    second: str
    correlation: Estimated
    count: int


def fit(history: History, name: str, process: Process | None = None) -> Fit:
    """The series as a walk or a reversion; as what (FIT-4) says if neither is asked.

    Raises UsageError for a series with fewer than 4 changes, without any, or one that does not return as is asked.
    """
    values = history.of(name)
    x = np.log(values)
    before, after = x[:-1], x[1:]
    seen = ~np.isnan(before) & ~np.isnan(after)
    count = int(seen.sum())
    if count < LEAST:
        found = f"{count} change{'' if count == 1 else 's'}"
        raise UsageError(f"{name} has {found} from step to step. Fix: at least {LEAST}, without gaps")
    changes = (after - before)[seen]
    if not changes.any():
        raise UsageError(f"{name} never changes: there is nothing to estimate. Fix: leave it out")
    line = _Line.of(before[seen], after[seen])
    statistic, point = (line.slope - 1.0) / line.slope_error, -2.8621 - 2.738 / count - 8.36 / count**2
    process = process or (Process.REVERSION if statistic < point and 0.0 < line.raised < 1.0 else Process.WALK)
    there = np.flatnonzero(seen)
    common = (
        name, process, count, history.step(int(there[0]) + 1), history.step(int(there[-1]) + 1),
        int((changes > 0.0).sum()), int((changes < 0.0).sum()), float(values[~np.isnan(values)][-1]),
    )  # fmt: skip
    steps = np.full(len(seen), np.nan)
    per_year = history.every.in_a_year
    if process is Process.WALK:
        steps[seen] = changes - changes.mean()
        volatility, growth = _walk(changes, per_year)
        return Fit(*common, volatility, growth, None, None, statistic, point, steps)
    if not 0.0 < line.raised < 1.0:
        raise UsageError(f"{name} does not return to a level (slope {line.raised:.3f}). Fix: take it for a walk")
    steps[seen] = line.residuals
    return Fit(*common, *_reversion(line, per_year), statistic, point, steps)


def _walk(changes: np.ndarray, per_year: int) -> tuple[Estimated, Estimated]:
    """(FIT-1)."""
    count = len(changes)
    sigma = float(changes.std(ddof=1)) * math.sqrt(per_year)
    growth = math.exp(per_year * float(changes.mean()) + sigma**2 / 2.0) - 1.0
    error = math.sqrt(sigma**2 * per_year / count + sigma**4 / (2.0 * (count - 1)))
    return Estimated(sigma, sigma / math.sqrt(2.0 * (count - 1))), Estimated(growth, (1.0 + growth) * error)


@dataclass(frozen=True)
class _Line:
    """The regression of (FIT-2). `raised` is the slope after (FIT-3); the line goes through both means all the same."""

    count: int
    slope: float
    slope_error: float
    raised: float
    middle: float
    deviation: float
    residuals: np.ndarray

    @classmethod
    def of(cls, before: np.ndarray, after: np.ndarray) -> "_Line":
        count = len(before)
        about = before - before.mean()
        squares = float(about @ about)
        slope = float(about @ (after - after.mean())) / squares if squares else 1.0
        left = after - after.mean() - slope * about
        variance = float(left @ left) / (count - 2)
        error = math.sqrt(variance / squares) if squares and variance else math.inf
        raised = slope + (1.0 + 3.0 * slope) / count
        residuals = after - after.mean() - raised * about
        middle = float(after.mean() - raised * before.mean()) / (1.0 - raised) if raised != 1.0 else math.nan
        return cls(
            count, slope, error, raised, middle, math.sqrt(float(residuals @ residuals) / (count - 2)), residuals
        )


def _reversion(line: _Line, per_year: int) -> tuple[Estimated, None, Estimated, Estimated]:
    """(FIT-2): volatility, no growth, speed and level."""
    b = line.raised
    speed = -per_year * math.log(b)
    sigma = line.deviation * math.sqrt(2.0 * speed / (1.0 - b**2))
    level = math.exp(line.middle + sigma**2 / (4.0 * speed))
    level_error = level * line.deviation / ((1.0 - b) * math.sqrt(line.count))
    return (
        Estimated(sigma, sigma / math.sqrt(2.0 * (line.count - 2))),
        None,
        Estimated(speed, per_year * line.slope_error / b),
        Estimated(level, level_error),
    )


def pairs(fits: Sequence[Fit]) -> tuple[Pair, ...]:
    """(FIT-5) for all pairs that share at least four steps."""
    found = []
    for number, one in enumerate(fits):
        for other in fits[number + 1 :]:
            both = ~np.isnan(one.steps) & ~np.isnan(other.steps)
            count = int(both.sum())
            if count >= LEAST and one.steps[both].std() > 0.0 and other.steps[both].std() > 0.0:
                rho = float(np.corrcoef(one.steps[both], other.steps[both])[0, 1])
                found.append(
                    Pair(one.series, other.series, Estimated(rho, (1.0 - rho**2) / math.sqrt(count - 1)), count)
                )
    return tuple(found)
