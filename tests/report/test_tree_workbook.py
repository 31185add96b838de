"""The workbook of a plan under uncertainty, as a spreadsheet program recalculates it."""

from pathlib import Path

import pytest
from openpyxl import load_workbook

from optimizer.case.settings import Objective
from optimizer.examples.branched import branched
from optimizer.load import load_case
from optimizer.plan.tree import TreePlan
from optimizer.report.workbook.style import Format
from optimizer.report.workbook.trees.book import write_tree_workbook
from optimizer.run import Request, solve_tree
from optimizer.studies.deal import deal
from optimizer.studies.worth import worth
from tests.builders import EXACT, edit_settings
from tests.futures.branching import newsvendor, offered, tree
from tests.report.workbooks import Recalculate

NAMES = ("objective_solver", "objective_formula", "checks_pass")


def named(path: Path) -> list[float]:
    """What the three names show."""
    shown, written = load_workbook(path, data_only=True), load_workbook(path)
    places = [next(iter(written.defined_names[name].destinations)) for name in NAMES]
    return [shown[sheet][address].value for sheet, address in places]


@pytest.mark.libreoffice
@pytest.mark.parametrize(
    ("changes", "objective"),
    [
        ({}, 27_000.0),
        ({"risk_weight": 0.2}, 35_400.0),
        ({"objective": Objective.TAIL}, 30_000.0),
        ({"objective": Objective.WORST}, 30_000.0),
        ({"objective": Objective.REGRET}, 7_200.0),
    ],
    ids=["expected", "with risk", "CVaR", "worst case", "regret"],
)
def test_the_objective_is_rebuilt_with_its_risk(
    changes: dict[str, object],
    objective: float,
    tmp_path: Path,
    recalculate,  # type: ignore[no-untyped-def]
) -> None:
    """Proves: what is minimised ties to the solver, as written and as LibreOffice recalculates it."""
    case = edit_settings(newsvendor(price_usd_per_gpu_hour=3.0), risk_tail=0.5, **changes)
    path = tmp_path / "tree.xlsx"
    write_tree_workbook(tree(case), path)
    assert named(path) == pytest.approx([objective, objective, 1.0])
    assert named(recalculate(path)) == pytest.approx([objective, objective, 1.0])
    shown = load_workbook(path, data_only=True)
    again = load_workbook(recalculate(path), data_only=True)
    for sheet in shown:
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, int | float):
                    assert again[sheet.title][cell.coordinate].value == pytest.approx(cell.value), cell.coordinate


def everything(**settings: object) -> TreePlan:
    """The uncertain tutorial with what uncertainty is worth."""
    case = load_case(Path(__file__).resolve().parents[2] / "data" / "tutorial-uncertain")
    return worth(edit_settings(case, **settings), EXACT)


def values(path: Path) -> dict[str, list[object]]:
    """The lines of the values on the first sheet, by their first word or two: cost, bound, value, at least, at most."""
    sheet = load_workbook(path, data_only=True)["Summary"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_col=2, max_col=7)]
    top = next(number for number, row in enumerate(rows) if row[0] == "Question")
    return {str(row[0]).split(":")[0]: row[1:] for row in rows[top + 1 : top + 5]}


@pytest.mark.libreoffice
@pytest.mark.parametrize("settings", [{}, {"risk_weight": 0.5}], ids=["expected", "with risk"])
def test_values_are_live(settings: dict[str, object], tmp_path: Path, recalculate: Recalculate) -> None:
    """Proves: each value is a formula over costs and bounds, and shows what the study found; recalculated, too.

    A broken rule would give: pasted figures, or a bracket of the wrong bounds.
    """
    plan = everything(**settings)
    assert plan.worth is not None
    path = tmp_path / "tree.xlsx"
    write_tree_workbook(plan, path)
    option = plan.worth.options[0]
    for shown in (values(path), values(recalculate(path))):
        for name, value in (
            ("Perfect information", plan.worth.information),
            ("Planning for more than the mean", plan.worth.solution),
            ("Option fjord-more", plan.worth.of(option)),
        ):
            assert shown[name][2:] == pytest.approx([value.usd, value.low, value.high], abs=0.01), name
        assert shown["This plan"][0] == pytest.approx(plan.result.objective)
    book = load_workbook(path)
    formulas = [cell.value for row in book["Summary"].iter_rows() for cell in row if cell.data_type == "f"]
    assert sum(formula.startswith("=MAX(0,") for formula in formulas) == 9
    even = load_workbook(path, data_only=True)["Options"]["J9"]
    assert book["Options"]["J8"].value == "Break-even a block"
    assert even.value == pytest.approx(plan.worth.break_even(option))
    assert len(book["Summary"]._charts) == 3


