"""The cheapest trunk for the whole numbers of a plan, by hand: what is worth 10 needs x = 1 here and x = 2 there."""

import threading
from collections.abc import Sequence

import numpy as np
import pytest

from optimizer.case.settings import Settings
from optimizer.decompose.aim import Aim
from optimizer.decompose.master import Master
from optimizer.decompose.part import Bound, Decided
from optimizer.decompose.polish import polished
from optimizer.decompose.search import Search
from optimizer.decompose.standing import Standing
from optimizer.model.outcome import SolveOptions
from optimizer.model.warm import Warm
from tests.builders import FIRST
from tests.decompose.steps import step

AIM = Aim(Settings(first_quarter=FIRST, quarters=2), (0.5, 0.5))
PARTS = (step(1.0, 4.0), step(2.0, 4.0))


class Hand:
    """Stands for a crew of the two bundles."""

    def held(self, plans: Sequence[Decided]) -> list[Bound]:
        """As workers do."""
        pairs = zip(PARTS, plans, strict=True)
        return [part.held(Warm(part.program), plan.trunk, plan.whole) for part, plan in pairs]


def better(x: float, *whole: int) -> float | None:
    """The cheaper trunk than x for these whole numbers, if there is one."""
    master = Master([part.trunk() for part in PARTS], AIM, 10.0)
    search = Search(AIM, SolveOptions(gap=1e-6), 1, lambda _: None, threading.Event())
    trunk = np.array([x])
    plan = Standing.fresh(trunk, master.shares(trunk), np.full(2, -np.inf), np.full(2, -np.inf))
    plan.costs = np.array([x - 10.0 * served for served in whole])
    plan.wholes = [np.array([served], dtype=np.int32) for served in whole]
    found = polished(search, master, Hand(), plan)  # type: ignore[arg-type]
    return None if found is None else float(found[0])


@pytest.mark.parametrize(("whole", "least"), [((1, 1), 2.0), ((1, 0), 1.0), ((0, 0), 0.0)])
def test_no_more_is_bought_than_the_plans_need(whole: tuple[int, int], least: float) -> None:
    """Proves: from 3 down to 2 where both are served, to 1 where the first is, to nothing where none is.

    Without the cuts of what is out of reach it would be nothing at all, whatever is served.
    """
    assert better(3.0, *whole) == pytest.approx(least)


def test_what_is_cheapest_is_left() -> None:
    """Proves: where no trunk is cheaper with the same whole numbers there is nothing to price."""
    assert better(2.0, 1, 1) is None
