"""Tiny cases against brute force: every whole-number plan is priced by replay alone, and the cheapest is the optimum.

Nothing here sees a program: each combination of orders is replayed by its contracts, which also tell whether their
terms allow it, and what is still missing is bought greedily from the cheapest market.
"""

import itertools
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import pytest

from optimizer.case.case import Case
from optimizer.case.world import LoadSegment, Workload
from optimizer.contracts.backstop import Backstop, BackstopDraw
from optimizer.contracts.block import Block, PrepaidAt
from optimizer.contracts.contract import Contract
from optimizer.contracts.option import Option
from optimizer.contracts.purchase import Purchase
from optimizer.contracts.spot import Firmness, SpotMarket
from optimizer.errors import Finding
from optimizer.ledger.books import Decided, Entry
from optimizer.ledger.decision import Action, DecisionKey
from optimizer.ledger.keys import Cash, Supply
from optimizer.rules.money import weight
from optimizer.tables.quarter import Quarter
from tests.builders import (
    FIRST,
    HOURS,
    across,
    add,
    block,
    cost,
    drop,
    edit,
    edit_settings,
    one_site,
    quantity,
    solved,
    spot,
)

Orders = dict[DecisionKey, float]
SITE = ("home", "h100")


def least_cost(case: Case) -> tuple[float, Orders]:
    """The cheapest plan over every combination of whole orders, USD, and its orders."""
    return min((priced for priced in map(lambda plan: price(case, plan), plans(case)) if priced), key=lambda p: p[0])


def plans(case: Case) -> Iterator[Orders]:
    """Every combination of whole orders of every contract, with the flags and draws that follow from them."""
    parts = [list(orders_of(case, contract)) for contract in case.of(Contract)]
    for choice in itertools.product(*parts):
        orders = {key: quantity for part in choice for key, quantity in part.items()}
        yield with_consequences(case, orders)


def orders_of(case: Case, contract: Contract) -> Iterator[Orders]:
    """Every way to order from one contract within its size, in each quarter of the horizon."""
    quarters = case.calendar.quarters
    match contract:
        case Block():
            for amounts in spread(int(contract.max_blocks), len(quarters)):
                signed = {DecisionKey(Action.SIGN, contract.name, q): n for q, n in zip(quarters, amounts, strict=True)}
                yield from with_exits(case, contract, signed)
        case Option():
            for held in spread(int(contract.max_blocks), len(quarters)):
                for used in spread(int(sum(held) + contract.held_blocks), len(quarters)):
                    rows = zip(quarters, held, used, strict=True)
                    yield {
                        DecisionKey(action, contract.name, q): n
                        for q, rights, blocks in rows
                        for action, n in ((Action.HOLD, rights), (Action.EXERCISE, blocks))
                    }
        case Purchase():
            for amounts in spread(int(contract.max_units), len(quarters)):
                yield {DecisionKey(Action.SIGN, contract.name, q): n for q, n in zip(quarters, amounts, strict=True)}
        case _:
            yield {}


def spread(most: int, places: int) -> Iterator[tuple[float, ...]]:
    """Whole amounts in each place that sum to `most` at most."""
    for amounts in itertools.product(range(most + 1), repeat=places):
        if sum(amounts) <= most:
            yield tuple(map(float, amounts))


def with_exits(case: Case, offer: Block, signed: Orders) -> Iterator[Orders]:
    """The signings with every number of blocks exited at the date of the terms."""
    choices = []
    for key, blocks in signed.items():
        wait = offer.lead_quarters + offer.delay_quarters + offer.exit_after_quarters
        leaves = offer.exit_after_quarters and case.calendar.planned(key.quarter + wait)
        exit_key = DecisionKey(Action.EXIT, offer.name, key.quarter + wait, key.quarter)
        choices.append([{exit_key: float(n)} for n in range(int(blocks) + 1)] if leaves else [{}])
    for exits in itertools.product(*choices):
        yield {**signed, **{key: n for part in exits for key, n in part.items()}}


