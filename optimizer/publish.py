"""Publishing a plan: tables, workbook and page in one folder, moved into place together, `plan.json` last."""

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from optimizer.errors import OutputError
from optimizer.files import together, write_text
from optimizer.plan.audit import Audit, audit, require
from optimizer.plan.deal import DEALS
from optimizer.plan.frontier import POINTS, Frontier
from optimizer.plan.frontier import place as frontier_place
from optimizer.plan.frontier import record as frontier_record
from optimizer.plan.plan import Plan, Result
from optimizer.plan.save import CASE, RECORD, TABLES, save_plan, write_record
from optimizer.plan.save_tree import SCENARIOS, place, save_tree, save_values, write_tree_record
from optimizer.plan.tree import AnyPlan, TreePlan, require_tree
from optimizer.plan.worth import VALUE
from optimizer.request import Listener, Step, silent

if TYPE_CHECKING:
    from optimizer.stress.summary import Summary

WORKBOOK, PAGE = "plan.xlsx", "plan.html"
FRONTIER_RECORD, FRONTIER_WORKBOOK, FRONTIER_PAGE = "frontier.json", "frontier.xlsx", "frontier.html"
OURS = (RECORD, WORKBOOK, PAGE, VALUE, DEALS, TABLES, CASE, SCENARIOS)
STRESS = ("stress.json", "stress.xlsx", "stress.html", "futures")
FRONTIER = (FRONTIER_RECORD, FRONTIER_WORKBOOK, FRONTIER_PAGE, POINTS)
"""What is ours in a folder, the record first: it goes first and comes back last."""
MOST_RENDERED = 12
TOLD = 20


