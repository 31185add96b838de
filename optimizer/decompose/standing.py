"""What is known of a trunk, bundle by bundle, and where more work on whole numbers would tell most."""

import heapq
from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from optimizer.decompose.aim import Aim
from optimizer.decompose.checkpoint import Memo
from optimizer.decompose.part import Decided, Price, Wanted

NOTHING = 1e-9
"""What a bundle leaves open is nothing when it is less than this share of its cost."""
LITTLE = 0.01
"""Work that brought less than this share of what was open is not done again."""


class Side(Enum):
    """What more work on a bundle can do: find a cheaper plan, or prove a higher bound."""

    PLAN = "plan"
    BOUND = "bound"


@dataclass
class Standing:
    """A trunk; everything by number of bundle, USD given that it is reached.

    `shares` are the trunk as each bundle sees it, `costs` those of the plans found (infinite for none), `floors` the
    least that is proven with the trunk decided, `known` what bounds that hold for every trunk say of this one, `wholes`
    the whole numbers of the plans.
    """

    trunk: np.ndarray
    shares: list[np.ndarray]
    costs: np.ndarray
    floors: np.ndarray
    known: np.ndarray
    wholes: list[np.ndarray | None]

    @classmethod
    def fresh(cls, trunk: np.ndarray, shares: list[np.ndarray], floors: np.ndarray, known: np.ndarray) -> "Standing":
        """A trunk without any plan yet."""
        return cls(trunk, shares, np.full(len(shares), np.inf), floors, known, [None] * len(shares))

    def take(self, bundle: int, price: Price) -> None:
        """A new price of a bundle: what is better of it is kept."""
        if price.cost is not None and price.cost < self.costs[bundle]:
            self.costs[bundle], self.wholes[bundle] = price.cost, price.whole
        self.floors[bundle] = max(self.floors[bundle], price.floor)

    @property
    def memo(self) -> Memo:
        """What is worth keeping of it."""
        return Memo(self.trunk, self.costs, self.floors, tuple(self.wholes))

    @property
    def plans(self) -> list[Decided]:
        """The plan of every bundle; each has one."""
        pairs = zip(self.shares, self.wholes, strict=True)
        return [Decided(share, whole) for share, whole in pairs if whole is not None]

    @property
    def least(self) -> np.ndarray:
        """What each bundle costs at least, under this trunk."""
        return np.maximum(self.floors, self.known)

    def wanted(self, bundle: int) -> Wanted:
        """The question what a bundle costs."""
        return Wanted(self.shares[bundle], float(self.least[bundle]))

    def span(self, side: Side) -> tuple[np.ndarray, np.ndarray]:
        """From where to where more work on a side can bring each bundle."""
        return (self.known, self.least) if side is Side.BOUND else (self.least, self.costs)

    def open(self, side: Side, bundle: int) -> float:
        """What a side of a bundle leaves open."""
        low, high = self.span(side)
        return max(0.0, float(high[bundle] - low[bundle]))

    def is_open(self, side: Side, bundle: int) -> bool:
        """Whether it leaves more open than rounding errors."""
        return self.open(side, bundle) > NOTHING * max(1.0, abs(float(self.costs[bundle])))


@dataclass
class Efforts:
    """Seconds that each side of each bundle has been given, and those that were given in vain."""

    aim: Aim
    first: float
    given: dict[tuple[Side, int], float] = field(default_factory=dict)
    vain: set[tuple[Side, int]] = field(default_factory=set)

    def seconds(self, side: Side, bundle: int) -> float:
        """Seconds to give next: twice the last."""
        return 2.0 * self.given.get((side, bundle), self.first)

    def give(self, side: Side, bundle: int) -> float:
        """The seconds given now."""
        self.given[side, bundle] = self.seconds(side, bundle)
        return self.given[side, bundle]

    def noted(self, side: Side, bundle: int, before: float, after: float) -> None:
        """What was open before and after the work."""
        if before - after < LITTLE * before:
            self.vain.add((side, bundle))

    def largest(self, standing: Standing, count: int) -> list[tuple[Side, int]]:
        """The `count` sides of bundles that leave most open of the objective a second, the most promising first."""
        offers = []
        for side in Side:
            for bundle, opened in enumerate(self.aim.opened(*standing.span(side))):
                if opened > 0.0 and (side, bundle) not in self.vain and standing.is_open(side, bundle):
                    offers.append((opened / self.seconds(side, bundle), side, bundle))
        return [(side, bundle) for _, side, bundle in heapq.nlargest(count, offers, key=lambda offer: offer[0])]
