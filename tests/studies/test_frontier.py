"""The frontier of expected cost against CVaR, solved by hand and against brute force."""

from dataclasses import replace
from threading import Event

import pytest

from optimizer.case.case import Case
from optimizer.case.settings import Objective
from optimizer.case.world import Demand, Workload
from optimizer.contracts.block import Block
from optimizer.contracts.spot import Firmness
from optimizer.errors import NoPlanError, UnsolvableError, UsageError
from optimizer.futures.shock import Change
from optimizer.ledger.decision import Action
from optimizer.plan.diff_tree import tree_difference
from optimizer.plan.frontier import Frontier, undominated
from optimizer.plan.tree import audit_tree, cvar
from optimizer.request import Step
from optimizer.run import Engine
from optimizer.studies.frontier import frontier
from tests.builders import EXACT, FIRST, across, add, decision, edit, edit_settings, one_site, quantity, spot
from tests.futures.branching import newsvendor, scenario, shock, tree

SIGN = decision(Action.SIGN, "b")


def dear(**terms: object) -> Case:
    """x blocks (4 to 10) cost 3,000 x, and 5,000 (10 - x) more in the high half, which is the tail.

    Mean 25,000 + 500 x, tail 50,000 - 2,000 x: from (27,000, 42,000) at 4 blocks to (30,000, 30,000) at 10.
    """
    return edit_settings(newsvendor(price_usd_per_gpu_hour=3.0, **terms), risk_tail=0.5)


def figures(found: Frontier) -> list[tuple[float, float]]:
    """Expected cost and CVaR of every point."""
    return [(point.expected, point.cvar) for point in found.points]


def test_points_lie_on_the_line() -> None:
    """Proves: each block more costs 500 on average and takes 2,000 off the tail; halves of boxes are 7, 5.5 and 8.5.

    A broken rule would give: points off the line, or two of them in one place.
    """
    found = frontier(dear(), 5, EXACT)
    signed = [quantity(point.branches[0].plan, SIGN) for point in found.points]
    assert signed == pytest.approx([4.0, 5.5, 7.0, 8.5, 10.0])
    assert figures(found) == [pytest.approx((25_000.0 + 500.0 * x, 50_000.0 - 2_000.0 * x)) for x in signed]
    assert found.least_cvar == pytest.approx(30_000.0)
    assert [point.result.bound for point in found.points] == pytest.approx([one.expected for one in found.points])
    assert [(move.dearer, move.safer) for move in found.moves] == [pytest.approx((750.0, 3_000.0))] * 4
    (change,) = found.moves[0].decisions
    assert (change.before, change.after) == pytest.approx((4.0, 5.5))
    assert found.closed and found.stop == "proof" and not found.complete


def test_every_point_is_a_plan_with_its_limit() -> None:
    """Proves: the case of a point has the limit it was searched under; its audit holds the plan to it."""
    for point in frontier(dear(), 4, EXACT).points:
        limit = point.case.settings.cvar_limit_usd
        assert not audit_tree(point)
        assert (limit is None) == (point.cvar == pytest.approx(42_000.0))
        assert limit is None or point.cvar <= limit + 0.01
        costs = [branch.plan.cost for branch in point.branches]
        assert point.cvar == pytest.approx(cvar(costs, [0.5, 0.5], 0.5))
        assert point.case.settings.objective is Objective.EXPECTED


def test_what_lies_between_whole_blocks_is_not_invented() -> None:
    """Proves: of whole blocks there are seven plans, and however many are asked for, all of them are found, no other.

    A broken rule would give: searches without end, or points that are the same.
    """
    told: list[str] = []
    listen = lambda event: told.append(event.name) if isinstance(event, Step) else None  # noqa: E731
    found = frontier(dear(divisible=False), 20, EXACT, listen)
    assert figures(found) == [pytest.approx((25_000.0 + 500.0 * x, 50_000.0 - 2_000.0 * x)) for x in range(4, 11)]
    assert len([step for step in told if step.startswith("point")]) < 3 + 2 * 18
    assert found.complete and found.closed


