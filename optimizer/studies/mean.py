"""The mean case: the one future somebody plans for who replaces every uncertain number by its mean."""

from collections.abc import Sequence
from dataclasses import replace
from math import fsum

from optimizer.case.case import Case
from optimizer.case.settings import Settings
from optimizer.futures.future import Future, futures
from optimizer.tables.columns import Kind
from optimizer.tables.record import Record, Series, columns_of

MAJORITY = 0.5
Weighed = list[tuple[object, float]]


def mean_case(case: Case) -> Case:
    """The case in which each number is its mean over the scenarios; what has no mean is what is likeliest.

    Whole numbers, quarters, words and blanks have no mean. A row that some scenarios do not have is there if most do.
    """
    every = futures(case)
    found: dict[tuple[type[Record], str], list[tuple[Record, Future]]] = {}
    for future in every:
        for row in future.case.records:
            found.setdefault((type(row), row.name), []).append((row, future))
    titled = replace(case.settings, title=f"{case.settings.title}: mean")
    rows = [_mean(rows) for rows in found.values() if fsum(future.probability for _, future in rows) > MAJORITY]
    return Case(tuple(titled if isinstance(row, Settings) else row for row in rows))


def _mean(rows: Sequence[tuple[Record, Future]]) -> Record:
    first = rows[0][0]
    if all(row is first for row, _ in rows):
        return first
    changes = {}
    for name, column in columns_of(type(first)):
        values: Weighed = [(getattr(row, name), future.probability) for row, future in rows]
        if column.kind is Kind.NUMBER:
            changes[name] = _number(values)
        elif column.kind is Kind.SERIES:
            changes[name] = _series(values)
        else:
            changes[name] = _likeliest(values)
    return replace(first, **changes)


def _number(values: Weighed) -> object:
    """The mean; of a number that is blank in some scenarios, what is likeliest."""
    if any(not isinstance(value, int | float) for value, _ in values):
        return _likeliest(values)
    if all(value == values[0][0] for value, _ in values):
        return values[0][0]
    whole = fsum(share for _, share in values)
    return fsum(float(value) * share for value, share in values) / whole  # type: ignore[arg-type]


def _series(values: Weighed) -> Series:
    series = [(value, share) for value, share in values if isinstance(value, Series)]
    first = series[0][0]
    columns = zip(*(value.values for value, _ in series), strict=True)
    shares = [share for _, share in series]
    return Series(first.first, tuple(_number(list(zip(column, shares, strict=True))) for column in columns))  # type: ignore[misc]


def _likeliest(values: Weighed) -> object:
    weights: dict[object, float] = {}
    for value, share in values:
        weights[value] = weights.get(value, 0.0) + share
    return max(weights, key=lambda value: weights[value])
