"""Read the tables of a workbook: found by Excel Table name, else by sheet name, wherever their header row stands."""

import io
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import isfinite
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.cell import MergedCell
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.worksheet.worksheet import Worksheet

from optimizer.errors import Finding, InputError, Level
from optimizer.tables.guard import DAMAGED, checked
from optimizer.tables.headers import expected_columns, is_quarter
from optimizer.tables.raw import Cell, RawTable, Value, tidy
from optimizer.tables.record import Record, series_column

PREFIX = "tbl_"
DOCUMENTATION = ("readme", "checks", "lists", "changelog")
_HEADER_WITHIN = 200
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def read_workbook(path: Path, catalog: Sequence[type[Record]]) -> list[RawTable]:
    """Every table of the workbook, in order of its sheets; what is wrong with them is kept as findings.

    A sheet that is neither a table nor documentation comes back as a table of that name without columns, for `parse`
    to report. Raises InputError when the file is refused before it is read, or is damaged.
    """
    content = checked(Path(path))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl tells of features it drops; only values are read here
            values = load_workbook(io.BytesIO(content), data_only=True, keep_links=False)
            formulas = load_workbook(io.BytesIO(content), data_only=False, keep_links=False)
    except DAMAGED as error:
        raise _damaged(path, f"the workbook is damaged ({type(error).__name__}: {error})") from error
    if not values.worksheets:
        raise _damaged(path, "the workbook has no sheets")
    return [table for sheet in values.worksheets for table in _Sheet(sheet, formulas[sheet.title], catalog).tables()]


def _damaged(path: Path, found: str) -> InputError:
    cure = "open it in Excel or LibreOffice, let it be repaired, and save it"
    return InputError([Finding(Path(path).name, found, "a workbook that a spreadsheet program can open", cure)])


@dataclass(frozen=True)
class _Area:
    """Where a table stands: its header row, its columns, and the last row of its Excel Table."""

    record: type[Record]
    header: int
    left: int
    right: int
    bottom: int
    totals: int = 0


