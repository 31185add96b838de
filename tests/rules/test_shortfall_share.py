"""Shortfall share: how much of demand may go unserved."""

import pytest

from optimizer.case.case import Case
from optimizer.case.world import LoadSegment, Workload
from optimizer.contracts.block import Block
from optimizer.futures.shock import Change
from optimizer.ledger.decision import Action
from optimizer.ledger.operation import OVERRUN
from optimizer.rules.period import Period
from optimizer.rules.policy import PolicyKind
from optimizer.run import solve
from tests.builders import (
    EXACT,
    FIRST,
    add,
    block,
    broken,
    cost,
    decision,
    demanded,
    drop,
    edit,
    edit_settings,
    one_site,
    operated,
    policy,
    problems,
    quantity,
    served,
    short,
    signed,
)
from tests.futures.branching import newsvendor, scenario, shock, tree

KIND = PolicyKind.SHORTFALL


def cheap(*demand: float) -> Case:
    """Going short costs 0.5 USD a unit-hour, half of what a block costs: without a limit, nothing is served."""
    return edit(one_site(*demand), Workload, "train", shortfall_cost_usd_per_unit_hour=0.5)


def test_a_share_of_demand_may_go_unserved() -> None:
    """Proves: 20 % of 10 units may be short: 8 blocks at 1,000 and 2 units at 500 USD.

    A broken rule would give: 5,000 USD (no limit) or 10,000 USD (none may be short).
    """
    assert cost(cheap()) == pytest.approx(5_000)
    assert cost(policy(cheap(), KIND, 0.2)) == pytest.approx(9_000)
    assert cost(policy(cheap(), KIND, 0.0)) == pytest.approx(10_000)


def test_a_price_counts_unit_hours() -> None:
    """Proves: 8 units x 1,000 hours beyond 20 %, at 0.1 USD each, cost 800: 5,800 USD; at 0.6 it pays to serve.

    A broken rule would give: 5,000.80 or 9,000 USD.
    """
    assert cost(policy(cheap(), KIND, 0.2, 0.1)) == pytest.approx(5_800)
    assert cost(policy(cheap(), KIND, 0.2, 0.6)) == pytest.approx(9_000)


def test_a_horizon_adds_up_and_a_quarter_does_not() -> None:
    """Proves: 20 % of 10 + 30 units, where a block costs 1 USD in the first quarter and 2 in the second.

    By horizon all 8 may be short in the dear quarter: 10,000 + 22 x 2,000 + 8 x 500 USD; by quarter, or in fiscal years
    of which one ends between the two, 2 and 6: 8,000 + 24 x 2,000 + 4,000. A broken rule would give: 58,000 for all.
    """
    first = block("b", sign_until=FIRST)
    second = block("c", price_usd_per_gpu_hour=2.0, sign_from=FIRST + 1)
    case = add(drop(cheap(10.0, 30.0), Block, "b"), first, second)
    assert cost(policy(case, KIND, 0.2, period=Period.HORIZON)) == pytest.approx(58_000)
    assert cost(policy(case, KIND, 0.2, period=Period.FISCAL_YEAR)) == pytest.approx(58_000)
    assert cost(policy(case, KIND, 0.2)) == pytest.approx(60_000)
    spring = edit_settings(case, fiscal_year_start_month=4)
    assert cost(policy(spring, KIND, 0.2, period=Period.FISCAL_YEAR)) == pytest.approx(60_000)


def test_hours_of_segments_count() -> None:
    """Proves: the day holds 16 units for half of the hours, the night 4: 20 % of 10,000 unit-hours is 4 units by day.

    12 blocks serve 12 by day and 4 by night: 12,000 + 4 x 500 hours x 0.5 USD = 13,000 USD. A broken rule would give:
    14,000 + 500 (2 units, a share of units), or the night short as well.
    """
    segments = LoadSegment("day", 0.5, other_multiplier=1.6), LoadSegment("night", 0.5, other_multiplier=0.4)
    assert cost(policy(add(cheap(), *segments), KIND, 0.2)) == pytest.approx(13_000)


