"""Freeze and roll: the case of today, with what was signed before the as-of quarter as its state of the world.

The rolled case is an ordinary case: it can be written, opened, checked and solved like any other.
- Decisions of the approved plan before the as-of quarter become rows of `signed`, its operations rows of `history`.
- A contract that has been signed keeps the terms it was signed on (`signed_terms`), whatever its row says by now; one
  whose row is gone stays, closed to new business.
- What the plan paid before the as-of quarter becomes rows of `paid`: a new price list does not change what was paid.
- Rows of `signed`, `signed_terms`, `paid` and `history` that the case brings are actuals: they go before the plan's.
- Every other cell is the case's own: a figure in a quarter that is history is what was seen.
- The horizon keeps its length, as far as the figures of the case reach.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from json import dumps
from math import fsum
from typing import TypeVar

from optimizer.case.case import Case
from optimizer.case.scenario import Scenario
from optimizer.case.settings import Settings
from optimizer.catalog import catalog
from optimizer.contracts.contract import Contract
from optimizer.contracts.parts.paid import Account, Paid
from optimizer.contracts.parts.signed import Made, Signed, SignedTerm
from optimizer.errors import Finding, InputError, Level, UsageError
from optimizer.ledger.keys import Cash
from optimizer.ledger.operation import OVERRUN, OperationKey
from optimizer.load import case_from
from optimizer.plan.plan import Choice, Plan
from optimizer.rules.history import Happened
from optimizer.tables.columns import Blank
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import Record, Series, columns_of, series_column
from optimizer.tables.unparse import raw_tables, written

R = TypeVar("R", bound=Record)
ACTIONS = {made.action: made for made in Made}


@dataclass(frozen=True)
class Rolled:
    """The case as of a quarter, and what was noticed on the way; no finding is an error."""

    case: Case
    findings: tuple[Finding, ...]


def roll(case: Case, approved: Plan | None, as_of: Quarter) -> Rolled:
    """The case as of a quarter. Raises InputError with every finding where no sound case comes of it."""
    before = None if approved is None else approved.case
    settings, findings = _calendar(case, before, as_of)
    records: list[Record] = [settings, *(row for row in case.records if not isinstance(row, Settings))]
    if approved is not None:
        made = _merged(case.of(Signed), (_signed(choice) for choice in approved.choices if _binds(choice, as_of)))
        known = {row.name for row in case.of(Contract)}
        gone = [row for row in approved.case.of(Contract) if row.name not in known]
        kept = [row for row in gone if _held(row, made)]
        lost = {row.name for row in gone} - {row.name for row in kept}
        made = [row for row in made if row.contract not in lost]
        findings += [_closed(row, as_of) for row in kept]
        terms = _merged(case.of(SignedTerm), _terms(case, approved.case, made))
        happened = _merged(case.of(Happened), _happened(approved, as_of))
        paid = _merged(case.of(Paid), _paid(case, approved, as_of))
        records = [row for row in records if not isinstance(row, Signed | SignedTerm | Paid | Happened)]
        records += [*_closed_rows(kept, as_of), *made, *terms, *paid, *happened]
        records = [*_with_past(records, approved.case, as_of)]
        records += _world_of(records, approved.case, kept)
    raw = raw_tables(records, catalog(), Case(tuple(records)).calendar.quarters)
    rolled, found = case_from(raw)
    if rolled is None:
        raise InputError((*findings, *found))
    return Rolled(rolled, (*findings, *found))


def require_certain(case: Case) -> None:
    """Raise UsageError for a case with scenarios: a tree is not rolled yet, and must not be replanned as if certain."""
    if case.of(Scenario):
        cure = "remove the rows of scenarios and shocks, or replan the case of one scenario"
        raise UsageError(f"a case with scenarios cannot be replanned. Fix: {cure}")


def _calendar(case: Case, before: Case | None, as_of: Quarter) -> tuple[Settings, list[Finding]]:
    """The settings of the rolled case: history from where the approved plan began, and a horizon of full length."""
    settings, calendar = case.settings, case.calendar
    first = min(calendar.first, before.calendar.first) if before is not None else calendar.first
    if as_of < first:
        raise InputError([Finding("as-of", str(as_of), f"{first} or later, where the case begins", "correct --as-of")])
    length = calendar.end - calendar.as_of
    reach = max(calendar.end, _reach(case) + 1)
    end = max(calendar.end, min(as_of + length, reach))
    if as_of >= end:
        cure = "add quarters: raise the setting quarters, and add columns of demand, power and prices"
        raise InputError([Finding("as-of", f"{as_of}, the horizon ends before it", f"before {end}", cure)])
    findings = []
    if end < as_of + length:
        found = f"{end - as_of} quarters from {as_of} on instead of {length}: the figures end in {end + -1}"
        cure = "add columns of demand, power and prices, to let the horizon roll forward"
        findings.append(Finding("settings quarters", found, f"{length} quarters", cure, Level.WARNING))
    return replace(settings, first_quarter=first, quarters=end - first, as_of=as_of), findings


def _reach(case: Case) -> Quarter:
    """The last quarter for which every figure that may not be blank is there."""
    ends = [
        series.first + (len(series.values) - 1)
        for row in case.records
        for series in [_refused(row)]
        if series is not None and series.values
    ]
    return min(ends, default=case.calendar.end + -1)


def _refused(row: Record) -> Series | None:
    name = series_column(type(row))
    if name is None or dict(columns_of(type(row)))[name].blank is not Blank.REFUSED:
        return None
    return getattr(row, name)  # type: ignore[no-any-return]


def _merged(actual: Iterable[R], planned: Iterable[R]) -> list[R]:
    """Rows of the case go before rows of the plan of the same name."""
    rows = {row.name: row for row in planned}
    rows |= {row.name: row for row in actual}
    return list(rows.values())


def _binds(choice: Choice, as_of: Quarter) -> bool:
    return choice.key.action in ACTIONS and choice.key.quarter < as_of and choice.quantity != 0


def _signed(choice: Choice) -> Signed:
    key = choice.key
    return Signed(
        contract=key.contract,
        action=ACTIONS[key.action],
        quarter=key.quarter,
        vintage=key.vintage,
        site=key.site,
        segment=key.segment,
        quantity=choice.quantity,
    )


def _happened(approved: Plan, as_of: Quarter) -> Iterator[Happened]:
    """Operations of history; overruns are left out: what passed a limit then costs nothing more."""
    for key, quantity in approved.operations:
        if key.quarter < as_of and key.operation != OVERRUN:
            yield _row(key, quantity)


def _paid(case: Case, approved: Plan, as_of: Quarter) -> Iterator[Paid]:
    """Cash of history as the approved plan has it, but for contracts of which the case brings news."""
    told = {*(_signed(choice) for choice in approved.choices if _binds(choice, as_of)), *approved.case.of(SignedTerm)}
    actual = {row.contract for table in (Signed, SignedTerm) for row in case.of(table) if row not in told}
    amounts: defaultdict[Account, list[float]] = defaultdict(list)
    for line in approved.moved:
        key, at = line.posting.key, line.posting.quarter
        if isinstance(key, Cash) and key.category.cash and at < as_of and line.source not in actual:
            amounts[line.source, key.category.label, at].append(line.amount)
    for (source, label, at), parts in amounts.items():
        yield Paid(source=source, category=label, quarter=at, usd=fsum(parts))


def _row(key: OperationKey, quantity: float) -> Happened:
    return Happened(operation=key.operation.name, index=dumps(list(key.index)), quarter=key.quarter, quantity=quantity)


def _held(row: Contract, made: Iterable[Signed]) -> bool:
    """Whether anything signed on a contract still binds; what is bought by the hour is over."""
    return not row.BY_THE_HOUR and any(one.contract == row.name and one.quantity for one in made)


def _closed(row: Contract, as_of: Quarter) -> Finding:
    found = f"{row.name} was signed, but its row is gone"
    cure = f"keep the row, or leave it so: it is kept as signed, closed from {as_of} on"
    return Finding(row.TABLE.name, found, "the row of every contract that was signed", cure, Level.WARNING)


def _closed_rows(kept: Iterable[Contract], as_of: Quarter) -> Iterator[Contract]:
    for row in kept:
        yield replace(row, **{row.CLOSES: as_of + -1}) if row.CLOSES else row  # type: ignore[arg-type]


def _terms(case: Case, before: Case, made: Iterable[Signed]) -> Iterator[SignedTerm]:
    """Terms on which a contract was signed, where they are no longer those of its row."""
    rows = {row.name: row for row in case.of(Contract)}
    for name, signed in dict.fromkeys((row.contract, row.quarter) for row in made):
        old = next((row for row in before.of(Contract) if row.name == name), None)
        new = rows.get(name)
        if old is None or old.BY_THE_HOUR:
            continue
        paper = old.as_signed(before, signed)
        for column, _ in columns_of(type(old)):
            value = getattr(paper, column)
            offered = getattr(old if new is None or type(new) is not type(old) else new, column)
            if value != offered and column not in old.OFFER:
                yield _term(name, signed, column, value)


def _term(contract: str, signed: Quarter, column: str, value: object) -> SignedTerm:
    cell = written(value)
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return SignedTerm(contract=contract, signed=signed, column=column, value=float(cell))
    return SignedTerm(contract=contract, signed=signed, column=column, words="" if cell is None else str(cell))


def _with_past(records: Iterable[Record], before: Case, as_of: Quarter) -> Iterator[Record]:
    """Rows whose series lack quarters of history take them from the approved plan's case."""
    for row in records:
        name = series_column(type(row))
        old = None if name is None else next((one for one in before.of(type(row)) if one.name == row.name), None)
        if name is None or old is None:
            yield row
            continue
        own, past = getattr(row, name), getattr(old, name)
        values = {quarter: value for quarter, value in past.items() if quarter < as_of}
        values |= dict(own.items())
        yield replace(row, **{name: _series(values)})  # type: ignore[arg-type]


def _series(values: dict[Quarter, float]) -> Series:
    if not values:
        return Series(Quarter.of(1, 1), ())
    first, last = min(values), max(values)
    return Series(first, tuple(values.get(first + offset) for offset in range(last - first + 1)))


def _world_of(records: Iterable[Record], before: Case, kept: Iterable[Contract]) -> Iterator[Record]:
    """Suppliers, sites and systems that a kept contract names and the case no longer has, and rows beside it."""
    there = {(row.TABLE.name, row.name) for row in records}
    names = {getattr(row, column) for row in kept for column, kind in columns_of(type(row)) if kind.targets}
    for row in before.records:
        beside = row.TABLE.name in {"suppliers", "sites", "accelerators"} and row.name in names
        depends = any(
            kind.targets and getattr(row, column) in {one.name for one in kept}
            for column, kind in columns_of(type(row))
            if not isinstance(row, Contract) and isinstance(getattr(row, column), str)
        )
        if (beside or depends) and (row.TABLE.name, row.name) not in there:
            yield row
