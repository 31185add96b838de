"""Stated uncertainty that the case cannot have, each with its message."""

from typing import Any

import numpy as np
import pytest

from optimizer.case.case import Case
from optimizer.case.uncertainty import Correlation
from optimizer.contracts.backstop import Backstop, BackstopDraw
from optimizer.contracts.block import Block
from optimizer.contracts.spot import SpotLimit
from optimizer.uncertainty.check import check_uncertainty
from optimizer.uncertainty.correlation import nearest, possible
from tests.builders import FIRST, across, add, edit
from tests.everything import BLOCK
from tests.uncertainty.stated import default, plain, reversion, slip, walk


def found(*rows: Any, case: Case | None = None) -> list[tuple[str, str, str]]:
    """(row, column, what was found) of every problem of the rows themselves and of the check."""
    stated = add(case or plain(), *rows)
    own = [(row, problem) for row in rows for problem in row.problems(stated)]
    return [(row.name, problem.column, problem.found) for row, problem in (*own, *check_uncertainty(stated))]


def one(*rows: Any, case: Case | None = None) -> tuple[str, str]:
    """(column, what was found) of the only problem there is."""
    (problem,) = found(*rows, case=case)
    return problem[1:]


def test_what_is_in_order_has_no_problem() -> None:
    assert not found(
        walk("work", growth=0.2, volatility=0.3),
        reversion("price", "spot_price", "*", reversion_speed=1.0, volatility=0.4, level=0.8),
        default("limit", "spot_limit", "market", event_probability=0.1, event_size=-1.0),
        slip("power", "site_power", "*", 0.7, 1.0),
        slip("blocks", "blocks", "*", 0.7, 1.0, column="delay_quarters"),
        walk("offers", "blocks", "b", column="price_usd_per_gpu_hour", volatility=0.2, moves_with="price"),
        Correlation("work", "price", 0.5),
    )
    assert not found()


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        (walk("u", volatility=0.1, reversion_speed=1.0), "reversion_speed", "1"),
        (walk("u", volatility=0.1, on_time=(0.5, 1.0)), "on_time", "0.5; 1"),
        (reversion("u", volatility=0.1), "reversion_speed", "blank"),
        (reversion("u", volatility=0.1, reversion_speed=1.0, growth=0.1), "growth", "0.1"),
        (slip("u", "site_power", "home", 1.0), "on_time", "never late"),
        (slip("u", "site_power", "home", 0.5, 1.0, volatility=0.1), "volatility", "0.1"),
        (walk("u", event_probability=0.1), "event_size", "0"),
        (walk("u", event_size=0.1), "event_probability", "0"),
        (walk("u", event_probability=0.1, event_size=-1.0, event_spread=0.1), "event_size", "-1"),
        (
            reversion("u", reversion_speed=1.0, event_probability=0.1, event_size=-1.0),
            "event_size",
            "-1",
        ),
        (walk("u", "demnd", volatility=0.1), "table", "demnd"),
        (walk("u", "settings", "settings", column="discount_rate", volatility=0.1), "table", "settings"),
        (walk("u", row="trian", volatility=0.1), "row", "trian"),
        (walk("u", "blocks", "b", column="prize", volatility=0.1), "column", "prize"),
        (walk("u", "blocks", "b", volatility=0.1), "column", "blank"),
        (walk("u", "blocks", "b", column="term_quarters", volatility=0.1), "column", "term_quarters"),
        (walk("u", "sites", "home", column="pue", volatility=0.1), "column", "pue"),
        (walk("u", "blocks", "b", column="availability", volatility=0.1), "process", "walk"),
        (
            default("u", "blocks", "b", column="availability", event_probability=0.1, event_size=0.1),
            "event_size",
            "0.1",
        ),
        (walk("u", volatility=0.1, since=FIRST + 4), "since", "2028Q1"),
        (walk("u", volatility=0.1, moves_with="u"), "moves_with", "itself"),
    ],
)  # fmt: skip
def test_what_cannot_be(row: Any, column: str, words: str) -> None:
    """Proves: missing and idle parameters, unknown cells and processes that do not fit are refused, with their cell."""
    where, what = one(row)
    assert where == column
    assert words in what


def test_a_missing_probability_is_told_once_for_each_reason() -> None:
    assert {column for _, column, _ in found(default("u", event_size=-0.5))} == {"event_probability"}


def test_who_moves_with_whom() -> None:
    """Proves: one may move with another, not with one that itself moves with a third; such one has no correlation."""
    rows = (walk("a", volatility=0.1), walk("b", volatility=0.1, moves_with="a"))
    assert one(*rows, walk("c", volatility=0.1, moves_with="b"))[0] == "moves_with"
    assert one(*rows, walk("c", volatility=0.1), Correlation("c", "b", 0.5)) == ("second", "b, which moves with a")


