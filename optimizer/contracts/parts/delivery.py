"""How a block is delivered, invoiced and powered, as postings of one block.

A delivery starts `lead_quarters` after the decision, later by the delay, in tranches by the ramp. Each tranche runs
the whole term from its own delivery.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from optimizer.case.case import Case
from optimizer.contracts.parts.in_service import charged, in_service
from optimizer.contracts.parts.standing import capacity, energy
from optimizer.contracts.parts.terms import DeliveryTerms
from optimizer.ledger.decision import Posting
from optimizer.ledger.keys import Cash, Category
from optimizer.tables.quarter import Quarter


@dataclass(frozen=True)
class Tranche:
    """A share of each block, delivered in `start` and returned in `end` (the first quarter without it)."""

    share: float
    start: Quarter
    end: Quarter

    def holds(self, quarter: Quarter) -> bool:
        """Whether the tranche is there in the quarter."""
        return self.start <= quarter < self.end


@dataclass(frozen=True)
class Delivery:
    """The delivery of one block that is decided (signed, exercised, drawn) in `decided`.

    Units are invoiced at `terms.price`: GPU-hours, or blocks and quarters where it is priced by the block.
    """

    case: Case
    terms: DeliveryTerms
    decided: Quarter

    @cached_property
    def start(self) -> Quarter:
        """The quarter of the first delivery."""
        return self.decided + self.terms.lead

    @cached_property
    def tranches(self) -> tuple[Tranche, ...]:
        """The increments of the ramp, each with the whole term."""
        ramp, term = self.terms.ramp, self.terms.term_quarters
        return tuple(
            Tranche(share - before, self.start + offset, self.start + offset + term)
            for offset, (before, share) in enumerate(zip((0.0, *ramp[:-1]), ramp, strict=True))
            if share > before
        )

    @cached_property
    def quarters(self) -> tuple[Quarter, ...]:
        """Quarters from the first delivery to the end of the last tranche, both included."""
        return tuple(self.start + offset for offset in range(self.tranches[-1].end - self.start))

    @cached_property
    def _delivered(self) -> dict[Quarter, float]:
        return {
            quarter: sum(tranche.share for tranche in self.tranches if tranche.holds(quarter))
            for quarter in self.quarters
        }

    def delivered(self, quarter: Quarter) -> float:
        """Share of the block that is there in the quarter."""
        return self._delivered.get(quarter, 0.0)

    def usable(self, quarter: Quarter) -> float:
        """Usable GPUs of one block in the quarter."""
        there = in_service(self.case, self.terms.name, quarter)
        return self.delivered(quarter) * self.terms.gpus_per_block * self.terms.availability * there

    def charged(self, quarter: Quarter) -> float:
        """(SERVICE-2) Share of what falls due in the quarter that is charged."""
        return charged(self.case, self.terms.name, quarter)

    def escalation(self, quarter: Quarter) -> float:
        """(MONEY-2) Price index: it rises by the escalator on each anniversary of the first delivery."""
        return float((1.0 + self.terms.escalator) ** ((quarter - self.start) // 4))

    def billed(self, quarter: Quarter, share: float) -> float:
        """Units invoiced in the quarter for this share of a block: GPU-hours, or block-quarters."""
        if self.terms.by_block:
            return share
        return share * self.terms.gpus_per_block * self.case.calendar.hours(quarter)

    def value(self, since: Quarter | None = None) -> float:
        """Escalated units due from `since` to the end, as signed; times the price, USD: the value of the contract."""
        return sum(
            self.billed(quarter, self.delivered(quarter)) * self.escalation(quarter)
            for quarter in self.quarters
            if since is None or quarter >= since
        )

    def tranche_value(self, tranche: Tranche) -> float:
        """Escalated units due for one tranche over its term, as signed."""
        return sum(
            self.billed(quarter, tranche.share) * self.escalation(quarter)
            for quarter in self.quarters
            if tranche.holds(quarter)
        )

    def postings(self, category: Category) -> Iterator[Posting]:
        """Capacity and power within the horizon; invoices and energy within it and beyond it."""
        for quarter in self.quarters:
            share = self.delivered(quarter)
            gpus = share * self.terms.gpus_per_block
            yield from capacity(self.case, self.terms, quarter, gpus)
            index = self.escalation(quarter) * self.charged(quarter)
            if index:
                yield Posting(Cash(category), quarter, self.billed(quarter, share), self.terms.price, index)
            if not self.terms.energy_included:
                yield from energy(self.case, self.terms, quarter, gpus)
