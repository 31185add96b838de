"""Sums over rows and areas of a sheet: totals, look-ups by text, by fiscal year and by period, and counts."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from openpyxl.utils import get_column_letter

from optimizer.report.workbook.live import FIRST_PERIOD, ZERO, Cell, Live, Row


@dataclass(frozen=True)
class Across(Live):
    """A function of part of one row, such as the sum of its quarters."""

    name: str
    row: Row
    compute: Callable[[Sequence[float]], float]
    first: int = 0
    last: int | None = None

    def text(self, sheet: str, i: int) -> str:
        return f"{self.name}({self.row.range(sheet, self.first, self.last)})"

    def value(self, i: int) -> float:
        last = len(self.row.numbers) if self.last is None else self.last + 1
        return self.compute(self.row.numbers[self.first : last])


@dataclass(frozen=True)
class Running(Live):
    """The sum of a row from the first quarter up to the one it stands in."""

    row: Row

    def text(self, sheet: str, i: int) -> str:
        first, last = (get_column_letter(FIRST_PERIOD + position) for position in (0, i))
        address = f"${first}{self.row.row}:{last}{self.row.row}"
        return f"SUM({address if sheet == self.row.sheet else f'{self.row.sheet}!{address}'})"

    def value(self, i: int) -> float:
        return math.fsum(self.row.numbers[: i + 1])


def total(row: Row, first: int = 0, last: int | None = None) -> Live:
    """The sum of a row, or of a part of it; 0 where the part is empty."""
    if (len(row.numbers) - 1 if last is None else last) < first:
        return ZERO
    return Across("SUM", row, math.fsum, first, last)


def largest(row: Row) -> Live:
    """The largest number of a row."""
    return Across("MAX", row, max)


def smallest(row: Row) -> Live:
    """The smallest number of a row."""
    return Across("MIN", row, min)


@dataclass(frozen=True)
class Area:
    """Rows of a sheet from `top` to `bottom`, some of which hold lines; `keys[letter]` are the texts of a column."""

    sheet: str
    top: int
    bottom: int
    lines: tuple[Row, ...]
    keys: dict[str, dict[int, str]]

    @property
    def filled(self) -> int:
        """How many of its numbers are not 0."""
        return sum(1 for line in self.lines for number in line.numbers if number)

    def here(self, sheet: str, letters: str, fixed: bool = True) -> str:
        """The address of a column of the area as seen from `sheet`."""
        column = f"{letters}${self.top}:{letters}${self.bottom}"
        column = f"${letters}${self.top}:${letters}${self.bottom}" if fixed else column
        return column if sheet == self.sheet else f"{self.sheet}!{column}"


@dataclass(frozen=True)
class Down(Live):
    """The sum of an area's lines in each quarter."""

    area: Area

    def text(self, sheet: str, i: int) -> str:
        return f"SUM({self.area.here(sheet, get_column_letter(FIRST_PERIOD + i), fixed=False)})"

    def value(self, i: int) -> float:
        return math.fsum(line.value(i) for line in self.area.lines)


@dataclass(frozen=True)
class Column:
    """A column of numbers beside the quarters of an area, by row."""

    letter: str
    numbers: dict[int, float]


