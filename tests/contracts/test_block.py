"""Reserved blocks: their money by hand, their limits, and what is wrong with their terms.

The block is one GPU at 1 USD per GPU-hour in quarters of 1,000 hours: 1,000 USD a quarter.
"""

import pytest

from optimizer.case.case import Case
from optimizer.case.world import Accelerator, Site
from optimizer.contracts.block import EXIT_FEE, REMEDY, RESALE, RESERVED, Block, PrepaidAt
from optimizer.contracts.spot import Firmness
from optimizer.ledger.decision import Action
from optimizer.ledger.keys import CREDIT, ENERGY, FEE, PREPAYMENT, Draw, Installed, Supply
from tests.builders import (
    FIRST,
    add,
    block,
    broken,
    cost,
    decision,
    edit,
    infeasible,
    one_site,
    problems,
    quantity,
    solved,
    spot,
)
from tests.contracts.ledgers import account, committed, money

SIGN = decision(Action.SIGN, "b")
ONE = {SIGN: 1.0}
FLAGS = {decision(Action.CHOOSE, "b"): 1.0, decision(Action.START, "b"): 1.0}
GPUS = Supply("home", "h100", True)


def offer(quarters: int = 8, **terms: object) -> Case:
    """A demand of one GPU for some quarters, and the block on these terms."""
    return edit(one_site(*[1.0] * quarters), Block, "b", **terms)


class TestInvoices:
    """(BLOCK-M1)."""

    def test_the_price_rises_on_anniversaries_of_the_delivery(self) -> None:
        """Proves: signed in 2027Q1 with a lead of one quarter and two of delay, delivered in 2027Q4: the price of
        1,000 rises by 10% in 2028Q4 and again in 2029Q4.

        A broken rule would give: 1,100 in 2028Q1 (anniversaries of the signing) or in 2028Q2 (of the date promised).
        """
        case = offer(lead_quarters=1, delay_quarters=2, term_quarters=9, escalator=0.1)
        expected = {"2027Q4": 1000.0, "2028Q1": 1000.0, "2028Q2": 1000.0, "2028Q3": 1000.0, "2028Q4": 1100.0,
                    "2029Q1": 1100.0, "2029Q2": 1100.0, "2029Q3": 1100.0, "2029Q4": 1210.0}  # fmt: skip
        assert money(case, RESERVED, ONE) == pytest.approx(expected)

    def test_a_late_tranche_pays_the_price_of_the_contract(self) -> None:
        """Proves: of 50% in 2027Q1 and 50% in 2027Q3, each for four quarters, the second pays the price of 2028Q1,
        risen by 10%, from then on: 500, 500, 1,000, 1,000, 550, 550.

        A broken rule would give: 500 in 2028Q1 (the second tranche counts its own anniversaries).
        """
        case = offer(ramp=(0.5, 0.5, 1.0), term_quarters=4, escalator=0.1)
        expected = {"2027Q1": 500.0, "2027Q2": 500.0, "2027Q3": 1000.0, "2027Q4": 1000.0, "2028Q1": 550.0,
                    "2028Q2": 550.0}  # fmt: skip
        assert money(case, RESERVED, ONE) == pytest.approx(expected)

    def test_each_tranche_runs_the_whole_term(self) -> None:
        """Proves: 25%, then 100%, for two quarters each: 0.25, 1.0 and 0.75 GPUs; 2,000 USD in all.

        A broken rule would give: 0.25 and 1.0 GPUs (the second tranche ends with the first), 1,250 USD.
        """
        case = offer(ramp=(0.25, 1.0), term_quarters=2)
        assert account(case, GPUS, ONE) == {"2027Q1": 0.25, "2027Q2": 1.0, "2027Q3": 0.75}
        assert sum(money(case, RESERVED, ONE).values()) == 2000.0

    def test_a_fee_by_the_block_knows_no_hours(self) -> None:
        """Proves: a fee of 300,000 USD per block and quarter is that for 72 GPUs and any number of hours.

        A broken rule would give: 300,000 x 72 or x 1,000 hours.
        """
        terms = {"price_usd_per_gpu_hour": None, "price_usd_per_block_quarter": 300_000.0, "gpus_per_block": 72.0}
        assert money(offer(**terms, term_quarters=2), RESERVED, {SIGN: 2.0}) == {
            "2027Q1": 600_000.0,
            "2027Q2": 600_000.0,
        }

    def test_take_or_pay_ignores_availability(self) -> None:
        """Proves: at 90% availability the invoice stays 1,000 USD, 1 GPU is installed and powered, 0.9 are usable.

        A broken rule would give: an invoice of 900, or 1.0 usable GPUs.
        """
        case = offer(availability=0.9)
        assert money(case, RESERVED, ONE) == {"2027Q1": 1000.0}
        assert account(case, GPUS, ONE) == {"2027Q1": 0.9}
        assert account(case, Installed("home", "h100", True), ONE) == {"2027Q1": 1.0}
        assert account(case, Draw("home", "h100"), ONE) == {"2027Q1": 1.0}

    def test_a_delay_moves_invoices_energy_and_capacity_together(self) -> None:
        """Proves: two quarters late, everything starts in 2027Q3, also the anniversaries, and the term stays whole.

        A broken rule would give: invoices from 2027Q1 on for GPUs that come in 2027Q3.
        """
        case = offer(delay_quarters=2, term_quarters=2, energy_included=False)
        case = edit(case, Site, "home", energy_price_usd_per_mwh=100.0, pue=1.5)
        case = edit(case, Accelerator, "h100", kw_per_gpu=2.0, average_load=0.5)
        assert money(case, RESERVED, ONE) == {"2027Q3": 1000.0, "2027Q4": 1000.0}
        assert account(case, GPUS, ONE) == {"2027Q3": 1.0, "2027Q4": 1.0}
        assert money(case, ENERGY, ONE) == pytest.approx({"2027Q3": 150.0, "2027Q4": 150.0})

    def test_a_commitment_is_all_invoices_to_the_end(self) -> None:
        """Proves: signing 12 quarters at 1,000 USD with a fee of 500 commits 12,500 USD at once, 4 quarters of it
        beyond the horizon. Prepaying changes nothing: it is part of the invoices.

        A broken rule would give: 8,500 (cut at the horizon) or 14,900 (prepayment on top).
        """
        case = offer(term_quarters=12, signing_fee_usd=500.0, prepayment_share=0.2)
        assert committed(case, {**ONE, decision(Action.CHOOSE, "b"): 1.0}) == {"2027Q1": 12_500.0}
        assert len(money(case, RESERVED, ONE)) == 12
        assert len(account(case, GPUS, ONE)) == 8


