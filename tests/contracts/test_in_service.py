"""What goes out of service while it delivers: capacity, money, hedges against it, the audit, and bad inputs."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from optimizer import load_case
from optimizer.case.case import Case
from optimizer.case.scenario import Scenario
from optimizer.case.settings import Settings
from optimizer.case.world import Site, Supplier
from optimizer.catalog import catalog
from optimizer.contracts.backstop import BACKSTOP, Backstop, BackstopDraw
from optimizer.contracts.block import RESALE, RESERVED, Block, PrepaidAt
from optimizer.contracts.commitment import CommitmentSchedule, ExistingCommitment, Item
from optimizer.contracts.option import EXERCISED, Option
from optimizer.contracts.parts import delivery, standing, walk
from optimizer.contracts.parts.in_service import InService
from optimizer.contracts.purchase import CAPEX, OPEX, Purchase
from optimizer.contracts.spot import Firmness
from optimizer.errors import AuditError, InputError
from optimizer.futures.check import check_futures
from optimizer.futures.future import certain
from optimizer.futures.shock import Change
from optimizer.ledger.decision import Action
from optimizer.ledger.keys import CREDIT, ENERGY, PREPAYMENT, Draw, Installed, Supply
from optimizer.load import read_case
from optimizer.replan.roll import roll
from optimizer.rules.policy import PolicyKind
from optimizer.run import Engine, solve, solve_tree
from optimizer.studies.mean import mean_case
from optimizer.studies.parts import as_option
from optimizer.tables.containers import write_raw
from optimizer.tables.record import Record, Series
from optimizer.tables.unparse import raw_tables
from optimizer.uncertainty.check import check_uncertainty
from optimizer.uncertainty.sampler import drawn, draws
from tests.builders import (
    EXACT,
    FIRST,
    across,
    add,
    block,
    broken,
    cost,
    decision,
    drop,
    edit,
    one_site,
    policy,
    power,
    quantity,
    short,
    signed,
    solved,
    spot,
)
from tests.contracts.ledgers import account, committed, money
from tests.futures.branching import MORE, expected_cost, offered, scenario, shock, tree
from tests.report.workbooks import named, written
from tests.uncertainty.stated import default, slip

SUPPLY, INSTALLED, DRAW = Supply("home", "h100", True), Installed("home", "h100", True), Draw("home", "h100")
TERMS: dict[str, Any] = {"supplier": "acme", "site": "home", "accelerator": "h100"}


def down(contract: str, *shares: float | None, **more: Any) -> InService:
    """Shares of a contract in service, from the first quarter on."""
    return InService(contract=contract, share=across(*shares), **more)


def long(*demand: float, **terms: Any) -> Case:
    """Block `b` is signed in the first quarter or never; it delivers at once, for two quarters unless said."""
    return edit(one_site(*demand), Block, "b", **{"term_quarters": 2, "sign_until": FIRST, **terms})


# ------------------------------------------------------------------ by hand


def test_half_of_a_block_is_out_in_its_second_quarter() -> None:
    """Proves: of 100 GPUs signed in the first quarter, half are out in the second: exactly 50 of 100 units are short.

    100 x 1,000 + 50 x 1,000 (invoiced) + 50 x 5,000 (short) = 400,000 USD; where what is out is invoiced, 450,000.
    A broken rule would give: 200,000 USD and nothing short, if the outage were not seen; 200,000 + 0 with capacity
    alone restored; 350,000, if the whole invoice of the quarter were dropped.
    """
    case = add(long(100.0, 100.0), down("b", None, 0.5))
    plan = solved(case)
    assert quantity(plan, decision(Action.SIGN, "b")) == pytest.approx(100.0)
    (key,) = short(50.0, 1)
    assert quantity(plan, key) == pytest.approx(50.0)
    assert plan.result.objective == pytest.approx(400_000.0)
    assert cost(edit(case, InService, "b", invoiced=True)) == pytest.approx(450_000.0)
    assert cost(drop(case, InService, "b")) == pytest.approx(200_000.0)


def test_what_is_out_is_not_there_draws_no_power_and_buys_no_energy() -> None:
    """Proves: 4 GPUs at 90% of which a quarter is out are 3 installed, 2.7 usable, draw 3 kW and buy 3 MWh at 50 USD;
    so 3 kW of power carry them."""
    case = add(long(4.0, 4.0, availability=0.9, energy_included=False), down("b", 1.0, 0.75))
    case = edit(case, Site, "home", energy_price_usd_per_mwh=50.0)
    decided = signed("b", 4.0)
    assert account(case, INSTALLED, decided) == {"2027Q1": 4.0, "2027Q2": 3.0}
    assert account(case, SUPPLY, decided) == pytest.approx({"2027Q1": 3.6, "2027Q2": 2.7})
    assert account(case, DRAW, decided) == {"2027Q1": 4.0, "2027Q2": 3.0}
    assert money(case, ENERGY, decided) == pytest.approx({"2027Q1": 200.0, "2027Q2": 150.0})
    assert money(case, RESERVED, decided) == {"2027Q1": 4000.0, "2027Q2": 3000.0}
    assert committed(case, decided) == {"2027Q1": 8000.0}
    assert "POWER-1" not in broken(add(case, power("home", 0.004, 0.003)), decided)
    assert "POWER-1" in broken(add(case, power("home", 0.004, 0.0029)), decided)


def test_what_was_paid_ahead_for_it_is_lost() -> None:
    """Proves: 4 quarters at 1,000 USD, half paid at signing; the supplier fails in the third. 2,000 are paid ahead, two
    credits of 500 come back, 1,000 are lost: 3,000 USD for two quarters.

    A broken rule would give: 2,000 USD, were the credits of invoices that are not issued paid out; a prepayment of
    1,000, did the signing know of the failure.
    """
    case = add(long(1.0, 1.0, 1.0, 1.0, term_quarters=4, prepayment_share=0.5), down("b", None, None, 0.0, 0.0))
    decided = signed("b", 1.0)
    assert money(case, PREPAYMENT, decided) == {"2027Q1": 2000.0}
    assert money(case, RESERVED, decided) == {"2027Q1": 1000.0, "2027Q2": 1000.0}
    assert money(case, CREDIT, decided) == {"2027Q1": -500.0, "2027Q2": -500.0}
    kept = edit(case, InService, "b", invoiced=True)
    assert money(kept, CREDIT, decided) == {f"2027Q{q}": -500.0 for q in (1, 2, 3, 4)}


def test_a_tranche_that_is_out_on_its_delivery_is_prepaid_and_credited_for_what_is_there() -> None:
    """Proves: two GPUs in tranches of one for two quarters each, 40% of 2,000 USD due on delivery. Half is out when the
    second comes: 400 of 800 are due then. Credits are 400; half of 400 and half of 200; 200 of what was paid.

    A broken rule would give: a credit of 400 in the third quarter, of which half was never paid.
    """
    terms = {"gpus_per_block": 2.0, "ramp": (0.5, 1.0), "prepayment_share": 0.4, "prepaid_at": PrepaidAt.DELIVERY}
    case = add(long(2.0, 2.0, 2.0, **terms), down("b", None, 0.5))
    decided = signed("b", 1.0)
    assert money(case, PREPAYMENT, decided) == pytest.approx({"2027Q1": 800.0, "2027Q2": 400.0})
    assert money(case, CREDIT, decided) == pytest.approx({"2027Q1": -400.0, "2027Q2": -300.0, "2027Q3": -200.0})


def test_after_the_horizon_it_is_as_in_the_last_quarter() -> None:
    """Proves: who fails in the last quarter of the horizon does not invoice beyond it; a brown-out that is over does
    not go on. Where the sheet says otherwise of a later quarter, that is told."""
    case = add(long(1.0, 1.0, term_quarters=4), down("b", None, 0.0))
    assert money(case, RESERVED, signed("b", 1.0)) == {"2027Q1": 1000.0}
    brown = edit(case, InService, "b", share=across(0.5))
    assert money(brown, RESERVED, signed("b", 1.0)) == {
        "2027Q1": 500.0, "2027Q2": 1000.0, "2027Q3": 1000.0, "2027Q4": 1000.0,
    }  # fmt: skip
    later = edit(case, InService, "b", share=across(None, 0.0, 1.0))
    assert money(later, RESERVED, signed("b", 1.0)) == {"2027Q1": 1000.0}
    (told,) = later.get(InService, "b").problems(later)
    assert (told.column, told.found) == ("2027Q3", "1, after the horizon")
    assert not list(case.get(InService, "b").problems(case))


def test_what_is_out_cannot_be_resold() -> None:
    """Proves: (BLOCK-9) of 4 GPUs half of which are out, 2 are resold: 4,000 + 2,000 - 2 x 900 - 4 x 900 USD where
    nothing is demanded; a third one is a breach.

    A broken rule would give: 4 GPUs resold in the second quarter, 1,800 USD more than there can be.
    """
    terms = {"resale_price_usd_per_gpu_hour": 0.9, "must_sign": True, "min_blocks": 4.0, "max_blocks": 4.0}
    case = add(long(0.0, 0.0, **terms), down("b", None, 0.5))
    assert cost(case) == pytest.approx(600.0)
    decided = {**signed("b", 4.0), decision(Action.CHOOSE, "b"): 1.0}
    assert not broken(case, {**decided, decision(Action.RESELL, "b", 1): 2.0})
    assert broken(case, {**decided, decision(Action.RESELL, "b", 1): 3.0}) >= {"BLOCK-9"}
    assert money(case, RESALE, {**decided, decision(Action.RESELL, "b", 1): 2.0}) == {"2027Q2": -1800.0}


def test_a_minimum_of_capacity_counts_what_is_in_service() -> None:
    """Proves: (MINIMUM-1) a minimum of 10 GPUs in a quarter in which half are out needs 20 blocks: 10,000 USD invoiced.

    A broken rule would give: 5,000 USD, 10 blocks of which 5 are gone.
    """
    case = policy(add(one_site(0.0), down("b", 0.5)), PolicyKind.MINIMUM_CAPACITY, 10.0)
    assert quantity(solved(case), decision(Action.SIGN, "b")) == pytest.approx(20.0)
    assert cost(case) == pytest.approx(10_000.0)
    assert broken(case, signed("b", 10.0)) == {"MINIMUM-1"}


@pytest.mark.parametrize(
    ("rows", "decided", "expected"),
    [
        (
            (Option(option="x", **MORE, max_blocks=9.0, held_blocks=9.0, divisible=True),),
            {decision(Action.EXERCISE, "x", 1): 4.0},
            {EXERCISED: {"2027Q2": 4000.0}},
        ),
        (
            (Backstop(backstop="x", **MORE, cap_blocks=4.0), BackstopDraw("x", across(None, 4.0))),
            {decision(Action.TAKE, "x", 1): 4.0},
            {BACKSTOP: {"2027Q2": 4000.0}},
        ),
        (
            (
                Purchase(
                    purchase="x", **TERMS, gpus_per_unit=1.0, max_units=4.0, capex_usd_per_gpu=100.0, lead_quarters=1,
                    life_quarters=1, opex_usd_per_gpu_quarter=10.0,
                ),
            ),
            {decision(Action.SIGN, "x"): 4.0},
            {CAPEX: {"2027Q2": 400.0}, OPEX: {"2027Q2": 20.0}},
        ),
        (
            (
                ExistingCommitment(commitment="x", **TERMS),
                *(CommitmentSchedule("x", item, across(None, 4.0)) for item in Item),
            ),
            {decision(Action.GIVEN, "x"): 1.0},
            {RESERVED: {"2027Q2": 2.0}, CREDIT: {"2027Q2": -2.0}, PREPAYMENT: {"2027Q2": 4.0}},
        ),
    ],
    ids=["option", "backstop", "purchase", "commitment"],
)  # fmt: skip
def test_every_contract_whose_gpus_stand_at_a_site_obeys(
    rows: tuple[Record, ...], decided: Any, expected: dict[Any, dict[str, float]]
) -> None:
    """Proves: half of 4 GPUs of an option, backstop, purchase or commitment is out in the second quarter: 2 are there,
    and half of what is due for the quarter is due; capex, and what is paid ahead, is due in full."""
    case = add(drop(one_site(4.0, 4.0), Block, "b"), *rows, down("x", 1.0, 0.5))
    for key in (INSTALLED, SUPPLY, DRAW):
        assert account(case, key, decided) == {"2027Q2": 2.0}
    for category, amounts in expected.items():
        assert money(case, category, decided) == pytest.approx(amounts)


# ------------------------------------------------------------------ a supplier who fails


def failing(*first: Record, **terms: Any) -> Case:
    """10 GPUs are needed for two quarters, and must be signed now: of acme at 1 USD per GPU-hour, or of beta at 1.5,
    who has 6. With probability 1/2 acme fails in the second quarter."""
    case = add(long(10.0, 10.0, **terms), Supplier("beta"))
    other = {"supplier": "beta", "price_usd_per_gpu_hour": 1.5, "max_blocks": 6.0, "term_quarters": 2}
    case = add(case, block("c", sign_until=FIRST, **other), down("b"), scenario("stands", 0.5), scenario("fails", 0.5))
    return add(case, *first, shock("fails", "in_service", "b", Change.SET, 0.0))


def test_a_second_supplier_hedges_against_the_first_ones_failure() -> None:
    """Proves: the plan takes 6 blocks of beta and 4 of acme, in both scenarios: a block of beta costs 3,000 USD instead
    of 1,500 expected of acme, and saves 5,000 with probability 1/2. 18,000 + 4 x 1,500 + 4 x 5,000 / 2 = 34,000 USD.

    A broken rule would give: 20,000 USD and no block of beta, if the failure could not reach what was signed before it
    (as with a shock on `availability`); 31,000 (20,000 and 42,000), if the signing knew who fails.
    """
    case = failing()
    plan = tree(case)
    assert plan.result.objective == pytest.approx(34_000.0)
    plans = [branch.plan for branch in plan.branches]
    for one in plans:
        assert quantity(one, decision(Action.SIGN, "b")) == pytest.approx(4.0)
        assert quantity(one, decision(Action.SIGN, "c")) == pytest.approx(6.0)
    (key,) = short(4.0, 1)
    assert [quantity(one, key) for one in plans] == pytest.approx([0.0, 4.0])
    assert cost(certain(case, "stands")) == pytest.approx(20_000.0)
    assert cost(certain(case, "fails")) == pytest.approx(42_000.0)


def test_bundles_of_scenarios_hedge_alike(workers_here: None) -> None:
    """Proves: solved in bundles, as a large tree is, the plan costs what one program says."""
    split = replace(EXACT, engine=Engine.SPLIT, threads=2)
    assert tree(failing(), split).result.objective == pytest.approx(34_000.0)


def test_a_failure_shows_nowhere_before_it() -> None:
    """Proves: prepayments at signing and on delivery, exits, fees, late remedies and ramps do not tell, before
    scenarios part, which of them comes; a failure that begins before the parting is refused, with its cell.

    A broken rule would give: a finding of parts_in, were the prepayment that of the invoices that are issued.
    """
    terms = {
        "ramp": (0.5, 1.0), "prepayment_share": 0.3, "delay_quarters": 0, "late_credit_share": 0.1,
        "exit_after_quarters": 1, "exit_fee_share": 0.5, "resale_price_usd_per_gpu_hour": 0.1, "signing_fee_usd": 5.0,
        "escalator": 0.1, "term_quarters": 6,
    }  # fmt: skip
    for when in PrepaidAt:
        case = failing(prepaid_at=when, **terms)
        assert not list(check_futures(case))
        assert tree(case).result.objective is not None
    early = failing(shock("fails", "in_service", "b", Change.MULTIPLY, 0.5, since=FIRST))
    ((row, problem),) = check_futures(early)
    assert (row.TABLE.name, problem.column, problem.found) == ("shocks", "since", "2027Q1")


def test_a_brown_out_of_one_quarter_is_one_shock_on_a_blank_row() -> None:
    """Proves: a blank cell is 1, so that 0.7 of it is in service, in that quarter only; two shocks take their toll
    together; and a shock reaches a quarter that the row, read from a sheet, has no value in."""
    base = add(long(10.0, 10.0, 10.0, term_quarters=3), down("b"), scenario("good", 0.5), scenario("bad", 0.5))
    brown = shock("bad", "in_service", "b", Change.MULTIPLY, 0.7, since=FIRST + 1, until=FIRST + 1)
    case = add(base, brown)
    assert certain(case, "bad").get(InService, "b").share.at(FIRST + 1) == pytest.approx(0.7)
    assert account(certain(case, "bad"), SUPPLY, signed("b", 10.0)) == pytest.approx(
        {"2027Q1": 10.0, "2027Q2": 7.0, "2027Q3": 10.0}
    )
    both = add(case, shock("bad", "in_service", "*", Change.MULTIPLY, 0.5))
    assert account(certain(both, "bad"), SUPPLY, signed("b", 10.0)) == pytest.approx(
        {"2027Q1": 10.0, "2027Q2": 3.5, "2027Q3": 5.0}
    )


def test_the_mean_of_a_failure_is_half_in_service() -> None:
    """Proves: who plans for the mean of 1 (blank) and 0 plans for half; a row that nobody changes stays as it is."""
    mean = mean_case(failing())
    assert mean.get(InService, "b").share == across(0.5, first=FIRST + 1)
    untouched = add(one_site(1.0, 1.0), down("b"), scenario("good", 0.5), scenario("bad", 0.5))
    assert mean_case(untouched).get(InService, "b") == down("b")


def test_a_backstop_that_is_made_an_option_fails_with_its_supplier() -> None:
    """Proves: where a deal is valued, the right to the blocks of a backstop is out of service when the backstop is."""
    case = add(offered(), down("k"), shock("high", "in_service", "k", Change.SET, 0.25))
    future = certain(as_option(case, case.get(Backstop, "k")), "high")
    taken = {decision(Action.HOLD, "k as an option"): 2.0, decision(Action.EXERCISE, "k as an option", 1): 2.0}
    assert account(future, SUPPLY, taken) == {"2027Q2": 0.5}


# ------------------------------------------------------------------ the audit


def rich() -> Case:
    """A block with all that an outage touches, and what else serves the demand."""
    terms = {
        "prepayment_share": 0.4, "ramp": (0.5, 1.0), "gpus_per_block": 2.0, "energy_included": False,
        "resale_price_usd_per_gpu_hour": 0.3, "term_quarters": 4, "must_sign": True, "min_blocks": 2.0,
        "max_blocks": 2.0,
    }  # fmt: skip
    case = add(long(4.0, 4.0, 1.0, **terms), down("b", None, 0.5, 0.8), *spot("market", 2.0, 2.0, 2.0))
    return edit(case, Site, "home", energy_price_usd_per_mwh=50.0)


@pytest.mark.parametrize(
    ("place", "name", "whole"),
    [
        (standing, "in_service", 1.0),
        (delivery, "in_service", 1.0),
        (delivery, "charged", 1.0),
        (walk, "out", 0.0),
        (walk, "billable", 1.0),
    ],
    ids=["posted capacity", "posted resale", "posted money", "replayed capacity", "replayed money"],
)
def test_an_outage_that_one_side_ignores_is_found(
    place: Any, name: str, whole: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves: the program and the audit each read the outage for themselves; where one of them does not, no plan is
    published."""
    cheap = spot("hourly", 0.1, 0.1, 0.1, firmness=Firmness.ON_DEMAND)
    case = edit(add(rich(), *cheap), Settings, "settings", discount_rate=0.1)
    assert solve(case, EXACT).result.status == "optimal"
    monkeypatch.setattr(place, name, lambda *_: whole)
    with pytest.raises(AuditError):
        solve(case, EXACT)


