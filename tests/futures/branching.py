"""Cases with scenarios, small enough to be solved by hand."""

from typing import Any

from optimizer.case.case import Case
from optimizer.case.scenario import Scenario
from optimizer.contracts.backstop import Backstop, BackstopDraw
from optimizer.contracts.block import Block
from optimizer.futures.shock import Change, Shock
from optimizer.plan.tree import TreePlan
from optimizer.run import Request, solve_tree
from tests.builders import EXACT, FIRST, across, add, edit, one_site

MORE = {
    "supplier": "acme", "site": "home", "accelerator": "h100", "gpus_per_block": 1.0, "term_quarters": 1,
    "price_usd_per_gpu_hour": 2.0,
}  # fmt: skip
"""Terms of what expands the deal of `offered`."""


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


def offered(**changes: object) -> Case:
    """Two quarters: 4 GPUs are needed in the first, in the second 4 or 10 with equal probability.

    The firm part, 4 blocks of `b` for two quarters at 1,000 USD, must be signed now. Of the backstop `k`, one quarter
    at 2,000 USD a block, the supplier puts all 6 blocks in the low half, when nobody wants them, and 2 in the high one.
    """
    firm = {"must_sign": True, "min_blocks": 4.0, "max_blocks": 4.0, "term_quarters": 2, "sign_until": FIRST}
    return add(
        edit(one_site(4.0, 4.0), Block, "b", **{**firm, **changes}),
        Backstop(backstop="k", cap_blocks=6.0, comes_with="b", **MORE),
        BackstopDraw("k", across(None, 6.0)),
        scenario("low", 0.5),
        scenario("high", 0.5),
        shock("high", "demand", "train", Change.SET, 10.0),
        shock("high", "backstop_draws", "k", Change.SET, 2.0),
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
