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
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array, eye_array, hstack, vstack

from optimizer.decompose.bundle import Bundle, Cut
from optimizer.errors import SolverError
from optimizer.model.arrays import Program, compile_program
from optimizer.model.build import formulate
from optimizer.model.highs import polish
from optimizer.model.warm import Warm
from optimizer.rules.formulation import Formulation, Variable

Place = tuple[Hashable, int]
PATIENCE = 5.0
"""So many times the seconds a bundle may take in which no plan was found: one without a plan spoils a trunk."""


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
class Answer:
    """A linear bound on F, USD: `constant` + `gradient` x. `objective` is the cost of a plan, `y` its trunk.

    With `reach`, it says 0 >= constant + gradient x instead, and is no cost.
    """

    constant: float
    gradient: np.ndarray
    objective: float | None = None
    trunk: np.ndarray | None = None
    reach: bool = False


class Part:
    """The program of a bundle in arrays; columns of the trunk at `link`, rows without any other column at `own`."""

    def __init__(self, cut: Cut, bundle: Bundle) -> None:
        form = formulate(cut.case_of(bundle))
        program = compile_program(form.model)
        placed = {id(variable): place for place, variable in _places(form, cut, bundle)}
        found = [(number, placed.get(id(column))) for number, column in enumerate(program.columns)]
        self.link = np.array([number for number, place in found if place is not None], dtype=np.int64)
        self.places = tuple(place for _, place in found if place is not None)
        inside = np.zeros(program.num_columns, dtype=bool)
        inside[self.link] = True
        others = abs(program.matrix) @ (~inside).astype(np.float64)
        self.own = np.asarray(others == 0.0)
        self.unit = form.usd_per_unit
        self.program = replace(program, columns=(), constraints=())
        self.recourse: np.ndarray | None = None

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

    def linear(self, warm: Warm, trunk: np.ndarray) -> Answer:
        """(CUT-1), or (CUT-3) where the trunk cannot be carried on."""
        _load(warm, self.fixed(trunk))
        end = warm.linear()
        if end is None:
            return self._reach(trunk)
        gradient = end.reduced_costs[self.link] * self.unit
        value = end.objective * self.unit
        return Answer(value - float(gradient @ trunk), gradient, value)

    def foresight(self, warm: Warm) -> Answer:
        """(CUT-2) at the multiplier 0, whole numbers relaxed; with the trunk that this future would like best."""
        _load(warm, self.program)
        end = warm.linear()
        if end is None:
            return Answer(np.inf, np.zeros(len(self.link)), None, None, True)
        value = end.objective * self.unit
        return Answer(value, np.zeros(len(self.link)), value, end.values[self.link])

    def lagrangian(self, warm: Warm, gradient: np.ndarray, gap: float, seconds: float) -> Answer:
        """(CUT-2); its `trunk` is the one at which the bound is attained."""
        costs = self.program.costs.copy()
        costs[self.link] -= gradient / self.unit
        _load(warm, replace(self.program, costs=costs))
        end = warm.mixed(gap, seconds)
        found = None if end.values is None else end.values[self.link]
        return Answer(end.bound * self.unit, gradient, None, found, end.infeasible)

    def priced(self, warm: Warm, trunk: np.ndarray, gap: float, seconds: float) -> Answer:
        """The cost of a plan with the trunk decided, and the proven least of it as the constant.

        It begins from the whole numbers found for the last trunk. `objective` is None where no plan was found;
        `reach` says that there is none.
        """
        program = self.fixed(trunk)
        _load(warm, program)
        start = None
        if self.recourse is not None:
            start = self.recourse.copy()
            start[self.link] = trunk
        end = warm.mixed(gap, seconds, start)
        if end.objective is None and not end.infeasible:
            end = warm.mixed(gap, PATIENCE * seconds, start)
        if end.objective is None:
            return Answer(end.bound * self.unit, np.zeros(len(self.link)), None, None, end.infeasible)
        self.recourse = end.values
        return Answer(end.bound * self.unit, np.zeros(len(self.link)), end.objective * self.unit)

    def exact(self, warm: Warm, trunk: np.ndarray, gap: float, seconds: float) -> np.ndarray:
        """All columns of the plan with the trunk decided, its whole numbers exact. Raises SolverError without one."""
        self.priced(warm, trunk, gap, seconds)
        found = self.recourse
        if found is None or not np.allclose(found[self.link], trunk):
            raise SolverError("the plan of a trunk that was priced could not be found again: give it more time")
        polished = polish(self.fixed(trunk), found)
        if polished.values is None:
            raise SolverError(polished.failure)
        return polished.values

    def _reach(self, trunk: np.ndarray) -> Answer:
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
            return Answer(np.inf, np.zeros(count), reach=True)
        duals, reduced, reached = end.row_duals[-count:], end.reduced_costs[self.link], end.values[self.link]
        constant = end.objective - float(duals @ trunk) - float(reduced @ reached)
        return Answer(constant, duals + reduced, reach=True)


def _load(warm: Warm, program: Program) -> None:
    """Make the warm program this one; it must have the same matrix."""
    warm.bounds(program.col_lower, program.col_upper)
    warm.sides(program.row_lower, program.row_upper)
    warm.costs(program.costs)


def _places(form: Formulation, cut: Cut, bundle: Bundle) -> Iterator[tuple[Place, Variable]]:
    """Variables of the trunk, each with what it is and its node of the whole tree."""
    for what, within, variable in form.placed():
        node = cut.node(bundle, within.quarter)
        if node is not None:
            yield (what, node.index), variable
