"""Power: what runs at a site draws no more than what is energised there.

  (POWER-1)  PUE[s] x sum of IT kW drawn[s,a,t] / 1000 <= energised MW[s,t] + MW that contracts add[s,t]
A site without a row of power and without contracts that energise it has no limit.
"""

from collections.abc import Iterator

from optimizer.case.case import Case
from optimizer.case.world import Site
from optimizer.errors import Finding
from optimizer.ledger.keys import Draw, Energised, Key
from optimizer.rules.books import Books, exceeded
from optimizer.rules.formulation import Formulation
from optimizer.rules.rule import Rule


class Power(Rule):
    """Stay within energised power."""

    CODE = "POWER"

    def rows(self, form: Formulation) -> None:
        for node in form.nodes:
            for site in form.case.of(Site):
                added = form.lines(Energised(site.site), node)
                given = form.case.energised_mw(site.site, node.quarter)
                if given is None and not _energised_by_contract(form, site.site):
                    continue
                terms = [
                    (line.coefficient * site.pue / 1000.0, line.variable)
                    for _, line in form.select(lambda key, name=site.site: _draws_at(key, name), node)
                ]
                terms += [(-line.coefficient, line.variable) for line in added]
                if terms:
                    form.limit("POWER-1", (site.site, str(node.quarter)), terms, upper=given or 0.0)

    def check(self, books: Books) -> Iterator[Finding]:
        case = books.case
        energised = {entry.key for entry in books.entries if isinstance(entry.key, Energised)}
        for quarter in case.calendar.quarters:
            for site in case.of(Site):
                given = case.energised_mw(site.site, quarter)
                if given is None and Energised(site.site) not in energised:
                    continue
                kw = sum(e.amount for e in books.select(lambda e, name=site.site: _draws_at(e.key, name), quarter))
                limit = (given or 0.0) + books.total(Energised(site.site), quarter)
                yield from exceeded(f"POWER-1 {site.site} {quarter}", "power (MW)", kw / 1000.0 * site.pue, limit)


def _draws_at(key: Key, site: str) -> bool:
    return isinstance(key, Draw) and key.site == site


def _energised_by_contract(form: Formulation, site: str) -> bool:
    """Whether a contract can energise the site in any quarter: then it has no power but what contracts bring."""
    return any(form.lines(Energised(site), node) for node in form.nodes)


def limited_mw(case: Case, books: Books, site: str, quarter: "object") -> float | None:
    """Facility MW that can be drawn at the site under a plan; None where there is no limit."""
    given = case.energised_mw(site, quarter)
    added = books.total(Energised(site), quarter)
    return None if given is None and not added else (given or 0.0) + added
