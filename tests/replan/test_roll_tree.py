"""Rolling a tree: what came true is history and the case as it stands, the rest is weighed anew and goes on."""

import math
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.case.case import Case
from optimizer.case.scenario import Scenario
from optimizer.case.world import Demand
from optimizer.catalog import catalog
from optimizer.contracts.block import Block
from optimizer.contracts.contract import contract_types
from optimizer.contracts.parts.paid import Paid
from optimizer.contracts.parts.signed import Made, Signed, SignedTerm
from optimizer.contracts.spot import Firmness
from optimizer.errors import InputError, Level, UsageError
from optimizer.futures.future import certain
from optimizer.futures.known import known, still_possible
from optimizer.futures.shock import Change, Shock
from optimizer.ledger.keys import VIOLATION
from optimizer.load import case_from
from optimizer.plan.tree import TreePlan, audit_tree
from optimizer.replan.roll import Rolled, roll
from optimizer.rules.budget import Budget
from optimizer.rules.history import Happened
from optimizer.rules.period import Period
from optimizer.run import solve_any, solve_tree
from optimizer.tables.identity import content_hash
from optimizer.tables.quarter import Quarter
from optimizer.tables.unparse import raw_tables
from tests.builders import EXACT, FIRST, across, add, block, drop, edit, edit_settings, one_site, solved, spot
from tests.everything import everything
from tests.futures.branching import newsvendor, scenario, shock, tree
from tests.replan.rolling import apart, carried, cash
from tests.test_mutations import healthy

SECOND, THIRD, FOURTH = FIRST + 1, FIRST + 2, FIRST + 3


def read(case: Case) -> Case:
    """The case as it is read from tables; it must be sound."""
    found, findings = case_from(raw_tables(case.records, catalog(), case.calendar.quarters))
    assert found is not None, "\n".join(map(str, findings))
    return found


def demand(case: Case) -> dict[Quarter, float]:
    return dict(case.get(Demand, "train").units.items())


def marked(case: Case, name: str, quarter: Quarter) -> Case:
    """The case that says that a scenario is what happened until a quarter."""
    return edit(case, Scenario, name, came_true=quarter)


def stages() -> Case:
    """Demand of 4 units in each of four quarters. `up` (0.5) asks 6 from the second on, `top` (0.2) branches from it
    and asks 9 from the third on, `flat` (0.3) stays. A block costs 1 USD per GPU-hour, for one quarter.
    """
    return add(
        one_site(4.0, 4.0, 4.0, 4.0),
        scenario("flat", 0.3),
        scenario("up", 0.5),
        scenario("top", 0.2, 2, "up"),
        shock("up", "demand", "train", Change.MULTIPLY, 1.5),
        shock("top", "demand", "train", Change.SET, 9.0),
    )


def test_two_stages_by_hand() -> None:
    """Proves: of the newsvendor, who signed 10 blocks for 4 or 10 GPUs, high demand leaves a certain case in which the
    10 are signed, 10 are asked, 1,000 USD each are due, and nothing is to be decided: 10,000 USD.

    A broken rule would give: demand of 4 (the shock lost), a block to sign again, or a scenario with probability 0.5.
    """
    case = newsvendor()
    rolled = roll(case, tree(case), SECOND, "high")
    assert not rolled.case.of(Scenario) and not rolled.case.of(Shock)
    assert demand(rolled.case) == {FIRST: 0.0, SECOND: 10.0}
    assert [(row.contract, row.quarter, row.quantity) for row in rolled.case.of(Signed)] == [("b", FIRST, 10.0)]
    assert solved(rolled.case).result.objective == pytest.approx(10_000.0)
    low = roll(case, tree(case), SECOND, "low")
    assert demand(low.case)[SECOND] == 4.0
    assert solved(low.case).result.objective == pytest.approx(10_000.0)


