"""The second search of a tree that is split: of the plans that are no worse, the one of least expected cost.

It is a search of its own, with what the first found as a limit (rules/risk.py), and begins with all that the first
knows: its plan, and its bounds of bundles, which hold whatever is minimised of them.
"""

import math
from dataclasses import replace

from optimizer.decompose.checkpoint import Checkpoint
from optimizer.decompose.lshaped import LShaped
from optimizer.decompose.pricing import Pricing
from optimizer.model.minmax import said
from optimizer.model.outcome import SolveOptions, relative_gap
from optimizer.plan.status import StopReason


def least_expected(first: LShaped) -> tuple[LShaped, str]:
    """The search whose plan is to be taken, and what the second came to; none is made after an interrupt."""
    search, pricing = first.search, first.pricing
    found = search.found
    if found.objective is None or pricing is None or found.stop is StopReason.INTERRUPT or search.left <= 0.0:
        return first, said(None, None)
    first.told("finding the cheapest on average of the plans that are no worse")
    rest = None if search.options.time_limit_seconds is None else search.left
    most = found.objective - found.offset
    second = Spared(first, most, replace(search.options, time_limit_seconds=rest), pricing.known())
    spared = second.run()
    if spared.objective is None:
        return first, said(None, None)
    return second, said(spared.objective, relative_gap(spared.objective, spared.bound))


class Spared(LShaped):
    """The second search. What it keeps is still the first one's, with a plan that is no worse and costs less."""

    def __init__(self, first: LShaped, most: float, options: SolveOptions, known: Checkpoint) -> None:
        aim = first.search.aim.spared(most)
        super().__init__(first.cut, first.crew.fleet, options, first.told, first.search.stop, first.keeper, aim)
        self.first, self.begun = first.search.found, replace(known, bound=-math.inf, underway=None)

    def _resume(self, pricing: Pricing) -> None:
        """Go on from what the first search knows, but for its bound."""
        pricing.resume(self.begun)

    def _known(self, pricing: Pricing) -> Checkpoint:
        """What the first search knows now: its own bound."""
        best = self.begun.best if pricing.best is None else pricing.best.memo
        return replace(pricing.known(), bound=self.first.bound, best=best, underway=None)
