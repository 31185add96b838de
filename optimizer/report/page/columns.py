"""Stacked columns, one a quarter or fiscal year, with a stepped line to compare them with."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from optimizer.report.page.axes import AXIS_HEIGHT, Values, quarter_axis, year_axis
from optimizer.report.page.svg import Bar, Drawing, Group, Mark, Stroke
from optimizer.tables.quarter import Quarter

GAP = 0.12
TOP = 8.0


@dataclass(frozen=True)
class Layer:
    """A series of a chart: its label, one value a column, and the style that colours it."""

    label: str
    values: tuple[float, ...]
    style: str


@dataclass(frozen=True)
class Columns:
    """What a column chart shows: columns named `names`, layers from the bottom up, and lines over them.

    `say` writes a value for people, with its unit; values of money have a currency.
    """

    name: str
    names: tuple[str, ...]
    layers: tuple[Layer, ...]
    lines: tuple[Layer, ...]
    say: Callable[[float], str]
    currency: str = ""

    def title(self, column: int) -> str:
        """What is shown when a column is pointed at: its name, the lines, the layers from the top down."""
        shown = [layer for layer in (*self.lines, *reversed(self.layers)) if layer.values[column]]
        lines = [f"{layer.label}: {self.say(layer.values[column])}" for layer in shown]
        return "\n".join([self.names[column], *(lines or ["nothing"])])


def quarter_columns(chart: Columns, quarters: Sequence[Quarter], height: float) -> Drawing:
    """The chart over quarters; `height` is that of the plot in pixels."""
    return _draw(chart, height, quarter_axis(quarters, TOP + height))


def year_columns(chart: Columns, years: Sequence[int], height: float) -> Drawing:
    """The chart over fiscal years."""
    return _draw(chart, height, year_axis(years, TOP + height))


def _draw(chart: Columns, height: float, labels: Iterator[Mark]) -> Drawing:
    count = len(chart.names)
    tops = [sum(max(layer.values[i], 0.0) for layer in chart.layers) for i in range(count)]
    bottoms = [sum(min(layer.values[i], 0.0) for layer in chart.layers) for i in range(count)]
    lines = [value for line in chart.lines for value in line.values]
    axis = Values.over(min([*bottoms, *lines]), max([*tops, *lines]), TOP, height)
    columns = [_column(chart, axis, i) for i in range(count)]
    over = [mark for line in chart.lines for mark in _steps(line, axis)]
    return Drawing(TOP + height + AXIS_HEIGHT, (*axis.marks(chart.currency), *labels, *columns, *over), chart.name)


def _column(chart: Columns, axis: Values, column: int) -> Group:
    width = 1.0 / len(chart.names)
    left, inner = (column + GAP / 2) * width, (1.0 - GAP) * width
    marks: list[Mark] = [Bar(column * width, width, axis.top, axis.height, "hit")]
    above = below = 0.0
    for layer in chart.layers:
        value = layer.values[column]
        start = above if value > 0 else below
        end = start + value
        if value:
            marks.append(Bar(left, inner, axis.y(max(start, end)), abs(axis.y(start) - axis.y(end)), layer.style))
        above, below = (end, below) if value > 0 else (above, end)
    return Group(chart.title(column), tuple(marks))


def _steps(line: Layer, axis: Values) -> Iterator[Mark]:
    """One level stroke a column, joined where it rises or falls, twice: a rim of paper, then ink."""
    width = 1.0 / len(line.values)
    for style in ("rim", line.style):
        for column, value in enumerate(line.values):
            y = axis.y(value)
            yield Stroke(column * width, y, (column + 1) * width, y, style)
            if column:
                yield Stroke(column * width, axis.y(line.values[column - 1]), column * width, y, style)
