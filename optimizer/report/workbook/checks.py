"""Checks: every line measures something that must not pass its tolerance, and says 1 (pass) or 0 (fail).

An error in what is measured is a fail. The master check is 1 where all pass; Cover and Dashboard repeat it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from optimizer.plan.audit import Audit
from optimizer.plan.plan import Plan
from optimizer.report.workbook.budgets import BudgetView
from optimizer.report.workbook.capacity import Use
from optimizer.report.workbook.cashflow import CENT, CashView
from optimizer.report.workbook.commitments import CommitmentView
from optimizer.report.workbook.decisions import Decided
from optimizer.report.workbook.live import ONE, ZERO, Call, Cell, Guarded, Live, Row, absolute, added, choose, highest
from optimizer.report.workbook.money import ContractView, ValueView
from optimizer.report.workbook.options import OptionView
from optimizer.report.workbook.power import SiteView
from optimizer.report.workbook.service import ServiceView
from optimizer.report.workbook.sheet import DATE_ROW, FIRST_ROW, HEADER_ROW, Sheet, letter
from optimizer.report.workbook.style import GREEN, RED, Align, Fill, Format, Look, Style, Tone
from optimizer.report.workbook.sums import ErrorCount, NumberCount, OfColumn, largest, smallest, total

RELATIVE = 1e-6
ROUNDING = 1e-13
HEADINGS = (("Check", 74), ("Unit", 16), ("Measured", 18), ("Tolerance", 16), ("Pass", 8), ("Where", 34))
QUIET = Style(tone=Tone.QUIET, side=Align.LEFT, indent=1)
CHECK, UNIT, MEASURED, TOLERANCE, PASS, WHERE = range(2, 8)


@dataclass(frozen=True)
class Check:
    """Something that is at most its tolerance in a sound workbook."""

    text: str
    unit: str
    measured: Live | float
    tolerance: float
    where: str


@dataclass(frozen=True)
class Views:
    """The sheets that are checked."""

    decided: Decided
    value: ValueView
    cash: CashView
    contracts: ContractView
    commitments: CommitmentView
    use: Use
    sites: tuple[SiteView, ...]
    service: ServiceView
    options: tuple[OptionView, ...]
    budgets: tuple[BudgetView, ...]
    calculated: tuple[Sheet, ...]


@dataclass(frozen=True)
class CheckView:
    """The master check (1 or 0), the number of checks that pass, and how many there are."""

    master: Cell
    passed: Cell
    count: int


def write_checks(sheet: Sheet, plan: Plan, audited: Audit, views: Views) -> CheckView:
    """Write the master check and every check."""
    sheet.widths((3, *(width for _, width in HEADINGS)))
    for number, (text, _) in enumerate(HEADINGS):
        side = Align.RIGHT if CHECK + number in (MEASURED, TOLERANCE, PASS) else Align.LEFT
        sheet.header(HEADER_ROW, CHECK + number, text, side, indent=int(CHECK + number == WHERE))
        sheet.header(DATE_ROW, CHECK + number, "")
    checks = [*_money(plan, views), *_physical(views), *_limits(plan, views), *_decisions(views)]
    checks += _sound(audited, views)
    top = FIRST_ROW + 3
    passes = [_write(sheet, top + number, check) for number, check in enumerate(checks)]
    column, bottom = letter(PASS), top + len(checks) - 1
    sheet.words(
        FIRST_ROW, CHECK, "Master check: 1 where every line below passes", Style(look=Look.BOLD, side=Align.LEFT)
    )
    sheet.words(FIRST_ROW, WHERE, "name: checks_pass", QUIET)
    sheet.words(FIRST_ROW + 1, CHECK, "Lines that pass", Style(side=Align.LEFT))
    least = Guarded(OfColumn("MIN", column, top, bottom, min(passes)), ZERO)
    master = sheet.formula(FIRST_ROW, PASS, least, Style(Format.PLAIN, look=Look.BOLD))
    count = OfColumn("SUM", column, top, bottom, sum(passes))
    passed = sheet.formula(FIRST_ROW + 1, PASS, count, Style(Format.PLAIN))
    for first, last in ((FIRST_ROW, FIRST_ROW), (top, bottom)):
        sheet.shade(f"{column}{first}:{column}{last}", f"{column}{first}=1", GREEN)
        sheet.shade(f"{column}{first}:{column}{last}", f"{column}{first}=0", RED)
    sheet.sheet.freeze_panes = sheet.sheet.cell(FIRST_ROW, CHECK + 1)
    return CheckView(master, passed, len(checks))


def _write(sheet: Sheet, row: int, check: Check) -> float:
    """Write a check; returns 1 or 0."""
    sheet.words(row, CHECK, check.text, Style(side=Align.LEFT))
    sheet.words(row, UNIT, check.unit, Style(tone=Tone.QUIET, side=Align.LEFT))
    measured = sheet.put(row, MEASURED, check.measured, Style(Format.FINE))
    sheet.number(row, TOLERANCE, check.tolerance, Style(Format.FINE, Tone.CONSTANT, Fill.INPUT))
    here = Cell(sheet.name, row, MEASURED, measured.shown, own_row=True)
    limit = Cell(sheet.name, row, TOLERANCE, check.tolerance, own_row=True)
    passed = sheet.formula(row, PASS, Guarded(choose(here <= limit, ONE, ZERO), ZERO), Style(Format.PLAIN))
    sheet.words(row, WHERE, check.where, QUIET)
    return passed.amount(0)


def _widest(row: Row) -> Live:
    """The largest size of any number of a row."""
    return Call("MAX", (largest(row), -smallest(row)), highest)


def _over(row: Row) -> Live:
    """By how much the least of a row of headrooms lies below 0."""
    return Call("MAX", (ZERO, -smallest(row)), highest)


def _of(cell: Cell | None) -> Cell:
    if cell is None:
        raise ValueError("a line that is checked has no total")
    return cell


def _money(plan: Plan, views: Views) -> Iterator[Check]:
    cash, value, currency = views.cash, views.value, plan.case.settings.currency
    cents = CENT + ROUNDING * sum(abs(_of(line.total).amount(0)) for line in value.nominal.values())

    def check(text: str, difference: Live, where: str, tolerance: float = cents) -> Check:
        return Check(text, currency, absolute(difference), tolerance, where)

    yield check("Objective rebuilt here ties to the objective of the solver", cash.difference, "Cashflow", CENT)
    yield check(
        "Objective rebuilt here ties to that of the independent audit", cash.rebuilt - cash.replayed, "Cashflow"
    )
    net = total(cash.net.row) + _of(cash.net.extra) - _of(cash.net.total)
    yield check("Cash within and after the horizon adds up to all cash", net, "Cashflow, PresentValue")
    suppliers = total(cash.suppliers.row) - total(cash.net.row)
    yield check("Cash by supplier adds up to cash by category", suppliers, "Cashflow")
    contracts = _of(views.contracts.cash.total) - _of(value.cash.total)
    yield check("Cash by contract adds up to cash by category", contracts, "ByContract, PresentValue")
    firm = views.commitments.total - _of(views.contracts.firm_total.total)
    yield check("Commitments by contract add up to firm payments", firm, "Commitments, ByContract")
    years = added(views.commitments.years) - views.commitments.total
    yield check("Commitments by fiscal year add up to their total", years, "Commitments")


def _physical(views: Views) -> Iterator[Check]:
    for view in views.service.workloads:
        scale = max(1.0, *view.due.row.numbers)
        text = f"{view.workload}: what is due is served or counted as short"
        yield Check(text, "units", _widest(view.balance.row), RELATIVE * scale, "Shortfall")
    for pool in views.use.pools:
        scale = max(1.0, *(number for line in pool.usable for number in line.row.numbers))
        yield Check(
            f"{pool.name}: GPUs in use are there", "GPUs over", _over(pool.free.row), RELATIVE * scale, "Utilisation"
        )


def _limits(plan: Plan, views: Views) -> Iterator[Check]:
    for site in views.sites:
        scale = max(1.0, site.scale)
        text = f"{site.site}: {site.what.lower()} is within its limit"
        yield Check(text, "MW over", _over(site.headroom.row), RELATIVE * scale, "Power")
    for budget in views.budgets:
        scale = max(1.0, sum(abs(number) for number in budget.counted.row.numbers), *budget.amount.row.numbers)
        text = f"{budget.budget.budget}: within the budget"
        currency = plan.case.settings.currency
        yield Check(text, f"{currency} over", _over(budget.headroom.row), RELATIVE * scale, "Budgets")
    for limit in views.service.limits:
        scale = max(1.0, *limit.demanded.row.numbers)
        text = f"{limit.policy.policy}: no more goes unserved than its share"
        yield Check(text, "unit-hours over", _over(limit.headroom.row), RELATIVE * scale, "Shortfall")


def _decisions(views: Views) -> Iterator[Check]:
    for option in views.options:
        scale = max(1.0, *option.held.row.numbers)
        text = f"{option.option}: no more is exercised than is held"
        yield Check(text, "blocks over", _over(option.held.row), RELATIVE * scale, "Options")
    decided = views.decided
    counts = [NumberCount(decided.signings, decided.periods, len(decided.once))]
    counts += [NumberCount(area, decided.periods, area.filled) for area in decided.areas.values()]
    text = "Quantities stand only where the plan has them; one in a blank quarter has no effect and needs a new solve"
    yield Check(text, "numbers", added(counts), float(sum(count.filled for count in counts)), "Signings, Quantities")


def _sound(audited: Audit, views: Views) -> Iterator[Check]:
    errors = added(ErrorCount(sheet.name, sheet.width, sheet.next) for sheet in views.calculated)
    names = ", ".join(sheet.name for sheet in views.calculated)
    yield Check("No cell shows an error", "count", errors, 0.0, names)
    text = "The independent audit replayed every contract and rule and found nothing"
    yield Check(text, "findings", float(len(audited.findings)), 0.0, "RunLog")
