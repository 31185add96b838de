"""Cooling: liquid- and air-cooled systems at a site draw no more IT power than can be cooled.

(COOLING-1)  sum over systems with the cooling of IT kW drawn[s,a,t] / 1000 <= IT MW that can be cooled[s]
"""

from collections import defaultdict
from collections.abc import Iterator

from optimizer.case.case import Case
from optimizer.case.world import Cooling, Site
from optimizer.errors import Finding
from optimizer.ledger.keys import Draw
from optimizer.rules.books import Books, exceeded
from optimizer.rules.formulation import Formulation, Terms
from optimizer.rules.rule import Rule


class CoolingLimits(Rule):
    """Stay within what each kind of cooling carries away."""

    CODE = "COOLING"

    def rows(self, form: Formulation) -> None:
        for node in form.nodes:
            case = form.at(node)
            limits = _limits(case)
            drawn: defaultdict[tuple[str, Cooling], Terms] = defaultdict(list)
            for key in form.accounts(node):
                if limits and isinstance(key, Draw):
                    cooling = case.accelerator(key.accelerator).cooling
                    lines = form.lines(key, node)
                    drawn[key.site, cooling] += [(line.coefficient / 1000.0, line.variable) for line in lines]
            for (site, cooling), limit in limits.items():
                if (site, cooling) in drawn:
                    index = (site, cooling.value, str(node.quarter))
                    form.limit("COOLING-1", node, index, drawn[site, cooling], upper=limit, unit="MW")

    def check(self, books: Books) -> Iterator[Finding]:
        case = books.case
        for (site, cooling), limit in _limits(case).items():
            systems = {Draw(site, key.accelerator) for key in _draws(books, site)}
            for quarter in case.calendar.ahead:
                kw = sum(
                    books.total(key, quarter) for key in systems if case.accelerator(key.accelerator).cooling is cooling
                )
                what = f"{cooling.value}-cooled load (IT MW)"
                yield from exceeded(f"COOLING-1 {site} {cooling.value} {quarter}", what, kw / 1000.0, limit)


def _limits(case: Case) -> dict[tuple[str, Cooling], float]:
    """IT MW by site and cooling, where there is a limit."""
    given = {
        (site.site, cooling): mw
        for site in case.of(Site)
        for cooling, mw in ((Cooling.LIQUID, site.liquid_cooled_mw), (Cooling.AIR, site.air_cooled_mw))
    }
    return {place: mw for place, mw in given.items() if mw is not None}


def _draws(books: Books, site: str) -> set[Draw]:
    return {entry.key for entry in books.entries if isinstance(entry.key, Draw) and entry.key.site == site}
