"""Schedules: each file is read by what will read it, and its command is run as it would be."""

import ast
import os
import shlex
import shutil
import subprocess
import sys
import types
from pathlib import Path

import pytest
import yaml

from optimizer.cli.main import main
from optimizer.errors import Exit

ROOT = Path(__file__).resolve().parents[1]
TUTORIAL = ROOT / "data" / "tutorial"
NASTY = 'it\'s 100% "my" $HOME `id` $(id) \\ case; #x'
Shown = pytest.CaptureFixture[str]


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the tutorial in a folder with every mark that a shell or a scheduler reads."""
    home = tmp_path / NASTY
    home.mkdir()
    monkeypatch.chdir(home)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return Path(shutil.copytree(TUTORIAL, home / NASTY))


def schedule(kind: str, case: Path, *words: str) -> Path:
    """The folder of the files."""
    into = case.parent / "files"
    assert main(["schedule", kind, str(case), "--store", "runs.db", "--into", str(into), *words]) == Exit.DONE
    return into


def runs(case: Path, capsys: Shown) -> int:
    """How many runs the store keeps."""
    capsys.readouterr()
    assert main(["runs", "list", "--store", str(case.parent / "runs.db")]) == Exit.DONE
    return capsys.readouterr().out.count(" draft ")


def systemd_words(line: str) -> list[str]:
    """What systemd makes of a command line: specifiers and variables first, then quotes."""
    plain = line.replace("%%", "%").replace("$$", "\0")
    assert "$" not in plain
    return [word.replace("\0", "$") for word in shlex.split(plain)]


@pytest.mark.parametrize("every", ["quarter", "day"])
def test_systemd_units_pass_their_verifier(case: Path, every: str) -> None:
    """Proves: `systemd-analyze verify` has nothing to say of service and timer, whatever marks their paths hold."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze on the path")
    into = schedule("systemd", case, "--every", every, "--timezone", "Europe/Berlin")
    units = sorted(str(path) for path in into.iterdir())
    assert [Path(unit).name for unit in units] == ["cluster-replan.service", "cluster-replan.timer"]
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True)
    ours = [line for line in done.stderr.splitlines() if "cluster-replan" in line]
    assert (done.returncode, ours) == (0, [])


