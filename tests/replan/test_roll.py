"""Freeze and roll: what was signed goes on exactly, on the terms it was signed on, and history is no longer judged."""

import math
from dataclasses import replace

import pytest

from optimizer.case.case import Case
from optimizer.case.world import Workload
from optimizer.catalog import catalog
from optimizer.contracts.block import Block
from optimizer.contracts.contract import contract_types
from optimizer.contracts.option import Option
from optimizer.contracts.parts.signed import Made, Signed, SignedTerm
from optimizer.errors import InputError
from optimizer.ledger.decision import Action
from optimizer.ledger.keys import VIOLATION
from optimizer.load import case_from
from optimizer.plan.audit import audit
from optimizer.plan.save import load_plan
from optimizer.plan.statements import cost_to_come
from optimizer.publish import write
from optimizer.replan.roll import roll
from optimizer.rules.budget import Budget
from optimizer.rules.period import Period
from optimizer.tables.identity import content_hash
from optimizer.tables.unparse import raw_tables
from tests.builders import FIRST, across, add, block, codes, drop, edit, edit_settings, one_site, solved
from tests.everything import QUARTERS
from tests.replan.rolling import apart, carried, cash
from tests.test_mutations import plan as everything_planned


@pytest.mark.parametrize("offset", range(1, QUARTERS))
def test_rolled_money_is_exact_for_every_contract_type(offset: int) -> None:
    """Proves: frozen at any quarter, every account of every contract type moves the same cents in the same quarters,
    past and future, and what is still to come is worth the same.

    The case has prepayment credits, escalation on anniversaries, late delivery with its remedy, an exit, resale,
    rights held and exercised, a backstop draw, spot, owned hardware, a shell and an existing commitment. A broken rule
    would give: a credit rate of the blocks that are left, an anniversary counted from the as-of quarter, a remedy paid
    twice or never.
    """
    planned = everything_planned()
    as_of = FIRST + offset
    rolled = roll(planned.case, planned, as_of)
    again = carried(rolled.case, planned)
    assert {type(row) for row in contract_rows(rolled.case)} == set(contract_types())
    before = {key: usd for key, usd in cash(planned).items() if key[0] != VIOLATION.label or key[2] >= as_of}
    assert apart(before, cash(again)) < 0.005
    assert again.result.objective == pytest.approx(cost_to_come(planned, rolled.case), abs=0.005)
    rate, start = planned.case.settings.discount_rate, offset / 4.0
    spent = planned.result.objective - again.result.objective * (1.0 + rate) ** -start
    paid = math.fsum(
        amount * planned.case.calendar.discount(quarter)
        for (_, _, quarter), amount in cash(planned).items()
        if quarter < as_of
    )
    assert spent == pytest.approx(paid, abs=0.01)


def contract_rows(case: Case) -> list[object]:
    return [row for row in case.records if type(row) in contract_types()]


def test_a_rolled_case_is_an_ordinary_case() -> None:
    """Proves: written as tables and read again, the rolled case is the same, and it can be rolled further."""
    planned = everything_planned()
    rolled = roll(planned.case, planned, FIRST + 1).case
    read, findings = case_from(raw_tables(rolled.records, catalog(), rolled.calendar.quarters))
    assert read is not None, findings
    assert content_hash(read.records) == content_hash(rolled.records)
    once = roll(planned.case, planned, FIRST + 2).case
    twice = roll(rolled, carried(rolled, planned), FIRST + 2).case
    assert content_hash(once.records) == content_hash(twice.records)


def test_a_rolled_plan_is_saved_and_loaded(tmp_path) -> None:  # type: ignore[no-untyped-def]
    """Proves: the plan folder of a rolled case is published, loaded and audited like any other."""
    planned = everything_planned()
    again = carried(roll(planned.case, planned, FIRST + 2).case, planned)
    write(again, tmp_path)
    loaded = load_plan(tmp_path)
    assert loaded.choices == again.choices and audit(loaded.case, loaded).passed


def two_quarters(**changes: object) -> Case:
    """10 GPUs in each of two quarters; block `b` of 2 quarters at 1 USD per GPU-hour, 1,000 hours."""
    return edit(one_site(10.0, 10.0), Block, "b", term_quarters=2, **changes)


