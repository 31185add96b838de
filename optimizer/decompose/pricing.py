"""What trunks cost with the whole numbers of their bundles, and more work on the best of them."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from optimizer.decompose import choosing
from optimizer.decompose.checkpoint import Checkpoint, Memo
from optimizer.decompose.crew import Crew
from optimizer.decompose.master import Master, Row
from optimizer.decompose.part import Asked, Bound
from optimizer.decompose.search import Search
from optimizer.decompose.standing import Efforts, Side, Standing
from optimizer.model.warm import LinearEnd

FIRST_SECONDS = 2.0
"""For the whole numbers of one bundle; doubled each time it is taken up again."""
AT_ONCE = 4
"""Bundles taken up again for each worker, at least."""
SHARE_AT_ONCE = 8
HALF = 0.5
SHOWN = 20
NO_BOUNDS: Mapping[int, Bound] = MappingProxyType({})


class Pricing:
    """Plans for trunks. `bounds` are the best Lagrangian bounds of the bundles, `best` is the best trunk."""

    def __init__(self, search: Search, master: Master, crew: Crew) -> None:
        self.search, self.master, self.crew = search, master, crew
        self.bounds: dict[int, Bound] = {}
        self.best: Standing | None = None
        self.underway: Standing | None = None
        self.efforts = Efforts(search.aim, FIRST_SECONDS)

    def known(self) -> Checkpoint:
        """All that is worth keeping."""
        end = self.master.linear()
        holding = [] if end is None else self.master.holding(end)
        best, underway = (None if one is None else one.memo for one in (self.best, self.underway))
        least = np.array(self.search.aim.least)
        return Checkpoint(self.search.found.bound, tuple(holding), self.bounds, best, underway, least)

    def resume(self, known: Checkpoint) -> None:
        """Go on from what was kept; its bound is that of a regret against the least costs of then."""
        self.bounds |= known.bounds
        if np.array_equal(known.least, self.search.aim.least):
            self.search.bounded(known.bound)
        if known.best is not None:
            self._adopt(self._standing(known.best))
        for bounds in known.holding:
            self.master.learn(bounds)
        self.learn(known.bounds.items())
        if known.underway is not None:
            self._priced(self._standing(known.underway))

    def _standing(self, memo: Memo) -> Standing:
        shares = self.master.shares(memo.trunk)
        return Standing(memo.trunk, shares, memo.costs, memo.floors, self._known(shares), list(memo.wholes))

    def price(self, trunk: np.ndarray, here: Mapping[int, Bound] = NO_BOUNDS) -> None:
        """Find out what the trunk costs, until it has no plan in some bundle or cannot be better than the best.

        `here` are bounds of bundles, by number, that hold at this trunk.
        """
        shares = self.master.shares(trunk)
        bounds = self.crew.linear(shares)
        reaches = {number: bound for number, bound in enumerate(bounds) if bound.reach}
        if reaches:
            self.master.learn(reaches)
            return
        relaxed = np.array([bound.at(share) for bound, share in zip(bounds, shares, strict=True)])
        floors = np.maximum(relaxed, _least(here, shares))
        self._priced(Standing.fresh(trunk, shares, floors, np.maximum(relaxed, self._known(shares))))

    def _priced(self, standing: Standing) -> None:
        """Plans for the bundles that have none."""
        search, shares = self.search, standing.shares
        said = "pricing a trunk with whole numbers in every scenario"
        search.told(said)
        order = search.aim.order(standing.least).tolist()
        missing = {bundle: standing.wanted(bundle) for bundle in order if standing.wholes[bundle] is None}
        done = len(shares) - len(missing)
        self.underway = standing
        for bundle, price in self.crew.priced(missing, search.fine, self._seconds(len(missing)), search.options.gap):
            standing.take(bundle, price)
            if price.cost is None or self._is_dear(standing):
                self.underway = None
                return
            done += 1
            if done < len(shares):
                search.counted(f"{said}: {done:,} of {len(shares):,}")
            search.keep()
        self._mend(standing)
        self.underway = None
        self._adopt(standing)

    def _mend(self, standing: Standing) -> None:
        """Cheaper plans of the bundles that pass a limit, as long as it may yet be kept."""
        aim, efforts = self.search.aim, Efforts(self.search.aim, FIRST_SECONDS)
        while aim.keeps(standing.least):
            passing = np.flatnonzero(aim.passing(standing.costs)).tolist()
            chosen = [b for b in passing if standing.is_open(Side.PLAN, b) and (Side.PLAN, b) not in efforts.vain]
            if not chosen:
                return
            self.search.told("looking for plans that keep the limit")
            for _ in self._replan(standing, chosen, efforts, self.search.strict):
                self.search.keep()

    def _seconds(self, count: int) -> float:
        """For each of so many bundles: fewer where the time limit would otherwise end the search without a plan."""
        if self.search.found.objective is not None:
            return FIRST_SECONDS
        return min(FIRST_SECONDS, HALF * self.search.left * self.search.workers / max(1, count))

    def _known(self, shares: Sequence[np.ndarray]) -> np.ndarray:
        """What the bundles cost at least, by their Lagrangian bounds."""
        return _least(self.bounds, shares)

    def _is_dear(self, standing: Standing) -> bool:
        """Whether a trunk, priced in part, cannot keep the limits, or cannot be better than the best."""
        aim, best = self.search.aim, self.search.found.objective
        if not aim.keeps(standing.least):
            return True
        return (
            best is not None
            and aim.value(np.where(np.isfinite(standing.costs), standing.costs, standing.least)) >= best
        )

    def _adopt(self, standing: Standing) -> None:
        """Take a trunk with a plan in every bundle as the best, if it is and keeps the limits."""
        search, value = self.search, self.search.aim.value(standing.costs)
        if not search.aim.keeps(standing.costs):
            return
        if search.found.objective is None or value < search.found.objective:
            if standing is not self.best:
                self.efforts = Efforts(search.aim, FIRST_SECONDS)
            self.best, search.found.trunk, search.found.objective = standing, standing.trunk, value
            search.report()

    def learn(self, asked: Iterable[tuple[int, Bound]]) -> None:
        """Take Lagrangian bounds as they come, until the gap is proven."""
        fresh: set[int] = set()
        try:
            for bundle, bound in asked:
                self.bounds[bundle] = bound
                fresh.add(bundle)
                self.search.keep()
                if len(fresh) * SHOWN >= self.crew.count:
                    self._average(fresh)
                    fresh.clear()
                    if self.search.closed:
                        return
        finally:
            self._average(fresh)

    def _average(self, fresh: Iterable[int]) -> None:
        """Cuts of the groups that have fresh bounds, once all of their bundles have one, and what they prove."""
        whole = [b for b in fresh if all(member in self.bounds for member in self.master.group_of(b))]
        if whole:
            self.master.learn({m: self.bounds[m] for b in whole for m in self.master.group_of(b)})
            end = self.master.linear()
            if end is not None:
                self.search.bounded(end.objective * self.master.unit)

    def refine(self, to_the_end: bool) -> None:
        """More seconds for the bundles of the best trunk that leave most open, until none does or the gap is proven.

        Unless `to_the_end`, it ends when another trunk would bring more.
        """
        while self.best is not None and not self.search.closed:
            self.search.keep()
            best = self.best
            best.known = np.maximum(best.known, self._known(best.shares))
            count = max(AT_ONCE * self.search.workers, len(best.shares) // SHARE_AT_ONCE)
            chosen = self.efforts.largest(best, count)
            if not chosen or (not to_the_end and self._elsewhere(best)):
                return
            self.search.told("working on the bundles that leave most open")
            plans = [bundle for side, bundle in chosen if side is Side.PLAN]
            for _ in self._replan(best, plans, self.efforts, self.search.fine):
                self._adopt(best)
            known = len(self.master.cuts)
            self.learn(self._rebound(best, [bundle for side, bundle in chosen if side is Side.BOUND]))
            if len(self.master.cuts) > known:
                choosing.best(self.search, self.master, choosing.EXACT)

    def _elsewhere(self, best: Standing) -> bool:
        """Whether more than half of the gap would be left if every bundle of the best trunk were solved to the end."""
        return self.search.aim.value(best.known) - self.search.found.bound > HALF * self.search.distance

    def _replan(self, standing: Standing, bundles: Sequence[int], efforts: Efforts, gap: float) -> Iterator[int]:
        """Cheaper plans, each bundle as it is done."""
        for seconds, group in _by_seconds(efforts, Side.PLAN, bundles):
            wanted = {bundle: standing.wanted(bundle) for bundle in group}
            for bundle, price in self.crew.priced(wanted, gap, seconds):
                before = standing.open(Side.PLAN, bundle)
                standing.take(bundle, price)
                efforts.noted(Side.PLAN, bundle, before, standing.open(Side.PLAN, bundle))
                yield bundle

    def _rebound(self, best: Standing, bundles: Sequence[int]) -> Iterator[tuple[int, Bound]]:
        """Higher bounds, where the relaxation stands now."""
        end = self.master.linear()
        gradients: Mapping[int, np.ndarray] = {} if end is None else self.gradients(end, best.shares, bundles)
        self.efforts.vain |= {(Side.BOUND, bundle) for bundle in bundles if bundle not in gradients}
        for seconds, group in _by_seconds(self.efforts, Side.BOUND, [b for b in bundles if b in gradients]):
            asked = {bundle: Asked(gradients[bundle]) for bundle in group}
            for bundle, bound in self.crew.lagrangian(asked, self.search.fine, seconds, True):
                before, now = best.open(Side.BOUND, bundle), bound.at(best.shares[bundle])
                risen = now > best.known[bundle]
                best.known[bundle] = max(best.known[bundle], now)
                self.efforts.noted(Side.BOUND, bundle, before, best.open(Side.BOUND, bundle))
                if risen:
                    yield bundle, bound

    def gradients(
        self, end: LinearEnd, shares: Sequence[np.ndarray], bundles: Iterable[int], more: Sequence[Row] = ()
    ) -> dict[int, np.ndarray]:
        """Multipliers of the relaxation, and of bundles that hold nothing of it up those of their own at a trunk."""
        found = self.master.multipliers(end, more)
        if all(bundle in found for bundle in bundles):
            return found
        own = dict(enumerate(self.crew.linear(shares)))
        self.master.learn(own)
        return {bundle: bound.gradient for bundle, bound in own.items() if not bound.reach} | found


def _least(bounds: Mapping[int, Bound], shares: Sequence[np.ndarray]) -> np.ndarray:
    """What bounds of some bundles, by number, say at a trunk; nothing of the others."""
    return np.array([bounds[n].at(share) if n in bounds else -math.inf for n, share in enumerate(shares)])


def _by_seconds(efforts: Efforts, side: Side, bundles: Sequence[int]) -> Iterator[tuple[float, list[int]]]:
    groups: dict[float, list[int]] = {}
    for bundle in bundles:
        groups.setdefault(efforts.give(side, bundle), []).append(bundle)
    yield from sorted(groups.items())
