"""Shocks: what is another number in a scenario than in the case as it stands.

A delay is a shock on a lead time, a supplier who fails or a site that goes dark while it delivers one on in_service, a
spike one on demand or on a spot price, late power one on site_power: any number of the case can be shocked, so that
none of them needs code of its own.

  (SHOCK-1)  values by quarter change in the quarters `since` to `until`, by default from the parting on
  (SHOCK-2)  a term of a contract changes for what is signed in `since` to `until`, by default for all that is signed
  (SHOCK-3)  any other number changes as a whole, if it cannot have been known before the parting
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from math import isfinite

from optimizer.case.calendar import Calendar
from optimizer.case.case import Case
from optimizer.case.world import Demand, Performance, ServingCost, Workload
from optimizer.contracts.contract import Contract
from optimizer.contracts.parts.signed import SignedTerm, signed_name
from optimizer.tables.coerce import Refused, coerce, did_you_mean
from optimizer.tables.columns import Blank, Column, Kind, choice, number, reference, text
from optimizer.tables.columns import quarter as in_quarter
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import Problem, Record, Series, TableSpec, columns_of, series_column, with_cells

EVERY = "*"
FIXED = ("settings", "scenarios", "shocks", "uncertainties", "correlations", "past_values")
NUMERIC = (Kind.NUMBER, Kind.INTEGER)
CHANGEABLE = (*NUMERIC, Kind.SERIES, Kind.QUARTER, Kind.FLAG, Kind.CHOICE, Kind.SHARES)


class Change(Enum):
    """What a shock does to a number."""

    MULTIPLY = "multiply"
    ADD = "add"
    SET = "set"

    def of(self, old: float, value: float) -> float:
        """The number after the shock."""
        if self is Change.MULTIPLY:
            return old * value
        return old + value if self is Change.ADD else value


class Unfit(Exception):
    """A shock that cannot be applied; `problem` says where and why."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem.found)


@dataclass(frozen=True, kw_only=True)
class Shock(Record):
    """A change that a scenario makes to the case, and to every scenario that branches from it."""

    TABLE = TableSpec(
        "shocks",
        "Shocks",
        "a change that a scenario makes to the case",
        410,
        named_by=("scenario", "table", "row", "column", "since", "until", "change"),
    )

    scenario: str = reference("the scenario", "scenarios")
    table: str = text("the table of what changes, such as demand, blocks or spot_price")
    row: str = text("the name of its row, several keys joined by ' / '; * is every row of the table")
    column: str = text("the column; blank in a table whose values run across quarters", "")
    since: Quarter | None = in_quarter("first quarter it changes; for terms of contracts: quarter of signing", None)
    until: Quarter | None = in_quarter("last quarter it changes; blank is to the end", None)
    change: Change = choice("multiply by, add, or set; a quarter is added to in quarters", Change)
    value: float | None = number("as the column", "the number; blank where words are set", None, low=None)
    words: str = text("set: the value where it is not a number, such as a quarter; both blank: a blank cell", "")

    @property
    def name(self) -> str:
        """What changes, when and how: a number may be multiplied and then added to, but nothing is said twice."""
        since, until = ("" if quarter is None else str(quarter) for quarter in (self.since, self.until))
        span = f"{since} to {until}".strip() if until else since
        parts = (self.scenario, self.table, self.row, self.column, span, self.change.value)
        return " / ".join(part for part in parts if part)

    def covers(self, record: Record) -> bool:
        """Whether the row is one that it changes."""
        return record.TABLE.name == self.table and self.row in (EVERY, record.name)


def shocked(case: Case, shocks: Iterable[tuple[Shock, Quarter]]) -> Case:
    """The case after the shocks, in their order; each comes with the quarter from which its scenario is known.

    Raises Unfit for a shock that cannot be applied.
    """
    rows = Rows(case)
    for shock, known in shocks:
        rows.change(shock, known)
    return rows.case()


