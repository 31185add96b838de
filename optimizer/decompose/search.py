"""What a search was asked, what it has found, and how long it may go on."""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from optimizer.decompose.aim import Aim
from optimizer.model.outcome import Progress, SolveOptions, within_gap
from optimizer.plan.status import Status, StopReason

Told = Callable[[str | Progress], None]


class Interrupted(Exception):
    """The search was asked to stop."""


class TimeUp(Exception):
    """The time limit has passed."""


@dataclass
class Found:
    """What the search knows: the trunk of its best plan, what that costs and the bound, USD, and why it ended.

    Objective and bound are told with the `offset` of the aim.
    """

    trunk: np.ndarray | None = None
    objective: float | None = None
    bound: float = -math.inf
    offset: float = 0.0
    stop: StopReason = StopReason.OTHER_LIMIT
    infeasible: bool = False
    columns: int = 0
    integers: int = 0
    rows: int = 0
    rounds: int = 0
    detail: str = ""

    def closed(self, gap: float) -> bool:
        """Whether the bound proves the plan to be within the gap."""
        return self.objective is not None and within_gap(self.objective, self.bound, gap)

    def status(self, gap: float) -> Status:
        """How the search ended."""
        if self.infeasible:
            return Status.INFEASIBLE
        if self.objective is None:
            return Status.NO_PLAN
        return Status.OPTIMAL if self.closed(gap) else Status.FEASIBLE


def _nothing() -> None:
    """Keep nothing."""


@dataclass
class Search:
    """One search; `workers` is how many work on it, `keep` is called wherever it has learnt something."""

    aim: Aim
    options: SolveOptions
    workers: int
    told: Told
    stop: threading.Event
    keep: Callable[[], None] = _nothing
    found: Found = field(default_factory=Found)
    began: float = field(default_factory=time.perf_counter)
    last_counted: float = -math.inf

    def __post_init__(self) -> None:
        self.found.offset = self.aim.offset

    @property
    def closed(self) -> bool:
        """Whether the gap is proven."""
        return self.found.closed(self.options.gap)

    @property
    def fine(self) -> float:
        """A gap that leaves nothing to speak of of the one asked for."""
        return max(self.options.gap / 10.0, 1e-9)

    @property
    def strict(self) -> float:
        """The same; nothing at all where plans must keep a limit."""
        return 1e-9 if self.aim.is_limited else self.fine

    @property
    def slight(self) -> float:
        """A rise of the bound, USD, that is not worth a round."""
        return max(self.options.gap / 20.0, 1e-10) * max(1.0, abs(self.found.bound))

    @property
    def distance(self) -> float:
        """From the bound to the cost of the best plan, USD."""
        return math.inf if self.found.objective is None else self.found.objective - self.found.bound

    @property
    def left(self) -> float:
        """Seconds until the time limit."""
        limit = self.options.time_limit_seconds
        return math.inf if limit is None else max(0.0, limit - (time.perf_counter() - self.began))

    def bounded(self, bound: float) -> None:
        """A bound was proven, USD."""
        if bound > self.found.bound:
            self.found.bound = bound
            self.report()

    def refute(self, why: str) -> None:
        """There can be no plan."""
        self.found.infeasible, self.found.stop, self.found.detail = True, StopReason.PROOF, why

    def alive(self) -> None:
        """Raise Interrupted or TimeUp where the search must end."""
        if self.stop.is_set():
            raise Interrupted
        if self.left <= 0.0:
            raise TimeUp

    def counted(self, said: str) -> None:
        """Tell how far a step is, at most once a second."""
        now = time.perf_counter()
        if now - self.last_counted >= 1.0:
            self.last_counted = now
            self.told(said)

    def report(self) -> None:
        """Tell incumbent and bound."""
        found, offset = self.found, self.found.offset
        incumbent = None if found.objective is None else found.objective - offset
        bound = found.bound - offset if math.isfinite(found.bound) else None
        self.told(Progress(time.perf_counter() - self.began, incumbent, bound, found.rounds, offset))
