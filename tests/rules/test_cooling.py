"""Cooling: what each kind of cooling carries away."""

from optimizer.case.world import Accelerator, Cooling, Performance, Site, Workload
from tests.builders import add, block, broken, cost, edit, one_site, served, signed

WARM = edit(one_site(), Site, "home", pue=1.5, air_cooled_mw=0.006)


def test_cooling_limits_it_power() -> None:
    """Proves: 0.006 MW of air cooling carry 6 GPUs of 1 kW, whatever the PUE: 6,000 USD and 4 x 5,000 short.

    A broken rule would give: 10,000 USD (no limit) or 34,000 USD (4 GPUs, if the PUE counted).
    """
    assert cost(WARM) == 26_000


def test_each_kind_of_cooling_has_its_own_limit() -> None:
    """Proves: liquid-cooled systems are held by the liquid limit alone: 6 by air, 2 by liquid, 2 short.

    6,000 + 2 x 2,000 + 10,000 USD.
    A broken rule would give: 14,000 USD (no liquid limit) or 26,000 USD (one limit for both).
    """
    case = edit(WARM, Site, "home", liquid_cooled_mw=0.004)
    wet = Accelerator("gb300", kw_per_gpu=2.0, cooling=Cooling.LIQUID)
    case = add(case, wet, Performance("train", "gb300", 1.0))
    case = add(case, block("wet", accelerator="gb300", price_usd_per_gpu_hour=2.0))
    assert cost(case) == 20_000


def test_workloads_do_not_matter() -> None:
    """Proves: capacity draws its power whether it is used or not, so idle blocks count.

    A broken rule would give: 10 blocks signed without a finding.
    """
    case = edit(WARM, Workload, "train", must_serve=False)
    assert broken(case, {**signed("b", 10.0), **served(10.0)}) == {"COOLING-1"}
    assert broken(edit(case, Site, "home", air_cooled_mw=0.010), {**signed("b", 10.0), **served(10.0)}) == set()
