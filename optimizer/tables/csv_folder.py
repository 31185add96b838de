"""A case as a folder of `<table>.csv` files: UTF-8, commas, one header row of column names.

A cell holds a number as Python writes it (`12`, `0.1`, `1e-05`), TRUE or FALSE, a date (`2027-01-01`), or text. Text
that a reader, ours or a spreadsheet, could take for something else is written with a leading apostrophe, which is
dropped on reading: so every text survives, and none becomes a formula.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import zip_longest
from math import isfinite
from pathlib import Path

from optimizer.errors import Finding, InputError, OutputError
from optimizer.files import write_text
from optimizer.tables.raw import Cell, RawTable, Value, tidy

QUOTED_STARTS = ("=", "+", "-", "@", "\t", "\r", "'")
_NUMBER = re.compile(r"-?(0|[1-9]\d{0,300})(\.\d{1,300})?(e[+-]?\d{1,3})?", re.IGNORECASE)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d{1,6})?)?")
_FLAGS = {"TRUE": True, "FALSE": False}


def read_folder(folder: Path) -> list[RawTable]:
    """Every `.csv` file of the folder as a table, in order of name; files of other kinds are ignored.

    Raises InputError when the folder holds no table at all.
    """
    files = sorted(path for path in Path(folder).iterdir() if _is_table(path))
    if not files:
        raise InputError(
            [
                Finding(
                    str(folder),
                    "the folder holds no .csv file",
                    "one <table>.csv for each table of the case",
                    "name the folder that holds the tables, or an .xlsx workbook",
                )
            ]
        )
    return [read_file(path) for path in files]


def read_file(path: Path) -> RawTable:
    """One CSV file as a table named after the file; what is wrong with it is kept as findings."""
    name, place = path.stem, path.name
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        found = f"the file is not UTF-8 text (byte {error.start})"
        return _unreadable(name, place, found, "UTF-8 text", "save it as 'CSV UTF-8 (comma delimited)'")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    lines: list[tuple[int, list[str]]] = []
    try:
        line = 1
        for fields in reader:
            if any(fields):
                lines.append((line, fields))
            line = reader.line_num + 1
    except csv.Error as error:
        found = f"the file cannot be read ({error})"
        return _unreadable(name, f"{place}:{reader.line_num}", found, "comma-separated values", "check the quotes")
    if not lines:
        return _unreadable(name, place, "the file is empty", "a header row of column names", "write the column names")
    return _table(name, place, lines)


def _table(name: str, place: str, lines: list[tuple[int, list[str]]]) -> RawTable:
    (first, header), body = lines[0], lines[1:]
    findings: list[Finding] = []
    if len(header) == 1 and (";" in header[0] or "\t" in header[0]):
        mark = "a semicolon" if ";" in header[0] else "a tab"
        findings.append(
            Finding(
                f"{place}:{first}", f"columns are separated by {mark}", "commas", "save it with commas between values"
            )
        )
    columns = tuple(
        Cell(tidy(text.removeprefix("'")), f"{place}:{first}, column {number}") for number, text in enumerate(header, 1)
    )
    rows = []
    for line, fields in body:
        if len(fields) != len(header):
            findings.append(
                Finding(
                    f"{place}:{line}",
                    f"the row has {len(fields)} values",
                    f"{len(header)}, as many as the header",
                    "add or remove commas; put quotes around text that holds a comma",
                )
            )
        pairs = list(zip_longest(header, fields[: len(header)], fillvalue=""))
        rows.append(
            tuple(
                Cell(decode(text), f"{place}:{line}, column {title or number}")
                for number, (title, text) in enumerate(pairs, 1)
            )
        )
    return RawTable(name, columns, tuple(rows), place, tuple(findings))


def write_folder(tables: Sequence[RawTable], folder: Path) -> None:
    """Write each table as `<table>.csv`.

    Raises OutputError when the folder already holds the CSV file of another table, because a reader would take it for
    a part of this case.
    """
    folder = Path(folder)
    names = {f"{table.name}.csv" for table in tables}
    if folder.is_dir():
        others = sorted(path.name for path in folder.iterdir() if _is_table(path) and path.name not in names)
        if others:
            raise OutputError(
                f"{folder} already holds {', '.join(others)}, which would be read as a part of the case. "
                "Fix: choose an empty folder, or delete these files"
            )
    for table in tables:
        write_text(folder / f"{table.name}.csv", "".join(_lines(table)))


def decode(text: str) -> Value:
    """The value that a CSV field stands for."""
    if text.startswith("'"):
        return tidy(text[1:])
    typed = _typed(text)
    return tidy(text) if typed is None else typed


def encode(value: Value) -> str:
    """The CSV field that stands for a value; `decode` gives the value back."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float | int):
        return repr(value)
    if isinstance(value, date):
        return value.isoformat()
    return f"'{value}" if value.startswith(QUOTED_STARTS) or _typed(value) is not None else value


def _typed(text: str) -> Value:
    """The number, flag or date that the text spells; None when it is plain text."""
    if text in _FLAGS:
        return _FLAGS[text]
    if match := _NUMBER.fullmatch(text):
        if match[2] is None and match[3] is None and text != "-0":
            return int(text)
        value = float(text)
        return value if isfinite(value) else None
    if _DATE.fullmatch(text):
        try:
            return tidy(datetime.fromisoformat(text))
        except ValueError:
            return None
    return None


def _lines(table: RawTable) -> Iterator[str]:
    yield _line([f"'{name}" if name.startswith(QUOTED_STARTS) else name for name in table.header])
    for row in table.rows:
        yield _line([encode(cell.value) for cell in row])


def _line(fields: Sequence[str]) -> str:
    if list(fields) == [""]:
        return '""\n'
    return ",".join(_quoted(field) for field in fields) + "\n"


def _quoted(field: str) -> str:
    if any(mark in field for mark in ',"\r\n') or field != field.strip():
        doubled = field.replace('"', '""')
        return f'"{doubled}"'
    return field


def _is_table(path: Path) -> bool:
    return path.suffix.lower() == ".csv" and not path.name.startswith(".") and path.is_file()


def _unreadable(name: str, place: str, found: str, expected: str, cure: str) -> RawTable:
    return RawTable(name, (), (), place, (Finding(place, found, expected, cure),))
