"""Spot share: how much is bought by the hour."""

import pytest

from optimizer.case.world import LoadSegment
from optimizer.contracts.block import Block
from optimizer.contracts.spot import Firmness
from optimizer.rules.policy import PolicyKind
from tests.builders import (
    add,
    bought,
    broken,
    cost,
    edit,
    one_site,
    policy,
    served,
    signed,
    spot,
)

MARKET = add(one_site(), *spot("m", 0.5, firmness=Firmness.ON_DEMAND))


def test_on_demand_counts() -> None:
    """Proves: 30% by the hour: 3 x 500 + 7 x 1,000 USD.

    A broken rule would give: 5,000 USD, if only interruptible capacity counted.
    """
    assert cost(policy(MARKET, PolicyKind.SPOT_SHARE, 0.3)) == pytest.approx(8_500)


def test_it_is_a_share_of_gpu_hours() -> None:
    """Proves: spot for the day alone counts for its hours. Day 16 units, night 4, in equal halves.

    4 blocks and 12 GPUs of spot by day are 6 of 10 on average: a limit of 60% lets them be: 4,000 + 3,000 USD.
    A broken rule would give: more, as 12 of 16 is 75%.
    """
    segments = LoadSegment("day", 0.5, other_multiplier=1.6), LoadSegment("night", 0.5, other_multiplier=0.4)
    case = edit(add(MARKET, *segments), Block, "b", max_blocks=4.0)
    assert cost(policy(case, PolicyKind.SPOT_SHARE, 0.6)) == pytest.approx(7_000)


def test_a_price_counts_gpus() -> None:
    """Proves: at 100 USD a GPU, 7 GPUs beyond 30% cost 700: 5,700 USD.

    A broken rule would give: 5,000 or 8,500 USD.
    """
    assert cost(policy(MARKET, PolicyKind.SPOT_SHARE, 0.3, 100.0)) == pytest.approx(5_700)


def test_the_check() -> None:
    """Proves: 4 of 10 GPUs by the hour break a share of 30%.

    A broken rule would give: no finding.
    """
    case = policy(MARKET, PolicyKind.SPOT_SHARE, 0.3)
    assert broken(case, {**signed("b", 6.0), **bought("m", 4.0), **served(10.0)}) == {"SPOT-SHARE-1"}
    assert broken(case, {**signed("b", 7.0), **bought("m", 3.0), **served(10.0)}) == set()
