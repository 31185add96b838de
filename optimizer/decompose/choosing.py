"""The trunk that the cuts like best, with its whole numbers, and the bound that this proves."""

from dataclasses import replace

import numpy as np

from optimizer.decompose.master import Master
from optimizer.decompose.search import Search
from optimizer.model import highs
from optimizer.model.arrays import Program
from optimizer.model.outcome import Outcome
from optimizer.plan.status import Status, StopReason

MASTER_SECONDS = 20.0
ROUGH, EXACT = 0.5, 0.1
"""Shares of a fine gap: to choose a trunk, and to prove as much as the cuts can."""


def best(search: Search, master: Master, share: float) -> np.ndarray | None:
    """The best trunk under the cuts, to a share of a fine gap; None if there is none, or none in time."""
    outcome = solved(search, master.whole(), share * search.fine, min(search.left, MASTER_SECONDS))
    if outcome.bound is not None:
        search.bounded(outcome.bound * master.unit)
    search.alive()
    if outcome.values is None:
        if outcome.status is Status.INFEASIBLE and search.found.objective is None:
            search.refute("no trunk can be carried on in every scenario")
        return None
    return master.clean(outcome.values)


def kindest(search: Search, master: Master, most: float, share: float) -> np.ndarray | None:
    """The trunk of least expected cost under the cuts of those that cost at most so much, USD; None if none in time."""
    outcome = solved(search, master.whole_kindest(most), share * search.fine, min(search.left, MASTER_SECONDS))
    search.alive()
    return None if outcome.values is None else master.clean(outcome.values)


def solved(search: Search, program: Program, gap: float, seconds: float) -> Outcome:
    """A program of the trunk, solved; Ctrl-C during it ends the search."""
    options = replace(search.options, gap=gap, time_limit_seconds=seconds)
    outcome = highs.solve(program, options, stop_event=search.stop)
    if outcome.stop is StopReason.INTERRUPT:
        search.stop.set()
    return outcome
