"""Futures: each scenario as a case of its own, certain to its last quarter, and its way down the tree."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from optimizer.case.case import Case
from optimizer.case.scenario import LeastCost, Scenario
from optimizer.case.tree import Node
from optimizer.case.uncertainty import Correlation, PastValue, Uncertainty
from optimizer.errors import UsageError
from optimizer.futures.shock import Shock, shocked
from optimizer.tables.quarter import Quarter

UNCERTAIN = Scenario | Shock | LeastCost | Uncertainty | Correlation | PastValue


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
    names = [row.scenario for row in case.of(Scenario)] or [""]
    base = standing(case)
    courses = [(name, case.tree.course(name)) for name in names]
    return tuple(Future(name, course[-1].probability, _certain(case, base, name), course) for name, course in courses)


def certain(case: Case, name: str) -> Case:
    """The case of one scenario, without uncertainty: its shocks applied, those it inherits first.

    The case itself is the one future, without a name, of a case without scenarios.
    Raises UsageError for a name that is no scenario, Unfit for a shock that cannot be applied.
    """
    return _certain(case, standing(case), name)


def _certain(case: Case, base: Case, name: str) -> Case:
    if not name and not case.of(Scenario):
        return case
    if name not in {row.scenario for row in case.of(Scenario)}:
        known = ", ".join(row.scenario for row in case.of(Scenario)) or "none"
        raise UsageError(f"the case has no scenario {name!r}. Fix: name one of: {known}")
    after = shocked(base, inherited(case, name))
    titled = replace(after.settings, title=f"{after.settings.title}: {name}")
    return Case(tuple(titled if record is after.settings else record for record in after.records))


def standing(case: Case) -> Case:
    """The case as it stands, without its scenarios and what is said of its uncertainty."""
    return Case(tuple(record for record in case.records if not isinstance(record, UNCERTAIN)))


def inherited(case: Case, name: str) -> Iterator[tuple[Shock, Quarter]]:
    """The shocks of a scenario and of those it branches from, the oldest first, and since when they are known."""
    rows = [case.get(Scenario, name)]
    while rows[-1].branches_from:
        rows.append(case.get(Scenario, rows[-1].branches_from))
    for row in reversed(rows):
        for shock in case.by(Shock, "scenario", row.scenario):
            yield shock, row.parts_in or case.calendar.first
