"""The second search of a min-max: of all plans that are no worse, the one of least expected cost (rules/risk.py)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pyomo.environ as pyo

from optimizer.model.arrays import Program, compile_program
from optimizer.model.outcome import Outcome, relative_gap
from optimizer.rules.formulation import Formulation
from optimizer.rules.risk import ROWS

Again = Callable[[Program, np.ndarray], Outcome]
"""Search a program from a start, one value per column."""


def careful(form: Formulation, program: Program, first: Outcome, again: Again) -> Outcome:
    """The outcome of the min-max, with the plan of least expected cost among those no worse than the one it found.

    Status, bound and gap are those of the min-max; where the second search finds nothing, the first plan stays.
    """
    if form.worst is None or first.values is None or first.objective is None:
        return first
    constant = form.offset_usd / form.usd_per_unit
    with _second(form, first.objective - constant) as second:
        second_outcome = again(second, _onto(program, first.values, second))
        found = second_outcome.values
    values = first.values if found is None else _onto(second, found, program)
    objective = constant + worst(form, program, values)
    said = [first.detail, _said(form, second_outcome)]
    return replace(
        first,
        values=values,
        objective=objective,
        seconds=first.seconds + second_outcome.seconds,
        nodes=first.nodes + second_outcome.nodes,
        lp_iterations=first.lp_iterations + second_outcome.lp_iterations,
        detail="\n".join(filter(None, said)),
    )


def worst(form: Formulation, program: Program, values: np.ndarray) -> float:
    """The worst of all scenarios at `values`, by plain maximum, in the unit of the objective without its offset."""
    known = {id(column): float(value) for column, value in zip(program.columns, values, strict=True)}
    code = ROWS[form.case.settings.objective]
    return max(
        sum(
            coefficient * known.get(id(variable), 0.0)
            for coefficient, variable in row.terms
            if variable is not form.worst
        )
        - (row.upper or 0.0)
        for row in form.rows[code]
    )


@contextmanager
def _second(form: Formulation, most: float) -> Iterator[Program]:
    """The program of least expected cost in which the worst is at most `most`."""
    model = form.model
    model.cost.deactivate()
    form.worst.setub(most)  # type: ignore[union-attr]
    model.expected = pyo.Objective(expr=form.expected_cost(), sense=pyo.minimize)
    try:
        yield compile_program(model)
    finally:
        model.del_component("expected")
        form.worst.setub(None)  # type: ignore[union-attr]
        model.cost.activate()


def _onto(here: Program, values: np.ndarray, there: Program) -> np.ndarray:
    """Values of one program by the columns of another, which holds the same."""
    known = {id(column): float(value) for column, value in zip(here.columns, values, strict=True)}
    return np.array([known.get(id(column), np.nan) for column in there.columns], dtype=np.float64)


def _said(form: Formulation, outcome: Outcome) -> str:
    """What the second search came to."""
    if outcome.objective is None:
        return "no time was left to look for the cheapest on average of the plans that are no worse"
    gap = relative_gap(outcome.objective, outcome.bound)
    proven = "not proven" if gap is None else f"proven within {gap:.4%}"
    usd = outcome.objective * form.usd_per_unit
    return f"of the plans that are no worse, the cheapest on average costs {usd:,.2f} ({proven})"
