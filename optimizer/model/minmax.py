"""The second search of a min-max: of all plans that are no worse, the one of least expected cost (rules/risk.py)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from math import fsum

import numpy as np
import pyomo.environ as pyo

from optimizer.model.arrays import Program, compile_program
from optimizer.model.outcome import Outcome
from optimizer.plan.tree import judged
from optimizer.rules.formulation import Formulation
from optimizer.rules.risk import paid

Again = Callable[[Program, np.ndarray], Outcome]
"""Search a program from a start, one value per column."""


def careful(form: Formulation, program: Program, first: Outcome, again: Again) -> Outcome:
    """The outcome of the min-max, with the plan of least expected cost among those no worse than the one it found.

    Status, bound and gap are those of the min-max; where the second search finds nothing, the first plan stays.
    """
    if form.worst is None or first.values is None or first.objective is None:
        return first
    with least_expected(form, first.objective - form.offset_usd / form.usd_per_unit) as second:
        second_outcome = again(second, onto(program, first.values, second))
        found = second_outcome.values
    values = first.values if found is None else onto(second, found, program)
    objective = (worst(form, program, values) + form.offset_usd) / form.usd_per_unit
    found_usd = None if second_outcome.objective is None else second_outcome.objective * form.usd_per_unit
    told = [first.detail, said(found_usd, second_outcome.gap)]
    return replace(
        first,
        values=values,
        objective=objective,
        seconds=first.seconds + second_outcome.seconds,
        nodes=first.nodes + second_outcome.nodes,
        lp_iterations=first.lp_iterations + second_outcome.lp_iterations,
        detail="\n".join(filter(None, told)),
    )


def worst(form: Formulation, program: Program, values: np.ndarray) -> float:
    """What is minimised at `values`, USD, by plain maximum or sorting of what each scenario pays."""
    known = {id(column): float(value) for column, value in zip(program.columns, values, strict=True)}
    terms = paid(form)
    costs = {
        future.name: form.usd_per_unit * fsum(c * known.get(id(v), 0.0) for c, v in terms[future.name])
        for future in form.futures
    }
    return judged(form.case, costs, [future.probability for future in form.futures])


@contextmanager
def least_expected(form: Formulation, most: float | None) -> Iterator[Program]:
    """The program of least expected cost in which what `form` minimises is at most `most`, in its unit; None is any.

    The model is another one while it is used, and again what it was afterwards.
    """
    model, worst = form.model, form.worst
    assert worst is not None
    model.cost.deactivate()
    worst.setub(most)
    model.expected = pyo.Objective(expr=form.expected_cost(), sense=pyo.minimize)
    try:
        yield compile_program(model)
    finally:
        model.del_component("expected")
        worst.setub(None)
        model.cost.activate()


def onto(here: Program, values: np.ndarray, there: Program) -> np.ndarray:
    """Values of one program by the columns of another, which holds the same."""
    known = {id(column): float(value) for column, value in zip(here.columns, values, strict=True)}
    return np.array([known.get(id(column), np.nan) for column in there.columns], dtype=np.float64)


def said(cost: float | None, gap: float | None) -> str:
    """What the second search came to, at an expected cost in USD and a relative gap; None is not known."""
    if cost is None:
        return "no time was left to look for the cheapest on average of the plans that are no worse"
    proven = "not proven" if gap is None else f"proven within {gap:.4%}"
    return f"of the plans that are no worse, the cheapest on average costs {cost:,.2f} ({proven})"
