"""Branch and bound on the trunk, for what Lagrangian bounds leave open.

Where bundles have whole numbers, the best Lagrangian bound may stay below the optimum: at its multipliers, bundles like
different trunks, or the trunk's own program likes another than they do. Where they differ most, the trunks are split
(dual decomposition: Caroe & Schultz, Operations Research Letters 24, 1999). In each part bundles are bounded again, and
bounds of a part hold in it and in the parts it is split into: see region.py.

  (SPLIT-2)  proven bound = least of the bounds of the parts that are left
A part ends when its bound passes the best plan, or when no trunk is in it. Where all like the same trunk, the part is
taken up again with more time: then the trunk costs the bound.
"""

import heapq
import itertools
import math
import time
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from optimizer.decompose.crew import Crew
from optimizer.decompose.master import Box, Master
from optimizer.decompose.polish import polished
from optimizer.decompose.pricing import Pricing
from optimizer.decompose.region import Bounding, Region
from optimizer.decompose.search import Search

SAME = 1e-6
"""Trunks that differ by less than this share of a column's range are the same."""
PRICED = 0.25
"""Trunks are priced for at most this share of the time."""
EDGE = 0.1
"""Parts are split no nearer to an end of a column's range than this share of it."""
HALF = 0.5
NOTHING = 1e-10


class Branching:
    """The search of all parts, the lowest bound first."""

    def __init__(self, search: Search, master: Master, crew: Crew, pricing: Pricing) -> None:
        self.search, self.master, self.crew, self.pricing = search, master, crew, pricing
        self.bounding = Bounding(search, master, crew, pricing, self._rises)
        self.numbers = itertools.count()
        self.waiting: list[tuple[float, int, Region]] = []
        self.known: set[bytes] = set()
        self.began, self.priced_seconds = time.perf_counter(), 0.0

    def run(self, seconds: float, core: np.ndarray) -> None:
        """Split until the gap is proven; `seconds` is what a bundle is given at first, `core` the best trunk known."""
        self.search.told("splitting the trunks")
        self._put(Region(self.master.box, (), self.search.found.bound, seconds, core, {}))
        while self.waiting and not self.search.closed:
            _, _, part = heapq.heappop(self.waiting)
            self._take(part)
            self._prove()
            self.search.keep()

    def _put(self, part: Region) -> None:
        heapq.heappush(self.waiting, (part.bound, next(self.numbers), part))

    def _prove(self) -> None:
        """(SPLIT-2)."""
        best = self.search.found.objective
        if self.waiting or best is not None:
            self._rises(math.inf if best is None else best)
        else:
            self.search.refute("no trunk can be carried on in every scenario")

    def _rises(self, bound: float) -> None:
        """(SPLIT-2), where the part that is looked at has this bound."""
        self.search.bounded(min([bound, *(least for least, _, _ in self.waiting[:1])]))

    def _take(self, part: Region) -> None:
        """Bound a part, price trunks of it, and split it."""
        self.search.counted(f"splitting the trunks: {len(self.waiting) + 1:,} parts are left")
        part, trunk = self.bounding.foreseen(part)
        if trunk is not None:
            self._try(part, self.master.high_of(part.liked, trunk))
            part, trunk = self.bounding.raised(part, trunk)
        if trunk is None or self.bounding.is_past(part.bound):
            return
        liked = part.liked
        mean = self.master.mean_of(liked)
        spread = self._spread(liked, mean)
        if len(liked) == self.crew.count and self._widest(part.box, spread, mean) is None:
            self._price(part, self.master.clean(mean))
        else:
            self._try(part, self.master.clean(part.core), trunk)
        column = self._dearest(part, liked)
        if column is None:
            column = self._widest(part.box, spread + np.abs(trunk - mean), mean)
        if column is not None:
            self._split(part, column, float(np.maximum(part.core, self.master.high_of(liked, mean))[column]))
        elif not self.bounding.is_past(part.bound):
            self._put(replace(part, seconds=2.0 * part.seconds))

    def _split(self, part: Region, column: int, most: float) -> None:
        """Split at the core; `most` is the highest value of the column that anything likes."""
        whole, box = bool(self.master.program.integrality[column]), part.box
        at = _inside(float(box.lower[column]), float(min(box.upper[column], most)), float(part.core[column]), whole)
        for half in box.split(column, at, whole):
            self._put(replace(part, box=half, core=np.clip(part.core, half.lower, half.upper)))

    def _try(self, part: Region, *trunks: np.ndarray) -> None:
        """Price trunks that the rows of the trunk allow, for no more than a share of the time."""
        for trunk in trunks:
            now = time.perf_counter()
            if self.priced_seconds <= PRICED * (now - self.began) and self.master.admits(trunk):
                self._price(part, trunk)
                self.priced_seconds += time.perf_counter() - now

    def _price(self, part: Region, trunk: np.ndarray) -> None:
        """Price a trunk of the part that has not been priced."""
        if trunk.tobytes() not in self.known:
            self.known.add(trunk.tobytes())
            before = self.pricing.best
            self.pricing.price(trunk, part.bounds)
            if self.pricing.best is not None and self.pricing.best is not before:
                better = polished(self.search, self.master, self.crew, self.pricing.best)
                if better is not None:
                    self.pricing.price(better)

    def _dearest(self, part: Region, liked: Mapping[int, np.ndarray]) -> int | None:
        """The column in which trunks that bundles like are dearest to bring to the core, at their multipliers."""
        score = np.zeros(self.master.size)
        for number, trunk in liked.items():
            view, bound = self.master.views[number], part.bounds[number]
            score[view.columns] += view.probability * np.abs(bound.gradient * (trunk - part.core[view.columns]))
        span = part.box.upper - part.box.lower
        score[span <= SAME * np.maximum(1.0, np.abs(part.core))] = 0.0
        column = int(np.argmax(score))
        return column if score[column] > NOTHING * max(1.0, abs(part.bound)) else None

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


def _inside(low: float, high: float, at: float, whole: bool) -> float:
    """Where a column that may be from low to high is split: at a value, but not at an end."""
    edge = HALF if whole else EDGE * (high - low)
    return max(low, min(max(at, low + (0.0 if whole else edge)), high - edge))
