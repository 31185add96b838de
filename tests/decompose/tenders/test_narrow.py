"""Bounds that rows imply, by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from optimizer.decompose.tenders.narrow import activity, narrow

INF = np.inf


def one_row(factors: list[float], lower: float, upper: float, low: list[float], high: list[float]) -> list[list[float]]:
    """The bounds that are left of two columns in one row."""
    found = narrow(csr_array([factors]), np.array([lower]), np.array([upper]), np.array(low), np.array(high))
    return [bounds.tolist() for bounds in found]


@pytest.mark.parametrize(
    ("factors", "lower", "upper", "low", "high", "left"),
    [
        ([1.0, 1.0], 3.0, INF, [0.0, 0.0], [INF, 2.0], [[1.0, 0.0], [INF, 2.0]]),
        ([1.0, 1.0], -INF, 3.0, [1.0, 0.0], [INF, INF], [[1.0, 0.0], [3.0, 2.0]]),
        ([2.0, -1.0], 0.0, 0.0, [0.0, 1.0], [4.0, 6.0], [[0.5, 1.0], [3.0, 6.0]]),
        ([1.0, 1.0], -INF, 3.0, [-INF, -INF], [INF, INF], [[-INF, -INF], [INF, INF]]),
        ([1.0, 1.0], -INF, 3.0, [-INF, 1.0], [INF, INF], [[-INF, 1.0], [2.0, INF]]),
    ],
)
def test_what_a_row_leaves_of_its_columns(
    factors: list[float], lower: float, upper: float, low: list[float], high: list[float], left: list[list[float]]
) -> None:
    """Proves: at least 3 with 2 of the second leaves 1 of the first; at most 3 with 1 leaves 3 and 2; twice the first
    is the second; of two columns without an end a row tells nothing, of a single one it does.
    """
    found = one_row(factors, lower, upper, low, high)
    assert found == [pytest.approx(bounds) for bounds in left]


@pytest.mark.parametrize(("many", "price", "few", "little"), [(34, 30_000.0, 15, 0.023), (20, 25_000.5, 2, 0.001)])
def test_what_fits_exactly_is_kept(many: int, price: float, few: int, little: float) -> None:
    """Proves: of a budget for so many dear and so few cheap units, the cheap ones are left in spite of rounding errors,
    which are 1e-8 of a unit here.
    """
    _, high = one_row([price, little], -INF, many * price + few * little, [float(many), 0.0], [50.0, 50.0])
    assert high[1] >= few


columns = st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=4)


@given(columns=columns, side=st.integers(-6, 6), width=st.integers(0, 6), pick=st.randoms(use_true_random=False))
def test_no_point_of_a_row_is_lost(columns: list[tuple[int, int, int]], side: int, width: int, pick: object) -> None:
    """Proves: a point within the bounds that keeps the row is within what is left, and within its activity."""
    factors = np.array([float(factor) for factor, _, _ in columns])
    low = np.array([float(least) for _, least, _ in columns])
    high = low + np.array([float(more) for _, _, more in columns])
    matrix = csr_array(factors.reshape(1, -1))
    point = np.array([pick.uniform(a, b) for a, b in zip(low, high, strict=True)])  # type: ignore[attr-defined]
    total = float(factors @ point)
    least, most = activity(matrix, low, high)
    assert least[0] - 1e-9 <= total <= most[0] + 1e-9
    if side <= total <= side + width:
        lower, upper = narrow(matrix, np.array([float(side)]), np.array([float(side + width)]), low, high)
        assert (lower <= point + 1e-9).all() and (point <= upper + 1e-9).all()
