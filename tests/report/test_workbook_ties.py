"""The plan workbook ties: cached values, LibreOffice's own recalculation, and the solver's objective are one number."""

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas
import pytest

from optimizer.contracts.block import Block
from optimizer.contracts.spot import Firmness
from optimizer.load import load_case
from optimizer.plan.plan import Plan
from optimizer.run import solve
from tests.builders import add, edit, one_site, solved, spot
from tests.report.workbooks import named, written

ROOT = Path(__file__).resolve().parents[2]
VOLATILE = ("OFFSET(", "INDIRECT(", "NOW(", "TODAY(", "RAND(")
Recalculate = Callable[[Path], Path]


@pytest.fixture(scope="module")
def tutorial() -> Plan:
    return solve(load_case(ROOT / "data" / "tutorial"))


def rich() -> Plan:
    """A plan with a fee, a prepayment, an escalator, discounting, a tail that counts, shortfall and an odd name."""
    case = one_site(10.0, 14.0, 9.0, 30.0, 12.0, discount_rate=0.07, tail_value=0.4)
    case = edit(
        case, Block, "b", term_quarters=7, signing_fee_usd=100.0, prepayment_share=0.2, credit_after_quarters=2,
        escalator=0.05, max_blocks=11.0,
    )  # fmt: skip
    return solved(add(case, *spot("a & <b> 'c'", 1.5, 1.75, 1.3, 1.6, 1.7, firmness=Firmness.ON_DEMAND, limit=6.0)))


def test_cached_values_are_there_without_recalculation(tutorial: Plan, tmp_path: Path) -> None:
    """Proves: pandas and previews see numbers, not blanks or zeros."""
    path = written(tutorial, tmp_path / "plan.xlsx")
    values = openpyxl.load_workbook(path, data_only=True)
    assert named(values, "objective_formula") == pytest.approx(16_031_360.0, abs=0.005)
    assert named(values, "checks_pass") == 1
    frame = pandas.read_excel(path, sheet_name="Cashflow", header=None, engine="openpyxl")
    assert frame.select_dtypes("number").size > 0 or frame.map(lambda v: isinstance(v, float)).to_numpy().any()


@pytest.mark.libreoffice
@pytest.mark.parametrize("make", [rich, None], ids=["rich", "tutorial"])
def test_libreoffice_recalculates_the_same(
    make: Callable[[], Plan] | None, tutorial: Plan, tmp_path: Path, recalculate: Recalculate
) -> None:
    """Proves: after LibreOffice's own recalculation every number is the cached one, the objective ties to the cent, and
    every check passes.

    A broken rule would give: a formula that differs from the value written beside it.
    """
    plan = tutorial if make is None else make()
    path = written(plan, tmp_path / "plan.xlsx")
    cached = openpyxl.load_workbook(path, data_only=True)
    again = openpyxl.load_workbook(recalculate(path), data_only=True)
    assert named(again, "objective_solver") == pytest.approx(plan.result.objective, abs=0.005)
    assert named(again, "objective_formula") == pytest.approx(plan.result.objective, abs=0.005)
    assert named(again, "checks_pass") == 1
    compared = 0
    for sheet in cached.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, int | float):
                    value = again[sheet.title][cell.coordinate].value
                    assert value == pytest.approx(cell.value, rel=1e-6, abs=1e-6), f"{sheet.title}!{cell.coordinate}"
                    compared += 1
    assert compared > 500


@pytest.mark.libreoffice
def test_an_overwritten_price_moves_the_objective(tmp_path: Path, recalculate: Recalculate) -> None:
    """Proves: formulas are live: 10 GPUs x 1,000 h x 0.5 USD more make the objective 15,000 instead of 10,000 USD,
    while the solver's stays, so the tie fails and says so.

    A broken rule would give: 10,000 (pasted numbers).
    """
    path = written(solved(one_site(10.0)), tmp_path / "plan.xlsx")
    workbook = openpyxl.load_workbook(path)
    sheet = workbook["Inputs"]
    header, target = None, None
    for row in sheet.iter_rows():
        for cell in row:
            if cell.value == "price_usd_per_gpu_hour" and header is None:
                header = cell
            if header is not None and target is None and cell.row > header.row and cell.column == header.column:
                target = cell if isinstance(cell.value, int | float) else None
    assert target is not None
    assert target.value == 1.0
    target.value = 1.5
    edited = tmp_path / "edited.xlsx"
    workbook.save(edited)
    again = openpyxl.load_workbook(recalculate(edited), data_only=True)
    assert named(again, "objective_formula") == pytest.approx(15_000.0, abs=0.005)
    assert named(again, "objective_solver") == pytest.approx(10_000.0, abs=0.005)
    assert named(again, "checks_pass") == 0


def test_text_of_users_never_becomes_a_formula(tmp_path: Path) -> None:
    """Proves: a title that looks like a formula stays text."""
    plan = solved(one_site(10.0, title="=HYPERLINK(1)"))
    workbook = openpyxl.load_workbook(written(plan, tmp_path / "plan.xlsx"))
    for sheet in workbook.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, str) and "HYPERLINK(1)" in cell.value:
                    assert cell.data_type == "s", f"{sheet.title}!{cell.coordinate}"


def test_the_workbook_follows_the_house_rules(tutorial: Plan, tmp_path: Path) -> None:
    """Proves: no volatile function, no external link, no hidden sheet, row or column."""
    workbook = openpyxl.load_workbook(written(tutorial, tmp_path / "plan.xlsx"))
    for sheet in workbook.worksheets:
        assert sheet.sheet_state == "visible"
        assert not any(dimension.hidden for dimension in sheet.row_dimensions.values())
        assert not any(dimension.hidden for dimension in sheet.column_dimensions.values())
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    formula = str(cell.value).upper()
                    assert not any(word in formula for word in VOLATILE), f"{sheet.title}!{cell.coordinate}"
                    assert "[" not in formula or "]!" not in formula
