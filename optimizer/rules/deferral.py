"""Deferral: work put off to a later quarter, at most so old, at a price for each quarter's end it is carried over.

Operations: deferred[w,g,t] and recovered[w,g,t] units during the segment; backlog[w,t] unit-hours at the quarter's end.

  (DEFER-1)  backlog[w,t] = backlog[w,t-1] + sum_g hours[g,t] (deferred[w,g,t] - recovered[w,g,t]),  backlog >= 0
  (DEFER-2)  backlog[w,t] <= sum of hours[g,q] deferred[w,g,q] over g and q in t - D + 1 to t      no older than D
  (DEFER-3)  backlog[w,t] = 0 in the last quarter of the horizon
  (DEFER-4)  deferred[w,g,t] <= load[w,g,t]
The oldest work is recovered first. With (DEFER-1), (DEFER-2) says that all that was deferred up to t - D has been
recovered up to t. Work may also move between the segments of a quarter, which costs nothing.
Money: (DEFER-M1) backlog x deferral cost, USD per unit-hour, in each quarter.
Rows are written per hour of their quarter, in average units.
"""

from collections.abc import Iterator

from optimizer.case.case import Case
from optimizer.case.tree import Node
from optimizer.case.world import Workload
from optimizer.errors import Finding
from optimizer.ledger.books import Entry
from optimizer.ledger.keys import DEFERRAL, Cash
from optimizer.ledger.operation import BACKLOG, DEFERRED, RECOVERED, Operation
from optimizer.rules.books import TOLERANCE, Books, broken, exceeded
from optimizer.rules.formulation import Formulation, Terms
from optimizer.rules.rule import Rule
from optimizer.tables.quarter import Quarter


