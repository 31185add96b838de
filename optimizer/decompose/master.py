"""The trunk's program: its own rows, and for each group of bundles a variable that cuts hold up from below.

minimise  sum_b probability[b] cost[b] x + sum_g probability[g] theta[g]
with, for each group g, theta[g] >= what cuts say that its bundles cost on average beyond the trunk's own cost.
Where risk counts, each group is one bundle and each bundle b one scenario, whose cost is cost[b] x + theta[b]: there
(RISK-1) to (RISK-5) of rules/risk.py hold as they are, with their part of the objective.
"""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array, vstack

from optimizer.decompose.aim import Aim
from optimizer.decompose.part import Bound, Place, Trunk
from optimizer.model.arrays import Program
from optimizer.model.warm import LinearEnd, Warm

MOST_GROUPS = 50
NOTHING = 1e-12
NEAR = 1e-9


@dataclass
class View:
    """The trunk as one bundle sees it: which columns of the master are its own, and what they cost, USD."""

    columns: np.ndarray
    costs: np.ndarray
    probability: float


@dataclass(frozen=True)
class Row:
    """A cut: lower <= terms; the mean of the `bounds` of the bundles of a group, or one bound of reach."""

    lower: float
    index: np.ndarray
    value: np.ndarray
    bounds: Mapping[int, Bound]

    @property
    def is_reach(self) -> bool:
        """Whether it says what can be carried on, not what it costs."""
        return any(bound.reach for bound in self.bounds.values())


@dataclass(frozen=True)
class Box:
    """Bounds of the trunk's columns: a part of all trunks."""

    lower: np.ndarray
    upper: np.ndarray

    def split(self, column: int, at: float, whole: bool) -> tuple["Box", "Box"]:
        """Below and above a value of a column; a whole number itself is below."""
        below, above = self.upper.copy(), self.lower.copy()
        below[column], above[column] = (np.floor(at), np.floor(at) + 1.0) if whole else (at, at)
        return Box(self.lower, below), Box(above, self.upper)


