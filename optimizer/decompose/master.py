"""The trunk's program: its own rows, and for each group of bundles a variable that cuts hold up from below.

minimise  sum_b probability[b] cost[b] x + sum_g probability[g] theta[g]   (+ risk, see rules/risk.py)
with, for each group g, theta[g] >= what cuts say that its bundles cost on average beyond the trunk's own cost.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array, vstack

from optimizer.case.settings import Settings
from optimizer.decompose.part import Answer, Place, Trunk
from optimizer.model.arrays import Program
from optimizer.model.warm import LinearEnd, Warm

MOST_GROUPS = 50


@dataclass
class View:
    """The trunk as one bundle sees it: which columns of the master are its own, and what they cost, USD."""

    columns: np.ndarray
    costs: np.ndarray
    probability: float


class Master:
    """The trunk's program with its cuts. Money in `unit` USD."""

    def __init__(
        self, trunks: Sequence[Trunk], probabilities: Sequence[float], settings: Settings, size: float
    ) -> None:
        self.unit = 10.0 ** np.floor(np.log10(max(1.0, size))) / 1e3
        self.places: dict[Place, int] = {}
        for trunk in trunks:
            for place in trunk.places:
                self.places.setdefault(place, len(self.places))
        self.views = [
            View(np.array([self.places[place] for place in trunk.places], dtype=np.int64), trunk.costs, share)
            for trunk, share in zip(trunks, probabilities, strict=True)
        ]
        self.risky = settings.risk_counts
        count = len(trunks) if self.risky else min(MOST_GROUPS, len(trunks))
        self.groups = [list(range(first, len(trunks), count)) for first in range(count)]
        self.weights = [sum(probabilities[number] for number in group) for group in self.groups]
        self.size = len(self.places)
        self.program = self._program(trunks, settings)
        self.warm = Warm(self.program)
        self.cuts: list[tuple[float, np.ndarray, np.ndarray]] = []

    def _program(self, trunks: Sequence[Trunk], settings: Settings) -> Program:
        n, groups = self.size, len(self.groups)
        risk = groups + 1 if self.risky else 0
        total = n + groups + risk
        costs, lower, upper = np.zeros(total), np.full(total, -np.inf), np.full(total, np.inf)
        whole = np.zeros(total, dtype=bool)
        for trunk, view in zip(trunks, self.views, strict=True):
            costs[view.columns] += view.probability * view.costs / self.unit
            lower[view.columns] = np.maximum(lower[view.columns], trunk.lower)
            upper[view.columns] = np.minimum(upper[view.columns], trunk.upper)
            whole[view.columns] |= trunk.integrality
        costs[n : n + groups] = self.weights
        rows = _Rows(total)
        for trunk, view in zip(trunks, self.views, strict=True):
            rows.take(trunk, view.columns)
        if self.risky:
            self._risk(rows, costs, lower, settings)
        matrix, row_lower, row_upper = rows.finished()
        return Program(
            costs, 0.0, lower, upper, whole, matrix.indptr.astype(np.int32), matrix.indices.astype(np.int32),
            matrix.data.astype(np.float64), row_lower, row_upper, (), (),
        )  # fmt: skip

    def _risk(self, rows: "_Rows", costs: np.ndarray, lower: np.ndarray, settings: Settings) -> None:
        """(RISK-1), (RISK-2): threshold at `at`, then one excess a bundle; each group is one bundle, one scenario."""
        n, at = self.size, self.size + len(self.groups)
        lower[at + 1 :] = 0.0
        tail = [1.0]
        for number, view in enumerate(self.views):
            index = np.concatenate([view.columns, [n + number, at, at + 1 + number]])
            value = np.concatenate([view.costs / self.unit, [1.0, -1.0, -1.0]])
            rows.add(index, value, -np.inf, 0.0)
            tail.append(view.probability / settings.risk_tail)
        index, value = np.arange(at, at + len(tail)), np.array(tail)
        if settings.cvar_limit_usd is not None:
            rows.add(index, value, -np.inf, settings.cvar_limit_usd / self.unit)
        if settings.risk_weight:
            costs[index] += settings.risk_weight * value

    def learn(self, answers: Sequence[Answer]) -> None:
        """Add the cuts of all bundles, one answer each: averages of their groups, and what is out of reach."""
        for number, answer in enumerate(answers):
            if answer.reach:
                scale = max(1.0, float(np.abs(answer.gradient).max(initial=0.0)))
                columns = self.views[number].columns
                self._cut(answer.constant / scale, columns, -answer.gradient / scale)
        for number, group in enumerate(self.groups):
            if any(answers[bundle].reach for bundle in group):
                continue
            self._average(number, group, answers)

    def _average(self, number: int, group: Sequence[int], answers: Sequence[Answer]) -> None:
        gradient, constant = np.zeros(self.size), 0.0
        for bundle in group:
            view, answer = self.views[bundle], answers[bundle]
            share = view.probability / self.weights[number]
            gradient[view.columns] += share * (answer.gradient - view.costs)
            constant += share * answer.constant
        if not np.isfinite(constant):
            return
        used = np.flatnonzero(gradient)
        index = np.concatenate([used, [self.size + number]])
        value = np.concatenate([-gradient[used] / self.unit, [1.0]])
        self._cut(constant / self.unit, index, value)

    def _cut(self, lower: float, index: np.ndarray, value: np.ndarray) -> None:
        kept = np.abs(value) > 1e-12
        self.cuts.append((lower, index[kept], value[kept]))
        self.warm.add_row(lower, index[kept], value[kept])

    def linear(self) -> LinearEnd | None:
        """The relaxation with all cuts."""
        return self.warm.linear()

    def whole(self) -> Program:
        """The mixed-integer program with all cuts."""
        if not self.cuts:
            return self.program
        program = self.program
        rows = _Rows(len(program.costs))
        for lower, index, value in self.cuts:
            rows.add(index, value, lower, np.inf)
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
