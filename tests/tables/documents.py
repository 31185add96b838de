"""A case as a JSON document, as the JSON schema describes it."""

from collections.abc import Sequence
from enum import Enum

from optimizer.tables.json_schema import Json
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import Record, Series, columns_of


def json_form(records: Sequence[Record]) -> dict[str, Json]:
    """The records as a JSON document: rows by table in their order, quarters as objects, defaults written out."""
    form: dict[str, Json] = {}
    for record in records:
        rows = form.setdefault(record.TABLE.name, [])
        assert isinstance(rows, list)
        rows.append({name: _plain(getattr(record, name)) for name, _ in columns_of(type(record))})
    return form


def _plain(value: object) -> Json:
    if value is None or isinstance(value, bool | str | int | float):
        return value
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, Quarter):
        return str(value)
    if isinstance(value, Series):
        return {str(quarter): amount for quarter, amount in value.items()}
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    raise TypeError(f"JSON cannot hold {value!r}")
