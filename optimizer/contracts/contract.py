"""What a contract type must offer, and the discovery of all of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import optimizer.contracts as package
from optimizer.case.case import Case
from optimizer.errors import Finding
from optimizer.ledger.books import Decided, Entry
from optimizer.ledger.decision import Decision, Relation
from optimizer.ledger.keys import Category, Key
from optimizer.tables.columns import reference
from optimizer.tables.discovery import import_all, subclasses, tables_of
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import Problem, Record, key_columns


class Dependent(Record):
    """A row whose money or rows depend on whether a reserved block has been signed."""

    def depends_on(self) -> tuple[str, ...]:
        """Names of the blocks it asks about."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Contract(Record):
    """A row that can supply capacity. A contract type is a subclass in a file of its own.

    `decisions` and `relations` say what may be decided and what each unit posts on the ledgers; `replay` walks the
    calendar from the terms and the decided quantities in plain arithmetic of its own, and reports broken terms.
    `replay` never calls `decisions`: a test holds the two equal. `BY_THE_HOUR` says that nothing binds the buyer beyond
    the hours that are bought.
    """

    CATEGORIES: ClassVar[tuple[Category, ...]]
    BY_THE_HOUR: ClassVar[bool] = False

    supplier: str = reference("who sells it", "suppliers")

    def entry(self, key: Key, quarter: Quarter, amount: float) -> Entry:
        """A replayed amount of this contract."""
        return Entry(key, quarter, self.name, self.supplier, amount)

    def decisions(self, case: Case) -> Iterator[Decision]:
        """What may be decided, with the postings of each unit."""
        raise NotImplementedError

    def relations(self, case: Case) -> Iterator[Relation]:
        """Linear relations among decisions; none unless the type says so."""
        yield from ()

    def replay(self, case: Case, decided: Decided) -> Iterator[Entry | Finding]:
        """Entries of the decided quantities, and findings where they break the terms."""
        raise NotImplementedError

    def problems(self, case: Case) -> Iterator[Problem]:
        """A name that another contract bears: quantities and money are kept by the name of the contract."""
        for row in case.of(Contract):
            if row.TABLE is not self.TABLE and row.name.casefold() == self.name.casefold():
                found = f"{self.name}, which a row of {row.TABLE.name} bears too"
                yield Problem(key_columns(type(self))[0], found, "a name of its own", "rename one of the two")


def contract_types() -> tuple[type[Contract], ...]:
    """Every contract type of the package that has a table, in sheet order."""
    import_all(package)
    types = [kind for kind in subclasses(Contract) if hasattr(kind, "TABLE")]
    return tuple(sorted(types, key=lambda kind: kind.TABLE.order))


def contract_tables() -> tuple[type[Record], ...]:
    """Tables of the contract types and those declared beside them, such as prices by quarter, in sheet order."""
    return tables_of(package)


def categories() -> tuple[Category, ...]:
    """Every category of money a contract type posts, without repeats, in sheet order of the types."""
    return tuple(dict.fromkeys(category for kind in contract_types() for category in kind.CATEGORIES))
