"""Published problems, written as cases: the published optimum must come out.

Wagner & Whitin, Management Science 5 (1958); Snyder & Shen, Fundamentals of Supply Chain Theory, Example 3.9;
Beasley, OR-Library, capacitated warehouse location cap71 and cap101; Delmaire, Diaz, Fernandez & Ortega, INFOR 37
(1999), single-source capacitated facility location p2 and p6. With scenarios: Louveaux & Smeers (1988), capacity
expansion; Birge & Louveaux, Introduction to Stochastic Programming, section 1.1, the farmer; two-product substitution
baa99; Ntaimo & Sen, Journal of Global Optimization 33 (2005), server location sslp_5_25_50; Ahmed & Garcia, Annals of
Operations Research 124 (2003), capacity and assignment dcap342_200.
"""

from pathlib import Path

import pytest

from optimizer import load_case, solve
from optimizer.case.case import Case
from optimizer.catalog import catalog
from optimizer.examples.uncertain import load_published
from optimizer.run import solve_tree
from optimizer.tables.csv_folder import write_folder
from optimizer.tables.identity import content_hash
from optimizer.tables.unparse import raw_tables

FOLDER = Path(__file__).parent / "published"
OPTIMA = {
    "wagner_whitin_1958": 864.0,
    "snyder_shen_3_9": 1380.0,
    "cap71": 932_615.75,
    "cap101": 796_648.437,
    "sscflp_p2": 4251.0,
    "sscflp_p6": 2269.0,
}
UNCERTAIN = {
    "lands": 381.853333,
    "farmer": -108_390.0,
    "baa99": -238.778298,
    "sslp_5_25_50": -121.6,
    "dcap342_200": 1619.54860668,
}
TOLERANCE = 1e-6


@pytest.mark.parametrize("name", sorted(UNCERTAIN))
def test_the_published_optimum_under_uncertainty_comes_out(name: str) -> None:
    """Proves: decisions here and now, recourse in 3 to 625 scenarios, single sites and overflow in each scenario.

    A broken rule would give: -115,405.6 for the farmer with perfect foresight.
    """
    tree = solve_tree(load_published(FOLDER / f"{name}.json"))
    assert tree.result.status == "optimal"
    assert tree.result.objective == pytest.approx(UNCERTAIN[name], rel=TOLERANCE)
    assert tree.result.bound == pytest.approx(UNCERTAIN[name], rel=TOLERANCE)


def test_the_farmer_knows_no_weather() -> None:
    """Proves: 170, 80 and 250 acres, the same in all weathers, as published."""
    tree = solve_tree(load_published(FOLDER / "farmer.json"))
    for branch in tree.branches:
        acres = {choice.key.contract: choice.quantity for choice in branch.plan.choices}
        assert (acres["wheat"], acres["corn"], acres["beets"]) == pytest.approx((170.0, 80.0, 250.0))


@pytest.fixture(scope="module", params=sorted([*OPTIMA, "farmer"]))
def published(request: pytest.FixtureRequest) -> tuple[str, Case]:
    """Name and case of a published problem."""
    return request.param, load_published(FOLDER / f"{request.param}.json")


@pytest.mark.parametrize("name", sorted(OPTIMA))
def test_the_published_optimum_comes_out(name: str) -> None:
    """Proves: fees, capacity, serving costs, incompatibility and single sites, at the scale of a few hundred dollars.

    A broken rule would give: 85 for Wagner-Whitin without serving costs, 3,865 for p2 without single sites.
    """
    plan = solve(load_published(FOLDER / f"{name}.json"))
    assert plan.result.status == "optimal"
    assert plan.result.objective == pytest.approx(OPTIMA[name], rel=TOLERANCE)
    assert plan.result.bound == pytest.approx(OPTIMA[name], rel=TOLERANCE)


def test_the_case_is_a_folder_like_any_other(published: tuple[str, Case], tmp_path: Path) -> None:
    """Proves: the case can be written as CSV files, which are valid input and hold the same rows."""
    _, case = published
    write_folder(raw_tables(case.records, catalog(), case.calendar.quarters), tmp_path)
    assert content_hash(load_case(tmp_path).records) == content_hash(case.records)
