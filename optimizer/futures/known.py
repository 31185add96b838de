"""What has become known of the scenarios: the branch that came true is the case as it stands, the rest is weighed anew.

With S the scenarios that are still possible in the first open quarter, and k the branch that all of them share by then
  (KNOWN-1)  probability[s] given S = probability[s] / sum over r in S of probability[r];  all others are dropped
  (KNOWN-2)  the shocks of k, and of those it branches from, change the case as it stands: values of open quarters,
             terms of what is signed in open quarters, and numbers and terms that hold as a whole. What is over is as
             the case says it was (a replan takes the figure of the scenario where nobody has entered another since)
  (KNOWN-3)  k is the case as it stands from now on; what parts later keeps its parting. A scenario that is left alone
             is certain: its shocks change the case from their own quarters on, and there are no scenarios any more
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from math import fsum

from optimizer.case.case import Case
from optimizer.case.scenario import LeastCost, Scenario
from optimizer.case.tree import known_as
from optimizer.contracts.contract import Contract
from optimizer.contracts.parts.signed import SignedTerm
from optimizer.futures.future import inherited
from optimizer.futures.shock import Shock, shocked
from optimizer.tables.columns import Kind
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import Record, columns_of, series_column


def still_possible(case: Case, quarter: Quarter, came_true: str = "") -> tuple[str, ...]:
    """Scenarios that are possible as far as is known in a quarter, in sheet order; none where all are excluded.

    `came_true` names the scenario that is what happened so far; blank, the rows of the case say it in `came_true`.
    """
    names = tuple(row.scenario for row in case.of(Scenario))
    if came_true:
        return alike(case, names, came_true, quarter)
    for row in case.of(Scenario):
        if row.came_true is not None:
            names = alike(case, names, row.scenario, min(row.came_true, quarter))
    return names


def alike(case: Case, names: Iterable[str], scenario: str, quarter: Quarter) -> tuple[str, ...]:
    """Those of the scenarios that cannot be told from this one in a quarter."""
    seen = _seen(case, (scenario, *names), quarter)
    return tuple(name for name in names if seen[name] == seen[scenario])


def branches(case: Case, names: Iterable[str], quarter: Quarter) -> tuple[tuple[str, ...], ...]:
    """The scenarios in groups that cannot be told apart in a quarter, in sheet order."""
    groups: dict[str, list[str]] = {}
    for name, shared in _seen(case, names, quarter).items():
        groups.setdefault(shared, []).append(name)
    return tuple(tuple(group) for group in groups.values())


def _seen(case: Case, names: Iterable[str], quarter: Quarter) -> dict[str, str]:
    """What each of the scenarios is, as far as is known in a quarter; empty for the case as it stands."""
    rows = {row.scenario: row for row in case.of(Scenario)}
    return {name: known_as(rows, rows[name], quarter) for name in names}


def chance(case: Case, names: Iterable[str]) -> float:
    """The probability that one of these scenarios comes true."""
    every = fsum(row.probability for row in case.of(Scenario))
    return fsum(case.get(Scenario, name).probability for name in names) / every


def known(case: Case, names: Sequence[str], quarter: Quarter, past: bool = False) -> Case:
    """The case as of a quarter, when these scenarios are still possible (KNOWN-1, 2, 3).

    With `past`, the quarters before it are as the scenario has them, too. What scenarios cost alone is left out: it was
    solved for other quarters. A case without scenarios is itself. Raises
    Unfit for a shock that cannot be applied, ValueError where the scenarios had parted before the quarter.
    """
    if not case.of(Scenario):
        return case
    shared = names[0] if len(names) == 1 else _shared(case, names, quarter)
    told = list(inherited(case, shared)) if shared else []
    folded = {shock.scenario for shock, _ in told} | ({shared} if len(names) == 1 else set())
    if not past:
        told = [one for shock, since in told for one in _ahead(case, shock, since, quarter)]
    whole = fsum(case.get(Scenario, name).probability for name in names)
    left = set(names) if len(names) > 1 else set()
    actual = {row.name: row for row in case.of(SignedTerm) if row.signed < quarter and not past}
    rows: list[Record] = []
    for record in shocked(case, told).records:
        if isinstance(record, Scenario):
            rows += [_weighed(record, whole, shared)] if record.scenario in left else []
        elif isinstance(record, Shock | LeastCost):
            rows += [record] if isinstance(record, Shock) and record.scenario in left - folded else []
        else:
            rows.append(actual.get(record.name, record) if isinstance(record, SignedTerm) else record)
    return Case(tuple(rows))


def _shared(case: Case, names: Sequence[str], quarter: Quarter) -> str:
    """The branch that all of these scenarios share, as far as is known in the quarter or in the one before it."""
    for when in (quarter, quarter + -1):
        found = set(_seen(case, names, when).values())
        if len(found) == 1:
            return found.pop()
    raise ValueError(f"{', '.join(names)} had parted before {quarter}")


def _weighed(row: Scenario, whole: float, shared: str) -> Scenario:
    """(KNOWN-1) and (KNOWN-3)."""
    row = replace(row, probability=row.probability / whole, came_true=None)
    return replace(row, branches_from="", parts_in=None) if row.scenario == shared else row


def _ahead(case: Case, shock: Shock, since: Quarter, quarter: Quarter) -> Iterator[tuple[Shock, Quarter]]:
    """(KNOWN-2) The shock without what it says of quarters that are over; nothing where it says of no other."""
    kinds = {type(record) for record in case.records if shock.covers(record)}
    by_quarter = any(_by_quarter(kind, shock) for kind in kinds)
    by_signing = any(issubclass(kind, Contract) for kind in kinds) and bool(shock.since or shock.until)
    if not by_quarter and not by_signing:
        yield shock, since
        return
    begins = max(shock.since or (since if by_quarter else quarter), quarter)
    if shock.until is None or shock.until >= begins:
        yield replace(shock, since=begins), since


def _by_quarter(kind: type[Record], shock: Shock) -> bool:
    column = dict(columns_of(kind)).get(shock.column or series_column(kind) or "")
    return column is not None and column.kind is Kind.SERIES
