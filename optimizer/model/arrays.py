"""Pyomo model → arrays: the one seam between the model and every solver.

    minimise    costs · x + cost_offset
    subject to  row_lower ≤ A x ≤ row_upper,   col_lower ≤ x ≤ col_upper,   x_j integer where integrality[j]

The only user of Pyomo's LinearStandardFormCompiler, which is two to four times as fast as Pyomo's interfaces to HiGHS
because it walks each expression once and keeps no map per object.
"""

import gc
import math
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pyomo.environ as pyo
from pyomo.common.errors import InfeasibleConstraintException, InvalidConstraintError, InvalidExpressionError
from pyomo.core.base.constraint import ConstraintData
from pyomo.core.base.objective import ObjectiveData
from pyomo.core.base.var import VarData
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler, LinearStandardFormInfo
from scipy.sparse import csr_array

from optimizer.errors import SolverError, UnsolvableError


class TriviallyInfeasible(UnsolvableError):
    """A row holds no free variable and its constant breaks its bound; `row_name` says which row."""

    def __init__(self, row_name: str, shown: str) -> None:
        self.row_name = row_name
        super().__init__(f"row {row_name} can never hold, whatever is decided: {shown}")


@dataclass(frozen=True, eq=False)
class Program:
    """A mixed-integer program in arrays; n columns, m rows, z nonzeros, the matrix by rows (CSR).

    `columns[j]` is the Pyomo variable of column j, `constraints[i]` the Pyomo constraint of row i; both are empty in a
    program that is not made from a Pyomo model.
    """

    costs: np.ndarray  # (n,) float64
    cost_offset: float
    col_lower: np.ndarray  # (n,) float64, -inf where there is none
    col_upper: np.ndarray  # (n,) float64, inf where there is none
    integrality: np.ndarray  # (n,) bool
    start: np.ndarray  # (m + 1,) int32: row i holds entries start[i] to start[i + 1]
    index: np.ndarray  # (z,) int32: column of each entry
    value: np.ndarray  # (z,) float64
    row_lower: np.ndarray  # (m,) float64
    row_upper: np.ndarray  # (m,) float64
    columns: tuple[VarData, ...]
    constraints: tuple[ConstraintData, ...]

    @property
    def num_columns(self) -> int:
        return len(self.costs)

    @property
    def num_rows(self) -> int:
        return len(self.row_lower)

    def fixed(self, values: Iterable[tuple[VarData, float]]) -> "Program":
        """The program in which some variables are given; those it has no column for are left out."""
        low, high = self.col_lower.copy(), self.col_upper.copy()
        place = {id(column): number for number, column in enumerate(self.columns)}
        for variable, value in values:
            number = place.get(id(variable))
            if number is not None:
                low[number] = high[number] = value
        return replace(self, col_lower=low, col_upper=high)

    @property
    def matrix(self) -> csr_array:
        """The coefficients as an (m, n) sparse array that shares the program's memory."""
        return csr_array((self.value, self.index, self.start), shape=(self.num_rows, self.num_columns))

    @cached_property
    def column_names(self) -> tuple[str, ...]:
        """Pyomo's names of the columns; written only when asked for, as names are slow to make."""
        return tuple(variable.name for variable in self.columns)

    @cached_property
    def row_names(self) -> tuple[str, ...]:
        """Pyomo's names of the rows; written only when asked for, as names are slow to make."""
        return tuple(constraint.name for constraint in self.constraints)

    def cost_of(self, values: np.ndarray) -> float:
        """The objective at `values`, summed exactly and rounded once, so that it does not depend on the order."""
        return math.fsum((*(self.costs * values).tolist(), self.cost_offset))

    def worst_violation(self, values: np.ndarray) -> tuple[float, str]:
        """How far `values` miss the worst bound, row or integer, and the name of that column or row.

        The miss of a row is relative to the sum of its terms' sizes where that exceeds 1; the others are absolute.
        """
        matrix = self.matrix
        activity = matrix @ values
        terms = abs(matrix) @ np.abs(values) if self.num_rows else np.zeros(0)
        by_column = np.maximum(self.col_lower - values, values - self.col_upper)
        by_column = np.maximum(by_column, np.where(self.integrality, np.abs(values - np.rint(values)), 0.0))
        by_row = np.maximum(self.row_lower - activity, activity - self.row_upper) / np.maximum(1.0, terms)
        worst_column = int(np.argmax(by_column)) if self.num_columns else -1
        worst_row = int(np.argmax(by_row)) if self.num_rows else -1
        if worst_row >= 0 and (worst_column < 0 or by_row[worst_row] > by_column[worst_column]):
            return max(0.0, float(by_row[worst_row])), self._row_name(worst_row)
        if worst_column >= 0:
            return max(0.0, float(by_column[worst_column])), self._column_name(worst_column)
        return 0.0, ""

    def _row_name(self, number: int) -> str:
        return self.constraints[number].name if self.constraints else f"row {number}"

    def _column_name(self, number: int) -> str:
        return self.columns[number].name if self.columns else f"column {number}"


