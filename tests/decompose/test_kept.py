"""Bundles are kept as what differs, and each solves as itself."""

import numpy as np
import pytest

from optimizer.decompose.bundle import cut
from optimizer.decompose.kept import NUMBERS, SHAPE, keep
from optimizer.decompose.part import Part
from optimizer.decompose.worker import Workshop
from optimizer.examples.branched import branched
from optimizer.examples.generator import SMALL, generate
from optimizer.model.warm import Warm


def test_what_differs_is_all_that_is_kept() -> None:
    """Proves: twelve bundles of one shape are one program and a few per cent of eleven more, number for number.

    Kept whole they would be twelve programs: the memory of a worker would grow with the scenarios.
    """
    case = branched(generate(SMALL, 1), 12, 2, 1)
    parts = cut(case)
    shop = Workshop(case, parts.quarter)
    made = [Part.made(parts, bundle) for bundle in parts.bundles]
    for number, part in enumerate(made):
        back = shop.part(number)
        assert back.places == part.places and back.unit == part.unit
        assert back.program.cost_offset == part.program.cost_offset
        for name in (*SHAPE, *NUMBERS):
            assert np.array_equal(getattr(back.program, name), getattr(part.program, name)), name
    bases: list[Part] = []
    kept = [keep(part, bases) for part in made]
    whole = sum(getattr(made[0].program, name).size for name in NUMBERS)
    assert len(bases) == 1
    assert max(sum(len(change.where) for change in one.changes) for one in kept) < 0.1 * whole


def test_one_program_in_highs_serves_all_bundles() -> None:
    """Proves: bundle after bundle in one HiGHS object, forth and back, costs what each costs in an object of its own.

    A coefficient of the last bundle that stayed would give another cost.
    """
    case = branched(generate(SMALL, 2), 4, 2, 2)
    parts = cut(case)
    shop = Workshop(case, parts.quarter)
    alone = {}
    for bundle in parts.bundles:
        part = Part.made(parts, bundle)
        alone[bundle.number] = part.foresight(Warm(part.program)).constant
    assert len({round(cost, 2) for cost in alone.values()}) == 4
    for number in (0, 1, 2, 3, 2, 0, 3, 1):
        part = shop.part(number)
        assert part.foresight(shop.warm(part)).constant == pytest.approx(alone[number], rel=1e-9)
    assert len({id(shop.warm(shop.part(number))) for number in alone}) == 1
