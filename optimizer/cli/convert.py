"""`optimizer convert`: workbook, CSV folder and database into each other, without loss."""

import argparse
from pathlib import Path

from optimizer.catalog import catalog
from optimizer.errors import Exit, InputError, Level, OutputError, UsageError
from optimizer.load import horizon
from optimizer.tables.containers import read_raw, write_raw
from optimizer.tables.parse import parse


def run(arguments: argparse.Namespace) -> Exit:
    """Convert; refuses tables that cannot be read, because a conversion must lose nothing."""
    if isinstance(arguments.target, Path) and arguments.target.exists():
        raise OutputError(f"{arguments.target} exists. Fix: name a target that does not")
    raw = read_raw(arguments.source, catalog())
    unreadable = [f for table in raw for f in table.problems() if f.level is Level.ERROR]
    if unreadable:
        raise InputError(unreadable)
    span = horizon(parse(raw, catalog(), horizon).records)
    if span is None:
        raise UsageError(f"{arguments.source} has no valid settings. Fix: see optimizer check {arguments.source}")
    write_raw(raw, arguments.target, catalog(), [span[0] + offset for offset in range(span[1])])
    print(arguments.target)
    return Exit.DONE
