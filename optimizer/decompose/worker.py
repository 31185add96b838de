"""What a worker keeps and does: the programs of its bundles, made when they are first asked for."""

import time
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from optimizer.case.case import Case
from optimizer.decompose.bundle import Bundle, Cut
from optimizer.decompose.envelope import Point, Sought, envelope
from optimizer.decompose.kept import Kept, keep
from optimizer.decompose.part import Asked, Bound, Decided, Part, Price, Trunk, Wanted
from optimizer.decompose.tenders.levels import Stepped, TooMany, levels
from optimizer.decompose.tenders.tender import taken_apart
from optimizer.futures.recall import Recall
from optimizer.model.arrays import compile_program
from optimizer.model.build import Offered, formulate, offered
from optimizer.model.extract import branch, extract
from optimizer.model.warm import Warm
from optimizer.plan.plan import Result
from optimizer.plan.tree import Branch
from optimizer.tables.quarter import Quarter

Numbers = tuple[int, ...]


@dataclass
class Workshop:
    """The case, cut, and what was made of it in this process."""

    case: Case
    quarter: Quarter
    recall: Recall[Offered] = field(default_factory=lambda: Recall(offered))
    points: dict[int, list[Point]] = field(default_factory=dict)
    _bases: list[Part] = field(default_factory=list)
    _kept: dict[int, Kept] = field(default_factory=dict)
    _warm: dict[tuple[int, ...], Warm] = field(default_factory=dict)

    @cached_property
    def cut(self) -> Cut:
        """The cut tree."""
        return Cut(self.case, self.quarter)

    def bundle(self, number: int) -> Bundle:
        """A bundle by its number."""
        return self.cut.bundles[number]

    def part(self, number: int) -> Part:
        """The program of a bundle."""
        if number not in self._kept:
            self._kept[number] = keep(Part.made(self.cut, self.bundle(number), self.recall), self._bases)
        return self._kept[number].part

    def warm(self, part: Part) -> Warm:
        """HiGHS with a program of the shape of a part in it."""
        program = part.program
        shape = tuple(id(one) for one in (program.start, program.index, program.integrality))
        if shape not in self._warm:
            self._warm[shape] = Warm(program)
        return self._warm[shape]


def describe(shop: Workshop, numbers: Numbers) -> list[tuple[Trunk, Bound]]:
    """The trunk as each bundle sees it, and what it would do alone."""
    parts = [shop.part(number) for number in numbers]
    return [(part.trunk(), part.foresight(shop.warm(part))) for part in parts]


def linear(shop: Workshop, numbers: Numbers, trunks: list[np.ndarray]) -> list[Bound]:
    """Each bundle's relaxation under a trunk."""
    parts = [shop.part(number) for number in numbers]
    return [part.linear(shop.warm(part), trunk) for part, trunk in zip(parts, trunks, strict=True)]


def lagrangian(
    shop: Workshop, numbers: Numbers, asked: list[Asked], gap: float, seconds: float, branch: bool
) -> list[Bound]:
    """Each bundle's Lagrangian bound at a multiplier."""
    parts = [shop.part(number) for number in numbers]
    return [part.lagrangian(shop.warm(part), one, gap, seconds, branch) for part, one in zip(parts, asked, strict=True)]


def envelopes(shop: Workshop, numbers: Numbers, sought: list[Sought], gap: float, seconds: float) -> list[Bound]:
    """Each bundle's highest Lagrangian bound at a trunk."""
    found = []
    for number, one in zip(numbers, sought, strict=True):
        part, points = shop.part(number), shop.points.setdefault(number, [])
        found.append(envelope(part, shop.warm(part), points, one, gap, seconds))
    return found


def stepped(shop: Workshop, numbers: Numbers, seconds: list[float], gap: float) -> list[Stepped | None]:
    """Each bundle as levels of its pieces, where these are few."""
    return [_stepped(shop.part(number), gap, limit) for number, limit in zip(numbers, seconds, strict=True)]


def _stepped(part: Part, gap: float, seconds: float) -> Stepped | None:
    ends = time.perf_counter() + seconds
    tenders, pieces = taken_apart(part)
    try:
        found = tuple(levels(piece, part.unit, gap, ends) for piece in pieces)
    except TooMany:
        return None
    return Stepped(tenders, tuple(piece.tenders for piece in pieces), found, part.program.cost_offset * part.unit)


def priced(
    shop: Workshop, numbers: Numbers, wanted: list[Wanted], gap: float, seconds: float, bearable: float
) -> list[Price]:
    """Each bundle's cost of a plan under a trunk."""
    parts = [shop.part(number) for number in numbers]
    return [part.priced(shop.warm(part), w, gap, seconds, bearable) for part, w in zip(parts, wanted, strict=True)]


def held(shop: Workshop, numbers: Numbers, plans: list[Decided]) -> list[Bound]:
    """Each bundle's relaxation under a trunk, with the whole numbers of a plan."""
    parts = [shop.part(number) for number in numbers]
    return [part.held(shop.warm(part), plan.trunk, plan.whole) for part, plan in zip(parts, plans, strict=True)]


def finished(shop: Workshop, numbers: Numbers, plans: list[Decided], template: Result) -> list[list[Branch]]:
    """The plan of each scenario of each bundle under a trunk."""
    return [_branches(shop, number, plan, template) for number, plan in zip(numbers, plans, strict=True)]


def _branches(shop: Workshop, number: int, plan: Decided, template: Result) -> list[Branch]:
    bundle = shop.bundle(number)
    values = shop.part(number).exact(plan.trunk, plan.whole)
    form = formulate(shop.cut.case_of(bundle), recall=shop.recall)
    program = compile_program(form.model)
    found = []
    for future in form.futures:
        name, share = future.name or bundle.scenarios[0], bundle.probability * future.probability
        found.append(branch(name, share, extract(form, future, program, values, template)))
    return found
