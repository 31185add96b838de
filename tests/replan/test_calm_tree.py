"""Calm in a tree: commitments are compared node by node, by probability, and what is due soon stays in every branch."""

import pytest

from optimizer.case.case import Case
from optimizer.case.settings import Objective
from optimizer.case.world import Demand, Supplier
from optimizer.contracts.block import Block
from optimizer.futures.shock import Change
from optimizer.ledger.decision import Action
from optimizer.model.build import formulate
from optimizer.model.calm import bonds, moved
from optimizer.plan.tree import TreePlan
from optimizer.replan.calm import Calm, calm
from optimizer.replan.moved import moved_apart
from optimizer.replan.roll import roll
from tests.builders import EXACT, FIRST, across, add, block, edit, edit_settings, one_site, solved
from tests.futures.branching import scenario, shock, tree

SECOND, THIRD, FOURTH = FIRST + 1, FIRST + 2, FIRST + 3


def market(price_b: float = 1.0, price_c: float = 1.5, **changes: object) -> Case:
    """Ten units in each of four quarters; `more` (0.4) asks 14 from the third on. Blocks b and c at these prices."""
    case = edit(
        one_site(10.0, 10.0, 10.0, 10.0, **changes), Block, "b", price_usd_per_gpu_hour=price_b, divisible=False
    )
    return add(
        case,
        Supplier("beta"),
        block("c", supplier="beta", price_usd_per_gpu_hour=price_c, divisible=False),
        scenario("same", 0.6, 2),
        scenario("more", 0.4, 2),
        shock("more", "demand", "train", Change.SET, 14.0),
    )


@pytest.fixture(scope="module")
def approved() -> TreePlan:
    """Ten blocks of b in each quarter, 14 in the last two of `more`: 43,200 USD."""
    plan = tree(market())
    assert plan.result.objective == pytest.approx(43_200.0)
    return plan


def replanned(case: Case, approved: TreePlan) -> Calm:
    return calm(roll(case, approved, SECOND), False, EXACT)


def blocks(found: Calm, name: str, contract: str) -> list[float]:
    """Blocks signed in each quarter from the as-of quarter on, in a scenario."""
    assert isinstance(found.plan, TreePlan)
    signed = {
        choice.key.quarter: choice.quantity
        for choice in found.plan.branch(name).plan.choices
        if choice.key.action is Action.SIGN and choice.key.contract == contract
    }
    return [signed.get(SECOND + offset, 0.0) for offset in range(3)]


def test_a_small_saving_moves_nothing(approved: TreePlan) -> None:
    """Proves: b at 1.002 and c at 1.001 USD: moving the 2 x 11.6 blocks that are expected after the firm window would
    save 23.20 USD, less than the slack, so nothing moves; what it would have moved is expected commitments.

    A broken rule would give: blocks counted once for each scenario (48), or without their probability.
    """
    found = replanned(market(1.002, 1.001), approved)
    assert blocks(found, "same", "b") == [10.0, 10.0, 10.0]
    assert blocks(found, "more", "b") == [10.0, 14.0, 14.0]
    assert found.moved == 0.0
    assert found.stability_cost == pytest.approx(23.2)
    assert found.least_moved == pytest.approx(23.2 * (1_002.0 + 1_001.0))


def test_only_what_pays_is_moved(approved: TreePlan) -> None:
    """Proves: with c at 0.9 USD each block that stays costs 100 USD with its probability. The least cost is 10,000 +
    23.2 x 900 = 30,880 USD; a slack of 4 % are 1,235.20 USD, of which whole blocks at 0.6 and 0.4 use 1,220: 12.2 stay.

    A broken rule would give: 12 blocks that stay in every scenario alike, or all of one scenario.
    """
    found = replanned(market(1.0, 0.9, stability_slack=0.04), approved)
    assert found.least_cost == pytest.approx(30_880.0)
    assert found.plan.result.objective == pytest.approx(32_100.0)
    assert found.moved == pytest.approx((23.2 - 12.2) * 1_900.0)
    free = replanned(market(1.0, 0.9, stability_slack=0.0), approved)
    assert blocks(free, "more", "c") == [0.0, 14.0, 14.0]
    assert free.stability_cost == 0.0


@pytest.mark.parametrize(("window", "kept"), [(0, 0), (1, 1), (2, 2), (3, 3)])
def test_what_is_due_in_the_firm_window_stays_in_every_branch(approved: TreePlan, window: int, kept: int) -> None:
    """Proves: c at half the price takes every quarter but those of the firm window, at each node what was due there."""
    found = replanned(market(1.0, 0.5, firm_window_quarters=window), approved)
    assert blocks(found, "same", "b") == [10.0] * kept + [0.0] * (3 - kept)
    assert blocks(found, "more", "b") == [*[10.0, 14.0, 14.0][:kept], *[0.0] * (3 - kept)]
    assert found.released == ()


def test_what_became_impossible_in_one_branch_is_released_there(approved: TreePlan) -> None:
    """Proves: b has 32 blocks left for all quarters, 10 are signed: what is due is 10 and then 10, or 14 of which 12
    are left. Two blocks are released, in `more` alone, and said.
    """
    case = edit(market(1.0, 0.5, firm_window_quarters=2), Block, "b", max_blocks=32.0)
    found = replanned(case, approved)
    assert blocks(found, "same", "b") == [10.0, 10.0, 0.0]
    assert blocks(found, "more", "b") == [10.0, 12.0, 0.0]
    assert [str(key) for key in found.released] == ["sign | b | 2027Q3"]


