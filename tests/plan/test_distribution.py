"""Distributions over scenarios."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.plan.distribution import MOST_BINS, bins, chance_beyond, stairs


def test_bins_by_hand() -> None:
    """Proves: 12, 14, 14 and 30 with shares 0.4, 0.2, 0.1 and 0.3, in bins of 1 from 12: 0.4 in the first, 0.3 from 14,
    0.3 in the last, which holds the largest; more than 14 has a chance of 0.3."""
    found = bins([12.0, 14.0, 14.0, 30.0], [0.4, 0.2, 0.1, 0.3])
    assert (found[0].low, found[-1].high, len(found)) == (12.0, 31.0, 19)
    assert {one.low: one.probability for one in found if one.probability} == pytest.approx(
        {12.0: 0.4, 14.0: 0.3, 30.0: 0.3}
    )
    assert {one.low: one.beyond for one in found}[14.0] == pytest.approx(0.3)
    assert stairs([12.0, 14.0, 14.0, 30.0], [0.4, 0.2, 0.1, 0.3]) == (
        (12.0, pytest.approx(0.6)),
        (14.0, pytest.approx(0.3)),
        (30.0, 0.0),
    )


def test_one_value_has_bins_around_it() -> None:
    """Proves: figures that are all the same, or 0, do not break the axis."""
    for value in (0.0, 5.0, -3e9):
        found = bins([value, value], [0.5, 0.5])
        assert sum(one.probability for one in found) == 1.0
        assert all(one.low < one.high for one in found)
    assert bins([], []) == ()


def test_edges_are_the_numbers_that_are_shown() -> None:
    """Proves: 0.6 is in the bin from 0.6, not in one from 0.6000000000000001 that would leave it out."""
    found = bins([0.0, 0.6], [0.5, 0.5])
    assert (found[-1].low, found[-1].probability) == (0.6, 0.5)


@given(st.lists(st.tuples(st.floats(-1e11, 1e11), st.integers(1, 9)), min_size=1, max_size=60))
def test_nothing_is_lost(found: list[tuple[float, int]]) -> None:
    """Proves: every value is in one bin, bins are few and of one width, and the chance of more falls."""
    whole = sum(weight for _, weight in found)
    values, shares = [value for value, _ in found], [weight / whole for _, weight in found]
    shown = bins(values, shares)
    assert sum(one.probability for one in shown) == pytest.approx(1.0)
    assert len(shown) <= MOST_BINS + 1
    assert shown[0].low <= min(values) and max(values) < shown[-1].high
    beyond = [one.beyond for one in shown]
    assert beyond == sorted(beyond, reverse=True)
    for one in shown:
        assert one.probability == pytest.approx(
            sum(s for v, s in zip(values, shares, strict=True) if one.low <= v < one.high)
        )
        assert one.beyond == chance_beyond(values, shares, one.low)
