"""What the past says, stated in a case: rows of uncertainties and correlations, or the past to be drawn again."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from optimizer.case.case import Case
from optimizer.case.uncertainty import Correlation, PastValue, Process, Uncertainty
from optimizer.errors import Finding, InputError, UsageError
from optimizer.futures.future import standing
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import Record
from optimizer.uncertainty.check import check_uncertainty
from optimizer.uncertainty.correlation import nearest, possible
from optimizer.uncertainty.estimate import Estimated, Fit, Pair, fit, pairs
from optimizer.uncertainty.history import Every, History
from optimizer.uncertainty.target import target

DECIMALS = 4
CLOSE = 2


@dataclass(frozen=True)
class Move:
    """A series, and what it moves in the case: table, row (`*` is every row) and column."""

    series: str
    table: str
    row: str
    column: str = ""

    @classmethod
    def parse(cls, text: str) -> "Move":
        """Read `SERIES=TABLE/ROW` or `SERIES=TABLE.COLUMN/ROW`. Raises UsageError for anything else."""
        series, is_, target = text.partition("=")
        place, slash, row = target.partition("/")
        table, _, column = place.partition(".")
        if not all((series, is_, table, slash, row)):
            cure = "SERIES=TABLE/ROW, such as h100=spot_price/prairie-spot, or SERIES=TABLE.COLUMN/ROW"
            raise UsageError(f"--move {text!r} does not say what moves. Fix: {cure}")
        return cls(series.strip(), table.strip(), row.strip(), column.strip())


@dataclass(frozen=True)
class Fitted:
    """A case in which the past is stated. `notes` say of each row that is new where its figures come from.

    `moved` tells of correlations that could not be true together and were moved to the nearest that can.
    """

    case: Case = field(repr=False)
    fits: tuple[Fit, ...]
    pairs: tuple[Pair, ...]
    notes: Mapping[tuple[type[Record], str], str]
    moved: tuple[str, ...]


def fitted(case: Case, history: History, moves: Sequence[Move], process: Process | None, trend: bool = False) -> Fitted:
    """State the series in the case, in place of uncertainties of the same names.

    With a trend, the growth of a walk and the level of a reversion are stated too; else what the case says is expected.
    Raises UsageError for series that cannot be fitted, InputError where the case cannot have them.
    """
    names = tuple(dict.fromkeys(move.series for move in moves))
    again = process is Process.PAST
    if again and history.every is not Every.QUARTER:
        raise UsageError("the past is drawn again by quarters. Fix: --every quarter")
    fits = tuple(fit(history, name, None if again else process) for name in names)
    found = () if again else pairs(fits)
    coefficients, moved = _coefficients(names, found)
    stated = list(_again(moves, trend, fits) if again else _stated(moves, trend, fits))
    correlated = () if again else tuple(Correlation(*pair, value) for pair, value in coefficients.items() if value)
    values = tuple(_values(history, names)) if again else ()
    new = _with(case, (*stated, *correlated, *values))
    _require_once(new, stated)
    findings = [
        Finding(f"{row.TABLE.name} {row.name} {problem.column}", problem.found, problem.expected, problem.cure)
        for row, problem in check_uncertainty(new)
    ]
    if findings:
        raise InputError(findings)
    series = (fits[names.index(move.series)] for move in moves)
    notes: dict[tuple[type[Record], str], str] = {
        (Uncertainty, row.name): _origin(one, history) for row, one in zip(stated, series, strict=True)
    }
    for pair in found:
        words = f"{pair.count} common changes: {_shown(pair.correlation)}"
        notes[Correlation, Correlation(pair.first, pair.second, 0.0).name] = words
    return Fitted(new, fits, found, notes, moved)


def _with(case: Case, rows: Sequence[Record]) -> Case:
    """The case with these rows in place of those of the same names, and of correlations with them."""
    names = {(type(row), row.name) for row in rows}
    stated = {row.uncertainty for row in rows if isinstance(row, Uncertainty)}

    def stays(row: Record) -> bool:
        between = isinstance(row, Correlation) and {row.first, row.second} <= stated
        return (type(row), row.name) not in names and not between

    return Case((*(row for row in case.records if stays(row)), *rows))


def _require_once(case: Case, stated: Sequence[Uncertainty]) -> None:
    """Raise UsageError where what is stated now is moved by another uncertainty already: it would move twice."""
    base = standing(case)
    for row in stated:
        for other in case.of(Uncertainty):
            both = set() if other in stated else _moved(base, row) & _moved(base, other)
            if both:
                found = (
                    f"{other.uncertainty} moves {row.table} {sorted(both)[0][2]} already: with {row.uncertainty}, twice"
                )
                raise UsageError(f"{found}. Fix: delete {other.uncertainty} from uncertainties and correlations first")


def _moved(case: Case, stated: Uncertainty) -> set[tuple[str, str, str]]:
    """The cells that it moves, as table, column and row; none where the case has no such."""
    aim = target(case, stated)
    return set() if aim is None else {(stated.table, aim.column_name, row.name) for row in aim.rows}


def _stated(moves: Sequence[Move], trend: bool, fits: Sequence[Fit]) -> Iterator[Uncertainty]:
    by_name = {one.series: one for one in fits}
    seen: set[str] = set()
    for move in moves:
        one, again = by_name[move.series], move.series in seen
        seen.add(move.series)
        walks = one.process is Process.WALK
        yield Uncertainty(
            uncertainty=_name(move, again), table=move.table, row=move.row, column=move.column, process=one.process,
            moves_with=move.series if again else "",
            growth=round(one.growth.value, DECIMALS) if trend and one.growth else 0.0,
            volatility=round(one.volatility.value, DECIMALS),
            reversion_speed=0.0 if walks or one.speed is None else round(one.speed.value, DECIMALS),
            level=round(one.level.value / one.latest, DECIMALS) if trend and one.level else 1.0,
        )  # fmt: skip


def _again(moves: Sequence[Move], trend: bool, fits: Sequence[Fit]) -> Iterator[Uncertainty]:
    growth = {one.series: one.growth.value if trend and one.growth else 0.0 for one in fits}
    seen: set[str] = set()
    for move in moves:
        yield Uncertainty(
            uncertainty=_name(move, move.series in seen), table=move.table, row=move.row, column=move.column,
            process=Process.PAST, past=move.series, growth=round(growth[move.series], DECIMALS),
        )  # fmt: skip
        seen.add(move.series)


def _name(move: Move, again: bool) -> str:
    return f"{move.series}, {move.table} {move.row}" if again else move.series


def _values(history: History, names: Sequence[str]) -> Iterator[PastValue]:
    for name in names:
        for position, value in enumerate(history.of(name)):
            if not np.isnan(value):
                yield PastValue(name, Quarter(history.first + position), float(value))


def _coefficients(names: Sequence[str], found: Sequence[Pair]) -> tuple[dict[tuple[str, str], float], tuple[str, ...]]:
    """Rounded coefficients by pair, and what had to be moved so that they can be true together."""
    number = {name: at for at, name in enumerate(names)}
    matrix = np.eye(len(names))
    for pair in found:
        one, other = number[pair.first], number[pair.second]
        matrix[one, other] = matrix[other, one] = round(pair.correlation.value, CLOSE)
    near = matrix if possible(matrix) else nearest(matrix)
    pairs_of = [(one, other) for at, one in enumerate(names) for other in names[at + 1 :]]
    values = {(one, other): float(near[number[one], number[other]]) for one, other in pairs_of}
    told = tuple(
        f"{one} and {other}: {values[one, other]:g} for {matrix[number[one], number[other]]:g}"
        for one, other in pairs_of
        if values[one, other] != matrix[number[one], number[other]]
    )
    return values, told


def _origin(one: Fit, history: History) -> str:
    words = f"{one.count} changes of {one.series} by {history.every.value}, {one.first} to {one.last}"
    parts = [f"volatility {_shown(one.volatility)}"]
    parts += [f"{name} {_shown(value)}" for name, value in (("growth", one.growth), ("speed", one.speed)) if value]
    return f"{words}: {', '.join(parts)}"


def _shown(estimated: Estimated) -> str:
    return f"{estimated.value:.3f} ± {estimated.error:.3f}"
