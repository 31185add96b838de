"""CSV folders: what is written comes back, and what is foreign is reported with file, line and column."""

from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.errors import InputError, OutputError
from optimizer.tables.csv_folder import decode, encode, read_file, read_folder, write_folder
from optimizer.tables.raw import Value
from tests.tables.toy import good_case, table

VALUES: list[tuple[Value, str]] = [
    (None, ""),
    (1, "1"),
    (-5, "-5"),
    (0.1 + 0.2, "0.30000000000000004"),
    (3.0, "3.0"),
    (-0.0, "-0.0"),
    (1e300, "1e+300"),
    (5e-324, "5e-324"),
    (True, "TRUE"),
    (False, "FALSE"),
    (date(2027, 1, 1), "2027-01-01"),
    (datetime(2027, 1, 1, 13, 30), "2027-01-01T13:30:00"),
    ("plain", "plain"),
    ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
    ("+1", "'+1"),
    ("-x", "'-x"),
    ("@x", "'@x"),
    ("\tx", "'\tx"),
    ("\rx", "'\rx"),
    ("'quoted", "''quoted"),
    ("'", "''"),
    ("12", "'12"),
    ("1e5", "'1e5"),
    ("TRUE", "'TRUE"),
    ("2027-01-01", "'2027-01-01"),
    ("007", "007"),
    ("1,050", "1,050"),
    ("NA", "NA"),
    ("2027-13-01", "2027-13-01"),
]


@pytest.mark.parametrize(("value", "field"), VALUES)
def test_a_value_and_its_field(value: Value, field: str) -> None:
    assert encode(value) == field
    assert decode(field) == value
    assert type(decode(field)) is type(value)


def test_a_number_too_large_stays_text() -> None:
    """Proves: 1e999 is not read as infinity; the column that wanted a number then says so."""
    assert decode("1e999") == "1e999"
    assert decode(encode("1e999")) == "1e999"


@given(st.one_of(st.text(min_size=1), st.floats(allow_nan=False, allow_infinity=False), st.integers(), st.booleans()))
def test_every_value_survives(value: Value) -> None:
    back = decode(encode(value))
    assert type(back) is type(value)
    assert repr(back) == repr(value)


def test_places_name_file_line_and_column(tmp_path: Path) -> None:
    path = tmp_path / "sites.csv"
    path.write_bytes(b'\xef\xbb\xbfsite,region\r\n\r\nDublin,"two\nlines"\r\nOhio,\r\n')
    raw = read_file(path)
    assert raw.header == ("site", "region")
    assert [[cell.value for cell in row] for row in raw.rows] == [["Dublin", "two\nlines"], ["Ohio", None]]
    assert raw.rows[0][1].place == "sites.csv:3, column region"
    assert raw.rows[1][0].place == "sites.csv:5, column site"
    assert list(raw.problems()) == []


BAD_FILES = [
    (b"", "sites.csv", "the file is empty", "write the column names"),
    (b"\n\n", "sites.csv", "the file is empty", "write the column names"),
    (b"site;region\nDublin;EU\n", "sites.csv:1", "columns are separated by a semicolon", "save it with commas"),
    (b"site\tregion\nDublin\tEU\n", "sites.csv:1", "columns are separated by a tab", "save it with commas"),
    ("site\nKöln\n".encode("latin-1"), "sites.csv", "the file is not UTF-8 text (byte 6)", "CSV UTF-8"),
    ("site\n".encode("utf-16"), "sites.csv", "the file is not UTF-8 text (byte 0)", "CSV UTF-8"),
    (b'site,region\n"Dublin,EU\n', "sites.csv:2", "the file cannot be read", "check the quotes"),
    (b"site,region\nDublin\n", "sites.csv:2", "the row has 1 values", "add or remove commas"),
    (b"site,region\nDublin,EU,x\n", "sites.csv:2", "the row has 3 values", "add or remove commas"),
]


@pytest.mark.parametrize(("content", "place", "found", "cure"), BAD_FILES)
def test_a_bad_file(tmp_path: Path, content: bytes, place: str, found: str, cure: str) -> None:
    (tmp_path / "sites.csv").write_bytes(content)
    (finding,) = read_file(tmp_path / "sites.csv").problems()
    assert finding.place == place
    assert found in finding.found
    assert cure in finding.cure


def test_only_csv_files_are_tables(tmp_path: Path) -> None:
    write_folder(list(good_case().values()), tmp_path)
    (tmp_path / "SOURCES.md").write_text("where the figures come from")
    (tmp_path / ".~lock.sites.csv#").write_text("locked")
    (tmp_path / ".hidden.csv").write_text("x")
    (tmp_path / "sub.csv").mkdir()
    assert [raw.name for raw in read_folder(tmp_path)] == sorted(good_case())


def test_a_folder_without_tables(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"the folder holds no \.csv file"):
        read_folder(tmp_path)


def test_a_table_left_from_another_case_is_not_mixed_in(tmp_path: Path) -> None:
    (tmp_path / "blocks.csv").write_text("block\n")
    with pytest.raises(OutputError, match=r"already holds blocks\.csv"):
        write_folder([good_case()["sites"]], tmp_path)
    assert not (tmp_path / "sites.csv").exists()


def test_the_written_text(tmp_path: Path) -> None:
    """Proves: the bytes on disk, by hand: quotes doubled, commas quoted, a formula made harmless, `\\n` line ends."""
    write_folder([table("sites", ("site", "=x"), ('a"b', "c,d"), ("e", None), (" f", "-1"), (1.5, 2))], tmp_path)
    assert (tmp_path / "sites.csv").read_bytes() == b'site,\'=x\n"a""b","c,d"\ne,\n" f",\'-1\n1.5,2\n'
    assert read_folder(tmp_path)[0].header == ("site", "=x")
