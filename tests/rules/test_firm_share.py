"""Firm share: what may not be interrupted keeps off interruptible capacity."""

import pytest

from optimizer.case.world import Workload
from optimizer.contracts.spot import Firmness
from optimizer.ledger.operation import INTERRUPTIBLE
from tests.builders import add, bought, broken, cost, edit, one_site, operated, served, signed, spot

CHEAP = add(one_site(), *spot("m", 0.4))


@pytest.mark.parametrize(("share", "usd"), [(0.7, 8_200), (1.0, 10_000), (0.0, 4_000)])
def test_only_what_is_not_firm_runs_on_spot(share: float, usd: float) -> None:
    """Proves: at a firm share of 70%, 7 units run on blocks at 1 USD and 3 on spot at 0.4 USD: 8,200 USD.

    A broken rule would give: 4,000 USD whatever the share, or the shares swapped: 5,800 USD at 70%.
    """
    assert cost(edit(CHEAP, Workload, "train", firm_share=share)) == pytest.approx(usd)


def test_on_demand_is_firm() -> None:
    """Proves: capacity that cannot be taken back serves firm work: 10 x 400 USD.

    A broken rule would give: 10,000 USD.
    """
    case = add(one_site(), *spot("m", 0.4, firmness=Firmness.ON_DEMAND))
    assert cost(case) == 4_000


def test_the_share_is_of_what_is_due_after_deferral() -> None:
    """Proves: work that is put off counts where it is done. Half of the work is firm; spot costs 9 USD, then 0.4.

    All 10 units of the first quarter are put off at 0.1 USD per unit-hour (1,000 USD), 20 are due in the second: 10 on
    blocks (10,000 USD), 10 on spot (4,000 USD): 15,000 USD.
    A broken rule would give: 17,000 USD, if only half of the load before deferral could use spot.
    """
    case = add(one_site(10.0, 10.0), *spot("m", 9.0, 0.4))
    changes = {"firm_share": 0.5, "deferral_quarters": 1, "deferral_cost_usd_per_unit_hour": 0.1}
    assert cost(edit(case, Workload, "train", **changes)) == pytest.approx(15_000)


def test_the_check_sees_firm_work_on_spot() -> None:
    """Proves: 4 of 10 units on spot break a firm share of 70%, 3 do not.

    A broken rule would give: no finding.
    """
    case = edit(CHEAP, Workload, "train", firm_share=0.7)

    def on_spot(units: float) -> set[str]:
        loose = operated(INTERRUPTIBLE, units, 0, "train", "home", "h100", "all")
        return broken(case, {**signed("b", 10.0 - units), **bought("m", units), **served(10.0), **loose})

    assert on_spot(3.0) == set()
    assert on_spot(4.0) == {"FIRM-1"}
