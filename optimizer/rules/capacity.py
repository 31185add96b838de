"""Capacity: what is served at a site needs GPUs there.

  (CAPACITY-1)  sum_w (served - interruptible)[w,s,a,g,t] / units per GPU[w,a] <= firm GPUs[s,a,g,t]
  (CAPACITY-2)  sum_w interruptible[w,s,a,g,t] / units per GPU[w,a] <= interruptible GPUs[s,a,g,t]
  (CAPACITY-3)  interruptible <= served
GPUs are usable GPUs: after availability, interruption losses and resale.
"""

from collections import defaultdict
from collections.abc import Iterator

from optimizer.case.case import Case
from optimizer.errors import Finding
from optimizer.ledger.keys import Supply
from optimizer.ledger.operation import INTERRUPTIBLE, SERVED, Operation
from optimizer.rules.books import Books, exceeded
from optimizer.rules.formulation import Formulation, Terms
from optimizer.rules.rule import Rule
from optimizer.tables.quarter import Quarter

Pool = tuple[str, str, str]
Uses = defaultdict[tuple[Pool, int], Terms]


def gpus_per_unit(case: Case, workload: str, accelerator: str) -> float:
    """GPUs it takes to serve a unit; infinite where the pair is not compatible."""
    rate = case.units_per_gpu(workload, accelerator)
    return 1.0 / rate if rate else float("inf")


class Capacity(Rule):
    """Serve within the capacity that is there."""

    CODE = "CAPACITY"

    def rows(self, form: Formulation) -> None:
        firm, loose = self._uses(form, SERVED), self._uses(form, INTERRUPTIBLE)
        for at, terms in loose.items():
            firm[at] += [(-gpus, variable) for gpus, variable in terms]
        self._supply(form, "CAPACITY-1", firm, firm=True)
        self._supply(form, "CAPACITY-2", loose, firm=False)
        for made in form.each(INTERRUPTIBLE):
            served = form.operations[SERVED, made.index, made.node.index]
            index = (*made.index, str(made.node.quarter))
            form.limit("CAPACITY-3", made.node, index, [(1.0, made.variable), (-1.0, served)], upper=0.0, unit="units")

    def _uses(self, form: Formulation, operation: Operation) -> Uses:
        uses: Uses = defaultdict(list)
        for made in form.each(operation):
            workload, site, accelerator, segment = made.index
            gpus = gpus_per_unit(form.at(made.node), workload, accelerator)
            uses[(site, accelerator, segment), made.node.index].append((gpus, made.variable))
        return uses

    def _supply(self, form: Formulation, code: str, uses: Uses, firm: bool) -> None:
        for (pool, index), use in uses.items():
            node = form.nodes[index]
            site, accelerator, segment = pool
            supply = [
                (-line.coefficient, line.variable)
                for part in dict.fromkeys(("", segment))
                for line in form.lines(Supply(site, accelerator, firm, part), node)
            ]
            form.limit(code, node, (*pool, str(node.quarter)), use + supply, upper=0.0, unit="GPUs")

    def check(self, books: Books) -> Iterator[Finding]:
        for quarter in books.case.calendar.ahead:
            served, loose = self._used(books, SERVED, quarter), self._used(books, INTERRUPTIBLE, quarter)
            for pool in dict.fromkeys((*served, *loose)):
                place = " ".join((*pool, str(quarter)))
                firm = served.get(pool, 0.0) - loose.get(pool, 0.0)
                there = self._usable(books, pool, quarter, True)
                yield from exceeded(f"CAPACITY-1 {place}", "firm use (GPUs)", firm, there)
                there = self._usable(books, pool, quarter, False)
                yield from exceeded(f"CAPACITY-2 {place}", "interruptible use (GPUs)", loose.get(pool, 0.0), there)
            for key, units in books.operated.of(INTERRUPTIBLE, quarter):
                whole = books.operated.quantity(SERVED, quarter, *key.index)
                place = " ".join(("CAPACITY-3", *key.index, str(quarter)))
                yield from exceeded(place, "interruptible service", units, whole)

    def _usable(self, books: Books, pool: Pool, quarter: Quarter, firm: bool) -> float:
        site, accelerator, segment = pool
        return sum(books.total(Supply(site, accelerator, firm, part), quarter) for part in {"", segment})

    def _used(self, books: Books, operation: Operation, quarter: Quarter) -> dict[Pool, float]:
        use: dict[Pool, float] = {}
        for key, units in books.operated.of(operation, quarter):
            workload, site, accelerator, segment = key.index
            gpus = units * gpus_per_unit(books.case, workload, accelerator)
            use[site, accelerator, segment] = use.get((site, accelerator, segment), 0.0) + gpus
        return use
