"""The ReadMe sheet: what the workbook is for, how to fill it in, what the colours mean, which sheets there are."""

from collections.abc import Sequence

from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from optimizer.tables.template import style
from optimizer.tables.template.cells import put_text
from optimizer.tables.template.checks import CHECKS
from optimizer.tables.template.layout import Layout
from optimizer.tables.template.sheet import print_setup
from optimizer.tables.words import summary

README = "ReadMe"
RULES = (
    ("Fill in", "Type into the cream cells. Type new rows right below the last one, without a blank row between."),
    ("Names", "Names tie the tables together and are case-exact. Choose them from the drop-downs."),
    ("Time", "Time runs across columns, one for each quarter, named like 2027Q1. Add columns to plan further."),
    ("Units", "The unit stands above each header. Money is in full units of currency, never in thousands."),
    ("Shares", "Type shares as percentages: 8% is stored as 0.08."),
    ("Blanks", "Point at a header to see what the column means and what a blank cell means."),
    ("Notes", "Write the source of a figure into the column 'note'; it travels with the row."),
    (
        "Check",
        f"The sheet {CHECKS} is live. Before a run, 'optimizer check FILE.xlsx' lists every finding with its cell.",
    ),
    ("Solve", "'optimizer solve FILE.xlsx' writes the plan. The program reads this workbook and never changes it."),
)
COLOURS = (
    ("1,234.5", "Blue on cream: an input; type here", style.INPUT, style.CREAM),
    ("column", "Dark header: the column is required", style.HEADER, style.NAVY),
    ("column", "Light header: the column may be blank", style.HEADER, style.SLATE),
    ("1", "Green: a check passes", style.BODY, style.GREEN),
    ("0", "Red: a check fails", style.BODY, style.RED),
)
_FIRST = 4


def add_readme_sheet(workbook: Workbook, layouts: Sequence[Layout]) -> None:
    """Append the sheet."""
    sheet = workbook.create_sheet(README)
    sheet.sheet_properties.tabColor = style.SLATE
    sheet.sheet_view.showGridLines = False
    for letter, width in (("A", 26), ("B", 100)):
        sheet.column_dimensions[letter].width = width
    for row, text, font in (
        (1, "Inputs of a procurement case", style.TITLE),
        (2, "What can be bought, where it can stand, what it must serve, and what may be spent.", style.SUBTITLE),
    ):
        put_text(sheet.cell(row, 1), text)
        sheet.cell(row, 1).font = font
    sheet.row_dimensions[1].height = 24
    row = _section(sheet, _FIRST, "How to use it", RULES)
    row = _colours(sheet, row + 1)
    row = _section(sheet, row + 1, "Sheets", [(layout.name, summary(layout.record)) for layout in layouts])
    for layout, number in zip(layouts, range(row - len(layouts), row), strict=True):
        cell = sheet.cell(number, 1)
        cell.hyperlink = f"#'{layout.name}'!A1"
        cell.font = style.LINK
    sheet.protection.sheet = True
    print_setup(sheet, 2)


def _section(sheet: Worksheet, row: int, title: str, lines: Sequence[tuple[str, str]]) -> int:
    """A heading and its lines; returns the next free row."""
    _heading(sheet, row, title)
    for word, text in lines:
        row += 1
        put_text(sheet.cell(row, 1), word)
        put_text(sheet.cell(row, 2), text)
        sheet.cell(row, 1).font, sheet.cell(row, 2).font = style.BOLD, style.BODY
        sheet.cell(row, 2).alignment = style.TOP
    return row + 1


def _colours(sheet: Worksheet, row: int) -> int:
    _heading(sheet, row, "Colours")
    for word, text, font, colour in COLOURS:
        row += 1
        put_text(sheet.cell(row, 1), word)
        put_text(sheet.cell(row, 2), text)
        cell = sheet.cell(row, 1)
        cell.font, cell.fill, cell.alignment, cell.border = font, style.fill(colour), style.CENTRED, style.BOX
        sheet.cell(row, 2).font = style.BODY
    return row + 1


def _heading(sheet: Worksheet, row: int, title: str) -> None:
    put_text(sheet.cell(row, 1), title)
    for position in (1, 2):
        sheet.cell(row, position).font, sheet.cell(row, position).fill = style.HEADER, style.fill(style.NAVY)