def test_the_calendar_of_the_timer_is_the_first_day_of_each_quarter(case: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze on the path")
    timer = (schedule("systemd", case, "--at", "05:30") / "cluster-replan.timer").read_text()
    (calendar,) = (line.partition("=")[2] for line in timer.splitlines() if line.startswith("OnCalendar="))
    command = ["systemd-analyze", "calendar", "--iterations=4", "--base-time=2027-01-02 00:00:00 UTC", calendar]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for day in ("2027-04-01 05:30:00", "2027-07-01 05:30:00", "2027-10-01 05:30:00", "2028-01-01 05:30:00"):
        assert day in shown
    assert "Persistent=true" in timer


def test_the_command_of_the_service_runs(case: Path, capsys: Shown) -> None:
    """Proves: started twice, the first says that the plan changed, which the unit takes for success, and the second
    that nothing is new.
    """
    service = (schedule("systemd", case) / "cluster-replan.service").read_text()
    (line,) = (line.partition("=")[2] for line in service.splitlines() if line.startswith("ExecStart="))
    words = systemd_words(line)
    assert words[:5] == ["/usr/bin/env", "TZ=UTC", sys.executable, "-m", "optimizer"]
    ends = [subprocess.run(words, cwd=case.parent, capture_output=True).returncode for _ in range(2)]
    assert ends == [Exit.CHANGED, Exit.DONE]
    assert "SuccessExitStatus=10" in service
    assert runs(case, capsys) == 1


def test_the_line_of_cron_runs_and_is_silent_when_nothing_is_new(case: Path, capsys: Shown) -> None:
    """Proves: in the shell that cron would start, a changed plan is printed, and so mailed; asked again, not a word."""
    (case.parent / "se crets").write_text(f"OPTIMIZER_STORE={shlex.quote(str(case.parent / 'runs.db'))}\n")
    into = case.parent / "files"
    words = ["schedule", "cron", str(case), "--environment", str(case.parent / "se crets"), "--into", str(into)]
    assert main(words) == Exit.DONE
    line = (into / "cluster-replan.cron").read_text().splitlines()[-1]
    assert line.split(" ")[:5] == ["0", "6", "1-7", "1,4,7,10", "*"]
    command = line.split(" ", 5)[5]
    assert "%" not in command.replace("\\%", "")
    shell = ["sh", "-c", command.replace("\\%", "%")]
    first = subprocess.run(shell, cwd="/", capture_output=True, text=True)
    assert "exit 10" in first.stdout
    assert "CHANGED, look" in first.stdout
    second = subprocess.run(shell, cwd="/", capture_output=True, text=True)
    assert (second.stdout, second.stderr) == ("", "")
    assert runs(case, capsys) == 1


def test_the_manifest_of_kubernetes(case: Path, capsys: Shown, tmp_path: Path) -> None:
    """Proves: the manifest is YAML, forbids two at once, and its command, run, takes exit 10 for success."""
    into = schedule("kubernetes", case, "--image", "optimizer:1", "--secret", "s", "--claim", "c")
    found = yaml.safe_load((into / "cluster-replan.yaml").read_text())
    spec = found["spec"]
    assert (found["kind"], found["apiVersion"]) == ("CronJob", "batch/v1")
    assert (spec["concurrencyPolicy"], spec["timeZone"]) == ("Forbid", "UTC")
    pod = spec["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["envFrom"] == [{"secretRef": {"name": "s"}}]
    assert pod["volumes"] == [{"name": "work", "persistentVolumeClaim": {"claimName": "c"}}]
    program = tmp_path / "bin" / "optimizer"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m optimizer "$@"\n')
    program.chmod(0o755)
    path = f"{program.parent}:{os.environ['PATH']}"
    words = [word.replace("$$", "$") for word in container["command"]]
    ends = [
        subprocess.run(words, cwd=case.parent, env={**os.environ, "PATH": path}, capture_output=True).returncode
        for _ in range(2)
    ]
    assert ends == [0, 0]
    assert runs(case, capsys) == 1
    assert subprocess.run([*words, "--as-of", "never"], cwd=case.parent, env={**os.environ, "PATH": path}).returncode


def test_the_dag_of_airflow(case: Path, capsys: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves: the file builds one task that catches up with nothing and runs alone, and its command runs in bash."""
    source = (schedule("airflow", case) / "cluster_replan.py").read_text()
    ast.parse(source)
    seen: dict[str, dict[str, object]] = {}

    class Dag:
        def __init__(self, **given: object) -> None:
            seen["dag"] = given

        def __enter__(self) -> None: ...
        def __exit__(self, *_: object) -> None: ...

    modules = {
        "airflow": {"DAG": Dag},
        "airflow.operators.bash": {"BashOperator": lambda **given: seen.update(task=given)},
        "airflow.operators": {},
        "pendulum": {"datetime": lambda *day, tz: (*day, tz)},
    }
    for name, members in modules.items():
        module = types.ModuleType(name)
        module.__dict__.update(members)
        monkeypatch.setitem(sys.modules, name, module)
    exec(compile(source, "dag", "exec"), {})
    assert (seen["dag"]["catchup"], seen["dag"]["max_active_runs"]) == (False, 1)
    assert seen["dag"]["schedule"] == "0 6 1 1,4,7,10 *"
    task = seen["task"]
    ends = [subprocess.run(["bash", "-c", str(task["bash_command"])], cwd=str(task["cwd"])).returncode for _ in "ab"]
    assert ends == [0, 0]
    assert runs(case, capsys) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["cron", "case", "--name", "Bad Name"], "--name"),
        (["cron", "case", "--at", "25:00"], "--at"),
        (["cron", "case", "--timezone", "Mars/Base"], "--timezone"),
        (["cron", "case\nroot"], "control characters"),
        (["cron", "case", "--store", "postgresql://u:hunter2@h/db"], "password"),
        (["cron", "case", "--store", "postgresql://u@h/db?password=hunter2"], "password"),
        (["cron", "case", "--announce", "https://hooks.example/T0/hunter2"], "env:HOOK"),
        (["airflow", "{{ case }}"], "Airflow"),
        (["kubernetes", "case", "--image", "a\nb"], "control characters"),
    ],
)
def test_what_no_schedule_may_hold_is_refused(words: list[str], said: str, capsys: Shown) -> None:
    """Proves: texts that would break out of the file, and secrets, end with 2 and the cure; no secret is repeated."""
    assert main(["schedule", *words]) == Exit.USAGE
    shown = capsys.readouterr().err
    assert said in shown
    assert "hunter2" not in shown


def test_files_are_not_overwritten(case: Path, capsys: Shown) -> None:
    schedule("systemd", case)
    assert main(["schedule", "systemd", str(case), "--into", str(case.parent / "files")]) == Exit.OUTPUT
    assert "exists" in capsys.readouterr().err
