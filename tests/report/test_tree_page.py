"""The page of a plan under uncertainty: what to do at the top, values in words, pictures of any number of futures."""

from dataclasses import replace
from pathlib import Path

import pytest

from optimizer.case.settings import Objective
from optimizer.examples.branched import branched
from optimizer.load import load_case
from optimizer.plan.outlook import courses, rights
from optimizer.plan.tree import TreePlan
from optimizer.plan.worth import Known, Least
from optimizer.report.page import spread
from optimizer.report.page.tree import MOST_SHOWN, page_of, write_tree_page
from optimizer.report.page.worth import sentences
from optimizer.run import Request, solve_tree
from optimizer.studies.deal import deal
from optimizer.studies.worth import worth
from tests.builders import EXACT, edit_settings
from tests.futures.branching import newsvendor, offered, tree
from tests.report.pages import Reader, read

DATA = Path(__file__).resolve().parents[2] / "data"


@pytest.fixture(scope="module")
def valued() -> TreePlan:
    """The uncertain tutorial with what uncertainty is worth."""
    return worth(load_case(DATA / "tutorial-uncertain"), EXACT)


@pytest.fixture(scope="module")
def many() -> TreePlan:
    """Sixty futures of the tutorial, with shortfall in some."""
    return solve_tree(branched(load_case(DATA / "tutorial"), 60, 1, 3), Request(gap=0.01))


def written(plan: TreePlan, folder: Path) -> Reader:
    """The page, read strictly."""
    write_tree_page(plan, folder / "plan.html", linked=True)
    return read(folder / "plan.html")


def test_it_says_what_to_do_first(valued: TreePlan, tmp_path: Path) -> None:
    """Proves: decide by when, and wait for what, stand at the top, in these words."""
    page = written(valued, tmp_path)
    assert "Decide by 2027Q1: sign fjord-year (2 blocks), buy option fjord-more (2 blocks)" in page.text
    assert "Wait: sign fjord-year (80 %, 2027Q2)" in page.text
    assert (
        page.text.index("Decide by")
        < page.text.index("Expected present value")
        < page.text.index("What uncertainty is worth")
    )


def test_a_gap_is_not_called_the_optimum(valued: TreePlan) -> None:
    """Proves: a plan that is proven to within a gap says so in the same breath, as the page of a certain plan does."""
    assert page_of(valued, linked=False).headline.status == "Proven optimal"
    near = replace(valued, result=replace(valued.result, gap=0.0168))
    assert page_of(near, linked=False).headline.status == "Proven optimal within 1.68\xa0%"
    assert (
        page_of(replace(near, result=replace(near.result, status="feasible")), linked=False).headline.status
        == "Feasible, not proven optimal: gap 1.68\xa0%"
    )


def test_values_are_told_in_words(valued: TreePlan) -> None:
    """Proves: figures with what they mean; a bracket where it is wider than the figure; what is not known is said."""
    information, solution, option = sentences(valued)
    assert information.figure == "$26.3\xa0k" and "no forecast is worth more" in information.words
    assert "Proven" not in solution.words
    assert "$40.0\xa0k of premium for 2 blocks" in option.words
    assert "At $40.3\xa0k a block it would be worth nothing; it costs $20.0\xa0k" in option.words
    assert valued.worth is not None
    loose = replace(valued.worth, tree=Least(Known.FOUND, 16_999_900.0, 16_980_000.0), planning=Least(Known.NONE))
    information, solution, option = sentences(replace(valued, worth=loose))
    assert "Proven: $6.35\xa0k to $26.3\xa0k" in information.words
    assert solution.figure == "no limit" and "has no plan in some scenario" in solution.words
    assert sentences(replace(valued, worth=None)) == ()
    unknown = replace(loose, options=tuple(replace(one, without=Least(Known.NOT)) for one in loose.options))
    assert sentences(replace(valued, worth=unknown))[2].figure == "not known"


def test_without_values_it_says_how_to_ask(valued: TreePlan, tmp_path: Path) -> None:
    """Proves: options have their use in every plan, and the command for what they are worth."""
    text = written(replace(valued, worth=None), tmp_path).text
    assert "Options in this plan" in text and "2027Q3 80" in text
    assert "optimizer value" in text and "Perfect information" not in text