class TestPrepayment:
    """(BLOCK-M2) and (BLOCK-M3)."""

    def test_at_signing_it_is_a_share_of_all_invoices(self) -> None:
        """Proves: 25% of 4 x 1,000 + 4 x 1,100 = 2,100 USD at signing, one quarter before the first delivery.

        A broken rule would give: 2,000 (without escalation), or 2,100 at delivery.
        """
        case = offer(lead_quarters=1, term_quarters=8, escalator=0.1, prepayment_share=0.25)
        assert money(case, PREPAYMENT, ONE) == pytest.approx({"2027Q1": 2100.0})

    def test_at_delivery_each_tranche_pays_for_itself(self) -> None:
        """Proves: of 25% and 75% for four quarters each, 50% is prepaid as each arrives: 0.5 x 0.25 x 4,000 = 500,
        and 0.5 x 0.75 x (3 x 1,000 + 1,100) = 1,537.50 for the tranche whose last quarter costs 10% more.

        A broken rule would give: 2,037.50 at the first delivery, or 1,500 for the second tranche.
        """
        case = offer(
            ramp=(0.25, 1.0), term_quarters=4, escalator=0.1, prepayment_share=0.5, prepaid_at=PrepaidAt.DELIVERY
        )
        assert money(case, PREPAYMENT, ONE) == pytest.approx({"2027Q1": 500.0, "2027Q2": 1537.5})

    def test_tranches_that_never_stand_together_prepay_in_full(self) -> None:
        """Proves: with a term of one quarter, halves arrive and leave one after the other; each prepays 50% of 500.

        A broken rule would give: 125 each (the most that ever stands is taken for the whole order).
        """
        case = offer(ramp=(0.5, 1.0), term_quarters=1, prepayment_share=0.5, prepaid_at=PrepaidAt.DELIVERY)
        assert money(case, PREPAYMENT, ONE) == {"2027Q1": 250.0, "2027Q2": 250.0}

    def test_it_is_credited_in_proportion_to_later_invoices(self) -> None:
        """Proves: 1,025 USD (25% of 4,100) are credited from the third quarter on, in proportion to the invoices of
        1,000, 1,000, 550, 550 that follow: 330.65, 330.65, 181.85, 181.85. The credits sum to what was paid.

        A broken rule would give: 256.25 each (equal parts), or credits from the first quarter on.
        """
        case = offer(
            ramp=(0.5, 0.5, 1.0), term_quarters=4, escalator=0.1, prepayment_share=0.25, credit_after_quarters=2
        )
        paid = 0.25 * 4100.0
        expected = {"2027Q3": -paid * 1000 / 3100, "2027Q4": -paid * 1000 / 3100, "2028Q1": -paid * 550 / 3100,
                    "2028Q2": -paid * 550 / 3100}  # fmt: skip
        assert money(case, PREPAYMENT, ONE) == pytest.approx({"2027Q1": paid})
        assert money(case, CREDIT, ONE) == pytest.approx(expected)

    def test_what_is_prepaid_comes_back_beyond_the_horizon(self) -> None:
        """Proves: over 12 quarters, of which 8 are planned, the credits sum to the prepayment: 6,000 USD.

        A broken rule would give: 4,000 (credits end with the horizon).
        """
        case = offer(term_quarters=12, prepayment_share=0.5)
        assert sum(money(case, CREDIT, ONE).values()) == pytest.approx(-6000.0)

    def test_a_price_of_nothing_prepays_nothing(self) -> None:
        """Proves: a free block with a prepayment has no money at all; a broken rule would divide by zero."""
        case = offer(price_usd_per_gpu_hour=0.0, prepayment_share=0.5, term_quarters=2)
        assert money(case, PREPAYMENT, ONE) == money(case, CREDIT, ONE) == {}

    def test_the_least_cost_weighs_a_prepayment_by_time(self) -> None:
        """Proves: at 10% a quarter, two invoices of 1,000 USD are worth 1,909.09 at the first payment; prepaid in full
        they cost 2,000, so the other offer at 1.02 is taken: 1,020 + 1,020 / 1.1 = 1,947.27.

        A broken rule would give: the prepaid offer, at 1,909.09.
        """
        case = one_site(1.0, 1.0, discount_rate=1.1**4 - 1.0)
        case = edit(case, Block, "b", term_quarters=2, prepayment_share=1.0, sign_until=FIRST)
        case = add(case, block("c", term_quarters=2, price_usd_per_gpu_hour=1.02, sign_until=FIRST))
        half = 1.1**-0.5
        assert quantity(solved(case), decision(Action.SIGN, "c")) == 1.0
        assert cost(case) == pytest.approx(1020 * half + 1020 * half / 1.1, abs=1e-6)


