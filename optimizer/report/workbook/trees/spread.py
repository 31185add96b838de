"""The sheet of distributions: how likely which cost and which shortfall is, live over the sheet of scenarios."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from optimizer.plan.distribution import Bin, bins
from optimizer.report.workbook.charts import Plotted, draw
from optimizer.report.workbook.down import Between, absolute_address
from optimizer.report.workbook.live import Cell
from optimizer.report.workbook.sheet import Sheet, clean, letter
from optimizer.report.workbook.style import SERIES, Align, Format, Style, Tone

LEFT = Style(side=Align.LEFT)
NAME, LOW, HIGH, INSIDE, BEYOND = range(2, 7)
MILLION = 1e6
CHART_ROWS = 17
SIDES = ((2, 3), (4, 7))
NEARLY = 0.8
Column = tuple[Cell, ...]


@dataclass(frozen=True)
class Spread:
    """A distribution as written: names of its bins, the probability of each, and that of more than its lower edge."""

    title: str
    names: Column
    inside: Column
    beyond: Column

    @property
    def named_at(self) -> str:
        """Where the names stand."""
        return absolute_address(self.names)


def write_spread(sheet: Sheet, currency: str, costs: Column, unserved: Column, shares: Column) -> tuple[Spread, ...]:
    """Costs, and shortfall where there is any in some scenario; cells of a scenario stand on one row."""
    sheet.widths((3, 34, 22, 22, 16, 26))
    largest = max(abs(cell.amount(0)) for cell in costs)
    unit, divisor = (f"{currency} million", MILLION) if largest >= MILLION else (currency, 1.0)
    digits = 1 if largest < 1000.0 * divisor else 0
    shape = Format.MONEY if divisor > 1.0 else Format.CENTS
    sheet.next = 4

    def money(part: Bin) -> str:
        return f"{part.low / divisor:,.{digits}f}"

    first = _block(sheet, f"Present value, {unit}", costs, shares, money, shape)
    if not any(cell.amount(0) for cell in unserved):
        return (first,)
    title = "Share of demand not served"
    return first, _block(sheet, title, unserved, shares, lambda part: f"{part.low:.2%}", Format.GAP)


def pictures(spread: Sequence[Spread]) -> list[tuple[str, list[Plotted]]]:
    """What to draw of distributions: a title and its series."""
    costs = spread[0]
    return [
        (f"Probability of a {_lower(costs.title)}", [_plotted(costs, costs.inside, SERIES[0])]),
        (f"Probability of more than a {_lower(costs.title)}", [_plotted(costs, costs.beyond, SERIES[0], line=True)]),
        *(
            (f"Probability of more than a {_lower(one.title)}", [_plotted(one, one.beyond, SERIES[3], line=True)])
            for one in spread[1:]
        ),
    ]


def _block(
    sheet: Sheet, title: str, values: Column, shares: Column, name: Callable[[Bin], str], shape: Format
) -> Spread:
    """A line a bin: its edges, and both probabilities."""
    for column, head in enumerate((title, "From", "Below", "Probability", "Probability of more than that"), NAME):
        sheet.header(sheet.next, column, head, Align.RIGHT if column > NAME else Align.LEFT)
    sheet.next += 1
    parts = bins([cell.amount(0) for cell in values], [cell.amount(0) for cell in shares])
    written = [_bin(sheet, part, values, shares, name(part), shape) for part in parts]
    sheet.next += 1
    names, inside, beyond = (tuple(cells) for cells in zip(*written, strict=True))
    return Spread(title, names, inside, beyond)


def _bin(sheet: Sheet, part: Bin, values: Column, shares: Column, name: str, shape: Format) -> Sequence[Cell]:
    row = sheet.next
    sheet.next += 1
    named = sheet.words(row, NAME, name, Style(tone=Tone.QUIET, side=Align.LEFT))
    low, high = (sheet.put(row, column, edge, Style(shape)) for column, edge in ((LOW, part.low), (HIGH, part.high)))
    inside = sheet.put(row, INSIDE, Between(values, shares, low, high), Style(Format.SHARE))
    beyond = sheet.put(row, BEYOND, Between(values, shares, low), Style(Format.SHARE))
    return named, inside, beyond


def side_by_side(sheet: Sheet, drawn: Sequence[tuple[str, list[Plotted]]]) -> None:
    """Two pictures side by side, row by row."""
    top = sheet.next
    for number, (title, plots) in enumerate(drawn):
        left, right = SIDES[number % 2]
        first = top + (number // 2) * (CHART_ROWS + 1)
        draw(sheet, clean(title), plots, (left, right, first, first + CHART_ROWS - 1), "0%", _whole(plots))
    sheet.next = top + -(-len(drawn) // 2) * (CHART_ROWS + 1)


def _whole(plots: Sequence[Plotted]) -> float | None:
    """The end of the axis of one probability that comes near 1, which a spreadsheet would draw up to 120 %."""
    return 1.0 if len(plots) == 1 and max(plots[0].numbers) > NEARLY else None


def _lower(title: str) -> str:
    return f"{title[0].lower()}{title[1:]}"


def _plotted(spread: Spread, cells: Sequence[Cell], colour: str, line: bool = False) -> Plotted:
    sheet, top = cells[0].sheet, cells[0].row - 1
    return Plotted(
        "Probability",
        f"'{sheet}'!${letter(cells[0].column)}${top}",
        tuple(str(cell.shown) for cell in spread.names),
        spread.named_at,
        tuple(cell.amount(0) for cell in cells),
        absolute_address(cells),
        colour,
        is_line=line,
    )
