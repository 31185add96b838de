"""Workbook and CSV folder hold the same case: conversion loses nothing, either way."""

import string
import tempfile
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.errors import Finding, InputError
from optimizer.tables.containers import read_raw, write_raw
from optimizer.tables.identity import content_hash
from optimizer.tables.parse import parse
from optimizer.tables.raw import NOTE, Cell, RawTable, Value, tidy
from tests.tables.toy import CATALOG, good_case, horizon, table
from tests.tables.workbooks import HORIZON, edited, good_workbook

DATES = st.dates(date(1901, 1, 1), date(2200, 12, 31))
TIMES = st.datetimes(datetime(1901, 1, 1), datetime(2200, 12, 31)).map(
    lambda moment: moment.replace(microsecond=0, fold=0)
)
FORMULAS = ["=1+1", "'", "''x", "+1", "-1", "@a", "\tx", "\rx", "#REF!", "https://example.com"]
OTHER_TYPES = ["TRUE", "12", "1e5", "2027-01-01", "NA", "None", "_x0041_", "_x005F_"]
MARKS = ["a\r\nb", " pad ", "\x00\x1f", "\ufffe", 'a,"b";c', "é\u2028", "\U0001f600", "<&>"]
TRICKY = st.sampled_from([*FORMULAS, *OTHER_TYPES, *MARKS])
TEXTS = st.one_of(TRICKY, st.text(min_size=1, max_size=30), st.text(string.ascii_letters, min_size=1, max_size=8))
NUMBERS = st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.integers(-(10**18), 10**18))
VALUES = st.one_of(st.none(), NUMBERS, TEXTS, st.booleans(), DATES, TIMES)


def _filled(row: list[Value]) -> bool:
    return any(tidy(value) is not None for value in row)


@st.composite
def tables(draw: st.DrawFn) -> list[RawTable]:
    """Three tables with any values: a plain one, one by quarter, and one with a column nobody knows."""
    made = []
    for name, header in (
        ("sites", ("site", "region", "pue", "cooling", "fabric_gpus", NOTE)),
        ("limits", ("limit", "2027Q1", "2027Q2", "2027Q3", NOTE)),
        ("blocks", ("site", "block", "a column nobody knows", "=1")),
    ):
        row = st.lists(VALUES, min_size=len(header), max_size=len(header)).filter(_filled)
        made.append(table(name, header, *draw(st.lists(row, max_size=4))))
    return made


def contents(raw: list[RawTable]) -> dict[str, list[dict[str, str]]]:
    """What must survive: by table and row, the type and every digit of each filled cell."""
    return {
        one.name: [
            {title: repr(tidy(cell.value)) for title, cell in zip(one.header, row, strict=True) if not cell.blank}
            for row in one.rows
        ]
        for one in raw
        if one.rows
    }


def without_settings(raw: list[RawTable]) -> list[RawTable]:
    """A workbook shows the settings even where none are given."""
    return [one for one in raw if one.name != "settings"]


@settings(max_examples=25, deadline=None)
@given(tables())
def test_conversion_loses_nothing(raw: list[RawTable]) -> None:
    """Proves: CSV → workbook → CSV keeps numbers bit for bit, texts, blanks, notes, types and the order of rows.

    A broken rule would give: 0.1 + 0.2 as 0.3 (openpyxl writes 16 digits), `=1+1` as a formula, `12` as a number.
    """
    with tempfile.TemporaryDirectory() as folder:
        first, middle, last = Path(folder) / "first", Path(folder) / "middle.xlsx", Path(folder) / "last"
        write_raw(raw, first, CATALOG, HORIZON)
        from_csv = read_raw(first, CATALOG)
        assert contents(from_csv) == contents(raw)
        write_raw(from_csv, middle, CATALOG, HORIZON)
        from_workbook = without_settings(read_raw(middle, CATALOG))
        assert [str(finding) for one in from_workbook for finding in one.problems()] == []
        assert contents(from_workbook) == contents(raw)
        write_raw(from_workbook, last, CATALOG, HORIZON)
        assert contents(read_raw(last, CATALOG)) == contents(raw)


def test_a_case_means_the_same_in_both(tmp_path: Path) -> None:
    raw = list(good_case().values())
    original = parse(raw, CATALOG, horizon)
    for path in (tmp_path / "case.xlsx", tmp_path / "case"):
        write_raw(raw, path, CATALOG, HORIZON)
        parsed = parse(read_raw(path, CATALOG), CATALOG, horizon)
        assert parsed.findings == ()
        assert parsed.records == original.records
        assert content_hash(parsed.records) == content_hash(original.records)


def test_what_could_not_be_read_is_not_converted(tmp_path: Path) -> None:
    """Proves: an error cell stops a conversion. A broken rule would give: a blank in the target."""
    path = edited(good_workbook(tmp_path / "case.xlsx"), lambda book: book["sites"].__setitem__("C6", "#N/A"))
    raw = read_raw(path, CATALOG)
    for target in ("out", "out.xlsx"):
        with pytest.raises(InputError, match="shows the error #N/A"):
            write_raw(raw, tmp_path / target, CATALOG, HORIZON)
        assert not (tmp_path / target).exists()


UNWRITABLE = [
    (table("zebra", ("x",), (1,)), "there is no table 'zebra'"),
    (table("sites", ("site", "Site"), ("a", "b")), "the column name is 'Site'"),
    (table("sites", ("site", None), ("a", "b")), "the column name is ''"),
    (table("sites", ("site",), (float("inf"),)), "the value is inf"),
    (table("sites", ("site",), (date(1850, 1, 1),)), "the date is 1850-01-01"),
    (table("sites", ("site",), ("x" * 32_768,)), "the text has 32,768 characters"),
]


@pytest.mark.parametrize(("raw", "found"), UNWRITABLE)
def test_what_a_workbook_cannot_hold_is_refused(tmp_path: Path, raw: RawTable, found: str) -> None:
    with pytest.raises(InputError) as raised:
        write_raw([raw], tmp_path / "case.xlsx", CATALOG, HORIZON)
    assert found in raised.value.findings[0].found
    assert not (tmp_path / "case.xlsx").exists()


def test_a_table_given_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="given twice"):
        write_raw([table("sites", ("site",)), table("sites", ("site",))], tmp_path / "case.xlsx", CATALOG, HORIZON)


def test_findings_of_cells_and_tables_are_problems() -> None:
    finding = Finding("sites!A2", "found", "expected", "cure")
    raw = RawTable("sites", (Cell("site", "sites!A1"),), ((Cell(None, "sites!A2", finding),),), "sites", (finding,))
    assert list(raw.problems()) == [finding, finding]
    assert not raw.rows[0][0].blank
