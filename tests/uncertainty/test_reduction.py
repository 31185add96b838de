"""Reduction of many futures to few: by hand, by brute force, and against the heuristics written out plainly."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from optimizer.uncertainty.reduction import Kept, Method, reduce

BOTH = pytest.mark.parametrize("method", list(Method), ids=lambda method: method.value)


def line(*places: float) -> np.ndarray:
    """Distances of points on a line."""
    at = np.array(places)
    return np.asarray(np.abs(at[:, None] - at[None, :]))


def equal(count: int) -> np.ndarray:
    return np.full(count, 1.0 / count)


def cost(distances: np.ndarray, probabilities: np.ndarray, kept: np.ndarray) -> float:
    """(REDUCE-1), plainly."""
    return float(sum(p * min(row[k] for k in kept) for p, row in zip(probabilities, distances, strict=True)))


def random(seed: int, count: int, dimensions: int = 2) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(count, dimensions))
    weights = rng.uniform(0.1, 1.0, count)
    return np.abs(points[:, None] - points[None]).sum(axis=2), weights / weights.sum()


def plain_forward(distances: np.ndarray, p: np.ndarray, keep: int) -> list[int]:
    """Fast forward selection as it is published."""
    kept: list[int] = []
    for _ in range(keep):
        left = [u for u in range(len(p)) if u not in kept]
        kept.append(min(left, key=lambda u: cost(distances, p, np.array([*kept, u]))))
    return kept


def plain_backward(distances: np.ndarray, p: np.ndarray, keep: int) -> list[int]:
    """Simultaneous backward reduction as it is published."""
    kept = list(range(len(p)))
    while len(kept) > keep:
        kept.remove(min(kept, key=lambda u: cost(distances, p, np.array([k for k in kept if k != u]))))
    return kept


def test_two_groups_of_points_keep_one_of_each() -> None:
    """Proves: of 0, 1, 2 and 10, 11, backward reduction keeps the middle of the three and one of the two.

    D = (1 + 0 + 1 + 1) / 5. Forward selection begins with 2, the middle of all five, and keeps it: D = (2 + 1 + 1) / 5.
    A broken rule would give: probabilities of the kept alone, 1/2 each, where 3/5 and 2/5 are theirs.
    """
    points = line(0.0, 1.0, 2.0, 10.0, 11.0)
    found = {method: reduce(points, equal(5), 2, method) for method in Method}
    assert found[Method.BACKWARD].futures[0] == 1 and found[Method.FORWARD].futures[0] == 2
    assert found[Method.BACKWARD].distance == pytest.approx(0.6)
    assert found[Method.FORWARD].distance == pytest.approx(0.8)
    assert all(list(kept.stands) == [0, 0, 0, 1, 1] for kept in found.values())


@pytest.mark.parametrize("seed", range(6))
def test_the_quick_heuristics_are_the_published_ones(seed: int) -> None:
    """Proves: the futures kept by few looks and by nearest neighbours are those of the plain loops of the paper."""
    distances, p = random(seed, 24)
    for keep in (1, 2, 5, 12, 23):
        assert set(reduce(distances, p, keep, Method.FORWARD).futures) == set(plain_forward(distances, p, keep))
        assert set(reduce(distances, p, keep, Method.BACKWARD).futures) == set(plain_backward(distances, p, keep))


@BOTH
def test_the_heuristics_are_near_the_best(method: Method) -> None:
    """Proves: over 20 small samples, D is never below the best of all choices, and on average within a tenth of it."""
    ratios = []
    for seed in range(20):
        distances, p = random(seed, 12)
        best = min(cost(distances, p, np.array(kept)) for kept in combinations(range(12), 3))
        found = reduce(distances, p, 3, method).distance
        assert found >= best - 1e-12
        ratios.append(found / best)
    assert np.mean(ratios) < 1.1


def kantorovich(distances: np.ndarray, p: np.ndarray, kept: Kept) -> float:
    """The least cost of moving the probability of all futures onto the kept ones, as a linear program."""
    count, few = len(p), len(kept.futures)
    shares = np.bincount(kept.stands, weights=p, minlength=few)
    leaves = np.kron(np.eye(count), np.ones(few))
    arrives = np.kron(np.ones(count), np.eye(few))
    end = linprog(
        distances[:, kept.futures].ravel(), A_eq=np.vstack([leaves, arrives]), b_eq=np.concatenate([p, shares])
    )
    return float(end.fun)


@BOTH
def test_the_distance_is_that_of_kantorovich(method: Method) -> None:
    """Proves: D is the value of the transport problem from all futures to those kept with their new probabilities."""
    for seed in range(5):
        distances, p = random(seed, 15)
        kept = reduce(distances, p, 4, method)
        assert kept.distance == pytest.approx(kantorovich(distances, p, kept))


@given(st.integers(0, 10**6), st.integers(1, 30), st.integers(1, 30), st.sampled_from(list(Method)))
@settings(max_examples=60, deadline=None)
def test_what_always_holds(seed: int, count: int, keep: int, method: Method) -> None:
    """Proves: each future is stood for by its nearest kept one, kept ones by themselves, all kept of use; D falls."""
    distances, p = random(seed, count)
    kept = reduce(distances, p, keep, method)
    assert len(kept.futures) == min(keep, count) == len(set(kept.futures))
    assert np.array_equal(kept.stands, distances[:, kept.futures].argmin(axis=1))
    assert set(kept.stands) == set(range(len(kept.futures)))
    assert kept.distance == pytest.approx(cost(distances, p, kept.futures))
    assert (
        reduce(distances, p, keep + 1, Method.FORWARD).distance <= reduce(distances, p, keep, Method.FORWARD).distance
    )


@BOTH
def test_groups_never_stand_for_each_other(method: Method) -> None:
    """Proves: a future of another group is not used even where it is nearest, and every group keeps one."""
    groups = np.array([0, 1, 0, 1, 2])
    kept = reduce(line(0.0, 0.1, 5.0, 5.1, 0.05), equal(5), 3, method, groups)
    assert list(groups[kept.futures]) == [0, 1, 2] or sorted(groups[kept.futures]) == [0, 1, 2]
    assert np.array_equal(groups[kept.futures][kept.stands], groups)
    assert kept.distance == pytest.approx(10.0 / 5.0)
    assert len(reduce(line(0.0, 0.1, 5.0, 5.1, 0.05), equal(5), 1, method, groups).futures) == 3
    assert reduce(line(0.0, 0.1, 5.0, 5.1, 0.05), equal(5), 5, method, groups).distance == 0.0


@BOTH
def test_futures_that_are_alike_are_kept_once(method: Method) -> None:
    """Proves: no kept future has the probability 0, which no scenario may have."""
    kept = reduce(line(1.0, 1.0, 1.0, 2.0), equal(4), 3, method)
    assert len(kept.futures) == 2 and kept.distance == 0.0
    assert sorted(np.bincount(kept.stands)) == [1, 3]
