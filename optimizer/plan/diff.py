"""What changed between two plans: decisions, money by category, and the inputs that differ."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from optimizer.case.case import Case
from optimizer.case.scenario import LeastCost
from optimizer.case.settings import Settings
from optimizer.catalog import catalog
from optimizer.contracts.parts.paid import Paid
from optimizer.contracts.parts.signed import Signed, SignedTerm
from optimizer.ledger.decision import Action
from optimizer.plan.plan import Plan
from optimizer.plan.statements import nominal_by_category, present_value_by_category
from optimizer.rules.history import Happened
from optimizer.tables.quarter import Quarter
from optimizer.tables.raw import NOTE, Cell, RawTable, Value
from optimizer.tables.unparse import raw_tables

HIDDEN = (Action.CHOOSE, Action.START, Action.GIVEN, Action.PAID)
LEAST_CHANGE = 1e-6
RECORDS = tuple(table.TABLE.name for table in (Signed, SignedTerm, Paid, Happened))
ROLLING = ("first_quarter", "quarters", "as_of")
Address = tuple[str, str, str]
"""Table, row and column of a cell."""


@dataclass(frozen=True)
class Change:
    """A quantity or amount that differs; `before` and `after` in `unit`."""

    what: str
    before: float
    after: float
    unit: str


@dataclass(frozen=True)
class InputChange:
    """A cell of the case that differs; None where the row or the column is missing."""

    table: str
    row: str
    column: str
    before: Value
    after: Value


@dataclass(frozen=True)
class Later:
    """What is decided on a contract once scenarios have parted: how likely, and how much on average, in `unit`."""

    what: str
    probability_before: float
    probability_after: float
    mean_before: float
    mean_after: float
    unit: str


@dataclass(frozen=True)
class Difference:
    """Everything that differs between two plans, A before and B after.

    `later` and `risk` are told where a plan has scenarios; `decisions` are then those that no parting comes before.
    """

    objective: Change
    decisions: tuple[Change, ...]
    money: tuple[Change, ...]
    inputs: tuple[InputChange, ...]
    later: tuple[Later, ...] = ()
    risk: tuple[Change, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether any decision differs."""
        return bool(self.decisions or self.later)


def difference(before: Plan, after: Plan) -> Difference:
    """Compare two plans, of one case or of two."""
    currency = after.case.settings.currency
    cost = Change("objective", before.result.objective or 0.0, after.result.objective or 0.0, currency)
    return Difference(
        cost, tuple(decisions(before, after)), tuple(_money(before, after)), tuple(inputs(before.case, after.case))
    )


def compared(before: Plan, after: Plan, since: Quarter) -> Difference:
    """What a replan changed of the approved plan from a quarter on, both valued as the new case values them.

    What rolling itself writes (the as-of quarter, the horizon, the record of history) is no change of input.
    """
    old = replace(before, case=after.case)
    cost_before = math.fsum(value for _, value in present_value_by_category(old))
    cost = Change("objective", cost_before, after.result.objective or 0.0, after.case.settings.currency)
    ahead = (choice for plan in (before, after) for choice in plan.choices if choice.key.quarter >= since)
    keys = {str(choice.key) for choice in ahead}
    changed = tuple(change for change in decisions(before, after) if change.what in keys)
    moved = tuple(one for one in inputs(before.case, after.case) if not is_rolling(one))
    return Difference(cost, changed, tuple(_money(old, after)), moved)


def is_rolling(change: InputChange) -> bool:
    """Whether rolling itself writes the cell."""
    return change.table in RECORDS or (change.table == Settings.TABLE.name and change.column in ROLLING)


def decisions(before: Plan, after: Plan) -> Iterator[Change]:
    """Quantities that differ, but for marks of the model."""
    a = {c.key: c for c in before.choices if c.key.action not in HIDDEN}
    b = {c.key: c for c in after.choices if c.key.action not in HIDDEN}
    for key in dict.fromkeys((*a, *b)):
        old, new = (plan[key].quantity if key in plan else 0.0 for plan in (a, b))
        if differ(old, new):
            yield Change(str(key), old, new, (b.get(key) or a[key]).unit)


def differ(old: float, new: float) -> bool:
    """Whether a quantity is another one beyond rounding."""
    return abs(old - new) > LEAST_CHANGE * max(1.0, abs(old), abs(new))


def _money(before: Plan, after: Plan) -> Iterator[Change]:
    currency = after.case.settings.currency
    a, b = ({kind.label: value for kind, value in present_value_by_category(plan)} for plan in (before, after))
    nominal = [{kind.label for kind, _, _ in nominal_by_category(plan)} for plan in (before, after)]
    for label in dict.fromkeys((*a, *b, *nominal[0], *nominal[1])):
        old, new = a.get(label, 0.0), b.get(label, 0.0)
        if abs(old - new) >= 0.005:
            yield Change(label, old, new, f"{currency} present value")


def inputs(before: Case, after: Case) -> Iterator[InputChange]:
    """Cells that differ between two cases, by row name and column; notes and what a solver wrote do not count."""
    a, b = _cells(before), _cells(after)
    for address in dict.fromkeys((*a, *b)):
        old, new = a.get(address), b.get(address)
        if not _same(old, new):
            yield InputChange(*address, old, new)


def _same(old: Value, new: Value) -> bool:
    """Whether a cell says the same; numbers to 12 digits, as probabilities that are weighed anew are rounded."""
    if isinstance(old, float) and isinstance(new, float):
        return math.isclose(old, new, rel_tol=1e-12)
    return old == new


def _cells(case: Case) -> dict[Address, Value]:
    cells: dict[Address, Value] = {}
    tables = {table.name: table for table in raw_tables(case.records, catalog(), case.calendar.quarters)}
    for kind in catalog():
        table = tables.get(kind.TABLE.name)
        if table is None or kind is LeastCost:
            continue
        names = _numbered(record.name for record in case.records if type(record) is kind)
        for name, row in zip(names * (len(table.rows) if kind.TABLE.vertical else 1), table.rows, strict=False):
            cells.update(_row(table, name, row, kind.TABLE.vertical))
    return cells


def _numbered(names: Iterable[str]) -> list[str]:
    """Names of rows, those that stand more than once (shocks of one cell) with their number."""
    seen: Counter[str] = Counter()
    found = []
    for name in names:
        seen[name] += 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return found


def _row(table: RawTable, name: str, row: tuple[Cell, ...], vertical: bool) -> Iterator[tuple[Address, Value]]:
    if vertical:
        yield (table.name, name, str(row[0].value)), row[1].value
        return
    for column, cell in zip(table.header, row, strict=True):
        if column != NOTE:
            yield (table.name, name, column), cell.value
