"""A plan's commitments in the layout of FOCUS, the FinOps Open Cost and Usage Specification.

Columns are those of its dataset Contract Commitment (version 1.3), with the lifecycle status of 1.4 ("Proposed" is one
that is being modelled, "Active" one that is signed); names of our own begin with `x_`. A row is what one contract
commits by what is signed in one quarter.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from optimizer.contracts.contract import Contract
from optimizer.ledger.decision import Action, DecisionKey
from optimizer.plan.plan import Moved, Plan
from optimizer.plan.statements import contract_kind, firm_payments
from optimizer.tables.quarter import Quarter
from optimizer.tables.raw import Cell, RawTable, Value

COLUMNS = (
    "BillingCurrency", "ContractCommitmentCategory", "ContractCommitmentCost", "ContractCommitmentDescription",
    "ContractCommitmentId", "ContractCommitmentPeriodEnd", "ContractCommitmentPeriodStart",
    "ContractCommitmentQuantity", "ContractCommitmentType", "ContractCommitmentUnit", "ContractId",
    "ContractPeriodEnd", "ContractPeriodStart", "ContractCommitmentLifecycleStatus", "x_Supplier", "x_SignedQuarter",
)  # fmt: skip
ACTIVE, PROPOSED = "Active", "Proposed"


@dataclass(frozen=True)
class Commitment:
    """Firm payments of a contract for what was, or is to be, signed in a quarter. `signed` is empty for what history
    says was paid, whenever it was signed; `cents` is the sum, USD cents.
    """

    contract: str
    signed: str
    supplier: str
    kind: str
    active: bool
    lines: tuple[Moved, ...]
    cents: int

    @property
    def period(self) -> tuple[date, date]:
        """First day of the first quarter that is paid for, and first day after the last one."""
        return _period(self.lines)


def commitments(plan: Plan) -> tuple[Commitment, ...]:
    """Every commitment, by contract and quarter of signing; together they are the firm payments to the cent.

    Cents are rounded along the running sum, so that no rounding adds up.
    """
    groups: dict[tuple[str, str], list[Moved]] = {}
    for line in firm_payments(plan):
        groups.setdefault((line.source, _signed(line)), []).append(line)
    suppliers = {row.name: row.supplier for row in plan.case.of(Contract)}
    as_of, rows, before, total = plan.case.calendar.as_of, [], 0, 0.0
    for (contract, signed), lines in sorted(groups.items()):
        total = math.fsum((total, *(line.amount for line in lines)))
        cents = round(total * 100) - before
        before += cents
        active = not signed or Quarter.parse(signed) < as_of or any(_given(line) for line in lines)
        kind = contract_kind(plan.case, contract)
        rows.append(Commitment(contract, signed, suppliers[contract], kind, active, tuple(lines), cents))
    return tuple(row for row in rows if row.cents)


def focus_table(plan: Plan) -> RawTable:
    """The rows of the dataset, one for each commitment."""
    found = commitments(plan)
    body = tuple(tuple(Cell(value, "") for value in _row(plan, row, found)) for row in found)
    return RawTable("contract_commitments", tuple(Cell(name, "") for name in COLUMNS), body, "")


def _row(plan: Plan, row: Commitment, every: Sequence[Commitment]) -> tuple[Value, ...]:
    start, end = row.period
    first, last = _period([line for other in every if other.contract == row.contract for line in other.lines])
    words = f"signed {row.signed}" if row.signed else "paid before the as-of quarter"
    name = f"{row.contract}:{row.signed}" if row.signed else row.contract
    return (
        plan.case.settings.currency, "Spend", row.cents / 100, f"{row.kind} {row.contract}, {words}", name,
        _moment(end), _moment(start), None, row.kind, None, row.contract, _moment(last), _moment(first),
        ACTIVE if row.active else PROPOSED, row.supplier, row.signed or None,
    )  # fmt: skip


def _signed(line: Moved) -> str:
    """The quarter in which what is paid for was signed; empty for what history says was paid."""
    if not isinstance(line.what, DecisionKey) or line.what.action is Action.PAID:
        return ""
    return str(line.what.vintage or line.what.quarter)


def _given(line: Moved) -> bool:
    return isinstance(line.what, DecisionKey) and line.what.action is Action.GIVEN


def _period(lines: Sequence[Moved]) -> tuple[date, date]:
    quarters = [line.posting.quarter for line in lines]
    return min(quarters).start, (max(quarters) + 1).start


def _moment(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"
