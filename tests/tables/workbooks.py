"""Workbooks for tests: sound ones from the template, and spoiled ones part by part."""

import zipfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from openpyxl import Workbook, load_workbook

from optimizer.tables.template import write_workbook
from tests.tables.toy import CATALOG, FIRST, good_case

HORIZON = tuple(FIRST + offset for offset in range(3))


def good_workbook(path: Path) -> Path:
    """The good toy case as a workbook."""
    path.write_bytes(_good_bytes())
    return path


@cache
def _good_bytes() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "case.xlsx"
        write_workbook(CATALOG, list(good_case().values()), HORIZON, path)
        return path.read_bytes()


def edited(path: Path, edit: Callable[[Workbook], object]) -> Path:
    """The workbook after a change by hand."""
    workbook = load_workbook(path)
    edit(workbook)
    workbook.save(path)
    return path


def rezipped(path: Path, changes: Mapping[str, bytes | None]) -> Path:
    """The workbook with parts replaced, added, or left out (None)."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    kept = {name: content for name, content in (parts | dict(changes)).items() if content is not None}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in kept.items():
            archive.writestr(name, content)
    return path


def part(path: Path, name: str) -> bytes:
    """One part of the workbook."""
    with zipfile.ZipFile(path) as archive:
        return archive.read(name)


def sheet_part(path: Path, title: str) -> str:
    """The part of the sheet of this title; the writer numbers sheets in order."""
    return f"xl/worksheets/sheet{load_workbook(path).sheetnames.index(title) + 1}.xml"
