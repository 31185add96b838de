"""Random bundles of tasks that are placed whole, in arrays: small enough for brute force."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import numpy as np

from optimizer.decompose.part import Part
from optimizer.model.arrays import Program
from tests.decompose.steps import rows

POOLS = TASKS = 2
QUARTERS = 2
MOST = 3.0


@dataclass(frozen=True)
class Placing:
    """Two pools, bought in either of two quarters; two tasks a quarter, each in one pool or nowhere.

    `use[q, t, p]` is what a task takes, `cost[q, t, p]` what it costs there and `unmet[q, t]` nowhere; `price[q, p]` is
    what a unit of a pool costs that is there from the quarter on.
    """

    price: np.ndarray
    use: np.ndarray
    cost: np.ndarray
    unmet: np.ndarray

    @classmethod
    def drawn(cls, rng: Random, price: np.ndarray) -> "Placing":
        """A scenario."""
        shape = (QUARTERS, TASKS, POOLS)
        use = np.array([rng.choice((0.5, 0.75, 1.0, 1.25, 2.0)) for _ in range(8)]).reshape(shape)
        cost = np.array([float(rng.randint(0, 3)) for _ in range(8)]).reshape(shape)
        unmet = np.array([float(rng.randint(4, 12)) for _ in range(4)]).reshape(QUARTERS, TASKS)
        return cls(price, use, cost, unmet)

    def ways(self, quarter: int) -> Iterator[tuple[float, np.ndarray]]:
        """Every way to place the tasks of a quarter: its cost, and what it takes of each pool."""
        for places in itertools.product((None, *range(POOLS)), repeat=TASKS):
            cost, taken = 0.0, np.zeros(POOLS)
            for task, pool in enumerate(places):
                cost += self.unmet[quarter, task] if pool is None else self.cost[quarter, task, pool]
                if pool is not None:
                    taken[pool] += self.use[quarter, task, pool]
            yield float(cost), taken

    def least(self, quarter: int, capacity: np.ndarray) -> float:
        """The least cost of a quarter with so much of each pool."""
        return min(cost for cost, taken in self.ways(quarter) if (taken <= capacity + 1e-9).all())

    def total(self, bought: np.ndarray) -> float:
        """The cost of a trunk, `bought[q, p]`."""
        capacity = np.cumsum(bought, axis=0)
        return float((self.price * bought).sum()) + sum(self.least(q, capacity[q]) for q in range(QUARTERS))

    def part(self, whole: bool) -> Part:
        """The bundle: columns are bought[q, p], then placed[q, t, p], then unmet[q, t].

        The trunk buys whole units or not; a row of its own lets no more than 4 be bought in all.
        """
        count = QUARTERS * POOLS
        placed = {key: count + n for n, key in enumerate(np.ndindex(self.use.shape))}
        unmet = {key: count + len(placed) + n for n, key in enumerate(np.ndindex(self.unmet.shape))}
        terms: list[tuple[dict[int, float], float, float]] = [({n: 1.0 for n in range(count)}, -np.inf, 4.0)]
        for quarter, pool in itertools.product(range(QUARTERS), range(POOLS)):
            there = {POOLS * q + pool: -1.0 for q in range(quarter + 1)}
            taken = {placed[quarter, t, pool]: float(self.use[quarter, t, pool]) for t in range(TASKS)}
            terms.append((there | taken, -np.inf, 0.0))
        for quarter, task in unmet:
            where = {placed[quarter, task, p]: 1.0 for p in range(POOLS)}
            terms.append(({**where, unmet[quarter, task]: 1.0}, 1.0, 1.0))
        size = count + len(placed) + len(unmet)
        costs = np.concatenate([self.price.ravel(), self.cost.ravel(), self.unmet.ravel()])
        upper = np.concatenate([np.full(count, MOST), np.ones(len(placed)), np.full(len(unmet), np.inf)])
        kinds = np.concatenate([np.full(count, whole), np.ones(len(placed), bool), np.zeros(len(unmet), bool)])
        program = Program(costs, 0.0, np.zeros(size), upper, kinds, *rows(terms, size), (), ())
        places = tuple((("bought", ()), n) for n in range(count))
        return Part(places, np.arange(count), np.arange(len(terms)) == 0, 1.0, program)


def scenarios(seed: int, count: int) -> list[Placing]:
    """Scenarios with the same prices."""
    rng = Random(seed)
    price = np.array([rng.choice((1.0, 1.5, 2.5, 3.0)) for _ in range(4)]).reshape(QUARTERS, POOLS)
    return [Placing.drawn(rng, price) for _ in range(count)]
