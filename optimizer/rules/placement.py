"""Placement: a workload that runs all or nothing at one site, in each quarter or for good.

Operations: placed[w,s,t] = 1 if w runs at s in t; home[w,s,t] = 1 if w is bound to s from t on (one site for good).

  (PLACE-1)  sum_a served[w,s,a,g,t] = load[w,g,t] placed[w,s,t]                 all of it, or nothing
  (PLACE-2)  sum_s placed[w,s,t] <= 1,  = 1 if it must be served
For a workload that keeps its site
  (PLACE-3)  placed[w,s,t] <= home[w,s,t]                                        it runs only at its home
  (PLACE-4)  home[w,s,t-1] <= home[w,s,t]                                        a home is kept
  (PLACE-5)  sum_s home[w,s,t] <= 1                                              there is one
A quarter without load is free. A quarter in which the whole load is short does not give up the home.
Because (PLACE-1) is an equality, capacity rows become knapsacks of `placed` alone, which is what makes single-source
facility location solve fast (Delmaire, Diaz, Fernandez & Ortega, INFOR 1999).
"""

from collections import defaultdict
from collections.abc import Iterator

from optimizer.case.case import Case
from optimizer.case.tree import Node
from optimizer.case.world import LoadSegment, Placement, Workload
from optimizer.errors import Finding
from optimizer.ledger.operation import HOME, PLACED, SERVED
from optimizer.rules.books import TOLERANCE, Books, broken
from optimizer.rules.demand import most_due, routes
from optimizer.rules.formulation import Formulation, Operates, Terms
from optimizer.rules.rule import Rule
from optimizer.tables.quarter import Quarter


def clustered(workload: Workload) -> bool:
    """Whether it matters at which sites the workload runs at all."""
    return workload.placement is not Placement.ANYWHERE or workload.minimum_cluster_gpus > 0.0


def served_at(form: Formulation) -> dict[tuple[str, str, str, int], list[Operates]]:
    """Service of clustered workloads by workload, site, segment and node, over all accelerators."""
    clusters = {
        future.name: {row.workload for row in future.case.of(Workload) if clustered(row)} for future in form.futures
    }
    groups: defaultdict[tuple[str, str, str, int], list[Operates]] = defaultdict(list)
    for made in form.each(SERVED) if any(clusters.values()) else ():
        workload, site, _, segment = made.index
        if workload in clusters[made.node.scenarios[0]]:
            groups[workload, site, segment, made.node.index].append(made)
    return groups


