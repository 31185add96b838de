"""The past drawn again, and the past stated in a case."""

from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pytest

from optimizer.case.case import Case
from optimizer.case.uncertainty import Correlation, PastValue, Process, Uncertainty
from optimizer.errors import InputError, UsageError
from optimizer.uncertainty.check import check_uncertainty
from optimizer.uncertainty.estimate import Estimated, Pair
from optimizer.uncertainty.fitting import Move, _coefficients, fitted
from optimizer.uncertainty.history import Every, read_history
from optimizer.uncertainty.resample import Past
from optimizer.uncertainty.sampler import Sampler, draws
from tests.builders import FIRST, add
from tests.uncertainty.stated import past, plain, walk

GCP = Path(__file__).resolve().parents[2] / "data" / "history" / "gcp_gpu_spot.csv"


def values(series: str, *numbers: float) -> tuple[PastValue, ...]:
    """Values of the quarters up to the last before the case."""
    first = FIRST + -len(numbers)
    return tuple(PastValue(series, first + at, number) for at, number in enumerate(numbers))


A = values("a", 1.0, 2.0, 1.0, 1.5, 1.5, 3.0)
B = values("b", 4.0, 2.0, 5.0, 5.0, 6.0, 9.0)
BOTH = add(plain(5), *A, *B, past("work", past="a"), past("price", "spot_price", "market", past="b"))


def test_only_changes_of_the_past_are_drawn_and_together() -> None:
    """Proves: every drawn change is one of the past up to one factor a quarter, and both series take the same quarter.

    A broken rule would give: 25 pairs of changes, were the series drawn apart; there are five.
    """
    state = Sampler(BOTH, 1).states(range(1, 400))
    before = np.concatenate([np.ones((399, 2, 1)), state[:, :, 1:-1]], axis=2)
    changes = state[:, :, 1:] / before
    known = Past.of(BOTH).changes
    assert known[:, 0] == pytest.approx([2.0, 0.5, 1.5, 1.0, 2.0])
    for quarter in range(4):
        pairs = {tuple(pair) for pair in np.round(changes[:, :, quarter], 9)}
        assert len(pairs) == 5
        scale = np.array([max(one for one, _ in pairs) / 2.0, max(other for _, other in pairs) / 2.5])
        assert {tuple(np.round(np.array(pair) / scale, 6)) for pair in pairs} == {
            tuple(np.round(row, 6)) for row in known
        }


def test_stretches_are_as_long_as_is_said() -> None:
    """Proves: with a mean stretch of 4, a quarter is followed by the next of the past in 3/4 + 1/4 x 1/5 of cases."""
    case = add(plain(9), *A, past("work", past="a", stretch_quarters=4.0))
    sampler = Sampler(case, 1)
    chances = sampler.chances.of(range(1, 3001))
    drawn = sampler.past.factors(sampler.stated[0], 0, chances[:, 0, 1], chances[:, 0, 2])
    known = sampler.past.changes[:, 0]
    ratios = drawn[:, 1:] / drawn[:, :-1]
    scaled = ratios / (ratios.max(axis=0) / known.max())
    rare = np.isclose(scaled[:, :-1], 1.5)
    follows = np.isclose(scaled[:, 1:], 1.0)[rare].mean()
    assert follows == pytest.approx(0.75 + 0.25 / 5.0, abs=5.0 * np.sqrt(0.16 / rare.sum()))


def test_the_mean_is_what_is_said() -> None:
    """Proves: (PAST-2): whatever the past did, the mean of the factor is the growth that is stated, exactly.

    All paths of three quarters over five changes, each with its probability, by brute force.
    """
    row = past("work", past="a", stretch_quarters=2.0, growth=0.21)
    case = add(plain(4), *A, row)
    resampling, known = Past.of(case), Past.of(case).changes[:, 0]
    means = resampling._means(known, row, 3)
    by_hand = 0.0
    for path in product(range(5), repeat=3):
        chance = 0.2
        for one, other in pairwise(path):
            chance *= 0.5 / 5.0 + (0.5 if other == (one + 1) % 5 else 0.0)
        by_hand += chance * float(np.prod(known[list(path)]))
    assert means[2] == pytest.approx(by_hand)
    state = Sampler(case, 1).states(range(1, 20_001))[:, 0, 1:]
    error = state.std(axis=0, ddof=1) / np.sqrt(20_000)
    assert np.all(np.abs(state.mean(axis=0) - 1.21 ** (np.arange(1, 4) / 4.0)) <= 5.0 * error)


@pytest.mark.parametrize(
    ("rows", "column", "words"),
    [
        ((past("u", past="z"),), "past", "z"),
        ((*values("c", 1.0, 2.0, 1.0), past("u", past="c")), "past", "2 quarters"),
        ((past("u", past="a"), past("v", past="b", stretch_quarters=3.0)), "stretch_quarters", "3 where u has 2"),
        ((past("u", past="a"), walk("w", volatility=0.1, moves_with="u")), "moves_with", "u"),
        ((past("u", past="a"), walk("w", volatility=0.1), Correlation("w", "u", 0.5)), "second", "u"),
    ],
)  # fmt: skip
def test_a_past_that_cannot_be_drawn_from(rows: tuple[object, ...], column: str, words: str) -> None:
    found = [problem for _, problem in check_uncertainty(add(plain(), *A, *B, *rows))]  # type: ignore[arg-type]
    assert [problem.column for problem in found] == [column]
    assert words in found[0].found