def test_many_futures_are_a_picture(many: TreePlan, tmp_path: Path) -> None:
    """Proves: sixty futures are bins and a curve; the dearest twenty have a line, the others are counted.

    A broken rule would give: a bar each, in a page that nobody reads.
    """
    page = page_of(many, linked=False)
    assert (len(page.bars), page.left_out) == (MOST_SHOWN, 60 - MOST_SHOWN)
    costs = sorted((one.cost for one in courses(many)), reverse=True)
    assert page.bars[0].width == 100.0 and costs[0] == max(costs)
    assert [figure.title for figure in page.figures][:2] == ["What it may cost", "What it may cost more than"]
    assert page.figures[0].columns <= 21
    written(many, tmp_path)
    assert (tmp_path / "plan.html").stat().st_size < 120_000


def test_pictures_tie_to_the_scenarios(many: TreePlan) -> None:
    """Proves: probabilities of the bins add up to 1, and the table of the curve says what plain counting says."""
    every = courses(many)
    first, second = spread.costs(many, every)
    shares = [float(row.cells[1].removesuffix("\xa0%")) for row in first.table.rows]
    assert sum(shares) == pytest.approx(100.0, abs=1.0)
    assert second.table.rows[0].cells == ("100\xa0%",)
    short = spread.shortfall(every)
    known = sum(one.probability for one in every if one.unserved > 0.0)
    assert (short is None) == (known == 0.0)
    if short is not None:
        assert short.table.rows[0].cells[0] == spread.percent(known)


def test_a_deal_is_told_in_words_and_drawn(tmp_path: Path) -> None:
    """Proves: a value in words each, a line a side of the deal, and every figure of it in the table.

    A broken rule would give: a duty that costs 3,000 told as a saving.
    """
    plan = deal(offered(), "acme", EXACT)
    (view,) = page_of(plan, linked=False).deals
    assert [one.figure for one in view.values] == ["$32.0\xa0k", "$9.00\xa0k", "−$3.00\xa0k", "$12.0\xa0k"]
    assert "that costs $3.00\xa0k more than it brings" in view.values[2].words
    assert "At more than $1.50\xa0k of premium a block" in view.values[1].words
    worths, costs = view.figures
    mean = next(row for row in costs.table.rows if row.name == "Mean")
    assert mean.cells == ("$55.00\xa0k", "$23.00\xa0k", "$14.00\xa0k", "$26.00\xa0k")
    assert [row.name for row in worths.table.rows] == [
        row.replace(",", "") for row in (one.name for one in view.values)
    ]
    assert [row.cells[0] for row in worths.table.rows] == ["$32.00\xa0k", "$9.00\xa0k", "−$3.00\xa0k", "$12.00\xa0k"]
    assert all(len(set(row.cells)) == 1 for row in worths.table.rows)
    assert "What the deal with acme is worth" in written(plan, tmp_path).text
    assert "Firm part and backstop: $26.00\xa0k on average" in (tmp_path / "plan.html").read_text()


def test_options_are_drawn_by_quarter(valued: TreePlan) -> None:
    """Proves: the columns are the probabilities of exercise; where none is exercised there is no picture."""
    figure = spread.exercises(valued, rights(valued))
    assert figure is not None
    assert [row.cells for row in figure.table.rows] == [("0\xa0%",), ("0\xa0%",), ("80\xa0%",), ("0\xa0%",)]
    assert spread.exercises(valued, ()) is None


@pytest.mark.parametrize("objective", [Objective.TAIL, Objective.WORST, Objective.REGRET])
def test_other_objectives_are_named(objective: Objective, tmp_path: Path) -> None:
    """Proves: the page says what is minimised and what is proven of it."""
    case = edit_settings(newsvendor(price_usd_per_gpu_hour=3.0), objective=objective)
    text = written(tree(case), tmp_path).text
    assert objective.value in text
    assert {
        "CVaR": "No plan can keep the mean cost of the dearest scenarios below",
        "worst case": "No plan can keep the cost of every scenario below",
        "largest regret": "Largest regret",
    }[objective.value] in text


def test_equal_futures_are_drawn(tmp_path: Path) -> None:
    """Proves: where every scenario costs the same, axes still stand."""
    plan = tree(newsvendor())
    assert len({round(one.cost) for one in courses(plan)}) == 1
    assert "What it may cost" in written(plan, tmp_path).text