def test_one_workload_or_all_added_up() -> None:
    """Proves: 10 units of each of two workloads; going short of `infer` costs 0.2 USD, of `train` 0.5.

    All added up, 4 of 20 may be short, all of them `infer`: 16,000 + 800. On `infer` alone, 2 of 10: 8,000 + 400, and
    `train` is short altogether: 5,000. A broken rule would give: one where the other is asked.
    """
    case = add(cheap(), *demanded("infer", 10.0, shortfall_cost_usd_per_unit_hour=0.2))
    assert cost(policy(case, KIND, 0.2)) == pytest.approx(16_800)
    assert cost(policy(case, KIND, 0.2, workload="infer")) == pytest.approx(13_400)


def test_it_holds_in_every_scenario() -> None:
    """Proves: 4 blocks are best where 3,000 a block meets half of 5,000; 20 % at most short of 10 needs 8 in both.

    A broken rule would give: 4 blocks, 3 of 7 units short on average, or 5.6 of the mean demand of 7.
    """
    case = newsvendor(price_usd_per_gpu_hour=3.0)
    assert quantity(tree(case).branches[0].plan, decision(Action.SIGN, "b")) == pytest.approx(4.0)
    found = tree(policy(case, KIND, 0.2))
    assert quantity(found.branches[0].plan, decision(Action.SIGN, "b")) == pytest.approx(8.0)
    assert found.result.objective == pytest.approx(24_000.0 + 5_000.0)


def test_periods_of_a_tree_look_back_along_their_own_path() -> None:
    """Proves: the first quarter is shared: what is short in it counts in both scenarios, beside their own.

    10 units in each quarter, 20 in the second of `high`; 20 % of the horizon is 4 or 6 units. 1 USD to serve, 0.5 to be
    short, now and later alike; `low` decides how much may be short before the parting: at most 4. On average
    20,000 - 4 x 500 and 30,000 - 6 x 500 USD. A broken rule would give: another sum, from both paths together.
    """
    case = add(
        cheap(10.0, 10.0),
        scenario("low", 0.5),
        scenario("high", 0.5),
        shock("high", "demand", "train", Change.SET, 20.0),
    )
    found = tree(policy(case, KIND, 0.2, period=Period.HORIZON))
    assert found.result.objective == pytest.approx(0.5 * 18_000 + 0.5 * 27_000)


def test_the_explanation_names_it() -> None:
    """Proves: where too little is on offer, the limit is among those that cannot hold together.

    A broken rule would give: infeasible without a reason.
    """
    result = solve(policy(edit(cheap(), Block, "b", max_blocks=7.0), KIND, 0.2), EXACT).result
    assert result.status == "infeasible"
    assert "CAPACITY-1, DEMAND-1, SHORT-1" in result.detail


def test_the_check() -> None:
    """Proves: 3 of 10 units unserved break 20 %, priced or not unless the overrun is told, 2 do not.

    A broken rule would give: no finding.
    """
    case = policy(cheap(), KIND, 0.2)
    assert broken(case, {**signed("b", 7.0), **served(7.0), **short(3.0)}) == {"SHORT-1"}
    assert broken(case, {**signed("b", 8.0), **served(8.0), **short(2.0)}) == set()
    priced = policy(cheap(), KIND, 0.2, 0.1)
    told = operated(OVERRUN, 1.0, 0, "SHORT-1", "p", "")
    assert broken(priced, {**signed("b", 7.0), **served(7.0), **short(3.0), **told}) == set()


def test_a_scope_of_another_kind_is_refused() -> None:
    """Proves: a site of a shortfall share, and a workload of another kind, would be ignored: both are refused."""
    assert problems(policy(one_site(), KIND, 0.2, workload="train")) == set()
    assert ("p", "site") in problems(policy(one_site(), KIND, 0.2, site="home"))
    assert ("p", "limit") in problems(policy(one_site(), KIND, 20.0))
    assert ("p", "workload") in problems(policy(one_site(), PolicyKind.SPOT_SHARE, 0.2, workload="train"))
