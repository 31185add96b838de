"""Stability: of all plans that cost little more than the least, the one that moves the least commitment.

For every decision that binds the buyer (signing, exit, rights, exercise) in quarters still open, with a[k,q] what the
approved plan decided and v[k,q] the money that one unit of it commits, USD
  (STABLE-1)  d[k,q] >= n[k,q] - a[k,q],   d[k,q] >= a[k,q] - n[k,q]      what is moved
  (STABLE-2)  cost <= least cost + slack x |least cost|                    what calm may cost
  (STABLE-3)  n[k,q] >= a[k,q] for q before the end of the firm window     what is due soon stays
  minimise    sum v[k,q] d[k,q]                                            commitments moved, USD
A signing put off by a quarter moves twice its value: it is taken from one quarter and put into another.
A change penalty in the one objective needs a price nobody knows, and has done almost nothing when tried; limiting the
cost first and moving least second needs a share that anybody can say (lexicographic goal programming: Charnes &
Cooper, 1961; nervousness of rolling schedules: Kimms, Omega 26, 1998).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyomo.environ as pyo
from pyomo.core.expr.numeric_expr import LinearExpression

from optimizer.ledger.books import Decided
from optimizer.ledger.decision import Action, DecisionKey
from optimizer.ledger.keys import Cash, Commitment
from optimizer.model.arrays import Program, compile_program
from optimizer.rules.formulation import Formulation, Made

BINDING = (Action.SIGN, Action.EXIT, Action.HOLD, Action.EXERCISE)
MOVED_UNIT_USD = 1e6


@dataclass(frozen=True)
class Bond:
    """A decision that binds the buyer: what was approved of it, and the USD that one unit of it commits."""

    made: Made
    approved: float
    value: float


def bonds(form: Formulation, approved: Decided) -> tuple[Bond, ...]:
    """Every binding decision in quarters that are still open."""
    return tuple(
        Bond(made, approved.quantity(made.decision.key), _value(made))
        for made in form.made
        if _open(form, made.decision.key)
    )


def _open(form: Formulation, key: DecisionKey) -> bool:
    """Whether a decision binds the buyer and is still to be made."""
    return key.action in BINDING and not form.case.calendar.settled(key.quarter)


def _value(made: Made) -> float:
    """What one unit commits; where it commits nothing anew (an exit), the money it moves; at least 1 USD."""
    postings = made.decision.postings
    committed = sum(abs(posting.coefficient) for posting in postings if isinstance(posting.key, Commitment))
    moved = sum(abs(posting.coefficient) for posting in postings if isinstance(posting.key, Cash))
    return max(committed or moved, 1.0)


def moved(of: Sequence[Bond], decided: Decided) -> float:
    """Commitments that a plan moves, USD."""
    return sum(bond.value * abs(decided.quantity(bond.made.decision.key) - bond.approved) for bond in of)


def least_moves(form: Formulation, of: Sequence[Bond], most_cost: float | None) -> Program:
    """The program that minimises what is moved of these decisions, rows (STABLE-1) and (STABLE-2).

    `most_cost` is in the unit of the objective; None is no limit. Its columns hold those of the program of the form.
    """
    model = form.model
    model.moves = pyo.Var(range(len(of)), domain=pyo.NonNegativeReals)
    model.STABLE_1 = pyo.ConstraintList()
    for number, bond in enumerate(of):
        model.STABLE_1.add(model.moves[number] - bond.made.variable >= -bond.approved)
        model.STABLE_1.add(model.moves[number] + bond.made.variable >= bond.approved)
    if most_cost is not None:
        model.STABLE_2 = pyo.Constraint(expr=model.cost.expr <= most_cost)
    worth = [bond.value / MOVED_UNIT_USD for bond in of]
    moves = list(model.moves.values())
    model.moved = pyo.Objective(expr=LinearExpression(constant=0, linear_coefs=worth, linear_vars=moves))
    model.cost.deactivate()
    try:
        return compile_program(model)
    finally:
        for name in ("moved", "STABLE_1", "STABLE_2", "moves"):
            model.del_component(name)
        model.cost.activate()


def held(program: Program, of: Sequence[Bond], decided: Decided, exactly: bool) -> Program | None:
    """(STABLE-3) The program in which these decisions are at least, or exactly, as decided.

    None where a bound of the program does not allow it.
    """
    low, high = program.col_lower.copy(), program.col_upper.copy()
    place = {id(column): number for number, column in enumerate(program.columns)}
    for bond in of:
        number, quantity = place.get(id(bond.made.variable)), decided.quantity(bond.made.decision.key)
        if number is None:
            continue
        if not low[number] <= quantity <= high[number]:
            return None
        low[number] = quantity
        high[number] = quantity if exactly else high[number]
    return replace(program, col_lower=low, col_upper=high)


def decided_of(of: Sequence[Bond], program: Program, values: np.ndarray) -> Decided:
    """Binding decisions of a solution of the program, whole where they are whole."""
    found = {id(column): float(value) for column, value in zip(program.columns, values, strict=True)}
    return Decided(
        (
            bond.made.decision.key,
            round(value) if bond.made.decision.integer else min(max(value, 0.0), bond.made.decision.upper),
        )
        for bond in of
        for value in [found.get(id(bond.made.variable), 0.0)]
    )


def withdrawn(form: Formulation, approved: Decided) -> tuple[DecisionKey, ...]:
    """What the approved plan still wants to bind and nobody offers any more."""
    there = {made.decision.key for made in form.made}
    return tuple(key for key, quantity in approved if quantity and _open(form, key) and key not in there)
