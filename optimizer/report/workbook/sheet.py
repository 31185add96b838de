"""One sheet of the plan workbook: title, header, sections and lines; every sheet with a time axis has the same columns.

A section · B label · C detail · D unit · E constant · F total · G key or remainder · H… quarters; frozen at H6.
"""

import math
import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.formatting.rule import Rule
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from optimizer.report.workbook.live import EPOCH, FIRST_PERIOD, Cell, Live, Row, Value
from optimizer.report.workbook.style import Align, Fill, Format, Look, Style, Styles, Tone, highlight
from optimizer.report.workbook.sums import Area
from optimizer.tables.quarter import Quarter

SECTION, LABEL, DETAIL, UNIT, CONSTANT, TOTAL, KEY = range(1, 8)
HEADER_ROW, DATE_ROW, FIRST_ROW = 4, 5, 6
NARROW, LEAST_PERIOD, WIDEST = 3, 9, 62
CHARACTERS_A_PAGE, LEGIBLE = 330, 220
LINE_HEIGHT = 13
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
LONGEST_TEXT = 32000


class Book:
    """The workbook being written, with the value every formula shows, by sheet and address."""

    def __init__(self, run: str) -> None:
        self.workbook = Workbook()
        self.workbook.remove(self.workbook.active)
        self.styles = Styles(self.workbook)
        self.run = run
        self.shown: dict[str, dict[str, Value]] = {}

    def sheet(self, name: str, title: str, note: str, colour: str, axis: "Axis | None" = None) -> "Sheet":
        """A new sheet behind those there are."""
        return Sheet(self, self.workbook.create_sheet(name), title, note, colour, axis)


@dataclass(frozen=True)
class Axis:
    """The quarters of a time axis; those from `horizon` on lie beyond the horizon."""

    quarters: tuple[Quarter, ...]
    horizon: int

    def spread(self, amounts: "dict[Quarter, float]") -> tuple[float, ...]:
        """Amounts by quarter as numbers along the axis."""
        return tuple(amounts.get(quarter, 0.0) for quarter in self.quarters)


@dataclass(frozen=True)
class Written:
    """A line as written: its texts, its constant, its total, its cell in column G and its quarters."""

    section: str
    label: str
    detail: str
    row: Row
    constant: Cell | None = None
    total: Cell | None = None
    extra: Cell | None = None


@dataclass(frozen=True)
class Line:
    """What a line of the time axis holds. Numbers are constants; None leaves a quarter blank.

    `total` and, unless it is a text, `extra` make the formulas of columns F and G from the row of quarters.
    """

    label: str
    unit: str
    quarters: Live | Sequence[float | None] = ()
    detail: str = ""
    section: str = ""
    constant: Live | float | None = None
    total: Callable[[Row], Live] | None = None
    extra: Callable[[Row], Live] | str | None = None
    format: Format = Format.COUNT
    constant_format: Format = Format.PRICE
    total_format: Format | None = None
    fill: Fill = Fill.NONE
    look: Look = Look.PLAIN
    anchored: bool = False


def letter(column: int) -> str:
    """The letters of a column."""
    return get_column_letter(column)


def clean(text: str) -> str:
    """Text without control characters, no longer than a cell can hold."""
    return ILLEGAL_CHARACTERS_RE.sub("", text)[:LONGEST_TEXT]


def _tone(formula: str, style: Style) -> Tone:
    """The colour of a formula: green where it reads another sheet, else black; headers keep theirs."""
    if style.tone is Tone.HEADER:
        return Tone.HEADER
    return Tone.LINK if "!" in formula else Tone.FORMULA