def test_what_was_signed_keeps_its_price() -> None:
    """Proves: 10 GPUs signed at 1 USD cost 10,000 in 2027Q2, though the offer now says 3 USD.

    A broken rule would give 30,000 (the new price on what was signed), or the offer at 1 USD for what is signed anew.
    """
    before = two_quarters()
    planned = solved(before)
    now = edit(before, Block, "b", price_usd_per_gpu_hour=3.0)
    rolled = roll(edit_demand(now, 10.0, 11.0), planned, FIRST + 1).case
    term = rolled.of(SignedTerm)
    assert [(row.contract, row.signed, row.column, row.value) for row in term] == [
        ("b", FIRST, "price_usd_per_gpu_hour", 1.0)
    ]
    again = solved(rolled)
    invoices = {key[2]: amount for key, amount in cash(again).items() if key[0] == "reserved invoices"}
    assert invoices[FIRST + 1] == pytest.approx(10_000.0 + 3_000.0)


def edit_demand(case: Case, *units: float) -> Case:
    from optimizer.case.world import Demand
    from tests.builders import set_series

    return set_series(case, Demand, "train", *units)


def test_a_delay_that_came_true_moves_capacity_and_invoices_together() -> None:
    """Proves: with `delay_quarters` 1 as it turned out, blocks signed in 2027Q1 are there, and paid, from 2027Q2 on.

    A broken rule would give: capacity late and invoices on time, or the delay on blocks signed later too.
    """
    before = two_quarters()
    planned = solved(before)
    late = SignedTerm(contract="b", signed=FIRST, column="delay_quarters", value=1.0)
    rolled = roll(add(before, late), planned, FIRST + 1).case
    again = solved(rolled)
    invoices = {key[2]: amount for key, amount in cash(again).items() if key[0] == "reserved invoices"}
    assert invoices == {FIRST + 1: pytest.approx(10_000.0), FIRST + 2: pytest.approx(10_000.0)}


def test_an_option_keeps_the_strike_on_which_its_rights_were_bought() -> None:
    """Proves: rights bought at a strike of 1 USD are exercised at 1 USD, though the offer's row now says 4 USD.

    A broken rule would give: no exercise, and shortfall at 5 USD.
    """
    case = add(
        edit(one_site(1.0, 11.0), Block, "b", max_blocks=1.0, term_quarters=2),
        Option(
            option="more", supplier="acme", site="home", accelerator="h100", gpus_per_block=1.0, term_quarters=1,
            price_usd_per_gpu_hour=1.0, premium_usd_per_block=10.0, max_blocks=10.0, buy_until=FIRST, divisible=True,
        ),
    )  # fmt: skip
    planned = solved(case)
    rolled = roll(edit(case, Option, "more", price_usd_per_gpu_hour=4.0), planned, FIRST + 1).case
    again = solved(rolled)
    assert again.result.objective == pytest.approx(1_000.0 + 10_000.0)


def test_what_was_exercised_keeps_the_strike_of_its_rights() -> None:
    """Proves: rights at a strike of 1 USD are bought, the row then says 3 USD, and they are exercised for two quarters
    in 2027Q3: the second of these still costs 4 x 1,000 when the first is history, and the last exercise 4 x 1,000.

    A broken rule would give: 12,000 for the second quarter, at the strike of the row that nobody agreed on.
    """
    case = add(
        edit(one_site(0.0, 0.0, 4.0, 4.0, 4.0), Block, "b", price_usd_per_gpu_hour=9.0),
        Option(
            option="more", supplier="acme", site="home", accelerator="h100", gpus_per_block=1.0, term_quarters=2,
            price_usd_per_gpu_hour=1.0, premium_usd_per_block=10.0, max_blocks=8.0, buy_until=FIRST,
        ),
    )  # fmt: skip
    planned = solved(case)
    dearer = edit(case, Option, "more", price_usd_per_gpu_hour=3.0)
    for quarter in (FIRST + 1, FIRST + 2, FIRST + 3):
        planned = solved(roll(dearer, planned, quarter).case)
    assert planned.result.objective == pytest.approx(8_000.0)


