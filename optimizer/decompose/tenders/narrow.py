"""Bounds of columns that rows imply, by the least that the other terms of a row can come to (Savelsbergh, ORSA Journal
on Computing 6, 1994). They are a little wider than that, so that no rounding error excludes what a row allows.
"""

import numpy as np
from scipy.sparse import csr_array

ROOM = 1e-9
ROUNDING = 1e-12
"""Errors of a sum, as a share of the size of its terms."""


def activity(matrix: csr_array, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The least and the most that each row can come to."""
    below, above = _Least(matrix, low, high), _Least(-matrix, low, high)
    return below.rows(), -above.rows()


def narrow(
    matrix: csr_array, row_lower: np.ndarray, row_upper: np.ndarray, low: np.ndarray, high: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Bounds of the columns, no wider than those given, after one pass over all rows."""
    low, high = low.copy(), high.copy()
    for side, terms in ((row_upper, _Least(matrix, low, high)), (-row_lower, _Least(-matrix, low, high))):
        limit = (side[terms.row] - terms.others()) / terms.factor
        up, known = terms.factor > 0.0, np.isfinite(limit)
        size = np.abs(side[terms.row]) + terms.size[terms.row]
        room = np.where(known, ROOM + ROUNDING * size / np.abs(terms.factor), 0.0)
        np.minimum.at(high, terms.column[up & known], (limit + room)[up & known])
        np.maximum.at(low, terms.column[~up & known], (limit - room)[~up & known])
    return low, high


class _Least:
    """The least that each term of a matrix can come to."""

    def __init__(self, matrix: csr_array, low: np.ndarray, high: np.ndarray) -> None:
        entries = matrix.tocoo()
        self.row, self.column, self.factor = entries.row, entries.col, entries.data
        least = np.where(self.factor > 0.0, low[self.column], high[self.column]) * self.factor
        self.open = ~np.isfinite(least)
        self.least, count = np.where(self.open, 0.0, least), matrix.shape[0]
        self.sums = np.bincount(self.row, self.least, count)
        self.size = np.bincount(self.row, np.abs(self.least), count)
        self.opens = np.bincount(self.row, self.open, count)

    def rows(self) -> np.ndarray:
        """The least that each row can come to."""
        return np.where(self.opens > 0, -np.inf, self.sums)

    def others(self) -> np.ndarray:
        """The least that the other terms of the row of each term can come to."""
        rest = self.opens[self.row] - self.open
        return np.where(rest > 0, -np.inf, self.sums[self.row] - self.least)
