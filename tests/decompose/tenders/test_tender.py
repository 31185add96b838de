"""A bundle taken apart, by hand: two tasks that need capacity of their own, one quarter after the other.

The trunk buys x0 and x1. In the first quarter a task takes 2 of x0; in the second one takes 3 of 2 x0 + 4 x1. What is
not placed costs 5 and 7. Besides, w costs 1 and asks for nothing of the trunk.
"""

from dataclasses import replace

import numpy as np
import pytest

from optimizer.decompose.part import Part
from optimizer.decompose.tenders.tender import Piece, taken_apart
from optimizer.model.arrays import Program
from tests.decompose.steps import rows

X0, X1, FIRST, SECOND, LEFT, ALSO, W = range(7)
PLACES = ((("x0", ()), 0), (("x1", ()), 0))


def part(*changed: tuple[int, dict[int, float], float, float]) -> Part:
    """The bundle, with some rows in place of its own: number, terms, lower and upper side."""
    of = [
        ({X0: 1.0, X1: 1.0}, -np.inf, 4.0),
        ({FIRST: 2.0, X0: -1.0}, -np.inf, 0.0),
        ({FIRST: 1.0, LEFT: 1.0}, 1.0, 1.0),
        ({SECOND: 3.0, X0: -2.0, X1: -4.0}, -np.inf, 0.0),
        ({SECOND: 1.0, ALSO: 1.0}, 1.0, 1.0),
        ({W: 1.0}, 1.0, np.inf),
    ]
    for number, terms, lower, upper in changed:
        of[number] = (terms, lower, upper)
    costs = np.array([1.0, 1.0, 0.0, 0.0, 5.0, 7.0, 1.0])
    upper = np.array([2.0, 3.0, 1.0, 1.0, np.inf, np.inf, np.inf])
    whole = np.isin(np.arange(7), (FIRST, SECOND))
    program = Program(costs, 0.0, np.zeros(7), upper, whole, *rows(of, 7), (), ())
    own = np.arange(len(of)) == 0
    return Part(PLACES, np.array([X0, X1]), own, 1.0, program)


def pieces(*changed: tuple[int, dict[int, float], float, float]) -> tuple[Piece, ...]:
    return taken_apart(part(*changed))[1]


def test_quarters_are_pieces_that_ask_for_sums() -> None:
    """Proves: the first asks for x0, up to 2, the second for x0 + 2 x1, up to 8, times -2; w is by itself.

    A row of the trunk alone is in none of them.
    """
    tenders, (first, second, rest) = taken_apart(part())
    assert [(one.places, one.ratios) for one in tenders] == [((PLACES[0],), (1.0,)), (PLACES, (1.0, 2.0))]
    assert (first.tenders.tolist(), first.high.tolist(), first.program.num_rows) == ([0], [2.0], 2)
    assert (second.tenders.tolist(), second.high.tolist(), second.program.num_rows) == ([1], [8.0], 2)
    assert second.takes.toarray().ravel().tolist() == [-2.0, 0.0]
    assert (len(rest.tenders), rest.size, rest.program.num_rows) == (0, 1, 1)


def test_what_a_placed_task_needs() -> None:
    """Proves: 2 of x0; 1.5 of x0 + 2 x1, because 3 is at most twice of it; nothing for what is not placed."""
    first, second, _ = pieces()
    assert first.needs(np.array([1.0, 0.0])).tolist() == [2.0]
    assert second.needs(np.array([1.0, 0.0])).tolist() == [1.5]
    assert second.needs(np.array([0.0, 1.0])).tolist() == [0.0]


def test_costs_are_steps_where_whole_numbers_decide_all() -> None:
    """Proves: what is left is 1 less what is placed, so it is decided; where it only must be no less, it is not."""
    assert pieces()[0].is_stepped and pieces()[1].is_stepped
    assert not pieces((2, {FIRST: 1.0, LEFT: 1.0}, 1.0, np.inf))[0].is_stepped


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("an equation", (1, {FIRST: 2.0, X0: -1.0}, 0.0, 0.0)),
        ("more is worse", (1, {FIRST: 2.0, X0: 1.0}, -np.inf, 3.0)),
    ],
)
def test_more_of_a_tender_must_not_be_worse(name: str, row: tuple[int, dict[int, float], float, float]) -> None:
    """Proves: where capacity must be used up, or excludes tasks, a level that fits below may not fit above."""
    assert not pieces(row)[0].is_stepped, name


def test_columns_that_can_only_be_nothing_are_decided() -> None:
    """Proves: two columns that are at least 0 and come to 0 together are decided without any whole number."""
    forced = (2, {LEFT: 1.0, ALSO: 1.0}, 0.0, 0.0)
    assert all(piece.is_stepped for piece in pieces(forced)[:-1])


def test_a_tender_without_an_end_has_no_few_levels() -> None:
    """Proves: where the trunk has no limit, the piece is not searched by its steps."""
    of = part()
    open_ = replace(of, program=replace(of.program, col_upper=np.full(7, np.inf)))
    assert not taken_apart(open_)[1][0].is_stepped


def test_a_coefficient_of_nothing_is_none() -> None:
    """Proves: a row that has x1 with a coefficient of 0 asks for x0 alone; read as a term, it would divide by it."""
    tenders, _ = taken_apart(part((1, {FIRST: 2.0, X0: 0.0, X1: -1.0}, -np.inf, 0.0)))
    assert tenders[0].places == (PLACES[1],)


def test_a_ratio_keeps_its_digits() -> None:
    """Proves: units of 1e5 and of 1.23443e-3 are summed as they are; with 12 decimals the ratio would be 1.2344e-8."""
    tenders, _ = taken_apart(part((1, {FIRST: 2.0, X0: -1e5, X1: -1.23443e-3}, -np.inf, 0.0)))
    assert tenders[0].ratios == (1.0, 1.23443e-3 / 1e5)
