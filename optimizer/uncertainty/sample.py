"""Many draws side by side, and how far apart they are in what matters.

  (APART-1)  c[i,j] = sum over uncertainties u of w[u] x sum over quarters t of d[t] x |x[u,t,i] - x[u,t,j]|
x is the factor on what the case says; of a series that slips, what is there in the quarter over the most there is to
be; of what becomes known once, its factor or the quarters it is late, counted in the quarter in which it becomes known.
d is the discount factor, w what a unit of the inner sum moves the cost by (see studies/stakes.py), so that c is in USD:
two futures are as far apart as, to first order, their costs are.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy.spatial.distance import pdist, squareform

from optimizer.case.uncertainty import Process
from optimizer.errors import UsageError
from optimizer.tables.quarter import Quarter
from optimizer.uncertainty.process import expected
from optimizer.uncertainty.sampler import Sampler
from optimizer.uncertainty.target import Moves, Target, shifted

MOST = 12_000
"""Draws whose distances fit into memory: 8 bytes a pair, 1.2 GB."""


@dataclass(frozen=True)
class Sample:
    """Draws 1 to `count` of a sampler. `states` has the shape draws x uncertainties x quarters."""

    sampler: Sampler
    states: np.ndarray = field(repr=False)

    @classmethod
    def of(cls, sampler: Sampler, count: int) -> "Sample":
        """The first draws. Raises UsageError for more than can be compared."""
        if count > MOST:
            raise UsageError(f"{count} draws are too many to compare all pairs. Fix: at most {MOST}")
        return cls(sampler, sampler.states(range(1, count + 1)))

    @property
    def count(self) -> int:
        """Number of draws."""
        return len(self.states)

    @cached_property
    def discounts(self) -> np.ndarray:
        """Discount factor of each quarter."""
        calendar = self.sampler.case.calendar
        return np.array([calendar.discount(quarter) for quarter in calendar.quarters])

    def compared(self, known: Sequence[int], states: np.ndarray | None = None) -> np.ndarray:
        """x x d of the draws, or of other states. Shape: draws x uncertainties x quarters.

        `known` is the column of the quarter in which each uncertainty becomes known.
        """
        states = self.states if states is None else states
        found = np.zeros_like(states)
        for number, (aim, column) in enumerate(zip(self.sampler.targets, known, strict=True)):
            if aim.moves is Moves.ONCE:
                found[:, number, column:][:, :1] = states[:, number, -1:]
            elif aim.stated.process is Process.SLIP:
                found[:, number] = self._slipped(aim, states[:, number]) * self.discounts
            else:
                found[:, number] = states[:, number] * self.discounts
        return found

    def _slipped(self, aim: Target, late: np.ndarray) -> np.ndarray:
        case, quarters = self.sampler.case, late.shape[1]
        courses = np.array([
            sum(shifted(case, row, aim, np.full(quarters, float(n))) for row in aim.rows)
            for n in range(len(aim.stated.on_time))
        ])  # fmt: skip
        whole = float(np.abs(courses).max()) or 1.0
        return np.asarray(courses[late.round().astype(np.int64), np.arange(quarters)[None, :]] / whole)

    def distances(self, weights: np.ndarray, known: Sequence[int], first: int, end: int) -> np.ndarray:
        """(APART-1) over the quarters from column `first` to before `end`. Shape: draws x draws."""
        x = self.compared(known)[:, :, first:end] * weights[:, None]
        flat = x.reshape(len(x), -1)
        moving = flat.max(axis=0) > flat.min(axis=0)
        if not moving.any():
            return np.zeros((len(x), len(x)))
        return np.asarray(squareform(pdist(flat[:, moving], "cityblock")))


def spread_weights(sample: Sample) -> np.ndarray:
    """Weights by which all uncertainties count alike: 1 over the mean distance of each from its own mean."""
    x = sample.compared(sample.sampler.starts)
    far = np.abs(x - x.mean(axis=0)).sum(axis=2).mean(axis=0)
    return np.asarray(np.divide(1.0, far, out=np.zeros_like(far), where=far > 0.0))


def require_expected(sampler: Sampler, first: Quarter) -> None:
    """Raise UsageError where something is expected to have moved before the first parting.

    Until then the tree has the figures of the case, which must be what is expected.
    """
    opens, calendar = first - sampler.case.calendar.first, sampler.case.calendar
    for aim, start in zip(sampler.targets, sampler.starts, strict=True):
        ages = np.arange(1, opens - start + 1)
        if aim.moves is Moves.ONCE or not len(ages):
            continue
        means = expected(aim.stated, False, ages)
        neutral = 0.0 if aim.stated.process is Process.SLIP else 1.0
        if np.abs(means - neutral).max() > 1e-9:
            since = calendar.first + start
            raise UsageError(
                f"{aim.stated.uncertainty} is expected to move from {since} on, before the first parting in {first}. "
                f"Fix: let it part in {since}, or state the expected figures in the case and the uncertainty about them"
            )