def test_three_stages_by_hand() -> None:
    """Proves: when the second quarter shows that demand is up, `flat` is gone, `up` is the case as it stands with 5/7
    and `top` parts from it in the third with 2/7; one quarter later `top` is certain.

    A broken rule would give: 0.5 and 0.2, a demand multiplied twice, or a parting that has been.
    """
    case, plan = stages(), tree(stages())
    rolled = roll(case, plan, SECOND, "up")
    assert [(row.scenario, row.branches_from, row.parts_in) for row in rolled.case.of(Scenario)] == [
        ("up", "", None),
        ("top", "up", THIRD),
    ]
    assert [row.probability for row in rolled.case.of(Scenario)] == pytest.approx([5 / 7, 2 / 7])
    assert demand(rolled.case) == {FIRST: 4.0, SECOND: 6.0, THIRD: 6.0, FOURTH: 6.0}
    assert demand(certain(rolled.case, "top")) == {FIRST: 4.0, SECOND: 6.0, THIRD: 9.0, FOURTH: 9.0}
    assert [(row.quarter, row.quantity) for row in rolled.case.of(Signed)] == [(FIRST, 4.0)]
    found = tree(rolled.case)
    assert found.result.objective == pytest.approx(1000.0 * (6 + 5 / 7 * 12 + 2 / 7 * 18))
    last = roll(case, found, THIRD, "top").case
    assert not last.of(Scenario)
    assert [(row.quarter, row.quantity) for row in last.of(Signed)] == [(FIRST, 4.0), (SECOND, 6.0)]
    assert demand(last) == {FIRST: 4.0, SECOND: 4.0, THIRD: 9.0, FOURTH: 9.0}
    assert solved(last).result.objective == pytest.approx(18_000.0)


def test_scenarios_that_have_not_parted_stay() -> None:
    """Proves: before any parting the tree rolls as it is: probabilities, partings and shocks; nothing is asked."""
    case = add(
        one_site(4.0, 4.0, 4.0),
        scenario("low", 0.6, 2),
        scenario("high", 0.4, 2),
        shock("high", "demand", "train", Change.SET, 9.0),
    )
    rolled = roll(case, tree(case), SECOND)
    assert [(row.scenario, row.probability, row.parts_in) for row in rolled.case.of(Scenario)] == [
        ("low", 0.6, THIRD),
        ("high", 0.4, THIRD),
    ]
    assert rolled.case.of(Shock) == case.of(Shock)
    assert not rolled.course.said and not rolled.course.findings


def test_a_parting_in_the_very_quarter_is_planned_for_each_branch_and_told() -> None:
    """Proves: where nothing says yet what came true in the quarter that is planned from, both branches are planned, as
    history does not depend on it; and it is said. A schedule on the first day of a quarter need not know.
    """
    case = newsvendor()
    rolled = roll(case, tree(case), SECOND)
    assert [row.parts_in for row in rolled.case.of(Scenario)] == [SECOND, SECOND]
    assert [finding.level for finding in rolled.course.findings] == [Level.WARNING]
    assert "low (50 %); high (50 %) part in 2027Q2" in rolled.course.findings[0].found
    assert tree(rolled.case).result.objective == pytest.approx(10_000.0)


def test_what_parted_before_and_is_not_said_is_refused_with_place_and_cure() -> None:
    """Proves: history depends on what came true, so nothing is assumed: the branches and their probabilities are told,
    with the cell to fill, and the branch with which the figures of the past agree, as a hint.

    A broken rule would give: the likeliest branch, or the case as it stands, in silence.
    """
    case, plan = stages(), tree(stages())
    with pytest.raises(InputError) as told:
        roll(read(case), plan, THIRD)
    (finding,) = told.value.findings
    assert finding.place.startswith("scenarios flat")
    assert "flat (30 %); up, top (70 %) had parted by 2027Q2" in finding.found
    assert "write 2027Q2 there" in finding.cure and "--came-true NAME" in finding.cure
    assert "those of flat alone" in finding.cure
    seen = edit(case, Demand, "train", units=across(4.0, 6.0, 4.0, 4.0))
    with pytest.raises(InputError, match="those of up, top alone"):
        roll(seen, plan, THIRD)
    other = edit(case, Demand, "train", units=across(4.0, 5.0, 4.0, 4.0))
    with pytest.raises(InputError) as told:
        roll(other, plan, THIRD)
    assert "alone" not in str(told.value)
    with pytest.raises(InputError, match="had parted by 2027Q2"):
        roll(case, None, THIRD)


