"""Futures drawn from the uncertainties of a case. The same seed and number are the same future, on any machine.

Draw i of seed s takes its chance from the i-th child of the seed sequence s (NumPy), so that any worker can make it
alone and it does not depend on how many are drawn. What moves together does so by a Gaussian copula: the standard
normals of a quarter have the stated correlations, those of different quarters are independent.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from optimizer.case.case import Case
from optimizer.case.uncertainty import Uncertainty
from optimizer.errors import Finding, InputError, UsageError
from optimizer.futures.future import standing
from optimizer.futures.shock import Shock, Unfit, shocked
from optimizer.uncertainty.correlation import correlations, root
from optimizer.uncertainty.process import normals_of, states
from optimizer.uncertainty.target import Target, shocks, start, target

LANES = 3
"""Chances of a driver and quarter: one for its steps, one for whether there is an event, one for its size."""
AT_ONCE = 1000


@dataclass(frozen=True)
class Draw:
    """A future: its number, from 1 on, and what it changes in the case, as shocks of a scenario `draw 00001`."""

    number: int
    shocks: tuple[Shock, ...] = field(repr=False)

    @property
    def name(self) -> str:
        """The name of the scenario its shocks belong to."""
        return f"draw {self.number:05}"


class Sampler:
    """Draws futures of a case. Raises UsageError for a case that states no uncertainty."""

    def __init__(self, case: Case, seed: int) -> None:
        self.stated = case.of(Uncertainty)
        if not self.stated:
            raise UsageError("the case states no uncertainty. Fix: fill the table uncertainties")
        self.seed = seed
        self.correlations = correlations(case)
        self.case = standing(case)
        self.quarters = len(case.calendar.quarters)

    @cached_property
    def targets(self) -> tuple[Target, ...]:
        """What each uncertainty moves. Raises InputError where the case has no such row or column."""
        found = []
        for stated in self.stated:
            aim = target(self.case, stated)
            if aim is None:
                place = f"uncertainties {stated.name}"
                what = f"{stated.table} {stated.row} {stated.column}".rstrip()
                raise InputError([Finding(place, what, "what stands in the case", "correct the name")])
            found.append(aim)
        return tuple(found)

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """The column of the first quarter in which each uncertainty may be otherwise."""
        return tuple(start(self.case, stated) - self.case.calendar.first for stated in self.stated)

    @cached_property
    def _drivers(self) -> tuple[int, ...]:
        """The number of the driver of each uncertainty: its own, or that of the one it moves with."""
        numbers = {name: number for number, name in enumerate(self.correlations.names)}
        return tuple(numbers[stated.moves_with or stated.uncertainty] for stated in self.stated)

    @cached_property
    def _root(self) -> np.ndarray:
        return root(self.correlations.matrix)

    def states(self, numbers: Sequence[int]) -> np.ndarray:
        """State of each uncertainty in each quarter of each draw. Shape: draws x uncertainties x quarters.

        A factor on what the case says, or for a slip the number of quarters it is late.
        """
        parts = [self._states(numbers[at : at + AT_ONCE]) for at in range(0, len(numbers), AT_ONCE)]
        return np.concatenate(parts)

    def _states(self, numbers: Sequence[int]) -> np.ndarray:
        chances = np.stack([self._chances(number) for number in numbers])
        steps = np.einsum("de,net->ndt", self._root, normals_of(chances[:, :, 0]))
        sizes = normals_of(chances[:, :, 2])
        found = [
            states(stated, first, aim.once, steps[:, driver], chances[:, driver, 1], sizes[:, driver])
            for stated, first, aim, driver in zip(self.stated, self.starts, self.targets, self._drivers, strict=True)
        ]
        return np.stack(found, axis=1)

    def _chances(self, number: int) -> np.ndarray:
        """Uniform and above 0, by driver, lane and quarter."""
        sequence = np.random.SeedSequence(self.seed, spawn_key=(number,))
        shape = (len(self.correlations.names), LANES, self.quarters)
        return 1.0 - np.random.default_rng(sequence).random(shape)

    def draw(self, number: int) -> Draw:
        """The future of this number."""
        return self.drawn(number, self.states([number])[0])

    def drawn(self, number: int, state: np.ndarray) -> Draw:
        """The future of this number, whose states are known. Shape: uncertainties x quarters."""
        name, known = Draw(number, ()).name, self.case.calendar.as_of
        found = [
            shock
            for aim, path in zip(self.targets, state, strict=True)
            for shock in shocks(self.case, aim, name, path, max(known, start(self.case, aim.stated)))
        ]
        return Draw(number, tuple(found))


def draws(case: Case, count: int, seed: int) -> Iterator[Draw]:
    """The first `count` futures of a seed, one after the other.

    Raises UsageError for a case that states no uncertainty, InputError for one of what the case does not have.
    """
    sampler = Sampler(case, seed)
    return (sampler.draw(number) for number in range(1, count + 1))


def draw(case: Case, number: int, seed: int) -> Draw:
    """The future of this number, counted from 1; the same as `draws` makes. Raises as `draws` does."""
    return Sampler(case, seed).draw(number)


def drawn(case: Case, future: Draw) -> Case:
    """The case of a drawn future, certain to its last quarter; without scenarios and stated uncertainty.

    Raises InputError for a draw that the case cannot have.
    """
    base = standing(case)
    try:
        return shocked(base, ((shock, case.calendar.as_of) for shock in future.shocks))
    except Unfit as unfit:
        found, problem = f"{future.name}: {unfit.problem.found}", unfit.problem
        raise InputError([Finding("uncertainties", found, problem.expected, problem.cure)]) from unfit
