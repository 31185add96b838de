"""Carbon: a limit on the emissions of the energy that systems draw at sites.

  (CARBON-1)  sum over the period of carbon[s] x PUE[s] x average load[a] x IT kW drawn[s,a,t] x hours[t] / 10^6
              - overrun <= limit        t CO2, with carbon in kg per MWh
Capacity counts while it is installed, as its energy does (MONEY-3), used or not. Spot counts where it draws power at a
site.
"""

import math
from collections.abc import Iterator
from functools import partial

from optimizer.case.case import Case
from optimizer.errors import Finding
from optimizer.futures.future import Future
from optimizer.ledger.books import Entry
from optimizer.ledger.keys import Draw, Key
from optimizer.rules.books import Books, exceeded
from optimizer.rules.formulation import Formulation, Terms
from optimizer.rules.limit import admitted, overrun, scaled
from optimizer.rules.policy import Policy, PolicyKind, PolicyRule
from optimizer.tables.quarter import Quarter

CODE = "CARBON-1"


class Carbon(PolicyRule):
    """Stay within a limit on emissions."""

    CODE = "CARBON"
    KINDS = (PolicyKind.CARBON,)

    def restrict(self, form: Formulation, future: Future, policy: Policy) -> None:
        for span in policy.spans(future.case):
            for last, nodes in form.ends(future, span):
                terms: Terms = [
                    (line.coefficient * _tonnes_per_kw(future.case, account, node.quarter), line.variable)
                    for node in nodes
                    for account, line in form.select(partial(_counts, policy), node)
                ]
                if terms:
                    terms += overrun(form, CODE, policy, last)
                    terms, limit, times = scaled(terms, policy.limit)
                    index, unit = (policy.policy, span.label), policy.kind.violation_unit
                    form.limit(CODE, last, index, terms, upper=limit, unit=unit, times=times)

    def check(self, books: Books) -> Iterator[Finding]:
        for policy in self.policies(books.case):
            for span in policy.spans(books.case):
                entries = books.select(partial(_counts, policy), *span.quarters)
                tonnes = math.fsum(self._emitted(books.case, entry) for entry in entries)
                beyond = admitted(books, CODE, policy, span.last)
                place = f"{CODE} {policy.policy} {span.label}"
                yield from exceeded(place, "emissions (t CO2)", tonnes - beyond, policy.limit, tonnes)

    def _emitted(self, case: Case, entry: Entry) -> float:
        assert isinstance(entry.key, Draw)
        site, system = case.site(entry.key.site), case.accelerator(entry.key.accelerator)
        megawatt_hours = entry.amount / 1000.0 * system.average_load * site.pue * case.calendar.hours(entry.quarter)
        return megawatt_hours * site.carbon_kg_per_mwh / 1000.0


def _counts(policy: Policy, account: Key) -> bool:
    return isinstance(account, Draw) and policy.site in ("", account.site)


def _tonnes_per_kw(case: Case, account: Key, quarter: Quarter) -> float:
    """t CO2 that a kW of IT load emits in the quarter."""
    assert isinstance(account, Draw)
    site, system = case.site(account.site), case.accelerator(account.accelerator)
    return site.carbon_kg_per_mwh * site.pue * system.average_load * case.calendar.hours(quarter) / 1e6