def test_a_blank_series_is_refused() -> None:
    row = past("u", past="")
    assert [problem.column for problem in row.problems(add(plain(), row))] == ["past"]
    idle = walk("u", volatility=0.1, past="a")
    assert [problem.column for problem in idle.problems(add(plain(), idle))] == ["past"]


MOVES = [
    Move.parse("h100_us_central1=spot_price/market"),
    Move.parse("a100_80gb_us_central1=blocks.price_usd_per_gpu_hour/*"),
]


def fit_into(case: Case, process: Process | None = None, trend: bool = False) -> Case:
    found = fitted(case, read_history(GCP, Every.QUARTER), MOVES, process, trend)
    assert not list(check_uncertainty(found.case))
    return found.case


@pytest.mark.parametrize("process", [None, Process.PAST])
def test_draws_from_the_history_of_gpu_prices_rise_and_fall(process: Process | None) -> None:
    """Proves: stated from the shipped history, as walks or as the past itself, prices go up and down again in draws.

    Of 200 draws over 11 quarters, at least nine in ten both rise by 5 % in some quarter and fall by 5 % in another, and
    the end is above the beginning in some and below in others.
    """
    sampler = Sampler(fit_into(plain(12), process), 7)
    h100 = sampler.states(range(1, 201))[:, 0]
    changes = h100[:, 1:] / h100[:, :-1]
    both = ((changes > 1.05).any(axis=1) & (changes < 0.95).any(axis=1)).mean()
    assert both >= 0.9
    above = (h100[:, -1] > 1.0).mean()
    assert 0.1 < above < 0.9
    assert next(iter(draws(fit_into(plain(12), process), 1, 7))).shocks


def test_parameters_are_stated_with_where_they_come_from() -> None:
    found = fitted(plain(), read_history(GCP, Every.QUARTER), MOVES, None)
    h100, a100 = found.case.of(Uncertainty)
    assert (h100.uncertainty, h100.process, h100.volatility, h100.growth) == (
        "h100_us_central1",
        Process.WALK,
        0.5549,
        0.0,
    )
    assert (a100.table, a100.row, a100.column) == ("blocks", "*", "price_usd_per_gpu_hour")
    assert found.case.of(Correlation) == (Correlation("h100_us_central1", "a100_80gb_us_central1", 0.68),)
    note = found.notes[Uncertainty, "h100_us_central1"]
    assert note.startswith("9 changes of h100_us_central1 by quarter, 2024Q3 to 2026Q3: volatility 0.555 ± 0.139")
    trending = fitted(plain(), read_history(GCP, Every.QUARTER), MOVES, None, trend=True).case.of(Uncertainty)[1]
    assert trending.growth == pytest.approx(0.1971)


def test_fitting_again_replaces() -> None:
    """Proves: uncertainties and correlations of the same names are put in the place of the old; others stay."""
    other = walk("other", volatility=0.1)
    case = add(fit_into(plain()), other, Correlation("other", "h100_us_central1", 0.1))
    again = fit_into(case)
    assert len(again.of(Uncertainty)) == 3 and len(again.of(Correlation)) == 2
    assert again.get(Uncertainty, "other") == other


def test_a_series_that_moves_two_things_moves_them_by_one_chance() -> None:
    moves = [Move.parse("h100_us_central1=spot_price/market"), Move.parse("h100_us_central1=spot_limit/market")]
    case = fitted(plain(), read_history(GCP, Every.QUARTER), moves, None).case
    assert case.of(Uncertainty)[1].moves_with == "h100_us_central1"
    state = Sampler(case, 1).states([1])[0]
    assert np.array_equal(state[0], state[1])


def test_correlations_that_cannot_be_are_moved_and_told() -> None:
    """Proves: pairs over different quarters can contradict each other; the nearest that can be is stated, and said."""

    found = [
        Pair(*names, Estimated(rho, 0.1), 9)
        for names, rho in ((("a", "b"), 0.9), (("b", "c"), 0.9), (("a", "c"), -0.9))
    ]
    stated, told = _coefficients(("a", "b", "c"), found)
    assert stated == {("a", "b"): 0.5, ("a", "c"): -0.5, ("b", "c"): 0.5}
    assert told == ("a and b: 0.5 for 0.9", "a and c: -0.5 for -0.9", "b and c: 0.5 for 0.9")


def test_what_cannot_be_stated_is_refused() -> None:
    months = read_history(GCP, Every.MONTH)
    with pytest.raises(UsageError, match="--every quarter"):
        fitted(plain(), months, MOVES, Process.PAST)
    with pytest.raises(UsageError, match="does not say what moves"):
        Move.parse("h100")
    with pytest.raises(InputError, match="nowhere"):
        fitted(plain(), months, [Move.parse("h100_us_central1=spot_price/nowhere")], None)
