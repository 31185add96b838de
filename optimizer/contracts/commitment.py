"""Existing commitments: what is already signed, as capacity and cash by quarter. Nothing is left to decide.

Decision: g[k], fixed at 1.
Constraints
  (COMMITMENT-1)  g[k] = 1                             held exactly once
Money and capacity: (COMMITMENT-M1) each item of the schedule posts its series as it stands, from the first planned
quarter on and beyond the horizon; what was due before the horizon is history. What is out of service (table
`in_service`) is not there, is not invoiced and earns no credit: (SERVICE-1), (SERVICE-2).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from optimizer.case.case import Case
from optimizer.contracts.block import RESERVED
from optimizer.contracts.contract import Contract
from optimizer.contracts.parts.checks import FAULT, foreign
from optimizer.contracts.parts.in_service import charged
from optimizer.contracts.parts.standing import capacity, energy
from optimizer.contracts.parts.walk import billable, booked_capacity, energy_cost
from optimizer.errors import Finding
from optimizer.ledger.books import Decided, Entry
from optimizer.ledger.decision import Action, Decision, DecisionKey, Posting
from optimizer.ledger.keys import CREDIT, ENERGY, FEE, PREPAYMENT, Cash, Category
from optimizer.tables.columns import Blank, choice, flag, key, number, reference, series
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import Problem, Record, Series, TableSpec


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


CHARGED = (Item.INVOICES, Item.CREDITS)
"""Items that are due for service of the quarter."""


@dataclass(frozen=True)
class CommitmentSchedule(Record):
    """Capacity or cash of a commitment, by quarter; the quarters may run beyond the horizon."""

    TABLE = TableSpec("commitment_schedule", "Commitment schedule", "an item of a commitment, by quarter", 290)

    commitment: str = reference("the commitment", "commitments")
    item: Item = choice("what is counted", Item)
    amount: Series = series("GPUs or USD", "capacity there, or cash due, in the quarter", Blank.ZERO)


@dataclass(frozen=True, kw_only=True)
class ExistingCommitment(Contract):
    """A contract already signed."""

    TABLE = TableSpec("commitments", "Commitments", "a contract already signed", 280)
    CATEGORIES = (RESERVED, PREPAYMENT, CREDIT, FEE, ENERGY)

    commitment: str = key("name of the commitment")
    site: str = reference("where it stands", "sites")
    accelerator: str = reference("the GPU system", "accelerators")
    availability: float = number("share", "share of hours the capacity is usable", 1.0, high=1.0)
    energy_included: bool = flag("yes: the price includes energy", True)

    def signings(self, case: Case) -> None:
        """None: its terms are the same in every quarter."""

    def schedule(self, case: Case) -> Iterator[CommitmentSchedule]:
        """Its rows of capacity and cash."""
        return (row for row in case.of(CommitmentSchedule) if row.commitment == self.commitment)

    def decisions(self, case: Case) -> Iterator[Decision]:
        """One decision, fixed at 1 contract, that posts every row of the schedule from the first quarter on."""
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
            share = charged(case, self.commitment, t) if row.item in CHARGED else 1.0
            if share:
                yield Posting(Cash(category), t, 1.0, row.term_in(t), -share if row.item is Item.CREDITS else share)
            return
        yield from capacity(case, self, t, amount)
        if not self.energy_included:
            yield from energy(case, self, t, amount)

    def replay(self, case: Case, decided: Decided) -> Iterator[Entry | Finding]:
        """Entries of the schedule, and a finding unless the contract is held exactly once."""
        given = dict(decided.of(self.commitment, Action.GIVEN))
        if given != {DecisionKey(Action.GIVEN, self.commitment, case.calendar.first): 1.0}:
            held = " and ".join(f"{quantity:g} in {key_.quarter}" for key_, quantity in given.items()) or "not at all"
            expected = f"exactly once in {case.calendar.first}: it is signed"
            yield Finding(f"COMMITMENT-1 {self.commitment}", f"held {held}", expected, FAULT)
        for row in self.schedule(case):
            for t, amount in row.amount.items():
                if t >= case.calendar.first:
                    yield from self._replay_item(case, row.item, t, amount)
        yield from foreign(self.commitment, decided, Action.GIVEN)

    def _replay_item(self, case: Case, item: Item, t: Quarter, amount: float) -> Iterator[Entry]:
        match item:
            case Item.GPUS:
                yield from booked_capacity(case, self, t, amount)
                if not self.energy_included:
                    yield self.entry(Cash(ENERGY), t, energy_cost(case, self, t, amount))
            case Item.INVOICES:
                yield self.entry(Cash(RESERVED), t, amount * billable(case, self, t))
            case Item.PREPAYMENTS:
                yield self.entry(Cash(PREPAYMENT), t, amount)
            case Item.CREDITS:
                yield self.entry(Cash(CREDIT), t, -amount * billable(case, self, t))
            case Item.FEES:
                yield self.entry(Cash(FEE), t, amount)

    def problems(self, case: Case) -> Iterator[Problem]:
        """A commitment without anything in it, or with GPUs that do not exist yet."""
        yield from super().problems(case)
        rows = tuple(self.schedule(case))
        if not rows:
            cure = "add a row to commitment_schedule, or delete the commitment"
            yield Problem("commitment", "no row in commitment_schedule", "capacity or cash by quarter", cure)
        available = case.accelerator(self.accelerator).available_from
        gpus = (t for row in rows if row.item is Item.GPUS for t, amount in row.amount.items() if amount)
        early = [str(t) for t in gpus if available is not None and t < available]
        if early:
            found = f"GPUs in {', '.join(early)}, before {self.accelerator} is available"
            cure = "correct the schedule, or available_from of the accelerator"
            yield Problem("accelerator", found, f"GPUs from {available} on", cure)
