"""The Checks sheet: live formulas that find the common mistakes while somebody types."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from openpyxl.formatting.rule import Rule
from openpyxl.workbook import Workbook
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.worksheet import Worksheet

from optimizer.tables.columns import Kind
from optimizer.tables.quarter import Quarter
from optimizer.tables.template import style
from optimizer.tables.template.cells import put_text
from optimizer.tables.template.layout import HEADER_ROW, HELP_ROW, TITLE_ROW, Input, Layout, Slot
from optimizer.tables.template.sheet import print_setup
from optimizer.tables.words import NUMERIC

CHECKS = "Checks"
MASTER_NAME = "inputs_pass"
_WIDTHS = {"A": 26, "B": 58, "C": 9, "D": 12, "E": 9}
_LAST_COLUMN = len(_WIDTHS)
_FIRST = HEADER_ROW + 3


@dataclass(frozen=True)
class Check:
    """One line: what is counted, and the formulas, without equals signs, of the problems and of the rows looked at."""

    table: str
    what: str
    problems: str
    rows: str = ""


def add_checks_sheet(workbook: Workbook, layouts: Sequence[Layout], quarters: Sequence[Quarter]) -> None:
    """Append the sheet. Each line passes with 1; the master check is 1 when all lines pass, and an error is a fail."""
    sheet = workbook.create_sheet(CHECKS)
    sheet.sheet_properties.tabColor = style.SLATE
    sheet.sheet_view.showGridLines = False
    checks = [check for layout in layouts for check in checks_of(layout, layouts, quarters)]
    last = _FIRST + len(checks) - 1
    for row, text, font in (
        (TITLE_ROW, "Input checks", style.TITLE),
        (
            HELP_ROW,
            "Live while you type. The command 'optimizer check' repeats them and makes many more.",
            style.SUBTITLE,
        ),
    ):
        put_text(sheet.cell(row, 1), text)
        sheet.cell(row, 1).font = font
    sheet.row_dimensions[TITLE_ROW].height = 24
    _line(sheet, 4, ("MASTER CHECK", "1 when every line below passes"), ("", "", f"IFERROR(MIN(E{_FIRST}:E{last}),0)"))
    for position in range(1, _LAST_COLUMN + 1):
        sheet.cell(4, position).font, sheet.cell(4, position).border = style.BOLD, style.RULE
    for position, title in enumerate(("table", "check", "rows", "problems", "pass"), 1):
        cell = sheet.cell(_FIRST - 1, position)
        put_text(cell, title)
        cell.font, cell.fill, cell.alignment = style.HEADER, style.fill(style.NAVY), style.CENTRED
    for row, check in enumerate(checks, _FIRST):
        passed = f"IFERROR(IF(D{row}=0,1,0),0)"
        _line(sheet, row, (check.table, check.what), (check.rows, check.problems, passed))
    for value, colour in ((1, style.GREEN), (0, style.RED)):
        rule = Rule(type="cellIs", operator="equal", formula=[str(value)], dxf=style.highlight(colour))
        sheet.conditional_formatting.add(f"E{_FIRST}:E{last}", rule)
        sheet.conditional_formatting.add("E4", rule)
    for letter, width in _WIDTHS.items():
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = f"A{_FIRST}"
    sheet.protection.sheet = True
    print_setup(sheet, _FIRST - 1)
    workbook.defined_names[MASTER_NAME] = DefinedName(MASTER_NAME, attr_text=f"'{CHECKS}'!$E$4")


def _line(sheet: Worksheet, row: int, words: tuple[str, str], formulas: tuple[str, str, str]) -> None:
    for position, text in enumerate(words, 1):
        put_text(sheet.cell(row, position), text)
    for position, formula in enumerate(formulas, 3):
        cell = sheet.cell(row, position, f"={formula}" if formula else None)
        cell.number_format = "#,##0;-#,##0;–" if position < _LAST_COLUMN else "0"
        cell.alignment = style.CENTRED
    for position in range(1, _LAST_COLUMN + 1):
        sheet.cell(row, position).font, sheet.cell(row, position).border = style.BODY, style.BOX


def checks_of(layout: Layout, layouts: Sequence[Layout], quarters: Sequence[Quarter]) -> Iterator[Check]:
    """The lines of one table."""
    if layout.record.TABLE.vertical:
        yield from _vertical(layout)
        return
    rows = f'SUMPRODUCT(--({layout.range_of(layout.keys[0])}<>""))'
    yield Check(layout.name, "required cells that are blank", _missing(layout, quarters), rows)
    same = ", ".join(slot.title for slot in layout.keys)
    yield Check(layout.name, f"rows with the same {same}", _repeated(layout))
    ranges = {other.name: other.range_of(other.keys[0]) for other in layouts}
    for slot in layout.slots:
        if slot.column is not None and slot.column.kind is Kind.REFERENCE:
            targets = [target for target in slot.column.targets if target in ranges]
            cells = layout.range_of(slot)
            absent = "*".join(f"(COUNTIF({ranges[target]},{_exactly(cells)})=0)" for target in targets)
            what = f"{slot.title}: names that are not in {' or '.join(targets)}"
            yield Check(layout.name, what, f'SUMPRODUCT(({cells}<>"")*{absent})')
    numbers = [slot for slot in layout.slots if slot.column is not None and slot.column.kind in NUMERIC]
    if numbers:
        counts = "+".join(f"SUMPRODUCT(--ISTEXT({cells}))" for cells in _blocks(layout, numbers))
        yield Check(layout.name, "text where a number belongs", counts)


def _vertical(layout: Layout) -> Iterator[Check]:
    inputs = list(layout.inputs())
    required = [given for given in inputs if given.column.required]
    numbers = [given for given in inputs if given.column.kind in NUMERIC]
    yield Check(layout.name, "required values that are blank", _sum(layout, required, '--({}="")'))
    yield Check(layout.name, "text where a number belongs", _sum(layout, numbers, "--ISTEXT({})"))


def _sum(layout: Layout, inputs: Sequence[Input], test: str) -> str:
    cells = [f"'{layout.name}'!${given.letter}${given.first}" for given in inputs]
    return "SUM(" + ",".join(test.format(cell) for cell in cells) + ")" if cells else "0"


def _repeated(layout: Layout) -> str:
    """Rows whose name another row bears too."""
    cells = [layout.range_of(slot) for slot in layout.keys]
    pairs = ",".join(f"{one},{_exactly(one)}" for one in cells)
    return f'SUMPRODUCT(({cells[0]}<>"")*(COUNTIFS({pairs})>1))'


def _exactly(cells: str) -> str:
    """A COUNTIF criterion that matches the text of the cells itself: no wildcards, no comparison signs."""
    for mark in ("~", "*", "?"):
        cells = f'SUBSTITUTE({cells},"{mark}","~{mark}")'
    return f'"="&{cells}'


def _missing(layout: Layout, quarters: Sequence[Quarter]) -> str:
    """Blank required cells of rows that hold a name, and named cells missing in rows that hold anything else."""
    planned = {str(quarter) for quarter in quarters}
    required = [
        slot
        for slot in layout.slots
        if slot.column is not None and slot.column.needed and (slot.title in planned or not slot.is_quarter)
    ]
    key = layout.range_of(layout.keys[0])
    others = [slot for slot in required if slot is not layout.keys[0]]
    counts = [f'SUMPRODUCT(({key}<>"")*({cells}=""))' for cells in _blocks(layout, others)]
    rest = [slot for slot in layout.slots if slot is not layout.keys[0] and slot.column is not None]
    counts += [f'SUMPRODUCT(({key}="")*({cells}<>""))' for cells in _blocks(layout, rest)]
    return "+".join(counts) or "0"


def _blocks(layout: Layout, slots: Sequence[Slot]) -> Iterator[str]:
    """The slots as few rectangles: runs of neighbouring columns."""
    for _, group in groupby(enumerate(slots), key=lambda pair: pair[1].position - pair[0]):
        run = [slot for _, slot in group]
        yield layout.range_of(run[0], run[-1])
