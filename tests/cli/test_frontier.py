"""`optimizer frontier` as it is typed."""

import json
from pathlib import Path

import pytest

from optimizer.catalog import catalog
from optimizer.cli.main import main
from optimizer.errors import Exit
from optimizer.examples.branched import branched
from optimizer.load import load_case
from optimizer.plan.save_tree import load_tree
from optimizer.tables.csv_folder import write_folder
from optimizer.tables.unparse import raw_tables
from tests.builders import FIRST
from tests.cli.terminal import interrupted
from tests.report.test_frontier_report import dear

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """The newsvendor with dear blocks, as a folder."""
    write_folder(raw_tables(dear().records, catalog(), (FIRST, FIRST + 1)), tmp_path / "case")
    return tmp_path / "case"


def test_points_are_told_written_and_audited(case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert main(["frontier", str(case), "--points", "3", "--gap", "0", "--out", str(out)]) == Exit.DONE
    said = capsys.readouterr().out
    assert "3 plans, none both cheaper on average and safer in the dearest 50% than another" in said
    assert "no plan brings CVaR below $30.000 k" in said
    assert "1 to 2: the next $1.500 k of expected cost take $6.000 k off the dearest 50%" in said
    assert "sign b 2027Q1: 4 -> 7 blocks" in said
    assert sorted(path.name for path in out.iterdir()) == ["frontier.html", "frontier.json", "frontier.xlsx", "points"]
    for number in (1, 2, 3):
        assert main(["audit", str(out / "points" / f"0{number}")]) == Exit.DONE
        assert main(["report", str(out / "points" / f"0{number}")]) == Exit.DONE


def test_json_and_a_folder_that_is_written_again(
    case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Proves: a second run replaces what was ours, with fewer points, and keeps the notes of somebody else."""
    out = tmp_path / "out"
    assert main(["frontier", str(case), "--points", "4", "--gap", "0", "--out", str(out)]) == Exit.DONE
    (out / "notes.txt").write_text("mine")
    capsys.readouterr()
    assert main(["frontier", str(case), "--points", "2", "--gap", "0", "--out", str(out), "--json"]) == Exit.DONE
    document = json.loads(capsys.readouterr().out)
    assert document == json.loads((out / "frontier.json").read_text())
    assert [one["cvar"] for one in document["points"]] == pytest.approx([42_000.0, 30_000.0])
    assert sorted(path.name for path in (out / "points").iterdir()) == ["01", "02"]
    assert (out / "notes.txt").read_text() == "mine"


def test_what_cannot_be_asked_is_said(case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words, message in (
        (["frontier", str(ROOT / "data" / "tutorial")], "a frontier needs scenarios that differ"),
        (["frontier", str(case), "--points", "1"], "a frontier has at least two points, not 1"),
    ):
        assert main([*words, "--out", str(tmp_path / "none")]) == Exit.USAGE
        assert message in capsys.readouterr().err
        assert not (tmp_path / "none").exists()


def test_ctrl_c_keeps_the_points_that_were_found(tmp_path: Path) -> None:
    """Proves: an interrupt in mid-search exits with 130 and writes what there is, marked; every point is a plan."""
    many = branched(load_case(ROOT / "data" / "tutorial"), 200, 1, 3)
    write_folder(raw_tables(many.records, catalog(), many.calendar.quarters), tmp_path / "case")
    out = tmp_path / "out"
    code, seen = interrupted("frontier", str(tmp_path / "case"), "--points", "9", "--gap", "0", "--out", str(out))
    assert code == Exit.INTERRUPTED, seen[-500:]
    document = json.loads((out / "frontier.json").read_text())
    assert (document["stop"], document["complete"]) == ("interrupt", False)
    assert document["points"] and "interrupted" in (out / "frontier.html").read_text()
    for point in document["points"]:
        assert point["bound"] <= point["expected"]
        assert load_tree(out / point["folder"]).expected == pytest.approx(point["expected"])
