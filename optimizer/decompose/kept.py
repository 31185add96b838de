"""Programs that are nearly equal: one of them is kept whole, and of the others what differs from it.

Scenarios change a few hundred numbers of a program of many thousands, so that a worker needs little more memory for a
thousand bundles than for one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from optimizer.decompose.part import Part
from optimizer.model.arrays import Program

SHAPE = ("start", "index", "integrality")
NUMBERS = ("costs", "col_lower", "col_upper", "value", "row_lower", "row_upper")


@dataclass(frozen=True)
class Change:
    """Other numbers at some places of one array of a program."""

    name: str
    where: np.ndarray
    numbers: np.ndarray


@dataclass(frozen=True)
class Kept:
    """A part as what differs from a base of the same shape."""

    base: Part
    offset: float
    changes: tuple[Change, ...]

    @property
    def part(self) -> Part:
        """The part itself; arrays that do not differ are those of the base."""
        arrays = {}
        for change in self.changes:
            arrays[change.name] = getattr(self.base.program, change.name).copy()
            arrays[change.name][change.where] = change.numbers
        return replace(self.base, program=replace(self.base.program, cost_offset=self.offset, **arrays))


def keep(part: Part, bases: list[Part]) -> Kept:
    """The part as it is kept; it becomes a base itself where none has its shape."""
    base = next((base for base in bases if _same_shape(base, part)), None)
    if base is None:
        bases.append(part)
        base = part
    return Kept(base, part.program.cost_offset, tuple(_changes(base.program, part.program)))


def _same_shape(base: Part, part: Part) -> bool:
    return (
        base.unit == part.unit
        and base.program.num_rows == part.program.num_rows
        and all(np.array_equal(getattr(base.program, name), getattr(part.program, name)) for name in SHAPE)
        and np.array_equal(base.link, part.link)
        and np.array_equal(base.own, part.own)
        and base.places == part.places
    )


def _changes(base: Program, program: Program) -> Iterator[Change]:
    for name in NUMBERS:
        old, new = getattr(base, name), getattr(program, name)
        where = np.flatnonzero(old != new).astype(np.int32)
        if len(where):
            yield Change(name, where, new[where])
