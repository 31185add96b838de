"""Demand: every unit is served, deferred, or short at a price.

(DEMAND-1)  sum_{s,a} served[w,s,a,g,t] + shortfall[w,g,t] + deferred[w,g,t] - recovered[w,g,t] = load[w,g,t]
            load = average demand x the segment's multiplier, units
Shortfall costs its price per unit-hour; a workload that must be served has none.
Served only where compatible, allowed, and where capacity can exist.
"""

from collections.abc import Iterator

from optimizer.case.case import Case
from optimizer.case.tree import Node
from optimizer.case.world import LoadSegment, Workload
from optimizer.errors import Finding
from optimizer.ledger.books import Entry
from optimizer.ledger.keys import SHORTFALL as SHORTFALL_COST
from optimizer.ledger.keys import Cash, Supply
from optimizer.ledger.operation import DEFERRED, INTERRUPTIBLE, RECOVERED, SERVED, SHORTFALL
from optimizer.rules.books import TOLERANCE, Books
from optimizer.rules.formulation import Formulation, Terms
from optimizer.rules.rule import Rule


def routes(form: Formulation, node: Node, firm: bool | None = None) -> list[tuple[str, str, str]]:
    """(workload, site, accelerator) that capacity at the node can serve; `firm` restricts to one kind of capacity."""
    case = form.case
    pools = {
        (key.site, key.accelerator)
        for key, _ in form.select(lambda key: isinstance(key, Supply), node)
        if isinstance(key, Supply) and (firm is None or key.firm is firm)
    }
    return [
        (workload.workload, site, accelerator)
        for workload in case.of(Workload)
        for site, accelerator in sorted(pools)
        if case.allowed(workload, site) and case.units_per_gpu(workload.workload, accelerator)
    ]


def due(form: Formulation, workload: Workload, segment: LoadSegment, node: Node) -> tuple[Terms, float]:
    """Load due in the segment after deferral, as terms and a constant: load + recovered - deferred."""
    terms: Terms = []
    for sign, operation in ((-1.0, DEFERRED), (1.0, RECOVERED)):
        variable = form.operation(operation, node, workload.workload, segment.segment)
        if variable is not None:
            terms.append((sign, variable))
    return terms, form.case.load(workload, segment, node.quarter)


def due_in(books: Books, workload: Workload, segment: LoadSegment, quarter: "object") -> float:
    """Load due in the segment of a plan, after deferral."""
    name, at = workload.workload, segment.segment
    moved = books.operated.quantity(RECOVERED, quarter, name, at) - books.operated.quantity(DEFERRED, quarter, name, at)
    return books.case.load(workload, segment, quarter) + moved


class Demand(Rule):
    """Serve, defer or be short."""

    CODE = "DEMAND"

    def declare(self, form: Formulation) -> None:
        case = form.case
        served, interruptible, short = [], [], []
        for node in form.nodes:
            for segment in case.segments:
                at = segment.segment
                served += [((w, s, a, at), node) for w, s, a in routes(form, node)]
                interruptible += [((w, s, a, at), node) for w, s, a in routes(form, node, firm=False)]
                short += [
                    ((workload.workload, at), node)
                    for workload in case.of(Workload)
                    if not workload.must_serve and case.load(workload, segment, node.quarter)
                ]
        form.operate(SERVED, served)
        form.operate(INTERRUPTIBLE, interruptible)
        form.operate(SHORTFALL, short)
        self._charge(form)

    def _charge(self, form: Formulation) -> None:
        case = form.case
        for node in form.nodes:
            for workload in case.of(Workload):
                for segment in case.segments:
                    index = (workload.workload, segment.segment)
                    if form.operation(SHORTFALL, node, *index) is not None:
                        hours = case.segment_hours(segment, node.quarter)
                        price = workload.term("shortfall_cost_usd_per_unit_hour")
                        form.charge(SHORTFALL_COST, SHORTFALL, index, node, hours, price, workload.workload)

    def rows(self, form: Formulation) -> None:
        served: dict[tuple[str, str, int], Terms] = {}
        for (operation, index, node), variable in form.operations.items():
            if operation is SERVED:
                served.setdefault((index[0], index[3], node), []).append((1.0, variable))
        for node in form.nodes:
            for workload in form.case.of(Workload):
                for segment in form.case.segments:
                    self._row(form, node, workload, segment, served)

    def _row(
        self,
        form: Formulation,
        node: Node,
        workload: Workload,
        segment: LoadSegment,
        served: dict[tuple[str, str, int], Terms],
    ) -> None:
        name, at = workload.workload, segment.segment
        moved, load = due(form, workload, segment, node)
        terms = [*served.get((name, at, node.index), []), *((-sign, variable) for sign, variable in moved)]
        short = form.operation(SHORTFALL, node, name, at)
        if short is not None:
            terms.append((1.0, short))
        if terms or load:
            form.limit("DEMAND-1", (name, at, str(node.quarter)), terms, lower=load, upper=load)

    def replay(self, books: Books) -> Iterator[Entry]:
        case = books.case
        hours = {segment.segment: segment.share_of_hours for segment in case.segments}
        for quarter in case.calendar.quarters:
            for key, units in books.operated.of(SHORTFALL, quarter):
                workload = case.get(Workload, key.part("workload"))
                unit_hours = units * hours[key.part("segment")] * case.calendar.hours(quarter)
                cost = unit_hours * (workload.shortfall_cost_usd_per_unit_hour or 0.0)
                yield Entry(Cash(SHORTFALL_COST), quarter, workload.workload, "", cost)

    def check(self, books: Books) -> Iterator[Finding]:
        case = books.case
        for quarter in case.calendar.quarters:
            served: dict[tuple[str, str], float] = {}
            for key, units in books.operated.of(SERVED, quarter):
                served[key.index[0], key.index[3]] = served.get((key.index[0], key.index[3]), 0.0) + units
                yield from self._compatible(case, key.index, str(quarter))
                if units < -TOLERANCE:
                    yield self._broken(key.index, str(quarter), f"{units:g} units are served", "not less than 0")
            for workload in case.of(Workload):
                for segment in case.segments:
                    load = due_in(books, workload, segment, quarter)
                    short = books.operated.quantity(SHORTFALL, quarter, workload.workload, segment.segment)
                    met = served.get((workload.workload, segment.segment), 0.0) + short
                    index = (workload.workload, segment.segment)
                    if abs(met - load) > TOLERANCE * max(1.0, load):
                        yield self._broken(index, str(quarter), f"{met:g} units served or short", f"{load:g} due")
                    if short < -TOLERANCE or (workload.must_serve and short > TOLERANCE * max(1.0, load)):
                        yield self._broken(index, str(quarter), f"{short:g} units short", "a shortfall that is allowed")

    def _compatible(self, case: Case, index: tuple[str, ...], quarter: str) -> Iterator[Finding]:
        workload = case.get(Workload, index[0])
        if not case.allowed(workload, index[1]):
            yield self._broken(index, quarter, f"served at {index[1]}", "a site where the workload may run")
        if case.units_per_gpu(index[0], index[2]) is None:
            yield self._broken(index, quarter, f"served on {index[2]}", "a compatible accelerator")

    def _broken(self, index: tuple[str, ...], quarter: str, found: str, expected: str) -> Finding:
        place = " ".join(("DEMAND-1", *index, quarter))
        return Finding(place, found, expected, "this is a fault of the plan: solve again")
