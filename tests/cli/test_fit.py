"""The past on the command line: shown, or stated in a new case."""

import json
from pathlib import Path

import pytest

from optimizer.case.uncertainty import Correlation, PastValue, Uncertainty
from optimizer.cli.main import main
from optimizer.errors import Exit
from optimizer.load import load_case

ROOT = Path(__file__).resolve().parents[2]
TUTORIAL = str(ROOT / "data" / "tutorial")
GCP = str(ROOT / "data" / "history" / "gcp_gpu_spot.csv")
MOVES = ("--move", "h100_us_central1=spot_price/prairie-spot", "h100_us_east4=spot_price/prairie-on-demand")
INTO = (GCP, "--case", TUTORIAL, *MOVES)


def test_the_past_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """Proves: estimates stand with their errors, by the year, and why a series is taken for a walk is said."""
    assert main(["fit", GCP]) == Exit.DONE
    said = capsys.readouterr().out
    assert "0.555 ± 0.139" in said and "h100_us_central1, h100_us_east4" in said and "0.93 ± 0.05" in said
    assert "volatility a year" in said
    assert "h100_us_central1: no return to a level is seen (Dickey-Fuller -1.69, not below -3.27)" in said
    assert main(["fit", GCP, "--every", "month", "--json"]) == Exit.DONE
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == "optimizer/fit@1" and found["series"][0]["count"] == 25
    assert found["series"][0]["process"] == "walk" and len(found["correlations"]) == 21


@pytest.mark.parametrize("name", ["stated.xlsx", "stated"])
def test_the_past_is_stated_in_a_new_case(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / name
    assert main(["fit", *INTO, "--out", str(out)]) == Exit.DONE
    assert str(out) in capsys.readouterr().out
    case = load_case(out)
    assert [row.volatility for row in case.of(Uncertainty)] == [0.5549, 0.6365]
    assert case.of(Correlation)[0].correlation == 0.93
    kept = [row for row in case.records if not isinstance(row, Uncertainty | Correlation)]
    assert set(kept) == set(load_case(Path(TUTORIAL)).records)
    assert main(["scenarios", str(out), "--draws", "32", "--keep", "3", "--out", str(tmp_path / "made")]) == Exit.DONE


def test_the_past_is_drawn_again(tmp_path: Path) -> None:
    out = tmp_path / "stated"
    assert main(["fit", *INTO, "--process", "past", "--out", str(out)]) == Exit.DONE
    case = load_case(out)
    assert len(case.of(PastValue)) == 20 and not case.of(Correlation)
    assert "9 changes of h100_us_central1 by quarter" in (out / "uncertainties.csv").read_text()
    assert main(["scenarios", str(out), "--draws", "32", "--keep", "3", "--out", str(tmp_path / "made")]) == Exit.DONE


def test_wrong_words_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", GCP, "--case", TUTORIAL]) == Exit.USAGE
    assert main(["fit", "none.csv"]) == Exit.INPUT
    assert (
        main(["fit", *INTO[:3], "--move", "h100_us_central1=spot_price/nobody", "--out", str(tmp_path / "a")])
        == Exit.INPUT
    )
    assert "nobody" in capsys.readouterr().err
    assert main(["fit", *INTO, "--out", str(tmp_path)]) == Exit.OUTPUT


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"PK\x03\x04\x14,\x01\n2026Q1,\x02\n", "the file is an Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "the file is an old Excel 97-2003 workbook"),
        ("quarter,a\n".encode("utf-16"), "the file is text in UTF-16"),
        (b"quarter,\x01\x02\n2026Q1,1\n", "the file is not text: byte 8 is a control character"),
        (b"quarter,a\n2026Q1,\x1b[2J\n2026Q2,3\n", "the file is not text: byte 17 is a control character"),
    ],
    ids=["workbook", "old workbook", "UTF-16", "in the header", "in a value"],
)
def test_a_file_that_is_no_text_is_told_in_words(
    tmp_path: Path, content: bytes, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Proves: what was found and what was expected are told; a broken rule would print the bytes of the file."""
    path = tmp_path / "past.csv"
    path.write_bytes(content)
    assert main(["fit", str(path)]) == Exit.INPUT
    said = capsys.readouterr().err
    assert f"past.csv: {kind}" in said and "Expected a CSV file: text" in said
    assert said.replace("\n", "").isprintable()


def test_nothing_moves_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Proves: a series that would move what another uncertainty moves already is refused, also through `*`; the same
    name takes the place of the old row, and nothing is refused. A broken rule would give prices that spread too far.
    """
    stated = str(ROOT / "data" / "tutorial-stated")
    for row in ("prairie-spot", "*"):
        words = ("--case", stated, "--move", f"h100_us_central1=spot_price/{row}", "--out", str(tmp_path / "a"))
        assert main(["fit", GCP, *words]) == Exit.USAGE
        said = capsys.readouterr().err
        assert "spot_price prairie-" in said and "already: with h100_us_central1, twice. Fix: delete" in said
    assert main(["fit", *INTO, "--out", str(tmp_path / "once")]) == Exit.DONE
    into = (GCP, "--case", str(tmp_path / "once"), *MOVES)
    assert main(["fit", *into, "--process", "walk", "--out", str(tmp_path / "again")]) == Exit.DONE
    assert len(load_case(tmp_path / "again").of(Uncertainty)) == 2
