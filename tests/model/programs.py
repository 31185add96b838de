"""Tiny models for the solver tests: each ends a solve in one known way."""

import random

import pyomo.environ as pyo


def blocks_model() -> pyo.ConcreteModel:
    """Serve 7.5 with blocks of 2 at 3 and of 3 at 4, or with spot at 5; a constant cost of 2.

    By hand: one block of 2 and two of 3 give 8 for 11; three of 3 give 9 for 12; two of 3 and 1.5 of spot cost 15.5. So
    the optimum is 11 + 2 = 13. With divisible blocks, 2.5 of the second kind give 10 + 2 = 12.
    """
    model = pyo.ConcreteModel()
    model.small = pyo.Var(domain=pyo.NonNegativeIntegers, bounds=(0, 10))
    model.large = pyo.Var(domain=pyo.NonNegativeIntegers, bounds=(0, 10))
    model.spot = pyo.Var(domain=pyo.NonNegativeReals)
    model.demand = pyo.Constraint(expr=2 * model.small + 3 * model.large + model.spot >= 7.5)
    model.cost = pyo.Objective(expr=3 * model.small + 4 * model.large + 5 * model.spot + 2)
    return model


def divisible(model: pyo.ConcreteModel) -> pyo.ConcreteModel:
    model.small.domain = model.large.domain = pyo.NonNegativeReals
    return model


def infeasible_model() -> pyo.ConcreteModel:
    """Even divisible blocks cannot serve the demand."""
    model = divisible(blocks_model())
    model.power = pyo.Constraint(expr=model.small + model.large + model.spot <= 1)
    return model


def integer_infeasible_model() -> pyo.ConcreteModel:
    """Half blocks could, whole blocks cannot: an even number equals 3."""
    model = blocks_model()
    model.parity = pyo.Constraint(expr=2 * model.small + 2 * model.large == 3)
    return model


def unbounded_model() -> pyo.ConcreteModel:
    """Resale without a limit."""
    model = divisible(blocks_model())
    model.resold = pyo.Var(domain=pyo.NonNegativeReals)
    model.resale = pyo.Constraint(expr=model.resold >= model.spot)
    model.cost.set_value(model.cost.expr - model.resold)
    return model


def long_model(columns: int = 40, rows: int = 5, seed: int = 1) -> pyo.ConcreteModel:
    """Split a market in half, as Cornuéjols and Dawande: incumbents at once, a proof not in hours."""
    rng = random.Random(seed)
    model = pyo.ConcreteModel()
    model.chosen = pyo.Var(range(columns), domain=pyo.Binary)
    model.over = pyo.Var(range(rows), domain=pyo.NonNegativeReals)
    model.under = pyo.Var(range(rows), domain=pyo.NonNegativeReals)
    model.half = pyo.ConstraintList()
    for i in range(rows):
        sizes = [rng.randrange(100) for _ in range(columns)]
        total = sum(size * model.chosen[j] for j, size in enumerate(sizes))
        model.half.add(total + model.under[i] - model.over[i] == sum(sizes) // 2)
    model.cost = pyo.Objective(expr=1 + sum(model.over[i] + model.under[i] for i in range(rows)))
    return model


def random_model(seed: int) -> pyo.ConcreteModel:
    """A small feasible program with every kind of row and column, chosen by the seed."""
    rng = random.Random(seed)
    model = pyo.ConcreteModel()
    whole, real = range(rng.randint(1, 5)), range(rng.randint(1, 6))
    model.n = pyo.Var(whole, domain=pyo.NonNegativeIntegers, bounds=lambda model, j: (0, rng.randint(1, 8)))
    model.x = pyo.Var(real, bounds=lambda model, j: (rng.choice((0.0, -2.0, 0.5)), rng.choice((None, 9.0))))
    model.short = pyo.Var(domain=pyo.NonNegativeReals)
    model.idle = pyo.Var(bounds=(1, 2))
    model.n[0].fix(1) if rng.random() < 0.3 else None

    def total() -> pyo.Expression:
        whole_terms = sum(rng.choice((0, 1, 2.5, 4)) * model.n[j] for j in whole)
        return whole_terms + sum(rng.choice((0, 0.3, 1, 2)) * model.x[j] for j in real)

    model.rows = pyo.ConstraintList()
    for _ in range(rng.randint(1, 4)):
        model.rows.add(total() + model.short >= rng.uniform(0, 12))
    model.rows.add((-50.0, total() - model.short, 60.0))
    model.rows.add(model.x[0] + model.short >= model.n[0] - 3)
    model.cost = pyo.Objective(
        expr=rng.uniform(-5, 5)
        + sum(rng.uniform(0.5, 9) * model.n[j] for j in whole)
        + sum(rng.uniform(0.1, 3) * model.x[j] for j in real)
        + 20 * model.short
    )
    return model
