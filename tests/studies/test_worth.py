"""What uncertainty is worth, solved by hand."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from optimizer.case.case import Case
from optimizer.case.scenario import LeastCost
from optimizer.case.settings import Objective
from optimizer.case.world import Demand, Workload
from optimizer.cli.main import main
from optimizer.contracts.block import Block
from optimizer.contracts.option import Option
from optimizer.errors import Exit, StaleError, UnsolvableError, UsageError
from optimizer.futures.future import certain
from optimizer.futures.shock import Change
from optimizer.load import load_case
from optimizer.plan.outlook import advice, rights
from optimizer.plan.save_tree import load_tree
from optimizer.plan.tree import counted
from optimizer.plan.worth import Known, Least, Value, Worth, value
from optimizer.publish import add_values, write_tree
from optimizer.request import Request, Step
from optimizer.run import Engine, solve, solve_tree
from optimizer.studies.mean import mean_case
from optimizer.studies.worth import valued, worth
from tests.builders import EXACT, FIRST, add, block, drop, edit, edit_settings, one_site
from tests.futures.branching import newsvendor, scenario, shock, tree

UNCERTAIN = Path(__file__).resolve().parents[2] / "data" / "tutorial-uncertain"


def asked(case: Case, request: Request = EXACT) -> Worth:
    """What uncertainty is worth in the case."""
    found = worth(case, request).worth
    assert found is not None
    return found


def exactly(found: Value, usd: float) -> None:
    """The value is known to the cent, and its bracket is the value."""
    assert (found.usd, found.low, found.high) == pytest.approx((usd,) * 3, abs=0.01)


def test_the_mean_case_has_mean_numbers() -> None:
    """Proves: 0.25 x 2 + 0.75 x 10 = 8 from the parting on; before it, the number is the same in all."""
    case = add(
        one_site(2.0, 2.0),
        scenario("low", 0.25),
        scenario("high", 0.75),
        shock("high", "demand", "train", Change.SET, 10.0),
    )
    assert mean_case(case).get(Demand, "train").units.values == (2.0, 8.0)


@pytest.mark.parametrize("share", [0.4, 0.6])
def test_a_term_of_a_quarter_has_the_mean_of_all_scenarios(share: float) -> None:
    """Proves: a price that doubles from the second quarter on in some scenarios rises by their probability, and a
    delivery that is then a quarter late is late if most are: a whole number has no mean.

    A broken rule would give: no rise at all below one half and twice the price above it, or 0.4 quarters late.
    """
    case = add(
        one_site(4.0, 4.0),
        scenario("as it is", 1.0 - share),
        scenario("dear", share / 2.0),
        scenario("dearer", share / 2.0),
        *(
            shock(name, "blocks", "b", change, value, column=column, since=FIRST + 1)
            for name, value in (("dear", 2.0), ("dearer", 3.0))
            for column, change, value in (
                ("price_usd_per_gpu_hour", Change.MULTIPLY, value),
                ("delay_quarters", Change.SET, 1.0),
            )
        ),
    )
    mean = mean_case(case)
    later = mean.get(Block, "b").as_signed(mean, FIRST + 1)
    assert later.price_usd_per_gpu_hour == pytest.approx(1.0 - share + 2.5 * share)
    assert later.delay_quarters == (1 if share > 0.5 else 0)
    assert mean.get(Block, "b").as_signed(mean, FIRST).price_usd_per_gpu_hour == 1.0
    assert worth(case, EXACT).worth is not None


def test_foresight_and_planning_for_the_mean() -> None:
    """Proves: 10 blocks cost 10,000; who knows pays 4,000 or 10,000, so that foresight is worth 3,000.

    Who plans for the mean of 7 signs 7 and is short of 3 in the high half: 7,000 + 15,000 / 2 = 14,500, so that
    planning for both is worth 4,500. A broken rule would give: 0 for both, if the tree had foresight.
    """
    found = asked(newsvendor())
    exactly(found.information, 3_000.0)
    exactly(found.solution, 4_500.0)
    assert found.options == ()
    assert {row.scenario: row.least_cost_usd for row in found.alone} == pytest.approx(
        {"low": 4_000.0, "high": 10_000.0}
    )


DEAR = newsvendor(price_usd_per_gpu_hour=3.0)


@pytest.mark.parametrize(
    ("settings", "objective", "information", "solution"),
    [
        ({"risk_weight": 1.0}, 60_000.0, 60_000.0 - 51_000.0, 64_500.0 - 60_000.0),
        ({"objective": Objective.WORST}, 30_000.0, 0.0, 6_000.0),
        ({"objective": Objective.REGRET}, 7_200.0, 7_200.0, 9_000.0 - 7_200.0),
    ],
    ids=["risk", "worst case", "regret"],
)
def test_values_are_measured_as_the_case_minimises(
    settings: dict[str, object], objective: float, information: float, solution: float
) -> None:
    """Proves: blocks at 3,000, demand 4 or 10; alone 12,000 and 30,000; the mean's plan signs 7: 21,000 and 36,000.

    Mean + CVaR of the dear half: foresight 21,000 + 30,000, the mean's plan 28,500 + 36,000. Worst case: 30,000 even
    with foresight, 36,000 with the mean's plan. Regret: none with foresight, 9,000 with the mean's plan. A broken rule
    would give: differences of expected cost.
    """
    found = worth(edit_settings(DEAR, risk_tail=0.5, **settings), EXACT)
    assert found.result.objective == pytest.approx(objective)
    assert found.worth is not None
    exactly(found.worth.information, information)
    exactly(found.worth.solution, solution)


def test_a_limit_on_cvar_is_kept_by_all_questions() -> None:
    """Proves: at most 34,000 in the dear half signs 8 blocks, 29,000; foresight keeps it, the mean's plan does not."""
    found = asked(edit_settings(DEAR, risk_tail=0.5, cvar_limit_usd=34_000.0))
    exactly(found.information, 29_000.0 - 21_000.0)
    assert found.solution.known is Known.NONE and found.solution.usd is None


