"""Worst case and largest regret in place of the mean, solved by hand and against brute force."""

from collections.abc import Callable
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optimizer.alone import with_each_alone
from optimizer.case.case import Case
from optimizer.case.scenario import LeastCost
from optimizer.case.settings import Objective
from optimizer.case.world import Demand, Workload
from optimizer.errors import UsageError
from optimizer.futures.alone import identity
from optimizer.futures.future import certain
from optimizer.futures.shock import Change
from optimizer.ledger.decision import Action
from optimizer.model.build import formulate
from optimizer.plan.outlook import courses, worst
from optimizer.plan.plan import Plan
from optimizer.plan.tree import TreePlan, audit_tree
from optimizer.request import Step
from optimizer.run import Request, solve, solve_tree
from optimizer.tables.identity import content_hash
from tests.builders import (
    EXACT,
    FIRST,
    add,
    block,
    codes,
    cost,
    decision,
    edit,
    edit_settings,
    one_site,
    problems,
    quantity,
    set_series,
)
from tests.futures.branching import newsvendor, scenario, shock, tree

SIGN = decision(Action.SIGN, "b")


def asked(case: Case, objective: Objective, **changes: object) -> Case:
    """The case with what is minimised."""
    return edit_settings(case, objective=objective, **changes)


def dear(objective: Objective, **terms: object) -> Case:
    """Blocks at 3,000 for a demand of 4 or 10: x blocks cost 3,000 x, and 5,000 (10 - x) more in the high half."""
    return asked(newsvendor(price_usd_per_gpu_hour=3.0, **terms), objective)


def steps(case: Case, request: Request = EXACT) -> tuple[TreePlan, list[str]]:
    """The plan of a tree, and the steps that were told on the way."""
    told: list[str] = []
    found = solve_tree(case, request, lambda event: told.append(event.name) if isinstance(event, Step) else None)
    return found, told


def test_the_worst_case_signs_for_the_dearest_future() -> None:
    """Proves: 50,000 - 2,000 x in the high half is least at 10 blocks: 30,000 in both.

    A broken rule would give: 27,000, the least mean, with 4 blocks and 42,000 at worst.
    """
    found = tree(dear(Objective.WORST))
    assert quantity(found.branches[0].plan, SIGN) == pytest.approx(10.0)
    assert (found.result.objective, found.result.bound) == pytest.approx((30_000.0, 30_000.0))
    assert found.expected == pytest.approx(30_000.0)


def test_cvar_alone_can_be_minimised() -> None:
    """Proves: of the dearest 80 %, 5/8 are at 50,000 - 2,000 x and 3/8 at 3,000 x, 31,250 - 125 x: 30,000 at 10 blocks.

    At a tail of 1 it is the mean: 4 blocks. A broken rule would give: 4 blocks for both.
    """
    found = tree(asked(dear(Objective.TAIL), Objective.TAIL, risk_tail=0.8))
    assert quantity(found.branches[0].plan, SIGN) == pytest.approx(10.0)
    assert found.result.objective == pytest.approx(found.cvar) == pytest.approx(30_000.0)
    mean = tree(asked(dear(Objective.TAIL), Objective.TAIL, risk_tail=1.0))
    assert quantity(mean.branches[0].plan, SIGN) == pytest.approx(4.0)
    assert mean.result.objective == pytest.approx(27_000.0)


def test_regret_is_shared_by_the_futures() -> None:
    """Proves: alone, low costs 12,000 and high 30,000. x blocks regret 3,000 x - 12,000 or 20,000 - 2,000 x: the same,
    7,200, at 6.4 blocks; of whole blocks 6 regret 8,000.

    A broken rule would give: 8,000 at 4 blocks less, or the worst case: 18,000 with 10 blocks.
    """
    found = tree(dear(Objective.REGRET))
    assert quantity(found.branches[0].plan, SIGN) == pytest.approx(6.4)
    assert found.result.objective == pytest.approx(7_200.0)
    assert [one.regret for one in courses(found)] == pytest.approx([7_200.0, 7_200.0])
    whole = tree(dear(Objective.REGRET, divisible=False))
    assert quantity(whole.branches[0].plan, SIGN) == 6.0
    assert whole.result.objective == pytest.approx(8_000.0)
    assert worst(whole).scenario == "high"


