"""Tables into a database: a case as a whole, or the tables of a plan appended to those of other plans."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa

from optimizer.errors import Finding, InputError, OutputError
from optimizer.tables.columns import Kind
from optimizer.tables.csv_folder import encode
from optimizer.tables.headers import VERTICAL
from optimizer.tables.long_form import QUARTER, VALUE, lengthened
from optimizer.tables.raw import Cell, RawTable, Value
from optimizer.tables.record import Record, columns_of
from optimizer.tables.source import DatabaseUrl
from optimizer.tables.sql.connect import Database, writing
from optimizer.tables.sql.read import ORDER

ColumnType = type[sa.types.TypeEngine[Any]]
_NUMBERS = (Kind.NUMBER, Kind.INTEGER, Kind.SERIES)


def write_database(tables: Sequence[RawTable], address: DatabaseUrl, catalog: Sequence[type[Record]]) -> None:
    """Write each table as one of the database, series with a row for each quarter; all of them or none.

    Raises OutputError when one of the names is taken, so that nothing that is there is lost; InputError for a table
    that a database cannot hold without loss.
    """
    kinds = {kind.TABLE.name: kind for kind in catalog}
    long = [lengthened(table, kinds[table.name]) if table.name in kinds else table for table in tables]
    errors = [finding for table in long for finding in table.errors()]
    if errors:
        raise InputError(errors)
    with writing(address) as database:
        taken = sorted({database.prefix + table.name for table in long} & database.relations())
        if taken:
            raise OutputError(f"{address} already has {', '.join(taken)}. Fix: name another ?schema= or ?prefix=")
        for table in long:
            _create(database, table, kinds.get(table.name))


Names = frozenset[tuple[str, str]]
"""(table, column) of some columns."""


def append(
    tables: Sequence[RawTable], address: DatabaseUrl, key: str, value: str, numbers: Names, flags: Names
) -> bool:
    """Add the rows of tables, marked with `key` = `value`, to those of the same name, which are made where missing.

    `numbers` and `flags` say what the columns of a table that is made hold; all others hold text. The first table tells
    what is there: where it has a row so marked nothing is done, and False is returned. All rows
    are written or none. Raises OutputError when a table is there with other columns.
    """
    with writing(address) as database:
        marked = [_marked(table, key, value) for table in tables]
        targets = [_target(database, table, numbers, flags) for table in marked]
        first = targets[0]
        found = sa.select(sa.func.count()).select_from(first).where(first.columns[key] == value)
        if database.connection.execute(found).scalar():
            return False
        for table, target in zip(marked, targets, strict=True):
            _insert(database, target, table)
        return True


def _marked(table: RawTable, key: str, value: str) -> RawTable:
    rows = tuple((Cell(value, table.place), *row) for row in table.rows)
    return RawTable(table.name, (Cell(key, table.place), *table.columns), rows, table.place)


def _target(database: Database, table: RawTable, numbers: Names, flags: Names) -> sa.Table:
    """The table of the database, made where it is missing."""
    name = database.prefix + table.name
    wanted = [
        sa.Column(column, sa.Double if at in numbers else sa.Boolean if at in flags else sa.Text)
        for column in table.header
        for at in [(table.name, column)]
    ]
    if name not in database.relations():
        target = sa.Table(name, sa.MetaData(), *wanted, schema=database.schema)
        target.create(database.connection)
        return target
    target = sa.Table(name, sa.MetaData(), schema=database.schema, autoload_with=database.connection)
    missing = [column.name for column in wanted if column.name not in target.columns]
    if missing:
        raise OutputError(
            f"{database.place(table.name)} has no column {', '.join(missing)}: another version made it. "
            "Fix: name another ?schema= or ?prefix="
        )
    return target


def _create(database: Database, table: RawTable, kind: type[Record] | None) -> None:
    number = sa.Column(ORDER, sa.Integer, primary_key=True, autoincrement=False)
    target = sa.Table(
        database.prefix + table.name, sa.MetaData(), number, *_columns(table, kind), schema=database.schema
    )
    target.create(database.connection)
    numbered = RawTable(
        table.name,
        (Cell(ORDER, table.place), *table.columns),
        tuple((Cell(i, table.place), *row) for i, row in enumerate(table.rows, 1)),
        table.place,
    )
    vertical = kind is not None and kind.TABLE.vertical
    _insert(database, target, numbered, (VERTICAL[1],) if vertical else ())


def _columns(table: RawTable, kind: type[Record] | None) -> list[sa.Column[Any]]:
    return [sa.Column(name, _type(table, i, name, kind), nullable=True) for i, name in enumerate(table.header) if name]


def _type(table: RawTable, position: int, name: str, kind: type[Record] | None) -> ColumnType:
    """The type that holds every value of the column; a blank one has the type its cells should have.

    Values of a table of keys and values are of many types: they stand as text, written as in CSV files.
    """
    if kind is not None and kind.TABLE.vertical:
        return sa.Text
    values = [row[position].value for row in table.rows if row[position].value is not None]
    if not values:
        return _declared(name, kind)
    for holds, type_ in ((_is_flag, sa.Boolean), (_is_number, sa.Double), (_is_text, sa.Text), (_is_day, sa.Date)):
        if all(holds(value) for value in values):
            return type_
    other = next(row[position] for row in table.rows if type(row[position].value) is not type(values[0]))
    cure = "write them all in one way"
    raise InputError([Finding(other.place, f"the column '{name}' mixes texts and numbers", "one type", cure)])


def _declared(name: str, kind: type[Record] | None) -> ColumnType:
    declared = {} if kind is None else dict(columns_of(kind))
    if name == VALUE or (name in declared and declared[name].kind in _NUMBERS):
        return sa.Double
    return sa.Boolean if name in declared and declared[name].kind is Kind.FLAG and name != QUARTER else sa.Text


def _is_flag(value: Value) -> bool:
    return isinstance(value, bool)


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_text(value: Value) -> bool:
    return isinstance(value, str)


def _is_day(value: Value) -> bool:
    return type(value) is date


def _insert(database: Database, target: sa.Table, table: RawTable, coded: Sequence[str] = ()) -> None:
    """Insert the rows; columns in `coded` as CSV files write them."""
    if not table.rows:
        return
    rows = [
        {
            name: (encode(cell.value) or None) if name in coded else cell.value
            for name, cell in zip(table.header, row, strict=True)
            if name
        }
        for row in table.rows
    ]
    database.connection.execute(sa.insert(target), rows)