def test_a_mean_that_cannot_be_carried_through() -> None:
    """Proves: where demand must be served, 7 blocks have no plan in the high half: no limit, not a number."""
    found = asked(edit(newsvendor(), Workload, "train", must_serve=True))
    assert found.planning == Least(Known.NONE)
    assert found.solution == Value(Known.NONE, None, None, None)


def test_an_option_is_worth_what_its_absence_costs() -> None:
    """Proves: the value equals what the case without the row costs more, solved apart; the break-even premium is the
    premium at which holding the plan's blocks costs what it saves.

    A broken rule would give: the value without the premium that is already paid.
    """
    case = load_case(UNCERTAIN)
    found = asked(case)
    (option,) = found.options
    without = solve_tree(drop(case, Option, "fjord-more"), EXACT).result.objective
    assert without is not None and found.tree.cost is not None
    exactly(found.of(option), without - found.tree.cost)
    assert (option.held, option.premium_usd) == pytest.approx((2.0, 40_000.0))
    assert found.break_even(option) == pytest.approx((40_000.0 + without - found.tree.cost) / 2.0)
    exactly(found.information, 26_250.0)


def test_a_split_tree_gives_the_same_values(tmp_path: Path) -> None:
    """Proves: where the tree is cut into bundles, the tree without an option is too, and the value is the same."""
    case = load_case(UNCERTAIN)
    whole, split = asked(case), asked(case, replace(EXACT, engine=Engine.SPLIT, threads=2))
    for mine, theirs in ((whole.information, split.information), (whole.solution, split.solution)):
        assert theirs.usd == pytest.approx(mine.usd, abs=20.0)
    assert split.of(split.options[0]).usd == pytest.approx(whole.of(whole.options[0]).usd, abs=40.0)


