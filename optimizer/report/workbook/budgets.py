"""Budgets: what each budget counts against its limit, by quarter and by the period it counts together."""

from dataclasses import dataclass

from optimizer.ledger.keys import PREPAYMENT
from optimizer.ledger.operation import OVERRUN
from optimizer.plan.plan import Plan
from optimizer.report.workbook.capacity import periods
from optimizer.report.workbook.decisions import Decided, FlowKey
from optimizer.report.workbook.inputs import Inputs
from optimizer.report.workbook.lines import Money
from optimizer.report.workbook.live import FIRST_PERIOD, THOUSAND, ZERO, Cell, Live, Row, choose
from optimizer.report.workbook.sheet import DETAIL, KEY, Line, Sheet, Written, letter
from optimizer.report.workbook.style import AMBER, GREEN, RED, Fill, Format, Look
from optimizer.report.workbook.sums import Down, SamePeriod, Where, largest, smallest
from optimizer.rules.budget import CODE, Budget, Measure

NEARLY, FULL = "0.9", "0.995"


@dataclass(frozen=True)
class BudgetView:
    """Lines of one budget: its amounts and what it counts by quarter; limit, use and headroom of the period."""

    budget: Budget
    amount: Written
    counted: Written
    limit: Written
    used: Written
    headroom: Written


def write_budgets(sheet: Sheet, plan: Plan, decided: Decided, inputs: Inputs, money: Money) -> tuple[BudgetView, ...]:
    """Write every budget of the case."""
    sheet.heading(KEY, "Supplier")
    return tuple(_budget(sheet, plan, budget, decided, inputs, money) for budget in plan.case.of(Budget))


def _budget(sheet: Sheet, plan: Plan, budget: Budget, decided: Decided, inputs: Inputs, money: Money) -> BudgetView:
    currency = plan.case.settings.currency
    narrowed = " ".join(part for part in (budget.category, budget.supplier and f"of {budget.supplier}") if part)
    what = f"{budget.measure.value}{' – ' + narrowed if narrowed else ''} by {budget.period.value}"
    sheet.section(f"{budget.budget} – {what}")
    numbers = {q: float(n) for n, (span, _) in enumerate(budget.limits(plan.case), 1) for q in span.quarters}
    period = sheet.line(
        Line("Period (0 = no limit)", "number", sheet.axis.spread(numbers), fill=Fill.WEIGHT, format=Format.FLAG)
    ).row

    def line(label: str, amount: Live, detail: str = "", look: Look = Look.PLAIN) -> Written:
        return sheet.line(Line(label, currency, amount, detail, format=Format.MONEY, look=look))

    amount = line("Budget of the quarter", inputs.series(Budget.TABLE.name, budget.budget))
    counted = _counted(sheet, currency, budget, money)
    limit = line("Budget of the period", SamePeriod(period, amount.row))
    used = line("Used in the period", SamePeriod(period, counted.row), look=Look.TOTAL)
    beyond: Live = ZERO
    overrun = decided.flows.get(FlowKey(OVERRUN, (CODE, budget.budget, "")))
    if overrun is not None:
        passed = line("Overrun admitted at a price", overrun * THOUSAND)
        beyond = line("Overrun of the period", SamePeriod(period, passed.row)).row
    room = limit.row - used.row if overrun is None else limit.row + beyond - used.row
    headroom = sheet.line(
        Line(
            "Headroom",
            currency,
            choose(period > ZERO, room, ZERO),
            "in periods with a limit",
            format=Format.MONEY,
            total=smallest,
            look=Look.TOTAL,
        )
    )
    _share(sheet, period, limit, used)
    return BudgetView(budget, amount, counted, limit, used, headroom)


def _counted(sheet: Sheet, currency: str, budget: Budget, money: Money) -> Written:
    """What the budget counts: lines of its category and supplier, as texts in columns C and G say."""
    category = PREPAYMENT.label if budget.measure is Measure.PREPAYMENTS else budget.category
    area = money.memo.area if budget.measure is Measure.COMMITMENTS else money.cash.area
    wanted: dict[str, Cell] = {}
    if category:
        wanted["A"] = sheet.own(DETAIL, category)
    if budget.supplier:
        wanted["G"] = sheet.own(KEY, budget.supplier)
    amount: Live = Where(area, wanted) if wanted else Down(area)
    line = Line(
        "Used in the quarter",
        currency,
        amount,
        category or "all categories",
        format=Format.MONEY,
        extra=budget.supplier or "all suppliers",
    )
    return sheet.line(line)


def _share(sheet: Sheet, period: Row, limit: Written, used: Written) -> None:
    share = choose(period * limit.row > ZERO, used.row / limit.row, ZERO)
    row = sheet.line(Line("Used", "share", share, format=Format.SHARE, total=largest)).row.row
    first, where = f"{letter(FIRST_PERIOD)}{row}", periods(sheet, row)
    sheet.shade(where, f"{first}>={FULL}", RED)
    sheet.shade(where, f"AND({first}>={NEARLY},{first}<{FULL})", AMBER)
    sheet.shade(where, f"AND({first}>0,{first}<{NEARLY})", GREEN)
