"""What decisions cost in drawn futures: each future is solved alone, with what is decided before it parts fixed."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from optimizer.case.case import Case
from optimizer.decompose.spread import spread
from optimizer.errors import UnsolvableError
from optimizer.futures.recall import Recall
from optimizer.ledger.decision import COMMITTING, DecisionKey
from optimizer.model.arrays import compile_program
from optimizer.model.build import Offered, formulate, offered
from optimizer.model.outcome import SolveOptions
from optimizer.model.warm import Warm
from optimizer.tables.quarter import Quarter
from optimizer.uncertainty.chance import Scheme
from optimizer.uncertainty.sampler import Sampler, drawn

CHUNK = 8
"""Draws a worker plays before it reports."""
Quantities = dict[DecisionKey, float]


@dataclass(frozen=True)
class Bench:
    """Draws of a case, and decisions to be played in them; `parting` is the first quarter in which futures differ."""

    case: Case
    seed: int
    scheme: Scheme
    parting: Quarter
    decisions: tuple[Quantities, ...]
    gap: float
    seconds: float

    @cached_property
    def sampler(self) -> Sampler:
        """What draws."""
        return Sampler(self.case, self.seed, self.scheme)

    @cached_property
    def recall(self) -> Recall[Offered]:
        """What contracts offered in the futures before."""
        return Recall(offered)

    def play(self, numbers: Sequence[int]) -> list[list[float]]:
        """Cost of each decision in each draw, USD; NaN where there is no plan, or none was found in time."""
        return [self._costs(number) for number in numbers]

    def _costs(self, number: int) -> list[float]:
        try:
            form = formulate(drawn(self.case, self.sampler.draw(number)), recall=self.recall)
        except UnsolvableError:
            return [math.nan] * len(self.decisions)
        program = compile_program(form.model)
        open_ = [made for made in form.made if self._binds(made.decision.key)]
        costs = []
        for quantities in self.decisions:
            given = ((made.variable, quantities.get(made.decision.key, 0.0)) for made in open_)
            end = Warm(program.fixed(given)).mixed(self.gap, self.seconds)
            costs.append(math.nan if end.objective is None else end.objective * form.usd_per_unit)
        return costs

    def _binds(self, key: DecisionKey) -> bool:
        return self.case.calendar.as_of <= key.quarter < self.parting and key.action in COMMITTING


def _play(bench: Bench, numbers: tuple[int, ...]) -> list[list[float]]:
    return bench.play(numbers)


def played(
    bench: Bench, count: int, options: SolveOptions, cluster: str | None, told: Callable[[int], None]
) -> Iterator[tuple[int, list[float]]]:
    """(number of the draw, cost of each decision) of the first draws, as they are ready, by all cores or a cluster."""
    tasks = [(tuple(range(first, min(first + CHUNK, count + 1))),) for first in range(1, count + 1, CHUNK)]
    done = 0
    for task, costs in spread(bench, _play, tasks, options.threads, cluster):
        yield from zip(tasks[task][0], costs, strict=True)
        told(done := done + len(costs))
