"""Budgets: limits on money."""

import pytest

from optimizer.case.case import Case
from optimizer.case.settings import PaymentTiming
from optimizer.case.world import Supplier
from optimizer.contracts.block import Block
from optimizer.contracts.spot import Firmness
from optimizer.ledger.operation import OVERRUN
from optimizer.rules.budget import Budget, Measure
from optimizer.rules.period import Period
from tests.builders import (
    across,
    add,
    broken,
    cost,
    edit,
    edit_settings,
    one_site,
    operated,
    problems,
    quantities,
    quantity,
    replayed_cost,
    served,
    short,
    signed,
    solved,
    spot,
)


def budget(case: Case, *usd: float | None, **changes: object) -> Case:
    """The case with a budget of so many USD by quarter."""
    return add(case, Budget(budget="cap", amount=across(*usd), **changes))


def test_a_hard_budget_is_never_passed() -> None:
    """Proves: 6,000 USD buy 6 GPUs; 4 units go short, and shortfall is no cash: 6,000 + 20,000 USD.

    A broken rule would give: 10,000 USD (no limit) or 50,000 USD (shortfall counted as cash).
    """
    assert cost(budget(one_site(), 6_000.0)) == pytest.approx(26_000)


@pytest.mark.parametrize(("price", "usd"), [(2.0, 18_000), (6.0, 26_000)])
def test_a_priced_budget_bends_where_it_pays(price: float, usd: float) -> None:
    """Proves: at 2 USD per USD, 4 GPUs beyond cost 4,000 x (1 + 2) and are worth it; at 6 USD they are not.

    A broken rule would give: 10,000 USD (overrun is free) or 26,000 USD at 2 (it never bends).
    """
    assert cost(budget(one_site(), 6_000.0, violation_cost_usd_per_usd=price)) == pytest.approx(usd)


def test_a_quarter_without_an_amount_has_no_limit() -> None:
    """Proves: blank is no limit; the second quarter is limited to 0: 10,000 + 50,000 USD.

    A broken rule would give: 100,000 USD (blank is 0) or 20,000 USD.
    """
    assert cost(budget(one_site(10.0, 10.0), None, 0.0)) == pytest.approx(60_000)


def test_a_fiscal_year_adds_up_its_quarters() -> None:
    """Proves: with a year from July, 2027Q1-Q2 share 14,000 USD and Q3-Q4 30,000: 6 units go short in the first half.

    14,000 + 6 x 5,000 + 20,000 USD.
    A broken rule would give: 40,000 USD for calendar years (44,000 is enough for all), or 72,000 USD by quarter.
    """
    case = one_site(10.0, 10.0, 10.0, 10.0, fiscal_year_start_month=7)
    limited = budget(case, 2_000.0, 12_000.0, None, 30_000.0, period=Period.FISCAL_YEAR)
    assert cost(limited) == pytest.approx(64_000)
    calendar = edit_settings(limited, fiscal_year_start_month=1)
    assert cost(calendar) == pytest.approx(40_000)


def test_the_horizon_adds_up_everything() -> None:
    """Proves: 15,000 USD in all leave 5 of 20 units short: 15,000 + 25,000 USD.

    A broken rule would give: 20,000 USD, as 15,000 is enough for the first quarter by itself.
    """
    limited = budget(one_site(10.0, 10.0), 15_000.0, None, period=Period.HORIZON)
    assert cost(limited) == pytest.approx(40_000)


def test_budgets_count_dollars_of_the_day() -> None:
    """Proves: 10,000 USD due in a quarter break a budget of 9,000 although they are worth less today.

    At 21% a year and payment at the end of the quarter 9 GPUs are paid, 1 is short, worth 1.21 ** -0.25 each dollar.
    A broken rule would give: a discounted budget, 9.44 GPUs.
    """
    case = budget(one_site(discount_rate=0.21, payment_timing=PaymentTiming.END), 9_000.0)
    assert cost(case) == pytest.approx((9_000 + 5_000) * 1.21**-0.25)


def test_new_commitments_count_when_signed_and_in_full() -> None:
    """Proves: a block over two quarters commits 2,000 USD at signing, so 12,000 USD sign 6 of 10.

    6 x 2,000 in cash and 2 x 4 x 5,000 short.
    A broken rule would give: 20,000 USD (only the quarter's invoice of 1,000 counted: 10 blocks).
    """
    case = edit(one_site(10.0, 10.0), Block, "b", term_quarters=2, sign_until=one_site().calendar.first)
    assert cost(budget(case, 12_000.0, None, measure=Measure.COMMITMENTS)) == pytest.approx(52_000)


