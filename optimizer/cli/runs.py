"""`optimizer runs`: list, show, compare, export, prune and verify what the store keeps."""

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime

from optimizer.cli.diff import any_difference
from optimizer.cli.diff import text as diff_text
from optimizer.cli.replan import run_document
from optimizer.cli.text import percent, table
from optimizer.errors import Exit, StaleError, UsageError
from optimizer.plan.diff import Difference
from optimizer.plan.tree import audit_any
from optimizer.publish import write_any
from optimizer.replan.compare import between
from optimizer.replan.process import plan_of, user
from optimizer.store import Run, State, Store
from optimizer.tables.quarter import Quarter

Action = Callable[[Store, argparse.Namespace], Exit]
CENT = 0.01


def run(arguments: argparse.Namespace) -> Exit:
    """Do what is asked of the store."""
    actions: tuple[Action, ...] = (list_, show, compare, export, prune, verify)
    wanted = next(action for action in actions if action.__name__.rstrip("_") == arguments.action)
    with Store.open(arguments.store) as store:
        return wanted(store, arguments)


def list_(store: Store, arguments: argparse.Namespace) -> Exit:
    """Runs, the newest first."""
    state = None if arguments.state is None else State(arguments.state)
    kept = store.runs(arguments.limit, state)
    if arguments.json:
        document = {"schema": "optimizer/runs@1", "runs": [run_document(one) for one in kept]}
        print(json.dumps(document, indent=2))
    elif not kept:
        print(f"{store.shown} keeps no {'' if state is None else state.value + ' '}run")
    else:
        header = ("run", "made (UTC)", "as of", "state", "status", "present value", "gap", "material", "by", "title")
        print(table(header, [_row(one) for one in kept]))
    return Exit.DONE


def _row(one: Run) -> tuple[str, ...]:
    cost = "-" if one.objective is None else f"{one.objective:,.2f}"
    gap = "-" if one.gap is None else percent(one.gap)
    made = f"{one.created:%Y-%m-%d %H:%M}"
    shown = (made, one.as_of, one.state.value, one.status, cost, gap, "yes" if one.material else "no")
    return (str(one.number), *shown, _plain(one.by), _plain(one.title))


def _plain(words: str) -> str:
    """Text of users on one line, cut where it is long."""
    return _visible(words)[:60]


def _visible(words: str) -> str:
    """Text without marks that move a terminal's cursor."""
    return "".join(mark if mark.isprintable() else " " for mark in words)


def show(store: Store, arguments: argparse.Namespace) -> Exit:
    """Everything the store keeps of one run."""
    kept, events = store.run(arguments.run), store.events(arguments.run)
    if arguments.json:
        told = [asdict(one) | {"when": one.when.isoformat(), "state": one.state.value} for one in events]
        print(json.dumps({"schema": "optimizer/run@1", "run": run_document(kept), "events": told}, indent=2))
        return Exit.DONE
    print(f"run {kept.number}: {_plain(kept.title)}, as of {kept.as_of}, {kept.state.value}")
    for line in kept.summary.splitlines():
        print(f"  {line}")
    for name, words in _facts(kept):
        print(f"{name}: {_visible(words)}")
    for one in events:
        reason = f": {_plain(one.why)}" if one.why else ""
        print(f"{one.when:%Y-%m-%d %H:%M:%S} UTC {one.state.value} by {_plain(one.by)}{reason}")
    if arguments.log:
        print(kept.log)
    return Exit.DONE


def _facts(kept: Run) -> Iterator[tuple[str, str]]:
    """What made a run, in words."""
    audit, times = json.loads(kept.audit), json.loads(kept.timings)
    yield "case as read", kept.case_hash
    yield "case as solved", kept.solved_hash
    yield "continues", "no run" if kept.baseline is None else f"run {kept.baseline}"
    yield "read from", kept.source
    yield "asked for", _words(json.loads(kept.options))
    yield "made with", _words(json.loads(kept.versions))
    yield "took", ", ".join(f"{step} {seconds:.1f} s" for step, seconds in times.items())
    yield "audit", f"passed, {audit['objective']:,.2f}" if audit["audited"] else "none, as there is no plan"
    yield "sha256 of the plan", kept.sha256


def _words(value: object) -> str:
    """What a run keeps as JSON."""
    if isinstance(value, dict):
        return ", ".join(f"{name.replace('_', ' ')} {_words(one)}" for name, one in value.items())
    if isinstance(value, list):
        return " and ".join(map(_words, value))
    return f"{value:g}" if isinstance(value, float) else "none" if value is None else str(value)


def compare(store: Store, arguments: argparse.Namespace) -> Exit:
    """What changed from one run to another."""
    before, after = store.run(arguments.before), store.run(arguments.after)
    found = _difference(store, before, after)
    if arguments.json:
        print(json.dumps({"schema": "optimizer/diff@1", **asdict(found)}, indent=2, default=str))
    else:
        if abs(found.objective.before - (before.objective or 0.0)) >= CENT:
            print(f"what is still to come from {after.as_of} on, both plans as run {after.number} values it")
        print(diff_text(found))
    return Exit.DONE


def _difference(store: Store, before: Run, after: Run) -> Difference:
    """Plans of one date as they are; across dates, from the later on and as the later case values them."""
    for one in (before, after):
        if one.objective is None:
            raise StaleError(f"run {one.number} has no plan ({one.status}). Fix: compare runs that have one")
    plans = plan_of(store, before.number), plan_of(store, after.number)
    if before.as_of < after.as_of:
        left = json.loads(after.options).get("possible", [])
        return between(*plans, Quarter.parse(after.as_of), left[0] if len(left) == 1 else "")
    return any_difference(*plans)


def export(store: Store, arguments: argparse.Namespace) -> Exit:
    """A run's plan folder, with workbook and page."""
    kept = store.run(arguments.run)
    write_any(plan_of(store, kept.number), arguments.out)
    print(arguments.out)
    return Exit.DONE


def prune(store: Store, arguments: argparse.Namespace) -> Exit:
    """Delete drafts and rejected runs of before a day; what was ever approved stays."""
    try:
        before = datetime.strptime(arguments.before, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise UsageError(f"--before: {arguments.before!r} is not a day such as 2027-01-31") from error
    if arguments.dry_run:
        gone, verb = store.prunable(before), "would be deleted"
    else:
        with store.lock(arguments.wait, arguments.by or user()):
            gone, verb = store.prune(before), "deleted"
    print(f"{verb}: {', '.join(str(number) for number in gone) or 'no run'}")
    return Exit.DONE


def verify(store: Store, arguments: argparse.Namespace) -> Exit:
    """Recompute every kept plan; exit 9 when one fails its audit, 7 when one is damaged."""
    numbers = [arguments.run] if arguments.run is not None else [one.number for one in store.runs()]
    failed: list[int] = []
    for number in numbers:
        plan = plan_of(store, number)
        findings = audit_any(plan)
        for finding in findings:
            print(f"run {number}: {finding}")
        failed += [number] if findings else []
    print(f"{len(numbers)} runs verified, {len(failed)} failed")
    return Exit.AUDIT if failed else Exit.DONE
