"""The JSON schema of a case as a document of rows by table: `{table: [row, ...]}`."""

from collections.abc import Sequence

from optimizer.tables.coerce import LONGEST_KEY
from optimizer.tables.columns import Column, Kind
from optimizer.tables.record import Record, columns_of
from optimizer.tables.words import choice_words, sentence, summary

Json = str | float | int | bool | None | list["Json"] | dict[str, "Json"]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
QUARTER_PATTERN = r"^[0-9]{4}Q[1-4]$"
NAME_PATTERN = r"^(?![=+@\s-])[^;\x00-\x1f]*[^;\s]$"


def json_schema(catalog: Sequence[type[Record]]) -> dict[str, Json]:
    """The JSON schema (draft 2020-12) of a case.

    It checks shapes, types, ranges and words; references, repeated names and whole-case rules are for `parse`.
    """
    return {
        "$schema": DIALECT,
        "title": "A procurement case",
        "type": "object",
        "additionalProperties": False,
        "properties": {record.TABLE.name: _table(record) for record in catalog},
        "required": [record.TABLE.name for record in catalog if record.TABLE.vertical and _required(record)],
    }


def _table(record: type[Record]) -> Json:
    row: dict[str, Json] = {
        "type": "object",
        "additionalProperties": False,
        "properties": {name: _property(column) for name, column in columns_of(record)},
        "required": list(_required(record)),
    }
    table: dict[str, Json] = {"description": summary(record), "type": "array", "items": row}
    if record.TABLE.vertical:
        table |= {"minItems": 1, "maxItems": 1}
    return table


def _required(record: type[Record]) -> list[Json]:
    return [name for name, column in columns_of(record) if column.required]


def _property(column: Column) -> Json:
    """The schema of one cell; where a blank is allowed, null is too."""
    shape = _shape(column)
    form: dict[str, Json] = shape if column.required else {"anyOf": [shape, {"type": "null"}]}
    return {"description": sentence(f"{column.help} ({column.unit})"), **form}


def _shape(column: Column) -> dict[str, Json]:
    match column.kind:
        case Kind.KEY:
            return {"type": "string", "pattern": NAME_PATTERN, "maxLength": LONGEST_KEY}
        case Kind.TEXT | Kind.REFERENCE:
            return {"type": "string"}
        case Kind.NAMES:
            return {"type": "array", "items": {"type": "string"}, "uniqueItems": True}
        case Kind.CHOICE:
            words: list[Json] = [*choice_words(column)]
            return {"enum": words}
        case Kind.FLAG:
            return {"type": "boolean"}
        case Kind.QUARTER:
            return {"type": "string", "pattern": QUARTER_PATTERN}
        case Kind.SHARES:
            return {"type": "array", "items": {"type": "number", "minimum": 0, "maximum": 1}, "minItems": 1}
        case Kind.NUMBER:
            return {"type": "number", **_range(column)}
        case Kind.INTEGER:
            return {"type": "integer", **_range(column)}
        case Kind.SERIES:
            amounts: Json = {"type": ["number", "null"], **_range(column)}
            return {"type": "object", "additionalProperties": False, "patternProperties": {QUARTER_PATTERN: amounts}}


def _range(column: Column) -> dict[str, Json]:
    bounds: dict[str, Json] = {}
    if column.low is not None:
        bounds["exclusiveMinimum" if column.above else "minimum"] = column.low
    if column.high is not None:
        bounds["maximum"] = column.high
    return bounds
