"""Serving costs: what service costs by workload and place."""

import pytest

from optimizer.case.case import Case
from optimizer.case.world import LoadSegment, ServingCost
from tests.builders import across, add, cost, one_site, replayed_cost, served, signed, solved, two_sites


def costs(case: Case, usd: float, site: str = "home", accelerator: str = "", *by_quarter: float | None) -> Case:
    """The case with a cost of serving `train` at a site."""
    row = ServingCost(
        workload="train", site=site, accelerator=accelerator, usd_per_unit_hour=usd, by_quarter=across(*by_quarter)
    )
    return add(case, row)


def test_service_costs_by_the_unit_hour() -> None:
    """Proves: 10 units x 1,000 hours x 0.3 USD on top of 10,000 USD.

    A broken rule would give: 10,000 USD, or 10,003 USD without the hours.
    """
    assert cost(costs(one_site(), 0.3)) == pytest.approx(13_000)


def test_a_dear_place_is_avoided() -> None:
    """Proves: at 0.8 USD for serving at home, `away` at 1.5 USD is cheaper: 15,000 USD.

    A broken rule would give: 18,000 USD, or 10,000 USD.
    """
    assert cost(costs(two_sites(one_site()), 0.8)) == pytest.approx(15_000)


def test_the_row_of_the_system_goes_first() -> None:
    """Proves: the cost on h100 (0.1) stands before the cost on every system (0.3): 11,000 USD.

    A broken rule would give: 13,000 or 14,000 USD.
    """
    assert cost(costs(costs(one_site(), 0.3), 0.1, "home", "h100")) == pytest.approx(11_000)


def test_the_quarter_goes_before_the_row() -> None:
    """Proves: 0.3 USD, but 0.5 in the second quarter: 10,000 x (1 + 0.3) + 10,000 x (1 + 0.5).

    A broken rule would give: 26,000 USD.
    """
    assert cost(costs(one_site(10.0, 10.0), 0.3, "home", "", None, 0.5)) == pytest.approx(28_000)


def test_segments_count_their_hours() -> None:
    """Proves: 16 units in half the hours and 4 in the other half cost as 10 all the time: 16,000 + 3,000 USD.

    A broken rule would give: 22,000 USD (20 units x 1,000 hours x 0.3).
    """
    segments = LoadSegment("day", 0.5, other_multiplier=1.6), LoadSegment("night", 0.5, other_multiplier=0.4)
    assert cost(costs(add(one_site(), *segments), 0.3)) == pytest.approx(19_000)


def test_service_may_earn() -> None:
    """Proves: a negative cost is revenue: 10,000 - 10 x 1,000 x 2 USD.

    A broken rule would give: 10,000 USD.
    """
    plan = solved(costs(one_site(), -2.0))
    assert plan.result.objective == pytest.approx(-10_000)


def test_replay_prices_service() -> None:
    """Proves: the audit's own arithmetic finds 13,000 USD for quantities written by hand.

    A broken rule would give: 10,000 USD.
    """
    assert replayed_cost(costs(one_site(), 0.3), {**signed("b", 10.0), **served(10.0)}) == pytest.approx(13_000)
