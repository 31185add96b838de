"""Bundles at work: every question goes to all of them, or to some, on the workers that keep their programs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from optimizer.decompose import worker
from optimizer.decompose.fleet import Fleet
from optimizer.decompose.part import Asked, Bound, Decided, Price, Trunk, Wanted
from optimizer.plan.plan import Result
from optimizer.plan.tree import Branch

CHUNKS = 4
"""Pieces of quick work a worker and a round: enough to share work evenly, few enough to cost nothing."""


class Crew:
    """The bundles, numbered from 0 to `count`. `alive` is called while waiting and raises where work must end."""

    def __init__(self, fleet: Fleet, count: int, alive: Callable[[], None]) -> None:
        self.fleet, self.count, self.alive = fleet, count, alive
        pieces = min(count, CHUNKS * fleet.size)
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

    def priced(
        self, wanted: Mapping[int, Wanted], gap: float, seconds: float, bearable: float = np.inf
    ) -> Iterator[tuple[int, Price]]:
        """Costs of some bundles under their shares of a trunk, each as it is ready."""
        return self._some(worker.priced, wanted, gap, seconds, bearable)

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
        bundles = list(given)
        tasks = [((bundle,), [given[bundle]], *more) for bundle in bundles]
        homes = [bundle % len(self.chunks) for bundle in bundles]
        for number, (answer,) in self.fleet.each(work, tasks, self.alive, homes):
            yield bundles[number], answer
