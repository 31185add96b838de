"""A case with some of its tables made anew, written into any container; the other tables stay as they were read."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from optimizer.case.case import Case
from optimizer.catalog import catalog
from optimizer.errors import OutputError
from optimizer.tables.containers import write_raw
from optimizer.tables.raw import NOTE, Cell, RawTable, Value
from optimizer.tables.record import Record, columns_of
from optimizer.tables.source import Source
from optimizer.tables.unparse import raw_tables, written

Notes = Mapping[tuple[type[Record], str], str]
"""Remarks on rows, by table and name of the row."""


def require_new(target: Source) -> None:
    """Raise OutputError for a file or folder that exists: nothing is overwritten."""
    if isinstance(target, Path) and target.exists():
        raise OutputError(f"{target} exists. Fix: name a target that does not")


def write_amended(
    case: Case, made: Sequence[type[Record]], read: Sequence[RawTable], target: Source, notes: Notes | None = None
) -> None:
    """Write the case with the tables `made` from its records, and the others as they were read, with their notes.

    A row without a remark in `notes` keeps that of the row that had the same first two cells. Raises OutputError where
    the target exists or cannot be written.
    """
    require_new(target)
    old = {table.name: table for table in read}
    kinds = {kind.TABLE.name: kind for kind in catalog()}
    names = {kind.TABLE.name for kind in made}
    tables = [
        _noted(table, case, kinds[table.name], notes or {}, old.get(table.name))
        if table.name in names
        else old.get(table.name, table)
        for table in raw_tables(case.records, catalog(), case.calendar.quarters)
    ]
    others = [table for table in read if table.name not in names | {table.name for table in tables}]
    write_raw([*tables, *others], target, catalog(), case.calendar.ahead)


def _noted(table: RawTable, case: Case, kind: type[Record], notes: Notes, old: RawTable | None) -> RawTable:
    """The table with its remarks, and blanks where a blank means the same."""
    before: dict[tuple[Value, ...], Value] = {}
    if old is not None and NOTE in old.header and len(old.header) > 2:
        place = old.header.index(NOTE)
        before = {_start(row): row[place].value for row in old.rows}
    idle = [written(column.default) if not column.required else None for _, column in columns_of(kind)]
    rows = []
    for row, record in zip(table.rows, (one for one in case.records if type(one) is kind), strict=True):
        cells = [
            replace(cell, value=None) if cell.value == default else cell
            for cell, default in zip(row, idle, strict=False)
        ]
        remark = notes.get((kind, record.name), before.get(_start(row)))
        rows.append((*cells, replace(row[-1], value=remark)))
    return replace(table, rows=tuple(rows))


def _start(row: Sequence[Cell]) -> tuple[Value, ...]:
    return tuple(cell.value for cell in row[:2])
