"""Parts of the trunks: multipliers that bounds of bundles begin with."""

import numpy as np

from optimizer.case.world import Workload
from optimizer.decompose.bundle import cut
from optimizer.decompose.lshaped import LShaped
from optimizer.decompose.master import Row
from optimizer.decompose.part import Bound
from optimizer.decompose.pricing import Pricing
from optimizer.decompose.region import Bounding, Region
from optimizer.decompose.worker import Workshop
from optimizer.model.outcome import SolveOptions
from tests.builders import edit
from tests.decompose.inline import inline
from tests.futures.branching import newsvendor


def test_a_bundle_that_cannot_carry_a_trunk_on_keeps_its_multiplier() -> None:
    """Proves: where all must be served, a trunk that signs nothing is out of reach in both halves: no relaxation has a
    multiplier there, and bounds begin with those of the part, where the relaxation is held up by nothing of theirs.

    A broken rule would give: a search that ends in the midst of splitting for want of a multiplier.
    """
    case = edit(newsvendor(), Workload, "train", must_serve=True, shortfall_cost_usd_per_unit_hour=None)
    whole = cut(case)
    with inline(Workshop(case, whole.quarter), 1) as fleet:
        search = LShaped(whole, fleet, SolveOptions(gap=1e-6), lambda _: None)  # type: ignore[arg-type]
        described = search._described()
        assert described is not None
        master = described.bare()
        pricing = Pricing(search.search, master, search.crew)
        bounding = Bounding(search.search, master, search.crew, pricing, lambda _: None)
        last = {number: Bound(0.0, np.full(len(view.columns), 7.0)) for number, view in enumerate(master.views)}
        floors = tuple(Row(0.0, np.array([master.size + group]), np.ones(1), {}) for group in range(len(master.groups)))
        part = Region(master.box, floors, 0.0, 1.0, np.zeros(master.size), last)
        found = bounding._gradients(part, np.zeros(master.size))
    assert found is not None and sorted(found) == [0, 1]
    assert all((found[number] == 7.0).all() for number in found)
