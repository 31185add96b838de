"""A case with scenarios through the command line: solve, audit, report, and what refuses it."""

import json
import shutil
from pathlib import Path

import pytest
from openpyxl import load_workbook

from optimizer.case.case import Case
from optimizer.case.settings import Objective
from optimizer.case.world import Demand, Workload
from optimizer.catalog import catalog
from optimizer.cli.main import main
from optimizer.errors import Exit
from optimizer.futures.shock import Change
from optimizer.plan.save_tree import load_tree
from optimizer.plan.tree import audit_tree
from optimizer.tables.csv_folder import write_folder
from optimizer.tables.unparse import raw_tables
from tests.builders import FIRST, across, add, block, edit, edit_settings
from tests.futures.branching import newsvendor, scenario, shock
from tests.replan.test_roll_tree import marked


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """The newsvendor with an offer that can wait: 4 blocks now, 6 later if demand is high; 8,500 USD on average."""
    late = block("late", price_usd_per_gpu_hour=1.5, sign_from=FIRST + 1)
    records = add(newsvendor(), late).records
    write_folder(raw_tables(records, catalog(), (FIRST, FIRST + 1)), tmp_path / "case")
    return tmp_path / "case"


@pytest.fixture
def plan(case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """Its plan folder."""
    assert main(["solve", str(case), "--out", str(tmp_path / "plan")]) == Exit.DONE
    capsys.readouterr()
    return tmp_path / "plan"


def test_solve_says_what_to_decide_now_and_what_can_wait(
    case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["solve", str(case), "--out", str(tmp_path / "plan")]) == Exit.DONE
    said = capsys.readouterr().out
    assert "expected present value 8,500.00 USD" in said
    assert "decide by 2027Q1: sign b (4 blocks)\nwait: sign late (50%, 2027Q2)" in said
    now, later = said.split("decide now, whatever comes")[1].split("what can wait")
    assert "sign b" in now and "sign late" not in now
    assert "sign late" in later and "50.0%" in later


def test_the_folder_holds_the_tree_and_a_plan_for_each_scenario(plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Proves: every scenario is a plan folder that can be audited and reported by itself."""
    document = json.loads((plan / "plan.json").read_text())
    assert document["schema"] == "optimizer/tree@1"
    assert [one["scenario"] for one in document["scenarios"]] == ["low", "high"]
    assert main(["audit", str(plan)]) == Exit.DONE
    for one in document["scenarios"]:
        assert main(["audit", str(plan / one["folder"])]) == Exit.DONE
        assert (plan / one["folder"] / "plan.xlsx").exists()
    assert main(["report", str(plan)]) == Exit.DONE
    assert main(["report", str(plan / "scenarios" / "0002")]) == Exit.DONE
    assert "One scenario of a plan under uncertainty" in (plan / "scenarios" / "0002" / "plan.html").read_text()
    assert not audit_tree(load_tree(plan))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "expected cost recomputed 10,000.00, reported 10,000.00"),
        ({"objective": Objective.WORST}, "worst case recomputed 10,000.00, reported 10,000.00"),
        ({"objective": Objective.REGRET}, "largest regret recomputed 4,800.00, reported 4,800.00"),
        ({"risk_weight": 0.5}, "expected cost + 0.5 x CVaR recomputed 15,000.00, reported 15,000.00"),
    ],
    ids=["expected cost", "worst case", "largest regret", "risk"],
)
def test_an_audit_recomputes_what_is_minimised(
    changes: dict[str, object], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Proves: the newsvendor signs 10 blocks for 10,000 USD, needed or not. With the least regret it signs 8.8: 4.8 too
    many in the low future at 1,000 USD each, 1.2 too few in the high one at 5,000 less 1,000 each. The audit tells what
    is minimised as recomputed and as reported, in words and as JSON.

    A broken rule would give: an expected cost beside a reported worst case, two figures that never agree.
    """
    case = edit_settings(newsvendor(), **changes)
    write_folder(raw_tables(case.records, catalog(), (FIRST, FIRST + 1)), tmp_path / "case")
    assert main(["solve", str(tmp_path / "case"), "--gap", "0", "--out", str(tmp_path / "plan")]) == Exit.DONE
    capsys.readouterr()
    assert main(["audit", str(tmp_path / "plan")]) == Exit.DONE
    assert capsys.readouterr().out == f"audit of 2 scenarios passed; {said}\n"
    assert main(["audit", str(tmp_path / "plan"), "--json"]) == Exit.DONE
    told = float(said.split()[-1].replace(",", ""))
    assert json.loads(capsys.readouterr().out)["objective"] == pytest.approx(told, abs=0.005)


def test_the_expected_cost_is_a_live_formula(plan: Path) -> None:
    """Proves: objective_formula is SUMPRODUCT of costs and probabilities and shows 8,500; checks_pass shows 1."""
    shown, written = load_workbook(plan / "plan.xlsx", data_only=True), load_workbook(plan / "plan.xlsx")
    cells = {}
    for name in ("objective_solver", "objective_formula", "checks_pass"):
        sheet, address = next(iter(written.defined_names[name].destinations))
        cells[name] = (shown[sheet][address].value, str(written[sheet][address].value))
    assert cells["objective_formula"][0] == pytest.approx(8_500.0)
    formulas = [cell.value for row in written["Scenarios"].iter_rows() for cell in row if cell.data_type == "f"]
    assert any("SUMPRODUCT(" in formula for formula in formulas)
    assert cells["objective_formula"][1].startswith("=")
    assert cells["objective_solver"][0] == pytest.approx(8_500.0)
    assert cells["checks_pass"][0] == 1


def test_a_scenario_can_be_solved_as_if_it_were_certain(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(case.parent / "high")
    assert main(["solve", str(case), "--scenario", "high", "--out", out]) == Exit.DONE
    assert "expected present value 10,000.00 USD" in capsys.readouterr().out
    assert main(["solve", str(case), "--scenario", "hihg", "--out", out]) == Exit.USAGE
    assert "name one of: low, high" in capsys.readouterr().err


def test_a_changed_scenario_is_seen(plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Proves: nothing in the folder of a tree can be changed unseen, whichever scenario it belongs to."""
    decisions = plan / "scenarios" / "0002" / "tables" / "decisions.csv"
    decisions.write_text(decisions.read_text().replace("6", "5"))
    assert main(["audit", str(plan)]) == Exit.STALE
    record = plan / "scenarios" / "0001" / "plan.json"
    record.write_text(record.read_text() + " ")
    assert main(["audit", str(plan)]) == Exit.STALE
    assert "scenarios/0001/plan.json" in capsys.readouterr().err


def test_a_plan_without_scenarios_replaces_a_tree(plan: Path, case: Path) -> None:
    """Proves: no scenario of an older plan is left in a folder that holds another plan."""
    assert main(["solve", str(case), "--scenario", "low", "--out", str(plan)]) == Exit.DONE
    assert not (plan / "scenarios").exists()


def test_replan_takes_scenarios_and_says_what_is_missing(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Proves: the life of a tree through the command line: planned, approved, rolled by a flag, by the case, or refused
    with the branches, the cell to fill and exit 3.
    """
    store = f"sqlite:///{case.parent / 'runs.db'}"
    replan = ["replan", str(case), "--store", store, "--threads", "1"]
    assert main([*replan, "--as-of", "2027Q1"]) == Exit.CHANGED
    assert "expected over 2 scenarios, 8,500.00 USD" in capsys.readouterr().out
    assert main(["approve", "1", "--why", "first", "--store", store]) == Exit.DONE
    assert main([*replan, "--as-of", "2027Q1"]) == Exit.DONE
    assert main([*replan, "--as-of", "2027Q2", "--came-true", "hihg"]) == Exit.USAGE
    assert "name one of: low, high" in capsys.readouterr().err
    assert main([*replan, "--as-of", "2027Q2", "--came-true", "high", "--json"]) == Exit.CHANGED
    document = json.loads(capsys.readouterr().out)
    assert document["run"]["options"]["came_true"] == "high"
    assert document["run"]["objective"] == pytest.approx(4_000.0 + 9_000.0)
    assert document["difference"]["decisions"] == [] and document["difference"]["later"] == []
    assert main([*replan, "--as-of", "2027Q2", "--out", str(case.parent / "open")]) == Exit.DONE
    assert "low (50 %); high (50 %) part in 2027Q2" in capsys.readouterr().out
    assert main(["audit", str(case.parent / "open")]) == Exit.DONE
    shutil.copytree(case, case.parent / "later")
    write_folder(raw_tables(longer().records, catalog(), (FIRST, FIRST + 1, FIRST + 2)), case.parent / "later")
    later = ["replan", str(case.parent / "later"), "--store", store, "--as-of", "2027Q3", "--threads", "1"]
    assert main(later) == Exit.INPUT
    said = capsys.readouterr().err
    assert "scenarios.csv:2, column came_true" in said and "low (50 %); high (50 %) had parted by 2027Q2" in said
    scenarios = case.parent / "later" / "scenarios.csv"
    scenarios.write_text(scenarios.read_text().replace("low,0.5,,2027Q2,", "low,0.5,,2027Q2,2027Q2"))
    assert main(later) == Exit.CHANGED
    assert main(["runs", "verify", "--store", store]) == Exit.DONE
    assert main(["runs", "compare", "1", "2", "--store", store]) == Exit.DONE
    assert main(["runs", "export", "3", "--out", str(case.parent / "exported"), "--store", store]) == Exit.DONE
    assert not audit_tree(load_tree(case.parent / "exported"))
    assert main(["runs", "show", "2", "--store", store]) == Exit.DONE
    assert "--came-true high" in capsys.readouterr().out


def test_solve_says_that_it_does_not_read_what_came_true(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Proves: the plan as of the first quarter knows no more than was known then, and a reader is told."""
    write_folder(raw_tables(marked(longer(), "high", FIRST + 1).records, catalog(), (FIRST,)), case.parent / "marked")
    assert main(["solve", str(case.parent / "marked"), "--out", str(case.parent / "p"), "--json"]) == Exit.DONE
    said = capsys.readouterr()
    assert "what came true (high) is read by replan; solve plans as of 2027Q1" in said.err
    assert len(json.loads(said.out)["scenarios"]) == 2


def longer() -> Case:
    """The newsvendor of three quarters."""
    case = edit(newsvendor(), Demand, "train", units=across(0.0, 4.0, 4.0))
    return edit_settings(add(case, block("late", price_usd_per_gpu_hour=1.5, sign_from=FIRST + 1)), quarters=3)


def test_two_trees_and_a_tree_and_a_certain_plan_are_compared(
    plan: Path, case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Proves: `diff` of trees tells what is decided now, what waits with probability and mean, money on average, risk,
    and the scenarios among the inputs; a certain plan is compared with what a tree shares and has on average.
    """
    assert main(["diff", str(plan), str(plan), "--exit-code"]) == Exit.DONE
    assert "no decision changed" in capsys.readouterr().out
    likely = tmp_path / "likely"
    shutil.copytree(case, likely)
    scenarios = likely / "scenarios.csv"
    text = scenarios.read_text().replace("low,0.5", "low,0.2").replace("high,0.5", "high,0.8")
    scenarios.write_text(text)
    assert main(["solve", str(likely), "--out", str(tmp_path / "after")]) == Exit.DONE
    capsys.readouterr()
    assert main(["diff", str(plan), str(tmp_path / "after"), "--exit-code"]) == Exit.CHANGED
    said = capsys.readouterr().out
    assert "scenarios high probability" in said and "sign | b | 2027Q1" in said
    assert "sign | late" in said and "decision that waits" in said and "50.0%" in said
    assert main(["diff", str(plan), str(tmp_path / "after"), "--json"]) == Exit.DONE
    found = json.loads(capsys.readouterr().out)
    assert [(one["what"], one["before"], one["after"]) for one in found["decisions"]] == [("sign | b | 2027Q1", 4, 10)]
    waits = found["later"][0]
    assert (waits["probability_before"], waits["probability_after"]) == (0.5, 0.0)
    assert (waits["mean_before"], waits["mean_after"]) == (3.0, 0.0)
    assert found["objective"]["before"] == pytest.approx(8_500.0)
    assert {one["what"] for one in found["risk"]} >= {"dearest scenario", "cheapest scenario"}
    assert main(["solve", str(case), "--scenario", "high", "--out", str(tmp_path / "high")]) == Exit.DONE
    capsys.readouterr()
    assert main(["diff", str(plan), str(tmp_path / "high"), "--json"]) == Exit.DONE
    found = json.loads(capsys.readouterr().out)
    assert [(one["what"], one["before"], one["after"]) for one in found["decisions"]] == [("sign | b | 2027Q1", 4, 10)]


def test_a_tree_without_a_plan_is_not_compared(plan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hard = edit(newsvendor(max_blocks=8.0), Workload, "train", must_serve=True)
    write_folder(raw_tables(hard.records, catalog(), (FIRST, FIRST + 1)), tmp_path / "hard")
    assert main(["solve", str(tmp_path / "hard"), "--out", str(tmp_path / "none")]) == Exit.UNSOLVABLE
    assert main(["diff", str(plan), str(tmp_path / "none")]) == Exit.STALE
    assert "there is no plan to compare: its status is infeasible" in capsys.readouterr().err


def test_check_shows_the_cell_of_a_shock(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shocks = case / "shocks.csv"
    shocks.write_text(shocks.read_text().replace("train", "trian"))
    assert main(["check", str(case)]) == Exit.INPUT
    said = capsys.readouterr()
    assert "shocks.csv" in said.out + said.err
    assert "trian" in said.out + said.err


def test_an_infeasible_tree_is_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Proves: demand that must be served and cannot be in one scenario makes the tree infeasible: exit 4, a record.

    The row that cannot hold is named with its scenario. A broken rule would give: a row that every scenario has.
    """
    case = edit(newsvendor(max_blocks=8.0), Workload, "train", must_serve=True)
    write_folder(raw_tables(case.records, catalog(), (FIRST, FIRST + 1)), tmp_path / "case")
    assert main(["solve", str(tmp_path / "case"), "--out", str(tmp_path / "plan")]) == Exit.UNSOLVABLE
    said = capsys.readouterr().out
    assert "infeasible" in said and "DEMAND-1 train all 2027Q2 in high (by 2 units)" in said
    assert json.loads((tmp_path / "plan" / "plan.json").read_text())["status"] == "infeasible"
    assert main(["audit", str(tmp_path / "plan")]) == Exit.STALE


@pytest.mark.usefixtures("workers_here")
def test_regret_through_the_command_line(case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Proves: least costs are solved once: the solved case has them, and a plan of it needs no such search.

    4 blocks now at 1,000 regret nothing in low; high pays 4,000 + 9,000 against 10,000 alone: x blocks regret
    1,000 x - 4,000 and 15,000 - 500 x - 10,000, both 2,000 at 6.
    """
    table = case / "settings.csv"
    text = table.read_text()
    assert "objective,expected cost" in text
    table.write_text(text.replace("objective,expected cost", "objective,largest regret"))
    assert main(["solve", str(case), "--out", str(tmp_path / "plan"), "--gap", "0"]) == Exit.DONE
    said = capsys.readouterr()
    assert "solving scenario high alone, 2 of 2" in said.err
    assert "largest regret 2,000.00 USD" in said.out and "at most 2,000.00" in said.out
    assert "the cheapest on average" in json.loads((tmp_path / "plan" / "plan.json").read_text())["detail"]
    assert main(["audit", str(tmp_path / "plan")]) == Exit.DONE
    assert main(["report", str(tmp_path / "plan")]) == Exit.DONE
    assert "Largest regret" in (tmp_path / "plan" / "plan.html").read_text()
    capsys.readouterr()
    assert main(["solve", str(tmp_path / "plan" / "case"), "--out", str(tmp_path / "again"), "--gap", "0"]) == Exit.DONE
    assert "alone" not in capsys.readouterr().err
    split = tmp_path / "split"
    assert main(["solve", str(case), "--decompose", "always", "--gap", "0", "--out", str(split)]) == Exit.DONE
    said = capsys.readouterr()
    assert "largest regret 2,000.00 USD" in said.out and "finding the cheapest on average" in said.err
    assert main(["audit", str(split)]) == Exit.DONE


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    """Proves: the name of a scenario is no path, no formula and no markup."""
    name = "../../<b>x"
    case = newsvendor()
    rows = tuple(row for row in case.records if row.TABLE.name not in ("scenarios", "shocks"))
    case = add(type(case)(rows), scenario("low", 0.5), scenario(name, 0.5))
    case = add(case, shock(name, "demand", "train", Change.SET, 10.0))
    write_folder(raw_tables(case.records, catalog(), (FIRST, FIRST + 1)), tmp_path / "case")
    assert main(["solve", str(tmp_path / "case"), "--out", str(tmp_path / "plan")]) == Exit.DONE
    assert sorted(path.name for path in (tmp_path / "plan" / "scenarios").iterdir()) == ["0001", "0002"]
    assert "<b>x" not in (tmp_path / "plan" / "plan.html").read_text()
    sheet = load_workbook(tmp_path / "plan" / "plan.xlsx")["Scenarios"]
    assert sheet["B6"].value == name and sheet["B6"].data_type == "s"


def test_a_cluster_or_a_split_that_is_not_used_is_told(
    case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Proves: nobody believes that a cluster works on what is solved here. What contradicts itself is refused; a small
    tree, and a case without scenarios, say that they are one program.
    """
    away = ["--cluster", "tcp://127.0.0.1:1"]
    assert main(["solve", str(case), "--decompose", "never", *away]) == Exit.USAGE
    assert "leave --cluster or --decompose never out" in capsys.readouterr().err
    assert main(["solve", str(case), *away, "--out", str(tmp_path / "tree")]) == Exit.DONE
    assert "solved here, not on the cluster" in capsys.readouterr().err
    for flags in (away, ["--decompose", "always"]):
        command = ["solve", str(case), "--scenario", "high", *flags, "--out", str(tmp_path / "certain")]
        assert main(command) == Exit.DONE
        assert "note: a case without scenarios is one program, solved here" in capsys.readouterr().err
