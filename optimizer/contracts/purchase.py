"""Owned hardware: bought, delivered after a lead time, run for its life, worth something at the end.

Decision: n[k,q] units ordered in q (a unit is `gpus_per_unit` GPUs).
Constraints
  (PURCHASE-1)  sum_q n[k,q] <= max[k]
Money (USD per unit)
  (PURCHASE-M1) capex = price per GPU x GPUs: deposit at the order, the rest on delivery
  (PURCHASE-M2) opex each quarter of life, and energy
  (PURCHASE-M3) value returned: the residual share of capex after the life; or, where the life passes the horizon,
                the tail value x straight-line book value at the end of the horizon
"""

from collections.abc import Iterator
from dataclasses import dataclass

from optimizer.case.case import Case
from optimizer.contracts.block import TOLERANCE
from optimizer.contracts.contract import Contract
from optimizer.contracts.delivery import energy_use
from optimizer.errors import Finding
from optimizer.ledger.books import Decided, Entry
from optimizer.ledger.decision import Action, Decision, DecisionKey, Posting, Relation, Selector
from optimizer.ledger.keys import ENERGY, Cash, Category, Commitment, Draw, Installed, Supply
from optimizer.tables.columns import flag, integer, key, number, quarter, reference
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import Problem, TableSpec

CAPEX = Category("capex")
OPEX = Category("opex", service=True)
RESIDUAL = Category("residual value")


