"""Where everything stands on the sheet of a table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from openpyxl.utils import get_column_letter

from optimizer.errors import Finding, InputError
from optimizer.tables.columns import Column
from optimizer.tables.headers import VERTICAL, is_quarter
from optimizer.tables.quarter import Quarter
from optimizer.tables.raw import NOTE, Cell, RawTable
from optimizer.tables.record import Record, columns_of, key_columns, series_column
from optimizer.tables.unparse import written
from optimizer.tables.words import sentence, when_blank

TITLE_ROW, HELP_ROW, UNIT_ROW, HEADER_ROW, FIRST_ROW = 1, 2, 4, 5, 6
SPARE_ROWS = 200
"""Rows below a table that drop-downs, validations and checks cover already."""


@dataclass(frozen=True)
class Slot:
    """One column of a sheet; `column` is None where the schema knows nothing of it."""

    title: str
    position: int
    column: Column | None

    @property
    def letter(self) -> str:
        return str(get_column_letter(self.position))

    @property
    def is_quarter(self) -> bool:
        return is_quarter(self.title)


@dataclass(frozen=True)
class Input:
    """A run of cells in one sheet column that share a column of the schema."""

    title: str
    column: Column
    letter: str
    first: int
    last: int

    @property
    def top(self) -> str:
        """The first cell, as a relative address."""
        return f"{self.letter}{self.first}"

    @property
    def cells(self) -> str:
        return f"{self.top}:{self.letter}{self.last}"

    @property
    def fixed(self) -> str:
        """The cells as an absolute address on their sheet."""
        return f"${self.letter}${self.first}:${self.letter}${self.last}"


@dataclass(frozen=True)
class Layout:
    """The sheet of one table. Shape: each row has one cell per slot; a blank table has one blank row."""

    record: type[Record]
    slots: tuple[Slot, ...]
    rows: tuple[tuple[Cell, ...], ...]

    @property
    def name(self) -> str:
        return self.record.TABLE.name

    @property
    def last_row(self) -> int:
        """Last row of the Excel Table."""
        return FIRST_ROW + len(self.rows) - 1

    @property
    def spare_row(self) -> int:
        """Last row that validations and checks cover."""
        return self.last_row + (0 if self.record.TABLE.vertical else SPARE_ROWS)

    @property
    def ref(self) -> str:
        return f"A{HEADER_ROW}:{self.slots[-1].letter}{self.last_row}"

    def slot(self, title: str) -> Slot:
        """The column of this name."""
        return next(slot for slot in self.slots if slot.title == title)

    def range_of(self, first: Slot, last: Slot | None = None) -> str:
        """The absolute address of columns `first` to `last` over all rows, spare ones too."""
        last = last or first
        return f"'{self.name}'!${first.letter}${FIRST_ROW}:${last.letter}${self.spare_row}"

    def inputs(self) -> Iterator[Input]:
        """Every run of cells that one column of the schema describes: a column, or one cell of a vertical table."""
        if self.record.TABLE.vertical:
            columns = dict(columns_of(self.record))
            letter = self.slot("value").letter
            for number, row in enumerate(self.rows, FIRST_ROW):
                if row[0].value in columns:
                    name = str(row[0].value)
                    yield Input(name, columns[name], letter, number, number)
        else:
            for slot in self.slots:
                if slot.column is not None:
                    yield Input(slot.title, slot.column, slot.letter, FIRST_ROW, self.spare_row)

    @property
    def keys(self) -> tuple[Slot, ...]:
        """The columns that name a row."""
        if self.record.TABLE.vertical:
            return (self.slots[0],)
        return tuple(self.slot(name) for name in key_columns(self.record)) or self.slots[:1]


def lay_out(record: type[Record], table: RawTable | None, quarters: Sequence[Quarter]) -> Layout:
    """The sheet of a table: columns as in the schema, then quarters, then columns it does not know, then note.

    A given table keeps its rows, values, notes and unknown columns; columns it lacks are added blank. Raises InputError
    for a table that cannot be read, or whose columns an Excel Table cannot tell apart.
    """
    if table is not None:
        _require_names(table)
    if record.TABLE.vertical:
        return _vertical(record, table)
    series = series_column(record)
    known = {name: column for name, column in columns_of(record) if name != series}
    header = table.header if table is not None else ()
    across = [name for name in header if is_quarter(name)] if series else []
    if series and (not across or table is None or not table.rows):
        across = [str(quarter) for quarter in quarters]
    extra = [name for name in header if name not in known and name not in across and name != NOTE]
    titles = [*known, *across, *extra, NOTE]
    column_of_quarter = dict(columns_of(record))[series] if series else None
    slots = tuple(
        Slot(title, position, column_of_quarter if title in across else known.get(title))
        for position, title in enumerate(titles, 1)
    )
    rows = tuple(_arranged(table, titles)) if table is not None else ()
    return Layout(record, slots, rows or (tuple(Cell(None, "") for _ in titles),))


def _vertical(record: type[Record], table: RawTable | None) -> Layout:
    """One row a key: the given rows first, then the keys they lack; a blank table shows the defaults."""
    header = table.header if table is not None else ()
    titles = [*VERTICAL, *(name for name in header if name not in VERTICAL and name != NOTE), NOTE]
    slots = tuple(Slot(title, position, None) for position, title in enumerate(titles, 1))
    rows = list(_arranged(table, titles)) if table is not None else []
    given = {row[0].value for row in rows}
    for name, column in columns_of(record):
        if name not in given:
            value = written(column.default) if table is None else None
            rows.append((Cell(name, ""), Cell(value, ""), *(Cell(None, "") for _ in titles[2:])))
    columns = dict(columns_of(record))
    return Layout(record, slots, tuple(_documented(row, columns.get(str(row[0].value))) for row in rows))


def _documented(row: tuple[Cell, ...], column: Column | None) -> tuple[Cell, ...]:
    """The row of a vertical table with its unit and meaning, where they were left blank."""
    if column is None:
        return row
    key, value, unit, meaning, *rest = row
    unit = Cell(column.unit, "") if unit.blank else unit
    meaning = Cell(f"{sentence(column.help)} {sentence(when_blank(column))}", "") if meaning.blank else meaning
    return (key, value, unit, meaning, *rest)


def _require_names(table: RawTable) -> None:
    """Refuse what could not be written whole: unreadable cells, and columns without a name of their own."""
    findings = list(table.errors())
    seen: set[str] = set()
    for cell, name in zip(table.columns, table.header, strict=True):
        if not name or name.casefold() in seen:
            findings.append(
                Finding(cell.place, f"the column name is '{name}'", "a name of its own", "rename the column")
            )
        seen.add(name.casefold())
    if findings:
        raise InputError(findings)


def _arranged(table: RawTable, titles: Sequence[str]) -> Iterator[tuple[Cell, ...]]:
    """The rows of the table with their cells in the order of `titles`."""
    position = {name: index for index, name in enumerate(table.header)}
    for row in table.rows:
        yield tuple(row[position[title]] if title in position else Cell(None, "") for title in titles)
