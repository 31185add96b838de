"""Problems on which a search by steps once went wrong: one program is the oracle."""

from pathlib import Path

import pytest

from optimizer.examples.uncertain import load_published
from optimizer.run import solve_tree
from tests.decompose.test_decompose import SPLIT, WHOLE

pytestmark = pytest.mark.usefixtures("workers_here")
FOLDER = Path(__file__).parent / "hard"


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("just_below_a_level", "50.2, because presolve refuted what is only just possible"),
        ("budget_that_fits_exactly", "521, because a rounding error took 14 of 15 units for the most"),
        ("unlike_units", "a bound above the plan, because a ratio of 1e-8 was rounded to 12 decimals"),
        ("levels_of_equal_cost", "a gap that stays open, because mixing levels of equal cost has no price"),
        ("no_tasks", "a crash, because no bundle asks for anything"),
    ],
)
def test_what_is_hard_comes_out(name: str, wrong: str) -> None:
    """Proves: the optimum of one program, and a bound that is no higher; `wrong` is what there was instead."""
    case = load_published(FOLDER / f"{name}.json")
    whole, split = solve_tree(case, WHOLE).result, solve_tree(case, SPLIT).result
    assert split.status == "optimal", wrong
    assert split.objective == pytest.approx(whole.objective, rel=2e-6), wrong
    assert split.bound <= whole.objective * (1.0 + 2e-6), wrong