def test_the_workbook_ties(tmp_path: Path) -> None:
    """Proves: the objective that the workbook's formulas give is the solver's, with half of a block out."""
    import openpyxl

    plan = solved(rich())
    book = openpyxl.load_workbook(written(plan, tmp_path / "plan.xlsx"), data_only=True)
    assert named(book, "objective_formula") == pytest.approx(plan.result.objective, abs=0.005)
    assert named(book, "checks_pass") == 1


# ------------------------------------------------------------------ as it is written, read and rolled


def stored(case: Case, path: Path) -> Path:
    """The case, written to a workbook or a folder."""
    quarters = case.calendar.quarters
    write_raw(raw_tables(case.records, catalog(), quarters), path, catalog(), quarters)
    return path


@pytest.mark.parametrize("name", ["case.xlsx", "case"])
def test_a_case_with_a_blank_row_comes_back_from_its_sheets(name: str, tmp_path: Path) -> None:
    """Proves: workbook and CSV folder keep the table; the failure still reaches a row that is blank throughout."""
    case = load_case(str(stored(failing(), tmp_path / name)))
    assert case.get(InService, "b").share.values == ()
    assert expected_cost(case) == pytest.approx(34_000.0)


@pytest.mark.parametrize(
    ("row", "place", "words"),
    [
        (down("market", 0.5), "contract", "a market has spot_limit"),
        (down("nobody", 0.5), "contract", "which no row bears"),
        (down("b", 1.5), "share in 2027Q1", "at most 1"),
        (down("b", -0.5), "share in 2027Q1", "at least 0"),
    ],
    ids=["a market", "unknown", "more than all", "less than nothing"],
)
def test_bad_rows_are_refused_with_the_cure(row: InService, place: str, words: str, tmp_path: Path) -> None:
    case = add(one_site(2.0, 2.0), *spot("market", 2.0, 2.0), row)
    found, findings = read_case(str(stored(case, tmp_path / "case")))
    assert found is None
    (finding,) = findings
    assert "in_service" in finding.place and place in finding.found
    assert words in f"{finding.found} {finding.expected} {finding.cure}"