def test_prepayments_alone() -> None:
    """Proves: half of each block's 1,000 USD is prepaid, so 3,000 USD of prepayments sign 6 of 10.

    A broken rule would give: 10,000 USD, or 38,000 USD (3 blocks, if all cash counted).
    """
    case = edit(one_site(), Block, "b", prepayment_share=0.5)
    assert cost(budget(case, 3_000.0, measure=Measure.PREPAYMENTS)) == pytest.approx(26_000)


def test_cash_is_net_of_credits() -> None:
    """Proves: a prepayment in the first quarter, credited in the second, frees the second quarter's budget.

    10 blocks for 2 quarters from 2027Q1, 20% prepaid (4,000 USD), credited from the second quarter on: it pays 6,000.
    A broken rule would give: units short, if invoices of 10,000 USD counted without the credit.
    """
    case = edit(one_site(10.0, 10.0), Block, "b", term_quarters=2, prepayment_share=0.2, credit_after_quarters=1)
    case = edit(case, Block, "b", sign_until=case.calendar.first)
    assert cost(budget(case, None, 6_000.0)) == pytest.approx(20_000)


def test_one_category_and_one_supplier() -> None:
    """Proves: a budget may look at one kind of cash, or one supplier, alone.

    Block b (acme) at 1 USD, on-demand from `other` at 0.5 USD, limited to 2,000 USD: 4 GPUs, then 6 of b.
    A broken rule would give: 5,000 USD (no limit) or 2,000 + 30,000 USD (everything counted).
    """
    market = spot("m", 0.5, firmness=Firmness.ON_DEMAND, supplier="other")
    case = add(one_site(), Supplier("other"), *market)
    assert cost(budget(case, 2_000.0, category="on-demand")) == pytest.approx(8_000)
    assert cost(budget(case, 2_000.0, supplier="other")) == pytest.approx(8_000)
    assert cost(budget(case, 2_000.0)) == pytest.approx(2_000 + 30_000)


def test_money_beyond_the_horizon_does_not_count() -> None:
    """Proves: a block of four quarters in a horizon of one is counted with one quarter's invoice.

    A broken rule would give: units short, at 4,000 USD a block.
    """
    case = edit(one_site(), Block, "b", term_quarters=4)
    assert cost(budget(case, 10_000.0, period=Period.HORIZON)) == pytest.approx(10_000)


def test_an_overrun_is_in_the_plan_and_replayed() -> None:
    """Proves: 4 thousand USD beyond the budget are in the plan, and cost 8,000 USD in the replay too.

    A broken rule would give: an audit that does not tie.
    """
    case = budget(one_site(), 6_000.0, violation_cost_usd_per_usd=2.0)
    plan = solved(case)
    (key,) = [key for key, _ in plan.operations if key.operation == OVERRUN]
    assert key.index == ("BUDGET-1", "cap", "")
    assert quantity(plan, key) == pytest.approx(4.0)
    assert replayed_cost(case, quantities(plan)) == pytest.approx(18_000)


def test_the_check_sees_money_beyond_the_budget() -> None:
    """Proves: 10,000 USD break a budget of 9,999, also where the plan claims an overrun of a hard budget.

    A broken rule would give: no finding.
    """
    bought = {**signed("b", 10.0), **served(10.0)}
    claimed = operated(OVERRUN, 4.0, 0, "BUDGET-1", "cap", "")
    assert broken(budget(one_site(), 10_000.0), bought) == set()
    assert broken(budget(one_site(), 9_999.0), bought) == {"BUDGET-1"}
    assert broken(budget(one_site(), 6_000.0), {**bought, **claimed}) == {"BUDGET-1"}
    soft = budget(one_site(), 6_000.0, violation_cost_usd_per_usd=2.0)
    assert broken(soft, {**bought, **claimed}) == set()
    assert broken(soft, {**signed("b", 6.0), **served(6.0), **short(4.0)}) == set()


def test_a_category_must_exist_and_belong() -> None:
    """Proves: an unknown category, and one beside commitments, are refused at their cell.

    A broken rule would give: a budget that silently limits nothing.
    """
    assert ("cap", "category") in problems(budget(one_site(), 1.0, category="resrved"))
    assert ("cap", "category") in problems(budget(one_site(), 1.0, category="energy", measure=Measure.COMMITMENTS))
    assert ("cap", "category") in problems(budget(one_site(), 1.0, category="shortfall cost"))
    assert problems(budget(one_site(), 1.0, category="reserved invoices")) == set()
    assert problems(budget(one_site(), 1.0, category="serving costs")) == set()
