"""Futures drawn from the uncertainties of a case. The same seed and number are the same future, on any machine.

Any worker can make draw i of a seed alone, and it does not depend on how many are drawn. What moves together does so by
a Gaussian copula: the standard normals of a quarter have the stated correlations, those of different quarters are
independent.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from optimizer.case.case import Case
from optimizer.case.uncertainty import Process, Uncertainty
from optimizer.errors import Finding, InputError, UsageError
from optimizer.futures.future import standing
from optimizer.futures.shock import Shock, Unfit, shocked
from optimizer.uncertainty.chance import Chances, Scheme
from optimizer.uncertainty.correlation import correlations, root
from optimizer.uncertainty.process import normals_of, states
from optimizer.uncertainty.resample import Past
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
    """Draws futures of a case, independently or by another scheme. Raises UsageError where no uncertainty is stated."""

    def __init__(self, case: Case, seed: int, scheme: Scheme = Scheme.PLAIN) -> None:
        self.stated = case.of(Uncertainty)
        if not self.stated:
            raise UsageError("the case states no uncertainty. Fix: fill the table uncertainties")
        self.correlations = correlations(case)
        self.past = Past.of(case)
        self.case = standing(case)
        self.quarters = len(case.calendar.quarters)
        self.chances = Chances(seed, (len(self.correlations.names), LANES, self.quarters), scheme)

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
    def neutral(self) -> np.ndarray:
        """The states of the case as it stands. Shape: uncertainties x quarters."""
        levels = [0.0 if stated.process is Process.SLIP else 1.0 for stated in self.stated]
        return np.repeat(np.array(levels)[:, None], self.quarters, axis=1)

    @cached_property
    def _drivers(self) -> tuple[int, ...]:
        """The number of the driver of each uncertainty: its own, or that of the one it moves with; one for the past."""
        numbers = {name: number for number, name in enumerate(self.correlations.names)}
        together = next((row.uncertainty for row in self.stated if row.process is Process.PAST), "")
        names = (together if row.process is Process.PAST else row.moves_with or row.uncertainty for row in self.stated)
        return tuple(numbers[name] for name in names)

    @cached_property
    def _root(self) -> np.ndarray:
        return root(self.correlations.matrix)

    def states(self, numbers: Sequence[int]) -> np.ndarray:
        """State of each uncertainty in each quarter of draws in rising order. Shape: draws x uncertainties x quarters.

        A factor on what the case says, or for a slip the number of quarters it is late.
        """
        parts = [self._states(numbers[at : at + AT_ONCE]) for at in range(0, len(numbers), AT_ONCE)]
        return np.concatenate(parts)

    def _states(self, numbers: Sequence[int]) -> np.ndarray:
        chances = self.chances.of(numbers)
        steps = np.einsum("de,net->ndt", self._root, normals_of(chances[:, :, 0]))
        sizes = normals_of(chances[:, :, 2])
        found = []
        for row, first, aim, at in zip(self.stated, self.starts, self.targets, self._drivers, strict=True):
            if row.process is Process.PAST:
                found.append(self.past.factors(row, first, chances[:, at, 1], chances[:, at, 2]))
            else:
                found.append(states(row, first, aim.once, steps[:, at], chances[:, at, 1], sizes[:, at]))
        return np.stack(found, axis=1)

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


def draws(case: Case, count: int, seed: int, scheme: Scheme = Scheme.PLAIN) -> Iterator[Draw]:
    """The first `count` futures of a seed, one after the other; independent of each other unless the scheme says so.

    Raises UsageError for a case that states no uncertainty, InputError for one of what the case does not have.
    """
    sampler = Sampler(case, seed, scheme)
    return (sampler.draw(number) for number in range(1, count + 1))


def draw(case: Case, number: int, seed: int, scheme: Scheme = Scheme.PLAIN) -> Draw:
    """The future of this number, counted from 1; the same as `draws` makes. Raises as `draws` does."""
    return Sampler(case, seed, scheme).draw(number)


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
