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
from optimizer.decompose.crew import Crew
from optimizer.decompose.master import Box
from optimizer.decompose.pricing import Pricing
from optimizer.decompose.search import Search
from optimizer.decompose.tenders.hull import End, Hull
from optimizer.decompose.tenders.levels import Stepped
from optimizer.errors import SolverError

EDGE = 0.1
"""Parts are split no nearer to an end of a range than this share of it."""
WORTH = 0.5
"""A trunk is priced if it saves this share of what is open."""
SECONDS = 10.0
"""For the levels of one bundle, at most."""
MOST_SUMS = 4
"""Tenders of several columns for each column of the trunk: where scenarios ask for others, splitting tells little."""
NOTHING = 1e-9
NOT_WHOLE = 1e-6


def by_steps(search: Search, crew: Crew, pricing: Pricing) -> bool:
    """Search by the steps of what bundles cost, where these are few and expected cost alone counts.

    Returns whether the search is over.
    """
    aim = search.aim
    if not aim.is_mean or aim.has_tail or aim.has_worst:
        return False
    search.told("looking for the steps of what scenarios cost")
    bundles = _levels(search, crew)
    if bundles is None:
        return False
    hull = Hull(pricing.master, bundles)
    if hull.sums.shape[0] > MOST_SUMS * pricing.master.size:
        return False
    Stepping(search, pricing, hull).run()
    return bool(search.closed or search.found.infeasible)


def _levels(search: Search, crew: Crew) -> list[Stepped] | None:
    """All bundles as levels; None where one has too many. The first is tried alone."""
    found: dict[int, Stepped] = {}
    for bundles in (range(1), range(1, crew.count)):
        for number, steps in crew.stepped(bundles, search.fine, SECONDS):
            if steps is None:
                return None
            found[number] = steps
            search.counted(f"looking for the steps of what scenarios cost: {len(found):,} of {crew.count:,}")
    return [found[number] for number in range(crew.count)]


@dataclass(frozen=True)
class Portion:
    """A box with (HULL-1) solved in it, and its bound, USD."""

    box: Box
    end: End
    bound: float


class Stepping:
    """The search of all parts, the lowest bound first."""

    def __init__(self, search: Search, pricing: Pricing, hull: Hull) -> None:
        self.search, self.master, self.pricing, self.hull = search, hull.master, pricing, hull
        self.numbers = itertools.count()
        self.waiting: list[tuple[float, int, Portion]] = []
        self.settled = math.inf
        self.liked, self.value = np.zeros(0), math.inf

    def run(self) -> None:
        """Split until the gap is proven, or nothing is left to be split."""
        self.search.told("splitting the tenders")
        self._put(self.hull.box, -math.inf)
        if not self.waiting and self.settled == math.inf and self.search.found.objective is None:
            self.search.refute("no trunk can be carried on in every scenario")
        while self.waiting and not self.search.closed:
            self.search.alive()
            self.search.counted(f"splitting the tenders: {len(self.waiting):,} parts are left")
            _, _, part = heapq.heappop(self.waiting)
            self._take(part)
            self._prove()
            self.search.keep()

    def _put(self, box: Box, bound: float) -> None:
        """Bound a part and keep it, unless it is empty or no better than the best plan."""
        narrowed = self.hull.narrowed(box)
        end = None if narrowed is None else self.hull.solved(narrowed)
        if narrowed is None or end is None:
            return
        part = Portion(narrowed, end, max(bound, end.cost))
        self._like(end.trunk)
        if self._is_over(part.bound):
            self.settled = min(self.settled, part.bound)
        else:
            heapq.heappush(self.waiting, (part.bound, next(self.numbers), part))

    def _is_over(self, bound: float) -> bool:
        best = self.search.found.objective
        return best is not None and not self._is_above(best, bound)

    def _is_above(self, cost: float, bound: float) -> bool:
        return cost > bound + NOTHING * max(1.0, abs(bound))

    def _prove(self) -> None:
        """(STEP-1)."""
        left = [self.settled, *(bound for bound, _, _ in self.waiting[:1])]
        best = self.search.found.objective
        if self.waiting or best is not None:
            self.search.bounded(min(left if best is None else [*left, best]))

    def _take(self, part: Portion) -> None:
        """Split a part, once the best trunk known is priced."""
        self._price(part.bound)
        column = self._dearest(part)
        if column is None or self._is_over(part.bound):
            self.settled = min(self.settled, part.bound)
            return
        whole = column < self.master.size and bool(self.hull.whole[column])
        low, high = float(part.box.lower[column]), float(part.box.upper[column])
        least, most = (low, high - 1.0) if whole else (low + EDGE * (high - low), high - EDGE * (high - low))
        at = max(least, min(float(self.hull.all_of(part.end.trunk)[column]), most))
        for half in part.box.split(column, at, whole):
            self._put(half, part.bound)

    def _dearest(self, part: Portion) -> int | None:
        """The column at which most is at stake, or one that is not whole, or one at which levels are mixed for nothing
        though they cost more together; None where there is none.
        """
        end, open_ = part.end, part.box.upper > part.box.lower
        column = int(np.argmax(end.stakes * open_))
        if (end.stakes * open_)[column] > NOTHING * max(1.0, abs(part.bound)):
            return column
        away = np.where(self.hull.whole, np.abs(end.trunk - np.rint(end.trunk)), 0.0)
        if away.max(initial=0.0) > NOT_WHOLE:
            return int(np.argmax(away))
        _, cost = self.hull.carried(end.trunk)
        column = int(np.argmax(end.spread * open_))
        is_mixed = self._is_above(cost, part.bound) and (end.spread * open_)[column] > NOTHING
        return column if is_mixed else None

    def _like(self, trunk: np.ndarray) -> None:
        """Remember the cheapest trunk that carries the levels that the relaxation's would."""
        needed, cost = self.hull.carried(trunk)
        made = self._carrying(needed) if math.isfinite(cost) else None
        if made is not None:
            _, cost = self.hull.carried(made)
            if cost < self.value:
                self.liked, self.value = made, cost

    def _carrying(self, needed: np.ndarray) -> np.ndarray | None:
        """The cheapest trunk that has what is needed; None where there is none."""
        program, size, asked = self.master.program, self.master.size, self.hull.asked
        matrix = csr_array(vstack([program.matrix[:, :size], asked], format="csr"))
        alone = replace(
            program, costs=program.costs[:size], col_lower=program.col_lower[:size], col_upper=program.col_upper[:size],
            integrality=program.integrality[:size], start=matrix.indptr.astype(np.int32),
            index=matrix.indices.astype(np.int32), value=matrix.data,
            row_lower=np.concatenate([program.row_lower, needed]),
            row_upper=np.concatenate([program.row_upper, np.full(len(needed), np.inf)]),
        )  # fmt: skip
        outcome = choosing.solved(self.search, alone, self.search.fine, self.search.left)
        self.search.alive()
        return None if outcome.values is None else self.master.clean(outcome.values)

    def _price(self, bound: float) -> None:
        """Price the best trunk known, where it is better than the best plan by enough.

        Raises SolverError where it costs less than its levels: then some are missing, and bounds cannot be trusted.
        """
        best, value = self.search.found.objective, self.value
        if value < math.inf and (best is None or best - value > WORTH * (best - bound)):
            self.value = math.inf
            self.pricing.price(self.liked)
            found = self.search.found.objective
            if found is not None and found < value - max(self.search.options.gap, NOTHING) * max(1.0, abs(value)):
                raise SolverError(f"a plan costs {found!r}, but steps prove {value!r}. Fix: use --decompose never")
