"""Powered-shell leases: pay by the kW and month for power in which owned accelerators run."""

import pytest

from optimizer.case.case import Case
from optimizer.contracts.block import Block
from optimizer.contracts.purchase import Purchase
from optimizer.contracts.shell import ShellLease
from optimizer.ledger.decision import Action
from tests.builders import add, drop, edit_settings, one_site, power, solved


def case_with_shell(**terms: object) -> Case:
    """Ten GPUs of 1 kW are wanted where no power is; they can be owned for 2,000 USD and housed in a leased shell."""
    case = add(drop(one_site(10.0, 10.0), Block, "b"), power("home", 0.0, 0.0))
    owned = Purchase(
        supplier="acme", purchase="own", site="home", accelerator="h100", gpus_per_unit=1.0, max_units=20.0,
        capex_usd_per_gpu=2000.0, life_quarters=2,
    )  # fmt: skip
    shell = ShellLease(
        supplier="acme", shell="hall", site="home", it_mw_per_unit=0.005, max_units=4.0, term_quarters=2,
        rent_usd_per_kw_month=100.0, **terms,
    )  # fmt: skip
    return add(case, owned, shell)


def test_rent_is_paid_for_the_power_that_owned_gpus_need() -> None:
    """Proves: 10 GPUs x 1 kW need 2 halls of 5 kW; rent 2 x 5 kW x 3 months x 100 USD x 2 quarters = 6,000 USD;
    with capex 20,000 USD the plan costs 26,000 USD.

    A broken rule would give: 20,000 (rent not posted), 22,000 (rent of one month a quarter), 100,000 (shell power not
    counted, everything short: 10 units x 2,000 h x 5 USD).
    """
    plan = solved(case_with_shell())
    assert plan.result.objective == pytest.approx(26_000.0, abs=0.005)
    assert plan.decided.until("hall", Action.SIGN, plan.case.calendar.end) == 2.0


def test_a_late_shell_leaves_the_first_quarter_short() -> None:
    """Proves: handed over a quarter late, 10 units x 1,000 h x 5 USD are short, and the term still costs 6,000 USD
    of rent, half of it beyond the horizon, where a tail value of 1 makes it neutral: 3,000 USD count.

    GPUs ordered in the second quarter: capex 20,000 USD, half their life is left, worth 10,000 USD at the horizon.
    50,000 + 3,000 + 20,000 - 10,000 = 63,000 USD. A broken rule would give: 66,000 (tail counted in full).
    """
    plan = solved(edit_settings(case_with_shell(lead_quarters=1), tail_value=1.0))
    assert plan.result.objective == pytest.approx(63_000.0, abs=0.005)


def test_rent_rises_on_the_anniversary() -> None:
    """Proves: with 10 % a year the fifth quarter costs 1.1 x the first: kW-months 15 x 100 USD = 1,500, then 1,650."""
    case = case_with_shell()
    lease = ShellLease(
        supplier="acme", shell="long", site="home", it_mw_per_unit=0.005, max_units=1.0, term_quarters=5,
        rent_usd_per_kw_month=100.0, escalator=0.1,
    )  # fmt: skip
    decision = next(lease.decisions(case))
    rent = [p.coefficient for p in decision.postings if type(p.key).__name__ == "Cash"]
    assert rent == pytest.approx([1500.0] * 4 + [1650.0])