def test_shocks_that_the_case_cannot_follow() -> None:
    """Proves: a blank cell that would be multiplied is told, with the quarter it is in."""
    limit = SpotLimit("market", across(5.0, None, 5.0, 5.0))
    case = Case(tuple(limit if isinstance(row, SpotLimit) else row for row in plain().records))
    column, what = one(walk("u", "spot_limit", "market", volatility=0.1), case=case)
    assert column == "process" and "blank cell (2027Q2)" in what
    later = walk("u", "spot_limit", "market", volatility=0.1, since=FIRST + 2)
    assert not found(later, case=case)


def test_what_holds_for_a_whole_offer_has_no_walk() -> None:
    """Proves: a price of resale cannot be another by quarter of signing, but fall once; a broken rule would give: draws
    that change nothing.
    """
    resale = {"column": "resale_price_usd_per_gpu_hour"}
    case = edit(plain(), Block, "b", resale_price_usd_per_gpu_hour=0.5)
    assert one(walk("u", "blocks", "b", volatility=0.2, **resale), case=case) == ("process", "walk")
    assert not found(default("u", "blocks", "b", event_probability=0.5, event_size=-0.5, **resale), case=case)


def test_what_extremes_make_wrong_is_told() -> None:
    """Proves: the case is checked as it is at the extremes: twice two blocks are above the cap of three."""
    standby = Backstop(backstop="standby", cap_blocks=3.0, **BLOCK, term_quarters=1)
    case = add(plain(), standby, BackstopDraw("standby", across(0.0, 2.0, 0.0, 0.0)))
    column, what = one(walk("u", "backstop_draws", "standby", volatility=0.1), case=case)
    assert column == "uncertainty" and "backstops standby wrong in cap_blocks" in what


def test_values_that_slip_move_by_nothing_else() -> None:
    rows = (slip("late", "site_power", "home", 0.5, 1.0), walk("less", "site_power", "*", volatility=0.1))
    assert one(*rows) == ("row", "home, which less moves too")


A, B, C = walk("a", volatility=0.1), walk("b", volatility=0.1), walk("c", volatility=0.1)


@pytest.mark.parametrize(
    ("rows", "column", "words"),
    [
        ((Correlation("a", "a", 0.5),), "second", "a"),
        ((Correlation("a", "b", 0.5), Correlation("b", "a", 0.5)), "second", "a second time"),
    ],
)
def test_pairs_that_are_none(rows: tuple[Any, ...], column: str, words: str) -> None:
    where, what = one(A, B, C, *rows)
    assert where == column and words in what


def test_correlations_that_cannot_be_true_together() -> None:
    """Proves: a moves with b, b with c, and a against c: refused, with the nearest matrix that can be.

    Least eigenvalue of ((1, .9, -.9), (.9, 1, .9), (-.9, .9, 1)) is 1 - 2 x 0.9 = -0.8. By symmetry the nearest has
    equal entries, and the largest possible are 1/2.
    """
    rows = (A, B, C, Correlation("a", "b", 0.9), Correlation("b", "c", 0.9), Correlation("a", "c", -0.9))
    (problem,) = [problem for _, problem in check_uncertainty(add(plain(), *rows))]
    assert problem.column == "correlation" and "least eigenvalue -0.8000" in problem.found
    assert problem.cure == "the nearest possible: a and b 0.5 for 0.9; a and c -0.5 for -0.9; b and c 0.5 for 0.9"
    cured = (A, B, C, Correlation("a", "b", 0.5), Correlation("b", "c", 0.5), Correlation("a", "c", -0.5))
    assert not found(*cured)


def test_the_nearest_matrix_is_possible_and_near() -> None:
    """Proves: Higham's example: the nearest correlation matrix of ((2, -1, 0, 0), (-1, 2, -1, 0), ...) with a unit
    diagonal is possible, and a matrix that is possible already is its own nearest up to the two digits.
    """
    rng = np.random.default_rng(1)
    for _ in range(20):
        noise = rng.uniform(-1.0, 1.0, (6, 6))
        matrix = (noise + noise.T) / 2.0
        np.fill_diagonal(matrix, 1.0)
        near = nearest(matrix)
        assert possible(near) and np.allclose(np.diag(near), 1.0)
        assert np.linalg.norm(near - matrix) <= np.linalg.norm(np.eye(6) - matrix)
    good = np.array([[1.0, 0.5], [0.5, 1.0]])
    assert np.allclose(nearest(good), good)
