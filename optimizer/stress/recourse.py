"""The best reaction to one future: least violation first, then least cost, within a gap."""

import math
from dataclasses import dataclass, replace

import numpy as np

from optimizer.errors import SolverError
from optimizer.model.arrays import Program
from optimizer.model.outcome import TOLERANCE
from optimizer.model.warm import Warm

VIOLATION_GAP = 1e-3
WIDER = 1e-4


@dataclass(frozen=True)
class Reaction:
    """Columns of the reaction, its cost and what bounds it, in the unit of the program; `values` is None without one.

    `violation` is the most that v of (STRESS-1) was allowed to be. `impossible` says that there is proven to be none.
    """

    values: np.ndarray | None
    cost: float
    bound: float
    violation: float
    impossible: bool = False


class Recourse:
    """The program of a future with what is kept fixed in it. `row` is that of (STRESS-1), None without hard limits."""

    def __init__(self, program: Program, row: int | None, gap: float, seconds: float) -> None:
        self.program, self.row, self.gap, self.seconds = program, row, gap, seconds
        self.warm = Warm(program)

    def react(self, relaxed: bool) -> Reaction:
        """The reaction, in whole blocks or in shares of them."""
        solve = self._linear if relaxed else self._mixed
        found = solve(self.gap)
        if not found.impossible or self.row is None:
            return found
        least = self._least_violation(relaxed)
        if least.values is None:
            return least
        for tolerance in (TOLERANCE, WIDER):
            allowed = least.cost + tolerance * max(1.0, least.cost)
            self._allow(allowed)
            cheapest = solve(self.gap)
            if not cheapest.impossible:
                return replace(cheapest, violation=allowed)
        raise SolverError(f"a violation of {least.cost:g} was found for a future and could not be found again")

    def _least_violation(self, relaxed: bool) -> Reaction:
        """(STRESS-1): the violation as the cost."""
        assert self.row is not None
        program = self.program
        part = slice(program.start[self.row], program.start[self.row + 1])
        costs = np.zeros(program.num_columns)
        costs[program.index[part]] = program.value[part]
        self._allow(math.inf)
        self.warm.costs(costs)
        found = self._linear(0.0) if relaxed else self._mixed(VIOLATION_GAP)
        self.warm.costs(program.costs)
        return found

    def _allow(self, violation: float) -> None:
        upper = self.program.row_upper.copy()
        upper[self.row] = violation
        self.warm.sides(self.program.row_lower, upper)

    def _linear(self, _: float) -> Reaction:
        end = self.warm.linear()
        if end is None:
            return Reaction(None, math.inf, math.inf, 0.0, True)
        return Reaction(end.values, end.objective, end.objective, 0.0)

    def _mixed(self, gap: float) -> Reaction:
        end = self.warm.mixed(gap, self.seconds)
        if end.objective is None:
            return Reaction(None, math.inf, end.bound, 0.0, end.infeasible)
        return Reaction(end.values, end.objective, min(end.bound, end.objective), 0.0)
