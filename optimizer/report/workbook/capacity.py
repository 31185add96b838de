"""Capacity: GPUs contracted by contract, kind and site, and GPUs in use in each pool of a site, system and segment."""

from collections.abc import Iterator
from dataclasses import dataclass

from openpyxl.utils import get_column_letter

from optimizer.case.world import Performance, Site
from optimizer.contracts.contract import Contract
from optimizer.ledger.keys import Supply
from optimizer.ledger.operation import SERVED
from optimizer.plan.plan import Plan
from optimizer.report.workbook.decisions import Decided, FlowKey
from optimizer.report.workbook.inputs import Inputs
from optimizer.report.workbook.lines import Part, area_of
from optimizer.report.workbook.live import FIRST_PERIOD, ZERO, Live, Row, added, choose
from optimizer.report.workbook.sheet import CONSTANT, DETAIL, KEY, LABEL, TOTAL, Line, Sheet, Written
from optimizer.report.workbook.style import BAR, RED, Format, Look
from optimizer.report.workbook.sums import Area, Column, Down, Where, largest, smallest

SEPARATOR = " · "


@dataclass(frozen=True)
class CapacityView:
    """Lines of the capacity sheet: GPUs by kind of contract and in all, and those in use on average."""

    kinds: dict[str, Written]
    contracted: Written
    used: Written


@dataclass(frozen=True)
class Pool:
    """The GPUs of a site and system in one load segment: which are free, by quarter."""

    name: str
    usable: tuple[Written, ...]
    free: Written


@dataclass(frozen=True)
class Use:
    """Lines of the utilisation sheet. `average` is the expression of the GPUs in use over all hours."""

    average: Live
    pools: tuple[Pool, ...]


def periods(sheet: Sheet, top: int, bottom: int | None = None) -> str:
    """The address of the quarters of rows `top` to `bottom`."""
    last = get_column_letter(FIRST_PERIOD - 1 + len(sheet.axis.quarters))
    return f"{get_column_letter(FIRST_PERIOD)}{top}:{last}{bottom or top}"


def write_capacity_sheet(sheet: Sheet, plan: Plan, installed: Part, use: Use) -> CapacityView:
    """Write GPUs by contract under their kind, then in all, then by site."""
    sheet.heading(TOTAL, "Peak")
    present = {group.source for group in installed.lines}
    contracts = [row for row in plan.case.of(Contract) if row.name in present]
    kinds: dict[str, Written] = {}
    for kind in dict.fromkeys(row.TABLE.title for row in contracts):
        sheet.section(kind)
        rows = [_contract(sheet, row, installed) for row in contracts if row.TABLE.title == kind]
        first, last = rows[0].row.row, rows[-1].row.row
        corner = f"{get_column_letter(FIRST_PERIOD)}{first}"
        sheet.shade(periods(sheet, first, last), f"{corner}>0", BAR, "FFFFFF")
        kinds[kind] = sheet.line(
            Line(f"{kind}, total", "GPUs", Down(area_of(sheet, rows)), total=largest, look=Look.TOTAL)
        )
    sheet.section("All contracts")
    everything = added(line.row for line in kinds.values())
    contracted = sheet.line(Line("Contracted GPUs", "GPUs", everything, total=largest, look=Look.TOTAL))
    used = sheet.line(Line("GPUs in use", "GPUs", use.average, "average over the hours of the quarter", total=largest))
    sheet.line(Line("Share in use", "share", _share(used.row, contracted.row), format=Format.SHARE))
    sites = [site.site for site in plan.case.of(Site)]
    sheet.section("By site")
    for site in sites:
        amount = Where(installed.area, {"C": sheet.own(LABEL, site)})
        if not amount.empty:
            sheet.line(Line(site, "GPUs", amount, total=largest))
    return CapacityView(kinds, contracted, used)


def _contract(sheet: Sheet, contract: Contract, installed: Part) -> Written:
    detail = SEPARATOR.join(part for part in (contract.supplier, getattr(contract, "site", "")) if part)
    amount = Where(installed.area, {"B": sheet.own(LABEL, contract.name)})
    return sheet.line(Line(contract.name, "GPUs", amount, detail, total=largest))


