"""Runs to be kept in a store, and a store with an approved plan of the tutorial."""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from optimizer.case.case import Case
from optimizer.case.world import Demand
from optimizer.load import load_case
from optimizer.replan.approve import approve
from optimizer.replan.process import replan
from optimizer.run import Request
from optimizer.store import Draft, Run, Store
from optimizer.tables.quarter import Quarter

ROOT = Path(__file__).resolve().parents[2]
TUTORIAL = ROOT / "data" / "tutorial"
FIRST = Quarter.parse("2027Q1")
ONE_THREAD = Request(threads=1)


def draft(key: str = "k", baseline: int | None = None, **changes: Any) -> Draft:
    """A run that holds nothing real."""
    blank = dict.fromkeys(("options", "versions", "timings", "audit"), "{}")
    told = {
        "key": key, "as_of": "2027Q1", "case_hash": "c", "solved_hash": "s", "baseline": baseline, "title": "t",
        "status": "optimal", "stop": "gap", "objective": 1.0, "bound": 1.0, "gap": 0.0, "material": True,
        "summary": "", "log": "", "source": "case", "by": "me", "bundle": b"abc", **blank,
    }  # fmt: skip
    return Draft(**{**told, **changes})


def tutorial(factor: float = 1.0) -> Case:
    """The tutorial, with its demand multiplied."""
    case = load_case(TUTORIAL)
    if factor == 1.0:
        return case
    records = (
        replace(row, units=replace(row.units, values=tuple(value and value * factor for value in row.units.values)))
        if isinstance(row, Demand)
        else row
        for row in case.records
    )
    return Case(tuple(records))


def with_approved_plan(url: str) -> Run:
    """A store whose first run, the tutorial as of its first quarter, is approved."""
    with Store.open(url) as store:
        made = replan(tutorial(), FIRST, store, ONE_THREAD, by="setup")
        return approve(store, made.run.number, tutorial(), "setup", "the first plan")


def folder() -> Path:
    """A new folder that anybody may enter."""
    path = Path(tempfile.mkdtemp(prefix="optimizer-store-"))
    path.chmod(0o755)
    return path
