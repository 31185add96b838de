"""What must hold of stated uncertainty: it moves what stands in the case, in a manner that the case can follow."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from optimizer.case.case import Case
from optimizer.case.uncertainty import PastValue, Process, Uncertainty
from optimizer.contracts.contract import Contract
from optimizer.futures.check import domain
from optimizer.futures.future import standing
from optimizer.futures.shock import EVERY, FIXED, Shock, Unfit, shocked
from optimizer.tables.columns import Kind
from optimizer.tables.record import Problem, Record, columns_of
from optimizer.uncertainty.correlation import check_correlations
from optimizer.uncertainty.resample import LEAST, Past, resampled
from optimizer.uncertainty.target import Moves, Target, shocks, start, target

Found = Iterator[tuple[Record, Problem]]
HIGH, LOW = 2.0, 0.5
"""Factors on which a walk or a reversion is tried: half and double."""
FITS = {
    Process.WALK: (Kind.SERIES, Kind.NUMBER),
    Process.REVERSION: (Kind.SERIES, Kind.NUMBER),
    Process.DEFAULT: (Kind.SERIES, Kind.NUMBER),
    Process.SLIP: (Kind.SERIES, Kind.INTEGER, Kind.QUARTER),
    Process.PAST: (Kind.SERIES, Kind.NUMBER),
}


def check_uncertainty(case: Case) -> Found:
    """Every problem of the uncertainties and correlations, with its row; later checks need the earlier ones to pass."""
    for stage in (_movers, _past, check_correlations, _targets, _overlaps, _tried):
        found = list(stage(case)) if case.of(Uncertainty) else []
        if found:
            yield from found
            return


def _movers(case: Case) -> Found:
    """Uncertainties that move with themselves, or with one that moves with another."""
    for row in case.of(Uncertainty):
        if row.moves_with == row.uncertainty:
            yield row, Problem("moves_with", "itself", "another uncertainty, or a blank cell", "clear it")
        elif row.moves_with:
            mover = case.get(Uncertainty, row.moves_with).moves_with
            if mover:
                found = f"{row.moves_with}, which moves with {mover}"
                yield row, Problem("moves_with", found, "one with a chance of its own", f"name {mover}")


def _past(case: Case) -> Found:
    """Series of the past that are not there or have too little in common, and what has no chance of its own."""
    rows = resampled(case)
    known = dict.fromkeys(value.series for value in case.of(PastValue))
    for row in rows:
        if row.past not in known:
            expected = f"a series of past_values: {', '.join(known) or 'there is none'}"
            yield row, Problem("past", row.past, expected, "correct the name")
            return
        if row.stretch_quarters != rows[0].stretch_quarters:
            found = f"{row.stretch_quarters:g} where {rows[0].uncertainty} has {rows[0].stretch_quarters:g}"
            yield row, Problem("stretch_quarters", found, "one length: all are drawn together", "make them equal")
    for row in case.of(Uncertainty):
        if row.moves_with and Process.PAST in (row.process, case.get(Uncertainty, row.moves_with).process):
            expected = "a blank cell: series of the past move with each other, and with nothing else"
            yield row, Problem("moves_with", row.moves_with, expected, "clear it")
    common = len(Past.of(case).quarters) if rows else LEAST
    if common < LEAST:
        found = f"{common} quarters in which all series have changed"
        yield rows[0], Problem("past", found, f"at least {LEAST}", "add values of the quarters between, or of more")


def _targets(case: Case) -> Found:
    """Rows and columns that are not there, or cannot move in this way."""
    base = standing(case)
    for row in case.of(Uncertainty):
        problem = _target(base, row)
        if problem is not None:
            yield row, problem


def _target(base: Case, row: Uncertainty) -> Problem | None:
    if row.table in FIXED:
        return Problem("table", row.table, "a table of what may turn out otherwise", "correct it")
    aim = target(base, row)
    if aim is None:
        return _missing(base, row)
    kinds = FITS[row.process]
    if aim.column.kind not in kinds or (aim.moves is Moves.SIGNINGS and not isinstance(aim.rows[0], Contract)):
        column, found = ("process", row.process.value) if not row.column else ("column", row.column)
        fits = [name for name, one in columns_of(type(aim.rows[0])) if one.kind in kinds and _follows(aim, one.kind)]
        return Problem(column, found, f"a {row.process.value} of one of: {', '.join(fits) or 'none'}", "correct it")
    if aim.moves is not Moves.QUARTERS and any(_undated(base, one) for one in aim.rows):
        expected = "a table by quarter, such as in_service, commitment_schedule or spot_limit"
        return Problem("table", row.table, expected, "correct it: its rows have no quarter of signing")
    if aim.moves is Moves.SIGNINGS and any(_whole(one, aim.column_name) for one in aim.rows):
        expected = f"a default: {aim.column_name} holds for the whole offer, whenever it is signed"
        return Problem("process", row.process.value, expected, "correct it, or name another column")
    if aim.column.high is not None and row.process is not Process.SLIP:
        if row.process is not Process.DEFAULT:
            expected = f"a number without an upper limit; this one is at most {aim.column.high:g}"
            return Problem("process", row.process.value, expected, "use the process default, with a size below 0")
        if row.event_size > 0.0 or row.event_spread:
            expected = f"a size below 0 without a spread: {aim.column_name} is at most {aim.column.high:g}"
            return Problem("event_size", f"{row.event_size:g}", expected, "correct it")
    return _when(base, row, aim)


def _undated(base: Case, row: Record) -> bool:
    return isinstance(row, Contract) and row.signings(base) is None


def _whole(row: Record, column: str) -> bool:
    return isinstance(row, Contract) and column in row.WHOLE


def _when(base: Case, row: Uncertainty, aim: Target) -> Problem | None:
    calendar, begins = base.calendar, start(base, row)
    if row.since is not None and row.since >= calendar.end:
        expected = f"a quarter up to {calendar.end + -1}, the last of the case"
        return Problem("since", str(row.since), expected, "correct it, or quarters in the settings")
    if begins == calendar.first and row.process is Process.SLIP and aim.moves is Moves.QUARTERS:
        expected = "a quarter after the first of the case, whose values are what is there until it comes"
        return Problem("since", str(begins), expected, "name a later one, or leave it blank")
    return None


def _follows(aim: Target, kind: Kind) -> bool:
    """Whether a plain number can follow its process: a term of a contract by quarter of signing, others not."""
    return kind is Kind.SERIES or isinstance(aim.rows[0], Contract) or aim.once


def _missing(base: Case, row: Uncertainty) -> Problem:
    rows = [record for record in base.records if record.TABLE.name == row.table]
    if not rows:
        return Problem("table", row.table, "a table of the case that has rows", "correct the name, or add its rows")
    if target(base, replace(row, row=EVERY)) is not None:
        return Problem("row", row.row, f"a row of {row.table}, or *", "correct the name")
    columns = ", ".join(name for name, one in columns_of(type(rows[0])) if one.kind in FITS[row.process])
    return Problem("column", row.column or "blank", f"one of: {columns or 'none that moves so'}", "correct it")


def _overlaps(case: Case) -> Found:
    """A slip of values that something else moves too: which of the two comes first would matter."""
    base = standing(case)
    aims = [(row, target(base, row)) for row in case.of(Uncertainty)]
    for row, aim in aims:
        if aim is None or row.process is not Process.SLIP or aim.moves is not Moves.QUARTERS:
            continue
        mine = {one.name for one in aim.rows}
        for other, theirs in aims:
            if other is not row and theirs is not None and other.table == row.table:
                both = mine & {one.name for one in theirs.rows}
                if both:
                    found = f"{sorted(both)[0]}, which {other.uncertainty} moves too"
                    yield row, Problem("row", found, "values that nothing else moves", "delete one of the two rows")
                    break


def _tried(case: Case) -> Found:
    """Shocks that cannot be applied, and what they would make wrong in the case: each process at its extremes."""
    base = standing(case)
    known = Counter((record.name, problem) for record, problem in domain(base))
    for worst in (False, True):
        tried, sound = base, True
        for row in case.of(Uncertainty):
            aim = target(base, row)
            assert aim is not None
            when = start(base, row)
            try:
                tried = shocked(tried, ((shock, base.calendar.as_of) for shock in _extreme(base, aim, worst)))
            except Unfit as unfit:
                sound = False
                problem = unfit.problem
                column = problem.column if problem.column in ("table", "row", "column") else "process"
                found = f"from {when} on: {problem.found}"
                yield row, Problem(column, found, problem.expected, f"correct the uncertainty, or: {problem.cure}")
        if not sound:
            return
        yield from _made_wrong(case, tried, known)


def _extreme(base: Case, aim: Target, worst: bool) -> Iterator[Shock]:
    row = aim.stated
    values = {
        Process.WALK: HIGH if worst else LOW,
        Process.REVERSION: HIGH if worst else LOW,
        Process.PAST: HIGH if worst else LOW,
        Process.DEFAULT: 1.0 + row.event_size,
        Process.SLIP: float(len(row.on_time) - 1),
    }
    when = start(base, row)
    state = np.full(len(base.calendar.quarters), values[row.process])
    return shocks(base, aim, row.name, state, when)


def _made_wrong(case: Case, tried: Case, known: Counter[tuple[str, Problem]]) -> Found:
    for record, problem in domain(tried):
        if known[record.name, problem]:
            continue
        rows = [row for row in case.of(Uncertainty) if row.table == record.TABLE.name] or list(case.of(Uncertainty))
        place = f"{record.TABLE.name} {record.name}"
        found = f"at its extremes the uncertainties make {place} wrong in {problem.column}: {problem.found}"
        yield rows[0], Problem("uncertainty", found, problem.expected, f"narrow them, or {problem.cure}")
