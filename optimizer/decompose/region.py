"""Parts of the trunks, and what they cost at least.

  (SPLIT-1)  bound of a part  = least of the trunk's program in it, with the cuts of its own and of all
The cuts of a part are those of perfect foresight in it, and then the highest that there are half way between its best
trunk under the cuts and the one whose envelopes cost least, until these agree: see envelope.py.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from optimizer.decompose import choosing
from optimizer.decompose.crew import Crew
from optimizer.decompose.envelope import Sought
from optimizer.decompose.master import Box, Master, Row
from optimizer.decompose.part import Asked, Bound
from optimizer.decompose.pricing import Pricing
from optimizer.decompose.search import Search, TimeUp
from optimizer.errors import SolverError
from optimizer.model.outcome import TOLERANCE
from optimizer.plan.status import Status, StopReason

ROUNDS = 12
AGREED = 0.1
"""The cuts of a part agree with the envelopes when they differ by less than this share of what is open."""
SLIGHT = 0.02
"""Nor is a bound raised by less than this share."""
HALF = 0.5


@dataclass(frozen=True)
class Region:
    """A part of the trunks: its box, the cuts that hold in it alone, its bound in USD and seconds a bundle.

    `core` is the trunk whose envelopes cost least, of those tried in a part that holds this one; `bounds` are those
    that bundles, by number, were given last there.
    """

    box: Box
    rows: tuple[Row, ...]
    bound: float
    seconds: float
    core: np.ndarray
    bounds: Mapping[int, Bound]

    @property
    def liked(self) -> dict[int, np.ndarray]:
        """The trunks at which the bounds of bundles, by number, are attained."""
        return {number: bound.liked for number, bound in self.bounds.items() if bound.liked is not None}


class Bounding:
    """What bounds parts; `risen` is told their bounds as they rise."""

    def __init__(
        self, search: Search, master: Master, crew: Crew, pricing: Pricing, risen: Callable[[float], None]
    ) -> None:
        self.search, self.master, self.crew, self.pricing, self.risen = search, master, crew, pricing, risen

    def is_past(self, bound: float) -> bool:
        """Whether nothing with this bound can be better than the best plan by anything that counts."""
        best = self.search.found.objective
        return bound == math.inf or (best is not None and bound >= best - TOLERANCE * 1e-2 * max(1.0, abs(best)))

    def foreseen(self, part: Region) -> tuple[Region, np.ndarray | None]:
        """The part bounded by perfect foresight in it, and the best trunk under its cuts; None where it is over."""
        views, low, high = self.master.views, part.box.lower, part.box.upper
        asked = {
            number: Asked(np.zeros(len(view.columns)), low[view.columns], high[view.columns])
            for number, view in enumerate(views)
        }
        return self._valued(self._with(part, dict(self.crew.lagrangian(asked, self.search.strict, part.seconds, True))))

    def raised(self, part: Region, trunk: np.ndarray) -> tuple[Region, np.ndarray | None]:
        """The same raised by envelopes; `trunk` is the best one now."""
        value, step, best = math.inf, HALF, trunk
        for _ in range(ROUNDS):
            before = part.bound
            point = step * best + (1.0 - step) * part.core
            part = self._cut_at(part, best, point)
            if self.is_past(part.bound):
                return part, None
            cost = self.master.value(point, part.rows)
            if cost < value:
                value, part = cost, replace(part, core=point)
            part, found = self._valued(part)
            if found is None:
                return part, None
            best, risen = found, part.bound - before > SLIGHT * self._open(before)
            self.risen(part.bound)
            if value - part.bound <= AGREED * self._open(part.bound) or not (risen or step < 1.0):
                break
            step = HALF if risen else 1.0
        return part, best

    def _cut_at(self, part: Region, trunk: np.ndarray, point: np.ndarray) -> Region:
        """The part with the highest bounds of all bundles at a point; infinite where there is no trunk in it."""
        low, high, slight = part.box.lower, part.box.upper, SLIGHT * self._open(part.bound)
        gradients = self._gradients(part, trunk)
        if gradients is None:
            return replace(part, bound=math.inf)
        sought = {}
        for number, (view, share) in enumerate(zip(self.master.views, self.master.shares(point), strict=True)):
            box = low[view.columns], high[view.columns]
            sought[number] = Sought(share, *box, gradients[number], slight)
        return self._with(part, dict(self.crew.envelopes(sought, self.search.strict, part.seconds)))

    def _gradients(self, part: Region, trunk: np.ndarray) -> Mapping[int, np.ndarray] | None:
        """Multipliers to begin with, those of the relaxation; None where no trunk is in the part.

        A bundle that holds nothing of it up, and that cannot carry the trunk on, keeps the multiplier it had last.
        """
        end = self.master.linear_in(part.box, part.rows)
        if end is None:
            return None
        last = {number: bound.gradient for number, bound in part.bounds.items()}
        return last | self.pricing.gradients(end, self.master.shares(trunk), range(self.crew.count), part.rows)

    def _with(self, part: Region, bounds: Mapping[int, Bound]) -> Region:
        """The part with bounds of all bundles; infinite where there is no trunk in it."""
        if any(bound.constant == math.inf for bound in bounds.values()):
            return replace(part, bound=math.inf)
        return replace(part, rows=(*part.rows, *self.master.rows_of(bounds)), bounds=bounds)

    def _valued(self, part: Region) -> tuple[Region, np.ndarray | None]:
        """The part with the bound that its cuts prove, and its best trunk under them; None where it is over."""
        if self.is_past(part.bound):
            return part, None
        end = self.master.linear_in(part.box, part.rows)
        if end is None:
            return replace(part, bound=math.inf), None
        part = replace(part, bound=max(part.bound, end.objective * self.master.unit))
        if self.is_past(part.bound):
            return part, None
        whole = self.master.program.integrality[: self.master.size]
        if (part.box.lower == part.box.upper)[whole].all():
            return part, self.master.clean(end.values)
        return self._best(part)

    def _best(self, part: Region) -> tuple[Region, np.ndarray | None]:
        """The same with the whole numbers of the trunk."""
        program = self.master.whole(part.box, part.rows)
        outcome = choosing.solved(self.search, program, self.search.fine, self.search.left)
        self.search.alive()
        if outcome.status is Status.INFEASIBLE:
            return replace(part, bound=math.inf), None
        if outcome.values is None and outcome.stop is StopReason.TIME_LIMIT:
            raise TimeUp
        if outcome.values is None or outcome.bound is None:
            raise SolverError(f"the trunk's program ended without a solution or a proof: {outcome.status.value}")
        part = replace(part, bound=max(part.bound, outcome.bound * self.master.unit))
        return part, None if self.is_past(part.bound) else self.master.clean(outcome.values)

    def _open(self, bound: float) -> float:
        """What is open above a bound, USD; without a plan, a hundredth of it."""
        best = self.search.found.objective
        return abs(bound) / 100.0 if best is None else best - bound
