"""Reading workbooks that people have edited: nothing is dropped in silence, nothing is guessed."""

from collections.abc import Callable
from datetime import datetime, time
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.table import Table

from optimizer.errors import Level
from optimizer.tables.containers import read_raw
from optimizer.tables.identity import content_hash
from optimizer.tables.parse import Parsed, parse
from optimizer.tables.raw import RawTable
from tests.tables.toy import CATALOG, Site, good_case, horizon
from tests.tables.workbooks import edited, good_workbook, part, rezipped, sheet_part


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    return good_workbook(tmp_path / "case.xlsx")


def read(path: Path) -> Parsed:
    return parse(read_raw(path, CATALOG), CATALOG, horizon)


def raw(path: Path, name: str) -> RawTable:
    return next(table for table in read_raw(path, CATALOG) if table.name == name)


GOOD = parse(list(good_case().values()), CATALOG, horizon)


def test_the_workbook_holds_the_case(workbook: Path) -> None:
    parsed = read(workbook)
    assert parsed.findings == ()
    assert parsed.records == GOOD.records
    assert parsed.place(parsed.records[1], "pue") == "sites!C6"
    assert parsed.place(parsed.records[3], "2027Q2") == "site_power!C6"


def test_a_sheet_may_be_renamed_and_moved(workbook: Path) -> None:
    """Proves: tables are found by their Excel name. A broken rule would give: an unknown sheet."""

    def edit(book: Workbook) -> None:
        book["sites"].title = "Our sites"
        book.move_sheet("Our sites", -2)

    parsed = read(edited(workbook, edit))
    assert parsed.findings == ()
    assert content_hash(parsed.records) == content_hash(GOOD.records)
    dublin = next(record for record in parsed.records if isinstance(record, Site))
    assert parsed.place(dublin, "pue") == "'Our sites'!C6"