class Rows:
    """The rows of a case while shocks change them; a case is made of them only when one must be looked at."""

    def __init__(self, case: Case) -> None:
        self.made: Case | None = case
        self.calendar = case.calendar
        self.records = list(case.records)
        self.terms = {row.name: place for place, row in enumerate(case.records) if isinstance(row, SignedTerm)}
        self.places: dict[tuple[str, str], list[int]] = {}

    def case(self) -> Case:
        """The case as it is now."""
        if self.made is None:
            self.made = Case(tuple(self.records))
        return self.made

    def change(self, shock: Shock, known: Quarter) -> None:
        """Apply a shock whose scenario is known from a quarter on. Raises Unfit where it cannot be applied."""
        changed = [(place, tuple(self._changed(self.records[place], shock, known))) for place in self._covered(shock)]
        for place, (record, *terms) in changed:
            self.records[place] = record
            for term in terms:
                self._sign(term)
        self.made = None

    def _sign(self, term: Record) -> None:
        """Put a term in the place of the one it replaces."""
        place = self.terms.setdefault(term.name, len(self.records))
        if place == len(self.records):
            self.records.append(term)
            self.places = {key: places for key, places in self.places.items() if key[0] != term.TABLE.name}
        else:
            self.records[place] = term

    def _covered(self, shock: Shock) -> list[int]:
        """Where the rows stand that the shock changes."""
        key = shock.table, shock.row
        if key not in self.places:
            self.places[key] = [place for place, record in enumerate(self.records) if shock.covers(record)]
        if not self.places[key] or shock.table in FIXED:
            raise Unfit(self._absent(shock))
        return self.places[key]

    def _absent(self, shock: Shock) -> Problem:
        """A table or a row that the case does not have, or a table that is the same in every scenario."""
        if shock.table in FIXED:
            cure = "correct it: this table is the same in every scenario"
            return Problem("table", shock.table, "a table of what may turn out otherwise", cure)
        rows = [record.name for record in self.records if record.TABLE.name == shock.table]
        tables = {record.TABLE.name for record in self.records} - set(FIXED)
        column, known = ("row", rows) if rows else ("table", sorted(tables))
        expected = f"a row of {shock.table}, or {EVERY}" if rows else "a table of the case that has rows"
        add = "correct the name, or add such a row to the case: it may say what holds anyway"
        return Problem(column, getattr(shock, column), expected, _nearest(getattr(shock, column), known, add))

    def _changed(self, record: Record, shock: Shock, known: Quarter) -> Iterator[Record]:
        """The row after the shock, and terms that hold for some signing quarters only."""
        name = shock.column or series_column(type(record)) or ""
        column = dict(columns_of(type(record))).get(name)
        if column is None or column.kind not in CHANGEABLE:
            columns = _changeable(type(record))
            expected = f"a column that can change: {', '.join(columns) or f'{shock.table} has none'}"
            by_quarter = series_column(type(record)) and "leave it blank, and fill since and until"
            cure = _nearest(shock.column, columns, by_quarter or "correct it")
            raise Unfit(Problem("column", shock.column or "blank", expected, cure))
        if shock.since and shock.until and shock.until < shock.since:
            expected = f"{shock.since} or later, as since says"
            raise Unfit(Problem("until", str(shock.until), expected, "correct one of them"))
        if shock.since and shock.since >= self.calendar.end:
            expected = f"{self.calendar.end + -1} or earlier, as the case ends there"
            raise Unfit(Problem("since", str(shock.since), expected, "correct it, or delete the shock"))
        if column.kind is Kind.SERIES:
            yield with_cells(record, {name: _series(self.calendar, getattr(record, name), column, shock, known)})
        elif isinstance(record, Contract) and (shock.since or shock.until):
            yield record
            yield from self._terms(record, name, column, shock)
        else:
            value = _value(getattr(record, name), name, column, shock)
            _require_unknown(self.case(), record, (getattr(record, name), value), shock, known)
            yield with_cells(record, {name: value})
            if isinstance(record, Contract):
                yield from _amended(self.case(), record, name, column, shock)

    def _terms(self, contract: Contract, name: str, column: Column, shock: Shock) -> Iterator[SignedTerm]:
        """(SHOCK-2) The term, for each signing quarter in which it is another."""
        since, until = shock.since or self.calendar.first, shock.until or self.calendar.end + -1
        for quarter in self.calendar.quarters:
            if since <= quarter <= until:
                old = self._signed(contract, quarter, name, column)
                yield _term(old, contract.name, quarter, name, column, shock)

    def _signed(self, contract: Contract, quarter: Quarter, name: str, column: Column) -> object:
        """The term as it is signed in the quarter so far."""
        place = self.terms.get(signed_name(contract.name, quarter, name))
        if place is None:
            return getattr(contract.agreed(self.case(), quarter, name), name)
        term = self.records[place]
        assert isinstance(term, SignedTerm)
        return term.typed(column)


def _nearest(name: str, known: Iterable[str], otherwise: str) -> str:
    """The cure of a name that is not known: the one that is nearest, if any is near."""
    near = did_you_mean(name, known)
    return f"did you mean '{near}'?" if near else otherwise


def _changeable(record: type[Record]) -> list[str]:
    return [name for name, column in columns_of(record) if column.kind in CHANGEABLE]


def _series(calendar: Calendar, series: Series, column: Column, shock: Shock, known: Quarter) -> Series:
    """(SHOCK-1)."""
    since, until = shock.since or known, shock.until or calendar.end + -1
    if since < known:
        cure = f"begin in {known} or later, or let the scenario part earlier"
        raise Unfit(Problem("since", str(since), f"{known} or later: what was before is known", cure))
    if until < since:
        cure = "correct it, or let the scenario part earlier"
        raise Unfit(Problem("until", str(until), f"{since} or later: nothing changes before it is known", cure))
    if column.blank is not Blank.REFUSED:
        series = _reaching(series, since, until)
    values = list(series.values)
    for offset in range(max(0, since - series.first), min(len(values), until - series.first + 1)):
        values[offset] = _number(values[offset], column, shock, series.first + offset)
    return Series(series.first, tuple(values))


