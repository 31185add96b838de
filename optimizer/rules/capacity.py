"""Capacity: what is served at a site needs GPUs there.

  (CAPACITY-1)  sum_w (served - interruptible)[w,s,a,g,t] / units per GPU[w,a] <= firm GPUs[s,a,g,t]
  (CAPACITY-2)  sum_w interruptible[w,s,a,g,t] / units per GPU[w,a] <= interruptible GPUs[s,a,g,t]
  (CAPACITY-3)  interruptible <= served
GPUs are usable GPUs: after availability, interruption losses and resale.
"""

from collections.abc import Iterator

from optimizer.errors import Finding
from optimizer.ledger.keys import Supply
from optimizer.ledger.operation import INTERRUPTIBLE, SERVED, Operation
from optimizer.rules.books import Books, exceeded
from optimizer.rules.formulation import Formulation, Terms
from optimizer.rules.rule import Rule

Pool = tuple[str, str, str]


class Capacity(Rule):
    """Serve within the capacity that is there."""

    CODE = "CAPACITY"

    def rows(self, form: Formulation) -> None:
        use: dict[tuple[Pool, int], Terms] = {}
        interrupted: dict[tuple[Pool, int], Terms] = {}
        for (operation, index, node), variable in form.operations.items():
            if operation not in (SERVED, INTERRUPTIBLE):
                continue
            workload, site, accelerator, segment = index
            gpus = 1.0 / (form.case.units_per_gpu(workload, accelerator) or 1.0)
            pool = ((site, accelerator, segment), node)
            if operation is SERVED:
                use.setdefault(pool, []).append((gpus, variable))
            else:
                use.setdefault(pool, []).append((-gpus, variable))
                interrupted.setdefault(pool, []).append((gpus, variable))
                served = form.operations[SERVED, index, node]
                at = str(form.nodes[node].quarter)
                form.limit("CAPACITY-3", (*index, at), [(1.0, variable), (-1.0, served)], upper=0.0)
        self._supply(form, "CAPACITY-1", use, firm=True)
        self._supply(form, "CAPACITY-2", interrupted, firm=False)

    def _supply(self, form: Formulation, code: str, use: dict[tuple[Pool, int], Terms], firm: bool) -> None:
        for (pool, index), terms in use.items():
            node = form.nodes[index]
            site, accelerator, segment = pool
            for part in dict.fromkeys(("", segment)):
                lines = form.lines(Supply(site, accelerator, firm, part), node)
                terms += [(-line.coefficient, line.variable) for line in lines]
            form.limit(code, (*pool, str(node.quarter)), terms, upper=0.0)

    def check(self, books: Books) -> Iterator[Finding]:
        for quarter in books.case.calendar.quarters:
            served = self._use(books, SERVED, quarter)
            interrupted = self._use(books, INTERRUPTIBLE, quarter)
            for pool in served.keys() | interrupted.keys():
                site, accelerator, segment = pool
                firm, loose = (
                    sum(
                        books.total(Supply(site, accelerator, kind, part), quarter)
                        for part in dict.fromkeys(("", segment))
                    )
                    for kind in (True, False)
                )
                place = " ".join((*pool, str(quarter)))
                used = served.get(pool, 0.0) - interrupted.get(pool, 0.0)
                yield from exceeded(f"CAPACITY-1 {place}", "firm use (GPUs)", used, firm)
                yield from exceeded(
                    f"CAPACITY-2 {place}", "interruptible use (GPUs)", interrupted.get(pool, 0.0), loose
                )
            for key, units in books.operated.of(INTERRUPTIBLE, quarter):
                whole = books.operated.quantity(SERVED, quarter, *key.index)
                place = " ".join(("CAPACITY-3", *key.index, str(quarter)))
                yield from exceeded(place, "interruptible service", units, whole)

    def _use(self, books: Books, operation: Operation, quarter: "object") -> dict[Pool, float]:
        use: dict[Pool, float] = {}
        for key, units in books.operated.of(operation, quarter):
            workload, site, accelerator, segment = key.index
            rate = books.case.units_per_gpu(workload, accelerator)
            gpus = units / rate if rate else float("inf")
            use[site, accelerator, segment] = use.get((site, accelerator, segment), 0.0) + gpus
        return use
