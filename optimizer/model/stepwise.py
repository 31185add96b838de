"""A first plan for a large tree: scenario by scenario, each bound to the whole numbers of those it has not parted from.

The likeliest scenario is solved as if it were certain; the next keeps what is decided at the nodes they share and is
solved for the rest, and so on. A scenario that has no plan under what others decided goes first in another pass, so
that they keep what it needs. The whole numbers that this leaves are a plan for the tree, from which its search begins.
Nothing is proven here: the bound is the tree's own.
"""

import math
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import replace
from threading import Event

import numpy as np
from pyomo.core.base.var import VarData as Variable

from optimizer.futures.future import Future
from optimizer.model import highs
from optimizer.model.arrays import Program, compile_program
from optimizer.model.build import formulate
from optimizer.model.outcome import SolveOptions
from optimizer.rules.formulation import Formulation

LARGE = 20_000
"""Columns from which on HiGHS finds its first plan of a tree later than this does."""
GAP = 0.005
Place = tuple[Hashable, int]
NOWHERE: Place = (None, -1)


def first_plan(form: Formulation, program: Program, options: SolveOptions, stop: Event | None) -> np.ndarray | None:
    """Whole numbers of a plan of the tree, NaN elsewhere, one value per column of the program; None if none is found.

    It takes at most a quarter of the time limit a pass.
    """
    limit = None if options.time_limit_seconds is None else options.time_limit_seconds / (4.0 * len(form.futures))
    each = replace(options, gap=max(options.gap, GAP), time_limit_seconds=limit)
    order, moved = sorted(form.futures, key=lambda future: -future.probability), set()
    known = None
    while known is None:
        known, stuck = _decide_all(order, each, stop)
        if stuck is not None:
            if stuck.name in moved or (stop is not None and stop.is_set()):
                return None
            moved.add(stuck.name)
            order = [stuck, *(future for future in order if future is not stuck)]
    places = {id(variable): place for place, variable in _places(form, None)}
    found = (known.get(places.get(id(column), NOWHERE), math.nan) for column in program.columns)
    return np.fromiter(found, dtype=np.float64, count=program.num_columns)


def _decide_all(
    order: Sequence[Future], options: SolveOptions, stop: Event | None
) -> tuple[dict[Place, float] | None, Future | None]:
    """Whole numbers of all scenarios, decided in this order; none, and the first scenario that has no plan then."""
    known: dict[Place, float] = {}
    for future in order:
        if not _decide(future, known, options, stop):
            return None, future
    return known, None


def _decide(future: Future, known: dict[Place, float], options: SolveOptions, stop: Event | None) -> bool:
    """Solve one scenario under what is known, and add its whole numbers to it; False if it has no plan then."""
    alone = formulate(future.case)
    program = compile_program(alone.model)
    places = {id(variable): place for place, variable in _places(alone, future)}
    whole = [
        (places[id(variable)], number)
        for number, variable in enumerate(program.columns)
        if program.integrality[number] and id(variable) in places
    ]
    bound = program.fixed((program.columns[number], known[place]) for place, number in whole if place in known)
    outcome = highs.solve(bound, options, stop_event=stop)
    if outcome.values is None or (stop is not None and stop.is_set()):
        return False
    known |= {place: float(round(outcome.values[number])) for place, number in whole}
    return True


def _places(form: Formulation, future: Future | None) -> Iterator[tuple[Place, Variable]]:
    """Every variable with what it is and the node of the tree it belongs to; `future` places those of one scenario."""
    for what, node, variable in form.placed():
        known = None if future is None else future.node(node.quarter)
        yield (what, (known or node).index), variable
