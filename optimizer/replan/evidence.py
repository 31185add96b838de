"""What the figures of quarters that are over say of the scenarios: a hint for people, never a decision."""

from collections.abc import Iterator, Sequence
from math import isclose

from optimizer.case.case import Case
from optimizer.case.scenario import Scenario
from optimizer.plan.tree import TreePlan
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import series_column

SAME = 1e-9


def agreeing(case: Case, tree: TreePlan, groups: Sequence[Sequence[str]], as_of: Quarter) -> str:
    """A hint where the figures of past quarters of the case are those of one group of scenarios alone; else empty."""
    since = tree.case.calendar.as_of
    known = {branch.scenario: branch.plan.case for branch in tree.branches}
    if as_of <= since or any(group[0] not in known for group in groups):
        return ""
    told = [dict(_figures(known[group[0]], since, as_of)) for group in groups]
    own = dict(_figures(case, since, as_of))
    apart = [place for place in told[0] if any(not _same(told[0][place], other.get(place)) for other in told)]
    fit = [
        group
        for group, figures in zip(groups, told, strict=True)
        if all(_same(figures.get(place), own.get(place)) for place in apart)
    ]
    if not apart or len(fit) != 1:
        return ""
    return f" (figures of the past in the case are those of {', '.join(fit[0])} alone)"


def _figures(case: Case, since: Quarter, until: Quarter) -> Iterator[tuple[tuple[str, str, Quarter], float | None]]:
    """Every value by quarter from `since` to before `until`."""
    for row in case.records:
        name = series_column(type(row))
        if name is not None:
            for offset in range(until - since):
                yield (row.TABLE.name, row.name, since + offset), getattr(row, name).at(since + offset)


def _same(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return isclose(one, other, rel_tol=SAME, abs_tol=SAME)


def place_of(case: Case, scenario: str, column: str) -> str:
    """The address of a cell of a scenario's row; that of its name where the table lacks the column."""
    for table in case.source:
        for row in table.rows if table.name == Scenario.TABLE.name else ():
            named = [cell for cell in row if cell.value == scenario]
            if named:
                there = dict(zip(table.header, row, strict=True)).get(column, named[0])
                return there.place
    return f"{Scenario.TABLE.name} {scenario} {column}"
