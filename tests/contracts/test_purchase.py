"""Owned hardware: deposit and rest, opex and energy for life, residual value, and value left at the horizon.

A unit is one GPU for 10,000 USD with opex of 100 USD a quarter.
"""

import pytest

from optimizer.case.case import Case
from optimizer.case.world import Accelerator, Site
from optimizer.contracts.block import Block
from optimizer.contracts.purchase import CAPEX, LIFE_LEFT, OPEX, RESIDUAL, Purchase
from optimizer.ledger.decision import Action
from optimizer.ledger.keys import ENERGY, Supply
from tests.builders import (
    FIRST,
    add,
    broken,
    cost,
    decision,
    drop,
    edit,
    edit_settings,
    one_site,
    problems,
    replayed_cost,
)
from tests.contracts.ledgers import account, committed, money

ORDER = decision(Action.SIGN, "p")
ONE = {ORDER: 1.0}


def owned(*demand: float, **terms: object) -> Case:
    """No block, and hardware to own on these terms."""
    terms = {
        "supplier": "acme", "site": "home", "accelerator": "h100", "gpus_per_unit": 1.0, "max_units": 100.0,
        "divisible": True, "capex_usd_per_gpu": 10_000.0, "life_quarters": 4, "opex_usd_per_gpu_quarter": 100.0,
        **terms,
    }  # fmt: skip
    return add(drop(one_site(*demand), Block, "b"), Purchase(purchase="p", **terms))


def test_deposit_and_rest() -> None:
    """Proves: (PURCHASE-M1) 30% at the order, 70% on delivery two quarters later, all of it committed at the order.

    A broken rule would give: 10,000 at the order, or 30% and then 100%.
    """
    case = owned(1, 1, 1, 1, lead_quarters=2, deposit_share=0.3)
    assert money(case, CAPEX, ONE) == pytest.approx({"2027Q1": 3000.0, "2027Q3": 7000.0})
    assert committed(case, ONE) == {"2027Q1": 10_000.0}


def test_opex_and_energy_run_for_life() -> None:
    """Proves: (PURCHASE-M2) from delivery in 2027Q2 for four quarters, the last of them beyond the horizon: 100 USD,
    and 2 kW x 50% x 1.5 x 1,000 hours = 1.5 MWh at 100 USD. Capacity is there within the horizon.

    A broken rule would give: opex from the order on, or 3 quarters of it.
    """
    case = edit(owned(1, 1, 1, 1, lead_quarters=1), Site, "home", energy_price_usd_per_mwh=100.0, pue=1.5)
    case = edit(case, Accelerator, "h100", kw_per_gpu=2.0, average_load=0.5)
    quarters = ["2027Q2", "2027Q3", "2027Q4", "2028Q1"]
    assert money(case, OPEX, ONE) == dict.fromkeys(quarters, 100.0)
    assert money(case, ENERGY, ONE) == pytest.approx(dict.fromkeys(quarters, 150.0))
    assert account(case, Supply("home", "h100", True), ONE) == dict.fromkeys(quarters[:3], 1.0)


def test_a_life_within_the_horizon_ends_with_its_residual() -> None:
    """Proves: (PURCHASE-M3) 20% of 10,000 in the first quarter after the life, and nothing more.

    A broken rule would give: 2,000 in the last quarter of life, or a book value on top.
    """
    case = owned(1, 1, 1, 1, 1, 1, residual_share=0.2)
    assert money(case, RESIDUAL, ONE) == {"2028Q1": -2000.0}
    assert money(case, LIFE_LEFT, ONE) == {}


