"""Page and workbook of a frontier: what they say ties to the plans of the points."""

import json
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from openpyxl import load_workbook

from optimizer.case.case import Case
from optimizer.plan.frontier import Frontier
from optimizer.plan.save_tree import load_tree
from optimizer.publish import write_frontier
from optimizer.report.page.frontier import page_of, write_frontier_page
from optimizer.report.page.text import amounts
from optimizer.studies.frontier import frontier
from tests.builders import EXACT, edit_settings
from tests.futures.branching import newsvendor
from tests.report.pages import read
from tests.report.workbooks import Recalculate


def dear(**settings: object) -> Case:
    """x blocks (4 to 10) cost 25,000 + 500 x on average and 50,000 - 2,000 x in the dear half."""
    return edit_settings(newsvendor(price_usd_per_gpu_hour=3.0), risk_tail=0.5, **settings)


@pytest.fixture(scope="module")
def found() -> Frontier:
    """Its points at 4, 5.5, 7, 8.5 and 10 blocks."""
    return frontier(dear(), 5, EXACT)


def test_the_page_says_what_each_step_buys(found: Frontier, tmp_path: Path) -> None:
    """Proves: what a step costs and takes off, the ratio and the decision that changes stand in words and figures."""
    page = page_of(found)
    assert page.headline.act == "$3.00\xa0k more on average can take $12.0\xa0k off the dearest 50\xa0%"
    assert [stride.name for stride in page.strides] == ["1 to 2", "2 to 3", "3 to 4", "4 to 5"]
    words = "The next $750 of expected cost take $3.00\xa0k off the dearest 50\xa0%: 4.00 for every USD spent."
    assert all(stride.words == words for stride in page.strides)
    assert page.strides[0].changes == ("sign b 2027Q1: 4 → 5.5 blocks",)
    assert page.points.rows[1].cells == ("$27.75\xa0k", "$39.00\xa0k", "$750", "$3.00\xa0k", "0\xa0%")
    assert page.decisions.rows[0].cells == ("4", "5.50", "7", "8.50", "10")
    write_frontier_page(found, tmp_path / "frontier.html")
    text = read(tmp_path / "frontier.html").text
    assert "Every point is proven" in text and "there may be others" in text
    assert "below $30.0 k" in text


def test_the_picture_holds_every_point_where_it_lies(found: Frontier) -> None:
    """Proves: five numbered signs, further right and lower by the same step each, and the bound under all of them."""
    drawn = page_of(found).figure.drawing.__html__()
    signs = [(float(x), float(y)) for x, y in re.findall(r'class="at" x="([\d.]+)%" y="([\d.]+)"', drawn)]
    assert len(signs) == 5
    steps = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(signs)]
    assert [right for right, _ in steps] == pytest.approx([steps[0][0]] * 4, abs=0.01)
    assert [down for _, down in steps] == pytest.approx([steps[0][1]] * 4, abs=0.2)
    assert steps[0][0] > 0.0 and steps[0][1] > 0.0
    (lead,) = re.findall(r'<line class="lead" x1="0%" y1="([\d.]+)" x2="100%"', drawn)
    assert float(lead) == pytest.approx(signs[-1][1])


def test_wide_gaps_leave_the_points_apart(found: Frontier) -> None:
    """Proves: where bounds lie far below, signs still span more than a third of the width, and bounds run to its edge.

    A broken rule would give: five plans on one spot.
    """
    wide = [replace(one, result=replace(one.result, bound=1_000.0)) for one in found.points]
    drawn = page_of(replace(found, points=tuple(wide), least_cvar=500.0)).figure.drawing.__html__()
    signs = [float(x) for x in re.findall(r'class="at" x="([\d.]+)%"', drawn)]
    assert signs[-1] - signs[0] > 33.0
    assert len(re.findall(r'<line class="bound" x1="0%"', drawn)) == 5
    assert 'class="lead"' not in drawn


