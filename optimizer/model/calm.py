"""Calm: of all plans that cost little more than the least, the one that moves the least commitment.

For every decision that binds the buyer (signing, exit, rights, exercise) at an open node of the tree, with x[k,n] what
is decided of it at node n, v[k,n] the money that one unit of it commits there, USD, and a[k,b] what branch b of the
approved plan decided; scenario s follows branch b with probability p[b|s] (1 for the branch that bears its name)
  (CALM-1)  d[k,n,a] >= x[k,n] - a,   d[k,n,a] >= a - x[k,n]             what is moved, for each a approved there
  (CALM-2)  cost <= least cost + slack x |least cost|                    what calm may cost
  (CALM-3)  x[k,n] >= a[k,b] for n before the end of the firm window     what is due soon stays, whichever b it is
  (CALM-4)  w[k,n,a] = sum of p[s] p[b|s] over s through n and b with a[k,b] = a
  minimise  sum v[k,n] w[k,n,a] d[k,n,a]                                 expected commitments moved, USD
Cost is the objective: expected present value, and risk where it counts. In a case without scenarios all weights are 1.
A signing put off by a quarter moves twice its value: it is taken from one quarter and put into another.
A change penalty in the one objective needs a price nobody knows, and has done almost nothing when tried; limiting the
cost first and moving least second needs a share that anybody can say (lexicographic goal programming: Charnes &
Cooper, 1961; nervousness of rolling schedules: Kimms, Omega 26, 1998).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import fsum

import numpy as np
import pyomo.environ as pyo
from pyomo.core.expr.numeric_expr import LinearExpression

from optimizer.futures.future import Future
from optimizer.ledger.books import Decided
from optimizer.ledger.decision import COMMITTING, Decision, DecisionKey
from optimizer.ledger.keys import Cash, Commitment
from optimizer.model.arrays import Program, compile_program
from optimizer.rules.formulation import Formulation, Made

MOVED_UNIT_USD = 1e6

Followed = Mapping[str, Sequence[tuple[float, Decided]]]
"""What each scenario follows: what branches of the approved plan decided, with their probabilities."""


@dataclass(frozen=True)
class Bond:
    """A decision that binds the buyer, at a node: what was approved of it, each with its weight (CALM-4), and the USD
    that one unit of it commits.
    """

    made: Made
    approved: tuple[tuple[float, float], ...]
    value: float

    @property
    def least(self) -> float:
        """The least that was approved, whichever branch is followed."""
        return min(quantity for quantity, _ in self.approved)

    @property
    def settled(self) -> bool:
        """Whether the same was approved in every branch that is followed."""
        return len(self.approved) == 1


def alone(decided: Decided) -> Followed:
    """What a case without scenarios follows."""
    return {"": ((1.0, decided),)}


def bonds(form: Formulation, followed: Followed) -> tuple[Bond, ...]:
    """Every binding decision at nodes that are still open."""
    shares = {future.name: future.probability for future in form.futures}
    values = _values(form, shares)
    return tuple(
        Bond(made, _approved(made, shares, followed), fsum(values[id(made.variable)]) / made.node.probability)
        for made in form.made
        if _open(form, made.decision.key)
    )


def _values(form: Formulation, shares: Mapping[str, float]) -> dict[int, list[float]]:
    """By variable, what one unit commits in each scenario that passes its node, times the probability of that."""
    found: dict[int, list[float]] = {}
    for name, offered in form.offered.items():
        for made in offered:
            if _open(form, made.decision.key):
                found.setdefault(id(made.variable), []).append(shares[name] * value(made.decision))
    return found


def _approved(made: Made, shares: Mapping[str, float], followed: Followed) -> tuple[tuple[float, float], ...]:
    """(CALM-4)."""
    weights: dict[float, list[float]] = {}
    for scenario in made.node.scenarios:
        for share, decided in followed[scenario]:
            weights.setdefault(decided.quantity(made.decision.key), []).append(shares[scenario] * share)
    return tuple((quantity, fsum(parts)) for quantity, parts in weights.items())


def _open(form: Formulation, key: DecisionKey) -> bool:
    """Whether a decision binds the buyer and is still to be made."""
    return key.action in COMMITTING and not form.case.calendar.settled(key.quarter)


def value(decision: Decision) -> float:
    """What one unit commits; where it commits nothing anew (an exit), the money it moves; at least 1 USD."""
    postings = decision.postings
    committed = sum(abs(posting.coefficient) for posting in postings if isinstance(posting.key, Commitment))
    moved = sum(abs(posting.coefficient) for posting in postings if isinstance(posting.key, Cash))
    return max(committed or moved, 1.0)


def moved(of: Sequence[Bond], quantities: Sequence[float]) -> float:
    """Commitments that a plan with these quantities of the bonds moves, expected, USD."""
    return sum(
        bond.value * sum(weight * abs(quantity - approved) for approved, weight in bond.approved)
        for bond, quantity in zip(of, quantities, strict=True)
    )


def least_moves(form: Formulation, of: Sequence[Bond], most_cost: float | None) -> Program:
    """The program that minimises what is moved of these decisions, rows (CALM-1) and (CALM-2).

    `most_cost` is in the unit of the objective; None is no limit. Its columns hold those of the program of the form.
    """
    model = form.model
    each = [(bond, quantity, weight) for bond in of for quantity, weight in bond.approved]
    model.moves = pyo.Var(range(len(each)), domain=pyo.NonNegativeReals)
    model.CALM_1 = pyo.ConstraintList()
    for number, (bond, quantity, _) in enumerate(each):
        model.CALM_1.add(model.moves[number] - bond.made.variable >= -quantity)
        model.CALM_1.add(model.moves[number] + bond.made.variable >= quantity)
    if most_cost is not None:
        model.CALM_2 = pyo.Constraint(expr=model.cost.expr <= most_cost)
    worth = [bond.value / MOVED_UNIT_USD * weight for bond, _, weight in each]
    moves = list(model.moves.values())
    model.moved = pyo.Objective(expr=LinearExpression(constant=0, linear_coefs=worth, linear_vars=moves))
    model.cost.deactivate()
    try:
        return compile_program(model)
    finally:
        for name in ("moved", "CALM_1", "CALM_2", "moves"):
            model.del_component(name)
        model.cost.activate()


def held(program: Program, of: Sequence[Bond], quantities: Sequence[float], exactly: bool) -> Program | None:
    """(CALM-3) The program in which these decisions are at least, or exactly, so much.

    None where a bound of the program does not allow it.
    """
    low, high = program.col_lower.copy(), program.col_upper.copy()
    place = {id(column): number for number, column in enumerate(program.columns)}
    for bond, quantity in zip(of, quantities, strict=True):
        number = place.get(id(bond.made.variable))
        if number is None:
            continue
        if not low[number] <= quantity <= high[number]:
            return None
        low[number] = quantity
        high[number] = quantity if exactly else high[number]
    return replace(program, col_lower=low, col_upper=high)


def quantities_of(of: Sequence[Bond], program: Program, values: np.ndarray) -> list[float]:
    """Quantities of the bonds in a solution of the program, whole where they are whole."""
    found = {id(column): float(value) for column, value in zip(program.columns, values, strict=True)}
    return [
        round(value) if bond.made.decision.integer else min(max(value, 0.0), bond.made.decision.upper)
        for bond in of
        for value in [found.get(id(bond.made.variable), 0.0)]
    ]


def withdrawn(form: Formulation, followed: Followed) -> tuple[DecisionKey, ...]:
    """What the approved plan still wants to bind and nobody offers any more."""
    there = {(made.decision.key, made.node.index) for made in form.made}
    wanted = (
        key
        for future in form.futures
        for _, decided in followed[future.name]
        for key, quantity in decided
        if quantity and _open(form, key) and (key, _place(future, key)) not in there
    )
    return tuple(dict.fromkeys(wanted))


def _place(future: Future, key: DecisionKey) -> int | None:
    node = future.node(key.quarter)
    return None if node is None else node.index
