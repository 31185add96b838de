"""The plan: what is decided, what it moves, and what the solver proved."""

import math
from dataclasses import dataclass, field

from optimizer.case.case import Case
from optimizer.ledger.books import Decided
from optimizer.ledger.decision import DecisionKey, Posting
from optimizer.ledger.keys import Cash
from optimizer.ledger.operation import Operated, OperationKey
from optimizer.plan.status import Status, StopReason
from optimizer.rules.money import weight


@dataclass(frozen=True)
class Choice:
    """A decision and its quantity, in `unit`."""

    key: DecisionKey
    supplier: str
    unit: str
    quantity: float


@dataclass(frozen=True)
class Moved:
    """One posting of the plan: quantity x volume x index x price = amount, on one account in one quarter.

    `source` is the contract, workload or limit it belongs to; `what` is the decision or operation that moved it.
    """

    what: DecisionKey | OperationKey
    source: str
    supplier: str
    quantity: float
    posting: Posting

    @property
    def amount(self) -> float:
        """In the unit of the account: USD, GPUs, kW or MW."""
        return self.quantity * self.posting.coefficient

    def present_value(self, case: Case) -> float:
        """What it weighs in the objective as the case values it, USD; 0 where it is no money."""
        key = self.posting.key
        return self.amount * weight(case, key.category, self.posting.quarter) if isinstance(key, Cash) else 0.0


@dataclass(frozen=True)
class Seconds:
    """Where the time went."""

    read: float = 0.0
    build: float = 0.0
    solve: float = 0.0
    write: float = 0.0


@dataclass(frozen=True)
class Result:
    """What the solver said. Money in USD: `objective` is that of the plan's quantities, `bound` is proven.

    `gap` is relative, `status` optimal where it is proven within `asked_gap`. `replanned` tells a line each
    what a replan came to, what its calm cost among it; it is empty for a plan of `solve`.
    """

    status: Status
    stop: StopReason
    objective: float | None
    bound: float | None
    gap: float | None
    asked_gap: float
    case_hash: str
    solver: str
    solver_version: str
    version: str
    seed: int
    threads: int
    columns: int
    integers: int
    rows: int
    nodes: int
    seconds: Seconds = field(default_factory=Seconds)
    detail: str = ""
    replanned: str = ""


@dataclass(frozen=True)
class Plan:
    """A plan of a case. `moved` holds every posting whose quantity is not 0, as the model priced it."""

    case: Case = field(repr=False)
    result: Result
    choices: tuple[Choice, ...] = field(repr=False)
    operations: tuple[tuple[OperationKey, float], ...] = field(repr=False)
    moved: tuple[Moved, ...] = field(repr=False)

    @property
    def cost(self) -> float:
        """Present value of all that is posted, USD."""
        return math.fsum(line.present_value(self.case) for line in self.moved)

    @property
    def turnover(self) -> float:
        """Money that changes hands, USD: what rounding errors are a share of."""
        return math.fsum(abs(line.amount) for line in self.moved if isinstance(line.posting.key, Cash))

    @property
    def decided(self) -> Decided:
        """Quantities decided on contracts."""
        return Decided((choice.key, choice.quantity) for choice in self.choices)

    @property
    def operated(self) -> Operated:
        """Quantities operated each quarter."""
        return Operated(self.operations)


def counted(quantity: float, unit: str) -> str:
    """A quantity with its unit, such as `1 block` or `2.5 blocks`."""
    return f"{quantity:,.6g} {unit.removesuffix('s') if quantity == 1.0 else unit}"
