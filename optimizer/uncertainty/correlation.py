"""Which uncertainties move together, and whether that can be: a correlation matrix has no negative eigenvalue."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from optimizer.case.case import Case
from optimizer.case.uncertainty import Correlation, Process, Uncertainty
from optimizer.tables.record import Problem, Record

NEGATIVE = 1e-9
ROUNDS = 1000
DIGITS = 2


@dataclass(frozen=True)
class Correlations:
    """The drivers, and their matrix. Shape: drivers x drivers; ones on the diagonal."""

    names: tuple[str, ...]
    matrix: np.ndarray


def correlations(case: Case) -> Correlations:
    """Those of the case; a pair without a row is independent. The case must have passed its check."""
    names = tuple(row.uncertainty for row in case.of(Uncertainty) if not row.moves_with)
    number = {name: at for at, name in enumerate(names)}
    matrix = np.eye(len(names))
    for row in case.of(Correlation):
        one, other = number[row.first], number[row.second]
        matrix[one, other] = matrix[other, one] = row.correlation
    return Correlations(names, matrix)


def root(matrix: np.ndarray) -> np.ndarray:
    """The symmetric square root: times independent standard normals it gives correlated ones."""
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T)


def possible(matrix: np.ndarray) -> bool:
    """Whether there are random numbers with this correlation matrix."""
    return len(matrix) == 0 or float(np.linalg.eigvalsh(matrix)[0]) >= -NEGATIVE


def nearest(matrix: np.ndarray) -> np.ndarray:
    """The nearest correlation matrix in the Frobenius norm, shrunk until it is one after rounding to two digits.

    Alternating projections with Dykstra's correction (Higham, IMA Journal of Numerical Analysis 22, 2002).
    """
    found, correction = matrix.copy(), np.zeros_like(matrix)
    for _ in range(ROUNDS):
        shifted = found - correction
        values, vectors = np.linalg.eigh(shifted)
        projected = (vectors * np.maximum(values, 0.0)) @ vectors.T
        correction = projected - shifted
        before, found = found, projected.copy()
        np.fill_diagonal(found, 1.0)
        if np.abs(found - before).max() < NEGATIVE:
            break
    off = found - np.eye(len(found))
    for shrink in np.linspace(1.0, 0.0, 101):
        rounded = np.trunc(off * shrink * 10**DIGITS + NEGATIVE * np.sign(off)) / 10**DIGITS + np.eye(len(found))
        if possible(rounded):
            return np.asarray(rounded)
    return np.eye(len(found))


def check_correlations(case: Case) -> Iterator[tuple[Record, Problem]]:
    """Pairs that are none, pairs stated twice, and coefficients that cannot be true together."""
    seen: set[frozenset[str]] = set()
    sound = True
    for row in case.of(Correlation):
        for problem in _pair(case, row, seen):
            sound = False
            yield row, problem
        seen.add(frozenset((row.first, row.second)))
    if sound and case.of(Correlation):
        stated = correlations(case)
        if not possible(stated.matrix):
            yield case.of(Correlation)[-1], _impossible(stated)


def _pair(case: Case, row: Correlation, seen: set[frozenset[str]]) -> Iterator[Problem]:
    if row.first == row.second:
        yield Problem("second", row.second, "another uncertainty", "correct one of the two, or delete the row")
    elif frozenset((row.first, row.second)) in seen:
        yield Problem("second", f"{row.first} and {row.second} a second time", "one row a pair", "delete one of them")
    for column in ("first", "second"):
        name = getattr(row, column)
        stated = case.get(Uncertainty, name)
        mover = stated.moves_with
        if stated.process is Process.PAST:
            expected = "one that does not move as the past did: that has no coefficient"
            yield Problem(column, name, expected, "delete the row")
        elif mover:
            yield Problem(column, f"{name}, which moves with {mover}", "one with a chance of its own", f"name {mover}")


def _impossible(stated: Correlations) -> Problem:
    names, near = stated.names, nearest(stated.matrix)
    moved = [
        f"{names[one]} and {names[other]} {near[one, other]:g} for {stated.matrix[one, other]:g}"
        for one in range(len(names))
        for other in range(one + 1, len(names))
        if abs(near[one, other] - stated.matrix[one, other]) >= 10.0**-DIGITS
    ]
    least = float(np.linalg.eigvalsh(stated.matrix)[0])
    found = f"these correlations cannot be true together (least eigenvalue {least:.4f})"
    return Problem("correlation", found, "a positive semidefinite matrix", "the nearest possible: " + "; ".join(moved))
