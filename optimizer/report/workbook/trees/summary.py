"""The first sheet: what to decide now and what can wait, key figures, what uncertainty is worth, and pictures."""

from collections.abc import Sequence

from optimizer.case.settings import Objective
from optimizer.plan.outlook import advice
from optimizer.plan.tree import TreePlan
from optimizer.plan.worth import Least
from optimizer.report.workbook.charts import Plotted
from optimizer.report.workbook.down import Between, Extreme, Products
from optimizer.report.workbook.live import ZERO, Cell, Live
from optimizer.report.workbook.sheet import Sheet, letter
from optimizer.report.workbook.style import SERIES, Align, Format, Look, Style
from optimizer.report.workbook.trees.decisions import OptionRow, least, value_cells
from optimizer.report.workbook.trees.scenarios import AFTER, LEFT, QUIET, ScenarioView, verdict
from optimizer.report.workbook.trees.spread import Spread, pictures, side_by_side

LABEL, FIGURE, BOUND, VALUE = 2, 3, 4, 5
LAST = 7


def write_summary(
    sheet: Sheet, tree: TreePlan, scenarios: ScenarioView, spread: Sequence[Spread], options: Sequence[OptionRow]
) -> None:
    """Write the sheet; it links to all others."""
    sheet.widths((3, 46, 26, 26, 24, 24, 24))
    sheet.next = 4
    sheet.section("Decide", LAST)
    for phrase in advice(tree, "on the sheets DecideNow and Waits"):
        sheet.words(sheet.next, LABEL, f"{phrase[0].upper()}{phrase[1:]}", Style(side=Align.LEFT, look=Look.BOLD))
        sheet.next += 1
    _figures(sheet, tree, scenarios)
    if tree.worth is not None:
        _worth(sheet, tree, scenarios, options)
    _pictures(sheet, spread, options)


def _figures(sheet: Sheet, tree: TreePlan, scenarios: ScenarioView) -> None:
    currency, settings = tree.case.settings.currency, tree.case.settings
    sheet.section("Key figures", LAST)
    figures: tuple[tuple[str, Live, Format], ...] = (
        (f"Minimised: {settings.objective.value}, {currency}", scenarios.objective, Format.CENTS),
        (f"Expected present value, {currency}", scenarios.expected, Format.CENTS),
        (f"CVaR of the dearest {settings.risk_tail:.0%}, {currency}", scenarios.cvar, Format.CENTS),
        (f"Dearest scenario, {currency}", Extreme(scenarios.costs), Format.CENTS),
        (f"Cheapest scenario, {currency}", Extreme(scenarios.costs, largest=False), Format.CENTS),
        ("Chance of a shortfall", Between(scenarios.unserved, scenarios.shares, ZERO), Format.SHARE),
    )
    for name, figure, shape in figures:
        sheet.words(sheet.next, LABEL, name, QUIET)
        sheet.put(sheet.next, FIGURE, figure, Style(shape, look=Look.BOLD))
        sheet.next += 1
    gap = tree.result.gap
    sheet.words(sheet.next, LABEL, "Gap to the proven bound", QUIET)
    if gap is not None:
        sheet.put(sheet.next, FIGURE, gap, Style(Format.GAP))
    sheet.words(sheet.next, BOUND, f"{tree.result.status} (asked: {tree.result.asked_gap:.3%})", AFTER)
    sheet.next += 1
    sheet.words(sheet.next, LABEL, "Master check", QUIET)
    verdict(sheet, sheet.next, FIGURE, scenarios.master)
    sheet.next += 1


def _worth(sheet: Sheet, tree: TreePlan, scenarios: ScenarioView, options: Sequence[OptionRow]) -> None:
    """A line a question: its least cost and bound, and what that makes the value, live."""
    found, currency = tree.worth, tree.case.settings.currency
    assert found is not None
    sheet.section(f"What uncertainty is worth, {currency} ({tree.case.settings.objective.value})", LAST)
    for column, head in enumerate(("Question", "Least cost", "Proven bound", "Value", "At least", "At most"), LABEL):
        sheet.header(sheet.next, column, head, Align.RIGHT if column > LABEL else Align.LEFT)
    sheet.next += 1
    plan = (_linked(sheet, sheet.next, FIGURE, scenarios.objective), _linked(sheet, sheet.next, BOUND, scenarios.bound))
    sheet.words(sheet.next, LABEL, "This plan", LEFT)
    sheet.next += 1
    alone = _alone(sheet, tree, scenarios, found.foresight)
    value_cells(sheet, sheet.next, VALUE, plan, alone)
    _named(sheet, "Perfect information: every scenario known in advance")
    mean = least(sheet, sheet.next, FIGURE, found.planning)
    value_cells(sheet, sheet.next, VALUE, mean, plan)
    _named(sheet, "Planning for more than the mean: the mean's plan kept")
    for row in options:
        without = (_linked(sheet, sheet.next, FIGURE, row.cost), _linked(sheet, sheet.next, BOUND, row.bound))
        value_cells(sheet, sheet.next, VALUE, without, plan)
        _named(sheet, f"Option {row.option}: the tree without it")


def _named(sheet: Sheet, name: str) -> None:
    sheet.words(sheet.next, LABEL, name, LEFT)
    sheet.next += 1


def _linked(sheet: Sheet, row: int, column: int, cell: Cell | None) -> Cell | None:
    return None if cell is None else sheet.put(row, column, cell, Style(Format.CENTS))


def _alone(sheet: Sheet, tree: TreePlan, scenarios: ScenarioView, foresight: Least) -> tuple[Cell | None, Cell | None]:
    """What knowing every scenario costs: live where it is a plain mean of the least costs alone."""
    settings = tree.case.settings
    plain = settings.objective is Objective.EXPECTED and not settings.risk_weight
    if not plain or not scenarios.alone or foresight.cost is None:
        return least(sheet, sheet.next, FIGURE, foresight)
    cost = sheet.put(sheet.next, FIGURE, Products(scenarios.alone, scenarios.shares), Style(Format.CENTS))
    bound = None
    if foresight.bound is not None:
        bound = sheet.put(sheet.next, BOUND, foresight.bound, Style(Format.CENTS))
    return cost, bound


def _pictures(sheet: Sheet, spread: Sequence[Spread], options: Sequence[OptionRow]) -> None:
    """Two pictures side by side, row by row."""
    sheet.section("How it may turn out", LAST)
    drawn = pictures(spread)
    used = [row for row in options if any(cell.amount(0) for cell in row.chances)]
    if used:
        series = [_exercise(row, SERIES[number % len(SERIES)]) for number, row in enumerate(used)]
        drawn.append(("Probability that an option is exercised, by quarter", series))
    side_by_side(sheet, drawn)


def _exercise(row: OptionRow, colour: str) -> Plotted:
    sheet, number = row.chances[0].sheet, row.chances[0].row
    first, last = letter(row.chances[0].column), letter(row.chances[-1].column)
    return Plotted(
        row.option,
        f"'{sheet}'!$B${number}",
        tuple(str(cell.shown) for cell in row.heads),
        f"'{sheet}'!${first}$4:${last}$4",
        tuple(cell.amount(0) for cell in row.chances),
        f"'{sheet}'!${first}${number}:${last}${number}",
        colour,
    )
