"""Figures of quarters that are over, under what came true: what was seen, or still the figure of the scenario.

A figure of a past quarter in the case is what was seen. But where it still is what the case said before what came true
was known, nobody has entered what was seen yet: then it is the figure of the scenario, which came true.
"""

from collections.abc import Callable, Iterator, Mapping

from optimizer.case.case import Case
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import Record, Series, series_column, with_cells

Stood = Mapping[str, float | None]
"""Figures as they stood in a case before what came true changed them, by table, row and quarter."""


def changed(case: Case, now: Case) -> dict[str, float | None]:
    """Figures by quarter of `case` that what came true changes, as they stand without it."""
    after = {_key(row): row for row in now.records if series_column(type(row))}
    return {
        _place(row, quarter): value
        for row in case.records
        if series_column(type(row)) and _key(row) in after
        for quarter, value in _values(row)
        if value != _series(after[_key(row)]).at(quarter)
    }


def with_seen(case: Case, now: Case, full: Case, before: Case | None, stood: Stood, as_of: Quarter) -> Case:
    """The case as known, with figures of past quarters that nobody entered as the scenario has them.

    `case` is without what came true, `now` with it in open quarters, `full` in all; `before` is the case of the
    approved plan, and `stood` goes before it. A case without scenarios is as it is.
    """
    if full is case:
        return now
    own = {_key(row): row for row in case.records if series_column(type(row))}
    whole = {_key(row): row for row in full.records if series_column(type(row))}
    old = {} if before is None else {_key(row): row for row in before.records if series_column(type(row))}

    def figure(row: Record, quarter: Quarter, value: float | None) -> float | None:
        key, place = _key(row), _place(row, quarter)
        if quarter >= as_of or key not in own or (place not in stood and key not in old):
            return value
        then = stood[place] if place in stood else _series(old[key]).at(quarter)
        untouched = _series(own[key]).at(quarter) == then
        return _series(whole[key]).at(quarter) if untouched else value

    return Case(tuple(_with(row, figure) for row in now.records), now.source)


def _with(row: Record, figure: Callable[[Record, Quarter, float | None], float | None]) -> Record:
    name = series_column(type(row))
    if name is None:
        return row
    series = _series(row)
    values = tuple(figure(row, quarter, value) for quarter, value in _values(row))
    return row if values == series.values else with_cells(row, {name: Series(series.first, values)})


def _values(row: Record) -> Iterator[tuple[Quarter, float | None]]:
    series = _series(row)
    return ((series.first + offset, value) for offset, value in enumerate(series.values))


def _series(row: Record) -> Series:
    found: Series = getattr(row, series_column(type(row)) or "")
    return found


def _key(row: Record) -> tuple[str, str]:
    return row.TABLE.name, row.name


def _place(row: Record, quarter: Quarter) -> str:
    return f"{row.TABLE.name} | {row.name} | {quarter}"
