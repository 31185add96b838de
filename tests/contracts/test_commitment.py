"""Existing commitments: what is signed already is there and is paid, whatever the plan."""

import pytest

from optimizer.case.case import Case
from optimizer.case.world import Accelerator, Site
from optimizer.contracts.block import RESERVED
from optimizer.contracts.commitment import CommitmentSchedule, ExistingCommitment, Item
from optimizer.ledger.decision import Action
from optimizer.ledger.keys import CREDIT, ENERGY, FEE, PREPAYMENT, Draw, Supply
from tests.builders import FIRST, across, add, broken, cost, decision, edit, one_site, problems
from tests.contracts.ledgers import account, committed, money

HELD = {decision(Action.GIVEN, "c"): 1.0}


def schedule(item: Item, *amounts: float | None, first: int = 0) -> CommitmentSchedule:
    return CommitmentSchedule("c", item, across(*amounts, first=FIRST + first))


def held(*rows: CommitmentSchedule, **terms: object) -> Case:
    """Two quarters of a demand of 10 GPUs, and a commitment with this schedule."""
    commitment = ExistingCommitment(supplier="acme", commitment="c", site="home", accelerator="h100", **terms)
    return add(one_site(10.0, 10.0), commitment, *rows)


def test_each_item_is_posted_where_it_belongs() -> None:
    """Proves: capacity within the horizon; cash within it and beyond it; credits received; nothing newly committed.

    A broken rule would give: credits paid, cash cut at the horizon, or a commitment counted again.
    """
    case = held(
        schedule(Item.GPUS, 4.0, 4.0, 4.0),
        schedule(Item.INVOICES, 900.0, None, 800.0),
        schedule(Item.PREPAYMENTS, 70.0),
        schedule(Item.CREDITS, 0.0, 50.0),
        schedule(Item.FEES, 5.0),
        availability=0.5,
    )
    assert account(case, Supply("home", "h100", True), HELD) == {"2027Q1": 2.0, "2027Q2": 2.0}
    assert account(case, Draw("home", "h100"), HELD) == {"2027Q1": 4.0, "2027Q2": 4.0}
    assert money(case, RESERVED, HELD) == {"2027Q1": 900.0, "2027Q3": 800.0}
    assert money(case, PREPAYMENT, HELD) == {"2027Q1": 70.0}
    assert money(case, CREDIT, HELD) == {"2027Q2": -50.0}
    assert money(case, FEE, HELD) == {"2027Q1": 5.0}
    assert committed(case, HELD) == {}


def test_what_was_due_before_the_horizon_is_history() -> None:
    """Proves: a schedule that starts two quarters before the horizon counts from the first planned quarter on.

    A broken rule would give: 100 USD in 2026Q3, discounted by more than 1.
    """
    case = held(schedule(Item.INVOICES, 100.0, 200.0, 300.0, 400.0, first=-2))
    assert money(case, RESERVED, HELD) == {"2027Q1": 300.0, "2027Q2": 400.0}


def test_energy_is_paid_where_it_is_not_included() -> None:
    """Proves: 4 GPUs x 1 kW x 1,000 hours at 100 USD per MWh are 400 USD; a broken rule would give 0."""
    case = held(schedule(Item.GPUS, 4.0), energy_included=False)
    case = edit(case, Site, "home", energy_price_usd_per_mwh=100.0)
    assert money(case, ENERGY, HELD) == {"2027Q1": 400.0}


def test_a_plan_starts_from_what_is_held() -> None:
    """Proves: of 10 GPUs in two quarters 4 are held for 900: 900 + 2 x 6 x 1,000.

    A broken rule would give: 20,000 (left out) or 12,000 (free).
    """
    case = held(schedule(Item.GPUS, 4.0, 4.0), schedule(Item.INVOICES, 900.0, 0.0))
    assert cost(case) == pytest.approx(12_900.0, abs=1e-6)


@pytest.mark.parametrize("by_hand", [{}, {decision(Action.GIVEN, "c"): 2.0}, {decision(Action.GIVEN, "c", 1): 1.0}])
def test_it_is_held_exactly_once(by_hand: dict) -> None:
    """Proves: (COMMITMENT-1) a plan without it, with two of it, or with it at another time is refused."""
    case = held(schedule(Item.INVOICES, 900.0))
    assert "COMMITMENT-1" in broken(case, by_hand)
    assert "COMMITMENT-1" not in broken(case, HELD)


def test_a_commitment_of_nothing_or_of_gpus_that_do_not_exist_is_refused() -> None:
    assert ("c", "commitment") in problems(held())
    early = edit(held(schedule(Item.GPUS, 0.0, 4.0)), Accelerator, "h100", available_from=FIRST + 2)
    assert ("c", "accelerator") in problems(early)
    assert not problems(edit(early, Accelerator, "h100", available_from=FIRST + 1))


def test_a_row_of_the_schedule_is_named_as_its_sheet_writes_it() -> None:
    """Proves: a shock reaches the row by the words that stand in the workbook."""
    assert schedule(Item.GPUS, 4.0).name == "c / GPUs"
