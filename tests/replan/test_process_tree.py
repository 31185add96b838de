"""The whole replan of a case with scenarios, store and all: the tree goes on, and what came true is told."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from optimizer.case.case import Case
from optimizer.case.scenario import LeastCost, Scenario
from optimizer.case.settings import Objective
from optimizer.case.world import Demand
from optimizer.cli.replan import document, told
from optimizer.contracts.block import Block
from optimizer.contracts.option import Option
from optimizer.errors import StaleError
from optimizer.futures.future import UNCERTAIN
from optimizer.futures.shock import Change
from optimizer.ledger.decision import Action
from optimizer.load import load_case
from optimizer.plan.plan import Plan
from optimizer.plan.save import load_plan
from optimizer.plan.tree import AnyPlan, TreePlan, audit_any, audit_tree
from optimizer.publish import write_any
from optimizer.replan.approve import approve
from optimizer.replan.compare import between
from optimizer.replan.process import Replanned, plan_of, replan
from optimizer.store import State, Store
from optimizer.studies.mean import mean_case
from optimizer.tables.quarter import Quarter
from tests.builders import EXACT, FIRST, across, add, edit, edit_settings, one_site, solved
from tests.futures.branching import newsvendor, scenario, shock
from tests.replan.test_roll_tree import SECOND, THIRD, marked, stages

TUTORIAL = Path(__file__).resolve().parents[2] / "data" / "tutorial-uncertain"


@pytest.fixture
def store(tmp_path: Path):  # type: ignore[no-untyped-def]
    with Store.open(str(tmp_path / "runs.db")) as opened:
        yield opened


def state(store: Store, case: Case, as_of: Quarter, came_true: str = "") -> Replanned:
    """Replan and approve."""
    found = replan(case, as_of, store, EXACT, came_true=came_true)
    approve(store, found.run.number, case, "me", "test")
    return found


def branch(plan: AnyPlan, name: str) -> Plan:
    """What a plan does in a scenario; a certain plan is that of the scenario that was left alone."""
    return plan.branch(name).plan if isinstance(plan, TreePlan) else plan


def ahead(plan: Plan, since: Quarter) -> tuple[dict[object, float], dict[object, float]]:
    """Decisions and operations from a quarter on, to the last digit; marks of what was paid left out."""
    chosen = {c.key: c.quantity for c in plan.choices if c.key.quarter >= since and c.key.action is not Action.PAID}
    return chosen, {key: quantity for key, quantity in plan.operations if key.quarter >= since}


PATHS = {
    "late power": {2: {"late power": "2027Q2"}, 3: {"late power": "2027Q3"}, 4: {"late power": "2027Q4"}},
    "calm": {2: {"calm": "2027Q2"}, 3: {"calm": "2027Q3"}, 4: {"calm": "2027Q3"}},
    "boom": {2: {"calm": "2027Q2"}, 3: {"calm": "2027Q2", "boom": "2027Q3"}, 4: {"boom": "2027Q4"}},
}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("slack", [0.0025, 0.0])
@pytest.mark.parametrize("every", [True, False], ids=["approved each quarter", "approved once"])
def test_without_news_the_tree_goes_on_digit_for_digit(path: str, slack: float, every: bool, store: Store) -> None:
    """Proves: planned under uncertainty, then replanned each quarter with nothing new but what came true, every
    scenario that is still possible decides and operates from there on what it did, digit for digit; nothing moves, no
    input changed, and the cost is what the approved plan had for what came true.

    A broken rule would give: other nodes, a search that finds a twin, or a figure of the past that is taken for news.
    """
    case = edit_settings(load_case(TUTORIAL), stability_slack=slack)
    found = state(store, case, FIRST)
    for number, marks in PATHS[path].items():
        as_of, told = Quarter.of(2027, number), case
        for name, quarter in marks.items():
            told = marked(told, name, Quarter.parse(quarter))
        again = replan(told, as_of, store, EXACT)
        assert again.new and again.calm is not None and again.difference is not None
        left = [b.scenario for b in again.plan.branches] if isinstance(again.plan, TreePlan) else [path]
        for name in left:
            assert ahead(branch(again.plan, name), as_of) == ahead(branch(found.plan, name), as_of)
        assert again.calm.unchanged and again.calm.moved == 0.0
        assert not again.difference.changed and not again.difference.inputs
        assert again.run.objective == pytest.approx(again.cost_known, abs=0.01)
        if every:
            approve(store, again.run.number, told, "me", "test")
            found = again
    assert isinstance(again.plan, Plan), "one scenario is left: the case is certain"


@pytest.mark.parametrize("as_of", [SECOND, THIRD])
def test_a_strike_that_came_true_holds_for_rights_that_were_bought_before(as_of: Quarter, store: Store) -> None:
    """Proves: 4 rights bought for 2027Q3 cost 4,000 USD to exercise in the calm half and 10,000 where the strike of
    that quarter is 2.5 USD. Replanned when that half has come true, it is 10,000 still.

    A broken rule would give: 4,000, on the paper of the rights, as if what came true had not.
    """
    terms = {"supplier": "acme", "site": "home", "accelerator": "h100", "gpus_per_block": 1.0, "term_quarters": 1}
    right = Option(option="o", price_usd_per_gpu_hour=1.0, max_blocks=4.0, buy_until=FIRST, **terms)
    case = add(
        edit(one_site(0.0, 0.0, 4.0), Block, "b", price_usd_per_gpu_hour=4.0),
        replace(right, premium_usd_per_block=100.0, exercise_from=THIRD),
        scenario("calm", 0.5),
        scenario("dear", 0.5),
        shock("dear", "options", "o", Change.SET, 2.5, column="price_usd_per_gpu_hour", since=THIRD),
    )
    first = state(store, case, FIRST)
    assert first.run.objective == pytest.approx(400.0 + 0.5 * 4_000.0 + 0.5 * 10_000.0)
    again = replan(case, as_of, store, EXACT, came_true="dear")
    assert again.run.objective == pytest.approx(10_000.0) and again.cost_known == pytest.approx(10_000.0)


@pytest.mark.parametrize(
    "changes",
    [
        [(Change.MULTIPLY, 2.5, THIRD)],
        [(Change.ADD, 1.5, THIRD)],
        [(Change.SET, 2.5, THIRD)],
        [(Change.MULTIPLY, 2.0, None), (Change.ADD, 0.5, THIRD)],
    ],
    ids=["multiplied", "added to", "set", "multiplied for all that is signed, then added to"],
)
def test_a_scenario_changes_the_strike_that_was_agreed(
    changes: list[tuple[Change, float, Quarter | None]], store: Store
) -> None:
    """Proves: rights at a strike of 1 USD, which half of the futures makes 2.5 USD in 2027Q3, are bought; the row of
    the option then says 2 USD. They still cost 4,000 USD to exercise in the calm half and 10,000 in the dear one: by
    the tree, by its mean case (7,000), and once the dear half has come true.

    A broken rule would give: 20,000 or 14,000 in the dear half, the change on the strike of the new row.
    """
    terms = {"supplier": "acme", "site": "home", "accelerator": "h100", "gpus_per_block": 1.0, "term_quarters": 1}
    right = Option(option="o", price_usd_per_gpu_hour=1.0, max_blocks=4.0, buy_until=FIRST, **terms)
    case = add(
        edit(one_site(0.0, 0.0, 4.0), Block, "b", price_usd_per_gpu_hour=4.0),
        replace(right, premium_usd_per_block=100.0, exercise_from=THIRD),
        scenario("calm", 0.5, 2),
        scenario("dear", 0.5, 2),
        *(
            shock("dear", "options", "o", change, value, column="price_usd_per_gpu_hour", since=since)
            for change, value, since in changes
        ),
    )
    state(store, case, FIRST)
    dearer = edit(case, Option, "o", price_usd_per_gpu_hour=2.0)
    second = replan(dearer, SECOND, store, EXACT)
    assert second.run.objective == pytest.approx(7_000.0)
    assert solved(mean_case(second.plan.case)).cost == pytest.approx(7_000.0)
    third = replan(dearer, THIRD, store, EXACT, came_true="dear")
    assert third.run.objective == pytest.approx(10_000.0)


def test_before_any_parting_nothing_is_material(store: Store) -> None:
    """Proves: a quarter later, with no parting between, there is nothing to tell."""
    case = add(
        one_site(4.0, 4.0, 4.0),
        scenario("low", 0.6, 2),
        scenario("high", 0.4, 2),
        shock("high", "demand", "train", Change.SET, 9.0),
    )
    state(store, case, FIRST)
    again = replan(case, SECOND, store, EXACT)
    assert again.new and not again.material
    assert again.cost_before == pytest.approx(again.cost_known)
    assert isinstance(again.plan, TreePlan) and audit_tree(again.plan) == ()


def test_what_came_true_is_told_and_material_by_its_cost(store: Store) -> None:
    """Proves: demand is up: 24,857 USD to come instead of 20,700 on average. That alone is worth a look unless the case
    says that 21 % are not; the plan itself did not change.
    """
    case = edit_settings(stages(), stability_slack=0.0, material_cost_share=0.21)
    state(store, case, FIRST)
    found = replan(marked(case, "up", SECOND), SECOND, store, EXACT)
    assert found.cost_before == pytest.approx(0.3 * 12e3 + 0.5 * 18e3 + 0.2 * 24e3)
    assert found.cost_known == pytest.approx(5 / 7 * 18e3 + 2 / 7 * 24e3)
    assert not found.material
    assert "what came true changes what the approved plan has to come from 17,400.00 to 19,714.29 USD" in (
        found.run.summary
    )
    closer = edit_settings(marked(case, "up", SECOND), material_cost_share=0.13)
    assert replan(closer, SECOND, store, EXACT).material


def test_the_flag_is_part_of_what_is_asked_and_is_kept(store: Store) -> None:
    """Proves: the same case asked with another scenario is another run; asked again it is the same, and it is kept."""
    case = stages()
    state(store, case, FIRST)
    up = replan(case, SECOND, store, EXACT, came_true="up")
    flat = replan(case, SECOND, store, EXACT, came_true="flat")
    assert up.new and flat.new and up.run.number != flat.run.number
    again = replan(case, SECOND, store, EXACT, came_true="up")
    assert not again.new and again.run.number == up.run.number
    assert '"came_true": "up"' in up.run.options and '"possible": ["up", "top"]' in up.run.options
    assert "--came-true up" in up.run.summary
    assert "came_true" not in store.run(1).options


def test_the_store_keeps_trees_and_approval_audits_them(store: Store, tmp_path: Path) -> None:
    """Proves: what the store gives back of a tree is what was solved, in every scenario; it is approved only for the
    inputs it was made from, and a tree that fails its audit is not approved.
    """
    case = stages()
    found = replan(case, FIRST, store, EXACT)
    kept = plan_of(store, found.run.number)
    assert isinstance(kept, TreePlan) and isinstance(found.plan, TreePlan)
    assert [b.scenario for b in kept.branches] == ["flat", "up", "top"]
    for one, other in zip(kept.branches, found.plan.branches, strict=True):
        assert (one.probability, one.plan.choices, one.plan.operations) == (
            other.probability,
            other.plan.choices,
            other.plan.operations,
        )
    assert audit_any(kept) == ()
    with pytest.raises(StaleError, match="other inputs"):
        approve(store, found.run.number, marked(case, "up", SECOND), "me", "no")
    approve(store, found.run.number, case, "me", "yes")
    assert store.run(found.run.number).state is State.APPROVED


def test_certain_to_uncertain_and_back(store: Store) -> None:
    """Proves: a plan without scenarios goes on in a tree, and a tree in a case without; what both share does not move.

    In the first quarter 10 units are planned. Then `high` may ask 14 in the third: 4 blocks with its probability, 0.4.
    Then finance knows that it does not, and takes the scenarios out: the 4 blocks do not come.
    """
    case = edit_settings(one_site(10.0, 10.0, 10.0), stability_slack=0.0)
    state(store, case, FIRST)
    high = shock("high", "demand", "train", Change.SET, 14.0)
    maybe = add(case, scenario("low", 0.6, 2), scenario("high", 0.4, 2), high)
    second = replan(maybe, SECOND, store, EXACT)
    assert isinstance(second.plan, TreePlan) and second.calm is not None and second.difference is not None
    assert second.run.objective == pytest.approx(20_000.0 + 0.4 * 4_000.0)
    assert second.calm.moved == pytest.approx(0.4 * 4_000.0)
    assert second.cost_before == pytest.approx(20_000.0)
    later = [(one.what, one.mean_before, one.mean_after) for one in second.difference.later]
    assert later == [("sign | b", pytest.approx(10.0), pytest.approx(11.6))]
    assert not second.difference.decisions
    assert {one.table for one in second.difference.inputs} == {"scenarios", "shocks"}
    approve(store, second.run.number, maybe, "me", "yes")
    third = replan(case, SECOND, store, EXACT)
    assert isinstance(third.plan, Plan) and third.calm is not None and third.difference is not None
    assert third.run.objective == pytest.approx(20_000.0)
    assert third.calm.moved == pytest.approx(0.4 * 4_000.0)
    assert third.cost_before == pytest.approx(21_600.0)


def test_runs_of_trees_are_compared_across_quarters(store: Store) -> None:
    """Proves: from the plan of the first quarter to that of the second, nothing differs but what came true; from the
    second to one with more demand, the decisions do, and the cell is named.
    """
    case = edit_settings(stages(), stability_slack=0.0)
    first = state(store, case, FIRST)
    told = marked(case, "top", THIRD)
    second = replan(told, SECOND, store, EXACT)
    same = between(first.plan, second.plan, SECOND, "")
    assert not same.changed and not same.inputs
    assert same.objective.before == pytest.approx(same.objective.after)
    third = replan(told, THIRD, store, EXACT)
    assert isinstance(third.plan, Plan)
    assert not between(first.plan, third.plan, THIRD, "top").changed
    more = edit(told, Demand, "train", units=across(4.0, 8.0, 4.0, 4.0))
    changed = replan(more, SECOND, store, EXACT)
    found = between(first.plan, changed.plan, SECOND, "")
    assert [(one.what, one.before, one.after) for one in found.decisions] == [("sign | b | 2027Q2", 6.0, 12.0)]
    assert [(one.table, one.row, one.column, one.before, one.after) for one in found.inputs] == [
        ("demand", "train", "2027Q2", 6.0, 12.0)
    ]


def test_a_tree_without_a_plan_is_kept_and_not_approved(store: Store) -> None:
    """Proves: infeasible under uncertainty is a run with its reason, once, after a plan that was approved."""
    from optimizer.case.world import Workload
    from optimizer.contracts.block import Block

    case = newsvendor()
    state(store, case, FIRST)
    hard = edit(edit(case, Block, "b", max_blocks=3.0), Workload, "train", must_serve=True)
    found = replan(hard, FIRST, store, EXACT)
    assert found.run.status == "infeasible" and found.run.objective is None and found.difference is None
    assert not replan(hard, FIRST, store, EXACT).new
    with pytest.raises(StaleError, match="nothing to approve"):
        approve(store, found.run.number, hard, "me", "no")


def test_risk_rolls_too(store: Store) -> None:
    """Proves: with CVaR in the objective and without news the tree goes on digit for digit, its edge found anew."""
    case = edit_settings(stages(), risk_weight=0.5, risk_tail=0.3)
    first = state(store, case, FIRST)
    again = replan(case, FIRST, store, replace(EXACT, seed=5))
    assert again.new and again.calm is not None and again.calm.unchanged
    assert not again.material
    found = replan(marked(case, "up", SECOND), SECOND, store, EXACT)
    assert isinstance(found.plan, TreePlan) and isinstance(first.plan, TreePlan)
    assert found.cost_known == pytest.approx(
        5 / 7 * 18e3 + 2 / 7 * 24e3 + 0.5 * (2 / 7 * 24e3 + (0.3 - 2 / 7) * 18e3) / 0.3
    )
    assert found.run.objective == pytest.approx(found.cost_known)


@pytest.mark.parametrize("objective", [Objective.WORST, Objective.REGRET])
def test_the_worst_case_and_regret_roll_too(objective: Objective, store: Store) -> None:
    """Proves: what the scenarios cost alone is found anew as of the later quarter and kept with the run; without other
    news nothing moves, and the cost before and after is judged alike.
    """
    case = edit_settings(stages(), objective=objective)
    state(store, case, FIRST)
    found = replan(marked(case, "up", SECOND), SECOND, store, EXACT)
    assert isinstance(found.plan, TreePlan) and found.calm is not None and found.difference is not None
    assert found.calm.unchanged and found.calm.moved == 0.0
    assert not found.difference.changed and not found.difference.inputs
    assert found.run.objective == pytest.approx(24e3 if objective is Objective.WORST else 0.0, abs=0.01)
    assert found.cost_known == pytest.approx(found.run.objective, abs=0.01)
    assert bool(found.plan.case.of(LeastCost)) == (objective is Objective.REGRET)
    approve(store, found.run.number, marked(case, "up", SECOND), "me", "yes")


def test_what_is_announced_of_a_tree_tells_what_came_true(store: Store) -> None:
    """Proves: the text and the JSON document of a run of a tree, which a mail or a webhook carries, say what came true,
    what it changes, what is decided now, and what waits.
    """
    case = edit_settings(stages(), stability_slack=0.0)
    state(store, case, FIRST)
    more = edit(marked(case, "up", SECOND), Demand, "train", units=across(4.0, 8.0, 4.0, 4.0))
    found = replan(more, SECOND, store, EXACT)
    text = told(found, "here")
    assert "still possible, as known by 2027Q2 (the case says so): up 71.43 %, top 28.57 %" in text
    assert "did not come true: flat 30 %" in text
    assert "sign | b | 2027Q2" in text and "decide now, whatever comes" in text
    sent = json.loads(json.dumps(document(found), default=str))
    assert sent["run"]["options"]["possible"] == ["up", "top"]
    assert sent["difference"]["decisions"][0]["what"] == "sign | b | 2027Q2"


def test_a_tree_solved_in_bundles_says_that_calm_was_not_sought(store: Store) -> None:
    """Proves: split among workers, without news the approved tree goes on digit for digit, with the bound found;
    with news the rolled tree has its least cost, what it moves is told, and calm is not claimed.
    """
    from optimizer.run import Engine, solve_tree

    case = load_case(TUTORIAL)
    first = state(store, case, FIRST)
    second = Quarter.parse("2027Q2")
    told = marked(case, "calm", second)
    split = replace(EXACT, engine=Engine.SPLIT)
    found = replan(told, second, store, split)
    assert found.calm is not None and found.calm.unchanged and found.calm.moved == 0.0
    assert found.run.objective == pytest.approx(12_825_410.0) and found.run.status == "optimal"
    for name in ("calm", "boom"):
        assert ahead(branch(found.plan, name), second) == ahead(branch(first.plan, name), second)
    more = edit(told, Demand, "chat", units=across(100.0, 500.0, 600.0, 700.0))
    found = replan(more, second, store, split)
    assert found.calm is not None and not found.calm.sought and found.material
    assert "calm was not sought" in found.run.summary
    assert found.calm.moved > 0.0 and isinstance(found.plan, TreePlan)
    assert found.run.objective == pytest.approx(solve_tree(found.plan.case, EXACT).result.objective, abs=1.0)


def test_reports_of_a_rolled_tree_say_what_replanning_changed(store: Store, tmp_path: Path) -> None:
    """Proves: page, workbook and plan.json of the tree tell the lines of the run; those of a tree that was simply
    solved do not.
    """
    from openpyxl import load_workbook

    from optimizer.run import solve_tree

    case = stages()
    state(store, case, FIRST)
    found = replan(marked(case, "up", SECOND), SECOND, store, EXACT)
    write_any(found.plan, tmp_path / "replanned")
    line = "calm: commitments moved 0.00 USD, the cheapest plan would move 0.00; calm costs 0.00 USD"
    assert line in (tmp_path / "replanned" / "plan.html").read_text()
    book = load_workbook(tmp_path / "replanned" / "plan.xlsx", read_only=True)
    assert any(line == cell for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row)
    book.close()
    write_any(solve_tree(case, EXACT), tmp_path / "solved")
    assert "What replanning changed" not in (tmp_path / "solved" / "plan.html").read_text()
    assert load_plan(tmp_path / "replanned" / "scenarios" / "0001").result.replanned == ""


def test_the_rolled_case_of_one_scenario_is_scenario_free(store: Store) -> None:
    found = replan(marked(stages(), "flat", SECOND), SECOND, store, EXACT)
    assert isinstance(found.plan, Plan)
    assert not [row for row in found.plan.case.records if isinstance(row, UNCERTAIN)]
    assert not found.plan.case.of(Scenario)
