"""The input workbook: what Excel needs, what people see, and what LibreOffice makes of it."""

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from optimizer.case.scenario import LeastCost
from optimizer.case.world import Site, Supplier
from optimizer.contracts.block import Block
from optimizer.tables.columns import Kind
from optimizer.tables.containers import read_raw
from optimizer.tables.identity import content_hash
from optimizer.tables.parse import parse
from optimizer.tables.record import columns_of
from optimizer.tables.template import write_workbook
from optimizer.tables.template.layout import SPARE_ROWS
from optimizer.tables.words import description
from tests.tables.toy import CATALOG, good_case, horizon, table
from tests.tables.workbooks import HORIZON, edited, good_workbook

FUNCTIONS_OF_EXCEL_2010 = {
    "AND", "COUNTIF", "COUNTIFS", "FIND", "IF", "IFERROR", "ISNUMBER", "ISTEXT", "LEFT", "LEN", "MID", "MIN", "OR",
    "RIGHT", "SUBSTITUTE", "SUM", "SUMPRODUCT",
}  # fmt: skip
GOOD = parse(list(good_case().values()), CATALOG, horizon)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return good_workbook(tmp_path / "case.xlsx")


@pytest.fixture
def book(path: Path) -> Workbook:
    return load_workbook(path)


def validation(sheet: Worksheet, cell: str):  # type: ignore[no-untyped-def]
    """The validation that covers the cell."""
    (rule,) = [rule for rule in sheet.data_validations.dataValidation if cell in rule.sqref]
    return rule


def test_sheets_in_order(book: Workbook) -> None:
    assert book.sheetnames == ["ReadMe", *(record.TABLE.name for record in CATALOG), "Checks"]


def test_every_table_is_an_excel_table_whose_header_is_its_cells(book: Workbook) -> None:
    """Proves: what Excel would otherwise call damaged: headers are text, unique, and equal in table and cells."""
    for record in CATALOG:
        sheet = book[record.TABLE.name]
        (excel_table,) = sheet.tables.values()
        assert excel_table.displayName == f"tbl_{record.TABLE.name}"
        header = [cell.value for cell in sheet[excel_table.ref][0]]
        assert [column.name for column in excel_table.tableColumns] == header
        assert all(isinstance(name, str) and name == name.strip() for name in header)
        assert len({name.casefold() for name in header}) == len(header)
        assert header[-1] == "note"


def test_the_head_of_a_sheet(book: Workbook) -> None:
    sheet = book["sites"]
    assert sheet["A1"].value == "Sites"
    assert sheet["A2"].value.startswith("Each row is a data-center site.")
    assert [cell.value for cell in sheet[4]] == [
        "name",
        "text",
        "facility MW per IT MW",
        "choice",
        "GPUs",
        "source, remark",
    ]
    assert sheet["C5"].comment.text == (
        "Power usage effectiveness.\nAccepts a number, at least 1 and at most 3 facility MW per IT MW.\n"
        "Unit: facility MW per IT MW.\nBlank means 1."
    )
    assert sheet.freeze_panes == "B6"
    assert book["costs"].freeze_panes == "C6"


def test_every_column_has_a_comment_and_a_unit(book: Workbook) -> None:
    for record in CATALOG:
        if not record.TABLE.vertical:
            sheet = book[record.TABLE.name]
            for name, column in columns_of(record):
                title = str(HORIZON[0]) if column.kind is Kind.SERIES else name
                (header,) = [cell for cell in sheet[5] if cell.value == title]
                assert column.help[1:] in header.comment.text
                assert sheet.cell(4, header.column).value


def test_inputs_look_like_inputs(book: Workbook) -> None:
    cell = book["blocks"]["C6"]
    assert (cell.font.color.rgb, cell.fill.fgColor.rgb, cell.number_format) == ("000000FF", "00FFFBE6", "#,##0.00####")
    assert book["blocks"]["J6"].number_format == "0.0##%"
    assert book["blocks"]["D6"].number_format == "#,##0"
    assert book["settings"]["B8"].number_format == "0.0##%", "the value cell of a setting has the format of its setting"


VALIDATIONS = [
    ("sites", "A6", "custom", "AND(SUMPRODUCT(--($A$6:$A$207=A6))=1,LEN(A6)<=80)"),
    ("sites", "C207", "decimal", "1.0"),
    ("sites", "D6", "list", '"air,liquid"'),
    ("site_power", "A6", "list", "lst_sites"),
    ("site_power", "B6", "decimal", "0.0"),
    ("blocks", "C6", "decimal", "0.0"),
    ("blocks", "D6", "whole", "0"),
    ("blocks", "E6", "list", '"yes,no"'),
    ("costs", "C6", "decimal", "-1E+300"),
    ("settings", "B7", "whole", "1"),
    ("settings", "B10", "list", '"start,end"'),
]


