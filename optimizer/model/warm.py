"""A linear or mixed-integer program kept in HiGHS and solved again and again with other bounds, costs and rows.

Beside highs.py the only importer of highspy: there a program is solved once, here the basis of the last solve is the
start of the next. One thread: it is made for the workers of a decomposition.
"""

import bisect
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import highspy
import numpy as np

from optimizer.errors import SolverError
from optimizer.model.arrays import Program
from optimizer.model.highs import load_program
from optimizer.model.outcome import TOLERANCE, relative_gap

_End = highspy.HighsModelStatus
_HEURISTICS = (
    "mip_heuristic_run_feasibility_jump",
    "mip_heuristic_run_rens",
    "mip_heuristic_run_rins",
    "mip_heuristic_run_root_reduced_cost",
)
WHOLE = 1e-9
"""Integers are whole to this: what a trunk just carries must be carried when they are rounded."""
LATE_SHARE = 0.2
"""A bound is flat when the second half of the time brought less than this share of all that it rose, or of a gap."""
MOST_SECONDS = 5.0
MOST_ROOTS = 10.0
"""A search for a bound alone takes at most so many times as long as its first bound did."""


@dataclass(frozen=True)
class LinearEnd:
    """The end of an LP that has a solution: its cost, columns, reduced costs and row duals."""

    objective: float
    values: np.ndarray
    reduced_costs: np.ndarray
    row_duals: np.ndarray


@dataclass(frozen=True)
class MixedEnd:
    """The end of a MIP: its proven bound, and its plan if one was found; `infeasible` if there can be none."""

    bound: float
    objective: float | None
    values: np.ndarray | None
    infeasible: bool = False


class Warm:
    """One HiGHS object that holds the program, its integers relaxed until `mixed` is called.

    An `exact` one misses rows by no more than integers, and solves without presolve: that of HiGHS 1.16 refutes
    programs whose only solution is within 1e-7 of the side of a row.
    """

    def __init__(self, program: Program, exact: bool = False) -> None:
        self.program, self._costs, self._exact = program, program.costs, exact
        self.highs = load_program(program)
        self.highs.setOptionValue("threads", 1)
        self.highs.setOptionValue("mip_feasibility_tolerance", WHOLE)
        if exact:
            self.highs.setOptionValue("primal_feasibility_tolerance", WHOLE)
            self.highs.setOptionValue("presolve", "off")
        self._columns = np.arange(program.num_columns, dtype=np.int32)
        self._values = program.value
        self._rows = np.repeat(np.arange(program.num_rows, dtype=np.int32), np.diff(program.start))
        self._relaxed = np.zeros(program.num_columns, dtype=np.uint8)
        self._types = program.integrality.astype(np.uint8)
        self._is_relaxed = False
        self._relax(True)

    def bounds(self, lower: np.ndarray, upper: np.ndarray) -> None:
        """Bounds of all columns."""
        self.highs.changeColsBounds(len(self._columns), self._columns, lower, upper)

    def sides(self, lower: np.ndarray, upper: np.ndarray) -> None:
        """Sides of all rows of the program as it was loaded."""
        rows = np.arange(len(lower), dtype=np.int32)
        self.highs.changeRowsBounds(len(rows), rows, lower, upper)  # type: ignore[attr-defined]  # not in its stubs

    def costs(self, costs: np.ndarray) -> None:
        """Costs of all columns."""
        self._costs = costs
        self.highs.changeColsCost(len(self._columns), self._columns, costs)

    def values(self, value: np.ndarray) -> None:
        """Coefficients of all rows of the program as it was loaded, in its order; those that differ are changed."""
        for at in np.flatnonzero(value != self._values):
            self.highs.changeCoeff(int(self._rows[at]), int(self.program.index[at]), float(value[at]))
        self._values = value

    def add_row(self, lower: float, index: np.ndarray, value: np.ndarray) -> None:
        """A row at the end: lower <= terms."""
        self.highs.addRow(lower, math.inf, len(index), index.astype(np.int32), value.astype(np.float64))

    def drop_rows(self, count: int) -> None:
        """Take away the last `count` rows."""
        if count:
            last = self.highs.getNumRow()
            self.highs.deleteRows(count, np.arange(last - count, last, dtype=np.int32))

    def linear(self) -> LinearEnd | None:
        """Solve the relaxation from the last basis. Raises SolverError where HiGHS neither solves nor refutes it."""
        self._relax(True)
        self.highs.setOptionValue("time_limit", math.inf)
        self._go()
        status = self.highs.getModelStatus()
        if status not in (_End.kOptimal, _End.kInfeasible):
            self.highs.clearSolver()
            self._go()
            status = self.highs.getModelStatus()
        if status == _End.kInfeasible:
            return None
        if status != _End.kOptimal:
            raise SolverError(f"HiGHS ended an LP with: {self.highs.modelStatusToString(status)}")
        found = self.highs.getSolution()
        arrays = (np.array(part, dtype=np.float64) for part in (found.col_value, found.col_dual, found.row_dual))
        return LinearEnd(self.highs.getInfo().objective_function_value, *arrays)

    def mixed(self, gap: float, seconds: float, bearable: float = math.inf, least: float = -math.inf) -> MixedEnd:
        """Solve with integers, to a relative gap or until it has taken long enough for the gap that it has.

        It ends at a gap of bearable x time / seconds, to its own bound or to `least`, a bound known before, and in any
        case at `MOST_SECONDS` times the seconds. It takes no start: HiGHS 1.16, given one that meets every row, may
        claim a cost below that of its relaxation. Raises SolverError where HiGHS fails or contradicts itself.
        """
        return self._search(gap, MOST_SECONDS * seconds, _Enough(seconds, bearable, least))

    def proven(self, gap: float, seconds: float) -> MixedEnd:
        """The same for the bound first: no search for plans but by branching."""
        with self._without_heuristics():
            return self._search(gap, seconds, _Ends())

    def root(self, gap: float, seconds: float) -> MixedEnd:
        """The same for the bound alone: no search for plans, and it ends when the bound has become flat."""
        with self._without_heuristics():
            return self._search(gap, seconds, _Flat(gap))

    @contextmanager
    def _without_heuristics(self) -> Iterator[None]:
        for name in _HEURISTICS:
            self.highs.setOptionValue(name, False)
        try:
            yield
        finally:
            for name in _HEURISTICS:
                self.highs.setOptionValue(name, True)

    def _search(self, gap: float, seconds: float, ends: "_Ends") -> MixedEnd:
        self._relax(False)
        for name, setting in (("mip_rel_gap", gap), ("mip_abs_gap", 1e-9), ("time_limit", seconds)):
            self.highs.setOptionValue(name, setting)
        basis = self.highs.getBasis()
        self.highs.cbMipInterrupt.subscribe(ends)
        try:
            self._run()
        finally:
            self.highs.cbMipInterrupt.unsubscribe(ends)
        status, info = self.highs.getModelStatus(), self.highs.getInfo()
        found = np.array(self.highs.getSolution().col_value, dtype=np.float64)
        if basis.valid:
            self.highs.setBasis(basis)
        if status == _End.kInfeasible:
            return MixedEnd(math.inf, None, None, infeasible=True)
        if status not in (_End.kOptimal, _End.kTimeLimit, _End.kInterrupt):
            raise SolverError(f"HiGHS ended a MIP with: {self.highs.modelStatusToString(status)}")
        whole, objective = bool(self._types.any()), info.objective_function_value
        bound = info.mip_dual_bound if whole else objective
        if not whole and status != _End.kOptimal:
            bound = -math.inf
        if info.primal_solution_status != highspy.kSolutionStatusFeasible:
            return MixedEnd(bound, None, None)
        self._require_true(found, objective)
        return MixedEnd(bound, objective, found)

    def _run(self) -> None:
        """Run from nothing. Presolve of HiGHS 1.16 may lead to a plan that misses a row by what it has rounded, and may
        refute what has a solution within 1e-7 of the side of a row: then again without it.
        """
        self.highs.clearSolver()
        self._go()
        if not self._exact and self.highs.getModelStatus() in (_End.kSolveError, _End.kInfeasible):
            self.highs.setOptionValue("presolve", "off")
            self.highs.clearSolver()
            self._go()
            self.highs.setOptionValue("presolve", "choose")

    def _go(self) -> None:
        """Run on one thread, or on as many as HiGHS was given before in this one: then it takes no other number."""
        if self.highs.run() == highspy.HighsStatus.kError and self.highs.getModelStatus() == _End.kNotset:
            self.highs.setOptionValue("threads", 0)
            self.highs.run()

    def _require_true(self, values: np.ndarray, objective: float) -> None:
        """Raise SolverError unless the plan costs what HiGHS says it does."""
        terms = self._costs * values
        cost, size = float(terms.sum()) + self.program.cost_offset, max(1.0, float(np.abs(terms).sum()))
        if abs(cost - objective) > TOLERANCE * size:
            raise SolverError(f"HiGHS says its plan costs {objective!r}, but its columns cost {cost!r}")

    def _relax(self, relaxed: bool) -> None:
        if relaxed != self._is_relaxed:
            kinds = self._relaxed if relaxed else self._types
            self.highs.changeColsIntegrality(len(self._columns), self._columns, kinds)
            self._is_relaxed = relaxed