def with_consequences(case: Case, orders: Orders) -> Orders:
    """What follows from the orders: marks of signing and first signing, and draws of the supplier."""
    plan = {key: quantity for key, quantity in orders.items() if quantity}
    for offer in case.of(Block):
        signed = sorted(key.quarter for key in plan if key.contract == offer.name and key.action is Action.SIGN)
        for q in filter(partial(offer.needs_choice, case), signed):
            plan[DecisionKey(Action.CHOOSE, offer.name, q)] = 1.0
        if signed and offer.needs_first(case):
            plan[DecisionKey(Action.START, offer.name, signed[0])] = 1.0
    for option in case.of(Option):
        for key in [key for key in plan if key.contract == option.name and key.action is Action.EXERCISE]:
            if option.min_blocks:
                plan[replace(key, action=Action.CHOOSE)] = 1.0
    for backstop in case.of(Backstop):
        for q, blocks in backstop.draws(case):
            signed = (key for key in plan if key.contract == backstop.comes_with and key.action is Action.SIGN)
            if not backstop.comes_with or any(key.quarter <= q for key in signed):
                plan[DecisionKey(Action.TAKE, backstop.name, q)] = blocks
    return plan


def price(case: Case, plan: Orders) -> tuple[float, Orders] | None:
    """What the plan costs with the cheapest dispatch, USD; None where a contract's terms forbid it."""
    dollars, supply = 0.0, dict.fromkeys(case.calendar.quarters, 0.0)
    decided = Decided(plan.items())
    for contract in case.of(Contract):
        for replayed in contract.replay(case, decided):
            if isinstance(replayed, Finding):
                return None
            assert isinstance(replayed, Entry)
            if isinstance(replayed.key, Cash):
                dollars += replayed.amount * weight(case, replayed.key.category, replayed.quarter)
            elif isinstance(replayed.key, Supply):
                supply[replayed.quarter] += replayed.amount
    dollars += sum(dispatch(case, q, gpus) * case.calendar.discount(q) for q, gpus in supply.items())
    return dollars, plan


@dataclass(frozen=True)
class Source:
    """Somewhere to serve from: USD per unit-hour, units at most, and whether it counts as interruptible."""

    price: float
    limit: float
    interruptible: bool = False


def dispatch(case: Case, quarter: Quarter, supply: float) -> float:
    """USD to meet what `supply` does not, from the cheapest source first, in every segment of the quarter."""
    (workload,) = case.of(Workload)
    dollars = 0.0
    for segment in case.segments:
        load = case.load(workload, segment, quarter)
        missing, loose = max(0.0, load - supply), (1.0 - workload.firm_share) * load
        for source in sorted(sources(case, workload, quarter), key=lambda source: source.price):
            units = min(missing, source.limit, loose if source.interruptible else math.inf)
            loose -= units if source.interruptible else 0.0
            missing -= units
            dollars += units * source.price * case.segment_hours(segment, quarter)
        assert missing <= 1e-12
    return dollars


def sources(case: Case, workload: Workload, quarter: Quarter) -> Iterator[Source]:
    """The markets, and shortfall at its price."""
    for market in case.of(SpotMarket):
        prices, limit = market.prices(case), market.limit(case, quarter)
        assert prices is not None
        kept = 1.0 - market.interruption_loss
        most = math.inf if limit is None else limit * kept
        yield Source(prices.usd_per_gpu_hour.amount(quarter) / kept, most, not market.firm)
    yield Source(workload.shortfall_cost_usd_per_unit_hour or 0.0, math.inf)


def random_case(seed: int) -> Case:
    """A case small enough to enumerate: two quarters, whole blocks of every kind of term, and two markets."""
    pick = random.Random(seed)
    first, second = (pick.randint(2, 9) / 2 for _ in range(2))
    case = one_site(first, second, discount_rate=0.1, tail_value=pick.choice([1.0, 0.5, 0.0]))
    case = edit(drop(case, Block, "b"), Workload, "train", firm_share=pick.choice([1.0, 0.5]))
    if pick.random() < 0.5:
        case = add(
            case, LoadSegment("peak", 0.25, other_multiplier=1.6), LoadSegment("rest", 0.75, other_multiplier=0.8)
        )
    group = pick.choice(["", "rack"])
    case = add(case, random_block(pick, "b", exclusive_group=group, exit_after_quarters=pick.choice([0, 1])))
    case = add(case, random_block(pick, "c", exclusive_group=group, requires="" if group else pick.choice(["", "b"])))
    case = add(case, random_option(pick), pick.choice([random_purchase, random_backstop])(pick))
    if case.of(Backstop):
        case = add(case, BackstopDraw("k", across(float(pick.randint(0, 2)), float(pick.randint(0, 2)))))
    price = [pick.choice([0.9, 1.5, 2.0]) for _ in range(2)]
    case = add(case, *spot("m", *price, limit=pick.choice([0.5, 3.0]), interruption_loss=0.1))
    return add(case, *spot("d", *(p + 1.1 for p in price), limit=2.0, firmness=Firmness.ON_DEMAND))


