"""What was really paid in quarters that are history: it replaces what terms and prices would make of it today."""

from collections.abc import Iterator
from dataclasses import dataclass

from optimizer.case.case import Case
from optimizer.case.check import not_history
from optimizer.tables.columns import number, quarter, text
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import Problem, Record, TableSpec

Account = tuple[str, str, Quarter]


@dataclass(frozen=True, kw_only=True)
class Paid(Record):
    """Cash of one kind, for one contract or workload, in a quarter before as_of; receipts are negative."""

    TABLE = TableSpec("paid", "Paid", "cash paid before as_of", 296, named_by=("source", "category", "quarter"))

    source: str = text("the contract, or the workload it served")
    category: str = text("the kind of cash, as plans name it")
    quarter: Quarter = quarter("the quarter")
    usd: float = number("USD", "paid in all; money received is negative", low=None)

    @property
    def account(self) -> Account:
        """Source, kind of cash and quarter."""
        return self.source, self.category, self.quarter

    def problems(self, case: Case) -> Iterator[Problem]:
        """A quarter that is still open."""
        yield from not_history(case, self.quarter)


def paid_accounts(case: Case) -> frozenset[Account]:
    """Accounts of history on which it is known what was paid."""
    return frozenset(row.account for row in case.of(Paid))
