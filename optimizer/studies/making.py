"""Making scenarios: thousands of draws from stated uncertainty, and the tree that stands for them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from optimizer.case.case import Case
from optimizer.errors import UsageError
from optimizer.request import Listener, Step, silent
from optimizer.studies.stakes import stakes
from optimizer.tables.quarter import Quarter
from optimizer.uncertainty.chance import Scheme
from optimizer.uncertainty.growth import Grown, centred, grow, known_in, stages
from optimizer.uncertainty.quality import Quality, Stakes, quality
from optimizer.uncertainty.reduction import Method
from optimizer.uncertainty.sample import Sample, spread_weights
from optimizer.uncertainty.sampler import Sampler
from optimizer.uncertainty.scenarios import with_tree


class Weigh(Enum):
    """By what futures are compared: what each uncertainty does to the cost, or all alike."""

    COST = "cost"
    ALIKE = "alike"


@dataclass(frozen=True)
class Wish:
    """What tree is asked for. `keep` is the number of futures in the end, or after each parting.

    Without partings, the futures part once, in the first quarter in which anything may be otherwise. `centred` moves
    the kept futures so that their mean is what is expected, and their spread that of the draws.
    """

    draws: int = 2048
    keep: tuple[int, ...] = (50,)
    partings: tuple[Quarter, ...] = ()
    seed: int = 0
    method: Method = Method.FORWARD
    weigh: Weigh = Weigh.COST
    centred: bool = True
    scheme: Scheme = Scheme.SOBOL


@dataclass(frozen=True)
class Made:
    """A case with scenarios, the tree they are, how good it is, and what each uncertainty is at stake for."""

    case: Case = field(repr=False)
    wish: Wish
    grown: Grown = field(repr=False)
    weights: np.ndarray = field(repr=False)
    stakes: Stakes | None
    quality: Quality


def make(case: Case, wish: Wish, listen: Listener = silent, weights: np.ndarray | None = None) -> Made:
    """Draw, weigh, reduce and check. Scenarios that the case has are replaced; weights that are known are taken.

    Raises UsageError for a case that states no uncertainty, and for a wish that cannot be met; InputError where the
    tree would tell before a parting what is known only after it.
    """
    sampler = Sampler(case, wish.seed, wish.scheme)
    partings = wish.partings or (sampler.case.calendar.first + min(sampler.starts),)
    keep = _keep(wish.keep, len(partings))
    known_in(sampler, partings)
    listen(Step(f"drawing {wish.draws:,} futures"))
    sample = Sample.of(sampler, wish.draws)
    found = stakes(sample, listen) if weights is None and wish.weigh is Weigh.COST else None
    if weights is None:
        weights = spread_weights(sample) if found is None else found.weights
    listen(Step(f"reducing {wish.draws:,} futures to {wish.keep[-1]}"))
    grown = grow(sample, weights, partings, keep, wish.method)
    grown = centred(grown) if wish.centred else grown
    listen(Step(f"checking {len(grown.leaves)} scenarios"))
    return Made(with_tree(case, grown), wish, grown, weights, found, quality(grown, weights, found))


def _keep(keep: Sequence[int], partings: int) -> tuple[int, ...]:
    if len(keep) == 1:
        return stages(keep[0], partings)
    if len(keep) != partings:
        found = f"{len(keep)} numbers of futures for {partings} parting{'' if partings == 1 else 's'}"
        raise UsageError(f"{found}. Fix: one number, or one for each parting")
    if list(keep) != sorted(keep):
        found = " ".join(str(number) for number in keep)
        raise UsageError(f"{found}: fewer futures after a later parting. Fix: none smaller than the one before")
    return tuple(keep)
