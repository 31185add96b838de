"""The L-shaped search: the trunk's program is held up by cuts of the bundles, its solutions are priced by them.

0 step     where what each bundle costs is a step function with few steps: branch and bound on those, and no more
1 relax    cuts of the relaxation at points between its solution and the best known one (in-out: Ben-Ameur & Neto,
           Networks 49, 2007; Fischetti, Ljubic & Sinnl, Management Science 63, 2017), until its bound stalls; where
           CVaR alone, the worst case or the largest regret is minimised, the solution of least expected cost that
           costs little more takes its place, here and in the next step
2 choose   the trunk's whole numbers, cut half way to the best point of the relaxation as long as that tells more, and
           then at themselves until the trunk's program knows what they cost in the relaxation
3 price    that trunk with whole numbers in every bundle: a plan
4 lift     once: Lagrangian bounds at the multipliers of the relaxation, what whole numbers in the bundles cost at least
5 refine   more seconds for the bundles that leave most open, a cheaper plan or a higher bound, until the gap is proven
           or another trunk looks better
6 split    what is left then: branch and bound on the trunk
Where CVaR alone, the worst case or the largest regret is minimised, a second search follows: see spared.py.
"""

import math
import threading
import time
from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np

from optimizer.case.scenario import Scenario
from optimizer.decompose.aim import Aim
from optimizer.decompose.branching import Branching
from optimizer.decompose.bundle import Cut
from optimizer.decompose.checkpoint import Checkpoint, Keeper
from optimizer.decompose.choosing import EXACT, ROUGH, best, kindest
from optimizer.decompose.crew import Crew
from optimizer.decompose.fleet import Fleet
from optimizer.decompose.master import MOST_GROUPS, Master
from optimizer.decompose.part import Asked, Bound
from optimizer.decompose.pricing import FIRST_SECONDS, HALF, Pricing
from optimizer.decompose.search import Found, Interrupted, Search, TimeUp, Told
from optimizer.decompose.standing import LITTLE
from optimizer.decompose.tenders.stepping import by_steps
from optimizer.errors import OutputError
from optimizer.model.outcome import SolveOptions
from optimizer.model.warm import LinearEnd
from optimizer.plan.plan import Result
from optimizer.plan.status import StopReason
from optimizer.plan.tree import Branch

STALLED = 3
TELLING = 0.9
"""Rounds tell little that leave more than this share of the distance between the best point and the bound."""
LEVEL = 0.3
"""The share of that distance by which a point that is kind to all scenarios may cost more than the bound."""
ROOT_SECONDS = 60.0
PARTS = 4
ROUNDS = 50
"""So many rounds of the relaxation take as long as finding plans of every bundle, or longer."""


