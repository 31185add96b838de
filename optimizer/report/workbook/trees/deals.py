"""The sheet of deals: what every scenario costs with each side of a deal, and what its parts are worth, live."""

from collections.abc import Sequence

from optimizer.plan.deal import Deal, Side, Table
from optimizer.plan.tree import TreePlan
from optimizer.plan.worth import Known as Answer
from optimizer.report.workbook.charts import Plotted, draw
from optimizer.report.workbook.down import Extreme, Products
from optimizer.report.workbook.live import Cell, Live
from optimizer.report.workbook.sheet import Sheet, letter
from optimizer.report.workbook.style import SERIES, Align, Format, Look, Style
from optimizer.report.workbook.trees.decisions import Known, difference_cells, value_cells
from optimizer.report.workbook.trees.scenarios import LEFT, QUIET

LABEL, SHARE, FIRST = 2, 3, 4
LAST = FIRST + len(Table) - 1
CHART_ROWS = 17
SHORT_MONEY = '[>=1000000000]#,##0.00,,," B";[>=1000000]#,##0.00,," M";#,##0'
DRAWN = (("Dearest scenario", SERIES[3]), ("Expected", SERIES[0]), ("Cheapest scenario", SERIES[2]))
PARTS = (
    ("Firm part", Table.NONE, Table.FIRM, difference_cells),
    ("Expandable part, as an option", Table.FIRM, Table.OPTION, value_cells),
    ("Expandable part, as a backstop", Table.FIRM, Table.BACKSTOP, difference_cells),
    ("The right to decide", Table.BACKSTOP, Table.OPTION, difference_cells),
)


def write_deals(sheet: Sheet, tree: TreePlan) -> None:
    """Every deal that was asked about, one below the other."""
    sheet.widths((3, 44, 16, *(26.0,) * len(Table)))
    sheet.next = 4
    for deal in tree.deals:
        sheet.section(f"{deal.supplier}, {tree.case.settings.currency}", LAST)
        sheet.words(sheet.next, LABEL, deal.contents, QUIET)
        sheet.next += 1
        known = _sides(sheet, tree, deal)
        _values(sheet, deal, known)


def _sides(sheet: Sheet, tree: TreePlan, deal: Deal) -> dict[Table, Known]:
    """A column a side: every scenario, what sums them up, and the least cost with its bound; and a picture of it."""
    top = sheet.next
    for column, head in ((LABEL, "Scenario"), (SHARE, "Probability")):
        sheet.header(top, column, head, Align.RIGHT if column > LABEL else Align.LEFT)
    shown = [side for side in deal.sides if side.courses]
    heads = [sheet.header(top, column, side.table.title, Align.RIGHT) for column, side in enumerate(deal.sides, FIRST)]
    courses = shown[0].courses if shown else ()
    sheet.next += 1
    shares = []
    for one in courses:
        sheet.words(sheet.next, LABEL, one.scenario, LEFT)
        shares.append(sheet.put(sheet.next, SHARE, one.probability, Style(Format.CHANCE)))
        sheet.next += 1
    row = sheet.next
    names = [name for name, _ in DRAWN]
    minimised = f"Least {tree.case.settings.objective.value}"
    for number, name in enumerate((*names, minimised, "Proven bound")):
        sheet.words(row + number, LABEL, name, LEFT)
    columns = [_side(sheet, (top + 1, row, column), side, shares) for column, side in enumerate(deal.sides, FIRST)]
    sheet.next = row + len(names) + 3
    drawn = [(head, cells) for head, (_, cells) in zip(heads, columns, strict=True) if cells]
    if len(drawn) > 1:
        title = f"Present value by what is on the table, {tree.case.settings.currency}"
        _picture(sheet, title, [head for head, _ in drawn], [cells for _, cells in drawn])
    return {side.table: known for side, (known, _) in zip(deal.sides, columns, strict=True)}


def _side(
    sheet: Sheet, place: tuple[int, int, int], side: Side, shares: Sequence[Cell]
) -> tuple[Known, tuple[Cell, ...]]:
    """The column of a side: the cells of its least cost and bound, and those that are drawn."""
    top, row, column = place
    money, bold = Style(Format.CENTS), Style(Format.CENTS, look=Look.BOLD)
    costs = tuple(sheet.put(top + number, column, one.cost, money) for number, one in enumerate(side.courses))
    drawn: tuple[Cell, ...] = ()
    if costs:
        figures: tuple[tuple[Live, Style], ...] = (
            (Extreme(costs), money),
            (Products(costs, tuple(shares)), bold),
            (Extreme(costs, largest=False), money),
        )
        drawn = tuple(sheet.put(row + number, column, *figure) for number, figure in enumerate(figures))
    cost, bound = side.least.cost, side.least.bound
    if cost is None:
        sheet.words(row + 3, column, "no plan" if side.least.known is Answer.NONE else "not known", Style())
    found = None if cost is None else sheet.put(row + 3, column, cost, money)
    proven = None if bound is None else sheet.put(row + 4, column, bound, money)
    return (found, proven), drawn


def _picture(sheet: Sheet, title: str, heads: Sequence[Cell], columns: Sequence[Sequence[Cell]]) -> None:
    """The dearest, the mean and the cheapest, side by side."""
    names = tuple(str(head.shown) for head in heads)
    across = _across(heads)
    series = []
    for number, (name, colour) in enumerate(DRAWN):
        cells = [column[number] for column in columns]
        figures = tuple(cell.amount(0) for cell in cells)
        label = f"'{sheet.name}'!${letter(LABEL)}${cells[0].row}"
        series.append(Plotted(name, label, names, across, figures, _across(cells), colour, True, number != 1))
    draw(sheet, title, series, (LABEL, LAST, sheet.next, sheet.next + CHART_ROWS), SHORT_MONEY)
    sheet.next += CHART_ROWS + 2


def _across(cells: Sequence[Cell]) -> str:
    first, last = cells[0], cells[-1]
    return f"'{first.sheet}'!${letter(first.column)}${first.row}:${letter(last.column)}${last.row}"


def _values(sheet: Sheet, deal: Deal, known: dict[Table, Known]) -> None:
    """A line a part: its value and bracket, and the most premium a block, live."""
    for column, head in enumerate(("Worth", "Blocks", "Value", "At least", "At most"), LABEL):
        sheet.header(sheet.next, column, head, Align.RIGHT if column > LABEL else Align.LEFT)
    sheet.next += 1
    for name, without, having, write in PARTS:
        if without not in known or having not in known:
            continue
        sheet.words(sheet.next, LABEL, name, LEFT)
        worth = write(sheet, sheet.next, FIRST, known[without], known[having])
        sheet.next += 1
        if having is Table.OPTION and without is Table.FIRM and deal.made and worth is not None and deal.more_blocks:
            sheet.words(sheet.next, LABEL, "Most premium a block, for rights to all of it", QUIET)
            blocks = sheet.put(sheet.next, SHARE, deal.more_blocks, Style(Format.DECIMAL))
            sheet.put(sheet.next, FIRST, worth / blocks, Style(Format.CENTS))
            sheet.next += 1
