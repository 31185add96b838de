"""How good the trees of a wish are: whether the optimum hangs on chance, and how far it may be from the best.

Trees of several seeds are solved. With z[j] the optimum of tree j, x[j] what it decides before anything parts, and f(x)
the mean cost of x in fresh draws, each of which is known to its end once it parts (Kaut & Wallace, Pacific Journal of
Optimization 3, 2007):
  (STABLE-1)  in-sample stability: the spread of z[j] over the trees
  (STABLE-2)  out-of-sample stability: the spread of f(x[j]) over the trees, on common draws; differences are of pairs
  (STABLE-3)  bias: f(x) - mean of z[j], for the x that costs least: what the trees leave out of what may happen
  (STABLE-4)  gap: in each of several batches of independent draws, the mean cost of x less the least cost of all
              decisions for these draws. Its expectation is at least what x costs above the optimum; the one-sided bound
              is mean + t(95 %, batches - 1) x deviation / sqrt(batches) (Mak, Morton & Wood, Operations Research
              Letters 24, 1999). Batches that all say the same bound nothing: what sets draws apart may be rare, and
              not among them
Intervals of means are two-sided, of 95 %, by Student's t over independent numbers: means of mirrored pairs of draws.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t

CONFIDENCE = 0.95
ALIKE = 1e-6
"""Gaps that deviate by less than this share of the cost are the same: solvers tell no less."""


@dataclass(frozen=True)
class Mean:
    """A mean and half the width of its interval; the half is None where one number alone says nothing of it."""

    value: float
    half: float | None

    @classmethod
    def of(cls, numbers: Sequence[float]) -> "Mean":
        """The mean of independent numbers."""
        count = len(numbers)
        if count < 2:
            return cls(float(np.mean(numbers)), None)
        quantile = float(t.ppf(0.5 + CONFIDENCE / 2.0, count - 1))
        return cls(float(np.mean(numbers)), quantile * float(np.std(numbers, ddof=1)) / math.sqrt(count))


@dataclass(frozen=True)
class Solved:
    """A tree of a seed: its optimum and proven bound, USD, and the number of what it decides here and now."""

    seed: int
    objective: float
    bound: float | None
    decision: int


@dataclass(frozen=True)
class Decision:
    """What some trees decide before anything parts, in words, and what it costs in fresh draws, USD.

    `over_best` is the mean difference to the decision that costs least, over common draws. `failed` is the share of
    draws in which the case has no plan with it; means are over draws in which every decision has one.
    """

    words: tuple[str, ...]
    cost: Mean
    over_best: Mean
    failed: float


@dataclass(frozen=True)
class Gap:
    """(STABLE-4) of the decision that costs least: the gap in each batch, and their mean and one-sided bound, USD.

    There is no bound where one batch stands alone, or all say the same.
    """

    batches: tuple[float, ...]
    size: int
    mean: float
    bound: float | None

    @classmethod
    def of(cls, batches: Sequence[float], size: int, cost: float) -> "Gap":
        """Of gaps that may each be a little below 0 where the solver stopped at a gap of its own; `cost` is that of the
        decision.
        """
        count, mean = len(batches), float(np.mean(batches))
        deviation = float(np.std(batches, ddof=1)) if count > 1 else 0.0
        if deviation <= ALIKE * abs(cost):
            return cls(tuple(batches), size, mean, None)
        half = float(t.ppf(CONFIDENCE, count - 1)) * deviation / math.sqrt(count)
        return cls(tuple(batches), size, mean, mean + half)

    @property
    def alike(self) -> bool:
        """Whether there are several batches, and all say the same."""
        return self.bound is None and len(self.batches) > 1


@dataclass(frozen=True)
class Stability:
    """What was found. `decisions` are ordered by their cost, the least first; empty, as `gap`, before fresh draws.

    `fresh` is the number of fresh draws that were played, `interrupted` says that the rest was not waited for.
    """

    scenarios: int
    trees: tuple[Solved, ...]
    decisions: tuple[Decision, ...]
    gap: Gap | None
    fresh: int
    interrupted: bool

    @property
    def inside(self) -> Mean:
        """(STABLE-1): the mean of the optima."""
        return Mean.of([tree.objective for tree in self.trees])

    @property
    def deviation(self) -> float:
        """(STABLE-1): standard deviation of the optima, USD; 0 where there is one tree."""
        return float(np.std([tree.objective for tree in self.trees], ddof=1)) if len(self.trees) > 1 else 0.0

    @property
    def strays(self) -> float:
        """(STABLE-1): the standard deviation of the optima as a share of their mean."""
        return self.deviation / abs(self.inside.value) if self.inside.value else 0.0

    @property
    def bias(self) -> float | None:
        """(STABLE-3), USD; None before fresh draws."""
        return self.decisions[0].cost.value - self.inside.value if self.decisions else None


def letter(number: int) -> str:
    """What a decision is called: A to Z, then A1, B1, ..."""
    return chr(ord("A") + number % 26) + (str(number // 26) if number >= 26 else "")


def decisions_of(words: Sequence[tuple[str, ...]], costs: np.ndarray) -> tuple[tuple[Decision, ...], tuple[int, ...]]:
    """(STABLE-2): the decisions, the least cost first, and their numbers in the given order.

    `costs` has the shape decisions x draws, mirrored pairs side by side; NaN where a decision has no plan.
    """
    everywhere = ~np.isnan(costs).any(axis=0)
    pairs = everywhere[0::2][: costs.shape[1] // 2] & everywhere[1::2]
    means = (costs[:, 0::2][:, : len(pairs)] + costs[:, 1::2])[:, pairs] / 2.0
    order = np.argsort(means.mean(axis=1), kind="stable") if means.size else np.arange(len(costs))
    found = []
    for number in order:
        if not means.size:
            nothing = Mean(math.nan, None)
            found.append(Decision(words[number], nothing, nothing, float(np.isnan(costs[number]).mean())))
            continue
        over = Mean.of((means[number] - means[order[0]]).tolist())
        cost = Mean.of(means[number].tolist())
        found.append(Decision(words[number], cost, over, float(np.isnan(costs[number]).mean())))
    return tuple(found), tuple(int(number) for number in order)
