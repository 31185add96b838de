"""What a search minimises of what its bundles cost, and the limits that a plan of it keeps (rules/risk.py).

Where risk counts, each bundle is one scenario. A search for the least expected cost of the plans that are no worse than
one has, beside the limits of the case, a limit `most` on what the case minimises.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import fsum

import numpy as np

from optimizer.case.settings import Objective, Settings
from optimizer.decompose.bundle import Cut
from optimizer.futures.alone import least_costs
from optimizer.model.outcome import ROUNDING
from optimizer.plan.tree import cvar, measured, tail_shares

SLACK = 1e-8
"""A limit may be passed by this share of the size of what is limited: figures of solvers are no closer."""


@dataclass(frozen=True)
class Aim:
    """What is minimised; `probabilities` of bundles, and for regret what each costs alone, USD."""

    settings: Settings
    probabilities: tuple[float, ...]
    least: tuple[float, ...] = ()
    most: float | None = None

    @classmethod
    def of(cls, cut: Cut) -> "Aim":
        """The aim of a case that is cut. Raises KeyError for a regret whose least costs are not known."""
        settings, bundles = cut.case.settings, cut.bundles
        least: tuple[float, ...] = ()
        if settings.objective is Objective.REGRET:
            rows = least_costs(cut.case)
            least = tuple(rows[bundle.scenarios[0]].least_cost_usd for bundle in bundles)
        return cls(settings, tuple(bundle.probability for bundle in bundles), least)

    def spared(self, most: float) -> "Aim":
        """Least expected cost of the plans for which what is minimised here is at most this, USD.

        A little more is allowed, so that no cut that is wrong by rounding excludes the plan that costs as much.
        """
        return replace(self, most=most + ROUNDING * max(1.0, abs(most + self.offset)))

    @property
    def is_mean(self) -> bool:
        """Whether expected cost is minimised, with the risk that counts."""
        return self.most is not None or self.settings.objective is Objective.EXPECTED

    @property
    def has_tail(self) -> bool:
        """Whether CVaR is weighed, limited or minimised."""
        return self.settings.risk_counts or self.settings.objective is Objective.TAIL

    @property
    def has_worst(self) -> bool:
        """Whether the worst case or the largest regret is minimised or limited."""
        return self.settings.objective in (Objective.WORST, Objective.REGRET)

    @property
    def tail_weight(self) -> float:
        """The weight of CVaR in what is minimised."""
        return self.settings.risk_weight if self.is_mean else 0.0 if self.has_worst else 1.0

    @property
    def cvar_limit(self) -> float | None:
        """The largest CVaR, USD."""
        known = (self.settings.cvar_limit_usd, self.most if self.settings.objective is Objective.TAIL else None)
        return min((limit for limit in known if limit is not None), default=None)

    @property
    def worst_limit(self) -> float | None:
        """The largest worst case or regret, USD."""
        return self.most if self.has_worst else None

    @property
    def is_limited(self) -> bool:
        """Whether a plan must keep a limit that its bundles share."""
        return self.cvar_limit is not None or self.worst_limit is not None

    @property
    def offset(self) -> float:
        """Added to a regret, USD: what the bundles cost alone, by probability. So its gap is a share of costs."""
        return 0.0 if self.is_mean or not self.least else self.mean(self.least)

    @property
    def regrets(self) -> np.ndarray:
        """What is taken off the costs of bundles before the largest is taken, USD."""
        return np.array(self.least) if self.least else np.zeros(len(self.probabilities))

    def value(self, costs: Sequence[float] | np.ndarray) -> float:
        """What is minimised, of costs by bundle, USD, with its offset."""
        told = [float(cost) for cost in costs]
        settings = replace(self.settings, objective=Objective.EXPECTED) if self.most is not None else self.settings
        return measured(told, self.probabilities, settings, self.least) + self.offset

    def mean(self, costs: Sequence[float] | np.ndarray) -> float:
        """Expected cost of costs by bundle, USD."""
        return fsum(share * float(cost) for share, cost in zip(self.probabilities, costs, strict=True))

    def keeps(self, costs: Sequence[float] | np.ndarray) -> bool:
        """Whether costs by bundle keep the limits."""
        return not self.passing(np.asarray(costs, dtype=np.float64)).any()

    def passing(self, costs: np.ndarray) -> np.ndarray:
        """The bundles whose costs pass a limit, or together pass that on CVaR; none where all are kept."""
        found = np.zeros(len(costs), dtype=bool)
        if self.worst_limit is not None:
            found |= costs - self.regrets > self.worst_limit + _slack(self.worst_limit + self.mean(self.regrets))
        if self.cvar_limit is not None and self._cvar(costs) > self.cvar_limit + _slack(self.cvar_limit):
            found |= self._tail(costs) > 0.0
        return found

    def order(self, costs: np.ndarray) -> np.ndarray:
        """Bundles, first those that decide: the dearest or most regretted, where that is what counts."""
        if self.is_mean and not self.has_tail and not self.has_worst:
            return np.arange(len(costs))
        return np.argsort(self.regrets - costs, kind="stable")

    def opened(self, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        """What each bundle alone adds to what is minimised, USD, if it costs `high` and the others cost `low`.

        Of CVaR, what lies above the threshold of the tail of `low` counts, and of the worst case what lies above its
        worst.
        """
        shares, total = np.array(self.probabilities), np.zeros(len(low))
        if self.is_mean:
            total = shares * _above(high, low)
        elif self.has_worst:
            total = _above(high - self.regrets, np.full(len(low), float(np.max(low - self.regrets))))
        if self.tail_weight:
            threshold = float(np.min(low[self._tail(low) > 0.0]))
            beyond = _above(high, np.maximum(low, threshold))
            total = total + self.tail_weight * shares / self.settings.risk_tail * beyond
        return total

    def _cvar(self, costs: np.ndarray) -> float:
        return cvar([float(cost) for cost in costs], self.probabilities, self.settings.risk_tail)

    def _tail(self, costs: np.ndarray) -> np.ndarray:
        """The probability of each bundle that is in the tail."""
        found, tail = np.zeros(len(costs)), self.settings.risk_tail
        for number, share in tail_shares(costs.tolist(), self.probabilities, tail, range(len(costs))):
            found[number] = share
        return found


def _slack(size: float) -> float:
    return SLACK * max(1.0, abs(size))


def _above(high: np.ndarray, low: np.ndarray) -> np.ndarray:
    """How far `high` is above `low`, nothing where it is not."""
    return np.where(high > low, high - np.where(high > low, low, 0.0), 0.0)
