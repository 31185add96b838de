"""Benchmark cases of any size: `generate(LARGE, seed)`. The same size and seed give the same case, on every machine.

Prices, power and performance stand in proportions of the public market of 2026; the figures themselves are random. All
contract types are mixed. Every case is feasible: demand may be short at a price, and every limit bends or can be met
by signing nothing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from math import exp, pi, sin
from random import Random

from optimizer.case.case import Case
from optimizer.case.settings import Settings
from optimizer.case.world import (
    Accelerator,
    Cooling,
    Demand,
    LoadSegment,
    Performance,
    Placement,
    ServingCost,
    Site,
    SitePower,
    Supplier,
    Workload,
    WorkloadKind,
)
from optimizer.examples.offers import Market, Offers, Sizes
from optimizer.rules.budget import Budget, Measure
from optimizer.rules.period import Period
from optimizer.rules.policy import Policy, PolicyKind
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import Record, Series

FIRST = Quarter.parse("2027Q1")
SUPPLIERS_PER_OFFER = 6
SYSTEM_KW = (1.4, 2.1, 2.3, 3.0)
SYSTEM_UNITS = (1.0, 2.2, 4.0, 7.0)
SYSTEM_PRICE = (2.2, 2.7, 2.9, 4.0)
GROWTH = 1.35
"""Beyond the four systems of today, each generation adds about as much power, performance and price."""
DEMAND_SHARE = 0.4
"""Demand in the last quarter, as a share of everything on offer at once."""


@dataclass(frozen=True)
class Size:
    """How large a case is. `offers` counts contracts of every type, `segments` the load segments of a quarter."""

    quarters: int
    offers: int
    sites: int
    accelerators: int
    workloads: int
    segments: int = 2


SMALL = Size(quarters=8, offers=10, sites=3, accelerators=2, workloads=4)
MEDIUM = Size(quarters=12, offers=30, sites=6, accelerators=3, workloads=8)
LARGE = Size(quarters=20, offers=80, sites=12, accelerators=4, workloads=15)


def generate(size: Size, seed: int) -> Case:
    """A feasible case of this size. Raises ValueError where any part of the size is less than 1."""
    if min(size.quarters, size.offers, size.sites, size.accelerators, size.workloads, size.segments) < 1:
        raise ValueError(f"every part of a size must be at least 1; it is {size}")
    return Case(tuple(_Generator(size, Random(seed), seed).records()))


class _Generator:
    """Draws a case, table by table, in a fixed order."""

    def __init__(self, size: Size, rng: Random, seed: int) -> None:
        self.size = size
        self.rng = rng
        self.seed = seed
        self.sites = [f"site-{number:02}" for number in range(1, size.sites + 1)]
        self.systems = [f"system-{number}" for number in range(1, size.accelerators + 1)]
        self.workloads = [f"workload-{number:02}" for number in range(1, size.workloads + 1)]
        self.suppliers = [f"supplier-{n}" for n in range(1, 2 + size.offers // SUPPLIERS_PER_OFFER)]

    def records(self) -> Iterator[Record]:
        """Every row of the case."""
        offers = self.offers.records()
        yield Settings(
            first_quarter=FIRST,
            quarters=self.size.quarters,
            title=f"Generated case, {self.size.offers} offers, seed {self.seed}",
            discount_rate=0.08,
            tail_value=0.9,
        )
        yield from (Supplier(supplier) for supplier in self.suppliers)
        yield from self._sites()
        yield from self._systems()
        yield from self._workloads()
        yield from self._segments()
        yield from self._limits()
        yield from offers

    @cached_property
    def offers(self) -> Offers:
        """The offers, drawn first: power and demand follow from what they add up to."""
        markets = tuple(
            Market(system, _generation(SYSTEM_PRICE, number), number == len(self.systems) - 1 > 0)
            for number, system in enumerate(self.systems)
        )
        sizes = Sizes(self.size.offers, FIRST, self.size.quarters)
        return Offers(sizes, self.rng, tuple(self.sites), markets, tuple(self.suppliers))

    def _series(self, value: Callable[[float], float]) -> Series:
        """A series from a function of elapsed time, 0 in the first quarter and 1 in the last."""
        last = max(1, self.size.quarters - 1)
        return Series(FIRST, tuple(round(value(number / last), 3) for number in range(self.size.quarters)))

    def _sites(self) -> Iterator[Record]:
        for number, site in enumerate(self.sites):
            yield Site(
                site=site,
                region=f"region-{1 + number % 3}",
                pue=round(self.rng.uniform(1.08, 1.3), 2),
                energy_price_usd_per_mwh=round(self.rng.uniform(35.0, 90.0)),
                carbon_kg_per_mwh=round(self.rng.uniform(30.0, 500.0)),
                fabric_gpus=round(self.rng.uniform(60_000, 150_000), -3),
            )
            full = 1.3 * self._megawatts(site)
            already = 1.3 * self._megawatts(site, signed=True)
            start, reached = self.rng.uniform(0.1, 0.4), self.rng.uniform(0.5, 0.9)
            late = self.rng.uniform(0.3, 0.7)
            rise = self._series(partial(_logistic, start, reached, late))
            amounts = (round(already + full * (share or 0.0), 1) for share in rise.values)
            yield SitePower(site, Series(FIRST, tuple(amounts)))

    def _megawatts(self, site: str, signed: bool = False) -> float:
        """IT MW of all capacity on offer at the site, or already signed there."""
        gpus = self.offers.gpus(site, signed)
        return sum(count * _generation(SYSTEM_KW, self.systems.index(system)) for system, count in gpus) / 1000.0

    def _systems(self) -> Iterator[Record]:
        for number, system in enumerate(self.systems):
            newest = number == len(self.systems) - 1 > 0
            yield Accelerator(
                accelerator=system,
                kw_per_gpu=_generation(SYSTEM_KW, number),
                average_load=0.8,
                cooling=Cooling.LIQUID if number else Cooling.AIR,
                available_from=FIRST + self.size.quarters // 4 if newest else None,
            )

    def _workloads(self) -> Iterator[Record]:
        weights = [self.rng.uniform(0.5, 2.0) for _ in self.workloads]
        for number, name in enumerate(self.workloads):
            kind = list(WorkloadKind)[number % 3]
            training = kind is WorkloadKind.TRAINING
            single = training and number % 6 == 0
            yield Workload(
                workload=name,
                kind=kind,
                shortfall_cost_usd_per_unit_hour=round(self.rng.uniform(2.0, 9.0), 2),
                firm_share=self.rng.choice([0.3, 0.7, 1.0]),
                minimum_cluster_gpus=self.rng.choice([2_048.0, 8_192.0]) if training else 0.0,
                placement=Placement.ONE_SITE_A_QUARTER if single else Placement.ANYWHERE,
                deferral_quarters=0 if single else self.rng.choice([0, 0, 1, 2]),
                deferral_cost_usd_per_unit_hour=0.2,
                sites=self._some_sites() if number % 4 == 3 else (),
            )
            yield from self._performance(name, kind)
            share = weights[number] / sum(weights)
            yield Demand(name, self._demand(share * (0.4 if single else 1.0)))
            if number % 2:
                yield self._serving_cost(name)

    def _some_sites(self) -> tuple[str, ...]:
        return tuple(sorted(self.rng.sample(self.sites, max(1, len(self.sites) // 2))))

    def _performance(self, workload: str, kind: WorkloadKind) -> Iterator[Performance]:
        """Units of the systems; some workloads do not run on the oldest, and gain less from the newest."""
        gain = self.rng.uniform(0.5, 1.1)
        oldest = 1 if kind is WorkloadKind.TRAINING and len(self.systems) > 2 and self.rng.random() < 0.5 else 0
        for number, system in enumerate(self.systems):
            if number >= oldest:
                units = 1.0 + gain * (_generation(SYSTEM_UNITS, number) - 1.0)
                yield Performance(workload, system, round(units, 2))

    def _demand(self, share: float) -> Series:
        """Growth towards a share of what is on offer, with a season."""
        supply = sum(
            count * _generation(SYSTEM_UNITS, self.systems.index(system))
            for site in self.sites
            for system, count in self.offers.gpus(site)
        )
        peak = DEMAND_SHARE * share * supply
        middle, season = self.rng.uniform(0.3, 0.7), self.rng.uniform(0.0, 0.1)
        years = self.size.quarters / 4.0
        return self._series(
            lambda x: float(
                round(
                    peak * (0.15 + 0.85 / (1.0 + exp(-8.0 * (x - middle)))) * (1.0 + season * sin(2 * pi * years * x))
                )
            )
        )

    def _serving_cost(self, workload: str) -> ServingCost:
        blank = Series(FIRST, (None,) * self.size.quarters)
        cost = round(self.rng.uniform(0.01, 0.06), 3)
        return ServingCost(
            workload=workload, site=self.rng.choice(self.sites), usd_per_unit_hour=cost, by_quarter=blank
        )

    def _segments(self) -> Iterator[LoadSegment]:
        """Equal parts of the quarter, from the busiest to the calmest; their average load is 1."""
        count = self.size.segments
        for number in range(count if count > 1 else 0):
            tilt = 0.3 * (1.0 - 2.0 * number / (count - 1))
            yield LoadSegment(f"segment-{number + 1}", 1.0 / count, 1.0, 1.0 + tilt, 1.0 + tilt / 2)

    def _limits(self) -> Iterator[Record]:
        """A budget and policies; all but the spot share, which nothing bought keeps, bend at a price."""
        for measure, share in ((Measure.CASH, 1.0), (Measure.COMMITMENTS, 2.0)):
            billed = share * self.offers.quarterly_usd()
            yield Budget(
                budget=measure.value,
                measure=measure,
                period=Period.FISCAL_YEAR,
                violation_cost_usd_per_usd=0.5,
                amount=self._series(partial(_allowance, billed)),
            )
        yield Policy(policy="spot share", kind=PolicyKind.SPOT_SHARE, limit=0.25)
        yield Policy(
            policy="concentration",
            kind=PolicyKind.SHARE_OF_SPEND,
            limit=0.5,
            period=Period.FISCAL_YEAR,
            violation_cost_usd_per_unit=0.2,
        )


def _logistic(start: float, reached: float, late: float, x: float) -> float:
    """A rise from `start` towards `reached`, the steepest at `late`."""
    return start + (reached - start) / (1.0 + exp(-12.0 * (x - late)))


def _allowance(full: float, x: float) -> float:
    """A budget that grows with the horizon, as a round part of what everything would cost."""
    return float(round(full * (0.1 + 0.4 * x), -5))


def _generation(figures: tuple[float, ...], number: int) -> float:
    """The figure of a generation of systems; those to come grow from the last one known."""
    beyond = max(0, number - len(figures) + 1)
    return figures[min(number, len(figures) - 1)] * GROWTH**beyond
