"""The first plan of a tree, found scenario by scenario: never more than a plan, and one that the tree can keep."""

from dataclasses import replace
from threading import Event

import numpy as np
import pytest

from optimizer.case.case import Case
from optimizer.contracts.block import Block
from optimizer.futures.shock import Change
from optimizer.load import load_case
from optimizer.model import highs
from optimizer.model.arrays import compile_program
from optimizer.model.build import formulate
from optimizer.model.outcome import SolveOptions
from optimizer.model.stepwise import first_plan
from tests.builders import FIRST, add, edit, one_site, power
from tests.futures.branching import newsvendor, scenario, shock


def started(case: Case) -> tuple[float | None, float]:
    """What the first plan costs by itself, and the optimum, USD."""
    form = formulate(case)
    program = compile_program(form.model)
    exact = SolveOptions(gap=0.0, threads=1)
    start = first_plan(form, program, exact, None)
    best = highs.solve(program, exact)
    assert best.objective is not None
    if start is None:
        return None, best.objective * form.usd_per_unit
    whole = program.integrality & ~np.isnan(start)
    low = np.where(whole, start, program.col_lower)
    high = np.where(whole, start, program.col_upper)
    kept = highs.solve(replace(program, col_lower=low, col_upper=high), exact)
    assert kept.objective is not None, kept.detail
    return kept.objective * form.usd_per_unit, best.objective * form.usd_per_unit


def test_the_likeliest_scenario_decides_what_is_shared() -> None:
    """Proves: with whole blocks, 4 are signed for the low scenario (60 %) and the high one is short of 6.

    4,000 + 0.4 x 30,000 = 16,000, while the optimum signs 10 for 10,000: a plan, not the best one.
    """
    case = edit(newsvendor(), Block, "b", divisible=False)
    rows = [row for row in case.records if row.TABLE.name not in ("scenarios", "shocks")]
    case = add(Case(tuple(rows)), scenario("low", 0.6), scenario("high", 0.4))
    case = add(case, shock("high", "demand", "train", Change.SET, 10.0))
    assert started(case) == pytest.approx((16_000.0, 10_000.0))


def test_a_scenario_without_a_plan_goes_first() -> None:
    """Proves: power for 4 GPUs in the bad scenario binds what is signed before it is known.

    By itself the likelier scenario would sign 10 blocks, for which there is no power in the bad one. A broken rule
    would give: no first plan.
    """
    case = edit(one_site(0.0, 10.0), Block, "b", sign_until=FIRST, lead_quarters=1, divisible=False)
    case = add(case, power("home", 1.0, 1.0), scenario("good", 0.9), scenario("bad", 0.1))
    case = add(case, shock("bad", "site_power", "home", Change.SET, 0.004))
    first, best = started(case)
    assert first == pytest.approx(best) == pytest.approx(4_000.0 + 30_000.0)


def test_the_uncertain_tutorial_gets_a_plan(root) -> None:  # type: ignore[no-untyped-def]
    """Proves: trees that part in different quarters, options and whole blocks included."""
    first, best = started(load_case(root / "data" / "tutorial-uncertain"))
    assert first is not None
    assert best <= first + 0.01
    assert first <= 1.02 * best


def test_nothing_is_found_once_it_is_stopped() -> None:
    """Proves: an interrupt ends it without a plan; the search that follows sees the same interrupt."""
    form = formulate(edit(newsvendor(), Block, "b", divisible=False))
    stop = Event()
    stop.set()
    assert first_plan(form, compile_program(form.model), SolveOptions(gap=0.0, threads=1), stop) is None