@contextmanager
def paused_gc() -> Iterator[None]:
    """Pause the cyclic garbage collector: a model is millions of small objects, none of them garbage."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def compile_program(model: pyo.ConcreteModel) -> Program:
    """The arrays of a linear mixed-integer model with one objective, which is minimised.

    Columns that no row and no cost mentions are left out: nothing depends on their value. A constraint with two
    bounds is one row. Raises TriviallyInfeasible for a row without free variables that is broken, and SolverError for a
    model that is not linear, is maximised, has other than one objective, or holds a number that is not finite.
    """
    _require_minimised(model)
    with paused_gc():
        info = _standard_form(model)
        matrix, row_lower, row_upper, constraints = _rows(info)
        col_lower, col_upper, integrality = _column_bounds(info.columns)
        costs = info.c.toarray().ravel().astype(np.float64)
        program = Program(
            costs=costs,
            cost_offset=float(info.c_offset[0]),
            col_lower=col_lower,
            col_upper=col_upper,
            integrality=integrality,
            start=matrix.indptr.astype(np.int32),
            index=matrix.indices.astype(np.int32),
            value=matrix.data.astype(np.float64),
            row_lower=row_lower,
            row_upper=row_upper,
            columns=tuple(info.columns),
            constraints=constraints,
        )
    _require_finite(program)
    return program


def _require_minimised(model: pyo.ConcreteModel) -> None:
    objectives: list[ObjectiveData] = list(model.component_data_objects(pyo.Objective, active=True))
    if len(objectives) != 1:
        raise SolverError(f"a model needs exactly one active objective; {model.name} has {len(objectives)}")
    if objectives[0].sense != pyo.minimize:
        raise SolverError(f"objective {objectives[0].name} is maximised; state it as a cost to be minimised")


def _standard_form(model: pyo.ConcreteModel) -> LinearStandardFormInfo:
    try:
        return LinearStandardFormCompiler().write(model, mixed_form=True)
    except (InvalidConstraintError, InvalidExpressionError) as error:
        raise SolverError(str(error)) from error
    except InfeasibleConstraintException as error:
        named = re.search(r"constraint, '(.*)'$", str(error))
        constraint = model.find_component(named.group(1)) if named else None
        if constraint is None:
            raise
        low, high = pyo.value(constraint.lower), pyo.value(constraint.upper)
        at = pyo.value(constraint.body)
        shown = f"it is {at}, at least {low} and at most {high} are asked (None: no limit)"
        raise TriviallyInfeasible(constraint.name, shown) from error


def _rows(info: LinearStandardFormInfo) -> tuple[csr_array, np.ndarray, np.ndarray, tuple[ConstraintData, ...]]:
    """One row per constraint; the compiler writes a constraint with two bounds as two neighbouring rows (+1, -1)."""
    kinds = np.fromiter((entry.bound_type for entry in info.rows), dtype=np.int8, count=len(info.rows))
    sides = np.asarray(info.rhs, dtype=np.float64)
    row_lower = np.where(kinds <= 0, sides, -np.inf)
    row_upper = np.where(kinds >= 0, sides, np.inf)
    candidates = np.flatnonzero((kinds[:-1] == 1) & (kinds[1:] == -1))
    twins = [i for i in candidates.tolist() if info.rows[i].constraint is info.rows[i + 1].constraint]
    matrix = info.A.tocsr()
    constraints = [entry.constraint for entry in info.rows]
    if twins:
        row_lower[twins] = sides[np.add(twins, 1)]
        kept = np.ones(len(sides), dtype=bool)
        kept[np.add(twins, 1)] = False
        matrix, row_lower, row_upper = matrix[kept], row_lower[kept], row_upper[kept]
        constraints = [constraint for constraint, keep in zip(constraints, kept.tolist(), strict=True) if keep]
    return matrix, row_lower, row_upper, tuple(constraints)


def _column_bounds(columns: list[VarData]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lower bounds, upper bounds and integrality of the columns, from their domains and their own bounds."""
    lower = np.empty(len(columns))
    upper = np.empty(len(columns))
    integrality = np.zeros(len(columns), dtype=bool)
    for j, variable in enumerate(columns):
        low, high = _bounds(variable)
        lower[j] = -math.inf if low is None else low
        upper[j] = math.inf if high is None else high
        if not variable.is_continuous():
            integrality[j] = True
            if not variable.is_integer():
                raise SolverError(f"variable {variable.name} is neither continuous nor integer: {variable.domain}")
    return lower, upper, integrality


def _bounds(variable: VarData) -> tuple[float | None, float | None]:
    try:
        return variable.bounds
    except ValueError as error:  # a bound that is not a number, or infinite on the wrong side
        raise SolverError(str(error)) from error


def _require_finite(program: Program) -> None:
    """A number that is not finite would be taken for "no limit", or would poison every sum."""
    left = np.where(np.isneginf(program.row_lower), 0.0, program.row_lower)
    right = np.where(np.isposinf(program.row_upper), 0.0, program.row_upper)
    for what, numbers, owners in (
        ("cost", program.costs, program.columns),
        ("lower side", left, program.constraints),
        ("upper side", right, program.constraints),
    ):
        wrong = np.flatnonzero(~np.isfinite(numbers))
        if wrong.size:
            raise SolverError(f"the {what} of {owners[wrong[0]].name} is {numbers[wrong[0]]}")
    wrong = np.flatnonzero(~np.isfinite(program.value))
    if wrong.size:
        row = int(np.searchsorted(program.start, wrong[0], side="right")) - 1
        name = program.columns[program.index[wrong[0]]].name
        raise SolverError(f"the coefficient of {name} in {program.constraints[row].name} is {program.value[wrong[0]]}")
    if not math.isfinite(program.cost_offset):
        raise SolverError(f"the constant part of the cost is {program.cost_offset}")
