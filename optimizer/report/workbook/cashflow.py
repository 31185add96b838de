"""The cash flow of the horizon, out negative, and its present value reconciled with the solver's objective."""

from collections.abc import Callable
from dataclasses import dataclass

from optimizer.ledger.keys import Category
from optimizer.plan.audit import Audit
from optimizer.plan.plan import Plan
from optimizer.report.workbook.lines import Money, area_of
from optimizer.report.workbook.live import ONE, ZERO, Cell, Live, Row, absolute, choose
from optimizer.report.workbook.money import ValueView
from optimizer.report.workbook.sheet import CONSTANT, KEY, LABEL, TOTAL, Line, Sheet, Written
from optimizer.report.workbook.style import Fill, Format, Look
from optimizer.report.workbook.sums import Column, Down, Running, Where, total

CENT = 0.005


@dataclass(frozen=True)
class CashView:
    """Lines of the cash flow, negative where money is paid; and the cells of the reconciliation.

    `rebuilt`, `reported` and `replayed` are the objective of this workbook, of the solver and of the audit.
    """

    categories: dict[Category, Written]
    net: Written
    suppliers: Written
    rebuilt: Cell
    reported: Cell
    replayed: Cell
    difference: Cell


def write_cashflow(sheet: Sheet, plan: Plan, audited: Audit, value: ValueView, money: Money) -> CashView:
    """Write cash by category and supplier, costs that are not cash, present values, and the reconciliation."""
    sheet.heading(KEY, "After horizon")
    currency = plan.case.settings.currency
    sheet.section(f"Cash by category, {currency} (out is negative)")
    cash = [kind for kind in value.nominal if kind.cash]
    rows = {kind: _mirror(sheet, currency, kind.label, value.nominal[kind]) for kind in cash}
    net = _sum(sheet, currency, "Net cash flow", list(rows.values()), value.cash)
    sheet.line(Line("Cumulative cash", currency, Running(net.row), format=Format.MONEY))
    sheet.line(Line("Discount factor", "factor", value.factor, format=Format.FACTOR))
    value_of_cash = _mirror(sheet, currency, "Present value of cash", value.cash_value, look=Look.TOTAL)
    suppliers = _suppliers(sheet, currency, money, value)
    sheet.section("Costs of the objective that are not cash")
    for kind, line in value.nominal.items():
        if not kind.cash:
            _mirror(sheet, currency, kind.label, line)
    other_value = _mirror(
        sheet, currency, "Present value of costs that are not cash", value.other_value, look=Look.TOTAL
    )
    return CashView(rows, net, suppliers, *_reconciliation(sheet, plan, audited, value_of_cash, other_value))


def _minus(cell: Cell | None) -> Callable[[Row], Live]:
    return lambda _: -cell if cell is not None else ZERO


def _mirror(sheet: Sheet, currency: str, label: str, line: Written, look: Look = Look.PLAIN) -> Written:
    """A line of the present-value sheet with its sign turned: the horizon, what follows it, and the total."""
    mirrored = Line(
        label,
        currency,
        -line.row,
        total=_minus(line.total),
        extra=_minus(line.extra),
        format=Format.MONEY,
        look=look,
    )
    return sheet.line(mirrored)


def _sum(sheet: Sheet, currency: str, label: str, rows: list[Written], whole: Written) -> Written:
    """The sum of lines by quarter; its total comes from the line of the whole, so that a check can compare them."""
    line = Line(
        label,
        currency,
        Down(area_of(sheet, rows)),
        total=_minus(whole.total),
        extra=_minus(whole.extra),
        format=Format.MONEY,
        look=Look.TOTAL,
    )
    return sheet.line(line)


def _suppliers(sheet: Sheet, currency: str, money: Money, value: ValueView) -> Written:
    sheet.section("Cash by supplier")
    names = dict.fromkeys(str(line.extra.shown) for line in money.cash.lines.values() if line.extra)
    totals = Column("F", {line.row.row: line.total.amount(0) for line in money.cash.lines.values() if line.total})
    return _sum(
        sheet,
        currency,
        "All suppliers",
        [_supplier(sheet, currency, name, money, totals) for name in names],
        value.cash,
    )


def _supplier(sheet: Sheet, currency: str, name: str, money: Money, totals: Column) -> Written:
    wanted = {"G": sheet.own(LABEL, name)}
    whole = -Where(money.cash.area, wanted, totals, quarters=False)

    def rest(row: Row) -> Live:
        return Cell(sheet.name, row.row, TOTAL, whole.amount(0), own_row=True) - total(row)

    line = Line(
        name,
        currency,
        -Where(money.cash.area, wanted),
        total=lambda _: whole,
        extra=rest,
        format=Format.MONEY,
    )
    return sheet.line(line)


def _reconciliation(
    sheet: Sheet, plan: Plan, audited: Audit, cash: Written, other: Written
) -> tuple[Cell, Cell, Cell, Cell]:
    """Objective rebuilt, reported and replayed, and the difference of the first two, which must tie to the cent."""
    currency = plan.case.settings.currency
    sheet.section("Reconciliation with the solver (costs are positive)")

    def cents(label: str, detail: str = "", look: Look = Look.PLAIN, fill: Fill = Fill.NONE) -> Line:
        return Line(label, currency, detail=detail, format=Format.CENTS, look=look, fill=fill)

    parts = [
        sheet.figure(cents(label), _minus(line.total)(line.row))
        for label, line in (("Present value of cash", cash), ("Present value of costs that are not cash", other))
    ]
    rebuilt = sheet.figure(
        cents("Objective rebuilt in this workbook", "name: objective_formula", Look.TOTAL), parts[0] + parts[1]
    )
    objective = plan.result.objective
    if objective is None:
        raise ValueError("a plan without an objective has no workbook")
    reported = sheet.figure(
        cents("Objective reported by the solver", "name: objective_solver", fill=Fill.DECISION), objective
    )
    replayed = sheet.figure(cents("Objective recomputed by the independent audit", fill=Fill.WEIGHT), audited.objective)
    difference = sheet.figure(cents("Difference", "rebuilt − reported"), rebuilt - reported)
    tolerance = Line("Ties to the cent", "1 = yes", detail="column E: half a cent", constant=CENT, format=Format.FLAG)
    sheet.figure(tolerance, choose(absolute(difference) <= Cell(sheet.name, sheet.next, CONSTANT, CENT), ONE, ZERO))
    return rebuilt, reported, replayed, difference
