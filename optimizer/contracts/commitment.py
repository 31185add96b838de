"""Existing commitments: what is already signed, as capacity and cash by quarter. Nothing is left to decide.

Each item of a commitment posts its series as it stands, also beyond the horizon, on a decision fixed at 1.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from optimizer.case.case import Case
from optimizer.contracts.block import RESERVED
from optimizer.contracts.contract import Contract
from optimizer.contracts.delivery import energy_use
from optimizer.errors import Finding
from optimizer.ledger.books import Decided, Entry
from optimizer.ledger.decision import Action, Decision, DecisionKey, Posting
from optimizer.ledger.keys import CREDIT, ENERGY, FEE, PREPAYMENT, Cash, Category, Draw, Installed, Supply
from optimizer.tables.columns import Blank, choice, flag, key, number, reference, series
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import Record, Series, TableSpec


class Item(Enum):
    """What a row of a commitment's schedule counts."""

    GPUS = "GPUs"
    INVOICES = "invoices USD"
    PREPAYMENTS = "prepayments USD"
    CREDITS = "credits USD"
    FEES = "fees USD"

    @property
    def category(self) -> Category | None:
        """The money it is; None for capacity. Credits are written as positive amounts received."""
        return {
            Item.GPUS: None,
            Item.INVOICES: RESERVED,
            Item.PREPAYMENTS: PREPAYMENT,
            Item.CREDITS: CREDIT,
            Item.FEES: FEE,
        }[self]


@dataclass(frozen=True)
class CommitmentSchedule(Record):
    """Capacity or cash of a commitment, by quarter; the quarters may run beyond the horizon."""

    TABLE = TableSpec("commitment_schedule", "Commitment schedule", "an item of a commitment, by quarter", 290)

    commitment: str = reference("the commitment", "commitments")
    item: Item = choice("what is counted", Item)
    amount: Series = series("GPUs or USD", "capacity there, or cash due, in the quarter", Blank.ZERO)


@dataclass(frozen=True, kw_only=True)
class ExistingCommitment(Contract):
    """A contract that is already signed."""

    TABLE = TableSpec("commitments", "Commitments", "a contract already signed", 280)
    CATEGORIES = (RESERVED, PREPAYMENT, CREDIT, FEE, ENERGY)

    commitment: str = key("name of the commitment")
    site: str = reference("where it stands", "sites")
    accelerator: str = reference("the GPU system", "accelerators")
    availability: float = number("share", "share of hours the capacity is usable", 1.0, high=1.0)
    energy_included: bool = flag("yes: the price includes energy", True)

    def schedule(self, case: Case) -> Iterator[CommitmentSchedule]:
        """Its rows of capacity and cash."""
        return (row for row in case.of(CommitmentSchedule) if row.commitment == self.commitment)

    def decisions(self, case: Case) -> Iterator[Decision]:
        postings: list[Posting] = []
        for row in self.schedule(case):
            for t, amount in row.amount.items():
                if t >= case.calendar.first and amount:
                    postings += self._postings(case, row, t, amount)
        key_ = DecisionKey(Action.GIVEN, self.commitment, case.calendar.first)
        yield Decision(key_, self.supplier, "contract", upper=1.0, lower=1.0, postings=tuple(postings))

    def _postings(self, case: Case, row: CommitmentSchedule, t: Quarter, amount: float) -> Iterator[Posting]:
        category = row.item.category
        if category is not None:
            yield Posting(Cash(category), t, 1.0, row.term_in(t), -1.0 if row.item is Item.CREDITS else 1.0)
            return
        if not self.energy_included:
            energy = energy_use(case, self.site, self.accelerator)
            yield Posting(Cash(ENERGY), t, amount * case.calendar.hours(t) * energy.mwh_per_gpu_hour, energy.price)
        if case.calendar.planned(t):
            yield Posting(Installed(self.site, self.accelerator, True), t, amount)
            yield Posting(Supply(self.site, self.accelerator, True), t, amount * self.availability)
            kw = case.accelerator(self.accelerator).kw_per_gpu
            yield Posting(Draw(self.site, self.accelerator), t, amount * kw)

    def replay(self, case: Case, decided: Decided) -> Iterator[Entry | Finding]:
        given = decided.quantity(DecisionKey(Action.GIVEN, self.commitment, case.calendar.first))
        if given != 1.0:
            place = f"COMMITMENT {self.commitment}"
            yield Finding(place, f"held {given:g} times", "exactly once: it is signed", "solve again")
        system, site = case.accelerator(self.accelerator), case.site(self.site)
        for row in self.schedule(case):
            for t, amount in row.amount.items():
                if t < case.calendar.first:
                    continue
                if row.item is Item.GPUS:
                    kw = amount * system.kw_per_gpu
                    if case.calendar.planned(t):
                        yield self.entry(Installed(self.site, self.accelerator, True), t, amount)
                        yield self.entry(Supply(self.site, self.accelerator, True), t, amount * self.availability)
                        yield self.entry(Draw(self.site, self.accelerator), t, kw)
                    if not self.energy_included:
                        used = kw / 1000.0 * system.average_load * site.pue * case.calendar.hours(t)
                        yield self.entry(Cash(ENERGY), t, used * site.energy_price_usd_per_mwh)
                elif row.item is Item.CREDITS:
                    yield self.entry(Cash(CREDIT), t, -amount)
                else:
                    category = row.item.category
                    assert category is not None
                    yield self.entry(Cash(category), t, amount)
