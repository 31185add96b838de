"""The reference page names every column; the JSON schema accepts what parses and refuses what does not."""

import json

import jsonschema
import pytest

from optimizer.tables.json_schema import Json
from optimizer.tables.parse import parse
from optimizer.tables.record import columns_of
from optimizer.tables.reference import json_schema, reference_page
from tests.tables.documents import json_form
from tests.tables.toy import CATALOG, good_case, horizon

SCHEMA = json_schema(CATALOG)
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def form() -> dict[str, Json]:
    records = parse(list(good_case().values()), CATALOG, horizon).records
    return json.loads(json.dumps(json_form(records)))  # type: ignore[no-any-return]


def test_every_table_and_column_is_on_the_page() -> None:
    page = reference_page(CATALOG)
    for record in CATALOG:
        section = page.split(f"\n## {record.TABLE.name}\n")[1].split("\n## ")[0]
        for name, column in columns_of(record):
            (line,) = (line for line in section.splitlines() if line.startswith(f"| `{name}`"))
            assert column.help[1:] in line
            assert f"| {column.unit} |" in line
            assert line.count(" | ") == 4


LINES = [
    ("pue", "Power usage effectiveness.", "facility MW per IT MW", "blank means 1"),
    ("pue", "a number, at least 1 and at most 3 facility MW per IT MW"),
    ("cooling", "How it is cooled.", "choice", "one of air, liquid", "blank means air"),
    ("requires", "names; separated", "names from blocks, separated by semicolons", "may be blank"),
    ("energised_mw`, by quarter", "MW", "a number a quarter, at least 0 and at most 5000 MW"),
    ("energised_mw", "every quarter of the horizon needs a value"),
    ("ramp", "cumulative shares such as 50%; 75%; 100%", "blank means 1.0"),
    ("site", "a name, unique in this table", "required"),
]


@pytest.mark.parametrize("words", LINES)
def test_a_line_of_the_page(words: tuple[str, ...]) -> None:
    lines = [line for line in reference_page(CATALOG).splitlines() if line.startswith(f"| `{words[0]}")]
    assert any(all(word in line for word in words) for line in lines)


def test_the_schema_is_a_schema_and_accepts_the_case() -> None:
    VALIDATOR.check_schema(SCHEMA)
    assert list(VALIDATOR.iter_errors(form())) == []


SPOILED: list[tuple[str, str, Json]] = [
    ("sites", "pue", "1.25"),
    ("sites", "pue", 0.9),
    ("sites", "pue", True),
    ("sites", "cooling", "Liquid"),
    ("sites", "site", "=SUM(A1)"),
    ("sites", "site", " Dublin"),
    ("sites", "site", "Dublin "),
    ("sites", "site", ""),
    ("sites", "site", None),
    ("sites", "unknown", 1),
    ("blocks", "price_usd_per_gpu_hour", 0),
    ("blocks", "max_blocks", 2.5),
    ("blocks", "whole", "yes"),
    ("blocks", "sign_from", "2027Q5"),
    ("blocks", "ramp", [0.5, 2]),
    ("blocks", "ramp", []),
    ("blocks", "requires", ["B1", "B1"]),
    ("site_power", "energised_mw", {"2027Q1": -1}),
    ("site_power", "energised_mw", {"2027": 1}),
    ("site_power", "energised_mw", [1, 2]),
    ("settings", "quarters", 0),
]


@pytest.mark.parametrize(("name", "column", "value"), SPOILED)
def test_the_schema_refuses(name: str, column: str, value: Json) -> None:
    document = form()
    rows = document[name]
    assert isinstance(rows, list) and isinstance(rows[0], dict)
    rows[0][column] = value
    assert not VALIDATOR.is_valid(document)


def test_the_schema_wants_required_columns_and_settings() -> None:
    for name, column in (("sites", "site"), ("blocks", "price_usd_per_gpu_hour"), ("settings", "first_quarter")):
        document = form()
        del document[name][0][column]  # type: ignore[index, union-attr, arg-type, call-overload]
        assert not VALIDATOR.is_valid(document)
    for spoil in ({}, form() | {"settings": []}, form() | {"zebra": []}):
        assert not VALIDATOR.is_valid(spoil)
