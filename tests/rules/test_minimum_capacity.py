"""Minimum capacity: GPUs that stand ready."""

import pytest

from optimizer.case.world import Site
from optimizer.rules.policy import PolicyKind
from tests.builders import (
    add,
    broken,
    cost,
    infeasible,
    one_site,
    policy,
    served,
    signed,
    two_sites,
)


def test_capacity_stands_ready_beyond_demand() -> None:
    """Proves: 14 GPUs although 10 are used: 14,000 USD.

    A broken rule would give: 10,000 USD.
    """
    assert cost(policy(one_site(), PolicyKind.MINIMUM_CAPACITY, 14.0)) == pytest.approx(14_000)


def test_scope_and_price() -> None:
    """Proves: 4 GPUs at `away` for 1.5 USD replace 4 at home; where missing one costs 100 USD, none is signed.

    A broken rule would give: 10,000 USD in both cases.
    """
    case = two_sites(one_site())
    assert cost(policy(case, PolicyKind.MINIMUM_CAPACITY, 4.0, site="away")) == pytest.approx(12_000)
    assert cost(policy(case, PolicyKind.MINIMUM_CAPACITY, 4.0, 100.0, site="away")) == pytest.approx(10_400)
    assert cost(policy(case, PolicyKind.MINIMUM_CAPACITY, 14.0, supplier="acme")) == pytest.approx(14_000)


def test_what_nobody_sells_is_infeasible() -> None:
    """Proves: a hard minimum that no offer can reach has no plan.

    A broken rule would give: a plan below the minimum.
    """
    assert infeasible(policy(one_site(), PolicyKind.MINIMUM_CAPACITY, 101.0))
    nowhere = add(one_site(), Site("away"))
    assert infeasible(policy(nowhere, PolicyKind.MINIMUM_CAPACITY, 1.0, site="away"))


def test_the_check() -> None:
    """Proves: 10 GPUs break a minimum of 14.

    A broken rule would give: no finding.
    """
    case = policy(one_site(), PolicyKind.MINIMUM_CAPACITY, 14.0)
    assert broken(case, {**signed("b", 10.0), **served(10.0)}) == {"MINIMUM-1"}
    assert broken(case, {**signed("b", 14.0), **served(10.0)}) == set()
