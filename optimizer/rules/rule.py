"""What a constraint family must offer, and the discovery of all of them."""

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from typing import ClassVar

import optimizer.rules as package
from optimizer.errors import Finding
from optimizer.ledger.books import Entry
from optimizer.rules.books import Books
from optimizer.rules.formulation import Formulation
from optimizer.tables.record import Record


class Rule:
    """A constraint family. A family is a subclass in a file of its own; it has no state.

    `declare` adds operations and posts their money, `rows` writes the family's rows once all ledgers are posted.
    `replay` books the money of operations and `check` tests a plan, both in plain arithmetic without a program.
    """

    CODE: ClassVar[str]

    def declare(self, form: Formulation) -> None:
        """Declare operations; most families have none."""

    def rows(self, form: Formulation) -> None:
        """Write the rows of the family; families that only declare have none."""

    def replay(self, books: Books) -> Iterator[Entry]:
        """Money that the family's operations cost."""
        yield from ()

    def check(self, books: Books) -> Iterator[Finding]:
        """Where the plan breaks the family."""
        yield from ()


@cache
def _load_modules() -> tuple[str, ...]:
    modules = tuple(sorted(module.name for module in pkgutil.iter_modules(package.__path__)))
    for module in modules:
        importlib.import_module(f"{package.__name__}.{module}")
    return modules


def rules() -> tuple[Rule, ...]:
    """One of every family, by code."""
    _load_modules()
    families = [family for base in Rule.__subclasses__() for family in (base, *base.__subclasses__())]
    return tuple(sorted((family() for family in families if hasattr(family, "CODE")), key=lambda rule: rule.CODE))


def rule_tables() -> tuple[type[Record], ...]:
    """Tables that rule files declare, such as budgets, in sheet order."""
    _load_modules()
    tables = [
        record
        for record in Record.__subclasses__()
        if record.__module__.startswith(package.__name__) and hasattr(record, "TABLE")
    ]
    return tuple(sorted(tables, key=lambda record: record.TABLE.order))
