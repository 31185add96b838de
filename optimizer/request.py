"""What is asked of a search, and how it is told what goes on: shared by everything that solves."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from optimizer.case.case import Case
from optimizer.model.outcome import Progress, SolveOptions, available_threads
from optimizer.plan.tree import AnyPlan


class Engine(Enum):
    """How a tree is solved: as one program, or cut into bundles that workers solve; by its size if neither is asked."""

    BY_SIZE = "auto"
    WHOLE = "never"
    SPLIT = "always"


@dataclass(frozen=True)
class Request:
    """How to solve. Blank gap and time limit are the case's own; a blank solver is HiGHS through our arrays.

    `cluster` is the address of a Dask scheduler whose workers solve a tree that is split; blank is this machine. A tree
    that keeps what its search knows in the file `checkpoint`, and goes on from it where it is there, is split.
    """

    gap: float | None = None
    time_limit_seconds: float | None = None
    threads: int | None = None
    seed: int = 0
    solver: str | None = None
    start: AnyPlan | None = None
    engine: Engine = Engine.BY_SIZE
    cluster: str | None = None
    checkpoint: Path | None = None


@dataclass(frozen=True)
class Step:
    """A step of the work begins; shown so that nothing is silent."""

    name: str


Listener = Callable[[Step | Progress], None]


def silent(_: Step | Progress) -> None:
    """Listen to nothing."""


def options(case: Case, request: Request) -> SolveOptions:
    """The request, its blanks filled from the settings of the case."""
    settings = case.settings
    return SolveOptions(
        gap=settings.mip_gap if request.gap is None else request.gap,
        time_limit_seconds=settings.time_limit_seconds
        if request.time_limit_seconds is None
        else request.time_limit_seconds,
        threads=request.threads or available_threads(),
        seed=request.seed,
    )


def left(limit: float | None, spent: float) -> float | None:
    """What is left of a time limit."""
    return limit if limit is None else max(0.0, limit - spent)


def after(case: Case, request: Request, began: float) -> Request:
    """The request with what is left of its time limit; `began` is a reading of the performance counter."""
    limit = options(case, request).time_limit_seconds
    return replace(request, time_limit_seconds=left(limit, time.perf_counter() - began))


def half(case: Case, request: Request) -> Request:
    """The request with half of its time limit."""
    limit = options(case, request).time_limit_seconds
    return replace(request, time_limit_seconds=None if limit is None else limit / 2.0)


def in_dollars(progress: Progress, unit: float, offset: float = 0.0) -> Progress:
    """Figures of the program, in its unit of money, as USD without an offset."""
    incumbent, bound = progress.incumbent, progress.bound
    return replace(
        progress,
        incumbent=None if incumbent is None else incumbent * unit - offset,
        bound=None if bound is None else bound * unit - offset,
        offset=offset,
    )
