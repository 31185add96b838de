"""How a solve ended: every way told apart, and what each permits."""

import math
import os
from dataclasses import dataclass, field

import numpy as np

from optimizer.errors import SolverError, UsageError
from optimizer.plan.status import Status, StopReason

# Two objective values closer than this (relative to the larger of 1 and their size) are the same number.
ROUNDING = 1e-9
# A row may be missed, and a bound be passed, by what solvers tolerate, relative to their size. So no smaller gap can be
# proven: objective and bound this close are called optimal even where a gap of 0 is asked.
TOLERANCE = 1e-6


def available_threads() -> int:
    """Number of processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(frozen=True)
class SolveOptions:
    """What is asked of a solver; `threads` is a ceiling, a single-threaded solver keeps it.

    Raises UsageError for a value no solver can honour.
    """

    gap: float = 1e-3
    time_limit_seconds: float | None = None
    threads: int = field(default_factory=available_threads)
    seed: int = 0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.gap) and self.gap >= 0):
            raise UsageError(f"the gap must be a number of at least 0, for example 0.001; it is {self.gap}")
        if self.time_limit_seconds is not None and not self.time_limit_seconds >= 0:
            raise UsageError(f"the time limit must be at least 0 seconds; it is {self.time_limit_seconds}")
        if self.threads < 1:
            raise UsageError(f"the number of threads must be at least 1; it is {self.threads}")
        if not 0 <= self.seed < 2**31:
            raise UsageError(f"the seed must be from 0 to 2147483647; it is {self.seed}")


@dataclass(frozen=True)
class Progress:
    """The best figures known so far: `incumbent` and `bound` are objective values, None while unknown.

    `offset` is what both are told without, and what their gap counts: see `Formulation.offset_usd`.
    """

    seconds: float
    incumbent: float | None
    bound: float | None
    nodes: int
    offset: float = 0.0

    @property
    def gap(self) -> float | None:
        """Distance of incumbent and bound, relative to the incumbent; None while one of them is unknown."""
        if self.incumbent is None or self.bound is None:
            return None
        return relative_gap(self.incumbent + self.offset, self.bound + self.offset)


@dataclass(frozen=True)
class Outcome:
    """The result of one solve; every program is minimised.

    `values` holds one value per column of the program, in its order, and is None unless `status.yields_plan`.
    `objective` is the cost of exactly these values, `bound` the best proven lower bound (None if none is known).
    `threads` and `seed` are those the solver ran with; `detail` holds what the solver said beside the result.
    """

    status: Status
    stop: StopReason
    objective: float | None
    bound: float | None
    values: np.ndarray | None
    seconds: float
    solver_name: str
    solver_version: str
    threads: int
    seed: int
    nodes: int
    lp_iterations: int
    detail: str

    @property
    def gap(self) -> float | None:
        """Distance of objective and bound, relative to the objective; None if one of them is unknown."""
        return relative_gap(self.objective, self.bound)


def relative_gap(incumbent: float | None, bound: float | None) -> float | None:
    """|incumbent - bound| / max(|incumbent|, 1e-10), or None if either is unknown or infinite."""
    if incumbent is None or bound is None or not (math.isfinite(incumbent) and math.isfinite(bound)):
        return None
    return abs(incumbent - bound) / max(abs(incumbent), 1e-10)


def within_gap(objective: float, bound: float | None, gap: float) -> bool:
    """Whether the bound proves the objective to be within `gap` of the optimum, or within what solvers tolerate."""
    if bound is None:
        return False
    return objective - bound <= max(gap * abs(objective), TOLERANCE * max(1.0, abs(objective)))


def is_proven(objective: float | None, bound: float | None) -> bool:
    """Whether objective and bound are known and the same number."""
    return objective is not None and bound is not None and objective - bound <= ROUNDING * max(1.0, abs(objective))


def bound_below(objective: float, bound: float | None, solver: str) -> float | None:
    """The bound, lowered to the objective where it is above it by rounding. Raises SolverError where it is by more."""
    if bound is None or bound <= objective:
        return bound
    if bound - objective > TOLERANCE * max(1.0, abs(bound)):
        raise SolverError(f"{solver} proved a bound of {bound!r}, but a plan costs only {objective!r}")
    return objective
