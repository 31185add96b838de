"""Hostile and foreign files are refused by name, before any reader of workbooks sees them."""

import re
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from optimizer.errors import Finding, InputError
from optimizer.tables import guard
from optimizer.tables.containers import read_raw
from tests.tables.toy import CATALOG
from tests.tables.workbooks import good_workbook, part, rezipped, sheet_part

CONTENT = "[Content_Types].xml"


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    return good_workbook(tmp_path / "case.xlsx")


def refusal(path: Path) -> Finding:
    """The one finding with which the file is refused."""
    with pytest.raises(InputError) as raised:
        read_raw(path, CATALOG)
    (finding,) = raised.value.findings
    assert finding.expected
    assert finding.cure
    assert path.name in finding.place
    return finding


def test_a_sound_workbook_passes(workbook: Path) -> None:
    assert guard.checked(workbook) == workbook.read_bytes()


FOREIGN = [
    (b"", "the file is empty"),
    (b"site,pue\nDublin,1.2\n", "this is a text file, such as CSV"),
    (b"<html><table></table></html>", "this is a text file, such as CSV"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "this is an old Excel 97-2003 workbook (.xls)"),
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"),
        "the workbook is protected by a password",
    ),
    (b"\x89PNG\r\n\x1a\n\0\0\0", "this is not a workbook"),
    (b"PK\x03\x04" + b"\0" * 100, "the file cannot be opened"),
]


@pytest.mark.parametrize(("content", "found"), FOREIGN)
def test_a_file_that_is_no_workbook(tmp_path: Path, content: bytes, found: str) -> None:
    path = tmp_path / "case.xlsx"
    path.write_bytes(content)
    assert found in refusal(path).found


