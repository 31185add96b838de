"""A plan under uncertainty as a folder: its own record and case, and one plan folder a scenario.

The folders of scenarios are numbered in the order of the case, so that no text of a user becomes a path.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from optimizer.catalog import catalog
from optimizer.errors import StaleError
from optimizer.files import write_text
from optimizer.load import load_case
from optimizer.plan.deal import DEALS, load_deals, save_deals
from optimizer.plan.outlook import Waits, courses, now, waiting
from optimizer.plan.save import (
    CASE,
    RECORD,
    TREE_SCHEMA,
    load_plan,
    read_result,
    require_sealed,
    save_plan,
    versions,
    write_record,
)
from optimizer.plan.tree import AnyPlan, Branch, TreePlan
from optimizer.plan.worth import VALUE, load_worth, save_worth
from optimizer.tables.csv_folder import write_folder
from optimizer.tables.identity import content_hash
from optimizer.tables.unparse import raw_tables

SCENARIOS = "scenarios"


def is_tree(folder: str | Path) -> bool:
    """Whether the folder holds a plan under uncertainty."""
    try:
        document = json.loads((Path(folder) / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(document, dict) and document.get("schema") == TREE_SCHEMA


def place(number: int) -> str:
    """The folder of a scenario inside the plan folder, by its number in the case, counted from 1."""
    return f"{SCENARIOS}/{number:04d}"


def save_tree(tree: TreePlan, folder: Path, written: Callable[[int], None] = lambda _: None) -> None:
    """Write the case and the plan of every scenario into `folder`; `plan.json` is written apart, last.

    `written` is told how many scenarios have been.
    """
    case = tree.case
    write_folder(list(case.source or raw_tables(case.records, catalog(), case.calendar.quarters)), folder / CASE)
    for number, branch in enumerate(tree.branches, 1):
        inside = folder / place(number)
        inside.mkdir(parents=True)
        save_plan(branch.plan, inside)
        write_record(branch.plan, inside)
        written(number)
    save_values(tree, folder)


def save_values(tree: TreePlan, folder: Path) -> None:
    """Write what is known of values into a plan folder: `value.json` and `deals.json`."""
    if tree.worth is not None:
        save_worth(tree.worth, tree.result.case_hash, tree.case.settings.objective.value, folder)
    if tree.deals:
        save_deals(tree.deals, tree.result.case_hash, folder)


def _known(tree: TreePlan) -> tuple[str, ...]:
    """The files in which values of this tree are kept."""
    return (VALUE,) * (tree.worth is not None) + (DEALS,) * bool(tree.deals)


def write_tree_record(tree: TreePlan, folder: Path) -> None:
    """Write `plan.json`, with the SHA-256 of the case's files, of every scenario's own record, and of known values.

    A file of values that is not sealed is not believed: it is of another plan, or its writing was ended.
    """
    document = {**record(tree), "files": _sealed(folder, _known(tree))}
    write_text(folder / RECORD, json.dumps(document, indent=2) + "\n")


def record(tree: TreePlan) -> dict[str, Any]:
    """The document of `plan.json`. Money in USD present value, seconds by step."""
    return {
        "schema": TREE_SCHEMA,
        "title": tree.case.settings.title,
        "currency": tree.case.settings.currency,
        **asdict(tree.result),
        "minimised": tree.case.settings.objective.value,
        "expected": tree.expected if tree.branches else None,
        "cvar": tree.cvar if tree.branches else None,
        "versions": versions(tree.result),
        "scenarios": [{**asdict(course), "folder": place(number)} for number, course in enumerate(courses(tree), 1)],
        "now": [{"decision": str(one.key), "unit": one.unit, "quantity": one.quantity} for one in now(tree)],
        "waits": [_wait(one) for one in waiting(tree)],
    }


def _wait(one: Waits) -> dict[str, Any]:
    quarters = {str(quarter): share for quarter, share in one.by_quarter}
    told = {"action": one.action.value, "first": str(one.first), "last": str(one.last), "by_quarter": quarters}
    return {**asdict(one), **told}


def load_tree(folder: str | Path) -> TreePlan:
    """The plan saved in `folder`, with the case as solved and the plan of every scenario.

    Raises StaleError when the folder is no complete plan under uncertainty, or when anything in it was changed.
    """
    folder = Path(folder)
    if not is_tree(folder):
        raise StaleError(f"{folder} holds no complete plan under uncertainty. Fix: solve the case again")
    document = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    written = document.get("files")
    valued = tuple(name for name in (VALUE, DEALS) if isinstance(written, dict) and name in written)
    require_sealed(folder, written, _sealed(folder, valued))
    case = load_case(folder / CASE)
    result = read_result(folder, document)
    if content_hash(case.records) != result.case_hash:
        raise StaleError(f"{folder}/{CASE} was changed after the plan was made. Fix: solve {folder}/{CASE} again")
    branches = tuple(
        Branch(scenario, probability, load_plan(folder / place(number)))
        for number, (scenario, probability) in enumerate(_courses(folder, document), 1)
    )
    worth = load_worth(folder, result.case_hash) if VALUE in valued else None
    deals = load_deals(folder, result.case_hash) if DEALS in valued else ()
    return TreePlan(case, result, branches, worth, deals)


def _courses(folder: Path, document: dict[str, Any]) -> list[tuple[str, float]]:
    """Name and probability of every scenario of a record. Raises StaleError where it is not as it was written."""
    try:
        return [(str(entry["scenario"]), float(entry["probability"])) for entry in document["scenarios"]]
    except (KeyError, TypeError, ValueError) as error:
        cure = f"restore the folder, or solve {folder}/{CASE} again"
        raise StaleError(f"{folder}/{RECORD} was changed after the plan was made ({error}). Fix: {cure}") from error


def save_any(plan: AnyPlan, folder: Path) -> None:
    """Write a plan, or a tree of plans, into `folder`, with its record."""
    if isinstance(plan, TreePlan):
        save_tree(plan, folder)
        write_tree_record(plan, folder)
    else:
        save_plan(plan, folder)
        write_record(plan, folder)


def load_any(folder: str | Path) -> AnyPlan:
    """The plan, or the tree of plans, saved in `folder`. Raises StaleError as `load_plan` and `load_tree` do."""
    return load_tree(folder) if is_tree(folder) else load_plan(folder)


def _sealed(folder: Path, valued: tuple[str, ...]) -> dict[str, str]:
    """SHA-256 of each file of the case, of each scenario's record, which seals its own files, and of these values."""
    files = (*sorted((folder / CASE).glob("*.csv")), *sorted((folder / SCENARIOS).glob(f"*/{RECORD}")))
    files += tuple(folder / name for name in valued if (folder / name).exists())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
