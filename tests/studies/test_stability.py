"""Stability of a case whose trees can be solved by hand."""

from collections.abc import Iterator

import numpy as np
import pytest

from optimizer.case.case import Case
from optimizer.case.settings import Objective
from optimizer.case.world import Workload
from optimizer.contracts.block import Block
from optimizer.errors import UnsolvableError, UsageError
from optimizer.request import Request, Step
from optimizer.studies.making import Weigh, Wish
from optimizer.studies.stability import Trial, stability
from optimizer.uncertainty.chance import Scheme
from optimizer.uncertainty.sampler import Sampler
from tests.builders import EXACT, FIRST, add, edit, edit_settings, one_site
from tests.uncertainty.stated import default

WISH = Wish(draws=64, keep=(2,), centred=False, scheme=Scheme.PLAIN)


def newsvendor(**changes: float) -> Case:
    """Sign now, for a quarter that needs 10 GPUs or, in half of the draws, 4; a block costs 3,000, a unit short 5,000.

    The last six blocks are needed in half of the futures: 3,000 > 5,000 / 2, so four are signed, for 12,000 and 30,000
    more where 10 are needed: 27,000 on average.
    """
    case = edit(one_site(0.0, 10.0), Block, "b", sign_until=FIRST, lead_quarters=1, price_usd_per_gpu_hour=3.0)
    half = {"event_probability": 0.5, "event_size": -0.6, **changes}
    drop = default("drop", "demand", "train", **half)
    return add(case, drop)


def high(seed: int, count: int, scheme: Scheme) -> float:
    """Share of draws in which demand stays high."""
    states = Sampler(newsvendor(), seed, scheme).states(range(1, count + 1))
    return float((states[:, 0, -1] == 1.0).mean())


def test_every_figure_is_that_of_the_draws() -> None:
    """Proves: optimum, cost in fresh draws, bias and gap, all by hand from the shares of high demand in the draws.

    In sample: 12,000 + 30,000 x share where less than 6 in 10 are high, else all ten are signed for 30,000. Mirrored
    pairs have one high draw each: 27,000 without error. Gap of a batch: what four blocks cost above the cheaper way.
    """
    found, made = stability(newsvendor(), WISH, Trial(trees=4, fresh=40, batches=5, batch=20), EXACT)
    shares = [high(seed, 64, Scheme.PLAIN) for seed in range(4)]
    by_hand = [min(12_000.0 + 30_000.0 * share, 30_000.0) for share in shares]
    assert [tree.objective for tree in found.trees] == pytest.approx(by_hand)
    assert len({round(value) for value in by_hand}) > 1 and found.deviation == pytest.approx(np.std(by_hand, ddof=1))
    best = found.decisions[0]
    assert best.words == ("sign b in 2027Q1: 4 blocks",)
    assert best.cost.value == pytest.approx(27_000.0) and best.cost.half == pytest.approx(0.0, abs=1e-6)
    assert found.bias == pytest.approx(27_000.0 - np.mean(by_hand))
    batches = [high(4 + 1 + number, 20, Scheme.PLAIN) for number in range(5)]
    gaps = [30_000.0 * max(0.0, share - 0.6) for share in batches]
    assert found.gap is not None and found.gap.batches == pytest.approx(gaps, abs=1e-3)
    assert found.fresh == 40 and not found.interrupted and len(made.grown.leaves) == 2


def test_other_decisions_are_told_apart() -> None:
    """Proves: seeds whose trees see more than 6 in 10 high sign ten blocks; in fresh draws that costs 3,000 more.

    At a probability of 0.4 of the drop, the share of high is about the 6 in 10 at which the decision turns.
    """
    case = newsvendor(event_probability=0.4)
    found, _ = stability(case, WISH, Trial(trees=6, fresh=200, batches=0), EXACT)
    assert {one.words[0] for one in found.decisions} == {"sign b in 2027Q1: 4 blocks", "sign b in 2027Q1: 10 blocks"}
    first, second = found.decisions
    assert first.over_best.value == 0.0 and second.over_best.value >= 0.0
    assert second.cost.value - first.cost.value == pytest.approx(second.over_best.value)
    assert {tree.decision for tree in found.trees} == {0, 1} and found.gap is None
    for tree in found.trees:
        signed = found.decisions[tree.decision].words[0]
        assert (tree.objective == pytest.approx(30_000.0)) == ("10 blocks" in signed)


def test_a_part_may_be_left_out() -> None:
    found, _ = stability(newsvendor(), WISH, Trial(trees=2, fresh=0, batches=3), EXACT)
    assert not found.decisions and found.gap is None and found.fresh == 0 and found.bias is None
    assert [tree.decision for tree in found.trees] == [0, 0]


def test_workers_find_the_same(capfd: pytest.CaptureFixture[str]) -> None:
    """Proves: played by two worker processes, fresh draws cost what they cost in this one."""
    trial = Trial(trees=1, fresh=24, batches=0)
    alone, _ = stability(newsvendor(), WISH, trial, EXACT)
    together, _ = stability(newsvendor(), WISH, trial, Request(gap=0.0, threads=2))
    assert together.decisions == alone.decisions


def test_an_interrupt_keeps_what_was_finished() -> None:
    """Proves: stopped while fresh draws are played, the trees that were solved are told."""

    def stop(event: object) -> None:
        if isinstance(event, Step) and event.name.startswith("playing"):
            raise KeyboardInterrupt

    found, _ = stability(newsvendor(), WISH, Trial(trees=2, fresh=40), EXACT, stop)
    assert found.interrupted and len(found.trees) == 2 and found.fresh == 8


def test_an_interrupt_before_any_tree_is_one() -> None:
    def stop(_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stability(newsvendor(), WISH, Trial(), EXACT, stop)


def refused() -> Iterator[tuple[Case, type[Exception], str]]:
    yield edit_settings(newsvendor(), risk_weight=1.0), UsageError, "measured of expected cost"
    yield edit_settings(newsvendor(), objective=Objective.WORST), UsageError, "measured of expected cost"
    must = edit(newsvendor(), Workload, "train", must_serve=True, shortfall_cost_usd_per_unit_hour=None)
    few = edit(must, Block, "b", max_blocks=5.0)
    yield few, UnsolvableError, "tree 1 of 8 has no plan"


@pytest.mark.parametrize(("case", "error", "words"), list(refused()), ids=["risk", "worst case", "no plan"])
def test_what_cannot_be_measured_is_refused(case: Case, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        stability(case, Wish(draws=64, keep=(2,), weigh=Weigh.ALIKE), Trial(), EXACT)
