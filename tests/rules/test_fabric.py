"""Fabric: a cluster is no larger than its network."""

import pytest

from optimizer.case.world import Demand, LoadSegment, Placement, Site, Workload
from optimizer.ledger.operation import PLACED
from tests.builders import add, broken, cost, demanded, edit, one_site, operated, served, set_series, signed, two_sites

CASE = edit(two_sites(one_site()), Site, "home", fabric_gpus=8.0)


def test_a_cluster_spills_over_to_the_next_site() -> None:
    """Proves: a clustered workload has 8 GPUs at home and 2 at `away`: 8,000 + 3,000 USD.

    A broken rule would give: 10,000 USD.
    """
    assert cost(edit(CASE, Workload, "train", minimum_cluster_gpus=1.0)) == pytest.approx(11_000)


def test_a_single_site_workload_needs_a_fabric_for_all_of_it() -> None:
    """Proves: 10 units do not fit into a fabric of 8, so `away` serves them: 15,000 USD.

    A broken rule would give: 10,000 USD.
    """
    assert cost(edit(CASE, Workload, "train", placement=Placement.ONE_SITE)) == pytest.approx(15_000)


def test_what_is_not_a_cluster_is_not_limited() -> None:
    """Proves: a workload without a cluster spreads over fabrics: 10,000 USD.

    A broken rule would give: 11,000 USD.
    """
    assert cost(CASE) == 10_000


def test_each_cluster_has_a_fabric_of_its_own_size() -> None:
    """Proves: two clusters of 8 fit, as the limit is on the largest, not on their sum: 16,000 USD.

    A broken rule would give: 20,000 USD (8 units at `away`).
    """
    case = add(edit(CASE, Workload, "train", minimum_cluster_gpus=1.0), *demanded("infer", 8.0, minimum_cluster_gpus=1))
    assert cost(set_series(case, Demand, "train", 8.0)) == pytest.approx(16_000)


def test_the_largest_segment_counts() -> None:
    """Proves: 16 GPUs by day do not fit into 8 although the average of 10 is nearly there: 8 by day go elsewhere.

    Home has 8 GPUs (8,000 USD), `away` 8 for the day (12,000 USD).
    A broken rule would give: 16,000 USD (no limit) or 19,000 USD (a limit on the average).
    """
    segments = LoadSegment("day", 0.5, other_multiplier=1.6), LoadSegment("night", 0.5, other_multiplier=0.4)
    case = add(edit(CASE, Workload, "train", minimum_cluster_gpus=1.0), *segments)
    assert cost(case) == pytest.approx(20_000)


def test_the_check_sees_a_cluster_beyond_the_fabric() -> None:
    """Proves: 10 GPUs at home break a fabric of 8.

    A broken rule would give: no finding.
    """
    here = {**signed("b", 10.0), **served(10.0)}
    assert broken(CASE, here) == set()
    here |= operated(PLACED, 1.0, 0, "train", "home")
    assert broken(edit(CASE, Workload, "train", minimum_cluster_gpus=1.0), here) == {"FABRIC-1"}
