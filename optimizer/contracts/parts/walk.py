"""Replaying GPUs and deliveries quarter by quarter in plain arithmetic, as the audit does.

Written apart from `standing` and `delivery`, which post per unit of a decision: here all that is decided is walked
through the calendar, tranche by tranche. Nothing is shared with them but the terms.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from optimizer.case.case import Case
from optimizer.contracts.parts.in_service import InService
from optimizer.contracts.parts.standing import Standing
from optimizer.contracts.parts.terms import DeliveryTerms
from optimizer.ledger.books import Entry
from optimizer.ledger.keys import ENERGY, Cash, Category, Draw, Installed, Supply
from optimizer.tables.quarter import Quarter


@dataclass(frozen=True)
class Statement:
    """One quarter of one tranche: GPUs and invoice as signed, the share of it that is charged, energy bought, USD."""

    quarter: Quarter
    gpus: float
    invoice: float
    charged: float
    energy: float


def walk(case: Case, terms: DeliveryTerms, blocks: float, decided: Quarter) -> list[list[Statement]]:
    """The tranches of `blocks` blocks decided in the quarter, each from its delivery to its return."""
    first = decided + (terms.lead_quarters + terms.delay_quarters)
    tranches = []
    arrived = 0.0
    for offset, target in enumerate(terms.ramp):
        if target > arrived:
            ages = range(offset, offset + terms.term_quarters)
            tranches.append([_statement(case, terms, blocks * (target - arrived), first, age) for age in ages])
            arrived = target
    return tranches


def _statement(case: Case, terms: DeliveryTerms, blocks: float, first: Quarter, age: int) -> Statement:
    """`age` counts quarters since the first delivery of the contract, on whose anniversaries the price rises."""
    quarter = first + age
    price = terms.price_usd_per_gpu_hour if terms.price_usd_per_gpu_hour is not None else 0.0
    gpus = blocks * terms.gpus_per_block
    invoice = gpus * case.calendar.hours(quarter) * price
    if terms.price_usd_per_block_quarter is not None:
        invoice = blocks * terms.price_usd_per_block_quarter
    for _ in range(age // 4):
        invoice += invoice * terms.escalator
    bought = 0.0 if terms.energy_included else energy_cost(case, terms, quarter, gpus)
    return Statement(quarter, gpus, invoice, billable(case, terms, quarter), bought)


def out(case: Case, row: Standing, quarter: Quarter) -> float:
    """Share of a contract that is out of service; what is out in the last quarter of the horizon does not come back."""
    gone = 0.0
    for line in case.by(InService, "contract", row.name):
        stays = line.share.at(quarter if quarter < case.calendar.end else case.calendar.end + -1)
        gone = 0.0 if stays is None else 1.0 - stays
    return gone


def billable(case: Case, row: Standing, quarter: Quarter) -> float:
    """Share of what falls due in a quarter that is charged: all but what is out and not invoiced."""
    kept = any(line.invoiced for line in case.by(InService, "contract", row.name))
    return 1.0 if kept else 1.0 - out(case, row, quarter)


def energy_cost(case: Case, row: Standing, quarter: Quarter, gpus: float) -> float:
    """USD of the energy that GPUs in service take in a quarter at their average load."""
    gpus -= gpus * out(case, row, quarter)
    site, system = case.site(row.site), case.accelerator(row.accelerator)
    facility_mw = gpus * system.kw_per_gpu / 1000.0 * system.average_load * site.pue
    return facility_mw * case.calendar.hours(quarter) * site.energy_price_usd_per_mwh


def booked_capacity(case: Case, row: Standing, quarter: Quarter, gpus: float) -> Iterator[Entry]:
    """Entries of the GPUs in service in a quarter; none beyond the horizon."""
    if not case.calendar.first <= quarter < case.calendar.end:
        return
    gpus -= gpus * out(case, row, quarter)
    yield row.entry(Installed(row.site, row.accelerator, True), quarter, gpus)
    yield row.entry(Supply(row.site, row.accelerator, True), quarter, gpus * row.availability)
    yield row.entry(Draw(row.site, row.accelerator), quarter, gpus * case.accelerator(row.accelerator).kw_per_gpu)


def booked(
    case: Case, terms: DeliveryTerms, statement: Statement, category: Category, share: float = 1.0
) -> Iterator[Entry]:
    """Entries of a share of a statement: capacity, invoice and energy."""
    yield from booked_capacity(case, terms, statement.quarter, share * statement.gpus)
    yield terms.entry(Cash(category), statement.quarter, share * statement.invoice * statement.charged)
    yield terms.entry(Cash(ENERGY), statement.quarter, share * statement.energy)
