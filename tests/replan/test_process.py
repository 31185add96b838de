"""The whole replan, store and all: the same inputs give the same plan, and what is material is told."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import load_workbook

from optimizer.case.case import Case
from optimizer.case.world import Demand
from optimizer.load import load_case
from optimizer.plan.save import load_plan, save_plan
from optimizer.publish import write
from optimizer.replan.approve import approve
from optimizer.replan.process import Replanned, plan_of, replan
from optimizer.store import Store
from optimizer.tables.quarter import Quarter
from tests.builders import EXACT, FIRST, edit_settings, one_site, solved
from tests.everything import everything

TUTORIAL = Path(__file__).resolve().parents[2] / "data" / "tutorial"


@pytest.fixture
def store(tmp_path: Path):  # type: ignore[no-untyped-def]
    with Store.open(str(tmp_path / "runs.db")) as opened:
        yield opened


def state(store: Store, case: Case, as_of: Quarter) -> Replanned:
    """Replan and approve."""
    found = replan(case, as_of, store, EXACT)
    approve(store, found.run.number, case, "me", "test")
    return found


def decided(found: Replanned, folder: Path, since: Quarter) -> dict[str, str]:
    """SHA-256 of the lines of the plan's decisions and operations from a quarter on, as they are kept.

    Without the number of the row, which what was before that quarter moves on.
    """
    save_plan(found.plan, folder)
    return {
        name: hashlib.sha256(
            "\n".join(
                line.partition(",")[2]
                for line in (folder / "tables" / f"{name}.csv").read_text().splitlines()
                if any(str(since + offset) in line for offset in range(40))
            ).encode()
        ).hexdigest()
        for name in ("decisions", "operations")
    }


@pytest.mark.parametrize("case", [everything(), load_case(TUTORIAL)], ids=["everything", "tutorial"])
@pytest.mark.parametrize("slack", [0.0025, 0.0])
def test_unchanged_inputs_give_the_same_plan_bit_for_bit(
    case: Case, slack: float, store: Store, tmp_path: Path
) -> None:
    """Proves: planned at the first quarter, then replanned at each later one with nothing changed, what is decided and
    operated from there on stands in the tables digit for digit, nothing moved, and nobody is called.
    """
    case = edit_settings(case, stability_slack=slack)
    first = case.calendar.first
    found = state(store, case, first)
    for offset in range(1, case.settings.quarters):
        again = replan(case, first + offset, store, EXACT)
        assert again.new
        assert not again.material
        since = first + offset
        assert decided(again, tmp_path / f"a{offset}", since) == decided(found, tmp_path / f"b{offset}", since)
        assert again.difference is not None
        assert not again.difference.changed
        assert not again.difference.inputs
        assert again.calm is not None
        assert again.calm.moved == 0.0


def test_the_kept_plan_is_the_plan(store: Store, tmp_path: Path) -> None:
    """Proves: what the store gives back is digit for digit what was solved."""
    found = replan(everything(), FIRST, store, EXACT)
    kept = replace(found, plan=plan_of(store, found.run.number))
    assert decided(kept, tmp_path / "kept", FIRST) == decided(found, tmp_path / "found", FIRST)


def test_asking_again_solves_nothing(store: Store) -> None:
    """Proves: the same case, date and options give the run that is there, before and after its approval."""
    case = one_site(10.0, 10.0)
    first = replan(case, FIRST, store, EXACT)
    assert not replan(case, FIRST, store, EXACT).new
    approve(store, first.run.number, case, "me", "test")
    again = replan(case, FIRST, store, EXACT)
    assert (again.new, again.run.number) == (False, first.run.number)
    assert len(store.runs()) == 1


@pytest.mark.parametrize(
    ("demand", "share", "moved", "material"),
    [
        (11.0, 0.0, 1e9, True),
        (11.0, 0.2, 1e9, False),
        (11.0, 0.2, 500.0, True),
        (11.0, 0.2, 1500.0, False),
        (10.0, 0.0, 0.0, False),
    ],
)
def test_material_is_what_passes_a_threshold(
    demand: float, share: float, moved: float, material: bool, store: Store
) -> None:
    """Proves: one unit more in the second of two quarters is one block more: 1,000 of 10,000 USD still to come, 10 %,
    and 1,000 USD of commitment moved. Each threshold alone calls for a look, and neither does below it.
    """
    case = edit_settings(one_site(10.0, 10.0), stability_slack=0.0, material_cost_share=share, material_moved_usd=moved)
    state(store, case, FIRST)
    records = tuple(
        replace(row, units=replace(row.units, values=(10.0, demand))) if isinstance(row, Demand) else row
        for row in case.records
    )
    found = replan(Case(records), FIRST + 1, store, EXACT)
    assert found.material is material
    assert found.run.material is material


def test_the_reports_of_a_replan_say_what_calm_cost(store: Store, tmp_path: Path) -> None:
    """Proves: page, run log of the workbook and plan.json tell what moved and what calm cost; those of a plan that
    was simply solved have no such part.
    """
    case = one_site(10.0, 10.0)
    state(store, case, FIRST)
    found = replan(edit_settings(case, title="two"), FIRST + 1, store, EXACT)
    write(found.plan, tmp_path / "replanned")
    line = "calm: commitments moved 0.00 USD, the cheapest plan would move 0.00; calm costs 0.00 USD"
    assert line in (tmp_path / "replanned" / "plan.html").read_text()
    book = load_workbook(tmp_path / "replanned" / "plan.xlsx", read_only=True)
    assert any(line == cell for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row)
    book.close()
    assert line in load_plan(tmp_path / "replanned").result.replanned
    write(solved(case), tmp_path / "solved")
    assert "What replanning changed" not in (tmp_path / "solved" / "plan.html").read_text()
