"""Deferral: work put off, within its age and at its price."""

import pytest

from optimizer.case.case import Case
from optimizer.case.world import LoadSegment, Placement, Workload
from optimizer.contracts.block import Block
from optimizer.ledger.operation import BACKLOG, DEFERRED, RECOVERED, SERVED
from tests.builders import (
    FIRST,
    add,
    block,
    broken,
    cost,
    edit,
    edit_settings,
    one_site,
    operated,
    operation,
    problems,
    quantity,
    replayed_cost,
    served,
    signed,
    solved,
)


def prices(case: Case, *usd: float) -> Case:
    """The case with the block at one price in each quarter."""
    by_quarter = [
        block(f"b{i}", price_usd_per_gpu_hour=price, sign_from=FIRST + i, sign_until=FIRST + i)
        for i, price in enumerate(usd)
    ]
    return add(Case(tuple(row for row in case.records if not isinstance(row, Block))), *by_quarter)


def patient(quarters: int, usd: float, case: Case) -> Case:
    """The case with work that may be put off."""
    return edit(case, Workload, "train", deferral_quarters=quarters, deferral_cost_usd_per_unit_hour=usd)


def test_work_waits_for_a_cheaper_quarter() -> None:
    """Proves: 10 units wait from 3 USD to 1 USD for 0.5 USD per unit-hour: 10,000 + 5,000 USD.

    A broken rule would give: 30,000 USD (no deferral) or 10,000 USD (waiting is free).
    """
    case = prices(one_site(10.0, 0.0), 3.0, 1.0)
    assert cost(patient(1, 0.5, case)) == pytest.approx(15_000)
    assert cost(case) == 30_000


def test_each_quarter_end_costs() -> None:
    """Proves: a unit-hour carried over two quarter ends pays twice: 10,000 + 2 x 5,000 USD.

    A broken rule would give: 15,000 USD.
    """
    assert cost(patient(2, 0.5, prices(one_site(10.0, 0.0, 0.0), 3.0, 3.0, 1.0))) == pytest.approx(20_000)


@pytest.mark.parametrize(("quarters", "usd"), [(1, 25_000), (2, 10_000)])
def test_work_grows_no_older_than_allowed(quarters: int, usd: float) -> None:
    """Proves: work of the first quarter may wait one quarter (2.5 USD) or two (1 USD).

    A broken rule would give: 10,000 USD in both cases.
    """
    case = prices(one_site(10.0, 0.0, 0.0), 3.0, 2.5, 1.0)
    assert cost(patient(quarters, 0.0, case)) == pytest.approx(usd)


def test_the_oldest_work_is_recovered_first() -> None:
    """Proves: age is counted first in, first out. 10 units a quarter; one quarter of waiting.

    The first quarter's work is done in the second, the second's and the third's in the third: 30,000 + 20,000 USD.
    A broken rule would give: 30,000 USD, if a backlog of any age could be carried on as new work comes in.
    """
    assert cost(patient(1, 0.0, prices(one_site(10.0, 10.0, 10.0), 3.0, 3.0, 1.0))) == pytest.approx(50_000)


def test_nothing_is_put_off_beyond_the_horizon() -> None:
    """Proves: the backlog is 0 at the end. Work of the last quarter is done in it: 30,000 USD.

    A broken rule would give: 0 USD.
    """
    assert cost(patient(4, 0.0, prices(one_site(10.0), 3.0))) == 30_000


def test_work_moves_between_the_segments_of_a_quarter() -> None:
    """Proves: 16 units by day and 4 by night are levelled to 10 at no cost: 10,000 USD.

    A broken rule would give: 16,000 USD.
    """
    segments = LoadSegment("day", 0.5, other_multiplier=1.6), LoadSegment("night", 0.5, other_multiplier=0.4)
    case = add(one_site(10.0), *segments)
    assert cost(patient(1, 0.5, case)) == pytest.approx(10_000)
    assert cost(case) == 16_000


def test_unit_hours_are_kept_not_units() -> None:
    """Proves: 10 units of the 2,160 hours of 2027Q1 are 9.8901 units of the 2,184 hours of 2027Q2.

    A broken rule would give: 10 units served.
    """
    case = edit_settings(patient(1, 0.0, prices(one_site(10.0, 0.0), 3.0, 1.0)), hours_per_quarter=0.0)
    found = quantity(solved(case), operation(SERVED, 1, "train", "home", "h100", "all"))
    assert found == pytest.approx(10.0 * 2160.0 / 2184.0)


def test_backlog_costs_what_its_replay_says() -> None:
    """Proves: 10,000 unit-hours carried over once at 0.5 USD cost 5,000 USD on top of 10 blocks at 1 USD.

    A broken rule would give: 10,000 USD.
    """
    case = patient(1, 0.5, one_site(10.0, 0.0))
    assert replayed_cost(case, waiting(10_000.0, 1)) == 15_000


def waiting(backlog: float, until: int) -> dict:
    """10 units of the first quarter, done in a later one."""
    put_off = operated(DEFERRED, 10.0, 0, "train", "all")
    for quarter in range(until):
        put_off |= operated(BACKLOG, backlog, quarter, "train")
    done = operated(RECOVERED, 10.0, until, "train", "all")
    return {**signed("b", 10.0, until), **put_off, **done, **served(10.0, until)}


def test_the_check_walks_the_queue() -> None:
    """Proves: the check finds work that may not wait, is too old, is never done, or is miscounted.

    A broken rule would give: no finding.
    """
    case = one_site(10.0, 0.0, 0.0)
    assert broken(patient(1, 0.5, case), waiting(10_000.0, 1)) == set()
    assert broken(patient(2, 0.5, case), waiting(10_000.0, 2)) == set()
    assert broken(case, waiting(10_000.0, 1)) == {"DEFER-4"}
    assert broken(patient(1, 0.5, case), waiting(10_000.0, 2)) == {"DEFER-2"}
    assert broken(patient(1, 0.5, case), waiting(9_000.0, 1)) == {"DEFER-1"}
    never = {**operated(DEFERRED, 10.0, 0, "train", "all"), **operated(BACKLOG, 10_000.0, 0, "train")}
    assert broken(patient(1, 0.5, one_site(10.0)), never) == {"DEFER-3"}
    early = {**operated(RECOVERED, 10.0, 0, "train", "all"), **signed("b", 20.0), **served(20.0)}
    assert broken(patient(1, 0.5, case), early) == {"DEFER-1"}
    more = operated(DEFERRED, 11.0, 0, "train", "all") | operated(BACKLOG, 11_000.0, 0, "train")
    assert "DEFER-4" in broken(patient(1, 0.5, case), more)


def test_all_or_nothing_cannot_wait() -> None:
    """Proves: deferral with single-site placement is refused, with the column to mend.

    A broken rule would give: no problem, and rows that contradict each other.
    """
    case = edit(patient(1, 0.5, one_site()), Workload, "train", placement=Placement.ONE_SITE)
    assert ("train", "deferral_quarters") in problems(case)


def test_put_off_work_may_be_short_later_where_that_is_cheaper() -> None:
    """Proves: 10 units that nothing can serve, put off at no cost to a quarter without load: short there, they cost
    a tenth less by a rate of 10 % a year: 50,000 / 1.1.

    A broken rule would give: 50,000, as work cannot be short in a quarter without load.
    """
    case = edit_settings(one_site(10.0, 0.0, 0.0, 0.0, 0.0), discount_rate=0.1)
    case = Case(tuple(row for row in patient(4, 0.0, case).records if not isinstance(row, Block)))
    assert cost(case) * 1.1 == pytest.approx(cost(patient(0, 0.0, case)))
