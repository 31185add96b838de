"""The calm plan: what is due soon stays, and nothing moves that the change does not pay for."""

from dataclasses import replace

import pytest

from optimizer.case.case import Case
from optimizer.case.world import Demand, Supplier
from optimizer.contracts.block import Block
from optimizer.ledger.decision import Action
from optimizer.plan.plan import Plan
from optimizer.replan.calm import Calm, calm
from optimizer.replan.roll import roll
from tests.builders import EXACT, FIRST, across, add, block, edit, one_site, solved

SECOND = FIRST + 1


def market(price_b: float = 1.0, price_c: float = 1.5, **changes: object) -> Case:
    """Ten units in each of four quarters; blocks b of acme and c of beta at these prices."""
    case = edit(
        one_site(10.0, 10.0, 10.0, 10.0, **changes), Block, "b", price_usd_per_gpu_hour=price_b, divisible=False
    )
    return add(case, Supplier("beta"), block("c", supplier="beta", price_usd_per_gpu_hour=price_c, divisible=False))


@pytest.fixture(scope="module")
def approved() -> Plan:
    """Ten blocks of b in each quarter, 40,000 USD."""
    plan = solved(market())
    assert plan.result.objective == pytest.approx(40_000.0)
    return plan


def replanned(case: Case, approved: Plan) -> Calm:
    return calm(roll(case, approved, SECOND), False, EXACT)


def blocks(plan: Plan, contract: str) -> list[float]:
    """Blocks signed in each quarter from the as-of quarter on."""
    signed = {
        choice.key.quarter: choice.quantity
        for choice in plan.choices
        if choice.key.action is Action.SIGN and choice.key.contract == contract
    }
    return [signed.get(SECOND + offset, 0.0) for offset in range(3)]


def test_a_small_saving_moves_nothing(approved: Plan) -> None:
    """Proves: b at 1.002 and c at 1.001 USD: moving the 20 blocks that are not firm to c would save 20 of 30,060 USD,
    less than the slack of 0.25 %, so nothing moves; the report says that calm costs 20 USD and what it spared.

    A broken rule would give: c in the last two quarters, and 40,060 USD of commitments moved for 20 USD.
    """
    found = replanned(market(1.002, 1.001), approved)
    assert blocks(found.plan, "b") == [10.0, 10.0, 10.0]
    assert found.plan.result.objective == pytest.approx(30_060.0)
    assert found.moved == 0.0
    assert found.least_cost == pytest.approx(30_040.0)
    assert found.stability_cost == pytest.approx(20.0)
    assert found.least_moved == pytest.approx(20 * 1_002.0 + 20 * 1_001.0)


def test_without_slack_the_least_cost_is_taken(approved: Plan) -> None:
    """Proves: the same change with a slack of 0 moves the 20 blocks: the slack alone made the plan calm."""
    found = replanned(market(1.002, 1.001, stability_slack=0.0), approved)
    assert blocks(found.plan, "c") == [0.0, 10.0, 10.0]
    assert found.plan.result.objective == pytest.approx(30_040.0)
    assert found.stability_cost == 0.0


def test_only_what_pays_is_moved(approved: Plan) -> None:
    """Proves: with c at 0.9 USD both free quarters pay for their move; with a slack of 4 % eleven blocks stay.

    Least cost 10,000 + 20 x 900 = 28,000 USD; each block that stays costs 100 more, and 4 % are 1,120 USD.
    """
    found = replanned(market(1.0, 0.9), approved)
    assert blocks(found.plan, "c") == [0.0, 10.0, 10.0]
    found = replanned(market(1.0, 0.9, stability_slack=0.04), approved)
    assert sum(blocks(found.plan, "c")) == pytest.approx(9.0)
    assert found.plan.result.objective == pytest.approx(28_000.0 + 1_100.0)


def test_one_changed_demand_changes_what_it_pays_for(approved: Plan) -> None:
    """Proves: 12 instead of 10 units in the third quarter add two blocks there, and change nothing else."""
    case = edit(market(), Demand, "train", units=across(10.0, 10.0, 12.0, 10.0))
    found = replanned(case, approved)
    assert blocks(found.plan, "b") == [10.0, 12.0, 10.0]
    assert blocks(found.plan, "c") == [0.0, 0.0, 0.0]
    assert found.moved == pytest.approx(2_000.0)
    assert found.stability_cost == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize(("window", "kept"), [(0, 0), (1, 1), (2, 2), (3, 3)])
def test_what_is_due_in_the_firm_window_stays(approved: Plan, window: int, kept: int) -> None:
    """Proves: c at half the price takes every quarter but those of the firm window (CALM-3).

    A broken rule would give: signatures of the coming weeks undone at every replan.
    """
    found = replanned(market(1.0, 0.5, firm_window_quarters=window), approved)
    assert blocks(found.plan, "b") == [10.0] * kept + [0.0] * (3 - kept)
    assert found.released == ()


def test_what_became_impossible_is_released_as_little_as_can_be(approved: Plan) -> None:
    """Proves: only 14 blocks of b are left to have, 10 of them are signed: of the 10 that are due, 4 stay."""
    found = replanned(edit(market(), Block, "b", max_blocks=14.0), approved)
    assert blocks(found.plan, "b") == [4.0, 0.0, 0.0]
    assert blocks(found.plan, "c") == [6.0, 10.0, 10.0]
    assert [str(key) for key in found.released] == ["sign | b | 2027Q2"]


def test_an_offer_withdrawn_in_the_firm_window_is_told(approved: Plan) -> None:
    """Proves: b is no longer on offer: what was due is released and said, and c takes its place."""
    found = replanned(edit(market(), Block, "b", sign_until=FIRST), approved)
    assert blocks(found.plan, "c") == [10.0, 10.0, 10.0]
    assert "sign | b | 2027Q2" in [str(key) for key in found.released]


def test_unchanged_inputs_go_on_to_the_last_digit(approved: Plan) -> None:
    """Proves: with unchanged inputs no search decides: the approved plan goes on, even where others cost the same."""
    case = market(1.0, 1.0)
    twin = solved(case)
    found = calm(roll(case, twin, SECOND), True, replace(EXACT, seed=3))
    assert found.unchanged
    decided = [choice for choice in found.plan.choices if choice.key.action is not Action.PAID]
    assert decided == list(twin.choices)
    assert found.plan.operations == twin.operations
