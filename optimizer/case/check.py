"""What must hold across the tables of a case."""

from collections import Counter
from collections.abc import Iterator

from optimizer.case.case import Case
from optimizer.case.world import Demand, LoadSegment, Performance, Site, SitePower, Workload, WorkloadKind
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import Problem, Record

TOLERANCE = 1e-6
Found = Iterator[tuple[Record, Problem]]


def check_case(case: Case) -> Found:
    """Every problem between rows, with the row it stands in."""
    yield from _calendar(case)
    yield from _segments(case)
    yield from _workloads(case)


def not_history(case: Case, quarter: Quarter, otherwise: str = "") -> Iterator[Problem]:
    """A column `quarter` of a record of history that names a quarter still open, or before the case."""
    calendar = case.calendar
    if not calendar.first <= quarter < calendar.as_of:
        expected = f"a quarter from first_quarter ({calendar.first}) to before as_of ({calendar.as_of})"
        cure = f"correct the quarter, or as_of in the settings{otherwise}"
        yield Problem("quarter", str(quarter), expected, cure)


def _calendar(case: Case) -> Found:
    month = case.settings.fiscal_year_start_month
    if month not in (1, 4, 7, 10):
        problem = Problem("fiscal_year_start_month", str(month), "1, 4, 7 or 10", "use the first month of a quarter")
        yield case.settings, problem
    as_of, calendar = case.settings.as_of, case.calendar
    if as_of is not None and not calendar.planned(as_of):
        expected = f"a quarter of the case, {calendar.first} to {calendar.end + -1}"
        yield case.settings, Problem("as_of", str(as_of), expected, "correct it, or first_quarter and quarters")


def _segments(case: Case) -> Found:
    segments = case.of(LoadSegment)
    if not segments:
        return
    hours = sum(row.share_of_hours for row in segments)
    if abs(hours - 1.0) > TOLERANCE:
        found = f"shares of hours sum to {hours:.6g}"
        yield segments[-1], Problem("share_of_hours", found, "a sum of 1", "make the shares sum to 1")
    for kind in WorkloadKind:
        average = sum(row.share_of_hours * row.multiplier(kind) for row in segments)
        if abs(average - 1.0) > TOLERANCE:
            column = f"{kind.value}_multiplier"
            found = f"share x multiplier sums to {average:.6g}"
            cure = "scale the multipliers so that demand keeps its average"
            yield segments[-1], Problem(column, found, "a sum of 1", cure)


def _workloads(case: Case) -> Found:
    compatible = {row.workload for row in case.of(Performance)}
    demanded = {row.workload for row in case.of(Demand)}
    for workload in case.of(Workload):
        if not workload.must_serve and workload.shortfall_cost_usd_per_unit_hour is None:
            cure = "give a cost per unit-hour, or set must_serve to yes"
            yield workload, Problem("shortfall_cost_usd_per_unit_hour", "blank", "a cost of shortfall", cure)
        if workload.workload not in compatible:
            cure = "add a row to performance"
            yield workload, Problem("workload", "no accelerator can serve it", "a compatible accelerator", cure)
        if workload.workload not in demanded:
            yield workload, Problem("workload", "no row in demand", "demand for every quarter", "add a row to demand")
    for table in (Demand, SitePower):
        for name, rows in Counter(row.name for row in case.of(table)).items():
            if rows > 1:
                row = [row for row in case.of(table) if row.name == name][-1]
                yield row, Problem(table.TABLE.name, f"{rows} rows for {name}", "one row", "delete the others")
    if not case.of(Site):
        yield case.settings, Problem("first_quarter", "the case has no site", "at least one site", "add a row to sites")
