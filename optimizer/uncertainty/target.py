"""What an uncertainty moves: the rows of the case, and how a state of it becomes shocks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import groupby

import numpy as np

from optimizer.case.case import Case
from optimizer.case.uncertainty import Process, Uncertainty
from optimizer.contracts.contract import Contract
from optimizer.futures.shock import EVERY, Change, Shock
from optimizer.tables.columns import Column, Kind
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import Record, Series, columns_of, series_column


class Moves(Enum):
    """What a target is: values by quarter, a term by quarter of signing, or one number known once."""

    QUARTERS = "values by quarter"
    SIGNINGS = "a term of what is signed in a quarter"
    ONCE = "a number that becomes known once"


@dataclass(frozen=True)
class Target:
    """The rows of the case that an uncertainty moves, and their column. `*` are the rows whose cell is not blank.

    `names` are the rows of the shocks that move all of them alike.
    """

    stated: Uncertainty
    rows: tuple[Record, ...]
    names: tuple[str, ...]
    column_name: str
    column: Column

    @property
    def moves(self) -> Moves:
        """What it is: a slip, and a default of anything but a series, becomes known once."""
        if self.column.kind is Kind.SERIES:
            return Moves.QUARTERS
        return Moves.ONCE if self.stated.process in (Process.SLIP, Process.DEFAULT) else Moves.SIGNINGS

    @property
    def once(self) -> bool:
        """Whether what happens to it happens once in all."""
        return self.moves is Moves.ONCE


def target(case: Case, stated: Uncertainty) -> Target | None:
    """What the uncertainty moves; None where the case has no such row or column."""
    table = _table(case, stated.table)
    rows = tuple(row for row in table if stated.row in (EVERY, row.name))
    if not rows:
        return None
    name = stated.column or series_column(type(rows[0])) or ""
    column = dict(columns_of(type(rows[0]))).get(name)
    if column is None:
        return None
    if stated.row == EVERY:
        rows = tuple(row for row in rows if getattr(row, name) is not None) or rows
    names = (EVERY,) if len(rows) == len(table) and stated.row == EVERY else tuple(row.name for row in rows)
    return Target(stated, rows, names, name, column)


def _table(case: Case, name: str) -> Sequence[Record]:
    kinds = {type(row) for row in case.records if row.TABLE.name == name}
    return tuple(row for kind in kinds for row in case.of(kind) if type(row) is kind)


def start(case: Case, stated: Uncertainty) -> Quarter:
    """The first quarter in which it may be otherwise: as stated, where that is still open."""
    opens = case.calendar.as_of
    return stated.since if stated.since is not None and stated.since >= opens else opens + 1


def shocks(
    case: Case, aim: Target, scenario: str, state: np.ndarray, known: Quarter, parent: np.ndarray | None = None
) -> Iterator[Shock]:
    """The shocks of a scenario known in `known` by which the target gets to its state, one value a quarter.

    `parent` is the state of the scenario it branches from, whose shocks it has already; None is the case as it stands.
    """
    if parent is None:
        parent = np.zeros_like(state) if aim.stated.process is Process.SLIP else np.ones_like(state)
    first = known - case.calendar.first
    match aim.moves:
        case Moves.ONCE:
            yield from _once(case, aim, scenario, (float(state[-1]), float(parent[-1])), known)
        case Moves.QUARTERS if aim.stated.process is Process.SLIP:
            yield from _later(case, aim, scenario, state, parent, first)
        case _:
            yield from _factors(case, aim, scenario, state, parent, first)


def _factors(
    case: Case, aim: Target, scenario: str, state: np.ndarray, parent: np.ndarray, first: int
) -> Iterator[Shock]:
    """Factors on all rows alike; where the parent's factor is 0, the value of each row."""
    stated = aim.stated
    for since, until, (mine, theirs) in _runs(state, parent, first):
        if theirs:
            for name in aim.names if mine != theirs else ():
                yield _by_quarter(case, stated, name, scenario, since, until, Change.MULTIPLY, mine / theirs)
        elif mine:
            for row in aim.rows:
                for quarter in range(since, until + 1):
                    value = mine * _value(case, row, aim.column_name, quarter)
                    yield _by_quarter(case, stated, row.name, scenario, quarter, quarter, Change.SET, value)


