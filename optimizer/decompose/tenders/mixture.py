"""The program of the convex hull of what pieces can do in a box: see hull.py."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from optimizer.decompose.master import Box, Master
from optimizer.decompose.tenders.levels import Levels
from optimizer.model.arrays import Program
from optimizer.model.warm import LinearEnd

NEAR = 1e-9


@dataclass(frozen=True)
class Step:
    """A piece: its probability, where in a box its tenders are, and its levels."""

    share: float
    at: np.ndarray
    levels: Levels


@dataclass(frozen=True)
class _Mix:
    """The columns of the levels of a piece, the tenders of a box that they share, their needs and the rows of those."""

    columns: np.ndarray
    at: np.ndarray
    needs: np.ndarray
    rows: np.ndarray


class Mixture:
    """The program of (HULL-1) as it is laid out; `rows` are those of the trunk and then the tenders of several columns,
    `fixed` is in USD.

    Money in units of the master.
    """

    def __init__(self, master: Master, rows: csr_array, box: Box, fixed: float) -> None:
        self.master, self.rows, self.box = master, rows, box
        program, size = master.program, master.size
        self.columns, self.count = size, rows.shape[0]
        self.constant = fixed / master.unit
        self.costs = [program.costs[:size]]
        self.blocks: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self.lower = [np.concatenate([program.row_lower, box.lower[size:]])]
        self.upper = [np.concatenate([program.row_upper, box.upper[size:]])]
        self.mixes: list[_Mix] = []

    def add(self, step: Step) -> bool:
        """The levels of a piece; False where none fits into the box."""
        low, high = self.box.lower[step.at], self.box.upper[step.at]
        fits = (step.levels.least <= high + NEAR).all(axis=1)
        needs, costs = np.maximum(step.levels.least[fits], low), step.levels.costs[fits]
        if not len(costs):
            return False
        kept = _useful(needs, low)
        needs, costs = needs[kept], costs[kept] * step.share / self.master.unit
        if len(costs) == 1 and (needs <= low).all():
            self.constant += float(costs[0])
            return True
        columns = np.arange(self.columns, self.columns + len(costs))
        self.costs.append(costs)
        self._row(columns, np.ones(len(costs)), 1.0, 1.0)
        scarce = np.flatnonzero((needs > low).any(axis=0))
        more, at = (needs - low)[:, scarce], step.at[scarce]
        rows = [self._need(columns, more[:, one], int(at[one]), low[scarce[one]]) for one in range(len(scarce))]
        self.columns += len(costs)
        self.mixes.append(_Mix(columns, at, needs[:, scarce], np.array(rows, dtype=np.int64)))
        return True

    def _need(self, columns: np.ndarray, more: np.ndarray, at: int, low: float) -> int:
        """What the levels need on average beyond `low` is no more than the tender beyond it."""
        size = self.master.size
        if at < size:
            index, value = np.array([at]), np.ones(1)
        else:
            row = self.master.program.num_rows + at - size
            part = slice(self.rows.indptr[row], self.rows.indptr[row + 1])
            index, value = self.rows.indices[part], self.rows.data[part]
        return self._row(np.concatenate([columns, index]), np.concatenate([more, -value]), -np.inf, -low)

    def _row(self, index: np.ndarray, value: np.ndarray, lower: float, upper: float) -> int:
        self.blocks.append((np.full(len(index), self.count), index, value))
        self.lower.append(np.array([lower]))
        self.upper.append(np.array([upper]))
        self.count += 1
        return self.count - 1

    def program(self) -> Program:
        """The program as it is now."""
        size, fixed = self.master.size, self.rows.tocoo()
        blocks = [(fixed.row, fixed.col, fixed.data), *self.blocks]
        row, column, value = (np.concatenate(part) for part in zip(*blocks, strict=True))
        matrix = csr_array((value, (row, column)), shape=(self.count, self.columns))
        costs, mixed = np.concatenate(self.costs), self.columns - size
        return Program(
            costs, self.constant, np.concatenate([self.box.lower[:size], np.zeros(mixed)]),
            np.concatenate([self.box.upper[:size], np.full(mixed, np.inf)]), np.zeros(len(costs), dtype=bool),
            matrix.indptr.astype(np.int32), matrix.indices.astype(np.int32), matrix.data,
            np.concatenate(self.lower), np.concatenate(self.upper), (), (),
        )  # fmt: skip

    def dispersion(self, end: LinearEnd, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """How far the levels that are mixed are from each tender `seen`: at its price, and as it is."""
        dear, far = np.zeros(len(seen)), np.zeros(len(seen))
        for mix in self.mixes:
            away = end.values[mix.columns] @ np.abs(mix.needs - seen[mix.at])
            np.add.at(dear, mix.at, np.abs(end.row_duals[mix.rows]) * away)
            np.add.at(far, mix.at, away)
        return dear, far


def _useful(needs: np.ndarray, low: np.ndarray) -> list[int]:
    """Levels that no cheaper one makes needless; they are in order of cost."""
    least = np.flatnonzero((needs <= low).all(axis=1))
    count = int(least[0]) + 1 if len(least) else len(needs)
    kept: list[int] = []
    for number in range(count):
        if not kept or not (needs[kept] <= needs[number]).all(axis=1).any():
            kept.append(number)
    return kept
