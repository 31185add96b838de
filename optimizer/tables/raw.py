"""Tables as read: cells with their addresses, before anything is known about their meaning."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from optimizer.errors import Finding, Level

Value = str | float | int | bool | datetime | date | None

NOTE = "note"
"""The last, optional column of every table: the source of a figure. Raw tables carry it, records do not."""


@dataclass(frozen=True)
class Cell:
    """One cell: its value (blank is None), its address, and what made it unreadable, if anything did."""

    value: Value
    place: str = field(compare=False)
    finding: Finding | None = field(default=None, compare=False)

    @property
    def blank(self) -> bool:
        return self.value is None and self.finding is None


@dataclass(frozen=True)
class RawTable:
    """A table of cells. Shape: every row has one cell per column; fully blank rows are not kept.

    `findings` holds what is wrong with the table beyond single cells, such as hidden rows.
    """

    name: str
    columns: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    place: str = field(compare=False)
    findings: tuple[Finding, ...] = field(default=(), compare=False)

    @property
    def header(self) -> tuple[str, ...]:
        """The column names as text; a blank name is empty."""
        return tuple("" if cell.value is None else str(cell.value) for cell in self.columns)

    def cells(self) -> Iterator[Cell]:
        """Header cells, then the cells of every row."""
        yield from self.columns
        for row in self.rows:
            yield from row

    def problems(self) -> Iterator[Finding]:
        """Everything that was found wrong while reading."""
        yield from self.findings
        for cell in self.cells():
            if cell.finding is not None:
                yield cell.finding

    def errors(self) -> Iterator[Finding]:
        """Those of its problems that stop a run."""
        return (finding for finding in self.problems() if finding.level is Level.ERROR)


def tidy(value: Value) -> Value:
    """The one form of a value in both containers: an empty text is a blank, a midnight is a date."""
    if value == "":
        return None
    if isinstance(value, datetime) and value == datetime(value.year, value.month, value.day):
        return value.date()
    return value