class TestFeesAndRemedies:
    """(BLOCK-M4) and (BLOCK-M5)."""

    def test_the_fee_is_due_in_each_quarter_of_signing(self) -> None:
        """Proves: orders in two quarters pay the fee twice, however many blocks they are of: 3 and then 5 blocks for a
        quarter each cost 3,000 + 5,000 + 2 x 3,000.

        A broken rule would give: 11,000 (one fee) or 32,000 (a fee a block).
        """
        flags = {decision(Action.CHOOSE, "b", quarter): 1.0 for quarter in (0, 1)}
        assert money(offer(signing_fee_usd=100.0), FEE, flags) == {"2027Q1": 100.0, "2027Q2": 100.0}
        case = edit(one_site(3.0, 5.0), Block, "b", divisible=False, signing_fee_usd=3000.0)
        assert cost(case) == pytest.approx(3000.0 + 5000.0 + 6000.0, abs=1e-6)

    def test_a_remedy_is_due_for_lateness_beyond_grace(self) -> None:
        """Proves: three quarters late with one of grace, each at 10% of the first invoice of the tranche, at its
        delivery: 2 x 10% x 400 = 80, then 2 x 10% x 600 = 120.

        A broken rule would give: 120 and 180 (grace forgotten), or 2 x 10% x 1,000 for the second (the tranche before
        is credited twice).
        """
        case = offer(ramp=(0.4, 1.0), term_quarters=4, delay_quarters=3, grace_quarters=1, late_credit_share=0.1)
        assert money(case, REMEDY, ONE) == pytest.approx({"2027Q4": -80.0, "2028Q1": -120.0})

    @pytest.mark.parametrize(("delay", "grace"), [(0, 0), (1, 1), (1, 3)])
    def test_no_remedy_is_due_within_grace(self, delay: int, grace: int) -> None:
        """Proves: no remedy within the grace; a broken rule would charge the buyer for what is not late."""
        case = offer(delay_quarters=delay, grace_quarters=grace, late_credit_share=0.1)
        assert money(case, REMEDY, ONE) == {}


