"""Figures over time: supply against demand, contracted GPUs, cash, obligations, shortfall, deferral, power by site."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from optimizer.case.settings import sign
from optimizer.contracts.contract import contract_types
from optimizer.ledger.keys import Cash
from optimizer.ledger.operation import BACKLOG, SHORTFALL
from optimizer.plan import statements
from optimizer.plan.plan import Plan
from optimizer.plan.statements import Grid, Line
from optimizer.report.page.columns import Columns, Layer, quarter_columns, year_columns
from optimizer.report.page.svg import Drawing
from optimizer.report.page.text import Scale, megawatts, money, number, short

COLOURS = 8
SHORT = "Shortfall"
OTHERS = "Other"
TALL, LOW = 230.0, 96.0


@dataclass(frozen=True)
class Row:
    """A row of a table: its name and cells, ready to be shown. `strong` marks totals."""

    name: str
    cells: tuple[str, ...]
    strong: bool = False


@dataclass(frozen=True)
class Table:
    """A table as shown: its unit, the heads of its columns, its rows."""

    unit: str
    head: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Key:
    """An entry of a legend: the style that colours a series, and its label."""

    style: str
    label: str


@dataclass(frozen=True)
class Figure:
    """A picture with what explains it. `columns` is how many quarters or years stand side by side."""

    title: str
    note: str
    keys: tuple[Key, ...]
    drawing: Drawing
    columns: int
    table: Table


def kind_style(kind: str) -> str:
    """The colour of a contract type, the same in every figure of every page."""
    titles = [contract.TABLE.title for contract in contract_types()]
    return f"c{titles.index(kind) % COLOURS + 1}" if kind in titles else "short"


def hourly_kinds() -> frozenset[str]:
    """Contract types that are bought by the hour."""
    return frozenset(contract.TABLE.title for contract in contract_types() if contract.BY_THE_HOUR)


def supply(plan: Plan) -> Figure:
    """What serves demand, by contract type, and what is short, under the line of demand."""
    served, demand = statements.service_by_kind(plan), statements.demand(plan)
    layers = _by_kind(served)
    return _figure(
        "Supply against demand",
        "Average units in use in the quarter, by the contracts that serve them; the line is demand. Supply stands "
        "above it where deferred work is caught up.",
        served,
        layers,
        (Layer("Demand", demand.totals, "ink"),),
    )


def contracted(plan: Plan) -> Figure:
    """GPUs under contract by contract type."""
    grid = statements.installed_by_kind(plan)
    note = "GPUs delivered under each type of contract; spot is the average bought over the quarter."
    return _figure("Contracted GPUs", note, grid, _by_kind(grid), ())


def cash(plan: Plan) -> Figure:
    """Cash by quarter and category, largest categories apart; money received stands below zero."""
    labels = {
        statements.category(line).label
        for line in plan.moved
        if isinstance(line.posting.key, Cash) and statements.category(line).cash
    }
    money_grid = statements.money_by_category(plan)
    paid = [line for line in money_grid.lines if line.label in labels]
    grid = _largest(Grid(money_grid.title, money_grid.unit, money_grid.quarters, tuple(paid)))
    note = "Payments when they fall due, not discounted; money received stands below zero, the line is the net."
    currency = plan.case.settings.currency
    net = Layer("Net cash", grid.totals, "ink")
    return _figure("Cash by quarter", note, grid, _ranked(grid), (net,), currency)


def shortfall(plan: Plan) -> Figure | None:
    """Demand that is not served, by workload; None where all is served."""
    grid = statements.by_workload(plan, SHORTFALL)
    note = "Average units that are neither served nor deferred. The plan pays their price, or they would be served."
    return _figure("Demand not served", note, grid, _ranked(grid), ()) if grid.lines else None


def deferral(plan: Plan) -> Figure | None:
    """Work carried over to the next quarter, by workload; None where none is.

    It is the backlog at the end of the quarter over the hours of the quarter: what is deferred and recovered within
    one quarter cancels out.
    """
    calendar = plan.case.calendar
    carried = [
        (key.part("workload"), key.quarter, unit_hours / calendar.hours(key.quarter))
        for key, unit_hours in plan.operations
        if key.operation == BACKLOG
    ]
    grid = statements.grid("Work deferred", "units", calendar.quarters, carried)
    note = "Work put off to the next quarter: the backlog at the end of the quarter over its hours, in average units."
    return _figure("Work deferred", note, grid, _ranked(grid), ()) if grid.lines else None


def site_power(plan: Plan) -> tuple[Figure, ...]:
    """Power drawn at each site that has a limit, under the line of what is energised."""
    drawn, limit = statements.power_drawn(plan), statements.power_limit(plan)
    figures = []
    for line in limit.lines:
        use = Grid("Power", "MW", drawn.quarters, (Line("Drawn", drawn.line(line.label).values),))
        layers = (Layer("Drawn", use.lines[0].values, "power"),)
        lines = (Layer("Energised", line.values, "ink"),)
        figures.append(_figure(line.label, "", use, layers, lines, say=megawatts, height=LOW))
    return tuple(figures)


def obligations(plan: Plan) -> Figure | None:
    """Firm payments by fiscal year and contract type; None where nothing is signed."""
    owed = statements.obligations(plan)
    years = tuple(range(*_span(year for row in owed for year, _ in row.by_year)))
    if not years:
        return None
    kinds = list(dict.fromkeys(row.kind for row in owed))
    layers = tuple(
        Layer(kind, tuple(_due(owed, year, kind) for year in years), kind_style(kind)) for kind in _firmest_first(kinds)
    )
    title, currency = "Obligations by fiscal year", plan.case.settings.currency
    names = tuple(f"FY {year}" for year in years)
    chart = Columns(title, names, layers, (), lambda value: money(value, currency), currency)
    return Figure(
        title,
        "All payments that signing makes firm, to the end of every contract: nominal, credits deducted, "
        "without energy, upkeep and spot. A fiscal year bears the year in which it ends.",
        _keys(layers, ()),
        year_columns(chart, years, TALL - 40),
        len(years),
        _obligation_table(owed, years, currency),
    )


def _obligation_table(owed: Sequence[statements.Obligation], years: tuple[int, ...], currency: str) -> Table:
    """Contracts down, fiscal years across: the next five, and thereafter."""
    near, later = years[:5], years[5:]
    scale = Scale.of(max(abs(row.total) for row in owed))
    groups = [*((year,) for year in near), *((later,) if later else ())]

    def cells(rows: Sequence[statements.Obligation]) -> tuple[str, ...]:
        sums = [sum(amount for row in rows for year, amount in row.by_year if year in group) for group in groups]
        return tuple(number(value / scale.divisor, 1) for value in (sum(row.total for row in rows), *sums))

    head = ("Contract", "Total", *(f"FY\N{NO-BREAK SPACE}{year}" for year in near), *(("Thereafter",) if later else ()))
    rows = [Row(row.contract, cells([row])) for row in sorted(owed, key=lambda row: -row.total)]
    return Table(_unit(currency, scale), head, (*rows, Row("Total", cells(owed), strong=True)))


def _due(owed: Sequence[statements.Obligation], year: int, kind: str) -> float:
    return sum(amount for row in owed if row.kind == kind for due, amount in row.by_year if due == year)


def _span(years: Iterable[int]) -> tuple[int, int]:
    known = list(years)
    return (min(known), max(known) + 1) if known else (0, 0)


def _figure(
    title: str,
    note: str,
    grid: Grid,
    layers: tuple[Layer, ...],
    lines: tuple[Layer, ...],
    currency: str = "",
    say: Callable[[float], str] | None = None,
    height: float = TALL,
) -> Figure:
    """A figure of columns by quarter, its legend and its table."""
    unit = grid.unit
    say = say or ((lambda v: money(v, currency)) if currency else (lambda v: f"{short(v)} {unit}"))
    names = tuple(str(quarter) for quarter in grid.quarters)
    drawing = quarter_columns(Columns(title, names, layers, lines, say, currency), grid.quarters, height)
    return Figure(title, note, _keys(layers, lines), drawing, len(names), _table(grid, layers, lines, currency))


def _table(grid: Grid, layers: tuple[Layer, ...], lines: tuple[Layer, ...], currency: str) -> Table:
    """Quarters down, series across, so that it fits a narrow page; the last row adds up what can be added up."""
    series = (*lines, *layers)
    largest = max((abs(value) for layer in series for value in layer.values), default=0.0)
    scale = Scale.of(largest if currency else 1.0)
    decimals = 1 if currency or largest < 1000 else 0
    rows = [
        Row(str(quarter), tuple(number(layer.values[i] / scale.divisor, decimals) for layer in series))
        for i, quarter in enumerate(grid.quarters)
    ]
    if currency:
        sums = tuple(number(sum(layer.values) / scale.divisor, decimals) for layer in series)
        rows.append(Row("Total", sums, strong=True))
    unit = _unit(currency, scale) if currency else grid.unit
    return Table(unit, ("Quarter", *(layer.label for layer in series)), tuple(rows))


def _unit(currency: str, scale: Scale) -> str:
    return f"{sign(currency).strip()} {scale.word}".strip()


def _keys(layers: tuple[Layer, ...], lines: tuple[Layer, ...]) -> tuple[Key, ...]:
    """Lines first, then layers as they are stacked, from the top down."""
    return tuple(Key(layer.style, layer.label) for layer in (*lines, *reversed(layers)))


def _by_kind(grid: Grid) -> tuple[Layer, ...]:
    by_label = {line.label: line for line in grid.lines}
    return tuple(Layer(label, by_label[label].values, kind_style(label)) for label in _firmest_first(by_label))


def _firmest_first(kinds: Iterable[str]) -> list[str]:
    """Contract types from the bottom up: what is bought by the hour on top, and shortfall above all."""
    hourly = hourly_kinds()
    return sorted(kinds, key=lambda kind: (kind == SHORT, kind in hourly))


def _ranked(grid: Grid) -> tuple[Layer, ...]:
    """The lines of a grid, coloured in their order; what is not named apart is grey."""
    return tuple(
        Layer(line.label, line.values, "rest" if line.label == OTHERS else f"c{i % COLOURS + 1}")
        for i, line in enumerate(grid.lines)
    )


def _largest(grid: Grid) -> Grid:
    """The grid with its largest lines by turnover, and all others as one."""
    ranked = sorted(grid.lines, key=lambda line: -sum(abs(value) for value in line.values))
    if len(ranked) <= COLOURS:
        return Grid(grid.title, grid.unit, grid.quarters, tuple(ranked))
    kept, rest = ranked[: COLOURS - 1], ranked[COLOURS - 1 :]
    other = Line(OTHERS, tuple(sum(line.values[i] for line in rest) for i in range(len(grid.quarters))))
    return Grid(grid.title, grid.unit, grid.quarters, (*kept, other))
