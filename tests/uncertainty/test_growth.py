"""Trees grown from draws: bundles, what stands for them, and the rows they become."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from optimizer.case.case import Case
from optimizer.case.scenario import Scenario
from optimizer.case.uncertainty import Correlation, Process
from optimizer.case.world import Demand, SitePower
from optimizer.contracts.block import Block
from optimizer.contracts.spot import SpotPrice
from optimizer.errors import InputError, UsageError
from optimizer.futures.check import check_futures
from optimizer.futures.future import futures
from optimizer.futures.shock import Change
from optimizer.studies.making import Wish, make
from optimizer.uncertainty.chance import Scheme
from optimizer.uncertainty.check import check_uncertainty
from optimizer.uncertainty.growth import Grown, _like, centred, grow, stages
from optimizer.uncertainty.process import expected
from optimizer.uncertainty.quality import Stake, Stakes, quality
from optimizer.uncertainty.reduction import Method
from optimizer.uncertainty.sample import MOST, Sample, spread_weights
from optimizer.uncertainty.sampler import Sampler, drawn
from optimizer.uncertainty.scenarios import name, origins, paths, with_tree
from optimizer.uncertainty.target import shocks
from tests.builders import FIRST, add, edit, power
from tests.uncertainty.stated import default, plain, reversion, slip, walk

CASE = add(
    edit(plain(6), Block, "b", lead_quarters=1),
    walk("work", volatility=0.5),
    reversion("price", "spot_price", "market", reversion_speed=1.0, volatility=0.4),
    slip("power", "site_power", "home", 0.6, 0.8, 1.0),
    slip("late", "blocks", "b", 0.7, 1.0, column="delay_quarters"),
    default("dark", "spot_limit", "market", event_probability=0.1, event_size=-1.0),
    Correlation("work", "price", 0.5),
)
PARTINGS = (FIRST + 1, FIRST + 3, FIRST + 4)


def grown(
    case: Case = CASE, partings: tuple = PARTINGS, keep: tuple[int, ...] = (3, 7, 15), draws: int = 300,  # type: ignore[type-arg]
    method: Method = Method.FORWARD,
) -> Grown:  # fmt: skip
    """A tree, all uncertainties weighed alike."""
    sample = Sample.of(Sampler(case, 1), draws)
    return grow(sample, spread_weights(sample), partings, keep, method)


def free(case: Case) -> Case:
    """The case without the default, which is expected to have happened to some before a late parting."""
    return Case(tuple(row for row in case.records if row.name != "dark"))


@pytest.mark.parametrize("method", list(Method), ids=lambda method: method.value)
def test_a_tree_passes_every_check_and_each_leaf_is_its_case(method: Method) -> None:
    """Proves: the case of each scenario, as its shocks make it, is the drawn states of its leaf, quarter by quarter.

    A broken rule would give: a child with the factors of its parent on top, or power that is late twice.
    """
    found = grown(method=method)
    case = with_tree(CASE, found)
    assert not list(check_futures(case))
    assert len(case.of(Scenario)) == 15 and sum(row.probability for row in case.of(Scenario)) == pytest.approx(1.0)
    for future, leaf in zip(futures(case), found.leaves, strict=True):
        assert future.name == name(found, leaf.label) and future.probability == pytest.approx(leaf.probability)
        work, price, late, delay, dark = leaf.states
        assert future.case.get(Demand, "train").units.values == pytest.approx(10.0 * np.arange(1, 7) * work, rel=1e-5)
        assert future.case.get(SpotPrice, "market").usd_per_gpu_hour.values == pytest.approx(2.0 * price, rel=1e-5)
        there = [float(t + 1 - min(n, t)) for t, n in enumerate(late)]
        assert future.case.get(SitePower, "home").energised_mw.values == pytest.approx(there)
        signed = future.case.get(Block, "b").as_signed(future.case, FIRST)
        assert signed.delay_quarters == delay[-1]
        limits = next(row for row in future.case.records if row.TABLE.name == "spot_limit").gpus.values
        assert limits == pytest.approx(5.0 * dark, rel=1e-5)


def test_the_tree_parts_where_it_says() -> None:
    """Proves: 1 node up to the first parting, 3, 7 and 15 from each on; bundles are nested, the likeliest first."""
    found = grown()
    case = with_tree(CASE, found)
    counts = [len(case.tree.at(FIRST + number)) for number in range(6)]
    assert counts == [1, 3, 3, 7, 15, 15]
    labels = [leaf.label for leaf in found.leaves]
    assert labels == sorted(labels) and len(set(labels)) == 15
    for stage in range(3):
        sizes: dict[tuple[int, ...], float] = {}
        for leaf in found.leaves:
            sizes[leaf.label[: stage + 1]] = sizes.get(leaf.label[: stage + 1], 0.0) + leaf.probability
        for one, other in pairwise(sorted(sizes)):
            assert one[:-1] != other[:-1] or sizes[one] >= sizes[other]


def test_what_has_not_parted_is_the_same() -> None:
    """Proves: leaves of one bundle have one state up to the next parting: nothing is known before it shows."""
    found = grown()
    for stage, end in enumerate((3, 4, 6)):
        known: dict[tuple[int, ...], np.ndarray] = {}
        for leaf in found.leaves:
            series = leaf.states[[0, 1, 2, 4], :end]
            assert np.array_equal(known.setdefault(leaf.label[: stage + 1], series), series)
    delays = {leaf.label[0]: leaf.states[3, -1] for leaf in found.leaves}
    assert all(leaf.states[3, -1] == delays[leaf.label[0]] for leaf in found.leaves)


def test_each_leaf_has_the_quarters_of_drawn_futures() -> None:
    """Proves: in each stage a leaf is the draw that stands for its bundle, to the last digit, and says which."""
    found = grown()
    for leaf in found.leaves:
        for draw, since, until in zip(leaf.draws, (1, 3, 4), (3, 4, 6), strict=True):
            states = found.sample.states[draw - 1]
            assert np.array_equal(leaf.states[[0, 1, 2, 4], since:until], states[[0, 1, 2, 4], since:until])
    members = np.bincount(found.stands)
    assert [leaf.probability * 300 for leaf in found.leaves] == pytest.approx(members)
    told = origins(found)
    first = found.leaves[0]
    numbers = ", then ".join(map(str, first.draws))
    assert told[Scenario, name(found, first.label)] == f"draw {numbers}; stands for {members[0]} of 300 draws"


def test_a_fan_is_the_kept_draws_themselves() -> None:
    """Proves: with one parting, the case of each scenario is the case of its draw."""
    found = grown(partings=(FIRST + 1,), keep=(5,))
    for future, leaf in zip(futures(with_tree(CASE, found)), found.leaves, strict=True):
        case = drawn(CASE, found.sample.sampler.draw(leaf.draws[0]))
        for row in case.of(Demand):
            assert future.case.get(Demand, row.name).units.values == pytest.approx(row.units.values, rel=1e-5)


def test_keeping_every_draw_loses_nothing() -> None:
    """Proves: the distance is 0 and the moments are equal where all draws are kept; one future keeps the least."""
    all_kept = grown(partings=(FIRST + 1,), keep=(40,), draws=40)
    weights = spread_weights(all_kept.sample)
    full = quality(all_kept, weights)
    assert full.distance == pytest.approx(0.0) and full.kept == pytest.approx(1.0)
    for one in full.each:
        assert one.draws.mean == pytest.approx(one.tree.mean) and one.draws.high == pytest.approx(one.tree.high)
    assert full.correlation_error == pytest.approx(0.0, abs=1e-12)
    few = [quality(grown(partings=(FIRST + 1,), keep=(k,), draws=40), weights).distance for k in (1, 5, 20)]
    assert few == sorted(few, reverse=True) and few[-1] > 0.0


def test_a_centred_tree_has_the_expected_mean() -> None:
    """Proves: the mean of each walk and reversion is what is expected, in each quarter; lateness stays as drawn."""
    rows = (
        walk("work", volatility=0.5, growth=0.3),
        reversion("price", "spot_price", "market", reversion_speed=1.0, volatility=0.4, level=0.7),
        slip("power", "site_power", "home", 0.6, 0.8, 1.0),
    )
    case = add(plain(6), *rows)
    raw = grown(case, PARTINGS, (3, 6, 12))
    found = centred(raw)
    shares = np.array([leaf.probability for leaf in found.leaves])
    ages = np.arange(1, 6)
    for number, row in enumerate(rows[:2]):
        assert shares @ paths(found)[:, number, 1:] == pytest.approx(expected(row, False, ages))
        assert shares @ paths(raw)[:, number, 1:] != pytest.approx(expected(row, False, ages), rel=1e-4)
    assert np.array_equal(paths(found)[:, 2], paths(raw)[:, 2])
    assert not list(check_futures(with_tree(case, found)))


def test_a_centred_tree_spreads_as_the_draws() -> None:
    """Proves: (TREE-3): standard deviation over mean of each walk and reversion is that of the draws, in each
    quarter; the order of the futures stays.
    """
    raw = grown(CASE, (FIRST + 1,), (12,))
    found = centred(raw)
    shares = np.array([leaf.probability for leaf in found.leaves])
    for number, aim in enumerate(raw.sample.sampler.targets):
        if aim.stated.process not in (Process.WALK, Process.REVERSION) or aim.stated.event_probability:
            continue
        for column in range(max(1, raw.sample.sampler.starts[number]), 6):
            drawn_, kept = raw.sample.states[:, number, column], paths(found)[:, number, column]
            mean = shares @ kept
            deviation = np.sqrt(shares @ (kept - mean) ** 2)
            assert deviation / mean == pytest.approx(drawn_.std() / drawn_.mean(), rel=1e-6)
            assert np.array_equal(np.argsort(kept), np.argsort(paths(raw)[:, number, column]))


@pytest.mark.parametrize(
    ("factors", "variation", "power"),
    [((0.5, 2.0), 100.0, 3.0), ((0.5, 2.0), 0.0, 1.0 / 3.0), ((0.0, 1.0), 0.5, 1.0 / 3.0), ((4.0, 4.0), 0.5, 1.0)],
)
def test_what_is_kept_is_not_stretched_beyond_reason(
    factors: tuple[float, ...], variation: float, power: float
) -> None:
    """Proves: the power stays between 1/3 and 3; nothing, and what does not vary, is no division by 0."""
    found = _like(np.array(factors), np.array([0.5, 0.5]), variation)
    raised = np.array(factors) ** power
    assert found == pytest.approx(raised / raised.mean())
    assert _like(np.zeros(2), np.array([0.5, 0.5]), variation).tolist() == [1.0, 1.0]


def test_what_a_future_does_to_the_cost() -> None:
    """Proves: (EFFECT-1) by hand, with the sign of the stake; deviations are by probability.

    A broken rule would give: power that comes late as a saving.
    """
    rows = (walk("work", volatility=0.5), slip("power", "site_power", "home", 0.6, 1.0))
    sample = Sample.of(Sampler(add(plain(4), *rows), 1), 60)
    weights = np.array([3.0, 8.0])
    tree = grow(sample, weights, (FIRST + 1,), (4,), Method.FORWARD)
    stakes = Stakes((Stake("work", 1.0, 2.0), Stake("power", 5.0, 2.0)), weights)
    effects = quality(tree, weights, stakes).effects
    assert effects is not None
    late = sample.states[:, 1, -1]
    by_hand = 3.0 * (sample.states[:, 0, 1:] - 1.0).sum(axis=1) + 8.0 * 0.75 * late
    d = sample.discounts
    assert d.tolist() == [1.0] * 4
    assert effects.drawn == pytest.approx(by_hand)
    assert effects.of_draws.deviation == pytest.approx(by_hand.std())
    assert effects.kept == pytest.approx([by_hand[leaf.draws[0] - 1] for leaf in tree.leaves])
    assert effects.spread == pytest.approx(effects.of_tree.deviation / by_hand.std())
    assert quality(tree, weights).effects is None


def test_what_happens_in_no_kept_future_is_told() -> None:
    """Proves: lateness in few draws is lost in a tree of two; its correlation is no error of those that vary."""
    rows = (walk("work", volatility=0.5), slip("power", "site_power", "home", 0.9, 1.0))
    sample = Sample.of(Sampler(add(plain(4), *rows), 3), 60)
    weights = np.array([1.0, 1e-6])
    few, all_kept = (grow(sample, weights, (FIRST + 1,), (k,), Method.FORWARD) for k in (2, 60))
    assert quality(few, weights).lost == ("power",) and quality(few, weights).correlation_error < 1e-9
    assert quality(all_kept, weights).lost == ()


def test_what_ended_in_the_parent_may_go_on_in_the_child() -> None:
    """Proves: where the market is dark in the leaf that another branches from, the other gets its limits by value."""
    aim = Sampler(CASE, 1).targets[4]
    mine, dark = np.array([1.0, 1.0, 1.0, 0.5, 0.5, 1.0]), np.array([1.0, 1.0, 1.0, 0.0, 0.0, 1.0])
    back = list(shocks(CASE, aim, "child", mine, FIRST + 3, dark))
    assert [(row.change, row.value, row.row, row.since) for row in back] == [
        (Change.SET, 2.5, "market", FIRST + 3),
        (Change.SET, 2.5, "market", FIRST + 4),
    ]
    (gone,) = shocks(CASE, aim, "child", dark, FIRST + 3, mine)
    assert (gone.change, gone.value, gone.since, gone.until) == (Change.MULTIPLY, 0.0, FIRST + 3, FIRST + 4)


def test_a_term_that_is_nothing_in_the_parent_is_there_again_in_the_child() -> None:
    """Proves: where a price falls to nothing in 70 % of the futures, those in which it stays branch from one in which
    it fell, and have it in every quarter of signing as the case says it.

    A broken rule would give: a division by the factor 0 of the one they branch from.
    """
    free = default(
        "free", "blocks", "b", column="price_usd_per_gpu_hour", event_probability=0.7, event_size=-1.0, since=FIRST + 3
    )
    case = add(edit(plain(6), Block, "b", price_usd_per_gpu_hour=1.5), walk("work", volatility=0.5), free)
    found = grown(case, (FIRST + 1, FIRST + 3), (3, 7))
    tree = with_tree(case, found)
    back = [leaf for leaf in found.leaves if leaf.parent and leaf.states[1, -1] == 1.0]
    assert back and not list(check_futures(tree))
    for future, leaf in zip(futures(tree), found.leaves, strict=True):
        terms = [future.case.get(Block, "b").as_signed(future.case, FIRST + at) for at in range(6)]
        assert [term.price_usd_per_gpu_hour for term in terms] == [1.5] * 3 + [1.5 * leaf.states[1, -1]] * 3


def test_stages_grow_by_the_same_factor() -> None:
    assert stages(50, 1) == (50,)
    assert stages(64, 3) == (4, 16, 64)
    assert stages(1, 2) == (1, 1)


@pytest.mark.parametrize(
    ("partings", "words"),
    [
        ((FIRST + 3, FIRST + 1), "in order"),
        ((FIRST + 1, FIRST + 1), "in order"),
        ((FIRST,), "show in 2027Q2 to 2028Q2"),
        ((FIRST + 6,), "show in 2027Q2 to 2028Q2"),
        ((FIRST + 2,), "power is expected to move from 2027Q2 on"),
    ],
)
def test_partings_that_cannot_be(partings: tuple, words: str) -> None:  # type: ignore[type-arg]
    """Proves: partings out of order, before anything shows, after the end, or after something is expected to move."""
    with pytest.raises(UsageError, match=words):
        grown(free(CASE), partings, (3,) * len(partings))


@pytest.mark.parametrize("wish", [Wish(partings=(FIRST + 3, FIRST + 1)), Wish(partings=(FIRST + 1,), keep=(3, 2))])
def test_a_wish_that_cannot_be_met_is_told_before_anything_is_drawn(wish: Wish) -> None:
    """Proves: no future is drawn and no uncertainty weighed, which takes two searches each, to tell so."""
    said: list[object] = []
    with pytest.raises(UsageError):
        make(CASE, wish, said.append)
    assert not said


def test_what_becomes_known_after_the_last_parting_is_refused() -> None:
    late = slip("late", "blocks", "b", 0.7, 1.0, column="delay_quarters", since=FIRST + 4)
    case = add(plain(6), walk("work", volatility=0.5), late)
    with pytest.raises(UsageError, match="late becomes known in 2028Q1, after the last parting"):
        grown(case, (FIRST + 1,), (3,))
    found = grown(case, (FIRST + 1, FIRST + 4), (2, 6))
    assert all(leaf.states[1, -1] in (0.0, 1.0) for leaf in found.leaves)
    assert not list(check_futures(with_tree(case, found)))


def test_a_tree_that_tells_the_future_is_refused() -> None:
    """Proves: power at a site whose system is signed before the parting and comes late by its date tells too early."""
    case = add(
        edit(plain(6), Block, "b", sign_until=FIRST), slip("until", "blocks", "b", 0.5, 1.0, column="sign_until")
    )
    with pytest.raises(InputError, match="before"):
        with_tree(case, grown(case, (FIRST + 1,), (2,)))


def test_too_many_draws_are_refused() -> None:
    with pytest.raises(UsageError, match="too many to compare"):
        Sample.of(Sampler(CASE, 1), MOST + 1)


def test_one_future_more_than_draws_is_all_of_them() -> None:
    found = grown(partings=(FIRST + 1,), keep=(50,), draws=8)
    assert len(found.leaves) <= 8


def test_distances_are_weighted_and_discounted_sums() -> None:
    """Proves: (APART-1) by hand: |difference of factors| x weight x discount factor, summed."""
    case = add(plain(3), walk("work", volatility=0.5), walk("price", "spot_price", "market", volatility=0.5))
    settings = replace(case.settings, discount_rate=0.21)
    case = Case(tuple(settings if row is case.settings else row for row in case.records))
    sample = Sample.of(Sampler(case, 1, Scheme.ANTITHETIC), 4)
    weights = np.array([3.0, 5.0])
    found = sample.distances(weights, (1, 1), 1, 3)
    d = np.array([1.21 ** -((t + 0.5) / 4.0) for t in range(3)])
    one, other = sample.states[0], sample.states[2]
    by_hand = sum(w * abs(one[u, t] - other[u, t]) * d[t] for u, w in enumerate(weights) for t in (1, 2))
    assert found[0, 2] == pytest.approx(by_hand) and found[2, 0] == found[0, 2] and found[1, 1] == 0.0


def test_late_power_is_as_far_as_the_power_that_is_missing() -> None:
    """Proves: of 1, 2, 3, 4 MW, a quarter late lacks 1/4 of the most each time, two late 1/4, 2/4 and 2/4."""
    case = add(plain(4), slip("power", "site_power", "home", 0.4, 0.7, 1.0))
    sample = Sample.of(Sampler(case, 1), 60)
    late = sample.states[:, 0, -1]
    zero, one, two = (int(np.flatnonzero(late == n)[0]) for n in (0, 1, 2))
    apart = sample.distances(np.ones(1), (1,), 1, 4)
    assert apart[zero, one] == pytest.approx(0.75)
    assert apart[zero, two] == pytest.approx(0.25 + 0.5 + 0.5)


def test_several_rows_slip_together() -> None:
    """Proves: * on two sites moves both by the same quarters, each from its own values."""
    case = add(plain(4), power("away", 5.0, 6.0, 7.0, 8.0), slip("power", "site_power", "*", 0.5, 1.0))
    sampler = Sampler(case, 1)
    number = next(n for n in range(1, 50) if sampler.states([n])[0, 0, -1] == 1.0)
    future = drawn(case, sampler.draw(number))
    assert future.get(SitePower, "home").energised_mw.values == (1.0, 1.0, 2.0, 3.0)
    assert future.get(SitePower, "away").energised_mw.values == (5.0, 5.0, 6.0, 7.0)


def test_a_case_with_one_quarter_left_has_nothing_to_draw() -> None:
    """Proves: what would show in the quarter after the last never shows: drawing does no harm, a tree is none."""
    case = add(plain(1), walk("work", volatility=0.5), slip("late", "blocks", "b", 0.5, 1.0, column="delay_quarters"))
    assert not list(check_uncertainty(case))
    assert not Sampler(case, 1).draw(1).shocks
    with pytest.raises(UsageError, match="nothing shows before 2027Q2"):
        grown(case, (FIRST + 1,), (3,))
