"""The highest Lagrangian bound at a trunk, by hand: x costs 1 a unit, and what is worth 10 needs x = 1."""

import numpy as np
import pytest

from optimizer.decompose.envelope import MOST_POINTS, Point, Sought, envelope
from optimizer.decompose.part import Asked, Bound
from optimizer.model.warm import Warm
from tests.decompose.steps import step


def sought(at: float, lower: float, upper: float, gradient: float = 0.0) -> Sought:
    """The bound at x = `at`, over the trunks from lower to upper, to a thousandth of a USD."""
    return Sought(np.array([at]), np.array([lower]), np.array([upper]), np.array([gradient]), 1e-3)


def found(asked: Sought, upper: float = 2.0, points: list[Point] | None = None) -> Bound:
    """What a bundle answers whose relaxation is weak."""
    part = step(1.0, upper, weak=True)
    return envelope(part, Warm(part.program), [] if points is None else points, asked, 1e-9, 10.0)


def test_it_is_the_convex_envelope() -> None:
    """Proves: the cost is x below 1 and x - 10 from there on; half way between (0, 0) and (1, -9) its envelope is -4.5.

    The relaxation says -7 there, perfect foresight -9. At no trunk is the bound above the cost.
    """
    part = step(1.0, 2.0, weak=True)
    warm, half = Warm(part.program), np.array([0.5])
    assert part.linear(warm, half).at(half) == pytest.approx(-7.0)
    assert part.lagrangian(warm, Asked(np.zeros(1)), 1e-9, 10.0, True).at(half) == pytest.approx(-9.0)
    bound = found(sought(0.5, 0.0, 2.0))
    assert bound.at(half) == pytest.approx(-4.5, abs=0.01)
    for x, cost in ((0.0, 0.0), (0.99, 0.99), (1.0, -9.0), (2.0, -8.0)):
        assert bound.at(np.array([x])) <= cost + 1e-6


def test_it_is_higher_in_a_part_of_the_trunks() -> None:
    """Proves: from 0.5 on, half way between (0.5, 0.5) and (1, -9) it is -4.25; with all trunks it would be -6.75."""
    assert found(sought(0.75, 0.5, 2.0)).at(np.array([0.75])) == pytest.approx(-4.25, abs=0.01)
    assert found(sought(0.75, 0.0, 2.0)).at(np.array([0.75])) == pytest.approx(-6.75, abs=0.01)


def test_what_is_known_of_other_trunks_is_used_in_the_part_only() -> None:
    """Proves: points of earlier questions that are outside of the part do not hold its height down.

    The point (0, 0) would hold the height at 0.75 at -6.75, and the search for more would end there.
    """
    points = [Point(np.zeros(1), 0.0), Point(np.ones(1), -9.0)]
    assert found(sought(0.75, 0.5, 2.0), points=points).at(np.array([0.75])) == pytest.approx(-4.25, abs=0.01)
    many = [Point(np.array([2.0]), -8.0)] * (2 * MOST_POINTS)
    found(sought(0.5, 0.0, 2.0), points=many)
    assert len(many) == MOST_POINTS


def test_a_column_without_an_end_keeps_its_multiplier() -> None:
    """Proves: with a multiplier above the cost of x the bundle would like x without end; -9 is kept as it is."""
    bound = found(sought(0.5, 0.0, np.inf, -9.0), upper=np.inf)
    assert bound.gradient.tolist() == [-9.0]
    assert bound.at(np.array([0.5])) == pytest.approx(-4.5)


def test_no_time_is_the_first_bound() -> None:
    """Proves: what takes long is not asked again: perfect foresight stays."""
    part = step(1.0, 2.0, weak=True)
    bound = envelope(part, Warm(part.program), [], sought(0.5, 0.0, 2.0), 1e-9, 0.0)
    assert bound.constant == pytest.approx(-9.0) and bound.gradient.tolist() == [0.0]
