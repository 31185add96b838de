"""The workbook of a plan under uncertainty, as a spreadsheet program recalculates it."""

from pathlib import Path

import pytest
from openpyxl import load_workbook

from optimizer.case.settings import Objective
from optimizer.report.workbook.tree import write_tree_workbook
from tests.builders import edit_settings
from tests.futures.branching import newsvendor, tree

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
        ({"objective": Objective.WORST}, 30_000.0),
        ({"objective": Objective.REGRET}, 7_200.0),
    ],
    ids=["expected", "with risk", "worst case", "regret"],
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


def test_what_waits_is_on_its_sheet(tmp_path: Path) -> None:
    """Proves: the sheets say what to decide now and, where anything can wait, for what."""
    write_tree_workbook(tree(newsvendor()), tmp_path / "tree.xlsx")
    book = load_workbook(tmp_path / "tree.xlsx")
    assert [cell.value for cell in book["DecideNow"][5]][1:6] == ["sign", "b", "2027Q1", 10, "blocks"]
    assert book["Waits"]["B5"].value is None
