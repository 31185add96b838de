"""A record is one row of a table: a frozen dataclass whose fields declare their columns."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any, ClassVar, TypeVar, cast

from optimizer.errors import Level
from optimizer.tables.columns import Column, Kind
from optimizer.tables.quarter import Quarter


@dataclass(frozen=True)
class Series:
    """Values by quarter from `first` on; `None` where the cell was blank.

    Shape: one value a quarter, contiguous. Unit: that of the column it came from.
    """

    first: Quarter
    values: tuple[float | None, ...]

    def at(self, quarter: Quarter) -> float | None:
        """The value in `quarter`; None where it is blank or outside the columns of the table."""
        position = quarter - self.first
        return self.values[position] if 0 <= position < len(self.values) else None

    def amount(self, quarter: Quarter) -> float:
        """The value in `quarter`, a blank being 0."""
        value = self.at(quarter)
        return 0.0 if value is None else value

    def items(self) -> Iterator[tuple[Quarter, float]]:
        """Quarters that have a value, in order."""
        for offset, value in enumerate(self.values):
            if value is not None:
                yield self.first + offset, value


@dataclass(frozen=True)
class Term:
    """A number of the case that prices or sizes something, with the address of its cell.

    `column` is a column name, or a quarter such as `2027Q1` in a table whose time runs across.
    """

    table: str
    row: str
    column: str
    value: float


@dataclass(frozen=True)
class TableSpec:
    """A table: its name, what a row is, its title in the workbook, and its place among the sheets.

    `named_by` are the columns that tell its rows apart, where these are others than `key_columns` would find.
    """

    name: str
    title: str
    row_is: str
    order: int
    vertical: bool = False
    named_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Problem:
    """What is wrong with one cell of a row in the light of the whole case; becomes a Finding with its address."""

    column: str
    found: str
    expected: str
    cure: str
    level: Level = Level.ERROR


@dataclass(frozen=True)
class Record:
    """Base of every row. Subclasses set `TABLE` and declare columns with the functions of `columns`."""

    TABLE: ClassVar[TableSpec]

    def term(self, column: str) -> Term:
        """The cell of this row in `column`, as a Term; the value must be a number."""
        return Term(self.TABLE.name, self.name, column, float(getattr(self, column)))

    def term_in(self, quarter: Quarter) -> Term:
        """The cell of this row's series in `quarter`, a blank being 0."""
        series: Series = getattr(self, series_column(type(self)) or "")
        return Term(self.TABLE.name, self.name, str(quarter), series.amount(quarter))

    @property
    def name(self) -> str:
        """The columns that name the row, joined by ` / `; blanks are left out."""
        parts = (getattr(self, column) for column in key_columns(type(self)))
        return " / ".join(
            str(part.value if isinstance(part, Enum) else part) for part in parts if part not in (None, "")
        )

    def problems(self, case: Any) -> "Iterator[Problem]":
        """What is wrong with the row in the light of the whole case, beyond what its columns say."""
        yield from ()


R = TypeVar("R", bound=Record)
V = TypeVar("V")


def _remember(function: "Callable[[type[Record]], V]") -> "Callable[[type[Record]], V]":
    """Compute once for each table."""
    return cast("Callable[[type[Record]], V]", cache(function))


@_remember
def columns_of(record: type[Record]) -> tuple[tuple[str, Column], ...]:
    """(name, column) of every column of a table, in sheet order: the key first, then as declared."""
    fields = (field for field in dataclasses.fields(record) if "column" in field.metadata)
    columns = [(field.name, field.metadata["column"]) for field in fields]
    return tuple(sorted(columns, key=lambda pair: pair[1].kind is not Kind.KEY))


@_remember
def key_columns(record: type[Record]) -> tuple[str, ...]:
    """The columns that name a row, as the table says, or its KEY column, or every required REFERENCE and CHOICE."""
    if record.TABLE.named_by:
        return record.TABLE.named_by
    keys = tuple(name for name, column in columns_of(record) if column.kind is Kind.KEY)
    if keys:
        return keys
    naming = (Kind.REFERENCE, Kind.CHOICE)
    return tuple(name for name, column in columns_of(record) if column.kind in naming and column.required)


@_remember
def series_column(record: type[Record]) -> str | None:
    """The name of the column whose values run across quarters, if the table has one."""
    for name, column in columns_of(record):
        if column.kind is Kind.SERIES:
            return name
    return None


def with_cells(row: R, cells: Mapping[str, object]) -> R:
    """The row with other values in some columns, where only their names are known."""
    return dataclasses.replace(row, **cells)