@pytest.mark.parametrize("name", ["~$case.xlsx", ".~lock.case.xlsx#"])
def test_a_lock_file(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\x05Somebody")
    assert "lock file" in refusal(tmp_path / name).found


@pytest.mark.parametrize("name", ["missing.xlsx", "case.txt", "sites.csv"])
def test_neither_workbook_nor_folder(tmp_path: Path, name: str) -> None:
    if not name.startswith("missing"):
        (tmp_path / name).write_text("x")
    assert "folder" in refusal(tmp_path / name).cure


def test_a_zip_file_without_a_workbook(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "case.xlsx", "w") as archive:
        archive.writestr("readme.txt", "hello")
    assert refusal(tmp_path / "case.xlsx").found == "this is a zip file without a workbook in it"


def test_a_file_that_is_too_large(workbook: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "MOST_BYTES", 1000)
    assert "MB" in refusal(workbook).found


def test_too_many_parts(workbook: Path) -> None:
    rezipped(workbook, {f"xl/media/image{number}.png": b"" for number in range(5001)})
    assert "parts" in refusal(workbook).found


def test_a_bomb_is_stopped_while_it_inflates(workbook: Path) -> None:
    """Proves: 600 MB of blanks in a small file are refused after 20 MB, in bounded memory."""
    with zipfile.ZipFile(workbook, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/bomb.bin", "w") as stream:
        for _ in range(600):
            stream.write(b" " * 1_000_000)
    assert workbook.stat().st_size < 1_000_000
    tracemalloc.start()
    finding = refusal(workbook)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert finding.found == "the part inflates more than 200-fold"
    assert peak < 50_000_000


def test_what_a_file_says_of_its_size_is_not_believed(workbook: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves: the limit counts bytes that come out, also over many parts that are small one by one."""
    monkeypatch.setattr(guard, "MOST_INFLATED", 2_000_000)
    rezipped(workbook, {f"xl/media/image{number}.bin": bytes([1, *range(256)]) * 2000 for number in range(5)})
    content = bytearray(workbook.read_bytes())
    for match in re.finditer(b"PK\x01\x02", bytes(content)):
        content[match.start() + 24 : match.start() + 28] = (10).to_bytes(4, "little")  # the stated size of each part
    workbook.write_bytes(content)
    assert refusal(workbook).found in (
        "the workbook inflates to more than 2 MB",
        "the file cannot be opened (Bad CRC-32 for file '[Content_Types].xml')",
        "the file cannot be opened (Bad CRC-32 for file 'docProps/app.xml')",
    )


def test_the_whole_inflated_size_is_limited(workbook: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "MOST_INFLATED", 2_000_000)
    rezipped(workbook, {f"xl/media/image{number}.bin": bytes([1, *range(256)]) * 2000 for number in range(5)})
    assert refusal(workbook).found == "the workbook inflates to more than 2 MB"


@pytest.mark.parametrize("name", ["../evil.xml", "/etc/passwd", "xl\\evil.xml", "C:evil.xml", "xl/../../evil.xml"])
def test_a_part_outside_the_workbook(workbook: Path, name: str) -> None:
    assert "the workbook has a part named" in refusal(rezipped(workbook, {name: b"<a/>"})).found


def test_a_part_given_twice(workbook: Path) -> None:
    assert "twice" in refusal(rezipped(workbook, {"XL/Workbook.xml": b"<a/>"})).found


def test_an_uncommon_compression(workbook: Path) -> None:
    with zipfile.ZipFile(workbook, "a", zipfile.ZIP_LZMA) as archive:
        archive.writestr("xl/media/x.bin", b"x" * 1000)
    assert refusal(workbook).found == "the workbook uses an uncommon compression"


LAUGHS = """<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;">]><a>&lol2;</a>"""
EXTERNAL = """<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>"""


@pytest.mark.parametrize("text", [LAUGHS, EXTERNAL, "<!DOCTYPE a><a/>"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    "name", ["xl/sharedStrings.xml", "docProps/core.xml", "xl/comments/x.bin", "customXml/item1.xml"]
)
def test_a_document_type_in_any_part_and_encoding(workbook: Path, text: str, encoding: str, name: str) -> None:
    finding = refusal(rezipped(workbook, {name: text.encode(encoding)}))
    assert finding.found in (
        "the part declares a document type or an entity",
        "the part is XML in an uncommon encoding",
    )
    assert name in finding.place


@pytest.mark.parametrize("encoding", ["utf-32", "cp037", "utf-7", "iso-8859-1"])
def test_an_uncommon_encoding(workbook: Path, encoding: str) -> None:
    """Proves: a DOCTYPE cannot hide in an encoding that some parser knows and the search for words does not."""
    text = f'<?xml version="1.0" encoding="{encoding}"?><a/>'.encode(encoding)
    finding = refusal(rezipped(workbook, {"xl/sharedStrings.xml": text}))
    assert "encod" in finding.found or "sound XML" in finding.found


def test_a_document_type_across_two_chunks(workbook: Path) -> None:
    start = b'<?xml version="1.0"?>'
    text = start + b" " * (guard._CHUNK - len(start) - 4) + b"<!DOCTYPE a><a/>"
    assert "document type" in refusal(rezipped(workbook, {"xl/extra.xml": text})).found


def test_parts_that_are_not_sound(workbook: Path) -> None:
    assert "not sound XML" in refusal(rezipped(workbook, {"xl/extra.xml": b"<a><b></a>"})).found


def test_comment_shapes_need_not_be_sound(workbook: Path) -> None:
    """Excel itself writes `<br>` into the shapes of comments."""
    rezipped(workbook, {"xl/drawings/vmlDrawing9.vml": b"<xml><div>a<br>b</div></xml>"})
    guard.checked(workbook)


def test_elements_nested_without_end(workbook: Path) -> None:
    assert "nested" in refusal(rezipped(workbook, {"xl/extra.xml": b"<a>" * 100_000 + b"</a>" * 100_000})).found


@pytest.mark.parametrize("name", ["xl/vbaProject.bin", "xl/activeX/activeX1.xml", "xl/macrosheets/sheet1.xml"])
def test_macros(workbook: Path, name: str) -> None:
    assert refusal(rezipped(workbook, {name: b"<a/>"})).found == "the workbook holds macros or controls"


def test_a_workbook_with_macros_by_its_content_type(workbook: Path) -> None:
    """Proves: a macro workbook that was merely renamed to .xlsx is refused."""
    types = part(workbook, CONTENT).replace(
        b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
        b"application/vnd.ms-excel.sheet.macroEnabled.main+xml",
    )
    assert refusal(rezipped(workbook, {CONTENT: types})).found == "the workbook holds macros or controls"


def test_links_to_other_files(workbook: Path) -> None:
    finding = refusal(rezipped(workbook, {"xl/externalLinks/externalLink1.xml": b"<a/>"}))
    assert (finding.found, finding.cure[:19]) == ("the workbook links to other files", "in Excel choose Dat")


def _with_sheet(path: Path, old: bytes, new: bytes) -> Path:
    name = sheet_part(path, "sites")
    content = part(path, name)
    changed = re.sub(old, new, content, count=1)
    assert changed != content
    return rezipped(path, {name: changed})


CORNERS = [
    (rb"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>', "reaches row 1,048,576"),
    (rb"</sheetData>", b'<row r="200001"/></sheetData>', "a row reaches row 200,001"),
    (rb"</sheetData>", b'<row r="99"><c r="AAA99"><v>1</v></c></row></sheetData>', "reaches row 99, column 703"),
    (rb"</sheetData>", b"<row r=\"99\"><c r='AAA99'><v>1</v></c></row></sheetData>", "reaches row 99, column 703"),
    (rb"</sheetData>", b'<row r="99"><c r="&#65;AA99"><v>1</v></c></row></sheetData>', "reaches row 99, column 703"),
    (rb"</sheetData>", b'<row r="99">' + b"<c/>" * 703 + b"</row></sheetData>", "reaches row 99, column 703"),
    (rb"</sheetData>", b'<row r="99"><c r="hello"/></row></sheetData>', "a cell is called 'hello'"),
    (rb'<dimension ref="[^"]*"', b'<dimension ref="A1:XFD1048576"', "a dimension reaches row 1,048,576"),
    (rb'<dimension ref="[^"]*"', b'<dimension ref="A1:B2"', "the sheet states a smaller range than its cells fill"),
    (rb'<dimension ref="[^"]*"', b'<dimension ref="nonsense"', "the dimension is 'nonsense'"),
    (
        rb"</sheetData>",
        b'</sheetData><mergeCells><mergeCell ref="A1:ZZ200000"/></mergeCells>',
        "merged ranges cover more than 2,000,000 cells",
    ),
    (
        rb"</sheetData>",
        b'</sheetData><mergeCells><mergeCell ref="A200000:ZZ1"/></mergeCells>',  # would count as cells that are freed
        "the merged range is 'A200000:ZZ1'",
    ),
]


@pytest.mark.parametrize(("old", "new", "found"), CORNERS)
def test_cells_and_ranges_out_of_bounds(workbook: Path, old: bytes, new: bytes, found: str) -> None:
    assert found in refusal(_with_sheet(workbook, old, new)).found


@pytest.mark.parametrize(
    ("reference", "found"),
    [
        ("A:F", "the table's range is 'A:F'"),
        ("5:8", "the table's range is '5:8'"),
        ("F9:A5", "the table's range is 'F9:A5'"),
        ("A5:XFD8", "a table's range reaches row 8, column 16,384"),
    ],
)
def test_a_table_whose_range_is_none(workbook: Path, reference: str, found: str) -> None:
    """Proves: a table without a first and a last cell is refused by name; reading it would end in a traceback."""
    with zipfile.ZipFile(workbook) as archive:
        name = next(name for name in archive.namelist() if name.startswith("xl/tables/"))
    changed = re.sub(rb' ref="[^"]*"', f' ref="{reference}"'.encode(), part(workbook, name), count=1)
    assert changed != part(workbook, name)
    finding = refusal(rezipped(workbook, {name: changed}))
    assert found in finding.found
    assert name in finding.place


def test_too_many_cells(workbook: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "MOST_CELLS", 100)
    assert refusal(workbook).found == "the workbook has more than 100 cells"


def test_a_sheet_under_any_name_is_walked(workbook: Path) -> None:
    """Proves: a sheet whose part is not called .xml is counted too; the workbook points to parts by relation."""
    far = b'<worksheet xmlns="x"><sheetData><row r="1"><c r="XFD1"/></row></sheetData></worksheet>'
    assert "column 16,384" in refusal(rezipped(workbook, {"xl/data.bin": far})).found


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("xl/workbook.xml", b"<workbook/>"),
        ("xl/workbook.xml", None),
        ("_rels/.rels", None),
        ("xl/styles.xml", b"<nonsense/>"),
        ("xl/_rels/workbook.xml.rels", b"<Relationships/>"),
    ],
)
def test_a_damaged_workbook_is_an_input_error(workbook: Path, name: str, content: bytes | None) -> None:
    """Proves: whatever the library raises reaches the user as a finding, never as a traceback."""
    with pytest.raises(InputError):
        read_raw(rezipped(workbook, {name: content}), CATALOG)


def test_a_number_that_is_none(workbook: Path) -> None:
    spoiled = _with_sheet(workbook, rb"<v>1\.25</v>", b"<v>NaN</v>")
    assert "damaged" in refusal(spoiled).found
