"""The sheet of one table: title, units, header, input cells, an Excel Table, drop-downs and print set-up."""

from copy import copy
from math import ceil

from openpyxl.cell import Cell
from openpyxl.comments import Comment
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet.table import Table
from openpyxl.worksheet.worksheet import Worksheet

from optimizer.tables.columns import Column, Kind
from optimizer.tables.raw import NOTE, Value
from optimizer.tables.record import columns_of
from optimizer.tables.template import style
from optimizer.tables.template.cells import put, put_text
from optimizer.tables.template.layout import FIRST_ROW, HEADER_ROW, HELP_ROW, TITLE_ROW, UNIT_ROW, Layout, Slot
from optimizer.tables.template.validation import validations
from optimizer.tables.words import accepted, description, sentence, summary, when_blank
from optimizer.tables.xlsx import PREFIX

SHOWN_SPARE_ROWS = 10
"""Rows below the table that look like input cells; validations and checks reach further."""

_NARROWEST, _WIDEST, _WIDEST_MEANING = 9, 44, 100
_WORDS, _WORDS_WIDTH = (Kind.KEY, Kind.REFERENCE, Kind.TEXT), 16
"""Columns that names are typed into, and the room for them in a sheet that is blank."""
_NOTE_WIDTH, _WIDEST_NOTE = 40, 100
_WIDTH_OF_PAGE = 240
_FIXED = ("key", "unit", "meaning")


def add_table_sheet(workbook: Workbook, layout: Layout) -> Worksheet:
    """Append the sheet of a table."""
    sheet = workbook.create_sheet(layout.name)
    sheet.sheet_properties.tabColor = style.NAVY
    sheet.sheet_view.showGridLines = False
    _headings(sheet, layout)
    for slot in layout.slots:
        _column(sheet, layout, slot)
    sheet.add_table(Table(displayName=PREFIX + layout.name, ref=layout.ref))
    for rule in validations(layout):
        sheet.add_data_validation(rule)
    frozen = len(layout.keys) if layout.keys[-1].position == len(layout.keys) else 1
    sheet.freeze_panes = f"{get_column_letter(min(frozen, 3) + 1)}{FIRST_ROW}"
    width = sum(sheet.column_dimensions[slot.letter].width for slot in layout.slots)
    print_setup(sheet, HEADER_ROW, pages=ceil(width / _WIDTH_OF_PAGE))
    sheet.print_title_cols = f"A:{get_column_letter(min(frozen, 3))}"
    return sheet


def _headings(sheet: Worksheet, layout: Layout) -> None:
    title = sheet.cell(TITLE_ROW, 1)
    put_text(title, layout.record.TABLE.title)
    title.font = style.TITLE
    sheet.row_dimensions[TITLE_ROW].height = 24
    line = sheet.cell(HELP_ROW, 1)
    put_text(line, help_line(layout))
    line.font = style.SUBTITLE
    sheet.row_dimensions[HEADER_ROW].height = 20


def help_line(layout: Layout) -> str:
    """What the table holds and how to fill it in, in one line."""
    if layout.record.TABLE.vertical:
        return f"{summary(layout.record)} Fill in the column 'value'; a blank value takes the default."
    said = description(layout.record)
    return said if said.endswith("leave empty.") else f"{said} Type new rows right below the last one."


