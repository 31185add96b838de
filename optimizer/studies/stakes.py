"""What each uncertainty moves the cost by: the weights by which futures are compared.

  (STAKE-1)  w[u] = |least cost with u alone at its high draw - the same at its low draw| / distance of the two draws
The low and the high draw are those at the tenth and the ninetieth of a hundred, by the discounted sum of what the
uncertainty does; their distance is that of (APART-1) with w = 1. Least costs are of the linear relaxation, over all
decisions, so that a price at which something else is bought counts with what is really at stake. An uncertainty that
moves the cost by nearly nothing counts with a hundredth of the largest weight x distance: it is not left to chance.
"""

from collections.abc import Iterable

import numpy as np

from optimizer.case.case import Case
from optimizer.case.uncertainty import Uncertainty
from optimizer.errors import UnsolvableError, UsageError
from optimizer.futures.shock import Shock, shocked
from optimizer.model.arrays import compile_program
from optimizer.model.build import formulate
from optimizer.model.warm import Warm
from optimizer.request import Listener, Step, silent
from optimizer.uncertainty.quality import Stake, Stakes
from optimizer.uncertainty.sample import Sample
from optimizer.uncertainty.target import shocks, start

LOW, HIGH = 0.1, 0.9
LEAST = 0.01


def stakes(sample: Sample, listen: Listener = silent) -> Stakes:
    """Solve the relaxation of two cases for each uncertainty.

    Raises UsageError where one of them has no plan at all: then its cost cannot be compared.
    """
    sampler = sample.sampler
    x = sample.compared(sampler.starts)
    found, apart = [], []
    for number, stated in enumerate(sampler.stated):
        low, high = _ends(x[:, number].sum(axis=1))
        listen(Step(f"measuring what {stated.uncertainty} does to the cost ({number + 1} of {len(sampler.stated)})"))
        costs = (_least(_alone(sample, number, draw), stated) for draw in (low, high))
        found.append(Stake(stated.uncertainty, *costs))
        apart.append(float(np.abs(x[high, number] - x[low, number]).sum()))
    return Stakes(tuple(found), _weights(x, [stake.usd for stake in found], apart))


def _ends(totals: np.ndarray) -> tuple[int, int]:
    """The draws at the tenth and the ninetieth of a hundred; the least and the most where these are alike."""
    order = np.argsort(totals, kind="stable")
    low, high = order[int(LOW * (len(order) - 1))], order[int(HIGH * (len(order) - 1))]
    if totals[low] == totals[high]:
        low, high = order[0], order[-1]
    return int(low), int(high)


def _alone(sample: Sample, number: int, draw: int) -> Case:
    """The case with one uncertainty at a draw, the others as the case says."""
    case, aim = sample.sampler.case, sample.sampler.targets[number]
    found: Iterable[Shock] = shocks(case, aim, "stake", sample.states[draw, number], start(case, aim.stated))
    return shocked(case, ((shock, case.calendar.as_of) for shock in found))


def _least(case: Case, stated: Uncertainty) -> float:
    cure = "weigh all uncertainties alike (--weigh alike), or let demand go short at a price"
    try:
        form = formulate(case)
        end = Warm(compile_program(form.model)).linear()
    except UnsolvableError as error:
        raise UsageError(f"with {stated.uncertainty} the case has no plan ({error}). Fix: {cure}") from error
    if end is None:
        raise UsageError(f"with {stated.uncertainty} the case has no plan. Fix: {cure}")
    return end.objective * form.usd_per_unit


def _weights(x: np.ndarray, usd: list[float], apart: list[float]) -> np.ndarray:
    moved, far = np.array(usd), np.array(apart)
    weights = np.divide(moved, far, out=np.zeros_like(moved), where=far > 0.0)
    spread = np.abs(x - x.mean(axis=0)).sum(axis=2).mean(axis=0)
    most = float((weights * spread).max())
    least = np.divide(LEAST * (most or 1.0), spread, out=np.zeros_like(spread), where=spread > 0.0)
    return np.asarray(np.maximum(weights, least))
