"""A tree grown from draws: stage by stage, the futures that cannot be told apart yet are bundled and parted.

Between two partings, the futures of a bundle are compared by what shows in these quarters alone, and reduced to a few;
each of these stands for those nearest to it, which are the bundles of the next stage (forward tree construction:
Heitsch & Römisch, Mathematical Programming 118, 2009). With one parting it is a fan of drawn futures. How many futures
each bundle parts into follows from where the distance falls most.

The futures that are kept are few: their mean is not what is expected, and as each is in the middle of those it stands
for, they spread less than what was drawn. A tree that is centred has both right in each quarter, for each factor x that
is no default, at the price that its futures are no longer drawn ones (moments matched by transforming what is there:
Høyland, Kaut & Wallace, Computational Optimization and Applications 24, 2003):
  (TREE-2)  mean: x of every future becomes E[u,t] x y / sum over futures of probability x y, with y = x ^ power
  (TREE-3)  spread: the power is that by which the standard deviation over the mean is that of the draws
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
from scipy.optimize import brentq

from optimizer.case.uncertainty import Process
from optimizer.errors import UsageError
from optimizer.tables.quarter import Quarter
from optimizer.uncertainty.process import expected
from optimizer.uncertainty.reduction import Kept, Method, reduce
from optimizer.uncertainty.sample import Sample, require_expected
from optimizer.uncertainty.sampler import Sampler
from optimizer.uncertainty.target import Moves

MOST_POWER = 3.0
"""By more than this, or less than one over this, no factor is raised: little that is kept says little of the spread."""
Label = tuple[int, ...]


@dataclass(frozen=True)
class Leaf:
    """A future of the tree: what it is called, its probability, and its states. Shape: uncertainties x quarters.

    `label` numbers its bundle at each parting, the likeliest first. `draws` are those whose quarters it has, one a
    stage, counted from 1. `parted` is the stage in which it parts, from the leaf of label `parent` if it has one.
    """

    label: Label
    probability: float
    states: np.ndarray = field(repr=False)
    draws: tuple[int, ...]
    parted: int
    parent: Label | None


@dataclass(frozen=True)
class Grown:
    """A tree of futures. `stands` is the leaf of each draw; `known` the stage in which each uncertainty shows."""

    sample: Sample = field(repr=False)
    partings: tuple[Quarter, ...]
    leaves: tuple[Leaf, ...]
    stands: np.ndarray = field(repr=False)
    known: tuple[int, ...]


def grow(
    sample: Sample, weights: np.ndarray, partings: Sequence[Quarter], keep: Sequence[int], method: Method
) -> Grown:
    """The tree that parts in these quarters, with at most so many bundles from each parting on.

    Raises UsageError for partings that are not in order, or at which nothing or too much would be known.
    """
    known = known_in(sample.sampler, partings)
    first = sample.sampler.case.calendar.first
    columns = [quarter - first for quarter in partings]
    shows = [columns[stage] for stage in known]
    bundles = _Bundles(sample.count)
    for column, end, most in zip(columns, (*columns[1:], sample.sampler.quarters), keep, strict=True):
        apart = sample.distances(weights, shows, column, end)
        equal = np.full(sample.count, 1.0 / sample.count)
        bundles.part(reduce(apart, equal, most, method, bundles.numbers))
    return _tree(sample, tuple(partings), bundles, known)


def centred(grown: Grown) -> Grown:
    """(TREE-2), (TREE-3)."""
    sampler = grown.sample.sampler
    shares = np.array([leaf.probability for leaf in grown.leaves])
    states = np.stack([leaf.states for leaf in grown.leaves])
    first = grown.partings[0] - sampler.case.calendar.first
    for number, (aim, begins) in enumerate(zip(sampler.targets, sampler.starts, strict=True)):
        if aim.stated.process in (Process.WALK, Process.REVERSION, Process.PAST):
            since = max(first, begins)
            wanted = expected(aim.stated, aim.once, np.arange(since, sampler.quarters) - begins + 1)
            for mean, column in zip(wanted, range(since, sampler.quarters), strict=True):
                drawn = grown.sample.states[:, number, column]
                states[:, number, column] = mean * _like(states[:, number, column], shares, _variation(drawn))
    leaves = (replace(leaf, states=state) for leaf, state in zip(grown.leaves, states, strict=True))
    return replace(grown, leaves=tuple(leaves))


def _like(factors: np.ndarray, shares: np.ndarray, variation: float) -> np.ndarray:
    """A power of the factors that has mean 1 and this variation, or comes nearest to it."""

    def raised(power: float) -> np.ndarray:
        found = factors**power
        return np.asarray(found / (shares @ found))

    def over(power: float) -> float:
        return _variation(raised(power), shares) - variation

    if not factors.any():
        return np.ones_like(factors)
    least, most = 1.0 / MOST_POWER, MOST_POWER
    if over(most) <= 0.0:
        return raised(most)
    return raised(least if over(least) >= 0.0 else float(brentq(over, least, most)))


def _variation(values: np.ndarray, shares: np.ndarray | None = None) -> float:
    """Standard deviation over the mean; 0 where all are 0."""
    mean = np.average(values, weights=shares)
    return float(np.sqrt(np.average((values - mean) ** 2, weights=shares)) / mean) if mean else 0.0


def stages(keep: int, count: int) -> tuple[int, ...]:
    """So many bundles in the end, growing by the same factor at each of `count` partings."""
    return tuple(max(1, round(keep ** ((stage + 1) / count))) for stage in range(count))


def known_in(sampler: Sampler, partings: Sequence[Quarter]) -> tuple[int, ...]:
    """The stage in which each uncertainty shows first. Raises UsageError for partings that no tree can have."""
    calendar = sampler.case.calendar
    opens = calendar.first + min(sampler.starts)
    if opens >= calendar.end:
        raise UsageError(f"nothing shows before {calendar.end}, the end of the case. Fix: add quarters to the case")
    if not partings or any(later <= sooner for sooner, later in pairwise(partings)):
        raise UsageError("partings must be quarters in order. Fix: such as 2027Q3 2028Q1")
    if not opens <= partings[0] or not partings[-1] < calendar.end:
        said = f"the futures part in {partings[0]} to {partings[-1]}, and show in {opens} to {calendar.end + -1}"
        raise UsageError(f"{said}. Fix: part in these quarters")
    require_expected(sampler, partings[0])
    found = []
    for aim, column in zip(sampler.targets, sampler.starts, strict=True):
        begins = calendar.first + column
        stage = next((stage for stage, quarter in enumerate(partings) if quarter >= begins), None)
        if stage is None and aim.moves is Moves.ONCE:
            name = aim.stated.uncertainty
            raise UsageError(f"{name} becomes known in {begins}, after the last parting. Fix: part in {begins} too")
        found.append(len(partings) - 1 if stage is None else stage)
    return tuple(found)


class _Bundles:
    """Which draws cannot be told apart yet, and who stands for each bundle at each stage."""

    def __init__(self, count: int) -> None:
        self.numbers = np.zeros(count, dtype=np.int64)
        self.middles: list[np.ndarray] = []
        self.history: list[np.ndarray] = []

    def part(self, kept: Kept) -> None:
        """The bundles of the next stage."""
        self.numbers = kept.stands
        self.middles.append(kept.futures)
        self.history.append(kept.stands)


def _tree(sample: Sample, partings: tuple[Quarter, ...], bundles: _Bundles, known: tuple[int, ...]) -> Grown:
    members = [np.flatnonzero(bundles.numbers == number) for number in range(len(bundles.middles[-1]))]
    ways = [tuple(int(stage[part[0]]) for stage in bundles.history) for part in members]
    labels = _labels(bundles, ways)
    order = sorted(range(len(ways)), key=lambda number: labels[number])
    leaves = tuple(
        _leaf(sample, partings, known, bundles, ways[number], labels[number], len(members[number])) for number in order
    )
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    return Grown(sample, partings, leaves, place[bundles.numbers], known)


def _labels(bundles: _Bundles, ways: Sequence[tuple[int, ...]]) -> list[Label]:
    """Numbers of the bundles among those of the same parent, the likeliest first."""
    ranks: dict[tuple[int, ...], int] = {}
    for stage, numbers in enumerate(bundles.history):
        sizes = np.bincount(numbers)
        families: dict[tuple[int, ...], set[int]] = {}
        for way in ways:
            families.setdefault(way[:stage], set()).add(way[stage])
        for parent, children in families.items():
            ordered = sorted(children, key=lambda number: (-sizes[number], number))
            ranks |= {(*parent, number): rank for rank, number in enumerate(ordered, 1)}
    return [tuple(ranks[way[: stage + 1]] for stage in range(len(way))) for way in ways]


def _leaf(
    sample: Sample, partings: Sequence[Quarter], known: Sequence[int], bundles: _Bundles, way: tuple[int, ...],
    label: Label, members: int,
) -> Leaf:  # fmt: skip
    """The leaf that has, in each stage, the quarters of the draw that stands for its bundle."""
    first = sample.sampler.case.calendar.first
    middles = [int(bundles.middles[stage][number]) for stage, number in enumerate(way)]
    states = sample.sampler.neutral.copy()
    for stage, middle in enumerate(middles):
        since = partings[stage] - first
        for number, (aim, shows) in enumerate(zip(sample.sampler.targets, known, strict=True)):
            if aim.moves is not Moves.ONCE or shows == stage:
                states[number, since:] = sample.states[middle, number, since:]
    parted = max((stage for stage, number in enumerate(label) if number > 1), default=0)
    ones = (1,) * (len(label) - parted)
    parent = (*label[:parted], *ones) if parted else None
    draws = tuple(middle + 1 for middle in middles)
    return Leaf(label, members / sample.count, states, draws, parted, parent)
