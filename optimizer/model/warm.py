"""A linear or mixed-integer program kept in HiGHS and solved again and again with other bounds, costs and rows.

Beside highs.py the only importer of highspy: there a program is solved once, here the basis of the last solve is the
start of the next. One thread, no callbacks: it is made for the workers of a decomposition.
"""

import math
from dataclasses import dataclass

import highspy
import numpy as np

from optimizer.errors import SolverError
from optimizer.model.arrays import Program
from optimizer.model.highs import load_program

_End = highspy.HighsModelStatus


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
    """One HiGHS object that holds the program, its integers relaxed until `mixed` is called."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.highs = load_program(program)
        self.highs.setOptionValue("threads", 1)
        self._columns = np.arange(program.num_columns, dtype=np.int32)
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
        self.highs.changeRowsBounds(len(rows), rows, lower, upper)

    def costs(self, costs: np.ndarray) -> None:
        """Costs of all columns."""
        self.highs.changeColsCost(len(self._columns), self._columns, costs)

    def add_row(self, lower: float, index: np.ndarray, value: np.ndarray) -> None:
        """A row at the end: lower <= terms."""
        self.highs.addRow(lower, math.inf, len(index), index.astype(np.int32), value.astype(np.float64))

    def linear(self) -> LinearEnd | None:
        """Solve the relaxation from the last basis. Raises SolverError where HiGHS neither solves nor refutes it."""
        self._relax(True)
        self.highs.setOptionValue("time_limit", math.inf)
        self.highs.run()
        status = self.highs.getModelStatus()
        if status not in (_End.kOptimal, _End.kInfeasible):
            self.highs.clearSolver()
            self.highs.run()
            status = self.highs.getModelStatus()
        if status == _End.kInfeasible:
            return None
        if status != _End.kOptimal:
            raise SolverError(f"HiGHS ended an LP with: {self.highs.modelStatusToString(status)}")
        found = self.highs.getSolution()
        arrays = (np.array(part, dtype=np.float64) for part in (found.col_value, found.col_dual, found.row_dual))
        return LinearEnd(self.highs.getInfo().objective_function_value, *arrays)

    def mixed(self, gap: float, seconds: float, start: np.ndarray | None = None) -> MixedEnd:
        """Solve with integers, to a relative gap or until the time is up. Raises SolverError where HiGHS fails."""
        self._relax(False)
        for name, setting in (("mip_rel_gap", gap), ("mip_abs_gap", 1e-9), ("time_limit", seconds)):
            self.highs.setOptionValue(name, setting)
        if start is not None:
            given = highspy.HighsSolution()
            given.col_value = start
            self.highs.setSolution(given)
        self.highs.run()
        status, info = self.highs.getModelStatus(), self.highs.getInfo()
        if status == _End.kInfeasible:
            return MixedEnd(math.inf, None, None, infeasible=True)
        if status not in (_End.kOptimal, _End.kTimeLimit):
            raise SolverError(f"HiGHS ended a MIP with: {self.highs.modelStatusToString(status)}")
        whole = bool(self._types.any())
        bound = info.mip_dual_bound if whole else info.objective_function_value
        if not whole and status == _End.kTimeLimit:
            bound = -math.inf
        if info.primal_solution_status != highspy.kSolutionStatusFeasible:
            return MixedEnd(bound, None, None)
        values = np.array(self.highs.getSolution().col_value, dtype=np.float64)
        return MixedEnd(bound, info.objective_function_value, values)

    def _relax(self, relaxed: bool) -> None:
        if relaxed != self._is_relaxed:
            kinds = self._relaxed if relaxed else self._types
            self.highs.changeColsIntegrality(len(self._columns), self._columns, kinds)
            self._is_relaxed = relaxed
