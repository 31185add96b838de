"""What a constraint family must offer, and the discovery of all of them."""

import re
from collections.abc import Iterator
from typing import ClassVar

import optimizer.rules as package
from optimizer.errors import Finding
from optimizer.ledger.books import Entry
from optimizer.ledger.keys import Category
from optimizer.rules.books import Books
from optimizer.rules.formulation import Formulation
from optimizer.tables.discovery import import_all, subclasses, tables_of
from optimizer.tables.record import Record


class Rule:
    """A constraint family. A family is a subclass in a file of its own; it has no state.

    Each phase runs for every family before the next begins: `declare` adds operations, `charge` posts what they cost,
    `rows` writes the rows. `replay` books the money of operations and `check` tests a plan, both in plain arithmetic
    without a program. Every row is named by a code that begins with the family's: `POWER-1`.
    """

    CODE: ClassVar[str]
    CATEGORIES: ClassVar[tuple[Category, ...]] = ()

    @property
    def title(self) -> str:
        """The family and what it asks, such as `Power: stay within energised power`."""
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(self).__name__).capitalize()
        asks = (type(self).__doc__ or "").strip().splitlines()[0].rstrip(".")
        return f"{name}: {asks[0].lower()}{asks[1:]}"

    def declare(self, form: Formulation) -> None:
        """Declare operations; most families have none."""

    def charge(self, form: Formulation) -> None:
        """Post what operations cost, those of other families too; the kinds of money stand in CATEGORIES."""

    def rows(self, form: Formulation) -> None:
        """Write the rows of the family; families that only declare have none."""

    def replay(self, books: Books) -> Iterator[Entry]:
        """Money that the family's operations cost."""
        yield from ()

    def check(self, books: Books) -> Iterator[Finding]:
        """Where the plan breaks the family."""
        yield from ()


def rules() -> tuple[Rule, ...]:
    """One of every family, by code."""
    import_all(package)
    families = (family for family in subclasses(Rule) if hasattr(family, "CODE"))
    return tuple(sorted((family() for family in families), key=lambda rule: rule.CODE))


def rule_categories() -> tuple[Category, ...]:
    """Every category of money the families post, without repeats."""
    return tuple(dict.fromkeys(category for rule in rules() for category in rule.CATEGORIES))


def rule_tables() -> tuple[type[Record], ...]:
    """Tables that rule files declare, such as budgets, in sheet order."""
    return tables_of(package)
