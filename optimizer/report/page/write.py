"""Writing the page: the plan's figures through one template that escapes every text."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from optimizer.errors import Finding
from optimizer.files import write_text
from optimizer.plan.audit import Audit
from optimizer.plan.plan import Plan
from optimizer.report.page import decisions, figures, strips, summary
from optimizer.report.page.decisions import Agenda, Fact
from optimizer.report.page.figures import Figure, Table
from optimizer.report.page.strips import Strips
from optimizer.report.page.summary import Card, Check, Headline


@dataclass(frozen=True)
class Page:
    """Everything the template shows, in its order; None where there is nothing to show."""

    title: str
    horizon: str
    headline: Headline
    cards: tuple[Card, ...]
    replanned: tuple[str, ...]
    agendas: tuple[Agenda, ...]
    decisions: Table | None
    capacity: tuple[Figure, ...]
    timeline: Strips | None
    options: Table | None
    cash: Figure
    costs: Table | None
    obligations: Figure | None
    headroom: Strips | None
    site_power: tuple[Figure, ...]
    checks: tuple[Check, ...]
    findings: tuple[Finding, ...]
    admitted: Table | None
    log: tuple[Fact, ...]

    @property
    def widths(self) -> tuple[int, ...]:
        """How many quarters stand side by side, in every way that occurs; labels thin out by it."""
        shown = (self.cash, *self.capacity, *self.site_power, self.timeline, self.headroom)
        return tuple(sorted({view.columns for view in shown if view is not None}))


def write_page(plan: Plan, audited: Audit, path: Path) -> None:
    """Write the page of a plan that has quantities to `path`; raises OutputError where it cannot be written."""
    write_text(path, template("page.html").render(page=page_of(plan, audited)))


def page_of(plan: Plan, audited: Audit) -> Page:
    """What the page of a plan shows."""
    calendar, settings = plan.case.calendar, plan.case.settings
    soon = [quarter for quarter in (calendar.as_of, calendar.as_of + 1) if calendar.planned(quarter)]
    agendas = tuple(decisions.agenda(plan, quarter) for quarter in soon)
    capacity = (figures.supply(plan), figures.contracted(plan), figures.shortfall(plan), figures.deferral(plan))
    return Page(
        title=settings.title,
        horizon=" to ".join(dict.fromkeys((str(calendar.first), str(calendar.end + -1)))),
        headline=summary.headline(plan, agendas[0].committed),
        cards=summary.cards(plan),
        replanned=tuple(plan.result.replanned.splitlines()),
        agendas=agendas,
        decisions=decisions.all_decisions(plan),
        capacity=tuple(figure for figure in capacity if figure is not None),
        timeline=strips.timeline(plan),
        options=decisions.options(plan),
        cash=figures.cash(plan),
        costs=summary.costs(plan),
        obligations=figures.obligations(plan),
        headroom=strips.headroom(plan),
        site_power=figures.site_power(plan),
        checks=summary.checks(plan, audited),
        findings=audited.findings,
        admitted=summary.admitted(plan),
        log=summary.run_log(plan),
    )


@cache
def template(name: str) -> Template:
    """A template of this package; it escapes every text."""
    loader = PackageLoader("optimizer.report.page", "templates")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template(name)