class TestExit:
    """(BLOCK-M6) and (BLOCK-8)."""

    EXIT = decision(Action.EXIT, "b", 2, vintage=FIRST)

    def test_an_exit_ends_invoices_credits_energy_and_capacity(self) -> None:
        """Proves: two blocks for four quarters, half prepaid (4,000, credited 1,000 a quarter); one exits after two.
        From 2027Q3 on one GPU is left, invoiced 1,000 and credited 500; the fee is 25% of its 2,000 left.

        A broken rule would give: credits of 1,000 after the exit, an exit without a fee, or a fee on all 4,000.
        """
        case = offer(term_quarters=4, prepayment_share=0.5, exit_after_quarters=2, exit_fee_share=0.25,
                     energy_included=False)  # fmt: skip
        case = edit(case, Site, "home", energy_price_usd_per_mwh=100.0)
        by_hand = {SIGN: 2.0, self.EXIT: 1.0}
        assert money(case, RESERVED, by_hand) == {
            "2027Q1": 2000.0,
            "2027Q2": 2000.0,
            "2027Q3": 1000.0,
            "2027Q4": 1000.0,
        }
        assert money(case, ENERGY, by_hand) == {"2027Q1": 200.0, "2027Q2": 200.0, "2027Q3": 100.0, "2027Q4": 100.0}
        assert money(case, PREPAYMENT, by_hand) == {"2027Q1": 4000.0}
        assert money(case, CREDIT, by_hand) == {
            "2027Q1": -1000.0,
            "2027Q2": -1000.0,
            "2027Q3": -500.0,
            "2027Q4": -500.0,
        }
        assert money(case, EXIT_FEE, by_hand) == {"2027Q3": 500.0}
        assert account(case, GPUS, by_hand) == {"2027Q1": 2.0, "2027Q2": 2.0, "2027Q3": 1.0, "2027Q4": 1.0}

    def test_a_tranche_that_never_comes_is_neither_prepaid_nor_late(self) -> None:
        """Proves: tranches of a quarter each, in 2027Q2 to 2028Q1 (one quarter late), half prepaid on delivery and 10%
        credited for lateness. With an exit in 2027Q4 the last two never come: two prepayments of 0.5 x 1,000 and two
        remedies of 10% x 250 remain.

        A broken rule would give: four prepayments, 1,000 USD of them for GPUs that never come.
        """
        case = offer(ramp=(0.25, 0.5, 0.75, 1.0), term_quarters=8, delay_quarters=1, prepayment_share=0.5,
                     prepaid_at=PrepaidAt.DELIVERY, late_credit_share=0.1, exit_after_quarters=2)  # fmt: skip
        by_hand = {SIGN: 1.0, decision(Action.EXIT, "b", 3, vintage=FIRST): 1.0}
        assert money(case, PREPAYMENT, by_hand) == {"2027Q2": 1000.0, "2027Q3": 1000.0}
        assert money(case, REMEDY, by_hand) == pytest.approx({"2027Q2": -25.0, "2027Q3": -25.0})

    def test_it_is_exited_when_that_is_cheaper(self) -> None:
        """Proves: demand for two of four quarters; an exit for 30% of 2,000 costs 2,600 in all, staying 4,000.

        A broken rule would give: 4,000 (no exit), 2,000 (no fee), 3,200 (a fee on all invoices).
        """
        exit_terms = {"exit_after_quarters": 2, "exit_fee_share": 0.3}
        case = edit(one_site(1.0, 1.0, 0.0, 0.0), Block, "b", term_quarters=4, sign_until=FIRST, **exit_terms)
        assert cost(case) == pytest.approx(2600.0, abs=1e-6)

    @pytest.mark.parametrize(
        "by_hand",
        [
            {SIGN: 1.0, EXIT: 2.0},
            {EXIT: 1.0},
            {SIGN: 1.0, decision(Action.EXIT, "b", 1, vintage=FIRST): 1.0},
            {SIGN: 1.0, decision(Action.EXIT, "b", 2): 1.0},
        ],
        ids=["more than signed", "never signed", "another date", "no signing named"],
    )
    def test_exits_that_the_terms_do_not_have_are_found(self, by_hand: dict) -> None:
        """Proves: the audit refuses an exit of what was not signed or at another date; a broken rule would give money
        back for it."""
        case = offer(term_quarters=4, exit_after_quarters=2)
        assert broken(case, by_hand) >= {"BLOCK-8"}

    def test_an_exit_without_the_right_to_it_is_found(self) -> None:
        assert "BLOCK-8" in broken(offer(term_quarters=4), {SIGN: 1.0, self.EXIT: 1.0})


