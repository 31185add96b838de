"""Power: what is drawn at each site against what is energised there, and what each kind of cooling carries."""

from dataclasses import dataclass

from openpyxl.utils import get_column_letter

from optimizer.case.case import Case
from optimizer.case.world import Cooling, Site, SitePower
from optimizer.ledger.keys import Draw, Energised
from optimizer.report.workbook.capacity import periods
from optimizer.report.workbook.inputs import Inputs
from optimizer.report.workbook.lines import Part, area_of
from optimizer.report.workbook.live import FIRST_PERIOD, THOUSAND, ZERO, Live, added, choose
from optimizer.report.workbook.sheet import CONSTANT, DETAIL, KEY, TOTAL, Line, Sheet, Written
from optimizer.report.workbook.style import AMBER, GREEN, RED, Format, Look
from optimizer.report.workbook.sums import Down, Where, largest, smallest

NEARLY, FULL = "0.9", "0.995"


@dataclass(frozen=True)
class SiteView:
    """Lines of one limit of a site: headroom and the share used; `scale` is the largest limit, MW."""

    site: str
    what: str
    headroom: Written
    used: Written
    scale: float


def write_power(sheet: Sheet, case: Case, inputs: Inputs, draw: Part, energised: Part) -> tuple[SiteView, ...]:
    """Write each site where power is drawn or limited; returns the limits."""
    sheet.heading(TOTAL, "Peak / least")
    sheet.heading(KEY, "System")
    views: list[SiteView] = []
    for site in case.of(Site):
        drawn = [group.account for group in draw.lines if isinstance(group.account, Draw)]
        systems = sorted({account.accelerator for account in drawn if account.site == site.site})
        extra = Energised(site.site) in {group.account for group in energised.lines}
        given = case.energised_mw(site.site, case.calendar.first) is not None
        if systems or given or extra:
            sheet.section(site.site)
            views += _site(sheet, case, inputs, site, systems, (draw, energised), given, extra)
    return tuple(views)


def _site(
    sheet: Sheet,
    case: Case,
    inputs: Inputs,
    site: Site,
    systems: list[str],
    parts: tuple[Part, Part],
    given: bool,
    extra: bool,
) -> list[SiteView]:
    draw, energised = parts
    lines = []
    for system in systems:
        drawn = Where(draw.area, {"C": sheet.own(DETAIL, site.site), "G": sheet.own(KEY, system)})
        line = Line("IT power", "MW", drawn / THOUSAND, site.site, extra=system, format=Format.DECIMAL, total=largest)
        lines.append(sheet.line(line))
    area = area_of(sheet, lines)
    pue = inputs.cell(Site.TABLE.name, site.site, "pue")
    facility = sheet.line(
        Line(
            "Facility power drawn",
            "MW",
            Down(area) * sheet.own(CONSTANT, pue.shown),
            "IT power × PUE (column E)",
            constant=pue,
            format=Format.DECIMAL,
            total=largest,
            look=Look.TOTAL,
        )
    )
    views = []
    if given or extra:
        limit = _limit(sheet, inputs, site, energised, given, extra)
        views.append(_headroom(sheet, site.site, "Power", limit, facility))
    for cooling, column in ((Cooling.LIQUID, "liquid_cooled_mw"), (Cooling.AIR, "air_cooled_mw")):
        if getattr(site, column) is not None:
            cooled = [line for line, name in zip(lines, systems, strict=True) if _cooled(case, name, cooling)]
            views.append(_cooling(sheet, inputs, site, cooling, column, cooled))
    return views


def _cooled(case: Case, system: str, cooling: Cooling) -> bool:
    return case.accelerator(system).cooling is cooling


def _limit(sheet: Sheet, inputs: Inputs, site: Site, energised: Part, given: bool, extra: bool) -> Live:
    """The lines of what is energised, added up."""
    rows = []
    if given:
        series = inputs.series(SitePower.TABLE.name, site.site)
        rows.append(sheet.line(Line("Energised", "MW", series, format=Format.DECIMAL, total=largest)).row)
    if extra:
        more = Where(energised.area, {"C": sheet.own(DETAIL, site.site)})
        line = Line("Energised by contracts", "MW", more, site.site, format=Format.DECIMAL, total=largest)
        rows.append(sheet.line(line).row)
    return added(rows)


def _cooling(
    sheet: Sheet, inputs: Inputs, site: Site, cooling: Cooling, column: str, cooled: list[Written]
) -> SiteView:
    load = added(line.row for line in cooled)
    limit = inputs.cell(Site.TABLE.name, site.site, column)
    name = f"{cooling.value.capitalize()}-cooled IT load"
    drawn = sheet.line(
        Line(name, "MW", load, "limit in column E", constant=limit, format=Format.DECIMAL, total=largest)
    )
    assert drawn.constant is not None
    return _headroom(sheet, site.site, f"{cooling.value.capitalize()} cooling", drawn.constant, drawn)


def _headroom(sheet: Sheet, site: str, what: str, limit: Live, drawn: Written) -> SiteView:
    headroom = sheet.line(
        Line(f"{what}: headroom", "MW", limit - drawn.row, format=Format.DECIMAL, total=smallest, look=Look.TOTAL)
    )
    share = choose(limit > ZERO, drawn.row / limit, ZERO)
    used = sheet.line(Line(f"{what}: used", "share", share, format=Format.SHARE, total=largest))
    first = f"{get_column_letter(FIRST_PERIOD)}{used.row.row}"
    where = periods(sheet, used.row.row)
    sheet.shade(where, f"{first}>={FULL}", RED)
    sheet.shade(where, f"AND({first}>={NEARLY},{first}<{FULL})", AMBER)
    sheet.shade(where, f"AND({first}>0,{first}<{NEARLY})", GREEN)
    scale = max(limit.amount(i) for i in range(len(sheet.axis.quarters)))
    return SiteView(site, what, headroom, used, scale)