def patient() -> Case:
    """Nothing can be signed early; in the second quarter a block costs 1,500, and going short 5,000."""
    case = edit(newsvendor(), type(block("b")), "b", max_blocks=1e-3)
    return add(case, block("late", price_usd_per_gpu_hour=1.5, sign_from=FIRST + 1))


@pytest.mark.parametrize("objective", [Objective.WORST, Objective.REGRET, Objective.TAIL])
def test_futures_that_are_not_the_worst_are_spared(objective: Objective) -> None:
    """Proves: the high half costs 15,000 whatever is done in the low one, which still pays no more than its 6,000.

    A broken rule would give: up to 15,000 in the low half, as a pure min-max does not look at it.
    """
    found = tree(asked(patient(), objective))
    assert [branch.plan.cost for branch in found.branches] == pytest.approx([6_000.0, 15_000.0], abs=10.0)
    assert "of the plans that are no worse" in found.result.detail


def brute(
    case: Case, demands: dict[str, float], price: float, short: float
) -> Callable[[Objective], tuple[float, ...]]:
    """The least worst and then the least mean over whole blocks 0 to 12, by closed form: price x + short (d - x)+."""

    def cost_of(x: int, demand: float) -> float:
        return 1_000.0 * (price * x + short * max(0.0, demand - x))

    shares = {row.scenario: row.probability for row in case.of(type(scenario("s", 1.0)))}
    alone = {name: min(cost_of(x, demand) for x in range(13)) for name, demand in demands.items()}

    def least(objective: Objective) -> tuple[float, ...]:
        plans = []
        for x in range(13):
            costs = {name: cost_of(x, demand) for name, demand in demands.items()}
            mean = sum(shares[name] * costs[name] for name in costs)
            regret = max(costs[name] - alone[name] for name in costs)
            dearest = sorted(((cost, shares[name]) for name, cost in costs.items()), reverse=True)
            tail = dearest[0][0] if dearest[0][1] >= 0.2 else 0.0
            plans.append(
                {Objective.WORST: max(costs.values()), Objective.REGRET: regret, Objective.TAIL: tail}[objective]
            )
            plans[-1] = (plans[-1], mean)
        return min(plans)

    return least


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    demands=st.lists(st.integers(0, 12), min_size=3, max_size=3, unique=True),
    price=st.sampled_from((1.0, 2.0, 3.0, 4.5)),
)
def test_brute_force_finds_nothing_better(demands: list[int], price: float) -> None:
    """Proves: over every whole number of blocks, none has a smaller worst or regret, and none as small a lower mean."""
    case = edit(
        one_site(0.0, float(demands[0])), type(block("b")), "b", sign_until=FIRST, lead_quarters=1, divisible=False,
        price_usd_per_gpu_hour=price, max_blocks=12.0,
    )  # fmt: skip
    names = dict(zip(("one", "two", "three"), map(float, demands), strict=True))
    case = add(case, *(scenario(name, share) for name, share in zip(names, (0.5, 0.3, 0.2), strict=True)))
    case = add(case, *(shock(name, "demand", "train", Change.SET, units) for name, units in names.items()))
    least = brute(case, names, price, 5.0)
    for objective in (Objective.WORST, Objective.REGRET, Objective.TAIL):
        found = tree(asked(case, objective, risk_tail=0.2))
        assert (found.result.objective, found.expected) == pytest.approx(least(objective), abs=0.01)