class Master:
    """The trunk's program with its cuts. Money in `unit` USD."""

    def __init__(self, trunks: Sequence[Trunk], aim: Aim, size: float) -> None:
        self.unit = float(10.0 ** np.floor(np.log10(max(1.0, size))) / 1e3)
        self.places: dict[Place, int] = {}
        for trunk in trunks:
            for place in trunk.places:
                self.places.setdefault(place, len(self.places))
        self.views = [
            View(np.array([self.places[place] for place in trunk.places], dtype=np.int64), trunk.costs, share)
            for trunk, share in zip(trunks, aim.probabilities, strict=True)
        ]
        self.aim = aim
        count = len(trunks) if aim.has_tail or aim.has_worst else min(MOST_GROUPS, len(trunks))
        self.groups = [list(range(first, len(trunks), count)) for first in range(count)]
        self.weights = [sum(aim.probabilities[number] for number in group) for group in self.groups]
        self.size = len(self.places)
        self.program = self._program(trunks)
        self.warm = Warm(self.program)
        self.cuts: list[Row] = []

    def _program(self, trunks: Sequence[Trunk]) -> Program:
        n, aim = self.size, self.aim
        at = n + len(self.groups)
        worst = at + (len(trunks) + 1 if aim.has_tail else 0)
        total = worst + (1 if aim.has_worst else 0)
        lower, upper = np.full(total, -np.inf), np.full(total, np.inf)
        whole = np.zeros(total, dtype=bool)
        for trunk, view in zip(trunks, self.views, strict=True):
            lower[view.columns] = np.maximum(lower[view.columns], trunk.lower)
            upper[view.columns] = np.minimum(upper[view.columns], trunk.upper)
            whole[view.columns] |= trunk.integrality
        costs = self._expected(total) if aim.is_mean else np.zeros(total)
        rows = _Rows(total)
        for trunk, view in zip(trunks, self.views, strict=True):
            rows.take(trunk, view.columns)
        if aim.has_tail:
            self._tail(rows, costs, lower, at)
        if aim.has_worst:
            self._worst(rows, costs, upper, worst)
        matrix, row_lower, row_upper = rows.finished()
        return Program(
            costs, aim.offset / self.unit, lower, upper, whole, matrix.indptr.astype(np.int32),
            matrix.indices.astype(np.int32), matrix.data.astype(np.float64), row_lower, row_upper, (), (),
        )  # fmt: skip

    def _tail(self, rows: "_Rows", costs: np.ndarray, lower: np.ndarray, at: int) -> None:
        """(RISK-1), (RISK-2), (RISK-5): the threshold at column `at`, then one excess a bundle."""
        aim = self.aim
        lower[at + 1 : at + 1 + len(self.views)] = 0.0
        for number in range(len(self.views)):
            self._beyond(rows, number, np.array([at, at + 1 + number]), 0.0)
        index = np.arange(at, at + 1 + len(self.views))
        value = np.array([1.0, *(view.probability / aim.settings.risk_tail for view in self.views)])
        if aim.cvar_limit is not None:
            rows.add(index, value, -np.inf, aim.cvar_limit / self.unit)
        costs[index] += aim.tail_weight * value

    def _worst(self, rows: "_Rows", costs: np.ndarray, upper: np.ndarray, at: int) -> None:
        """(RISK-3), (RISK-4): the worst case or the largest regret at column `at`."""
        for number, alone in enumerate(self.aim.regrets):
            self._beyond(rows, number, np.array([at]), alone / self.unit)
        if self.aim.worst_limit is not None:
            upper[at] = self.aim.worst_limit / self.unit
        costs[at] = 0.0 if self.aim.is_mean else 1.0

    def _beyond(self, rows: "_Rows", number: int, above: np.ndarray, upper: float) -> None:
        """The cost of a bundle less the columns `above` is at most `upper`."""
        view = self.views[number]
        index = np.concatenate([view.columns, [self.size + number], above])
        rows.add(index, np.concatenate([view.costs / self.unit, [1.0], np.full(len(above), -1.0)]), -np.inf, upper)

    def bare(self) -> "Master":
        """The same without any cut."""
        found = copy(self)
        found.cuts, found.warm = [], Warm(self.program)
        return found

    def learn(self, bounds: Mapping[int, Bound]) -> None:
        """Keep the cuts of the bounds of bundles, by number."""
        for row in self.rows_of(bounds):
            self.cuts.append(row)
            self.warm.add_row(row.lower, row.index, row.value)

    def rows_of(self, bounds: Mapping[int, Bound]) -> list[Row]:
        """Cuts of the bounds of bundles: averages of the groups that are whole, and what is out of reach."""
        rows = [self._reach(number, bound) for number, bound in bounds.items() if bound.reach]
        for number, group in enumerate(self.groups):
            if all(bundle in bounds and not bounds[bundle].reach for bundle in group):
                averaged = {bundle: bounds[bundle] for bundle in group}
                if all(np.isfinite(bound.constant) for bound in averaged.values()):
                    rows.append(self._average(number, averaged))
        return rows

    def _reach(self, number: int, bound: Bound) -> Row:
        scale = max(1.0, float(np.abs(bound.gradient).max(initial=0.0)))
        return _row(bound.constant / scale, self.views[number].columns, -bound.gradient / scale, {number: bound})

    def group_of(self, bundle: int) -> list[int]:
        """The bundles whose cuts are averaged with those of this one."""
        return self.groups[bundle % len(self.groups)]

    def _average(self, number: int, bounds: Mapping[int, Bound]) -> Row:
        gradient, constant = np.zeros(self.size), 0.0
        for bundle, bound in bounds.items():
            view = self.views[bundle]
            share = view.probability / self.weights[number]
            gradient[view.columns] += share * (bound.gradient - view.costs)
            constant += share * bound.constant
        used = np.flatnonzero(gradient)
        index = np.concatenate([used, [self.size + number]])
        value = np.concatenate([-gradient[used] / self.unit, [1.0]])
        return _row(constant / self.unit, index, value, bounds)

    def multipliers(self, end: LinearEnd, more: Sequence[Row] = ()) -> dict[int, np.ndarray]:
        """For each bundle the mean multiplier of the cuts that hold the relaxation up, weighted by their duals.

        A Lagrangian bound is concave in its multiplier: at this one it is no less, at the solution of the relaxation,
        than what the cuts say together.
        """
        total: dict[int, np.ndarray] = {}
        weight: dict[int, float] = {}
        for row, dual in zip((*self.cuts, *more), self._duals(end), strict=True):
            if dual <= 0.0 or row.is_reach:
                continue
            for bundle, bound in row.bounds.items():
                total[bundle] = total.get(bundle, 0.0) + dual * bound.gradient
                weight[bundle] = weight.get(bundle, 0.0) + dual
        return {bundle: gradient / weight[bundle] for bundle, gradient in total.items()}

    def holding(self, end: LinearEnd) -> list[Mapping[int, Bound]]:
        """The bounds in the cuts that hold the relaxation up, and all that say what is out of reach."""
        pairs = zip(self.cuts, self._duals(end), strict=True)
        return [row.bounds for row, dual in pairs if dual > 0.0 or row.is_reach]

    def _duals(self, end: LinearEnd) -> np.ndarray:
        return end.row_duals[self.program.num_rows :]

    def shares(self, trunk: np.ndarray) -> list[np.ndarray]:
        """A trunk as each bundle sees it."""
        return [trunk[view.columns] for view in self.views]

    def mean_of(self, shares: Mapping[int, np.ndarray]) -> np.ndarray:
        """The mean of what bundles, by number, say of the trunk: it meets the rows of the trunk."""
        total, weight = np.zeros(self.size), np.zeros(self.size)
        for number, share in shares.items():
            view = self.views[number]
            total[view.columns] += view.probability * share
            weight[view.columns] += view.probability
        return total / np.maximum(weight, 1e-300)

    def high_of(self, shares: Mapping[int, np.ndarray], others: np.ndarray) -> np.ndarray:
        """The most of each column that bundles, by number, say of the trunk, and `others` where none says anything."""
        high = np.full(self.size, -np.inf)
        for number, share in shares.items():
            columns = self.views[number].columns
            high[columns] = np.maximum(high[columns], share)
        return self.clean(np.where(np.isfinite(high), high, others))

    def admits(self, trunk: np.ndarray) -> bool:
        """Whether a trunk keeps the rows that hold nothing else."""
        matrix, n = self.program.matrix, self.size
        own = np.asarray(abs(matrix[:, n:]).sum(axis=1) == 0.0)
        activity = matrix[:, :n] @ trunk
        size = NEAR * np.maximum(1.0, abs(matrix[:, :n]) @ np.abs(trunk))
        low, high = activity >= self.program.row_lower - size, activity <= self.program.row_upper + size
        return bool((low & high)[own].all())

    def value(self, trunk: np.ndarray, more: Sequence[Row] = ()) -> float:
        """What the cuts, and more that hold at it, say that a trunk costs at least, with its risk, USD."""
        theta = np.full(len(self.groups), -np.inf)
        for row in (*self.cuts, *more):
            if not row.is_reach:
                group, rest = row.index[-1] - self.size, float(row.value[:-1] @ trunk[row.index[:-1]])
                theta[group] = max(theta[group], row.lower - rest)
        own = np.array([view.probability * float(view.costs @ trunk[view.columns]) for view in self.views])
        costs = [self.unit * theta[n] + own[group].sum() / self.weights[n] for n, group in enumerate(self.groups)]
        return self.aim.value(costs) if len(costs) == len(self.views) else float(np.dot(self.weights, costs))

    def clean(self, values: np.ndarray) -> np.ndarray:
        """The trunk in a solution: whole numbers whole, and no rounding errors of zero."""
        trunk, whole = values[: self.size], self.program.integrality[: self.size]
        exact = np.where(whole, np.rint(trunk), trunk)
        return np.where(np.abs(exact) < 1e-9, 0.0, exact)

    def mark(self, trunk: np.ndarray) -> bytes:
        """The whole numbers of a trunk, to know it again."""
        return trunk[self.program.integrality[: self.size]].tobytes()

    @property
    def box(self) -> Box:
        """All trunks."""
        return Box(self.program.col_lower[: self.size], self.program.col_upper[: self.size])

    def linear(self) -> LinearEnd | None:
        """The relaxation with all cuts."""
        return self.warm.linear()

    def kindest(self, most: float) -> LinearEnd | None:
        """The relaxation's solution of least expected cost among those for which what is minimised is at most this."""
        program, row = self.program, self._limit(most)
        self.warm.costs(self._expected(program.num_columns))
        self.warm.add_row(row.lower, row.index, row.value)
        end = self.warm.linear()
        self.warm.drop_rows(1)
        self.warm.costs(program.costs)
        return end

    def whole_kindest(self, most: float) -> Program:
        """The mixed-integer program of the same."""
        program = self.whole(self.box, [self._limit(most)])
        return replace(program, costs=self._expected(program.num_columns), cost_offset=0.0)

    def _limit(self, most: float) -> Row:
        """What is minimised is at most this, USD."""
        costs = self.program.costs
        index = np.flatnonzero(costs)
        return Row(self.program.cost_offset - most / self.unit, index, -costs[index], {})

    def _expected(self, columns: int) -> np.ndarray:
        """The costs of so many columns where expected cost alone is minimised."""
        costs = np.zeros(columns)
        for view in self.views:
            costs[view.columns] += view.probability * view.costs / self.unit
        costs[self.size : self.size + len(self.groups)] = self.weights
        return costs

    def linear_in(self, box: Box, more: Sequence[Row]) -> LinearEnd | None:
        """The same in a box, with more cuts that hold in it."""
        program = self._inside(box)
        self.warm.bounds(program.col_lower, program.col_upper)
        for row in more:
            self.warm.add_row(row.lower, row.index, row.value)
        end = self.warm.linear()
        self.warm.drop_rows(len(more))
        self.warm.bounds(self.program.col_lower, self.program.col_upper)
        return end

    def whole(self, box: Box | None = None, more: Sequence[Row] = ()) -> Program:
        """The mixed-integer program with all cuts; in a box, with more cuts that hold in it."""
        program, cuts = self.program if box is None else self._inside(box), (*self.cuts, *more)
        if not cuts:
            return program
        rows = _Rows(len(program.costs))
        for row in cuts:
            rows.add(row.index, row.value, row.lower, np.inf)
        matrix, lower, upper = rows.finished()
        joined = csr_array(vstack([program.matrix, matrix])) if program.num_rows else matrix
        return replace(
            program,
            start=joined.indptr.astype(np.int32),
            index=joined.indices.astype(np.int32),
            value=joined.data.astype(np.float64),
            row_lower=np.concatenate([program.row_lower, lower]),
            row_upper=np.concatenate([program.row_upper, upper]),
        )

    def _inside(self, box: Box) -> Program:
        lower = np.concatenate([box.lower, self.program.col_lower[self.size :]])
        upper = np.concatenate([box.upper, self.program.col_upper[self.size :]])
        return replace(self.program, col_lower=lower, col_upper=upper)


