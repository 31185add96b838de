"""Branch and bound on what bundles ask of the trunk, where what they cost are steps that are known.

Parts are bounded by (HULL-1) and split in the space of the tenders (Ahmed, Tawarmalani & Sahinidis, Mathematical
Programming 100, 2004), where mixed levels are dearest, or at a whole number of the trunk.

  (STEP-1)  proven bound = least of the bounds of the parts that are left
"""

import heapq
import itertools
import math
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array, vstack

from optimizer.decompose import choosing
from optimizer.decompose.hull import End, Hull
from optimizer.decompose.master import Box, Master
from optimizer.decompose.polish import polished
from optimizer.decompose.pricing import Pricing
from optimizer.decompose.crew import Crew
from optimizer.decompose.search import Search

EDGE = 0.1
"""Parts are split no nearer to an end of a range than this share of it."""
WORTH = 0.5
"""A trunk is priced if it saves this share of what is open."""
ROOM = 2e-6
"""Trunks are made a little larger than the relaxation says: levels need a little more than they say."""
NOTHING = 1e-9


@dataclass(frozen=True)
class Part:
    """A box with (HULL-1) solved in it, and its bound, USD."""

    box: Box
    end: End
    bound: float


class Stepping:
    """The search of all parts, the lowest bound first."""

    def __init__(self, search: Search, master: Master, crew: Crew, pricing: Pricing, hull: Hull) -> None:
        self.search, self.master, self.crew, self.pricing, self.hull = search, master, crew, pricing, hull
        self.numbers = itertools.count()
        self.waiting: list[tuple[float, int, Part]] = []
        self.settled = math.inf
        self.liked, self.value = np.zeros(0), math.inf

    def run(self) -> None:
        """Split until the gap is proven, or nothing is left to be split."""
        self._put(self.hull.box, -math.inf)
        if not self.waiting:
            self.search.refute("no trunk can be carried on in every scenario")
        while self.waiting and not self.search.closed:
            self.search.alive()
            self.search.told(f"splitting the tenders: {len(self.waiting):,} parts are left")
            _, _, part = heapq.heappop(self.waiting)
            self._take(part)
            self._prove()
            self.search.keep()
        self._polish()

    def _put(self, box: Box, bound: float) -> None:
        """Bound a part and keep it, unless it is empty or no better than the best plan."""
        narrowed = self.hull.narrowed(box)
        end = None if narrowed is None else self.hull.solved(narrowed)
        if narrowed is None or end is None:
            return
        part = Part(narrowed, end, max(bound, end.cost))
        self._like(end.trunk)
        if self._is_over(part.bound):
            self.settled = min(self.settled, part.bound)
        else:
            heapq.heappush(self.waiting, (part.bound, next(self.numbers), part))

    def _is_over(self, bound: float) -> bool:
        best = self.search.found.objective
        return best is not None and bound >= best - NOTHING * max(1.0, abs(best))

    def _prove(self) -> None:
        """(STEP-1)."""
        self.search.bounded(min([self.settled, *(bound for bound, _, _ in self.waiting[:1])]))

    def _take(self, part: Part) -> None:
        """Split a part, once the best trunk known is priced."""
        self._price(part.bound)
        if self._is_over(part.bound):
            self.settled = min(self.settled, part.bound)
            return
        column = self._dearest(part)
        if column is None:
            self.settled = min(self.settled, part.bound)
            return
        whole = column < self.master.size and bool(self.hull.whole[column])
        at = float(self.hull.all_of(part.end.trunk)[column])
        if not whole:
            low, high = float(part.box.lower[column]), float(part.box.upper[column])
            at = max(low + EDGE * (high - low), min(at, high - EDGE * (high - low)))
        for half in part.box.split(column, at, whole):
            self._put(half, part.bound)

    def _dearest(self, part: Part) -> int | None:
        """The column at which most is at stake; None where nothing is."""
        column = int(np.argmax(part.end.stakes))
        return column if part.end.stakes[column] > NOTHING * max(1.0, abs(part.bound)) else None

    def _like(self, trunk: np.ndarray) -> None:
        """Remember the cheapest trunk that carries what the relaxation would."""
        made = self._carrying(trunk)
        value = math.inf if made is None else self.hull.value(made)
        if made is not None and value < self.value:
            self.liked, self.value = made, value

    def _carrying(self, trunk: np.ndarray) -> np.ndarray | None:
        """The cheapest trunk whose tenders are no less; None where there is none."""
        program, size = self.hull.master.program, self.master.size
        sums = self.hull.asked
        matrix = csr_array(vstack([program.matrix[:, :size], sums], format="csr"))
        least = sums @ trunk
        least = least + ROOM * np.maximum(1.0, np.abs(least))
        whole = replace(
            program, costs=program.costs[:size], col_lower=program.col_lower[:size], col_upper=program.col_upper[:size],
            integrality=program.integrality[:size], start=matrix.indptr.astype(np.int32),
            index=matrix.indices.astype(np.int32), value=matrix.data,
            row_lower=np.concatenate([program.row_lower, np.minimum(least, self.hull.most)]),
            row_upper=np.concatenate([program.row_upper, np.full(len(least), np.inf)]),
        )  # fmt: skip
        outcome = choosing.solved(self.search, whole, self.search.fine, self.search.left)
        self.search.alive()
        return None if outcome.values is None else self.master.clean(outcome.values)

    def _price(self, bound: float) -> None:
        """Price the best trunk known, where it is better than the best plan by enough."""
        best = self.search.found.objective
        if self.value < math.inf and (best is None or best - self.value > WORTH * (best - bound)):
            self.value = math.inf
            self.pricing.price(self.liked)

    def _polish(self) -> None:
        """The cheapest trunk for the whole numbers of the best plan: it was made a little too large."""
        if self.pricing.best is not None:
            better = polished(self.search, self.master, self.crew, self.pricing.best)
            if better is not None:
                self.pricing.price(better)
