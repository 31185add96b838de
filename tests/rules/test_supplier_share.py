"""Supplier shares: of the spend and of the capacity."""

import pytest

from optimizer.case.world import Site, Supplier
from optimizer.rules.period import Period
from optimizer.rules.policy import PolicyKind
from tests.builders import (
    FIRST,
    add,
    block,
    broken,
    cost,
    one_site,
    policy,
    rivals,
    served,
    signed,
)


def test_spend_no_supplier_gets_more_than_its_share() -> None:
    """Proves: acme gets half of the money: 1,000 b = 2,000 c and b + c = 10, so b = 6.67: 13,333 USD.

    A broken rule would give: 10,000 USD, or 15,000 USD (half of the GPUs).
    """
    case = policy(rivals(), PolicyKind.SHARE_OF_SPEND, 0.5, supplier="acme")
    assert cost(case) == pytest.approx(40_000 / 3)


def test_spend_without_a_supplier_it_holds_for_each() -> None:
    """Proves: 60% for each: acme would get 40% to 60% of the money: 1,000 b = 0.6 x (20,000 - 1,000 b), b = 7.5.

    A broken rule would give: 10,000 USD, or an infeasible case (all suppliers together hold 100%).
    """
    assert cost(policy(rivals(), PolicyKind.SHARE_OF_SPEND, 0.6)) == pytest.approx(12_500)


def test_spend_a_period_adds_up() -> None:
    """Proves: over the horizon, acme may have all of the first quarter if beta has enough of the second.

    Block c sells in the second quarter alone. Over the horizon: 10 of b, then 3.33 of b and 6.67 of c: 26,667 USD. By
    quarter: nothing may be signed in the first (50,000 USD short), and the second costs 13,333 USD.
    A broken rule would give: 20,000 USD (no limit), or one result for both periods.
    """
    case = add(one_site(10.0, 10.0), Supplier("beta"))
    case = add(case, block("c", supplier="beta", price_usd_per_gpu_hour=2.0, sign_from=FIRST + 1))
    whole = policy(case, PolicyKind.SHARE_OF_SPEND, 0.5, supplier="acme", period=Period.HORIZON)
    assert cost(whole) == pytest.approx(20_000 + 20_000 / 3)
    assert cost(policy(case, PolicyKind.SHARE_OF_SPEND, 0.5, supplier="acme")) == pytest.approx(50_000 + 40_000 / 3)


def test_spend_a_price_counts_dollars() -> None:
    """Proves: at 0.1 USD per USD, 5,000 USD beyond half cost 500: 10,500 USD, cheaper than any of c.

    A broken rule would give: 10,000.5 USD, if thousands of dollars were priced as dollars.
    """
    case = policy(rivals(), PolicyKind.SHARE_OF_SPEND, 0.5, 0.1, supplier="acme")
    assert cost(case) == pytest.approx(10_500)


def test_spend_the_check() -> None:
    """Proves: 10,000 of 10,000 USD break a share of 50%.

    A broken rule would give: no finding.
    """
    case = policy(rivals(), PolicyKind.SHARE_OF_SPEND, 0.5, supplier="acme")
    assert broken(case, {**signed("b", 10.0), **served(10.0)}) == {"SPEND-1"}
    assert broken(case, {**signed("b", 6.0), **signed("c", 4.0), **served(10.0)}) == set()


def test_capacity_gpus_are_shared_out() -> None:
    """Proves: acme brings half of the GPUs: 5 at 1 USD and 5 at 2 USD: 15,000 USD.

    A broken rule would give: 10,000 USD, or 13,333 USD (half of the money).
    """
    assert cost(policy(rivals(), PolicyKind.SHARE_OF_CAPACITY, 0.5, supplier="acme")) == pytest.approx(15_000)


def test_capacity_only_the_scope_counts() -> None:
    """Proves: a policy on `away` leaves home alone.

    A broken rule would give: 15,000 USD.
    """
    case = add(rivals(), Site("away"))
    case = policy(case, PolicyKind.SHARE_OF_CAPACITY, 0.5, supplier="acme", site="away")
    assert cost(case) == pytest.approx(10_000)


def test_capacity_a_price_counts_gpus() -> None:
    """Proves: at 500 USD a GPU, 5 GPUs beyond half cost 2,500, less than 5,000 more for c: 12,500 USD.

    A broken rule would give: 15,000 USD.
    """
    case = policy(rivals(), PolicyKind.SHARE_OF_CAPACITY, 0.5, 500.0, supplier="acme")
    assert cost(case) == pytest.approx(12_500)


def test_capacity_quarters_outside_its_dates_are_free() -> None:
    """Proves: a policy from the second quarter on leaves the first alone: 10,000 + 15,000 USD.

    A broken rule would give: 30,000 USD.
    """
    case = add(one_site(10.0, 10.0), Supplier("beta"), block("c", supplier="beta", price_usd_per_gpu_hour=2.0))
    case = policy(case, PolicyKind.SHARE_OF_CAPACITY, 0.5, supplier="acme", since=FIRST + 1)
    assert cost(case) == pytest.approx(25_000)


def test_capacity_the_check() -> None:
    """Proves: 6 of 10 GPUs break a share of 50%.

    A broken rule would give: no finding.
    """
    case = policy(rivals(), PolicyKind.SHARE_OF_CAPACITY, 0.5)
    assert broken(case, {**signed("b", 6.0), **signed("c", 4.0), **served(10.0)}) == {"CAPSHARE-1"}
    assert broken(case, {**signed("b", 5.0), **signed("c", 5.0), **served(10.0)}) == set()
