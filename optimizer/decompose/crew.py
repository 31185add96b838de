"""Bundles at work: every question goes to all of them, or to some, on the workers that keep their programs."""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from optimizer.decompose import worker
from optimizer.decompose.envelope import Sought
from optimizer.decompose.fleet import Fleet
from optimizer.decompose.part import Asked, Bound, Decided, Price, Trunk, Wanted
from optimizer.decompose.tenders.levels import Stepped
from optimizer.plan.plan import Result
from optimizer.plan.tree import Branch

CHUNKS = 4
"""Pieces of quick work a worker and a round: enough to share work evenly, few enough to cost nothing."""
TOGETHER_SECONDS = 0.1
"""Bundles are asked together as long as they take no more than this."""


class Crew:
    """The bundles, numbered from 0 to `count`. `alive` is called while waiting and raises where work must end.

    `pace` is how many seconds a bundle took when some were asked last.
    """

    def __init__(self, fleet: Fleet, count: int, alive: Callable[[], None]) -> None:
        self.fleet, self.count, self.alive = fleet, count, alive
        pieces = min(count, CHUNKS * fleet.size)
        self.pace = math.inf
        self.chunks = [tuple(range(first, count, pieces)) for first in range(pieces)]

    def describe(self) -> list[tuple[Trunk, Bound]]:
        """What each bundle is, and what it would do alone."""
        return self._all(worker.describe)

    def linear(self, shares: Sequence[np.ndarray]) -> list[Bound]:
        """The relaxation of every bundle under its share of a trunk."""
        return self._all(worker.linear, shares)

    def lagrangian(
        self, asked: Mapping[int, Asked], gap: float, seconds: float, branch: bool
    ) -> Iterator[tuple[int, Bound]]:
        """Lagrangian bounds of some bundles, each as it is ready."""
        return self._some(worker.lagrangian, asked, gap, seconds, branch)

    def envelopes(self, sought: Mapping[int, Sought], gap: float, seconds: float) -> Iterator[tuple[int, Bound]]:
        """The highest Lagrangian bounds of some bundles at a trunk, each as it is ready."""
        return self._some(worker.envelopes, sought, gap, seconds)

    def stepped(self, bundles: Sequence[int], gap: float, seconds: float) -> Iterator[tuple[int, Stepped | None]]:
        """Some bundles as levels of their pieces, each as it is ready; None for too many to be found in so long."""
        return self._some(worker.stepped, dict.fromkeys(bundles, seconds), gap)

    def priced(
        self, wanted: Mapping[int, Wanted], gap: float, seconds: float, bearable: float = np.inf
    ) -> Iterator[tuple[int, Price]]:
        """Costs of some bundles under their shares of a trunk, each as it is ready."""
        return self._some(worker.priced, wanted, gap, seconds, bearable)

    def held(self, plans: Sequence[Decided]) -> list[Bound]:
        """The relaxation of every bundle under its share of a trunk, with the whole numbers of a plan."""
        return self._all(worker.held, plans)

    def finished(self, plans: Sequence[Decided], template: Result) -> list[Branch]:
        """The plan of every scenario under a trunk, bundle by bundle."""
        found = self._all(worker.finished, plans, template)
        return [branch for branches in found for branch in branches]

    def _all(self, work: Callable[..., Any], given: Sequence[Any] | None = None, *more: Any) -> list[Any]:
        """One answer a bundle, in order."""
        tasks: list[tuple[Any, ...]] = []
        for chunk in self.chunks:
            own = () if given is None else ([given[number] for number in chunk],)
            tasks.append((chunk, *own, *more))
        answers: list[Any] = [None] * self.count
        for number, got in self.fleet.each(work, tasks, self.alive):
            for bundle, answer in zip(self.chunks[number], got, strict=True):
                answers[bundle] = answer
        return answers

    def _some(self, work: Callable[..., Any], given: Mapping[int, Any], *more: Any) -> Iterator[tuple[int, Any]]:
        """Answers of the bundles that something is given to, each as it is ready."""
        pieces = list(self._pieces(list(given)))
        tasks = [(piece, [given[bundle] for bundle in piece], *more) for piece in pieces]
        homes = [piece[0] % len(self.chunks) for piece in pieces]
        began, done = time.perf_counter(), 0
        for number, answers in self.fleet.each(work, tasks, self.alive, homes):
            done += len(answers)
            self.pace = (time.perf_counter() - began) * self.fleet.size / done
            yield from zip(pieces[number], answers, strict=True)

    def _pieces(self, bundles: Sequence[int]) -> Iterator[tuple[int, ...]]:
        """Bundles of one home, in the order they were asked in, as many together as take little time."""
        most = max(1, min(int(TOGETHER_SECONDS / self.pace), len(bundles) // len(self.chunks)))
        homes: list[list[int]] = [[] for _ in self.chunks]
        for bundle in bundles:
            home = homes[bundle % len(self.chunks)]
            home.append(bundle)
            if len(home) == most:
                yield tuple(home)
                home.clear()
        yield from (tuple(home) for home in homes if home)
