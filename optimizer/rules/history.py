"""What happened before `as_of`: the operations of the quarters that are history, such as work put off till later.

(HISTORY-1) decisions[t] and operations[t] = as recorded, for t before as_of; (HISTORY-2) no row is written of those
quarters; (HISTORY-3) rows that span quarters (budgets of a year, backlogs, homes) count what is recorded in them.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from optimizer.case.case import Case
from optimizer.case.check import not_history
from optimizer.ledger import operation as operations
from optimizer.ledger.operation import Operation, OperationKey
from optimizer.tables.columns import number, quarter, text
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import Problem, Record, TableSpec

OPERATIONS = {one.name: one for one in vars(operations).values() if isinstance(one, Operation)}


@dataclass(frozen=True, kw_only=True)
class Happened(Record):
    """An operation of a quarter that is history."""

    TABLE = TableSpec(
        "history", "What happened", "an operation before as_of", 298, named_by=("operation", "index", "quarter")
    )

    operation: str = text("what was done, such as served or backlog")
    index: str = text('of what, as a JSON list of names, such as ["train", "home", "h100", "all"]')
    quarter: Quarter = quarter("the quarter")
    quantity: float = number("units of the operation", "how much")

    @property
    def key(self) -> OperationKey:
        """The operation."""
        return OperationKey(OPERATIONS[self.operation], tuple(json.loads(self.index)), self.quarter)

    def problems(self, case: Case) -> Iterator[Problem]:
        """An operation that does not exist, an index of another shape, a quarter that is still open."""
        yield from not_history(case, self.quarter)
        if self.operation not in OPERATIONS:
            yield Problem("operation", self.operation, f"one of {', '.join(OPERATIONS)}", "correct it")
            return
        dims = OPERATIONS[self.operation].dims
        try:
            index = json.loads(self.index)
        except ValueError:
            index = None
        if not isinstance(index, list) or len(index) != len(dims) or not all(isinstance(part, str) for part in index):
            yield Problem("index", self.index, f"a JSON list of {len(dims)} names: {', '.join(dims)}", "correct it")


def operated_before(case: Case) -> dict[OperationKey, float]:
    """Quantities of every operation that is history."""
    return {row.key: row.quantity for row in case.of(Happened)}