def _share(part: Row, whole: Row) -> Live:
    """part / whole; 0 where there is nothing."""
    return choose(whole > ZERO, part / whole, ZERO)


def write_utilisation(sheet: Sheet, used: Sheet, plan: Plan, decided: Decided, inputs: Inputs, supply: Part) -> Use:
    """Write the GPUs each served line takes on `used`, and what is free in each pool on `sheet`."""
    used.heading(CONSTANT, "Units per GPU")
    used.heading(TOTAL, "Share of hours")
    used.heading(KEY, "System")
    used.heading(DETAIL, "Site")
    served = [key for key in decided.flows if key.family == SERVED]
    lines = [_served(used, key, decided, inputs) for key in served]
    area = area_of(used, lines)
    shares = {line.row.row: decided.shares[decided.flows[key].row] for line, key in zip(lines, served, strict=True)}
    sheet.heading(DETAIL, "Site")
    sheet.heading(KEY, "System")
    sheet.heading(TOTAL, "Least")
    pools = tuple(_pool(sheet, place, area, supply) for place in _places(plan, served, supply))
    return Use(Where(area, {}, Column("F", shares)), pools)


def _served(sheet: Sheet, key: FlowKey, decided: Decided, inputs: Inputs) -> Written:
    workload, site, accelerator, segment = key.index
    units = decided.flows[key]
    rate = inputs.cell(Performance.TABLE.name, f"{workload} / {accelerator}", "units_per_gpu")
    per_gpu = sheet.own(CONSTANT, rate.shown)
    share = decided.share_cell(key)
    line = Line(
        workload,
        "GPUs",
        units / per_gpu,
        detail=site,
        constant=rate,
        total=lambda _: share,
        total_format=Format.SHARE,
        extra=f"{accelerator}{SEPARATOR}{segment}",
        format=Format.COUNT,
    )
    return sheet.line(line)


def _places(plan: Plan, served: list[FlowKey], supply: Part) -> Iterator[tuple[str, str, str]]:
    """(site, accelerator, segment) of every pool that has capacity or use."""
    used = {(key.index[1], key.index[2]) for key in served}
    there = {(account.site, account.accelerator) for account in _supplies(supply)}
    for site in plan.case.of(Site):
        for place in sorted(pair for pair in used | there if pair[0] == site.site):
            yield from ((*place, segment.segment) for segment in plan.case.segments)


def _supplies(supply: Part) -> list[Supply]:
    return [group.account for group in supply.lines if isinstance(group.account, Supply)]


def _pool(sheet: Sheet, place: tuple[str, str, str], use: Area, supply: Part) -> Pool:
    site, accelerator, segment = place
    hours = f"{accelerator}{SEPARATOR}{segment}"
    sheet.section(SEPARATOR.join(place))
    usable: list[Written] = []
    for label, system in (("Usable at all hours", accelerator), ("Usable in these hours", hours)):
        amount = Where(supply.area, {"C": sheet.own(DETAIL, site), "G": sheet.own(KEY, system)})
        if not amount.empty or (system == hours and not usable):
            usable.append(sheet.line(Line(label, "GPUs", amount, site, extra=system)))
    taken = Where(use, {"C": sheet.own(DETAIL, site), "G": sheet.own(KEY, hours)})
    used = sheet.line(Line("In use", "GPUs", taken, site, extra=hours))
    everything = added(line.row for line in usable)
    free = sheet.line(Line("Free", "GPUs", everything - used.row, total=smallest, look=Look.TOTAL))
    sheet.line(Line("Used", "share", choose(everything > ZERO, used.row / everything, ZERO), format=Format.SHARE))
    sheet.shade(periods(sheet, free.row.row), f"{get_column_letter(FIRST_PERIOD)}{free.row.row}<-0.01", RED)
    return Pool(SEPARATOR.join(place), tuple(usable), free)