def three() -> Case:
    """Three futures and whole blocks: demand 2, 5 or 9, a block at 2,000, 5,000 short; the tail is the dearest 40 %."""
    case = edit(
        one_site(0.0, 2.0),
        Block,
        "b",
        sign_until=FIRST,
        lead_quarters=1,
        price_usd_per_gpu_hour=2.0,
        divisible=False,
        max_blocks=12.0,
    )
    case = add(case, *(scenario(name, share) for name, share in (("low", 0.5), ("mid", 0.3), ("high", 0.2))))
    case = add(
        case, shock("mid", "demand", "train", Change.SET, 5.0), shock("high", "demand", "train", Change.SET, 9.0)
    )
    return edit_settings(case, risk_tail=0.4)


def test_brute_force_has_the_same_frontier() -> None:
    """Proves: over every number of blocks, the plans that none beats in both measures are the points, and no other."""
    shares, demands = [0.5, 0.3, 0.2], [2.0, 5.0, 9.0]
    every = []
    for blocks in range(13):
        costs = [2_000.0 * blocks + 5_000.0 * max(0.0, demand - blocks) for demand in demands]
        every.append((sum(s * c for s, c in zip(shares, costs, strict=True)), cvar(costs, shares, 0.4)))
    best = sorted(one for one in every if not any(o[0] <= one[0] and o[1] <= one[1] and o != one for o in every))
    assert figures(frontier(three(), 12, EXACT)) == [pytest.approx(one) for one in best]


def test_hourly_purchases_are_no_decision() -> None:
    """Proves: blocks of both quarters at 6,000 in place of on-demand at 2,800 in the first: 53,000 + 700 x on average,
    78,000 - 1,800 x in the tail; a step names the blocks, though what is bought before the parting differs as well.

    A broken rule would give: a list of hourly purchases in which the decision is lost.
    """
    case = edit(edit(dear(), Block, "b", lead_quarters=0, term_quarters=2), Demand, "train", units=across(10.0, 4.0))
    found = frontier(add(case, *spot("market", 2.8, 9.0, firmness=Firmness.ON_DEMAND)), 3, EXACT)
    assert figures(found) == [pytest.approx((53_000.0 + 700.0 * x, 78_000.0 - 1_800.0 * x)) for x in (4.0, 7.0, 10.0)]
    assert [[change.what for change in move.decisions] for move in found.moves] == [["sign | b | 2027Q1"]] * 2
    every = tree_difference(*found.points[:2]).decisions
    assert any(change.what.startswith("buy | market") for change in every)


def test_a_dominated_plan_is_no_point() -> None:
    """Proves: of plans that cost the same the safer one is kept, and one that is dearer and no safer is not shown."""
    plan = tree(dear())
    safer = replace(plan, branches=tuple(replace(one, probability=0.5) for one in plan.branches))
    assert undominated([plan, safer, plan]) == (plan,)
    points = frontier(dear(), 3, EXACT).points
    assert undominated(points[::-1]) == points
    assert undominated([points[0], points[2], points[0]]) == (points[0], points[2])


def test_where_the_cheapest_is_the_safest_there_is_one_point() -> None:
    """Proves: at 1,000 a block, 10 blocks cost 10,000 in every future: nothing is left to trade."""
    found = frontier(newsvendor(), 5, EXACT)
    assert figures(found) == [pytest.approx((10_000.0, 10_000.0))]
    assert found.complete and found.least_cvar == pytest.approx(10_000.0) and not found.moves