def _later(
    case: Case, aim: Target, scenario: str, state: np.ndarray, parent: np.ndarray, first: int
) -> Iterator[Shock]:
    """Values of each row as they were to be some quarters before, never before the first that may be late."""
    for row in aim.rows:
        mine, theirs = shifted(case, row, aim, state), shifted(case, row, aim, parent)
        for since, until, (value, inherited) in _runs(mine, theirs, first):
            if value != inherited:
                yield _by_quarter(case, aim.stated, row.name, scenario, since, until, Change.SET, value)


def shifted(case: Case, row: Record, aim: Target, late: np.ndarray) -> np.ndarray:
    """The values of a row of a slip that is so many quarters late, one a quarter."""
    values = [_value(case, row, aim.column_name, quarter) for quarter in range(len(late))]
    held = start(case, aim.stated) - case.calendar.first - 1
    return np.array([values[max(t - round(n), min(t, held))] for t, n in enumerate(late)])


def _once(case: Case, aim: Target, scenario: str, states: tuple[float, float], known: Quarter) -> Iterator[Shock]:
    """One number of each row: later by quarters, or less by a factor; where the parent's factor is 0, its value."""
    state, parent = states
    if state == parent:
        return
    for row in aim.rows:
        since = None
        if isinstance(row, Contract) and aim.column_name not in row.WHOLE:
            since = known if aim.column_name in row.OFFER else first_due(case, row, known, aim.column_name)
            if since is None:
                continue
        if aim.stated.process is Process.SLIP:
            yield _one(aim, row, scenario, since, Change.ADD, state - parent)
        elif parent:
            yield _one(aim, row, scenario, since, Change.MULTIPLY, state / parent)
        else:
            yield from _again(case, aim, row, scenario, since, state)


def _one(aim: Target, row: Record, scenario: str, since: Quarter | None, change: Change, value: float) -> Shock:
    return Shock(
        scenario=scenario, table=aim.stated.table, row=row.name, column=aim.column_name, since=since, change=change,
        value=value,
    )  # fmt: skip


def _again(case: Case, aim: Target, row: Record, scenario: str, since: Quarter | None, state: float) -> Iterator[Shock]:
    """A number that is 0 in the scenario it branches from, in its state of what the case says."""
    if since is None:
        yield _one(aim, row, scenario, None, Change.SET, state * float(getattr(row, aim.column_name) or 0.0))
        return
    for quarter in range(since - case.calendar.first, len(case.calendar.quarters)):
        value = state * _value(case, row, aim.column_name, quarter)
        yield _by_quarter(case, aim.stated, row.name, scenario, quarter, quarter, Change.SET, value)


def first_due(case: Case, contract: Contract, known: Quarter, column: str) -> Quarter | None:
    """The first quarter of signing whose delivery, on terms of the column, is due in `known` or later; None if none."""
    due = (q for q in case.calendar.quarters if q + contract.agreed(case, q, column).lead >= known)
    return next(due, None)


def _runs(state: np.ndarray, parent: np.ndarray, first: int) -> Iterator[tuple[int, int, tuple[float, float]]]:
    """(first, last, (state, parent's state)) of quarters from `first` on in which both stay the same."""
    pairs = zip(range(first, len(state)), state[first:].tolist(), parent[first:].tolist(), strict=True)
    for values, group in groupby(pairs, key=lambda triple: triple[1:]):
        quarters = [quarter for quarter, *_ in group]
        yield quarters[0], quarters[-1], values


def _by_quarter(
    case: Case, stated: Uncertainty, row: str, scenario: str, since: int, until: int, change: Change, value: float
) -> Shock:
    calendar = case.calendar
    last = None if until + 1 == len(calendar.quarters) else calendar.first + until
    return Shock(
        scenario=scenario, table=stated.table, row=row, column=stated.column, since=calendar.first + since, until=last,
        change=change, value=value,
    )  # fmt: skip


def _value(case: Case, row: Record, column: str, quarter: int) -> float:
    """What the case says of a quarter, or of what is signed in it; a blank that stands for no number is 0."""
    when = case.calendar.first + quarter
    if isinstance(row, Contract):
        return float(getattr(row.agreed(case, when, column), column) or 0.0)
    series: Series = getattr(row, column)
    value = series.at(when)
    return value if value is not None else dict(columns_of(type(row)))[column].blank.meant or 0.0
