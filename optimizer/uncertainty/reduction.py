"""Few futures that stand for many: scenario reduction by the Kantorovich distance.

With futures i of probability p[i] and distances c[i,j], keeping the set K costs
  (REDUCE-1)  D(K) = sum over i of p[i] x min over k in K of c[i,k]
which is the Kantorovich distance between all futures and those kept, each kept one taking over the probability of
those it is nearest to: no other probabilities are nearer (Dupačová, Gröwe-Kuska & Römisch, Mathematical Programming 95,
2003).
The best K is hard to find; the published heuristics are
  (REDUCE-2)  fast forward selection: add the future that lowers D most (Heitsch & Römisch, Computational Optimization
              and Applications 24, 2003); as D falls less the more are kept, few candidates need to be looked at again
              (Minoux, Optimization Techniques, 1978)
  (REDUCE-3)  simultaneous backward reduction: drop the future that raises D least (same paper)
Futures of different groups never stand for each other.
"""

import heapq
from dataclasses import dataclass
from enum import Enum

import numpy as np

CHUNK = 512


class Method(Enum):
    """How the kept futures are found."""

    FORWARD = "forward"
    BACKWARD = "backward"


@dataclass(frozen=True)
class Kept:
    """The kept futures, and for each future the place among them of the one that stands for it.

    `distance` is D, in the unit of the distances.
    """

    futures: np.ndarray
    stands: np.ndarray
    distance: float


def reduce(
    distances: np.ndarray, probabilities: np.ndarray, keep: int, method: Method, groups: np.ndarray | None = None
) -> Kept:
    """The futures to keep. Shapes: futures x futures, futures, futures.

    At least one of each group is kept, however small `keep` is, and none that would stand for nothing but its like.
    Distances are symmetric and 0 on the diagonal.
    """
    count = len(probabilities)
    groups = np.zeros(count, dtype=np.int64) if groups is None else groups
    keep = max(min(keep, count), len(np.unique(groups)))
    apart = _Apart(distances, groups)
    if method is Method.BACKWARD:
        return _kept(apart, probabilities, _backward(apart, probabilities, keep))
    return _kept(apart, probabilities, _forward(apart, probabilities, keep))


class _Apart:
    """Distances within groups; between groups they are infinite."""

    def __init__(self, distances: np.ndarray, groups: np.ndarray) -> None:
        self.distances, self.groups = distances, groups
        self.single = len(np.unique(groups)) == 1

    def between(self, futures: np.ndarray, others: np.ndarray) -> np.ndarray:
        """A copy of their distances. Shape: futures x others."""
        found = self.distances[np.ix_(futures, others)]
        if not self.single:
            found[self.groups[futures][:, None] != self.groups[others][None, :]] = np.inf
        return np.asarray(found)

    def of(self, others: np.ndarray) -> np.ndarray:
        """Distances of every future to these. Shape: futures x these."""
        return self.between(np.arange(len(self.groups)), others)


def _kept(apart: _Apart, probabilities: np.ndarray, chosen: np.ndarray) -> Kept:
    """(REDUCE-1)."""
    chosen = np.sort(chosen)
    found = apart.of(chosen)
    nearest = found.argmin(axis=1)
    needed, stands = np.unique(nearest, return_inverse=True)
    return Kept(chosen[needed], stands, float(probabilities @ found[np.arange(len(found)), nearest]))


def _forward(apart: _Apart, probabilities: np.ndarray, keep: int) -> np.ndarray:
    """(REDUCE-2): the one in the middle of each group, then the most useful, one by one."""
    chosen = [_middle(apart, probabilities, np.flatnonzero(apart.groups == group)) for group in np.unique(apart.groups)]
    nearest = apart.of(np.array(chosen)).min(axis=1)
    gains = np.concatenate([
        probabilities @ np.maximum(nearest[:, None] - apart.of(part), 0.0)
        for part in np.array_split(np.arange(len(nearest)), max(1, len(nearest) // CHUNK))
    ])  # fmt: skip
    heap = [(-gain, future) for future, gain in enumerate(gains)]
    heapq.heapify(heap)
    while len(chosen) < keep:
        _, future = heapq.heappop(heap)
        column = apart.of(np.array([future]))[:, 0]
        gain = float(probabilities @ np.maximum(nearest - column, 0.0))
        if heap and gain < -heap[0][0]:
            heapq.heappush(heap, (-gain, future))
            continue
        if future not in chosen:
            chosen.append(future)
            nearest = np.minimum(nearest, column)
    return np.array(chosen)


def _middle(apart: _Apart, probabilities: np.ndarray, members: np.ndarray) -> int:
    """The member that is nearest to all of them."""
    best, least = int(members[0]), np.inf
    for part in np.array_split(members, max(1, len(members) // CHUNK)):
        totals = probabilities[members] @ apart.distances[np.ix_(members, part)]
        if totals.min() < least:
            best, least = int(part[totals.argmin()]), float(totals.min())
    return best


def _backward(apart: _Apart, probabilities: np.ndarray, keep: int) -> np.ndarray:
    """(REDUCE-3), with the nearest and the second nearest kept future of each future at hand."""
    count = len(probabilities)
    kept = np.ones(count, dtype=bool)
    first, second = np.arange(count), np.empty(count, dtype=np.int64)
    near, next_near = np.zeros(count), np.empty(count)
    for part in np.array_split(np.arange(count), max(1, count // CHUNK)):
        second[part], next_near[part] = _next(apart, kept, part, part)
    beyond = np.finfo(np.float64).max / count
    for _ in range(count - keep):
        rises = probabilities * np.minimum(next_near - near, beyond)
        totals = np.bincount(first, weights=rises, minlength=count)
        gone = int(np.where(kept, totals, np.inf).argmin())
        kept[gone] = False
        lost = first == gone
        first[lost], near[lost] = second[lost], next_near[lost]
        again = np.flatnonzero(lost | (second == gone))
        second[again], next_near[again] = _next(apart, kept, again, first[again])
    return np.flatnonzero(kept)


def _next(apart: _Apart, kept: np.ndarray, futures: np.ndarray, without: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(which, how far) is the nearest kept one but for one; infinitely far where no other is kept in its group."""
    there = np.flatnonzero(kept)
    found = apart.between(futures, there)
    found[there[None, :] == without[:, None]] = np.inf
    places = found.argmin(axis=1)
    return there[places], found[np.arange(len(futures)), places]