def _row(lower: float, index: np.ndarray, value: np.ndarray, bounds: Mapping[int, Bound]) -> Row:
    """A cut without the terms that are rounding errors of nothing."""
    kept = np.abs(value) > NOTHING
    return Row(lower, index[kept], value[kept], bounds)


class _Rows:
    """Rows under way; the same row is taken once."""

    def __init__(self, columns: int) -> None:
        self.columns = columns
        self.known: set[tuple[bytes, ...]] = set()
        self.index: list[np.ndarray] = []
        self.value: list[np.ndarray] = []
        self.sides: list[tuple[float, float]] = []

    def add(self, index: np.ndarray, value: np.ndarray, lower: float, upper: float) -> None:
        self.index.append(np.asarray(index, dtype=np.int64))
        self.value.append(np.asarray(value, dtype=np.float64))
        self.sides.append((lower, upper))

    def take(self, trunk: Trunk, columns: np.ndarray) -> None:
        """The rows of a trunk that other bundles have not brought."""
        matrix = trunk.matrix
        for row in range(len(trunk.row_lower)):
            part = slice(matrix.indptr[row], matrix.indptr[row + 1])
            index, value = columns[matrix.indices[part]], matrix.data[part]
            order = np.argsort(index)
            index, value = index[order], value[order]
            lower, upper = float(trunk.row_lower[row]), float(trunk.row_upper[row])
            mark = (index.tobytes(), value.tobytes(), np.array([lower, upper]).tobytes())
            if mark not in self.known:
                self.known.add(mark)
                self.add(index, value, lower, upper)

    def finished(self) -> tuple[csr_array, np.ndarray, np.ndarray]:
        starts = np.cumsum([0, *(len(one) for one in self.index)])
        index = np.concatenate(self.index) if self.index else np.zeros(0, dtype=np.int64)
        value = np.concatenate(self.value) if self.value else np.zeros(0)
        sides = np.array(self.sides, dtype=np.float64).reshape(-1, 2)
        return csr_array((value, index, starts), shape=(len(self.sides), self.columns)), sides[:, 0], sides[:, 1]
