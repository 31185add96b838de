"""The arrays say what the Pyomo model says, and reading values back leaves no variable without one."""

import gc

import numpy as np
import pyomo.environ as pyo
import pytest

from optimizer.errors import SolverError
from optimizer.model.arrays import TriviallyInfeasible, compile_program, paused_gc


def small_model() -> pyo.ConcreteModel:
    """Every kind of row and column once, with a constant cost of 7."""
    model = pyo.ConcreteModel()
    model.blocks = pyo.Var(domain=pyo.NonNegativeIntegers, bounds=(0, 9))
    model.signed = pyo.Var(domain=pyo.Binary)
    model.spot = pyo.Var(bounds=(None, 4.0))
    model.fixed = pyo.Var(bounds=(0, 5))
    model.fixed.fix(2.0)
    model.at_least = pyo.Constraint(expr=3 * model.blocks + model.spot >= 6)
    model.between = pyo.Constraint(expr=(1, model.blocks - model.spot + model.fixed, 8))
    model.equal = pyo.Constraint(expr=model.signed + model.spot == 1)
    model.at_most = pyo.Constraint(expr=model.blocks <= 9 * model.signed)
    model.cost = pyo.Objective(expr=5 * model.blocks + 2 * model.spot + 3 * model.fixed + 1)
    return model


def test_every_number_of_the_model_arrives() -> None:
    """Proves: bounds, domains, rows, costs and the fixed variable's share are those of the model, by hand.

    A broken rule would give: a cost offset of 1 (the fixed variable's 3 * 2 lost), five rows (the row with two bounds
    written twice), or the bounds 1 and 8 of that row, from which the fixed 2 was not moved to the other side.
    """
    model = small_model()
    program = compile_program(model)
    assert program.column_names == ("blocks", "spot", "signed")
    assert program.row_names == ("at_least", "between", "equal", "at_most")
    assert program.cost_offset == 7.0
    assert program.costs.tolist() == [5.0, 2.0, 0.0]
    assert program.col_lower.tolist() == [0.0, -np.inf, 0.0]
    assert program.col_upper.tolist() == [9.0, 4.0, 1.0]
    assert program.integrality.tolist() == [True, False, True]
    assert program.row_lower.tolist() == [6.0, -1.0, 1.0, -np.inf]
    assert program.row_upper.tolist() == [np.inf, 6.0, 1.0, 0.0]
    expected = [[3, 1, 0], [1, -1, 0], [0, 1, 1], [1, 0, -9]]
    assert program.matrix.toarray().tolist() == expected
    assert program.start.dtype == program.index.dtype == np.int32


def test_cost_of_sums_exactly() -> None:
    """Proves: the cost is one exact sum. A broken rule would give: 0.0, the float sum of 1e16 + 1 - 1e16."""
    model = pyo.ConcreteModel()
    model.x = pyo.Var(range(3))
    model.cost = pyo.Objective(expr=sum(model.x[i] for i in range(3)))
    assert compile_program(model).cost_of(np.array([1e16, 1.0, -1e16])) == 1.0


def test_a_column_that_nothing_mentions_is_left_out() -> None:
    """Proves: idle and fixed variables, and one whose coefficient is 0, are no columns.

    A broken rule would give: columns whose value hangs on how the solver is programmed.
    """
    model = pyo.ConcreteModel()
    model.used = pyo.Var(bounds=(0, 3))
    model.free = pyo.Var()
    model.fixed = pyo.Var(initialize=9.0)
    model.fixed.fix()
    model.zero = pyo.Var(bounds=(1, 2))
    model.row = pyo.Constraint(expr=model.used + 0 * model.zero + model.fixed >= 1)
    model.cost = pyo.Objective(expr=model.used)
    assert compile_program(model).column_names == ("used",)


def test_a_row_that_can_never_hold_is_named() -> None:
    """Proves: a broken row without free variables ends in a typed error with its name, not in a program without it."""
    model = small_model()
    model.site = pyo.Var(["north"], initialize=2.0)
    model.site.fix()
    model.power_limit = pyo.Constraint(["north"], rule=lambda model, s: 2 * model.site[s] <= 3)
    with pytest.raises(TriviallyInfeasible, match=r"it is 4.0, at least None and at most 3") as caught:
        compile_program(model)
    assert caught.value.row_name == "power_limit[north]"


