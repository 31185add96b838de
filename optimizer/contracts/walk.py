"""Replaying a delivery quarter by quarter in plain arithmetic, as the audit does.

Written apart from `delivery`, which posts per unit: here blocks are walked through the calendar, tranche by tranche.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from optimizer.case.case import Case
from optimizer.tables.quarter import Quarter


@dataclass(frozen=True)
class Statement:
    """One quarter of a delivery: GPUs there, amount invoiced and energy bought, USD."""

    quarter: Quarter
    gpus: float
    invoice: float
    energy: float


@dataclass(frozen=True)
class Terms:
    """Delivery terms as plain numbers. Exactly one of `hourly` (USD per GPU-hour) and `fee` (USD per block) is set."""

    site: str
    accelerator: str
    gpus_per_block: float
    ramp: tuple[float, ...]
    term: int
    hourly: float | None
    fee: float | None
    escalator: float
    energy_included: bool


def walk(case: Case, terms: Terms, blocks: float, first: Quarter) -> Iterator[Statement]:
    """The delivery of `blocks` blocks from `first` on, to the end of the last tranche."""
    site = case.site(terms.site)
    system = case.accelerator(terms.accelerator)
    elapsed = 0
    price_level = 1.0
    while elapsed < terms.term + len(terms.ramp) - 1:
        quarter = first + elapsed
        if elapsed and elapsed % 4 == 0:
            price_level *= 1.0 + terms.escalator
        arrived = terms.ramp[min(elapsed, len(terms.ramp) - 1)]
        returned = 0.0 if elapsed < terms.term else terms.ramp[min(elapsed - terms.term, len(terms.ramp) - 1)]
        share = arrived - returned
        gpus = blocks * terms.gpus_per_block * share
        hours = case.calendar.hours(quarter)
        if terms.fee is not None:
            invoice = blocks * share * terms.fee * price_level
        else:
            invoice = gpus * hours * (terms.hourly or 0.0) * price_level
        megawatt_hours = gpus * system.kw_per_gpu * system.average_load / 1000.0 * site.pue * hours
        energy = 0.0 if terms.energy_included else megawatt_hours * site.energy_price_usd_per_mwh
        yield Statement(quarter, gpus, invoice, energy)
        elapsed += 1
