"""The best trunk in a part, where each piece may mix the levels that the part lets it have.

  (HULL-1)  minimise  costs x + sum over pieces k, levels i of p_k cost_ki m_ki
            sum over i of m_ki = 1;  sum over i of max(needs_ki, low) m_ki <= T_k x;  low <= T x <= high
Levels that need more than `high` are left out. It is no more than what any trunk of the part costs, and it is what
Lagrangian bounds in the part can prove at most: the convex hull of what each piece can do there.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, eye_array, vstack

from optimizer.decompose.master import Box, Master
from optimizer.decompose.tenders.levels import Stepped
from optimizer.decompose.tenders.mixture import Mixture, Step
from optimizer.decompose.tenders.narrow import activity, narrow
from optimizer.decompose.tenders.tender import Tender, matrix_of, same
from optimizer.model.warm import Warm

NEAR = 1e-9
WHOLE = 1e-6
PASSES = 4


@dataclass(frozen=True)
class End:
    """(HULL-1) solved: what it costs, USD, its trunk, and for each column of a box what being undecided may cost.

    `spread` is how far the levels that are mixed are from one another, whatever that costs.
    """

    cost: float
    trunk: np.ndarray
    stakes: np.ndarray
    spread: np.ndarray


class _Sums:
    """Tenders of several columns, each once."""

    def __init__(self) -> None:
        self.known: dict[tuple[tuple[int, str], ...], int] = {}
        self.terms: list[tuple[int, int, float]] = []

    def place(self, tender: Tender, master: Master) -> int:
        """Where in a box a tender is."""
        columns = [master.places[place] for place in tender.places]
        if len(columns) == 1:
            return columns[0]
        terms = sorted(zip(columns, tender.ratios, strict=True))
        key = tuple((column, same(ratio)) for column, ratio in terms)
        if key not in self.known:
            self.terms += [(len(self.known), column, ratio) for column, ratio in terms]
            self.known[key] = len(self.known)
        return master.size + self.known[key]

    def matrix(self, columns: int) -> csr_array:
        """The sums as rows."""
        return matrix_of(self.terms, (len(self.known), columns))


class Hull:
    """(HULL-1) for all bundles. A box has the columns of the trunk, then all sums of several of them that are asked."""

    def __init__(self, master: Master, bundles: Sequence[Stepped]) -> None:
        self.master = master
        sums = _Sums()
        self.steps, self.fixed = [], 0.0
        for bundle, share in zip(bundles, master.aim.probabilities, strict=True):
            self.fixed += share * bundle.constant
            places = [sums.place(tender, master) for tender in bundle.tenders]
            for asked, piece in zip(bundle.asked, bundle.pieces, strict=True):
                self.steps.append(Step(share, np.array([places[n] for n in asked.tolist()], dtype=np.int64), piece))
        self.sums = sums.matrix(master.size)
        program, size = master.program, master.size
        self.costs = program.costs[:size] * master.unit
        self.whole = program.integrality[:size]
        self.rows = csr_array(vstack([program.matrix[:, :size], self.sums], format="csr"))
        self.used = np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *(step.at for step in self.steps)]))
        self.asked = csr_array(vstack([eye_array(size), self.sums], format="csr"))[self.used]

    @property
    def box(self) -> Box:
        """All trunks."""
        own, none = self.master.box, np.full(self.sums.shape[0], np.inf)
        return Box(np.concatenate([own.lower, -none]), np.concatenate([own.upper, none]))

    def all_of(self, trunk: np.ndarray) -> np.ndarray:
        """A trunk with its sums, as a box has them."""
        return np.concatenate([trunk, self.sums @ trunk])

    def carried(self, trunk: np.ndarray) -> tuple[np.ndarray, float]:
        """What the best levels under a trunk need of what is `asked`, and what it costs with them, USD.

        The cost is infinite where a piece has no level.
        """
        seen, cost = self.all_of(trunk) + NEAR, self.fixed + float(self.costs @ trunk)
        needed = np.full(len(seen), -np.inf)
        for step in self.steps:
            best = step.levels.best(seen[step.at])
            if best is None:
                return needed[self.used], math.inf
            cost += step.share * float(step.levels.costs[best])
            needed[step.at] = np.maximum(needed[step.at], step.levels.needs[best])
        return needed[self.used], cost

    def narrowed(self, box: Box) -> Box | None:
        """The box without what the rows of the trunk exclude; None where that is all of it."""
        program, size = self.master.program, self.master.size
        low, high = box.lower[:size].copy(), box.upper[:size].copy()
        least, most = box.lower[size:], box.upper[size:]
        for _ in range(PASSES):
            sides = np.concatenate([program.row_lower, least]), np.concatenate([program.row_upper, most])
            low, high = narrow(self.rows, *sides, low, high)
            low = np.where(self.whole, np.ceil(low - WHOLE), low)
            high = np.where(self.whole, np.floor(high + WHOLE), high)
            lower, upper = activity(self.sums, low, high)
            least, most = np.maximum(least, lower), np.minimum(most, upper)
        found = Box(np.concatenate([low, least]), np.concatenate([high, most]))
        if (found.lower > found.upper + NEAR).any():
            return None
        return Box(np.minimum(found.lower, found.upper), found.upper)

    def solved(self, box: Box) -> End | None:
        """(HULL-1) in a box; None where no trunk of it can be carried on."""
        mixture = Mixture(self.master, self.rows, box, self.fixed)
        if not all(mixture.add(step) for step in self.steps):
            return None
        end = Warm(mixture.program()).linear()
        if end is None:
            return None
        trunk, unit = end.values[: self.master.size], self.master.unit
        rounding = np.abs(self.costs) * np.abs(trunk - np.rint(trunk)) * self.whole
        stakes, spread = mixture.dispersion(end, self.all_of(trunk))
        stakes[: self.master.size] += rounding / unit
        return End(end.objective * unit, trunk, stakes * unit, spread)
