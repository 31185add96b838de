"""Owned hardware: bought, delivered after a lead time, run for its life, worth something at the end.

Decision: n[k,q] units ordered in q (a unit is `gpus_per_unit` GPUs).
Constraints
  (PURCHASE-1)  sum_q n[k,q] <= max[k]; whole units, within the window
Money (USD per unit)
  (PURCHASE-M1) capex = price per GPU x GPUs: deposit at the order, the rest on delivery
  (PURCHASE-M2) opex each quarter of life, and energy
  (PURCHASE-M3) residual share of capex received after the life
  (PURCHASE-M4) where the life passes the horizon, value that is not cash: tail value x straight-line depreciation
                (capex less residual, over the life) still to come, in the first quarter after the horizon or on
                delivery, if that is later
What is out of service (table `in_service`) is neither usable nor costs opex and energy: (SERVICE-1), (SERVICE-2).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from optimizer.case.case import Case
from optimizer.contracts.contract import Contract
from optimizer.contracts.parts.checks import broken, exceeds, foreign, is_whole, window_problems
from optimizer.contracts.parts.in_service import charged
from optimizer.contracts.parts.signed import window
from optimizer.contracts.parts.standing import capacity, energy
from optimizer.contracts.parts.walk import billable, booked_capacity, energy_cost
from optimizer.errors import Finding
from optimizer.ledger.books import Decided, Entry
from optimizer.ledger.decision import Action, Decision, DecisionKey, Posting, Relation, Selector
from optimizer.ledger.keys import ENERGY, Cash, Category, Commitment
from optimizer.tables.columns import flag, integer, key, number, quarter, reference
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import Problem, TableSpec

CAPEX = Category("capex")
OPEX = Category("opex", service=True)
RESIDUAL = Category("residual value")
LIFE_LEFT = Category("value of life left", cash=False)


@dataclass(frozen=True, kw_only=True)
class Purchase(Contract):
    """An offer of hardware to own."""

    TABLE = TableSpec("purchases", "Purchases", "an offer of hardware to own", 270)
    OFFER = ("max_units", "order_from", "order_until")
    CLOSES = "order_until"
    WHOLE = ("max_units", "divisible", "order_from", "order_until")
    CATEGORIES = (CAPEX, OPEX, RESIDUAL, ENERGY, LIFE_LEFT)

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

    @property
    def lead(self) -> int:
        """Quarters from the order to delivery."""
        return self.lead_quarters

    def first_order(self, case: Case) -> Quarter:
        """Earliest order that delivers a system that exists by then; never before the horizon."""
        available = case.accelerator(self.accelerator).available_from
        first = case.calendar.first
        return first if available is None else max(first, available + -self.lead_quarters)

    def window(self, case: Case) -> tuple[Quarter, ...]:
        """Quarters in which it can be ordered."""
        first = max(self.order_from or case.calendar.first, self.first_order(case))
        return window(case, self.purchase, first, self.order_until)

    def signings(self, case: Case) -> tuple[Quarter, ...]:
        """Those of its window."""
        return self.window(case)

    def decisions(self, case: Case) -> Iterator[Decision]:
        """Units ordered."""
        for q in self.window(case):
            postings = tuple(self.as_signed(case, q)._order(case, q))
            key_, whole = DecisionKey(Action.SIGN, self.purchase, q), not self.divisible
            yield Decision(key_, self.supplier, "units", self.max_units, integer=whole, postings=postings)

    def _order(self, case: Case, q: Quarter) -> Iterator[Posting]:
        """What one unit ordered in q moves."""
        price, delivered = self.term("capex_usd_per_gpu"), q + self.lead_quarters
        deposit = Posting(Cash(CAPEX), q, self.gpus_per_unit, price, self.deposit_share)
        yield deposit
        yield replace(deposit, quarter=delivered, index=1.0 - self.deposit_share)
        yield Posting(Commitment(), q, self.gpus_per_unit, price)
        yield from self._returned(case, delivered)
        for t in (delivered + age for age in range(self.life_quarters)):
            yield from capacity(case, self, t, self.gpus_per_unit)
            share = charged(case, self.purchase, t)
            if share:
                yield Posting(Cash(OPEX), t, self.gpus_per_unit, self.term("opex_usd_per_gpu_quarter"), share)
            yield from energy(case, self, t, self.gpus_per_unit)

    def _returned(self, case: Case, delivered: Quarter) -> Iterator[Posting]:
        """(PURCHASE-M3), (PURCHASE-M4)."""
        price, end = self.term("capex_usd_per_gpu"), delivered + self.life_quarters
        yield Posting(Cash(RESIDUAL), end, self.gpus_per_unit, price, -self.residual_share)
        valued = max(case.calendar.end, delivered)
        if end > valued:
            left = (1.0 - self.residual_share) * (end - valued) / self.life_quarters
            yield Posting(Cash(LIFE_LEFT), valued, self.gpus_per_unit, price, -case.settings.tail_value * left)

    def relations(self, case: Case) -> Iterator[Relation]:
        """Row (PURCHASE-1)."""
        window = self.window(case)
        if window:
            ordered = Selector(Action.SIGN, self.purchase, window[0], window[-1])
            yield Relation("PURCHASE-1", self.purchase, window[-1], ((1.0, ordered),), self.max_units)

    def replay(self, case: Case, decided: Decided) -> Iterator[Entry | Finding]:
        """Entries of what is ordered, and every order that breaks (PURCHASE-1)."""
        total = 0.0
        for key_, units in decided.of(self.purchase, Action.SIGN):
            total += units
            yield from self.as_signed(case, key_.quarter)._replay_order(case, key_.quarter, units)
            yield from self._check_order(case, key_.quarter, units)
        if exceeds(total, self.max_units):
            found = f"{total:g} units are ordered in all"
            yield broken("PURCHASE-1", self.purchase, case.calendar.end + -1, found, f"at most {self.max_units:g}")
        yield from foreign(self.purchase, decided, Action.SIGN)

    def _replay_order(self, case: Case, q: Quarter, units: float) -> Iterator[Entry]:
        """The units age from their delivery; each quarter of life wears off an equal part of capex."""
        gpus = units * self.gpus_per_unit
        capex = gpus * self.capex_usd_per_gpu
        yield self.entry(Commitment(), q, capex)
        yield self.entry(Cash(CAPEX), q, capex * self.deposit_share)
        t = q + self.lead_quarters
        yield self.entry(Cash(CAPEX), t, capex - capex * self.deposit_share)
        wear = (capex - capex * self.residual_share) / self.life_quarters
        for _ in range(self.life_quarters):
            yield self.entry(Cash(OPEX), t, gpus * self.opex_usd_per_gpu_quarter * billable(case, self, t))
            yield self.entry(Cash(ENERGY), t, energy_cost(case, self, t, gpus))
            yield from booked_capacity(case, self, t, gpus)
            if t >= case.calendar.end:
                valued = max(case.calendar.end, q + self.lead_quarters)
                yield self.entry(Cash(LIFE_LEFT), valued, -wear * case.settings.tail_value)
            t = t + 1
        yield self.entry(Cash(RESIDUAL), t, -capex * self.residual_share)

    def _check_order(self, case: Case, q: Quarter, units: float) -> Iterator[Finding]:
        found = f"{units:g} units are ordered"
        early = self.order_from is not None and q < self.order_from
        late = self.order_until is not None and q > self.order_until
        if early or late or not case.calendar.first <= q < case.calendar.end:
            yield broken("PURCHASE-1", self.purchase, q, found, "none outside the ordering window")
        available = case.accelerator(self.accelerator).available_from
        if available is not None and q + self.lead_quarters < available:
            yield broken("PURCHASE-1", self.purchase, q, found, f"no delivery before {available}")
        if not self.divisible and not is_whole(units):
            yield broken("PURCHASE-1", self.purchase, q, found, "whole units")

    def problems(self, case: Case) -> Iterator[Problem]:
        """A window that cannot be used, or a part of a unit."""
        yield from super().problems(case)
        columns = ("order_from", "order_until")
        yield from window_problems(case, columns, self.order_from, self.order_until, self.first_order(case))
        if not self.divisible and not is_whole(self.max_units):
            yield Problem("max_units", f"{self.max_units:g}", "a whole number of units", "round it, or set divisible")
