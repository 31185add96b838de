"""The sheet of distributions: how likely which cost and which shortfall is, live over the sheet of scenarios."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from optimizer.plan.distribution import Bin, bins
from optimizer.plan.tree import TreePlan
from optimizer.report.workbook.down import Between, absolute_address
from optimizer.report.workbook.live import Cell
from optimizer.report.workbook.sheet import Sheet
from optimizer.report.workbook.style import Align, Format, Style, Tone
from optimizer.report.workbook.tree_scenarios import Column, ScenarioView

LEFT = Style(side=Align.LEFT)
NAME, LOW, HIGH, INSIDE, BEYOND = range(2, 7)
MILLION = 1e6


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


def write_spread(sheet: Sheet, tree: TreePlan, scenarios: ScenarioView) -> tuple[Spread, ...]:
    """Costs, and shortfall where there is any in some scenario."""
    sheet.widths((3, 34, 22, 22, 16, 26))
    currency = tree.case.settings.currency
    largest = max(abs(cell.amount(0)) for cell in scenarios.costs)
    unit, divisor = (f"{currency} million", MILLION) if largest >= MILLION else (currency, 1.0)
    digits = 1 if largest < 1000.0 * divisor else 0
    sheet.next = 4

    def money(part: Bin) -> str:
        return f"{part.low / divisor:,.{digits}f}"

    costs = _block(sheet, f"Present value, {unit}", scenarios.costs, scenarios.shares, money, Format.CENTS)
    if not any(cell.amount(0) for cell in scenarios.unserved):
        return (costs,)
    title = "Share of demand not served"
    shares = _block(sheet, title, scenarios.unserved, scenarios.shares, lambda part: f"{part.low:.2%}", Format.GAP)
    return costs, shares


def _block(
    sheet: Sheet, title: str, values: Column, shares: Column, name: Callable[[Bin], str], shape: Format
) -> Spread:
    """A line a bin: its edges, and both probabilities."""
    for column, head in enumerate((title, "From", "Below", "Probability", "Probability of more than from"), NAME):
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
