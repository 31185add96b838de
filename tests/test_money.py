"""Money and the calendar, by hand: exact hours, fiscal years, discounting, the tail beyond the horizon."""

import pytest

from optimizer.case.calendar import Calendar
from optimizer.case.case import Case
from optimizer.case.settings import PaymentTiming, Settings
from optimizer.case.world import Site
from optimizer.contracts.block import RESERVED, Block
from optimizer.ledger.decision import Action
from optimizer.ledger.keys import CREDIT, ENERGY, SHORTFALL
from optimizer.rules.money import weight
from optimizer.tables.quarter import Quarter
from tests.builders import FIRST, cost, decision, edit, edit_settings, one_site, replayed_cost
from tests.contracts.ledgers import money

ONE = {decision(Action.SIGN, "b"): 1.0}


def signed(**terms: object) -> Case:
    """One quarter is planned and one GPU at 1 USD per GPU-hour is on offer, on these terms."""
    return edit(one_site(1.0), Block, "b", **terms)


def calendar(**settings: object) -> Calendar:
    return Calendar(Settings(first_quarter=FIRST, quarters=4, **settings))


@pytest.mark.parametrize(
    ("quarter", "hours"),
    [
        ("2027Q1", 2160.0),
        ("2027Q2", 2184.0),
        ("2027Q3", 2208.0),
        ("2027Q4", 2208.0),
        ("2028Q1", 2184.0),
        ("2100Q1", 2160.0),
        ("2000Q1", 2184.0),
    ],
)
def test_hours_of_a_quarter_are_those_of_its_days(quarter: str, hours: float) -> None:
    """Proves: 90 days are 2,160 hours; the first quarter of a leap year has 91, and 2100 is not one.

    A broken rule would give: 2,190 for each (a year of 8,760 hours in four).
    """
    assert calendar().hours(Quarter.parse(quarter)) == hours


def test_hours_of_a_year_add_up() -> None:
    """Proves: 8,760 hours in 2027 and 8,784 in the leap year 2028."""
    for year, hours in ((2027, 8760.0), (2028, 8784.0)):
        assert sum(calendar().hours(Quarter.of(year, number)) for number in (1, 2, 3, 4)) == hours


def test_invoices_follow_the_calendar_unless_hours_are_fixed() -> None:
    """Proves: a GPU at 1 USD per GPU-hour costs 2,160 USD in 2027Q1 and 2,184 in 2028Q1; with 2,190 hours, 2,190.

    A broken rule would give: 2,190 in every quarter, or 2,160 in the leap quarter.
    """
    by_calendar = edit_settings(signed(term_quarters=5), hours_per_quarter=0.0)
    assert money(by_calendar, RESERVED, ONE) == {
        "2027Q1": 2160.0, "2027Q2": 2184.0, "2027Q3": 2208.0, "2027Q4": 2208.0, "2028Q1": 2184.0,
    }  # fmt: skip
    fixed = edit_settings(signed(term_quarters=5), hours_per_quarter=2190.0)
    assert set(money(fixed, RESERVED, ONE).values()) == {2190.0}


@pytest.mark.parametrize(
    ("start_month", "years"),
    [(1, (2027, 2027, 2027, 2027, 2028)), (4, (2027, 2028, 2028, 2028, 2028)),
     (7, (2027, 2027, 2028, 2028, 2028)), (10, (2027, 2027, 2027, 2028, 2028))],
)  # fmt: skip
def test_a_fiscal_year_bears_the_year_in_which_it_ends(start_month: int, years: tuple[int, ...]) -> None:
    """Proves: 2027Q1 to 2028Q1 by fiscal year; from July, fiscal 2028 begins in 2027Q3.

    A broken rule would give: 2027 for 2027Q3 (the year in which it starts), or a year late with month 1.
    """
    days = calendar(fiscal_year_start_month=start_month)
    assert tuple(days.fiscal_year(FIRST + offset) for offset in range(5)) == years


