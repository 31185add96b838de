"""Series as databases hold them: a row a quarter, with the columns `quarter` and `value`.

In sheets and CSV files, quarters run across, named in the header. A database table may do that too; as a rule it is
long, because then its columns stay when the horizon rolls on. `widened` and `lengthened` go from one to the other.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from optimizer.errors import Finding
from optimizer.tables.coerce import Refused, coerce
from optimizer.tables.columns import Column, Kind
from optimizer.tables.headers import is_quarter
from optimizer.tables.quarter import Quarter
from optimizer.tables.raw import NOTE, Cell, RawTable, Value
from optimizer.tables.record import Record, series_column

QUARTER, VALUE = "quarter", "value"
MOST_QUARTERS = 400
_QUARTER = Column(Kind.QUARTER, "quarter", "the quarter of the value")

Span = tuple[Quarter, int]


@dataclass
class _Line:
    """A row of the wide table in the making: its cells without time, its values by quarter, and its notes."""

    cells: tuple[Cell, ...]
    values: dict[Quarter, Cell] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def value_column(header: Sequence[str], record: type[Record]) -> str | None:
    """The column that holds the values of a long table: `value`, or the name of the series; None for other tables."""
    series = series_column(record)
    if series is None or QUARTER not in header or any(is_quarter(name) for name in header):
        return None
    return next((name for name in (VALUE, series) if name in header), None)


def widened(table: RawTable, record: type[Record], span: Span | None) -> RawTable:
    """The table with a column for each quarter of `span` and each quarter it names; other tables as they are.

    Rows that agree in every other column but the note are one row of the wide table. A row without quarter and value
    stands for a row whose quarters are all blank. Quarters that cannot be read, or stand twice, become findings.
    """
    value_name = value_column(table.header, record)
    if value_name is None:
        return table
    at = {name: position for position, name in enumerate(table.header)}
    plain = [i for i, name in enumerate(table.header) if name not in (QUARTER, value_name, NOTE)]
    lines: dict[tuple[Value, ...], _Line] = {}
    findings = list(table.findings)
    for row in table.rows:
        line = lines.setdefault(tuple(row[i].value for i in plain), _Line(tuple(row[i] for i in plain)))
        findings += _add(line, row[at[QUARTER]], row[at[value_name]])
        note = row[at[NOTE]].value if NOTE in at else None
        if note is not None and str(note) not in line.notes:
            line.notes.append(str(note))
    quarters, problems = _quarters(table, lines.values(), span)
    header = [table.columns[i] for i in plain] + [Cell(str(quarter), table.place) for quarter in quarters]
    if NOTE in at:
        header.append(table.columns[at[NOTE]])
    rows = tuple(_wide(table, line, quarters, NOTE in at) for line in lines.values())
    return RawTable(table.name, tuple(header), rows, table.place, (*findings, *problems))


def _add(line: _Line, quarter: Cell, value: Cell) -> Iterator[Finding]:
    """Take the value of one quarter into the line."""
    if quarter.finding is not None:
        return
    if quarter.value is None:
        if not value.blank:
            cure = "fill in the quarter, such as 2027Q1"
            yield Finding(quarter.place, "the value has no quarter", "a quarter beside each value", cure)
        return
    try:
        when = coerce(quarter.value, QUARTER, _QUARTER)
    except Refused as refused:
        yield Finding(quarter.place, refused.found, refused.expected, refused.cure)
        return
    assert isinstance(when, Quarter)
    if when in line.values:
        found = f"{when} stands twice (also at {line.values[when].place})"
        yield Finding(value.place, found, "one value a quarter", "delete one of the two rows")
        return
    line.values[when] = value


def _quarters(table: RawTable, lines: Iterable[_Line], span: Span | None) -> tuple[list[Quarter], list[Finding]]:
    """Every quarter from the first to the last, those of the span among them."""
    seen = {quarter for line in lines for quarter in line.values}
    if span is not None:
        seen |= {span[0] + offset for offset in range(span[1])}
    if not seen:
        return [], []
    first, last = min(seen), max(seen)
    if last - first >= MOST_QUARTERS:
        found = f"the quarters run from {first} to {last}"
        return [], [Finding(table.place, found, f"at most {MOST_QUARTERS} quarters", "correct the quarter")]
    return [first + offset for offset in range(last - first + 1)], []


def _wide(table: RawTable, line: _Line, quarters: Sequence[Quarter], noted: bool) -> tuple[Cell, ...]:
    place = line.cells[0].place if line.cells else table.place
    cells = [line.values.get(quarter, Cell(None, f"{place}, quarter {quarter}")) for quarter in quarters]
    if noted:
        cells.append(Cell("; ".join(line.notes) or None, place))
    return (*line.cells, *cells)


def lengthened(table: RawTable, record: type[Record]) -> RawTable:
    """The table with a row for each value, in order of rows and quarters; a table without a series as it is.

    The note of a row is repeated with each of its values. `widened` gives the rows back, so two rows that differ in
    their quarters alone, which it would join, become a finding.
    """
    if series_column(record) is None:
        return table
    timed = {i: name for i, name in enumerate(table.header) if is_quarter(name)}
    noted = [i for i, name in enumerate(table.header) if name == NOTE]
    plain = [i for i, name in enumerate(table.header) if name and i not in timed and i not in noted]
    seen: dict[tuple[Value, ...], str] = {}
    findings, rows = list(table.findings), []
    for row in table.rows:
        name = tuple(row[i].value for i in plain)
        place = row[0].place
        if name in seen:
            found = f"the row stands twice (also at {seen[name]})"
            findings.append(Finding(place, found, "each row once", "delete or rename one of the two"))
        seen.setdefault(name, place)
        note = row[noted[0]] if noted else Cell(None, place)
        start = tuple(row[i] for i in plain)
        filled = [(quarter, row[i]) for i, quarter in timed.items() if not row[i].blank]
        rows += [(*start, Cell(quarter, cell.place), cell, note) for quarter, cell in filled]
        if not filled:
            rows.append((*start, Cell(None, place), Cell(None, place), note))
    header = (*(table.columns[i] for i in plain), *(Cell(name, table.place) for name in (QUARTER, VALUE, NOTE)))
    return RawTable(table.name, header, tuple(rows), table.place, tuple(findings))
