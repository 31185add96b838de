"""Draws: the same wherever they are made, and what they do to the case."""

from itertools import islice

import numpy as np
import pytest

from optimizer.case.scenario import Scenario
from optimizer.case.uncertainty import Correlation, Uncertainty
from optimizer.case.world import Accelerator, Demand, SitePower
from optimizer.contracts.block import Block
from optimizer.contracts.spot import SpotLimit, SpotPrice
from optimizer.errors import InputError, UsageError
from optimizer.futures.shock import Change
from optimizer.ledger.decision import Action
from optimizer.uncertainty.sampler import Draw, Sampler, draw, drawn, draws
from tests.builders import FIRST, add, block, decision, edit, edit_settings, quantity, set_series, solved
from tests.futures.branching import scenario, shock
from tests.uncertainty.stated import default, plain, reversion, slip, walk

BOTH = add(
    plain(),
    walk("work", volatility=0.3),
    reversion("price", "spot_price", "*", reversion_speed=1.0, volatility=0.4),
    Correlation("work", "price", 0.4),
)


def test_a_draw_is_the_same_wherever_it_is_made() -> None:
    """Proves: draw 7 of a seed does not depend on how many are drawn, by whom, or what was drawn before."""
    few, many = list(draws(BOTH, 7, 3)), list(islice(draws(BOTH, 10**9, 3), 20))
    assert few == many[:7]
    assert draw(BOTH, 7, 3) == few[-1] and few[-1].number == 7 and few[-1].name == "draw 00007"
    assert draw(BOTH, 7, 4) != few[-1] and few[-1] != Draw(7, few[0].shocks)
    together = Sampler(BOTH, 3).states(range(1, 2500))
    assert np.array_equal(together[2400], Sampler(BOTH, 3).states([2401])[0])


def test_an_uncertainty_that_is_added_last_leaves_the_others_as_they_were() -> None:
    """Proves: independent of the others, it has chances of its own, so that cases that differ by it compare."""
    alone = Sampler(add(plain(), walk("work", volatility=0.3)), 1).states([1, 2])
    more = add(plain(), walk("work", volatility=0.3), walk("price", "spot_price", "market", volatility=0.3))
    assert np.array_equal(alone[:, 0], Sampler(more, 1).states([1, 2])[:, 0])


def test_what_is_drawn_is_multiplied_quarter_by_quarter() -> None:
    """Proves: the drawn case has the factors of its states, and nothing else changed; the first quarter is known."""
    state = Sampler(BOTH, 3).states([5])[0]
    future = draw(BOTH, 5, 3)
    assert {row.scenario for row in future.shocks} == {"draw 00005"}
    case = drawn(BOTH, future)
    demand, price = case.get(Demand, "train").units.values, case.get(SpotPrice, "market").usd_per_gpu_hour.values
    assert demand == pytest.approx(np.array([10.0, 20.0, 30.0, 40.0]) * state[0])
    assert price == pytest.approx(2.0 * state[1])
    assert demand[0] == 10.0 and demand[1] != 20.0
    untouched = [row for row in plain().records if not isinstance(row, Demand | SpotPrice)]
    assert [row for row in case.records if not isinstance(row, Demand | SpotPrice)] == untouched


def test_scenarios_and_what_is_stated_are_not_in_a_drawn_case() -> None:
    """Proves: a draw is a future of the case as it stands, whatever scenarios it has."""
    rows = (scenario("good", 0.5), scenario("bad", 0.5), shock("bad", "demand", "train", Change.MULTIPLY, 2.0))
    case = drawn(add(BOTH, *rows), draw(add(BOTH, *rows), 5, 3))
    assert case.records == drawn(BOTH, draw(BOTH, 5, 3)).records
    assert not case.of(Uncertainty) and not case.of(Correlation) and not case.of(Scenario)


def late(case: object, quarters: int) -> Draw:
    """The first draw in which the only uncertainty is so many quarters late."""
    sampler = Sampler(case, 1)  # type: ignore[arg-type]
    return next(sampler.draw(n) for n in range(1, 1000) if sampler.states([n])[0, 0, -1] == quarters)


def test_late_power_is_the_series_shifted_right() -> None:
    """Proves: two quarters late, 1, 2, 3, 4, 5 MW become 1, 1, 1, 2, 3; from `since` 2027Q3 on 1, 2, 2, 2, 3."""
    stated = slip("power", "site_power", "home", 0.5, 0.7, 1.0)
    case = add(plain(5), stated)
    assert drawn(case, late(case, 2)).get(SitePower, "home").energised_mw.values == (1.0, 1.0, 1.0, 2.0, 3.0)
    assert drawn(case, late(case, 0)).get(SitePower, "home").energised_mw.values == (1.0, 2.0, 3.0, 4.0, 5.0)
    case = edit(case, Uncertainty, "power", since=FIRST + 2)
    assert drawn(case, late(case, 2)).get(SitePower, "home").energised_mw.values == (1.0, 2.0, 2.0, 2.0, 3.0)


