"""Reading a case: workbook or CSV folder to addressed rows to a checked, frozen Case."""

from collections.abc import Iterator, Sequence
from enum import Enum
from itertools import chain

from optimizer.case.case import Case
from optimizer.case.check import check_case
from optimizer.case.settings import Settings
from optimizer.catalog import catalog
from optimizer.contracts.history import check_history
from optimizer.errors import Finding, InputError, Level
from optimizer.futures.check import check_futures
from optimizer.futures.idle import check_idle
from optimizer.rules.paid import check_paid
from optimizer.tables.containers import read_raw
from optimizer.tables.parse import Parsed, parse
from optimizer.tables.quarter import Quarter
from optimizer.tables.raw import RawTable
from optimizer.tables.record import Problem, Record
from optimizer.tables.source import Source, source
from optimizer.uncertainty.check import check_uncertainty


def horizon(records: Sequence[Record]) -> tuple[Quarter, int] | None:
    """First open quarter and number of quarters from there; None where the settings could not be read.

    Series need no value in quarters that are history.
    """
    for record in records:
        if isinstance(record, Settings):
            opens = max(record.first_quarter, record.as_of or record.first_quarter)
            return opens, record.first_quarter + record.quarters - opens
    return None


def read_case(path: str | Source) -> tuple[Case | None, tuple[Finding, ...]]:
    """The case and every finding, warnings too; no case where a finding is an error."""
    raw = read_raw(source(path) if isinstance(path, str) else path, catalog())
    return case_from(raw)


def case_from(raw: Sequence[RawTable]) -> tuple[Case | None, tuple[Finding, ...]]:
    """The case of these tables and every finding."""
    parsed = parse(raw, catalog(), horizon)
    findings = list(parsed.findings)
    if any(finding.level is Level.ERROR for finding in findings):
        return None, tuple(findings)
    case = Case(parsed.records, tuple(raw))
    findings += _domain(case, parsed)
    if any(finding.level is Level.ERROR for finding in findings):
        return None, tuple(findings)
    return case, tuple(findings)


def _domain(case: Case, parsed: Parsed) -> Iterator[Finding]:
    """Problems that only the whole case shows, with the addresses of their cells."""
    own = ((record, problem) for record in case.records for problem in record.problems(case))
    checks = (check_case, check_history, check_paid, check_futures, check_idle, check_uncertainty)
    for record, problem in chain(own, *(check(case) for check in checks)):
        place = parsed.place(record, problem.column)
        yield Finding(place, _found(record, problem), problem.expected, problem.cure, problem.level)


def _found(record: Record, problem: Problem) -> str:
    """What was found, with the column before it where it is no more than what the cell says."""
    value = getattr(record, problem.column, None)
    value = value.value if isinstance(value, Enum) else value
    if value == problem.found:
        return f"{problem.column} is '{value}'"
    said = (str(value), f"{value:g}" if isinstance(value, int | float) else "blank")
    return f"{problem.column} is {problem.found}" if problem.found in said else problem.found


def load_case(path: str | Source) -> Case:
    """Read a case from an .xlsx workbook, a folder of CSV files, or a database such as `sqlite:///case.db`.

    Raises InputError with every finding of a case that is not valid.
    """
    case, findings = read_case(path)
    if case is None:
        raise InputError(findings)
    return case
