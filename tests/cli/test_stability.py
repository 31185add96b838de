"""Stability on the command line, and its page."""

import json
from pathlib import Path

import pytest

from optimizer.catalog import catalog
from optimizer.cli.main import main
from optimizer.cli.stability import text
from optimizer.cli.text import Money
from optimizer.errors import Exit
from optimizer.tables.csv_folder import write_folder
from optimizer.tables.unparse import raw_tables
from optimizer.uncertainty.stability import Decision, Gap, Mean, Solved, Stability
from tests.builders import add
from tests.report.pages import Reader, read
from tests.uncertainty.stated import plain, slip, walk

FEW = (
    "--draws",
    "32",
    "--keep",
    "3",
    "--trees",
    "2",
    "--fresh",
    "8",
    "--batches",
    "2",
    "--batch",
    "4",
    "--threads",
    "1",
)


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """Demand that walks, under a name that would be mark-up, and power that comes late."""
    stated = (walk("<b>work</b>", volatility=0.4), slip("power", "site_power", "home", 0.6, 1.0))
    records = add(plain(), *stated).records
    write_folder(raw_tables(records, catalog(), plain().calendar.quarters), tmp_path / "case")
    return tmp_path / "case"


def test_what_is_found_is_told(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stability", str(case), *FEW]) == Exit.DONE
    said = capsys.readouterr().out
    assert "in sample: 2 trees of up to 3 futures" in said
    assert "out of sample: decided here and now, played in 8 fresh draws" in said
    assert "decision A costs" in said and "in 2 batches of 4 draws" in said
    assert main(["stability", str(case), *FEW, "--json"]) == Exit.DONE
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == "optimizer/stability@1" and len(found["trees"]) == 2 and found["fresh"] == 8
    assert found["bias"] == pytest.approx(found["decisions"][0]["cost"]["value"] - found["inside"]["value"])


def test_batches_that_say_the_same_are_told_to_bound_nothing() -> None:
    """Proves: the terminal makes no bound of two batches without a difference, and one of two that differ."""
    trees = (Solved(0, 100.0, 100.0, 0),)
    decision = Decision(("nothing",), Mean(100.0, None), Mean(0.0, None), 0.0)
    same, other = (Gap.of(batches, 4, 100.0) for batches in ([0.0, 0.0], [0.0, 1.0]))
    said = text(Stability(2, trees, (decision,), same, 8, False), Money("USD"))
    assert said.endswith("$0.00 more than the best in 2 batches of 4 draws, the same in each, which bounds nothing")
    said = text(Stability(2, trees, (decision,), other, 8, False), Money("USD"))
    assert said.endswith("in 2 batches of 4 draws, at most $3.66 (95 %)")


def test_the_page_shows_what_was_drawn_and_found(case: Path, tmp_path: Path) -> None:
    """Proves: the page has every section, and what a user wrote stays text."""
    page = tmp_path / "stability.html"
    assert main(["stability", str(case), *FEW, "--page", str(page)]) == Exit.DONE
    shown = read(page)
    assert {"stability", "stakes", "drawn"} <= _ids(shown)
    assert "<b>work</b>" in shown.text and "3 futures stand for 32" in shown.text
    assert "Does it hang on chance?" in shown.text and "Quarters late" in shown.text
    only = tmp_path / "futures.html"
    made = ("--draws", "32", "--keep", "3", "--weigh", "alike", "--out", str(tmp_path / "made"), "--page", str(only))
    assert main(["scenarios", str(case), *made]) == Exit.DONE
    shown = read(only)
    assert "stability" not in _ids(shown) and "stakes" not in _ids(shown) and "drawn" in _ids(shown)


def _ids(page: Reader) -> set[str]:
    return {value for _, name, value in page.attributes if name == "id"}


def test_a_page_that_is_there_is_not_overwritten(case: Path, tmp_path: Path) -> None:
    (tmp_path / "there.html").write_text("mine")
    assert main(["stability", str(case), *FEW, "--page", str(tmp_path / "there.html")]) == Exit.OUTPUT
    made = ("--out", str(tmp_path / "made"), "--page", str(tmp_path / "there.html"))
    assert main(["scenarios", str(case), *made]) == Exit.OUTPUT
    assert (tmp_path / "there.html").read_text() == "mine" and not (tmp_path / "made").exists()
