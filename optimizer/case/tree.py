"""The tree on which decisions live: one node a quarter, and one for each group of scenarios that have not parted.

(TREE-1) A decision belongs to a node, so that it is the same in all scenarios through the node: nonanticipativity in
its compact form, without equality rows (Rockafellar & Wets, Mathematics of Operations Research 16, 1991).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import fsum

from optimizer.case.scenario import Scenario
from optimizer.tables.quarter import Quarter


@dataclass(frozen=True)
class Node:
    """A state of knowledge in one quarter. `probability` is that of reaching it; `scenarios` run through it."""

    index: int
    quarter: Quarter
    parent: int | None
    probability: float
    scenarios: tuple[str, ...] = field(default=("",), repr=False, compare=False)


@dataclass(frozen=True)
class Tree:
    """Nodes in order of time, a parent always before its children."""

    nodes: tuple[Node, ...]

    @classmethod
    def line(cls, first: Quarter, count: int) -> "Tree":
        """The tree of a case without scenarios: one node a quarter."""
        return cls(tuple(Node(i, first + i, i - 1 if i else None, 1.0) for i in range(count)))

    @classmethod
    def of(cls, scenarios: Sequence[Scenario], first: Quarter, count: int) -> "Tree":
        """The tree of the scenarios, which must be free of cycles; a line where there are none."""
        if not scenarios:
            return cls.line(first, count)
        by_name = {row.scenario: row for row in scenarios}
        whole = fsum(row.probability for row in scenarios)
        nodes: list[Node] = []
        before: dict[str, int] = {}
        for quarter in (first + offset for offset in range(count)):
            groups: dict[str, list[Scenario]] = {}
            for row in scenarios:
                groups.setdefault(known_as(by_name, row, quarter), []).append(row)
            now: dict[str, int] = {}
            for rows in groups.values():
                names = tuple(row.scenario for row in rows)
                probability = fsum(row.probability for row in rows) / whole
                node = Node(len(nodes), quarter, before.get(names[0]), probability, names)
                nodes.append(node)
                now |= dict.fromkeys(names, node.index)
            before = now
        return cls(tuple(nodes))

    def path(self, node: Node) -> Iterator[Node]:
        """The node and its ancestors, latest first."""
        current: Node | None = node
        while current is not None:
            yield current
            current = None if current.parent is None else self.nodes[current.parent]

    def course(self, scenario: str) -> tuple[Node, ...]:
        """The nodes that a scenario passes, in order of time."""
        return self._courses[scenario]

    def node(self, scenario: str, quarter: Quarter) -> Node | None:
        """The node that a scenario passes in the quarter; None outside of the horizon."""
        course = self.course(scenario)
        position = quarter - course[0].quarter
        return course[position] if 0 <= position < len(course) else None

    @cached_property
    def _courses(self) -> dict[str, tuple[Node, ...]]:
        courses: dict[str, list[Node]] = {}
        for node in self.nodes:
            for scenario in node.scenarios:
                courses.setdefault(scenario, []).append(node)
        return {scenario: tuple(nodes) for scenario, nodes in courses.items()}

    def at(self, quarter: Quarter) -> tuple[Node, ...]:
        """Every node of the quarter."""
        return self._by_quarter.get(quarter, ())

    @cached_property
    def _by_quarter(self) -> dict[Quarter, tuple[Node, ...]]:
        by_quarter: dict[Quarter, list[Node]] = {}
        for node in self.nodes:
            by_quarter.setdefault(node.quarter, []).append(node)
        return {quarter: tuple(nodes) for quarter, nodes in by_quarter.items()}


def known_as(by_name: dict[str, Scenario], row: Scenario, quarter: Quarter) -> str:
    """The scenario that `row` is as far as is known in the quarter; empty for the case as it stands."""
    while row.parts_in is not None and quarter < row.parts_in:
        if not row.branches_from:
            return ""
        row = by_name[row.branches_from]
    return "" if row.parts_in is None else row.scenario