class OneSite(Rule):
    """Run all or nothing at one site."""

    CODE = "PLACE"

    def declare(self, form: Formulation) -> None:
        """Declare where every clustered workload runs; the minimum cluster and the fabric read it too."""
        placed: list[tuple[tuple[str, str], Node]] = []
        bound: dict[tuple[str, str], None] = {}
        for node in form.nodes:
            case = form.at(node)
            wanted = {row.workload: row for row in case.of(Workload) if clustered(row)}
            for index in dict.fromkeys((route[0], route[1]) for route in (routes(form, node) if wanted else ())):
                workload = wanted.get(index[0])
                if workload is not None and _busy(case, workload, node.quarter):
                    placed.append((index, node))
                    if workload.placement is Placement.ONE_SITE:
                        bound[index] = None
        if placed:
            form.operate(PLACED, placed)
            form.operate(HOME, ((index, node) for node in form.nodes for index in bound))

    def rows(self, form: Formulation) -> None:
        for (name, site, at, index), served in served_at(form).items():
            placed, node = form.operations.get((PLACED, (name, site), index)), form.nodes[index]
            case = form.at(node)
            workload = case.get(Workload, name)
            if workload.placement is not Placement.ANYWHERE and placed is not None:
                load = case.load(workload, case.segment(at), node.quarter)
                terms: Terms = [(1.0, made.variable) for made in served]
                terms.append((-load, placed))
                where = (name, site, at, str(node.quarter))
                form.limit("PLACE-1", node, where, terms, lower=0.0, upper=0.0, unit="units")
        self._one_a_quarter(form)
        self._one_for_good(form)

    def _one_a_quarter(self, form: Formulation) -> None:
        choices: defaultdict[tuple[str, int], Terms] = defaultdict(list)
        for made in form.each(PLACED):
            choices[made.index[0], made.node.index].append((1.0, made.variable))
        for (name, index), terms in choices.items():
            node = form.nodes[index]
            workload = form.at(node).get(Workload, name)
            if workload.placement is not Placement.ANYWHERE:
                lower = 1.0 if workload.must_serve else None
                form.limit("PLACE-2", node, (name, str(node.quarter)), terms, lower=lower, upper=1.0, unit="sites")

    def _one_for_good(self, form: Formulation) -> None:
        homes: defaultdict[tuple[str, int], Terms] = defaultdict(list)
        for made in form.each(HOME):
            node, home = made.node, made.variable
            index = (*made.index, str(node.quarter))
            homes[made.index[0], node.index].append((1.0, home))
            placed = form.operation(PLACED, node, *made.index)
            if placed is not None:
                form.limit("PLACE-3", node, index, [(1.0, placed), (-1.0, home)], upper=0.0, unit="sites")
            if node.parent is not None:
                before = form.operations[HOME, made.index, node.parent]
                form.limit("PLACE-4", node, index, [(1.0, before), (-1.0, home)], upper=0.0, unit="sites")
        for (name, number), terms in homes.items():
            node = form.nodes[number]
            form.limit("PLACE-5", node, (name, str(node.quarter)), terms, upper=1.0, unit="sites")

    def check(self, books: Books) -> Iterator[Finding]:
        homes: defaultdict[str, set[str]] = defaultdict(set)
        single = {row.workload: row for row in books.case.of(Workload) if row.placement is not Placement.ANYWHERE}
        for quarter in books.case.calendar.ahead if single else ():
            served = _served(books, quarter)
            for name, workload in single.items():
                sites = sorted({site for other, site, _ in served if other == name})
                homes[name].update(sites)
                if len(sites) > 1:
                    yield broken(f"PLACE-2 {name} {quarter}", f"it runs at {', '.join(sites)}", "one site")
                for site in sites:
                    for segment in books.case.segments:
                        units = served.get((name, site, segment.segment), 0.0)
                        yield from self._whole(books, workload, segment, site, quarter, units)
        for quarter in books.case.calendar.ahead:
            yield from self._marks(books, quarter)
        for name, sites_ever in homes.items():
            if single[name].placement is Placement.ONE_SITE and len(sites_ever) > 1:
                yield broken(f"PLACE-5 {name}", f"it runs at {', '.join(sorted(sites_ever))}", "one site for good")

    def _marks(self, books: Books, quarter: Quarter) -> Iterator[Finding]:
        """The plan says where each clustered workload runs, and where it is bound to run for good."""
        wanted = {workload.workload for workload in books.case.of(Workload) if clustered(workload)}
        runs = {(name, site) for name, site, _ in _served(books, quarter) if name in wanted} if wanted else set()
        placed = {key.index: mark for key, mark in books.operated.of(PLACED, quarter)}
        for name, site in sorted(runs | placed.keys()):
            mark, truth = placed.get((name, site), 0.0), float((name, site) in runs)
            if abs(mark - truth) > TOLERANCE:
                yield broken(f"PLACE-1 {name} {site} {quarter}", f"marked as placed {mark:g} times", f"{truth:g}")
        bound = {workload.workload for workload in books.case.of(Workload) if workload.placement is Placement.ONE_SITE}
        homes = {key.index: mark for key, mark in books.operated.of(HOME, quarter)}
        before = {key.index for key, _ in books.operated.of(HOME, quarter + -1)}
        for index in sorted({index for index in placed if index[0] in bound} | before | homes.keys()):
            if abs(homes.get(index, 0.0) - 1.0) > TOLERANCE:
                found = f"its home is marked {homes.get(index, 0.0):g} times"
                yield broken(f"PLACE-3 {' '.join(index)} {quarter}", found, "once, where it runs or has run")

    def _whole(
        self, books: Books, workload: Workload, segment: LoadSegment, site: str, quarter: Quarter, units: float
    ) -> Iterator[Finding]:
        load = books.case.load(workload, segment, quarter)
        if abs(units - load) > TOLERANCE * max(1.0, load):
            place = f"PLACE-1 {workload.workload} {site} {segment.segment} {quarter}"
            yield broken(place, f"{units:g} units are served there", f"all {load:g} units or none")


def _busy(case: Case, workload: Workload, quarter: Quarter) -> bool:
    return any(most_due(case, workload, segment, quarter) for segment in case.segments)


def _served(books: Books, quarter: Quarter) -> dict[tuple[str, str, str], float]:
    """Units served by workload, site and segment; what is within the tolerance of nothing is left out."""
    served: defaultdict[tuple[str, str, str], float] = defaultdict(float)
    for key, units in books.operated.of(SERVED, quarter):
        workload, site, _, segment = key.index
        served[workload, site, segment] += units
    demand = {workload.workload: books.case.demand(workload, quarter) for workload in books.case.of(Workload)}
    return {index: units for index, units in served.items() if units > TOLERANCE * max(1.0, demand[index[0]])}
