"""Capacity: what is served needs GPUs where it is served."""

from optimizer.case.world import LoadSegment, Workload
from optimizer.contracts.block import Block
from optimizer.ledger.operation import INTERRUPTIBLE
from tests.builders import (
    add,
    bought,
    broken,
    cost,
    demanded,
    edit,
    one_site,
    operated,
    served,
    signed,
    spot,
    two_sites,
)


def test_availability_takes_its_share() -> None:
    """Proves: only usable GPUs serve. At 80% availability, 10 units take 12.5 GPUs: 12,500 USD.

    A broken rule would give: 10,000 USD.
    """
    assert cost(edit(one_site(), Block, "b", availability=0.8)) == 12_500


def test_workloads_share_the_gpus_of_a_site() -> None:
    """Proves: the use of all workloads adds up. 12 GPUs for 10 + 5 units: 12,000 USD and 3 short at 5,000 USD.

    A broken rule would give: 10,000 USD (each workload has the site to itself).
    """
    case = edit(add(one_site(), *demanded("infer", 5.0)), Block, "b", max_blocks=12.0)
    assert cost(case) == 27_000


def test_capacity_does_not_move_between_sites() -> None:
    """Proves: GPUs serve where they stand. 6 at home, the other 4 at `away` for 1.5 USD: 6,000 + 6,000 USD.

    A broken rule would give: 10,000 USD or 6,000 USD.
    """
    assert cost(edit(two_sites(one_site()), Block, "b", max_blocks=6.0)) == 12_000


def test_interruptible_service_needs_interruptible_gpus_after_losses() -> None:
    """Proves: a quarter of spot hours is lost, so 10 units take 13.33 GPUs at 0.3 USD: 4,000 USD.

    A broken rule would give: 3,000 USD.
    """
    case = edit(add(one_site(), *spot("m", 0.3, interruption_loss=0.25)), Workload, "train", firm_share=0.0)
    assert abs(cost(case) - 4_000) < 0.01


def test_spot_serves_the_segment_it_is_bought_in() -> None:
    """Proves: spot is bought for the peak alone: 4 GPUs all day for 4,000, 12 more for half of it at 1.5 USD: 9,000.

    A broken rule would give: 4,000 + 6,000 USD, if hours of the base could serve the peak.
    """
    segments = LoadSegment("peak", 0.5, other_multiplier=1.6), LoadSegment("base", 0.5, other_multiplier=0.4)
    case = add(one_site(), *segments, *spot("m", 1.5))
    assert cost(edit(case, Workload, "train", firm_share=0.0)) == 13_000


def test_the_check_sees_service_without_gpus() -> None:
    """Proves: the check compares firm and interruptible use with what is there, each by itself.

    A broken rule would give: no finding.
    """
    case = edit(add(one_site(), *spot("m", 0.3)), Workload, "train", firm_share=0.0)
    loose = operated(INTERRUPTIBLE, 4.0, 0, "train", "home", "h100", "all")
    assert broken(case, {**signed("b", 6.0), **bought("m", 4.0), **served(10.0), **loose}) == set()
    assert broken(case, {**signed("b", 5.0), **bought("m", 5.0), **served(10.0), **loose}) == {"CAPACITY-1"}
    assert broken(case, {**signed("b", 7.0), **bought("m", 3.0), **served(10.0), **loose}) == {"CAPACITY-2"}
    more = operated(INTERRUPTIBLE, 11.0, 0, "train", "home", "h100", "all")
    assert broken(case, {**bought("m", 11.0), **served(10.0), **more}) == {"CAPACITY-3", "FIRM-1"}
