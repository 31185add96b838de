"""Published optimisation problems, rewritten as cases: the same optimum must come out.

What becomes what
  period             a quarter of one hour, not discounted: a unit-hour is a unit, a price is a price
  pool               a site with an accelerator of its own, so that use may differ by workload and pool
  offer              a reserved block, signed in the first quarter; its cost is spread over its active quarters
  workload           a workload with demand in its period; indivisible is placed at one site
  pair               performance 1 / use and a serving cost; use 0 is served by an accelerator that is free
  spot               an on-demand market
  limit              a quantity limit
  constant           fees (or credits) of a commitment without capacity
"""

from collections.abc import Iterator
from enum import Enum
from math import ceil, floor, inf, isfinite

from optimizer.case.case import Case
from optimizer.case.settings import Settings
from optimizer.case.world import (
    Accelerator,
    Demand,
    Performance,
    Placement,
    ServingCost,
    Site,
    Supplier,
)
from optimizer.case.world import Workload as DemandLine
from optimizer.contracts.block import Block
from optimizer.contracts.commitment import CommitmentSchedule, ExistingCommitment, Item
from optimizer.contracts.spot import Firmness, SpotLimit, SpotMarket, SpotPrice
from optimizer.errors import Finding, InputError
from optimizer.examples.problem import Offer, Problem, Sense
from optimizer.rules.quantities import QuantityLimit, QuantityWeight
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import Record, Series

FIRST = Quarter.parse("2027Q1")
GAP = 1e-7
SELLER = "seller"
CONSTANT = "constant of the problem"
NOWHERE = "no accelerator"
ROUNDING = 1e-9


class Minimum(Enum):
    """What the `min` of an offer means."""

    IF_BOUGHT = "the smallest order, if any is placed"
    ALWAYS = "a lower bound: at least so much is bought"


def case_of(problem: Problem, minimum: Minimum = Minimum.IF_BOUGHT) -> Case:
    """The case of a published problem, with the same set of plans and the same cost of each.

    Raises InputError for an offer that is active in separate spans, or unbounded where no bound follows.
    """
    return Case(tuple(Converter(problem, minimum).records()))


def free(pool: str) -> str:
    """Name of the accelerator of a pool that serves what uses no capacity."""
    return f"{pool} (free)"