def test_what_came_true_is_data_of_the_case() -> None:
    """Proves: the quarter under came_true says it, as does a row that is left alone; a flag goes before both."""
    case, plan = stages(), tree(stages())
    by_flag = roll(case, plan, SECOND, "up").case
    by_mark = roll(marked(case, "up", SECOND), plan, SECOND)
    assert content_hash(by_mark.case.records) == content_hash(by_flag.records)
    assert "the case says so" in by_mark.course.said[0]
    assert "up 71.43 %, top 28.57 %" in by_mark.course.said[0]
    assert by_mark.course.said[1] == "did not come true: flat 30 %"
    left = edit(drop(drop(case, Scenario, "flat"), Scenario, "top"), Scenario, "up", probability=1.0)
    left = Case(tuple(row for row in left.records if not isinstance(row, Shock) or row.scenario == "up"))
    alone = roll(left, plan, THIRD)
    assert demand(alone.case)[THIRD] == 6.0 and not alone.case.of(Scenario)
    assert "no other scenario is left" in alone.course.said[0]
    flagged = roll(marked(case, "flat", SECOND), plan, SECOND, "up")
    assert content_hash(flagged.case.records) == content_hash(by_flag.records)
    assert "--came-true up" in flagged.course.said[0]


def test_a_mark_does_not_go_stale() -> None:
    """Proves: `up` until the second quarter says nothing of `top`, which may part in the third; in the fourth somebody
    must say. A broken rule would give: `up` for ever, and 6 units where 9 are asked.
    """
    case = marked(stages(), "up", SECOND)
    plan = tree(stages())
    with pytest.raises(InputError, match=r"up \(50 %\); top \(20 %\) had parted by 2027Q3"):
        roll(case, plan, FOURTH)
    later = marked(case, "top", THIRD)
    assert demand(roll(later, plan, FOURTH).case)[FOURTH] == 9.0
    early = roll(marked(stages(), "top", FOURTH), plan, SECOND).case
    assert [row.scenario for row in early.of(Scenario)] == ["up", "top"], "what comes later was not known then"


def test_marks_that_exclude_each_other_are_refused() -> None:
    case = marked(marked(stages(), "flat", SECOND), "top", THIRD)
    found, findings = case_from(raw_tables(case.records, catalog(), case.calendar.quarters))
    assert found is None
    assert any("top by 2027Q3, when the rows above leave flat" in str(finding) for finding in findings)
    case = marked(stages(), "flat", FIRST + 9)
    found, findings = case_from(raw_tables(case.records, catalog(), case.calendar.quarters))
    assert found is None
    assert any("came_true" in finding.place and "2027Q1 to 2027Q4" in finding.expected for finding in findings)


def test_a_name_that_is_no_scenario_is_refused() -> None:
    case = stages()
    with pytest.raises(UsageError, match=r"'upp' is no scenario .*name one of: flat, up, top"):
        roll(case, tree(case), SECOND, "upp")
    with pytest.raises(UsageError, match="there are none"):
        roll(one_site(4.0, 4.0), solved(one_site(4.0, 4.0)), SECOND, "up")


def test_a_rolled_tree_is_an_ordinary_case_and_rolls_on() -> None:
    """Proves: written and read it is the same case; rolled in two steps it is what it is in one."""
    case, plan = stages(), tree(stages())
    rolled = roll(case, plan, SECOND, "up").case
    assert content_hash(read(rolled).records) == content_hash(rolled.records)
    found = tree(rolled)
    twice = roll(rolled, found, THIRD, "top").case
    once = roll(case, plan, THIRD, "top").case
    assert content_hash(twice.records) == content_hash(once.records)


def test_no_decision_differs_before_a_parting_after_the_roll() -> None:
    """Proves: the rolled tree is solved without foresight: its audit, which compares every quantity, passes, and a
    decision of the second quarter is one number. Spot at 3 USD makes it dear to know less.
    """
    case = edit(stages(), Block, "b", lead_quarters=1, sign_until=THIRD)
    case = add(case, *spot("s", 3.0, 3.0, 3.0, 3.0, firmness=Firmness.ON_DEMAND, limit=100.0))
    rolled = roll(case, tree(case), SECOND, "up").case
    found = tree(rolled)
    assert audit_tree(found) == ()
    here = [{c.key: c.quantity for c in b.plan.choices if c.key.quarter <= SECOND} for b in found.branches]
    assert here[0] == here[1]
    blind = 6.0
    assert here[0][next(key for key in here[0] if key.contract == "b" and key.quarter == SECOND)] == blind


