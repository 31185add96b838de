"""The hash of a case follows its contents and nothing else."""

import dataclasses
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from optimizer.tables.containers import read_raw, write_raw
from optimizer.tables.identity import content_hash
from optimizer.tables.parse import parse
from optimizer.tables.record import Record, Series
from optimizer.tables.unparse import raw_tables
from tests.tables.toy import CATALOG, FIRST, Cooling, Limit, Power, Site, good_case, horizon, table

RECORDS = parse(list(good_case().values()), CATALOG, horizon).records


def test_the_hash_is_fixed() -> None:
    """Proves: the same case has the same hash in every process and version."""
    assert content_hash(RECORDS) == content_hash(list(RECORDS))
    assert content_hash(()) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_the_order_of_rows_and_the_sign_of_zero_do_not_matter() -> None:
    shuffled = random.Random(1).sample(RECORDS, len(RECORDS))
    assert content_hash(shuffled) == content_hash(RECORDS)
    assert content_hash([Limit("a", Series(FIRST, (0.0,)))]) == content_hash([Limit("a", Series(FIRST, (-0.0,)))])


def test_blank_quarters_at_the_ends_do_not_matter() -> None:
    short, long = Series(FIRST, (1.0, None, 2.0)), Series(FIRST + -1, (None, 1.0, None, 2.0, None))
    assert content_hash([Power("x", short)]) == content_hash([Power("x", long)])


@pytest.mark.libreoffice
def test_digits_that_libreoffice_drops_do_not_matter(tmp_path: Path, recalculate: Callable[[Path], Path]) -> None:
    """Proves: a third, saved by LibreOffice as 0.333333333333333, is the same case; 1e-12 more of it is not."""
    third = [Limit("cash", Series(FIRST, (1 / 3, 0.1 + 0.2, 1e22 / 7)))]
    quarters = [FIRST, FIRST + 1, FIRST + 2]
    write_raw(raw_tables(third, CATALOG, quarters), tmp_path / "case.xlsx", CATALOG, quarters)
    saved = parse(read_raw(recalculate(tmp_path / "case.xlsx"), CATALOG), CATALOG, horizon).records
    assert list(saved) != third
    assert content_hash(saved) == content_hash(third)
    assert content_hash([Limit("cash", Series(FIRST, (1 / 3 + 1e-12, 0.1 + 0.2, 1e22 / 7)))]) != content_hash(third)


def test_notes_and_columns_left_out_do_not_matter() -> None:
    tables = good_case()
    tables["sites"] = table(
        "sites", ("note", "pue", "site", "region"), ("x", 1.0, "Ohio", None), (None, 1.25, "Dublin", "EU")
    )
    other = parse(list(tables.values()), CATALOG, horizon).records
    changed = [
        dataclasses.replace(record, cooling=Cooling.LIQUID, fabric_gpus=32000.0)
        if isinstance(record, Site) and record.site == "Dublin"
        else record
        for record in other
    ]
    assert content_hash(other) != content_hash(RECORDS)
    assert content_hash(changed) == content_hash(RECORDS)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.name)
def test_every_field_of_every_row_matters(record: Record) -> None:
    others = [other for other in RECORDS if other is not record]
    assert content_hash(others) != content_hash(RECORDS)
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        for changed in _other_values(value):
            replaced = dataclasses.replace(record, **{field.name: changed})
            assert content_hash([*others, replaced]) != content_hash(RECORDS), field.name


def _other_values(value: object) -> list[object]:
    match value:
        case bool():
            return [not value]
        case int() | float():
            return [value + 1, -1.5]
        case str():
            return [value + "x"]
        case Series():
            return [Series(value.first + 1, (*value.values, 1.0)), Series(value.first, (7.0,))]
        case tuple():
            return [(*value, "x"), ("y",)]
        case None:
            return [1.0]
        case Cooling():
            return [Cooling.AIR if value is Cooling.LIQUID else Cooling.LIQUID]
        case _:
            return [None]
