"""`replan`, `approve` and `runs` through the front door: what a schedule sees, and what an approver is refused."""

import json
import shutil
from pathlib import Path

import pytest

from optimizer.cli.main import main
from optimizer.errors import Exit
from optimizer.store import Store
from tests.cli.terminal import interrupted

ROOT = Path(__file__).resolve().parents[2]
TUTORIAL = ROOT / "data" / "tutorial"
INFEASIBLE = ROOT / "data" / "infeasible"
LARGE = ROOT / "data" / "meta-nebius"

Shown = pytest.CaptureFixture[str]


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the tutorial; the store of every command is runs.db beside it."""
    monkeypatch.setenv("OPTIMIZER_STORE", str(tmp_path / "runs.db"))
    return Path(shutil.copytree(TUTORIAL, tmp_path / "case"))


def replan(case: Path, *words: str) -> int:
    return main(["replan", str(case), "--as-of", "2027Q1", "--threads", "1", *words])


def edit(case: Path, table: str, old: str, new: str) -> None:
    """Change the text of one table, which must hold the old text."""
    path = case / f"{table}.csv"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def approved(case: Path) -> None:
    """Run 1 as of 2027Q1, approved."""
    assert replan(case) == Exit.CHANGED
    assert main(["approve", "1", "--why", "first"]) == Exit.DONE


def test_the_life_of_a_plan(case: Path, capsys: Shown) -> None:
    """Proves: first run 10; asked again 0 and no run; approved; a quarter later nothing material, 0; a demand that
    doubles is 10; approving it supersedes the first, and every state is in the record with who and why.
    """
    assert replan(case) == Exit.CHANGED
    assert replan(case) == Exit.DONE
    assert "nothing new: run 1 (draft)" in capsys.readouterr().out
    assert main(["approve", "1", "--why", "board of 3 March", "--by", "ann"]) == Exit.DONE
    assert main(["replan", str(case), "--as-of", "2027Q2"]) == Exit.DONE
    assert "nothing material changed" in capsys.readouterr().out
    edit(case, "demand", "chat,100,200,300,400", "chat,100,200,600,800")
    assert main(["replan", str(case), "--as-of", "2027Q2"]) == Exit.CHANGED
    said = capsys.readouterr().out
    assert "CHANGED, look" in said and "2 inputs and " in said
    assert main(["approve", "3", "--why", "demand", "--by", "bob"]) == Exit.DONE
    assert "run 1 is superseded" in capsys.readouterr().out
    assert main(["runs", "list", "--json"]) == Exit.DONE
    states = [run["state"] for run in json.loads(capsys.readouterr().out)["runs"]]
    assert states == ["approved", "draft", "superseded"]
    assert main(["runs", "show", "1", "--json"]) == Exit.DONE
    events = json.loads(capsys.readouterr().out)["events"]
    assert [(one["state"], one["by"]) for one in events][1:] == [("approved", "ann"), ("superseded", "bob")]
    assert events[1]["why"] == "board of 3 March"


def test_a_replan_is_one_json_document(case: Path, capsys: Shown) -> None:
    assert replan(case, "--json") == Exit.CHANGED
    first = json.loads(capsys.readouterr().out)
    assert (first["new"], first["material"], first["run"]["number"]) == (True, True, 1)
    assert first["run"]["audit"]["passed"] is True
    assert replan(case, "--json") == Exit.DONE
    again = json.loads(capsys.readouterr().out)
    assert (again["new"], again["run"]["number"]) == (False, 1)


def test_out_writes_the_plan_folder_also_when_nothing_is_new(case: Path, tmp_path: Path) -> None:
    """Proves: a schedule that publishes the folder publishes it on every call, and it passes its audit."""
    assert replan(case) == Exit.CHANGED
    assert replan(case, "--out", str(tmp_path / "out")) == Exit.DONE
    assert (tmp_path / "out" / "plan.xlsx").is_file()
    assert main(["audit", str(tmp_path / "out")]) == Exit.DONE


def test_invalid_input_and_a_bad_date_change_nothing(case: Path, capsys: Shown) -> None:
    assert main(["replan", str(case), "--as-of", "soon"]) == Exit.USAGE
    edit(case, "settings", "discount_rate,0", "discount_rate,much")
    assert replan(case) == Exit.INPUT
    assert "discount_rate" in capsys.readouterr().err
    assert main(["runs", "list"]) == Exit.DONE
    assert "keeps no run" in capsys.readouterr().out


def test_an_infeasible_case_is_kept_once_and_cannot_be_approved(case: Path, capsys: Shown) -> None:
    """Proves: exit 4 each time, one run with the conflict in its summary, and no approval of a run without a plan."""
    for _ in range(2):
        assert main(["replan", str(INFEASIBLE), "--as-of", "2027Q1"]) == Exit.UNSOLVABLE
    capsys.readouterr()
    assert main(["runs", "list", "--json"]) == Exit.DONE
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    assert run["status"] == "infeasible"
    assert "POWER" in run["summary"].upper()
    assert main(["approve", "1", "--why", "x"]) == Exit.STALE
    assert "nothing to approve" in capsys.readouterr().err


def test_a_held_store_exits_with_6_and_names_the_holder(case: Path, tmp_path: Path, capsys: Shown) -> None:
    with Store.open(str(tmp_path / "runs.db")) as store, store.lock(0.0, "night job"):
        assert replan(case, "--wait", "0") == Exit.LOCKED
    assert "night job" in capsys.readouterr().err


def test_approval_refuses_inputs_that_changed(case: Path, capsys: Shown) -> None:
    """Proves: a price that moved after the run makes approval exit with 7, and the run stays a draft."""
    assert replan(case) == Exit.CHANGED
    edit(case, "demand", "chat,100", "chat,101")
    assert main(["approve", "1", "--why", "x"]) == Exit.STALE
    assert "other inputs" in capsys.readouterr().err
    assert main(["runs", "list", "--state", "draft"]) == Exit.DONE
    assert "draft" in capsys.readouterr().out


def test_approval_without_the_case_must_be_said_and_is_recorded(case: Path, capsys: Shown) -> None:
    assert replan(case) == Exit.CHANGED
    shutil.rmtree(case)
    assert main(["approve", "1", "--why", "x"]) == Exit.STALE
    assert "--inputs-not-compared" in capsys.readouterr().err
    assert main(["approve", "1", "--why", "x", "--inputs-not-compared"]) == Exit.DONE
    assert main(["runs", "show", "1"]) == Exit.DONE
    assert "x (inputs not compared)" in capsys.readouterr().out


def test_a_run_is_shown_in_words(case: Path, capsys: Shown) -> None:
    """Proves: what made a run is told without a bracket of Python, and a time limit of none by its word."""
    approved(case)
    capsys.readouterr()
    assert main(["runs", "show", "1"]) == Exit.DONE
    said = capsys.readouterr().out
    assert "{" not in said and "None" not in said
    assert "\ncontinues: no run\n" in said and f"\nread from: {case}\n" in said
    assert "\nasked for: gap 0, time limit seconds 600, threads " in said
    assert "\nmade with: optimizer " in said and ", HiGHS " in said
    assert "\ntook: read " in said and "\naudit: passed, 16,031,360.00\n" in said


def test_approval_compares_with_the_case_that_is_named(case: Path, tmp_path: Path) -> None:
    assert replan(case) == Exit.CHANGED
    elsewhere = tmp_path / "case.xlsx"
    assert main(["convert", str(case), str(elsewhere)]) == Exit.DONE
    shutil.rmtree(case)
    assert main(["approve", "1", "--why", "x", "--case", str(elsewhere)]) == Exit.DONE


def test_what_was_rejected_or_overtaken_cannot_be_approved(case: Path, capsys: Shown) -> None:
    approved(case)
    edit(case, "demand", "chat,100,200,300,400", "chat,100,200,600,800")
    assert main(["replan", str(case), "--as-of", "2027Q2"]) == Exit.CHANGED
    edit(case, "demand", "chat,100,200,600,800", "chat,100,200,700,800")
    assert main(["replan", str(case), "--as-of", "2027Q2"]) == Exit.CHANGED
    assert main(["approve", "2", "--why", "no", "--reject"]) == Exit.DONE
    assert main(["approve", "2", "--why", "yes"]) == Exit.STALE
    assert main(["approve", "3", "--why", "yes"]) == Exit.DONE
    assert main(["approve", "1", "--why", "back"]) == Exit.STALE
    assert main(["approve", "9", "--why", "which?"]) == Exit.STALE
    assert main(["approve", "3", "--why", " "]) == Exit.USAGE
    capsys.readouterr()


def test_a_draft_of_an_older_baseline_is_refused(case: Path, capsys: Shown) -> None:
    """Proves: two drafts continue run 1; when one becomes state, the other is stale: it was planned from a world
    that is no longer so.
    """
    approved(case)
    for chat in ("600", "700"):
        shutil.copy(TUTORIAL / "demand.csv", case / "demand.csv")
        edit(case, "demand", "chat,100,200,300,400", f"chat,100,200,{chat},800")
        assert main(["replan", str(case), "--as-of", "2027Q2"]) == Exit.CHANGED
    assert main(["approve", "3", "--why", "x"]) == Exit.DONE
    assert main(["approve", "2", "--why", "x", "--inputs-not-compared"]) == Exit.STALE
    assert "continues run 1, but run 3 is approved now" in capsys.readouterr().err


def test_differences_are_told_by_input_and_not_by_cell_of_the_record(case: Path, tmp_path: Path, capsys: Shown) -> None:
    """Proves: rows that rolling wrote are counted and not listed, a new row is told without the columns that name it,
    and a comparison across dates says from when on and by whose figures.
    """
    assert replan(case, "--out", str(tmp_path / "one")) == Exit.CHANGED
    assert main(["approve", "1", "--why", "first"]) == Exit.DONE
    (case / "serving_costs.csv").write_text("workload,site,usd_per_unit_hour\nchat,oslo,0.001\n")
    assert main(["replan", str(case), "--as-of", "2027Q2", "--out", str(tmp_path / "two")]) in (0, Exit.CHANGED)
    capsys.readouterr()
    assert main(["diff", str(tmp_path / "one"), str(tmp_path / "two")]) == Exit.DONE
    said = capsys.readouterr().out
    assert "rows that a replan writes differ: " in said and " of signed, " in said
    assert "\nsettings as_of " in said and "\nsigned " not in said
    assert "\nserving_costs chat / oslo usd_per_unit_hour " in said and "chat / oslo workload" not in said
    assert main(["runs", "compare", "1", "2"]) == Exit.DONE
    said = capsys.readouterr().out
    assert said.startswith("what is still to come from 2027Q2 on, both plans as run 2 values it\n")
    assert "rows that a replan writes" not in said


def test_runs_compare_export_prune_and_verify(case: Path, tmp_path: Path, capsys: Shown) -> None:
    approved(case)
    edit(case, "demand", "chat,100,200,300,400", "chat,100,200,600,800")
    assert main(["replan", str(case), "--as-of", "2027Q2"]) == Exit.CHANGED
    capsys.readouterr()
    assert main(["runs", "compare", "1", "2", "--json"]) == Exit.DONE
    inputs = json.loads(capsys.readouterr().out)["inputs"]
    assert {one["table"] for one in inputs} == {"demand"}
    assert main(["runs", "export", "2", "--out", str(tmp_path / "two")]) == Exit.DONE
    assert main(["audit", str(tmp_path / "two")]) == Exit.DONE
    assert main(["runs", "verify"]) == Exit.DONE
    assert "2 runs verified, 0 failed" in capsys.readouterr().out
    assert main(["runs", "prune", "--before", "2999-01-01", "--dry-run"]) == Exit.DONE
    assert "would be deleted: 2" in capsys.readouterr().out
    assert main(["runs", "prune", "--before", "2999-01-01"]) == Exit.DONE
    assert main(["runs", "prune", "--before", "someday"]) == Exit.USAGE
    assert main(["runs", "show", "2"]) == Exit.STALE
    assert main(["runs", "show", "1", "--log"]) == Exit.DONE
    assert "rolling the case to 2027Q1" in capsys.readouterr().out


def test_a_store_that_cannot_be_written_exits_with_8(case: Path, tmp_path: Path, capsys: Shown) -> None:
    (tmp_path / "file").write_text("")
    assert replan(case, "--store", str(tmp_path / "file" / "runs.db")) == Exit.OUTPUT
    assert "Fix:" in capsys.readouterr().err


def test_a_time_limit_exits_with_5_and_is_always_material(case: Path, capsys: Shown) -> None:
    """Proves: a search that no time was given is told apart from a plan that is proven, and somebody is to look."""
    end = main(["replan", str(LARGE), "--as-of", "2026Q3", "--time-limit", "0.01", "--gap", "0", "--json"])
    assert end == Exit.LIMIT
    document = json.loads(capsys.readouterr().out)
    assert document["run"]["status"] in ("feasible", "no_plan")
    assert document["material"] is True


def test_ctrl_c_keeps_the_incumbent_as_a_draft_and_is_not_taken_for_done(case: Path, tmp_path: Path) -> None:
    """Proves: an interrupt in mid-search exits with 130, keeps the best plan as a draft that says so, and the next
    replan searches again instead of finding it.
    """
    code, seen = interrupted("replan", str(LARGE), "--gap", "0", "--as-of", "2026Q3")
    assert code == Exit.INTERRUPTED, seen[-500:]
    with Store.open(str(tmp_path / "runs.db")) as store:
        (run,) = store.runs()
        assert (run.status, run.stop) == ("feasible", "interrupt")
        assert store.find(run.key, None) is None
