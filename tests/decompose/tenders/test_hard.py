"""Problems on which a search by steps once went wrong: one program is the oracle."""

from pathlib import Path

import numpy as np
import pytest

from optimizer.decompose.bundle import cut
from optimizer.decompose.part import Part
from optimizer.decompose.tenders.tender import taken_apart
from optimizer.examples.uncertain import load_published
from optimizer.model.warm import Warm
from optimizer.run import solve_tree
from tests.decompose.test_decompose import SPLIT, WHOLE

pytestmark = pytest.mark.usefixtures("workers_here")
NEEDED = 7.39
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


@pytest.mark.parametrize("below", [1e-9, 3e-9, 1e-8, 8e-8, 1e-7, 1e-6])
def test_what_is_only_just_possible_is_not_refuted(below: float) -> None:
    """Proves: a little below 7.39 of a pool a scenario can place less, at 17.9 instead of 8.8; presolve alone says that
    there is no way at all.
    """
    case = load_published(FOLDER / "just_below_a_level.json")
    whole = cut(case)
    _, pieces = taken_apart(Part.made(whole, whole.bundles[2]))
    program = pieces[0].program
    assert program.col_upper[-1] >= NEEDED
    warm = Warm(program)
    warm.bounds(program.col_lower, np.append(program.col_upper[:-1], NEEDED - below))
    end = warm.proven(1e-9, 60.0)
    assert not end.infeasible