@pytest.mark.parametrize(
    ("timing", "first", "later"),
    [
        (PaymentTiming.START, 1.0, 1.1**-3),
        (PaymentTiming.MIDDLE, 1.1**-0.5, 1.1**-3.5),
        (PaymentTiming.END, 1.1**-1, 1.1**-4),
    ],
)
def test_discounting_counts_quarters_from_the_start_of_the_horizon(
    timing: PaymentTiming, first: float, later: float
) -> None:
    """Proves: (MONEY-1) at 46.41% a year, which is 10% a quarter, 1 USD in the fourth quarter is worth 1.1^-3 at its
    start (0.7513), 1.1^-3.5 in its middle (0.7164), 1.1^-4 at its end (0.6830).

    A broken rule would give: 1 / (1 + 0.4641 x 3 / 4) = 0.7418 (simple interest), or 1.4641^-3 = 0.3186 (years for
    quarters).
    """
    days = calendar(discount_rate=1.1**4 - 1.0, payment_timing=timing)
    assert days.discount(FIRST) == pytest.approx(first, rel=1e-12)
    assert days.discount(FIRST + 3) == pytest.approx(later, rel=1e-12)


def test_the_objective_is_discounted() -> None:
    """Proves: one GPU at 1,000 USD a quarter for two quarters, paid at the end at 10% a quarter: 909.09 + 826.45.

    A broken rule would give: 2,000 (not discounted) or 1,909.09 (paid at the start).
    """
    case = edit(one_site(1.0, 1.0), Block, "b", term_quarters=2)
    case = edit_settings(case, discount_rate=1.1**4 - 1.0, payment_timing=PaymentTiming.END)
    assert cost(case) == pytest.approx(1000 / 1.1 + 1000 / 1.21, abs=1e-6)


@pytest.mark.parametrize(("tail", "dollars"), [(1.0, 1000.0), (0.5, 2500.0), (0.0, 4000.0)])
def test_service_invoiced_beyond_the_horizon_counts_without_its_tail_value(tail: float, dollars: float) -> None:
    """Proves: (MONEY-4) four invoices of 1,000 USD, one of them within the horizon: with a tail value of 1 the other
    three are worth their price and cost nothing; with 0.5 they cost half; with 0 all.

    A broken rule would give: 4,000 whatever the tail value, or 0.5 x 4,000 = 2,000 (the tail value on all of it).
    """
    case = edit_settings(signed(term_quarters=4), tail_value=tail)
    assert cost(case) == pytest.approx(dollars, abs=1e-6)


def test_energy_beyond_the_horizon_is_service_too() -> None:
    """Proves: 1 kW for 1,000 hours at 100 USD per MWh is 100 USD a quarter; with a tail value of 0.5 the second
    quarter counts half: 1,000 + 100 + 0.5 x 1,100 = 1,650.

    A broken rule would give: 1,700 (energy in full) or 1,600 (energy forgotten beyond the horizon).
    """
    case = edit(signed(term_quarters=2, energy_included=False), Site, "home", energy_price_usd_per_mwh=100.0)
    case = edit_settings(case, tail_value=0.5)
    assert money(case, ENERGY, ONE) == {"2027Q1": 100.0, "2027Q2": 100.0}
    assert replayed_cost(case, ONE) == pytest.approx(1650.0)


def test_credits_beyond_the_horizon_count_in_full() -> None:
    """Proves: of 4,000 USD half is prepaid, and credited from the second quarter on, beyond the horizon. With a tail
    value of 1 the service left is worth its price of 3,000, and 2,000 of it is paid already: 1,000 + 2,000 - 2,000.

    A broken rule would give: 3,000 (credits fade with the tail), a plan that never prepays.
    """
    case = signed(term_quarters=4, prepayment_share=0.5, credit_after_quarters=1)
    assert replayed_cost(case, ONE) == pytest.approx(1000.0)
    assert replayed_cost(edit_settings(case, tail_value=0.0), ONE) == pytest.approx(4000.0)


def test_only_service_fades_beyond_the_horizon() -> None:
    """Proves: what a dollar weighs after a horizon of four quarters, for money that pays for service and money that
    does not."""
    case = edit_settings(one_site(1.0, 1.0, 1.0, 1.0), tail_value=0.75)
    assert weight(case, RESERVED, FIRST + 3) == 1.0
    assert weight(case, RESERVED, FIRST + 4) == 0.25
    assert weight(case, CREDIT, FIRST + 4) == 1.0
    assert weight(case, SHORTFALL, FIRST + 4) == 1.0
