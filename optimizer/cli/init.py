"""`optimizer init`: a blank or example input workbook."""

import argparse
from pathlib import Path

from optimizer.case.settings import Settings
from optimizer.catalog import catalog
from optimizer.errors import Exit, OutputError, UsageError
from optimizer.load import horizon
from optimizer.tables.containers import read_raw, write_raw
from optimizer.tables.parse import parse
from optimizer.tables.quarter import Quarter
from optimizer.tables.template import write_workbook
from optimizer.tables.unparse import raw_tables


def run(arguments: argparse.Namespace) -> Exit:
    """Write the workbook; an existing file is never overwritten."""
    if arguments.file.suffix.lower() != ".xlsx":
        raise UsageError(f"{arguments.file} does not end in .xlsx. Fix: name a workbook such as case.xlsx")
    if arguments.file.exists():
        raise OutputError(f"{arguments.file} exists. Fix: name another file; your inputs are never overwritten")
    if arguments.example is None:
        try:
            first = Quarter.parse(arguments.first_quarter)
        except ValueError as error:
            raise UsageError(f"--first-quarter: {error}") from error
        quarters = [first + offset for offset in range(arguments.quarters)]
        settings = raw_tables([Settings(first_quarter=first, quarters=arguments.quarters)], catalog(), quarters)
        write_workbook(catalog(), settings, quarters, arguments.file)
    else:
        raw = read_raw(_example(arguments.example), catalog())
        span = horizon(parse(raw, catalog(), horizon).records)
        if span is None:
            raise UsageError(f"the example {arguments.example} has no settings")
        write_raw(raw, arguments.file, catalog(), [span[0] + offset for offset in range(span[1])])
    print(arguments.file)
    return Exit.DONE


def examples_folder() -> Path:
    """Where the shipped examples are: beside the package in a checkout, inside it when installed."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "data"
    return inside if inside.is_dir() else package.parent / "data"


def _example(name: str) -> Path:
    known = sorted(path.name for path in examples_folder().iterdir() if (path / "settings.csv").is_file())
    if name not in known:
        raise UsageError(f"there is no example {name!r}. Fix: choose one of {', '.join(known)}")
    return examples_folder() / name
