"""Present value of every category to the last payment, and cash by contract: the calculation behind the cash flow."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from optimizer.case.settings import PaymentTiming
from optimizer.contracts.contract import Contract
from optimizer.ledger.keys import Category
from optimizer.plan.plan import Plan
from optimizer.plan.statements import category
from optimizer.report.workbook.inputs import Inputs
from optimizer.report.workbook.lines import Money, area_of
from optimizer.report.workbook.live import FOUR, MILLION, ONE, ZERO, Cell, Live, Row, choose, year_after
from optimizer.report.workbook.sheet import CONSTANT, KEY, LABEL, Line, Sheet, Written
from optimizer.report.workbook.style import Format, Look
from optimizer.report.workbook.sums import Column, Down, Position, Where, total

CASH, NOT_CASH = "cash", "not cash"


@dataclass(frozen=True)
class ValueView:
    """Lines of the present-value sheet. `nominal` is by category, totals are of cash and of the rest."""

    factor: Row
    fiscal_year: Row
    nominal: dict[Category, Written]
    cash: Written
    other: Written
    cash_value: Written
    other_value: Written


def after_horizon(sheet: Sheet) -> Callable[[Row], Live]:
    """Makes the sum of a row over the quarters beyond the horizon."""
    return lambda row: total(row, sheet.axis.horizon)


def write_present_value(sheet: Sheet, plan: Plan, inputs: Inputs, money: Money) -> ValueView:
    """Write the timeline, the cost of every category by quarter, and what it weighs in the objective."""
    sheet.heading(KEY, "After horizon")
    timing = _timing(sheet, inputs)
    within, factor, fiscal_year, tail = _timeline(sheet, plan, inputs, timing)
    kinds = _categories(plan)
    sheet.section("Cost by category, nominal (paid is positive; column E is 1 where it pays for service)")
    nominal: dict[Category, Written] = {}
    totals = []
    for cash, name in ((True, "Cash, net"), (False, "Costs that are not cash")):
        rows = [_nominal(sheet, plan, kind, money) for kind in kinds if kind.cash is cash]
        nominal.update(zip((kind for kind in kinds if kind.cash is cash), rows, strict=True))
        totals.append(_total(sheet, plan, name, rows))
    sheet.section("Present value: cost × discount factor × (1 − service × beyond the horizon × tail value)")
    for cash, name in ((True, "Present value of cash"), (False, "Present value of costs that are not cash")):
        rows = [_present(sheet, plan, nominal[kind], (within, factor, tail)) for kind in kinds if kind.cash is cash]
        totals.append(_total(sheet, plan, name, rows))
    return ValueView(factor, fiscal_year, nominal, *totals)


def _timing(sheet: Sheet, inputs: Inputs) -> Cell:
    """The share of a quarter after which payments fall, looked up by the word of the settings."""
    sheet.section("When in its quarter a payment falls")
    shares = {}
    lines = []
    for timing in PaymentTiming:
        line = sheet.line(Line(timing.value, "share", constant=timing.share, constant_format=Format.FACTOR))
        lines.append(line)
        shares[line.row.row] = timing.share
    chosen = Where(area_of(sheet, lines), {"B": inputs.setting("payment_timing")}, Column("E", shares), quarters=False)
    line = sheet.line(
        Line(
            "payments of this case",
            "share",
            detail="as the settings say",
            constant=chosen,
            constant_format=Format.FACTOR,
        )
    )
    assert line.constant is not None
    return line.constant


def _timeline(sheet: Sheet, plan: Plan, inputs: Inputs, timing: Cell) -> tuple[Row, Row, Row, Cell]:
    """Rows of the horizon, the discount factor and the fiscal year; and the cell of the tail value."""

    row = partial(_timed, sheet)
    sheet.section("Timeline")
    count, rate, share = (inputs.setting(name) for name in ("quarters", "discount_rate", "tail_value"))
    number = row("Quarters since the start", "quarters", Position(), Format.FLAG)
    here = sheet.own(CONSTANT, count.shown)
    within = row(
        "Within the horizon",
        "1 = yes",
        choose(number < here, ONE, ZERO),
        Format.FLAG,
        "column E: quarters planned",
        constant=count,
        constant_format=Format.PLAIN,
    )
    calendar = plan.case.calendar
    past = float(calendar.as_of - calendar.first)
    still = row(
        "Still to be paid",
        "1 = yes",
        choose(number < sheet.own(CONSTANT, past), ZERO, ONE),
        Format.FLAG,
        "column E: quarters that are history",
        constant=past,
        constant_format=Format.PLAIN,
    )
    years = row("Years to payment", "years", (number - sheet.own(CONSTANT, past) + timing) / FOUR, Format.FACTOR)
    factor = row(
        "Discount factor",
        "factor",
        still / (ONE + sheet.own(CONSTANT, rate.shown)) ** years,
        Format.FACTOR,
        "column E: discount rate a year; what is paid already counts 0",
        constant=rate,
        constant_format=Format.SHARE,
    )
    fiscal_year = _fiscal_year(sheet, plan)
    detail = "of service beyond the horizon assumed worth its price"
    tail = sheet.line(Line("Tail value", "share", (), detail, constant=share, constant_format=Format.SHARE))
    assert tail.constant is not None
    return within, factor, fiscal_year, tail.constant


def _timed(
    sheet: Sheet, label: str, unit: str, live: Live, shape: Format, detail: str = "",
    constant: Live | float | None = None, constant_format: Format = Format.PRICE,
) -> Row:  # fmt: skip
    line = Line(
        label, unit, live, detail, constant=constant, format=shape, constant_format=constant_format, anchored=True
    )
    return sheet.line(line).row


def _fiscal_year(sheet: Sheet, plan: Plan) -> Row:
    months = float((13 - plan.case.settings.fiscal_year_start_month) % 12)
    return _timed(
        sheet,
        "Fiscal year",
        "year it ends in",
        year_after(sheet.dates, sheet.own(CONSTANT, months)),
        Format.PLAIN,
        "column E: months from the fiscal year's start to January",
        constant=months,
        constant_format=Format.PLAIN,
    )


def _categories(plan: Plan) -> list[Category]:
    """Categories the plan has money of, cash first, in the order of the case's tables."""
    posted = dict.fromkeys(category(m) for m in plan.moved if hasattr(m.posting.key, "category"))
    order = [one for kind in dict.fromkeys(type(row) for row in plan.case.of(Contract)) for one in kind.CATEGORIES]
    return sorted(posted, key=lambda one: (not one.cash, order.index(one) if one in order else len(order), one.label))