@pytest.mark.parametrize(("name", "cell", "kind", "formula"), VALIDATIONS)
def test_validations(book: Workbook, name: str, cell: str, kind: str, formula: str) -> None:
    rule = validation(book[name], cell)
    assert (rule.type, rule.formula1, rule.showErrorMessage) == (kind, formula, True)


def test_drop_downs_refuse_strange_names_and_cover_spare_rows(book: Workbook) -> None:
    """Proves: with blank cells in the list, Excel would take any word were `allow_blank` set."""
    assert not validation(book["site_power"], "A6").allow_blank
    assert book.defined_names["lst_sites"].attr_text == f"'sites'!$A$6:$A${7 + SPARE_ROWS}"
    assert {name for name in book.defined_names if name.startswith("lst_")} == {"lst_sites", "lst_blocks", "lst_limits"}


def test_excel_limits_on_validations(book: Workbook) -> None:
    for sheet in book.worksheets:
        for rule in sheet.data_validations.dataValidation:
            assert len(rule.error) <= 225
            assert len(rule.errorTitle) <= 32
            assert len(rule.formula1) <= 257


def test_the_workbook_is_plain(path: Path, book: Workbook) -> None:
    """Proves: no macros, links, merged cells or hidden parts; formulas on the Checks sheet only, in old functions."""
    with zipfile.ZipFile(path) as archive:
        assert not [name for name in archive.namelist() if "vba" in name.lower() or "external" in name.lower()]
    formulas = []
    for sheet in book.worksheets:
        assert not sheet.merged_cells.ranges
        assert sheet.sheet_state == "visible"
        assert sheet.protection.sheet is (sheet.title in ("ReadMe", "Checks"))
        found = [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
        assert sheet.title == "Checks" or not found
        formulas += found + [str(rule.formula1) for rule in sheet.data_validations.dataValidation]
    assert {name for formula in formulas for name in re.findall(r"([A-Z]+)\(", formula)} <= FUNCTIONS_OF_EXCEL_2010
    assert book.security.lockStructure
    assert book.security.workbookPassword is None


def test_print_set_up(book: Workbook) -> None:
    for sheet in book.worksheets:
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.page_setup.fitToHeight == 0
        assert sheet.print_title_rows


INJECTIONS = ["=cmd|' /C calc'!A0", '=HYPERLINK("https://example.com")', "+1+1", "-2", "@SUM(A1)", "\tx", "#REF!"]


@pytest.mark.parametrize("text", INJECTIONS)
def test_user_text_never_becomes_a_formula(tmp_path: Path, text: str) -> None:
    raw = [table("sites", ("site", "region", "note", text), ("Dublin", text, text, text))]
    write_workbook(CATALOG, raw, HORIZON, tmp_path / "case.xlsx")
    sheet = load_workbook(tmp_path / "case.xlsx")["sites"]
    cells = [sheet["B6"], *(cell for cell in sheet[6] if cell.column > 5), sheet.cell(5, 6)]
    for cell in cells:
        assert (cell.value, cell.data_type) == (text, "s")
        assert cell.quotePrefix is (text[0] != "#")


def test_a_blank_workbook_shows_defaults_and_one_blank_row(tmp_path: Path) -> None:
    write_workbook(CATALOG, None, HORIZON, tmp_path / "blank.xlsx")
    book = load_workbook(tmp_path / "blank.xlsx")
    assert [(row[0].value, row[1].value) for row in book["settings"]["A6:B10"]] == [
        ("first_quarter", None),
        ("quarters", None),
        ("title", "Toy"),
        ("discount_rate", 0.08),
        ("timing", "end"),
    ]
    assert book["settings"]["D8"].value == "Name of the case. Blank means Toy."
    assert book["site_power"].tables["tbl_site_power"].ref == "A5:E6"
    parsed = parse(read_raw(tmp_path / "blank.xlsx", CATALOG), CATALOG, horizon)
    assert [finding.found for finding in parsed.findings] == ["first_quarter is blank", "quarters is blank"]


def test_names_have_room_in_a_blank_sheet(tmp_path: Path) -> None:
    """Proves: a name of 14 letters that is typed into a blank workbook is not cut by the cell to its right."""
    write_workbook(CATALOG, None, HORIZON, tmp_path / "blank.xlsx")
    book = load_workbook(tmp_path / "blank.xlsx")
    for record in CATALOG:
        if not record.TABLE.vertical:
            heads = {cell.value: cell.column_letter for cell in book[record.TABLE.name][5]}
            for name, column in columns_of(record):
                if column.kind in (Kind.KEY, Kind.REFERENCE, Kind.TEXT):
                    assert book[record.TABLE.name].column_dimensions[heads[name]].width >= 16


def test_nobody_is_asked_to_type_into_a_table_to_be_left_empty(tmp_path: Path) -> None:
    """Proves: the sheet of least costs, which a solve fills, says to leave it empty and nothing to the contrary."""
    write_workbook((*CATALOG, LeastCost), None, HORIZON, tmp_path / "blank.xlsx")
    book = load_workbook(tmp_path / "blank.xlsx")
    assert book["least_costs"]["A2"].value.endswith("leave empty.")
    assert book["site_power"]["A2"].value.endswith("Type new rows right below the last one.")


def test_no_sheet_says_the_same_twice() -> None:
    """Proves: what a row is is said once where the description of the table begins with it, and after it elsewhere."""
    assert description(Block) == "Each row is a reserved-block offer."
    assert description(Site) == "Each row is a data-center site."
    assert description(Supplier) == "Somebody who sells capacity. Each row is a supplier."


def test_settings_that_are_not_given_stay_blank(book: Workbook) -> None:
    """Proves: a filled workbook says what the case says; a default that changes later still reaches it."""
    assert [(row[0].value, row[1].value) for row in book["settings"]["A8:B10"]] == [
        ("discount_rate", 0.09),
        ("title", None),
        ("timing", None),
    ]


@pytest.mark.libreoffice
def test_a_workbook_saved_by_libreoffice_loads_identically(path: Path, recalculate: Callable[[Path], Path]) -> None:
    saved = recalculate(path)
    parsed = parse(read_raw(saved, CATALOG), CATALOG, horizon)
    assert [str(finding) for finding in parsed.findings] == []
    assert parsed.records == GOOD.records
    assert content_hash(parsed.records) == content_hash(GOOD.records)
    notes = {raw.name: [row[-1].value for row in raw.rows] for raw in read_raw(saved, CATALOG)}
    assert notes["settings"][1] == "board paper"
    assert notes["sites"] == ["lease", None]


@pytest.mark.libreoffice
def test_every_check_passes_on_a_good_case(path: Path, recalculate: Callable[[Path], Path]) -> None:
    checks = load_workbook(recalculate(path), data_only=True)["Checks"]
    lines = [tuple(cell.value for cell in row) for row in checks.iter_rows(min_row=8, max_col=5)]
    assert checks["E4"].value == 1
    assert [line for line in lines if line[4] != 1] == []
    assert [line[3] for line in lines] == [0] * len(lines)
    assert {line[0]: line[2] for line in lines if line[2] is not None} == {
        "sites": 2,
        "site_power": 2,
        "blocks": 2,
        "costs": 1,
        "limits": 1,
    }


SPOILED = {
    ("sites", "rows with the same site"): ("sites", "A9", "DUBLIN"),
    ("sites", "text where a number belongs"): ("sites", "C6", "1.25"),
    ("site_power", "site: names that are not in sites"): ("site_power", "A7", "Oslo*"),
    ("site_power", "required cells that are blank"): ("site_power", "C6", None),
    ("blocks", "required cells that are blank"): ("blocks", "A6", None),
    ("blocks", "base: names that are not in blocks or sites"): ("blocks", "I6", "B?"),
    ("costs", "rows with the same block, site"): ("costs", "A7:B7", ("B1", "Dublin")),
    ("settings", "required values that are blank"): ("settings", "B6", None),
    ("settings", "text where a number belongs"): ("settings", "B8", "9%"),
}


@pytest.mark.libreoffice
def test_every_kind_of_check_fails_when_it_should(path: Path, recalculate: Callable[[Path], Path]) -> None:
    """Proves: each line counts its own mistake, and wildcards in names are names.

    A broken rule would give: `Oslo*` or `B?` matching another name, and a master check of 1.
    """

    def spoil(book: Workbook) -> None:
        for sheet, cells, value in SPOILED.values():
            if isinstance(value, tuple):
                for cell, one in zip(book[sheet][cells][0], value, strict=True):
                    cell.value = one
            else:
                book[sheet][cells] = value

    checks = load_workbook(recalculate(edited(path, spoil)), data_only=True)["Checks"]
    failed = {
        (row[0].value, row[1].value): row[3].value
        for row in checks.iter_rows(min_row=8, max_col=5)
        if row[4].value != 1
    }
    assert checks["E4"].value == 0
    assert set(SPOILED) <= set(failed)
    assert failed[("sites", "rows with the same site")] == 2
    assert failed[("sites", "text where a number belongs")] == 1
    assert failed[("settings", "text where a number belongs")] == 1


@pytest.mark.libreoffice
def test_user_text_stays_text_in_libreoffice(tmp_path: Path, recalculate: Callable[[Path], Path]) -> None:
    rows = [(f"S{number}", text) for number, text in enumerate(INJECTIONS)]
    write_workbook(CATALOG, [table("sites", ("site", "region"), *rows)], HORIZON, tmp_path / "case.xlsx")
    sheet = load_workbook(recalculate(tmp_path / "case.xlsx"))["sites"]
    for row, (_, text) in enumerate(rows, 6):
        assert (sheet.cell(row, 2).value, sheet.cell(row, 2).data_type) == (text, "s")
