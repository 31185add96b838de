"""What drove the futures that hurt: each uncertainty's part in cost and shortfall, and a future in words.

Each uncertainty with a chance of its own is a driver. Of a future it has one figure: its mean factor on what the case
says, over the quarters in which it may be otherwise; of a slip, the number of quarters late.
  (DRIVER-1)  ranks of the outcome are regressed on ranks of the drivers (Iman & Conover, Technometrics 21, 1979); the
              part of driver j in the variance of ranks is b[j] x r[j], b the standardised coefficient and r the
              correlation of ranks (Pratt, 1987); all parts add up to the R2 of the regression, and what is left of 1
              is what no single driver explains
  (DRIVER-2)  swing: the mean outcome in the futures that have the least and the greatest tenth of the driver
"""

from dataclasses import dataclass, field

import numpy as np
from scipy.stats import rankdata

from optimizer.case.uncertainty import Process
from optimizer.tables.quarter import Quarter

TENTH = 0.1
UNUSUAL = 0.5
"""A driver is named for a future where it is farther out than half of the futures."""
MOST_NAMED = 4
DOUBLE = 2.0
SMALL = 0.005


@dataclass(frozen=True)
class Driver:
    """An uncertainty, and its state in each future and quarter. Shape: futures x quarters.

    It may be otherwise from the quarter number `first` on.
    """

    name: str
    process: Process
    first: int
    states: np.ndarray = field(repr=False)

    @property
    def figures(self) -> np.ndarray:
        """One figure a future; quarters late of a slip, else the mean factor."""
        open_ = self.states[:, self.first :]
        return open_[:, -1] if self.process is Process.SLIP else open_.mean(axis=1)


@dataclass(frozen=True)
class Part:
    """What a driver does to an outcome. `share` is (DRIVER-1), None where futures are too few or nothing varies.

    `low` and `high` are (DRIVER-2), None for a driver that hardly moves; `all` and `tail` the mean figure of the driver
    in all futures and in the worst.
    """

    driver: str
    process: Process
    share: float | None
    low: float | None
    high: float | None
    all: float
    tail: float


def parts(drivers: tuple[Driver, ...], outcome: np.ndarray, tail: float) -> tuple[Part, ...]:
    """The part of each driver in an outcome, the greatest first; `tail` is the share of the worst futures."""
    shares = _shares(np.array([driver.figures for driver in drivers]), outcome)
    worst = outcome >= np.quantile(outcome, 1.0 - tail)
    found = []
    for driver, share in zip(drivers, shares, strict=True):
        figures = driver.figures
        low, high = _swing(figures, outcome)
        mean, mean_tail = float(figures.mean()), float(figures[worst].mean())
        found.append(Part(driver.name, driver.process, share, low, high, mean, mean_tail))
    return tuple(sorted(found, key=lambda part: -(part.share or 0.0)))


def _shares(figures: np.ndarray, outcome: np.ndarray) -> list[float | None]:
    """(DRIVER-1)."""
    moving = np.ptp(figures, axis=1) > 0.0
    count = int(moving.sum())
    if len(outcome) < 2 * count + 3 or np.ptp(outcome) == 0.0:
        return [None] * len(figures)
    ranks = np.array([_standard(row) for row in figures[moving]])
    target = _standard(outcome)
    slopes, *_ = np.linalg.lstsq(ranks.T, target, rcond=None)
    explained = iter((slopes * (ranks @ target) / len(target)).tolist())
    return [next(explained) if one else 0.0 for one in moving]


def _standard(values: np.ndarray) -> np.ndarray:
    ranks = rankdata(values)
    return np.asarray((ranks - ranks.mean()) / ranks.std())


def _swing(figures: np.ndarray, outcome: np.ndarray) -> tuple[float | None, float | None]:
    """(DRIVER-2)."""
    least, most = np.quantile(figures, TENTH), np.quantile(figures, 1.0 - TENTH)
    if not least < most:
        least, most = figures.min(), figures.max()
    if not least < most:
        return None, None
    return float(outcome[figures <= least].mean()), float(outcome[figures >= most].mean())


def explained(found: tuple[Part, ...]) -> float | None:
    """R2 of (DRIVER-1): what all drivers together explain; None where it is not known."""
    known = [part.share for part in found if part.share is not None]
    return sum(known) if known else None


def words(drivers: tuple[Driver, ...], future: int, shares: dict[str, float], first: Quarter) -> str:
    """What was unusual in the `future`-th of the futures, counted from 0, and matters: what matters most goes first.

    `shares` weigh the drivers; `first` is the quarter of the first state.
    """
    told = []
    for driver in drivers:
        figures = driver.figures
        below, above = (figures < figures[future]).mean(), (figures > figures[future]).mean()
        out = abs(float(below - above))
        said = _said(driver, driver.states[future], first)
        if out >= UNUSUAL and said:
            told.append((out * max(shares.get(driver.name, 0.0), SMALL), said))
    told.sort(key=lambda one: -one[0])
    return ", ".join(said for _, said in told[:MOST_NAMED]) or "nothing unusual by itself"


def _said(driver: Driver, path: np.ndarray, first: Quarter) -> str:
    """The state of a driver in words; empty where it is as the case says."""
    if driver.process is Process.SLIP:
        late = round(float(path[-1]))
        return (
            f"{driver.name} {late} {'quarter' if late == 1 else 'quarters'} late" if late else f"{driver.name} on time"
        )
    if driver.process is Process.DEFAULT:
        fallen = np.flatnonzero(path != 1.0)
        return f"{driver.name} {_factor(float(path[-1]))} from {first + int(fallen[0])}" if len(fallen) else ""
    years: dict[int, list[float]] = {}
    for offset in range(driver.first, len(path)):
        years.setdefault((first + offset).year, []).append(float(path[offset]))
    means = {year: sum(values) / len(values) for year, values in years.items()}
    year = max(means, key=lambda one: abs(np.log(max(means[one], 1e-9))))
    return f"{driver.name} {_factor(means[year])} in {year}" if abs(means[year] - 1.0) >= SMALL else ""


def _factor(factor: float) -> str:
    """A factor on what the case says, as people say it: +38 %, 2.1x, lost."""
    if factor <= 0.0:
        return "lost"
    return f"{factor:.1f}x" if factor >= DOUBLE else f"{factor - 1.0:+.0%}".replace("%", " %")