def _nominal(sheet: Sheet, plan: Plan, kind: Category, money: Money) -> Written:
    return sheet.line(
        Line(
            kind.label,
            plan.case.settings.currency,
            Where(money.costs.area, {"A": sheet.own(LABEL, kind.label)}),
            CASH if kind.cash else NOT_CASH,
            constant=1.0 if kind.service else 0.0,
            constant_format=Format.FLAG,
            total=total,
            extra=after_horizon(sheet),
            format=Format.MONEY,
        )
    )


def _present(sheet: Sheet, plan: Plan, cost: Written, timeline: tuple[Row, Row, Cell]) -> Written:
    within, factor, tail = timeline
    assert cost.constant is not None
    value = cost.row * factor * (ONE - cost.constant * (ONE - within) * tail)
    return sheet.line(
        Line(
            cost.label,
            plan.case.settings.currency,
            value,
            cost.detail,
            total=total,
            extra=after_horizon(sheet),
            format=Format.MONEY,
        )
    )


def _total(sheet: Sheet, plan: Plan, name: str, rows: list[Written]) -> Written:
    line = Line(
        name,
        plan.case.settings.currency,
        Down(area_of(sheet, rows)),
        total=total,
        extra=after_horizon(sheet),
        format=Format.MONEY,
        look=Look.TOTAL,
    )
    return sheet.line(line)


@dataclass(frozen=True)
class ContractView:
    """Lines of cash by contract, and of the part that is firm once signed; `millions` are firm and other cash."""

    years: Row
    cash: Written
    firm: dict[str, Written]
    firm_total: Written
    millions: tuple[Written, Written]


def write_by_contract(sheet: Sheet, plan: Plan, value: ValueView, money: Money) -> ContractView:
    """Write cash by contract to the end of every contract, and firm payments alone."""
    sheet.heading(KEY, "After horizon")
    years = sheet.line(
        Line("Fiscal year", "year it ends in", value.fiscal_year, format=Format.PLAIN, anchored=True)
    ).row
    suppliers = {row.name: row.supplier for row in plan.case.of(Contract)}
    views = {}
    for part, title, name in (
        (money.cash, "All cash by contract and workload (paid is positive)", "All cash"),
        (money.firm, "Of it firm once signed: invoices, prepayments, credits, fees, premiums, capex", "Firm payments"),
    ):
        sheet.section(title)
        sources = list(dict.fromkeys(group.source for group in part.lines))
        ordered = [one for one in suppliers if one in sources] + [one for one in sources if one not in suppliers]
        rows = {
            source: sheet.line(
                Line(
                    source,
                    plan.case.settings.currency,
                    Where(part.area, {"B": sheet.own(LABEL, source)}),
                    suppliers.get(source, ""),
                    total=total,
                    extra=after_horizon(sheet),
                    format=Format.MONEY,
                )
            )
            for source in ordered
        }
        views[name] = rows, _total(sheet, plan, name, list(rows.values()))
    (_, cash), (firm, firm_total) = views["All cash"], views["Firm payments"]
    sheet.section("In millions, for the dashboard")
    millions = [
        sheet.line(Line(name, "million", amount / MILLION, format=Format.MILLIONS))
        for name, amount in (("firm payments", firm_total.row), ("other cash", cash.row - firm_total.row))
    ]
    return ContractView(years, cash, firm, firm_total, (millions[0], millions[1]))
