"""`optimizer diff`: what changed between two plans, and which input moved it."""

import argparse
import json
from dataclasses import asdict

from optimizer.cli.text import table, usd
from optimizer.errors import Exit
from optimizer.plan.diff import Change, Difference, difference
from optimizer.plan.save import load_plan


def run(arguments: argparse.Namespace) -> Exit:
    """Print the difference; with --exit-code, exit 10 when a decision changed."""
    found = difference(load_plan(arguments.before), load_plan(arguments.after))
    if arguments.json:
        print(json.dumps({"schema": "optimizer/diff@1", **asdict(found)}, indent=2, default=str))
    else:
        print(text(found))
    return Exit.CHANGED if arguments.exit_code and found.changed else Exit.DONE


def text(found: Difference) -> str:
    """The difference for a terminal: cost, inputs, decisions, money."""
    cost = found.objective
    lines = [f"objective {cost.before:,.2f} -> {cost.after:,.2f} ({cost.after - cost.before:+,.2f} {cost.unit})", ""]
    if found.inputs:
        rows = [(f"{i.table} {i.row} {i.column}", _shown(i.before), _shown(i.after)) for i in found.inputs]
        lines += [table(("input", "before", "after"), rows), ""]
        lines += [_cause(found), ""]
    else:
        lines += ["no input changed", ""]
    lines.append(_changes("decision", found.decisions) if found.decisions else "no decision changed")
    if found.money:
        lines += ["", _changes("present value", found.money)]
    return "\n".join(lines)


def _cause(found: Difference) -> str:
    if len(found.inputs) == 1:
        return "One input changed: everything below follows from it."
    return f"{len(found.inputs)} inputs changed together; change one at a time to part their effects."


def _changes(title: str, changes: tuple[Change, ...]) -> str:
    money = title != "decision"
    rows = [
        (c.what, *((usd(v) if money else f"{v:,.6g}") for v in (c.before, c.after, c.after - c.before)), c.unit)
        for c in changes
    ]
    return table((title, "before", "after", "change", "unit"), rows)


def _shown(value: object) -> str:
    return "-" if value is None else str(value)