def test_a_sheet_without_excel_tables_is_found_by_its_name(tmp_path: Path) -> None:
    """Proves: a workbook made by another program is read; the header row is where the column names stand."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, table in good_case().items():
        sheet = book.create_sheet(name.upper())
        sheet.append(["A title"])
        sheet.append(["name", "text"])  # a row of units
        sheet.append([None, *table.header])
        for row in table.rows:
            sheet.append([None, *(cell.value for cell in row)])
    book.save(tmp_path / "case.xlsx")
    parsed = read(tmp_path / "case.xlsx")
    assert parsed.findings == ()
    assert parsed.records == GOOD.records
    assert parsed.place(parsed.records[1], "pue") == "SITES!D4"


def test_rows_typed_below_the_table_belong_to_it(workbook: Path) -> None:
    """Proves: LibreOffice does not grow a table while one types; the rows are read all the same."""

    def edit(book: Workbook) -> None:
        sheet = book["sites"]
        sheet["A8"], sheet["C8"] = "Oslo", 1.1
        sheet["A9"] = "Madrid"

    parsed = read(edited(workbook, edit))
    assert parsed.findings == ()
    assert [record for record in parsed.records if isinstance(record, Site)][2:] == [
        Site("Oslo", "", 1.1),
        Site("Madrid"),
    ]


def test_a_column_typed_beside_the_table_belongs_to_it(workbook: Path) -> None:
    def edit(book: Workbook) -> None:
        sheet = book["site_power"]
        sheet["F5"], sheet["F6"], sheet["F7"] = "2027Q4", 40, 50

    parsed = read(edited(workbook, edit))
    assert parsed.findings == ()
    assert parsed.records[3].term_in(parsed.records[0].first_quarter + 3).value == 40.0  # type: ignore[attr-defined]


def test_blank_rows_inside_the_table_are_passed_over(workbook: Path) -> None:
    def edit(book: Workbook) -> None:
        sheet = book["sites"]
        sheet.insert_rows(7)
        sheet.tables["tbl_sites"].ref = "A5:F8"

    parsed = read(edited(workbook, edit))
    assert parsed.findings == ()
    assert content_hash(parsed.records) == content_hash(GOOD.records)


Edit = Callable[[Workbook], object]


def _put(sheet: str, cell: str, value: object) -> Edit:
    return lambda book: book[sheet].__setitem__(cell, value)


def _totals(book: Workbook) -> None:
    sheet = book["sites"]
    sheet["A8"] = "Total"
    sheet.tables["tbl_sites"].ref = "A5:F8"
    sheet.tables["tbl_sites"].totalsRowCount = 1


def _copied(book: Workbook) -> None:
    book.copy_worksheet(book["sites"]).title = "sites (2)"


def _no_header(book: Workbook) -> None:
    sheet = book["limits"]
    del sheet.tables["tbl_limits"]
    for column in range(1, 8):
        sheet.cell(5, column).value = None
    sheet["A9"] = "left over"


BAD_SHEETS: list[tuple[str, Edit, str, str, str]] = [
    ("stray row", _put("sites", "A12", "Oslo"), "sites!A12", "data stand apart", "move them up"),
    ("stray column", _put("sites", "I7", 3), "sites!I7", "data stand apart", "move them up"),
    ("formula", _put("sites", "C6", "=1+0.25"), "sites!C6", "the formula has no calculated value", "open the workbook"),
    ("formula in a note", _put("sites", "F6", "=A6"), "sites!F6", "the formula has no calculated value", "open the"),
    ("formula header", _put("sites", "B5", "=1"), "sites!B5", "the formula has no calculated value", "open the"),
    ("error", _put("sites", "C6", "#REF!"), "sites!C6", "the cell shows the error #REF!", "mend the formula"),
    ("not available", _put("sites", "E6", "#N/A"), "sites!E6", "the cell shows the error #N/A", "mend the formula"),
    ("time", _put("sites", "C6", time(13, 30)), "sites!C6", "a time of day or a duration (13:30:00)", "set the format"),
    ("text number", _put("sites", "C6", "1,25"), "sites!C6", "pue is the text '1,25'", "without thousands separators"),
    ("a date", _put("sites", "C6", datetime(2027, 1, 1)), "sites!C6", "pue is the date 2027-01-01", "set the format"),
    ("unknown sheet", lambda book: book.create_sheet("Stes").append(["x"]), "Stes", "no table 'Stes'", "mean 'sites'?"),
    (
        "private sheet",
        lambda book: book.create_sheet("My notes").append(["x"]),
        "'My notes'",
        "no table",
        "delete it, or",
    ),
    ("copied sheet", _copied, "'sites (2)'", "there is no table 'sites (2)'", "did you mean 'sites'?"),
    ("no header", _no_header, "limits", "the sheet has no header row", "add it"),
    ("merged", lambda book: book["sites"].merge_cells("B6:B7"), "sites!B6:B7", "the cells B6:B7 are merged", "unmerge"),
]


@pytest.mark.parametrize(
    ("edit", "place", "found", "cure"), [case[1:] for case in BAD_SHEETS], ids=[c[0] for c in BAD_SHEETS]
)
def test_a_bad_sheet_is_one_finding(workbook: Path, edit: Edit, place: str, found: str, cure: str) -> None:
    errors = [finding for finding in read(edited(workbook, edit)).findings if finding.level is Level.ERROR]
    assert len(errors) == 1, [str(finding) for finding in errors]
    assert errors[0].place == place
    assert found in errors[0].found
    assert cure in errors[0].cure


def _hide_rows(book: Workbook) -> None:
    for row in (6, 7):
        book["sites"].row_dimensions[row].hidden = True


def _hide_column(book: Workbook) -> None:
    book["sites"].column_dimensions["C"].hidden = True


def _hide_sheet(book: Workbook) -> None:
    book["sites"].sheet_state = "hidden"


@pytest.mark.parametrize(
    ("edit", "found"),
    [
        (_hide_rows, "rows 6–7 are hidden or filtered out, and read all the same"),
        (_hide_column, "column C is hidden, and read all the same"),
        (_hide_sheet, "the sheet is hidden, and read all the same"),
    ],
)
def test_what_is_hidden_is_read_with_a_warning(workbook: Path, edit: Edit, found: str) -> None:
    parsed = read(edited(workbook, edit))
    assert [(finding.level, finding.place, finding.found) for finding in parsed.findings] == [
        (Level.WARNING, "sites", found)
    ]
    assert parsed.records == GOOD.records


def test_a_totals_row_is_no_row(workbook: Path) -> None:
    parsed = read(edited(workbook, _totals))
    assert parsed.findings == ()
    assert parsed.records == GOOD.records


@pytest.mark.parametrize("name", ["README", "Checks", "lists", "ChangeLog"])
def test_documentation_sheets_are_passed_over(workbook: Path, name: str) -> None:
    def edit(book: Workbook) -> None:
        for title in ("ReadMe", "Checks"):
            del book[title]
        book.create_sheet(name).append(["remarks", "of", "a person"])

    assert read(edited(workbook, edit)).findings == ()


def test_a_blank_sheet_is_passed_over(workbook: Path) -> None:
    assert read(edited(workbook, lambda book: book.create_sheet("Sheet1"))).findings == ()


def test_two_tables_of_one_name(workbook: Path) -> None:
    def edit(book: Workbook) -> None:
        book["sites"].title = "Our sites"
        sheet = book.create_sheet("Sites")
        for row in (["site", "pue"], ["Oslo", 1.1]):
            sheet.append(row)

    errors = [finding.found for finding in read(edited(workbook, edit)).findings]
    assert errors == ["the table 'sites' is given twice (also at 'Our sites'!A5)"]


def test_a_foreign_excel_table_on_a_sheet_is_not_dropped(workbook: Path) -> None:
    def edit(book: Workbook) -> None:
        sheet = book["sites"]
        sheet["J5"], sheet["J6"] = "other", 1
        sheet.add_table(Table(displayName="Table7", ref="J5:J6"))

    (finding,) = read(edited(workbook, edit)).findings
    assert finding.found == "data stand apart from the table, at sites!J5, sites!J6"


def test_a_formula_with_an_empty_text_is_a_blank(workbook: Path) -> None:
    """Proves: `=""`, whose result a spreadsheet program has saved, is a blank, not a formula without a value."""
    name = sheet_part(workbook, "sites")
    changed = part(workbook, name).replace(
        b"</sheetData>",
        b'<row r="8"><c r="A8" t="inlineStr"><is><t>Oslo</t></is></c>'
        b'<c r="B8" t="str"><f>""</f><v></v></c><c r="C8"><f>1+0.5</f><v>1.5</v></c></row></sheetData>',
    )
    parsed = read(rezipped(workbook, {name: changed}))
    assert parsed.findings == ()
    assert Site("Oslo", "", 1.5) in parsed.records


def test_escapes_of_the_file_format_are_undone(workbook: Path) -> None:
    """Excel writes a carriage return as `_x000D_`; openpyxl leaves it so."""
    path = edited(workbook, _put("sites", "F6", "two_x000D_\nlines _x005F_x0041_"))
    assert raw(path, "sites").rows[0][5].value == "two\r\nlines _x0041_"
