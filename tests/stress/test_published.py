"""A stress test as files and on the command line: figures, page and workbook say the same, whatever names are used."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from optimizer.cli.main import main
from optimizer.contracts.block import Block
from optimizer.errors import Exit
from optimizer.publish import write, write_stress
from optimizer.stress.result import Stress
from optimizer.stress.stress import Asked, stress
from optimizer.stress.summary import Summary
from tests.builders import FIRST, add, edit, one_site, solved
from tests.report.pages import read
from tests.report.workbooks import Recalculate
from tests.stress.futures import failing, rescued, stressed
from tests.uncertainty.stated import slip, walk

NAME = "<b>=1+1</b>"
DRAWS = 60


@pytest.fixture(scope="module")
def found() -> Stress:
    """Demand that walks, under a name that would be mark-up and a formula, and a budget and must-serve that break."""
    case = add(rescued(13_000.0), walk(NAME, volatility=0.3))
    return stressed(solved(case), DRAWS)


@pytest.fixture(scope="module")
def folder(found: Stress, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of that test."""
    path = tmp_path_factory.mktemp("stress")
    write_stress(Summary(found), path)
    return path


@pytest.fixture(scope="module")
def plan_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plan of a block of which half fails with probability 0.3."""
    path = tmp_path_factory.mktemp("plan")
    write(solved(failing()), path)
    return path


def table(folder: Path, name: str) -> list[dict[str, str]]:
    """A table of futures."""
    with (folder / "futures" / f"{name}.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_tables_have_a_line_for_every_future(found: Stress, folder: Path) -> None:
    """Proves: from the tables alone, the figures of the document come out."""
    draws, document = table(folder, "draws"), json.loads((folder / "stress.json").read_text())
    costs = np.array([float(row["cost"]) for row in draws])
    assert len(draws) == DRAWS
    assert costs.mean() == pytest.approx(document["cost"]["mean"]["value"])
    assert np.sort(costs)[-DRAWS // 10 :].mean() == pytest.approx(document["cost"]["cvar"]["value"])
    broken = {row["draw"] for row in table(folder, "limits") if row["limit"] == "budget cash"}
    chance = next(one for one in document["limits"] if one["limit"] == "budget cash" and not one["when"])
    assert chance["excess"]["times"] == len(broken) > 0
    short = [float(row["short_share"]) for row in draws]
    assert document["shortfall"]["chance"]["value"] == pytest.approx(np.mean(np.array(short) > 0.0))
    dearest = document["dearest"][0]
    assert dearest["draw"] == int(max(draws, key=lambda row: float(row["cost"]))["draw"])


def test_the_page_says_it_and_escapes_names(found: Stress, folder: Path) -> None:
    """Proves: what hurts is told, limits with their chance; a name is never mark-up."""
    page = read(folder / "stress.html")
    summary = Summary(found)
    for words in ("In 95 % of futures the plan costs at most", "budget cash", "train must be served", "b fails"):
        assert words in page.text, words
    assert NAME in page.text and "<b>=1+1" not in (folder / "stress.html").read_text()
    assert f"{summary.mean.value:,.0f}" in page.text


@pytest.mark.libreoffice
def test_the_workbook_is_live(found: Stress, folder: Path, recalculate: Recalculate) -> None:
    """Proves: mean, quantiles, CVaR, chance and bins are formulas, and recalculated they are what the test found."""
    path, summary = folder / "stress.xlsx", Summary(found)
    written = load_workbook(path)
    for shown in (load_workbook(path, data_only=True), load_workbook(recalculate(path), data_only=True)):
        rows = {row[1].value: row[2].value for row in shown["Summary"].iter_rows(max_col=3) if row[1].value}
        assert rows["Mean"] == pytest.approx(summary.mean.value)
        assert rows["95% of futures cost at most"] == pytest.approx(dict(summary.quantiles)[0.95].value)
        assert rows["Mean of the dearest 10% (CVaR)"] == pytest.approx(summary.cvar.value)
        assert rows["Chance that any is not served"] == pytest.approx(summary.any_short.value)
        bins = [row[4].value for row in shown["Distribution"].iter_rows(min_row=5, max_col=5) if row[1].value]
        assert sum(one for one in bins[: bins.index("Probability")]) == pytest.approx(1.0)
    formulas = {row[1].value: row[2].data_type for row in written["Summary"].iter_rows(max_col=3)}
    assert {formulas[name] for name in ("Mean", "Mean of the dearest 10% (CVaR)", "Dearest future")} == {"f"}
    names = [cell for row in written["Drivers"].iter_rows() for cell in row if cell.value == NAME]
    assert names and all(cell.data_type == "s" for cell in names)


@pytest.mark.parametrize("count", [2, 14])
def test_the_futures_are_legible_on_paper(found: Stress, count: int, tmp_path: Path) -> None:
    """Proves: however many drivers and however long their names, a page holds no more than two thirds of its width.

    What has more columns takes more pages, each with the draws and the headings. A broken rule would give one page of
    355 characters or more where A4 has room for some 150 at full size.
    """
    named = tuple(replace(found.drivers[0], name=f"a rather long name of demand {number}") for number in range(count))
    write_stress(Summary(replace(found, drivers=named)), tmp_path)
    sheet = load_workbook(tmp_path / "stress.xlsx")["Futures"]
    wide = sum(sheet.column_dimensions[get_column_letter(one)].width for one in range(1, sheet.max_column + 1))
    assert sheet.max_column == 8 + count
    assert wide / sheet.page_setup.fitToWidth <= 220
    assert (sheet.print_title_cols, sheet.print_title_rows) == ("$A:$B", "$4:$4")


@pytest.mark.parametrize(("in_time", "sheets"), [(0.5, 6), (0.0, 3)], ids=["some", "all"])
def test_futures_without_a_cost_stand_apart(in_time: float, sheets: int, tmp_path: Path) -> None:
    """Proves: what is impossible is counted and named in every file, and in no mean: the system comes after the block.

    A broken rule would give: a mean below 10,000, or a division by nothing where there is no cost at all.
    """
    case = edit(one_site(0.0, 10.0), Block, "b", sign_until=FIRST, lead_quarters=1)
    case = edit(case, type(case.accelerator("h100")), "h100", available_from=FIRST + 1)
    late = slip("h100 late", "accelerators", "h100", in_time, 1.0, column="available_from")
    write_stress(Summary(stressed(solved(add(case, late)), 20)), tmp_path)
    document = json.loads((tmp_path / "stress.json").read_text())
    lines = table(tmp_path, "draws")
    missed = [row for row in lines if row["missed"]]
    assert document["ends"]["impossible"]["value"] == len(missed) / 20
    assert all(row["end"] == "impossible" and row["missed"] == f"sign | b | {FIRST}: 10" for row in missed)
    assert [float(row["cost"]) for row in lines if row not in missed] == pytest.approx([10_000.0] * (20 - len(missed)))
    text = read(tmp_path / "stress.html").text
    assert "impossible" in text and ("No future has a plan" in text) == (in_time == 0.0)
    assert len(load_workbook(tmp_path / "stress.xlsx").sheetnames) == sheets


def test_the_command_tells_and_writes(plan_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Proves: figures with intervals on standard output, progress apart; the same again from the journal."""
    words = ["stress", str(plan_folder), "--draws", "40", "--seed", "3", "--workers", "1", "--out", str(tmp_path / "s")]
    assert main(words) == Exit.DONE
    said = capsys.readouterr()
    assert "40 futures (seed 3)" in said.out and "95 % between" in said.out and "b fails" in said.out
    assert "playing futures" in said.err
    assert main([*words, "--json"]) == Exit.DONE
    document = json.loads(capsys.readouterr().out)
    fails = document["shortfall"]["chance"]["value"]
    assert document["cost"]["mean"]["value"] == pytest.approx(10_000.0 + 25_000.0 * fails)
    files = {path.name for path in (tmp_path / "s").iterdir()}
    assert files == {"stress.json", "stress.html", "stress.xlsx", "futures", "futures.jsonl"}


