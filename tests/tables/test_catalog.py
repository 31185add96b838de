"""The tables of the product fit what a workbook and a reader of tables can hold."""

from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
from openpyxl import load_workbook

from optimizer.catalog import catalog
from optimizer.load import horizon
from optimizer.tables.columns import Kind
from optimizer.tables.containers import read_raw
from optimizer.tables.json_schema import json_schema
from optimizer.tables.parse import parse
from optimizer.tables.quarter import Quarter
from optimizer.tables.raw import NOTE
from optimizer.tables.record import Record, columns_of
from optimizer.tables.template import write_workbook
from optimizer.tables.xlsx import DOCUMENTATION
from tests.tables.documents import json_form

HORIZON = [Quarter.of(2027, 1) + offset for offset in range(20)]


@pytest.mark.parametrize("record", catalog(), ids=lambda record: record.TABLE.name)
def test_a_table_fits_its_containers(record: type[Record]) -> None:
    """Proves: names fit sheets and files, every column has help, and references point to tables with keys."""
    spec = record.TABLE
    assert spec.name.isidentifier() and spec.name == spec.name.lower() and len(spec.name) <= 31
    assert spec.name not in DOCUMENTATION
    assert record.__doc__ and record.__doc__.strip().splitlines()[0].endswith(".")
    keyed = {other.TABLE.name for other in catalog() if any(column.kind is Kind.KEY for _, column in columns_of(other))}
    names = [name for name, _ in columns_of(record)]
    assert NOTE not in names
    assert len([column for _, column in columns_of(record) if column.kind is Kind.SERIES]) <= 1
    for name, column in columns_of(record):
        assert column.help and column.unit, name
        assert set(column.targets) <= keyed, name
        if column.kind in (Kind.REFERENCE, Kind.NAMES):
            assert column.targets, name


def test_tables_have_names_and_places_of_their_own() -> None:
    names = [record.TABLE.name for record in catalog()]
    assert len(set(names)) == len(names)
    assert [record.TABLE.order for record in catalog()] == sorted(record.TABLE.order for record in catalog())


@pytest.mark.parametrize(
    "folder",
    sorted(path.parent for path in (Path(__file__).resolve().parents[2] / "data").glob("*/settings.csv")),
    ids=lambda p: p.name,
)
def test_every_example_survives_the_workbook(folder: Path, tmp_path: Path) -> None:
    parsed = parse(read_raw(folder, catalog()), catalog(), horizon)
    assert [str(finding) for finding in parsed.findings] == []
    span = horizon(parsed.records)
    assert span is not None
    quarters = [span[0] + offset for offset in range(span[1])]
    write_workbook(catalog(), read_raw(folder, catalog()), quarters, tmp_path / "case.xlsx")
    again = parse(read_raw(tmp_path / "case.xlsx", catalog()), catalog(), horizon)
    assert [str(finding) for finding in again.findings] == []
    assert again.records == parsed.records
    jsonschema.validate(json_form(parsed.records), json_schema(catalog()))


@pytest.mark.libreoffice
def test_every_check_of_a_blank_workbook_but_the_settings_passes(
    tmp_path: Path, recalculate: Callable[[Path], Path]
) -> None:
    write_workbook(catalog(), None, HORIZON, tmp_path / "blank.xlsx")
    checks = load_workbook(recalculate(tmp_path / "blank.xlsx"), data_only=True)["Checks"]
    failed = [(row[0].value, row[1].value) for row in checks.iter_rows(min_row=8, max_col=5) if row[4].value != 1]
    assert failed == [("settings", "required values that are blank")]
