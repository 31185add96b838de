"""Native charts: stacked columns and lines over named points, with what they show cached for previews."""

from collections.abc import Sequence
from dataclasses import dataclass

from openpyxl.chart import BarChart, LineChart, ScatterChart
from openpyxl.chart.data_source import AxDataSource, NumData, NumDataSource, NumRef, NumVal, StrData, StrRef, StrVal
from openpyxl.chart.layout import Layout, ManualLayout
from openpyxl.chart.marker import Marker
from openpyxl.chart.series import Series, SeriesLabel
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.text import RichText, Text
from openpyxl.chart.title import Title
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.spreadsheet_drawing import AnchorMarker, TwoCellAnchor
from openpyxl.drawing.text import CharacterProperties, Paragraph, ParagraphProperties, RegularTextRun

from optimizer.plan.distribution import round_step
from optimizer.report.workbook.live import FIRST_PERIOD
from optimizer.report.workbook.sheet import HEADER_ROW, LABEL, Sheet, Written, letter
from optimizer.report.workbook.style import SERIES

GRID, INK, TITLE_INK = "E3E7EE", "475569", "1F2A44"
LINE_WIDTH, THIN = 28575, 9525
STEPS = 5
Place = tuple[int, int, int, int]
"""First and last column, first and last row that a chart covers."""


@dataclass(frozen=True)
class Plotted:
    """A series: its name, points and numbers with the addresses they are read from, and how it is drawn."""

    name: str
    name_at: str
    points: tuple[str, ...]
    points_at: str
    numbers: tuple[float, ...]
    numbers_at: str
    colour: str
    is_line: bool = False
    dashed: bool = False


def plotted(sheet: Sheet, line: Written, colour: str, is_line: bool = False, dashed: bool = False) -> Plotted:
    """A line of a sheet with a time axis as a series over its quarters."""
    first, last = letter(FIRST_PERIOD), letter(FIRST_PERIOD - 1 + len(line.row.numbers))
    row = line.row.row
    return Plotted(
        line.label,
        f"'{sheet.name}'!${letter(LABEL)}${row}",
        tuple(str(quarter) for quarter in sheet.axis.quarters),
        f"'{sheet.name}'!${first}${HEADER_ROW}:${last}${HEADER_ROW}",
        line.row.numbers,
        f"'{sheet.name}'!${first}${row}:${last}${row}",
        colour,
        is_line,
        dashed,
    )


def draw(
    sheet: Sheet, title: str, series: Sequence[Plotted], place: Place, shape: str, most: float | None = None
) -> None:
    """Place a chart over the cells of `place`; `shape` is the number format of its value axis, `most` where it ends."""
    columns = [one for one in series if not one.is_line]
    lines = [one for one in series if one.is_line]
    bars, overlay = BarChart(), LineChart()
    bars.type, bars.grouping, bars.overlap, bars.gapWidth = "col", "stacked", 100, 18
    for number, one in enumerate([*columns, *lines]):
        (overlay if one.is_line else bars).series.append(_series(one, number))
    chart = bars if columns else overlay
    if columns and lines:
        chart += overlay
    _dress(chart, title, shape)
    chart.y_axis.scaling.max = most
    if len(series) == 1:
        chart.legend = None
        chart.layout.manualLayout.h = 0.74
    _anchor(sheet, chart, place)


def _anchor(sheet: Sheet, chart: BarChart | LineChart | ScatterChart, place: Place) -> None:
    left, right, top, bottom = place
    begin, end = (AnchorMarker(col=column, row=row) for column, row in ((left - 1, top - 1), (right, bottom)))
    chart.anchor = TwoCellAnchor(editAs="oneCell", _from=begin, to=end)
    sheet.sheet.add_chart(chart)


Points = tuple[str, str, str, tuple[float, ...], tuple[float, ...]]
"""A series of points: its name, the addresses of both columns, and the numbers in them."""


