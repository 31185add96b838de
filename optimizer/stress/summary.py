"""What a stress test says, in tables that terminal, page and workbook share. Money in USD present value."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from optimizer.stress.drivers import Driver, Part, explained, parts, words
from optimizer.stress.result import End, Played, Stress
from optimizer.stress.statistics import Estimate, Excess, cvar, deviation, excess, mean, probability, quantile
from optimizer.tables.quarter import Quarter

SHARES = (0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)
"""Quantiles that are shown."""
WORST = 10
FAN = (0.5, 0.9, 0.99)
TOLERANCE = 1e-6
"""Of a gap."""
CENT = 0.01
"""USD. A reaction is the best to the cent, whatever share of a cost near nothing that is."""


@dataclass(frozen=True)
class Limit:
    """A limit in one span, or in all of them together where `when` is empty, and how it is passed."""

    limit: str
    when: str
    unit: str
    hard: bool
    excess: Excess


@dataclass(frozen=True)
class Short:
    """Share of demand that is short in a quarter: mean, the probability of any, and the quantiles of `FAN`."""

    quarter: Quarter
    chance: Estimate
    mean: float
    quantiles: tuple[float, ...]


@dataclass(frozen=True)
class Reacts:
    """A commitment made in reaction: the probability of any, and the mean quantity where it is made."""

    action: str
    contract: str
    chance: Estimate
    quantity: float


@dataclass(frozen=True)
class Future:
    """A future that hurt, in words."""

    played: Played
    short: float
    words: str


@dataclass(frozen=True)
class Summary:
    """Figures of a stress test. Costs are of the futures that were solved, chances of all that were played."""

    stress: Stress

    @property
    def count(self) -> int:
        """Futures played."""
        return len(self.stress.played)

    @cached_property
    def costs(self) -> np.ndarray:
        """Cost of each solved future, USD."""
        return np.array([one.cost for one in self.stress.solved], dtype=np.float64)

    @cached_property
    def shorts(self) -> np.ndarray:
        """Share of all demand that is short in each solved future."""
        return np.array([share(one) for one in self.stress.solved])

    @cached_property
    def mean(self) -> Estimate:
        """Mean cost."""
        return mean(self.costs)

    @cached_property
    def least(self) -> float:
        """Mean of what the costs are proven to be at least."""
        return float(np.mean([one.bound for one in self.stress.solved]))

    @cached_property
    def deviation(self) -> float:
        """Standard deviation of cost."""
        return deviation(self.costs)

    @cached_property
    def quantiles(self) -> tuple[tuple[float, Estimate], ...]:
        """Cost that a share of futures stays at or below."""
        return tuple((at, quantile(self.costs, at)) for at in SHARES)

    @cached_property
    def cvar(self) -> Estimate:
        """Mean cost of the dearest futures at the risk tail of the case."""
        return cvar(self.costs, self.stress.risk_tail)

    @cached_property
    def edge(self) -> float:
        """The cost at which the tail begins: no more than the risk tail of futures cost more."""
        ranked = np.sort(self.costs)[::-1]
        return float(ranked[min(int(self.stress.risk_tail * len(ranked)), len(ranked) - 1)])

    @cached_property
    def short(self) -> Estimate:
        """Mean share of demand that is short."""
        found = mean(self.shorts)
        return Estimate(found.value, None if found.low is None else max(0.0, found.low), found.high)

    def chance(self, of: Callable[[Played], bool]) -> Estimate:
        """Probability of something that may be said of a future."""
        return probability(sum(1 for one in self.stress.played if of(one)), self.count)

    @cached_property
    def ends(self) -> tuple[tuple[End, Estimate], ...]:
        """The probability of each end that was seen, and of every limit holding."""
        seen = Counter({End.HELD: 0})
        seen.update(one.end for one in self.stress.played)
        return tuple((end, probability(seen[end], self.count)) for end in End if end in seen)

    @property
    def broken(self) -> Estimate:
        """Probability that any limit is passed, priced or hard."""
        return self.chance(lambda one: bool(one.breaches))

    @property
    def any_short(self) -> Estimate:
        """Probability that anything is short."""
        return self.chance(lambda one: any(one.short))

    @cached_property
    def limits(self) -> tuple[Limit, ...]:
        """Every limit that was passed, the likeliest first: in any span (added up), and in each."""
        amounts: dict[tuple[str, str, str, bool], list[float]] = {}
        for one in self.stress.played:
            sums: dict[tuple[str, str, str, bool], float] = {}
            for breach in one.breaches:
                for when in dict.fromkeys(("", breach.when)):
                    place = (breach.limit, when, breach.unit, breach.hard)
                    sums[place] = sums.get(place, 0.0) + breach.amount
            for place, amount in sums.items():
                amounts.setdefault(place, []).append(amount)
        found = [
            Limit(limit, when, unit, hard, excess(values, self.count))
            for (limit, when, unit, hard), values in amounts.items()
        ]
        whole = {one.limit: one.excess.times for one in found if not one.when}
        return tuple(sorted(found, key=lambda one: (-whole[one.limit], one.limit, one.when)))

    @cached_property
    def fan(self) -> tuple[Short, ...]:
        """Shortfall by quarter, of quarters from the first in which futures differ."""
        if not self.stress.solved:
            return ()
        short = np.array([one.short for one in self.stress.solved])
        due = np.array([one.due for one in self.stress.solved])
        shares = np.divide(short, due, out=np.zeros_like(short), where=due > 0.0)
        found = []
        for at, quarter in enumerate(self.stress.quarters):
            if quarter >= self.stress.differs:
                column = shares[:, at]
                chance = probability(int((column > 0.0).sum()), len(column))
                levels = tuple(float(np.quantile(column, level)) for level in FAN)
                found.append(Short(quarter, chance, float(column.mean()), levels))
        return tuple(found)

    @cached_property
    def reactions(self) -> tuple[Reacts, ...]:
        """What is committed in reaction, the likeliest first."""
        amounts: dict[tuple[str, str], list[float]] = {}
        for one in self.stress.solved:
            for taken in one.taken:
                amounts.setdefault((taken.action, taken.contract), []).append(taken.quantity)
        found = [
            Reacts(*place, probability(len(values), len(self.costs)), sum(values) / len(values))
            for place, values in amounts.items()
        ]
        return tuple(sorted(found, key=lambda one: -one.chance.value))

    @cached_property
    def drivers(self) -> tuple[Driver, ...]:
        """The drivers, in the solved futures only."""
        solved = np.array([one.solved for one in self.stress.played], dtype=bool)
        return tuple(Driver(one.name, one.process, one.first, one.states[solved]) for one in self.stress.drivers)

    @cached_property
    def cost_parts(self) -> tuple[Part, ...]:
        """The part of each driver in cost."""
        return parts(self.drivers, self.costs, self.stress.risk_tail)

    @cached_property
    def short_parts(self) -> tuple[Part, ...]:
        """The part of each driver in shortfall."""
        return parts(self.drivers, self.shorts, self.stress.risk_tail)

    @property
    def explained(self) -> float | None:
        """What the drivers together explain of the variance of cost, in ranks."""
        return explained(self.cost_parts)

    @cached_property
    def dearest(self) -> tuple[Future, ...]:
        """The futures of greatest cost, in words."""
        return self._worst(self.costs, self.cost_parts)

    @cached_property
    def shortest(self) -> tuple[Future, ...]:
        """The futures of greatest shortfall, in words; none where nothing is ever short."""
        worst = self._worst(self.shorts, self.short_parts)
        return tuple(one for one in worst if one.short > 0.0)

    def _worst(self, outcome: np.ndarray, found: tuple[Part, ...]) -> tuple[Future, ...]:
        shares = {part.driver: part.share or 0.0 for part in found}
        order = np.argsort(-outcome, kind="stable")[:WORST]
        first, solved = self.stress.quarters[0], self.stress.solved
        return tuple(
            Future(solved[at], float(self.shorts[at]), words(self.drivers, at, shares, first)) for at in order.tolist()
        )

    @cached_property
    def added(self) -> tuple[int, float, float, float] | None:
        """What whole blocks add to the cost found in shares of them: futures looked at, least, mean and most share.

        None where reactions are in whole blocks.
        """
        looked = [one for one in self.stress.solved if one.whole is not None]
        if not looked:
            return None
        more = [(one.whole or 0.0) / one.cost - 1.0 for one in looked if one.cost]
        return len(more), min(more), sum(more) / len(more), max(more)

    @property
    def wide(self) -> int:
        """Futures whose reaction was not proven to be within the gap."""
        return sum(1 for one in self.stress.solved if not proven(one, self.stress.gap))


def share(one: Played) -> float:
    """Share of all demand that is short in a future."""
    due = sum(one.due)
    return sum(one.short) / due if due else 0.0


def proven(one: Played, gap: float) -> bool:
    """Whether a reaction is proven to be within the gap, a share of its cost, or within a cent of the best."""
    if one.cost is None or one.bound is None:
        return True
    return one.cost - one.bound <= max((gap + TOLERANCE) * abs(one.cost), CENT)


def proof(summary: Summary) -> str:
    """What was proven and audited, in a sentence."""
    found = summary.stress
    audited = sum(1 for one in found.played if one.audited)
    words = [f"{audited:,} futures audited"]
    if summary.wide:
        words.append(f"{summary.wide:,} not proven within the gap in time")
    unsolved = sum(1 for one in found.played if one.end is End.UNSOLVED)
    if unsolved:
        words.append(f"{unsolved:,} not solved in time, their cost is not in the figures")
    if summary.added is not None:
        count, least, mean, most = summary.added
        words.append(f"in {count} of them whole blocks cost {least:+.2%} to {most:+.2%} more, {mean:+.2%} on average")
    return "; ".join(words)
