"""From raw tables to typed records: everything wrong is found at once, each with its address."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from optimizer.errors import Finding
from optimizer.tables.coerce import Refused, Typed, coerce, did_you_mean
from optimizer.tables.columns import Blank, Column, Kind
from optimizer.tables.headers import Header, listed, match_header, match_horizon
from optimizer.tables.quarter import Quarter
from optimizer.tables.raw import Cell, RawTable
from optimizer.tables.record import Record, Series, columns_of, key_columns, series_column

Horizon = Callable[[Sequence[Record]], tuple[Quarter, int] | None]


@dataclass(frozen=True)
class _Row:
    """One row on its way to a record: values that were sound, and the cell each column came from."""

    record: type[Record]
    place: str
    cells: Mapping[str, Cell]
    values: Mapping[str, Typed | Series]
    sound: bool


@dataclass(frozen=True)
class Parsed:
    """Records in sheet order and everything that is wrong; complete only when no finding is an error."""

    records: tuple[Record, ...]
    findings: tuple[Finding, ...]
    _rows: Mapping[int, _Row] = field(repr=False)

    def place(self, record: Record, column: str) -> str:
        """Address of a cell of one of these `records`; `column` is a column name or a quarter such as `2027Q1`.

        A column that the table does not have gives the address of the row.
        """
        row = self._rows[id(record)]
        return row.cells[column].place if column in row.cells else row.place


def parse(raw: Sequence[RawTable], catalog: Sequence[type[Record]], horizon: Horizon) -> Parsed:
    """Type every row of every table of the catalog; a missing table is an empty one.

    `horizon` gives the first quarter and the number of quarters from the records of tables without quarters, or None
    when they do not tell; then the quarter columns are not compared with it.
    """
    findings = [finding for table in raw for finding in table.problems()]
    tables, unknown = _by_name(raw, catalog)
    findings += unknown
    rows: dict[type[Record], list[_Row]] = {}
    span: tuple[Quarter, int] | None = None
    for record in sorted(catalog, key=lambda record: series_column(record) is not None):
        if series_column(record) is not None and span is None:
            span = horizon([made for _, made in _make(rows)])
        reader = _Vertical if record.TABLE.vertical else _Horizontal
        rows[record], found = reader(tables.get(record.TABLE.name), record, span).read()
        findings += found
    rows = {record: rows[record] for record in catalog}
    made = _make(rows)
    findings += _unknown_references(rows)
    findings += _duplicates(rows, made)
    return Parsed(tuple(one for _, one in made), tuple(findings), {id(one): row for row, one in made})


def _make(rows: Mapping[type[Record], list[_Row]]) -> list[tuple[_Row, Record]]:
    sound = [row for of_table in rows.values() for row in of_table if row.sound]
    return [(row, row.record(**row.values)) for row in sound]


def _by_name(raw: Sequence[RawTable], catalog: Sequence[type[Record]]) -> tuple[dict[str, RawTable], list[Finding]]:
    names = [record.TABLE.name for record in catalog]
    tables: dict[str, RawTable] = {}
    findings = []
    for table in raw:
        if table.name not in names:
            near = did_you_mean(table.name, names)
            cure = f"did you mean '{near}'?" if near else "delete it, or move it out of the case"
            findings.append(
                Finding(table.place, f"there is no table '{table.name}'", f"one of {', '.join(names)}", cure)
            )
        elif table.name in tables:
            found = f"the table '{table.name}' is given twice (also at {tables[table.name].place})"
            findings.append(Finding(table.place, found, "each table once", "delete one of the two"))
        else:
            tables[table.name] = table
    return tables, findings


@dataclass
class _Reader:
    """Reads the rows of one table and collects what is wrong with them."""

    table: RawTable | None
    record: type[Record]
    span: tuple[Quarter, int] | None
    findings: list[Finding] = field(default_factory=list)

    def value(self, cell: Cell | None, name: str, column: Column, place: str) -> tuple[Typed, bool]:
        """The typed value and whether it is sound; a blank optional cell takes the default of its column."""
        if cell is not None and cell.finding is not None:
            return None, False
        if cell is None or cell.value is None:
            if column.required and cell is not None:
                cure = f"fill it in: {column.help}"
                self.findings.append(Finding(place, f"{name} is blank", f"a value ({column.unit})", cure))
            return column.default, not column.required
        try:
            return coerce(cell.value, name, column), True
        except Refused as refused:
            self.findings.append(Finding(place, refused.found, refused.expected, refused.cure))
            return None, False


class _Vertical(_Reader):
    """One record from a table of keys and values."""

    def read(self) -> tuple[list[_Row], list[Finding]]:
        cells = self._cells()
        place = self.table.place if self.table is not None else self.record.TABLE.name
        values: dict[str, Typed | Series] = {}
        sound = True
        for name, column in columns_of(self.record):
            cell = cells.get(name, Cell(None, place))
            values[name], good = self.value(cell, name, column, cell.place)
            sound = sound and good
        return [_Row(self.record, place, cells, values, sound)], self.findings

    def _cells(self) -> dict[str, Cell]:
        """The value cell of each key."""
        if self.table is None:
            return {}
        header = match_header(self.table, self.record)
        self.findings += header.findings
        if "key" not in header.columns or "value" not in header.columns:
            return {}
        known = [name for name, _ in columns_of(self.record)]
        cells: dict[str, Cell] = {}
        for row in self.table.rows:
            key = row[header.columns["key"]]
            name = "" if key.value is None else str(key.value)
            if name not in known:
                near = did_you_mean(name, known)
                cure = f"did you mean '{near}'?" if near else "delete the row"
                self.findings.append(
                    Finding(key.place, f"there is no key '{name}'", f"one of {', '.join(known)}", cure)
                )
            elif name in cells:
                found = f"the key '{name}' stands twice (also beside {cells[name].place})"
                self.findings.append(Finding(key.place, found, "each key once", "delete one of the two rows"))
            else:
                cells[name] = row[header.columns["value"]]
        return cells


class _Horizontal(_Reader):
    """One record from each row."""

    def read(self) -> tuple[list[_Row], list[Finding]]:
        if self.table is None:
            return [], []
        header = match_header(self.table, self.record)
        self.findings += header.findings
        series = series_column(self.record)
        if series is not None and self.span is not None and self.table.rows:
            self.findings += match_horizon(self.table, header, *self.span, self._column(series).blank)
        return [self._row(header, row) for row in self.table.rows], self.findings

    def _column(self, name: str) -> Column:
        return dict(columns_of(self.record))[name]

    def _row(self, header: Header, row: tuple[Cell, ...]) -> _Row:
        cells = {name: row[position] for name, position in header.columns.items()}
        cells |= {str(quarter): row[position] for quarter, position in header.quarters.items()}
        values: dict[str, Typed | Series] = {}
        sound = True
        for name, column in columns_of(self.record):
            if column.kind is Kind.SERIES:
                values[name], good = self._series(header, cells, name, column)
            else:
                cell = cells.get(name)
                values[name], good = self.value(cell, name, column, row[0].place if cell is None else cell.place)
            sound = sound and good
        return _Row(self.record, row[0].place, cells, values, sound)

    def _series(
        self, header: Header, cells: Mapping[str, Cell], name: str, column: Column
    ) -> tuple[Series | None, bool]:
        """The values across the quarters; blanks are None, and a finding where the horizon refuses them."""
        sound = header.contiguous
        values: list[float | None] = []
        for quarter in header.quarters:
            cell = cells[str(quarter)]
            value, good = (None, True) if cell.blank else self.value(cell, f"{name} in {quarter}", column, cell.place)
            sound = sound and good
            values.append(value)  # type: ignore[arg-type]  # a SERIES cell is coerced to a float
        if column.blank is Blank.REFUSED and not self._filled(header, cells, name, column):
            sound = False
        if not sound:
            return None, False
        return _trimmed(list(header.quarters), values, self.span), True

    def _filled(self, header: Header, cells: Mapping[str, Cell], name: str, column: Column) -> bool:
        """Whether every quarter of the horizon that has a column has a value; else one finding for the row."""
        first, count = self.span if self.span is not None else (None, 0)
        blanks = [
            str(quarter)
            for quarter in header.quarters
            if cells[str(quarter)].blank and first is not None and 0 <= quarter - first < count
        ]
        if blanks:
            place = cells[blanks[0]].place
            found = f"{name} is blank in {listed(blanks)}"
            expected = f"a value ({column.unit}) in every quarter of the horizon"
            self.findings.append(Finding(place, found, expected, "type the figure, 0 if there is none"))
        return not blanks


def _trimmed(quarters: Sequence[Quarter], values: list[float | None], span: tuple[Quarter, int] | None) -> Series:
    """The series without blanks at its ends, so that blank columns make no difference."""
    filled = [position for position, value in enumerate(values) if value is not None]
    if not filled:
        return Series(span[0] if span else Quarter.of(1, 1), ())
    return Series(quarters[filled[0]], tuple(values[filled[0] : filled[-1] + 1]))


def _unknown_references(rows: Mapping[type[Record], list[_Row]]) -> Iterator[Finding]:
    """A finding for each name that no row of its target tables bears."""
    keys = {record.TABLE.name: set(_keys(of_table)) for record, of_table in rows.items()}
    for record, of_table in rows.items():
        pointing = [(name, column) for name, column in columns_of(record) if column.targets]
        for row in of_table:
            for name, column in pointing:
                yield from _dangling(row, name, column, keys)


def _dangling(row: _Row, name: str, column: Column, keys: Mapping[str, set[str]]) -> Iterator[Finding]:
    cell, value = row.cells.get(name), row.values.get(name)
    if cell is None or cell.value is None or value is None:
        return
    known = {key for target in column.targets for key in keys.get(target, ())}
    for wanted in value if isinstance(value, tuple) else (value,):
        if wanted in known:
            continue
        tables = " or ".join(f"'{target}'" for target in column.targets)
        near = did_you_mean(str(wanted), sorted(known))
        cure = f"did you mean '{near}'?" if near else f"add it to the table {tables}, or correct the name"
        if len(column.targets) > 1:
            cure += f" ({column.help})"
        if near is None and column.kind is Kind.NAMES and "," in str(wanted):
            cure = "separate names by semicolons"
        yield Finding(cell.place, f"{name} is '{wanted}', which no row bears", f"a name from the table {tables}", cure)


def _keys(rows: Sequence[_Row]) -> Iterator[str]:
    """Names other rows may point to; one that was refused counts, so that it is reported once only."""
    for row in rows:
        for name in key_columns(row.record)[:1]:
            cell = row.cells.get(name)
            value = row.values.get(name)
            if value is not None:
                yield str(value)
            elif cell is not None and cell.value is not None:
                yield str(cell.value).strip()


def _duplicates(rows: Mapping[type[Record], list[_Row]], made: Sequence[tuple[_Row, Record]]) -> Iterator[Finding]:
    """A finding for each row whose name an earlier row of its table bears already, regardless of case."""
    names = {id(row): record.name for row, record in made}
    for record, of_table in rows.items():
        columns = key_columns(record)
        seen: dict[str, str] = {}
        for row in of_table if columns else ():
            fallback = row.values.get(columns[0]) if len(columns) == 1 else None
            name = names.get(id(row), str(fallback) if fallback is not None else "")
            cell = row.cells.get(columns[0])
            place = row.place if cell is None else cell.place
            if name and name.casefold() in seen:
                found = f"'{name}' stands twice in the table (also at {seen[name.casefold()]})"
                yield Finding(place, found, "each name once, regardless of case", "rename or delete one of the two")
            seen.setdefault(name.casefold(), place)