@cache
def everything_branching() -> TreePlan:
    """Every contract type and every kind of money in a tree of three stages, its orders the same in every scenario."""
    case = add(
        everything(),
        scenario("calm", 0.5),
        scenario("dear", 0.3),
        scenario("dearer", 0.2, 3, "dear"),
        shock("dear", "spot_price", "*", Change.MULTIPLY, 1.5),
        shock("dear", "demand", "patient", Change.ADD, 3.0),
        shock("dear", "purchases", "own", Change.MULTIPLY, 1.2, column="opex_usd_per_gpu_quarter"),
        shock("dearer", "spot_price", "hourly", Change.ADD, 0.7),
        shock("dearer", "site_power", "home", Change.MULTIPLY, 1.1),
    )
    with pytest.MonkeyPatch.context() as patched:
        for kind in contract_types():
            patched.setattr(kind, "decisions", healthy(kind))
        return tree(case)


@pytest.mark.parametrize("offset", (1, 2, 3))
@pytest.mark.parametrize("name", ("calm", "dear", "dearer"))
def test_rolled_money_is_exact_for_every_contract_type_on_the_path_that_came_true(offset: int, name: str) -> None:
    """Proves: at any quarter and on any path, every account of every contract type moves the same cents in the same
    quarters as the branch had it, past and future.

    The case has prepayment credits, escalation, late delivery, an exit, resale, rights held and exercised, a backstop
    draw, spot, owned hardware, a shell and an existing commitment; its shocks change prices, demand, power, and a term
    of what is owned. A broken rule would give: the payments of another branch, a shock twice or not at all.
    """
    planned = everything_branching()
    as_of = FIRST + offset
    rolled = roll(planned.case, planned, as_of, name)
    names = [row.scenario for row in rolled.case.of(Scenario)]
    assert {type(row) for row in rolled.case.records if type(row) in contract_types()} == set(contract_types())
    taken = planned.branch(name).plan
    case = certain(rolled.case, name) if names else rolled.case
    assert not names or name in names
    again = carried(case, taken)
    before = {key: usd for key, usd in cash(taken).items() if key[0] != VIOLATION.label or key[2] >= as_of}
    assert apart(before, cash(again)) < 0.005
    assert {row.quarter for row in rolled.case.of(Paid)} == {FIRST + number for number in range(offset)}
    past = {(row.operation, row.index, row.quarter): row.quantity for row in rolled.case.of(Happened)}
    assert past and all(
        taken.operated.quantity(row.key.operation, row.key.quarter, *row.key.index) == row.quantity
        for row in rolled.case.of(Happened)
    )


def test_everything_rolls_without_loss_through_tables() -> None:
    """Proves: the rolled tree of every contract type is read back the same, and its audit passes once solved."""
    planned = everything_branching()
    rolled = roll(planned.case, planned, SECOND).case
    assert len(rolled.of(Scenario)) == 3
    assert content_hash(read(rolled).records) == content_hash(rolled.records)


def test_a_term_that_came_true_is_on_what_was_signed() -> None:
    """Proves: blocks signed for two quarters, of which `late` delays all by one quarter, come a quarter late when it
    comes true, with their invoices; whether the approved plan knew of it or not. If it did not, it is said.

    A broken rule would give: a delay that is forgotten for what was signed before it was known.
    """
    base = edit(one_site(0.0, 0.0, 10.0, 10.0), Block, "b", lead_quarters=2, term_quarters=2, sign_until=FIRST)
    both = (scenario("prompt", 0.5), scenario("late", 0.5))
    delay = shock("late", "blocks", "b", Change.ADD, 1.0, column="delay_quarters")
    case = add(base, *both, delay)
    for approved in (tree(case), solved(base)):
        rolled = roll(case, approved, SECOND, "late")
        assert not rolled.case.of(SignedTerm)
        assert rolled.case.get(Block, "b").delay_quarters == 1
        invoices = {key[2] for key in cash(solved(rolled.case)) if key[0] == "reserved invoices"}
        assert invoices == {FOURTH, FOURTH + 1}
        assert any("delay_quarters of what was signed" in f.found for f in rolled.findings) == isinstance(
            approved, type(solved(base))
        )
    prompt = roll(case, tree(case), SECOND, "prompt").case
    assert prompt.get(Block, "b").delay_quarters == 0


