"""Bundles of one step, small enough to be bounded by hand."""

from collections.abc import Sequence

import numpy as np

from optimizer.decompose.part import Part
from optimizer.model.arrays import Program


def step(at: float, upper: float, weak: bool = False) -> Part:
    """A shared column x from 0 to `upper` costs 1 a unit; from `at` on it can serve what is worth 10.

    `weak` leaves the relaxation half of that at x = 0: the row is x - 2 at z >= -at.
    """
    slope, side = (2.0 * at, -at) if weak else (at, 0.0)
    program = Program(
        costs=np.array([1.0, -10.0]), cost_offset=0.0, col_lower=np.zeros(2), col_upper=np.array([upper, 1.0]),
        integrality=np.array([False, True]), start=np.array([0, 2], dtype=np.int32),
        index=np.array([0, 1], dtype=np.int32), value=np.array([1.0, -slope]), row_lower=np.array([side]),
        row_upper=np.array([np.inf]), columns=(), constraints=(),
    )  # fmt: skip
    return Part(((("x", ()), 0),), np.array([0]), np.array([False]), 1.0, program)


def rows(terms: Sequence[tuple[dict[int, float], float, float]], columns: int) -> tuple[np.ndarray, ...]:
    """Start, index, value and sides of a program whose rows are given by their terms; zeros are kept."""
    start = np.cumsum([0, *(len(one) for one, _, _ in terms)]).astype(np.int32)
    index = np.array([column for one, _, _ in terms for column in one], dtype=np.int32)
    assert index.max(initial=-1) < columns
    value = np.array([factor for one, _, _ in terms for factor in one.values()])
    lower, upper = (np.array([one[side] for one in terms], dtype=np.float64) for side in (1, 2))
    return start, index, value, lower, upper
