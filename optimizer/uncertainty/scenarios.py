"""A grown tree as rows of the case: scenarios and shocks."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from optimizer.case.case import Case
from optimizer.case.scenario import Scenario
from optimizer.errors import Finding, InputError
from optimizer.futures.check import check_futures
from optimizer.futures.shock import Shock
from optimizer.tables.record import Record
from optimizer.uncertainty.growth import Grown, Label, Leaf
from optimizer.uncertainty.target import Moves, shocks

DIGITS, EXACT = 6, 17
"""Of a written factor: what people read, and nearer than anybody knows it; or all there are."""


def with_tree(case: Case, grown: Grown, digits: int = DIGITS) -> Case:
    """The case with the scenarios of the tree in the place of those it had, figures to so many digits.

    Raises InputError where the tree tells before a parting what is known only after it.
    """
    rows = tuple(row for row in case.records if not isinstance(row, Scenario | Shock))
    found = Case((*rows, *scenarios(grown, digits)))
    findings = [
        Finding(f"{row.TABLE.name} {row.name} {problem.column}", problem.found, problem.expected, problem.cure)
        for row, problem in check_futures(found)
    ]
    if findings:
        raise InputError(findings)
    return found


def scenarios(grown: Grown, digits: int = DIGITS) -> Iterator[Scenario | Shock]:
    """A scenario for each leaf, with the shocks that tell it from the one it branches from."""
    leaves = {leaf.label: leaf for leaf in grown.leaves}
    for leaf in grown.leaves:
        yield Scenario(
            scenario=name(grown, leaf.label),
            probability=leaf.probability,
            branches_from="" if leaf.parent is None else name(grown, leaf.parent),
            parts_in=grown.partings[leaf.parted],
        )
    for leaf in grown.leaves:
        parent = None if leaf.parent is None else leaves[leaf.parent]
        yield from _shocks(grown, leaf, parent, digits)


def _shocks(grown: Grown, leaf: Leaf, parent: Leaf | None, digits: int) -> Iterator[Shock]:
    sampler = grown.sample.sampler
    before = sampler.neutral if parent is None else parent.states
    for aim, shows, mine, theirs in zip(sampler.targets, grown.known, leaf.states, before, strict=True):
        stage = max(leaf.parted, shows) if aim.moves is Moves.ONCE else leaf.parted
        for shock in shocks(sampler.case, aim, name(grown, leaf.label), mine, grown.partings[stage], theirs):
            yield replace(shock, value=float(f"{shock.value:.{digits}g}"))


def origins(grown: Grown) -> dict[tuple[type[Record], str], str]:
    """What each scenario comes from: the draws whose quarters it has, and how many it stands for."""
    found: dict[tuple[type[Record], str], str] = {}
    for place, leaf in enumerate(grown.leaves):
        members = int((grown.stands == place).sum())
        numbers = ", then ".join(str(number) for number in leaf.draws)
        found[Scenario, name(grown, leaf.label)] = f"draw {numbers}; stands for {members} of {grown.sample.count} draws"
    return found


def name(grown: Grown, label: Label) -> str:
    """What a leaf is called: the numbers of its bundles, so that names sort as the tree does."""
    widths = [len(str(max(leaf.label[stage] for leaf in grown.leaves))) for stage in range(len(label))]
    return "future " + ".".join(f"{number:0{width}}" for number, width in zip(label, widths, strict=True))


def paths(grown: Grown) -> np.ndarray:
    """The states of the leaves. Shape: leaves x uncertainties x quarters."""
    return np.stack([leaf.states for leaf in grown.leaves])