def _reaching(series: Series, since: Quarter, until: Quarter) -> Series:
    """The series with blank cells where it does not reach from `since` to `until`: blanks at its ends were cut off."""
    if not series.values:
        return Series(since, (None,) * (until - since + 1))
    before = max(0, series.first - since)
    after = max(0, until - (series.first + (len(series.values) - 1)))
    return Series(series.first + -before, ((None,) * before + series.values + (None,) * after))


def _number(old: float | None, column: Column, shock: Shock, where: str | Quarter) -> float | None:
    """A number after the shock, within the range of its column."""
    needed = column.kind is Kind.SERIES and column.blank is Blank.REFUSED
    if shock.value is None:
        if shock.change is Change.SET and not needed:
            return None
        raise Unfit(Problem("value", "blank", "a number", "fill it"))
    if old is None and shock.change is not Change.SET:
        old = column.blank.meant if column.kind is Kind.SERIES else None
        if old is None:
            found = f"{shock.change.value} where the case has a blank cell ({where})"
            raise Unfit(Problem("change", found, "a number to change", "set it, or fill the cell"))
    value = shock.change.of(old or 0.0, shock.value)
    if not isfinite(value):
        found = f"{shock.value:g}, which makes {value:g} of {old or 0.0:g}"
        raise Unfit(Problem("value", found, "a finite number", "lower it"))
    low, high = column.low, column.high
    if (low is not None and (value < low or (column.above and value == low))) or (high is not None and value > high):
        bounds = f"{'above' if column.above else 'at least'} {low:g}" if low is not None and value <= low else ""
        expected = bounds or f"at most {high:g}"
        before = "blank" if old is None else f"{old:g}"
        found = f"the number becomes {value:g} in {where} (now {before})"
        raise Unfit(Problem("value", found, expected, "correct the shock"))
    return value


def _value(old: object, name: str, column: Column, shock: Shock) -> object:
    """Any other cell after the shock."""
    if column.kind in NUMERIC:
        assert old is None or isinstance(old, int | float)
        value = _number(old, column, shock, name)
        if value is not None and column.kind is Kind.INTEGER:
            if value != round(value):
                raise Unfit(Problem("value", f"{value:g} in {name}", "a whole number", "correct the shock"))
            return round(value)
        if value is None and (column.required or column.default is not None):
            raise Unfit(Problem("value", "blank", "a number", "fill it"))
        return value
    if column.kind is Kind.QUARTER and shock.change is Change.ADD:
        if not isinstance(old, Quarter) or shock.value is None or shock.value != round(shock.value):
            raise Unfit(Problem("value", f"{old} + {shock.value}", "a quarter and a whole number", "correct the shock"))
        return old + round(shock.value)
    if shock.change is not Change.SET:
        expected = f"set, as {name} is no number"
        raise Unfit(Problem("change", shock.change.value, expected, "set it, with the value under words"))
    if not shock.words:
        if column.required:
            raise Unfit(Problem("words", "blank", f"a value of {name}", "fill it"))
        return column.default
    try:
        return coerce(shock.words, name, column)
    except Refused as refused:
        raise Unfit(Problem("words", refused.found, refused.expected, refused.cure)) from refused


def _amended(case: Case, contract: Contract, name: str, column: Column, shock: Shock) -> Iterator[SignedTerm]:
    """(SHOCK-2) The terms as signed that are not those of the row: they change with it."""
    for row in case.by(SignedTerm, "contract", contract.name):
        if row.column == name:
            yield _term(row.typed(column), contract.name, row.signed, name, column, shock)


def _term(old: object, contract: str, signed: Quarter, name: str, column: Column, shock: Shock) -> SignedTerm:
    """The term of what is signed in a quarter, after the shock."""
    value = _value(old, name, column, shock)
    number = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
    return SignedTerm(
        contract=contract,
        signed=signed,
        column=name,
        value=number,
        words="" if number is not None or value is None else shock.words or str(value),
    )


def _require_unknown(case: Case, record: Record, values: tuple[object, object], shock: Shock, known: Quarter) -> None:
    """(SHOCK-3) Before the parting nobody can have known the number: nothing may depend on it there.

    Terms of contracts are left to the comparison of what they post.
    """
    shared = [quarter for quarter in case.calendar.ahead if quarter < known]
    if not shared or isinstance(record, Contract) or values[0] == values[1]:
        return
    if all(isinstance(value, Quarter) and value >= known for value in values):
        return
    workload = record.workload if isinstance(record, Performance | ServingCost | Workload) else None
    if workload is not None:
        demand = [row.units.amount(quarter) for row in case.by(Demand, "workload", workload) for quarter in shared]
        if not any(demand):
            return
    place = f"{record.TABLE.name}.{shock.column} of {record.name}"
    found = f"{place} would be another already from {shared[0]} to {shared[-1]}, before the scenario parts in {known}"
    cure = "shock a value by quarter or a term of a contract, or let the scenario part in the first open quarter"
    raise Unfit(Problem("column", found, "a number that nothing depends on before the parting", cure))
