"""The L-shaped search: the trunk's program is held up by cuts of the bundles, its solutions are priced by them.

First the relaxation, with cuts taken at points between its solution and the best known one (in-out: Ben-Ameur & Neto,
Networks 49, 2007; Fischetti, Ljubic & Sinnl, Management Science 63, 2017), until its bound stalls. Then the trunk's
whole numbers: each solution is cut, priced with the whole numbers of its bundles, and cut again by Lagrangian bounds.
"""

import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from optimizer.case.scenario import Scenario
from optimizer.decompose import worker
from optimizer.decompose.bundle import Cut
from optimizer.decompose.fleet import Fleet, Interrupted
from optimizer.decompose.master import Master
from optimizer.decompose.part import Answer
from optimizer.model import highs
from optimizer.model.outcome import Progress, SolveOptions, Status, StopReason, within_gap
from optimizer.plan.plan import Result
from optimizer.plan.tree import Branch, cvar, weighed

CHUNKS = 4
"""Pieces of work a worker and a round: enough to share work evenly, few enough to cost nothing."""
STALLED = 3
FIRST_SECONDS = 2.0
"""For the whole numbers of one bundle; doubled whenever a round brings little."""
PROGRESS = 0.9
MASTER_SECONDS = 20.0
HALF = 0.5
Told = Callable[[str | Progress], None]


@dataclass
class Found:
    """What the search knows: the trunk of its best plan, what that costs and the bound, USD, and why it ended."""

    trunk: np.ndarray | None = None
    objective: float | None = None
    bound: float = -math.inf
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