@dataclass(frozen=True, kw_only=True)
class Purchase(Contract):
    """An offer of hardware to own."""

    TABLE = TableSpec("purchases", "Purchases", "owned hardware on offer", 270)
    CATEGORIES = (CAPEX, OPEX, RESIDUAL, ENERGY)

    purchase: str = key("name of the offer")
    site: str = reference("where it will stand", "sites")
    accelerator: str = reference("the GPU system", "accelerators")
    gpus_per_unit: float = number("GPUs", "GPUs in one unit, e.g. a rack", above=True)
    max_units: float = number("units", "most units over the whole window", above=True)
    divisible: bool = flag("yes: any share of a unit can be ordered", False)
    order_from: Quarter | None = quarter("first quarter of the ordering window; blank is the first planned", None)
    order_until: Quarter | None = quarter("last quarter of the ordering window; blank is the last planned", None)
    capex_usd_per_gpu: float = number("USD per GPU", "all-in price")
    deposit_share: float = number("share", "share of the price paid at the order; the rest on delivery", 0.0, high=1.0)
    lead_quarters: int = integer("quarters", "from the order to delivery", 0, 0, 40)
    life_quarters: int = integer("quarters", "quarters of use", low=1, high=120)
    residual_share: float = number("share", "value at the end of life, as a share of the price", 0.0, high=1.0)
    opex_usd_per_gpu_quarter: float = number("USD per GPU", "space, staff and upkeep of a GPU and quarter", 0.0)
    availability: float = number("share", "share of hours the capacity is usable", 1.0, high=1.0)

    def window(self, case: Case) -> tuple[Quarter, ...]:
        """Quarters in which it can be ordered."""
        first = self.order_from or case.calendar.first
        available = case.accelerator(self.accelerator).available_from
        if available is not None:
            first = max(first, available + -self.lead_quarters)
        last = self.order_until or case.calendar.end + -1
        return tuple(q for q in case.calendar.quarters if first <= q <= last)

    def decisions(self, case: Case) -> Iterator[Decision]:
        price = self.term("capex_usd_per_gpu")
        for q in self.window(case):
            start = q + self.lead_quarters
            postings = [
                Posting(Cash(CAPEX), q, self.gpus_per_unit, price, self.deposit_share),
                Posting(Cash(CAPEX), start, self.gpus_per_unit, price, 1.0 - self.deposit_share),
                Posting(Commitment(), q, self.gpus_per_unit, price),
                *self._value(case, start),
            ]
            for offset in range(self.life_quarters):
                postings += self._quarter(case, start + offset)
            yield Decision(
                DecisionKey(Action.SIGN, self.purchase, q),
                self.supplier,
                "units",
                self.max_units,
                integer=not self.divisible,
                postings=tuple(postings),
            )

    def _quarter(self, case: Case, t: Quarter) -> Iterator[Posting]:
        gpus = self.gpus_per_unit
        energy = energy_use(case, self.site, self.accelerator)
        yield Posting(Cash(OPEX), t, gpus, self.term("opex_usd_per_gpu_quarter"))
        yield Posting(Cash(ENERGY), t, gpus * case.calendar.hours(t) * energy.mwh_per_gpu_hour, energy.price)
        if case.calendar.planned(t):
            yield Posting(Installed(self.site, self.accelerator, True), t, gpus)
            yield Posting(Supply(self.site, self.accelerator, True), t, gpus * self.availability)
            kw = case.accelerator(self.accelerator).kw_per_gpu
            yield Posting(Draw(self.site, self.accelerator), t, gpus * kw)

    def _value(self, case: Case, start: Quarter) -> Iterator[Posting]:
        """(PURCHASE-M3)."""
        price, end = self.term("capex_usd_per_gpu"), start + self.life_quarters
        if end <= case.calendar.end:
            yield Posting(Cash(RESIDUAL), end, self.gpus_per_unit, price, -self.residual_share)
            return
        used = max(0, case.calendar.end - start) / self.life_quarters
        book = 1.0 - used * (1.0 - self.residual_share)
        when = max(case.calendar.end, start)
        yield Posting(Cash(RESIDUAL), when, self.gpus_per_unit, price, -case.settings.tail_value * book)

    def relations(self, case: Case) -> Iterator[Relation]:
        window = self.window(case)
        for q in window:
            ordered = Selector(Action.SIGN, self.purchase, window[0], q)
            yield Relation("PURCHASE-1", self.purchase, q, ((1.0, ordered),), self.max_units)

    def replay(self, case: Case, decided: Decided) -> Iterator[Entry | Finding]:
        system, site = case.accelerator(self.accelerator), case.site(self.site)
        total = 0.0
        for key_, units in decided.of(self.purchase, Action.SIGN):
            total += units
            gpus = units * self.gpus_per_unit
            capex = gpus * self.capex_usd_per_gpu
            delivered = key_.quarter + self.lead_quarters
            yield self.entry(Cash(CAPEX), key_.quarter, capex * self.deposit_share)
            yield self.entry(Cash(CAPEX), delivered, capex - capex * self.deposit_share)
            yield self.entry(Commitment(), key_.quarter, capex)
            wear = capex * (1.0 - self.residual_share) / self.life_quarters
            book = capex
            for age in range(self.life_quarters):
                t = delivered + age
                yield self.entry(Cash(OPEX), t, gpus * self.opex_usd_per_gpu_quarter)
                megawatts = gpus * system.kw_per_gpu / 1000.0
                energy = megawatts * system.average_load * site.pue * case.calendar.hours(t)
                yield self.entry(Cash(ENERGY), t, energy * site.energy_price_usd_per_mwh)
                if case.calendar.planned(t):
                    book -= wear
                    yield self.entry(Installed(self.site, self.accelerator, True), t, gpus)
                    yield self.entry(Supply(self.site, self.accelerator, True), t, gpus * self.availability)
                    yield self.entry(Draw(self.site, self.accelerator), t, megawatts * 1000.0)
            end = delivered + self.life_quarters
            if end > case.calendar.end:
                sale = max(case.calendar.end, delivered)
                yield self.entry(Cash(RESIDUAL), sale, -book * case.settings.tail_value)
            else:
                yield self.entry(Cash(RESIDUAL), end, -capex * self.residual_share)
            if key_.quarter not in self.window(case):
                yield self._broken(key_.quarter, f"{units:g} units are ordered", "none outside the window")
            if not self.divisible and abs(units - round(units)) > TOLERANCE:
                yield self._broken(key_.quarter, f"{units:g} units are ordered", "whole units")
        if total > self.max_units + TOLERANCE:
            yield self._broken(case.calendar.end, f"{total:g} units are ordered", f"at most {self.max_units:g}")

    def _broken(self, q: Quarter, found: str, expected: str) -> Finding:
        place = f"PURCHASE-1 {self.purchase} {q}"
        return Finding(place, found, expected, "this is a fault of the plan: solve again")

    def problems(self, case: Case) -> Iterator[Problem]:
        if not self.divisible and self.max_units != round(self.max_units):
            yield Problem("max_units", f"{self.max_units:g}", "a whole number of units", "round it, or set divisible")