def test_a_row_that_always_holds_vanishes() -> None:
    model = small_model()
    model.fine = pyo.Constraint(expr=2 * model.fixed <= 5)
    assert compile_program(model).num_rows == 4


def _maximised(model: pyo.ConcreteModel) -> None:
    model.cost.sense = pyo.maximize


def _two_costs(model: pyo.ConcreteModel) -> None:
    model.other = pyo.Objective(expr=model.spot)


def _no_cost(model: pyo.ConcreteModel) -> None:
    model.cost.deactivate()


def _product(model: pyo.ConcreteModel) -> None:
    model.product = pyo.Constraint(expr=model.spot * model.blocks <= 1)


def _product_in_cost(model: pyo.ConcreteModel) -> None:
    model.cost.set_value(model.spot * model.blocks)


def _infinite_cost(model: pyo.ConcreteModel) -> None:
    model.cost.set_value(np.inf * model.spot)


def _infinite_coefficient(model: pyo.ConcreteModel) -> None:
    model.endless = pyo.Constraint(expr=np.inf * model.spot + model.blocks <= 1)


def _nan_bound(model: pyo.ConcreteModel) -> None:
    model.spot.setub(np.nan)


def _wrong_infinity(model: pyo.ConcreteModel) -> None:
    model.spot.setlb(np.inf)


def _infinite_side(model: pyo.ConcreteModel) -> None:
    model.endless = pyo.Constraint(expr=model.spot + np.inf <= 1)


def _gaps_in_domain(model: pyo.ConcreteModel) -> None:
    model.spot.domain = pyo.Set(initialize=[0, 3, 4])


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_maximised, "maximised"),
        (_two_costs, "has 2"),
        (_no_cost, "has 0"),
        (_product, "product"),
        (_product_in_cost, "cost"),
        (_infinite_cost, "cost of spot is inf"),
        (_infinite_coefficient, "coefficient of spot in endless is inf"),
        (_nan_bound, "spot.*upper bound .nan"),
        (_wrong_infinity, "spot.*lower bound .inf"),
        (_infinite_side, "upper side of endless is -inf"),
        (_gaps_in_domain, "spot is neither continuous nor integer"),
    ],
)
def test_a_model_that_cannot_be_compiled_is_refused_with_the_name(spoil, message: str) -> None:
    model = small_model()
    spoil(model)
    with pytest.raises(SolverError, match=message):
        compile_program(model)


def test_the_collector_is_restored_as_it_was() -> None:
    with paused_gc():
        assert not gc.isenabled()
        with paused_gc():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(ValueError, match="inside"), paused_gc():
        raise ValueError("inside")
    assert gc.isenabled()


@pytest.mark.parametrize(
    ("values", "miss", "name"),
    [
        ([3.0, 0.0, 1.0], 0.0, None),
        ([9.5, 0.0, 1.0], 0.5, "blocks"),
        ([3.0, 0.5, 0.5], 0.5, "signed"),
        ([1.0, 0.0, 1.0], 1.0, "at_least"),
        ([3.0, 0.0, 0.0], 1.0, "equal"),
        ([8.0, 2.0, 1.0], 2 / 3, "equal"),
    ],
)
def test_the_worst_miss_is_found(values: list[float], miss: float, name: str | None) -> None:
    """Proves: bounds, whole numbers and rows are looked at, rows relative to their terms.

    By hand: 9.5 blocks miss their bound and the next whole number by 0.5; half a signing misses by 0.5; one block gives
    3 of 6, a miss of 3 against terms of 3; 2 + 1 instead of 1 misses by 2 against terms of 3.
    A broken rule would give: 0 for one of these points, and its plan would pass.
    """
    found, where = compile_program(small_model()).worst_violation(np.array(values))
    assert found == pytest.approx(miss, abs=1e-12)
    assert name is None or where == name
