"""Powered-shell leases: a building with power, paid by the kW and month, in which owned accelerators run.

Decision: n[k,q] units of power leased in q (a unit is `it_mw_per_unit` MW of IT load).
Constraints
  (SHELL-1)  sum_q n[k,q] <= max[k]
  (SHELL-2)  energised MW[s,t] += n x IT MW x PUE[s]        the power rule counts it as power at the site
Money (USD per unit): (SHELL-M1) rent[t] = IT MW x 1,000 x 3 months x rent per kW-month x (1 + escalator) **
anniversaries, from the handover to the end of the term.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from optimizer.case.case import Case
from optimizer.contracts.contract import Contract
from optimizer.contracts.parts.checks import broken, exceeds, foreign, is_whole
from optimizer.contracts.parts.signed import window
from optimizer.errors import Finding
from optimizer.ledger.books import Decided, Entry
from optimizer.ledger.decision import Action, Decision, DecisionKey, Posting, Relation, Selector
from optimizer.ledger.keys import Cash, Category, Commitment, Energised
from optimizer.tables.columns import flag, integer, key, number, quarter, reference
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import Problem, TableSpec

RENT = Category("shell rent", service=True)
MONTHS, KW_PER_MW = 3.0, 1000.0


@dataclass(frozen=True, kw_only=True)
class ShellLease(Contract):
    """An offer of powered shell."""

    TABLE = TableSpec("shells", "Powered shells", "an offer of powered shell", 275)
    OFFER = ("max_units", "sign_from", "sign_until")
    CLOSES = "sign_until"
    WHOLE = ("max_units", "divisible", "sign_from", "sign_until")
    CATEGORIES = (RENT,)

    shell: str = key("name of the offer")
    site: str = reference("where it stands", "sites")
    it_mw_per_unit: float = number("IT MW", "IT power in one unit, e.g. a data hall", above=True)
    max_units: float = number("units", "most units over the whole window", above=True)
    divisible: bool = flag("yes: any share of a unit can be leased", False)
    sign_from: Quarter | None = quarter("first quarter of the signing window; blank is the first planned", None)
    sign_until: Quarter | None = quarter("last quarter of the signing window; blank is the last planned", None)
    lead_quarters: int = integer("quarters", "from signing to the handover", 0, 0, 40)
    term_quarters: int = integer("quarters", "how long it is leased", low=1, high=120)
    rent_usd_per_kw_month: float = number("USD per kW and month", "rent of a kW of IT power and month")
    escalator: float = number("share a year", "rise of the rent on each anniversary of the handover", 0.0, -0.5, 0.5)

    @property
    def lead(self) -> int:
        """Quarters from the signing to the handover."""
        return self.lead_quarters

    def window(self, case: Case) -> tuple[Quarter, ...]:
        """Quarters in which it can be signed."""
        return window(case, self.shell, self.sign_from, self.sign_until)

    def signings(self, case: Case) -> tuple[Quarter, ...]:
        """Those of its window."""
        return self.window(case)

    def decisions(self, case: Case) -> Iterator[Decision]:
        for q in self.window(case):
            postings = tuple(self.as_signed(case, q)._lease(case, q))
            key_, whole = DecisionKey(Action.SIGN, self.shell, q), not self.divisible
            yield Decision(key_, self.supplier, "units", self.max_units, integer=whole, postings=postings)

    def _lease(self, case: Case, q: Quarter) -> Iterator[Posting]:
        """What one unit leased in q moves."""
        rent, kw_months = self.term("rent_usd_per_kw_month"), self.it_mw_per_unit * KW_PER_MW * MONTHS
        power = self.it_mw_per_unit * case.site(self.site).pue
        for age in range(self.term_quarters):
            t, index = q + self.lead_quarters + age, (1.0 + self.escalator) ** (age // 4)
            yield Posting(Cash(RENT), t, kw_months, rent, index)
            yield Posting(Commitment(), q, kw_months, rent, index)
            if case.calendar.planned(t):
                yield Posting(Energised(self.site), t, power)

    def relations(self, case: Case) -> Iterator[Relation]:
        for q in self.window(case):
            leased = Selector(Action.SIGN, self.shell, case.calendar.first, q)
            yield Relation("SHELL-1", self.shell, q, ((1.0, leased),), self.max_units)

    def replay(self, case: Case, decided: Decided) -> Iterator[Entry | Finding]:
        total = 0.0
        for signed, units in decided.of(self.shell, Action.SIGN):
            total += units
            yield from self.as_signed(case, signed.quarter)._replay_lease(case, signed.quarter, units)
            if signed.quarter not in self.window(case):
                found = f"{units:g} units are leased"
                yield broken("SHELL-1", self.shell, signed.quarter, found, "none outside the window")
            if not self.divisible and not is_whole(units):
                yield broken("SHELL-1", self.shell, signed.quarter, f"{units:g} units are leased", "whole units")
        if exceeds(total, self.max_units):
            found, last = f"{total:g} units are leased", case.calendar.end + -1
            yield broken("SHELL-1", self.shell, last, found, f"at most {self.max_units:g}")
        yield from foreign(self.shell, decided, Action.SIGN)

    def _replay_lease(self, case: Case, q: Quarter, units: float) -> Iterator[Entry]:
        """The rent rises on each anniversary of the handover."""
        kilowatts = units * self.it_mw_per_unit * KW_PER_MW
        rent = kilowatts * self.rent_usd_per_kw_month * MONTHS
        for age in range(self.term_quarters):
            if age and age % 4 == 0:
                rent += rent * self.escalator
            t = q + self.lead_quarters + age
            yield self.entry(Cash(RENT), t, rent)
            yield self.entry(Commitment(), q, rent)
            if case.calendar.planned(t):
                yield self.entry(Energised(self.site), t, kilowatts / KW_PER_MW * case.site(self.site).pue)

    def problems(self, case: Case) -> Iterator[Problem]:
        yield from super().problems(case)
        if not self.divisible and self.max_units != round(self.max_units):
            yield Problem("max_units", f"{self.max_units:g}", "a whole number of units", "round it, or set divisible")
