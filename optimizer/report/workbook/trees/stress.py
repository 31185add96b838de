"""The workbook of a stress test: every future a line, and mean, quantiles, CVaR and distributions live over them.

Intervals are numbers: a spreadsheet has no means to rebuild them.
"""

from collections.abc import Sequence
from pathlib import Path

from optimizer.case.uncertainty import Process
from optimizer.report.workbook.book import save
from optimizer.report.workbook.contents import Group
from optimizer.report.workbook.down import Between, Beyond, Extreme, Products, Quantile
from optimizer.report.workbook.live import ZERO, Cell, Live
from optimizer.report.workbook.sheet import Book, Sheet
from optimizer.report.workbook.style import Align, Format, Look, Style
from optimizer.report.workbook.trees.scenarios import AFTER, LEFT, QUIET, heads
from optimizer.report.workbook.trees.spread import Spread, pictures, side_by_side, write_spread
from optimizer.stress.result import Played
from optimizer.stress.statistics import Estimate
from optimizer.stress.summary import Summary, proof, share

SHEETS = (
    ("Summary", "", "What the plan may come to; figures and pictures are live over the futures"),
    (
        "Worst",
        "Futures that hurt most",
        "The dearest, and those of greatest shortfall, and what was different",
    ),
    ("Drivers", "What drives the cost", "Part of each driver in cost, and the mean cost at its ends"),
    ("Limits", "Limits that are passed", "In any span (ever) and in each; the excess is given that it is passed"),
    ("Reactions", "Kept, and in reaction", "Decisions that were kept, and what is committed in reaction"),
    ("Distribution", "Distribution", "How cost and shortfall are distributed; the pictures draw this"),
    ("Futures", "Futures", "A line for every future that was played; those without a cost stand last"),
)
TOP = 5
DRAW, SHARE, COST, BOUND, SHORTFALL, UNSERVED, END, FIRST_DRIVER = range(2, 10)
FUTURE_WIDTHS, DRIVER_WIDTH = (3, 7, 12, 20, 20, 20, 11, 24), 17
LABEL, VALUE, LOW, HIGH, LAST = 2, 3, 4, 5, 7
Columns = tuple[tuple[Cell, ...], tuple[Cell, ...], tuple[Cell, ...]]


def write_stress_workbook(summary: Summary, path: Path) -> None:
    """Write the workbook to `path`; raises OutputError where it cannot be written."""
    found = summary.stress
    book = Book(found.identity[:8])
    solved = bool(found.solved)
    needed = dict.fromkeys(("Worst", "Drivers", "Distribution"), solved) | {"Limits": bool(summary.limits)}
    sheets = {
        name: book.sheet(name, heading or found.title, note, Group.READ.value)
        for name, heading, note in SHEETS
        if needed.get(name, True)
    }
    columns = _futures(sheets["Futures"], summary)
    spread: tuple[Spread, ...] = ()
    if solved:
        costs, unserved, shares = columns
        spread = write_spread(sheets["Distribution"], found.currency, costs, unserved, shares)
        _worst(sheets["Worst"], summary)
        _drivers(sheets["Drivers"], summary)
    if summary.limits:
        _limits(sheets["Limits"], summary)
    _reactions(sheets["Reactions"], summary)
    _summary(sheets["Summary"], summary, columns, spread)
    for name, sheet in sheets.items():
        sheet.finish("" if name == "Summary" else "4:4", name == "Summary", "A:B" if name == "Futures" else "")
    save(book, path)


def _futures(sheet: Sheet, summary: Summary) -> Columns:
    """Every future; the cells of cost, share unserved and probability of those that were solved."""
    found = summary.stress
    names = [
        one.name + (" (quarters late)" if one.process is Process.SLIP else " (mean factor)") for one in found.drivers
    ]
    sheet.widths((*FUTURE_WIDTHS, *(DRIVER_WIDTH for _ in names)))
    money = tuple(f"{what}, {found.currency}" for what in ("Present value", "At least", "Shortfall cost"))
    heads(sheet, "Draw", "Probability", *money, "Not served", right=1)
    sheet.header(4, END, "End", Align.LEFT, indent=1)
    for column, name in enumerate(names, FIRST_DRIVER):
        sheet.wrapped(4, column, name, DRIVER_WIDTH)
    sheet.sheet.freeze_panes = sheet.sheet.cell(TOP, SHARE)
    figures = [one.figures.tolist() for one in found.drivers]
    order = sorted(range(len(found.played)), key=lambda at: not found.played[at].solved)
    cells: Columns = ((), (), ())
    written = []
    for at in order:
        one = found.played[at]
        known = _solved(sheet, one, 1.0 / len(found.solved)) if one.solved else None
        sheet.number(sheet.next, DRAW, one.number, QUIET)
        sheet.words(sheet.next, END, "; ".join((one.end.value, *one.missed)), AFTER)
        for column, values in enumerate(figures, FIRST_DRIVER):
            sheet.put(sheet.next, column, values[at], Style(Format.DECIMAL))
        sheet.next += 1
        if known is not None:
            written.append(known)
    if written:
        costs, unserved, shares = zip(*written, strict=True)
        cells = (costs, unserved, shares)
    return cells


