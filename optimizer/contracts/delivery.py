"""How a block is delivered, priced and powered: terms that reserved blocks, options and backstops share.

A delivery starts `lead` quarters after signing (or exercise), later by the delay, in tranches by the ramp. Each
tranche runs the full term from its own delivery. One unit of a decision is one block.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from optimizer.case.case import Case
from optimizer.ledger.decision import Posting
from optimizer.ledger.keys import ENERGY, Cash, Category, Draw, Installed, Supply
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import Term


@dataclass(frozen=True)
class Tranche:
    """A share of each block, delivered in `start` and returned in `end` (the first quarter without it)."""

    share: float
    start: Quarter
    end: Quarter


@dataclass(frozen=True)
class Delivery:
    """The delivery of one block that starts in `start`.

    `price` is the cell that prices it: USD per GPU-hour, or USD per block and quarter when `by_block` is set.
    """

    site: str
    accelerator: str
    gpus: float
    availability: float
    ramp: tuple[float, ...]
    term: int
    start: Quarter
    price: Term
    by_block: bool
    escalator: float
    energy_included: bool

    @property
    def tranches(self) -> tuple[Tranche, ...]:
        """The increments of the ramp, each with the whole term."""
        before = (0.0, *self.ramp[:-1])
        return tuple(
            Tranche(share - previous, self.start + offset, self.start + offset + self.term)
            for offset, (previous, share) in enumerate(zip(before, self.ramp, strict=True))
            if share > previous
        )

    @property
    def quarters(self) -> tuple[Quarter, ...]:
        """Quarters in which any of the block is delivered."""
        last = max(tranche.end for tranche in self.tranches)
        return tuple(self.start + offset for offset in range(last - self.start))

    def delivered(self, quarter: Quarter) -> float:
        """Share of the block that is there in the quarter."""
        return sum(tranche.share for tranche in self.tranches if tranche.start <= quarter < tranche.end)

    def escalation(self, quarter: Quarter) -> float:
        """(MONEY-2) Price index: it rises by the escalator on each anniversary of the first delivery."""
        return float((1.0 + self.escalator) ** ((quarter - self.start) // 4))

    def billed(self, case: Case, quarter: Quarter, share: float | None = None) -> float:
        """Units invoiced for a block in the quarter: GPU-hours, or block-quarters when priced by the block."""
        share = self.delivered(quarter) if share is None else share
        return share if self.by_block else share * self.gpus * case.calendar.hours(quarter)

    def capacity(self, case: Case, sign: float = 1.0, since: Quarter | None = None) -> Iterator[Posting]:
        """GPUs installed, usable and drawing power, within the horizon, from `since` on."""
        kw = case.accelerator(self.accelerator).kw_per_gpu
        for quarter in self.quarters:
            if not case.calendar.planned(quarter) or (since is not None and quarter < since):
                continue
            gpus = sign * self.delivered(quarter) * self.gpus
            yield Posting(Installed(self.site, self.accelerator, True), quarter, gpus)
            yield Posting(Supply(self.site, self.accelerator, True), quarter, gpus * self.availability)
            yield Posting(Draw(self.site, self.accelerator), quarter, gpus * kw)

    def invoices(
        self, case: Case, category: Category, sign: float = 1.0, since: Quarter | None = None
    ) -> Iterator[Posting]:
        """Invoices and, where it is not included, energy: in the horizon and beyond it, from `since` on."""
        energy = None if self.energy_included else energy_use(case, self.site, self.accelerator)
        for quarter in self.quarters:
            if since is not None and quarter < since:
                continue
            index = sign * self.escalation(quarter)
            yield Posting(Cash(category), quarter, self.billed(case, quarter), self.price, index)
            if energy is not None:
                gpu_hours = self.delivered(quarter) * self.gpus * case.calendar.hours(quarter)
                yield Posting(Cash(ENERGY), quarter, gpu_hours * energy.mwh_per_gpu_hour, energy.price, sign)

    def total_billed(self, case: Case, since: Quarter | None = None) -> float:
        """Escalated units invoiced for a block from `since` to the end: times the price, its contract value."""
        return sum(
            self.billed(case, quarter) * self.escalation(quarter)
            for quarter in self.quarters
            if since is None or quarter >= since
        )


@dataclass(frozen=True)
class EnergyUse:
    """Energy one GPU takes at a site: facility MWh a GPU-hour, and the cell of its price."""

    mwh_per_gpu_hour: float
    price: Term


def energy_use(case: Case, site: str, accelerator: str) -> EnergyUse:
    """(MONEY-3) IT kW per GPU x average load x PUE / 1000, at the site's energy price."""
    place, system = case.site(site), case.accelerator(accelerator)
    return EnergyUse(
        system.kw_per_gpu * system.average_load * place.pue / 1000.0, place.term("energy_price_usd_per_mwh")
    )
