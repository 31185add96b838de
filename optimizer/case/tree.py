"""The tree on which decisions live: one node a quarter today, branching when scenarios part."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from optimizer.tables.quarter import Quarter


@dataclass(frozen=True)
class Node:
    """A state of knowledge in one quarter. `probability` is that of reaching it."""

    index: int
    quarter: Quarter
    parent: int | None
    probability: float


@dataclass(frozen=True)
class Tree:
    """Nodes in order of time, a parent always before its children."""

    nodes: tuple[Node, ...]

    @classmethod
    def line(cls, first: Quarter, count: int) -> "Tree":
        """The tree of a case without scenarios: one node a quarter."""
        return cls(tuple(Node(i, first + i, i - 1 if i else None, 1.0) for i in range(count)))

    def path(self, node: Node) -> Iterator[Node]:
        """The node and its ancestors, latest first."""
        current: Node | None = node
        while current is not None:
            yield current
            current = None if current.parent is None else self.nodes[current.parent]

    @cached_property
    def _arrivals(self) -> dict[tuple[int, Quarter], tuple[Node, ...]]:
        arrivals: dict[tuple[int, Quarter], list[Node]] = {}
        for node in self.nodes:
            for ancestor in self.path(node):
                arrivals.setdefault((ancestor.index, node.quarter), []).append(node)
        return {key: tuple(nodes) for key, nodes in arrivals.items()}

    def descendants(self, node: Node, quarter: Quarter) -> tuple[Node, ...]:
        """Nodes of that quarter that lie on a path through `node`; the node itself in its own quarter."""
        return self._arrivals.get((node.index, quarter), ())

    def at(self, quarter: Quarter) -> tuple[Node, ...]:
        """Every node of the quarter."""
        return self._by_quarter.get(quarter, ())

    @cached_property
    def _by_quarter(self) -> dict[Quarter, tuple[Node, ...]]:
        quarters = dict.fromkeys(node.quarter for node in self.nodes)
        return {quarter: tuple(node for node in self.nodes if node.quarter == quarter) for quarter in quarters}