def random_block(pick: random.Random, name: str, **terms: object) -> Block:
    return block(
        name,
        divisible=False,
        max_blocks=2.0,
        gpus_per_block=pick.choice([1.0, 1.5, 2.0]),
        price_usd_per_gpu_hour=pick.choice([0.7, 1.0, 1.3]),
        min_blocks=pick.choice([0.0, 2.0]),
        signing_fee_usd=pick.choice([0.0, 250.0]),
        lead_quarters=pick.choice([0, 0, 1]),
        ramp=pick.choice([(1.0,), (0.5, 1.0)]),
        term_quarters=pick.choice([1, 2, 3]),
        escalator=0.1,
        availability=pick.choice([1.0, 0.9]),
        prepayment_share=pick.choice([0.0, 0.4]),
        prepaid_at=pick.choice(list(PrepaidAt)),
        exit_fee_share=pick.choice([0.2, 0.6]),
        must_sign=pick.random() < 0.15,
        **terms,
    )


def random_option(pick: random.Random) -> Option:
    return Option(
        supplier="acme", site=SITE[0], accelerator=SITE[1], option="o", gpus_per_block=1.0,
        price_usd_per_gpu_hour=pick.choice([0.4, 0.8]), term_quarters=pick.choice([1, 2]), max_blocks=2.0,
        expands=pick.choice(["", "b"]), premium_usd_per_block=pick.choice([50.0, 300.0]),
        min_blocks=pick.choice([0.0, 2.0]), exercise_from=pick.choice([None, FIRST + 1]),
    )  # fmt: skip


def random_purchase(pick: random.Random) -> Purchase:
    return Purchase(
        supplier="acme", site=SITE[0], accelerator=SITE[1], purchase="p", gpus_per_unit=1.0, max_units=1.0,
        capex_usd_per_gpu=pick.choice([2500.0, 6000.0]), life_quarters=pick.choice([1, 4]), residual_share=0.1,
        deposit_share=0.3, lead_quarters=pick.choice([0, 1]), opex_usd_per_gpu_quarter=100.0,
    )  # fmt: skip


def random_backstop(pick: random.Random) -> Backstop:
    return Backstop(
        supplier="acme", site=SITE[0], accelerator=SITE[1], backstop="k", gpus_per_block=1.0, cap_blocks=4.0,
        price_usd_per_gpu_hour=pick.choice([0.6, 1.2]), term_quarters=1, comes_with=pick.choice(["b", "c"]),
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(24))
def test_the_plan_is_the_cheapest_of_all(seed: int) -> None:
    """Proves: no combination of whole orders is cheaper than the plan, to a relative 1e-9, and none the plan could
    have was left out: the optimum is the same.

    A broken rule would give: a lower cost where a row is missing, a higher one where a row forbids too much.
    """
    case = random_case(seed)
    least, orders = least_cost(case)
    assert cost(case) == pytest.approx(least, rel=1e-9, abs=1e-5), orders


def test_the_plan_is_that_of_brute_force() -> None:
    """Proves: where one combination is the cheapest, the plan has its very orders: 2 blocks of 4 GPUs and 1 short for
    a demand of 9 at 1 USD, where a third block would cost 4,000 and being short 3,000.

    A broken rule would give: 3 blocks, 12,000; or 2.25 blocks, 9,000.
    """
    case = edit(one_site(9.0), Block, "b", gpus_per_block=4.0, divisible=False, max_blocks=3.0)
    case = edit(case, Workload, "train", shortfall_cost_usd_per_unit_hour=3.0)
    least, orders = least_cost(case)
    plan = solved(case)
    assert least == 8.0 * HOURS + 3.0 * HOURS == pytest.approx(plan.result.objective, rel=1e-9)
    assert {key: quantity(plan, key) for key in orders} == orders == {DecisionKey(Action.SIGN, "b", FIRST): 2.0}


def test_brute_force_knows_what_terms_forbid() -> None:
    """Proves: enumeration leaves out rivals signed together; it is no cheaper for a rule it does not know."""
    case = edit(one_site(4.0), Block, "b", max_blocks=2.0, divisible=False, exclusive_group="rack")
    case = add(case, block("c", max_blocks=2.0, divisible=False, exclusive_group="rack"))
    assert least_cost(case)[0] == 2.0 * HOURS + 2.0 * 5.0 * HOURS
    assert least_cost(edit_settings(case, discount_rate=0.1))[0] < 12.0 * HOURS
