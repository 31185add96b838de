"""Carbon: emissions of the energy that systems draw."""

import pytest

from optimizer.case.world import Accelerator, Site
from optimizer.rules.period import Period
from optimizer.rules.policy import PolicyKind
from tests.builders import (
    broken,
    cost,
    edit,
    one_site,
    policy,
    served,
    signed,
    two_sites,
)

DIRTY = edit(edit(one_site(), Site, "home", carbon_kg_per_mwh=400.0, pue=1.5), Accelerator, "h100", average_load=0.8)


def test_emissions_are_energy_times_intensity() -> None:
    """Proves: a GPU emits 1 kW x 0.8 x 1.5 x 1,000 h x 400 kg/MWh = 0.48 t, so 2.4 t are 5 GPUs: 5,000 + 25,000 USD.

    A broken rule would give: 10,000 USD (no limit), 20,000 USD without the PUE or 34,000 USD without the average load.
    """
    assert cost(policy(DIRTY, PolicyKind.CARBON, 2.4)) == pytest.approx(30_000)


def test_a_price_counts_tonnes() -> None:
    """Proves: at 100 USD a tonne, 2.4 t beyond cost 240: 10,240 USD.

    A broken rule would give: 30,000 USD (it never bends).
    """
    assert cost(policy(DIRTY, PolicyKind.CARBON, 2.4, 100.0)) == pytest.approx(10_240)


def test_a_clean_site_is_free_and_a_scope_is_kept() -> None:
    """Proves: `away` emits nothing: 5 at home, 5 there for 1.5 USD: 12,500 USD; a limit on `away` binds nobody.

    A broken rule would give: 30,000 USD.
    """
    case = two_sites(DIRTY)
    assert cost(policy(case, PolicyKind.CARBON, 2.4)) == pytest.approx(12_500)
    assert cost(policy(case, PolicyKind.CARBON, 0.0, site="away")) == pytest.approx(10_000)


def test_a_horizon_adds_up() -> None:
    """Proves: 6 t over two quarters are 15 of 20 GPUs: 15,000 + 25,000 USD.

    A broken rule would give: 20,000 USD (4 t a quarter would be within 6).
    """
    case = edit(one_site(10.0, 10.0), Site, "home", carbon_kg_per_mwh=400.0)
    assert cost(policy(case, PolicyKind.CARBON, 6.0, period=Period.HORIZON)) == pytest.approx(40_000)


def test_the_check() -> None:
    """Proves: 10 GPUs emit 4.8 t.

    A broken rule would give: no finding.
    """
    all_of_it = {**signed("b", 10.0), **served(10.0)}
    assert broken(policy(DIRTY, PolicyKind.CARBON, 4.79), all_of_it) == {"CARBON-1"}
    assert broken(policy(DIRTY, PolicyKind.CARBON, 4.8), all_of_it) == set()
