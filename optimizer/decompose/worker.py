"""What a worker keeps and does: the programs of its bundles, made when they are first asked for."""

import pickle
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from optimizer.case.case import Case
from optimizer.decompose.bundle import Bundle, Cut
from optimizer.decompose.part import Asked, Bound, Part, Price, Trunk
from optimizer.model.arrays import Program, compile_program
from optimizer.model.build import formulate
from optimizer.model.extract import branch, extract
from optimizer.model.warm import Warm
from optimizer.plan.plan import Result
from optimizer.plan.tree import Branch
from optimizer.tables.quarter import Quarter

Numbers = tuple[int, ...]


@dataclass
class Workshop:
    """The case, cut, and what was made of it in this process. Equal arrays and equal matrices are kept once."""

    case: Case
    quarter: Quarter
    _parts: dict[int, Part] = field(default_factory=dict)
    _arrays: dict[bytes, np.ndarray] = field(default_factory=dict)
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
        if number not in self._parts:
            part = Part(self.cut, self.bundle(number))
            part.program = self._once(part.program)
            self._parts[number] = part
        return self._parts[number]

    def warm(self, part: Part) -> Warm:
        """HiGHS with the matrix of a part in it."""
        program = part.program
        key = tuple(id(one) for one in (program.start, program.index, program.value, program.integrality))
        if key not in self._warm:
            self._warm[key] = Warm(program)
        return self._warm[key]

    def _once(self, program: Program) -> Program:
        names = ("costs", "col_lower", "col_upper", "integrality", "start", "index", "value", "row_lower", "row_upper")
        return replace(program, **{name: self._kept(getattr(program, name)) for name in names})

    def _kept(self, array: np.ndarray) -> np.ndarray:
        return self._arrays.setdefault(pickle.dumps(array), array)


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


def priced(
    shop: Workshop, numbers: Numbers, trunks: list[np.ndarray], gap: float, seconds: float, bearable: float
) -> list[Price]:
    """Each bundle's cost of a plan under a trunk."""
    parts = [shop.part(number) for number in numbers]
    return [part.priced(shop.warm(part), t, gap, seconds, bearable) for part, t in zip(parts, trunks, strict=True)]


def finished(
    shop: Workshop, numbers: Numbers, trunks: list[np.ndarray], gap: float, seconds: float, template: Result
) -> list[list[Branch]]:
    """The plan of each scenario of each bundle under a trunk."""
    return [
        _branches(shop, number, trunk, gap, seconds, template) for number, trunk in zip(numbers, trunks, strict=True)
    ]


def _branches(
    shop: Workshop, number: int, trunk: np.ndarray, gap: float, seconds: float, template: Result
) -> list[Branch]:
    kept, bundle = shop.part(number), shop.bundle(number)
    values = kept.exact(shop.warm(kept), trunk, gap, seconds)
    form = formulate(shop.cut.case_of(bundle))
    program = compile_program(form.model)
    found = []
    for future in form.futures:
        name, share = future.name or bundle.scenarios[0], bundle.probability * future.probability
        found.append(branch(name, share, extract(form, future, program, values, template)))
    return found
