"""Expansion options: premium, strike, window, ratio and base.

The option brings one GPU at a strike of 0.5 USD per GPU-hour for one quarter of 1,000 hours: 500 USD.
"""

import pytest

from optimizer.case.case import Case
from optimizer.contracts.block import Block
from optimizer.contracts.option import EXERCISED, PREMIUM, Option
from optimizer.ledger.decision import Action
from optimizer.ledger.keys import Supply
from tests.builders import FIRST, add, broken, cost, decision, edit, one_site, problems, quantity, solved
from tests.contracts.ledgers import account, committed, money

HOLD, EXERCISE = decision(Action.HOLD, "o"), decision(Action.EXERCISE, "o")


def option(**changes: object) -> Option:
    """A stand-alone option of up to 100 divisible blocks."""
    terms = {
        "supplier": "acme", "site": "home", "accelerator": "h100", "gpus_per_block": 1.0, "term_quarters": 1,
        "price_usd_per_gpu_hour": 0.5, "max_blocks": 100.0, "divisible": True,
    }  # fmt: skip
    return Option(option="o", **{**terms, **changes})


def offered(*demand: float, **terms: object) -> Case:
    """The block at 1 USD per GPU-hour, and the option on these terms."""
    return add(one_site(*demand), option(**terms))


def test_premium_and_strike_are_paid_when_due() -> None:
    """Proves: 2 rights at 100 USD in 2027Q1, exercised in 2027Q2 with a lead of one quarter: 200 USD at once, then
    2 x 500 in 2027Q3, risen by 10% a year after the delivery; each step commits what it binds to.

    A broken rule would give: strikes from 2027Q1 (from the premium), or a premium at the exercise.
    """
    case = offered(1, 1, 1, 1, premium_usd_per_block=100.0, lead_quarters=1, term_quarters=5, escalator=0.1)
    by_hand = {HOLD: 2.0, decision(Action.EXERCISE, "o", 1): 2.0}
    expected = {"2027Q3": 1000.0, "2027Q4": 1000.0, "2028Q1": 1000.0, "2028Q2": 1000.0, "2028Q3": 1100.0}
    assert money(case, PREMIUM, by_hand) == {"2027Q1": 200.0}
    assert money(case, EXERCISED, by_hand) == pytest.approx(expected)
    assert committed(case, by_hand) == pytest.approx({"2027Q1": 200.0, "2027Q2": 5100.0})
    assert account(case, Supply("home", "h100", True), by_hand) == {"2027Q3": 2.0, "2027Q4": 2.0}


def test_an_option_is_worth_its_premium_or_left() -> None:
    """Proves: a GPU for 500 at the strike instead of 1,000: with a premium of 400 the option is used for all 10 GPUs
    (9,000), with 600 it is left (10,000).

    A broken rule would give: 5,000 (premium forgotten).
    """
    assert cost(offered(10, premium_usd_per_block=400.0)) == pytest.approx(9000.0, abs=1e-6)
    assert cost(offered(10, premium_usd_per_block=600.0)) == pytest.approx(10_000.0, abs=1e-6)


def test_only_held_rights_are_exercised() -> None:
    """Proves: (OPTION-1) 4 rights are held and none can be bought: 4 x 500 + 6 x 1,000; each is exercised once.

    A broken rule would give: 5,000, or in two quarters 2 x 8,000 (each right exercised twice) for 18,000.
    """
    past = {"held_blocks": 4.0, "buy_until": FIRST + -1}
    assert cost(offered(10, **past)) == pytest.approx(8000.0, abs=1e-6)
    assert cost(offered(10, 10, **past)) == pytest.approx(18_000.0, abs=1e-6)
    assert "OPTION-1" in broken(offered(10, **past), {EXERCISE: 5.0})


def test_rights_expand_a_base_signed_before_or_with_them() -> None:
    """Proves: (OPTION-2) half a block of rights for each block of the base, signed in the same quarter: of 9 GPUs, 6
    are base and 3 are expansion: 6,000 + 1,500.

    A broken rule would give: 4,500 (rights without a base), or 9,000 (no rights in the quarter of signing).
    """
    case = offered(9, expands="b", max_ratio=0.5)
    assert cost(case) == pytest.approx(7500.0, abs=1e-6)
    assert "OPTION-2" in broken(case, {decision(Action.SIGN, "b"): 4.0, HOLD: 2.5})


def test_rights_wait_for_the_base() -> None:
    """Proves: a base signed in the second quarter gives no rights in the first: 10 x 5,000 short, then as above."""
    case = edit(offered(9, 9, expands="b", max_ratio=0.5), Block, "b", sign_from=FIRST + 1)
    assert cost(case) == pytest.approx(45_000.0 + 7500.0, abs=1e-6)


