"""Plans of cases with a driver of two values, whose futures can be worked out by hand."""

import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from optimizer.case.case import Case
from optimizer.case.world import Workload
from optimizer.contracts.block import Block
from optimizer.plan.plan import Plan
from optimizer.rules.budget import Budget
from optimizer.stress.play import Stage, play
from optimizer.stress.result import Played, Stress
from optimizer.stress.stress import Asked, stress
from tests.builders import FIRST, across, add, edit, one_site, power, solved, spot
from tests.uncertainty.stated import default, slip

CHANCE = 0.3


def failing(**changes: Any) -> Case:
    """Block b is signed now for 10 units next quarter; of its GPUs half may be unusable then, with probability 0.3.

    It costs 10,000 USD whatever comes. Half of its GPUs leave 5 units short: 25,000 USD more.
    """
    case = edit(one_site(0.0, 10.0), Block, "b", sign_until=FIRST, lead_quarters=1, **changes)
    fails = default("b fails", "blocks", "b", column="availability", event_probability=CHANCE, event_size=-0.5)
    return add(case, fails)


def rescued(budget: float, limit: float = 3.0, **changes: Any) -> Case:
    """The same where all must be served: up to 3 GPUs of spot at 2 USD, and a budget of cash in the second quarter."""
    case = edit(failing(), Workload, "train", must_serve=True, firm_share=0.0, shortfall_cost_usd_per_unit_hour=None)
    case = add(case, *spot("market", 2.0, 2.0, limit=limit))
    return add(case, Budget(budget="cash", amount=across(None, budget), **changes))


def unpowered() -> Case:
    """Ten GPUs of 1 kW come to a site whose 10 kW may come a quarter late, with probability 0.3: 4 kW are there."""
    case = add(one_site(0.0, 10.0), power("home", 0.004, 0.01))
    case = edit(case, Block, "b", sign_until=FIRST, lead_quarters=1)
    return add(case, slip("late", "site_power", "home", 1.0 - CHANCE, 1.0))


def stressed(plan: Plan, draws: int = 60, **asked: Any) -> Stress:
    """The stress test of a plan in this process."""
    return stress(plan, Asked(draws=draws, **{"workers": 1, "gap": 0.0, **asked}), lambda _: None)


def test_of(case: Case, draws: int = 60, **asked: Any) -> Stress:
    """The stress test of the best plan of a case."""
    return stressed(solved(case), draws, **asked)


test_of.__test__ = False  # type: ignore[attr-defined]


def play_or_die(stage: Stage, numbers: Sequence[int]) -> list[Played]:
    """Plays futures; the first worker that plays future 5 is killed in the midst of it."""
    marker = Path(os.environ["STRESS_TEST_MARKER"])
    if 5 in numbers and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return play(stage, numbers)
