"""Bounds of boxes of trunks: never above what a trunk in them costs, and exact where a box is one trunk."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.case.settings import Settings
from optimizer.decompose.aim import Aim
from optimizer.decompose.master import Box, Master
from optimizer.decompose.tenders.hull import Hull
from optimizer.decompose.tenders.levels import STEP, Stepped, levels
from optimizer.decompose.tenders.tender import taken_apart
from tests.builders import FIRST
from tests.decompose.tenders.placing import MOST, Placing, scenarios

COUNT = 3


def stepped(placing: Placing, whole: bool) -> Stepped:
    """A bundle as its levels."""
    tenders, pieces = taken_apart(placing.part(whole))
    found = tuple(levels(piece, 1.0, 1e-9, time.perf_counter() + 60.0) for piece in pieces)
    return Stepped(tenders, tuple(piece.tenders for piece in pieces), found, 0.0)


def hull(draw: list[Placing], whole: bool) -> Hull:
    """All bundles, as likely as one another."""
    aim = Aim(Settings(first_quarter=FIRST, quarters=2), (1.0 / len(draw),) * len(draw))
    master = Master([placing.part(whole).trunk() for placing in draw], aim, 10.0)
    return Hull(master, [stepped(placing, whole) for placing in draw])


def cost(draw: list[Placing], trunk: np.ndarray) -> float:
    """What a trunk costs, by brute force."""
    return float(np.mean([placing.total(trunk.reshape(2, 2)) for placing in draw]))


def box_of(of: Hull, low: np.ndarray, high: np.ndarray) -> Box:
    """The part of all trunks between two."""
    least, most = of.all_of(low), of.all_of(high)
    return Box(least, most)


sizes = st.lists(st.integers(0, 4), min_size=4, max_size=4).map(lambda quarters: np.array(quarters) / 4.0)


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000), one=sizes, other=sizes)
def test_a_bound_is_no_more_than_any_trunk_costs(seed: int, one: np.ndarray, other: np.ndarray) -> None:
    """Proves: (HULL-1) between two trunks is at most what they and their middle cost, and at one trunk just that.

    A level left out that fits would make the bound too high, one kept that does not fit the point's too low.
    """
    draw = scenarios(seed, COUNT)
    of, low, high = hull(draw, whole=False), np.minimum(one, other), np.maximum(one, other)
    end = of.solved(box_of(of, low, high))
    assert end is not None
    for trunk in (low, high, (low + high) / 2.0):
        assert end.cost <= cost(draw, trunk) + 1e-6
    point = of.solved(box_of(of, high, high))
    assert point is not None
    assert point.cost == pytest.approx(cost(draw, high), abs=20.0 * STEP)
    assert of.carried(high)[1] == pytest.approx(cost(draw, high))


def test_rows_of_the_trunk_narrow_a_box() -> None:
    """Proves: 4 in all and 3 of the first in the first quarter leave 1 of each other column, so that the first pool has
    between 3 and 4 in the second; with 2 more asked for of the second pool nothing is left.
    """
    of = hull(scenarios(1, 1), whole=False)
    box = of.box
    low = box.lower.copy()
    low[0] = 3.0
    narrowed = of.narrowed(Box(low, box.upper))
    assert narrowed is not None
    assert narrowed.upper[:4].tolist() == pytest.approx([MOST, 1.0, 1.0, 1.0])
    pools = dict(zip(narrowed.lower[4:].tolist(), narrowed.upper[4:].tolist(), strict=True))
    assert pools == pytest.approx({3.0: 4.0, 0.0: 2.0})
    low[1] = 2.0
    assert of.narrowed(Box(low, box.upper)) is None


def test_whole_columns_are_narrowed_to_whole_numbers() -> None:
    """Proves: between 0.5 and 2.5 are 1 and 2."""
    of = hull(scenarios(1, 1), whole=True)
    box = of.box
    low, high = box.lower.copy(), box.upper.copy()
    low[0], high[0] = 0.5, 2.5
    narrowed = of.narrowed(Box(low, high))
    assert narrowed is not None
    assert (narrowed.lower[0], narrowed.upper[0]) == (1.0, 2.0)


def test_a_box_that_no_level_fits_into_is_empty() -> None:
    """Proves: where a task must be placed and there is too little of every pool, there is no trunk."""
    of = hull(scenarios(1, 1), whole=False)
    needy = next(step for step in of.steps if len(step.levels.costs) > 1)
    assert needy.levels.best(np.full(len(needy.at), -1.0)) is None
    nothing = Box(np.full(len(of.box.lower), -1.0), np.full(len(of.box.lower), -0.5))
    assert of.solved(nothing) is None
