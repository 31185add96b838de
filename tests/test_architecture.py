"""The house rules, held by machine: who may import whom, how large things may grow, and that nothing is forgotten."""

import ast
from pathlib import Path

import pytest

from optimizer.contracts.contract import contract_types
from optimizer.rules.rule import rules

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "optimizer"
FILES = sorted(path for path in PACKAGE.rglob("*.py"))

# A module may import only from its own layer and those before it.
LAYERS = (
    ("errors", "files", "version"),
    ("tables",),
    ("case",),
    ("ledger",),
    ("contracts",),
    ("futures",),
    ("uncertainty",),
    ("rules",),
    ("catalog",),
    ("amend", "load"),
    ("plan",),
    ("model",),
    ("decompose",),
    ("stress",),
    ("report",),
    ("request",),
    ("alone", "run", "publish"),
    ("store",),
    ("replan",),
    ("studies",),
    ("examples",),
    ("announce", "schedule"),
    ("cli", "__main__"),
)
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
NEVER = (("plan", "model"), ("report", "model"), ("report", "run"), ("contracts", "rules"))
OWNERS = {
    "distributed": {"decompose/fleet.py"},
    "highspy": {"model/highs.py", "model/warm.py"},
    "alembic": {"store"},
    "filelock": {"store/lock.py"},
    "openpyxl": {"tables", "report/workbook"},
    "pyomo": {"model", "rules", "plan/save.py", "examples"},
    "sqlalchemy": {"store", "tables/sql"},
}


def imports(path: Path) -> set[str]:
    """Modules a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def layer(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_run_one_way(path: Path) -> None:
    """Proves: nothing earlier in the flow knows anything later; a plan and its report never see the model."""
    here = layer(path)
    if here == "__init__":
        return
    for module in imports(path):
        parts = module.split(".")
        if parts[0] != "optimizer" or len(parts) == 1:
            continue
        assert RANK[parts[1]] <= RANK[here], f"{here} imports {module}"
        assert (here, parts[1]) not in NEVER, f"{here} imports {module}"


@pytest.mark.parametrize("library", sorted(OWNERS))
def test_libraries_have_owners(library: str) -> None:
    """Proves: a library is imported only where it belongs, so it can be replaced there alone."""
    for path in FILES:
        if any(module.split(".")[0] == library for module in imports(path)):
            place = path.relative_to(PACKAGE).as_posix()
            assert any(place.startswith(owner) for owner in OWNERS[library]), f"{place} imports {library}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_and_functions_stay_small(path: Path) -> None:
    """Proves: no module passes 400 lines and no function 50."""
    text = path.read_text()
    assert text.count("\n") <= 400
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 50, f"{node.name} at line {node.lineno}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


def test_every_contract_type_has_a_test_file() -> None:
    for kind in contract_types():
        name = kind.__module__.rsplit(".", 1)[1]
        assert (ROOT / "tests" / "contracts" / f"test_{name}.py").is_file(), name


def test_every_rule_has_a_test_file() -> None:
    for rule in rules():
        name = type(rule).__module__.rsplit(".", 1)[1]
        assert (ROOT / "tests" / "rules" / f"test_{name}.py").is_file(), name


def test_the_top_level_holds_what_it_should() -> None:
    allowed = {"pyproject.toml", "README.md", "CHANGELOG.md", "optimizer", "data", "reports", "tests"}
    found = {path.name for path in ROOT.iterdir() if not path.name.startswith(".") and path.suffix != ".egg-info"}
    assert found - {"build", "dist"} <= allowed
