"""What a contract type must offer, and the discovery of all of them."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import ClassVar, Self

import optimizer.contracts as package
from optimizer.case.case import Case
from optimizer.contracts.parts.signed import SignedTerm
from optimizer.errors import Finding
from optimizer.ledger.books import Decided, Entry
from optimizer.ledger.decision import Decision, Relation
from optimizer.ledger.keys import Category, Key
from optimizer.tables.columns import reference
from optimizer.tables.discovery import import_all, subclasses, tables_of
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import Problem, Record, Term, columns_of, key_columns, with_cells


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
    the hours that are bought. `OFFER` names the columns that say what may still be decided; the others are terms of
    what was. `CLOSES` names the column with the last quarter in which anything new can be decided. `WHOLE` names the
    columns that hold for the whole offer, whenever it is signed; the others are terms of what is signed in a quarter.
    """

    CATEGORIES: ClassVar[tuple[Category, ...]]
    BY_THE_HOUR: ClassVar[bool] = False
    OFFER: ClassVar[tuple[str, ...]] = ()
    CLOSES: ClassVar[str] = ""
    WHOLE: ClassVar[tuple[str, ...]] = ()

    supplier: str = reference("who sells it", "suppliers")
    amended: tuple[SignedTerm, ...] = field(default=(), repr=False, compare=False)

    def as_signed(self, case: Case, *quarters: Quarter) -> Self:
        """The contract on the terms on which it was signed in a quarter; itself where they are those of its row.

        Of several quarters, what is said of a later one goes before what is said of one named before it.
        """
        said = case.by(SignedTerm, "contract", self.name)
        rows = {row.column: row for quarter in quarters for row in said if row.signed == quarter}
        if not rows:
            return self
        columns = dict(columns_of(type(self)))
        terms = {name: row.typed(columns[name]) for name, row in rows.items()}
        return replace(with_cells(self, terms), amended=tuple(rows.values()))

    def agreed(self, case: Case, quarter: Quarter, column: str) -> Self:
        """The contract on the terms that hold for a column of what is signed in a quarter: as signed in it.

        A type whose terms may have been agreed before that says so.
        """
        return self.as_signed(case, quarter)

    @property
    def lead(self) -> int:
        """Quarters from the decision to the first delivery; 0 unless the type says so."""
        return 0

    def signings(self, case: Case) -> tuple[Quarter, ...] | None:
        """Quarters in which it can be signed, exercised, drawn or ordered, each on terms of its own.

        Any, unless the type says so; None where its terms are the same in every quarter.
        """
        return case.calendar.quarters

    def term(self, column: str) -> Term:
        """The cell that prices it: that of the terms as signed, where they differ from the row of the offer."""
        for row in self.amended:
            if row.column == column:
                return row.cell
        return super().term(column)

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
