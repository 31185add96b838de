"""Why a case is infeasible: which families of limits conflict, in the words of the case.

Two questions, both from Chinneck, Feasibility and Infeasibility in Optimization, 2008. Which families conflict: each is
left out in turn, and stays out while the case remains infeasible without it; those that are left cannot hold together
(a deletion filter over families, which whole blocks do not mislead). Which rows would have to bend least: every row
gets a slack, and the least total slack, each measured against the size of its row, shows them (an elastic program).
"""

from dataclasses import replace

import numpy as np
from scipy.sparse import csr_array, hstack

from optimizer.ledger.decision import CHOICE
from optimizer.model import highs
from optimizer.model.arrays import Program
from optimizer.model.outcome import SolveOptions
from optimizer.plan.status import Status
from optimizer.rules.formulation import Formulation, Row
from optimizer.rules.money import MONEY
from optimizer.rules.rule import rules

LEAST_SLACK = 1e-6
TIME_LIMIT_SECONDS = 60.0
CHECK_SECONDS = 10.0
SHOWN = 5


def conflict(form: Formulation, program: Program) -> str:
    """The families that conflict, and the rows that would have to bend least and by how much, with its unit."""
    rows = np.array([constraint.parent_component().name for constraint in program.constraints])
    families = _deletion_filter(program, rows)
    lines = ["the case is infeasible; these families of limits cannot hold together: " + ", ".join(families)]
    lines += [f"  {rule.title}" for rule in rules() if any(one.startswith(f"{rule.CODE}-") for one in families)]
    outcome = highs.solve(_elastic(program), SolveOptions(gap=0.05, time_limit_seconds=TIME_LIMIT_SECONDS))
    if outcome.values is not None:
        slack = outcome.values[program.num_columns :].reshape(2, -1).max(axis=0)
        bent: dict[str, list[tuple[float, str, str]]] = {}
        for at in np.flatnonzero(slack > LEAST_SLACK):
            code, number = rows[at], program.constraints[at].index()
            row = form.rows[code][number]
            name, unit = form.row_name(code, number), _unit(row, form.case.settings.currency)
            bent.setdefault(code, []).append((float(slack[at]) * row.times, unit, name))
        lines.append("the least that would have to bend:")
        lines += [_line(sorted(names, reverse=True)) for _, names in sorted(bent.items())]
    return "\n".join(lines)


def _deletion_filter(program: Program, rows: np.ndarray) -> list[str]:
    """A set of families that conflict, none of which can be left out; `rows` holds the family of each row.

    A family whose check the time limit cuts off stays in the set, so the set may then be larger than it need be.
    """
    kept = sorted(set(rows.tolist()))
    for family in tuple(kept):
        rest = [name for name in kept if name != family]
        if _infeasible(program, np.isin(rows, rest)):
            kept = rest
    return kept


def _infeasible(program: Program, held: np.ndarray) -> bool:
    """Whether the rows `held` alone are proven infeasible; the columns keep their bounds."""
    relaxed = replace(
        program,
        costs=np.zeros(program.num_columns),
        cost_offset=0.0,
        row_lower=np.where(held, program.row_lower, -np.inf),
        row_upper=np.where(held, program.row_upper, np.inf),
    )
    outcome = highs.solve(relaxed, SolveOptions(gap=0.5, time_limit_seconds=CHECK_SECONDS))
    return outcome.status is Status.INFEASIBLE


def _unit(row: Row, currency: str) -> str:
    """What the row counts, in words; nothing where it ties choices to each other."""
    if row.unit == CHOICE:
        return ""
    return currency if row.unit == MONEY else row.unit


def _line(rows: list[tuple[float, str, str]]) -> str:
    shown = "; ".join(f"{name} (by {_amount(amount)} {unit}".rstrip() + ")" for amount, unit, name in rows[:SHOWN])
    more = f"; and {len(rows) - SHOWN} more" if len(rows) > SHOWN else ""
    return f"  {shown}{more}"


def _amount(amount: float) -> str:
    """Four digits, and never in powers of ten."""
    return f"{amount:,.0f}" if abs(amount) >= 1000.0 else f"{amount:.4g}"


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
