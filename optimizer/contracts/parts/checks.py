"""What replays report and what rows refuse, in the same words for every contract type."""

import math
from collections.abc import Iterable, Iterator

from optimizer.case.case import Case
from optimizer.errors import Finding, Level
from optimizer.ledger.books import Decided
from optimizer.ledger.decision import Action
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import Problem

TOLERANCE = 1e-6
FAULT = "this is a fault of the plan: solve again"


def broken(code: str, name: str, quarter: Quarter, found: str, expected: str) -> Finding:
    """A finding that the plan breaks the constraint `code` of the contract `name` in `quarter`."""
    return Finding(f"{code} {name} {quarter}", found, expected, FAULT, when=str(quarter))


def exceeds(value: float, limit: float) -> bool:
    """Whether value > limit beyond the tolerance, relative to limits above 1."""
    return value > limit + TOLERANCE * max(1.0, abs(limit))


def is_whole(quantity: float) -> bool:
    """Whether the quantity is a whole number within the tolerance."""
    return math.isfinite(quantity) and abs(quantity - round(quantity)) <= TOLERANCE


def foreign(name: str, decided: Decided, *actions: Action) -> Iterator[Finding]:
    """A finding for each decision on the contract that its type does not offer."""
    for key, quantity in decided.on(name):
        if key.action not in actions and key.action is not Action.PAID:
            yield Finding(f"plan {key}", f"{quantity:g}", "a decision that the contract offers", FAULT)


def size_problems(sizes: Iterable[tuple[float, float]]) -> Iterator[Problem]:
    """Smallest orders above the most blocks there are, each pair told once."""
    for least, most in dict.fromkeys(sizes):
        if least > most:
            yield Problem("min_blocks", f"{least:g}", f"at most max_blocks ({most:g})", "lower it")


def window_problems(
    case: Case, columns: tuple[str, str], first: Quarter | None, last: Quarter | None, earliest: Quarter
) -> Iterator[Problem]:
    """A window that is upside down, or (a warning) has no quarter in the horizon; one that closed in history is over.

    `columns` name the cells of `first` and `last`; `earliest` is the first quarter in which a decision delivers a
    system that exists by then.
    """
    if first is not None and last is not None and first > last:
        cure = "swap the two quarters, or correct one"
        yield Problem(columns[1], f"{last}, before {columns[0]} ({first})", f"{first} or later", cure)
        return
    horizon = case.calendar
    if last is not None and horizon.first <= last < horizon.as_of:
        return
    opens, closes = max(first or horizon.first, horizon.first), min(last or horizon.end, horizon.end + -1)
    if opens > closes:
        found = f"a window of {first or 'any quarter'} to {last or 'any quarter'}, so nothing can be decided"
        expected = f"a quarter within {horizon.first} to {horizon.end + -1}"
        cure = "correct the window, or delete the row if the offer is over"
        yield Problem(columns[1] if closes < horizon.first else columns[0], found, expected, cure, Level.WARNING)
    elif earliest > closes:
        found = f"a window that closes in {closes}, while a decision before {earliest} delivers too early"
        expected = f"{earliest} or later: lead time and delay must reach the accelerator's available_from"
        cure = "extend the window, or correct lead_quarters or available_from"
        yield Problem(columns[1], found, expected, cure, Level.WARNING)
