"""What changed between two plans, and which input moved it."""

import pytest

from optimizer.case.case import Case
from optimizer.contracts.block import Block
from optimizer.futures.shock import Change, Shock
from optimizer.plan.diff import difference, inputs
from optimizer.plan.diff_tree import tree_difference
from tests.builders import FIRST, add, block, edit, one_site, solved
from tests.futures.branching import newsvendor, scenario, shock, tree


def test_one_price_moves_the_cost() -> None:
    """Proves: 10 GPUs x 1,000 h x 0.5 USD more cost 5,000 USD more, and one input is named as the cause.

    A broken rule would give: no input, or every cell of the table.
    """
    before = one_site(10.0)
    after = edit(before, Block, "b", price_usd_per_gpu_hour=1.5)
    found = difference(solved(before), solved(after))
    assert found.objective.after - found.objective.before == 5000.0
    assert [(i.table, i.row, i.column, i.before, i.after) for i in found.inputs] == [
        ("blocks", "b", "price_usd_per_gpu_hour", 1.0, 1.5)
    ]
    assert not found.changed
    assert [(c.what, c.before, c.after) for c in found.money] == [("reserved invoices", 10_000.0, 15_000.0)]


def test_demand_moves_a_decision() -> None:
    """Proves: demand of 12 instead of 10 signs 2 blocks more, and the changed quarter is named."""
    found = difference(solved(one_site(10.0)), solved(one_site(12.0)))
    assert [(c.what, c.before, c.after) for c in found.decisions] == [("sign | b | 2027Q1", 10.0, 12.0)]
    assert [(i.table, i.row, i.column) for i in found.inputs] == [("demand", "train", "2027Q1")]


def test_a_plan_does_not_differ_from_itself() -> None:
    plan = solved(one_site(10.0))
    found = difference(plan, plan)
    assert not (found.changed or found.inputs or found.money)


def waiting_case(high: float = 10.0) -> Case:
    """The newsvendor with an offer that can wait, at 1.5 USD: 4 blocks now, 6 later if demand is high."""
    case = edit(newsvendor(), Shock, "high / demand / train / set", value=high)
    return add(case, block("late", price_usd_per_gpu_hour=1.5, sign_from=FIRST + 1))


def test_two_trees_by_hand() -> None:
    """Proves: demand of 12 instead of 10 in `high` leaves what is decided now (4 blocks), and raises what waits from 6
    to 8 blocks with a probability of 0.5, 3 to 4 on average; 0.5 x 2 x 1,500 USD more, all of it reserved invoices.

    A broken rule would give: a decision of `high` told as one that is made now, or money of one scenario.
    """
    found = tree_difference(tree(waiting_case()), tree(waiting_case(12.0)))
    assert found.decisions == ()
    (later,) = found.later
    assert (later.what, later.probability_before, later.probability_after) == ("sign | late", 0.5, 0.5)
    assert (later.mean_before, later.mean_after) == (pytest.approx(3.0), pytest.approx(4.0))
    assert found.objective.after - found.objective.before == pytest.approx(1_500.0)
    assert [(c.what, c.after - c.before) for c in found.money] == [("reserved invoices", pytest.approx(1_500.0))]
    assert {c.what: (c.before, c.after) for c in found.risk} == {
        "CVaR of the dearest 10 %": (pytest.approx(13e3), pytest.approx(16e3)),
        "dearest scenario": (pytest.approx(13e3), pytest.approx(16e3)),
    }
    assert [(i.table, i.row, i.column) for i in found.inputs] == [("shocks", "high / demand / train / set", "value")]
    assert found.changed


def test_a_tree_and_a_certain_plan_by_hand() -> None:
    """Proves: against the plan of `high` as if it were certain (10 blocks now), the tree signs 4 now and 3 later on
    average; the shortfall of neither differs.
    """
    found = tree_difference(
        solved(edit(one_site(0.0, 10.0), Block, "b", sign_until=FIRST, lead_quarters=1)), tree(waiting_case())
    )
    assert [(c.what, c.before, c.after) for c in found.decisions] == [("sign | b | 2027Q1", 10.0, 4.0)]
    assert [(one.what, one.mean_before, one.mean_after) for one in found.later] == [("sign | late", 0.0, 3.0)]


def test_shocks_of_one_cell_are_told_apart() -> None:
    """Proves: two shocks of the same cell in other quarters are two rows; a change of the first is not lost.

    A broken rule would give: no change, as the second row of the same name hides the first.
    """
    rows = [shock("high", "demand", "train", Change.ADD, 1.0, since=FIRST + 1, until=FIRST + 1)]
    rows += [shock("high", "demand", "train", Change.ADD, 2.0, since=FIRST + 2)]
    base = add(one_site(1.0, 1.0, 1.0), scenario("low", 0.5), scenario("high", 0.5))
    other = [shock("high", "demand", "train", Change.ADD, 5.0, since=FIRST + 1, until=FIRST + 1), rows[1]]
    found = list(inputs(add(base, *rows), add(base, *other)))
    assert [(i.row, i.column, i.before, i.after) for i in found] == [
        ("high / demand / train / 2027Q2 to 2027Q2 / add", "value", 1.0, 5.0)
    ]