def _solved(sheet: Sheet, one: Played, probability: float) -> tuple[Cell, Cell, Cell]:
    row = sheet.next
    chance = sheet.put(row, SHARE, probability, Style(Format.CHANCE))
    cost = sheet.put(row, COST, one.cost or 0.0, Style(Format.CENTS))
    sheet.put(row, BOUND, one.bound or 0.0, Style(Format.CENTS))
    sheet.put(row, SHORTFALL, one.shortfall_cost, Style(Format.CENTS))
    return cost, sheet.put(row, UNSERVED, share(one), Style(Format.CHANCE)), chance


def _worst(sheet: Sheet, summary: Summary) -> None:
    currency = summary.stress.currency
    sheet.widths((3, 22, 9, 22, 14, 110))
    heads(sheet, "Worst by", "Draw", f"Present value, {currency}", "Not served", "What was different", right=1)
    sheet.header(4, 6, "What was different", Align.LEFT, indent=1)
    for by, futures in (("cost", summary.dearest), ("shortfall", summary.shortest)):
        for one in futures:
            sheet.words(sheet.next, 2, by, LEFT)
            sheet.number(sheet.next, 3, one.played.number, Style())
            sheet.put(sheet.next, 4, one.played.cost or 0.0, Style(Format.MONEY))
            sheet.put(sheet.next, 5, one.short, Style(Format.SHARE))
            sheet.words(sheet.next, 6, one.words, AFTER)
            sheet.next += 1


def _drivers(sheet: Sheet, summary: Summary) -> None:
    currency = summary.stress.currency
    sheet.widths((3, 36, 16, 26, 26, 14, 22, 14))
    ends = (f"Cost in its lowest tenth, {currency}", f"In its highest, {currency}")
    heads(sheet, "Driver", "Of the variance", *ends, "Mean", "Mean in the dear tail", right=1)
    sheet.header(4, 8, "Unit", Align.LEFT, indent=1)
    for one in summary.cost_parts:
        sheet.words(sheet.next, 2, one.driver, LEFT)
        figures = (one.share, one.low, one.high, one.all, one.tail)
        shapes = (Format.SHARE, Format.MONEY, Format.MONEY, Format.DECIMAL, Format.DECIMAL)
        for column, (figure, shape) in enumerate(zip(figures, shapes, strict=True), 3):
            if figure is not None:
                sheet.put(sheet.next, column, figure, Style(shape))
        unit = "quarters late" if one.process is Process.SLIP else "factor"
        sheet.words(sheet.next, 8, unit, AFTER)
        sheet.next += 1


def _limits(sheet: Sheet, summary: Summary) -> None:
    sheet.widths((3, 44, 14, 12, 12, 12, 12, 20, 20, 14))
    names = ("Limit", "When", "Chance", "From", "To", "Futures", "Excess on average", "At worst")
    heads(sheet, *names, right=2)
    sheet.header(4, 10, "Unit", Align.LEFT, indent=1)
    for one in summary.limits:
        row, chance = sheet.next, one.excess.chance
        sheet.words(row, 2, one.limit if one.hard else f"{one.limit} (at its price)", LEFT)
        sheet.words(row, 3, one.when or "ever", LEFT)
        for column, figure in enumerate((chance.value, chance.low, chance.high), 4):
            sheet.put(row, column, figure or 0.0, Style(Format.SHARE))
        sheet.number(row, 7, one.excess.times, Style(Format.COUNT))
        sheet.put(row, 8, one.excess.average, Style(Format.DECIMAL))
        sheet.put(row, 9, one.excess.worst, Style(Format.DECIMAL))
        sheet.words(row, 10, one.unit, AFTER)
        sheet.next += 1


