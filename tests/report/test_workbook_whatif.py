"""The plan workbook is live: overwrite one cell, and LibreOffice finds the objective that was worked out by hand."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl
import pandas
import pytest
from openpyxl.workbook import Workbook

from optimizer.case.settings import PaymentTiming
from optimizer.case.world import Workload
from optimizer.contracts.block import Block
from optimizer.errors import Finding
from optimizer.plan.audit import Audit, audit
from optimizer.plan.plan import Plan
from optimizer.plan.statements import nominal_by_category, obligations
from optimizer.report.workbook import write_workbook
from optimizer.rules.policy import PolicyKind
from optimizer.run import solve
from tests.builders import EXACT, add, edit, one_site, policy, power, solved, spot
from tests.report.workbooks import Recalculate, edited, everything, find, named, written

OBJECTIVE = "objective_formula"


def fixed_deal() -> Plan:
    """Ten GPUs for two quarters of 1,000 hours at 1 USD: signed at once, the second quarter beyond the horizon.

    By hand, at 21% a year and payment at the start of a quarter: 10,000 now, and 10,000 a quarter later, of which the
    tail value of 0.6 leaves 0.4. Objective: 10,000 + 10,000 x 0.4 / 1.21 ** 0.25 = 13,813.84.
    """
    case = one_site(10.0, discount_rate=0.21, payment_timing=PaymentTiming.START, tail_value=0.6)
    return solved(edit(case, Block, "b", term_quarters=2, divisible=False))


def set_setting(key: str, value: float | str) -> Callable[[Workbook], None]:
    """Overwrites a setting on the sheet of inputs."""

    def change(workbook: Workbook) -> None:
        workbook["Inputs"].cell(find(workbook, "Inputs", key), 3).value = value

    return change


def set_signing(value: float) -> Callable[[Workbook], None]:
    """Overwrites the blocks signed in the first quarter."""

    def change(workbook: Workbook) -> None:
        cell = workbook["Signings"].cell(find(workbook, "Signings", "b"), 8)
        assert cell.value == 10.0
        assert cell.fill.fgColor.rgb.endswith("ECE9FE")
        cell.value = value

    return change


SECOND = 10_000.0 / 1.21**0.25


@pytest.mark.libreoffice
@pytest.mark.parametrize(
    ("change", "objective"),
    [
        (set_signing(10.0), 10_000 + 0.4 * SECOND),
        (set_signing(12.0), 1.2 * (10_000 + 0.4 * SECOND)),
        (set_setting("discount_rate", 0.0), 10_000 + 0.4 * 10_000),
        (set_setting("tail_value", 0.0), 10_000 + SECOND),
        (set_setting("tail_value", 1.0), 10_000.0),
        (set_setting("payment_timing", "end"), (10_000 + 0.4 * SECOND) / 1.21**0.25),
        (set_setting("payment_timing", "middle"), (10_000 + 0.4 * SECOND) / 1.21**0.125),
    ],
    ids=["nothing", "blocks", "rate", "no tail value", "tail is neutral", "paid at the end", "paid in the middle"],
)
def test_what_if(
    change: Callable[[Workbook], None], objective: float, tmp_path: Path, recalculate: Recalculate
) -> None:
    """Proves: decisions, discount rate, tail value and payment timing move the objective by what is worked out by hand.

    A broken rule would give: 13,813.84 whatever is changed (pasted numbers), or the second invoice in full.
    """
    path = written(fixed_deal(), tmp_path / "plan.xlsx")
    changed = openpyxl.load_workbook(recalculate(edited(path, tmp_path / "edited.xlsx", change)), data_only=True)
    assert named(changed, OBJECTIVE) == pytest.approx(objective, abs=0.005)
    assert named(changed, "objective_solver") == pytest.approx(10_000 + 0.4 * SECOND, abs=0.005)
    assert named(changed, "checks_pass") == (abs(objective - 10_000 - 0.4 * SECOND) < 0.005)


@pytest.mark.libreoffice
def test_a_decision_moves_capacity_and_power_too(tmp_path: Path, recalculate: Recalculate) -> None:
    """Proves: with 30 instead of 10 blocks of 1 kW in a site of 0.02 MW, power is 0.01 MW over; the checks of the tie
    and of power fail, and the cover says so.

    A broken rule would give: a headroom of 0.01 MW (capacity is pasted).
    """
    case = add(one_site(10.0), power("home", 0.02))
    path = written(solved(edit(case, Block, "b", divisible=False)), tmp_path / "plan.xlsx")
    changed = edited(path, tmp_path / "edited.xlsx", set_signing(30.0))
    workbook = openpyxl.load_workbook(recalculate(changed), data_only=True)
    power_row = find(workbook, "Power", "Power: headroom")
    assert workbook["Power"].cell(power_row, 8).value == pytest.approx(-0.01)
    failed = [row[1].value for row in workbook["Checks"].iter_rows(min_row=9) if row[5].value == 0]
    assert failed == [
        "Objective rebuilt here ties to the objective of the solver",
        "Objective rebuilt here ties to that of the independent audit",
        "home: power is within its limit",
    ]
    cover = workbook["Cover"]
    assert cover.cell(find(workbook, "Cover", "Master check"), 3).value == "FAIL"


@pytest.mark.libreoffice
def test_a_limit_on_shortfall_is_checked(tmp_path: Path, recalculate: Recalculate) -> None:
    """Proves: 20 % of 10,000 unit-hours may go unserved, 2,000 do; with 3 units short instead of 2, the check fails.

    A broken rule would give: a check that holds whatever is overwritten.
    """
    case = edit(one_site(10.0), Workload, "train", shortfall_cost_usd_per_unit_hour=0.5)
    path = written(solved(policy(case, PolicyKind.SHORTFALL, 0.2)), tmp_path / "plan.xlsx")
    before = openpyxl.load_workbook(path, data_only=True)

    def go_short(workbook: Workbook) -> None:
        cell = workbook["Quantities"].cell(find(workbook, "Quantities", "train", "Shortfall"), 8)
        assert cell.value == 2.0
        cell.value = 3.0

    after = openpyxl.load_workbook(recalculate(edited(path, tmp_path / "edited.xlsx", go_short)), data_only=True)
    row = find(before, "Checks", "p: no more goes unserved than its share")
    for workbook, over, passed in ((before, 0.0, 1), (after, 1_000.0, 0)):
        assert workbook["Checks"].cell(row, 4).value == pytest.approx(over)
        assert workbook["Checks"].cell(row, 6).value == passed
    assert before["Shortfall"].cell(find(before, "Shortfall", "Headroom"), 8).value == pytest.approx(0.0)


@pytest.mark.libreoffice
def test_a_quantity_without_a_weight_is_caught(tmp_path: Path, recalculate: Recalculate) -> None:
    """Proves: blocks typed into a quarter in which the plan signs none move nothing, and a check says so."""
    path = written(solved(one_site(10.0, 0.0)), tmp_path / "plan.xlsx")

    def change(workbook: Workbook) -> None:
        blank = workbook["Signings"].cell(find(workbook, "Signings", "b"), 9)
        assert blank.value is None
        blank.value = 5.0

    changed = edited(path, tmp_path / "edited.xlsx", change)
    workbook = openpyxl.load_workbook(recalculate(changed), data_only=True)
    assert named(workbook, OBJECTIVE) == pytest.approx(10_000.0, abs=0.005)
    assert named(workbook, "checks_pass") == 0


@pytest.mark.libreoffice
def test_everything_is_recalculated_the_same(tmp_path: Path, recalculate: Recalculate) -> None:
    """Proves: with every contract type, every cached number is what LibreOffice calculates, and all checks pass."""
    path = written(solved(everything()), tmp_path / "plan.xlsx")
    cached = openpyxl.load_workbook(path, data_only=True)
    again = openpyxl.load_workbook(recalculate(path), data_only=True)
    compared = 0
    for sheet in openpyxl.load_workbook(path).worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    shown, found = (book[sheet.title][cell.coordinate].value for book in (cached, again))
                    if isinstance(shown, str):
                        assert found == shown
                    else:
                        assert found == pytest.approx(shown, rel=1e-9, abs=1e-4), f"{sheet.title}!{cell.coordinate}"
                    compared += 1
    assert compared > 3000
    assert named(again, "checks_pass") == 1


def test_the_statements_are_the_workbook(tmp_path: Path) -> None:
    """Proves: commitments by contract and fiscal year, and nominal cash by category, are those of the statements."""
    plan = solved(everything())
    workbook = openpyxl.load_workbook(written(plan, tmp_path / "plan.xlsx"), data_only=True)
    sheet = workbook["Commitments"]
    for obligation in obligations(plan):
        row = find(workbook, "Commitments", obligation.contract)
        years = {sheet.cell(4, column).value: sheet.cell(row, column).value for column in range(5, 10)}
        known = {year: amount for year, amount in obligation.by_year if year in years}
        for year, amount in known.items():
            assert years[year] == pytest.approx(amount, abs=0.01), f"{obligation.contract} FY{year}"
        column = next(column for column in range(5, 14) if sheet.cell(4, column).value == "Total")
        assert sheet.cell(row, column).value == pytest.approx(obligation.total, abs=0.01)
    cash = workbook["Cashflow"]
    for kind, inside, beyond in nominal_by_category(plan):
        row = find(workbook, "Cashflow", kind.label, "" if kind.cash else "Costs of the objective")
        quarters = [cash.cell(row, column).value for column in range(8, 14)]
        assert sum(quarters) == pytest.approx(-inside, abs=0.01), kind.label
        assert cash.cell(row, 7).value == pytest.approx(-beyond, abs=0.01), kind.label


def test_pandas_reads_the_plan(tmp_path: Path) -> None:
    """Proves: the long table has typed columns, and its present values add up to the objective."""
    plan = solved(everything())
    path = written(plan, tmp_path / "plan.xlsx")
    frame = pandas.read_excel(path, sheet_name="PlanLong", header=3, engine="openpyxl")
    assert frame["present_value"].sum() == pytest.approx(plan.result.objective, abs=0.005)
    assert frame["period_start"].min() == pandas.Timestamp(date(2027, 1, 1))
    assert set(frame["in_horizon"]) == {0, 1}
    sheet = openpyxl.load_workbook(path)["PlanLong"]
    assert sheet.tables["PlanLongTable"].ref == f"A4:Q{4 + len(frame)}"


def test_resold_capacity_is_money_received(tmp_path: Path) -> None:
    """Proves: 10 GPUs are bound for two quarters, 4 are idle in the second and resold at 0.5 USD: cash of 18,000 USD.

    A broken rule would give: 20,000 (resale left out) or 22,000 (its sign turned).
    """
    case = one_site(10.0, 6.0)
    case = edit(case, Block, "b", term_quarters=2, resale_price_usd_per_gpu_hour=0.5, sign_until=case.calendar.first)
    workbook = openpyxl.load_workbook(written(solved(case), tmp_path / "plan.xlsx"), data_only=True)
    row = find(workbook, "Cashflow", "resale")
    assert workbook["Cashflow"].cell(row, 6).value == pytest.approx(2_000.0)
    row = find(workbook, "Cashflow", "Net cash flow")
    assert workbook["Cashflow"].cell(row, 6).value == pytest.approx(-18_000.0)
    assert named(workbook, "checks_pass") == 1


def test_a_plan_that_buys_nothing_has_a_workbook(tmp_path: Path) -> None:
    """Proves: no demand, no decision, no money: every sheet is written, and the checks pass at 0 USD."""
    workbook = openpyxl.load_workbook(written(solved(one_site(0.0)), tmp_path / "plan.xlsx"), data_only=True)
    assert named(workbook, OBJECTIVE) == 0.0
    assert named(workbook, "checks_pass") == 1


def test_a_finding_of_the_audit_fails_the_master_check(tmp_path: Path) -> None:
    """Proves: a workbook of a plan that failed its audit cannot look sound."""
    plan = solved(one_site(10.0))
    sound = audit(plan.case, plan)
    finding = Finding("POWER-1", "too much", "less", "solve again")
    write_workbook(plan, Audit(sound.objective, (finding,), sound.books), tmp_path / "plan.xlsx")
    workbook = openpyxl.load_workbook(tmp_path / "plan.xlsx", data_only=True)
    assert named(workbook, "checks_pass") == 0
    assert workbook["Cover"].cell(find(workbook, "Cover", "Master check"), 3).value == "FAIL"


def test_no_plan_has_no_workbook(tmp_path: Path) -> None:
    """Proves: an infeasible case is refused in words, and no file is left."""
    case = edit(add(one_site(10.0), *spot("market", 1.0)), Block, "b", must_sign=True)
    plan = solve(add(case, power("home", 0.0)), EXACT)
    assert plan.result.status == "infeasible"
    with pytest.raises(ValueError, match="infeasible"):
        write_workbook(plan, Audit(0.0, (), None), tmp_path / "plan.xlsx")  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []
