"""What has been decided already: history that a replan starts from, and the terms it was signed on.

A decision of a quarter before `as_of` is a fact. The program gets it as a quantity that cannot change, so that all it
still moves (capacity, invoices, credits, exit rights, rights to expand) is exact by construction: the contract posts
it, as it posts everything else. What was signed keeps the terms it was signed on when the row of the offer changes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from optimizer.case.case import Case
from optimizer.case.check import not_history
from optimizer.ledger.decision import Action, DecisionKey
from optimizer.tables.coerce import Typed, coerce
from optimizer.tables.columns import Column, choice, number, reference, text
from optimizer.tables.columns import quarter as in_quarter
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import Problem, Record, TableSpec, Term
from optimizer.tables.unparse import written


class Made(Enum):
    """What can have been decided; the marks a contract needs beside it (signed at all, first signing) follow."""

    SIGN = Action.SIGN.value
    EXIT = Action.EXIT.value
    RESELL = Action.RESELL.value
    HOLD = Action.HOLD.value
    EXERCISE = Action.EXERCISE.value
    TAKE = Action.TAKE.value
    BUY = Action.BUY.value

    @property
    def action(self) -> Action:
        """The action of the decision."""
        return Action(self.value)


@dataclass(frozen=True, kw_only=True)
class Signed(Record):
    """A decision of a quarter that is history."""

    TABLE = TableSpec(
        "signed",
        "Signed and bought",
        "a decision made before as_of",
        292,
        named_by=("contract", "action", "quarter", "vintage", "site", "segment"),
    )

    contract: str = text("the contract")
    action: Made = choice("what was decided", Made)
    quarter: Quarter = in_quarter("the quarter it was decided in")
    vintage: Quarter | None = in_quarter("exits only: the quarter in which the blocks had been signed", None)
    site: str = reference("bought by the hour: where", "sites", default="")
    segment: str = text("bought by the hour: in which load segment", "")
    quantity: float = number("blocks, units or GPUs", "how much")

    @property
    def key(self) -> DecisionKey:
        """The decision."""
        return DecisionKey(
            self.action.action, self.contract, self.quarter, self.vintage, site=self.site, segment=self.segment
        )

    @property
    def name(self) -> str:
        return str(self.key)

    def problems(self, case: Case) -> Iterator[Problem]:
        """A quarter that is still open."""
        yield from not_history(case, self.quarter, "; what is older belongs into commitments")


@dataclass(frozen=True, kw_only=True)
class SignedTerm(Record):
    """A term of a signed contract that differs from the row of its offer: as signed, amended, or as it turned out."""

    TABLE = TableSpec(
        "signed_terms",
        "Terms as signed",
        "a term that differs from the offer's row",
        294,
        named_by=("contract", "signed", "column"),
    )

    contract: str = text("the contract")
    signed: Quarter = in_quarter("the quarter in which it was signed, exercised, drawn or ordered")
    column: str = text("the column of the offer, such as price_usd_per_gpu_hour or delay_quarters")
    value: float | None = number("as the column", "the value, where it is a number", None, low=None)
    words: str = text("the value, where it is not a number; both blank: the cell is blank", "")

    @classmethod
    def of(cls, contract: str, signed: Quarter, column: str, value: object) -> "SignedTerm":
        """The term of a contract that has this value in the column of its offer."""
        cell = written(value)
        if isinstance(cell, int | float) and not isinstance(cell, bool):
            return cls(contract=contract, signed=signed, column=column, value=float(cell))
        return cls(contract=contract, signed=signed, column=column, words="" if cell is None else str(cell))

    @property
    def name(self) -> str:
        return signed_name(self.contract, self.signed, self.column)

    @property
    def cell(self) -> Term:
        """The cell of the value, which must be a number."""
        return Term(self.TABLE.name, self.name, "value", float(self.value or 0.0))

    def typed(self, column: Column) -> Typed:
        """The value as the column of the offer holds it. Raises Refused when it cannot."""
        given = self.words if self.value is None else self.value
        return column.default if given == "" else coerce(given, self.column, column)


def signed_name(contract: str, signed: Quarter, column: str) -> str:
    """The name of the row of a term as signed."""
    return f"{contract} / {signed} / {column}"


def decided_before(case: Case) -> dict[DecisionKey, float]:
    """Quantities of every decision that is history, with the marks that follow from them."""
    made = {row.key: row.quantity for row in case.of(Signed) if row.quantity}
    started: set[str] = set()
    for key in sorted(made, key=lambda key: key.quarter):
        if key.action in (Action.SIGN, Action.EXERCISE):
            made[DecisionKey(Action.CHOOSE, key.contract, key.quarter)] = 1.0
        if key.action is Action.SIGN and key.contract not in started:
            started.add(key.contract)
            made[DecisionKey(Action.START, key.contract, key.quarter)] = 1.0
    return made


def window(
    case: Case, contract: str, first: Quarter | None, last: Quarter | None, made: Made = Made.SIGN
) -> tuple[Quarter, ...]:
    """Quarters in which it can be decided, from `first` to `last`, and those of history in which it was."""
    calendar = case.calendar
    done = {row.quarter for row in case.by(Signed, "contract", contract) if row.action is made and row.quantity}
    opens, closes = first or calendar.first, last or calendar.end
    return tuple(q for q in calendar.quarters if (q in done if calendar.settled(q) else opens <= q <= closes))
