"""Axes: round ticks for values, quarters that thin out before they touch."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from optimizer.report.page.svg import Mark, Stroke, Text
from optimizer.report.page.text import Scale
from optimizer.tables.quarter import Quarter

STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
AXIS_HEIGHT = 34.0


@dataclass(frozen=True)
class Values:
    """A vertical axis from `low` to `high` over `height` pixels below `top`."""

    low: float
    high: float
    step: float
    top: float
    height: float

    @classmethod
    def over(cls, low: float, high: float, top: float, height: float, parts: int = 4) -> "Values":
        """An axis that holds `low`, 0 and `high`, with round ticks; it ends on a tick above, and below at `low`."""
        low, high = min(low, 0.0), max(high, 0.0)
        if high <= low:
            return cls(0.0, 1.0, 1.0, top, height)
        rough = (high - low) / parts
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(power * factor for factor in STEPS if power * factor >= rough * (1 - 1e-9))
        return cls(low, math.ceil(high / step - 1e-9) * step, step, top, height)

    def y(self, value: float) -> float:
        """Pixels from the top of the drawing."""
        return self.top + (self.high - value) / (self.high - self.low) * self.height

    def marks(self, currency: str = "") -> Iterator[Mark]:
        """Grid lines and their labels, which stand left of the drawing; of money, if there is a currency."""
        scale = Scale.of(max(abs(self.low), abs(self.high)) if max(abs(self.low), self.high) >= 1e4 else 1.0)
        for number in range(math.ceil(self.low / self.step - 1e-9), round(self.high / self.step) + 1):
            value = number * self.step
            y = self.y(value)
            yield Stroke(0.0, y, 1.0, y, "grid" if number else "zero")
            yield Text(0.0, y + 3.5, scale.tick(value, self.step, currency) if number else "0", "tick", dx=-6.0)


def quarter_axis(quarters: Sequence[Quarter], y: float) -> Iterator[Mark]:
    """Labels of quarters below `y`: the quarter in each column, the year under its columns.

    Every label is drawn once in each form (class `q`, `year`, `yy`); the style sheet hides what does not fit.
    """
    count = len(quarters)
    for column, quarter in enumerate(quarters):
        yield Text((column + 0.5) / count, y + 13.0, f"Q{quarter.number}", "q")
        if column and quarter.number == 1:
            yield Stroke(column / count, y, column / count, y + 28.0, "grid stub")
    years = sorted({quarter.year for quarter in quarters})
    for position, year in enumerate(years):
        columns = [column for column, quarter in enumerate(quarters) if quarter.year == year]
        middle = (columns[0] + columns[-1] + 1) / 2 / count
        if len(columns) == 1 and count > 5:
            continue
        thin = (" odd" if position % 2 else "") + (" part" if len(columns) < 3 else "")
        yield Text(middle, y + 27.0, str(year), "year" + thin)
        yield Text(middle, y + 27.0, f"’{year % 100:02d}", "yy" + thin)


def year_axis(years: Sequence[int], y: float) -> Iterator[Mark]:
    """Labels of fiscal years below `y`."""
    for column, year in enumerate(years):
        middle = (column + 0.5) / len(years)
        yield Text(middle, y + 16.0, f"FY {year}", "year")
        yield Text(middle, y + 16.0, f"’{year % 100:02d}", "yy" + (" odd" if column % 2 else ""))


def quarter_lines(quarters: Sequence[Quarter], height: float) -> Iterator[Mark]:
    """Faint lines where a year begins, from the top to `height`."""
    for column, quarter in enumerate(quarters):
        if column and quarter.number == 1:
            yield Stroke(column / len(quarters), 0.0, column / len(quarters), height, "grid")
