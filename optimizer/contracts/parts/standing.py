"""What GPUs that stand at a site post: capacity, power and energy."""

from collections.abc import Iterator
from typing import Protocol

from optimizer.case.case import Case
from optimizer.contracts.parts.in_service import in_service
from optimizer.ledger.books import Entry
from optimizer.ledger.decision import Posting
from optimizer.ledger.keys import ENERGY, Cash, Draw, Installed, Key, Supply
from optimizer.tables.quarter import Quarter


class Standing(Protocol):
    """A contract whose GPUs stand at a site; `availability` is the share of hours they are usable."""

    @property
    def name(self) -> str: ...

    @property
    def site(self) -> str: ...

    @property
    def accelerator(self) -> str: ...

    @property
    def availability(self) -> float: ...

    def entry(self, key: Key, quarter: Quarter, amount: float) -> Entry: ...


def capacity(case: Case, row: Standing, quarter: Quarter, gpus: float) -> Iterator[Posting]:
    """GPUs installed, usable and drawing power (kW) in a quarter of the horizon; nothing beyond it (SERVICE-1)."""
    gpus *= in_service(case, row.name, quarter)
    if not gpus or not case.calendar.planned(quarter):
        return
    yield Posting(Installed(row.site, row.accelerator, True), quarter, gpus)
    yield Posting(Supply(row.site, row.accelerator, True), quarter, gpus * row.availability)
    kw = case.accelerator(row.accelerator).kw_per_gpu
    yield Posting(Draw(row.site, row.accelerator), quarter, gpus * kw)


def energy(case: Case, row: Standing, quarter: Quarter, gpus: float) -> Iterator[Posting]:
    """(MONEY-3) MWh = GPUs x IT kW x average load x PUE / 1000 x hours, at the site's price, in any quarter.

    GPUs that are out buy none (SERVICE-1).
    """
    gpus *= in_service(case, row.name, quarter)
    if not gpus:
        return
    site, system = case.site(row.site), case.accelerator(row.accelerator)
    mwh_per_gpu_hour = system.kw_per_gpu * system.average_load * site.pue / 1000.0
    megawatt_hours = gpus * case.calendar.hours(quarter) * mwh_per_gpu_hour
    yield Posting(Cash(ENERGY), quarter, megawatt_hours, site.term("energy_price_usd_per_mwh"))
