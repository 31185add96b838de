"""The plan workbook keeps the rules of financial models, checked by machine on a plan that has everything.

P1 one row, one formula · P2 the same columns on every sheet with a time axis · P3 no number inside a formula but 0, 1,
4, 1000 and 1000000 · P4 the colour of a number says what it is · P6 checks · P7 nothing hidden, merged, volatile,
external or newer than Excel 2010 · P8 the run on every page · P9 print set-up.
"""

import zipfile
from pathlib import Path

import openpyxl
import pytest
from openpyxl.cell import Cell
from openpyxl.formula import Tokenizer
from openpyxl.formula.tokenizer import Token
from openpyxl.formula.translate import Translator
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook

from optimizer.plan.plan import Plan
from optimizer.report.workbook.contents import SHEETS
from optimizer.report.workbook.live import ALLOWED_NUMBERS, FIRST_PERIOD
from optimizer.report.workbook.sheet import DATE_ROW, FIRST_ROW, HEADER_ROW
from optimizer.report.workbook.style import Tone
from tests.builders import solved
from tests.report.workbooks import cells, everything, written

A4 = 9
EXCEL_2010 = {
    "SUM", "SUMIF", "SUMPRODUCT", "IF", "IFERROR", "ISERROR", "MAX", "MIN", "ABS", "AVERAGE", "COUNT", "COLUMNS",
    "EDATE", "YEAR", "INT", "ROUND",
}  # fmt: skip


@pytest.fixture(scope="module")
def plan() -> Plan:
    return solved(everything())