@pytest.mark.parametrize(
    "settings",
    [{}, {"risk_weight": 0.5, "risk_tail": 0.3}],
    ids=["expected", "risk"],
)
def test_at_its_break_even_premium_an_option_is_worth_nothing(settings: dict[str, object]) -> None:
    """Proves: the premium that is called break-even is: with it, the case costs as much as without the option.

    A broken rule would give: with risk, a premium that counts once where the objective counts it 1.5 times.
    """
    case = edit_settings(load_case(UNCERTAIN), **settings)
    found = asked(case)
    even = found.break_even(found.options[0])
    assert even is not None
    dear = asked(edit(case, Option, "fjord-more", premium_usd_per_block=even))
    exactly(dear.of(dear.options[0]), 0.0)


def test_an_option_without_which_nothing_works_has_no_limit() -> None:
    """Proves: 4 blocks and rights to 6 more are the only way to serve 10: the option's value has no limit.

    4,000 + 600 of premium + 6,000 in half of the futures; foresight saves the premium in the other half. A broken rule
    would give: no values at all.
    """
    option = Option(
        option="more", expands="b", supplier="acme", site="home", accelerator="h100", gpus_per_block=1.0,
        price_usd_per_gpu_hour=1.0, term_quarters=1, max_blocks=6.0, premium_usd_per_block=100.0, divisible=True,
        buy_until=FIRST,
    )  # fmt: skip
    case = edit(add(newsvendor(max_blocks=4.0), option), Workload, "train", must_serve=True)
    found = asked(case)
    assert found.tree.cost == pytest.approx(7_600.0)
    assert found.options[0].without == Least(Known.NONE)
    assert found.of(found.options[0]).known is Known.NONE
    assert found.break_even(found.options[0]) is None
    exactly(found.information, 300.0)


def test_what_a_dollar_counts() -> None:
    """Proves: probabilities; with weight 0.5 on the dearest 30 %, of which 20 % are at 5 and 10 % at 2, also
    0.5 x 2/3 and 0.5 x 1/3; the worst alone; the one of most regret alone. Each is the derivative of the objective."""
    costs, shares = {"a": 1.0, "b": 2.0, "c": 5.0}, [0.5, 0.3, 0.2]
    case = one_site()
    assert counted(case, costs, shares) == {"a": 0.5, "b": 0.3, "c": 0.2}
    risky = counted(edit_settings(case, risk_weight=0.5, risk_tail=0.3), costs, shares)
    assert risky == pytest.approx({"a": 0.5, "b": 0.3 + 0.5 / 3.0, "c": 0.2 + 1.0 / 3.0})
    assert counted(edit_settings(case, objective=Objective.WORST), costs, shares) == {"a": 0.0, "b": 0.0, "c": 1.0}
    rows = (
        LeastCost(scenario=n, least_cost_usd=v, bound_usd=v, solved_for="")
        for n, v in (("a", 0.0), ("b", 1.5), ("c", 4.9))
    )
    regret = add(edit_settings(case, objective=Objective.REGRET), *rows)
    assert counted(regret, costs, shares) == {"a": 1.0, "b": 0.0, "c": 0.0}


def test_a_bracket_is_no_better_than_both_bounds() -> None:
    """Proves: 10 (bound 9) less 7 (bound 5) is 3, between 2 and 5; never below 0; what is not known says what is."""
    found, plan = Least(Known.FOUND, 10.0, 9.0), Least(Known.FOUND, 7.0, 5.0)
    assert value(found, plan) == Value(Known.FOUND, 3.0, 2.0, 5.0)
    assert value(plan, found) == Value(Known.FOUND, 0.0, 0.0, 0.0)
    assert value(Least(Known.NOT, None, 9.0), plan) == Value(Known.NOT, None, 2.0, None)
    assert value(Least(Known.NONE), plan) == Value(Known.NONE, None, None, None)


