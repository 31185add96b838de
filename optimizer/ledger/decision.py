"""Decisions a contract offers, the postings each unit of them makes, and linear relations among them.

A decision is data: the model gives it a variable, the plan a quantity, the audit replays it.
"""

from dataclasses import dataclass, field
from enum import Enum

from optimizer.ledger.keys import Key
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import Term


class Action(Enum):
    """What is decided. The label is shown in plans."""

    SIGN = "sign"
    CHOOSE = "sign any"
    START = "first signing"
    EXIT = "exit early"
    RESELL = "resell"
    HOLD = "buy option"
    EXERCISE = "exercise option"
    TAKE = "take backstop"
    BUY = "buy"
    GIVEN = "already signed"
    PAID = "paid"


CHOICE = "yes/no"
"""The unit of a decision that is made or not."""
COMMITTING = (Action.SIGN, Action.EXIT, Action.HOLD, Action.EXERCISE)
"""What the buyer decides and is then held to; what is bought by the hour is not of it."""


@dataclass(frozen=True)
class DecisionKey:
    """Which decision: the action on a contract in a quarter.

    `vintage` is the signing quarter an exit refers to; `site` and `segment` split what is bought by place and hours.
    """

    action: Action
    contract: str
    quarter: Quarter
    vintage: Quarter | None = None
    site: str = ""
    segment: str = ""

    def __str__(self) -> str:
        parts = [self.action.value, self.contract, str(self.quarter)]
        parts += [str(part) for part in (self.vintage, self.site, self.segment) if part]
        return " | ".join(parts)


@dataclass(frozen=True)
class Posting:
    """What one unit of a decision moves on one ledger account in one quarter.

    The amount per unit is volume x index x price: `volume` is physical (GPU-hours, MWh, GPUs), `term` the cell of the
    case that prices it (None: the volume itself is posted), `index` what the contract makes of that price
    (escalation, a share, a sign).
    """

    key: Key
    quarter: Quarter
    volume: float
    term: Term | None = None
    index: float = 1.0

    @property
    def coefficient(self) -> float:
        """Amount per unit of the decision, in the unit of the account."""
        return self.volume * self.index * (1.0 if self.term is None else self.term.value)


@dataclass(frozen=True)
class Decision:
    """A quantity to be decided, within bounds, and what each unit of it posts."""

    key: DecisionKey
    supplier: str
    unit: str
    upper: float
    lower: float = 0.0
    integer: bool = False
    postings: tuple[Posting, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Selector:
    """Decisions of one action on one contract decided in `since` to `until`, both included."""

    action: Action
    contract: str
    since: Quarter
    until: Quarter
    vintage: Quarter | None = None
    segment: str | None = None

    def covers(self, key: DecisionKey) -> bool:
        """Whether the selector sums this decision."""
        return (
            key.action is self.action
            and key.contract == self.contract
            and self.since <= key.quarter <= self.until
            and (self.vintage is None or key.vintage == self.vintage)
            and (self.segment is None or key.segment == self.segment)
        )


@dataclass(frozen=True)
class Relation:
    """Sum of coefficient x selected decisions <= upper, holding at `quarter` along every path of the tree."""

    code: str
    contract: str
    quarter: Quarter
    terms: tuple[tuple[float, Selector], ...]
    upper: float = 0.0