def test_a_new_price_for_what_is_signed_later_leaves_what_was_signed() -> None:
    """Proves: `dear` doubles the price of what is signed from the second quarter on. When it comes true, what was
    signed in the first keeps 1 USD, and the offer is 2 USD in every open quarter, those that rolling adds included.
    """
    case = add(
        edit(one_site(4.0, 4.0, 4.0, 4.0), Block, "b", term_quarters=2),
        scenario("same", 0.5),
        scenario("dear", 0.5),
        shock("dear", "blocks", "b", Change.MULTIPLY, 2.0, column="price_usd_per_gpu_hour", since=SECOND),
    )
    case = edit(case, Demand, "train", units=across(4.0, 4.0, 4.0, 4.0, 4.0))
    rolled = roll(case, tree(edit_settings(case, quarters=4)), SECOND, "dear").case
    assert rolled.calendar.end == FIRST + 5
    terms = {row.signed: row.value for row in rolled.of(SignedTerm)}
    assert terms == {SECOND: 2.0, THIRD: 2.0, FOURTH: 2.0, FIRST + 4: 2.0}
    offer = rolled.get(Block, "b")
    assert [offer.as_signed(rolled, FIRST + n).price_usd_per_gpu_hour for n in range(3)] == [1.0, 2.0, 2.0]


def test_an_amended_term_is_shocked_too() -> None:
    """Proves: a shock on all that is signed reaches blocks whose own terms are not those of the row (SHOCK-2).

    A broken rule would give: availability of 0.9 in the scenario for blocks signed at 0.9, half of it for the others.
    """
    term = SignedTerm(contract="b", signed=FIRST, column="availability", value=0.9)
    case = add(
        edit(one_site(4.0, 4.0), Block, "b", lead_quarters=1),
        term,
        scenario("well", 0.5),
        scenario("half", 0.5),
        shock("half", "blocks", "b", Change.MULTIPLY, 0.5, column="availability"),
    )
    half = certain(case, "half")
    assert half.get(Block, "b").availability == 0.5
    assert half.get(Block, "b").as_signed(half, FIRST).availability == pytest.approx(0.45)


def test_actual_rows_of_the_case_are_not_shocked() -> None:
    """Proves: what the case says of the past is what was seen: demand of past quarters, terms as they turned out."""
    late = SignedTerm(contract="b", signed=FIRST, column="delay_quarters", value=2.0)
    base = edit(one_site(4.0, 5.0, 6.0, 6.0), Block, "b", lead_quarters=1, term_quarters=2)
    case = add(
        base,
        scenario("prompt", 0.5),
        scenario("late", 0.5),
        shock("late", "demand", "train", Change.MULTIPLY, 2.0),
        shock("late", "blocks", "b", Change.ADD, 1.0, column="delay_quarters"),
    )
    actual = Signed(contract="b", action=Made.SIGN, quarter=FIRST, quantity=3.0)
    rolled = roll(add(case, late, actual), None, THIRD, "late").case
    assert demand(rolled) == {FIRST: 4.0, SECOND: 5.0, THIRD: 12.0, FOURTH: 12.0}
    assert rolled.of(SignedTerm) == (late,)
    assert rolled.get(Block, "b").delay_quarters == 1


def test_a_figure_of_the_past_is_what_was_seen_or_still_that_of_the_scenario() -> None:
    """Proves: `up` came true in the second quarter. In the third, 5 units that finance entered for the second are 5;
    the forecast of 4 that nobody touched is the 6 of the scenario, as far as the approved plan or what stood shows it.

    A broken rule would give: an actual multiplied by 1.5, or a history that no longer is what was planned and paid.
    """
    case, plan = stages(), tree(stages())
    assert demand(roll(case, plan, THIRD, "up").case)[SECOND] == 6.0
    seen = edit(case, Demand, "train", units=across(4.0, 5.0, 4.0, 4.0))
    assert demand(roll(seen, plan, THIRD, "up").case)[SECOND] == 5.0
    first = roll(case, plan, SECOND, "up")
    rolled = tree(first.case)
    assert first.stood == {f"demand | train | {quarter}": 4.0 for quarter in (SECOND, THIRD, FOURTH)}
    assert demand(roll(case, rolled, THIRD, "up", first.stood).case)[SECOND] == 6.0
    assert demand(roll(seen, rolled, THIRD, "up", first.stood).case)[SECOND] == 5.0
    assert demand(roll(case, rolled, THIRD, "up").case)[SECOND] == 4.0, "without a record, as the case says"


