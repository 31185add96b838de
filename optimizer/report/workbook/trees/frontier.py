"""The workbook of a frontier: points with what they cost more and take off the tail, live, a chart, decisions."""

from collections.abc import Sequence
from pathlib import Path

from optimizer.plan.frontier import Frontier, place
from optimizer.plan.outlook import now, waiting
from optimizer.plan.tree import TreePlan
from optimizer.report.workbook.book import save
from optimizer.report.workbook.charts import scatter
from optimizer.report.workbook.contents import Group
from optimizer.report.workbook.decisions import amounts_format
from optimizer.report.workbook.down import absolute_address
from optimizer.report.workbook.live import ZERO, Cell, choose
from optimizer.report.workbook.sheet import Book, Sheet
from optimizer.report.workbook.style import Align, Format, Look, Style, Tone
from optimizer.report.workbook.trees.scenarios import LEFT, QUIET, heads

POINT, EXPECTED, CVAR, BOUND, GAP, MORE, LESS, NEXT, NEXT_LESS, RATE, FOLDER = range(2, 13)
CHART = (2, 12, 20)
"""First and last column of the chart, and its height in rows."""


def write_frontier_workbook(frontier: Frontier, path: Path) -> None:
    """Write the workbook of a frontier to `path`; raises OutputError where it cannot be written."""
    book = Book(frontier.points[0].result.case_hash[:8])
    title, tail = frontier.case.settings.title, f"{frontier.case.settings.risk_tail:.0%}"
    note = f"Plans none of which is both cheaper on average and safer in the dearest {tail} than another"
    points = book.sheet("Frontier", title, note, Group.READ.value)
    decided = book.sheet(
        "Decisions", "Decisions", "What is decided now in each point, and later on average", Group.READ.value
    )
    _points(points, frontier)
    _decisions(decided, frontier.points)
    points.finish("", True)
    decided.finish("4:4", False)
    save(book, path)


def _points(sheet: Sheet, frontier: Frontier) -> None:
    currency = frontier.case.settings.currency
    sheet.widths((3, 9, 22, 22, 22, 12, 20, 20, 20, 20, 18, 14))
    names = ("Point", "Expected cost", "CVaR", "Proven bound", "Gap", "Cost above point 1", "CVaR below point 1")
    heads(sheet, *names, "Cost to next point", "CVaR saved by it", f"Saved per {currency}", "Folder", right=1)
    means: list[Cell] = []
    tails: list[Cell] = []
    for number, point in enumerate(frontier.points, 1):
        sheet.number(sheet.next, POINT, number, Style(Format.PLAIN, Tone.CONSTANT, side=Align.LEFT))
        means.append(sheet.put(sheet.next, EXPECTED, point.expected, Style(Format.CENTS)))
        tails.append(sheet.put(sheet.next, CVAR, point.cvar, Style(Format.CENTS)))
        if point.result.bound is not None:
            bound = sheet.put(sheet.next, BOUND, point.result.bound, Style(Format.CENTS))
            sheet.put(sheet.next, GAP, (means[-1] - bound) / means[-1], Style(Format.GAP))
        sheet.words(sheet.next, FOLDER, place(number), Style(tone=Tone.QUIET))
        sheet.next += 1
    _live(sheet, means, tails)
    note = f"{currency}, present value; the proven bound is that of expected cost at this CVaR"
    sheet.words(sheet.next, EXPECTED, note, QUIET)
    sheet.next += 1
    if frontier.least_cvar is not None:
        sheet.words(sheet.next, EXPECTED, "No plan brings CVaR below", QUIET)
        sheet.put(sheet.next, CVAR, frontier.least_cvar, Style(Format.CENTS))
        sheet.next += 1
    if not frontier.separated:
        words = "The gaps are wider than what lies between the plans: what safety costs is not proven"
        sheet.words(sheet.next, EXPECTED, words, QUIET)
        sheet.next += 1
    if frontier.complete:
        sheet.words(sheet.next, EXPECTED, "Between these points no plan is better by more than the asked gap", QUIET)
        sheet.next += 1
    sheet.next += 1
    left, right, height = CHART
    series = ("Plans", absolute_address(means), absolute_address(tails), _shown(means), _shown(tails))
    axes = (f"Expected present value, {currency}", f"CVaR, {currency}")
    scatter(sheet, "Expected cost against CVaR", series, axes, (left, right, sheet.next, sheet.next + height))
    sheet.next += height + 2


def _shown(cells: Sequence[Cell]) -> tuple[float, ...]:
    return tuple(cell.amount(0) for cell in cells)


def _live(sheet: Sheet, means: Sequence[Cell], tails: Sequence[Cell]) -> None:
    """What a point costs more than the first and takes off its tail, and the same to the next point."""
    money = Style(Format.CENTS)
    for number, (mean, tail) in enumerate(zip(means, tails, strict=True)):
        sheet.put(mean.row, MORE, mean - means[0], money)
        sheet.put(mean.row, LESS, tails[0] - tail, money)
        if number + 1 < len(means):
            dearer = sheet.put(mean.row, NEXT, means[number + 1] - mean, money)
            safer = sheet.put(mean.row, NEXT_LESS, tail - tails[number + 1], money)
            rate = choose(dearer > ZERO, safer / dearer, ZERO)
            sheet.put(mean.row, RATE, rate, Style(Format.DECIMAL, look=Look.BOLD))


def _decisions(sheet: Sheet, points: Sequence[TreePlan]) -> None:
    sheet.widths((3, 14, 22, 44, 12, 12, *(12.0,) * len(points)))
    numbers = [f"Point {number}" for number in range(1, len(points) + 1)]
    heads(sheet, "When", "Action", "Contract", "Quarter", "Unit", *numbers, right=5)
    rows: dict[tuple[str, ...], list[float]] = {}
    for number, point in enumerate(points):
        made: list[tuple[tuple[str, ...], float]] = [
            (("now", n.key.action.value, n.key.contract, str(n.key.quarter), n.unit), n.quantity) for n in now(point)
        ]
        made += [(("later, mean", w.action.value, w.contract, "", w.unit), w.expected) for w in waiting(point)]
        for what, amount in made:
            rows.setdefault(what, [0.0] * len(points))[number] += amount
    for what, amounts in sorted(rows.items(), key=lambda pair: pair[0][0] != "now"):
        for column, text in enumerate(what, 2):
            sheet.words(sheet.next, column, text, LEFT)
        for column, amount in enumerate(amounts, 2 + len(what)):
            sheet.put(sheet.next, column, amount, Style(amounts_format(amounts)))
        sheet.next += 1