def _column(sheet: Worksheet, layout: Layout, slot: Slot) -> None:
    """One column: unit, header with its comment, cells, width."""
    unit = sheet.cell(UNIT_ROW, slot.position)
    put_text(unit, _unit(slot))
    unit.font, unit.alignment = style.UNIT, style.CENTRED
    header = sheet.cell(HEADER_ROW, slot.position)
    put_text(header, slot.title)
    dark = layout.record.TABLE.vertical or (slot.column is not None and slot.column.needed)
    header.font, header.alignment = style.HEADER, style.CENTRED
    header.fill = style.fill(style.NAVY if dark else style.SLATE)
    comment = column_comment(slot)
    if comment:
        header.comment = Comment(comment, "optimizer", width=320, height=30 + 18 * (1 + len(comment) // 45))
    if layout.record.TABLE.vertical:
        _settings(sheet, layout, slot)
    else:
        _cells(sheet, layout, slot)
    sheet.column_dimensions[slot.letter].width = _width(layout, slot)


def _settings(sheet: Worksheet, layout: Layout, slot: Slot) -> None:
    """The cells of a column of a vertical table; each value has the look of its own setting."""
    columns = dict(columns_of(layout.record))
    for number, row in enumerate(layout.rows, FIRST_ROW):
        cell = sheet.cell(number, slot.position)
        _dress(cell, slot, columns.get(str(row[0].value)), vertical=True)
        put(cell, row[slot.position - 1])


def _cells(sheet: Worksheet, layout: Layout, slot: Slot) -> None:
    """The cells of a column, which all look like the first one, and spare ones below."""
    pattern = sheet.cell(FIRST_ROW, slot.position)
    _dress(pattern, slot, slot.column, vertical=False)
    look = copy(pattern._style)
    for number in range(FIRST_ROW, layout.last_row + 1 + SHOWN_SPARE_ROWS):
        cell = sheet.cell(number, slot.position)
        cell._style = copy(look)  # many times faster than setting fonts and fills cell by cell
        if number <= layout.last_row:
            put(cell, layout.rows[number - FIRST_ROW][slot.position - 1])
    whole = sheet.column_dimensions[slot.letter]
    whole.font = style.REMARK if slot.title == NOTE else style.INPUT
    whole.number_format = style.number_format(slot.column)


def _dress(cell: Cell, slot: Slot, column: Column | None, vertical: bool) -> None:
    """Make the cell look like what it is: an input, a remark, or a fixed word."""
    cell.border = style.BOX
    if slot.title == NOTE:
        cell.font, cell.alignment = style.REMARK, style.LEFT
    elif vertical and slot.title in _FIXED:
        cell.font, cell.alignment = (style.BODY if slot.title == "key" else style.REMARK), style.LEFT
    else:
        cell.font, cell.fill = style.INPUT, style.fill(style.CREAM)
        cell.number_format, cell.alignment = style.number_format(column), style.alignment(column)


def _unit(slot: Slot) -> str:
    if slot.title == NOTE:
        return "source, remark"
    if slot.column is None:
        return "see unit" if slot.title == "value" else ""
    if slot.column.kind is Kind.REFERENCE:
        return f"from {' or '.join(slot.column.targets)}"
    return slot.column.unit


def column_comment(slot: Slot) -> str:
    """What the header's comment says: help, what is accepted, what a blank means."""
    if slot.title == NOTE:
        return "Where the figure comes from. The program keeps it and does not read it."
    if slot.column is None:
        return ""
    column = slot.column
    return "\n".join(
        (
            sentence(column.help),
            f"Accepts {accepted(column)}.",
            sentence(f"unit: {column.unit}"),
            sentence(when_blank(column)),
        )
    )


def _width(layout: Layout, slot: Slot) -> float:
    """Wide enough for header, unit and values, within reason."""
    longest = max((_length(row[slot.position - 1].value) for row in layout.rows), default=0)
    if slot.title == NOTE:
        return min(_WIDEST_NOTE, max(_NOTE_WIDTH, longest))
    room = 2 if slot.is_quarter else 5
    widest = _WIDEST_MEANING if layout.record.TABLE.vertical else _WIDEST
    typed = slot.column is not None and slot.column.kind in _WORDS
    narrowest = _WORDS_WIDTH if typed else _NARROWEST
    return min(widest, max(narrowest, len(slot.title) + room, len(_unit(slot)) * 0.9 + 2, longest * 1.1 + 3))


def _length(value: Value) -> int:
    """Characters that the value takes on the sheet, thousands separators and decimals included."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return len(f"{value:,.2f}")
    return 0 if value is None else len(str(value))


def print_setup(sheet: Worksheet, header_row: int, pages: int = 1) -> None:
    """A4 landscape, `pages` wide, headings repeated, file, sheet and page in the footer."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = pages, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = f"1:{header_row}"
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    sheet.oddFooter.left.text = "&F – &A"
    sheet.oddFooter.right.text = "page &P of &N"
