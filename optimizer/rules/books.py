"""Everything a check may look at: the case, the plan's quantities and the replayed ledgers."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from optimizer.case.case import Case
from optimizer.errors import Finding
from optimizer.ledger.books import Decided, Entry
from optimizer.ledger.keys import Key
from optimizer.ledger.operation import Operated
from optimizer.tables.quarter import Quarter

TOLERANCE = 1e-6


class Books:
    """Replayed amounts by account and quarter, with the plan they came from."""

    def __init__(self, case: Case, decided: Decided, operated: Operated, entries: Iterable[Entry]) -> None:
        self.case = case
        self.decided = decided
        self.operated = operated
        self.entries: list[Entry] = []
        self._by_quarter: defaultdict[Quarter, list[Entry]] = defaultdict(list)
        self._totals: defaultdict[tuple[Key, Quarter], float] = defaultdict(float)
        self.add(entries)

    def add(self, entries: Iterable[Entry]) -> None:
        """Book more entries."""
        for entry in entries:
            self.entries.append(entry)
            self._by_quarter[entry.quarter].append(entry)
            self._totals[entry.key, entry.quarter] += entry.amount

    def total(self, key: Key, quarter: Quarter) -> float:
        """Amount on one account in a quarter."""
        return self._totals.get((key, quarter), 0.0)

    def select(self, wanted: Callable[[Key], bool], *quarters: Quarter) -> Iterator[Entry]:
        """Entries of the quarters whose account is wanted."""
        return (entry for quarter in quarters for entry in self._by_quarter[quarter] if wanted(entry.key))

    def sum(self, wanted: Callable[[Key], bool], *quarters: Quarter) -> float:
        """Total of the entries of the quarters whose account is wanted."""
        return math.fsum(entry.amount for entry in self.select(wanted, *quarters))


def broken(place: str, found: str, expected: str) -> Finding:
    """The finding of a limit that a plan breaks."""
    return Finding(place, found, expected, "this is a fault of the plan: solve again")


def exceeded(place: str, what: str, value: float, limit: float, scale: float = 1.0) -> Iterator[Finding]:
    """A finding if value > limit beyond the tolerance, relative to the larger of limit and `scale`."""
    if value > limit + TOLERANCE * max(abs(limit), abs(scale), 1.0):
        yield broken(place, f"{what} is {value:,.6g}", f"at most {limit:,.6g}")