def test_least_costs_are_kept_and_not_solved_again() -> None:
    """Proves: the solved case holds what each scenario costs alone; solved again, it needs none of these searches.

    A broken rule would give: the same searches each time, or another regret.
    """
    found, told = steps(dear(Objective.REGRET))
    rows = {row.scenario: row for row in found.case.of(LeastCost)}
    assert {name: row.least_cost_usd for name, row in rows.items()} == pytest.approx(
        {"low": 12_000.0, "high": 30_000.0}
    )
    assert rows["low"].least_cost_usd == pytest.approx(cost(certain(found.case, "low")))
    assert "solving scenario high alone, 2 of 2" in told
    again, told = steps(found.case)
    assert not [step for step in told if "alone" in step]
    assert again.result.objective == found.result.objective
    assert again.case is found.case


def test_a_least_cost_of_another_case_is_not_believed() -> None:
    """Proves: where a number has changed, the scenarios that it changes are solved anew; others keep their rows.

    Demand of `high` 12 in place of 10: alone 36,000; regret 3,000 x - 12,000 = 60,000 - 2,000 x - 36,000, x = 7.2.
    A broken rule would give: 7,200, as if nothing had changed, or a plan that its audit refuses.
    """
    found = tree(dear(Objective.REGRET))
    rows = [replace(row, value=12.0) if row.TABLE.name == "shocks" else row for row in found.case.records]
    again, told = steps(Case(tuple(rows)))
    assert [step for step in told if "alone" in step] == ["solving scenario high alone, 1 of 1"]
    assert again.result.objective == pytest.approx(9_600.0)
    low = identity(certain(found.case, "low"))
    assert (
        low == identity(certain(again.case, "low")) == identity(certain(edit_settings(found.case, mip_gap=0.5), "low"))
    )
    assert low != identity(certain(set_series(found.case, Demand, "train", 0.0, 5.0), "low"))


def test_the_bracket_of_a_regret_is_told() -> None:
    """Proves: with bounds 500 below what was found, the regret may be as much as 7,700, and no more."""
    found = tree(dear(Objective.REGRET))
    loose = [
        replace(row, bound_usd=row.least_cost_usd - 500.0) if isinstance(row, LeastCost) else row
        for row in found.case.records
    ]
    assert found.most_regret == pytest.approx(7_200.0)
    assert replace(found, case=Case(tuple(loose))).most_regret == pytest.approx(7_700.0)


def test_the_gap_of_a_regret_is_a_share_of_cost() -> None:
    """Proves: a regret of 7,200 known to 300 is within 2 % of 21,000 + 7,200, though not of 7,200 itself."""
    found = tree(dear(Objective.REGRET))
    form = formulate(found.case)
    assert form.offset_usd == pytest.approx(21_000.0)
    assert form.usd(28_200.0 / form.usd_per_unit) == pytest.approx(7_200.0)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"solved_for": "another"}, "RISK-4 least cost of low"),
        ({"least_cost_usd": 20_000.0, "bound_usd": 20_000.0}, "RISK-4 least cost of low"),
        ({"least_cost_usd": 11_000.0, "bound_usd": 11_000.0}, "plan objective"),
    ],
    ids=["stale", "above what the plan costs", "another figure"],
)
def test_the_audit_sees_a_wrong_least_cost(change: dict[str, object], place: str) -> None:
    """Proves: regret is audited from the rows of the case, and these from the plan: by plain maximum, no model.

    A broken rule would give: no finding.
    """
    found = tree(dear(Objective.REGRET))
    rows = [
        replace(row, **change) if isinstance(row, LeastCost) and row.scenario == "low" else row
        for row in found.case.records
    ]
    wrong = replace(found, case=Case(tuple(rows)))
    assert place in {finding.place for finding in audit_tree(wrong)}
    assert not audit_tree(found)


def test_the_audit_sees_a_wrong_worst_case() -> None:
    """Proves: the mean is not the objective where the worst case is."""
    found = tree(dear(Objective.WORST))
    wrong = replace(found, result=replace(found.result, objective=27_000.0))
    assert codes(audit_tree(wrong)) == {"plan"}