class LShaped:
    """One search of a cut tree by a fleet."""

    def __init__(
        self, cut: Cut, fleet: Fleet, options: SolveOptions, told: Told, stop: threading.Event | None = None
    ) -> None:
        self.cut, self.fleet, self.options, self.told = cut, fleet, options, told
        self.stop = stop or threading.Event()
        self.began = time.perf_counter()
        self.found = Found()
        count = len(cut.bundles)
        pieces = min(count, CHUNKS * fleet.size)
        self.chunks = [tuple(range(first, count, pieces)) for first in range(pieces)]
        self.probabilities = [bundle.probability for bundle in cut.bundles]
        self.master: Master | None = None
        self.seconds = FIRST_SECONDS
        self.known: list[Answer] = []

    def run(self) -> Found:
        """Search until the gap is proven, the time is up, the search is stopped, or nothing more can be learnt."""
        try:
            self._search()
        except (Interrupted, KeyboardInterrupt):
            self.found.stop = StopReason.INTERRUPT
        except _TimeUp:
            self.found.stop = StopReason.TIME_LIMIT
        if self.found.closed(self.options.gap):
            self.found.stop = StopReason.GAP
        return self.found

    def _search(self) -> None:
        self.told(f"making {len(self.cut.bundles):,} programs, one a bundle of scenarios")
        described = self._ask(worker.describe)
        answers = [answer for _, answer in described]
        if any(answer.reach for answer in answers):
            self._refute("a scenario has no plan even by itself")
            return
        trunks = [trunk for trunk, _ in described]
        self.found.columns = sum(trunk.columns for trunk in trunks)
        self.found.integers = sum(trunk.integers for trunk in trunks)
        self.found.rows = sum(trunk.rows for trunk in trunks)
        size = abs(self._risked([answer.objective or 0.0 for answer in answers]))
        self.master = Master(trunks, self.probabilities, self.cut.case.settings, size)
        self.master.learn(answers)
        if self._relaxation(self._mean_of(answers)):
            self._whole()

    def _relaxation(self, core: np.ndarray) -> bool:
        """Cut the relaxation until it stalls; False if it has no solution."""
        master = self._built()
        self.told(f"cutting the relaxation of {master.size:,} shared columns")
        best, step, idle, last = math.inf, HALF, 0, -math.inf
        while idle < STALLED:
            end = master.linear()
            if end is None:
                self._refute("no trunk can be carried on in every scenario")
                return False
            self._bounded(end.objective * master.unit)
            out = end.values[: master.size]
            answers = self._linear(out * step + core * (1.0 - step))
            master.learn(answers)
            self.found.rounds += 1
            value = math.inf
            if not any(answer.reach for answer in answers):
                value = self._risked([answer.objective or 0.0 for answer in answers])
                if value < best:
                    best, core = value, out * step + core * (1.0 - step)
            scale = self.options.gap / 20.0 * max(1.0, abs(self.found.bound))
            if best - self.found.bound <= scale:
                break
            moved = self.found.bound - last > scale
            idle = 0 if moved else idle + 1
            step = HALF if moved else 1.0
            last = max(last, self.found.bound)
        return True

    def _whole(self) -> None:
        """Candidates for the trunk's whole numbers, each cut and priced."""
        master, seen = self._built(), set()
        tight = max(self.options.gap / 4.0, 1e-9)
        while not self.found.closed(self.options.gap):
            self.told(f"choosing a trunk under {len(master.cuts):,} cuts")
            trunk = self._candidate(tight)
            if trunk is None:
                return
            answers = self._linear(trunk)
            master.learn(answers)
            self.found.rounds += 1
            if any(answer.reach for answer in answers):
                continue
            mark = trunk[master.program.integrality[: master.size]].tobytes()
            if mark in seen and not self._more(answers):
                if tight <= 1e-9:
                    self.found.detail = "the cuts say no more: the rest of the gap is in the bundles' whole numbers"
                    return
                tight = tight / 10.0 if tight > 1e-7 else 1e-9
                continue
            if mark not in seen:
                seen.add(mark)
                before = self._distance()
                self._price(trunk, answers)
                self._more(answers)
                if self._distance() > PROGRESS * before:
                    self.seconds *= 2.0
                    self._again()

    def _candidate(self, gap: float) -> np.ndarray | None:
        """The best trunk under the cuts; None if there is none, or none in time."""
        master = self._built()
        left = self._left()
        options = replace(self.options, gap=gap, time_limit_seconds=min(left, MASTER_SECONDS))
        outcome = highs.solve(master.whole(), options, stop_event=self.stop)
        if outcome.stop is StopReason.INTERRUPT:
            self.stop.set()
        if outcome.bound is not None:
            self._bounded(outcome.bound * master.unit)
        self._alive()
        if outcome.values is None:
            if outcome.status is Status.INFEASIBLE and self.found.objective is None:
                self._refute("no trunk can be carried on in every scenario")
            return None
        return _clean(outcome.values[: master.size], master.program.integrality[: master.size])

    def _price(self, trunk: np.ndarray, answers: Sequence[Answer]) -> None:
        """What the trunk costs with the whole numbers of the bundles; left out where even the relaxation is dearer."""
        relaxed, least = self._risked([answer.objective or 0.0 for answer in answers]), self.found.objective
        if least is not None and relaxed >= least:
            return
        self.told("pricing a trunk with whole numbers in every scenario")
        gap = self.options.gap / 4.0
        priced = self._ask(worker.priced, self._shares(trunk), gap, self.seconds)
        if any(answer.objective is None for answer in priced):
            return
        costs = [answer.objective or 0.0 for answer in priced]
        settings, value = self.cut.case.settings, self._risked(costs)
        limit = settings.cvar_limit_usd
        if limit is not None and cvar(costs, self.probabilities, settings.risk_tail) > limit:
            return
        if self.found.objective is None or value < self.found.objective:
            self.found.trunk, self.found.objective, self.known = trunk, value, list(answers)
        self._report()

    def _again(self) -> None:
        """Price the best trunk with more time, from what was found for it."""
        if self.found.trunk is not None and not self.found.closed(self.options.gap):
            self._price(self.found.trunk, self.known)

    def _distance(self) -> float:
        return math.inf if self.found.objective is None else self.found.objective - self.found.bound

    def _more(self, answers: Sequence[Answer]) -> bool:
        """Learn the Lagrangian bounds at the gradients of the answers; False if the master knew as much."""
        if self.found.closed(self.options.gap):
            return True
        master = self._built()
        self.told("bounding every scenario with whole numbers")
        gradients = [answer.gradient for answer in answers]
        found = self._ask(worker.lagrangian, gradients, self.options.gap / 4.0, self.seconds)
        before = master.linear()
        master.learn([replace(answer, reach=False) for answer in found])
        after = master.linear()
        if before is None or after is None:
            return False
        self._bounded(after.objective * master.unit)
        return after.objective > before.objective + 1e-7 * max(1.0, abs(before.objective))

    def finished(self, template: Result, gap: float) -> list[Branch]:
        """The plan of the best trunk in every scenario, with exact whole numbers, in the order of the case.

        Raises SolverError where a bundle's plan cannot be found again.
        """
        assert self.found.trunk is not None
        self.told("writing down the plan of every scenario")
        self.stop, limit = threading.Event(), self.options
        self.options = replace(limit, time_limit_seconds=None)
        more = (gap, 4.0 * self.seconds, template)
        branches = [
            branch for part in self._ask(worker.finished, self._shares(self.found.trunk), *more) for branch in part
        ]
        self.options = limit
        order = {future: number for number, future in enumerate(row.scenario for row in self.cut.case.of(Scenario))}
        return sorted(branches, key=lambda branch: order[branch.scenario])

    def _linear(self, trunk: np.ndarray) -> list[Answer]:
        return self._ask(worker.linear, self._shares(trunk))

    def _shares(self, trunk: np.ndarray) -> list[np.ndarray]:
        return [trunk[view.columns] for view in self._built().views]

    def _ask(self, work: Callable[..., Any], arrays: Sequence[np.ndarray] | None = None, *more: Any) -> list[Any]:
        """One answer a bundle, in order."""
        tasks: list[tuple[Any, ...]] = []
        for chunk in self.chunks:
            own = () if arrays is None else ([arrays[number] for number in chunk],)
            tasks.append((chunk, *own, *more))
        answers: list[Any] = [None] * len(self.cut.bundles)
        for number, got in self.fleet.each(work, tasks, self.stop):
            for bundle, answer in zip(self.chunks[number], got, strict=True):
                answers[bundle] = answer
            self._alive()
            self._report()
        return answers

    def _mean_of(self, answers: Sequence[Answer]) -> np.ndarray:
        """The mean of what the scenarios would do alone: it meets the rows of the trunk."""
        master = self._built()
        total, weight = np.zeros(master.size), np.zeros(master.size)
        for view, answer in zip(master.views, answers, strict=True):
            assert answer.trunk is not None
            total[view.columns] += view.probability * answer.trunk
            weight[view.columns] += view.probability
        return total / np.maximum(weight, 1e-300)

    def _risked(self, costs: Sequence[float]) -> float:
        """Expected cost + risk weight x CVaR."""
        return weighed(costs, self.probabilities, self.cut.case.settings)

    def _built(self) -> Master:
        assert self.master is not None
        return self.master

    def _bounded(self, bound: float) -> None:
        self.found.bound = max(self.found.bound, bound)
        self._report()

    def _refute(self, why: str) -> None:
        self.found.infeasible, self.found.stop, self.found.detail = True, StopReason.PROOF, why

    def _left(self) -> float:
        limit = self.options.time_limit_seconds
        return math.inf if limit is None else max(0.0, limit - (time.perf_counter() - self.began))

    def _alive(self) -> None:
        """Raise where the search must end."""
        if self.stop.is_set():
            raise Interrupted
        if self._left() <= 0.0:
            raise _TimeUp

    def _report(self) -> None:
        bound = self.found.bound if math.isfinite(self.found.bound) else None
        self.told(Progress(time.perf_counter() - self.began, self.found.objective, bound, self.found.rounds))


def _clean(values: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Whole numbers whole, and no rounding errors of zero."""
    exact = np.where(whole, np.rint(values), values)
    return np.where(np.abs(exact) < 1e-9, 0.0, exact)


class _TimeUp(Exception):
    """The time limit has passed."""
