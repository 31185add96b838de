"""Statements: views of a plan that tie to its postings."""

import pytest

from optimizer.contracts.block import Block
from optimizer.contracts.spot import Firmness
from optimizer.plan import statements
from tests.builders import add, edit, one_site, solved, spot


def test_statements_tie() -> None:
    """Proves: 8 blocks of a GPU at 1 USD and 2 GPUs of spot at 2 USD for 1,000 h cost 12,000 USD in every view.

    A broken rule would give: views that differ from the objective of 12,000 USD.
    """
    case = add(edit(one_site(10.0), Block, "b", max_blocks=8.0), *spot("s", 2.0, firmness=Firmness.ON_DEMAND))
    plan = solved(case)
    assert plan.result.objective == 12_000.0
    assert statements.money_by_category(plan).totals == (12_000.0,)
    assert sum(value for _, value in statements.present_value_by_category(plan)) == 12_000.0
    assert [(row.contract, row.total) for row in statements.obligations(plan)] == [("b", 8_000.0)]
    assert statements.installed_by_kind(plan).line("Reserved blocks").values == (8.0,)
    assert statements.installed_by_kind(plan).frame().loc["Reserved blocks", "2027Q1"] == 8.0
    assert statements.service_by_kind(plan).totals == pytest.approx((10.0,))
    assert statements.due(plan).totals == (10.0,)


def test_a_contract_beyond_the_horizon_keeps_its_obligations() -> None:
    """Proves: 10 blocks for 3 quarters of 1,000 h, one of them planned, are an obligation of 30,000 USD."""
    plan = solved(edit(one_site(10.0), Block, "b", term_quarters=3))
    (owed,) = statements.obligations(plan)
    assert owed.total == 30_000.0
    assert plan.result.objective == 10_000.0
