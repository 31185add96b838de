"""The inputs as solved: every table of the case, and the address of each cell that a formula reads.

Tables without time stand as blocks on `Inputs`, series by quarter stand on the time axis of `InputsTime`. A cell that
formulas read is cream: it is live. The others shape the calendar weights, which only a new solve recomputes.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from optimizer.case.case import Case
from optimizer.case.settings import Settings
from optimizer.catalog import catalog
from optimizer.report.workbook.live import Cell, Row, Value
from optimizer.report.workbook.sheet import FIRST_ROW, Axis, Line, Sheet
from optimizer.report.workbook.style import Align, Fill, Format, Look, Style, Tone
from optimizer.tables.columns import Column, Kind
from optimizer.tables.raw import NOTE
from optimizer.tables.record import Record, Series, Term, columns_of, key_columns, series_column
from optimizer.tables.unparse import written

INPUTS, INPUTS_TIME = "Inputs", "InputsTime"
FIRST_COLUMN = 2
LEAST, WIDTH, WIDEST = 11, 16, 30
NOTED = Style(tone=Tone.QUIET, look=Look.SMALL, side=Align.LEFT, indent=1)
Address = tuple[str, str, str]
NUMERIC = (Kind.NUMBER, Kind.INTEGER, Kind.SERIES)


def number_format(column: Column) -> Format:
    """The number format of an input."""
    if column.kind is Kind.INTEGER:
        return Format.PLAIN
    if column.unit == "share" or column.unit.startswith("share "):
        return Format.SHARE
    return Format.PRICE if column.unit.startswith("USD") else Format.WEIGHT


@dataclass(frozen=True)
class Block:
    """A table as it stands on `Inputs`: its rows, the columns shown, and the row of its bar."""

    kind: type[Record]
    rows: tuple[Record, ...]
    columns: tuple[tuple[str, Column], ...]
    top: int

    @property
    def first(self) -> int:
        """Row of the first record: below the bar, the header and the units."""
        return self.top + 3


class Inputs:
    """Where every input stands. `cell` and `series` give it to a formula and mark it live."""

    def __init__(self, case: Case, axis: Axis) -> None:
        self.case, self.axis = case, axis
        self.live: set[Address] = set()
        self._units = {kind.TABLE.name: dict(columns_of(kind)) for kind in catalog()}
        self._blocks = tuple(self._layout())
        self._plain: dict[Address, Cell] = {}
        for block in self._blocks:
            self._place(block)
        self._series: dict[tuple[str, str], Row] = {}
        self._timed = [kind for kind in catalog() if series_column(kind) and self._rows(kind)]
        self._place_series()

    def cell(self, table: str, row: str, column: str) -> Cell:
        """A cell that does not run across quarters; raises KeyError where the case has none."""
        self.live.add((table, row, column))
        return self._plain[table, row, column]

    def setting(self, name: str) -> Cell:
        """The value of a setting."""
        return self.cell(Settings.TABLE.name, "settings", name)

    def series(self, table: str, row: str) -> Row:
        """The quarters of a row; raises KeyError where the case has none."""
        self.live.add((table, row, ""))
        return self._series[table, row]

    def has_series(self, table: str, row: str) -> bool:
        """Whether the case has the row."""
        return (table, row) in self._series

    def price(self, term: Term) -> Cell | Row:
        """The cell of a price, or its row where it changes by quarter."""
        if (term.table, term.row, term.column) in self._plain:
            return self.cell(term.table, term.row, term.column)
        return self.series(term.table, term.row)

    def is_series(self, term: Term) -> bool:
        """Whether the price stands on the time axis."""
        return (term.table, term.row, term.column) not in self._plain

    def unit(self, term: Term) -> str:
        """The unit of a price, such as `USD per GPU-hour`."""
        return self.unit_of(term.table, term.column)

    def unit_of(self, table: str, name: str) -> str:
        """The unit of a column, or of the series of the table where the column is none of its own."""
        columns = self._units[table]
        if name in columns:
            return columns[name].unit
        return next(column.unit for column in columns.values() if column.kind is Kind.SERIES)

    def _rows(self, kind: type[Record]) -> tuple[Record, ...]:
        return tuple(row for row in self.case.of(kind) if type(row) is kind)

    def _layout(self) -> Iterator[Block]:
        top = FIRST_ROW
        for kind in catalog():
            rows = self._rows(kind)
            shown = tuple(pair for pair in columns_of(kind) if pair[1].kind is not Kind.SERIES)
            if not rows or (series_column(kind) and {name for name, _ in shown} <= set(key_columns(kind))):
                continue
            block = Block(kind, rows, shown, top)
            yield block
            top = block.first + (len(shown) if kind.TABLE.vertical else len(rows)) + 1

    def _place(self, block: Block) -> None:
        for number, record in enumerate(block.rows):
            for position, (name, _) in enumerate(block.columns):
                value = written(getattr(record, name))
                shown: Value = value if isinstance(value, int | float | str) else str(value or "")
                if block.kind.TABLE.vertical:
                    at = (block.first + position, FIRST_COLUMN + 1)
                else:
                    at = (block.first + number, FIRST_COLUMN + position)
                self._plain[block.kind.TABLE.name, record.name, name] = Cell(INPUTS, *at, shown)

    def _place_series(self) -> None:
        row = FIRST_ROW
        for number, kind in enumerate(self._timed):
            row += 2 if number else 1  # the section bar, and a blank row before all but the first
            for record in self._rows(kind):
                series: Series = getattr(record, series_column(kind) or "")
                numbers = tuple(series.amount(quarter) for quarter in self.axis.quarters)
                self._series[kind.TABLE.name, record.name] = Row(INPUTS_TIME, row, numbers)
                row += 1

    def write(self, plain: Sheet, timed: Sheet) -> None:
        """Write both sheets, once every formula has asked for what it reads."""
        plain.widths((3, *self._widths()))
        plain.sheet.freeze_panes = "C4"
        for block in self._blocks:
            self._write_block(plain, block)
        for kind in self._timed:
            self._write_series(timed, kind)

    def _widths(self) -> list[int]:
        """Widths that show the names of the columns."""
        widths = [26, WIDTH, WIDTH, WIDTH]
        for block in self._blocks:
            if not block.kind.TABLE.vertical:
                widths += [LEAST] * (len(block.columns) + 1 - len(widths))
                for position, (name, _) in enumerate(block.columns):
                    widths[position] = max(widths[position], min(len(name) + 3, WIDEST))
        return widths

    def _notes(self, kind: type[Record]) -> list[str]:
        """The note of each row, where the case was read from tables that have notes."""
        rows = self._rows(kind)
        for table in self.case.source:
            if table.name == kind.TABLE.name and NOTE in table.header and len(table.rows) == len(rows):
                position = table.header.index(NOTE)
                return [str(row[position].value or "") for row in table.rows]
        return [""] * len(rows)

    def _write_block(self, sheet: Sheet, block: Block) -> None:
        table = block.kind.TABLE
        width = 5 if table.vertical else len(block.columns) + 1
        bar = Style(tone=Tone.SECTION, fill=Fill.SECTION, look=Look.BOLD, side=Align.LEFT)
        for at in range(1, FIRST_COLUMN + width):
            sheet.words(block.top, at, "", bar)
        sheet.words(block.top, 1, f"{table.title} – {table.row_is} (table {table.name})", bar)
        if table.vertical:
            self._write_vertical(sheet, block)
        else:
            self._write_rows(sheet, block)

    def _write_rows(self, sheet: Sheet, block: Block) -> None:
        for position, (name, column) in enumerate(block.columns):
            side, indent = _side(column), int(position > 0 and _side(column) is Align.LEFT)
            sheet.header(block.top + 1, FIRST_COLUMN + position, name, side, indent=indent)
            quiet = Style(tone=Tone.QUIET, look=Look.SMALL, side=side, indent=indent)
            sheet.words(block.top + 2, FIRST_COLUMN + position, column.unit, quiet)
            for record in block.rows:
                self._write_value(sheet, block.kind.TABLE.name, record.name, name, column)
        notes = self._notes(block.kind)
        if any(notes):
            at = FIRST_COLUMN + len(block.columns)
            sheet.header(block.top + 1, at, NOTE, indent=1)
            for number, note in enumerate(notes):
                sheet.words(block.first + number, at, note, NOTED)

    def _write_vertical(self, sheet: Sheet, block: Block) -> None:
        table, record = block.kind.TABLE, block.rows[0]
        for position, heading in enumerate(("key", "value", "unit", "meaning")):
            side = Align.RIGHT if position == 1 else Align.LEFT
            sheet.header(block.top + 1, FIRST_COLUMN + position, heading, side, indent=int(position > 1))
        for name, column in block.columns:
            row = self._plain[table.name, record.name, name].row
            sheet.words(row, FIRST_COLUMN, name, Style(side=Align.LEFT))
            self._write_value(sheet, table.name, record.name, name, column)
            sheet.words(row, FIRST_COLUMN + 2, column.unit, NOTED)
            sheet.words(row, FIRST_COLUMN + 3, column.help, NOTED)

    def _write_value(self, sheet: Sheet, table: str, row: str, name: str, column: Column) -> None:
        cell = self._plain[table, row, name]
        fill = Fill.INPUT if (table, row, name) in self.live else Fill.NONE
        if not isinstance(cell.shown, str):
            sheet.number(cell.row, cell.column, cell.shown, Style(number_format(column), Tone.CONSTANT, fill))
        elif table == Settings.TABLE.name:
            wrap = len(cell.shown) > WIDTH
            sheet.words(cell.row, cell.column, cell.shown, Style(tone=Tone.CONSTANT, fill=fill, wrap=wrap))
        else:
            side, indent = _side(column), int(cell.column > FIRST_COLUMN and _side(column) is Align.LEFT)
            style = Style(tone=Tone.CONSTANT, fill=fill, side=side, indent=indent)
            sheet.words(cell.row, cell.column, cell.shown, style)

    def _write_series(self, sheet: Sheet, kind: type[Record]) -> None:
        name = series_column(kind) or ""
        column = dict(columns_of(kind))[name]
        sheet.section(f"{kind.TABLE.title} – {column.help}")
        for record, note in zip(self._rows(kind), self._notes(kind), strict=True):
            series: Series = getattr(record, name)
            used = (kind.TABLE.name, record.name, "") in self.live
            line = Line(
                record.name,
                column.unit,
                tuple(series.at(quarter) for quarter in self.axis.quarters),
                detail=note,
                format=number_format(column),
                fill=Fill.INPUT if used else Fill.NONE,
            )
            sheet.line(line)


def _side(column: Column) -> Align:
    return Align.RIGHT if column.kind in NUMERIC else Align.LEFT