def test_work_that_was_put_off_may_be_short_in_a_quarter_without_load() -> None:
    """Proves: 10 units are put off to a quarter without load of its own; then only 4 GPUs can be had: 4,000 USD, and
    6 units short at 5,000.

    A broken rule would give: no plan at all, as if the units had to be served at any price.
    """
    case = edit(one_site(10.0, 0.0), Block, "b", sign_from=FIRST + 1)
    case = edit(case, Workload, "train", deferral_quarters=1, deferral_cost_usd_per_unit_hour=0.1)
    planned = solved(case)
    assert planned.result.objective == pytest.approx(11_000.0)
    again = solved(roll(edit(case, Block, "b", max_blocks=4.0), planned, FIRST + 1).case)
    assert again.result.objective == pytest.approx(4_000.0 + 30_000.0) and not audit(again.case, again).findings


def test_an_option_that_lapsed_is_history() -> None:
    """Proves: rights bought in 2027Q1 for 2027Q2, and not exercised as demand is gone, are paid and over in 2027Q3.

    A broken rule would give: a record of history that no contract could have made, and a case that cannot be rolled.
    """
    case = add(
        edit(one_site(1.0, 11.0, 1.0), Block, "b", max_blocks=3.0),
        Option(
            option="more", supplier="acme", site="home", accelerator="h100", gpus_per_block=1.0, term_quarters=1,
            price_usd_per_gpu_hour=1.0, premium_usd_per_block=10.0, max_blocks=10.0, buy_until=FIRST, divisible=True,
            exercise_from=FIRST + 1, exercise_until=FIRST + 1,
        ),
    )  # fmt: skip
    planned = solved(case)
    gone = edit_demand(case, 1.0, 1.0, 1.0)
    second = solved(roll(gone, planned, FIRST + 1).case)
    third = roll(gone, second, FIRST + 2).case
    rights = next(row.quantity for row in third.of(Signed) if row.action is Made.HOLD)
    assert rights > 0.0 and not [row for row in third.of(Signed) if row.action is Made.EXERCISE]
    assert cash(solved(third))["option premiums", "more", FIRST] == pytest.approx(10.0 * rights)


def test_actuals_of_the_case_go_before_the_plan() -> None:
    """Proves: a row of `signed` that the case brings says what was really signed; the plan's 10 blocks were 4."""
    before = two_quarters()
    planned = solved(before)
    actual = Signed(contract="b", action=Made.SIGN, quarter=FIRST, quantity=4.0)
    rolled = roll(add(before, actual), planned, FIRST + 1).case
    assert [row.quantity for row in rolled.of(Signed)] == [4.0]
    assert {c.key.quarter: c.quantity for c in solved(rolled).choices if c.key.action is Action.SIGN} == {
        FIRST: 4.0,
        FIRST + 1: 6.0,
    }


def test_what_was_seen_is_not_judged() -> None:
    """Proves: demand that turned out 100 in a quarter that is over makes nothing infeasible and costs nothing."""
    before = two_quarters()
    planned = solved(before)
    rolled = roll(edit_demand(before, 100.0, 10.0), planned, FIRST + 1).case
    assert solved(rolled).result.objective == pytest.approx(10_000.0)


def test_a_budget_of_the_year_remembers_what_was_spent() -> None:
    """Proves: of 21,000 USD for the fiscal year 10,000 are spent in 2027Q1; 2027Q2 has 11,000, which is 11 GPUs of 12.

    A broken rule would give 12 GPUs (the whole budget again), or none.
    """
    case = add(
        one_site(10.0, 10.0), Budget(budget="year", period=Period.FISCAL_YEAR, amount=across(10_500.0, 10_500.0))
    )
    planned = solved(case)
    rolled = roll(edit_demand(case, 10.0, 12.0), planned, FIRST + 1).case
    again = solved(rolled)
    assert {c.key.quarter: round(c.quantity, 6) for c in again.choices if c.key.action is Action.SIGN} == {
        FIRST: 10.0,
        FIRST + 1: 11.0,
    }


