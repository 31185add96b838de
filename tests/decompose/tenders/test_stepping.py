"""Branch and bound on tenders: against brute force over all trunks that can be best."""

import itertools
import threading

import numpy as np
import pytest

from optimizer.decompose.search import Interrupted, Search
from optimizer.decompose.tenders.stepping import Stepping
from optimizer.model.outcome import SolveOptions, StopReason
from tests.decompose.tenders.placing import MOST, Placing, scenarios
from tests.decompose.tenders.test_hull import COUNT, cost, hull

GAP = 1e-6


class Hand:
    """Stands for pricing: what brute force says of a trunk."""

    best = None

    def __init__(self, search: Search, draw: list[Placing]) -> None:
        self.search, self.draw, self.priced = search, draw, 0

    def price(self, trunk: np.ndarray) -> None:
        """Take the trunk if it is the best."""
        found, value = self.search.found, cost(self.draw, trunk)
        self.priced += 1
        if found.objective is None or value < found.objective:
            found.trunk, found.objective = trunk, value


def searched(draw: list[Placing], whole: bool, gap: float = GAP) -> tuple[Search, Hand]:
    """The search at its end."""
    of = hull(draw, whole)
    search = Search(of.master.aim, SolveOptions(gap=gap), 1, lambda _: None, threading.Event())
    hand = Hand(search, draw)
    Stepping(search, hand, of).run()  # type: ignore[arg-type]
    return search, hand


def least(draw: list[Placing], whole: bool) -> float:
    """The least cost over trunks in which every pool just holds some tasks of some scenario, or is whole."""
    pools = []
    for pool in range(2):
        sizes = [{0.0}, {0.0}]
        for placing, quarter in itertools.product(draw, range(2)):
            sizes[quarter] |= {float(taken[pool]) for _, taken in placing.ways(quarter)}
        both = sorted(sizes[0] | sizes[1])
        pairs = [(first, second - first) for first, second in itertools.product(both, both) if first <= second]
        if whole:
            pairs = [(float(first), float(second)) for first, second in itertools.product(range(4), range(4))]
        pools.append([pair for pair in pairs if max(pair) <= MOST])
    trunks = (np.array([a[0], b[0], a[1], b[1]]) for a, b in itertools.product(*pools))
    return min(cost(draw, trunk) for trunk in trunks if trunk.sum() <= 4.0)


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("seed", range(8))
def test_the_best_trunk_is_found_and_proven(seed: int, whole: bool) -> None:
    """Proves: pools bought by the part or in whole units, in two quarters, under a limit that they share: the optimum.

    A box that was dropped wrongly gives a bound above it, one never split a gap that stays open.
    """
    draw = scenarios(seed, COUNT)
    search, _ = searched(draw, whole)
    assert search.found.objective == pytest.approx(least(draw, whole), rel=1e-5)
    assert search.found.bound <= least(draw, whole) + 1e-6
    assert search.closed


def test_few_trunks_are_priced() -> None:
    """Proves: a trunk is priced only if it saves half of what is open, not each time that one is a little better."""
    _, hand = searched(scenarios(2, COUNT), whole=False)
    assert 1 <= hand.priced <= 12


def test_a_rough_gap_ends_earlier() -> None:
    """Proves: at a gap of one half the bound is still below the optimum, and the search says so."""
    draw = scenarios(2, COUNT)
    rough, _ = searched(draw, whole=False, gap=0.5)
    assert rough.closed
    assert rough.found.bound <= least(draw, whole=False)


def test_an_interrupt_ends_the_search() -> None:
    """Proves: the search listens between parts."""
    draw = scenarios(2, COUNT)
    of = hull(draw, whole=False)
    stop = threading.Event()
    stop.set()
    search = Search(of.master.aim, SolveOptions(gap=GAP), 1, lambda _: None, stop)
    with pytest.raises(Interrupted):
        Stepping(search, Hand(search, draw), of).run()  # type: ignore[arg-type]
    assert search.found.stop is not StopReason.GAP