class Converter:
    """Writes the rows of the case, table by table."""

    def __init__(
        self,
        problem: Problem,
        minimum: Minimum,
        ahead: int = 0,
        highs: dict[str, float] | None = None,
        bought: dict[str, Quarter] | None = None,
    ) -> None:
        """`ahead` quarters without demand come before the periods; `highs` are the most units of each offer.

        `bought` are the quarters in which offers are bought, where that is not the first.
        """
        self.problem = problem
        self.minimum = minimum
        self.ahead = ahead
        self.highs = highs or {}
        self.bought = bought or {}
        self.quarters = {period: FIRST + ahead + offset for offset, period in enumerate(problem.periods)}
        self.demand = {workload.id: workload for workload in problem.workloads}
        self.pools = tuple(dict.fromkeys([*(o.pool for o in problem.offers), *(s.pool for s in problem.spot)]))
        self.free = tuple(dict.fromkeys(pair.pool for pair in problem.pairs if not pair.use))

    def records(self) -> Iterator[Record]:
        """Every row of the case."""
        yield Settings(
            first_quarter=FIRST,
            quarters=self.ahead + len(self.problem.periods),
            title=f"Published problem {self.problem.name}",
            hours_per_quarter=1.0,
            mip_gap=GAP,
        )
        yield Supplier(SELLER)
        yield from self._places()
        yield from self._workloads()
        yield from self._pairs()
        yield from self._blocks()
        yield from self._markets()
        yield from self._limits()
        yield from self._constant()

    def _places(self) -> Iterator[Record]:
        for pool in self.pools or (CONSTANT,):
            yield Site(pool)
            yield Accelerator(pool, kw_per_gpu=0.0)
        for pool in self.free:
            yield Accelerator(free(pool), kw_per_gpu=0.0)

    def _workloads(self) -> Iterator[Record]:
        paired = {pair.workload for pair in self.problem.pairs}
        alone = [workload for workload in self.problem.workloads if workload.id not in paired]
        if alone:
            yield Accelerator(NOWHERE, kw_per_gpu=0.0)
        for workload in self.problem.workloads:
            yield DemandLine(
                workload=workload.id,
                must_serve=workload.unmet_cost is None,
                shortfall_cost_usd_per_unit_hour=workload.unmet_cost,
                placement=Placement.ONE_SITE_A_QUARTER if workload.indivisible else Placement.ANYWHERE,
            )
            amounts = (workload.demand if period == workload.period else 0.0 for period in self.problem.periods)
            yield Demand(workload.id, Series(FIRST, ((0.0,) * self.ahead + tuple(amounts))))
        for workload in alone:
            yield Performance(workload.id, NOWHERE, 1.0)

    def _pairs(self) -> Iterator[Record]:
        blank = Series(FIRST, (None,) * (self.ahead + len(self.problem.periods)))
        for pair in self.problem.pairs:
            system = pair.pool if pair.use else free(pair.pool)
            yield Performance(pair.workload, system, 1.0 / pair.use if pair.use else 1.0)
            if pair.cost or self.ahead:
                yield ServingCost(workload=pair.workload, site=pair.pool, usd_per_unit_hour=pair.cost, by_quarter=blank)

    def _blocks(self) -> Iterator[Block]:
        for offer in self.problem.offers:
            high = self.highs.get(offer.id, self.high(offer))
            if high <= 0.0 or high < offer.low or not offer.active:
                continue
            if not offer.capacity:
                self._refuse(offer, "no capacity", "a unit that serves something", "leave the offer out")
            starts = [self.quarters[period] for period in offer.active]
            signed = self.bought.get(offer.id, FIRST)
            if starts[-1] - starts[0] >= len(starts):
                found = f"active in {', '.join(offer.active)}"
                cure = "split it into one offer a span, tied by a limit"
                self._refuse(offer, found, "periods without a gap between them", cure)
            yield Block(
                block=offer.id,
                supplier=SELLER,
                site=offer.pool,
                accelerator=offer.pool,
                gpus_per_block=offer.capacity,
                availability=offer.availability,
                price_usd_per_block_quarter=offer.unit_cost / len(starts),
                lead_quarters=starts[0] - signed,
                term_quarters=len(starts),
                min_blocks=offer.low,
                max_blocks=high,
                divisible=not offer.integer,
                must_sign=bool(offer.low) and self.minimum is Minimum.ALWAYS,
                sign_from=signed,
                sign_until=signed,
                signing_fee_usd=offer.fixed_cost,
            )

    def high(self, offer: Offer) -> float:
        """Most units of the offer; where the problem names none, the most that any cheapest plan needs.

        Cost never falls with units, so a cheapest plan buys no more than its demand, its smallest order and the
        limits that ask for more of it.
        """
        high = offer.high
        if not isfinite(high):
            high = max(offer.low, self._need(offer), *self._asked(offer), 0.0)
            high = ceil(high - ROUNDING) if offer.integer else high
        return floor(high + ROUNDING) if offer.integer else high

    def _need(self, offer: Offer) -> float:
        """Units that would serve alone all that its pool can serve in its busiest active period."""
        by_period = dict.fromkeys(offer.active, 0.0)
        for pair in self.problem.pairs:
            workload = self.demand[pair.workload]
            if pair.pool == offer.pool and workload.period in by_period:
                by_period[workload.period] += workload.demand * pair.use
        return max(by_period.values(), default=0.0) / offer.delivered if offer.delivered else 0.0

    def _asked(self, offer: Offer) -> Iterator[float]:
        """Units that limits ask for alone."""
        yield 0.0
        for limit in self.problem.limits:
            weights = dict(limit.coefficients)
            sign = 1.0 if limit.sense is Sense.LEAST else -1.0
            if sign * weights.get(offer.id, 0.0) <= 0.0:
                continue
            if any(sign * weight < 0.0 for weight in weights.values()):
                found = f"no max, and limit {limit.name} lets other offers ask for more of it"
                self._refuse(offer, found, "a max", "give the offer a max")
            yield sign * limit.bound / (sign * weights[offer.id])

    def _refuse(self, offer: Offer, found: str, expected: str, cure: str) -> None:
        raise InputError([Finding(f"{self.problem.name} offer {offer.id}", found, expected, cure)])

    def _markets(self) -> Iterator[Record]:
        for number, spot in enumerate(self.problem.spot, 1):
            limits = (spot.high if period in spot.periods else 0.0 for period in self.problem.periods)
            most = (0.0,) * self.ahead + tuple(limits)
            yield from self._market(f"spot {number} into {spot.pool}", spot.pool, spot.pool, spot.cost, most)
        for pool in self.free:
            most = (inf,) * (self.ahead + len(self.problem.periods))
            yield from self._market(f"free in {pool}", pool, free(pool), 0.0, most)

    def _market(
        self, name: str, site: str, accelerator: str, cost: float, limits: tuple[float, ...]
    ) -> Iterator[Record]:
        yield SpotMarket(market=name, supplier=SELLER, site=site, accelerator=accelerator, firmness=Firmness.ON_DEMAND)
        prices = (0.0,) * self.ahead + (cost,) * len(self.problem.periods)
        yield SpotPrice(name, Series(FIRST, prices))
        if any(isfinite(limit) for limit in limits):
            yield SpotLimit(name, Series(FIRST, tuple(limit if isfinite(limit) else None for limit in limits)))

    def _limits(self) -> Iterator[Record]:
        """Limits on what can be bought; without anything in it, a limit holds or the problem has no plan."""
        bought = {block.block for block in self._blocks()}
        for number, limit in enumerate(self.problem.limits, 1):
            name = f"limit {number}"
            weights = [(offer, weight) for offer, weight in limit.coefficients if offer in bought and weight]
            most = limit.bound if limit.sense is Sense.MOST else None
            least = limit.bound if limit.sense is Sense.LEAST else None
            if weights:
                yield QuantityLimit(limit=name, at_least=least, at_most=most)
            elif (most is not None and most < 0.0) or (least is not None and least > 0.0):
                place = f"{self.problem.name} limit {limit.name}"
                found = f"a bound of {limit.bound:g} on nothing that can be bought"
                raise InputError([Finding(place, found, "a limit that can hold", "correct the limit or its offers")])
            for offer, weight in weights:
                yield QuantityWeight(limit=name, contract=offer, weight=weight)

    def _constant(self) -> Iterator[Record]:
        amount = self.problem.constant
        if not amount:
            return
        place = (self.pools or (CONSTANT,))[0]
        item = Item.FEES if amount > 0.0 else Item.CREDITS
        yield ExistingCommitment(commitment=CONSTANT, supplier=SELLER, site=place, accelerator=place)
        yield CommitmentSchedule(CONSTANT, item, Series(FIRST, (abs(amount),)))
