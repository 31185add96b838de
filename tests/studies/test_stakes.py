"""What uncertainties move the cost by, solved by hand."""

import numpy as np
import pytest

from optimizer.case.world import Workload
from optimizer.contracts.block import Block
from optimizer.errors import UsageError
from optimizer.studies.making import Weigh, Wish, make
from optimizer.studies.stakes import LEAST, stakes
from optimizer.uncertainty.sample import Sample, spread_weights
from optimizer.uncertainty.sampler import Sampler
from tests.builders import add, edit, one_site, spot
from tests.uncertainty.stated import slip, walk


def sample(*rows: object, demand: tuple[float, ...] = (0.0, 10.0, 10.0), draws: int = 400) -> Sample:
    """Demand that is served by blocks of one quarter at 1,000 USD; a market at 3,000 USD that nobody needs."""
    case = add(one_site(*demand), *spot("market", 3.0, 3.0, 3.0), *rows)  # type: ignore[arg-type]
    return Sample.of(Sampler(case, 1), draws)


def test_the_stake_is_the_difference_of_least_costs() -> None:
    """Proves: (STAKE-1): a unit of demand costs 1,000 USD a quarter, so the weight of a factor on 10 units is 10,000.

    The low and the high draw differ by the sum of their factors; where all differences have one sign, the weight is
    exact. A broken rule would give: a price at which nothing is bought as much weight as demand.
    """
    drawn = sample(walk("work", volatility=0.3), walk("price", "spot_price", "market", volatility=0.01))
    found = stakes(drawn)
    work, price = found.each
    totals = drawn.compared(drawn.sampler.starts)[:, 0].sum(axis=1)
    low, high = np.quantile(totals, [0.1, 0.9], method="lower")
    assert work.usd == pytest.approx(10_000.0 * (high - low))
    assert price.usd == pytest.approx(0.0, abs=1e-6)
    assert found.weights[0] <= 10_000.0 + 1e-6
    spread = 1.0 / spread_weights(drawn)
    assert found.weights[1] * spread[1] == pytest.approx(LEAST * found.weights[0] * spread[0])


def test_what_hardly_ever_happens_is_measured_at_its_extremes() -> None:
    """Proves: late in one draw of twenty, both quantiles are on time, and the stake is still that of being late.

    30 blocks signed in 2027Q1 for 2027Q2 come a quarter late: 10 units are short at 5,000 instead of 1,000 USD a unit
    in one quarter, and the blocks of the last quarter serve what is invoiced beyond the horizon.
    """
    case = edit(one_site(0.0, 10.0, 10.0), Block, "b", lead_quarters=1, term_quarters=2, max_blocks=10.0)
    case = add(case, slip("late", "blocks", "b", 0.95, 1.0, column="delay_quarters"))
    drawn = Sample.of(Sampler(case, 1), 200)
    (late,) = stakes(drawn).each
    assert late.usd > 10_000.0


def test_a_case_without_a_plan_at_an_extreme_is_told() -> None:
    """Proves: power of which a signed commitment needs all cannot come late: refused, with a way out."""
    must = edit(one_site(0.0, 10.0, 10.0), Block, "b", max_blocks=12.0)

    case = edit(must, Workload, "train", must_serve=True, shortfall_cost_usd_per_unit_hour=None)
    case = add(case, walk("work", volatility=0.5))
    with pytest.raises(UsageError, match=r"with work the case has no plan.*--weigh alike"):
        stakes(Sample.of(Sampler(case, 1), 300))
    made = make(case, Wish(draws=64, keep=(4,), weigh=Weigh.ALIKE))
    assert made.stakes is None and len(made.grown.leaves) == 4


def test_a_wish_that_fits_no_tree_is_refused() -> None:
    case = add(one_site(0.0, 10.0, 10.0), walk("work", volatility=0.3))
    with pytest.raises(UsageError, match="2 numbers of futures for 1 parting"):
        make(case, Wish(draws=64, keep=(4, 8)))
    with pytest.raises(UsageError, match="none smaller"):
        quarters = case.calendar.quarters
        make(case, Wish(draws=64, keep=(8, 4), partings=(quarters[1], quarters[2])))