def test_an_interrupted_command_says_how_many(
    plan_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Proves: exit 130, figures of what was played, and how many that are."""

    def pressed(plan, asked: Asked, told, folder: Path) -> Stress:  # type: ignore[no-untyped-def]
        def heard(event: object) -> None:
            told(event)
            if getattr(event, "done", 0) == 5:
                raise KeyboardInterrupt

        return stress(plan, asked, heard, folder)

    monkeypatch.setattr("optimizer.cli.stress.stress", pressed)
    words = ["stress", str(plan_folder), "--draws", "40", "--workers", "1", "--out", str(tmp_path)]
    assert main(words) == Exit.INTERRUPTED
    assert "interrupted: the first 5 of 40 futures" in capsys.readouterr().out
    assert json.loads((tmp_path / "stress.json").read_text())["draws"] == 5


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--draws", "1"], Exit.USAGE, "at least 2 futures"),
        (["--until", "2050Q1"], Exit.USAGE, "not an open quarter"),
        (["--cluster", "tcp://127.0.0.1:9"], Exit.USAGE, "no Dask scheduler answers"),
    ],
)
def test_wrong_usage_is_told(
    words: list[str],
    code: Exit,
    said: str,
    plan_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("optimizer.decompose.fleet.CONNECT_SECONDS", 1.0)
    assert main(["stress", str(plan_folder), "--out", str(tmp_path), *words]) == code
    assert said in capsys.readouterr().err


def test_a_folder_that_is_no_plan_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stress", str(tmp_path)]) == Exit.STALE
    assert "plan" in capsys.readouterr().err
