"""`export`: the plan's tables in a database, its commitments in the FOCUS layout, both tied to the plan's own money."""

import csv
import re
from pathlib import Path

import pytest
import sqlalchemy as sa

from optimizer.cli.main import main
from optimizer.errors import Exit
from optimizer.plan.plan import Plan
from optimizer.plan.save import load_plan
from optimizer.plan.statements import obligations
from optimizer.replan.roll import roll
from optimizer.report.focus import COLUMNS, commitments, focus_table
from tests.builders import FIRST, edit, one_site, solved
from tests.replan.rolling import carried
from tests.test_mutations import plan as everything_planned

ROOT = Path(__file__).resolve().parents[2]
TUTORIAL = ROOT / "data" / "tutorial"
Shown = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("plan") / "tutorial"
    assert main(["solve", str(TUTORIAL), "--out", str(path)]) == Exit.DONE
    return path


def rows(url: str, statement: str) -> list[tuple[object, ...]]:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(statement))]


def test_the_tables_of_a_plan_are_in_the_database_once(folder: Path, url: str, capsys: Shown) -> None:
    """Proves: exported twice there is one plan; the cash of its postings is the objective to the cent: nothing
    is discounted in this case, and service after the horizon does not count.
    """
    assert main(["export", str(folder), "--to", url]) == Exit.DONE
    assert main(["export", str(folder), "--to", url]) == Exit.DONE
    assert "already had plan" in capsys.readouterr().out
    ((title, status, objective),) = rows(url, "SELECT title, status, objective FROM plans")
    assert (title, status) == ("Tutorial", "optimal")
    counted = "account = 'Cash' AND (quarter <= '2027Q4' OR NOT service)"
    ((total,),) = rows(url, f"SELECT SUM(amount) FROM plan_postings WHERE {counted}")
    assert total == pytest.approx(objective, abs=0.005)
    ((orphans,),) = rows(url, "SELECT COUNT(*) FROM plan_decisions WHERE plan_id NOT IN (SELECT plan_id FROM plans)")
    assert orphans == 0


def test_two_plans_stand_beside_each_other(folder: Path, url: str, tmp_path: Path) -> None:
    assert main(["export", str(folder), "--to", url]) == Exit.DONE
    assert main(["solve", str(ROOT / "data" / "meta-nebius-option"), "--out", str(tmp_path / "b"), "--gap", "0.2"]) == 0
    assert main(["export", str(tmp_path / "b"), "--to", url]) == Exit.DONE
    assert rows(url, "SELECT COUNT(*) FROM plans") == [(2,)]
    assert rows(url, "SELECT COUNT(DISTINCT plan_id) FROM plan_postings") == [(2,)]


def everything_rolled() -> Plan:
    planned = everything_planned()
    return carried(roll(planned.case, planned, FIRST + 2).case, planned)


@pytest.mark.parametrize("plan", [everything_planned, everything_rolled])
def test_focus_ties_to_the_obligations_to_the_cent(plan) -> None:  # type: ignore[no-untyped-def]
    """Proves: with every contract type, before and after history is frozen, the cents of all commitments, and those of
    each contract within a cent, are the firm payments of the plan's own statement.
    """
    made = plan()
    found, owed = commitments(made), obligations(made)
    assert sum(row.cents for row in found) == round(sum(row.total for row in owed) * 100)
    for row in owed:
        cents = sum(one.cents for one in found if one.contract == row.contract)
        assert cents == pytest.approx(row.total * 100, abs=1.01 * len([o for o in found if o.contract == row.contract]))


def test_a_row_of_focus_by_hand() -> None:
    """Proves: ten blocks signed in the second of two quarters for a term of two, at 1 USD per GPU-hour and 1,000 hours
    a quarter, are one proposed commitment of 20,000 USD from April to the end of September.
    """
    from optimizer.contracts.block import Block

    case = edit(one_site(0.0, 10.0), Block, "b", term_quarters=2)
    table = focus_table(solved(case))
    (row,) = [dict(zip(table.header, (cell.value for cell in row), strict=True)) for row in table.rows]
    assert row["ContractCommitmentId"] == "b:2027Q2"
    assert (row["ContractCommitmentCategory"], row["ContractCommitmentCost"]) == ("Spend", 20_000.0)
    assert (row["BillingCurrency"], row["ContractCommitmentLifecycleStatus"]) == ("USD", "Proposed")
    assert row["ContractCommitmentPeriodStart"] == "2027-04-01T00:00:00Z"
    assert row["ContractCommitmentPeriodEnd"] == "2027-10-01T00:00:00Z"
    assert row["x_Supplier"] == "acme"


def test_what_is_signed_is_active(tmp_path: Path) -> None:
    """Proves: rolled past its signing, the commitment of the first quarter is active, that of a later one proposed."""
    from optimizer.contracts.block import Block

    case = edit(one_site(10.0, 20.0, 30.0), Block, "b", term_quarters=3)
    planned = solved(case)
    found = commitments(carried(roll(case, planned, FIRST + 1).case, planned))
    assert {row.signed: row.active for row in found if row.signed} == {
        "2027Q1": True,
        "2027Q2": False,
        "2027Q3": False,
    }


def test_the_focus_file(folder: Path, tmp_path: Path, capsys: Shown) -> None:
    """Proves: the file has the columns of the layout, dates and money as it writes them, and no null it forbids."""
    path = tmp_path / "commitments.csv"
    assert main(["export", str(folder), "--focus", str(path)]) == Exit.DONE
    found = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    assert found
    assert tuple(found[0]) == COLUMNS
    for row in found:
        assert re.fullmatch(r"-?\d+\.\d\d", row["ContractCommitmentCost"])
        assert re.fullmatch(r"\d{4}-\d\d-01T00:00:00Z", row["ContractCommitmentPeriodStart"])
        assert row["ContractCommitmentPeriodStart"] < row["ContractCommitmentPeriodEnd"]
        for name in COLUMNS[:7]:
            assert row[name], name
    owed = sum(row.total for row in obligations(load_plan(folder)))
    assert sum(float(row["ContractCommitmentCost"]) for row in found) == pytest.approx(owed, abs=0.005)


def test_a_name_that_looks_like_a_formula_is_text(tmp_path: Path) -> None:
    from optimizer.cli.export import _field

    assert _field("=cmd|' /C calc'!A0") == "'=cmd|' /C calc'!A0"
    assert _field(-5.0) == "-5.00"


def test_what_cannot_be_exported_is_told(folder: Path, tmp_path: Path, capsys: Shown) -> None:
    assert main(["export", str(folder)]) == Exit.USAGE
    assert main(["export", str(folder), "--to", "plans.db"]) == Exit.USAGE
    assert main(["export", str(tmp_path), "--focus", "x.csv"]) == Exit.STALE
    assert main(["solve", str(ROOT / "data" / "infeasible"), "--out", str(tmp_path / "i")]) == Exit.UNSOLVABLE
    assert main(["export", str(tmp_path / "i"), "--focus", "x.csv"]) == Exit.STALE
    capsys.readouterr()
