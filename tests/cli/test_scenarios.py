"""Scenarios made on the command line, from a workbook, a folder or a database into any of them."""

import json
from pathlib import Path

import pytest

from optimizer.catalog import catalog
from optimizer.cli.main import main
from optimizer.errors import Exit
from optimizer.load import load_case
from optimizer.tables.csv_folder import read_file, write_folder
from optimizer.tables.source import source
from optimizer.tables.unparse import raw_tables
from tests.builders import add
from tests.uncertainty.stated import plain, reversion, walk

TUTORIAL = str(Path(__file__).resolve().parents[2] / "data" / "tutorial")
FEW = ("--draws", "64", "--keep", "5")


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """Demand that walks and a price that reverts; the row of the walk has a note."""
    stated = (walk("work", volatility=0.4), reversion("price", "spot_price", "*", reversion_speed=1.0, volatility=0.3))
    records = add(plain(), *stated).records
    write_folder(raw_tables(records, catalog(), plain().calendar.quarters), tmp_path / "case")
    path = tmp_path / "case" / "uncertainties.csv"
    lines = path.read_text().splitlines()
    lines[1] += "a guess"
    path.write_text("\n".join(lines) + "\n")
    return tmp_path / "case"


def test_scenarios_go_into_a_new_case(case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Proves: the new case is valid, has the tree and its origin, keeps notes, and can be solved; the old one stays."""
    before = {path.name: path.read_bytes() for path in case.iterdir()}
    out = tmp_path / "made"
    assert main(["scenarios", str(case), *FEW, "--out", str(out)]) == Exit.DONE
    said = capsys.readouterr().out
    assert "64 futures drawn (seed 0), 5 kept; known apart: 5 in 2027Q2" in said
    assert (
        "work (multiple)" in said
        and "price (multiple)" in said
        and "of the spread of the cost is kept" in said
        and "largest error of a correlation" in said
    )
    assert {path.name: path.read_bytes() for path in case.iterdir()} == before
    assert "a guess" in (out / "uncertainties.csv").read_text()
    assert "stands for" in (out / "scenarios.csv").read_text()
    assert len(read_file(out / "scenarios.csv").rows) == 5
    assert main(["check", str(out)]) == Exit.DONE
    assert main(["solve", str(out), "--out", str(tmp_path / "plan")]) == Exit.DONE


def test_every_line_of_progress_tells_something_new(
    case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Proves: each uncertainty is told once while it is measured; a broken rule would tell it for both of its draws."""
    assert main(["scenarios", str(case), *FEW, "--out", str(tmp_path / "made")]) == Exit.DONE
    steps = [line.split(" s ", 1)[1] for line in capsys.readouterr().err.splitlines()]
    assert [step for step in steps if step.startswith("measuring")] == [
        "measuring what work does to the cost (1 of 2)",
        "measuring what price does to the cost (2 of 2)",
    ]


@pytest.mark.parametrize("target", ["made.xlsx", "sqlite:///{}/made.db"])
def test_every_container_gets_the_same_tree(case: Path, tmp_path: Path, target: str) -> None:
    """Proves: a workbook and a database hold the records that the folder holds; the same seed gives the same tree."""
    out = target.format(tmp_path) if ":" in target else str(tmp_path / target)
    assert main(["scenarios", str(case), *FEW, "--out", out]) == Exit.DONE
    assert main(["scenarios", str(case), *FEW, "--out", str(tmp_path / "folder")]) == Exit.DONE
    assert set(load_case(source(out)).records) == set(load_case(tmp_path / "folder").records)


def test_json_says_what_the_terminal_says(case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = (
        "--partings",
        "2027Q2",
        "2027Q4",
        "--keep",
        "2",
        "6",
        "--draws",
        "64",
        "--method",
        "backward",
        "--as-drawn",
    )
    assert main(["scenarios", str(case), *words, "--json", "--out", str(tmp_path / "made")]) == Exit.DONE
    found = json.loads(capsys.readouterr().out)
    assert (found["schema"], found["scenarios"], found["partings"]) == (
        "optimizer/scenarios@1",
        6,
        ["2027Q2", "2027Q4"],
    )
    assert found["method"] == "backward" and found["centred"] is False and 0.0 < found["kept"] < 1.0
    assert [one["uncertainty"] for one in found["uncertainties"]] == ["work", "price"]
    assert found["stakes"][0]["usd"] > found["stakes"][1]["usd"] >= 0.0


def test_what_is_there_is_not_overwritten(case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenarios", str(case), *FEW, "--out", str(case)]) == Exit.OUTPUT
    made = tmp_path / "made"
    assert main(["scenarios", str(case), *FEW, "--out", str(made)]) == Exit.DONE
    assert main(["scenarios", str(made), *FEW, "--out", str(tmp_path / "again")]) == Exit.USAGE
    assert "--replace" in capsys.readouterr().err
    assert (
        main(["scenarios", str(made), *FEW, "--seed", "1", "--replace", "--out", str(tmp_path / "again")]) == Exit.DONE
    )
    assert len(read_file(tmp_path / "again" / "scenarios.csv").rows) == 5


def test_wrong_words_are_told(case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "made")
    assert main(["scenarios", str(case), "--partings", "soon", "--out", out]) == Exit.USAGE
    assert main(["scenarios", str(case), "--draws", "50000", "--out", out]) == Exit.USAGE
    assert "at most 12000" in capsys.readouterr().err
    assert main(["scenarios", TUTORIAL, "--out", out]) == Exit.USAGE
    assert "fill the table uncertainties" in capsys.readouterr().err
    assert not Path(out).exists()


def test_what_is_stated_wrongly_is_told_with_its_cell(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Proves: findings of uncertainties and correlations have file, line and column, as all others have."""
    path = case / "uncertainties.csv"
    path.write_text(path.read_text().replace("train", "trian"))
    (case / "correlations.csv").write_text("first,second,correlation\nwork,price,2\n")
    assert main(["check", str(case)]) == Exit.INPUT
    assert "correlations.csv:2, column correlation" in capsys.readouterr().out
    (case / "correlations.csv").unlink()
    assert main(["check", str(case)]) == Exit.INPUT
    said = capsys.readouterr().out
    assert "uncertainties.csv:2, column row: row is 'trian'. Expected a row of demand" in said


def test_stated_uncertainty_without_scenarios_is_told(
    case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Proves: who solves a case that states uncertainty learns that it is not planned for, and how it would be."""
    assert main(["solve", str(case), "--out", str(tmp_path / "plan")]) == Exit.DONE
    said = capsys.readouterr().err
    assert "the case states 2 uncertainties and has no scenarios" in said and f"optimizer scenarios {case}" in said
    assert main(["scenarios", str(case), *FEW, "--out", str(tmp_path / "made")]) == Exit.DONE
    assert main(["solve", str(tmp_path / "made"), "--out", str(tmp_path / "tree")]) == Exit.DONE
    assert "has no scenarios" not in capsys.readouterr().err


def test_a_wish_that_cannot_be_is_told(case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Proves: a seed below 0 is wrong usage, no fault of ours; too few numbers and falling ones are told apart."""
    out = ("--out", str(tmp_path / "made"), "--draws", "32")
    with pytest.raises(SystemExit) as ended:
        main(["scenarios", str(case), *out, "--seed", "-1"])
    assert ended.value.code == Exit.USAGE
    partings = ("--partings", "2027Q2", "2027Q3")
    for keep, words in ((("2", "3", "4"), "3 numbers of futures for 2 partings"), (("5", "3"), "5 3: fewer futures")):
        assert main(["scenarios", str(case), *out, *partings, "--keep", *keep]) == Exit.USAGE
        assert words in capsys.readouterr().err
    assert not (tmp_path / "made").exists()
