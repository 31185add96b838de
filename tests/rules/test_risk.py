"""Risk in the objective and as a limit, solved by hand; CVaR against its definition."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.case.case import Case
from optimizer.ledger.decision import Action
from optimizer.plan.tree import audit_tree, cvar
from optimizer.run import solve_tree
from tests.builders import EXACT, decision, edit_settings, quantity
from tests.futures.branching import newsvendor, tree

SIGN = decision(Action.SIGN, "b")


def dear(**settings: object) -> Case:
    """Blocks at 3,000 for a demand of 4 or 10: x blocks (4 to 10) cost 3,000 x, and 5,000 (10 - x) in the high half."""
    return edit_settings(newsvendor(price_usd_per_gpu_hour=3.0), risk_tail=0.5, **settings)


def test_risk_weight_buys_insurance() -> None:
    """Proves: with weight 1 on the dear half, block 5 to 10 pay: 3,000 - 2,500 + 3,000 - 5,000 < 0; all ten are signed.

    Objective 30,000 + 30,000. A broken rule would give: 4 blocks, and 27,000 + 42,000 = 69,000.
    """
    found = tree(dear(risk_weight=1.0))
    assert quantity(found.branches[0].plan, SIGN) == pytest.approx(10.0)
    assert found.result.objective == pytest.approx(60_000.0)
    assert (found.expected, found.cvar) == pytest.approx((30_000.0, 30_000.0))


def test_a_small_weight_changes_nothing() -> None:
    """Proves: at weight 0.2, a block more costs 500 on average and saves 0.2 x 2,000: 4 are signed.

    Objective 27,000 + 0.2 x 42,000 = 35,400.
    """
    found = tree(dear(risk_weight=0.2))
    assert quantity(found.branches[0].plan, SIGN) == pytest.approx(4.0)
    assert found.result.objective == pytest.approx(35_400.0)


def test_cvar_can_be_limited() -> None:
    """Proves: at most 34,000 in the dear half: 50,000 - 2,000 x <= 34,000, 8 blocks; 24,000 + 10,000 / 2 = 29,000.

    A broken rule would give: 27,000 with 4 blocks.
    """
    found = tree(dear(cvar_limit_usd=34_000.0))
    assert quantity(found.branches[0].plan, SIGN) == pytest.approx(8.0)
    assert found.result.objective == pytest.approx(29_000.0)
    assert found.cvar == pytest.approx(34_000.0)


def test_a_limit_that_nothing_meets_is_infeasible() -> None:
    """Proves: no plan has a CVaR below 30,000, and RISK-2 is named."""
    result = solve_tree(dear(cvar_limit_usd=25_000.0), EXACT).result
    assert result.status == "infeasible"
    assert "RISK-2" in result.detail


def test_the_audit_sees_a_limit_that_is_passed() -> None:
    """Proves: a plan whose CVaR passes the limit fails, whatever the solver says."""
    found = tree(dear())
    strict = replace(found, case=edit_settings(found.case, cvar_limit_usd=34_000.0))
    assert any(finding.place == "RISK-2 CVaR" for finding in audit_tree(strict))


def test_the_audit_sees_a_wrong_objective() -> None:
    """Proves: expected cost alone is not the objective of a case in which risk counts."""
    found = tree(dear(risk_weight=1.0))
    wrong = replace(found, result=replace(found.result, objective=found.expected))
    assert any(finding.place == "plan objective" for finding in audit_tree(wrong))


@given(
    st.lists(st.tuples(st.floats(-1e6, 1e6), st.integers(1, 50)), min_size=1, max_size=30),
    st.floats(0.01, 1.0),
)
def test_cvar_is_the_least_value_of_its_program(futures: list[tuple[float, int]], tail: float) -> None:
    """Proves: sorting gives what (RISK-1) minimises: threshold + mean excess / tail at the best of all thresholds."""
    whole = sum(weight for _, weight in futures)
    costs, shares = [cost for cost, _ in futures], [weight / whole for _, weight in futures]
    least = min(
        edge + sum(share * max(cost - edge, 0.0) for cost, share in zip(costs, shares, strict=True)) / tail
        for edge in costs
    )
    assert cvar(costs, shares, tail) == pytest.approx(least, rel=1e-9, abs=1e-6)


def test_cvar_of_halves() -> None:
    """Proves: the dearest 30 % of costs 1 (50 %), 2 (30 %) and 5 (20 %) are 20 % at 5 and 10 % at 2: 4."""
    assert cvar([1.0, 2.0, 5.0], [0.5, 0.3, 0.2], 0.3) == pytest.approx(4.0)
    assert cvar([1.0, 2.0, 5.0], [0.5, 0.3, 0.2], 1.0) == pytest.approx(2.1)
