"""The README and the generated pages are kept in step with the program."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from optimizer.catalog import catalog
from optimizer.cli.main import build_parser, main
from optimizer.publish import WORKBOOK
from optimizer.report.formulation import formulation_page
from optimizer.tables.reference import reference_page

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def console(text: str) -> list[str]:
    """Every `optimizer ...` command in the console blocks of a page, in order."""
    blocks = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    return [
        line.removeprefix("$ ") for block in blocks for line in block.splitlines() if line.startswith("$ optimizer")
    ]


def test_the_reference_page_is_in_step() -> None:
    """Cure: optimizer schema > reports/reference.md"""
    assert (ROOT / "reports" / "reference.md").read_text(encoding="utf-8").strip() == reference_page(catalog()).strip()


def test_the_formulation_page_is_in_step() -> None:
    """Cure: optimizer schema --formulation > reports/formulation.md"""
    assert (ROOT / "reports" / "formulation.md").read_text(encoding="utf-8").strip() == formulation_page().strip()


def test_every_command_is_in_the_readme() -> None:
    actions = build_parser()._subparsers._group_actions[0]  # type: ignore[union-attr]
    for command in actions.choices:  # type: ignore[union-attr]
        assert f"optimizer {command}" in README, command


def test_the_readme_commands_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves: a reader who types the README's console lines, in order, in a copy of the repository, meets no error."""
    commands = console(README)
    assert len(commands) >= 8
    shutil.copytree(ROOT / "data", tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    for line in commands:
        words = shlex.split(line, comments=True)[1:]
        redirect = words.index(">") if ">" in words else len(words)
        told = re.search(r"# exit (\d+)", line)
        expected = 4 if "infeasible" in line else int(told[1]) if told else 0
        assert main(words[:redirect]) == expected, line


def test_the_readme_program_runs(tmp_path: Path) -> None:
    """Proves: the Python lines of the README are a whole program, which prints a data frame with its quarters."""
    (program,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    shutil.copytree(ROOT / "data" / "tutorial", tmp_path / "data" / "tutorial")
    (tmp_path / "program.py").write_text(program, encoding="utf-8")
    done = subprocess.run([sys.executable, "program.py"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "2027Q1" in done.stdout
    assert (tmp_path / "reports" / "tutorial" / WORKBOOK).exists()


def test_ci_runs_the_readmes_test_command() -> None:
    block = README.split("<!-- test command -->")[1].split("<!-- end -->")[0]
    assert re.search(r"^python3 .*pytest", block, re.MULTILINE)
