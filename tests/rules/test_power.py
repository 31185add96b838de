"""Power: no more is drawn than is energised."""

from optimizer.case.world import Site
from optimizer.contracts.block import Block
from optimizer.contracts.spot import Firmness
from optimizer.ledger.decision import Action
from tests.builders import add, broken, cost, decision, edit, one_site, power, quantity, served, signed, solved, spot


def test_pue_counts() -> None:
    """Proves: 0.0125 MW at a PUE of 1.25 carry 10 GPUs of 1 kW, 0.01 MW only 8: 8,000 USD and 2 x 5,000 short.

    A broken rule would give: 10,000 USD, if the PUE were left out.
    """
    case = edit(one_site(), Site, "home", pue=1.25)
    assert cost(add(case, power("home", 0.0125))) == 10_000
    assert cost(add(case, power("home", 0.01))) == 18_000


def test_power_that_comes_late_delays_what_can_be_used() -> None:
    """Proves: each quarter has its own limit: 4 GPUs, then 10.

    A broken rule would give: 20,000 USD (no limit in the first quarter).
    """
    case = add(one_site(10.0, 10.0), power("home", 0.004, 0.010))
    plan = solved(case)
    assert quantity(plan, decision(Action.SIGN, "b")) == 4
    assert plan.result.objective == 4_000 + 6 * 5_000 + 10_000


def test_a_site_without_a_row_has_no_limit() -> None:
    """Proves: no row, no limit; a row of 0 is a limit of 0.

    A broken rule would give: 50,000 USD without a row, or 10,000 USD with one of 0.
    """
    assert cost(one_site()) == 10_000
    assert cost(add(one_site(), power("home", 0.0))) == 50_000


def test_spot_draws_power_where_it_says_so() -> None:
    """Proves: spot within the site's power is limited, spot outside is not.

    A broken rule would give: the same cost for both.
    """
    case = edit(add(one_site(), power("home", 0.004)), Block, "b", price_usd_per_gpu_hour=2.0)
    inside = add(case, *spot("m", 1.0, firmness=Firmness.ON_DEMAND, draws_site_power=True))
    outside = add(case, *spot("m", 1.0, firmness=Firmness.ON_DEMAND))
    assert cost(inside) == 4_000 + 6 * 5_000
    assert cost(outside) == 10_000


def test_the_check_sees_what_draws_too_much() -> None:
    """Proves: 10 GPUs of 1 kW break a limit of 9.9 kW, even idle ones.

    A broken rule would give: no finding.
    """
    case = add(one_site(), power("home", 0.0099))
    assert broken(case, {**signed("b", 10.0), **served(10.0)}) == {"POWER-1"}
    assert broken(add(one_site(), power("home", 0.01)), {**signed("b", 10.0), **served(10.0)}) == set()
