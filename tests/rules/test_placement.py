"""Placement: all or nothing at one site."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.case.case import Case
from optimizer.case.world import LoadSegment, Placement, Workload
from optimizer.contracts.block import Block
from optimizer.ledger.operation import HOME, PLACED, Operation
from tests.builders import (
    FIRST,
    Quantities,
    add,
    block,
    broken,
    cost,
    demanded,
    edit,
    infeasible,
    one_site,
    operated,
    served,
    short,
    signed,
    two_sites,
)


def placed(case: Case, placement: Placement = Placement.ONE_SITE_A_QUARTER, **changes: object) -> Case:
    """The case with `train` at one site."""
    return edit(case, Workload, "train", placement=placement, **changes)


def in_quarter(name: str, quarter: int, **changes: object) -> Block:
    """An offer that serves in one quarter alone."""
    return block(name, sign_from=FIRST + quarter, sign_until=FIRST + quarter, **changes)


SMALL = edit(two_sites(one_site()), Block, "b", max_blocks=6.0)


def test_all_or_nothing() -> None:
    """Proves: home has 6 GPUs, so all 10 units go to `away` at 1.5 USD; where that has only 6 too, all are short.

    A broken rule would give: 12,000 USD (split), or 26,000 USD (6 at home, 4 short).
    """
    assert cost(SMALL) == 12_000
    assert cost(placed(SMALL)) == pytest.approx(15_000)
    assert cost(placed(edit(SMALL, Block, "far", max_blocks=6.0))) == pytest.approx(50_000)


def test_what_must_be_served_needs_one_site_for_all() -> None:
    """Proves: two halves do not serve a workload that must run at one site.

    A broken rule would give: a plan of 12,000 USD.
    """
    assert infeasible(placed(edit(SMALL, Block, "far", max_blocks=6.0), must_serve=True))


def test_segments_stand_or_fall_together() -> None:
    """Proves: 4 GPUs would serve the night, but not the day, so nothing is served: 50,000 USD short.

    A broken rule would give: 44,000 USD, the night served by itself.
    """
    segments = LoadSegment("day", 0.5, other_multiplier=1.6), LoadSegment("night", 0.5, other_multiplier=0.4)
    case = edit(add(one_site(), *segments), Block, "b", max_blocks=4.0)
    assert cost(placed(case)) == pytest.approx(50_000)


MOVING = add(
    Case(tuple(row for row in two_sites(one_site(10.0, 10.0)).records if not isinstance(row, Block))),
    in_quarter("here first", 0),
    in_quarter("here later", 1, price_usd_per_gpu_hour=3.0),
    in_quarter("there later", 1, site="away"),
)


def test_one_site_a_quarter_may_move() -> None:
    """Proves: it moves to the cheaper site: 10,000 + 10,000 USD.

    A broken rule would give: 40,000 USD.
    """
    assert cost(placed(MOVING)) == pytest.approx(20_000)


def test_one_site_for_good_stays() -> None:
    """Proves: it stays at home for 3 USD in the second quarter: 10,000 + 30,000 USD.

    A broken rule would give: 20,000 USD (it moves).
    """
    assert cost(placed(MOVING, Placement.ONE_SITE)) == pytest.approx(40_000)


def test_a_quarter_that_is_short_does_not_give_up_the_home() -> None:
    """Proves: home serves quarters 1 and 3, `away` alone could serve 2: 10,000 + 50,000 short + 10,000 USD.

    A broken rule would give: 30,000 USD (it moves there and back) or 150,000 USD (all quarters or none).
    """
    case = Case(tuple(row for row in two_sites(one_site(10.0, 10.0, 10.0)).records if not isinstance(row, Block)))
    case = add(case, in_quarter("b1", 0), in_quarter("far2", 1, site="away"), in_quarter("b3", 2))
    assert cost(placed(case, Placement.ONE_SITE)) == pytest.approx(70_000)


def test_a_quarter_without_load_is_free() -> None:
    """Proves: what must be served at one site asks for none where there is nothing to serve: 10,000 USD.

    A broken rule would give: an infeasible case.
    """
    assert cost(placed(one_site(10.0, 0.0), Placement.ONE_SITE, must_serve=True)) == pytest.approx(10_000)


def test_the_check_sees_a_split_and_a_part() -> None:
    """Proves: the check finds service at two sites, in part, and a site that changes.

    A broken rule would give: no finding.
    """
    both = {**signed("b", 6.0), **signed("far", 4.0)}
    split = {**both, **served(6.0), **served(4.0, site="away")}
    marks = {**mark(PLACED), **mark(PLACED, site="away")}
    assert broken(SMALL, split) == set()
    assert broken(placed(SMALL), {**split, **marks}) == {"PLACE-1", "PLACE-2"}
    part = {**signed("b", 6.0), **served(6.0), **short(4.0), **mark(PLACED)}
    assert broken(placed(SMALL), part) == {"PLACE-1"}
    moved = {**signed("here first", 10.0), **signed("there later", 10.0, 1), **served(10.0), **served(10.0, 1, "away")}
    moved |= {**mark(PLACED), **mark(PLACED, 1, "away")}
    assert broken(placed(MOVING), moved) == set()
    homes = {**mark(HOME), **mark(HOME, 1), **mark(HOME, 1, "away")}
    assert broken(placed(MOVING, Placement.ONE_SITE), {**moved, **homes}) == {"PLACE-5"}


def mark(family: Operation, quarter: int = 0, site: str = "home") -> Quantities:
    """A mark that `train` runs, or is bound to run, at the site, written by hand."""
    return operated(family, 1.0, quarter, "train", site)


def test_the_check_sees_marks_that_are_not_true() -> None:
    """Proves: a mark of running where nothing runs, no mark where it runs, and a home that is left are found.

    A broken rule would give: a plan that says a workload runs at another site than the one that serves it.
    """
    stays = {**signed("here first", 10.0), **served(10.0), **mark(PLACED)}
    bound = {**stays, **mark(HOME), **mark(HOME, 1), **mark(HOME, 2), **short(10.0, 1), **short(10.0, 2)}
    case = placed(MOVING, Placement.ONE_SITE)
    assert broken(case, bound) == set()
    assert broken(case, {**bound, **mark(PLACED, 1)}) == {"PLACE-1"}
    assert broken(case, {key: n for key, n in bound.items() if key not in mark(PLACED)}) == {"PLACE-1"}
    assert broken(case, {key: n for key, n in bound.items() if key not in mark(HOME, 1)}) == {"PLACE-3"}


@settings(max_examples=25, deadline=None)
@given(
    loads=st.lists(st.integers(1, 9), min_size=1, max_size=4),
    capacity=st.tuples(st.integers(0, 12), st.integers(0, 12)),
    price=st.tuples(st.integers(1, 7), st.integers(1, 7)),
)
def test_placement_equals_enumeration(loads: list[int], capacity: tuple[int, int], price: tuple[int, int]) -> None:
    """Proves: the plan costs what the best of all assignments of workloads to two sites, or to none, costs.

    A broken rule would give: less (splits) or more (a site that fits is refused).
    """
    case = placed(one_site(float(loads[0])))
    case = add(case, *(row for i, load in enumerate(loads[1:]) for row in another(f"w{i}", load)))
    case = two_sites(case, max_blocks=capacity[1] + 1e-3, price_usd_per_gpu_hour=float(price[1]))
    case = edit(case, Block, "b", max_blocks=capacity[0] + 1e-3, price_usd_per_gpu_hour=float(price[0]))
    usd = (*price, 5)
    best = min(
        sum(1000 * load * usd[site] for load, site in zip(loads, sites, strict=True))
        for sites in product(range(3), repeat=len(loads))
        if all(sum(x for x, s in zip(loads, sites, strict=True) if s == at) <= capacity[at] for at in (0, 1))
    )
    assert cost(case) == pytest.approx(best)


def another(name: str, load: float) -> tuple:
    """One more workload at one site."""
    return demanded(name, float(load), placement=Placement.ONE_SITE_A_QUARTER)
