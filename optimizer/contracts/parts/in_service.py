"""What of a contract is in service: a supplier who fails, a site that goes dark, a brown-out, while blocks deliver.

With u[k,t] the share of the GPUs of contract k that is in service in quarter t, a blank being 1 and every quarter after
the horizon like its last one; c[k,t] = u[k,t], or 1 where what is out is invoiced all the same
  (SERVICE-1)  GPUs there[k,t] = u[k,t] x GPUs of the terms: what is out is not installed, is not usable (before
               availability), cannot be resold, draws no power and buys no energy; policies on GPUs count what is there
  (SERVICE-2)  charged[k,t] = c[k,t] x invoice[t], opex of owned hardware, late remedy and prepayment credit: a credit
               on an invoice that is not issued is forfeited, so that what was paid ahead for it is lost
  (SERVICE-3)  a prepayment due on the delivery of a tranche in t is paid, and later credited, to the share c[k,t]
  (SERVICE-4)  all else is due as it was signed: prepayments at signing, fees, premiums, capex, and the remaining
               invoices of which an exit costs a share. Terms go on: an outage makes no contract longer
"""

from collections.abc import Iterator
from dataclasses import dataclass

from optimizer.case.case import Case
from optimizer.errors import Level
from optimizer.tables.columns import Blank, flag, reference, series
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import Problem, Record, Series, TableSpec

WHOLE = 1.0


@dataclass(frozen=True, kw_only=True)
class InService(Record):
    """The share of a contract that is in service, by quarter: outages, brown-outs and defaults while it delivers."""

    TABLE = TableSpec("in_service", "In service", "a contract, by quarter", 291)

    contract: str = reference(
        "a contract whose GPUs stand at a site; a market has spot_limit, a shell site_power",
        "blocks", "options", "backstops", "purchases", "commitments",
    )  # fmt: skip
    invoiced: bool = flag("yes: what is out is invoiced all the same", False)
    share: Series = series(
        "share", "share of its GPUs in service in the quarter; the rest is out", Blank.WHOLE, high=1.0
    )

    def problems(self, case: Case) -> Iterator[Problem]:
        """A share after the horizon, where what holds in its last quarter holds on."""
        last = case.calendar.end + -1
        for quarter, share in self.share.items():
            if quarter > last and share != in_service(case, self.contract, last):
                found, expected = f"{share:g}, after the horizon", f"a blank cell: what holds in {last} holds on"
                yield Problem(str(quarter), found, expected, "clear it, or lengthen the horizon", Level.WARNING)


def in_service(case: Case, contract: str, quarter: Quarter) -> float:
    """(SERVICE-1) Share of the contract's GPUs that is in service, in any quarter; 1 where nothing is said."""
    for row in case.by(InService, "contract", contract):
        share = row.share.at(min(quarter, case.calendar.end + -1))
        return WHOLE if share is None else share
    return WHOLE


def charged(case: Case, contract: str, quarter: Quarter) -> float:
    """(SERVICE-2) Share of what falls due in the quarter that is charged; 1 where nothing is said."""
    if any(row.invoiced for row in case.by(InService, "contract", contract)):
        return WHOLE
    return in_service(case, contract, quarter)
