"""A case with some of its tables made anew, written into any container; the other tables stay as they were read."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from optimizer.case.case import Case
from optimizer.catalog import catalog
from optimizer.errors import OutputError
from optimizer.tables.containers import write_raw
from optimizer.tables.raw import RawTable
from optimizer.tables.record import Record
from optimizer.tables.source import Source
from optimizer.tables.unparse import raw_tables

Notes = Mapping[str, str]


def require_new(target: Source) -> None:
    """Raise OutputError for a file or folder that exists: nothing is overwritten."""
    if isinstance(target, Path) and target.exists():
        raise OutputError(f"{target} exists. Fix: name a target that does not")


def write_amended(
    case: Case, made: Sequence[type[Record]], read: Sequence[RawTable], target: Source, notes: Notes | None = None
) -> None:
    """Write the case with the tables `made` from its records, and the others as they were read, with their notes.

    `notes` are remarks on rows of the tables made, by what stands in their first column. Raises OutputError where the
    target exists or cannot be written.
    """
    require_new(target)
    fresh = raw_tables(case.records, catalog(), case.calendar.quarters)
    names = {kind.TABLE.name for kind in made}
    notes = notes or {}
    kept = {table.name: table for table in read if table.name not in names}
    tables = [_noted(table, notes) if table.name in names else kept.pop(table.name, table) for table in fresh]
    write_raw([*tables, *kept.values()], target, catalog(), case.calendar.ahead)


def _noted(table: RawTable, notes: Notes) -> RawTable:
    """The table with its remarks in the last column."""
    rows = tuple((*row[:-1], replace(row[-1], value=notes.get(str(row[0].value)))) for row in table.rows)
    return replace(table, rows=rows)