class Where(Live):
    """The sum of those lines of an area whose key columns show the given texts.

    It adds up their quarters, weighted by a column if one is given, or that column alone where `quarters` is false.
    SUMPRODUCT compares whole texts; SUMIF would read `*`, `?` and `>` in a name as patterns.
    """

    def __init__(
        self, area: Area, wanted: dict[str, Cell], column: Column | None = None, quarters: bool = True
    ) -> None:
        self.area, self.wanted, self.column, self.quarters = area, wanted, column, quarters
        self._chosen = [
            line
            for line in area.lines
            if all(area.keys[letter].get(line.row, "") == cell.shown for letter, cell in wanted.items())
        ]

    def text(self, sheet: str, i: int) -> str:
        parts = [f"--({self.area.here(sheet, letter)}={cell.text(sheet, i)})" for letter, cell in self.wanted.items()]
        if self.column is not None:
            parts.append(self.area.here(sheet, self.column.letter))
        if self.quarters:
            parts.append(self.area.here(sheet, get_column_letter(FIRST_PERIOD + i), fixed=False))
        return f"SUMPRODUCT({','.join(parts)})"

    def value(self, i: int) -> float:
        factors = self.column.numbers if self.column else {}
        return math.fsum(
            (factors.get(line.row, 0.0) if self.column else 1.0) * (line.value(i) if self.quarters else 1.0)
            for line in self._chosen
        )

    @property
    def empty(self) -> bool:
        """Whether no line matches."""
        return not self._chosen


@dataclass(frozen=True)
class InYear(Live):
    """The sum of a row over the quarters of a fiscal year, or of all years after it."""

    years: Row
    year: Cell
    row: Row
    after: bool = False

    def text(self, sheet: str, i: int) -> str:
        year = self.year.text(sheet, i)
        criterion = f'">"&{year}' if self.after else year
        return f"SUMIF({self.years.range(sheet)},{criterion},{self.row.range(sheet)})"

    def value(self, i: int) -> float:
        last = float(self.year.shown)
        pairs = zip(self.years.numbers, self.row.numbers, strict=True)
        return math.fsum(amount for year, amount in pairs if (year > last if self.after else year == last))


@dataclass(frozen=True)
class SamePeriod(Live):
    """The sum of a row over the quarters that bear the same period number as the one it stands in."""

    periods: Row
    row: Row

    def text(self, sheet: str, i: int) -> str:
        here = replace(self.periods, anchored=False).text(sheet, i)
        return f"SUMPRODUCT(--({self.periods.range(sheet)}={here}),{self.row.range(sheet)})"

    def value(self, i: int) -> float:
        pairs = zip(self.periods.numbers, self.row.numbers, strict=True)
        return math.fsum(amount for period, amount in pairs if period == self.periods.value(i))


@dataclass(frozen=True)
class Position(Live):
    """How many quarters lie before the one it stands in."""

    def text(self, sheet: str, i: int) -> str:
        first, here = get_column_letter(FIRST_PERIOD), get_column_letter(FIRST_PERIOD + i)
        return f"COLUMNS(${first}:{here})-1"

    def value(self, i: int) -> float:
        return float(i)


def average(row: Row) -> Live:
    """The mean of a row."""
    return Across("AVERAGE", row, lambda numbers: math.fsum(numbers) / len(numbers))


@dataclass(frozen=True)
class OfColumn(Live):
    """A function of one column of this sheet from `top` to `bottom`, such as its sum."""

    name: str
    letter: str
    top: int
    bottom: int
    shown: float

    def text(self, sheet: str, i: int) -> str:
        return f"{self.name}({self.letter}{self.top}:{self.letter}{self.bottom})"

    def value(self, i: int) -> float:
        return self.shown


@dataclass(frozen=True)
class NumberCount(Live):
    """How many quarters of an area hold a number."""

    area: Area
    periods: int
    filled: int

    def text(self, sheet: str, i: int) -> str:
        left, right = (get_column_letter(FIRST_PERIOD + position) for position in (0, self.periods - 1))
        return f"COUNT({self.area.sheet}!${left}${self.area.top}:${right}${self.area.bottom})"

    def value(self, i: int) -> float:
        return float(self.filled)


@dataclass(frozen=True)
class ErrorCount(Live):
    """How many cells of a sheet show an error: none of those we write."""

    sheet: str
    columns: int
    rows: int

    def text(self, sheet: str, i: int) -> str:
        return f"SUMPRODUCT(--ISERROR({self.sheet}!$A$1:${get_column_letter(self.columns)}${self.rows}))"

    def value(self, i: int) -> float:
        return 0.0
