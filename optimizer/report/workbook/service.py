"""Demand, service and shortfall: what is due, what is served and what is missing, by workload and quarter."""

from dataclasses import dataclass

from openpyxl.utils import get_column_letter

from optimizer.case.world import Demand, Workload
from optimizer.ledger.keys import SHORTFALL as SHORTFALL_COST
from optimizer.ledger.operation import DEFERRED, RECOVERED, SERVED, SHORTFALL, Operation
from optimizer.plan.plan import Plan
from optimizer.report.workbook.capacity import periods
from optimizer.report.workbook.decisions import Decided
from optimizer.report.workbook.inputs import Inputs
from optimizer.report.workbook.lines import Money
from optimizer.report.workbook.live import FIRST_PERIOD, ONE, ZERO, Live, Row, added, choose
from optimizer.report.workbook.sheet import DETAIL, KEY, TOTAL, Line, Sheet, Written
from optimizer.report.workbook.style import RED, Fill, Format, Look
from optimizer.report.workbook.sums import Column, Where, average, total
from optimizer.report.workbook.unserved import Units, UnservedView, write_unserved


@dataclass(frozen=True)
class WorkloadView:
    """Lines of one workload, in average units: demanded, due, served and short, and what does not add up."""

    workload: str
    demanded: Written
    due: Written
    served: Written
    short: Written
    balance: Written


@dataclass(frozen=True)
class ServiceView:
    """Lines of the sheet: each workload, all of them together, also in unit-hours, and limits on what may be short."""

    workloads: tuple[WorkloadView, ...]
    due: Written
    served: Written
    short: Written
    hours_demanded: Written
    hours_short: Written
    limits: tuple[UnservedView, ...]


def write_service(sheet: Sheet, plan: Plan, decided: Decided, inputs: Inputs, money: Money) -> ServiceView:
    """Write the balance of every workload, then of all, then the limits on shortfall."""
    sheet.heading(TOTAL, "Average")
    workloads = tuple(_workload(sheet, plan, workload, decided, inputs, money) for workload in plan.case.of(Workload))
    sheet.section("All workloads")
    parts = {
        name: sheet.line(
            Line(label, "units", added(getattr(view, name).row for view in workloads), total=average, look=look)
        )
        for name, label, look in (
            ("due", "Due", Look.PLAIN),
            ("served", "Served", Look.PLAIN),
            ("short", "Shortfall", Look.TOTAL),
        )
    }
    share = choose(parts["due"].row > ZERO, parts["served"].row / parts["due"].row, ONE)
    sheet.line(Line("Share served", "share", share, format=Format.SHARE))
    _alarm(sheet, parts["short"])
    units = [Units(view.workload, view.demanded, view.short) for view in workloads]
    hours = _hours(sheet, plan)
    demanded, short = (
        sheet.line(Line(label, "unit-hours", amount * hours, total=total))
        for label, amount in (
            ("Unit-hours demanded", added(view.demanded.row for view in workloads)),
            ("Unit-hours short", parts["short"].row),
        )
    )
    limits = write_unserved(sheet, plan, units, hours, decided, inputs)
    return ServiceView(workloads, parts["due"], parts["served"], parts["short"], demanded, short, limits)


def _hours(sheet: Sheet, plan: Plan) -> Row:
    calendar = plan.case.calendar
    hours = sheet.axis.spread({quarter: calendar.hours(quarter) for quarter in calendar.quarters})
    return sheet.line(Line("Hours of the quarter", "hours", hours, fill=Fill.WEIGHT)).row


def _workload(
    sheet: Sheet, plan: Plan, workload: Workload, decided: Decided, inputs: Inputs, money: Money
) -> WorkloadView:
    name, currency = workload.workload, plan.case.settings.currency
    sheet.section(name)
    series: Live = ZERO
    if inputs.has_series(Demand.TABLE.name, name):
        series = inputs.series(Demand.TABLE.name, name)
    demanded = due = sheet.line(Line("Demand", "units", series, "average of the quarter", total=average))
    moved = []
    for sign, operation, label in ((-1, DEFERRED, "Deferred to later"), (1, RECOVERED, "Recovered from earlier")):
        units = _units(sheet, decided, operation, name)
        if units is not None:
            moved.append(sheet.line(Line(label, "units", -units if sign < 0 else units, name, total=average)).row)
    if moved:
        due = sheet.line(Line("Due", "units", added([due.row, *moved]), total=average, look=Look.TOTAL))
    lines = [
        sheet.line(Line(label, "units", _units(sheet, decided, operation, name) or ZERO, name, total=average))
        for operation, label in ((SERVED, "Served"), (SHORTFALL, "Shortfall"))
    ]
    served, short = lines
    balance = due.row - served.row - short.row
    rest = sheet.line(Line("Due, neither served nor short", "units", balance, format=Format.DECIMAL, look=Look.TOTAL))
    keys = {"A": sheet.own(KEY, SHORTFALL_COST.label), "B": sheet.own(DETAIL, name)}
    cost = Where(money.costs.area, keys)
    if not cost.empty:
        line = Line(
            "Shortfall cost", currency, cost, name, extra=SHORTFALL_COST.label, format=Format.MONEY, total=total
        )
        sheet.line(line)
    _alarm(sheet, short)
    return WorkloadView(name, demanded, due, served, short, rest)


def _units(sheet: Sheet, decided: Decided, operation: Operation, workload: str) -> Live | None:
    """Average units of an operation over the hours of the quarter; None where the plan has none of it at all."""
    if operation not in decided.areas:
        return None
    return Where(decided.areas[operation], {"B": sheet.own(DETAIL, workload)}, Column("E", decided.shares))


def _alarm(sheet: Sheet, short: Written) -> None:
    row = short.row.row
    sheet.shade(periods(sheet, row), f"{get_column_letter(FIRST_PERIOD)}{row}>0.005", RED)
