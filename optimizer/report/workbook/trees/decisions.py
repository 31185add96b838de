"""Sheets of what is decided: now, later with which probability in which quarter, and what becomes of options."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from optimizer.plan.outlook import Chances, Rights, now, waiting
from optimizer.plan.tree import TreePlan
from optimizer.plan.worth import Known as Answer
from optimizer.plan.worth import Least, OptionWorth
from optimizer.report.workbook.decisions import amounts_format
from optimizer.report.workbook.live import ZERO, Call, Cell, Live, highest
from optimizer.report.workbook.sheet import Sheet
from optimizer.report.workbook.style import Align, Format, Look, Style, Tone
from optimizer.report.workbook.trees.scenarios import AFTER, LEFT, ScenarioView, heads
from optimizer.tables.quarter import Quarter

Known = tuple[Cell | None, Cell | None]
"""The cells of a least cost and its bound, where they are known."""


@dataclass(frozen=True)
class OptionRow:
    """An option as written: the chance of exercise by quarter, and its value with the bracket where it is known."""

    option: str
    heads: tuple[Cell, ...]
    chances: tuple[Cell, ...]
    cost: Cell | None
    bound: Cell | None


def write_decided(sheet: Sheet, tree: TreePlan) -> None:
    """What all scenarios share."""
    sheet.widths((3, 18, 44, 14, 18, 12))
    heads(sheet, "Action", "Contract", "Quarter", "Quantity", right=3)
    sheet.header(4, 6, "Unit", Align.LEFT, indent=1)
    for one in now(tree):
        for column, text in enumerate((one.key.action.value, one.key.contract, str(one.key.quarter)), 2):
            sheet.words(sheet.next, column, text, LEFT)
        sheet.put(sheet.next, 5, one.quantity, Style(Format.COUNT))
        sheet.words(sheet.next, 6, one.unit, AFTER)
        sheet.next += 1


def write_replanned(sheet: Sheet, tree: TreePlan) -> None:
    """What came true, what moved and what calm cost, a line each."""
    sheet.widths((3, 160))
    heads(sheet, "What the replan came to")
    for line in tree.result.replanned.splitlines():
        sheet.words(sheet.next, 2, line, LEFT)
        sheet.next += 1


def write_waiting(sheet: Sheet, tree: TreePlan) -> None:
    """What may be decided later; the chance of each quarter stands in a column of its own."""
    quarters = tree.case.calendar.ahead
    sheet.widths((3, 18, 44, 14, 12, 12, 14, 14, 14, 12, *(10.0,) * len(quarters)))
    names = ("Action", "Contract", "Probability", "From", "Until", "Least", "Most", "Mean", "Unit")
    heads(sheet, *names, *map(str, quarters), right=2)
    for one in waiting(tree):
        texts = ((2, one.action.value), (3, one.contract), (5, str(one.first)), (6, str(one.last)), (10, one.unit))
        for column, text in texts:
            sheet.words(sheet.next, column, text, LEFT if column < 4 else Style())
        sheet.put(sheet.next, 4, one.probability, Style(Format.SHARE))
        for column, number in ((7, one.least), (8, one.most), (9, one.expected)):
            sheet.put(sheet.next, column, number, Style(amounts_format((number,))))
        _chances(sheet, 11, quarters, one.by_quarter)
        sheet.next += 1


def _chances(sheet: Sheet, first: int, quarters: Sequence[Quarter], by_quarter: Chances) -> tuple[Cell, ...]:
    known = dict(by_quarter)
    return tuple(
        sheet.put(sheet.next, first + number, known.get(quarter, 0.0), Style(Format.SHARE))
        for number, quarter in enumerate(quarters)
    )


def write_options(
    sheet: Sheet, tree: TreePlan, options: Sequence[Rights], scenarios: ScenarioView
) -> tuple[OptionRow, ...]:
    """Rights, premium and exercise of every option; below, where it was asked, its value and break-even premium."""
    quarters, currency = tree.case.calendar.ahead, tree.case.settings.currency
    sheet.widths((3, 44, 22, 22, 20, *(20.0,) * 5, *(10.0,) * max(0, len(quarters) - 5)))
    heads(sheet, "Option", "Blocks held, mean", f"Premium, {currency}", "Exercised", *map(str, quarters), right=1)
    top = tuple(Cell(sheet.name, 4, 6 + number, str(quarter)) for number, quarter in enumerate(quarters))
    chances = [_use(sheet, one, quarters) for one in options]
    found = tree.worth
    known: dict[str, Known] = {}
    if found is not None:
        sheet.next += 1
        _value_heads(sheet, currency)
        known = {one.option: _worth(sheet, one, scenarios) for one in found.options}
    return tuple(
        OptionRow(one.option, top, cells, *known.get(one.option, (None, None)))
        for one, cells in zip(options, chances, strict=True)
    )


def _use(sheet: Sheet, one: Rights, quarters: Sequence[Quarter]) -> tuple[Cell, ...]:
    """A line of what the plan does with an option; the chances of exercise by quarter."""
    sheet.words(sheet.next, 2, one.option, LEFT)
    sheet.put(sheet.next, 3, one.held, Style(amounts_format((one.held,))))
    sheet.put(sheet.next, 4, one.premium, Style(Format.CENTS))
    sheet.put(sheet.next, 5, one.probability, Style(Format.SHARE))
    cells = _chances(sheet, 6, quarters, one.by_quarter)
    sheet.next += 1
    return cells


def _value_heads(sheet: Sheet, currency: str) -> None:
    names = ("Least cost without it", "Proven bound of that", "Value", "Value, at least", "Value, at most")
    dollars = ("Blocks counted", "Premium counted", "Break-even a block")
    note = f"{currency}; counted: weighed by what a dollar in a scenario adds to the objective"
    sheet.words(sheet.next, 2, note, Style(tone=Tone.QUIET, look=Look.SMALL, side=Align.LEFT))
    for number, name in enumerate(("Option", *names, *dollars)):
        sheet.header(sheet.next + 1, 2 + number, name, Align.RIGHT if number else Align.LEFT)
    sheet.next += 2


def _worth(sheet: Sheet, one: OptionWorth, scenarios: ScenarioView) -> Known:
    """A line of what an option is worth, live."""
    row = sheet.next
    sheet.next += 1
    sheet.words(row, 2, one.option, LEFT)
    cost, bound = least(sheet, row, 3, one.without)
    worth = value_cells(sheet, row, 5, (cost, bound), (scenarios.objective, scenarios.bound))
    if worth is not None and one.counted_held > 0.0:
        held = sheet.put(row, 8, one.counted_held, Style(Format.DECIMAL))
        premium = sheet.put(row, 9, one.counted_premium_usd, Style(Format.CENTS))
        sheet.put(row, 10, (premium + worth) / held, Style(Format.CENTS, look=Look.BOLD))
    return cost, bound


def least(sheet: Sheet, row: int, column: int, known: Least) -> Known:
    """A least cost and its bound as constants; in words where it is not known."""
    if known.cost is None:
        sheet.words(row, column, "no limit" if known.known is Answer.NONE else "not known", Style())
    found = None if known.cost is None else sheet.put(row, column, known.cost, Style(Format.CENTS))
    proven = None if known.bound is None else sheet.put(row, column + 1, known.bound, Style(Format.CENTS))
    return found, proven


def value_cells(sheet: Sheet, row: int, column: int, dear: Known, cheap: Known) -> Cell | None:
    """What the dearer is above the cheaper, never below 0, and the bracket of their bounds; each a live formula."""
    return _bracket(sheet, row, column, dear, cheap, _above)


def difference_cells(sheet: Sheet, row: int, column: int, one: Known, other: Known) -> Cell | None:
    """What one is above the other, which may be below 0, and the bracket of their bounds; each a live formula."""
    return _bracket(sheet, row, column, one, other, lambda a, b: a - b)


def _bracket(
    sheet: Sheet, row: int, column: int, dear: Known, cheap: Known, taken: Callable[[Cell, Cell], Live]
) -> Cell | None:
    pairs = ((dear[0], cheap[0]), (dear[1], cheap[0]), (dear[0], cheap[1]))
    written: list[Cell | None] = []
    for number, (one, other) in enumerate(pairs):
        cell = None
        if one is not None and other is not None:
            style = Style(Format.CENTS, look=Look.PLAIN if number else Look.BOLD)
            cell = sheet.put(row, column + number, taken(one, other), style)
        written.append(cell)
    return written[0]


def _above(one: Cell, other: Cell) -> Live:
    return Call("MAX", (ZERO, one - other), highest)