class _Ends:
    """Ends a search from within, where a subclass says so; made when the search begins."""

    def __init__(self) -> None:
        self.began = time.perf_counter()

    def __call__(self, event: highspy.highs.HighsCallbackEvent) -> None:
        """Called by HiGHS between steps of its search."""
        found, bound = event.data_out.mip_primal_bound, event.data_out.mip_dual_bound
        event.interrupt(self.ends(time.perf_counter() - self.began, found, bound))

    def ends(self, now: float, found: float, bound: float) -> bool:
        """Whether the search ends now, at these seconds, with a plan that costs `found` and this bound."""
        return False


class _Enough(_Ends):
    """Ends a search whose gap is bearable for the time it took."""

    def __init__(self, seconds: float, bearable: float, least: float) -> None:
        super().__init__()
        self.seconds, self.bearable, self.least = seconds, bearable, least

    def ends(self, now: float, found: float, bound: float) -> bool:
        gap = relative_gap(found, max(bound, self.least))
        if not math.isfinite(self.bearable):
            return gap is not None and now >= self.seconds
        return gap is not None and gap <= self.bearable * now / self.seconds


class _Flat(_Ends):
    """Ends a search whose bound has become flat."""

    def __init__(self, gap: float) -> None:
        super().__init__()
        self.gap = gap
        self.times: list[float] = []
        self.bounds: list[float] = []

    def ends(self, now: float, found: float, bound: float) -> bool:
        if not math.isfinite(bound):
            return False
        self.times.append(now)
        self.bounds.append(bound)
        half = bisect.bisect_right(self.times, now / 2.0) - 1
        if half < 0 or now > MOST_ROOTS * self.times[0]:
            return half >= 0
        return bound - self.bounds[half] <= LATE_SHARE * max(bound - self.bounds[0], self.gap * abs(bound))
