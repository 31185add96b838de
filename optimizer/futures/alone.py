"""Each scenario alone: what it would cost if it were certain, kept with the case in rows of `least_costs`."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import fsum

from optimizer.case.case import Case
from optimizer.case.scenario import LeastCost, Scenario
from optimizer.case.settings import Objective, Settings
from optimizer.futures.future import Future
from optimizer.tables.identity import content_hash
from optimizer.tables.unparse import raw_tables

PROVEN, DOLLAR = 1e-6, 1.0
"""What solvers tolerate, relative and in USD: no smaller gap can be asked for."""


def identity(case: Case) -> str:
    """What a least cost was solved for: the hash of the case of one scenario.

    Settings that do not change what it costs alone are left out: its name, what is minimised over scenarios, risk, and
    how long and how close a search goes.
    """
    plain = Settings(case.settings.first_quarter, case.settings.quarters)
    names = ("title", "risk_weight", "risk_tail", "cvar_limit_usd", "mip_gap", "time_limit_seconds")
    kept = {name: getattr(plain, name) for name in names}
    settings = replace(case.settings, objective=Objective.EXPECTED, **kept)
    return content_hash([settings if row is case.settings else row for row in case.records])


def least_costs(case: Case) -> dict[str, LeastCost]:
    """The rows of the case by scenario, whatever they were solved for."""
    return {row.scenario: row for row in case.of(LeastCost)}


def regret_offset(case: Case) -> float:
    """What scenarios cost alone, by probability, USD, where regret is minimised; nothing elsewhere.

    The gap of a regret is a share of it and the regret, as the regret alone may be 0. Raises KeyError for a scenario
    whose least cost is not known.
    """
    if case.settings.objective is not Objective.REGRET:
        return 0.0
    rows = least_costs(case)
    courses = ((row.scenario, case.tree.course(row.scenario)) for row in case.of(Scenario))
    return fsum(course[-1].probability * rows[name].least_cost_usd for name, course in courses)


def unknown(case: Case, courses: Sequence[Future], gap: float) -> tuple[Future, ...]:
    """Scenarios whose least cost alone is not known as they are now, to a relative gap."""
    rows = least_costs(case)
    return tuple(future for future in courses if not _known(rows.get(future.name), future, gap))


def _known(row: LeastCost | None, future: Future, gap: float) -> bool:
    if row is None or row.solved_for != identity(future.case):
        return False
    return row.least_cost_usd - row.bound_usd <= DOLLAR + max(gap, PROVEN) * abs(row.least_cost_usd)


def with_least_costs(case: Case, found: Iterable[LeastCost]) -> Case:
    """The case with these rows in place of those it has for the same scenarios; its tables as read are kept."""
    new = {row.scenario: row for row in found}
    if not new:
        return case
    rows = least_costs(case) | new
    records = (*(row for row in case.records if not isinstance(row, LeastCost)), *rows.values())
    if not case.source:
        return Case(records)
    others = (table for table in case.source if table.name != LeastCost.TABLE.name)
    return Case(records, (*others, *raw_tables(tuple(rows.values()), (LeastCost,), case.calendar.quarters)))
