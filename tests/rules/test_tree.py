"""Rows stand at the nodes of a tree and look back along their own path."""

import pytest

from optimizer.case.case import Case
from optimizer.case.scenario import Scenario
from optimizer.case.world import Placement, Site, Workload
from optimizer.contracts.block import Block
from optimizer.rules.budget import Budget, Measure
from optimizer.rules.period import Period
from optimizer.rules.policy import PolicyKind
from optimizer.rules.quantities import QuantityLimit, QuantityWeight
from optimizer.run import solve_tree
from tests.builders import EXACT, FIRST, across, add, block, edit, one_site, policy, rivals, two_sites

LONG = edit(one_site(10.0, 12.0, 14.0), Block, "b", term_quarters=2)
RIVALS = add(LONG, *rivals().records[-2:])


def forked(case: Case) -> Case:
    """The case in which nothing is different, but two equal futures part after the first quarter."""
    return add(
        case,
        Scenario(scenario="one", probability=0.25, parts_in=FIRST + 1),
        Scenario(scenario="two", probability=0.75, parts_in=FIRST + 1),
    )


def least(case: Case) -> float:
    """The least cost of a case, expected where it has scenarios, USD; its audit has passed."""
    result = solve_tree(case, EXACT).result
    assert result.objective is not None
    return result.objective


CASES = {
    "plain": LONG,
    "deferral": edit(
        add(LONG, block("cheap", price_usd_per_gpu_hour=0.1, sign_from=FIRST + 2)),
        Workload,
        "train",
        deferral_quarters=1,
        deferral_cost_usd_per_unit_hour=0.1,
    ),
    "one site": edit(
        add(two_sites(edit(LONG, Block, "b", sign_until=FIRST)), block("back", sign_from=FIRST + 2)),
        Workload,
        "train",
        placement=Placement.ONE_SITE,
    ),
    "cluster": edit(edit(two_sites(LONG), Block, "b", max_blocks=9.0), Workload, "train", minimum_cluster_gpus=5.0),
    "horizon budget": add(LONG, Budget(budget="cap", period=Period.HORIZON, amount=across(20_000.0, 0.0, 0.0))),
    "fiscal-year budget": add(
        edit(LONG, Block, "b", prepayment_share=0.3),
        Budget(budget="cap", period=Period.FISCAL_YEAR, amount=across(5_000.0, 9_000.0, 9_000.0)),
    ),
    "commitments": add(
        LONG,
        Budget(
            budget="cap",
            measure=Measure.COMMITMENTS,
            period=Period.HORIZON,
            amount=across(9_000.0, 9_000.0, 9_000.0),
            violation_cost_usd_per_usd=0.5,
        ),
    ),
    "carbon": policy(
        edit(LONG, Site, "home", carbon_kg_per_mwh=400.0), PolicyKind.CARBON, 12.0, 700.0, period=Period.HORIZON
    ),
    "spend": policy(
        RIVALS,
        PolicyKind.SHARE_OF_SPEND,
        0.6,
        period=Period.HORIZON,
    ),
    "suppliers": policy(RIVALS, PolicyKind.MINIMUM_SUPPLIERS, 2.0),
    "quantities": add(LONG, QuantityLimit(limit="l", at_most=15.0), QuantityWeight(limit="l", contract="b")),
}


@pytest.mark.parametrize("name", CASES)
def test_equal_futures_change_nothing(name: str) -> None:
    """Proves: two branches with the same data, of probability 1/4 and 3/4, cost what the line without branches costs.

    A broken rule would give: less or more, as rows that look beyond their path add up both branches, and money that is
    not weighted by probability counts twice.
    """
    case = CASES[name]
    assert least(forked(case)) == pytest.approx(least(case))
    assert name == "plain" or least(case) != pytest.approx(least(LONG))
