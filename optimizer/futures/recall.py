"""What is asked of a row in every future, asked once where all that it looks up is the same.

What a contract offers is a function of its row and of the tables that it looks up in the case. Where all that it looked
up in one future is the same in another, so is the answer: of a thousand futures of demand, a block is asked once.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from optimizer.case.case import Case, R
from optimizer.case.settings import Settings
from optimizer.tables.record import Record

T = TypeVar("T")
REMEMBERED = 8
"""Answers of one row that are kept, the latest first."""


@dataclass(frozen=True)
class Witness(Case):
    """A case that knows which tables it was asked for; every look-up of a fresh one begins with `of`."""

    read: set[type[Record]] = field(default_factory=set, repr=False, compare=False)

    def of(self, record: type[R]) -> tuple[R, ...]:
        """Rows of a table, as of any case."""
        self.read.add(record)
        return super().of(record)


@dataclass(frozen=True)
class Answer(Generic[T]):
    """What was said of a row, and the rows of the tables that were read for it."""

    row: Record
    rows: tuple[tuple[type[Record], tuple[Record, ...]], ...]
    said: T

    def holds(self, row: Record, case: Case) -> bool:
        """Whether it is the answer for a row of another case: the same is read there."""
        return row == self.row and all(_same(rows, case.of(table)) for table, rows in self.rows)


class Recall(Generic[T]):
    """A function of a row and its case that must not depend on the title of the case; answers are remembered."""

    def __init__(self, work: Callable[[Any, Case], T]) -> None:
        self._work = work
        self._known: defaultdict[tuple[type[Record], str], list[Answer[T]]] = defaultdict(list)
        self._settings: Settings | None = None

    def untitled(self, case: Case) -> Case:
        """The case to ask about: futures that differ in their titles alone are the same."""
        settings = replace(case.settings, title="")
        if settings != self._settings:
            self._settings = settings
        return Case(tuple(self._settings if row is case.settings else row for row in case.records))

    def ask(self, row: Record, case: Case) -> T:
        """What the function says of a row of an untitled case."""
        known = self._known[type(row), row.name]
        found = next((answer for answer in known if answer.holds(row, case)), None)
        if found is None:
            witness = Witness(case.records)
            said = self._work(row, witness)
            found = Answer(row, tuple((table, case.of(table)) for table in witness.read), said)
            known.insert(0, found)
            del known[REMEMBERED:]
        return found.said


def _same(rows: tuple[Record, ...], others: tuple[Record, ...]) -> bool:
    return len(rows) == len(others) and all(a is b or a == b for a, b in zip(rows, others, strict=True))
