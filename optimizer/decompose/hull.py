"""The best trunk in a part, where each piece may mix the levels that the part lets it have.

  (HULL-1)  minimise  costs x + sum over pieces k, levels i of p_k cost_ki m_ki
            sum over i of m_ki = 1;  sum over i of max(needs_ki, low) m_ki <= T_k x;  low <= T x <= high
Levels that need more than `high` are left out. It is no more than what any trunk of the part costs, and it is what
Lagrangian bounds in the part can prove at most: the convex hull of what each piece can do there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, eye_array, vstack

from optimizer.decompose.levels import Levels, Stepped
from optimizer.decompose.master import Box, Master
from optimizer.decompose.narrow import activity, narrow
from optimizer.decompose.tender import Tender
from optimizer.model.arrays import Program
from optimizer.model.warm import LinearEnd, Warm

NEAR = 1e-9
PASSES = 4


@dataclass(frozen=True)
class End:
    """(HULL-1) solved: what it costs, USD, its trunk, and for each column of a box what being undecided may cost."""

    cost: float
    trunk: np.ndarray
    stakes: np.ndarray


@dataclass(frozen=True)
class _Step:
    """A piece: its probability, where in a box its tenders are, and its levels."""

    share: float
    at: np.ndarray
    levels: Levels


class Hull:
    """(HULL-1) for all bundles. A box has the columns of the trunk, then all sums of several of them that are asked."""

    def __init__(self, master: Master, bundles: Sequence[Stepped]) -> None:
        self.master = master
        sums: dict[tuple[tuple[int, float], ...], int] = {}
        self.steps, self.fixed = [], 0.0
        for bundle, share in zip(bundles, master.aim.probabilities, strict=True):
            self.fixed += share * bundle.constant
            places = [self._place(tender, sums) for tender in bundle.tenders]
            for asked, piece in zip(bundle.asked, bundle.pieces, strict=True):
                if len(asked):
                    self.steps.append(_Step(share, np.array([places[n] for n in asked.tolist()]), piece))
                else:
                    self.fixed += share * piece.at(np.zeros(0))
        terms = [(row, column, ratio) for one, row in sums.items() for column, ratio in one]
        rows, columns, ratios = (np.array(part) for part in zip(*terms, strict=True)) if terms else ([], [], [])
        self.sums = csr_array((ratios, (rows, columns)), shape=(len(sums), master.size))
        program, size = master.program, master.size
        self.costs = program.costs[:size] * master.unit
        self.whole = program.integrality[:size]
        self.rows = csr_array(vstack([program.matrix[:, :size], self.sums], format="csr"))
        used = np.unique(np.concatenate([step.at for step in self.steps]))
        every = csr_array(vstack([eye_array(size), self.sums], format="csr"))
        self.asked = every[used]
        _, self.most = activity(self.asked, master.box.lower, master.box.upper)

    def _place(self, tender: Tender, sums: dict[tuple[tuple[int, float], ...], int]) -> int:
        """Where in a box a tender is."""
        columns = [self.master.places[place] for place in tender.places]
        if len(columns) == 1:
            return columns[0]
        terms = tuple(sorted(zip(columns, tender.ratios, strict=True)))
        return self.master.size + sums.setdefault(terms, len(sums))

    @property
    def box(self) -> Box:
        """All trunks."""
        own, none = self.master.box, np.full(self.sums.shape[0], np.inf)
        return Box(np.concatenate([own.lower, -none]), np.concatenate([own.upper, none]))

    def all_of(self, trunk: np.ndarray) -> np.ndarray:
        """A trunk with its sums, as a box has them."""
        return np.concatenate([trunk, self.sums @ trunk])

    def value(self, trunk: np.ndarray) -> float:
        """What a trunk costs, USD, but for the little that levels need more than they say."""
        seen = self.all_of(trunk) + NEAR
        return self.fixed + float(self.costs @ trunk) + sum(one.share * one.levels.at(seen[one.at]) for one in self.steps)

    def narrowed(self, box: Box) -> Box | None:
        """The box without what the rows of the trunk exclude; None where that is all of it."""
        program, size = self.master.program, self.master.size
        low, high = box.lower[:size].copy(), box.upper[:size].copy()
        least, most = box.lower[size:], box.upper[size:]
        for _ in range(PASSES):
            sides = np.concatenate([program.row_lower, least]), np.concatenate([program.row_upper, most])
            low, high = narrow(self.rows, *sides, low, high)
            low = np.where(self.whole, np.ceil(low - NEAR), low)
            high = np.where(self.whole, np.floor(high + NEAR), high)
            lower, upper = activity(self.sums, low, high)
            least, most = np.maximum(least, lower), np.minimum(most, upper)
        found = Box(np.concatenate([low, least]), np.concatenate([high, most]))
        if (found.lower > found.upper + NEAR).any():
            return None
        return Box(np.minimum(found.lower, found.upper), found.upper)

    def solved(self, box: Box) -> End | None:
        """(HULL-1) in a box; None where no trunk of it can be carried on."""
        laid = _Laid(self, box)
        for step in self.steps:
            if not laid.add(step):
                return None
        end = Warm(laid.program()).linear()
        if end is None:
            return None
        trunk = end.values[: self.master.size]
        return End(end.objective * self.master.unit, trunk, laid.stakes(end, self.all_of(trunk)))


@dataclass(frozen=True)
class _Mix:
    """The columns of the levels of a piece, the tenders of a box that they share, their needs and the rows of those."""

    columns: np.ndarray
    at: np.ndarray
    needs: np.ndarray
    rows: np.ndarray


class _Laid:
    """(HULL-1) under way. Money in units of the master."""

    def __init__(self, hull: Hull, box: Box) -> None:
        self.hull, self.box = hull, box
        program, size = hull.master.program, hull.master.size
        self.columns, self.count = size, hull.rows.shape[0]
        self.constant = hull.fixed / hull.master.unit
        self.costs = [program.costs[:size]]
        self.blocks: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self.lower = [np.concatenate([program.row_lower, box.lower[size:]])]
        self.upper = [np.concatenate([program.row_upper, box.upper[size:]])]
        self.mixes: list[_Mix] = []

    def add(self, step: _Step) -> bool:
        """The levels of a piece; False where none fits into the box."""
        low, high = self.box.lower[step.at], self.box.upper[step.at]
        fits = (step.levels.needs <= high + NEAR).all(axis=1)
        needs, costs = np.maximum(step.levels.needs[fits], low), step.levels.costs[fits]
        if not len(costs):
            return False
        kept = _useful(needs, low)
        needs, costs = needs[kept], costs[kept] * step.share / self.hull.master.unit
        if len(costs) == 1 and (needs <= low).all():
            self.constant += float(costs[0])
            return True
        columns = np.arange(self.columns, self.columns + len(costs))
        self.costs.append(costs)
        self._row(columns, np.ones(len(costs)), 1.0, 1.0)
        scarce = np.flatnonzero((needs > low).any(axis=0))
        rows = [self._need(columns, needs[:, tender] - low[tender], int(step.at[tender]), low[tender]) for tender in scarce]
        self.columns += len(costs)
        self.mixes.append(_Mix(columns, step.at[scarce], needs[:, scarce], np.array(rows, dtype=np.int64)))
        return True

    def _need(self, columns: np.ndarray, more: np.ndarray, at: int, low: float) -> int:
        """What the levels need on average beyond `low` is no more than the tender beyond it."""
        size = self.hull.master.size
        if at < size:
            index, value = np.array([at]), np.ones(1)
        else:
            part = slice(self.hull.sums.indptr[at - size], self.hull.sums.indptr[at - size + 1])
            index, value = self.hull.sums.indices[part], self.hull.sums.data[part]
        return self._row(np.concatenate([columns, index]), np.concatenate([more, -value]), -np.inf, -low)

    def _row(self, index: np.ndarray, value: np.ndarray, lower: float, upper: float) -> int:
        self.blocks.append((np.full(len(index), self.count), index, value))
        self.lower.append(np.array([lower]))
        self.upper.append(np.array([upper]))
        self.count += 1
        return self.count - 1

    def program(self) -> Program:
        """The program as it is now."""
        fixed, size = self.hull.rows.tocoo(), self.hull.master.size
        row, column, value = (
            np.concatenate(parts) for parts in zip((fixed.row, fixed.col, fixed.data), *self.blocks, strict=True)
        )
        matrix = csr_array((value, (row, column)), shape=(self.count, self.columns))
        costs, mixed = np.concatenate(self.costs), self.columns - size
        return Program(
            costs, self.constant, np.concatenate([self.box.lower[:size], np.zeros(mixed)]),
            np.concatenate([self.box.upper[:size], np.full(mixed, np.inf)]), np.zeros(len(costs), dtype=bool),
            matrix.indptr.astype(np.int32), matrix.indices.astype(np.int32), matrix.data,
            np.concatenate(self.lower), np.concatenate(self.upper), (), (),
        )  # fmt: skip

    def stakes(self, end: LinearEnd, seen: np.ndarray) -> np.ndarray:
        """For tenders, how far mixed levels are from them, at their prices; for whole columns, the nearest whole one."""
        found, size = np.zeros(len(seen)), self.hull.master.size
        for mix in self.mixes:
            away = end.values[mix.columns] @ np.abs(mix.needs - seen[mix.at])
            np.add.at(found, mix.at, np.abs(end.row_duals[mix.rows]) * away)
        values = end.values[:size]
        rounding = np.abs(self.hull.master.program.costs[:size]) * np.abs(values - np.rint(values))
        found[:size] = np.where(self.hull.whole, rounding, found[:size])
        return found * self.hull.master.unit


def _useful(needs: np.ndarray, low: np.ndarray) -> list[int]:
    """Levels that no cheaper one makes needless; they are in order of cost."""
    least = np.flatnonzero((needs <= low).all(axis=1))
    count = int(least[0]) + 1 if len(least) else len(needs)
    kept: list[int] = []
    for number in range(count):
        if not kept or not (needs[kept] <= needs[number]).all(axis=1).any():
            kept.append(number)
    return kept