class TestResale:
    """(BLOCK-M7) and (BLOCK-9)."""

    def test_idle_gpus_are_resold(self) -> None:
        """Proves: 2 GPUs are needed, then 1, of an order for two quarters; the idle one is resold at 0.4 USD per
        GPU-hour: 4,000 - 400.

        A broken rule would give: 4,000 (nothing resold), 3,200 (both resold while one is needed).
        """
        case = edit(
            one_site(2.0, 1.0), Block, "b", term_quarters=2, resale_price_usd_per_gpu_hour=0.4, sign_until=FIRST
        )
        assert cost(case) == pytest.approx(3600.0, abs=1e-6)
        assert money(case, RESALE, {decision(Action.RESELL, "b", 1): 1.0}) == {"2027Q2": -400.0}

    def test_what_has_exited_cannot_be_resold(self) -> None:
        """Proves: exiting costs nothing and resale pays 0.4: each idle GPU does one of them. Staying in and reselling
        loses 0.6 a GPU-hour, so both leave, and the plan costs one quarter of two GPUs: 2,000.

        A broken rule would give: 2,000 - 2 x 400 x 1 = 1,200 (resold after the exit).
        """
        terms = {"resale_price_usd_per_gpu_hour": 0.4, "exit_after_quarters": 1, "exit_fee_share": 0.0}
        case = edit(one_site(2.0, 0.0), Block, "b", term_quarters=2, sign_until=FIRST, **terms)
        assert cost(case) == pytest.approx(2000.0, abs=1e-6)
        gone = {SIGN: 2.0, decision(Action.EXIT, "b", 1, vintage=FIRST): 2.0}
        assert "BLOCK-9" in broken(case, {**gone, decision(Action.RESELL, "b", 1): 0.5})
        assert "BLOCK-9" not in broken(case, gone)

    def test_resale_takes_no_more_than_is_usable(self) -> None:
        """Proves: of 2 GPUs at 90% availability, 1.8 can be resold; a broken rule would give 2."""
        case = offer(availability=0.9, resale_price_usd_per_gpu_hour=0.4)
        assert "BLOCK-9" not in broken(case, {SIGN: 2.0, decision(Action.RESELL, "b"): 1.8})
        assert "BLOCK-9" in broken(case, {SIGN: 2.0, decision(Action.RESELL, "b"): 1.9})

    def test_resale_without_the_right_to_it_is_found(self) -> None:
        assert "BLOCK-9" in broken(offer(), {SIGN: 1.0, decision(Action.RESELL, "b"): 0.5})