def test_an_interrupt_leaves_what_was_answered() -> None:
    """Proves: stopped after the scenarios alone, foresight is known, the rest is not, and nothing more is searched."""
    stop, told = Event(), []

    def listen(event: object) -> None:
        if isinstance(event, Step):
            told.append(event.name)
            if event.name == "planning for the mean":
                raise KeyboardInterrupt

    found = valued(tree(load_case(UNCERTAIN)), EXACT, listen, stop).worth
    assert found is not None and stop.is_set()
    assert found.information.known is Known.FOUND
    assert found.planning == found.options[0].without == Least(Known.NOT)
    assert told[-1] == "planning for the mean"


def test_scenarios_alone_are_not_solved_twice() -> None:
    """Proves: a plan that was valued keeps what its scenarios cost alone: asked again, they are not searched."""
    told: list[str] = []
    first = worth(newsvendor(), EXACT)
    again = valued(first, EXACT, lambda event: told.append(event.name) if isinstance(event, Step) else None)
    assert not [step for step in told if "alone" in step]
    assert again.worth == first.worth


def test_every_question_starts_from_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves: the tree without an option begins with the tree's whole numbers, those of the option alone left open."""
    from optimizer.studies import worth as study

    starts = []
    search = study.search

    def spy(form, program, request, listen, stop, start):  # type: ignore[no-untyped-def]
        starts.append((form, program, start))
        return search(form, program, request, listen, stop, start)

    monkeypatch.setattr(study, "search", spy)
    plan = tree(load_case(UNCERTAIN))
    valued(plan, EXACT)
    form, program, start = starts[-1]
    number = {id(column): n for n, column in enumerate(program.columns)}
    for made in form.made:
        if id(made.variable) in number:
            begun = start[number[id(made.variable)]]
            known = plan.branch(made.node.scenarios[0]).plan.decided.quantity(made.decision.key)
            assert begun == known if made.decision.key.contract != "fjord-more" else begun != begun


def test_what_has_no_answer_is_refused() -> None:
    """Proves: a certain case, and a tree without a plan."""
    with pytest.raises(UsageError, match="no scenarios"):
        worth(one_site())
    with pytest.raises(UnsolvableError, match="the tree has no plan"):
        worth(edit(newsvendor(max_blocks=1.0), Workload, "train", must_serve=True), EXACT)


def test_options_of_the_plan() -> None:
    """Proves: 2 blocks held for 40,000, exercised in 2027Q3 with 80 %; a plan says so without any other search."""
    (option,) = rights(tree(load_case(UNCERTAIN)))
    assert (option.held, option.premium, option.probability) == pytest.approx((2.0, 40_000.0, 0.8))
    assert [(str(quarter), chance) for quarter, chance in option.by_quarter] == [("2027Q3", pytest.approx(0.8))]


def test_the_advice_says_when() -> None:
    """Proves: what is shared comes with its quarter, what waits with probability and quarters; nothing is said, too."""
    late = block("late", price_usd_per_gpu_hour=1.5, sign_from=FIRST + 1)
    assert advice(tree(add(newsvendor(), late))) == (
        "decide by 2027Q1: sign b (4 blocks)",
        "wait: sign late (50%, 2027Q2)",
    )
    assert advice(tree(newsvendor())) == ("decide by 2027Q1: sign b (10 blocks)", "wait: nothing")
    only = add(drop(newsvendor(), type(block("b")), "b"), late)
    assert advice(tree(only)) == ("decide by 2027Q1: nothing", "wait: sign late (100%, 2027Q2)")