def _reactions(sheet: Sheet, summary: Summary) -> None:
    found = summary.stress
    sheet.widths((3, 14, 22, 48, 14, 14, 18, 12))
    heads(sheet, "What", "Action", "Contract", "Quarter", "Chance", "Quantity", right=3)
    sheet.header(4, 8, "Unit", indent=1)
    for action, contract, when, amount in found.kept:
        _line(sheet, ("kept", action, contract))
        sheet.words(sheet.next, 5, when, Style())
        sheet.put(sheet.next, 7, amount, Style(Format.DECIMAL))
        sheet.words(sheet.next, 8, found.unit(action, contract), AFTER)
        sheet.next += 1
    for one in summary.reactions if found.solved else ():
        _line(sheet, ("in reaction", one.action, one.contract))
        sheet.put(sheet.next, 6, one.chance.value, Style(Format.SHARE))
        sheet.put(sheet.next, 7, one.quantity, Style(Format.DECIMAL))
        sheet.words(sheet.next, 8, found.unit(one.action, one.contract), AFTER)
        sheet.next += 1


def _line(sheet: Sheet, words: Sequence[str]) -> None:
    for column, word in enumerate(words, 2):
        sheet.words(sheet.next, column, word, LEFT)


def _summary(sheet: Sheet, summary: Summary, columns: Columns, spread: Sequence[Spread]) -> None:
    found = summary.stress
    sheet.widths((3, 46, 26, 26, 24, 24, 24))
    sheet.next = 4
    sheet.section("How futures end", LAST)
    _headings(sheet, "Futures in which", "Share")
    for end, chance in summary.ends:
        _estimate(sheet, end.value, chance.value, chance, Format.SHARE)
    _estimate(sheet, "any limit is passed", summary.broken.value, summary.broken, Format.SHARE)
    if found.solved:
        _costs(sheet, summary, columns)
    sheet.next += 1
    for words in (f"{summary.count:,} of {found.asked:,} futures, seed {found.seed}", proof(summary)):
        sheet.words(sheet.next, LABEL, words, QUIET)
        sheet.next += 1
    if found.solved:
        sheet.section("How it may turn out", LAST)
        side_by_side(sheet, pictures(spread))


def _costs(sheet: Sheet, summary: Summary, columns: Columns) -> None:
    found, (costs, unserved, shares) = summary.stress, columns
    sheet.section(f"Cost, present value in {found.currency}", LAST)
    for column, head in enumerate(("At the share", "Edge of the tail"), HIGH + 1):
        sheet.header(sheet.next, column, head, Align.RIGHT)
    _headings(sheet, "Cost", "Estimate")
    planned = _estimate(sheet, "As planned", found.planned, None, Format.MONEY)
    if found.calm.cost is not None:
        _estimate(sheet, "If all comes as the case says", found.calm.cost, None, Format.MONEY)
    mean = _estimate(sheet, "Mean", Products(costs, shares), summary.mean, Format.MONEY, Look.BOLD)
    for at, one in summary.quantiles:
        level = sheet.put(sheet.next, HIGH + 1, at, Style(Format.SHARE))
        _estimate(sheet, f"{at:.0%} of futures cost at most", Quantile(costs, level), one, Format.MONEY)
    tail = sheet.put(sheet.next, HIGH + 1, found.risk_tail, Style(Format.SHARE))
    edge = sheet.put(sheet.next, HIGH + 2, summary.edge, Style(Format.MONEY))
    words = f"Mean of the dearest {found.risk_tail:.0%} (CVaR)"
    _estimate(sheet, words, edge + Beyond(costs, shares, edge) / tail, summary.cvar, Format.MONEY, Look.BOLD)
    _estimate(sheet, "Dearest future", Extreme(costs), None, Format.MONEY)
    _estimate(sheet, "Mean beyond the plan", mean - planned, None, Format.MONEY)
    sheet.section("Shortfall", LAST)
    _headings(sheet, "Demand", "Estimate")
    _estimate(sheet, "Chance that any is not served", Between(unserved, shares, ZERO), summary.any_short, Format.SHARE)
    _estimate(sheet, "Share not served on average", Products(unserved, shares), summary.short, Format.CHANCE)


def _headings(sheet: Sheet, what: str, figure: str) -> None:
    for column, head in enumerate((what, figure, "95 % from", "to"), LABEL):
        sheet.header(sheet.next, column, head, Align.RIGHT if column > LABEL else Align.LEFT)
    sheet.next += 1


def _estimate(
    sheet: Sheet, name: str, figure: Live | float, estimate: Estimate | None, shape: Format, look: Look = Look.PLAIN
) -> Cell:
    """A figure with its interval."""
    row = sheet.next
    sheet.words(row, LABEL, name, Style(side=Align.LEFT, look=look))
    written = sheet.put(row, VALUE, figure, Style(shape, look=look))
    ends = () if estimate is None else ((LOW, estimate.low), (HIGH, estimate.high))
    for column, end in ends:
        if end is not None:
            sheet.put(row, column, end, Style(shape))
    sheet.next += 1
    return written