class Sheet:
    """A sheet and the row that is written next (`next`)."""

    def __init__(self, book: Book, sheet: Worksheet, title: str, note: str, colour: str, axis: Axis | None) -> None:
        self.book, self.sheet, self._axis = book, sheet, axis
        self.name, self.title, self.note = sheet.title, title, note
        self.shown = book.shown.setdefault(sheet.title, {})
        self.next = FIRST_ROW
        self._wide: dict[int, int] = {}
        self._widths: tuple[float, ...] = ()
        sheet.sheet_view.showGridLines = False
        sheet.sheet_view.zoomScale = 85
        sheet.sheet_properties.tabColor = colour
        self.words(1, 1, title, Style(tone=Tone.TITLE, look=Look.TITLE, side=Align.LEFT))
        self.words(2, 1, note, Style(tone=Tone.QUIET, look=Look.SMALL, side=Align.LEFT))
        sheet.row_dimensions[1].height = 24
        if axis is not None:
            self._time_header(axis)

    @property
    def axis(self) -> Axis:
        """The time axis; raises TypeError on a sheet without one."""
        if self._axis is None:
            raise TypeError(f"{self.name} has no time axis")
        return self._axis

    @property
    def width(self) -> int:
        """The last column that is used."""
        if self._axis is not None:
            return FIRST_PERIOD - 1 + len(self._axis.quarters)
        return max(self._wide, default=1)

    def words(self, row: int, column: int, text: str, style: Style) -> Cell:
        """Write a text; whatever it begins with, it stays a text."""
        text = clean(text)
        cell = self.sheet.cell(row, column)
        cell.value = text or None
        if text:
            cell.data_type = "s"
        if text.startswith(FORMULA_SIGNS):
            style = replace(style, quoted=True)
        self.book.styles.apply(cell, style)
        if style.fill is not Fill.SECTION and row > DATE_ROW:
            self._fit(column, len(text))
        return Cell(self.name, row, column, text)

    def number(self, row: int, column: int, number: float | date, style: Style) -> Cell:
        """Write a constant; raises ValueError for a number that no cell can hold."""
        if isinstance(number, float) and not math.isfinite(number):
            raise ValueError(f"{self.name}!{get_column_letter(column)}{row} cannot hold {number}")
        cell = self.sheet.cell(row, column)
        cell.value = number
        self.book.styles.apply(cell, style)
        self._fit(column, 9 if isinstance(number, date) else style.format.characters(number))
        return Cell(self.name, row, column, number if isinstance(number, int | float) else str(number))

    def formula(self, row: int, column: int, live: Live, style: Style, i: int = 0) -> Cell:
        """Write a formula and remember what it shows; its colour follows from where it reads."""
        text = live.text(self.name, i)
        tone = _tone(text, style)
        if style.tone is not tone:
            style = replace(style, tone=tone)
        cell = self.sheet.cell(row, column)
        cell.value = f"={text}"
        cell.data_type = "f"
        self.book.styles.apply(cell, style)
        shown = live.value(i)
        self.shown[cell.coordinate] = shown
        self._fit(column, len(shown) if isinstance(shown, str) else style.format.characters(shown))
        return Cell(self.name, row, column, shown)

    def _fit(self, column: int, characters: int) -> None:
        if characters > self._wide.get(column, 0):
            self._wide[column] = characters

    def put(self, row: int, column: int, what: Live | float, style: Style) -> Cell:
        """Write a formula, or a number as a constant."""
        if isinstance(what, Live):
            return self.formula(row, column, what, style)
        return self.number(row, column, what, replace(style, tone=Tone.CONSTANT))

    def header(
        self, row: int, column: int, text: str, side: Align = Align.LEFT, wrap: bool = False, indent: int = 0
    ) -> Cell:
        """Write a column heading."""
        style = Style(tone=Tone.HEADER, fill=Fill.HEADER, look=Look.BOLD, side=side, wrap=wrap, indent=indent)
        return self.words(row, column, text, style)

    def wrapped(self, row: int, column: int, text: str, width: float) -> None:
        """Write a column heading on as many lines as a column of this width needs."""
        self.header(row, column, text, Align.RIGHT, wrap=True)
        lines = len(textwrap.wrap(text, int(width) - 1))
        dimension = self.sheet.row_dimensions[row]
        dimension.height = max(dimension.height or 0, LINE_HEIGHT * lines + 2)

    def section(self, title: str, last_column: int | None = None) -> None:
        """Write a section bar across the sheet, after a blank row unless it is the first."""
        if self.next > FIRST_ROW:
            self.next += 1
        bar = Style(tone=Tone.SECTION, fill=Fill.SECTION, look=Look.BOLD, side=Align.LEFT)
        last = last_column or self.width
        for column in range(2, last + 1):
            self.book.styles.apply(self.sheet.cell(self.next, column), bar)
        self.words(self.next, 1, title, bar)
        self.next += 1

    def own(self, column: int, shown: Value) -> Cell:
        """The cell of the next line in `column`, for formulas of that line; it will show `shown`."""
        return Cell(self.name, self.next, column, clean(shown) if isinstance(shown, str) else shown, own_row=True)

    def line(self, line: Line) -> Written:
        """Write a line on the next row."""
        row, look = self.next, line.look
        self.next += 1
        left = Style(look=look, side=Align.LEFT)
        self.words(row, LABEL, line.label, left)
        if line.section:
            self.words(row, SECTION, line.section, left)
        self.words(row, DETAIL, line.detail, Style(tone=Tone.QUIET, look=look, side=Align.LEFT))
        self.words(row, UNIT, line.unit, Style(tone=Tone.QUIET, look=look, side=Align.LEFT))
        constant = None
        if line.constant is not None:
            constant = self.put(row, CONSTANT, line.constant, Style(line.constant_format, look=look))
        elif look is Look.TOTAL:
            self.words(row, CONSTANT, "", left)
        written = self._quarters(row, line)
        total = None
        if line.total is not None:
            total = self.formula(row, TOTAL, line.total(written), Style(line.total_format or line.format, look=look))
        elif look is Look.TOTAL:
            self.words(row, TOTAL, "", left)
        extra = None
        if isinstance(line.extra, str) or (line.extra is None and look is Look.TOTAL):
            quiet = Style(tone=Tone.QUIET, look=look, side=Align.LEFT, indent=1)
            extra = self.words(row, KEY, line.extra or "", quiet)
        elif line.extra is not None:
            extra = self.formula(row, KEY, line.extra(written), Style(line.format, look=look))
        return Written(line.section, clean(line.label), clean(line.detail), written, constant, total, extra)

    def figure(self, line: Line, what: Live | float) -> Cell:
        """Write a line that holds one figure, in column F, and no quarters."""
        written = self.line(replace(line, quarters=(), total=None))
        style = Style(line.format, Tone.CONSTANT, line.fill, line.look)
        return self.put(written.row.row, TOTAL, what, style)

    @property
    def dates(self) -> Row:
        """The first days of the quarters in the header, as day numbers."""
        days = tuple(float((quarter.start - EPOCH).days) for quarter in self.axis.quarters)
        return Row(self.name, DATE_ROW, days, anchored=True)

    def _quarters(self, row: int, line: Line) -> Row:
        count = len(self.axis.quarters)
        live = line.quarters
        if isinstance(live, Live):
            style = Style(line.format, Tone.FORMULA, line.fill, line.look)
            style = replace(style, tone=_tone(live.text(self.name, 0), style))
            numbers = []
            for i in range(count):
                shown = self.formula(row, FIRST_PERIOD + i, live, style, i).shown
                numbers.append(shown)
            return Row(self.name, row, tuple(numbers), line.anchored)  # type: ignore[arg-type]  # quarters are numbers
        style = Style(line.format, Tone.CONSTANT, line.fill, line.look)
        for i, number in enumerate(live):
            if number is not None:
                self.number(row, FIRST_PERIOD + i, number, style)
        return Row(self.name, row, tuple(0.0 if number is None else number for number in live), line.anchored)

    def area(
        self, lines: Iterable[Written], keys: "dict[str, list[str]] | None" = None, top: int | None = None
    ) -> Area:
        """The rows of these lines as one area; a blank row where there is none. `keys` are texts by column letter."""
        rows = tuple(line.row for line in lines)
        if not rows:
            self.next += 1
            blank = self.next - 1
            return Area(self.name, top or blank, max(top or blank, blank), (), {letter: {} for letter in keys or {}})
        texts = {
            letter: {row.row: text for row, text in zip(rows, column, strict=True)}
            for letter, column in (keys or {}).items()
        }
        numbers = [row.row for row in rows]
        return Area(self.name, top or min(numbers), max(numbers), rows, texts)

    def widths(self, widths: Sequence[float]) -> None:
        """Set the width of the first columns."""
        self._widths = tuple(widths)
        for column, width in enumerate(widths, 1):
            self.sheet.column_dimensions[get_column_letter(column)].width = width

    def link(self, cell: Cell, sheet: str) -> None:
        """Make a cell jump to another sheet."""
        address = f"{get_column_letter(cell.column)}{cell.row}"
        self.sheet[address].hyperlink = Hyperlink(ref=address, location=f"'{sheet}'!A1", display=str(cell.shown))

    def shade(self, address: str, formula: str, colour: str, font: str | None = None) -> None:
        """Colour cells where a formula holds."""
        rule = Rule(type="expression", dxf=highlight(colour, font), formula=[formula])
        self.sheet.conditional_formatting.add(address, rule)

    def _time_header(self, axis: Axis) -> None:
        for column, heading in enumerate(("", "Line", "Detail", "Unit", "Constant", "Total", ""), 1):
            side = Align.RIGHT if column in (CONSTANT, TOTAL) else Align.LEFT
            self.header(HEADER_ROW, column, heading, side)
            self.header(DATE_ROW, column, "")
        small = Style(Format.DATE, Tone.HEADER, Fill.HEADER, Look.SMALL)
        for i, quarter in enumerate(axis.quarters):
            column = FIRST_PERIOD + i
            beyond = "" if i < axis.horizon else "*"
            self.header(HEADER_ROW, column, f"{quarter}{beyond}", Align.RIGHT)
            self.number(DATE_ROW, column, quarter.start, small)
        self.sheet.freeze_panes = self.sheet.cell(FIRST_ROW, FIRST_PERIOD)

    def heading(self, column: int, text: str) -> None:
        """Give a column of the time header another heading."""
        side = Align.RIGHT if column in (CONSTANT, TOTAL) else Align.LEFT
        self.header(HEADER_ROW, column, text, side, indent=int(column == KEY))

    def finish(self, repeat: str, one_page: bool, labels: str = "") -> None:
        """Set up printing: A4 landscape, one page wide for each two dozen quarters, header and labels repeated.

        A sheet without a time axis whose columns of `labels` are repeated may take more pages, and stays legible.
        """
        sheet = self.sheet
        sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
        sheet.page_setup.orientation = "landscape"
        sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
        sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, int(one_page)
        sheet.page_margins.left = sheet.page_margins.right = 0.4
        sheet.page_margins.top = sheet.page_margins.bottom = 0.6
        if self._axis is not None:
            sheet.page_setup.fitToWidth = math.ceil(self._fit_columns() / CHARACTERS_A_PAGE)
            sheet.print_title_cols = "A:G"
        elif one_page:
            sheet.print_options.horizontalCentered = True
        else:
            most = LEGIBLE if labels else CHARACTERS_A_PAGE
            sheet.page_setup.fitToWidth = math.ceil(sum(self._widths[: self.width]) / most)
        if labels:
            sheet.print_title_cols = labels
        if repeat:
            sheet.print_title_rows = repeat
        footer = sheet.oddFooter
        footer.left.text, footer.center.text, footer.right.text = "&F – &A", f"Run {self.book.run}", "Page &P of &N"
        for part in (footer.left, footer.center, footer.right):
            part.size = 8

    def _fit_columns(self) -> int:
        """Make the columns of a sheet with a time axis as wide as what they hold; returns their width in all."""
        total = 0
        for column in range(SECTION, FIRST_PERIOD):
            used = self._wide.get(column, 0)
            heading = str(self.sheet.cell(HEADER_ROW, column).value or "")
            if not used and column > LABEL:
                self.heading(column, "")
                heading = ""
            least = NARROW if column == SECTION else len(heading) + 2
            wide = min(max(used + 2, least), WIDEST)
            self.sheet.column_dimensions[get_column_letter(column)].width = wide
            total += wide
        columns = range(FIRST_PERIOD, FIRST_PERIOD + len(self.axis.quarters))
        wide = max(LEAST_PERIOD, *(self._wide.get(column, 0) + 1 for column in columns))
        for column in columns:
            self.sheet.column_dimensions[get_column_letter(column)].width = wide
        return total + wide * len(columns)
