"""What changed between two plans, and which input moved it."""

from optimizer.contracts.block import Block
from optimizer.plan.diff import difference
from tests.builders import edit, one_site, solved


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
