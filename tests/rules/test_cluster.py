"""Minimum cluster: enough GPUs, or none."""

import pytest

from optimizer.case.case import Case
from optimizer.case.world import LoadSegment, Performance, Placement, Workload
from optimizer.contracts.block import Block
from optimizer.ledger.operation import PLACED
from tests.builders import add, broken, cost, edit, one_site, operated, served, short, signed, two_sites

SMALL = edit(two_sites(one_site()), Block, "b", max_blocks=6.0)


def cluster(case: Case, gpus: float, **changes: object) -> Case:
    """The case with a minimum cluster for `train`."""
    return edit(case, Workload, "train", minimum_cluster_gpus=gpus, **changes)


@pytest.mark.parametrize(("gpus", "usd"), [(4.0, 12_000), (5.0, 12_500), (8.0, 15_000), (11.0, 50_000)])
def test_a_site_runs_a_cluster_or_nothing(gpus: float, usd: float) -> None:
    """Proves: 10 units split 6 + 4 (12,000 USD), 5 + 5 (12,500), 0 + 10 (15,000), or are short (50,000 USD).

    A broken rule would give: 12,000 USD for every minimum.
    """
    assert cost(cluster(SMALL, gpus)) == pytest.approx(usd)


def test_the_minimum_counts_gpus_not_units() -> None:
    """Proves: at 2 units per GPU, 10 units are 5 GPUs and miss a minimum of 6: 50,000 USD short.

    A broken rule would give: 5,000 USD.
    """
    case = edit(one_site(), Performance, "train / h100", units_per_gpu=2.0)
    assert cost(cluster(case, 6.0)) == pytest.approx(50_000)
    assert cost(cluster(case, 5.0)) == pytest.approx(5_000)


@pytest.mark.parametrize(("gpus", "usd"), [(10.0, 16_000), (11.0, 50_000)])
def test_the_minimum_is_an_average_over_the_segments(gpus: float, usd: float) -> None:
    """Proves: 16 GPUs by day and 4 by night are 10 on average, over equal halves.

    A broken rule would give: 50,000 USD at 10, if the night had to reach it, or 16,000 USD at 11.
    """
    segments = LoadSegment("day", 0.5, other_multiplier=1.6), LoadSegment("night", 0.5, other_multiplier=0.4)
    assert cost(cluster(add(one_site(), *segments), gpus)) == pytest.approx(usd)


def test_deferred_work_fills_a_cluster() -> None:
    """Proves: 4 units a quarter are gathered into a cluster of 8 in the second: 8,000 USD.

    A broken rule would give: 40,000 USD, if a site served no more than the load of the quarter.
    """
    assert cost(cluster(one_site(4.0, 4.0), 8.0, deferral_quarters=1)) == pytest.approx(8_000)


def test_single_site_and_minimum_share_the_choice() -> None:
    """Proves: a workload with both is at one site, whole and large enough: 15,000 USD at `away`.

    A broken rule would give: 12,000 USD (split).
    """
    assert cost(cluster(SMALL, 10.0, placement=Placement.ONE_SITE)) == pytest.approx(15_000)
    assert cost(cluster(SMALL, 10.5, placement=Placement.ONE_SITE)) == pytest.approx(50_000)


def test_the_check_sees_a_cluster_that_is_too_small() -> None:
    """Proves: 6 + 4 GPUs break a minimum of 5 at `away`.

    A broken rule would give: no finding.
    """
    split = {**signed("b", 6.0), **signed("far", 4.0), **served(6.0), **served(4.0, site="away")}
    split |= {**operated(PLACED, 1.0, 0, "train", "home"), **operated(PLACED, 1.0, 0, "train", "away")}
    assert broken(cluster(SMALL, 4.0), split) == set()
    assert broken(cluster(SMALL, 5.0), split) == {"CLUSTER-1"}
    assert broken(cluster(SMALL, 11.0), short(10.0)) == set()
