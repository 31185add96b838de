"""Finding what a folder of files declares, so that a new contract type or rule is one file and no registration."""

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from types import ModuleType
from typing import TypeVar

from optimizer.tables.record import Record

T = TypeVar("T")


@cache
def import_all(package: ModuleType) -> tuple[str, ...]:
    """Import every module of the package, in order of name; returns their names."""
    names = tuple(sorted(module.name for module in pkgutil.iter_modules(package.__path__)))
    for name in names:
        importlib.import_module(f"{package.__name__}.{name}")
    return names


def subclasses(base: type[T]) -> Iterator[type[T]]:
    """Every subclass, however deep."""
    for subclass in base.__subclasses__():
        yield subclass
        yield from subclasses(subclass)


def tables_of(package: ModuleType) -> tuple[type[Record], ...]:
    """Every table that a module of the package declares, in sheet order."""
    import_all(package)
    found = dict.fromkeys(
        record
        for record in subclasses(Record)
        if record.__module__.startswith(f"{package.__name__}.") and hasattr(record, "TABLE")
    )
    return tuple(sorted(found, key=lambda record: record.TABLE.order))
