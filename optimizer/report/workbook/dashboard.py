"""The dashboard: eight figures for the steering meeting, live, and charts of the plan by quarter."""

from dataclasses import dataclass, replace

from optimizer.plan.plan import Plan
from optimizer.report.workbook.capacity import CapacityView
from optimizer.report.workbook.cards import Card, cards
from optimizer.report.workbook.charts import Plotted, draw, plotted
from optimizer.report.workbook.checks import CheckView, Views
from optimizer.report.workbook.live import MILLION, ONE, Live, added
from optimizer.report.workbook.sheet import Line, Sheet, Written, letter
from optimizer.report.workbook.style import ALERT, GREEN, RED, SERIES, Align, Fill, Format, Look, Style, Tone
from optimizer.rules.budget import Measure
from optimizer.rules.period import Period

CARD_COLUMNS = ((2, 4), (6, 8), (10, 12), (14, 16))
CARD_ROWS = (4, 8)
CHARTS = tuple((left, left + 6, top, top + 15) for top in (12, 29, 46, 63) for left in (2, 10))
MOST_SITES, MOST_CATEGORIES, MOST_BUDGETS = 8, 7, 2
INK = "1F2A44"


@dataclass(frozen=True)
class ChartRows:
    """Rows of `ChartData` by chart."""

    capacity: tuple[Plotted, ...]
    cash: tuple[Plotted, ...]
    power: tuple[Plotted, ...]
    budgets: tuple[tuple[str, tuple[Plotted, ...]], ...]
    service: tuple[Plotted, ...]


def write_chart_data(sheet: Sheet, plan: Plan, views: Views, capacity: CapacityView) -> ChartRows:
    """Write what the charts draw: links to the sheets, in the units of the charts."""
    return ChartRows(
        _capacity(sheet, capacity),
        _cash(sheet, plan, views),
        _power(sheet, views),
        _budgets(sheet, views, plan.case.settings.currency),
        _service(sheet, views),
    )


def _capacity(sheet: Sheet, capacity: CapacityView) -> tuple[Plotted, ...]:
    sheet.section("GPUs contracted and in use")
    rows = [
        plotted(sheet, sheet.line(Line(kind, "GPUs", line.row)), SERIES[number % len(SERIES)])
        for number, (kind, line) in enumerate(capacity.kinds.items())
    ]
    used = sheet.line(Line("GPUs in use", "GPUs", capacity.used.row))
    return (*rows, plotted(sheet, used, INK, is_line=True))


def _millions(sheet: Sheet, label: str, amount: Live) -> Written:
    return sheet.line(Line(label, "million", amount / MILLION, format=Format.MILLIONS))


def _cash(sheet: Sheet, plan: Plan, views: Views) -> tuple[Plotted, ...]:
    """The largest categories, the rest as one, and the budget of all cash where there is one for each quarter."""
    sheet.section(f"Cash paid, {plan.case.settings.currency} million")
    lines = views.cash.categories
    ranked = sorted(lines, key=lambda kind: -sum(abs(number) for number in lines[kind].row.numbers))
    shown, rest = ranked[:MOST_CATEGORIES], ranked[MOST_CATEGORIES:]
    rows = [_millions(sheet, kind.label, -lines[kind].row) for kind in lines if kind in shown]
    if rest:
        rows.append(_millions(sheet, "other", -added(lines[kind].row for kind in rest)))
    series = [plotted(sheet, row, SERIES[number % len(SERIES)]) for number, row in enumerate(rows)]
    whole = [
        view
        for view in views.budgets
        if view.budget.period is Period.QUARTER
        and view.budget.measure is Measure.CASH
        and not view.budget.category
        and not view.budget.supplier
    ]
    if whole:
        budget = _millions(sheet, "budget", whole[0].amount.row)
        series.append(plotted(sheet, budget, ALERT, is_line=True, dashed=True))
    return tuple(series)


def _power(sheet: Sheet, views: Views) -> tuple[Plotted, ...]:
    """The share used of the tightest limits."""
    if not views.sites:
        return ()
    sheet.section("Power used, share of the limit")
    ranked = sorted(views.sites, key=lambda view: -max(view.used.row.numbers))[:MOST_SITES]
    series = []
    for number, view in enumerate(view for view in views.sites if view in ranked):
        label = view.site if view.what == "Power" else f"{view.site}, {view.what.lower()}"
        row = sheet.line(Line(label, "share", view.used.row, format=Format.SHARE))
        series.append(plotted(sheet, row, SERIES[number % len(SERIES)], is_line=True))
    limit = sheet.line(Line("limit", "share", ONE, format=Format.SHARE))
    return (*series, plotted(sheet, limit, ALERT, is_line=True, dashed=True))


