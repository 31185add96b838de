"""What a constraint family must offer, and the discovery of all of them."""

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from typing import ClassVar

import optimizer.rules as package
from optimizer.errors import Finding
from optimizer.ledger.books import Entry
from optimizer.ledger.keys import Category
from optimizer.rules.books import Books
from optimizer.rules.formulation import Formulation
from optimizer.tables.record import Record


class Rule:
    """A constraint family. A family is a subclass in a file of its own; it has no state.

    Each phase runs for every family before the next begins: `declare` adds operations, `charge` posts what they cost,
    `rows` writes the rows. `replay` books the money of operations and `check` tests a plan, both in plain arithmetic
    without a program. Every row is named by a code that begins with the family's: `POWER-1`.
    """

    CODE: ClassVar[str]
    CATEGORIES: ClassVar[tuple[Category, ...]] = ()

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


def _subclasses(base: type[Rule]) -> Iterator[type[Rule]]:
    for subclass in base.__subclasses__():
        yield subclass
        yield from _subclasses(subclass)


@cache
def _load_modules() -> tuple[str, ...]:
    modules = tuple(sorted(module.name for module in pkgutil.iter_modules(package.__path__)))
    for module in modules:
        importlib.import_module(f"{package.__name__}.{module}")
    return modules


@cache
def rules() -> tuple[Rule, ...]:
    """One of every family, by code."""
    _load_modules()
    families = (family for family in _subclasses(Rule) if hasattr(family, "CODE"))
    return tuple(sorted((family() for family in families), key=lambda rule: rule.CODE))


def rule_categories() -> tuple[Category, ...]:
    """Every category of money the families post, without repeats."""
    return tuple(dict.fromkeys(category for rule in rules() for category in rule.CATEGORIES))


def rule_tables() -> tuple[type[Record], ...]:
    """Tables that rule files declare, such as budgets, in sheet order."""
    _load_modules()
    tables = [
        record
        for record in Record.__subclasses__()
        if record.__module__.startswith(package.__name__) and hasattr(record, "TABLE")
    ]
    return tuple(sorted(tables, key=lambda record: record.TABLE.order))
