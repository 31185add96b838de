"""Shocks on terms of contracts that no signing in the quarters they name would meet: they would change nothing.

`since` and `until` of a term are quarters of signing (SHOCK-2); what holds for the whole offer has none. Who means
quarters in which it delivers shocks the table `in_service`; who means other terms of what is delivered later leaves
them blank, and lets the scenario part in time.
"""

from collections.abc import Iterator, Sequence

from optimizer.case.case import Case
from optimizer.contracts.contract import Contract
from optimizer.errors import Level
from optimizer.futures.future import standing
from optimizer.futures.shock import Shock
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import Problem

WINDOWS = ("sign_from", "sign_until", "buy_until", "exercise_from", "exercise_until", "order_from", "order_until")
SYSTEMS = "accelerators"
Place = tuple[str, str, Quarter | None, Quarter | None, bool]


def check_idle(case: Case) -> Iterator[tuple[Shock, Problem]]:
    """An error for what has no quarter of signing, a warning, once a row, where none of them can be met.

    Where quarters are history already, or scenarios move windows, what can still be met is not looked into.
    """
    base, seen = standing(case), set[Place]()
    moved = {shock.table for shock in case.of(Shock) if shock.column in WINDOWS or shock.table == SYSTEMS}
    for shock in case.of(Shock):
        rows = [row for row in base.of(Contract) if shock.covers(row)]
        whole = any(shock.column in row.WHOLE for row in rows)
        place = shock.table, shock.row, shock.since, shock.until, whole
        if (shock.since is None and shock.until is None) or place in seen:
            continue
        seen.add(place)
        windows = [row.signings(base) for row in rows]
        if whole:
            yield shock, _whole(shock)
        elif rows and None in windows:
            yield shock, _undated(shock)
        elif rows and base.calendar.as_of == base.calendar.first and not moved & {shock.table, SYSTEMS}:
            yield from _unmet(base, shock, [q for window in windows for q in window or ()])


def _undated(shock: Shock) -> Problem:
    column = "until" if shock.since is None else "since"
    expected = f"a blank cell: a row of {shock.table} has no quarter of signing"
    cure = "clear it, or shock a table by quarter, such as in_service, commitment_schedule or spot_limit"
    return Problem(column, str(getattr(shock, column)), expected, cure)


def _whole(shock: Shock) -> Problem:
    column = "until" if shock.since is None else "since"
    expected = f"a blank cell: {shock.column} holds for the whole offer, whenever it is signed"
    return Problem(column, str(getattr(shock, column)), expected, "clear it, and let the scenario part in time")


def _unmet(base: Case, shock: Shock, signings: Sequence[Quarter]) -> Iterator[tuple[Shock, Problem]]:
    since, until = shock.since or base.calendar.first, shock.until or base.calendar.end + -1
    if since > until or any(since <= quarter <= until for quarter in signings):
        return
    found = f"{since} to {until}, when nothing of {shock.row} is signed: it changes nothing"
    opens = f"a quarter of signing, {min(signings)} to {max(signings)}" if signings else "a row that can be signed"
    cure = "correct it; leave since and until blank to change what is signed at any time, or shock in_service"
    yield shock, Problem("since" if shock.since else "until", found, opens, cure, Level.WARNING)
