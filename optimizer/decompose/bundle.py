"""A tree cut at one quarter: a trunk of the nodes before it, and a bundle of scenarios for each node in it."""

from dataclasses import dataclass, replace
from functools import cached_property

from optimizer.case.case import Case
from optimizer.case.scenario import Scenario
from optimizer.case.tree import Node
from optimizer.futures.future import certain
from optimizer.futures.shock import Shock
from optimizer.tables.quarter import Quarter


@dataclass(frozen=True)
class Bundle:
    """The scenarios that run through `root`, which cannot be told apart before it; `number` counts bundles from 0."""

    number: int
    root: Node

    @property
    def probability(self) -> float:
        """Of reaching the root."""
        return self.root.probability

    @property
    def scenarios(self) -> tuple[str, ...]:
        """Names, in the order of the case."""
        return self.root.scenarios


@dataclass(frozen=True)
class Cut:
    """The tree of a case, cut before `quarter`: decisions earlier than it are the trunk's, the others a bundle's."""

    case: Case
    quarter: Quarter

    @cached_property
    def bundles(self) -> tuple[Bundle, ...]:
        """Every bundle, in order."""
        return tuple(Bundle(number, node) for number, node in enumerate(self.case.tree.at(self.quarter)))

    def case_of(self, bundle: Bundle) -> Case:
        """The case of a bundle alone: its scenarios with their probabilities, given that it is reached."""
        names = set(bundle.scenarios)
        rows = [self.case.get(Scenario, name) for name in bundle.scenarios]
        if len(rows) == 1:
            return certain(self.case, rows[0].scenario)
        base = self._common(bundle)
        kept = [self._inside(row, base, bundle) for row in rows]
        inner = [shock for shock in self.case.of(Shock) if shock.scenario in names and shock.scenario != base]
        known = certain(self.case, base) if base else self.case
        settled = (self.case.settings if record is known.settings else record for record in known.records)
        return Case((*(record for record in settled if _fixed(record)), *kept, *inner))

    def node(self, bundle: Bundle, quarter: Quarter) -> Node | None:
        """The node of the trunk that the bundle passes in the quarter; None from the cut on."""
        if quarter >= self.quarter:
            return None
        return self.case.tree.course(bundle.scenarios[0])[quarter - self.case.calendar.first]

    def _common(self, bundle: Bundle) -> str:
        """The scenario that all of a bundle are, as far as is known at its root; empty for the case as it stands."""
        row = self.case.get(Scenario, bundle.scenarios[0])
        while row.parts_in is not None and row.parts_in > self.quarter:
            if not row.branches_from:
                return ""
            row = self.case.get(Scenario, row.branches_from)
        return row.scenario

    def _inside(self, row: Scenario, base: str, bundle: Bundle) -> Scenario:
        share = row.probability / sum(self.case.get(Scenario, name).probability for name in bundle.scenarios)
        if row.scenario == base:
            return replace(row, probability=share, branches_from="", parts_in=None)
        return replace(row, probability=share)


def _fixed(record: object) -> bool:
    return not isinstance(record, Scenario | Shock)


def cut(case: Case, single: bool = False) -> Cut:
    """The cut that leaves the least work in one place: nodes of the trunk and of the largest bundle.

    With `single`, the earliest cut after which every bundle is one scenario.
    """
    tree = case.tree
    partings = sorted({row.parts_in for row in case.of(Scenario) if row.parts_in is not None})
    if single:
        return Cut(case, partings[-1])
    sizes = {}
    for quarter in partings:
        trunk = sum(1 for node in tree.nodes if node.quarter < quarter)
        below = {node.scenarios: 0 for node in tree.at(quarter)}
        roots = {name: names for names in below for name in names}
        for node in tree.nodes:
            if node.quarter >= quarter:
                below[roots[node.scenarios[0]]] += 1
        sizes[quarter] = trunk + max(below.values())
    return Cut(case, min(partings, key=lambda quarter: sizes[quarter]))
