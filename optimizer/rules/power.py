"""Power: what runs at a site draws no more than what is energised there.

  (POWER-1)  PUE[s] x sum of IT kW drawn[s,a,t] / 1000 <= energised MW[s,t] + MW that contracts add[s,t]
A site without a row of power and without contracts that energise it has no limit.
"""

from collections import defaultdict
from collections.abc import Iterator
from functools import partial

from optimizer.case.world import Site
from optimizer.errors import Finding
from optimizer.ledger.keys import Draw, Energised, Key
from optimizer.rules.books import Books, exceeded
from optimizer.rules.formulation import Formulation, Terms
from optimizer.rules.rule import Rule


class Power(Rule):
    """Stay within energised power."""

    CODE = "POWER"

    def rows(self, form: Formulation) -> None:
        accounts = (key for node in form.nodes for key in form.accounts(node))
        contracted = {key.site for key in accounts if isinstance(key, Energised)}
        for node in form.nodes:
            drawn: defaultdict[str, Terms] = defaultdict(list)
            for key in form.accounts(node):
                if isinstance(key, Draw):
                    drawn[key.site] += [(line.coefficient, line.variable) for line in form.lines(key, node)]
            case = form.at(node)
            for site in case.of(Site):
                given = case.energised_mw(site.site, node.quarter)
                if site.site in drawn and (given is not None or site.site in contracted):
                    terms = [(kw * site.pue / 1000.0, variable) for kw, variable in drawn[site.site]]
                    added = form.lines(Energised(site.site), node)
                    terms += [(-line.coefficient, line.variable) for line in added]
                    form.limit("POWER-1", node, (site.site, str(node.quarter)), terms, upper=given or 0.0, unit="MW")

    def check(self, books: Books) -> Iterator[Finding]:
        case = books.case
        energised = {entry.key for entry in books.entries if isinstance(entry.key, Energised)}
        for quarter in case.calendar.ahead:
            for site in case.of(Site):
                given = case.energised_mw(site.site, quarter)
                if given is None and Energised(site.site) not in energised:
                    continue
                kw = books.sum(partial(_draws_at, site.site), quarter)
                limit = (given or 0.0) + books.total(Energised(site.site), quarter)
                yield from exceeded(f"POWER-1 {site.site} {quarter}", "power (MW)", kw / 1000.0 * site.pue, limit)


def _draws_at(site: str, account: Key) -> bool:
    return isinstance(account, Draw) and account.site == site
