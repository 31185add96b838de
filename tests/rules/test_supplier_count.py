"""Number of suppliers: not too many, not too few."""

import pytest

from optimizer.case.world import Supplier
from optimizer.contracts.block import Block
from optimizer.contracts.commitment import CommitmentSchedule, ExistingCommitment, Item
from optimizer.contracts.spot import Firmness
from optimizer.ledger.operation import ENGAGED
from optimizer.rules.policy import PolicyKind
from tests.builders import (
    across,
    add,
    broken,
    cost,
    edit,
    one_site,
    operated,
    policy,
    rivals,
    served,
    signed,
    spot,
)

TIGHT = edit(rivals(), Block, "b", max_blocks=6.0)


def test_at_most() -> None:
    """Proves: with one supplier, all comes from beta: 20,000 USD, as acme has only 6 (26,000 USD with 4 short).

    A broken rule would give: 14,000 USD (6 of b, 4 of c).
    """
    assert cost(TIGHT) == 14_000
    assert cost(policy(TIGHT, PolicyKind.MAXIMUM_SUPPLIERS, 1.0)) == pytest.approx(20_000)
    assert cost(policy(TIGHT, PolicyKind.MAXIMUM_SUPPLIERS, 1.0, 500.0)) == pytest.approx(14_500)
    assert cost(policy(TIGHT, PolicyKind.MAXIMUM_SUPPLIERS, 0.0)) == pytest.approx(50_000)


def test_at_least() -> None:
    """Proves: two suppliers means something from each: 1/100 of a block of c is enough, 9.99 of b.

    A broken rule would give: 10,000 USD.
    """
    assert cost(policy(rivals(), PolicyKind.MINIMUM_SUPPLIERS, 2.0)) == pytest.approx(9_990 + 20)
    whole = rivals(divisible=False)
    assert cost(policy(whole, PolicyKind.MINIMUM_SUPPLIERS, 2.0)) == pytest.approx(11_000)
    assert cost(policy(whole, PolicyKind.MINIMUM_SUPPLIERS, 2.0, 300.0)) == pytest.approx(10_300)


def test_an_offer_with_a_fee_is_signed_once_it_is_chosen() -> None:
    """Proves: the choice that pays the fee engages the supplier: 6,000 + 100 of b, 4 short, or 20,000 of c.

    A broken rule would give: 14,100 USD.
    """
    case = edit(TIGHT, Block, "b", signing_fee_usd=100.0)
    assert cost(policy(case, PolicyKind.MAXIMUM_SUPPLIERS, 1.0)) == pytest.approx(20_000)


def test_commitments_count_and_spot_does_not() -> None:
    """Proves: what is signed already is a supplier; a market is none.

    With a commitment of `old`, one supplier leaves nothing to sign but on-demand at 3 USD: 30,000 USD.
    A broken rule would give: 10,000 USD (commitments left out) or 50,000 USD (markets counted).
    """
    case = add(one_site(), Supplier("old"), *spot("m", 3.0, firmness=Firmness.ON_DEMAND))
    case = add(case, ExistingCommitment(commitment="k", supplier="old", site="home", accelerator="h100"))
    case = add(case, CommitmentSchedule("k", Item.FEES, across(0.0)))
    assert cost(policy(case, PolicyKind.MAXIMUM_SUPPLIERS, 1.0)) == pytest.approx(30_000)


def test_the_check() -> None:
    """Proves: two suppliers break a maximum of one, one breaks a minimum of two.

    A broken rule would give: no finding.
    """
    acme, beta = (operated(ENGAGED, 1.0, 0, supplier) for supplier in ("acme", "beta"))
    both = {**signed("b", 6.0), **signed("c", 4.0), **served(10.0), **acme, **beta}
    one = {**signed("b", 10.0), **served(10.0), **acme}
    most = policy(rivals(), PolicyKind.MAXIMUM_SUPPLIERS, 1.0)
    least = policy(rivals(), PolicyKind.MINIMUM_SUPPLIERS, 2.0)
    assert (broken(most, both), broken(most, one)) == ({"SUPPLIERS-4"}, set())
    assert (broken(least, both), broken(least, one)) == (set(), {"SUPPLIERS-4"})
    assert broken(most, {**one, **beta}) == {"SUPPLIERS-1"}
    assert broken(most, {key: n for key, n in one.items() if key not in acme}) == {"SUPPLIERS-1"}
