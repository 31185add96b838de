"""Spans of quarters that a limit counts together: each quarter, each fiscal year, the whole horizon."""

from dataclasses import dataclass
from enum import Enum

from optimizer.case.case import Case
from optimizer.tables.quarter import Quarter


class Period(Enum):
    """How long a limit counts."""

    QUARTER = "quarter"
    FISCAL_YEAR = "fiscal year"
    HORIZON = "horizon"


@dataclass(frozen=True)
class Span:
    """Consecutive planned quarters, and what to call them: `2027Q1`, `FY2027` or `horizon`."""

    label: str
    quarters: tuple[Quarter, ...]

    @property
    def last(self) -> Quarter:
        """The quarter in which the span ends."""
        return self.quarters[-1]


def spans(case: Case, period: Period, since: Quarter | None = None, until: Quarter | None = None) -> tuple[Span, ...]:
    """The spans of a limit within the horizon, cut to the quarters `since` to `until`, both included.

    A span that is history throughout limits nothing any more; one that has begun counts what was done in it.
    """
    quarters: dict[str, list[Quarter]] = {}
    for quarter in case.calendar.quarters:
        if (since is None or since <= quarter) and (until is None or quarter <= until):
            quarters.setdefault(_label(case, period, quarter), []).append(quarter)
    begun = (Span(label, tuple(members)) for label, members in quarters.items())
    return tuple(span for span in begun if not case.calendar.settled(span.last))


def _label(case: Case, period: Period, quarter: Quarter) -> str:
    if period is Period.QUARTER:
        return str(quarter)
    return f"FY{case.calendar.fiscal_year(quarter)}" if period is Period.FISCAL_YEAR else "horizon"
