"""How the plan workbook looks: palette, number formats, and one cell style for each meaning.

The colour of a number says what it is: blue is a constant, black a formula on the same sheet, green a formula that
reads another sheet. The fill says who set a constant: cream an input that is live, lilac a decision of the solver.
"""

from copy import copy
from dataclasses import dataclass
from enum import Enum

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.styles.cell_style import StyleArray
from openpyxl.styles.differential import DifferentialStyle

FACE = "Calibri"
NAVY, SLATE, GREY, TEAL, PALE = "1F2A44", "64748B", "6B7280", "0F766E", "E3F1EE"
CREAM, LILAC, MIST, CARD, LINE = "FFFBE6", "ECE9FE", "F3F6FA", "EFF3F9", "C6CEDA"
GREEN, AMBER, RED, BAR = "BBF7D0", "FDE68A", "FECACA", "2F5D8C"
SERIES = ("1F4E79", "2A9D8F", "E9A23B", "8E7CC3", "7AA6C9", "B56576", "6A994E", "C9B79C", "5E6472", "D98C5F")
ALERT = "B23A48"
"""Colour of what is missing or a limit, in charts."""


class Format(Enum):
    """Number formats; zero shows as a dash, negatives in brackets where they are money."""

    MONEY = '#,##0;(#,##0);"–"'
    CENTS = '#,##0.00;(#,##0.00);"–"'
    MILLIONS = '#,##0.0;(#,##0.0);"–"'
    COUNT = '#,##0;-#,##0;"–"'
    DECIMAL = '#,##0.00;-#,##0.00;"–"'
    PRICE = "#,##0.00####"
    FINE = '#,##0.00######;-#,##0.00######;"–"'
    WEIGHT = '#,##0.00##;-#,##0.00##;"–"'
    FACTOR = "0.0000"
    SHARE = '0.0%;-0.0%;"–"'
    CHANCE = '0.0##%;-0.0##%;"–"'
    GAP = "0.0000%"
    FLAG = '0;-0;"–"'
    PLAIN = "0"
    YEAR = '"FY"0'
    DATE = "yyyy-mm-dd"
    GENERAL = "General"

    def characters(self, number: float) -> int:
        """How many characters a number takes, about."""
        decimals = {Format.CENTS: 2, Format.DECIMAL: 2, Format.PRICE: 4, Format.WEIGHT: 4, Format.FACTOR: 4}
        if self in (Format.SHARE, Format.CHANCE, Format.GAP):
            return 7
        if self is Format.DATE:
            return 9
        return len(f"{abs(number):,.{decimals.get(self, 0)}f}") + 2


class Tone(Enum):
    """Colour of the font."""

    CONSTANT = "0000FF"
    FORMULA = "000000"
    LINK = "007A33"
    LABEL = "111827"
    QUIET = GREY
    HEADER = "FFFFFF"
    TITLE = NAVY
    SECTION = TEAL


class Fill(Enum):
    """Background."""

    NONE = ""
    INPUT = CREAM
    DECISION = LILAC
    WEIGHT = MIST
    HEADER = NAVY
    SECTION = PALE
    CARD = CARD


class Look(Enum):
    """Size and weight of the font, and lines around the cell."""

    PLAIN = "plain"
    TOTAL = "total"
    BOLD = "bold"
    SMALL = "small"
    TITLE = "title"
    HEADLINE = "headline"
    LINKED = "linked"


class Align(Enum):
    """Horizontal alignment."""

    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True)
class Style:
    """Everything that makes a cell look as it does. `quoted` marks a text that begins like a formula.

    `shape` is a number format of its own, in place of `format`.
    """

    format: Format = Format.GENERAL
    tone: Tone = Tone.LABEL
    fill: Fill = Fill.NONE
    look: Look = Look.PLAIN
    side: Align = Align.RIGHT
    wrap: bool = False
    indent: int = 0
    quoted: bool = False
    shape: str = ""


_SIZES = {Look.SMALL: 9, Look.TITLE: 16, Look.HEADLINE: 18}
_TOTAL = Border(top=Side(style="thin", color=SLATE), bottom=Side(style="double", color=LINE))


class Styles:
    """The styles of one workbook, each made once and shared by the cells that have it."""

    def __init__(self, book: Workbook) -> None:
        self._sample = book.create_sheet("styles").cell(1, 1)
        self._made: dict[Style, StyleArray] = {}

    def apply(self, cell: Cell, style: Style) -> None:
        """Give the cell a style."""
        if style not in self._made:
            self._made[style] = self._make(style)
        cell._style = self._made[style]  # openpyxl's own way to share a style; setting five parts is 3x slower

    def _make(self, style: Style) -> StyleArray:
        cell = self._sample
        cell.font = Font(
            name=FACE,
            size=_SIZES.get(style.look, 10),
            bold=style.look in (Look.TOTAL, Look.BOLD, Look.TITLE, Look.HEADLINE),
            italic=style.look is Look.SMALL and style.tone is Tone.QUIET,
            underline="single" if style.look is Look.LINKED else None,
            color=style.tone.value,
        )
        cell.fill = PatternFill("solid", fgColor=style.fill.value) if style.fill.value else PatternFill()
        cell.border = _TOTAL if style.look is Look.TOTAL else Border()
        cell.alignment = Alignment(
            horizontal=style.side.value, vertical="center", wrap_text=style.wrap, indent=style.indent
        )
        cell.number_format = style.shape or style.format.value
        cell.quotePrefix = style.quoted
        return copy(cell._style)


def highlight(colour: str, font: str | None = None) -> DifferentialStyle:
    """A solid fill of a conditional format: Excel reads its background, LibreOffice its foreground colour."""
    fill = PatternFill("solid", fgColor=colour, bgColor=colour)
    return DifferentialStyle(fill=fill, font=Font(color=font, bold=True) if font else None)
