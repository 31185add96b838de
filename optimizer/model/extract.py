"""Reading the plan out of a solved program: quantities once, and every posting they move."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

import numpy as np

from optimizer.errors import UsageError
from optimizer.futures.future import Future
from optimizer.ledger.operation import OperationKey
from optimizer.model.arrays import Program
from optimizer.plan.plan import Choice, Moved, Plan, Result
from optimizer.plan.status import Status
from optimizer.plan.tree import AnyPlan, Branch, TreePlan
from optimizer.rules.formulation import Charge, Formulation, Made, Variable
from optimizer.tables.identity import content_hash

NOISE = 1e-9


def extract(form: Formulation, future: Future, program: Program, values: np.ndarray, result: Result) -> Plan:
    """The plan of a solution in one scenario. `values` has one number per column of the program."""
    solution = {id(column): float(value) for column, value in zip(program.columns, values, strict=True)}

    def quantity(variable: Variable) -> float:
        value = solution.get(id(variable))
        if value is None:
            low = variable.lb
            value = 0.0 if low is None else max(0.0, low)
        return 0.0 if abs(value) <= NOISE else value

    offered = form.offered.get(future.name, [])
    passed = {node.index for node in future.nodes}
    choices = tuple(
        Choice(made.decision.key, made.decision.supplier, made.decision.unit, quantity(made.variable))
        for made in offered
        if quantity(made.variable)
    )
    operations = tuple(
        (OperationKey(operation, index, form.nodes[node].quarter), quantity(variable))
        for (operation, index, node), variable in form.operations.items()
        if node in passed and quantity(variable)
    )
    charges = (charge for charge in form.charges if charge.node.index in passed)
    return Plan(future.case, result, choices, operations, tuple(_moved(offered, charges, quantity)))


def branch(scenario: str, probability: float, plan: Plan) -> Branch:
    """The plan of one scenario as a branch of a tree: nothing is proven of it alone."""
    result = replace(
        plan.result,
        status=Status.SCENARIO,
        objective=plan.cost,
        bound=None,
        gap=None,
        case_hash=content_hash(plan.case.records),
        detail=f"scenario {scenario}, probability {probability:.6g}",
    )
    return Branch(scenario, probability, replace(plan, result=result))


def _moved(
    offered: Iterable[Made], charges: Iterable[Charge], quantity: Callable[[Variable], float]
) -> Iterator[Moved]:
    for made in offered:
        amount = quantity(made.variable)
        if amount:
            for posting in made.decision.postings:
                if posting.coefficient:
                    yield Moved(made.decision.key, made.decision.key.contract, made.decision.supplier, amount, posting)
    for charge in charges:
        amount = quantity(charge.variable)
        if amount and charge.posting.coefficient:
            key = OperationKey(charge.operation, charge.index, charge.node.quarter)
            yield Moved(key, charge.source, "", amount, charge.posting)


def start_of(form: Formulation, program: Program, plan: AnyPlan) -> np.ndarray:
    """A MIP start from a saved plan: the quantity of each column the plan knows, 0 for the others it could know.

    A plan of scenarios starts a search in the same scenarios; a certain one starts each scenario alike.
    """
    if not isinstance(plan, TreePlan):
        return tree_start(form, program, {future.name: plan for future in form.futures})
    plans = {one.scenario: one.plan for one in plan.branches}
    names = [future.name for future in form.futures]
    if sorted(plans) != sorted(names):
        raise UsageError("the start is a plan of other scenarios. Fix: name a plan of this case, or leave --start")
    return tree_start(form, program, plans)


def tree_start(form: Formulation, program: Program, plans: Mapping[str, Plan]) -> np.ndarray:
    """A start from a plan for each scenario; at a node, that of the first scenario that passes it counts."""
    decided = {name: {choice.key: choice.quantity for choice in plan.choices} for name, plan in plans.items()}
    operated = {name: dict(plan.operations) for name, plan in plans.items()}
    known = {id(made.variable): decided[made.node.scenarios[0]].get(made.decision.key, 0.0) for made in form.made}
    for (operation, index, number), variable in form.operations.items():
        node = form.nodes[number]
        key = OperationKey(operation, index, node.quarter)
        known[id(variable)] = operated[node.scenarios[0]].get(key, 0.0)
    return np.array([known.get(id(column), np.nan) for column in program.columns], dtype=np.float64)