class LShaped:
    """One search of a cut tree by a fleet."""

    def __init__(
        self,
        cut: Cut,
        fleet: Fleet,
        options: SolveOptions,
        told: Told,
        stop: threading.Event | None = None,
        keeper: Keeper | None = None,
        aim: Aim | None = None,
    ) -> None:
        self.cut, self.told, self.keeper = cut, told, keeper
        stop = stop or threading.Event()
        self.search = Search(aim or Aim.of(cut), options, fleet.size, told, stop, self._keep)
        self.crew = Crew(fleet, len(cut.bundles), self.search.alive)
        self.pricing: Pricing | None = None
        self.round_seconds = 0.0

    def run(self) -> Found:
        """Search until the gap is proven, the time is up, or the search is stopped."""
        search, found = self.search, self.search.found
        try:
            self._search()
        except (Interrupted, KeyboardInterrupt):
            found.stop = StopReason.INTERRUPT
        except TimeUp:
            found.stop = StopReason.TIME_LIMIT
        if search.closed:
            found.stop = StopReason.GAP
        self._keep(at_the_end=True)
        return found

    def _keep(self, at_the_end: bool = False) -> None:
        """Write down what is known, now and then; a disk that is full does not end the search."""
        if self.keeper is not None and self.pricing is not None and (at_the_end or self.keeper.is_due):
            try:
                self.keeper.write(self._known(self.pricing))
            except OutputError as error:
                self.told(str(error))

    def _known(self, pricing: Pricing) -> Checkpoint:
        """What is written down."""
        return pricing.known()

    def _search(self) -> None:
        master = self._described()
        if master is None:
            return
        pricing = self.pricing = Pricing(self.search, master, self.crew)
        self._resume(pricing)
        if by_steps(self.search, self.crew, pricing) or not self._relaxed(master):
            return
        seen: set[bytes] = set()
        while not self.search.closed and not self.search.found.infeasible:
            trunk = self._chosen(master)
            if trunk is None or trunk.tobytes() in seen:
                pricing.refine(to_the_end=True)
                best = self.search.found.trunk
                core = self.core if best is None else best
                Branching(self.search, master, self.crew, pricing).run(FIRST_SECONDS, core)
                return
            seen.add(trunk.tobytes())
            pricing.price(trunk)
            self._lift(master, pricing)
            pricing.refine(to_the_end=False)

    def _resume(self, pricing: Pricing) -> None:
        """Go on from the file, where there is one."""
        if self.keeper is not None and self.keeper.known is not None:
            self.told(f"going on from {self.keeper.path}")
            pricing.resume(self.keeper.known)

    def _described(self) -> Master | None:
        """Make the programs and the trunk's; None if a bundle has no plan even by itself."""
        search, found = self.search, self.search.found
        self.told(f"making {self.crew.count:,} programs, one a bundle of scenarios")
        trunks, alone = zip(*self.crew.describe(), strict=True)
        if any(bound.reach for bound in alone):
            search.refute("a scenario has no plan even by itself")
            return None
        found.columns = sum(trunk.columns for trunk in trunks)
        found.integers = sum(trunk.integers for trunk in trunks)
        found.rows = sum(trunk.rows for trunk in trunks)
        size = abs(search.aim.value([bound.constant for bound in alone]))
        master = Master(trunks, search.aim, size)
        master.learn(dict(enumerate(alone)))
        self.core = master.mean_of({n: bound.liked for n, bound in enumerate(alone) if bound.liked is not None})
        self.core_value = math.inf
        return master

    def _relaxed(self, master: Master) -> bool:
        """Cut the relaxation until it stalls; False if it has no solution."""
        search = self.search
        self.told(f"cutting the relaxation of {master.size:,} shared columns")
        step, idle, last = HALF, 0, -math.inf
        while idle < STALLED:
            end = master.linear()
            if end is None:
                search.refute("no trunk can be carried on in every scenario")
                return False
            search.bounded(end.objective * master.unit)
            before = self._distance
            self._inner(master, self._outer(master, end), step)
            if self._distance <= search.slight:
                break
            moved = search.found.bound - last > search.slight
            if not search.aim.is_mean:
                moved = self._distance < TELLING * before
            idle = 0 if moved else idle + 1
            step = HALF if moved else 1.0
            last = max(last, search.found.bound)
        return True

    def _outer(self, master: Master, end: LinearEnd) -> np.ndarray:
        """What is cut towards: the relaxation's solution, or one that costs a little more and less on average.

        The worst case or CVaR alone says little of most scenarios: its solutions need not be any good in them, and its
        bound stands still while the best point comes down.
        """
        if not self.search.aim.is_mean:
            end = master.kindest(self._level) or end
        return end.values[: master.size]

    @property
    def _level(self) -> float:
        """A cost that is allowed of what is cut towards, USD."""
        return self.search.found.bound + max(self.search.slight, LEVEL * self._distance)

    @property
    def _distance(self) -> float:
        """From the bound to the cost of the best point, USD."""
        return self.core_value - self.search.found.bound

    def _inner(self, master: Master, outer: np.ndarray, step: float) -> None:
        """Cut a step from the best point of the relaxation towards one that cuts like better; keep it if it is best."""
        point = outer * step + self.core * (1.0 - step)
        value = self._value(master, self._cut_at(master, point), point)
        if value < self.core_value:
            self.core, self.core_value = point, value

    def _cut_at(self, master: Master, trunk: np.ndarray) -> list[Bound]:
        """The relaxation of every bundle at a trunk, learnt by the master."""
        began = time.perf_counter()
        bounds = self.crew.linear(master.shares(trunk))
        self.round_seconds = time.perf_counter() - began
        master.learn(dict(enumerate(bounds)))
        self.search.found.rounds += 1
        self.search.keep()
        return bounds

    def _value(self, master: Master, bounds: Sequence[Bound], trunk: np.ndarray) -> float:
        """What the relaxation says that a trunk costs, USD; infinite if it cannot be carried on or pass a limit."""
        if any(bound.reach for bound in bounds):
            return math.inf
        costs = [bound.at(share) for bound, share in zip(bounds, master.shares(trunk), strict=True)]
        return self.search.aim.value(costs) if self.search.aim.keeps(costs) else math.inf

    def _lift(self, master: Master, pricing: Pricing) -> None:
        """Lagrangian bounds of every bundle, by cuts alone, at the multipliers of the relaxation, while they rise.

        Bundles that have one already are left out at first: nothing is done where all have.
        """
        search, first, rise = self.search, self.search.found.bound, math.inf
        missing = [bundle for bundle in range(self.crew.count) if bundle not in pricing.bounds]
        if not missing:
            return
        best(search, master, EXACT)
        while not search.closed and self._has_time() and rise > self._worth(first):
            end = master.linear()
            if end is None:
                return
            self.told("bounding every scenario with whole numbers")
            last = search.found.bound
            multipliers = master.multipliers(end)
            asked = {bundle: Asked(multipliers[bundle]) for bundle in missing if bundle in multipliers}
            asked = dict(sorted(asked.items(), key=lambda one: master.group_of(one[0])))
            for part in _parts(asked):
                pricing.learn(self.crew.lagrangian(part, search.fine, ROOT_SECONDS, False))
                best(search, master, EXACT)
                if search.closed:
                    return
            missing = list(range(self.crew.count))
            self._settle(master)
            rise = search.found.bound - last

    def _worth(self, first: float) -> float:
        """The rise of the bound, USD, that makes another pass over all bundles worth its time."""
        bound = self.search.found.bound
        return max(self.search.options.gap * abs(bound), LITTLE * (bound - first))

    def _has_time(self) -> bool:
        """Whether every bundle has a plan, or the time limit leaves enough for bounds before they must."""
        if self.search.found.objective is not None:
            return True
        longest = FIRST_SECONDS * self.crew.count / self.search.workers
        return self.search.left > 2.0 * min(longest, ROUNDS * self.round_seconds)

    def _settle(self, master: Master) -> None:
        """Cut the relaxation at its own solution until that brings little."""
        search, last = self.search, -math.inf
        while search.found.bound - last > search.slight:
            last = search.found.bound
            end = master.linear()
            if end is None:
                return
            search.bounded(end.objective * master.unit)
            self._cut_at(master, end.values[: master.size])

    def _chosen(self, master: Master) -> np.ndarray | None:
        """The best trunk under the cuts, cut until they know its relaxed cost; None if none is found in time."""
        search, idle, last = self.search, 0, np.zeros(0)
        while True:
            self.told(f"choosing a trunk under {len(master.cuts):,} cuts")
            trunk = best(search, master, ROUGH)
            if trunk is None:
                return None
            if not search.aim.is_mean:
                found = kindest(search, master, self._level, ROUGH)
                trunk = trunk if found is None else found
            before = master.value(trunk)
            distance, little = self._distance, search.fine * max(1.0, abs(before))
            if idle < STALLED and distance > little:
                self._inner(master, trunk, HALF)
                told = self._distance < TELLING * distance
                idle = 0 if told else idle + 1
                continue
            value = self._value(master, self._cut_at(master, trunk), trunk)
            if value <= before + little or np.array_equal(trunk, last):
                return trunk
            last = trunk

    def finished(self, template: Result) -> list[Branch]:
        """The plan of the best trunk in every scenario, with exact whole numbers, in the order of the case.

        Raises SolverError where HiGHS finds that a bundle has no such plan.
        """
        assert self.pricing is not None and self.pricing.best is not None
        self.told("writing down the plan of every scenario")
        self.crew.alive = _go_on
        branches = self.crew.finished(self.pricing.best.plans, template)
        order = {future: number for number, future in enumerate(row.scenario for row in self.cut.case.of(Scenario))}
        return sorted(branches, key=lambda branch: order[branch.scenario])


def _parts(asked: dict[int, Asked]) -> Iterator[dict[int, Asked]]:
    """What is asked of all bundles in a few parts, where they are many: the gap may be proven after some of them."""
    size = max(MOST_GROUPS, -(-len(asked) // PARTS))
    for first in range(0, len(asked), size):
        yield dict(islice(asked.items(), first, first + size))


def _go_on() -> None:
    """What has been found is written down, whatever the time."""
