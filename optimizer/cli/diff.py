"""`optimizer diff`: what changed between two plans, and which input moved it."""

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict

from optimizer.catalog import catalog
from optimizer.cli.text import Money, chance, table
from optimizer.errors import Exit, StaleError
from optimizer.plan.diff import RECORDS, Change, Difference, InputChange, Later, difference
from optimizer.plan.diff_tree import tree_difference
from optimizer.plan.save_tree import load_any
from optimizer.plan.tree import AnyPlan, TreePlan
from optimizer.tables.record import key_columns


def run(arguments: argparse.Namespace) -> Exit:
    """Print the difference; with --exit-code, exit 10 when a decision changed."""
    found = any_difference(load_any(arguments.before), load_any(arguments.after))
    if arguments.json:
        print(json.dumps({"schema": "optimizer/diff@1", **asdict(found)}, indent=2, default=str))
    else:
        print(text(found))
    return Exit.CHANGED if arguments.exit_code and found.changed else Exit.DONE


def any_difference(before: AnyPlan, after: AnyPlan) -> Difference:
    """What changed between two plans. Raises StaleError where one has scenarios and the other, or it, has no plan."""
    if not isinstance(before, TreePlan) and not isinstance(after, TreePlan):
        return difference(before, after)
    for plan in (before, after):
        if plan.result.objective is None:
            raise StaleError(f"there is no plan to compare: its status is {plan.result.status}. Fix: solve it first")
    return tree_difference(before, after)


def text(found: Difference) -> str:
    """The difference for a terminal: cost, inputs, decisions, money."""
    cost = found.objective
    lines = [f"objective {cost.before:,.2f} -> {cost.after:,.2f} ({cost.after - cost.before:+,.2f} {cost.unit})", ""]
    lines += [*_inputs(found.inputs), ""]
    lines.append(_changes("decision", found.decisions) if found.decisions else "no decision changed")
    if found.later:
        lines += ["", _later(found.later)]
    if found.risk:
        lines += ["", _changes("risk", found.risk)]
    if found.money:
        lines += ["", _changes("present value", found.money)]
    return "\n".join(lines)


def _inputs(changes: Sequence[InputChange]) -> list[str]:
    """A line an input that differs.

    Of a row that only one plan has, columns that its name says already are left out; where it is one of those that a
    replan writes, of what was signed, paid and done, the row is counted.
    """
    naming = {kind.TABLE.name: () if kind.TABLE.vertical else key_columns(kind) for kind in catalog()}
    rows: dict[tuple[str, str], list[InputChange]] = {}
    for one in changes:
        rows.setdefault((one.table, one.row), []).append(one)
    told: list[InputChange] = []
    kept: Counter[str] = Counter()
    for (name, _), cells in rows.items():
        plain = [one for one in cells if one.column not in naming[name]]
        if name in RECORDS and len(plain) < len(cells):
            kept[name] += 1
        else:
            told += plain or cells
    lines = ["no input changed"]
    if told:
        shown = [(_place(one), _shown(one.before), _shown(one.after)) for one in told]
        lines = [table(("input", "before", "after"), shown), "", _cause(len(told))]
    if kept:
        lines.append("rows that a replan writes differ: " + ", ".join(f"{kept[name]} of {name}" for name in kept))
    return lines


def _place(one: InputChange) -> str:
    """Table, row and column; the settings are one row, of the same name."""
    return " ".join(dict.fromkeys((one.table, one.row, one.column)))


def _cause(count: int) -> str:
    if count == 1:
        return "One input changed: everything below follows from it."
    return f"{count} inputs changed together; change one at a time to part their effects."


def _changes(title: str, changes: tuple[Change, ...]) -> str:
    rows = []
    for c in changes:
        plain = title == "decision" or c.unit == "share"
        shown = "{:,.6g}".format if plain else Money(c.unit.split()[0])
        rows.append((c.what, *(shown(v) for v in (c.before, c.after, c.after - c.before)), c.unit))
    return table((title, "before", "after", "change", "unit"), rows)


def _later(changes: tuple[Later, ...]) -> str:
    """What is decided after a parting: how likely it is, and how much on average."""
    heads = ("decision that waits", "probability before", "after", "mean before", "after", "unit")
    rows = [
        (
            c.what,
            chance(c.probability_before),
            chance(c.probability_after),
            f"{c.mean_before:,.6g}",
            f"{c.mean_after:,.6g}",
            c.unit,
        )
        for c in changes
    ]
    return table(heads, rows)


def _shown(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.15g}" if isinstance(value, float) else str(value)
