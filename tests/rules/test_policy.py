"""Policies: what all kinds share."""

import pytest

from optimizer.case.world import Site, Workload
from optimizer.contracts.spot import Firmness
from optimizer.ledger.operation import OVERRUN
from optimizer.rules.period import Period
from optimizer.rules.policy import PolicyKind
from tests.builders import (
    FIRST,
    add,
    audited,
    broken,
    cost,
    edit,
    one_site,
    operated,
    policy,
    problems,
    rivals,
    served,
    signed,
    solved,
    spot,
)


def test_an_overrun_of_a_hard_policy_does_not_excuse_it() -> None:
    """Proves: a plan cannot claim an overrun where the policy has no price.

    A broken rule would give: no finding.
    """
    case = policy(one_site(), PolicyKind.MINIMUM_CAPACITY, 14.0)
    claimed = operated(OVERRUN, 4.0, 0, "MINIMUM-1", "p", "")
    assert broken(case, {**signed("b", 10.0), **served(10.0), **claimed}) == {"MINIMUM-1"}


@pytest.mark.parametrize("kind", PolicyKind)
def test_every_kind_is_solved_and_passes_its_audit(kind: PolicyKind) -> None:
    """Proves: a policy of each kind is read by a rule, and its priced plan ties with the replay.

    A broken rule would give: a kind that nobody reads: without its rule, the cost would not change.
    """
    limit = 3.0 if kind in (PolicyKind.MINIMUM_SUPPLIERS, PolicyKind.RESERVE_MARGIN) else 0.0
    limit = 20.0 if kind is PolicyKind.MINIMUM_CAPACITY else limit
    case = edit(
        add(rivals(), *spot("m", 0.5, firmness=Firmness.ON_DEMAND, limit=2.0)), Site, "home", carbon_kg_per_mwh=1e6
    )
    if kind is PolicyKind.SHORTFALL:
        case = edit(case, Workload, "train", shortfall_cost_usd_per_unit_hour=0.9)
    plan = solved(policy(case, kind, limit, 0.01))
    assert audited(plan.case, plan) == set()
    assert any(key.operation == OVERRUN for key, _ in plan.operations)
    assert cost(case) < plan.result.objective


def test_a_column_that_a_kind_does_not_read_is_refused() -> None:
    """Proves: a scope that would be ignored in silence, a share in percent and half a supplier are refused.

    A broken rule would give: a policy wider than its row says.
    """
    assert problems(policy(one_site(), PolicyKind.SPOT_SHARE, 0.5)) == set()
    assert ("p", "supplier") in problems(policy(one_site(), PolicyKind.SPOT_SHARE, 0.5, supplier="acme"))
    assert ("p", "period") in problems(policy(one_site(), PolicyKind.SPOT_SHARE, 0.5, period=Period.HORIZON))
    assert ("p", "since") in problems(policy(one_site(), PolicyKind.MAXIMUM_SUPPLIERS, 2.0, since=FIRST))
    assert ("p", "limit") in problems(policy(one_site(), PolicyKind.SPOT_SHARE, 30.0))
    assert ("p", "limit") in problems(policy(one_site(), PolicyKind.MAXIMUM_SUPPLIERS, 1.5))
    assert ("p", "since") in problems(policy(one_site(), PolicyKind.CARBON, 1.0, since=FIRST + 9))
