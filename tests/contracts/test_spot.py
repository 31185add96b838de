"""Spot and on-demand: hours by segment, tiers of price, limits, losses and what may be served."""

import pytest

from optimizer.case.world import Accelerator, LoadSegment, Site
from optimizer.contracts.block import Block
from optimizer.contracts.spot import ON_DEMAND, SPOT, Firmness, SpotMarket, SpotPrice
from optimizer.ledger.decision import Action
from optimizer.ledger.keys import Draw, Installed, Supply
from tests.builders import FIRST, add, broken, cost, decision, drop, edit, one_site, problems, spot
from tests.contracts.ledgers import account, money

PEAK, BASE = LoadSegment("peak", 0.25, other_multiplier=2.0), LoadSegment("base", 0.75, other_multiplier=2 / 3)


def market(*demand: float, **terms: object):
    """No block, one market at 2 USD per GPU-hour."""
    case = drop(one_site(*demand), Block, "b")
    return add(case, *spot("s", *[2.0] * len(demand or (1,)), **terms))


def buy(quarter: int = 0, site: str = "home", segment: str = "all") -> object:
    return decision(Action.BUY, "s", quarter, site=site, segment=segment)


def test_a_segment_costs_its_share_of_the_hours() -> None:
    """Proves: 6 GPUs in the peak quarter of 1,000 hours and 2 in the rest, at 2 USD: 6 x 250 x 2 + 2 x 750 x 2 = 6,000.
    They are 3 GPUs on average.

    A broken rule would give: 16,000 (every segment pays all hours).
    """
    case = add(market(3.0, firmness=Firmness.ON_DEMAND), PEAK, BASE)
    by_hand = {buy(segment="peak"): 6.0, buy(segment="base"): 2.0}
    assert money(case, ON_DEMAND, by_hand) == {"2027Q1": 6000.0}
    assert account(case, Installed("home", "h100", True), by_hand) == {"2027Q1": 3.0}
    assert account(case, Supply("home", "h100", True, "peak"), by_hand) == {"2027Q1": 6.0}
    assert cost(case) == pytest.approx(6000.0, abs=1e-6)


def test_what_is_lost_to_interruptions_is_paid() -> None:
    """Proves: at a loss of 20%, 10 GPUs bought for 20,000 USD leave 8 usable, for what is not firm.

    A broken rule would give: 16,000 (only usable hours are paid), or 10 usable GPUs.
    """
    case = market(1.0, interruption_loss=0.2)
    assert money(case, SPOT, {buy(): 10.0}) == {"2027Q1": 20_000.0}
    assert account(case, Supply("home", "h100", False, "all"), {buy(): 10.0}) == {"2027Q1": 8.0}


def test_several_markets_make_a_rising_curve() -> None:
    """Proves: 4 GPUs at 2, 3 at 3, the rest at 4.5 USD: for 10 GPUs 8,000 + 9,000 + 13,500; short costs 5.

    A broken rule would give: 20,000 (no limit).
    """
    case = market(10.0, limit=4.0, firmness=Firmness.ON_DEMAND)
    tiers = (("t", 3.0, 3.0), ("u", 4.5, None))
    for name, price, limit in tiers:
        case = add(case, *spot(name, price, firmness=Firmness.ON_DEMAND, limit=limit))
    assert cost(case) == pytest.approx(30_500.0, abs=1e-6)


def test_a_region_shares_one_limit() -> None:
    """Proves: (SPOT-1) 4 GPUs in a region of two sites are 4, not 4 at each: 8,000 + 6 x 5,000.

    A broken rule would give: 8 x 2,000 + 2 x 5,000 = 26,000.
    """
    case = edit(market(10.0, limit=4.0, site="", region="us", firmness=Firmness.ON_DEMAND), Site, "home", region="us")
    case = add(case, Site("away", region="us"))
    assert cost(case) == pytest.approx(38_000.0, abs=1e-6)
    assert "SPOT-1" in broken(case, {buy(): 3.0, buy(site="away"): 2.0})
    assert "SPOT-1" not in broken(case, {buy(): 2.0, buy(site="away"): 2.0})


def test_each_segment_has_the_whole_limit() -> None:
    """Proves: a limit of 4 GPUs holds at any time: 4 in each segment are allowed, 5 in one are not."""
    case = add(market(3.0, limit=4.0), PEAK, BASE)
    assert "SPOT-1" not in broken(case, {buy(segment="peak"): 4.0, buy(segment="base"): 4.0})
    assert "SPOT-1" in broken(case, {buy(segment="peak"): 5.0})


def test_purchases_the_market_does_not_have_are_found() -> None:
    """Proves: (SPOT-2) another site, segment or quarter is refused; a broken audit would fail or pass them."""
    case = edit(market(1.0, 1.0), Accelerator, "h100", available_from=FIRST + 1)
    case = add(case, Site("away"))
    for key in (buy(0), buy(1, site="away"), buy(1, segment="peak"), buy(2)):
        assert "SPOT-2" in broken(case, {key: 1.0})
    assert "SPOT-2" not in broken(case, {buy(1): 1.0})


def test_a_market_opens_when_its_system_exists() -> None:
    """Proves: with systems from the second quarter on the first one is short: 5,000 + 2,000."""
    case = edit(market(1.0, 1.0, firmness=Firmness.ON_DEMAND), Accelerator, "h100", available_from=FIRST + 1)
    assert cost(case) == pytest.approx(7000.0, abs=1e-6)


def test_it_draws_site_power_where_it_runs_there() -> None:
    """Proves: 6 GPUs of 1 kW in the peak draw the site's power only where the market says so."""
    for draws, kw in ((True, 6.0), (False, 0.0)):
        case = market(3.0, draws_site_power=draws)
        assert sum(account(case, Draw("home", "h100"), {buy(): 6.0}).values()) == kw


def test_markets_without_a_place_or_a_price_are_refused() -> None:
    case = market(1.0)
    assert ("s", "site") in problems(edit(case, SpotMarket, "s", region="us"))
    assert ("s", "site") in problems(edit(case, SpotMarket, "s", site=""))
    assert ("s", "region") in problems(edit(case, SpotMarket, "s", site="", region="mars"))
    assert ("s", "market") in problems(drop(case, SpotPrice, "s"))
    assert not problems(case)