def test_what_is_not_proven_is_said(found: Frontier, tmp_path: Path) -> None:
    """Proves: an open gap, an unknown bound and an interrupt are on the page, and nothing is called proven."""
    first, *others = found.points
    loose = replace(first, result=replace(first.result, bound=26_000.0, gap=1 / 27, status="feasible"))
    page = page_of(replace(found, points=(loose, *others), stop="interrupt", least_cvar=None))
    assert not page.headline.proven
    assert page.headline.status == "Not every point is proven; the search for points was interrupted"
    assert "is not known" in page.headline.bound
    assert "no plan costs less than $26.0" in page.figure.drawing.__html__()
    wide = [replace(one, result=replace(one.result, bound=26_000.0)) for one in found.points]
    assert found.separated and not replace(found, points=tuple(wide)).separated
    status = page_of(replace(found, points=tuple(wide))).headline.status
    assert status.endswith(
        "; the gaps are wider than what lies between the plans, so that what safety costs is not proven"
    )
    blank = replace(first, result=replace(first.result, bound=None, gap=None, status="feasible"))
    assert page_of(replace(found, points=(blank,))).points.rows[0].cells[-1] == "unknown"
    write_frontier_page(replace(found, points=(blank,)), tmp_path / "one.html")


def test_amounts_can_be_told_apart() -> None:
    """Proves: neighbours are never the same figure; one amount needs no more than its unit."""
    assert amounts([16_999_900.0, 17_040_546.0], "USD") == ("$17.000\xa0M", "$17.041\xa0M")
    assert amounts([-5e9], "EUR") == ("−€5.00\xa0B",)
    assert amounts([0.0, 0.0], "USD") == ("$0.00", "$0.00")


@pytest.mark.libreoffice
def test_the_folder_ties_together(found: Frontier, tmp_path: Path, recalculate: Recalculate) -> None:
    """Proves: workbook as written and recalculated, record and plan folders show the same figures for every point.

    A broken rule would give: a difference that is pasted, or the figures of another point.
    """
    write_frontier(found, tmp_path / "out")
    document = json.loads((tmp_path / "out" / "frontier.json").read_text())
    assert document["complete"] is False and len(document["moves"]) == 4
    for path in (tmp_path / "out" / "frontier.xlsx", recalculate(tmp_path / "out" / "frontier.xlsx")):
        sheet = load_workbook(path, data_only=True)["Frontier"]
        rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=5, max_row=9, min_col=2, max_col=12)]
        for row, point in zip(rows, document["points"], strict=True):
            assert row[1:4] == pytest.approx([point["expected"], point["cvar"], point["bound"]])
            assert row[4:7] == pytest.approx([0.0, point["expected"] - 27_000.0, 42_000.0 - point["cvar"]], abs=1e-6)
            assert row[10] == point["folder"]
        assert [row[7:10] for row in rows[:4]] == [pytest.approx([750.0, 3_000.0, 4.0])] * 4
    book = load_workbook(tmp_path / "out" / "frontier.xlsx")
    assert book["Frontier"]["G6"].data_type == "f" and len(book["Frontier"]._charts) == 1
    for point in document["points"]:
        plan = load_tree(tmp_path / "out" / point["folder"])
        assert (plan.expected, plan.cvar) == pytest.approx((point["expected"], point["cvar"]))
        assert plan.case.settings.cvar_limit_usd == point["cvar_limit"]


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    """Proves: a title that is a formula or markup is shown as it is."""
    evil = '=HYPERLINK("x")<script>alert(1)</script>'
    write_frontier(frontier(dear(title=evil), 2, EXACT), tmp_path / "out")
    assert "<script>alert" not in (tmp_path / "out" / "frontier.html").read_text()
    book = load_workbook(tmp_path / "out" / "frontier.xlsx")
    cells = [cell for row in book["Frontier"].iter_rows() for cell in row if cell.value == evil]
    assert cells and all(cell.data_type == "s" for cell in cells)