@pytest.mark.libreoffice
def test_the_values_of_a_deal_are_live(tmp_path: Path, recalculate: Recalculate) -> None:
    """Proves: means, values and brackets are formulas over the scenarios and least costs; recalculated, too: 32,000 for
    the firm part, 9,000 as an option, 1,500 a block, -3,000 as a backstop, 12,000 for the right to decide. The
    picture says that its axis is in USD, and probabilities are shown as on the sheet of scenarios.

    A broken rule would give: pasted figures, or 0 for a backstop that costs more than it brings.
    """
    path = tmp_path / "tree.xlsx"
    write_tree_workbook(deal(offered(), "acme", EXACT), path)
    for shown in (load_workbook(path, data_only=True), load_workbook(recalculate(path), data_only=True)):
        rows = {str(row[1].value): [cell.value for cell in row[2:7]] for row in shown["Deals"].iter_rows()}
        assert rows["Expected"][1:] == pytest.approx([55_000.0, 23_000.0, 14_000.0, 26_000.0])
        assert rows["Firm part"][1:4] == pytest.approx([32_000.0] * 3)
        assert rows["Expandable part, as an option"][1:4] == pytest.approx([9_000.0] * 3)
        assert rows["Expandable part, as a backstop"][1:4] == pytest.approx([-3_000.0] * 3)
        assert rows["The right to decide"][1:4] == pytest.approx([12_000.0] * 3)
        assert rows["Most premium a block, for rights to all of it"][1] == pytest.approx(1_500.0)
    book = load_workbook(path)
    assert sum(cell.data_type == "f" for row in book["Deals"].iter_rows() for cell in row) == 4 * 3 + 4 * 3 + 1
    (chart,) = book["Deals"]._charts
    assert chart.title.tx.rich.p[0].r[0].t.endswith(", USD")
    assert book["Deals"]["C7"].number_format == Format.CHANCE.value


@pytest.mark.libreoffice
def test_a_distribution_follows_its_scenarios(tmp_path: Path, recalculate: Recalculate) -> None:
    """Proves: probabilities of bins are formulas over the scenarios: with another probability typed in, they move.

    A broken rule would give: 50 %, pasted.
    """
    path = tmp_path / "tree.xlsx"
    write_tree_workbook(everything(), path)
    book = load_workbook(path)
    assert book["Scenarios"]["C5"].value == 0.5
    book["Scenarios"]["C5"].value = 0.4
    book.save(tmp_path / "edited.xlsx")
    before, after = (
        load_workbook(one, data_only=True)["Distribution"] for one in (path, recalculate(tmp_path / "edited.xlsx"))
    )
    assert (before["E5"].value, after["E5"].value) == pytest.approx((0.5, 0.4))
    assert (before["F5"].value, after["F5"].value) == pytest.approx((1.0, 0.9))


def test_many_scenarios_have_a_quick_workbook(tmp_path: Path) -> None:
    """Proves: a tree of 60 scenarios has all of them on one sheet, and pictures of bins, not of scenarios."""
    case = branched(load_case(Path(__file__).resolve().parents[2] / "data" / "tutorial"), 60, 1, 3)
    found = solve_tree(case, Request(gap=0.01))
    write_tree_workbook(found, tmp_path / "tree.xlsx")
    book = load_workbook(tmp_path / "tree.xlsx", data_only=True)
    assert sum(str(row[1].value).startswith("future") for row in book["Scenarios"].iter_rows()) == 60
    inside = [
        row[4].value for row in book["Distribution"].iter_rows(min_row=5, max_row=25) if isinstance(row[4].value, float)
    ]
    assert 4 <= len(inside) <= 21
    assert "wait:" in str(book["Summary"]["B6"].value).lower()


def test_what_waits_is_on_its_sheet(tmp_path: Path) -> None:
    """Proves: the sheets say what to decide now and, where anything can wait, for what."""
    write_tree_workbook(tree(newsvendor()), tmp_path / "tree.xlsx")
    book = load_workbook(tmp_path / "tree.xlsx")
    assert [cell.value for cell in book["DecideNow"][5]][1:6] == ["sign", "b", "2027Q1", 10, "blocks"]
    assert book["Waits"]["B5"].value is None