def test_the_advice_is_short() -> None:
    """Proves: of five offers that are due, and of five that wait, three are named, and the others are counted with
    the quarter and the place where they stand; of three, all are named and nothing else is said.
    """
    case = newsvendor(max_blocks=1.0)
    soon = [block(f"now{n}", max_blocks=1.0, sign_until=FIRST, lead_quarters=1) for n in range(4)]
    decide, wait = advice(tree(add(case, *soon)), "listed below")
    assert decide.startswith("decide by 2027Q1: sign b (1 block), sign now0 (1 block), sign now1 (1 block) and 2 more")
    assert decide.endswith(" and 2 more by 2027Q1, listed below") and wait == "wait: nothing"
    assert advice(tree(add(case, *soon[:2])), "listed below")[0].endswith("sign now1 (1 block)")
    late = [block(f"late{n}", max_blocks=1.0, sign_from=FIRST + 1) for n in range(5)]
    decide, wait = advice(tree(add(drop(case, Block, "b"), *late)), "listed below")
    assert wait.startswith("wait: sign late0 (") and wait.endswith(" and 2 more, listed below")


def test_values_stay_with_the_plan(tmp_path: Path) -> None:
    """Proves: saved and loaded, the values are the same; a changed one is seen, one that is not sealed is not believed.

    A broken rule would give: figures that anybody can overwrite, or a plan that is lost with them.
    """
    plan = write_tree(tree(load_case(UNCERTAIN)), tmp_path / "plan")
    (tmp_path / "plan" / "value.json").write_text("{}")
    assert load_tree(tmp_path / "plan").worth is None
    known = valued(plan, EXACT)
    add_values(known, tmp_path / "plan")
    assert load_tree(tmp_path / "plan").worth == known.worth
    page = (tmp_path / "plan" / "plan.html").read_text()
    assert "Perfect information" in page and "$26.3" in page
    text = (tmp_path / "plan" / "value.json").read_text()
    (tmp_path / "plan" / "value.json").write_text(text.replace("26250.0", "26251.0"))
    with pytest.raises(StaleError, match=r"value\.json"):
        load_tree(tmp_path / "plan")
    write_tree(plan, tmp_path / "plan")
    assert not (tmp_path / "plan" / "value.json").exists()


def test_value_through_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Proves: a case, a case with --out, and the folder of a plan; `report` shows the values again without solving."""
    assert main(["value", str(UNCERTAIN)]) == Exit.DONE
    said = capsys.readouterr().out
    assert "perfect information" in said and "$26.250 k" in said
    assert "option fjord-more" in said and "80.0%" in said
    assert "decide by 2027Q1: sign fjord-year (2 blocks), buy option fjord-more (2 blocks)" in said
    assert main(["value", str(UNCERTAIN.parent / "tutorial")]) == Exit.USAGE
    assert main(["value", str(UNCERTAIN), "--out", str(tmp_path / "plan"), "--json"]) == Exit.DONE
    told = json.loads(capsys.readouterr().out)
    assert told["perfect_information"]["value"]["usd"] == pytest.approx(26_250.0, abs=0.01)
    assert told["options"][0]["by_quarter"] == {"2027Q3": pytest.approx(0.8)}
    assert main(["audit", str(tmp_path / "plan")]) == Exit.DONE
    (tmp_path / "plan" / "plan.html").unlink()
    assert main(["report", str(tmp_path / "plan")]) == Exit.DONE
    assert "Perfect information" in (tmp_path / "plan" / "plan.html").read_text()
    capsys.readouterr()
    assert main(["value", str(tmp_path / "plan")]) == Exit.DONE
    again = capsys.readouterr()
    assert "$26.250 k" in again.out and "plan.xlsx" in again.out
    assert "alone" not in again.err
    assert main(["solve", str(UNCERTAIN), "--scenario", "boom", "--out", str(tmp_path / "boom")]) == Exit.DONE
    assert main(["value", str(tmp_path / "boom")]) == Exit.USAGE
    assert "nothing is uncertain" in capsys.readouterr().err


def test_least_costs_are_those_of_the_scenarios() -> None:
    """Proves: what a value keeps of a scenario alone is what solving it alone costs."""
    case = load_case(UNCERTAIN)
    measure: Callable[[str], float | None] = lambda name: solve(certain(case, name), EXACT).result.objective  # noqa: E731
    for row in asked(case).alone:
        assert row.least_cost_usd == pytest.approx(measure(row.scenario))
