"""Terms that a scenario changes for what is signed from a quarter on, solved by hand."""

from typing import Any

import pytest

from optimizer.case.case import Case
from optimizer.contracts.block import Block
from optimizer.contracts.option import Option
from optimizer.futures.check import check_futures
from optimizer.futures.shock import Change
from optimizer.ledger.decision import Action
from tests.builders import FIRST, add, decision, edit, one_site, quantity
from tests.futures.branching import MORE, scenario, shock, tree


def parted(case: Case, *shocks: Any) -> Case:
    """The case with two scenarios of equal probability that part in the second quarter."""
    return add(case, scenario("low", 0.5), scenario("high", 0.5), *shocks)


def later(table: str, row: str, column: str, value: float, **more: Any) -> Any:
    """A number that is set in the high scenario for what is signed from the second quarter on."""
    return shock("high", table, row, Change.SET, value, column=column, since=FIRST + 1, **more)


@pytest.mark.parametrize(
    ("row", "then", "signed", "costs"),
    [
        (0.0, 6.0, (2.0, 6.0), (2_000.0, 6_000.0)),
        (0.0, 11.0, (2.0, 0.0), (2_000.0, 10_000.0)),
        (6.0, 0.0, (6.0, 2.0), (6_000.0, 2_000.0)),
    ],
    ids=["raised", "raised too far", "lowered"],
)
def test_the_smallest_order_is_that_of_its_quarter(
    row: float, then: float, signed: tuple[float, float], costs: tuple[float, float]
) -> None:
    """Proves: (BLOCK-2) 2 GPUs, needed in the second quarter, cost 2,000, or 10,000 short, or the smallest order then.

    A broken rule would give: what the row says in both scenarios, so 2 blocks where 6 are the least, or the other way.
    """
    case = parted(edit(one_site(0.0, 2.0), Block, "b", min_blocks=row), later("blocks", "b", "min_blocks", then))
    assert not list(check_futures(case))
    found = tree(case)
    assert [quantity(one.plan, decision(Action.SIGN, "b", 1)) for one in found.branches] == pytest.approx(signed)
    assert [one.plan.cost for one in found.branches] == pytest.approx(costs)


def test_what_must_be_signed_is_the_smallest_order_of_some_quarter() -> None:
    """Proves: (BLOCK-7) with no demand, 4 blocks must be signed; where 1 will do later, that is waited for.

    4,000 in the first quarter, or half of 4,000 and half of 1,000 in the second: 2,500.
    A broken rule would give: 4,000.
    """
    case = edit(one_site(0.0, 0.0), Block, "b", min_blocks=4.0, must_sign=True)
    assert tree(parted(case)).result.objective == pytest.approx(4_000.0)
    found = tree(parted(case, later("blocks", "b", "min_blocks", 1.0)))
    assert found.result.objective == pytest.approx(2_500.0)


def test_a_fee_may_come_later() -> None:
    """Proves: (BLOCK-M4) of an offer without a fee, what is signed from then on pays 700: 2,000 and 2,700.

    A broken rule would give: no fee, as none was there before.
    """
    found = tree(parted(one_site(0.0, 2.0), later("blocks", "b", "signing_fee_usd", 700.0)))
    assert [one.plan.cost for one in found.branches] == pytest.approx([2_000.0, 2_700.0])


def test_the_smallest_exercise_is_that_of_its_quarter() -> None:
    """Proves: (OPTION-4) 2 GPUs of rights that are held cost 4,000, or 10,000 short, or 4 blocks at 2,000 each.

    A broken rule would give: 2 blocks exercised, and a plan that fails its audit.
    """
    base = edit(one_site(0.0, 2.0), Block, "b", sign_until=FIRST)
    option = Option(option="o", max_blocks=9.0, held_blocks=9.0, **MORE)
    found = tree(parted(add(base, option), later("options", "o", "min_blocks", 4.0)))
    exercised = [quantity(one.plan, decision(Action.EXERCISE, "o", 1)) for one in found.branches]
    assert exercised == pytest.approx([2.0, 4.0])
    assert [one.plan.cost for one in found.branches] == pytest.approx([4_000.0, 8_000.0])


def test_a_smallest_order_above_the_most_there_is_is_told() -> None:
    """Proves: it is refused in words; a broken rule would give an offer that nobody can sign, in silence."""
    case = parted(one_site(0.0, 2.0), later("blocks", "b", "min_blocks", 200.0))
    ((row, problem),) = check_futures(case)
    assert row.name == "high" and "blocks b wrong in min_blocks: 200" in problem.found
    assert problem.expected == "at most max_blocks (100)"