def test_cvar_can_be_limited_beside() -> None:
    """Proves: regret alone signs 6.4 blocks, 37,200 in the dear half; a limit of 34,000 there signs 8."""
    case = asked(dear(Objective.REGRET), Objective.REGRET, risk_tail=0.5, cvar_limit_usd=34_000.0)
    found = tree(case)
    assert quantity(found.branches[0].plan, SIGN) == pytest.approx(8.0)
    assert found.result.objective == pytest.approx(12_000.0)


def test_another_solver_says_the_same() -> None:
    """Proves: both searches go through any solver that Pyomo knows."""
    request = replace(EXACT, solver="appsi_highs")
    for objective, expected in ((Objective.WORST, 30_000.0), (Objective.REGRET, 7_200.0)):
        found = tree(dear(objective), request)
        assert found.result.objective == pytest.approx(expected)
    assert found.expected == pytest.approx(28_200.0)


def test_one_future_has_no_worst() -> None:
    """Proves: without scenarios, each objective is the cost itself."""
    for objective in Objective:
        assert cost(asked(one_site(4.0, 6.0), objective)) == pytest.approx(10_000.0)


def test_what_cannot_be_asked_is_refused() -> None:
    """Proves: a weight of risk beside the worst case and regret without least costs each have their cure."""
    assert ("settings", "risk_weight") in problems(asked(newsvendor(), Objective.WORST, risk_weight=0.5))
    assert problems(asked(newsvendor(), Objective.EXPECTED, risk_weight=0.5)) == set()
    with pytest.raises(UsageError, match="least cost of low, high alone, which is not known"):
        formulate(dear(Objective.REGRET))


def test_a_scenario_without_a_plan_is_named() -> None:
    """Proves: where a scenario alone has no plan, the tree has none, and it says which and why."""
    found = solve_tree(edit(dear(Objective.REGRET, max_blocks=8.0), Workload, "train", must_serve=True), EXACT)
    assert found.result.status == "infeasible"
    assert found.branches == ()
    assert found.result.detail.startswith("scenario high alone: the case is infeasible")
    assert [row.scenario for row in found.case.of(LeastCost)] == ["low"]


def test_a_search_that_is_ended_keeps_what_was_found() -> None:
    """Proves: an interrupt while a scenario alone is solved ends it all; what was proven before stays with the case,
    and the time limit is shared by those that wait.

    A broken rule would give: a least cost that nobody has proven, or a limit that each search takes anew.
    """
    limits: list[float | None] = []

    def impatient(case: Case, request: Request, listen: object, stop: object) -> Plan:
        limits.append(request.time_limit_seconds)
        plan = solve(case, EXACT)
        return replace(plan, result=replace(plan.result, stop="interrupt")) if len(limits) > 1 else plan

    case, ended = with_each_alone(dear(Objective.REGRET), Request(time_limit_seconds=100.0), impatient)
    assert ended is not None
    assert (ended.status, ended.stop, ended.objective) == ("no_plan", "interrupt", None)
    assert ended.case_hash == content_hash(case.records)
    assert [row.scenario for row in case.of(LeastCost)] == ["low"]
    assert limits[0] == pytest.approx(50.0, abs=0.5) and limits[1] == pytest.approx(100.0, abs=5.0)


def test_every_pair_of_objectives_differs() -> None:
    """Proves: the mean, the worst case and the regret are three plans, each best in its own measure."""
    every = (Objective.EXPECTED, Objective.WORST, Objective.REGRET)
    found = {objective: tree(dear(objective)) for objective in every}
    measures: dict[Objective, Callable[[TreePlan], float]] = {
        Objective.EXPECTED: lambda one: one.expected,
        Objective.WORST: lambda one: max(branch.plan.cost for branch in one.branches),
        Objective.REGRET: lambda one: max(
            branch.plan.cost - least for branch, least in zip(one.branches, (12_000.0, 30_000.0), strict=True)
        ),
    }
    for mine, other in product(every, every):
        if mine is not other:
            assert measures[mine](found[mine]) < measures[mine](found[other]) - 100.0