def test_a_budget_of_the_year_that_a_scenario_cut_stays_cut() -> None:
    """Proves: half of 10,000 USD a quarter from the second on, in a budget of the fiscal year, leaves 25,000 USD for
    the year, in the tree and after its roll into the third quarter: the past of the year counts as the scenario has it.
    """
    case = add(
        one_site(10.0, 10.0, 10.0, 10.0),
        Budget(budget="year", period=Period.FISCAL_YEAR, amount=across(10e3, 10e3, 10e3, 10e3)),
        scenario("kept", 0.5),
        scenario("cut", 0.5),
        shock("cut", "budgets", "year", Change.MULTIPLY, 0.5),
    )
    plan = tree(case)
    rolled = roll(case, plan, THIRD, "cut").case
    paid = math.fsum(row.usd for row in rolled.of(Paid))
    found = solved(rolled)
    ahead = math.fsum(usd for key, usd in cash(found).items() if key[0] == "reserved invoices" and key[2] >= THIRD)
    assert paid + ahead == pytest.approx(25_000.0)


def test_a_new_scenario_branches_from_what_is_known() -> None:
    """Proves: a scenario that finance adds meanwhile is welcome: it follows the branch it branches from; one that
    branches from nothing follows all that go on, by their probability.
    """
    plan = tree(stages())
    case = add(edit(stages(), Scenario, "up", probability=0.3), scenario("bust", 0.2, 3, "up"))
    case = add(case, shock("bust", "demand", "train", Change.SET, 0.0))
    rolled = roll(case, plan, SECOND, "up")
    assert [(row.scenario, row.parts_in) for row in rolled.case.of(Scenario)] == [
        ("up", None),
        ("top", THIRD),
        ("bust", FOURTH),
    ]
    follows = {name: [(b.scenario, b.probability) for b in each] for name, each in rolled.course.follows.items()}
    assert follows == {"up": [("up", 1.0)], "top": [("top", 1.0)], "bust": [("up", 1.0)]}
    free = add(edit(stages(), Scenario, "up", probability=0.3), scenario("new", 0.2, 2))
    course = roll(free, plan, FIRST + 0).course
    assert [(b.scenario, b.probability) for b in course.follows["new"]] == [("flat", 0.3), ("up", 0.5), ("top", 0.2)]


def test_a_scenario_that_is_gone_is_fine_and_one_that_was_renamed_must_be_said() -> None:
    """Proves: what was removed goes with its probability. When no name of the approved plan is left and its history
    depends on what came true, one of its scenarios must be named.
    """
    plan = tree(stages())
    gone = Case(tuple(row for row in stages().records if getattr(row, "scenario", "") != "top"))
    gone = edit(gone, Scenario, "up", probability=0.7)
    rolled = roll(gone, plan, SECOND)
    assert [(row.scenario, row.probability) for row in rolled.case.of(Scenario)] == [("flat", 0.3), ("up", 0.7)]
    certain_now = one_site(4.0, 6.0, 6.0, 6.0)
    assert roll(certain_now, plan, SECOND).course.history is not None
    with pytest.raises(InputError, match=r"in the approved plan flat \(30 %\); up, top \(70 %\) had parted by 2027Q2"):
        roll(certain_now, plan, THIRD)
    named = roll(certain_now, plan, THIRD, "up")
    assert [row.quantity for row in named.case.of(Signed)] == [4.0, 6.0]


