"""The stability of trees of scenarios: trees of several seeds solved, and their decisions played in fresh draws."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from optimizer.case.case import Case
from optimizer.case.settings import Objective
from optimizer.errors import UnsolvableError, UsageError
from optimizer.ledger.decision import COMMITTING
from optimizer.plan.plan import counted
from optimizer.plan.status import StopReason
from optimizer.plan.tree import TreePlan
from optimizer.request import Listener, Request, Step, options, silent
from optimizer.run import solve_tree
from optimizer.studies.bench import Bench, Quantities, played
from optimizer.studies.making import Made, Wish, make
from optimizer.studies.worth import require_plan
from optimizer.uncertainty.chance import Scheme
from optimizer.uncertainty.growth import grow
from optimizer.uncertainty.reduction import Method
from optimizer.uncertainty.sample import Sample, spread_weights
from optimizer.uncertainty.sampler import Sampler
from optimizer.uncertainty.scenarios import EXACT, with_tree
from optimizer.uncertainty.stability import Decision, Gap, Solved, Stability, decisions_of

DIGITS = 6


@dataclass(frozen=True)
class Trial:
    """How much is tried: trees of so many seeds, fresh draws, and batches of draws for the gap. 0 leaves a part out."""

    trees: int = 8
    fresh: int = 400
    batches: int = 8
    batch: int = 20


def stability(
    case: Case, wish: Wish, trial: Trial, request: Request | None = None, listen: Listener = silent
) -> tuple[Stability, Made]:
    """Make and solve trees of the seeds from the wish's on, play what they decide, and bound how far it is from best.

    With what was found comes the first of the trees.

    An interrupt ends the trial with what there is once a tree is solved. Raises UsageError for a case in which more
    than expected cost counts, UnsolvableError or NoPlanError for a tree without a plan, and what `make` raises.
    """
    if case.settings.risk_counts or case.settings.objective is not Objective.EXPECTED:
        cure = "set objective to expected and risk_weight to 0, and clear cvar_limit_usd"
        raise UsageError(f"stability is measured of expected cost. Fix: {cure}")
    study = _Study(case, wish, trial, request or Request(), listen)
    try:
        study.solve()
        study.play()
        study.bound()
    except (KeyboardInterrupt, _StoppedError):
        study.interrupted = True
    if not study.trees or study.first is None:
        raise KeyboardInterrupt
    return study.found(), study.first


class _StoppedError(Exception):
    """A search was interrupted."""


class _Study:
    """What has been found so far."""

    def __init__(self, case: Case, wish: Wish, trial: Trial, request: Request, listen: Listener) -> None:
        self.case, self.wish, self.trial, self.request, self.listen = case, wish, trial, request, listen
        self.trees: list[Solved] = []
        self.known: dict[tuple[tuple[str, float], ...], int] = {}
        self.quantities: list[Quantities] = []
        self.words: list[tuple[str, ...]] = []
        self.first: Made | None = None
        self.scenarios = 0
        self.costs: dict[int, list[float]] = {}
        self.gaps: list[float] = []
        self.best: int | None = None
        self.interrupted = False
        sampler = Sampler(case, wish.seed)
        self.parting = (*wish.partings, sampler.case.calendar.first + min(sampler.starts))[0]

    def solve(self) -> None:
        """(STABLE-1)."""
        weights = None
        for number in range(self.trial.trees):
            seed = self.wish.seed + number
            turn = f"tree {number + 1} of {self.trial.trees}"
            made = make(self.case, replace(self.wish, seed=seed), self._about(turn), weights)
            self.first, weights = self.first or made, made.weights
            self.scenarios = max(self.scenarios, len(made.grown.leaves))
            tree = self._solved(made.case, turn)
            decision = self._decision(tree)
            assert tree.result.objective is not None
            self.trees.append(Solved(seed, tree.result.objective, tree.result.bound, decision))

    def play(self) -> None:
        """(STABLE-2)."""
        count = self.trial.fresh + self.trial.fresh % 2
        if not count:
            return
        seed = self.wish.seed + self.trial.trees
        bench = self._bench(seed, Scheme.ANTITHETIC, self.quantities)
        self._played(bench, count, self.costs, "playing fresh draws")
        self.best = self._ordered()[1][0]

    def bound(self) -> None:
        """(STABLE-4)."""
        if self.best is None or not self.trial.batches:
            return
        for number in range(self.trial.batches):
            turn = f"batch {number + 1} of {self.trial.batches}"
            seed = self.wish.seed + self.trial.trees + 1 + number
            sample = Sample.of(Sampler(self.case, seed), self.trial.batch)
            fan = grow(sample, spread_weights(sample), (self.parting,), (self.trial.batch,), Method.FORWARD)
            tree = self._solved(with_tree(self.case, fan, EXACT), turn)
            costs: dict[int, list[float]] = {}
            bench = self._bench(seed, Scheme.PLAIN, [self.quantities[self.best]])
            self._played(bench, self.trial.batch, costs, f"{turn}: playing the decision")
            least = tree.result.objective if tree.result.bound is None else tree.result.bound
            mean = math.fsum(cost for (cost,) in costs.values()) / len(costs)
            if math.isnan(mean):
                raise UnsolvableError("the decision has no plan in some draw: its gap has no bound. Fix: --batches 0")
            self.gaps.append(mean - float(least or 0.0))

    def found(self) -> Stability:
        """What there is."""
        decisions, order = self._ordered() if self.costs else ((), tuple(range(len(self.words))))
        place = {number: at for at, number in enumerate(order)}
        trees = tuple(replace(tree, decision=place[tree.decision]) for tree in self.trees)
        gap = Gap.of(self.gaps, self.trial.batch, decisions[0].cost.value) if self.gaps else None
        return Stability(self.scenarios, trees, decisions, gap, len(self.costs), self.interrupted)

    def _ordered(self) -> tuple[tuple[Decision, ...], tuple[int, ...]]:
        whole = [n for n in sorted(self.costs) if (n + 1 if n % 2 else n - 1) in self.costs]
        return decisions_of(self.words, np.array([self.costs[n] for n in whole]).T.reshape(len(self.words), -1))

    def _played(self, bench: Bench, count: int, costs: dict[int, list[float]], words: str) -> None:
        asked = options(self.case, self.request)

        def told(done: int) -> None:
            self.listen(Step(f"{words}: {done} of {count}"))

        for number, found in played(bench, count, asked, self.request.cluster, told):
            costs[number] = found

    def _bench(self, seed: int, scheme: Scheme, decisions: Sequence[Quantities]) -> Bench:
        asked = options(self.case, self.request)
        seconds = math.inf if asked.time_limit_seconds is None else asked.time_limit_seconds
        return Bench(self.case, seed, scheme, self.parting, tuple(decisions), asked.gap, seconds)

    def _solved(self, case: Case, turn: str) -> TreePlan:
        tree = solve_tree(case, self.request, self._about(turn))
        if tree.result.stop == StopReason.INTERRUPT:
            raise _StoppedError
        require_plan(tree, turn)
        return tree

    def _about(self, turn: str) -> Listener:
        """A listener that says which tree it is about."""
        return lambda event: self.listen(Step(f"{turn}: {event.name}") if isinstance(event, Step) else event)

    def _decision(self, tree: TreePlan) -> int:
        """The number of what the tree decides before anything parts."""
        calendar = self.case.calendar
        choices = [
            choice
            for choice in tree.branches[0].plan.choices
            if calendar.as_of <= choice.key.quarter < self.parting
            and choice.key.action in COMMITTING
            and round(choice.quantity, DIGITS)
        ]
        signature = tuple(sorted((str(choice.key), round(choice.quantity, DIGITS)) for choice in choices))
        if signature not in self.known:
            self.known[signature] = len(self.quantities)
            self.quantities.append({choice.key: choice.quantity for choice in choices})
            self.words.append(
                tuple(
                    f"{one.key.action.value} {one.key.contract} in {one.key.quarter}: {counted(one.quantity, one.unit)}"
                    for one in sorted(choices, key=lambda one: one.key.quarter)
                )
            )
        return self.known[signature]