def scatter(sheet: Sheet, title: str, points: Points, axes: tuple[str, str], place: Place) -> None:
    """Place a chart of points, faintly joined in their order, over the cells of `place`; `axes` names across and up."""
    name, across_at, up_at, across, up = points
    series = Series(
        idx=0,
        order=0,
        tx=SeriesLabel(v=name),
        xVal=AxDataSource(numRef=NumRef(f=across_at, numCache=_numbers(across))),
        yVal=NumDataSource(numRef=NumRef(f=up_at, numCache=_numbers(up))),
    )
    series.graphicalProperties = GraphicalProperties(ln=LineProperties(solidFill=INK, w=THIN, prstDash="sysDot"))
    dot = GraphicalProperties(solidFill=SERIES[0], ln=LineProperties(solidFill=SERIES[0]))
    series.marker = Marker(symbol="circle", size=8, spPr=dot)
    series.smooth = False
    chart = ScatterChart()
    chart.style, chart.scatterStyle = 2, "lineMarker"
    chart.series.append(series)
    _dress(chart, title, "#,##0")
    chart.x_axis.number_format = "#,##0"
    chart.x_axis.majorGridlines = None
    for axis, label in ((chart.x_axis, axes[0]), (chart.y_axis, axes[1])):
        run = RegularTextRun(rPr=_font(9), t=label)
        axis.title = Title(tx=Text(rich=RichText(p=[Paragraph(r=[run])])), overlay=False)
    for axis, values in ((chart.x_axis, across), (chart.y_axis, up)):
        step = round_step((max(values) - min(values)) / STEPS or abs(max(values)) or 1.0)
        axis.majorUnit = step
        axis.scaling.min, axis.scaling.max = step * (min(values) // step), step * (max(values) // step + 1)
    chart.legend = None
    chart.layout = Layout(manualLayout=ManualLayout(x=0.12, y=0.12, w=0.84, h=0.7, xMode="edge", yMode="edge"))
    _anchor(sheet, chart, place)


def _numbers(values: Sequence[float]) -> NumData:
    points = [NumVal(idx=i, v=repr(float(value))) for i, value in enumerate(values)]
    return NumData(formatCode="General", ptCount=len(points), pt=points)


def _series(one: Plotted, number: int) -> Series:
    name = StrRef(f=one.name_at, strCache=_texts([one.name]))
    points = StrRef(f=one.points_at, strCache=_texts(one.points))
    series = Series(
        idx=number,
        order=number,
        tx=SeriesLabel(strRef=name),
        cat=AxDataSource(strRef=points),
        val=NumDataSource(numRef=NumRef(f=one.numbers_at, numCache=_numbers(one.numbers))),
    )
    if one.is_line:
        dash = "dash" if one.dashed else "solid"
        line = LineProperties(solidFill=one.colour, w=LINE_WIDTH, prstDash=dash)
        series.graphicalProperties = GraphicalProperties(ln=line)
        series.marker = Marker(symbol="none")
        series.smooth = False
    else:
        series.graphicalProperties = GraphicalProperties(solidFill=one.colour, ln=LineProperties(noFill=True))
        series.invertIfNegative = False
    return series


def _texts(texts: Sequence[str]) -> StrData:
    return StrData(ptCount=len(texts), pt=[StrVal(idx=i, v=text) for i, text in enumerate(texts)])


def _font(size: int, colour: str = INK, bold: bool = False) -> CharacterProperties:
    return CharacterProperties(sz=size * 100, b=bold, solidFill=colour)


def _rich(size: int) -> RichText:
    font = _font(size)
    return RichText(p=[Paragraph(pPr=ParagraphProperties(defRPr=font), endParaRPr=font)])


def _dress(chart: BarChart | LineChart | ScatterChart, title: str, shape: str) -> None:
    """Title, axes, grid and legend in one quiet manner."""
    chart.style = 2
    run = RegularTextRun(rPr=_font(12, TITLE_INK, bold=True), t=title)
    paragraph = Paragraph(pPr=ParagraphProperties(defRPr=_font(12, TITLE_INK, bold=True)), r=[run])
    chart.title = Title(tx=Text(rich=RichText(p=[paragraph])), overlay=False)
    chart.x_axis.delete = chart.y_axis.delete = False
    chart.x_axis.tickLblPos = "low"
    chart.x_axis.txPr = chart.y_axis.txPr = _rich(8)
    chart.y_axis.number_format = shape
    chart.y_axis.majorGridlines.spPr = GraphicalProperties(ln=LineProperties(solidFill=GRID, w=6350))
    chart.y_axis.graphicalProperties = GraphicalProperties(ln=LineProperties(noFill=True))
    chart.x_axis.graphicalProperties = GraphicalProperties(ln=LineProperties(solidFill=INK, w=6350))
    chart.legend.position = "b"
    chart.legend.txPr = _rich(8)
    chart.graphical_properties = GraphicalProperties(solidFill="FFFFFF", ln=LineProperties(solidFill=GRID, w=9525))
    chart.layout = Layout(manualLayout=ManualLayout(x=0.07, y=0.14, w=0.9, h=0.62, xMode="edge", yMode="edge"))
