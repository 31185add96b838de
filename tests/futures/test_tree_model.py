"""Decisions under uncertainty, solved by hand."""

from dataclasses import replace

import pytest

from optimizer.contracts.block import Block
from optimizer.contracts.spot import Firmness
from optimizer.errors import UsageError
from optimizer.futures.future import certain
from optimizer.futures.shock import Change
from optimizer.ledger.decision import Action
from optimizer.plan.tree import Branch, TreePlan, audit_tree
from optimizer.run import solve
from tests.builders import FIRST, add, block, cost, decision, edit, edit_settings, one_site, quantity, spot
from tests.futures.branching import expected_cost, newsvendor, scenario, shock, tree

SIGN_B = decision(Action.SIGN, "b")


def test_what_is_signed_before_the_parting_is_the_same_in_all_scenarios() -> None:
    """Proves: 10 blocks are signed here and now, for 10,000 in both scenarios.

    A foresight leak would give: 4 blocks in the low scenario, and 7,000.
    """
    found = tree(newsvendor())
    assert found.result.objective == pytest.approx(10_000.0)
    assert [quantity(branch.plan, SIGN_B) for branch in found.branches] == [10.0, 10.0]


def test_perfect_foresight_costs_less() -> None:
    """Proves: each scenario by itself signs what it needs: 4,000 and 10,000, 7,000 on average."""
    case = newsvendor()
    assert [cost(certain(case, name)) for name in ("low", "high")] == pytest.approx([4_000.0, 10_000.0])


def test_a_dear_block_is_signed_for_the_low_scenario_only() -> None:
    """Proves: at 3,000 a block, the last six do not pay: 12,000 and half of 6 x 5,000 = 27,000.

    A broken rule would give: 30,000 with all ten signed, or 12,000 if probability were forgotten in shortfall.
    """
    found = tree(newsvendor(price_usd_per_gpu_hour=3.0))
    assert found.result.objective == pytest.approx(27_000.0)
    assert [branch.plan.cost for branch in found.branches] == pytest.approx([12_000.0, 42_000.0])


def test_what_can_wait_waits() -> None:
    """Proves: with a second offer at 1,500 that comes at once, 4 are signed now and 6 in the high scenario alone.

    4 x 1,000 + half of 6 x 1,500 = 8,500, as a block now costs 1,000 against 1,500 x 1/2 later. A broken rule would
    give: 10,000, if what is decided after the parting were shared.
    """
    late = block("late", price_usd_per_gpu_hour=1.5, sign_from=FIRST + 1)
    found = tree(add(newsvendor(), late))
    assert found.result.objective == pytest.approx(8_500.0)
    late_signed = [quantity(branch.plan, decision(Action.SIGN, "late", 1)) for branch in found.branches]
    assert late_signed == [0.0, 6.0]


def test_three_stages() -> None:
    """Proves: in a tree that branches twice, each decision knows what has parted, and no more.

    Demand of the third quarter is 2; 6 if the second quarter was busy (1/2), and then 10 in half of these. A block for
    the third quarter costs 1,000 in the first quarter, 1,800 in the second, and spot 4,000 in the third.
    First quarter: block 1 and 2 pay (always used); blocks 3 to 6 are used with 1/2: 1,000 against 1,800 x 1/2 = 900,
    so they wait. Blocks 7 to 10, second quarter, busy: 1,800 against 4,000 x 1/2 = 2,000: signed.
    2 x 1,000 + 1/2 x 8 x 1,800 = 9,200. A foresight leak would give: 2,000 + 1/4 x 4 x 1,800 + 1/4 x 8 x 1,800 = 7,400.
    """
    case = edit(one_site(0.0, 0.0, 2.0), Block, "b", sign_until=FIRST, lead_quarters=2)
    case = add(
        case,
        block("later", price_usd_per_gpu_hour=1.8, sign_from=FIRST + 1, sign_until=FIRST + 1, lead_quarters=1),
        *spot("market", 4.0, 4.0, 4.0, firmness=Firmness.ON_DEMAND),
        scenario("quiet", 0.5),
        scenario("busy", 0.25),
        scenario("rush", 0.25, 2, "busy"),
        shock("busy", "demand", "train", Change.SET, 6.0, since=FIRST + 2),
        shock("rush", "demand", "train", Change.ADD, 4.0),
    )
    found = tree(case)
    assert found.result.objective == pytest.approx(9_200.0)
    signed = [quantity(branch.plan, decision(Action.SIGN, "later", 1)) for branch in found.branches]
    assert signed == pytest.approx([0.0, 8.0, 8.0])


@pytest.mark.parametrize(
    ("shocked", "expected"),
    [
        (shock("bad", "blocks", "b", Change.ADD, 1.0, column="lead_quarters", since=FIRST), 2_000.0 + 0.5 * 10_000.0),
        (shock("bad", "blocks", "b", Change.SET, 0.5, column="availability"), 2_000.0 + 0.5 * 5_000.0),
        (shock("bad", "demand", "train", Change.MULTIPLY, 1.5), 2_000.0 + 0.5 * 5_000.0),
    ],
    ids=["delay", "default", "spike"],
)
def test_any_number_can_be_shocked(shocked: object, expected: float) -> None:
    """Proves: a delay, a default and a spike are shocks; at most two blocks can be signed, for a demand of 2.

    Delayed beyond the horizon, both units are short in the bad half, 10,000; they are still paid, as the invoices that
    move out of the horizon with the delay count too. Half available, or demand of 3: one unit is short, 5,000.
    """
    case = edit(one_site(0.0, 2.0), Block, "b", sign_until=FIRST, lead_quarters=1, max_blocks=2.0)
    case = edit_settings(case, tail_value=0.0)
    case = add(case, scenario("good", 0.5), scenario("bad", 0.5), shocked)  # type: ignore[arg-type]
    assert expected_cost(case) == pytest.approx(expected)


def test_the_order_of_scenarios_does_not_matter() -> None:
    """Proves: the first scenario of a node speaks for it; which one is first changes nothing."""
    case = newsvendor(price_usd_per_gpu_hour=3.0)
    rows = case.records
    turned = type(case)((*rows[:-3], rows[-2], rows[-3], rows[-1]))
    assert expected_cost(turned) == pytest.approx(expected_cost(case))


def test_a_plan_with_foresight_fails_its_audit() -> None:
    """Proves: the audit sees, without the model, a plan that decides differently before its scenarios have parted."""
    case = newsvendor()
    found = tree(case)
    ideal = solve(certain(case, "low"))
    low = found.branch("low")
    leaking = Branch("low", low.probability, replace(ideal, result=low.plan.result))
    cheat = TreePlan(case, found.result, (leaking, found.branch("high")))
    assert any(finding.place.startswith("TREE-1") for finding in audit_tree(cheat))
    assert not audit_tree(found)


def test_solve_refuses_a_case_with_scenarios() -> None:
    """Proves: a case with scenarios is never solved as if it had none."""
    with pytest.raises(UsageError, match="solve_tree"):
        solve(newsvendor())


def test_a_case_without_scenarios_is_a_tree_of_one() -> None:
    """Proves: both doors give the same plan where nothing is uncertain."""
    case = one_site(4.0, 6.0)
    plan = solve(case)
    found = tree(case)
    assert found.branches[0].plan.choices == plan.choices
    assert found.result.objective == plan.result.objective
