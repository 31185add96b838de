"""Demand: every unit is served, deferred, or short at a price.

  (DEMAND-1)  sum_{s,a} served[w,s,a,g,t] + shortfall[w,g,t] + deferred[w,g,t] - recovered[w,g,t] = load[w,g,t]
              load = average demand x the segment's multiplier, units
Shortfall costs its price per unit-hour; a workload that must be served has none. What was deferred into a quarter
without load may be short there.
Served only where compatible, allowed, and where capacity can exist; on interruptible capacity only what is not firm.
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
from optimizer.rules.books import TOLERANCE, Books, broken
from optimizer.rules.formulation import Formulation, Terms
from optimizer.rules.rule import Rule
from optimizer.tables.quarter import Quarter


def routes(form: Formulation, node: Node, firm: bool | None = None) -> list[tuple[str, str, str]]:
    """(workload, site, accelerator) that capacity at the node can serve; `firm` restricts to one kind of capacity."""
    case = form.at(node)
    pools = {
        (key.site, key.accelerator)
        for key in form.accounts(node)
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
    return terms, form.at(node).load(workload, segment, node.quarter)


def due_in(books: Books, workload: Workload, segment: LoadSegment, quarter: Quarter) -> float:
    """Load due in the segment of a plan, after deferral."""
    name, at = workload.workload, segment.segment
    moved = books.operated.quantity(RECOVERED, quarter, name, at) - books.operated.quantity(DEFERRED, quarter, name, at)
    return books.case.load(workload, segment, quarter) + moved


def most_due(case: Case, workload: Workload, segment: LoadSegment, quarter: Quarter) -> float:
    """Most units that can be due in the segment: its load, and all that can have been deferred into it."""
    late = sum(
        case.load(workload, other, quarter + -age) * case.segment_hours(other, quarter + -age)
        for age in range(workload.deferral_quarters + 1)
        if workload.deferral_quarters and case.calendar.planned(quarter + -age)
        for other in case.segments
    )
    return case.load(workload, segment, quarter) + late / case.segment_hours(segment, quarter)


class Demand(Rule):
    """Serve, defer or be short."""

    CODE = "DEMAND"
    CATEGORIES = (SHORTFALL_COST,)

    def declare(self, form: Formulation) -> None:
        served, interruptible, short = [], [], []
        for node in form.nodes:
            case = form.at(node)
            segments = [segment.segment for segment in case.segments]
            loose = {row.workload for row in case.of(Workload) if row.firm_share < 1.0}
            served += [((*route, at), node) for route in routes(form, node) for at in segments]
            interruptible += [
                ((*route, at), node) for route in routes(form, node, firm=False) if route[0] in loose for at in segments
            ]
            short += [
                ((workload.workload, segment.segment), node)
                for workload in case.of(Workload)
                for segment in case.segments
                if not workload.must_serve
                and (workload.deferral_quarters or case.load(workload, segment, node.quarter))
            ]
        form.operate(SERVED, served)
        form.operate(INTERRUPTIBLE, interruptible)
        form.operate(SHORTFALL, short)

    def charge(self, form: Formulation) -> None:
        for made in form.each(SHORTFALL):
            workload, segment = made.index
            case = form.at(made.node)
            price = case.get(Workload, workload).term("shortfall_cost_usd_per_unit_hour")
            volume = case.hours_of(segment, made.node.quarter)
            form.charge(SHORTFALL_COST, SHORTFALL, made.index, made.node, volume, price, workload)

    def rows(self, form: Formulation) -> None:
        served: dict[tuple[str, str, int], Terms] = {}
        for made in form.each(SERVED):
            served.setdefault((made.index[0], made.index[3], made.node.index), []).append((1.0, made.variable))
        for node in form.nodes:
            case = form.at(node)
            for workload in case.of(Workload):
                for segment in case.segments:
                    at = (workload.workload, segment.segment, node.index)
                    self._row(form, node, workload, segment, served.get(at, []))

    def _row(self, form: Formulation, node: Node, workload: Workload, segment: LoadSegment, served: Terms) -> None:
        name, at = workload.workload, segment.segment
        moved, load = due(form, workload, segment, node)
        terms = [*served, *((-sign, variable) for sign, variable in moved)]
        short = form.operation(SHORTFALL, node, name, at)
        if short is not None:
            terms.append((1.0, short))
        if terms or load:
            form.limit("DEMAND-1", node, (name, at, str(node.quarter)), terms, lower=load, upper=load, unit="units")

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
        for quarter in books.case.calendar.ahead:
            served: dict[tuple[str, str], float] = {}
            for key, units in books.operated.of(SERVED, quarter):
                name, _, _, at = key.index
                served[name, at] = served.get((name, at), 0.0) + units
                yield from self._possible(books.case, key.index, units, str(quarter))
            for workload in books.case.of(Workload):
                for segment in books.case.segments:
                    met = served.get((workload.workload, segment.segment), 0.0)
                    yield from self._balance(books, workload, segment, quarter, met)

    def _balance(
        self, books: Books, workload: Workload, segment: LoadSegment, quarter: Quarter, served: float
    ) -> Iterator[Finding]:
        name, at = workload.workload, segment.segment
        load = due_in(books, workload, segment, quarter)
        short = books.operated.quantity(SHORTFALL, quarter, name, at)
        slack = TOLERANCE * max(1.0, books.case.load(workload, segment, quarter))
        place = f"DEMAND-1 {name} {at} {quarter}"
        if abs(served + short - load) > slack:
            yield broken(place, f"{served + short:g} units served or short", f"{load:g} due")
        if short < -slack or (workload.must_serve and short > slack):
            yield broken(place, f"{short:g} units short", "a shortfall that is allowed")

    def _possible(self, case: Case, index: tuple[str, ...], units: float, quarter: str) -> Iterator[Finding]:
        name, site, accelerator, _ = index
        place = " ".join(("DEMAND-1", *index, quarter))
        if not case.allowed(case.get(Workload, name), site):
            yield broken(place, f"served at {site}", "a site where the workload may run")
        if case.units_per_gpu(name, accelerator) is None:
            yield broken(place, f"served on {accelerator}", "a compatible accelerator")
        if units < -TOLERANCE:
            yield broken(place, f"{units:g} units are served", "not less than 0")
