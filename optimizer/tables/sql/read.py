"""A case from a database: a table or view for each table of the case, under its name."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

import sqlalchemy as sa

from optimizer.errors import Finding, InputError
from optimizer.tables.columns import Kind
from optimizer.tables.csv_folder import decode
from optimizer.tables.headers import VERTICAL
from optimizer.tables.long_form import Span, widened
from optimizer.tables.quarter import Quarter
from optimizer.tables.raw import Cell, RawTable, Value, tidy
from optimizer.tables.record import Record, columns_of
from optimizer.tables.source import DatabaseUrl
from optimizer.tables.sql.connect import Database, reading

ORDER = "row_number"
"""An optional column of any table: the order of its rows. It is no part of the case."""
MOST_ROWS = 200_000
EXACT = 2.0**53
"""Below it, every whole number is one that floating point holds."""


def read_database(address: DatabaseUrl, catalog: Sequence[type[Record]]) -> list[RawTable]:
    """The tables of the case, all as of one moment; tables of other names are left alone.

    Raises InputError when the database cannot be read or holds no table of a case.
    """
    with reading(address) as database:
        relations = database.relations()
        kinds = [kind for kind in catalog if database.prefix + kind.TABLE.name in relations]
        found = [(kind, _table(database, kind)) for kind in kinds]
    if not found:
        expected = "a table or view for each table of the case, named as in `optimizer schema`"
        cure = "check the address, and ?schema= and ?prefix= in it"
        raise InputError([Finding(str(address), "the database holds no table of a case", expected, cure)])
    span = _span([table for kind, table in found if kind.TABLE.vertical])
    return [widened(table, kind, span) for kind, table in found]


def _table(database: Database, kind: type[Record]) -> RawTable:
    name = kind.TABLE.name
    source = sa.Table(database.prefix + name, sa.MetaData(), schema=database.schema, autoload_with=database.connection)
    place, columns = database.place(name), [column for column in source.columns if column.name != ORDER]
    order = [source.columns[ORDER]] if ORDER in source.columns else columns
    rows = database.connection.execute(sa.select(*columns).order_by(*order).limit(MOST_ROWS + 1)).all()
    findings: tuple[Finding, ...] = ()
    if len(rows) > MOST_ROWS:
        cure = "name a view that has only the rows of the case"
        findings = (Finding(place, f"it has over {MOST_ROWS:,} rows", "the rows of one case", cure),)
    header = tuple(Cell(column.name, place) for column in columns)
    flags = {column for column, declared in columns_of(kind) if declared.kind is Kind.FLAG}
    body = tuple(
        tuple(
            _cell(value, f"{place} row {number}, column {column.name}", kind, column.name, flags)
            for column, value in zip(columns, row, strict=True)
        )
        for number, row in enumerate(rows[:MOST_ROWS], 1)
    )
    filled = tuple(row for row in body if not all(cell.blank for cell in row))
    return RawTable(name, header, filled, place, findings)


def _cell(value: object, place: str, kind: type[Record], column: str, flags: set[str]) -> Cell:
    if isinstance(value, Decimal):
        value = float(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT:
        value = int(value)
    if column in flags and type(value) is int and value in (0, 1):
        value = bool(value)
    if kind.TABLE.vertical and column == VERTICAL[1] and isinstance(value, str):
        return Cell(decode(value), place)
    if value is None or isinstance(value, str | bool | int | float | date):
        return Cell(tidy(value), place)
    found = f"a value of the type {type(value).__name__}"
    return Cell(None, place, Finding(place, found, "a number, a text, a flag or a date", "cast it in a view"))


def _span(settings: Sequence[RawTable]) -> Span | None:
    """First open quarter and number of quarters from there, as far as the settings can be read."""
    told = {str(key): value for table in settings for key, value in _pairs(table)}
    try:
        first = Quarter.parse(str(told["first_quarter"]))
        count = int(str(told["quarters"]))
        opens = Quarter.parse(str(told["as_of"])) if told.get("as_of") else first
    except (KeyError, ValueError):
        return None
    return (max(first, opens), first + count - max(first, opens)) if 0 < count <= 400 else None


def _pairs(table: RawTable) -> Iterator[tuple[Value, Value]]:
    key, value = VERTICAL[:2]
    if key in table.header and value in table.header:
        at, of = table.header.index(key), table.header.index(value)
        yield from ((row[at].value, row[of].value) for row in table.rows)
