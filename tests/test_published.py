"""Published problems without scenarios, written as cases: the published optimum must come out.

Wagner & Whitin, Management Science 5 (1958); Snyder & Shen, Fundamentals of Supply Chain Theory, Example 3.9;
Beasley, OR-Library, capacitated warehouse location cap71 and cap101; Delmaire, Diaz, Fernandez & Ortega, INFOR 37
(1999), single-source capacitated facility location p2 and p6.
"""

from pathlib import Path

import pytest

from optimizer import load_case, solve
from optimizer.case.case import Case
from optimizer.catalog import catalog
from optimizer.examples.published import load_published
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
TOLERANCE = 1e-6


@pytest.fixture(scope="module", params=sorted(OPTIMA))
def published(request: pytest.FixtureRequest) -> tuple[str, Case]:
    """Name and case of a published problem."""
    return request.param, load_published(FOLDER / f"{request.param}.json")


def test_the_published_optimum_comes_out(published: tuple[str, Case]) -> None:
    """Proves: fees, capacity, serving costs, incompatibility and single sites, at the scale of a few hundred dollars.

    A broken rule would give: 85 for Wagner-Whitin without serving costs, 3,865 for p2 without single sites.
    """
    name, case = published
    plan = solve(case)
    assert plan.result.status == "optimal"
    assert plan.result.objective == pytest.approx(OPTIMA[name], rel=TOLERANCE)
    assert plan.result.bound == pytest.approx(OPTIMA[name], rel=TOLERANCE)


def test_the_case_is_a_folder_like_any_other(published: tuple[str, Case], tmp_path: Path) -> None:
    """Proves: the case can be written as CSV files, which are valid input and hold the same rows."""
    _, case = published
    write_folder(raw_tables(case.records, catalog(), case.calendar.quarters), tmp_path)
    assert content_hash(load_case(tmp_path).records) == content_hash(case.records)
