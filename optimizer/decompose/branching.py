"""Branch and bound on the trunk, for what Lagrangian bounds leave open.

Where bundles have whole numbers, the best Lagrangian bound may stay below the optimum: at its multipliers, bundles like
different trunks, or the trunk's own program likes another than they do. Where they differ most, the trunks are split
(dual decomposition: Caroe & Schultz, Operations Research Letters 24, 1999). In each part bundles are bounded again, and
bounds of a part hold in it alone.

  (SPLIT-1)  bound of a part  = least of the trunk's program in it, with the cuts of its own and of all
  (SPLIT-2)  proven bound     = least of the bounds of the parts that are left
A part ends when its bound passes the best plan, or when no trunk is in it. Where all like the same trunk, the part is
taken up again with more time: then the trunk costs the bound.
"""

import heapq
import itertools
import math
from dataclasses import dataclass, replace

import numpy as np

from optimizer.decompose.crew import Crew
from optimizer.decompose.master import Box, Master, Row
from optimizer.decompose.part import Asked, Bound
from optimizer.decompose.pricing import Pricing
from optimizer.decompose.search import Search
from optimizer.model import highs
from optimizer.model.outcome import TOLERANCE, Status

SAME = 1e-6
"""Trunks that differ by less than this share of a column's range are the same."""
PASSES = 3
RISE = 0.1
"""A pass over all bundles is worth another if it raised the bound by this share of what is open."""


@dataclass(frozen=True)
class Part:
    """A part of the trunks: its box, the cuts that hold in it alone, its bound in USD and seconds a bundle."""

    box: Box
    rows: tuple[Row, ...]
    bound: float
    seconds: float


@dataclass(frozen=True)
class Liked:
    """The best trunk of a part under the cuts, and the trunk that each bundle, by number, likes at its multiplier."""

    trunk: np.ndarray
    bundles: dict[int, np.ndarray]


