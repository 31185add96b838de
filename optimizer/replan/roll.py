"""Freeze and roll: the case of today, with what was signed before the as-of quarter as its state of the world.

The rolled case is an ordinary case: it can be written, opened, checked and solved like any other.
- Decisions of the approved plan before the as-of quarter become rows of `signed`, its operations rows of `history`.
- A contract that has been signed keeps the terms it was signed on (`signed_terms`), whatever its row says by now; one
  whose row is gone stays, closed to new business.
- What the plan paid before the as-of quarter becomes rows of `paid`: a new price list does not change what was paid.
- Rows of `signed`, `signed_terms`, `paid` and `history` that the case brings are actuals: they go before the plan's.
- Every other cell is the case's own: a figure in a quarter that is history is what was seen.
- The horizon keeps its length, as far as the figures of the case reach.
- Of the scenarios, what came true is the case as it stands from now on, and the rest is weighed anew (KNOWN-1 to 3).
  Decisions, operations and payments of history are those of the approved plan on the path that came true. Where one
  scenario is left, the case is certain.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from json import dumps
from math import fsum
from typing import TypeVar

from optimizer.case.case import Case
from optimizer.case.settings import Settings
from optimizer.catalog import catalog
from optimizer.contracts.contract import Contract
from optimizer.contracts.parts.paid import Account, Paid
from optimizer.contracts.parts.signed import Made, Signed, SignedTerm
from optimizer.errors import Finding, InputError, Level
from optimizer.futures.known import known
from optimizer.futures.shock import Unfit
from optimizer.ledger.keys import Cash
from optimizer.ledger.operation import OVERRUN, OperationKey
from optimizer.load import case_from
from optimizer.plan.plan import Choice, Plan
from optimizer.plan.tree import AnyPlan
from optimizer.replan.course import Course, course_of
from optimizer.replan.seen import Stood, changed, with_seen
from optimizer.replan.terms import kept_terms, rights_on_paper
from optimizer.rules.history import Happened
from optimizer.tables.columns import Blank
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import Record, Series, columns_of, series_column, with_cells
from optimizer.tables.unparse import raw_tables

R = TypeVar("R", bound=Record)
ACTIONS = {made.action: made for made in Made}


@dataclass(frozen=True)
class Rolled:
    """The case as of a quarter, how the approved plan goes on in it, and what was noticed; no finding is an error.

    `stood` keeps figures as they stood before what came true changed them, for the next roll.
    """

    case: Case
    course: Course
    findings: tuple[Finding, ...]
    stood: Stood


NOTHING: Stood = {}


def roll(case: Case, approved: AnyPlan | None, as_of: Quarter, came_true: str = "", stood: Stood = NOTHING) -> Rolled:
    """The case as of a quarter; `came_true` names the scenario that is what happened so far, where the case does not.

    `stood` is that of the roll to which the approved plan was made. Raises InputError with every finding where no sound
    case comes of it, UsageError for a name that is no scenario.
    """
    dated, findings = _dated(case, approved, as_of)
    course = course_of(dated, approved, as_of, came_true)
    before = None if approved is None else approved.case
    return _rolled(dated, course, as_of, (*findings, *course.findings), before, stood)


def course_at(case: Case, approved: AnyPlan, as_of: Quarter) -> Course:
    """The course that a case takes from an approved plan, as of a quarter. Raises InputError as `roll` does."""
    return course_of(_dated(case, approved, as_of)[0], approved, as_of)


def roll_itself(approved: AnyPlan, course: Course, as_of: Quarter) -> Case:
    """The approved plan's own case as of a quarter, on the course that another case took: rolled without any news.

    It is made for comparing and is not checked again.
    """
    dated, _ = _dated(approved.case, approved, as_of)
    records, _, _ = _records(dated, course.itself, as_of, approved.case, NOTHING)
    return Case(tuple(records))


def _dated(case: Case, approved: AnyPlan | None, as_of: Quarter) -> tuple[Case, tuple[Finding, ...]]:
    """The case with the settings of the as-of quarter."""
    settings, findings = _calendar(case, None if approved is None else approved.case, as_of)
    return Case((settings, *(row for row in case.records if not isinstance(row, Settings))), case.source), findings


def _rolled(
    case: Case, course: Course, as_of: Quarter, findings: Iterable[Finding], before: Case | None, stood: Stood
) -> Rolled:
    """The case of the as-of quarter with what is known and what was done."""
    records, noticed, changes = _records(case, course, as_of, before, stood)
    said = [*findings, *noticed]
    raw = raw_tables(records, catalog(), Case(tuple(records)).calendar.quarters)
    rolled, found = case_from(raw)
    if rolled is None:
        raise InputError((*said, *found))
    return Rolled(rolled, course, (*said, *found), changes)


def _records(
    case: Case, course: Course, as_of: Quarter, before: Case | None, stood: Stood
) -> tuple[list[Record], list[Finding], Stood]:
    """The rows of the rolled case, what was noticed, and the figures that what came true changed."""
    try:
        full = known(case, course.names, as_of, past=True)
        now = with_seen(case, known(case, course.names, as_of), full, before, stood, as_of)
        if course.history is None or before is None:
            return list(now.records), [], changed(case, full)
        made = _merged(case.of(Signed), (_signed(choice) for choice in course.history.choices if _binds(choice, as_of)))
        papers = _merged(case.of(SignedTerm), rights_on_paper(case, before, made))
        now = _on_paper(now, known(_with(case, (*made, *papers)), course.names, as_of), as_of)
    except Unfit as unfit:
        problem = unfit.problem
        raise InputError([Finding(f"shocks {problem.column}", problem.found, problem.expected, problem.cure)]) from None
    return *_with_history(case, now, made, course.history, as_of), changed(case, full)


def _with(case: Case, history: Iterable[Record]) -> Case:
    """The case with these rows as what was signed, and on which terms."""
    return Case((*(row for row in case.records if not isinstance(row, Signed | SignedTerm)), *history))


def _on_paper(now: Case, agreed: Case, as_of: Quarter) -> Case:
    """`now` with the terms of open quarters as what came true makes them of the terms on which rights were bought."""
    terms = {row.name: row for row in agreed.of(SignedTerm) if row.signed >= as_of}
    return Case(tuple(terms.get(row.name, row) if isinstance(row, SignedTerm) else row for row in now.records))


def _with_history(
    case: Case, now: Case, made: list[Signed], past: Plan, as_of: Quarter
) -> tuple[list[Record], list[Finding]]:
    """The rows of `now` with what the approved plan did, and `made`; `case` is `now` without what came true."""
    there = {row.name for row in now.of(Contract)}
    gone = [row for row in past.case.of(Contract) if row.name not in there]
    kept = [row for row in gone if _held(row, made)]
    lost = {row.name for row in gone} - {row.name for row in kept}
    made = [row for row in made if row.contract not in lost]
    terms = list(kept_terms(case, now, past.case, made))
    papers = _merged(now.of(SignedTerm), (one.term for one in terms if not one.news))
    happened = _merged(case.of(Happened), _happened(past, as_of))
    paid = _merged(case.of(Paid), _paid(case, past, as_of))
    records = [row for row in now.records if not isinstance(row, Signed | SignedTerm | Paid | Happened)]
    records += [*_closed_rows(kept, as_of), *made, *papers, *paid, *happened]
    records = [*_with_past(records, past.case, as_of)]
    records += _world_of(records, past.case, kept)
    return records, [*(_closed(row, as_of) for row in kept), *(one.finding for one in terms if one.news)]


def _calendar(case: Case, before: Case | None, as_of: Quarter) -> tuple[Settings, tuple[Finding, ...]]:
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
    findings: tuple[Finding, ...] = ()
    if end < as_of + length:
        found = f"{end - as_of} quarters from {as_of} on instead of {length}: the figures end in {end + -1}"
        cure = "add columns of demand, power and prices, to let the horizon roll forward"
        findings = (Finding("settings quarters", found, f"{length} quarters", cure, Level.WARNING),)
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
    return getattr(row, name)


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
    brought: tuple[Signed | SignedTerm, ...] = (*case.of(Signed), *case.of(SignedTerm))
    actual = {row.contract for row in brought if row not in told}
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
        yield with_cells(row, {row.CLOSES: as_of + -1}) if row.CLOSES else row


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
        yield with_cells(row, {name: _series(values)})


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
