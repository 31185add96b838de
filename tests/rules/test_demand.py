"""Demand: served, deferred or short at a price."""

from optimizer.case.world import Accelerator, LoadSegment, Performance, Workload, WorkloadKind
from optimizer.contracts.block import Block
from optimizer.ledger.operation import SERVED
from tests.builders import (
    add,
    broken,
    cost,
    edit,
    infeasible,
    one_site,
    operated,
    served,
    short,
    signed,
    two_sites,
)

DEAR = edit(one_site(), Block, "b", price_usd_per_gpu_hour=6.0)


def test_what_is_not_worth_serving_is_short() -> None:
    """Proves: shortfall costs its price per unit-hour. At 6 USD a GPU-hour, 10 units go short: 10 x 1,000 x 5.

    A broken rule would give: 60,000 USD (all served) or 0 USD (shortfall is free).
    """
    assert cost(DEAR) == 50_000


def test_what_must_be_served_is_served_at_any_price() -> None:
    """Proves: a workload that must be served is never short: 10 x 1,000 x 6 USD.

    A broken rule would give: 50,000 USD.
    """
    assert cost(edit(DEAR, Workload, "train", must_serve=True)) == 60_000


def test_what_must_be_served_may_be_impossible() -> None:
    """Proves: demand that must be served and cannot be makes a case infeasible.

    A broken rule would give: a plan with a shortfall that nobody allowed.
    """
    case = edit(one_site(), Block, "b", max_blocks=9.0)
    assert infeasible(edit(case, Workload, "train", must_serve=True))


def test_units_per_gpu_turn_units_into_gpus() -> None:
    """Proves: 10 units at 2.5 units per GPU take 4 GPUs: 4,000 USD.

    A broken rule would give: 10,000 USD (a unit is a GPU) or 25,000 USD (divided the wrong way).
    """
    assert cost(edit(one_site(), Performance, "train / h100", units_per_gpu=2.5)) == 4_000


def test_segments_scale_load_by_kind_and_hours() -> None:
    """Proves: load is demand x the multiplier of the workload's kind, and shortfall counts the segment's hours.

    Inference is 22 units in a quarter of the hours and 6 in the rest; short at 3 USD. A GPU for the peak alone costs
    1,000 USD and saves 250 x 3 = 750 USD, so 6 are signed and 16 units go short: 6,000 + 16 x 250 x 3 = 18,000 USD.
    A broken rule would give: 10,000 USD (flat load), or 22,000 USD (the peak's hours not shared out).
    """
    segments = LoadSegment("peak", 0.25, inference_multiplier=2.2), LoadSegment("rest", 0.75, inference_multiplier=0.6)
    case = add(one_site(), *segments)
    case = edit(case, Workload, "train", kind=WorkloadKind.INFERENCE, shortfall_cost_usd_per_unit_hour=3.0)
    assert cost(case) == 18_000


def test_a_workload_keeps_to_its_sites_and_systems() -> None:
    """Proves: only allowed sites and compatible systems serve. `home` is not allowed: 10 x 1,000 x 1.5 USD at `away`.

    A broken rule would give: 10,000 USD, served at home.
    """
    case = edit(two_sites(one_site()), Workload, "train", sites=("away",))
    assert cost(case) == 15_000
    assert broken(case, {**signed("b", 10.0), **served(10.0)}) == {"DEMAND-1"}
    case = edit(add(one_site(), Accelerator("a100")), Block, "b", accelerator="a100")
    assert cost(case) == 50_000


def test_the_check_balances_every_unit() -> None:
    """Proves: the check finds load that is neither served nor short, and more than is due.

    A broken rule would give: no finding.
    """
    case = one_site()
    assert broken(case, {**signed("b", 10.0), **served(6.0), **short(4.0)}) == set()
    assert broken(case, {**signed("b", 10.0), **served(6.0), **short(3.0)}) == {"DEMAND-1"}
    assert broken(case, {**signed("b", 20.0), **served(11.0)}) == {"DEMAND-1"}
    must = edit(case, Workload, "train", must_serve=True)
    assert broken(must, {**signed("b", 10.0), **served(6.0), **short(4.0)}) == {"DEMAND-1"}
    minus = operated(SERVED, -1.0, 0, "train", "home", "h100", "all")
    assert broken(case, {**signed("b", 10.0), **minus, **short(11.0)}) == {"DEMAND-1"}
