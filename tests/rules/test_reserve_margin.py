"""Reserve margin: firm capacity ahead of its use."""

import pytest

from optimizer.case.world import LoadSegment, Workload
from optimizer.contracts.block import Block
from optimizer.rules.policy import PolicyKind
from tests.builders import (
    add,
    broken,
    cost,
    edit,
    one_site,
    policy,
    served,
    short,
    signed,
    spot,
)


def test_firm_capacity_stays_ahead() -> None:
    """Proves: 20% over 10 firm GPUs used are 12: 12,000 USD.

    A broken rule would give: 10,000 USD, or 12,500 USD (20% of the capacity).
    """
    assert cost(policy(one_site(), PolicyKind.RESERVE_MARGIN, 0.2)) == pytest.approx(12_000)


def test_usable_is_after_availability() -> None:
    """Proves: at 80% availability 12 usable GPUs are 15: 15,000 USD.

    A broken rule would give: 12,500 USD.
    """
    case = edit(one_site(), Block, "b", availability=0.8)
    assert cost(policy(case, PolicyKind.RESERVE_MARGIN, 0.2)) == pytest.approx(15_000)


def test_interruptible_use_needs_none() -> None:
    """Proves: half on spot at 0.4 USD needs no reserve: 5 x 1.2 x 1,000 + 5 x 400 USD.

    A broken rule would give: 7,000 USD, or 9,000 USD with a reserve for all.
    """
    case = edit(add(one_site(), *spot("m", 0.4)), Workload, "train", firm_share=0.5)
    assert cost(policy(case, PolicyKind.RESERVE_MARGIN, 0.2)) == pytest.approx(8_000)


def test_each_segment_has_its_own() -> None:
    """Proves: the day's 16 units decide: 19.2 GPUs.

    A broken rule would give: 16,000 USD, if the average of 10 decided.
    """
    segments = LoadSegment("day", 0.5, other_multiplier=1.6), LoadSegment("night", 0.5, other_multiplier=0.4)
    case = policy(add(one_site(), *segments), PolicyKind.RESERVE_MARGIN, 0.2)
    assert cost(case) == pytest.approx(19_200)


def test_a_price_counts_gpus_of_each_segment() -> None:
    """Proves: at 300 USD a GPU, going without the 2 GPUs of reserve costs 600: 10,600 USD.

    A broken rule would give: 12,000 USD.
    """
    assert cost(policy(one_site(), PolicyKind.RESERVE_MARGIN, 0.2, 300.0)) == pytest.approx(10_600)


def test_the_check() -> None:
    """Proves: 11 GPUs for 10 in use break a margin of 20%.

    A broken rule would give: no finding.
    """
    case = policy(one_site(), PolicyKind.RESERVE_MARGIN, 0.2)
    assert broken(case, {**signed("b", 11.0), **served(10.0)}) == {"RESERVE-1"}
    assert broken(case, {**signed("b", 12.0), **served(10.0)}) == set()
    assert broken(case, {**signed("b", 6.0), **served(5.0), **short(5.0)}) == set()