def test_a_shock_without_a_row_says_to_add_it(tmp_path: Path) -> None:
    """Proves: the row of the case, which may be blank, is what a scenario changes; without it the finding says so."""
    with pytest.raises(InputError) as refused:
        load_case(str(stored(drop(failing(), InService, "b"), tmp_path / "case")))
    assert "add such a row to the case: it may say what holds anyway" in str(refused.value)


def test_drawn_futures_have_failures_while_it_delivers(tmp_path: Path) -> None:
    """Proves: the process `default` may name the table: in some draws b is out from a quarter on, for good."""
    lost = default("lost", "in_service", "b", event_probability=0.4, event_size=-1.0)
    case = add(long(1.0, 1.0, 1.0, 1.0, term_quarters=4), down("b"), lost)
    assert not list(check_uncertainty(case))
    seen = {
        tuple(drawn(case, one).get(InService, "b").share.at(FIRST + at) for at in range(4))
        for one in draws(case, 200, 1)
    }
    assert seen == {(None,) * 4, (None, 0.0, 0.0, 0.0), (None, None, 0.0, 0.0), (None, None, None, 0.0)}
    assert load_case(str(stored(case, tmp_path / "case"))).get(InService, "b").share == Series(FIRST, ())


def test_a_return_to_service_may_slip() -> None:
    """Proves: what is to come back in the second quarter, and be whole (blank) from then on, may be a quarter late; a
    blank is 1 there, too. A broken rule would give: a block that is out for good."""
    case = add(long(1.0, 1.0, 1.0), down("b", 0.0), slip("late", "in_service", "b", 0.5, 1.0))
    seen = {
        tuple(drawn(case, one).get(InService, "b").share.at(FIRST + at) for at in range(3))
        for one in draws(case, 50, 1)
    }
    assert seen == {(0.0, None, None), (0.0, 0.0, None)}


