"""Which column of a raw table is which column of its record, and what is wrong with the header."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise

from optimizer.errors import Finding
from optimizer.tables.coerce import did_you_mean
from optimizer.tables.columns import Blank
from optimizer.tables.quarter import Quarter
from optimizer.tables.raw import NOTE, RawTable
from optimizer.tables.record import Record, columns_of, series_column

VERTICAL = ("key", "value", "unit", "meaning")
_QUARTER = re.compile(r"\d{4}Q[1-4]")


@dataclass(frozen=True)
class Header:
    """Positions of the columns by name, and of the quarters in the order of the sheet."""

    columns: Mapping[str, int]
    quarters: Mapping[Quarter, int]
    findings: tuple[Finding, ...]

    @property
    def contiguous(self) -> bool:
        """Whether the quarters follow one another without a gap."""
        return all(later - earlier == 1 for earlier, later in pairwise(self.quarters))


def expected_columns(record: type[Record]) -> tuple[str, ...]:
    """Names of the columns a table may have, apart from its quarters, in sheet order."""
    if record.TABLE.vertical:
        return (*VERTICAL, NOTE)
    series = series_column(record)
    return (*(name for name, _ in columns_of(record) if name != series), NOTE)


def is_quarter(text: str) -> bool:
    """Whether a header cell names a quarter, exactly as `2027Q1`."""
    return _QUARTER.fullmatch(text) is not None and int(text[:4]) > 0


def match_header(table: RawTable, record: type[Record]) -> Header:
    """Find the columns of `record` in the header; unknown, repeated and missing ones become findings."""
    expected = expected_columns(record)
    timed = series_column(record) is not None
    columns: dict[str, int] = {}
    quarters: dict[Quarter, int] = {}
    findings: list[Finding] = []
    seen: dict[str, str] = {}
    for position, (name, cell) in enumerate(zip(table.header, table.columns, strict=True)):
        if not name:
            findings += _nameless(table, position)
        elif name.casefold() in seen:
            found = f"the column '{name}' stands twice (also at {seen[name.casefold()]})"
            findings.append(Finding(cell.place, found, "each column once", "delete or rename one of the two"))
        elif name in expected:
            columns[name] = position
        elif timed and is_quarter(name):
            quarters[Quarter.parse(name)] = position
        else:
            findings.append(_unknown(cell.place, name, table.header, expected, timed))
        seen.setdefault(name.casefold(), cell.place)
    findings += _missing(table, record, columns)
    header = Header(columns, quarters, ())
    if not header.contiguous:
        found = f"the quarters {', '.join(map(str, quarters))} do not follow one another"
        findings.append(Finding(table.place, found, "one column for each quarter, in order", "add or move the columns"))
    return Header(columns, quarters, tuple(findings))


def match_horizon(table: RawTable, header: Header, first: Quarter, count: int, blank: Blank) -> Sequence[Finding]:
    """A finding when quarters of the horizon have no column; a table of overrides may have no quarter at all."""
    if blank is Blank.UNCHANGED and not header.quarters:
        return ()
    missing = [str(first + offset) for offset in range(count) if first + offset not in header.quarters]
    if not missing:
        return ()
    found = f"there is no column for {listed(missing)}"
    expected = f"a column for each quarter from {first} to {first + (count - 1)}"
    return (Finding(table.place, found, expected, "add the columns, named like 2027Q1"),)


def listed(names: Sequence[str]) -> str:
    """The names in a row, shortened in the middle when they are many."""
    if len(names) <= 6:
        return ", ".join(names)
    return f"{', '.join(names[:3])}, … {names[-1]} ({len(names)} in all)"


def _nameless(table: RawTable, position: int) -> list[Finding]:
    cells = [row[position] for row in table.rows if not row[position].blank]
    if not cells or table.columns[position].finding is not None:
        return []
    found = f"the column has values (at {cells[0].place}) but no name"
    return [Finding(table.columns[position].place, found, "a column name", "name the column, or clear it")]


def _unknown(place: str, name: str, taken: Sequence[str], expected: Sequence[str], timed: bool) -> Finding:
    near = did_you_mean(name, [column for column in expected if column not in taken])
    cure = f"did you mean '{near}'?" if near else "remove the column; remarks belong in the column 'note'"
    if timed:
        with suppress(ValueError):
            cure = f"did you mean '{Quarter.parse(name)}'?"
    return Finding(place, f"there is no column '{name}'", listed_columns(expected, timed), cure)


def listed_columns(expected: Sequence[str], timed: bool) -> str:
    """The columns of a table in words."""
    return f"one of {', '.join(expected)}{' or a quarter such as 2027Q1' if timed else ''}"


def _missing(table: RawTable, record: type[Record], columns: Mapping[str, int]) -> list[Finding]:
    if not table.rows:
        return []
    if record.TABLE.vertical:
        required = list(VERTICAL[:2])
    else:
        series = series_column(record)
        required = [name for name, column in columns_of(record) if column.required and name != series]
    absent = [name for name in required if name not in columns]
    place = table.columns[0].place if table.columns else table.place
    return [
        Finding(place, f"the column '{name}' is missing", f"a column '{name}'", "add it to the header row")
        for name in absent
    ]