class _Sheet:
    """One worksheet with its cells by position; `formulas` is the same sheet read without cached values."""

    def __init__(self, sheet: Worksheet, formulas: Worksheet, catalog: Sequence[type[Record]]) -> None:
        self.title = sheet.title
        self.sheet = sheet
        self.formulas = formulas
        self.catalog = catalog
        self.cells = {
            (cell.row, cell.column): cell
            for cell in sheet._cells.values()  # iter_rows would make a cell of every blank in between
            if not isinstance(cell, MergedCell) and (cell.value not in (None, "") or self._is_uncalculated(cell))
        }

    def tables(self) -> Iterator[RawTable]:
        """The tables of the sheet; nothing for documentation and for an empty sheet."""
        areas = list(self._areas())
        if not areas:
            if self.title.casefold() not in DOCUMENTATION and self.cells:
                yield self._unknown()
            return
        rows = {area: self._rows(area) for area in areas}
        stray = self._stray(rows)
        for number, area in enumerate(areas):
            yield self._table(area, rows[area], stray if number == 0 else [])

    def place(self, row: int, column: int) -> str:
        """The address of a cell, such as `blocks!C7`."""
        return f"{self._quoted}!{get_column_letter(column)}{row}"

    @property
    def _quoted(self) -> str:
        title = str(self.title)
        return title if re.fullmatch(r"\w+", title) else "'" + title.replace("'", "''") + "'"

    def _is_uncalculated(self, cell: Any) -> bool:
        """Whether a blank cell holds a formula without a value; one whose result is an empty text has the type str."""
        formula = self.formulas._cells.get((cell.row, cell.column))
        return formula is not None and formula.data_type == "f" and cell.data_type not in ("s", "str")

    def _areas(self) -> Iterator[_Area]:
        """Excel Tables of known name; else the header row of the table that the sheet is named after."""
        by_name = {record.TABLE.name.casefold(): record for record in self.catalog}
        found = False
        for table in self.sheet.tables.values():
            name = table.displayName.casefold()
            record = by_name.get(name.removeprefix(PREFIX)) if name.startswith(PREFIX) else None
            if record is not None:
                found = True
                left, top, right, bottom = range_boundaries(table.ref)
                totals = table.totalsRowCount or 0
                yield _Area(record, top, left, self._rightmost(top, right), bottom - totals, totals)
        named = by_name.get(self.title.casefold())
        if not found and named is not None:
            area = self._search(named)
            if area is not None:
                yield area

    def _rightmost(self, header: int, column: int) -> int:
        """The last column of the header, counting names typed right beside it."""
        while (header, column + 1) in self.cells:
            column += 1
        return column

    def _search(self, record: type[Record]) -> _Area | None:
        """The row that holds most of the table's column names."""
        expected = expected_columns(record)
        timed = series_column(record) is not None
        hits: dict[int, list[int]] = {}
        for (row, column), cell in self.cells.items():
            name = cell.value if isinstance(cell.value, str) and row <= _HEADER_WITHIN else ""
            if name in expected or (timed and is_quarter(name)):
                hits.setdefault(row, []).append(column)
        if not hits:
            return None
        header = max(sorted(hits), key=lambda row: len(hits[row]))
        left = min(hits[header])
        while (header, left - 1) in self.cells:
            left -= 1
        return _Area(record, header, left, self._rightmost(header, max(hits[header])), header)

    def _rows(self, area: _Area) -> list[int]:
        """Rows of the table that hold anything: all within its range, and those typed below it up to a blank one."""
        filled = {row for row, column in self.cells if area.left <= column <= area.right}
        rows = [row for row in range(area.header + 1, area.bottom + 1) if row in filled]
        below = area.bottom + area.totals + 1
        while below in filled:
            rows.append(below)
            below += 1
        return rows

    def _table(self, area: _Area, rows: list[int], stray: list[Finding]) -> RawTable:
        columns = range(area.left, area.right + 1)
        header = tuple(self._cell(area.header, column) for column in columns)
        body = tuple(tuple(self._cell(row, column) for column in columns) for row in rows)
        findings = (*self._hidden(rows, columns), *self._merged(area, rows), *stray)
        place = f"{self._quoted}!{get_column_letter(area.left)}{area.header}"
        return RawTable(area.record.TABLE.name, header, body, place, findings)

    def _cell(self, row: int, column: int) -> Cell:
        place = self.place(row, column)
        found = self.cells.get((row, column))
        if found is None:
            return Cell(None, place)
        value, finding = found.value, None
        if value is None:
            cure = "open the workbook in Excel or LibreOffice, save it, and try again"
            finding = Finding(place, "the formula has no calculated value", "a value", cure)
        elif found.data_type == "e":
            cure = "mend the formula, or type the value"
            finding = Finding(place, f"the cell shows the error {value}", "a value", cure)
        elif not isinstance(value, str | int | float | bool | date | datetime):
            cure = "set the format of the cell to General and type the figure again"
            finding = Finding(place, f"the cell holds a time of day or a duration ({value})", "a number or text", cure)
        elif isinstance(value, float) and not isfinite(value):
            finding = Finding(place, "the number is too large", "a finite number", "type the figure")
        if finding is not None:
            return Cell(None, place, finding)
        return Cell(_unescaped(value), place)

    def _hidden(self, rows: list[int], columns: range) -> Iterator[Finding]:
        """Warnings about what a reader of the sheet cannot see but the program reads."""
        cure = "show them, or delete them if they do not belong to the case"
        unseen = [row for row in rows if row in self.sheet.row_dimensions and self.sheet.row_dimensions[row].hidden]
        if unseen:
            found = f"{_subject(unseen, 'row', _ranges(unseen))} hidden or filtered out, and read all the same"
            yield Finding(self._quoted, found, "rows that can be seen", cure, Level.WARNING)
        lost = [column for column in columns if column in _hidden_columns(self.sheet)]
        if lost:
            letters = ", ".join(get_column_letter(column) for column in lost)
            found = f"{_subject(lost, 'column', letters)} hidden, and read all the same"
            yield Finding(self._quoted, found, "columns that can be seen", cure, Level.WARNING)
        if self.sheet.sheet_state != "visible":
            yield Finding(
                self._quoted, "the sheet is hidden, and read all the same", "a visible sheet", cure, Level.WARNING
            )

    def _merged(self, area: _Area, rows: list[int]) -> Iterator[Finding]:
        last = rows[-1] if rows else area.header
        for merged in self.sheet.merged_cells.ranges:
            within_rows = merged.min_row <= last and merged.max_row >= area.header
            if within_rows and merged.min_col <= area.right and merged.max_col >= area.left:
                found = f"the cells {merged.coord} are merged, so that all but the first are blank"
                yield Finding(f"{self._quoted}!{merged.coord}", found, "one value in each cell", "unmerge the cells")

    def _stray(self, rows: dict[_Area, list[int]]) -> list[Finding]:
        """Data beside or below the tables that would otherwise be dropped in silence."""
        claimed = {area: {area.header, *body, *_totals(area)} for area, body in rows.items()}
        top = min(area.header for area in rows)
        loose = sorted(
            (row, column)
            for row, column in self.cells
            if row >= top
            and not any(row in body and area.left <= column <= area.right for area, body in claimed.items())
        )
        if not loose:
            return []
        cure = "move them up to the table, leaving no blank row, or to a sheet of their own, or delete them"
        places = [self.place(row, column) for row, column in loose]
        found = f"data stand apart from the table, at {', '.join(places[:5])}"
        return [Finding(places[0], found + (", …" if len(places) > 5 else ""), "data in the table only", cure)]

    def _unknown(self) -> RawTable:
        """A sheet that is no table; one that bears a table's name has lost its header row."""
        named = [record for record in self.catalog if record.TABLE.name == self.title.casefold()]
        if not named:
            return RawTable(self.title, (), (), self._quoted)
        names = ", ".join(expected_columns(named[0]))
        finding = Finding(self._quoted, "the sheet has no header row", f"a row with the column names {names}", "add it")
        return RawTable(named[0].TABLE.name, (), (), self._quoted, (finding,))


def _totals(area: _Area) -> range:
    return range(area.bottom + 1, area.bottom + area.totals + 1)


def _hidden_columns(sheet: Worksheet) -> set[int]:
    """Positions of hidden columns; openpyxl keeps a run of equal columns as one entry."""
    hidden = set()
    for dimension in sheet.column_dimensions.values():
        if dimension.hidden and dimension.min and dimension.max:
            hidden |= set(range(dimension.min, dimension.max + 1))
    return hidden


def _subject(items: Sequence[int], noun: str, names: str) -> str:
    """`row 6 is` or `rows 6–7 are`."""
    return f"{noun} {names} is" if len(items) == 1 else f"{noun}s {names} are"


def _ranges(rows: list[int]) -> str:
    """Row numbers with runs joined, such as `8, 10–12`."""
    runs: list[list[int]] = []
    for row in rows:
        if runs and row == runs[-1][-1] + 1:
            runs[-1].append(row)
        else:
            runs.append([row])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)


def _unescaped(value: Value) -> Value:
    """Text with the `_x000D_` escapes of the file format replaced by the characters they stand for."""
    if isinstance(value, str) and "_x" in value:
        value = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), value)
    return tidy(value)
