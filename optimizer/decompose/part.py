"""The program of one bundle, and what a worker answers about it.

With x the columns of the trunk and z those of the bundle, F(x) is the least cost of the bundle with the trunk decided
as x, its share of the trunk's cost included. Every answer bounds F from below by a linear function of x:

  (CUT-1)  F(x) >= F_lp(y) + g (x - y), g the reduced costs of the trunk's columns fixed at y (Van Slyke & Wets, SIAM
           Journal on Applied Mathematics 17, 1969)
  (CUT-2)  F(x) >= min over x', z of (cost(x', z) - g x') + g x, whole numbers kept: the Lagrangian bound at the
           multiplier g (Zou, Ahmed & Sun, Mathematical Programming 175, 2019); g = 0 is perfect foresight
  (CUT-3)  0 >= v + d (x - y) + r (x - w): y is out of reach by v > 0, the least sum of distances to a trunk w that can
           be carried on; d the duals of the distances, r the reduced costs of w, which sharpen the cut at its bounds
"""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.sparse import csr_array, eye_array, hstack, vstack

from optimizer.decompose.bundle import Bundle, Cut
from optimizer.errors import SolverError
from optimizer.futures.recall import Recall
from optimizer.model.arrays import Program, compile_program
from optimizer.model.build import Offered, formulate
from optimizer.model.highs import polish
from optimizer.model.warm import Warm
from optimizer.rules.formulation import Formulation, Variable

Place = tuple[Hashable, int]


@dataclass(frozen=True)
class Trunk:
    """The trunk's columns as one bundle sees them, and the rows that hold nothing else.

    `costs` are in USD, given that the bundle is reached. Row i of `matrix` is between `row_lower` and `row_upper`.
    """

    places: tuple[Place, ...]
    costs: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    integrality: np.ndarray
    matrix: csr_array
    row_lower: np.ndarray
    row_upper: np.ndarray
    columns: int
    integers: int
    rows: int


@dataclass(frozen=True)
class Bound:
    """A linear bound from below on what a bundle costs, USD: F(x) >= `constant` + `gradient` x.

    With `reach` it says of x alone: 0 >= constant + gradient x, or the trunk x cannot be carried on. `liked` is the
    trunk at which the bound is attained, where one was found.
    """

    constant: float
    gradient: np.ndarray
    reach: bool = False
    liked: np.ndarray | None = field(default=None, compare=False)

    def at(self, trunk: np.ndarray) -> float:
        """The bound at a trunk, USD."""
        return self.constant + float(self.gradient @ trunk)


@dataclass(frozen=True)
class Asked:
    """A multiplier, and the bounds of the trunks that are looked at; all where there are none."""

    gradient: np.ndarray
    lower: np.ndarray | None = None
    upper: np.ndarray | None = None


@dataclass(frozen=True)
class Wanted:
    """A trunk whose cost is wanted, and what is known of it: it is no less than `least`, USD."""

    trunk: np.ndarray
    least: float


@dataclass(frozen=True)
class Price:
    """What a bundle costs under a trunk, USD: a plan of `cost`, None if none was found, and the proven `floor` of it.

    The floor is infinite where there can be no plan. `whole` are the whole numbers of the plan, in order of columns.
    """

    cost: float | None
    floor: float
    whole: np.ndarray | None = None


@dataclass(frozen=True)
class Decided:
    """A plan of a bundle: its share of the trunk, and the whole numbers of all its columns, in order."""

    trunk: np.ndarray
    whole: np.ndarray


