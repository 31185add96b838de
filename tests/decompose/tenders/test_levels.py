"""Levels of pieces: against brute force over all that can be placed."""

import itertools
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.decompose.tenders import levels as module
from optimizer.decompose.tenders.levels import STEP, Levels, TooMany, levels
from optimizer.decompose.tenders.tender import taken_apart
from tests.decompose.tenders.placing import MOST, QUARTERS, Placing, scenarios


def found(placing: Placing) -> list[Levels]:
    """The levels of both quarters."""
    _, pieces = taken_apart(placing.part(whole=False))
    return [levels(piece, 1.0, 1e-9, time.perf_counter() + 60.0) for piece in pieces]


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000))
def test_levels_are_all_that_counts(seed: int) -> None:
    """Proves: at every size that just holds some tasks, and just below it, levels cost what brute force finds.

    A level that was lost would cost more, one that was taken too low by more than STEP would cost less just below.
    """
    placing = scenarios(seed, 1)[0]
    for quarter, levels_ in enumerate(found(placing)):
        most = MOST * (quarter + 1)
        sizes = [sorted({float(taken[p]) for _, taken in placing.ways(quarter)}) for p in range(2)]
        for capacity in itertools.product(*sizes):
            for below in (0.0, 10.0 * STEP * most):
                at = np.array(capacity) - below
                if (at >= 0.0).all() and (at <= most).all():
                    best = levels_.best(at)
                    assert best is not None
                    assert levels_.costs[best] == pytest.approx(placing.least(quarter, at)), (quarter, at)


def test_no_level_is_needless() -> None:
    """Proves: of two levels neither is both cheaper and smaller, and the cheapest come first."""
    for placing, quarter in itertools.product(scenarios(3, 5), range(QUARTERS)):
        of = found(placing)[quarter]
        assert (np.diff(of.costs) >= 0.0).all()
        for one, other in itertools.permutations(range(len(of.costs)), 2):
            assert not ((of.needs[one] <= of.needs[other]).all() and of.costs[one] < of.costs[other] - 1e-6)


def test_too_many_levels_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves: a piece with more levels than are wanted, with too many whole numbers, or without time has none."""
    piece = taken_apart(scenarios(3, 1)[0].part(whole=False))[1][0]
    late = time.perf_counter() + 60.0
    assert len(levels(piece, 1.0, 1e-9, late).costs) > 2
    with pytest.raises(TooMany):
        levels(piece, 1.0, 1e-9, time.perf_counter() - 1.0)
    for name, few in (("MOST_LEVELS", 2), ("MOST_WHOLE", 1)):
        with monkeypatch.context() as patch, pytest.raises(TooMany):
            patch.setattr(module, name, few)
            levels(piece, 1.0, 1e-9, late)