def test_a_late_delivery_moves_what_is_due_after_it_is_known() -> None:
    """Proves: with a lead of one quarter, what is signed in 2027Q1 is due when lateness is known: all of it is late.

    Signed in the first quarter and due in the second, ten blocks come in the third: 20 units are short in the second.
    A block without a lead that is signed in the first quarter is there, and stays so.
    """
    stated = slip("late", "blocks", "b", 0.5, 1.0, column="delay_quarters")
    case = add(edit(plain(3), Block, "b", lead_quarters=1, term_quarters=1, sign_until=FIRST + 1), stated)
    future = late(case, 1)
    (only,) = future.shocks
    assert (only.since, only.change, only.value) == (FIRST, Change.ADD, 1.0)
    ordered = drawn(edit(case, Block, "b", sign_until=FIRST, divisible=False, min_blocks=30.0), future)
    plan = solved(ordered)
    assert quantity(plan, decision(Action.SIGN, "b")) == 30.0
    prompt = add(edit(plain(3), Block, "b", lead_quarters=0), stated)
    assert late(prompt, 1).shocks[0].since == FIRST + 1


def test_a_system_comes_later() -> None:
    """Proves: a quarter is moved by quarters; a row whose cell is blank is left alone by *."""
    case = edit(plain(), Accelerator, "h100", available_from=FIRST + 2)
    case = add(
        case, Accelerator("b200", kw_per_gpu=1.0), slip("new", "accelerators", "*", 0.5, 1.0, column="available_from")
    )
    shifted = drawn(case, late(case, 1))
    assert shifted.accelerator("h100").available_from == FIRST + 3
    assert shifted.accelerator("b200").available_from is None


def test_prices_of_what_is_signed_move_by_quarter_of_signing() -> None:
    """Proves: an offer signed in 2027Q3 has the price of that quarter; one priced by the block has none to move."""
    stated = walk("offers", "blocks", "*", column="price_usd_per_gpu_hour", volatility=0.3)
    by_block = block("c", price_usd_per_gpu_hour=None, price_usd_per_block_quarter=900.0)
    case = add(plain(), by_block, stated)
    state = Sampler(case, 1).states([1])[0, 0]
    after = drawn(case, draw(case, 1, 1))
    for number, factor in enumerate(state):
        paper = after.get(Block, "b").as_signed(after, FIRST + number)
        assert paper.price_usd_per_gpu_hour == pytest.approx(factor)
        assert after.get(Block, "c").as_signed(after, FIRST + number) == by_block
    assert state[0] == 1.0 and state[2] != 1.0


def test_availability_falls_for_what_is_due() -> None:
    """Proves: a default of a term is a factor on it: 0.9 x (1 - 0.5)."""
    stated = default("d", "blocks", "b", column="availability", event_probability=0.5, event_size=-0.5)
    case = add(edit(plain(), Block, "b", availability=0.9, lead_quarters=2), stated)
    sampler = Sampler(case, 1)
    future = next(sampler.draw(n) for n in range(1, 99) if sampler.states([n])[0, 0, -1] == 0.5)
    assert drawn(case, future).get(Block, "b").as_signed(drawn(case, future), FIRST).availability == pytest.approx(0.45)


def test_history_is_not_drawn() -> None:
    """Proves: with two quarters of history, what may be otherwise begins in the fourth, whatever `since` was."""
    case = edit_settings(add(plain(), walk("work", volatility=0.3, since=FIRST + 1)), as_of=FIRST + 2)
    state = Sampler(case, 1).states([1])[0, 0]
    assert np.array_equal(state[:3], [1.0, 1.0, 1.0]) and state[3] != 1.0


def test_a_case_without_uncertainty_is_refused() -> None:
    with pytest.raises(UsageError, match="fill the table uncertainties"):
        draws(plain(), 3, 1)


def test_a_draw_that_the_case_cannot_have_is_told() -> None:
    """Proves: a case made in Python, whose blank limit cannot be multiplied, fails loudly and by name."""
    case = add(plain(), walk("limit", "spot_limit", "market", volatility=0.3))
    blank = set_series(case, SpotLimit, "market", 5.0, None, 5.0, 5.0)
    with pytest.raises(InputError, match="draw 00001: multiply where the case has a blank cell"):
        drawn(blank, draw(blank, 1, 1))
    with pytest.raises(InputError, match="uncertainties ghost"):
        list(draws(add(plain(), walk("ghost", row="nobody")), 1, 1))
