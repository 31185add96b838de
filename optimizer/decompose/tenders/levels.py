"""The steps of what a piece costs under its tenders, where they are few.

  (LEVEL-1)  Q(t) = least cost of the levels i with needs_i <= t
Each program with the tenders t as an upper limit finds a level; what asks for less than it in one tender or another is
looked for next (after Trapp, Prokopyev & Schaefer, Operations Research 61, 2013, who call the least tenders of a step
minimal; the search by upper limits is that of Klamroth, Lacour & Vanderpooten, European Journal of Operational Research
245, 2015).
"""

import time
from dataclasses import dataclass

import numpy as np

from optimizer.decompose.tenders.tender import Piece, Tender
from optimizer.model.warm import Warm

MOST_LEVELS = 400
MOST_WHOLE = 60
"""Pieces with more whole numbers than this have too many levels."""
STEP = 1e-8
"""Of the most that a tender may be, at least of 1: levels nearer to one another than this are one."""


@dataclass(frozen=True)
class Levels:
    """The levels of a piece, the cheapest first: what they need of its tenders (one row each), and what they cost, USD.

    Where less than `least` is needed for a level there may be another as cheap: it is a little below `needs`.
    """

    needs: np.ndarray
    least: np.ndarray
    costs: np.ndarray

    def best(self, tender: np.ndarray) -> int | None:
        """The number of the level in (LEVEL-1), by `least`; None where nothing can be carried on."""
        fits = (self.least <= tender).all(axis=1)
        return int(np.argmax(fits)) if fits.any() else None


@dataclass(frozen=True)
class Stepped:
    """A bundle as levels of its pieces; `asked` are the tenders of each piece, by number, `constant` is in USD."""

    tenders: tuple[Tender, ...]
    asked: tuple[np.ndarray, ...]
    pieces: tuple[Levels, ...]
    constant: float


class TooMany(Exception):
    """A piece has too many levels, or none could be found in time."""


def levels(piece: Piece, unit: float, gap: float, ends: float) -> Levels:
    """All levels of a piece whose money is in `unit` USD; `ends` is when to give up, by the clock.

    Raises TooMany.
    """
    if len(piece.tenders) and not (piece.program.integrality.sum() <= MOST_WHOLE and piece.is_stepped):
        raise TooMany
    zones, found = _Zones(piece, gap), _Found(len(piece.tenders))
    while zones.waiting:
        zone = zones.waiting.pop(0)
        level = found.known(zone)
        if level is None:
            if len(found.costs) >= MOST_LEVELS or time.perf_counter() > ends:
                raise TooMany
            solved = zones.solve(zone, max(0.01, ends - time.perf_counter()))
            if solved is None:
                continue
            level = found.learn(zone, *solved)
        zones.below(zone, found.needs[level])
    return found.levels(unit, piece.low, zones.step)


class _Zones:
    """Upper limits of tenders under which levels are still looked for, the widest first."""

    def __init__(self, piece: Piece, gap: float) -> None:
        self.piece, self.gap, self.warm = piece, gap, Warm(piece.program, exact=True)
        self.waiting = [piece.high]
        self.step = STEP * np.maximum(1.0, np.abs(piece.high))

    def solve(self, zone: np.ndarray, seconds: float) -> tuple[np.ndarray, float] | None:
        """What the cheapest plan under these limits needs, and what it costs at least; None where there is none."""
        program, size = self.piece.program, self.piece.size
        self.warm.bounds(program.col_lower, np.concatenate([program.col_upper[:size], zone]))
        end = self.warm.proven(self.gap, seconds)
        if end.infeasible:
            return None
        if end.values is None:
            raise TooMany
        return np.minimum(self.piece.needs(end.values), zone), end.bound

    def below(self, zone: np.ndarray, needs: np.ndarray) -> None:
        """What is in a zone, but asks for less of a tender than a level needs; a zone within another is left to it."""
        for tender in range(len(needs)):
            limit = needs[tender] - self.step[tender]
            if limit < self.piece.low[tender]:
                continue
            child = zone.copy()
            child[tender] = limit
            if not any((child <= other).all() for other in self.waiting):
                self.waiting = [other for other in self.waiting if not (other <= child).all()]
                self.waiting.append(child)


class _Found:
    """Levels found, and the zones that they were found to be cheapest in."""

    def __init__(self, count: int) -> None:
        self.needs, self.costs = np.zeros((0, count)), np.zeros(0)
        self.zones = np.zeros((0, count))

    def known(self, zone: np.ndarray) -> int | None:
        """The number of a level that is cheapest in a zone around this one and fits into it."""
        fits = (self.needs <= zone).all(axis=1) & (zone <= self.zones).all(axis=1)
        return int(np.argmax(fits)) if fits.any() else None

    def learn(self, zone: np.ndarray, needs: np.ndarray, cost: float) -> int:
        """The number of a level found in a zone."""
        self.needs = np.vstack([self.needs, needs])
        self.costs = np.append(self.costs, cost)
        self.zones = np.vstack([self.zones, zone])
        return len(self.costs) - 1

    def levels(self, unit: float, low: np.ndarray, step: np.ndarray) -> Levels:
        """The levels that no other makes needless, the cheapest first."""
        least, order = np.maximum(low, self.needs - step), np.lexsort((self.needs.sum(axis=1), self.costs))
        kept: list[int] = []
        for number in order.tolist():
            if not (least[kept] <= least[number]).all(axis=1).any():
                kept.append(number)
        return Levels(self.needs[kept], least[kept], self.costs[kept] * unit)