def test_an_option_without_a_ratio_still_needs_its_base() -> None:
    """Proves: (OPTION-2) any number of rights, once a block of the base is signed: 1,000 + 8 x 500.

    A broken rule would give: 4,500, an expansion of nothing.
    """
    case = edit(offered(9, expands="b"), Block, "b", divisible=False)
    assert cost(case) == pytest.approx(5000.0, abs=1e-6)
    assert "OPTION-2" in broken(case, {HOLD: 1.0})


def test_the_option_is_finite() -> None:
    """Proves: (OPTION-3) 1 right held of 3: 2 can be bought, and used in two quarters; 3 x 500 + 17 x 1,000.

    A broken rule would give: 3 rights in each quarter, 17,000.
    """
    case = offered(10, 10, max_blocks=3.0, held_blocks=1.0)
    assert cost(case) == pytest.approx(18_500.0, abs=1e-6)
    assert "OPTION-3" in broken(case, {HOLD: 2.5})


def test_the_smallest_exercise_holds_in_each_quarter() -> None:
    """Proves: (OPTION-4) at least 4 blocks: for 3 GPUs, 4 x 500; for 1 GPU the block at 1,000 is cheaper.

    A broken rule would give: 1,500 and 500.
    """
    assert cost(offered(3, min_blocks=4.0)) == pytest.approx(2000.0, abs=1e-6)
    assert cost(offered(1, min_blocks=4.0)) == pytest.approx(1000.0, abs=1e-6)
    assert "OPTION-4" in broken(offered(3, min_blocks=4.0), {HOLD: 3.0, EXERCISE: 3.0})


def test_whole_blocks_are_exercised_whole() -> None:
    """Proves: 2 blocks of 4 GPUs at 2,000 each and half a GPU of the base for 8.5 GPUs: 4,500.

    A broken rule would give: 4,250.
    """
    case = offered(8.5, divisible=False, gpus_per_block=4.0)
    assert cost(case) == pytest.approx(4500.0, abs=1e-6)
    assert {"OPTION-3", "OPTION-4"} <= broken(case, {HOLD: 1.5, EXERCISE: 1.5})


def test_the_window_bounds_the_exercise_and_the_buying() -> None:
    """Proves: an exercise in the second quarter only; the rights may be bought before, and are, at the latest then."""
    case = offered(1, 1, 1, exercise_from=FIRST + 1, exercise_until=FIRST + 1)
    plan = solved(case)
    assert plan.result.objective == pytest.approx(2500.0, abs=1e-6)
    assert quantity(plan, decision(Action.EXERCISE, "o", 1)) == pytest.approx(1.0)
    held = {HOLD: 1.0}
    assert "OPTION-1" in broken(case, {**held, EXERCISE: 1.0})
    assert "OPTION-1" in broken(case, {**held, decision(Action.EXERCISE, "o", 2): 1.0})
    assert "OPTION-3" in broken(case, {decision(Action.HOLD, "o", 2): 1.0})
    assert broken(case, {**held, decision(Action.EXERCISE, "o", 1): 1.0}).isdisjoint({"OPTION-1", "OPTION-3"})


def test_rights_are_bought_by_the_date_given() -> None:
    """Proves: rights bought in the first quarter, in the last one to buy, serve the second one; then they are gone."""
    case = offered(0, 2, premium_usd_per_block=100.0, buy_until=FIRST)
    plan = solved(case)
    assert quantity(plan, HOLD) == pytest.approx(2.0)
    assert plan.result.objective == pytest.approx(1200.0, abs=1e-6)
    assert "OPTION-3" in broken(case, {decision(Action.HOLD, "o", 1): 2.0})


PROBLEMS = [
    ({"min_blocks": 101.0}, "min_blocks"),
    ({"held_blocks": 101.0}, "held_blocks"),
    ({"max_ratio": 1.0}, "max_ratio"),
    ({"divisible": False, "max_blocks": 1.5}, "max_blocks"),
    ({"divisible": False, "held_blocks": 1.5}, "held_blocks"),
    ({"exercise_from": FIRST + 1, "exercise_until": FIRST}, "exercise_until"),
    ({"exercise_until": FIRST + -1}, "exercise_until"),
    ({"exercise_from": FIRST + 4}, "exercise_from"),
    ({"buy_until": FIRST + -1}, "buy_until"),
    ({"expands": "b", "buy_until": FIRST}, "expands"),
    ({"price_usd_per_gpu_hour": None}, "price_usd_per_gpu_hour"),
]


@pytest.mark.parametrize(("terms", "column"), PROBLEMS, ids=lambda value: str(value)[:60])
def test_terms_that_contradict_each_other_are_reported(terms: dict, column: str) -> None:
    """Proves: each contradiction is reported at the cell that holds it; the base can be signed from 2027Q2 on."""
    case = edit(offered(1, 1, **terms), Block, "b", sign_from=FIRST + 1)
    assert ("o", column) in problems(case)


def test_terms_of_an_ordinary_option_are_accepted() -> None:
    case = offered(1, 1, expands="b", max_ratio=1.25, premium_usd_per_block=10.0, exercise_from=FIRST + 1)
    assert not problems(case)
