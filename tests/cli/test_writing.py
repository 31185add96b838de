"""Ctrl-C while files are written."""

import signal
from pathlib import Path

import pytest

from optimizer.cli.writing import unbroken


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_files_under_way_are_finished(
    number: signal.Signals, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Proves: what is written when the signal comes is written to its end, and the handler of before is back."""
    before = signal.getsignal(number)
    with unbroken():
        signal.raise_signal(number)
        (tmp_path / "plan").write_text("whole")
    assert (tmp_path / "plan").read_text() == "whole"
    assert signal.getsignal(number) is before
    assert "finishing the files" in capsys.readouterr().err


def test_a_second_signal_ends_it(tmp_path: Path) -> None:
    """Proves: who asks twice is heard; a handler that never ends could be killed only."""
    with pytest.raises(KeyboardInterrupt), unbroken():
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        (tmp_path / "plan").write_text("whole")
    assert not (tmp_path / "plan").exists()


def test_a_solve_stopped_while_it_writes_has_its_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves: the command finishes its folder, and its exit code is that of its plan.

    A broken rule would give: 130, and an empty folder after hours of search.
    """
    from optimizer import publish
    from optimizer.cli.main import main
    from optimizer.plan.save import RECORD

    save = publish.save_plan

    def stopped(*given: object) -> None:
        signal.raise_signal(signal.SIGINT)
        save(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(publish, "save_plan", stopped)
    case = Path(__file__).resolve().parents[2] / "data" / "tutorial"
    assert main(["solve", str(case), "--out", str(tmp_path / "out")]) == 0
    assert (tmp_path / "out" / RECORD).exists()
