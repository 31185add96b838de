"""How much of the draws a tree keeps: of the cost, of the distance between them, and of each uncertainty.

  (EFFECT-1)  e[i] = sum over uncertainties u of s[u] x w[u] x sum over quarters t of d[t] x (x[u,t,i] - x[u,t])
is what future i does to the cost to first order, USD, with x, w and d of (APART-1), x[u,t] of the case as it stands,
and s[u] the sign of what (STAKE-1) found: 1 where the high draw of u costs more than the low one, -1 where it costs
less. Two futures differ in e by at most their distance.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from optimizer.tables.quarter import Quarter
from optimizer.uncertainty.growth import Grown
from optimizer.uncertainty.scenarios import paths

TAIL = 0.05


@dataclass(frozen=True)
class Stake:
    """An uncertainty, and the least cost of the case with it alone at its low and its high draw, USD."""

    uncertainty: str
    low_usd: float
    high_usd: float

    @property
    def usd(self) -> float:
        """What it moves the cost by."""
        return abs(self.high_usd - self.low_usd)


@dataclass(frozen=True)
class Stakes:
    """What each uncertainty moves the cost by, and the weights that follow. Shape of weights: uncertainties."""

    each: tuple[Stake, ...]
    weights: np.ndarray = field(repr=False)


@dataclass(frozen=True)
class Moments:
    """Of a state in the last quarter: mean, standard deviation, and the twentieth from below and from above."""

    mean: float
    deviation: float
    low: float
    high: float


@dataclass(frozen=True)
class Likeness:
    """An uncertainty in the last quarter of the case, in the draws and in the tree."""

    uncertainty: str
    quarter: Quarter
    draws: Moments
    tree: Moments


@dataclass(frozen=True)
class Effects:
    """(EFFECT-1) of the draws and of the leaves, USD, with the probabilities of the leaves."""

    drawn: np.ndarray = field(repr=False)
    kept: np.ndarray = field(repr=False)
    shares: np.ndarray = field(repr=False)

    @cached_property
    def of_draws(self) -> Moments:
        """Of what the draws do to the cost, USD."""
        return _moments(self.drawn, np.full(len(self.drawn), 1.0 / len(self.drawn)))

    @cached_property
    def of_tree(self) -> Moments:
        """Of what the leaves do to the cost, USD."""
        return _moments(self.kept, self.shares)

    @property
    def spread(self) -> float:
        """The standard deviation that the tree keeps, as a share of that of the draws."""
        return self.of_tree.deviation / self.of_draws.deviation if self.of_draws.deviation else 1.0


@dataclass(frozen=True)
class Quality:
    """How good a reduction is.

    `distance` is the mean distance of a draw to the future that stands for it, in the unit of the weights: an upper
    bound of the Kantorovich distance between the draws and the tree. `alone` is the mean distance of a draw to the case
    as it stands. `correlation_error` is the largest error of a correlation in the last quarter, of two uncertainties
    that vary in the tree. `lost` are those that do not: what may happen with them happens in no kept future.
    `effects` are known where futures are compared by what they do to the cost.
    """

    distance: float
    alone: float
    correlation_error: float
    lost: tuple[str, ...]
    each: tuple[Likeness, ...]
    effects: Effects | None = None

    @property
    def kept(self) -> float:
        """The share of the draws' distance to the case as it stands that the tree keeps."""
        return 1.0 - self.distance / self.alone if self.alone else 1.0


def quality(grown: Grown, weights: np.ndarray, stakes: Stakes | None = None) -> Quality:
    """Compare the tree with its draws, by these weights of the uncertainties; `stakes` are what they follow from."""
    sample, kept = grown.sample, paths(grown)
    first = sample.sampler.case.calendar.first
    known = [grown.partings[stage] - first for stage in grown.known]
    draws, leaves = sample.compared(known), sample.compared(known, kept)
    standing = sample.compared(known, sample.sampler.neutral[None])
    shares = np.array([leaf.probability for leaf in grown.leaves])
    equal = np.full(sample.count, 1.0 / sample.count)
    ends = (sample.states[:, :, -1], equal), (kept[:, :, -1], shares)
    last = sample.sampler.case.calendar.end + -1
    each = tuple(
        Likeness(stated.uncertainty, last, *(_moments(states[:, number], weight) for states, weight in ends))
        for number, stated in enumerate(sample.sampler.stated)
    )
    varies = np.array([one.tree.deviation > 0.0 for one in each])
    wrong = np.abs(_correlations(*ends[0]) - _correlations(*ends[1]))[np.ix_(varies, varies)]
    lost = tuple(one.uncertainty for one in each if one.draws.deviation > 0.0 and not one.tree.deviation > 0.0)
    far = _mean_distance(draws, leaves[grown.stands], weights)
    alone = _mean_distance(draws, standing, weights)
    effects = None
    if stakes is not None:
        signed = np.sign([stake.high_usd - stake.low_usd for stake in stakes.each]) * weights
        moved, left = ((x - standing).sum(axis=2) @ signed for x in (draws, leaves))
        effects = Effects(moved, left, shares)
    return Quality(far, alone, float(wrong.max(initial=0.0)), lost, each, effects)


def _mean_distance(draws: np.ndarray, others: np.ndarray, weights: np.ndarray) -> float:
    return float(np.abs(draws - others).sum(axis=2).mean(axis=0) @ weights)


def _moments(values: np.ndarray, weights: np.ndarray) -> Moments:
    mean = float(weights @ values)
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    places = [min(int(np.searchsorted(reached, at)), len(order) - 1) for at in (TAIL, 1.0 - TAIL)]
    low, high = (float(values[order[place]]) for place in places)
    return Moments(mean, float(np.sqrt(weights @ (values - mean) ** 2)), low, high)


def _correlations(states: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Correlations of the states; 0 with one that does not vary."""
    about = states - weights @ states
    covariance = (about * weights[:, None]).T @ about
    scale = np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
    return np.asarray(np.divide(covariance, scale, out=np.zeros_like(covariance), where=scale > 0.0))
