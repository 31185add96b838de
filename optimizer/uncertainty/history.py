"""Series of the past: a CSV file with a date or quarter in its first column and a series in each of the others."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from math import isnan, nan
from pathlib import Path

import numpy as np

from optimizer.errors import Finding, InputError, UsageError
from optimizer.tables.coerce import shown
from optimizer.tables.csv_folder import read_file
from optimizer.tables.quarter import Quarter
from optimizer.tables.raw import NOTE, Cell, RawTable

_BEGINNINGS = {
    b"PK\x03\x04": "an Excel workbook, or another file that is compressed as one",
    b"\xd0\xcf\x11\xe0": "an old Excel 97-2003 workbook (.xls)",
    b"\xff\xfe": "text in UTF-16",
    b"\xfe\xff": "text in UTF-16",
}
_NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")


class Every(Enum):
    """The step from observation to observation."""

    MONTH = "month"
    QUARTER = "quarter"

    @property
    def in_a_year(self) -> int:
        """Steps in a year."""
        return 12 if self is Every.MONTH else 4


@dataclass(frozen=True)
class History:
    """Means of each series in steps without a gap, the first at `first`, counted in steps of the year 0.

    Shape of `values`: steps x series; NaN where there is none.
    """

    names: tuple[str, ...]
    every: Every
    first: int
    values: np.ndarray

    def step(self, position: int) -> str:
        """The quarter or month of a position, in words."""
        number = self.first + position
        if self.every is Every.QUARTER:
            return str(Quarter(number))
        return f"{number // 12}-{number % 12 + 1:02}"

    def of(self, name: str) -> np.ndarray:
        """The values of a series. Raises UsageError where there is none of the name."""
        if name not in self.names:
            raise UsageError(f"the history has no series {name!r}. Fix: name one of {', '.join(self.names)}")
        return np.asarray(self.values[:, self.names.index(name)])


def read_history(path: Path, every: Every) -> History:
    """The series of a CSV file, averaged over each quarter or month with what was observed in it.

    Raises InputError with every finding: a file that is no text, what is no date or quarter, no number above 0, or
    stands twice.
    """
    if not path.is_file():
        raise InputError([Finding(str(path), "there is no such file", "a CSV file", "name one with past values")])
    if kind := _other_than_text(path.read_bytes()):
        expected = "a CSV file: text, with a date or quarter in its first column and a series in each of the others"
        cure = "open it in the program it comes from, and save its series as 'CSV UTF-8 (comma delimited)'"
        raise InputError([Finding(path.name, f"the file is {kind}", expected, cure)])
    table = read_file(path)
    findings = list(table.problems())
    names = [name for name in table.header[1:] if name and name != NOTE]
    if not findings and (not names or len(set(names)) < len(names)):
        expected = "a first column of dates or quarters, then a series in each, with a name of its own"
        findings.append(Finding(table.place, shown(", ".join(table.header)), expected, "name the columns"))
    rows = [] if findings else list(_rows(table, len(names), every, findings))
    if not findings and len({step for step, _ in rows}) < 2:
        findings.append(Finding(table.place, f"values of {len(rows)} dates", f"two {every.value}s or more", "add some"))
    if findings:
        raise InputError(findings)
    first, last = min(step for step, _ in rows), max(step for step, _ in rows)
    found = np.full((last - first + 1, len(names)), nan)
    for step in {step for step, _ in rows}:
        found[step - first] = _means([values for at, values in rows if at == step])
    return History(tuple(names), every, first, found)


def _other_than_text(content: bytes) -> str | None:
    """What a file is that holds no text to be read, in words; None for text."""
    for beginning, kind in _BEGINNINGS.items():
        if content.startswith(beginning):
            return kind
    strange = _NO_TEXT.search(content)
    return None if strange is None else f"not text: byte {strange.start()} is a control character"


def _rows(table: RawTable, series: int, every: Every, findings: list[Finding]) -> Iterator[tuple[int, list[float]]]:
    """(step, values) of each row; what is wrong goes to the findings."""
    seen: dict[object, str] = {}
    for row in table.rows:
        step = _step(row[0], every)
        if step is None:
            kinds = "a date such as 2026-03-31" + (", or a quarter such as 2026Q1" if every is Every.QUARTER else "")
            findings.append(Finding(row[0].place, _shown(row[0]), kinds, "correct it"))
            continue
        if row[0].value in seen:
            found = f"{_shown(row[0])} a second time (also at {seen[row[0].value]})"
            findings.append(Finding(row[0].place, found, "one row for each date", "delete one of them"))
        seen[row[0].value] = row[0].place
        values = []
        for cell in row[1 : series + 1]:
            number = cell.value if isinstance(cell.value, int | float) and not isinstance(cell.value, bool) else None
            if not cell.blank and (number is None or number <= 0.0):
                findings.append(Finding(cell.place, _shown(cell), "a number above 0, or a blank", "correct it"))
            values.append(nan if number is None else float(number))
        yield step, values


def _step(cell: Cell, every: Every) -> int | None:
    value = cell.value
    if isinstance(value, date):
        month = value.year * 12 + value.month - 1
        return month if every is Every.MONTH else month // 3
    if isinstance(value, str) and every is Every.QUARTER:
        try:
            return Quarter.parse(value).ordinal
        except ValueError:
            return None
    return None


def _means(rows: Sequence[Sequence[float]]) -> list[float]:
    """Mean of each column, blanks left out."""
    columns = ([value for value in column if not isnan(value)] for column in zip(*rows, strict=True))
    return [float(np.mean(column)) if column else nan for column in columns]


def _shown(cell: Cell) -> str:
    return "blank" if cell.value is None else shown(cell.value)
