"""`optimizer replan`: the quarterly job, from the approved plan of the store to a new draft."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from optimizer.announce import AnnounceError, Announcement, Channel, channels
from optimizer.case.case import Case
from optimizer.cli.case import place, read, requested
from optimizer.cli.diff import text
from optimizer.cli.progress import ProgressLine
from optimizer.cli.solve import ENDS, any_summary
from optimizer.cli.writing import unbroken
from optimizer.errors import Exit, UsageError
from optimizer.plan.status import Status, StopReason
from optimizer.publish import require_place, write_any
from optimizer.replan.process import Replanned, replan
from optimizer.request import Step
from optimizer.store import Run, Store
from optimizer.tables.quarter import Quarter


def run(arguments: argparse.Namespace) -> Exit:
    """Replan and keep the run; 0 when nothing material changed, 10 when somebody should look."""
    request = requested(arguments)
    listeners = channels(arguments.announce)
    if arguments.out is not None:
        require_place(arguments.out)
    with ProgressLine() as progress, Store.open(arguments.store) as store:
        progress(Step(f"reading {arguments.case}"))
        case = read(arguments.case)
        as_of = _as_of(arguments.as_of, case)
        source, wait, by = place(arguments.case), arguments.wait, arguments.by
        found = replan(case, as_of, store, request, progress, None, wait, by, source, arguments.came_true or "")
        if arguments.out is not None:
            progress(Step(f"writing {arguments.out}"))
            with unbroken():
                write_any(found.plan, arguments.out, progress)
        shown = store.shown
    if arguments.json:
        print(json.dumps(document(found), indent=2, default=str))
    else:
        print(told(found, shown))
    end = ending(found)
    return _announce(found, shown, listeners, end) if found.new and found.material else end


def _announce(found: Replanned, shown: str, listeners: Sequence[Channel], end: Exit) -> Exit:
    """Tell everybody of a material run; it is kept whatever comes of it, but an announcement lost is a failure."""
    title, number = found.run.title, found.run.number
    news = Announcement(f"{title}: run {number} as of {found.run.as_of}, look", told(found, shown), document(found))
    for listener in listeners:
        try:
            listener.send(news)
        except AnnounceError as error:
            print(f"error: run {number} is kept, but was not announced: {error}", file=sys.stderr)
            end = Exit.OUTPUT
    return end


def ending(found: Replanned) -> Exit:
    """How a replan ended: a plan that no limit cut short is done, or changed where it is new and material."""
    if found.run.stop == StopReason.INTERRUPT:
        return Exit.INTERRUPTED
    end = ENDS[Status(found.run.status)]
    return Exit.CHANGED if end is Exit.DONE and found.new and found.material else end


def document(found: Replanned) -> dict[str, Any]:
    """The replan as one JSON document. Money in USD."""
    return {
        "schema": "optimizer/replan@1",
        "new": found.new,
        "material": found.material,
        "run": run_document(found.run),
        "difference": None if found.difference is None else asdict(found.difference),
    }


def run_document(kept: Run) -> dict[str, Any]:
    """A run as JSON: the JSON that it keeps is part of the document."""
    told = asdict(kept) | {"state": kept.state.value, "created": kept.created.isoformat()}
    return told | {name: json.loads(told[name]) for name in ("options", "versions", "timings", "audit")}


def told(found: Replanned, store: str) -> str:
    """The replan for a terminal."""
    kept = found.run
    if not found.new:
        lines = [
            f"nothing new: run {kept.number} ({kept.state.value}) was made from the same inputs as of {kept.as_of}"
        ]
        return "\n".join([*lines, *kept.summary.splitlines()])
    verdict = "CHANGED, look" if found.material else "nothing material changed"
    lines = [f"run {kept.number} as of {kept.as_of}: {verdict}", *kept.summary.splitlines()]
    if found.difference is not None:
        lines += ["", text(found.difference)]
    if kept.objective is not None:
        lines += ["", any_summary(found.plan), "", f"kept as a draft in {store}"]
        lines.append(f'approve it with: optimizer approve {kept.number} --why "..."')
    return "\n".join(lines)


def _as_of(text: str | None, case: Case) -> Quarter:
    """The quarter that is named, else today's; never before the case begins."""
    if text is None:
        today = date.today()
        return max(case.calendar.first, Quarter.of(today.year, (today.month + 2) // 3))
    try:
        return Quarter.parse(text)
    except ValueError as error:
        raise UsageError(f"--as-of: {error}") from error
