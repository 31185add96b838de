"""The figures of the dashboard: what each card says, as a formula."""

import math
from dataclasses import dataclass

from optimizer.plan.plan import Plan
from optimizer.report.workbook.capacity import CapacityView
from optimizer.report.workbook.checks import CheckView, Views
from optimizer.report.workbook.live import MILLION, ONE, THOUSAND, ZERO, Call, Live, Words, choose, highest, lowest
from optimizer.report.workbook.sums import average, largest, smallest, total

MILLIONS = "#,##0.0"
FIRST_YEAR = 4


@dataclass(frozen=True)
class Card:
    """A figure with its name above and a second figure below, whose number format holds its words."""

    name: str
    figure: Live | float | str
    shape: str
    below: Live | float | str
    below_shape: str = "General"


def cards(plan: Plan, views: Views, capacity: CapacityView, checks: CheckView) -> tuple[Card, ...]:
    """Four figures of money and proof, then four of capacity, power and checks."""
    return (*_money(plan, views), *_physical(views, capacity), _power(views), _checks(checks))


def _money(plan: Plan, views: Views) -> tuple[Card, ...]:
    cash, result, currency = views.cash, plan.result, plan.case.settings.currency
    whole, after, net = cash.net.total, views.contracts.firm_total.extra, cash.net.row
    assert whole is not None and after is not None
    first = min(FIRST_YEAR, len(net.numbers)) - 1
    return (
        Card(
            f"Present value of all costs, {currency} m",
            cash.rebuilt / MILLION,
            MILLIONS,
            -whole / MILLION,
            '#,##0.0" m cash to the last payment"',
        ),
        Card(
            f"Cash paid in the horizon, {currency} m",
            -total(net) / MILLION,
            MILLIONS,
            -total(net, 0, first) / MILLION,
            '#,##0.0" m in the first four quarters"',
        ),
        Card(
            f"Firm commitments, {currency} m",
            views.commitments.total / MILLION,
            MILLIONS,
            after / MILLION,
            '#,##0.0" m of it after the horizon"',
        ),
        Card(
            "Gap to the proven bound",
            "unknown" if result.gap is None else result.gap,
            "0.000%",
            f"{result.status} (asked: {result.asked_gap:.3%})",
        ),
    )


def _physical(views: Views, capacity: CapacityView) -> tuple[Card, ...]:
    demanded, short = total(views.service.hours_demanded.row), total(views.service.hours_short.row)
    contracted = total(capacity.contracted.row)
    return (
        Card(
            "Demand served",
            choose(demanded > ZERO, _never_more(ONE - short / demanded), ONE),
            "0.0%",
            average(views.service.short.row),
            '#,##0" units short on average";;"no shortfall"',
        ),
        Card(
            "GPUs contracted at peak",
            largest(capacity.contracted.row),
            "#,##0",
            choose(contracted > ZERO, total(capacity.used.row) / contracted, ZERO),
            '0.0%" in use on average"',
        ),
    )


def _never_more(share: Live) -> Live:
    """A share cut to three digits, as the page shows it: 99.96 % is not 100 %."""
    digits = Call("ROUND", (share * MILLION, ZERO), lambda number, _: float(round(number)))
    return Call("INT", (digits / THOUSAND,), lambda number: float(math.floor(number))) / THOUSAND


def _power(views: Views) -> Card:
    if not views.sites:
        return Card("Tightest power limit, used", "no limit", "General", "no site has a limit")
    used = Call("MAX", tuple(largest(view.used.row) for view in views.sites), highest)
    least = Call("MIN", tuple(smallest(view.headroom.row) for view in views.sites), lowest)
    return Card("Tightest power limit, used", used, "0.0%", least, '#,##0.00" MW least headroom"')


def _checks(checks: CheckView) -> Card:
    verdict = choose(checks.master.equals(ONE), Words("ALL PASS"), Words("FAIL"))
    return Card("Checks", verdict, "General", checks.passed, f'0" of {checks.count} lines pass"')