@pytest.fixture(scope="module")
def path(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(plan, tmp_path_factory.mktemp("workbook") / "plan.xlsx")


@pytest.fixture(scope="module")
def workbook(path: Path) -> Workbook:
    return openpyxl.load_workbook(path)


@pytest.fixture(scope="module")
def formulas(workbook: Workbook) -> list[Cell]:
    return [cell for cell in cells(workbook) if cell.data_type == "f"]


def place(cell: Cell) -> str:
    return f"{cell.parent.title}!{cell.coordinate}"


def timed() -> list[str]:
    return [spec.name for spec in SHEETS if spec.to_the_end is not None]


def test_the_plan_has_everything(workbook: Workbook, formulas: list[Cell]) -> None:
    """Proves: the rules below are tested on every sheet there is and on thousands of formulas."""
    assert workbook.sheetnames == [spec.name for spec in SHEETS]
    assert len(formulas) > 3000


def test_one_row_has_one_formula(workbook: Workbook) -> None:
    """Proves P1: every formula along the time axis is the first one of its row, copied."""
    rows = 0
    for name in timed():
        sheet = workbook[name]
        first = get_column_letter(FIRST_PERIOD)
        for row in range(FIRST_ROW, sheet.max_row + 1):
            origin = sheet[f"{first}{row}"]
            found = [sheet.cell(row, column) for column in range(FIRST_PERIOD, sheet.max_column + 1)]
            if not any(cell.data_type == "f" for cell in found):
                continue
            rows += 1
            copier = Translator(origin.value, origin.coordinate)
            for cell in found:
                assert cell.value == copier.translate_formula(cell.coordinate), place(cell)
    assert rows > 200


@pytest.mark.parametrize("name", timed())
def test_sheets_with_a_time_axis_have_the_same_columns(name: str, workbook: Workbook) -> None:
    """Proves P2: quarters begin in H with their first day below, in order, frozen at H6."""
    sheet = workbook[name]
    assert sheet.freeze_panes == "H6"
    quarters = [sheet.cell(HEADER_ROW, column).value for column in range(FIRST_PERIOD, sheet.max_column + 1)]
    starts = [sheet.cell(DATE_ROW, column).value for column in range(FIRST_PERIOD, sheet.max_column + 1)]
    assert quarters[0] == "2027Q1"
    assert starts == sorted(starts)
    assert [f"{start.year}Q{(start.month + 2) // 3}" for start in starts] == [text.rstrip("*") for text in quarters]
    for row in range(FIRST_ROW, sheet.max_row + 1):
        if isinstance(sheet.cell(row, FIRST_PERIOD).value, int | float | str):
            assert sheet.cell(row, 2).value, f"{name} row {row} has no label"
            assert sheet.cell(row, 4).value, f"{name} row {row} has no unit"


def test_no_number_stands_inside_a_formula(formulas: list[Cell]) -> None:
    """Proves P3."""
    for cell in formulas:
        for token in Tokenizer(cell.value).items:
            if token.type == Token.OPERAND and token.subtype == Token.NUMBER:
                assert float(token.value) in ALLOWED_NUMBERS, f"{place(cell)} {cell.value}"


def test_colours_say_what_a_number_is(workbook: Workbook) -> None:
    """Proves P4: constants are blue, formulas black, formulas that read another sheet green."""
    for cell in cells(workbook):
        colour = cell.font.color.rgb[-6:] if cell.font.color is not None else ""
        if colour == Tone.HEADER.value:
            assert cell.row in (HEADER_ROW, DATE_ROW) or cell.parent.title == "Inputs", place(cell)
        elif cell.data_type == "f":
            wanted = Tone.LINK if "!" in cell.value else Tone.FORMULA
            assert colour == wanted.value, f"{place(cell)} {cell.value}"
        elif isinstance(cell.value, int | float):
            assert colour == Tone.CONSTANT.value, place(cell)


def test_functions_are_those_of_excel_2010(formulas: list[Cell]) -> None:
    """Proves P7: nothing volatile, nothing newer, no array formula, no link to another file."""
    used = set()
    for cell in formulas:
        assert isinstance(cell.value, str), f"{place(cell)} is an array formula"
        assert "[" not in cell.value, place(cell)
        for token in Tokenizer(cell.value).items:
            if token.type == Token.FUNC and token.subtype == Token.OPEN:
                used.add(token.value.rstrip("(").upper())
    assert used <= EXCEL_2010


def test_nothing_is_hidden_or_merged(workbook: Workbook, path: Path) -> None:
    """Proves P7: sheets, rows and columns all show; only the cards of the dashboard are merged; no macro, no link."""
    for sheet in workbook.worksheets:
        assert sheet.sheet_state == "visible"
        assert not any(dimension.hidden for dimension in sheet.row_dimensions.values())
        assert not any(dimension.hidden for dimension in sheet.column_dimensions.values())
        assert bool(sheet.merged_cells.ranges) == (sheet.title == "Dashboard")
    with zipfile.ZipFile(path) as package:
        assert not [name for name in package.namelist() if "vba" in name or "externalLink" in name]


def test_the_run_stands_on_every_page(workbook: Workbook, plan: Plan) -> None:
    """Proves P8, P9: A4 landscape, fitted to pages, header and labels repeated, footer with sheet, run and page."""
    run = workbook.custom_doc_props["run"].value
    assert run.startswith(plan.result.case_hash[:8])
    assert workbook.custom_doc_props["case_hash"].value == plan.result.case_hash
    for sheet in workbook.worksheets:
        assert int(sheet.page_setup.paperSize) == A4
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.oddFooter.center.text == f"Run {run}"
        if sheet.title in timed():
            assert sheet.print_title_cols == "$A:$G"
            assert sheet.print_title_rows == "$4:$5"


def test_an_error_in_a_check_is_a_fail(workbook: Workbook) -> None:
    """Proves P6: every check has its measure, its tolerance and a pass that turns an error into 0."""
    sheet = workbook["Checks"]
    rows = [row for row in range(FIRST_ROW + 3, sheet.max_row + 1) if sheet.cell(row, 2).value]
    assert len(rows) > 15
    for row in rows:
        assert sheet.cell(row, 4).value is not None
        assert isinstance(sheet.cell(row, 5).value, int | float)
        assert sheet.cell(row, 6).value == f"=IFERROR(IF($D{row}<=$E{row},1,0),0)"
    assert sheet.cell(FIRST_ROW, 6).value.startswith("=IFERROR(MIN(F")


def test_charts_show_their_axes_and_what_they_cached(workbook: Workbook, path: Path) -> None:
    """Proves: native charts, axes not deleted (Excel hides them else), numbers cached for previews, and money is in
    a currency: no title speaks of millions alone.
    """
    assert len(workbook["Dashboard"]._charts) == 8
    with zipfile.ZipFile(path) as package:
        charts = [package.read(name).decode() for name in package.namelist() if name.startswith("xl/charts/chart")]
    assert len(charts) == 8
    assert sum(", USD million<" in chart for chart in charts) == sum("million<" in chart for chart in charts) >= 4
    for chart in charts:
        assert chart.count('delete val="0"') == 2
        assert chart.count("<numCache>") == chart.count("<ser>") > 0


def test_contents_lead_to_every_sheet(workbook: Workbook) -> None:
    """Proves: the cover links each sheet and says what it is for."""
    links = [cell.hyperlink for cell in cells(workbook) if cell.hyperlink]
    targets = {link.location for link in links}
    assert targets == {f"'{name}'!A1" for name in workbook.sheetnames if name != "Cover"}


def test_money_in_the_list_of_contracts_has_a_currency(workbook: Workbook) -> None:
    """Proves: the headers of amounts name the currency of the case."""
    names = [cell.value for cell in workbook["Contracts"][HEADER_ROW]]
    assert names[-2:] == ["value when signed, USD", "cash to the end, USD"]