class Branching:
    """The search of all parts, the lowest bound first."""

    def __init__(self, search: Search, master: Master, crew: Crew, pricing: Pricing) -> None:
        self.search, self.master, self.crew, self.pricing = search, master, crew, pricing
        self.numbers = itertools.count()
        self.waiting: list[tuple[float, int, Part]] = []
        self.known: set[bytes] = set()

    def run(self, seconds: float) -> None:
        """Split until the gap is proven; `seconds` is what a bundle is given at first."""
        self._put(Part(self.master.box, (), self.search.found.bound, seconds))
        while self.waiting and not self.search.closed:
            _, _, part = heapq.heappop(self.waiting)
            self._take(part)
            self._prove()
            self.search.keep()

    def _put(self, part: Part) -> None:
        heapq.heappush(self.waiting, (part.bound, next(self.numbers), part))

    def _prove(self) -> None:
        """(SPLIT-2)."""
        best = self.search.found.objective
        least = self.waiting[0][0] if self.waiting else math.inf
        if self.waiting or best is not None:
            self.search.bounded(min(least, math.inf if best is None else best))
        else:
            self.search.refute("no trunk can be carried on in every scenario")

    def _is_past(self, bound: float) -> bool:
        """Whether nothing with this bound can be better than the best plan by anything that counts."""
        best = self.search.found.objective
        return best is not None and bound >= best - TOLERANCE * 1e-2 * max(1.0, abs(best))

    def _take(self, part: Part) -> None:
        """Bound a part, price trunks of it, and split it."""
        self.search.told(f"splitting the trunks: {len(self.waiting) + 1:,} parts are left")
        bounded, liked = self._bounded(part)
        if bounded is None or liked is None or self._is_past(bounded.bound):
            return
        master, box = self.master, bounded.box
        mean = master.mean_of(liked.bundles)
        spread = self._spread(liked.bundles, mean)
        if len(liked.bundles) == len(master.views) and self._widest(box, spread, mean) is None:
            self._price(master.clean(mean))
        column = self._widest(box, spread + np.abs(liked.trunk - mean), mean)
        if column is not None:
            at = (liked.trunk[column] + mean[column]) / 2.0
            for half in box.split(column, at, bool(master.program.integrality[column])):
                self._put(replace(bounded, box=half))
        elif not self._is_past(bounded.bound):
            self._put(replace(bounded, seconds=2.0 * bounded.seconds))

    def _bounded(self, part: Part) -> tuple[Part | None, Liked | None]:
        """(SPLIT-1), raised by passes over all bundles, with the trunks that are liked; None where no trunk is in it.

        Passes are at the multipliers of the relaxation and, in turn, at those of the best trunk under the cuts.
        """
        liked: dict[int, np.ndarray] = {}
        for number in range(PASSES):
            before = part.bound
            trunk, bound = self._candidate(part)
            part = replace(part, bound=max(before, bound))
            if trunk is None or self._is_past(part.bound):
                return (None if bound == math.inf else part), None
            self._price(trunk)
            gradients = self._gradients(part, trunk, number % 2 == 1)
            if gradients is None:
                return None, None
            bounds = self._lagrangian(part, gradients)
            if any(bound.constant == math.inf for bound in bounds.values()):
                return None, None
            liked |= {bundle: bound.liked for bundle, bound in bounds.items() if bound.liked is not None}
            part = replace(part, rows=(*part.rows, *self.master.rows_of(bounds)))
            if number and part.bound - before < RISE * self._open(before):
                break
        return part, Liked(trunk, liked)

    def _open(self, bound: float) -> float:
        best = self.search.found.objective
        return math.inf if best is None else best - bound

    def _gradients(self, part: Part, trunk: np.ndarray, at_trunk: bool) -> dict[int, np.ndarray] | None:
        """Multipliers of every bundle; None where no trunk is in the part."""
        if at_trunk:
            bounds = self.crew.linear(self.master.shares(trunk))
            self.master.learn(dict(enumerate(bounds)))
            return {bundle: bound.gradient for bundle, bound in enumerate(bounds) if not bound.reach}
        end = self.master.linear_in(part.box, part.rows)
        if end is None:
            return None
        return self.pricing.gradients(end, self.master.shares(trunk), range(self.crew.count), part.rows)

    def _lagrangian(self, part: Part, gradients: dict[int, np.ndarray]) -> dict[int, Bound]:
        low, high = part.box.lower, part.box.upper
        views = self.master.views
        asked = {n: Asked(g, low[views[n].columns], high[views[n].columns]) for n, g in gradients.items()}
        return dict(self.crew.lagrangian(asked, self.search.strict, part.seconds, True))

    def _candidate(self, part: Part) -> tuple[np.ndarray | None, float]:
        """The best trunk of the part under the cuts, and the bound of the part; infinite where no trunk is in it."""
        options = replace(self.search.options, gap=self.search.fine, time_limit_seconds=self.search.left)
        outcome = highs.solve(self.master.whole(part.box, part.rows), options, stop_event=self.search.stop)
        self.search.alive()
        if outcome.status is Status.INFEASIBLE:
            return None, math.inf
        bound = -math.inf if outcome.bound is None else outcome.bound * self.master.unit
        return (None if outcome.values is None else self.master.clean(outcome.values)), bound

    def _price(self, trunk: np.ndarray | None) -> None:
        """Price a trunk that has not been priced."""
        if trunk is not None and trunk.tobytes() not in self.known:
            self.known.add(trunk.tobytes())
            self.pricing.price(trunk)

    def _spread(self, liked: dict[int, np.ndarray], mean: np.ndarray) -> np.ndarray:
        """How far bundles are from their mean, column by column, by probability."""
        spread = np.zeros(self.master.size)
        for number, trunk in liked.items():
            view = self.master.views[number]
            spread[view.columns] += view.probability * np.abs(trunk - mean[view.columns])
        return spread

    def _widest(self, box: Box, spread: np.ndarray, mean: np.ndarray) -> int | None:
        """The column of the largest spread as a share of its range, whole ones first; None where there is none."""
        span = np.where(np.isfinite(box.upper - box.lower), box.upper - box.lower, np.abs(mean) + 1.0)
        share = np.where(span > SAME, spread / np.maximum(span, SAME), 0.0)
        whole = self.master.program.integrality[: self.master.size]
        column = int(np.argmax(np.where(whole & (share > SAME), share + 1.0, share)))
        return column if share[column] > SAME else None