class TestOrders:
    """(BLOCK-1) to (BLOCK-4), (BLOCK-7)."""

    def test_blocks_are_whole_unless_divisible(self) -> None:
        """Proves: a demand for 10.5 GPUs in blocks of 4 takes 3 whole ones at 12,000 USD, or 2.625 at 10,500."""
        whole = edit(one_site(10.5), Block, "b", gpus_per_block=4.0, divisible=False)
        assert cost(whole) == pytest.approx(12_000.0, abs=1e-6)
        assert cost(edit(whole, Block, "b", divisible=True)) == pytest.approx(10_500.0, abs=1e-6)

    def test_the_smallest_order_holds_in_each_quarter(self) -> None:
        """Proves: at least 6 blocks an order: 6 for a demand of 2 cost 6,000; short of it, 2 x 5,000 = 10,000.

        A broken rule would give: 2,000.
        """
        case = edit(one_site(2.0), Block, "b", min_blocks=6.0)
        assert cost(case) == pytest.approx(6000.0, abs=1e-6)
        assert cost(edit(case, Block, "b", min_blocks=11.0)) == pytest.approx(10_000.0, abs=1e-6)

    def test_the_offer_is_finite_over_its_whole_window(self) -> None:
        """Proves: 3 blocks in all for two quarters of a demand of 2: one GPU is short, 3,000 + 5,000.

        A broken rule would give: 4,000 (3 blocks in each quarter).
        """
        assert cost(edit(one_site(2.0, 2.0), Block, "b", max_blocks=3.0)) == pytest.approx(8000.0, abs=1e-6)

    def test_it_is_signed_only_within_its_window(self) -> None:
        """Proves: a window that closes before the second quarter leaves that one short: 1,000 + 5,000."""
        case = edit(one_site(1.0, 1.0), Block, "b", sign_until=FIRST)
        assert cost(case) == pytest.approx(6000.0, abs=1e-6)
        assert "BLOCK-3" in broken(case, {decision(Action.SIGN, "b", 1): 1.0})

    def test_it_is_not_delivered_before_the_system_exists(self) -> None:
        """Proves: with a lead of one quarter and systems from the third on, signings begin in the second.

        A broken rule would give: GPUs in the second quarter.
        """
        case = edit(one_site(1.0, 1.0, 1.0), Block, "b", lead_quarters=1)
        case = edit(case, Accelerator, "h100", available_from=FIRST + 2)
        assert cost(case) == pytest.approx(5000.0 + 5000.0 + 1000.0, abs=1e-6)
        assert "BLOCK-3" in broken(case, {SIGN: 1.0})
        assert "BLOCK-3" not in broken(case, {decision(Action.SIGN, "b", 1): 1.0})

    @pytest.mark.parametrize(("terms", "dollars"), [({"min_blocks": 3.0}, 3000.0), ({"divisible": False}, 1000.0)])
    def test_what_must_be_signed_is_signed(self, terms: dict, dollars: float) -> None:
        """Proves: with no demand at all, the smallest order is signed: 3 blocks, or one whole block.

        A broken rule would give: 0.
        """
        case = edit(one_site(0.0), Block, "b", must_sign=True, **terms)
        assert cost(case) == pytest.approx(dollars, abs=1e-6)
        assert "BLOCK-7" in broken(case, {})

    def test_a_signing_without_its_fee_is_found(self) -> None:
        case = offer(signing_fee_usd=100.0)
        assert "BLOCK-1" in broken(case, ONE)
        assert "BLOCK-2" in broken(case, {decision(Action.CHOOSE, "b"): 1.0})
        assert broken(case, {**ONE, decision(Action.CHOOSE, "b"): 1.0}).isdisjoint({"BLOCK-1", "BLOCK-2"})

    def test_half_a_whole_block_and_half_a_flag_are_found(self) -> None:
        case = offer(signing_fee_usd=100.0, divisible=False)
        assert {"BLOCK-3", "BLOCK-1"} <= broken(case, {SIGN: 0.5, decision(Action.CHOOSE, "b"): 0.5})

    def test_a_decision_of_another_type_of_contract_is_found(self) -> None:
        """Proves: an option exercised on a block, which would move nothing, is told; a broken audit would pass it."""
        assert "plan" in broken(offer(), {decision(Action.EXERCISE, "b"): 1.0})


