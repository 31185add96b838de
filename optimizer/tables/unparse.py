"""From records back to raw tables: the inverse of `parse`, for cases made in Python and for saved plans."""

from collections.abc import Sequence
from datetime import date
from enum import Enum

from optimizer.tables.columns import Kind
from optimizer.tables.quarter import Quarter
from optimizer.tables.raw import NOTE, Cell, RawTable, Value
from optimizer.tables.record import Record, Series, columns_of, series_column

VERTICAL_HEADER = ("key", "value", "unit", "meaning", NOTE)


def raw_tables(
    records: Sequence[Record], catalog: Sequence[type[Record]], quarters: Sequence[Quarter]
) -> list[RawTable]:
    """Every table of the catalog that has rows. Series run over `quarters` and
    over their own values before and after."""
    tables = []
    for kind in catalog:
        rows = [record for record in records if type(record) is kind]
        if rows and kind.TABLE.vertical:
            tables.append(_vertical(kind, rows[0]))
        elif rows:
            tables.append(_horizontal(kind, rows, quarters))
    return tables


def _vertical(kind: type[Record], record: Record) -> RawTable:
    rows = tuple(
        tuple(
            Cell(value, f"{kind.TABLE.name} {name}")
            for value in (name, written(getattr(record, name)), column.unit, column.help, None)
        )
        for name, column in columns_of(kind)
    )
    return RawTable(kind.TABLE.name, tuple(Cell(name, "") for name in VERTICAL_HEADER), rows, "")


def _horizontal(kind: type[Record], rows: Sequence[Record], quarters: Sequence[Quarter]) -> RawTable:
    plain = [name for name, column in columns_of(kind) if column.kind is not Kind.SERIES]
    across = series_column(kind)
    span = _span([getattr(row, across) for row in rows], quarters) if across else []
    header = [*plain, *(str(quarter) for quarter in span), NOTE]
    body = []
    for row in rows:
        cells: list[Value] = [written(getattr(row, name)) for name in plain]
        if across:
            cells += [getattr(row, across).at(quarter) for quarter in span]
        body.append(
            tuple(
                Cell(value, f"{kind.TABLE.name} {row.name} {column}")
                for column, value in zip(header, (*cells, None), strict=True)
            )
        )
    return RawTable(kind.TABLE.name, tuple(Cell(name, "") for name in header), tuple(body), "")


def _span(series: Sequence[Series], quarters: Sequence[Quarter]) -> list[Quarter]:
    filled = [one for one in series if one.values]
    first = min([quarters[0], *(one.first for one in filled)])
    end = max([quarters[-1] + 1, *(one.first + len(one.values) for one in filled)])
    return [first + offset for offset in range(end - first)]


def written(value: object) -> Value:
    """A typed value as a cell holds it."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, Quarter):
        return str(value)
    if isinstance(value, tuple):
        if not value:
            return None
        return "; ".join(part if isinstance(part, str) else f"{part!r}" for part in value)
    if isinstance(value, str | int | float | date):
        return value
    raise TypeError(f"a cell cannot hold {value!r}")