def test_a_signed_contract_whose_row_is_gone_stays_closed_to_new_business() -> None:
    """Proves: the blocks go on, and nothing more is signed of an offer that is no longer there."""
    case = add(two_quarters(), block("c", price_usd_per_gpu_hour=2.0))
    planned = solved(case)
    rolled = roll(drop(edit_demand(case, 10.0, 12.0), Block, "b"), planned, FIRST + 1)
    assert any("its row is gone" in finding.found for finding in rolled.findings)
    again = solved(rolled.case)
    signed = {(c.key.contract, c.key.quarter): c.quantity for c in again.choices if c.key.action is Action.SIGN}
    assert signed == {("b", FIRST): pytest.approx(10.0), ("c", FIRST + 1): pytest.approx(2.0)}


def test_the_horizon_keeps_its_length_as_far_as_figures_reach() -> None:
    """Proves: with demand for a third quarter, two quarters from 2027Q2 on are planned; without, one, with a word."""
    case = one_site(10.0, 10.0)
    planned = solved(case)
    longer = roll(edit_demand(case, 10.0, 10.0, 10.0), planned, FIRST + 1)
    assert longer.case.calendar.ahead == (FIRST + 1, FIRST + 2)
    shorter = roll(case, planned, FIRST + 1)
    assert shorter.case.calendar.ahead == (FIRST + 1,)
    assert "instead of 2" in shorter.findings[0].found


def test_dates_outside_the_case_are_refused() -> None:
    case = one_site(10.0, 10.0)
    with pytest.raises(InputError, match="where the case begins"):
        roll(case, None, FIRST + -1)
    with pytest.raises(InputError, match="the horizon ends before it"):
        roll(case, None, FIRST + 2)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (Signed(contract="nobody", action=Made.SIGN, quarter=FIRST, quantity=1.0), "nobody, which no row bears"),
        (Signed(contract="b", action=Made.SIGN, quarter=FIRST + 1, quantity=1.0), "before as_of"),
        (Signed(contract="b", action=Made.EXIT, quarter=FIRST, quantity=1.0), "a decision that b offers"),
        (SignedTerm(contract="b", signed=FIRST, column="prise", value=1.0), "which blocks does not have"),
        (SignedTerm(contract="b", signed=FIRST, column="lead_quarters", words="soon"), "soon"),
        (SignedTerm(contract="b", signed=FIRST, column="term_quarters"), "blank"),
    ],
)
def test_a_record_of_history_that_cannot_be_is_refused(row: Signed | SignedTerm, words: str) -> None:
    """Proves: every wrong row is found, with its table and row."""
    case = add(edit_settings(one_site(10.0, 10.0), as_of=FIRST + 1), row)
    read, findings = case_from(raw_tables(case.records, catalog(), case.calendar.quarters))
    assert read is None
    assert any(words in str(finding) and finding.place.startswith(row.TABLE.name) for finding in findings), findings


def test_the_audit_refuses_another_history() -> None:
    """Proves: a plan that says something else of a past quarter than the case is not published."""
    case = two_quarters()
    rolled = roll(case, solved(case), FIRST + 1).case
    again = solved(rolled)
    choices = tuple(replace(c, quantity=c.quantity + 1.0) if c.key.quarter == FIRST else c for c in again.choices)
    assert "HISTORY-1" in codes(audit(rolled, replace(again, choices=choices)).findings)


def test_backlog_is_carried_over_the_as_of_quarter() -> None:
    """Proves: 5 units put off in 2027Q1 are still due in 2027Q2, after rolling as before.

    A broken rule would give a plan that forgets them, and costs 5,000 less.
    """
    from optimizer.case.world import Workload

    case = edit(edit(one_site(15.0, 5.0), Block, "b", max_blocks=20.0), Workload, "train", deferral_quarters=1)
    case = add(case, Budget(budget="cash", amount=across(10_000.0, None)))
    planned = solved(case)
    rolled = roll(case, planned, FIRST + 1).case
    assert solved(rolled).result.objective == pytest.approx(10_000.0)
    assert planned.result.objective == pytest.approx(20_000.0)
