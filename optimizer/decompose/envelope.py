"""The highest Lagrangian bound of a bundle at a trunk, which is its convex envelope there.

With F_i the cost of the bundle at the trunks x_i that it has liked so far and y the trunk that is asked about:

  (ENVELOPE-1)  height     = max over g of min over i of F_i + g (y - x_i), less SLIGHT of a cost for steep multipliers
  (ENVELOPE-2)  bound(g)   = (CUT-2) at the g that attains it: it is no more than the envelope, the height no less
The trunk that the bundle likes at g is the next x_i, until bound and height meet (cutting planes in the multiplier,
after Rahmaniani, Ahmed, Crainic, Gendreau & Rei, Operations Research 68, 2020; Chen & Luedtke, INFORMS Journal on
Computing 34, 2022). Columns are measured in ranges of the box, and a multiplier changes the cost over one range by at
most STEEP times the cost itself; columns without an end keep the multiplier that there was to begin with.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from optimizer.decompose.part import Asked, Bound, Part
from optimizer.model.arrays import Program
from optimizer.model.warm import Warm

STEEP = 10.0
SLIGHT = 1e-4
NEAR = 1e-9
MOST_POINTS = 100
"""Trunks remembered for each bundle, the last ones."""
MOST_STEPS = 50


@dataclass(frozen=True)
class Point:
    """A trunk that a bundle has liked, and what it costs there, USD."""

    trunk: np.ndarray
    cost: float


@dataclass(frozen=True)
class Sought:
    """The trunk at which a bound is wanted, the trunks that are looked at, and a multiplier to begin with.

    Nothing higher by less than `slight`, USD, is looked for.
    """

    trunk: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    gradient: np.ndarray
    slight: float


def envelope(part: Part, warm: Warm, points: list[Point], sought: Sought, gap: float, seconds: float) -> Bound:
    """The highest bound found in time; `points` are those of the bundle, to which the trunks it likes are added.

    The constant is infinite where no trunk of the box can be carried on.
    """
    ends, best, gradient = time.perf_counter() + seconds, None, sought.gradient
    inside = [point for point in points if _is_inside(point, sought)]
    heights = _Heights(sought, inside) if inside else None
    for _ in range(MOST_STEPS):
        left = max(0.01, ends - time.perf_counter())
        bound = part.lagrangian(warm, Asked(gradient, sought.lower, sought.upper), gap, left, True)
        if best is None or bound.at(sought.trunk) > best.at(sought.trunk):
            best = bound
        if bound.liked is None or not np.isfinite(bound.constant) or time.perf_counter() > ends:
            break
        points.append(Point(bound.liked, bound.at(bound.liked)))
        if heights is None:
            heights = _Heights(sought, points[-1:])
        else:
            heights.learn(points[-1])
        height, gradient = heights.highest()
        if height - best.at(sought.trunk) <= sought.slight:
            break
    del points[:-MOST_POINTS]
    assert best is not None
    return best


def _is_inside(point: Point, sought: Sought) -> bool:
    return bool((point.trunk >= sought.lower - NEAR).all() and (point.trunk <= sought.upper + NEAR).all())


class _Heights:
    """(ENVELOPE-1): its columns are the height, and what each multiplier is above and below nothing."""

    def __init__(self, sought: Sought, points: Sequence[Point]) -> None:
        self.span = sought.upper - sought.lower
        self.open = np.isfinite(self.span) & (self.span > NEAR)
        self.sought = sought
        self.size = max(1.0, *(abs(point.cost) for point in points))
        self.warm = Warm(self._program(int(self.open.sum())))
        for point in points:
            self.learn(point)

    @staticmethod
    def _program(count: int) -> Program:
        """Heights and multipliers in `size` USD, over ranges of the box."""
        lower = np.concatenate([[-np.inf], np.zeros(2 * count)])
        upper = np.concatenate([[np.inf], np.full(2 * count, STEEP)])
        costs = np.concatenate([[-1.0], np.full(2 * count, SLIGHT)])
        nothing, start = np.zeros(0), np.zeros(1, dtype=np.int32)
        whole, index = np.zeros(len(costs), dtype=bool), np.zeros(0, dtype=np.int32)
        return Program(costs, 0.0, lower, upper, whole, start, index, nothing, nothing, nothing, (), ())

    def learn(self, point: Point) -> None:
        """The row of a point: F_i + g (y - x_i) - height >= 0."""
        away = self.sought.trunk - point.trunk
        steps, held = away[self.open] / self.span[self.open], away[~self.open] @ self.sought.gradient[~self.open]
        value = np.concatenate([[-1.0], steps, -steps])
        self.warm.add_row(-(point.cost + float(held)) / self.size, np.arange(len(value)), value)

    def highest(self) -> tuple[float, np.ndarray]:
        """The height, USD, and the multiplier that attains it."""
        end = self.warm.linear()
        assert end is not None
        above, below = np.split(end.values[1:], 2)
        gradient = self.sought.gradient.copy()
        gradient[self.open] = self.size * (above - below) / self.span[self.open]
        return float(end.values[0]) * self.size, gradient
