"""Solving a case: every end told apart, and the same optimum through every door."""

from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from optimizer.case.world import Workload
from optimizer.contracts.block import Block
from optimizer.model.build import formulate
from optimizer.model.outcome import Progress
from optimizer.rules.budget import Budget
from optimizer.run import Request, Step, program_of, solve
from tests.builders import EXACT, across, add, block, demanded, edit, edit_settings, one_site, power, solved
from tests.everything import everything


def test_infeasible_names_the_families_that_conflict() -> None:
    """Proves: power for 4 GPUs against a must-serve demand of 10 is told as a conflict of power and demand."""
    case = add(one_site(1.0), *demanded("must", 10.0, must_serve=True), power("home", 0.004))
    plan = solve(case, EXACT)
    assert plan.result.status == "infeasible"
    assert plan.result.objective is None
    assert not plan.choices
    families, *named = plan.result.detail.splitlines()
    assert families.endswith("cannot hold together: CAPACITY-1, DEMAND-1, POWER-1")
    assert "  Power: stay within energised power" in named


def test_what_would_have_to_bend_is_told_in_the_unit_of_its_limit() -> None:
    """Proves: two demands of 10 that must be served cost 20,000 USD, 4,000 more than there are; they draw
    20 kW, 8 more than are energised. A broken rule would give: 4, as the row of the program is in thousands of USD.
    """
    case = edit(one_site(10.0), Workload, "train", must_serve=True)
    case = add(case, *demanded("more", 10.0, must_serve=True))
    poor = add(case, Budget(budget="cap", amount=across(16_000.0)))
    assert solve(poor, EXACT).result.detail.endswith("BUDGET-1 cap 2027Q1 (by 4,000 USD)")
    dark = add(case, power("home", 0.012))
    assert solve(dark, EXACT).result.detail.endswith("POWER-1 home 2027Q1 (by 0.008 MW)")
    euros = edit_settings(poor, currency="EUR")
    assert solve(euros, EXACT).result.detail.endswith("BUDGET-1 cap 2027Q1 (by 4,000 EUR)")


def test_every_row_has_the_unit_of_what_it_counts() -> None:
    """Proves: in a case with every contract type and every rule, every row has the unit of what it counts."""
    form = formulate(everything())
    counted = {code: row.unit for code, rows in form.rows.items() for row in rows}
    without = {code for code, rows in form.rows.items() if any(not row.unit for row in rows)}
    assert not without
    assert counted["CAPACITY-1"] == "GPUs"
    assert counted["QUANTITY-1"] == "weighted units"
    assert counted["BLOCK-3"] == "blocks"


def test_demand_that_nothing_can_serve_is_named() -> None:
    """Proves: a must-serve demand without any offer is refused with its name, before any solver runs."""
    case = add(one_site(1.0), *demanded("must", 10.0, must_serve=True, sites=("home",)))
    case = edit(case, Block, "b", sign_from=case.calendar.first + 3)
    plan = solve(case, EXACT)
    assert plan.result.status == "infeasible"
    assert "DEMAND-1 must all 2027Q1" in plan.result.detail


def test_steps_and_progress_are_heard() -> None:
    heard: list[object] = []
    solve(one_site(10.0), EXACT, heard.append)
    names = [event.name for event in heard if isinstance(event, Step)]
    assert names[0] == "building the program"
    assert names[-1] == "auditing the plan"
    assert all(isinstance(event, Step | Progress) for event in heard)


def test_a_saved_plan_starts_the_search() -> None:
    """Proves: from its own plan the search ends at the same objective."""
    case = add(edit(one_site(10.0, 12.0), Block, "b", divisible=False), block("c", price_usd_per_gpu_hour=1.1))
    plan = solved(case)
    again = solve(case, replace(EXACT, start=plan))
    assert again.result.objective == plan.result.objective


@pytest.mark.parametrize("solver", ["appsi_highs", "highs"])
def test_pyomos_own_interface_agrees(solver: str) -> None:
    case = add(
        edit(one_site(10.5, 12.0, 7.0, discount_rate=0.1), Block, "b", divisible=False, gpus_per_block=4.0),
        block("c", price_usd_per_gpu_hour=1.3, signing_fee_usd=500.0),
    )
    ours = solved(case)
    theirs = solve(case, Request(gap=0.0, threads=1, solver=solver))
    assert theirs.result.objective == pytest.approx(ours.result.objective, rel=1e-9)


def test_a_stop_before_any_plan_is_no_plan() -> None:
    """Proves: nothing is called a plan that is none; a trivial case may be solved before the stop is seen."""
    stop = Event()
    stop.set()
    plan = solve(one_site(10.0), EXACT, stop=stop)
    assert plan.result.status in ("no_plan", "feasible", "optimal")
    assert (plan.result.objective is None) == (plan.result.status == "no_plan")


def test_the_settings_give_gap_and_limit() -> None:
    case = edit_settings(one_site(10.0), mip_gap=0.02)
    assert solve(case).result.asked_gap == 0.02


def test_mps_holds_every_row(tmp_path: Path) -> None:
    from optimizer.model.mps import write_mps

    program = program_of(one_site(10.0))
    write_mps(program, tmp_path / "case.mps")
    assert (tmp_path / "case.mps").read_text().startswith("NAME")