@dataclass(frozen=True)
class Part:
    """The program of a bundle in arrays; columns of the trunk at `link`, in order of `places`, money in `unit` USD.

    `own` are the rows that hold nothing but columns of the trunk.
    """

    places: tuple[Place, ...]
    link: np.ndarray
    own: np.ndarray
    unit: float
    program: Program

    @classmethod
    def made(cls, cut: Cut, bundle: Bundle, recall: Recall[Offered] | None = None) -> "Part":
        """The program of a bundle of a cut tree; `recall` remembers what contracts offer in others."""
        form = formulate(cut.case_of(bundle), recall=recall)
        program = compile_program(form.model)
        placed = {id(variable): place for place, variable in _places(form, cut, bundle)}
        found = [(number, placed.get(id(column))) for number, column in enumerate(program.columns)]
        link = np.array([number for number, place in found if place is not None], dtype=np.int64)
        inside = np.zeros(program.num_columns, dtype=bool)
        inside[link] = True
        others = abs(program.matrix) @ (~inside).astype(np.float64)
        places = tuple(place for _, place in found if place is not None)
        return cls(
            places, link, np.asarray(others == 0.0), form.usd_per_unit, replace(program, columns=(), constraints=())
        )

    def trunk(self) -> Trunk:
        """What the trunk is to this bundle."""
        program = self.program
        return Trunk(
            self.places,
            program.costs[self.link] * self.unit,
            program.col_lower[self.link],
            program.col_upper[self.link],
            program.integrality[self.link],
            program.matrix[self.own][:, self.link],
            program.row_lower[self.own],
            program.row_upper[self.own],
            program.num_columns,
            int(program.integrality.sum()),
            program.num_rows,
        )

    def fixed(self, trunk: np.ndarray) -> Program:
        """The program with the trunk decided; rows of the trunk alone are left to it."""
        program = self.program
        lower, upper = program.col_lower.copy(), program.col_upper.copy()
        lower[self.link] = upper[self.link] = trunk
        row_lower = np.where(self.own, -np.inf, program.row_lower)
        row_upper = np.where(self.own, np.inf, program.row_upper)
        return replace(program, col_lower=lower, col_upper=upper, row_lower=row_lower, row_upper=row_upper)

    def linear(self, warm: Warm, trunk: np.ndarray) -> Bound:
        """(CUT-1), or (CUT-3) where the trunk cannot be carried on."""
        _load(warm, self.fixed(trunk))
        end = warm.linear()
        if end is None:
            return self._reach(trunk)
        gradient = end.reduced_costs[self.link] * self.unit
        return Bound(end.objective * self.unit - float(gradient @ trunk), gradient)

    def foresight(self, warm: Warm) -> Bound:
        """(CUT-2) at the multiplier 0, whole numbers relaxed."""
        _load(warm, self.program)
        end = warm.linear()
        if end is None:
            return Bound(np.inf, np.zeros(len(self.link)), reach=True)
        return Bound(end.objective * self.unit, np.zeros(len(self.link)), liked=end.values[self.link])

    def lagrangian(self, warm: Warm, asked: Asked, gap: float, seconds: float, branch: bool) -> Bound:
        """(CUT-2) as far as it is proven in time: by cuts alone, or with `branch` by branching as well."""
        program = self.program
        costs, lower, upper = program.costs.copy(), program.col_lower.copy(), program.col_upper.copy()
        costs[self.link] -= asked.gradient / self.unit
        if asked.lower is not None and asked.upper is not None:
            lower[self.link] = np.maximum(lower[self.link], asked.lower)
            upper[self.link] = np.minimum(upper[self.link], asked.upper)
        _load(warm, replace(program, costs=costs, col_lower=lower, col_upper=upper))
        end = warm.proven(gap, seconds) if branch else warm.root(gap, seconds)
        liked = None if end.values is None else end.values[self.link]
        return Bound(end.bound * self.unit, asked.gradient, liked=liked)

    def priced(self, warm: Warm, wanted: Wanted, gap: float, seconds: float, bearable: float) -> Price:
        """The cost of a plan with the trunk decided. It ends at the gap, or when that is bearable: see `Warm.mixed`."""
        _load(warm, self.fixed(wanted.trunk))
        end = warm.mixed(gap, seconds, bearable, wanted.least / self.unit)
        if end.values is None or end.objective is None:
            return Price(None, end.bound * self.unit)
        whole = np.rint(end.values[self.program.integrality]).astype(np.int32)
        return Price(end.objective * self.unit, end.bound * self.unit, whole)

    def held(self, warm: Warm, trunk: np.ndarray, whole: np.ndarray) -> Bound:
        """(CUT-1) or (CUT-3) of the program whose whole numbers are these."""
        program = self.program
        lower, upper = program.col_lower.copy(), program.col_upper.copy()
        lower[program.integrality] = upper[program.integrality] = whole
        return replace(self, program=replace(program, col_lower=lower, col_upper=upper)).linear(warm, trunk)

    def exact(self, trunk: np.ndarray, whole: np.ndarray) -> np.ndarray:
        """All columns of the plan with the trunk and these whole numbers. Raises SolverError where there is none."""
        values = np.zeros(self.program.num_columns)
        values[self.program.integrality] = whole
        polished = polish(self.fixed(trunk), values)
        if polished.values is None:
            raise SolverError(polished.failure)
        return polished.values

    def _reach(self, trunk: np.ndarray) -> Bound:
        """(CUT-3)."""
        program, count = self.fixed(trunk), len(self.link)
        size = program.num_columns
        chosen = csr_array((np.ones(count), (np.arange(count), self.link)), shape=(count, size))
        steps = hstack([eye_array(count), -eye_array(count)])
        matrix = csr_array(vstack([hstack([program.matrix, csr_array((program.num_rows, 2 * count))]),
                                   hstack([chosen, steps])]))  # fmt: skip
        lower, upper = self.program.col_lower.copy(), self.program.col_upper.copy()
        nothing = np.zeros(2 * count)
        elastic = Program(
            costs=np.concatenate([np.zeros(size), np.ones(2 * count)]),
            cost_offset=0.0,
            col_lower=np.concatenate([lower, nothing]),
            col_upper=np.concatenate([upper, np.full(2 * count, np.inf)]),
            integrality=np.zeros(size + 2 * count, dtype=bool),
            start=matrix.indptr.astype(np.int32),
            index=matrix.indices.astype(np.int32),
            value=matrix.data.astype(np.float64),
            row_lower=np.concatenate([program.row_lower, trunk]),
            row_upper=np.concatenate([program.row_upper, trunk]),
            columns=(),
            constraints=(),
        )
        end = Warm(elastic).linear()
        if end is None:
            return Bound(np.inf, np.zeros(count), reach=True)
        duals, reduced, reached = end.row_duals[-count:], end.reduced_costs[self.link], end.values[self.link]
        constant = end.objective - float(duals @ trunk) - float(reduced @ reached)
        return Bound(constant, duals + reduced, reach=True)


def _load(warm: Warm, program: Program) -> None:
    """Make the warm program this one; its matrix must have the same places."""
    warm.values(program.value)
    warm.bounds(program.col_lower, program.col_upper)
    warm.sides(program.row_lower, program.row_upper)
    warm.costs(program.costs)


def _places(form: Formulation, cut: Cut, bundle: Bundle) -> Iterator[tuple[Place, Variable]]:
    """Variables of the trunk, each with what it is and its node of the whole tree."""
    for what, within, variable in form.placed():
        node = cut.node(bundle, within.quarter)
        if node is not None:
            yield (what, node.index), variable
