"""Futures: each scenario as a case of its own, certain to its last quarter, and its way down the tree."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from optimizer.case.case import Case
from optimizer.case.scenario import Scenario
from optimizer.case.tree import Node
from optimizer.errors import UsageError
from optimizer.futures.shock import Shock, shocked
from optimizer.tables.quarter import Quarter


@dataclass(frozen=True)
class Future:
    """A scenario: its probability, its case without uncertainty, and the nodes it passes, one a quarter.

    A case without scenarios has one future, whose name is empty.
    """

    name: str
    probability: float
    case: Case = field(repr=False)
    nodes: tuple[Node, ...] = field(repr=False)

    def node(self, quarter: Quarter) -> Node | None:
        """The node it passes in the quarter; None outside of the horizon."""
        position = quarter - self.nodes[0].quarter
        return self.nodes[position] if 0 <= position < len(self.nodes) else None

    def leads(self, node: Node) -> bool:
        """Whether it is the first of those that pass the node: it speaks for them, as they cannot be told apart."""
        return node.scenarios[0] == self.name


def futures(case: Case) -> tuple[Future, ...]:
    """Every scenario of the case, in sheet order. Raises Unfit for a shock that cannot be applied."""
    return tuple(future(case, name) for name in ([row.scenario for row in case.of(Scenario)] or [""]))


def future(case: Case, name: str) -> Future:
    """One scenario of the case. Raises Unfit for a shock that cannot be applied."""
    course = case.tree.course(name)
    return Future(name, course[-1].probability, certain(case, name), course)


def certain(case: Case, name: str) -> Case:
    """The case of one scenario, without uncertainty: its shocks applied, those it inherits first.

    The case itself is the one future, without a name, of a case without scenarios.
    Raises UsageError for a name that is no scenario, Unfit for a shock that cannot be applied.
    """
    if not name and not case.of(Scenario):
        return case
    if name not in {row.scenario for row in case.of(Scenario)}:
        known = ", ".join(row.scenario for row in case.of(Scenario)) or "none"
        raise UsageError(f"the case has no scenario {name!r}; it has: {known}")
    plain = Case(tuple(record for record in case.records if not isinstance(record, Scenario | Shock)))
    inherited = [
        (shock, row.parts_in or case.calendar.first)
        for row in line(case, name)
        for shock in case.by(Shock, "scenario", row.scenario)
    ]
    settings = plain.settings
    titled = replace(settings, title=f"{settings.title}: {name}")
    records = tuple(titled if record is settings else record for record in shocked(plain, inherited).records)
    return Case(records)


def line(case: Case, name: str) -> tuple[Scenario, ...]:
    """The scenario and those it branches from, the oldest first."""

    def back() -> Iterator[Scenario]:
        row = case.get(Scenario, name)
        while True:
            yield row
            if not row.branches_from:
                return
            row = case.get(Scenario, row.branches_from)

    return tuple(back())[::-1]
