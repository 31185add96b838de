"""Rows that whole numbers imply: what they add to the relaxation, by hand."""

from dataclasses import replace

import pytest

from optimizer.case.case import Case
from optimizer.case.world import Placement, Site, Workload
from optimizer.contracts.block import Block
from optimizer.model.arrays import compile_program
from optimizer.model.build import formulate
from optimizer.model.warm import Warm
from tests.builders import add, block, cost, edit, one_site, spot


def relaxed(case: Case) -> float:
    """The cost of the relaxation, USD."""
    form = formulate(case)
    end = Warm(compile_program(form.model)).linear()
    assert end is not None
    return form.usd(end.objective)


def test_half_a_start_is_half_the_offer() -> None:
    """Proves (BLOCK-3): of two rivals of 10 GPU-quarters each, one serves half of 20: 10 x 1,000 + 10 x 5,000, relaxed
    or not.

    Without the row, half of either is signed in both quarters: 10 x 1,000 + 10 x 1,500 = 25,000 relaxed.
    """
    case = edit(one_site(10.0, 10.0), Block, "b", max_blocks=10.0, exclusive_group="rack")
    case = add(case, block("c", max_blocks=10.0, price_usd_per_gpu_hour=1.5, exclusive_group="rack"))
    assert cost(case) == pytest.approx(60_000.0)
    assert relaxed(case) == pytest.approx(60_000.0)


def test_spot_at_a_site_needs_its_share_of_the_place() -> None:
    """Proves (FIRM-2): a cluster that runs at one site, half of it firm, runs where there are blocks: 10 x 1,000.

    Without the row, half of it runs on spot where there is nothing else: 5 x 1,000 + 5 x 400 = 7,000 relaxed.
    """
    case = edit(one_site(), Workload, "train", firm_share=0.5, placement=Placement.ONE_SITE)
    case = add(case, replace(case.get(Site, "home"), site="away"), *spot("m", 0.4, site="away"))
    assert cost(case) == pytest.approx(10_000.0)
    assert relaxed(case) == pytest.approx(10_000.0)