class Deferral(Rule):
    """Put work off, within its age and at its price."""

    CODE = "DEFER"
    CATEGORIES = (DEFERRAL,)

    def declare(self, form: Formulation) -> None:
        patient = [(node, workload) for node in form.nodes for workload in _patient(form.at(node))]
        by_segment = [
            ((workload.workload, segment.segment), node)
            for node, workload in patient
            for segment in form.at(node).segments
        ]
        form.operate(DEFERRED, by_segment)
        form.operate(RECOVERED, by_segment)
        form.operate(BACKLOG, (((workload.workload,), node) for node, workload in patient))
        for made in form.each(DEFERRED):
            case = form.at(made.node)
            load = case.load(case.get(Workload, made.index[0]), case.segment(made.index[1]), made.node.quarter)
            made.variable.setub(load)
        for made in form.each(BACKLOG):
            if made.node.quarter == form.case.calendar.quarters[-1]:
                made.variable.setub(0.0)

    def charge(self, form: Formulation) -> None:
        for made in form.each(BACKLOG):
            workload = form.at(made.node).get(Workload, made.index[0])
            price = workload.term("deferral_cost_usd_per_unit_hour")
            form.charge(DEFERRAL, BACKLOG, made.index, made.node, 1.0, price, workload.workload)

    def rows(self, form: Formulation) -> None:
        for made in form.each(BACKLOG):
            workload, node = form.at(made.node).get(Workload, made.index[0]), made.node
            index, hours = (workload.workload, str(node.quarter)), form.case.calendar.hours(node.quarter)
            backlog: Terms = [(1.0 / hours, made.variable)]
            balance = [*backlog, *_moved(form, workload, DEFERRED, node, -1.0 / hours)]
            balance += _moved(form, workload, RECOVERED, node, 1.0 / hours)
            if node.parent is not None:
                before = form.operations.get((BACKLOG, made.index, node.parent))
                balance += [] if before is None else [(-1.0 / hours, before)]
            form.limit("DEFER-1", node, index, balance, lower=0.0, upper=0.0, unit="unit-hours", times=hours)
            for step in form.case.tree.path(node):
                if node.quarter - step.quarter < workload.deferral_quarters:
                    backlog += _moved(form, workload, DEFERRED, step, -1.0 / hours)
            form.limit("DEFER-2", node, index, backlog, upper=0.0, unit="unit-hours", times=hours)

    def replay(self, books: Books) -> Iterator[Entry]:
        for quarter in books.case.calendar.quarters:
            for key, unit_hours in books.operated.of(BACKLOG, quarter):
                workload = books.case.get(Workload, key.part("workload"))
                cost = unit_hours * workload.deferral_cost_usd_per_unit_hour
                yield Entry(Cash(DEFERRAL), quarter, workload.workload, "", cost)

    def check(self, books: Books) -> Iterator[Finding]:
        for workload in books.case.of(Workload):
            yield from self._bounds(books, workload)
            yield from self._ages(books, workload)

    def _bounds(self, books: Books, workload: Workload) -> Iterator[Finding]:
        name = workload.workload
        for quarter in books.case.calendar.ahead:
            for segment in books.case.segments:
                units = books.operated.quantity(DEFERRED, quarter, name, segment.segment)
                back = books.operated.quantity(RECOVERED, quarter, name, segment.segment)
                load = books.case.load(workload, segment, quarter) if workload.deferral_quarters else 0.0
                place = f"DEFER-4 {name} {segment.segment} {quarter}"
                yield from exceeded(place, "deferred (units)", units, load)
                if not workload.deferral_quarters and back > TOLERANCE:
                    yield broken(place, f"{back:g} units are recovered", "none: the workload may not be deferred")

    def _ages(self, books: Books, workload: Workload) -> Iterator[Finding]:
        """Walk the quarters with a queue of deferred work, the oldest first."""
        queue: dict[Quarter, float] = {}
        most = 0.0
        for quarter in books.case.calendar.quarters:
            queue[quarter] = _unit_hours(books, workload, DEFERRED, quarter)
            most = max(most, queue[quarter])
            recovered = _unit_hours(books, workload, RECOVERED, quarter)
            for age in sorted(queue):
                taken = min(queue[age], recovered)
                queue[age] -= taken
                recovered -= taken
            left = sum(queue.values())
            told = books.operated.quantity(BACKLOG, quarter, workload.workload)
            slack = TOLERANCE * max(1.0, most)
            place = f"{workload.workload} {quarter}"
            if books.case.calendar.settled(quarter):
                continue
            if recovered > slack:
                yield broken(f"DEFER-1 {place}", f"{recovered:g} unit-hours recovered too many", "what was deferred")
            if abs(left - told) > slack:
                yield broken(f"DEFER-1 {place}", f"a backlog of {told:g} unit-hours", f"{left:g}")
            old = sum(hours for since, hours in queue.items() if quarter - since >= workload.deferral_quarters)
            if workload.deferral_quarters and old > slack:
                limit = f"none older than {workload.deferral_quarters} quarters"
                yield broken(f"DEFER-2 {place}", f"{old:g} unit-hours are older", limit)
            if quarter == books.case.calendar.quarters[-1] and left > slack:
                yield broken(f"DEFER-3 {place}", f"a backlog of {left:g} unit-hours", "0 at the end")


def _patient(case: Case) -> list[Workload]:
    return [workload for workload in case.of(Workload) if workload.deferral_quarters]


def _moved(form: Formulation, workload: Workload, operation: Operation, node: Node, factor: float) -> Terms:
    """factor x unit-hours of an operation at a node."""
    return [
        (
            factor * form.case.segment_hours(segment, node.quarter),
            variable,
        )
        for segment in form.case.segments
        if (variable := form.operation(operation, node, workload.workload, segment.segment)) is not None
    ]


def _unit_hours(books: Books, workload: Workload, operation: Operation, quarter: Quarter) -> float:
    hours = books.case.calendar.hours(quarter)
    return sum(
        books.operated.quantity(operation, quarter, workload.workload, segment.segment) * segment.share_of_hours * hours
        for segment in books.case.segments
    )
