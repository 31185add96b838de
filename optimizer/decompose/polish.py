"""The cheapest trunk for the whole numbers of a plan: what is left is a linear program, cut by its bundles.

  (POLISH-1)  least of cost(x, z) over the columns of the trunk that are not whole and those z of the bundles
It is bounded below by (CUT-1) and (CUT-3) of programs whose whole numbers are fixed, at points between the best trunk
and the one that these cuts like best.
"""

import math
from dataclasses import replace

import numpy as np

from optimizer.decompose.crew import Crew
from optimizer.decompose.master import Box, Master
from optimizer.decompose.search import Search
from optimizer.decompose.standing import Standing

ROUNDS = 30
STEPS = (1.0, 0.5)
NOTHING = 1e-9
"""What is saved is nothing when it is less than this share of the cost."""


def polished(search: Search, master: Master, crew: Crew, plan: Standing) -> np.ndarray | None:
    """A trunk that is cheaper than that of a plan with the same whole numbers; None where there is none."""
    whole = master.program.integrality[: master.size]
    box = Box(np.where(whole, plan.trunk, master.box.lower), np.where(whole, plan.trunk, master.box.upper))
    best, value = plan.trunk, search.aim.value(plan.costs)
    bare, slight, point = master.bare(), NOTHING * max(1.0, abs(value)), best
    for number in range(ROUNDS):
        shares = master.shares(point)
        bounds = crew.held([replace(one, trunk=share) for one, share in zip(plan.plans, shares, strict=True)])
        bare.learn(dict(enumerate(bounds)))
        if not any(bound.reach for bound in bounds):
            costs = [bound.at(share) for bound, share in zip(bounds, shares, strict=True)]
            cost = search.aim.value(costs) if search.aim.keeps(costs) else math.inf
            if cost < value - slight:
                best, value = point, cost
        end = bare.linear_in(box, ())
        if end is None or value - end.objective * master.unit <= slight:
            break
        step = STEPS[number % len(STEPS)]
        point = step * end.values[: master.size] + (1.0 - step) * best
    return None if best is plan.trunk else master.clean(best)
