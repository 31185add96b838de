"""Firm share: what may not be interrupted does not run on interruptible capacity.

  (FIRM-1)  sum_{s,a} interruptible[w,s,a,g,t] <= (1 - firm share[w]) x load due[w,g,t]        units
  (FIRM-2)  sum_a interruptible[w,s,a,g,t] <= (1 - firm share[w]) x most due[w,g,t] placed[w,s,t]       units
(FIRM-2) follows from (FIRM-1) where `placed` is whole, and says more where it is not: a site that has interruptible
capacity alone does not make a share of a cluster. It is written where the workload has `placed` at all.
Load due is what is left after deferral: load - deferred + recovered. A workload that is firm throughout has no
interruptible service at all; one whose firm share is 0 needs no row, as it is served no more than is due.
"""

from collections import defaultdict
from collections.abc import Iterator

from optimizer.case.world import Workload
from optimizer.errors import Finding
from optimizer.ledger.operation import INTERRUPTIBLE, PLACED
from optimizer.rules.books import Books, exceeded
from optimizer.rules.demand import due, due_in, most_due
from optimizer.rules.formulation import Formulation, Terms
from optimizer.rules.rule import Rule


class FirmShare(Rule):
    """Keep the firm share of each workload off interruptible capacity."""

    CODE = "FIRM"

    def rows(self, form: Formulation) -> None:
        loose: defaultdict[tuple[str, str, int], Terms] = defaultdict(list)
        local: defaultdict[tuple[str, str, str, int], Terms] = defaultdict(list)
        for made in form.each(INTERRUPTIBLE):
            name, site, _, at = made.index
            loose[name, at, made.node.index].append((1.0, made.variable))
            if (PLACED, (name, site), made.node.index) in form.operations:
                local[name, site, at, made.node.index].append((1.0, made.variable))
        self._at_sites(form, local)
        for (name, at, index), terms in loose.items():
            node = form.nodes[index]
            case = form.at(node)
            workload = case.get(Workload, name)
            share = 1.0 - workload.firm_share
            if share < 1.0:
                moved, load = due(form, workload, case.segment(at), node)
                less = [(-share * sign, variable) for sign, variable in moved]
                form.limit(
                    "FIRM-1", node, (name, at, str(node.quarter)), [*terms, *less], upper=share * load, unit="units"
                )

    def _at_sites(self, form: Formulation, local: dict[tuple[str, str, str, int], Terms]) -> None:
        for (name, site, at, index), terms in local.items():
            node = form.nodes[index]
            case = form.at(node)
            workload = case.get(Workload, name)
            most = (1.0 - workload.firm_share) * most_due(case, workload, case.segment(at), node.quarter)
            terms.append((-most, form.operations[PLACED, (name, site), index]))
            form.limit("FIRM-2", node, (name, site, at, str(node.quarter)), terms, upper=0.0, unit="units")

    def check(self, books: Books) -> Iterator[Finding]:
        for quarter in books.case.calendar.ahead:
            loose: defaultdict[tuple[str, str], float] = defaultdict(float)
            for key, units in books.operated.of(INTERRUPTIBLE, quarter):
                loose[key.part("workload"), key.part("segment")] += units
            for workload in books.case.of(Workload):
                for segment in books.case.segments:
                    units = loose.get((workload.workload, segment.segment), 0.0)
                    due_units = due_in(books, workload, segment, quarter)
                    place = f"FIRM-1 {workload.workload} {segment.segment} {quarter}"
                    most = (1.0 - workload.firm_share) * due_units
                    yield from exceeded(place, "interruptible service (units)", units, most)