def _budgets(sheet: Sheet, views: Views, currency: str) -> tuple[tuple[str, tuple[Plotted, ...]], ...]:
    """The first budgets: what the period uses against its limit, the same in each quarter of a period."""
    charts = []
    for view in views.budgets[:MOST_BUDGETS]:
        title = f"{view.budget.budget}: used by {view.budget.period.value} against the limit, {currency} million"
        sheet.section(title)
        used = plotted(sheet, _millions(sheet, "used", view.used.row), SERIES[0])
        limit = plotted(sheet, _millions(sheet, "limit", view.limit.row), ALERT, is_line=True, dashed=True)
        charts.append((title, (used, limit)))
    return tuple(charts)


def _service(sheet: Sheet, views: Views) -> tuple[Plotted, ...]:
    sheet.section("Demand served and short, average units")
    rows = [
        plotted(sheet, sheet.line(Line(view.workload, "units", view.served.row)), SERIES[number % len(SERIES)])
        for number, view in enumerate(views.service.workloads)
    ]
    short = sheet.line(Line("shortfall", "units", views.service.short.row))
    due = sheet.line(Line("due", "units", views.service.due.row))
    return (*rows, plotted(sheet, short, ALERT), plotted(sheet, due, INK, is_line=True, dashed=True))


def write_dashboard(
    sheet: Sheet, plan: Plan, views: Views, capacity: CapacityView, checks: CheckView, rows: ChartRows, tail: Sheet
) -> None:
    """Write the cards and place the charts; `tail` is the sheet of cash by contract, to the last payment."""
    sheet.widths((3, *(12.5,) * 16))
    places = [(row, columns) for row in CARD_ROWS for columns in CARD_COLUMNS]
    for (row, columns), card in zip(places, cards(plan, views, capacity, checks), strict=True):
        _card(sheet, row, columns, card)
    verdict = f"{letter(CARD_COLUMNS[3][0])}{CARD_ROWS[1] + 1}"
    sheet.shade(verdict, f'{verdict}="ALL PASS"', GREEN)
    sheet.shade(verdict, f'{verdict}="FAIL"', RED)
    drawn = [chart for chart in _charts(plan.case.settings.currency, views, rows, tail) if chart[1]]
    for place, (title, series, shape) in zip(CHARTS, drawn, strict=False):
        draw(sheet, title, series, place, shape)


Chart = tuple[str, tuple[Plotted, ...], str]


def _charts(currency: str, views: Views, rows: ChartRows, tail: Sheet) -> tuple[Chart, ...]:
    """Title, series and number format of every chart."""
    runoff = tuple(plotted(tail, line, colour) for line, colour in zip(views.contracts.millions, SERIES, strict=False))
    return (
        ("Contracted GPUs by kind, and GPUs in use", rows.capacity, "#,##0"),
        (f"Cash paid by category, {currency} million", rows.cash, "#,##0"),
        ("Demand served and shortfall, average units", rows.service, "#,##0"),
        ("Power and cooling used, share of the limit", rows.power, "0%"),
        (f"Firm commitments by fiscal year, {currency} million", _years(views), "#,##0"),
        (f"Cash to the last payment, {currency} million", runoff, "#,##0"),
        *((title, series, "#,##0") for title, series in rows.budgets),
    )


def _years(views: Views) -> tuple[Plotted, ...]:
    """Commitments by fiscal year as columns."""
    cells, names = views.commitments.millions, views.commitments.names
    if not any(cell.shown for cell in cells):
        return ()
    at = f"{letter(cells[0].column)}${cells[0].row}:${letter(cells[-1].column)}${cells[-1].row}"
    labels = f"{letter(names[0].column)}${names[0].row}:${letter(names[-1].column)}${names[-1].row}"
    sheet = cells[0].sheet
    return (
        Plotted(
            "Firm payments",
            f"'{sheet}'!$B${cells[0].row}",
            tuple(str(name.shown) for name in names),
            f"'{sheet}'!${labels}",
            tuple(cell.amount(0) for cell in cells),
            f"'{sheet}'!${at}",
            SERIES[0],
        ),
    )


def _card(sheet: Sheet, row: int, columns: tuple[int, int], card: Card) -> None:
    first, last = columns
    parts = (
        (card.name, "", Look.SMALL, Tone.LABEL),
        (card.figure, card.shape, Look.HEADLINE, Tone.TITLE),
        (card.below, card.below_shape, Look.SMALL, Tone.SECTION),
    )
    for offset, (what, shape, look, tone) in enumerate(parts):
        style = Style(tone=tone, fill=Fill.CARD, look=look, side=Align.LEFT, indent=1)
        for column in range(first, last + 1):
            sheet.words(row + offset, column, "", style)
        if isinstance(what, str):
            sheet.words(row + offset, first, what, style)
        else:
            sheet.put(row + offset, first, what, replace(style, shape=shape))
        sheet.sheet.merge_cells(start_row=row + offset, end_row=row + offset, start_column=first, end_column=last)
        sheet.sheet.row_dimensions[row + offset].height = 30 if look is Look.HEADLINE else 18
