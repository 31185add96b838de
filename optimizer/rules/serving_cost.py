"""Serving costs: what it costs to serve a workload at a site, beyond the capacity itself.

Money: (SERVING-M1) served[w,s,a,g,t] x hours[g,t] x cost[w,s,a,t], USD per unit-hour: data movement, licences. The row
of the accelerator goes before the row of every accelerator, the quarter's value before the row's own.
"""

from collections.abc import Iterator

from optimizer.case.world import ServingCost
from optimizer.ledger.books import Entry
from optimizer.ledger.keys import SERVING, Cash
from optimizer.ledger.operation import SERVED
from optimizer.rules.books import Books
from optimizer.rules.formulation import Formulation
from optimizer.rules.rule import Rule


class ServingCosts(Rule):
    """Pay for service by workload and site."""

    CODE = "SERVING"
    CATEGORIES = (SERVING,)

    def charge(self, form: Formulation) -> None:
        for made in form.each(SERVED) if form.case.of(ServingCost) else ():
            workload, site, accelerator, segment = made.index
            case = form.at(made.node)
            cost = case.serving_cost(workload, site, accelerator, made.node.quarter)
            if cost is not None:
                volume = case.hours_of(segment, made.node.quarter)
                form.charge(SERVING, SERVED, made.index, made.node, volume, cost, workload)

    def replay(self, books: Books) -> Iterator[Entry]:
        shares = {segment.segment: segment.share_of_hours for segment in books.case.segments}
        rows = {(row.workload, row.site, row.accelerator): row for row in books.case.of(ServingCost)}
        for quarter in books.case.calendar.quarters if rows else ():
            for key, units in books.operated.of(SERVED, quarter):
                workload, site, accelerator, segment = key.index
                row = rows.get((workload, site, accelerator)) or rows.get((workload, site, ""))
                if row is not None:
                    changed = row.by_quarter.at(quarter)
                    price = row.usd_per_unit_hour if changed is None else changed
                    unit_hours = units * shares[segment] * books.case.calendar.hours(quarter)
                    yield Entry(Cash(SERVING), quarter, workload, "", unit_hours * price)