def test_an_offer_that_is_withdrawn_is_told(approved: TreePlan) -> None:
    found = replanned(edit(market(), Block, "b", sign_until=FIRST), approved)
    assert [str(key) for key in found.released] == ["sign | b | 2027Q2"]
    assert blocks(found, "more", "c") == [10.0, 14.0, 14.0]


def test_a_scenario_that_nobody_knew_is_compared_with_all_that_go_on(approved: TreePlan) -> None:
    """Proves: (CALM-4) a new scenario of 0.2 that asks nothing from the third quarter on moves the 10 or 14 blocks
    that were approved there, by their probabilities, in each of two quarters; what was known moves nothing.
    """
    case = edit(edit(market(), type(scenario("x", 1.0)), "same", probability=0.5), type(scenario("x", 1.0)), "more",
                probability=0.3)  # fmt: skip
    case = add(case, scenario("none", 0.2, 2), shock("none", "demand", "train", Change.SET, 0.0))
    rolled = roll(case, approved, SECOND)
    form = formulate(rolled.case)
    found = bonds(form, rolled.course.followed)
    alone = [bond for bond in found if bond.made.node.scenarios == ("none",) and bond.made.decision.key.contract == "b"]
    assert [bond.approved for bond in alone if bond.made.decision.key.action is Action.SIGN] == [
        ((10.0, pytest.approx(0.12)), (14.0, pytest.approx(0.08)))
    ] * 2
    found = calm(rolled, False, EXACT)
    assert found.moved == pytest.approx(2 * 1_000.0 * (0.12 * 10.0 + 0.08 * 14.0))
    assert blocks(found, "none", "b") == [10.0, 0.0, 0.0]


def test_a_parting_that_finance_moved_later_mixes_what_was_approved(approved: TreePlan) -> None:
    """Proves: `more` is known in the fourth quarter only: in the third one number follows 10 (0.6) and 14 (0.4).
    Staying at either moves the other; 10 blocks, which are enough, move 0.4 x 4.
    """
    case = market()
    row = next(row for row in case.records if getattr(row, "scenario", "") == "more" and row.TABLE.name == "scenarios")
    other = next(row for row in case.records if getattr(row, "scenario", "") == "same")
    case = edit(edit(case, type(row), "more", parts_in=FOURTH), type(other), "same", parts_in=FOURTH)
    found = replanned(case, approved)
    assert blocks(found, "more", "b") == [10.0, 10.0, 14.0]
    assert found.moved == pytest.approx(0.4 * 4_000.0)


def test_moved_without_a_program_is_moved_in_the_program(approved: TreePlan) -> None:
    """Proves: what is told of a tree that is solved in bundles is what the program of the whole tree would tell."""
    case = edit(market(1.0, 0.9, stability_slack=0.0), Demand, "train", units=across(10.0, 12.0, 9.0, 10.0))
    rolled = roll(case, approved, SECOND)
    found = calm(rolled, False, EXACT)
    assert isinstance(found.plan, TreePlan) and found.moved > 0.0
    usd, given_up = moved_apart(found.plan, rolled.course)
    assert usd == pytest.approx(found.moved)
    assert given_up == ()
    none = solved(one_site(10.0, 10.0, 10.0, 10.0))
    assert bonds(formulate(none.case), {"": ((1.0, none.decided),)})[0].approved == ((10.0, 1.0),)
    assert moved((), ()) == 0.0


def test_of_a_certain_plan_a_tree_keeps_what_is_due() -> None:
    """Proves: the approved plan of a case without scenarios is what every branch follows."""
    certain = solved(edit(one_site(10.0, 10.0, 10.0, 10.0), Block, "b", divisible=False))
    found = calm(roll(market(1.0, 0.5, firm_window_quarters=2), certain, SECOND), False, EXACT)
    assert blocks(found, "same", "b") == [10.0, 10.0, 0.0]
    assert blocks(found, "more", "b") == [10.0, 10.0, 0.0]
    assert blocks(found, "more", "c") == [0.0, 4.0, 14.0]


@pytest.mark.parametrize("objective", [Objective.WORST, Objective.REGRET])
def test_the_worst_case_and_regret_are_calm_too(objective: Objective) -> None:
    """Proves: where the worst case or the largest regret is minimised, unchanged inputs go on as they are, and a price
    that is a little better moves nothing: (CALM-2) limits what the case minimises.
    """
    case = edit_settings(market(), objective=objective)
    plan = tree(case)
    same = calm(roll(case, plan, SECOND), True, EXACT)
    assert same.unchanged and same.moved == 0.0
    assert same.plan.result.objective == pytest.approx(same.least_cost, abs=0.01)
    other = calm(roll(edit_settings(market(1.002, 1.001), objective=objective), plan, SECOND), False, EXACT)
    assert other.moved == 0.0
    assert blocks(other, "more", "b") == [10.0, 14.0, 14.0]
    if objective is Objective.WORST:
        assert other.plan.result.objective == pytest.approx(38 * 1_002.0)
