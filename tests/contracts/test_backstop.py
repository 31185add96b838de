"""Backstops: the supplier's draw is data, and binds once the offer it comes with is signed."""

import pytest

from optimizer.case.case import Case
from optimizer.case.world import Accelerator
from optimizer.contracts.backstop import BACKSTOP, Backstop, BackstopDraw
from optimizer.contracts.block import Block
from optimizer.ledger.decision import Action
from optimizer.ledger.keys import Supply
from tests.builders import FIRST, across, add, broken, cost, decision, edit, one_site, problems, quantity, solved
from tests.contracts.ledgers import account, committed, money


def drawn(*draws: float | None, demand: tuple[float, ...] = (), **terms: object) -> Case:
    """The block at 1 USD per GPU-hour, and a backstop of GPUs at 0.5 USD for a quarter, with these draws."""
    terms = {
        "supplier": "acme", "site": "home", "accelerator": "h100", "gpus_per_block": 1.0, "term_quarters": 1,
        "price_usd_per_gpu_hour": 0.5, "cap_blocks": 10.0, **terms,
    }  # fmt: skip
    demand = demand or tuple(0.0 for _ in draws)
    return add(one_site(*demand), Backstop(backstop="k", **terms), BackstopDraw("k", across(*draws)))


def take(quarter: int) -> object:
    return decision(Action.TAKE, "k", quarter)


def test_what_the_supplier_puts_is_taken_and_paid() -> None:
    """Proves: draws of 2 and 1 blocks with a lead of one quarter are paid in the next ones, though nobody needs them:
    2 x 500 + 500, the last of it beyond the horizon and not counted.

    A broken rule would give: 0 (only what is needed is taken) or invoices in the quarter of the draw.
    """
    case = drawn(2.0, None, 1.0, lead_quarters=1)
    by_hand = {take(0): 2.0, take(2): 1.0}
    assert money(case, BACKSTOP, by_hand) == {"2027Q2": 1000.0, "2027Q4": 500.0}
    assert committed(case, by_hand) == {"2027Q1": 1000.0, "2027Q3": 500.0}
    assert account(case, Supply("home", "h100", True), by_hand) == {"2027Q2": 2.0}
    assert cost(case) == pytest.approx(1000.0, abs=1e-6)
    assert broken(case, by_hand) == set()


def test_it_binds_from_the_quarter_in_which_its_offer_is_signed() -> None:
    """Proves: signing `b` in the second quarter binds the buyer to the draws of that quarter and the next, and not to
    that of the first: 2,000 for `b`, 1,000 + 500 for the draws, against 10,000 short.

    A broken rule would give: 2,500 (draws of the quarter of signing left out) or 6,500 (the draw before it taken).
    """
    case = drawn(6.0, 2.0, 1.0, demand=(0.0, 4.0, 0.0), comes_with="b")
    case = edit(case, Block, "b", divisible=False, price_usd_per_gpu_hour=1.0)
    plan = solved(case)
    assert plan.result.objective == pytest.approx(2000.0 + 1000.0 + 500.0, abs=1e-6)
    assert quantity(plan, take(0)) == 0.0
    assert quantity(plan, take(1)) == pytest.approx(2.0)


def test_the_price_of_the_backstop_can_outweigh_the_offer() -> None:
    """Proves: 1 GPU short costs 5,000; signing `b` for 1,000 brings draws of 9 blocks at 500: 5,500, so it is left.

    A broken rule would give: 1,000.
    """
    case = edit(drawn(0.0, 9.0, demand=(1.0, 0.0), comes_with="b"), Block, "b", divisible=False)
    assert cost(case) == pytest.approx(5000.0, abs=1e-6)


def test_taking_less_or_more_or_at_another_time_is_found() -> None:
    """Proves: (BACKSTOP-1) the audit refuses any quantity but what the supplier puts."""
    case = drawn(2.0, 0.0, comes_with="b")
    signed = {decision(Action.SIGN, "b"): 1.0}
    assert "BACKSTOP-1" in broken(case, signed)
    assert "BACKSTOP-1" in broken(case, {**signed, take(0): 1.0})
    assert "BACKSTOP-1" in broken(case, {**signed, take(0): 2.0, take(1): 1.0})
    assert "BACKSTOP-1" in broken(case, {take(0): 2.0})
    assert "BACKSTOP-1" not in broken(case, {**signed, take(0): 2.0})
    assert "BACKSTOP-1" not in broken(case, {})


@pytest.mark.parametrize(
    ("draws", "terms", "column"),
    [((6.0, 5.0), {}, "cap_blocks"), ((1.0,), {"price_usd_per_gpu_hour": None}, "price_usd_per_gpu_hour")],
)
def test_draws_above_the_cap_are_refused(draws: tuple[float, ...], terms: dict, column: str) -> None:
    assert ("k", column) in problems(drawn(*draws, **terms))


def test_draws_before_the_horizon_or_the_system_are_refused() -> None:
    """Proves: a draw of the past belongs among the commitments, else its invoices are lost; and a draw cannot deliver
    a system that does not exist yet."""
    past = add(drawn(0.0, cap_blocks=9.0), BackstopDraw("k", across(1.0, first=FIRST + -1)))
    assert ("k", "backstop") in problems(past)
    early = edit(drawn(1.0, 0.0, lead_quarters=1), Accelerator, "h100", available_from=FIRST + 2)
    assert ("k", "backstop") in problems(early)
    in_time = edit(drawn(0.0, 1.0, lead_quarters=1), Accelerator, "h100", available_from=FIRST + 2)
    assert ("k", "backstop") not in problems(in_time)