class TestOtherOffers:
    """(BLOCK-4) to (BLOCK-6)."""

    def test_one_offer_of_an_exclusive_group_is_signed(self) -> None:
        """Proves: two rivals of 5 GPUs each at 1 and 1.5 USD for a demand of 10: one of them, 5,000 + 5 short x 5,000.

        A broken rule would give: 12,500 (both).
        """
        case = edit(one_site(10.0), Block, "b", max_blocks=5.0, exclusive_group="rack")
        case = add(case, block("c", max_blocks=5.0, price_usd_per_gpu_hour=1.5, exclusive_group="rack"))
        assert cost(case) == pytest.approx(30_000.0, abs=1e-6)
        both = {SIGN: 5.0, decision(Action.SIGN, "c"): 5.0}
        assert "BLOCK-5" in broken(case, both)

    def test_rivals_stay_excluded_in_later_quarters(self) -> None:
        """Proves: after one offer in the first quarter its rival cannot follow in the second."""
        case = edit(one_site(5.0, 5.0), Block, "b", sign_until=FIRST, exclusive_group="rack")
        case = add(case, block("c", sign_from=FIRST + 1, exclusive_group="rack"))
        assert cost(case) == pytest.approx(5000.0 + 25_000.0, abs=1e-6)

    def test_a_prerequisite_is_signed_before_or_with_it(self) -> None:
        """Proves: `c` at 0.1 needs one block of `b` at 1: 1,000 + 9 x 100 for a demand of 10.

        A broken rule would give: 1,000 (`c` alone).
        """
        case = add(
            edit(one_site(10.0), Block, "b", divisible=False), block("c", price_usd_per_gpu_hour=0.1, requires="b")
        )
        assert cost(case) == pytest.approx(1900.0, abs=1e-6)
        assert "BLOCK-6" in broken(case, {decision(Action.SIGN, "c"): 1.0})

    def test_a_prerequisite_comes_no_later(self) -> None:
        """Proves: `b` can be signed in the second quarter only, so `c` serves that one only: the first is short."""
        case = edit(one_site(1.0, 1.0), Block, "b", sign_from=FIRST + 1, divisible=False, price_usd_per_gpu_hour=0.5)
        case = add(case, block("c", price_usd_per_gpu_hour=0.1, requires="b"))
        assert cost(case) == pytest.approx(5000.0 + 500.0, abs=1e-6)

    def test_a_divisible_prerequisite_is_signed_in_earnest(self) -> None:
        """Proves: a divisible prerequisite counts from 0.01 blocks on: 10 USD, then 9.99 GPUs at 0.1.

        A broken rule would give: 1,000 (a prerequisite of nothing).
        """
        case = add(one_site(10.0), block("c", price_usd_per_gpu_hour=0.1, requires="b"))
        assert cost(case) == pytest.approx(0.01 * 1000 + 9.99 * 100, abs=1e-6)

    def test_the_first_signing_is_the_first(self) -> None:
        """Proves: a mark of the first signing in another quarter is found; a backstop would start late with it."""
        case = edit(one_site(1.0, 1.0), Block, "b", exclusive_group="rack")
        orders = {decision(Action.SIGN, "b", q): 1.0 for q in (0, 1)}
        marks = {decision(Action.CHOOSE, "b", q): 1.0 for q in (0, 1)}
        assert "BLOCK-4" in broken(case, {**orders, **marks, decision(Action.START, "b", 1): 1.0})
        assert "BLOCK-4" in broken(case, {**orders, **marks})
        assert not broken(case, {**orders, **marks, decision(Action.START, "b"): 1.0}) & {"BLOCK-4"}


