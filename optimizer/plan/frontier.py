"""The frontier of expected cost against CVaR: plans none of which is both cheaper on average and safer than another."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import Any

from optimizer.case.case import Case
from optimizer.plan.diff import Change, Later, differ
from optimizer.plan.diff_tree import tree_difference
from optimizer.plan.outlook import advice, now
from optimizer.plan.status import Status, StopReason
from optimizer.plan.tree import TreePlan

SCHEMA = "optimizer/frontier@1"
POINTS = "points"
CENT = 0.01


@dataclass(frozen=True)
class Move:
    """From one point to the next: what it costs more on average, what it takes off the tail (USD), and what changes.

    `decisions` on contracts are made before anything parts, `later` ones wait; what is bought by the hour is neither.
    """

    dearer: float
    safer: float
    decisions: tuple[Change, ...] = field(repr=False)
    later: tuple[Later, ...] = field(repr=False)


@dataclass(frozen=True)
class Frontier:
    """Points from the least expected cost to the least CVaR that was found; each is a plan of the case.

    The limit on CVaR a point was searched under stands in its own case; its bound is that of expected cost under this
    limit. `least_cvar` is what no plan can bring CVaR below, USD, None where it is not known; `complete` says that
    nothing is left between the points that is better by more than the asked gap; `stop` says what ended the search.
    """

    case: Case = field(repr=False)
    points: tuple[TreePlan, ...] = field(repr=False)
    least_cvar: float | None
    wanted: int
    complete: bool
    stop: StopReason

    @property
    def moves(self) -> tuple[Move, ...]:
        """What lies between neighbours."""
        return tuple(
            Move(
                after.expected - before.expected,
                before.cvar - after.cvar,
                tuple(_decided(before, after)),
                tree_difference(before, after).later,
            )
            for before, after in pairwise(self.points)
        )

    @property
    def closed(self) -> bool:
        """Whether every point is proven within the asked gap."""
        return all(point.result.status == Status.OPTIMAL for point in self.points)

    @property
    def separated(self) -> bool:
        """Whether it is proven that safety costs anything: some point cannot be had at the cost of the first."""
        first, bounds = self.points[0], [point.result.bound for point in self.points[1:]]
        return not bounds or any(bound is not None and bound > first.expected for bound in bounds)


def _decided(before: TreePlan, after: TreePlan) -> Iterator[Change]:
    a, b = ({one.key: one for one in now(tree)} for tree in (before, after))
    for key in dict.fromkeys((*a, *b)):
        old, new = (made[key].quantity if key in made else 0.0 for made in (a, b))
        if differ(old, new):
            yield Change(str(key), old, new, (b.get(key) or a[key]).unit)


def undominated(points: Sequence[TreePlan]) -> tuple[TreePlan, ...]:
    """The points that no other one beats in both measures, the cheapest on average first; of equals, one."""
    kept: list[TreePlan] = []
    for point in sorted(points, key=lambda one: (one.expected, one.cvar)):
        if not kept or point.cvar < kept[-1].cvar - CENT:
            kept.append(point)
    return tuple(kept)


def place(number: int) -> str:
    """The plan folder of a point inside the folder of the frontier, by its number counted from 1."""
    return f"{POINTS}/{number:02d}"


def record(frontier: Frontier) -> dict[str, Any]:
    """The document of `frontier.json`. Money in USD present value."""
    settings = frontier.case.settings
    return {
        "schema": SCHEMA,
        "title": settings.title,
        "currency": settings.currency,
        "risk_tail": settings.risk_tail,
        "least_cvar_bound": frontier.least_cvar,
        "wanted": frontier.wanted,
        "complete": frontier.complete,
        "separated": frontier.separated,
        "stop": frontier.stop,
        "points": [_point(number, point) for number, point in enumerate(frontier.points, 1)],
        "moves": [
            {
                "from": number,
                "to": number + 1,
                "expected_cost_more": move.dearer,
                "cvar_less": move.safer,
                "decisions": [asdict(change) for change in move.decisions],
                "later": [asdict(change) for change in move.later],
            }
            for number, move in enumerate(frontier.moves, 1)
        ],
    }


def _point(number: int, point: TreePlan) -> dict[str, Any]:
    result = point.result
    decide, wait = advice(point)
    return {
        "point": number,
        "folder": place(number),
        "expected": point.expected,
        "cvar": point.cvar,
        "cvar_limit": point.case.settings.cvar_limit_usd,
        "status": result.status,
        "bound": result.bound,
        "gap": result.gap,
        "seconds": result.seconds.solve,
        "decide": decide,
        "wait": wait,
    }
