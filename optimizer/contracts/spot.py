"""Spot and on-demand: capacity bought by the hour. Several markets on one accelerator make a rising supply curve.

Decision: y[k,s,g,t] GPUs bought at site s in segment g of quarter t.

Constraints
  (SPOT-1)  sum_s y[k,s,g,t] <= limit[k,t]        what the market has, per segment
  (SPOT-2)  bought only where and when the market sells: its sites, from the accelerator's first quarter on

Money: (SPOT-M1) price[t] x hours[t] x share of hours[g] per GPU.
Capacity: (SPOT-M2) usable GPUs = y x (1 - loss); interruptible capacity may serve only what is not firm.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from optimizer.case.case import Case
from optimizer.case.world import LoadSegment
from optimizer.contracts.contract import Contract
from optimizer.contracts.parts.checks import broken, exceeds, foreign
from optimizer.errors import Finding
from optimizer.ledger.books import Decided, Entry
from optimizer.ledger.decision import Action, Decision, DecisionKey, Posting, Relation, Selector
from optimizer.ledger.keys import Cash, Category, Draw, Installed, Supply
from optimizer.tables.columns import Blank, choice, flag, key, number, reference, series, text
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import Problem, Record, Series, TableSpec

SPOT = Category("spot", service=True)
ON_DEMAND = Category("on-demand", service=True)


class Firmness(Enum):
    """Whether the seller may take the capacity back."""

    ON_DEMAND = "on-demand"
    INTERRUPTIBLE = "interruptible"


@dataclass(frozen=True)
class SpotPrice(Record):
    """Price of a market, by quarter."""

    TABLE = TableSpec("spot_price", "Spot prices", "a market, by quarter", 250)

    market: str = reference("the market", "spot")
    usd_per_gpu_hour: Series = series("USD per GPU-hour", "average price in the quarter", Blank.REFUSED)


@dataclass(frozen=True)
class SpotLimit(Record):
    """Most GPUs a market has, by quarter; a market without a row has no limit."""

    TABLE = TableSpec("spot_limit", "Spot limits", "a market, by quarter", 260)

    market: str = reference("the market", "spot")
    gpus: Series = series("GPUs", "most GPUs at any time of the quarter", Blank.UNLIMITED)


@dataclass(frozen=True, kw_only=True)
class SpotMarket(Contract):
    """A market for capacity by the hour, at a site or in a region."""

    TABLE = TableSpec("spot", "Spot and on-demand", "a market", 240)
    CATEGORIES = (SPOT, ON_DEMAND)
    BY_THE_HOUR = True

    market: str = key("name of the market")
    site: str = reference("the site; blank where it serves a region", "sites", default="")
    region: str = text("the region whose sites it serves; blank where a site is given", "")
    accelerator: str = reference("the GPU system", "accelerators")
    firmness: Firmness = choice("on-demand is firm; interruptible may be taken back", Firmness)
    interruption_loss: float = number("share", "share of bought hours lost to interruptions", 0.0, high=1.0)
    draws_site_power: bool = flag("yes: it runs within the site's power limit", False)

    @property
    def category(self) -> Category:
        """The money it costs."""
        return ON_DEMAND if self.firm else SPOT

    @property
    def firm(self) -> bool:
        """Whether it can serve firm demand."""
        return self.firmness is Firmness.ON_DEMAND

    def prices(self, case: Case) -> SpotPrice | None:
        """The row of its prices."""
        return next((row for row in case.of(SpotPrice) if row.market == self.market), None)

    def signings(self, case: Case) -> None:
        """None: its terms are the same in every quarter."""

    def limit(self, case: Case, q: Quarter) -> float | None:
        """Most GPUs in the quarter; None is no limit."""
        row = next((row for row in case.of(SpotLimit) if row.market == self.market), None)
        return None if row is None else row.gpus.at(q)

    def quarters(self, case: Case) -> Iterator[Quarter]:
        """Quarters in which it sells: those in which its accelerator exists."""
        available = case.accelerator(self.accelerator).available_from
        return (q for q in case.calendar.quarters if available is None or q >= available)

    def decisions(self, case: Case) -> Iterator[Decision]:
        """GPUs bought, by quarter, site and segment."""
        prices = self.prices(case)
        if prices is None:
            return
        kw = case.accelerator(self.accelerator).kw_per_gpu if self.draws_site_power else 0.0
        for q in self.quarters(case):
            limit = self.limit(case, q)
            for site in case.sites_of(self.site, self.region):
                for segment in case.segments:
                    yield self._buy(case, q, site, segment, prices, limit, kw)

    def _buy(
        self, case: Case, q: Quarter, site: str, segment: LoadSegment, prices: SpotPrice, limit: float | None, kw: float
    ) -> Decision:
        usable = Supply(site, self.accelerator, self.firm, segment.segment)
        average = Installed(site, self.accelerator, self.firm)
        postings = [
            Posting(usable, q, 1.0 - self.interruption_loss),
            Posting(average, q, segment.share_of_hours),
            Posting(Cash(self.category), q, case.segment_hours(segment, q), prices.term_in(q)),
        ]
        if kw:
            postings.append(Posting(Draw(site, self.accelerator), q, kw * segment.share_of_hours))
        return Decision(
            DecisionKey(Action.BUY, self.market, q, site=site, segment=segment.segment),
            self.supplier,
            "GPUs",
            float("inf") if limit is None else limit,
            postings=tuple(postings),
        )

    def relations(self, case: Case) -> Iterator[Relation]:
        """(SPOT-1) needs a row only where a region has several sites; else the bound of the decision says it."""
        sites = tuple(case.sites_of(self.site, self.region))
        for q in self.quarters(case):
            limit = self.limit(case, q)
            if limit is None or len(sites) < 2:
                continue
            for segment in case.segments:
                select = Selector(Action.BUY, self.market, q, q, segment=segment.segment)
                yield Relation("SPOT-1", self.market, q, ((1.0, select),), limit)

    def replay(self, case: Case, decided: Decided) -> Iterator[Entry | Finding]:
        """Entries of what is bought, and every purchase that the market does not have."""
        prices = self.prices(case)
        shares = {segment.segment: segment.share_of_hours for segment in case.segments}
        bought: dict[tuple[Quarter, str], float] = {}
        for key_, gpus in decided.of(self.market, Action.BUY):
            q, site, share = key_.quarter, key_.site, shares.get(key_.segment)
            if share is None or prices is None or not self._sells(case, q, site):
                place = f"{site} {key_.segment}".strip()
                found = f"{gpus:g} GPUs are bought at {place}"
                yield broken("SPOT-2", self.market, q, found, "a site, quarter and segment in which it sells")
                continue
            yield self.entry(Cash(self.category), q, gpus * self._price(case, prices, q, share))
            usable = gpus - gpus * self.interruption_loss
            yield self.entry(Supply(site, self.accelerator, self.firm, key_.segment), q, usable)
            yield self.entry(Installed(site, self.accelerator, self.firm), q, gpus * share)
            if self.draws_site_power:
                kw = gpus * share * case.accelerator(self.accelerator).kw_per_gpu
                yield self.entry(Draw(site, self.accelerator), q, kw)
            bought[q, key_.segment] = bought.get((q, key_.segment), 0.0) + gpus
        for (q, segment), gpus in bought.items():
            limit = self.limit(case, q)
            if limit is not None and exceeds(gpus, limit):
                found = f"{gpus:g} GPUs are bought in {segment}"
                yield broken("SPOT-1", self.market, q, found, f"at most {limit:g}")
        yield from foreign(self.market, decided, Action.BUY)

    def _price(self, case: Case, prices: SpotPrice, q: Quarter, share: float) -> float:
        """USD of one GPU for a share of the hours of the quarter."""
        return prices.usd_per_gpu_hour.amount(q) * share * case.calendar.hours(q)

    def _sells(self, case: Case, q: Quarter, site: str) -> bool:
        """Whether the market sells at the site in the quarter."""
        available = case.accelerator(self.accelerator).available_from
        there = site in case.sites_of(self.site, self.region)
        return there and case.calendar.first <= q < case.calendar.end and (available is None or q >= available)

    def problems(self, case: Case) -> Iterator[Problem]:
        """A market without a place or a price."""
        yield from super().problems(case)
        if bool(self.site) == bool(self.region):
            yield Problem("site", "a site and a region" if self.site else "blank", "a site or a region", "fill one")
        if self.region and not tuple(case.sites_of("", self.region)):
            yield Problem("region", self.region, "the region of a site", "correct the name, or add a site there")
        if self.prices(case) is None:
            yield Problem("market", "no row in spot_price", "a price for every quarter", "add a row to spot_price")
