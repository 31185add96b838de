"""Cases with scenarios, small enough to be solved by hand."""

from typing import Any

from optimizer.case.case import Case
from optimizer.case.scenario import Scenario
from optimizer.contracts.block import Block
from optimizer.futures.shock import Change, Shock
from optimizer.plan.tree import TreePlan
from optimizer.run import Request, solve_tree
from tests.builders import EXACT, FIRST, add, edit, one_site


def scenario(name: str, probability: float, parts: int | None = 1, parent: str = "") -> Scenario:
    """A scenario that parts in the `parts`-th quarter of the case, counted from 0."""
    parting = None if parts is None else FIRST + parts
    return Scenario(scenario=name, probability=probability, branches_from=parent, parts_in=parting)


def shock(name: str, table: str, row: str, change: Change, value: float | None, **more: Any) -> Shock:
    """A shock of a scenario."""
    return Shock(scenario=name, table=table, row=row, change=change, value=value, **more)


def newsvendor(**changes: Any) -> Case:
    """Sign now, for a quarter that needs 4 or 10 GPUs with equal probability; then it is too late.

    A block costs 1,000 USD, used or not, and a unit short 5,000. Block `b` can be signed in the first quarter only and
    comes in the second. A tenth block pays as long as 5,000 x 1/2 > 1,000: 10 are signed.
    """
    case = edit(one_site(0.0, 4.0), Block, "b", sign_until=FIRST, lead_quarters=1, **changes)
    return add(
        case,
        scenario("low", 0.5),
        scenario("high", 0.5),
        shock("high", "demand", "train", Change.SET, 10.0),
    )


def tree(case: Case, request: Request = EXACT) -> TreePlan:
    """The plan of the tree, solved to the last bit; it must be optimal, and its audit has passed."""
    found = solve_tree(case, request)
    assert found.result.status == "optimal", found.result.detail
    return found


def expected_cost(case: Case) -> float:
    """The least expected cost, USD."""
    objective = tree(case).result.objective
    assert objective is not None
    return objective