def test_a_case_with_stated_uncertainty_rolls() -> None:
    """Proves: what is stated of uncertainty stays in the rolled case, with or without scenarios."""
    from optimizer.case.uncertainty import Process, Uncertainty

    walk = Uncertainty(uncertainty="growth", process=Process.WALK, table="demand", row="train", volatility=0.2)
    for case in (add(one_site(4.0, 4.0), walk), add(newsvendor(), walk)):
        rolled = roll(case, solve_any(case, EXACT), SECOND, "high" if case.of(Scenario) else "")
        assert rolled.case.of(Uncertainty) == (walk,)


def test_known_is_the_conditional_case() -> None:
    """Proves: (KNOWN-1) to (KNOWN-3) on the case alone: the scenarios known to be possible, and their case."""
    case = stages()
    assert still_possible(case, SECOND, "top") == ("up", "top")
    assert still_possible(case, THIRD, "top") == ("top",)
    assert still_possible(case, FOURTH) == ("flat", "up", "top")
    alone = known(case, ("top",), FIRST)
    assert demand(alone) == {FIRST: 4.0, SECOND: 6.0, THIRD: 9.0, FOURTH: 9.0}
    with pytest.raises(ValueError, match="had parted"):
        known(case, ("flat", "up"), THIRD)


def rolled_costs(case: Case, plan: TreePlan, as_of: Quarter, names: tuple[str, ...]) -> dict[str, float]:
    """The least cost of the rolled case on each course, USD."""
    found: dict[str, float] = {}
    for name in names:
        rolled: Rolled = roll(case, plan, as_of, name)
        again = solve_any(rolled.case, EXACT)
        assert again.result.status == "optimal" and again.result.objective is not None
        found[name] = again.result.objective
    return found


@settings(max_examples=12, deadline=None)
@given(
    units=st.lists(st.integers(0, 12), min_size=6, max_size=6),
    weights=st.lists(st.integers(1, 9), min_size=3, max_size=3),
    rate=st.sampled_from([0.0, 0.2]),
    whole=st.booleans(),
)
def test_what_is_optimal_stays_optimal_when_the_tree_rolls(
    units: list[int], weights: list[int], rate: float, whole: bool
) -> None:
    """Proves: without news, the rolled case of each branch costs exactly what the optimal tree had for it, so that
    paid so far + sum of probability x least cost of the branch = least expected cost (time consistency of the mean).

    A broken rule would give: probabilities not weighed anew, a decision that is free again or lost, history paid twice.
    """
    whole_number = math.fsum(weights)
    low, high, most = (weight / whole_number for weight in weights)
    case = add(
        edit(
            one_site(float(units[0]), float(units[1]), float(units[2]), discount_rate=rate),
            Block, "b", divisible=not whole, term_quarters=2, max_blocks=20.0,
        ),
        *spot("s", 1.7, 1.7, 1.7, firmness=Firmness.ON_DEMAND, limit=6.0),
        scenario("low", low),
        scenario("high", high),
        scenario("most", most, 2, "high"),
        shock("high", "demand", "train", Change.SET, float(units[3])),
        shock("most", "demand", "train", Change.SET, float(units[4])),
        shock("low", "spot_price", "s", Change.ADD, float(units[5]) / 10.0),
    )  # fmt: skip
    plan = solve_tree(case, EXACT)
    assert plan.result.objective is not None
    spent = math.fsum(
        amount * case.calendar.discount(quarter)
        for (_, _, quarter), amount in cash(plan.branches[0].plan).items()
        if quarter == FIRST
    )
    branches = rolled_costs(case, plan, SECOND, ("low", "high"))
    expected = low * branches["low"] + (high + most) * branches["high"]
    assert plan.result.objective == pytest.approx(spent + expected * (1.0 + rate) ** -0.25, rel=1e-7, abs=0.02)


def test_renamed_block_rows_follow_the_path() -> None:
    """Proves: a contract whose row is gone stays as signed on the path that came true, closed to new business."""
    case = add(edit(stages(), Block, "b", term_quarters=4), block("c", price_usd_per_gpu_hour=2.0))
    plan = tree(case)
    rolled = roll(drop(case, Block, "b"), plan, THIRD, "up")
    assert any("its row is gone" in finding.found for finding in rolled.findings)
    assert rolled.case.get(Block, "b").sign_until == SECOND
    assert [(row.quarter, row.quantity) for row in rolled.case.of(Signed)] == [(FIRST, 4.0), (SECOND, 2.0)]
