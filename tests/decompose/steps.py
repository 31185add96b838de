"""Bundles of one step, small enough to be bounded by hand."""

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