def test_reserved_capacity_competes_with_spot_for_the_whole_term() -> None:
    """Proves: with demand in one of two quarters a block for both costs 2,000; on-demand at 1.9 for one costs 1,900.

    A broken rule would give: 1,000 (a block paid only while it is used).
    """
    case = edit(one_site(1.0, 0.0), Block, "b", term_quarters=2)
    case = add(case, *spot("s", 1.9, 1.9, firmness=Firmness.ON_DEMAND))
    assert cost(case) == pytest.approx(1900.0, abs=1e-6)


PROBLEMS = [
    ({"price_usd_per_gpu_hour": None}, "price_usd_per_gpu_hour"),
    ({"price_usd_per_block_quarter": 5.0}, "price_usd_per_gpu_hour"),
    ({"ramp": (0.0, 1.0)}, "ramp"),
    ({"min_blocks": 101.0}, "min_blocks"),
    ({"divisible": False, "max_blocks": 2.5}, "max_blocks"),
    ({"sign_from": FIRST + 2, "sign_until": FIRST + 1}, "sign_until"),
    ({"sign_until": FIRST + -1}, "sign_until"),
    ({"sign_from": FIRST + 8}, "sign_from"),
    ({"must_sign": True, "divisible": False, "sign_until": FIRST + -1}, "must_sign"),
    ({"must_sign": True}, "must_sign"),
    ({"prepayment_share": 0.5, "term_quarters": 4, "credit_after_quarters": 4}, "credit_after_quarters"),
    ({"prepayment_share": 0.5, "term_quarters": 4, "credit_after_quarters": 3}, "prepayment_share"),
    ({"prepayment_share": 0.5, "ramp": (1.0, 1.0), "credit_after_quarters": 1}, "credit_after_quarters"),
    ({"exit_after_quarters": 4, "term_quarters": 4}, "exit_after_quarters"),
    ({"requires": "b"}, "requires"),
    ({"requires": "c"}, "requires"),
    ({"requires": "d", "exclusive_group": "rack"}, "requires"),
    ({"requires": "e"}, "requires"),
    ({"must_sign": True, "divisible": False, "exclusive_group": "rack"}, "must_sign"),
    ({"exclusive_group": "misspelt"}, "exclusive_group"),
    ({"resale_price_usd_per_gpu_hour": 1.5}, "resale_price_usd_per_gpu_hour"),
]


@pytest.mark.parametrize(("terms", "column"), PROBLEMS, ids=lambda value: str(value)[:60])
def test_terms_that_contradict_each_other_are_refused(terms: dict, column: str) -> None:
    """Proves: each contradiction is reported at the cell that holds it."""
    case = add(
        offer(**terms),
        block("c", requires="b"),
        block("d", exclusive_group="rack", must_sign=True, divisible=False),
        block("e", sign_from=FIRST + 9),
    )
    assert ("b", column) in problems(case)


def test_terms_of_an_ordinary_offer_are_accepted() -> None:
    """Proves: what deals of the field look like raises no finding."""
    case = offer(
        lead_quarters=1, ramp=(0.5, 1.0), term_quarters=20, escalator=0.02,
        prepayment_share=0.2,
        credit_after_quarters=4, exit_after_quarters=12, min_blocks=2.0, must_sign=True,
        sign_from=FIRST, sign_until=FIRST + 3,
        resale_price_usd_per_gpu_hour=0.5,
    )  # fmt: skip
    assert not problems(case)


def test_a_name_two_tables_share_is_refused() -> None:
    """Proves: a market named like a block is refused; a broken rule would add up the money of both."""
    case = add(offer(), *spot("B", *[1.0] * 8))
    assert {("b", "block"), ("B", "market")} <= problems(case)


def test_what_must_be_signed_but_cannot_makes_the_case_infeasible() -> None:
    """Proves: a scenario that closes the window of an offer that must be signed has no plan.

    A broken rule would give: a plan without the offer.
    """
    assert infeasible(offer(must_sign=True, divisible=False, sign_until=FIRST + -1))
