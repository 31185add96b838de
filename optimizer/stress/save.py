"""A stress test as files: one document of its figures, and tables with a line for every future."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from optimizer.case.uncertainty import Process
from optimizer.stress.drivers import Part
from optimizer.stress.summary import Future, Summary, share
from optimizer.tables.csv_folder import write_folder
from optimizer.tables.raw import Cell, RawTable, Value

SCHEMA = "optimizer/stress@1"


def record(summary: Summary) -> dict[str, Any]:
    """The document of `stress.json`. Money in USD present value, shares of 1; intervals hold with 95 % confidence."""
    stress = summary.stress
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "title": stress.title,
        "currency": stress.currency,
        "identity": stress.identity,
        "seed": stress.seed,
        "draws": len(stress.played),
        "asked": stress.asked,
        "interrupted": stress.interrupted,
        "gap": stress.gap,
        "relaxed": stress.relaxed,
        "kept_whole_before": str(stress.differs),
        "commitments_kept_before": str(stress.until),
        "planned": stress.planned,
        "as_the_case_says": stress.calm.cost,
        "ends": {end.name.lower(): asdict(chance) for end, chance in summary.ends},
        "audited": sum(1 for one in stress.played if one.audited),
        "beyond_the_gap": summary.wide,
        "seconds": stress.seconds,
    }
    if stress.solved:
        document |= _figures(summary)
    return document


def _figures(summary: Summary) -> dict[str, Any]:
    stress = summary.stress
    added = summary.added
    return {
        "cost": {
            "mean": asdict(summary.mean),
            "mean_at_least": summary.least,
            "deviation": summary.deviation,
            "quantiles": [{"share": at, **asdict(found)} for at, found in summary.quantiles],
            "risk_tail": stress.risk_tail,
            "cvar": asdict(summary.cvar),
        },
        "whole_blocks_add": None
        if added is None
        else dict(zip(("futures", "least", "mean", "most"), added, strict=True)),
        "shortfall": {
            "chance": asdict(summary.any_short),
            "mean_share": asdict(summary.short),
            "quarters": [{**asdict(one), "quarter": str(one.quarter)} for one in summary.fan],
        },
        "limits": [asdict(one) for one in summary.limits],
        "reactions": [asdict(one) for one in summary.reactions],
        "drivers": {
            "cost": [_part(one) for one in summary.cost_parts],
            "cost_explained": summary.explained,
            "shortfall": [_part(one) for one in summary.short_parts],
        },
        "dearest": [_future(one) for one in summary.dearest],
        "shortest": [_future(one) for one in summary.shortest],
    }


def _part(part: Part) -> dict[str, Any]:
    return {**asdict(part), "process": part.process.value}


def _future(one: Future) -> dict[str, Any]:
    return {"draw": one.played.number, "cost": one.played.cost, "short": one.short, "words": one.words}


def save_tables(summary: Summary, folder: Path) -> None:
    """Write the tables `draws`, `shortfall`, `drivers`, `limits` and `reactions` as CSV files into `folder`."""
    stress = summary.stress
    quarters = [str(quarter) for quarter in stress.quarters]
    draws = ("draw", "end", "cost", "bound", "whole", "short_share", "shortfall_cost", "audited", "missed")
    drivers = [f"{one.name} ({_unit(one.process)})" for one in stress.drivers]
    figures = [one.figures.tolist() for one in stress.drivers]
    tables = [
        _table("draws", draws, _draws(summary)),
        _table("shortfall", ("draw", *quarters), ((one.number, *one.short) for one in stress.solved)),
        _table(
            "drivers",
            ("draw", *drivers),
            ((one.number, *(row[at] for row in figures)) for at, one in enumerate(stress.played)),
        ),
        _table("limits", ("draw", "limit", "when", "unit", "hard", "amount"), _limits(summary)),
        _table("reactions", ("draw", "action", "contract", "quantity"), _reactions(summary)),
    ]
    write_folder(tables, folder)


def _unit(process: Process) -> str:
    return "quarters late" if process is Process.SLIP else "mean factor"


def _draws(summary: Summary) -> Iterator[Sequence[Value]]:
    for one in summary.stress.played:
        short = share(one) if one.solved else None
        cost = one.shortfall_cost if one.solved else None
        missed = "; ".join(one.missed)
        yield one.number, one.end.value, one.cost, one.bound, one.whole, short, cost, one.audited, missed or None


def _limits(summary: Summary) -> Iterator[Sequence[Value]]:
    for one in summary.stress.played:
        for breach in one.breaches:
            yield one.number, breach.limit, breach.when, breach.unit, breach.hard, breach.amount


def _reactions(summary: Summary) -> Iterator[Sequence[Value]]:
    for one in summary.stress.played:
        for taken in one.taken:
            yield one.number, taken.action, taken.contract, taken.quantity


def _table(name: str, columns: Sequence[str], rows: Iterable[Sequence[Value]]) -> RawTable:
    body = tuple(tuple(Cell(value, "") for value in row) for row in rows)
    return RawTable(name, tuple(Cell(column, "") for column in columns), body, "")
