"""Changes of the past drawn again: no distribution is assumed, and what moved together moves together.

  (PAST-1)  the stationary bootstrap: the first quarter of a draw takes the change of a quarter of the past at random;
            each later one that of the next quarter of the past (after the last comes the first), or, with the
            probability 1 / stretch_quarters, of one at random again (Politis & Romano, Journal of the American
            Statistical Association 89, 1994). All series take the same quarters
  (PAST-2)  factor[k] = (1 + growth) ** t x product of (value / value before) over the quarters taken / its mean
The mean of the product is known exactly: with g[i] the change in quarter i of n and v[i] the mean product of draws that
end with i, v'[i] = g[i] x ((1 - p) v[i-1] + p sum v / n).
"""

from dataclasses import dataclass

import numpy as np

from optimizer.case.case import Case
from optimizer.case.uncertainty import PastValue, Process, Uncertainty
from optimizer.tables.quarter import Quarter
from optimizer.uncertainty.process import mean

LEAST = 4
"""Quarters of the past with a change of every series, without which nothing is drawn from it."""


@dataclass(frozen=True)
class Past:
    """Changes of the series that are drawn again: value over the value before. Shape: quarters x series."""

    series: tuple[str, ...]
    quarters: tuple[Quarter, ...]
    changes: np.ndarray

    @classmethod
    def of(cls, case: Case) -> "Past":
        """What the uncertainties of the case draw from: the quarters in which all of their series have changed."""
        series = tuple(dict.fromkeys(row.past for row in resampled(case)))
        values = {(row.series, row.quarter): row.value for row in case.of(PastValue)}
        known = sorted({quarter for _, quarter in values})
        common = tuple(q for q in known if all((name, q) in values and (name, q + -1) in values for name in series))
        changes = [[values[name, q] / values[name, q + -1] for name in series] for q in common]
        return cls(series, common, np.array(changes).reshape(len(common), len(series)))

    def factors(self, row: Uncertainty, first: int, begins: np.ndarray, chances: np.ndarray) -> np.ndarray:
        """(PAST-1), (PAST-2): the factor by draw and quarter, 1 before column `first`.

        `begins` and `chances` are uniform. Shapes: draws x quarters.
        """
        found = np.ones_like(begins)
        count, changes = len(self.quarters), self.changes[:, self.series.index(row.past)]
        anew = (chances * count).astype(np.int64)
        taken = anew[:, 0]
        product = np.ones(len(begins))
        quarters = begins.shape[1]
        scale = mean(row, np.arange(1, quarters - first + 1)) / self._means(changes, row, quarters - first)
        for column in range(quarters):
            if column:
                fresh = begins[:, column] < 1.0 / row.stretch_quarters
                taken = np.where(fresh, anew[:, column], (taken + 1) % count)
            if column >= first:
                product = product * changes[taken]
                found[:, column] = product * scale[column - first]
        return found

    def _means(self, changes: np.ndarray, row: Uncertainty, quarters: int) -> np.ndarray:
        count, fresh = len(changes), 1.0 / row.stretch_quarters
        ending, means = np.full(count, 1.0 / count), []
        for quarter in range(quarters):
            came = ending if not quarter else (1.0 - fresh) * np.roll(ending, 1) + fresh * ending.sum() / count
            ending = changes * came
            means.append(ending.sum())
        return np.array(means)


def resampled(case: Case) -> tuple[Uncertainty, ...]:
    """The uncertainties that change as the past did."""
    return tuple(row for row in case.of(Uncertainty) if row.process is Process.PAST)