def test_safety_that_costs_next_to_nothing_is_not_given_away() -> None:
    """Proves: a block more at 2,500.50 costs 0.50 on average and takes 2,499.50 off the tail; 4 blocks are still the
    cheapest, and proven so.

    A broken rule would give: 10 blocks as the first point, dearer than its bound, or its gap not closed.
    """
    case = edit(dear(), Block, "b", price_usd_per_gpu_hour=2.5005)
    found = frontier(case, 2, EXACT)
    assert figures(found) == [pytest.approx((25_002.0, 40_002.0)), pytest.approx((25_005.0, 25_005.0))]
    assert found.closed


def test_what_the_case_minimises_does_not_count() -> None:
    """Proves: weight, limit and objective of the case leave the frontier as it is."""
    plain = figures(frontier(dear(), 3, EXACT))
    other = edit_settings(dear(), risk_weight=2.0, cvar_limit_usd=35_000.0)
    assert figures(frontier(other, 3, EXACT)) == [pytest.approx(one) for one in plain]
    assert figures(frontier(edit_settings(dear(), objective=Objective.WORST), 3, EXACT))[0] == pytest.approx(plain[0])


@pytest.mark.usefixtures("workers_here")
def test_a_split_tree_has_the_same_ends() -> None:
    """Proves: where the tree is cut into bundles, each limit is a case of its own; the points are on the same line.

    No plan has a CVaR below 30,000: so says a bound of its own search, and none of the points claims more than that.
    """
    found = frontier(dear(), 3, replace(EXACT, engine=Engine.SPLIT, threads=2))
    assert figures(found)[0] == pytest.approx((27_000.0, 42_000.0), rel=1e-4)
    assert figures(found)[-1] == pytest.approx((30_000.0, 30_000.0), rel=1e-4)
    for mean, tail in figures(found):
        assert mean == pytest.approx(25_000.0 + 500.0 * (50_000.0 - tail) / 2_000.0, rel=1e-4)
    assert found.least_cvar == pytest.approx(30_000.0, rel=1e-6)
    assert all(point.result.bound is None or point.result.bound <= point.expected for point in found.points)


@pytest.mark.parametrize("after", [1, 2, 3])
def test_an_interrupt_keeps_the_points_that_were_found(after: int) -> None:
    """Proves: stopped at any point, what was found is a frontier of its own, and says that it was interrupted."""
    steps = 0

    def listen(event: object) -> None:
        nonlocal steps
        if isinstance(event, Step) and event.name.startswith("point"):
            steps += 1
            if steps > after:
                raise KeyboardInterrupt

    stop = Event()
    found = frontier(dear(), 6, EXACT, listen, stop)
    assert len(found.points) == {1: 1, 2: 1, 3: 2}[after]
    assert found.stop == "interrupt" and stop.is_set()
    assert figures(found)[0] == pytest.approx((27_000.0, 42_000.0))
    assert not found.complete


def test_an_interrupt_before_the_first_plan_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves: stopped without a plan it is an interrupt. A broken rule would give: the case has no plan."""
    stop = Event()

    def nothing(*_: object) -> None:
        stop.set()

    monkeypatch.setattr("optimizer.studies.frontier._Whole.cheapest", nothing)
    with pytest.raises(KeyboardInterrupt):
        frontier(dear(), 3, EXACT, stop=stop)


def test_what_has_no_frontier_is_refused() -> None:
    """Proves: a certain case, one point, and a case without a plan, each with a cure."""
    with pytest.raises(UsageError, match="needs scenarios"):
        frontier(one_site(), 5)
    with pytest.raises(UsageError, match="at least two points"):
        frontier(dear(), 1)
    with pytest.raises(UnsolvableError, match="no plan"):
        frontier(edit(dear(max_blocks=1.0), Workload, "train", must_serve=True), 3, EXACT)


def test_a_search_without_time_says_so() -> None:
    """Proves: no plan in time is not called infeasible, and the cure is time."""
    with pytest.raises(NoPlanError, match="more time"):
        frontier(dear(), 3, replace(EXACT, time_limit_seconds=0.0))
