"""The identity of a case: one hash of its typed contents, whatever file they came from."""

import hashlib
import json
from collections.abc import Sequence
from enum import Enum

from optimizer.tables.quarter import Quarter
from optimizer.tables.record import Record, Series, columns_of


def content_hash(records: Sequence[Record]) -> str:
    """The SHA-256 of the records, in hexadecimal.

    It changes with any value of any row, and with nothing else: not with the container, the order of rows or
    columns, notes, number formats, or blank quarters at the ends of a table. A value that is written out and the same
    value taken as a default are the same. Numbers count to 15 digits, because LibreOffice saves no more.
    """
    lines = sorted(json.dumps([record.TABLE.name, *_values(record)], ensure_ascii=True) for record in records)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _values(record: Record) -> list[object]:
    """Columns that say something: a value that is its column's default is not written, so that new columns of a later
    version leave the identity of a case as it was."""
    columns = ((name, column, getattr(record, name)) for name, column in columns_of(type(record)))
    return [[name, _canonical(value)] for name, column, value in columns if column.required or value != column.default]


def _canonical(value: object) -> object:
    """A form that JSON writes in one way only; -0.0 is 0.0, and a whole number equals the same number with a point."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int | float):
        return _digits(value)
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, Quarter):
        return str(value)
    if isinstance(value, Series):
        return [[str(quarter), _digits(amount)] for quarter, amount in value.items()]
    if isinstance(value, tuple):
        return [_canonical(part) for part in value]
    raise TypeError(f"a record cannot hold {value!r}")


def _digits(value: float) -> str:
    return f"{float(value) + 0.0:.15g}"