@pytest.mark.parametrize("steps", [(1, 2, 3), (2, 3), (3,)], ids=["each quarter", "a quarter left out", "at the end"])
def test_a_failure_that_came_true_stays_when_the_case_rolls(steps: tuple[int, ...]) -> None:
    """Proves: rolled one quarter at a time or several at once, from a row that is blank, the quarters that are over are
    out as they were, and those ahead are, too.

    A broken rule would give: GPUs of the past that are back, with service that nobody had.
    """
    base = add(long(4.0, 4.0, 4.0, 4.0, term_quarters=4), down("b"), *spot("market", *[3.0] * 4))
    case = add(base, scenario("stands", 0.5), scenario("fails", 0.5))
    case = add(case, shock("fails", "in_service", "b", Change.SET, 0.0))
    approved, stood = solve_tree(case, EXACT), {}
    for step in steps:
        rolled = roll(case, approved, FIRST + step, "fails", stood)
        share = rolled.case.get(InService, "b").share
        assert [share.at(FIRST + at) for at in range(4)] == [None, 0.0, 0.0, 0.0]
        assert not rolled.case.of(Scenario)
        approved, stood = solve(rolled.case, EXACT), rolled.stood
        assert approved.result.status == "optimal"
        assert [line.amount for line in approved.moved if line.posting.key == SUPPLY] == [4.0]


def test_without_the_table_the_program_is_the_same() -> None:
    """Proves: a row that says nothing changes no posting."""
    case = rich()
    plain = drop(case, InService, "b")
    silent = edit(case, InService, "b", share=across(1.0, None, 1.0))
    for of in (plain, silent):
        assert list(of.get(Block, "b").decisions(of)) == list(plain.get(Block, "b").decisions(plain))
        assert list(of.get(Block, "b").relations(of)) == list(plain.get(Block, "b").relations(plain))
