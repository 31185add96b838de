"""Text of users in the plan workbook: it never becomes a formula, a pattern or a number, and never breaks the file."""

from pathlib import Path

import openpyxl
import pytest
from openpyxl.workbook import Workbook

from optimizer.case.case import Case
from optimizer.case.settings import Settings
from optimizer.case.world import Accelerator, Demand, Performance, Site, Supplier, Workload
from optimizer.contracts.block import Block
from optimizer.contracts.spot import Firmness, SpotMarket, SpotPrice
from optimizer.plan.plan import Plan
from tests.builders import across, solved
from tests.report.workbooks import Recalculate, cells, named, written

ATTACKS = {
    "title": '=HYPERLINK("http://x","y")',
    "supplier": "=cmd|' /C calc'!A1",
    "other": "+SUM(1,2)",
    "site": "@here & <there> \"quoted\" 'too'",
    "accelerator": "-1+1",
    "workload": ">5",
    "block": "007",
    "twin": "7",
    "pattern": "b*",
    "market": "\tb?",
}


def hostile() -> Case:
    """A case whose names look like formulas, patterns, comparisons, numbers and markup."""
    name = ATTACKS
    offer = {"site": name["site"], "accelerator": name["accelerator"], "gpus_per_block": 1.0, "term_quarters": 1}
    return Case(
        (
            Settings(first_quarter=across().first, quarters=2, title=name["title"] + "\x07", hours_per_quarter=1000.0),
            Supplier(name["supplier"]),
            Supplier(name["other"]),
            Site(name["site"], region="=1"),
            Accelerator(name["accelerator"], kw_per_gpu=1.0),
            Workload(name["workload"], shortfall_cost_usd_per_unit_hour=5.0),
            Performance(name["workload"], name["accelerator"], 1.0),
            Demand(name["workload"], across(10.0, 20.0)),
            *(
                Block(
                    **offer, block=name[key], supplier=name[who], price_usd_per_gpu_hour=price, max_blocks=4.0,
                    signing_fee_usd=fee,
                )
                for key, who, price, fee in (
                    ("block", "supplier", 1.0, 7.0), ("twin", "other", 1.1, 0.0), ("pattern", "other", 1.2, 3.0),
                )
            ),
            SpotMarket(
                market=name["market"], supplier=name["supplier"], site=name["site"], accelerator=name["accelerator"],
                firmness=Firmness.ON_DEMAND,
            ),
            SpotPrice(name["market"], across(2.0, 3.0)),
        )
    )  # fmt: skip


@pytest.fixture(scope="module")
def plan() -> Plan:
    return solved(hostile())


@pytest.fixture(scope="module")
def path(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(plan, tmp_path_factory.mktemp("hostile") / "plan.xlsx")


def texts(workbook: Workbook) -> set[str]:
    """Every text cell, as shown."""
    return {cell.value for cell in cells(workbook) if isinstance(cell.value, str) and cell.data_type == "s"}


def test_names_stay_texts(path: Path) -> None:
    """Proves: each hostile name stands in the workbook as a text, quoted where it begins like a formula, and no formula
    holds any of it.

    A broken rule would give: a formula `=cmd|...` that Excel offers to run.
    """
    workbook = openpyxl.load_workbook(path)
    found = texts(workbook)
    for name in ATTACKS.values():
        assert name in found
    for cell in cells(workbook):
        if cell.data_type == "f":
            assert "cmd" not in cell.value
            assert "HYPERLINK" not in cell.value
        elif isinstance(cell.value, str) and cell.value[0] in "=+-@\t\r":
            assert cell.quotePrefix, f"{cell.parent.title}!{cell.coordinate}"


def test_control_characters_are_left_out(path: Path) -> None:
    """Proves: a bell in the title does not make the file unreadable."""
    assert openpyxl.load_workbook(path)["Cover"]["A1"].value == ATTACKS["title"]


@pytest.mark.libreoffice
def test_names_are_keys_in_libreoffice_too(plan: Plan, path: Path, recalculate: Recalculate) -> None:
    """Proves: `007` and `7`, `b*` and `>5` are told apart when LibreOffice calculates: the objective ties, every check
    passes, and the names are still texts.

    A broken rule would give: `007` added to `7`, and `b*` to every name that begins with b.
    """
    again = openpyxl.load_workbook(recalculate(path), data_only=True)
    assert named(again, "objective_formula") == pytest.approx(plan.result.objective, abs=0.005)
    assert named(again, "checks_pass") == 1
    saved = openpyxl.load_workbook(recalculate(path))
    for name in ATTACKS.values():
        assert name in texts(saved)
