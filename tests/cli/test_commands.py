"""Every command through the front door: output, files and exit codes."""

import json
import os
import pty
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from optimizer.cli.main import main
from optimizer.errors import Exit
from optimizer.load import load_case
from optimizer.tables.csv_folder import read_folder
from tests.cli.terminal import interrupted

ROOT = Path(__file__).resolve().parents[2]
TUTORIAL = ROOT / "data" / "tutorial"
INFEASIBLE = ROOT / "data" / "infeasible"
LARGE = ROOT / "data" / "meta-nebius"


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plan folder of the tutorial."""
    folder = tmp_path_factory.mktemp("plan") / "tutorial"
    assert main(["solve", str(TUTORIAL), "--out", str(folder)]) == Exit.DONE
    return folder


def test_solve_writes_the_plan_folder(plan: Path) -> None:
    assert {path.name for path in plan.iterdir()} == {"plan.json", "plan.xlsx", "plan.html", "tables", "case"}


def test_solve_prints_one_json_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["solve", str(TUTORIAL), "--out", str(tmp_path / "out"), "--json"]) == Exit.DONE
    assert json.loads(capsys.readouterr().out)["status"] == "optimal"


def test_usage_errors_exit_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    for words in ([], ["solve"], ["solve", "x", "--gap", "7"], ["fly"], ["solve", "x", "--threads", "0"]):
        with pytest.raises(SystemExit) as error:
            main(words)
        assert error.value.code == Exit.USAGE
    capsys.readouterr()


def test_money_is_told_in_the_currency_of_the_case(
    plan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Proves: the plan of a case in euros speaks of euros, and the next one, in dollars, of dollars again."""
    case = shutil.copytree(TUTORIAL, tmp_path / "euros")
    with (case / "settings.csv").open("a") as settings:
        settings.write("currency,EUR,,,\n")
    assert main(["solve", str(case), "--out", str(tmp_path / "out")]) == Exit.DONE
    said = capsys.readouterr()
    assert "€11.259 M" in said.out and "$" not in said.out + said.err
    assert main(["diff", str(plan), str(tmp_path / "out")]) == Exit.DONE
    assert "$" not in capsys.readouterr().out
    assert main(["solve", str(TUTORIAL), "--out", str(tmp_path / "dollars")]) == Exit.DONE
    assert "$11.259 M" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("flag", "typed", "told"),
    [
        ("--gap", "5%", "argument --gap: 5% is not a share of at least 0 and below 1, such as 0.001"),
        ("--gap", "nan", "argument --gap: nan is not a share"),
        ("--time-limit", "soon", "argument --time-limit: soon is not a number of seconds above 0"),
        ("--threads", "1.5", "argument --threads: 1.5 is not a whole number above 0"),
    ],
)
def test_what_is_no_number_is_told_in_words(
    flag: str, typed: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Proves: who types a percentage reads what is expected; a broken rule would name a function of ours."""
    with pytest.raises(SystemExit):
        main(["solve", "x", flag, typed])
    assert told in capsys.readouterr().err


def test_invalid_input_exits_with_3_and_all_findings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in TUTORIAL.glob("*.csv"):
        (tmp_path / path.name).write_text(path.read_text())
    settings = tmp_path / "settings.csv"
    settings.write_text(settings.read_text().replace("discount_rate,", "discount_rat,"))
    sites = (tmp_path / "sites.csv").read_text().splitlines()
    (tmp_path / "sites.csv").write_text("\n".join([*sites, sites[1]]) + "\n")
    assert main(["check", str(tmp_path)]) == Exit.INPUT
    shown = capsys.readouterr().out
    assert "settings.csv" in shown
    assert "discount_rate" in shown
    assert "sites.csv" in shown
    assert main(["solve", str(tmp_path), "--out", str(tmp_path / "out")]) == Exit.INPUT
    assert not (tmp_path / "out").exists()


def test_a_missing_case_exits_with_3(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["solve", "no-such-case"]) == Exit.INPUT
    assert "there is no such file" in capsys.readouterr().err


def test_infeasible_exits_with_4_and_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["solve", str(INFEASIBLE), "--out", str(tmp_path / "out")]) == Exit.UNSOLVABLE
    assert "infeasible" in capsys.readouterr().out
    document = json.loads((tmp_path / "out" / "plan.json").read_text())
    assert document["status"] == "infeasible"
    assert document["objective"] is None
    assert not (tmp_path / "out" / "plan.xlsx").exists()


def test_audit_report_and_diff_need_no_solver(plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", str(plan)]) == Exit.DONE
    assert "audit passed" in capsys.readouterr().out
    assert main(["report", str(plan)]) == Exit.DONE
    assert main(["diff", str(plan), str(plan), "--exit-code"]) == Exit.DONE
    assert "no decision changed" in capsys.readouterr().out


def test_a_plan_is_verified_where_no_solver_is(plan: Path) -> None:
    """Proves: `audit` and `report` run on a machine that has neither HiGHS nor its interface."""
    for command in ("audit", "report"):
        script = (
            "import sys\nsys.modules['highspy'] = None\nfrom optimizer.cli.main import main\n"
            f"sys.exit(main(['{command}', {str(plan)!r}]))"
        )
        subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, cwd=ROOT)


def test_an_unwritable_folder_exits_with_8(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert main(["solve", str(TUTORIAL), "--out", str(tmp_path / "file")]) == Exit.OUTPUT
    assert "Fix:" in capsys.readouterr().err


def test_an_unknown_solver_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["solve", str(TUTORIAL), "--out", str(tmp_path / "out"), "--solver", "nonesuch"]) == Exit.USAGE
    assert "nonesuch" in capsys.readouterr().err


def test_convert_there_and_back(tmp_path: Path) -> None:
    """Proves: every cell that holds something, notes too, comes back; the workbook adds only empty columns."""
    book, folder, again = tmp_path / "case.xlsx", tmp_path / "folder", tmp_path / "again.xlsx"
    assert main(["convert", str(TUTORIAL), str(book)]) == Exit.DONE
    assert main(["convert", str(book), str(folder)]) == Exit.DONE
    assert cells(TUTORIAL) <= cells(folder)
    assert main(["convert", str(folder), str(again)]) == Exit.DONE
    assert set(load_case(again).records) == set(load_case(TUTORIAL).records)


def cells(folder: Path) -> set[tuple[str, object, str, object]]:
    """(table, row, column, value) of every cell that holds something; a row of the settings goes by its key."""
    return {
        (table.name, row[0].value if table.name == "settings" else number, column, cell.value)
        for table in read_folder(folder)
        for number, row in enumerate(table.rows)
        for column, cell in zip(table.header, row, strict=True)
        if cell.value is not None
    }


def test_init_refuses_to_overwrite(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book = tmp_path / "case.xlsx"
    assert main(["init", str(book), "--example", "tutorial"]) == Exit.DONE
    assert main(["check", str(book)]) == Exit.DONE
    assert main(["init", str(book)]) == Exit.OUTPUT
    capsys.readouterr()


def test_help_answers_without_the_libraries() -> None:
    """Proves: `--help` imports neither pandas nor Pyomo nor openpyxl nor HiGHS."""
    script = (
        "import sys\nfrom optimizer.cli.main import main\ntry: main(['--help'])\nexcept SystemExit: pass\n"
        "assert not {'pandas', 'pyomo', 'openpyxl', 'highspy', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_keeps_the_incumbent(by: signal.Signals, tmp_path: Path) -> None:
    """Proves: an interrupt in mid-solve, and the end that schedulers send, exit with 130 and leave an audited plan
    marked as not proven.
    """
    code, seen = interrupted("solve", str(LARGE), "--out", str(tmp_path / "out"), "--gap", "0", by=by)
    assert code == Exit.INTERRUPTED, seen[-500:]
    document = json.loads((tmp_path / "out" / "plan.json").read_text())
    assert document["status"] == "feasible"
    assert document["stop"] == "interrupt"
    assert (tmp_path / "out" / "plan.xlsx").exists()


def test_a_terminal_never_waits_in_silence(tmp_path: Path) -> None:
    """Proves: on a terminal something is printed at least every two seconds, in every step.

    Counted is the time for which the command has a processor: how long it waits for one tells of the machine.
    """
    words = ["solve", str(LARGE), "--out", str(tmp_path / "out"), "--gap", "0.05", "--threads", "1"]
    leader, follower = pty.openpty()
    longest, last = 0.0, None
    command = [sys.executable, "-m", "optimizer", *words]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=follower, cwd=ROOT) as process:
        os.close(follower)
        running = psutil.Process(process.pid)
        while True:
            try:
                if not os.read(leader, 4096):
                    break
            except OSError:
                break
            now = sum(running.cpu_times()[:2])
            longest = longest if last is None else max(longest, now - last)
            last = now
        assert process.wait(60) == Exit.DONE
    os.close(leader)
    assert longest < 2.0
