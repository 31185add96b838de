"""Limits on shortfall: what each allows to go unserved against what does, by the period it counts together."""

from collections.abc import Sequence
from dataclasses import dataclass

from optimizer.ledger.operation import OVERRUN
from optimizer.plan.plan import Plan
from optimizer.report.workbook.capacity import periods
from optimizer.report.workbook.decisions import Decided, FlowKey
from optimizer.report.workbook.inputs import Inputs
from optimizer.report.workbook.live import FIRST_PERIOD, THOUSAND, ZERO, Live, Row, added, choose
from optimizer.report.workbook.sheet import Line, Sheet, Written, letter
from optimizer.report.workbook.style import RED, Fill, Format, Look
from optimizer.report.workbook.sums import SamePeriod, largest, smallest
from optimizer.rules.policy import Policy, PolicyKind
from optimizer.rules.shortfall_share import CODE, workloads


@dataclass(frozen=True)
class UnservedView:
    """Lines of one limit: unit-hours demanded in the period, and headroom below what may go unserved."""

    policy: Policy
    demanded: Written
    headroom: Written


@dataclass(frozen=True)
class Units:
    """Average units of a workload, by quarter: demanded, and not served."""

    workload: str
    demanded: Written
    short: Written


def write_unserved(
    sheet: Sheet, plan: Plan, units: Sequence[Units], hours: Row, decided: Decided, inputs: Inputs
) -> tuple[UnservedView, ...]:
    """Write every shortfall share of the case; `hours` are those of the quarters."""
    policies = [row for row in plan.case.of(Policy) if row.kind is PolicyKind.SHORTFALL]
    return tuple(_policy(sheet, plan, policy, units, hours, decided, inputs) for policy in policies)


def _policy(
    sheet: Sheet, plan: Plan, policy: Policy, units: Sequence[Units], hours: Row, decided: Decided, inputs: Inputs
) -> UnservedView:
    sheet.section(f"{policy.policy} – shortfall share of {policy.workload or 'all demand'} by {policy.period.value}")
    numbers = {q: float(n) for n, span in enumerate(policy.spans(plan.case), 1) for q in span.quarters}
    spread = sheet.axis.spread(numbers)
    period = sheet.line(Line("Period (0 = no limit)", "number", spread, fill=Fill.WEIGHT, format=Format.FLAG)).row
    names = {row.workload for row in workloads(plan.case, policy)}
    counted = [one for one in units if one.workload in names]

    def line(label: str, amount: Live, look: Look = Look.PLAIN) -> Written:
        return sheet.line(Line(label, "unit-hours", amount, look=look))

    demanded = line("Demanded", added(one.demanded.row for one in counted) * hours)
    unserved = line("Not served", added(one.short.row for one in counted) * hours)
    whole = line("Demanded in the period", SamePeriod(period, demanded.row))
    short = line("Not served in the period", SamePeriod(period, unserved.row), Look.TOTAL)
    allowed = whole.row * inputs.cell(Policy.TABLE.name, policy.policy, "limit")
    overrun = decided.flows.get(FlowKey(OVERRUN, (CODE, policy.policy, "")))
    if overrun is not None:
        passed = line("Overrun admitted at a price", overrun * THOUSAND)
        allowed = allowed + line("Overrun of the period", SamePeriod(period, passed.row)).row
    room = choose(period > ZERO, allowed - short.row, ZERO)
    headroom = sheet.line(
        Line("Headroom", "unit-hours", room, "in periods with a limit", total=smallest, look=Look.TOTAL)
    )
    share = choose(period * whole.row > ZERO, short.row / whole.row, ZERO)
    shown = sheet.line(Line("Not served", "share", share, format=Format.SHARE, total=largest)).row.row
    first, below = f"{letter(FIRST_PERIOD)}{headroom.row.row}", f"{letter(FIRST_PERIOD)}{shown}"
    sheet.shade(periods(sheet, shown), f"AND({first}<0,{below}>0)", RED)
    return UnservedView(policy, whole, headroom)
