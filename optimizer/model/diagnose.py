"""Why a case is infeasible: which families of limits conflict, in the words of the case.

Every row of a family that may bend gets a slack; the least total slack, each measured against the size of its row,
shows which limits cannot hold together (an elastic program: Chinneck, Feasibility and Infeasibility in Optimization,
2008, chapter 6).
"""

from dataclasses import replace

import numpy as np
from scipy.sparse import csr_array, hstack

from optimizer.model import highs
from optimizer.model.arrays import Program
from optimizer.model.outcome import SolveOptions
from optimizer.rules.formulation import Formulation

LEAST_SLACK = 1e-6
TIME_LIMIT_SECONDS = 60.0
SHOWN = 5


def conflict(form: Formulation, program: Program) -> str:
    """One line a family in conflict, with the rows that must bend most and by how much (in the row's unit)."""
    elastic = _elastic(program)
    outcome = highs.solve(elastic, SolveOptions(gap=0.05, time_limit_seconds=TIME_LIMIT_SECONDS))
    if outcome.values is None:
        return "the case is infeasible; which limits conflict could not be found within the time limit"
    slack = outcome.values[program.num_columns :].reshape(2, -1).max(axis=0)
    families: dict[str, list[tuple[float, str]]] = {}
    for row in np.flatnonzero(slack > LEAST_SLACK):
        constraint = program.constraints[row]
        family = constraint.parent_component().name
        families.setdefault(family, []).append((float(slack[row]), form.row_name(family, constraint.index())))
    lines = [_line(family, sorted(rows, reverse=True)) for family, rows in sorted(families.items())]
    return "the case is infeasible; these limits cannot hold together with the rest:\n" + "\n".join(lines)


def _line(family: str, rows: list[tuple[float, str]]) -> str:
    shown = "; ".join(f"{name} (by {amount:,.4g})" for amount, name in rows[:SHOWN])
    more = f"; and {len(rows) - SHOWN} more" if len(rows) > SHOWN else ""
    return f"  {family}: {shown}{more}"


def _elastic(program: Program) -> Program:
    """The program with a slack down and a slack up on every row, and only the slacks in its cost."""
    m = program.num_rows
    size = np.maximum.reduce([_finite(program.row_lower), _finite(program.row_upper), np.ones(m)])
    matrix = hstack([program.matrix, _eye(m), -_eye(m)], format="csr")
    none = np.full(2 * m, np.inf)
    none[:m][~np.isfinite(program.row_lower)] = 0.0
    none[m:][~np.isfinite(program.row_upper)] = 0.0
    return replace(
        program,
        costs=np.concatenate([np.zeros(program.num_columns), 1.0 / size, 1.0 / size]),
        cost_offset=0.0,
        col_lower=np.concatenate([program.col_lower, np.zeros(2 * m)]),
        col_upper=np.concatenate([program.col_upper, none]),
        integrality=np.concatenate([program.integrality, np.zeros(2 * m, dtype=bool)]),
        start=matrix.indptr.astype(np.int32),
        index=matrix.indices.astype(np.int32),
        value=matrix.data.astype(np.float64),
        columns=(*program.columns, *program.columns[:1] * (2 * m)),
    )


def _eye(m: int) -> csr_array:
    return csr_array((np.ones(m), (np.arange(m), np.arange(m))), shape=(m, m))


def _finite(bounds: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(bounds), np.abs(bounds), 0.0)