def require_place(folder: str | Path) -> None:
    """Raise OutputError for a place that can be no folder of ours: asked before a search, not after hours of it."""
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder} is a file. Fix: name a folder with --out")
    there = next(near for near in (folder, *folder.absolute().parents) if near.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        why = "no permission" if there.is_dir() else f"{there} is a file"
        raise OutputError(f"cannot write into {folder}: {why}. Fix: choose another folder with --out")


def write(plan: Plan, folder: str | Path) -> Plan:
    """Publish `plan` into `folder`: plan.xlsx, plan.html, tables, the case as solved, and plan.json.

    A plan without quantities (infeasible, no plan) publishes plan.json and its case alone. What an earlier plan left
    in the folder is replaced; other files stay. Returns the plan with its writing time. Raises AuditError when the
    plan fails its audit, OutputError when the folder cannot be written.
    """
    began = time.perf_counter()
    with _staged(Path(folder)) as stage:
        save_plan(plan, stage)
        if plan.result.objective is not None:
            audited = audit(plan.case, plan)
            require(audited)
            render(plan, audited, stage)
        plan = replace(plan, result=_written(plan.result, began))
        write_record(plan, stage)
    return plan


def write_tree(tree: TreePlan, folder: str | Path, listen: Listener = silent) -> TreePlan:
    """Publish a plan under uncertainty into `folder`: its workbook, page, case and plan.json, and a folder a scenario.

    The scenarios get a workbook and a page each where there are at most `MOST_RENDERED`; `optimizer report` writes
    those of any of them later. Raises AuditError and OutputError as `write` does.
    """
    began = time.perf_counter()
    with _staged(Path(folder)) as stage:
        save_tree(tree, stage, _telling(len(tree.branches), listen))
        if tree.branches:
            require_tree(tree)
            listen(Step("writing workbook and page"))
            render_tree(tree, stage)
        tree = replace(tree, result=_written(tree.result, began))
        write_tree_record(tree, stage)
    return tree


def _telling(count: int, listen: Listener) -> Callable[[int], None]:
    """Tells now and then how many of so many scenarios are written."""
    step = max(MOST_RENDERED, -(-count // TOLD))

    def written(number: int) -> None:
        if number % step == 0:
            listen(Step(f"writing scenarios: {number:,} of {count:,}"))

    return written


def write_any(plan: AnyPlan, folder: str | Path, listen: Listener = silent) -> AnyPlan:
    """Publish a plan, or a plan under uncertainty."""
    return write_tree(plan, folder, listen) if isinstance(plan, TreePlan) else write(plan, folder)


def add_values(tree: TreePlan, folder: str | Path) -> None:
    """Add values to the plan folder the tree was loaded from: `value.json`, `deals.json`, workbook and page.

    The record, which seals the values, comes last; until then the folder is the plan without them. Raises OutputError
    when the folder cannot be written.
    """
    folder = Path(folder)
    write_tree_record(replace(tree, worth=None, deals=()), folder)
    save_values(tree, folder)
    _render_whole(tree, folder, _few(tree))
    write_tree_record(tree, folder)


def write_frontier(frontier: Frontier, folder: str | Path) -> None:
    """Publish a frontier into `folder`: its page, workbook and record, and a plan folder for every point.

    Scenarios of a point get a workbook and a page from `optimizer report`. Raises AuditError where a point fails its
    audit and OutputError when the folder cannot be written.
    """
    from optimizer.report.page.frontier import write_frontier_page
    from optimizer.report.workbook.trees.frontier import write_frontier_workbook

    with _staged(Path(folder), FRONTIER) as stage:
        for number, point in enumerate(frontier.points, 1):
            require_tree(point)
            inside = stage / frontier_place(number)
            inside.mkdir(parents=True)
            save_tree(point, inside)
            _render_whole(point, inside, linked=False)
            write_tree_record(point, inside)
        write_frontier_page(frontier, stage / FRONTIER_PAGE)
        write_frontier_workbook(frontier, stage / FRONTIER_WORKBOOK)
        write_text(stage / FRONTIER_RECORD, json.dumps(frontier_record(frontier), indent=2) + "\n")


def render_tree(tree: TreePlan, folder: Path) -> None:
    """Write the workbook and the page of an audited tree into `folder`, and those of its scenarios if they are few."""
    _render_whole(tree, folder, _few(tree))
    for number, branch in enumerate(tree.branches if _few(tree) else (), 1):
        render(branch.plan, audit(branch.plan.case, branch.plan), folder / place(number))


def _render_whole(tree: TreePlan, folder: Path, linked: bool) -> None:
    from optimizer.report.page.tree import write_tree_page
    from optimizer.report.workbook.trees.book import write_tree_workbook

    write_tree_workbook(tree, folder / WORKBOOK)
    write_tree_page(tree, folder / PAGE, linked)


def _few(tree: TreePlan) -> bool:
    """Whether every scenario has a workbook and a page of its own."""
    return len(tree.branches) <= MOST_RENDERED


def render(plan: Plan, audited: Audit, folder: Path) -> None:
    """Write the workbook and the page of an audited plan into `folder`."""
    from optimizer.report.page import write_page
    from optimizer.report.workbook import write_workbook

    write_workbook(plan, audited, folder / WORKBOOK)
    write_page(plan, audited, folder / PAGE)


def _written(result: Result, began: float) -> Result:
    """The result with the time that writing took."""
    return replace(result, seconds=replace(result.seconds, write=time.perf_counter() - began))


def write_stress(summary: "Summary", folder: str | Path) -> None:
    """Publish a stress test into `folder`: stress.xlsx, stress.html, its tables, and stress.json.

    What an earlier test left there is replaced; other files stay. Raises OutputError where it cannot be written.
    """
    from optimizer.report.page.stress import write_stress_page
    from optimizer.report.workbook.trees.stress import write_stress_workbook
    from optimizer.stress.save import record, save_tables
    from optimizer.stress.summary import proof

    document, workbook, page, tables = STRESS
    with _staged(Path(folder), STRESS) as stage:
        save_tables(summary, stage / tables)
        write_stress_workbook(summary, stage / workbook)
        write_stress_page(summary, proof(summary), stage / page)
        write_text(stage / document, json.dumps(record(summary), indent=2) + "\n")


@contextmanager
def _staged(folder: Path, ours: tuple[str, ...] = OURS) -> Iterator[Path]:
    """A folder beside the target, moved into place when all is written and on the disk, removed in any case."""
    stage = _stage(folder)
    try:
        with together(stage):
            yield stage
        _move(stage, folder, ours)
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _stage(folder: Path) -> Path:
    """A fresh folder beside the target, on the same disk."""
    require_place(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=".writing-", dir=folder))
    except OSError as error:
        raise OutputError(
            f"cannot write into {folder}: {error.strerror}. Fix: choose another folder with --out"
        ) from error


def _move(stage: Path, folder: Path, ours: tuple[str, ...]) -> None:
    """Replace what is ours in the folder by what was staged; the first of it, its record, goes first and comes last."""
    try:
        (folder / ours[0]).unlink(missing_ok=True)
        for name in (*ours[1:], ours[0]):
            old, new = folder / name, stage / name
            if old.is_dir():
                shutil.rmtree(old)
            if new.exists():
                new.replace(old)
            else:
                old.unlink(missing_ok=True)
    except PermissionError as error:
        raise OutputError(
            f"cannot replace {error.filename}: it is open in another program, or there is no permission. "
            "Fix: close it and run again, or choose another folder with --out"
        ) from error
    except OSError as error:
        raise OutputError(
            f"cannot write into {folder}: {error.strerror}. Fix: choose another folder with --out"
        ) from error
