"""The mean case: the one future somebody plans for who replaces every uncertain number by its mean."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import fsum
from typing import Any, TypeVar

from optimizer.case.case import Case
from optimizer.case.settings import Settings
from optimizer.contracts.contract import Contract
from optimizer.contracts.parts.signed import SignedTerm
from optimizer.futures.future import Future, futures
from optimizer.tables.columns import Blank, Column, Kind
from optimizer.tables.record import Record, Series, columns_of, with_cells

MAJORITY = 0.5
T = TypeVar("T")


def mean_case(case: Case) -> Case:
    """The case in which each number is its mean over the scenarios; what has no mean is what is likeliest.

    Whole numbers, quarters, words and blanks have no mean. A row that some scenarios do not have is there if most do;
    a term of what is signed in a quarter is there if any has it, as the others have it in the row of the offer.
    """
    every = futures(case)
    found: dict[tuple[type[Record], str], list[tuple[Record, Future]]] = {}
    for future in every:
        for row in future.case.records:
            if not isinstance(row, SignedTerm):
                found.setdefault((type(row), row.name), []).append((row, future))
    titled = replace(case.settings, title=f"{case.settings.title}: mean")
    rows = [_mean(rows) for rows in found.values() if fsum(future.probability for _, future in rows) > MAJORITY]
    return Case((*(titled if isinstance(row, Settings) else row for row in rows), *_terms(every)))


def _terms(every: Sequence[Future]) -> Iterator[SignedTerm]:
    """The mean of each term of what is signed in a quarter."""
    signed = (row for future in every for row in future.case.of(SignedTerm))
    for name, quarter, column in dict.fromkeys((row.contract, row.signed, row.column) for row in signed):
        values: list[tuple[Any, float]] = []
        kinds: dict[str, Column] = {}
        for future in every:
            offer = next(row for row in future.case.of(Contract) if row.name == name)
            kinds = dict(columns_of(type(offer)))
            values.append((getattr(offer.agreed(future.case, quarter, column), column), future.probability))
        number = kinds[column].kind is Kind.NUMBER
        yield SignedTerm.of(name, quarter, column, _number(values) if number else _likeliest(values))


def _mean(rows: Sequence[tuple[Record, Future]]) -> Record:
    first = rows[0][0]
    if all(row is first for row, _ in rows):
        return first
    changes: dict[str, object] = {}
    for name, column in columns_of(type(first)):
        values: list[tuple[Any, float]] = [(getattr(row, name), future.probability) for row, future in rows]
        if column.kind is Kind.NUMBER:
            changes[name] = _number(values)
        elif column.kind is Kind.SERIES:
            changes[name] = _series(values, column.blank)
        else:
            changes[name] = _likeliest(values)
    return with_cells(first, changes)


def _number(values: Sequence[tuple[float | None, float]]) -> float | None:
    """The mean; of a number that is blank in some scenarios, what is likeliest."""
    numbers = [(value, share) for value, share in values if value is not None]
    if len(numbers) < len(values):
        return _likeliest(values)
    if all(value == numbers[0][0] for value, _ in numbers):
        return numbers[0][0]
    whole = fsum(share for _, share in numbers)
    return fsum(value * share for value, share in numbers) / whole


def _series(series: Sequence[tuple[Series, float]], blank: Blank) -> Series:
    """The mean of each quarter that any of them reaches; a blank among numbers counts as what it stands for."""
    spans = [(value.first, value.first + len(value.values)) for value, _ in series if value.values]
    if not spans:
        return series[0][0]
    first, end = min(span[0] for span in spans), max(span[1] for span in spans)
    quarters = [first + offset for offset in range(end - first)]
    return Series(first, tuple(_in_quarter([(one.at(q), share) for one, share in series], blank) for q in quarters))


def _in_quarter(cells: Sequence[tuple[float | None, float]], blank: Blank) -> float | None:
    told = any(value is not None for value, _ in cells)
    return _number([(blank.meant if told and value is None else value, share) for value, share in cells])


def _likeliest(values: Sequence[tuple[T, float]]) -> T:
    weights: dict[T, float] = {}
    for value, share in values:
        weights[value] = weights.get(value, 0.0) + share
    return max(weights, key=lambda value: weights[value])
