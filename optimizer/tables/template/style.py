"""How the input workbook looks: colours, fonts and number formats."""

from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.styles.differential import DifferentialStyle

from optimizer.tables.columns import Column, Kind

NAVY, SLATE, CREAM, GREY, LINE = "1F2A44", "64748B", "FFFBE6", "6B7280", "E7E0C4"
GREEN, RED = "BBF7D0", "FECACA"
FACE = "Calibri"

TITLE = Font(name=FACE, size=16, bold=True, color=NAVY)
SUBTITLE = Font(name=FACE, size=10, italic=True, color=GREY)
BODY = Font(name=FACE, size=11, color="000000")
BOLD = Font(name=FACE, size=11, bold=True, color="000000")
LINK = Font(name=FACE, size=11, color=NAVY, underline="single")
UNIT = Font(name=FACE, size=9, italic=True, color=GREY)
HEADER = Font(name=FACE, size=10, bold=True, color="FFFFFF")
INPUT = Font(name=FACE, size=11, color="0000FF")
REMARK = Font(name=FACE, size=10, italic=True, color=GREY)

TOP = Alignment(vertical="top", wrap_text=True)
CENTRED = Alignment(horizontal="center", vertical="center")
LEFT, RIGHT = Alignment(horizontal="left", indent=1), Alignment(horizontal="right", indent=1)

THIN = Side(style="thin", color=LINE)
BOX = Border(bottom=THIN, right=THIN)
RULE = Border(top=Side(style="thin", color=SLATE), bottom=Side(style="double", color=SLATE))

TEXT_FORMAT, DATE_FORMAT = "General", "yyyy-mm-dd"


def fill(colour: str) -> PatternFill:
    """A solid fill."""
    return PatternFill("solid", fgColor=colour)


def highlight(colour: str) -> DifferentialStyle:
    """A solid fill of a conditional format; Excel reads its background, LibreOffice its foreground colour."""
    return DifferentialStyle(fill=PatternFill("solid", fgColor=colour, bgColor=colour))


def number_format(column: Column | None) -> str:
    """The number format of an input cell: percentages, thousands, and never fewer decimals than were typed in money."""
    if column is None or column.kind not in (Kind.NUMBER, Kind.INTEGER, Kind.SERIES):
        return TEXT_FORMAT
    if column.kind is Kind.INTEGER:
        return "#,##0" if column.unit != "month" else "0"
    if column.unit == "share" or column.unit.startswith(("share ", "%")):
        return "0.0##%"
    if column.unit == "USD":
        return "#,##0.00"
    if column.unit.startswith("USD"):
        return "#,##0.00####"
    return "#,##0.0#####"


def alignment(column: Column | None) -> Alignment:
    """Numbers stand right, words stand left."""
    numeric = column is not None and column.kind in (Kind.NUMBER, Kind.INTEGER, Kind.SERIES)
    return RIGHT if numeric else LEFT