@pytest.mark.parametrize(("tail", "left"), [(1.0, 4000.0), (0.5, 2000.0), (0.0, 0.0)])
def test_a_life_beyond_the_horizon_keeps_value(tail: float, left: float) -> None:
    """Proves: (PURCHASE-M4) after two of four quarters half of the 8,000 that wear off is left, at the tail value, in
    the first quarter after the horizon; the residual of 2,000 is cash after the life, whatever the tail value.

    A broken rule would give: 6,000 or 3,000 (the residual fades with the tail and comes two quarters early).
    """
    case = edit_settings(owned(1, 1, residual_share=0.2), tail_value=tail)
    assert money(case, LIFE_LEFT, ONE) == ({"2027Q3": -left} if left else {})
    assert money(case, RESIDUAL, ONE) == {"2028Q1": -2000.0}
    assert replayed_cost(case, ONE) == pytest.approx(10_000.0 - left - 2000.0 + 200.0 + (1.0 - tail) * 200.0)


def test_value_left_is_not_cash() -> None:
    """Proves: nobody pays the book value: a cash flow or a cash budget must not count it as money received."""
    assert RESIDUAL.cash
    assert not LIFE_LEFT.cash


def test_what_is_delivered_after_the_horizon_keeps_all_its_value() -> None:
    """Proves: delivered two quarters after the horizon, all of the 10,000 is left, on delivery: nothing is gained.

    A broken rule would give: a value above 10,000, or a value before the hardware is there.
    """
    case = owned(1, 1, lead_quarters=3)
    assert money(case, LIFE_LEFT, ONE) == {"2027Q4": -10_000.0}
    assert replayed_cost(case, ONE) == pytest.approx(0.0)


def test_hardware_is_bought_when_its_use_pays() -> None:
    """Proves: 4 quarters short cost 20,000; a GPU costs 10,000 + 400 - 1,000 for its life: 9,400.

    A broken rule would give: 10,400 (no residual).
    """
    case = owned(1, 1, 1, 1, residual_share=0.1, order_until=FIRST)
    assert cost(case) == pytest.approx(9400.0, abs=1e-6)


def test_orders_are_whole_finite_and_within_the_window() -> None:
    """Proves: (PURCHASE-1) units of 4 GPUs, one of them at most, ordered in the first quarter."""
    case = owned(6, 6, gpus_per_unit=4.0, divisible=False, max_units=1.0, capex_usd_per_gpu=1000.0, order_until=FIRST)
    case = edit_settings(case, tail_value=0.0)
    assert cost(case) == pytest.approx(4000.0 + 16 * 100.0 + 2 * 2 * 5000.0, abs=1e-6)
    assert "PURCHASE-1" in broken(case, {ORDER: 2.0})
    assert "PURCHASE-1" in broken(case, {ORDER: 0.5})
    assert "PURCHASE-1" in broken(case, {decision(Action.SIGN, "p", 1): 1.0})
    assert "PURCHASE-1" not in broken(case, {ORDER: 1.0})


def test_hardware_comes_no_earlier_than_it_exists() -> None:
    """Proves: with a lead of one quarter and systems from the third on, orders begin in the second."""
    case = edit(owned(1, 1, 1, lead_quarters=1), Accelerator, "h100", available_from=FIRST + 2)
    assert "PURCHASE-1" in broken(case, ONE)
    assert "PURCHASE-1" not in broken(case, {decision(Action.SIGN, "p", 1): 1.0})


@pytest.mark.parametrize(
    ("terms", "column"),
    [
        ({"divisible": False, "max_units": 1.5}, "max_units"),
        ({"order_from": FIRST + 1, "order_until": FIRST}, "order_until"),
        ({"order_from": FIRST + 2}, "order_from"),
        ({"order_until": FIRST + -1}, "order_until"),
    ],
)
def test_terms_that_contradict_each_other_are_reported(terms: dict, column: str) -> None:
    assert ("p", column) in problems(owned(1, 1, **terms))


def test_a_window_that_closes_before_the_system_exists_is_reported() -> None:
    case = edit(owned(1, 1, order_until=FIRST), Accelerator, "h100", available_from=FIRST + 1)
    assert ("p", "order_until") in problems(case)
    assert not problems(owned(1, 1))
