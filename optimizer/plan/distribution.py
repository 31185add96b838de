"""How a figure is distributed over scenarios: bins between round numbers, and the chance of more than so much."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum

STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
MOST_BINS = 20
EXACT = 1e-9
DIGITS = 12
"""Of an edge: it is the number that is shown, not one beside it."""


@dataclass(frozen=True)
class Bin:
    """Figures from `low` to below `high`: the probability of one of them, and that of more than `low`."""

    low: float
    high: float
    probability: float
    beyond: float


def bins(values: Sequence[float], shares: Sequence[float], most: int = MOST_BINS) -> tuple[Bin, ...]:
    """At most `most` bins of equal width that hold every value; nothing where there is no value."""
    if not values:
        return ()
    edges = _edges(min(values), max(values), most)
    inside: list[list[float]] = [[] for _ in edges[1:]]
    for value, share in zip(values, shares, strict=True):
        inside[bisect_right(edges, value) - 1].append(share)
    return tuple(
        Bin(low, high, fsum(part), chance_beyond(values, shares, low))
        for low, high, part in zip(edges, edges[1:], inside, strict=False)
    )


def chance_beyond(values: Sequence[float], shares: Sequence[float], limit: float) -> float:
    """The probability of more than `limit`."""
    return fsum(share for value, share in zip(values, shares, strict=True) if value > limit)


def stairs(values: Sequence[float], shares: Sequence[float]) -> tuple[tuple[float, float], ...]:
    """The chance of more than each value that occurs, in order of the values: it falls there, and is level between."""
    chance, found = {}, fsum(shares)
    for value, share in sorted(zip(values, shares, strict=True)):
        found -= share
        chance[value] = max(found, 0.0)
    return tuple(chance.items())


def _edges(low: float, high: float, most: int) -> list[float]:
    """Multiples of a round step, from at or below `low` to above `high`."""
    width = high - low
    if width <= EXACT * max(1.0, abs(high)):
        width = max(width, abs(high) / 10.0) or 1.0
    step = round_step(width / (most - 1))
    first, last = math.floor(low / step), math.floor(high / step)
    while _edge(first, step) > low:
        first -= 1
    while _edge(last, step) <= high:
        last += 1
    return [_edge(number, step) for number in range(first, last + 1)]


def round_step(rough: float) -> float:
    """The least round number, 1, 2, 2.5 or 5 with zeros, that is not below a number above 0."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * factor for factor in STEPS if power * factor >= rough * (1.0 - EXACT))


def _edge(number: int, step: float) -> float:
    return float(f"{number * step:.{DIGITS}g}")
