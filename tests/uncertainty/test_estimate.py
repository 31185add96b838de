"""What the past says: estimates against series made with known parameters, and by hand. Seeds are fixed."""

import math
from pathlib import Path

import numpy as np
import pytest

from optimizer.case.uncertainty import Process
from optimizer.errors import InputError, UsageError
from optimizer.uncertainty.estimate import fit, pairs
from optimizer.uncertainty.history import Every, History, read_history
from tests.builders import FIRST

GCP = Path(__file__).resolve().parents[2] / "data" / "history" / "gcp_gpu_spot.csv"


def history(*series: np.ndarray, every: Every = Every.QUARTER) -> History:
    """Series named a, b, c, ..., up to 2026Q4."""
    values = np.stack(series, axis=1)
    names = tuple("abcdef"[: len(series)])
    return History(names, every, FIRST.ordinal - len(values), values)


def test_a_walk_by_hand() -> None:
    """Proves: 100, 110, 99, 99 x e^0.2, ...: the logarithms' mean and deviation, in a year of four quarters."""
    values = np.array([100.0, 110.0, 99.0, 120.0, 108.0])
    changes = np.diff(np.log(values))
    found = fit(history(values), "a", Process.WALK)
    sigma = changes.std(ddof=1) * 2.0
    assert (found.count, found.rises, found.falls, found.first, found.last) == (4, 2, 2, "2026Q1", "2026Q4")
    assert found.volatility.value == pytest.approx(sigma)
    assert found.volatility.error == pytest.approx(sigma / math.sqrt(6.0))
    assert found.growth is not None
    assert found.growth.value == pytest.approx((108.0 / 100.0) * math.exp(sigma**2 / 2.0) - 1.0)
    assert found.latest == 108.0


def walks(count: int, length: int, sigma: float, drift: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    steps = rng.normal(drift / 4.0, sigma / 2.0, (count, length))
    return np.asarray(np.exp(np.cumsum(steps, axis=1)))


def test_a_walk_comes_back_out_with_its_errors() -> None:
    """Proves: over 400 walks of 40 quarters the estimates are right on average, and stray as far as they say."""
    fits = [fit(history(path), "a", Process.WALK) for path in walks(400, 41, 0.4, 0.1, 1)]
    sigmas = np.array([one.volatility.value for one in fits])
    growths = np.array([one.growth.value for one in fits if one.growth])
    assert sigmas.mean() == pytest.approx(0.4, abs=5.0 * sigmas.std() / 20.0)
    assert np.mean([one.volatility.error for one in fits]) == pytest.approx(sigmas.std(), rel=0.15)
    assert np.median(growths) == pytest.approx(math.exp(0.1 + 0.08) - 1.0, abs=0.05)
    assert np.mean([one.growth.error for one in fits if one.growth]) == pytest.approx(growths.std(), rel=0.25)


def reversions(count: int, length: int, speed: float, sigma: float, level: float, seed: int) -> np.ndarray:
    """Paths that begin at their stationary distribution; `level` is the mean of the series."""
    rng = np.random.default_rng(seed)
    kept = math.exp(-speed / 4.0)
    wide = sigma / math.sqrt(2.0 * speed)
    x = np.empty((count, length))
    x[:, 0] = rng.normal(0.0, wide, count)
    for t in range(1, length):
        x[:, t] = kept * x[:, t - 1] + rng.normal(0.0, wide * math.sqrt(1.0 - kept**2), count)
    return np.asarray(level * np.exp(x - wide**2 / 2.0))


def test_a_reversion_comes_back_out() -> None:
    """Proves: speed, level and volatility of series of 80 quarters are right in the middle, thanks to Kendall's term.

    A broken rule would give: a median speed of 1.4 instead of 1.2, were the slope not raised by (1 + 3 b) / n.
    """
    fits = [fit(history(path), "a", Process.REVERSION) for path in reversions(300, 80, 1.2, 0.5, 2.5, 2)]
    speeds = np.array([one.speed.value for one in fits if one.speed])
    assert np.median(speeds) == pytest.approx(1.2, abs=0.12)
    assert np.median([one.volatility.value for one in fits]) == pytest.approx(0.5, rel=0.03)
    assert np.median([one.level.value for one in fits if one.level]) == pytest.approx(2.5, rel=0.03)
    middle = np.quantile(speeds, [0.16, 0.84])
    errors = np.median([one.speed.error for one in fits if one.speed])
    assert errors == pytest.approx((middle[1] - middle[0]) / 2.0, rel=0.3)


def test_walks_and_reversions_are_told_apart() -> None:
    """Proves: at the five-percent point, about one walk in twenty is taken for a reversion, and quick ones are seen."""
    walked = [fit(history(path), "a").process for path in walks(400, 60, 0.4, 0.0, 3)]
    share = sum(process is Process.REVERSION for process in walked) / 400.0
    assert abs(share - 0.05) <= 5.0 * math.sqrt(0.05 * 0.95 / 400.0)
    returned = [fit(history(path), "a").process for path in reversions(100, 60, 2.5, 0.5, 1.0, 4)]
    assert sum(process is Process.REVERSION for process in returned) >= 95


def test_correlations_use_what_both_have() -> None:
    """Proves: pairs are taken where both have neighbours; the coefficient is that of these changes by numpy."""
    rng = np.random.default_rng(5)
    steps = rng.multivariate_normal([0.0, 0.0], [[1.0, 0.8], [0.8, 1.0]], 40) * 0.1
    one, other = np.exp(np.cumsum(steps, axis=0)).T
    other = other.copy()
    other[:20] = np.nan
    other[30] = np.nan
    found = history(one, other)
    (pair,) = pairs([fit(found, "a", Process.WALK), fit(found, "b", Process.WALK)])
    seen = [t for t in range(21, 40) if t not in (30, 31)]
    changes = [np.log(series[t] / series[t - 1]) for t in seen for series in (one, other)]
    by_hand = np.corrcoef(changes[0::2], changes[1::2])[0, 1]
    assert pair.count == len(seen) == 17
    assert pair.correlation.value == pytest.approx(by_hand)
    assert pair.correlation.error == pytest.approx((1.0 - by_hand**2) / 4.0)


def test_what_cannot_be_estimated_is_refused() -> None:
    with pytest.raises(UsageError, match="a has 3 changes"):
        fit(history(np.array([1.0, 2.0, 1.0, 2.0])), "a")
    with pytest.raises(UsageError, match="a never changes"):
        fit(history(np.ones(9)), "a")
    with pytest.raises(UsageError, match="has no series 'z'"):
        fit(history(np.ones(9)), "z")
    with pytest.raises(UsageError, match="does not return to a level"):
        fit(history(np.exp(np.arange(9.0) ** 1.5 / 9.0)), "a", Process.REVERSION)


def test_prices_of_gpus_have_risen_as_well_as_fallen() -> None:
    """Proves: of the shipped history: H100 spot fell from 7.80 USD in 2024Q2 to 2.55 in 2025Q4 and rose to 5.48 by
    2026Q3, so that draws with falls alone, or rises alone, would not be like it.
    """
    found = read_history(GCP, Every.QUARTER)
    h100 = found.of("h100_us_central1")
    priced = h100[~np.isnan(h100)]
    assert (priced[0], priced.min(), priced[-1]) == pytest.approx((7.8011, 2.548, 5.4755), abs=1e-3)
    for name in found.names:
        one = fit(found, name)
        assert one.rises >= 3 and one.falls >= 1, name
        assert 0.05 < one.volatility.value < 0.7
    months = fit(read_history(GCP, Every.MONTH), "h100_us_central1")
    quarters = fit(found, "h100_us_central1")
    assert (months.count, quarters.count) == (25, 9)
    assert abs(months.volatility.value - quarters.volatility.value) < quarters.volatility.error


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n")
    return path


def test_months_are_averaged_into_quarters(tmp_path: Path) -> None:
    """Proves: a quarter is the mean of what was observed in it; one without observations is a gap."""
    path = write(tmp_path / "h.csv", "date,a,note", "2026-01-31,2,", "2026-03-01,4,x", "2026-07-01,5,", "2026-08-01,,")
    found = read_history(path, Every.QUARTER)
    assert found.names == ("a",) and found.step(0) == "2026Q1" and found.step(2) == "2026Q3"
    assert found.of("a")[0] == 3.0 and np.isnan(found.of("a")[1]) and found.of("a")[2] == 5.0
    months = read_history(path, Every.MONTH)
    assert months.step(0) == "2026-01" and len(months.values) == 8
    quarters = write(tmp_path / "q.csv", "quarter,a", "2026Q1,2", "2026Q2,3")
    assert list(read_history(quarters, Every.QUARTER).of("a")) == [2.0, 3.0]


@pytest.mark.parametrize(
    ("lines", "place", "words"),
    [
        (("date,a", "soon,1", "2026-02-01,2"), "h.csv:2, column date", "soon"),
        (("date,a", "2026-01-01,1", "2026-01-01,2"), "h.csv:3, column date", "a second time"),
        (("date,a", "2026-01-01,0", "2026-05-01,2"), "h.csv:2, column a", "0"),
        (("date,a", "2026-01-01,cheap", "2026-05-01,2"), "h.csv:2, column a", "cheap"),
        (("date,a,a", "2026-01-01,1,1", "2026-05-01,2,2"), "h.csv", "date, a, a"),
        (("date", "2026-01-01"), "h.csv", "date"),
        (("date,a", "2026-01-01,1", "2026-02-01,1"), "h.csv", "values of 2 dates"),
    ],
)
def test_a_history_that_cannot_be_read(tmp_path: Path, lines: tuple[str, ...], place: str, words: str) -> None:
    """Proves: what is no date, no price or stands twice is told with line and column."""
    with pytest.raises(InputError) as told:
        read_history(write(tmp_path / "h.csv", *lines), Every.QUARTER)
    finding = told.value.findings[0]
    assert finding.place == place and words in finding.found


def test_months_need_dates(tmp_path: Path) -> None:
    path = write(tmp_path / "h.csv", "quarter,a", "2026Q1,2", "2026Q2,3")
    with pytest.raises(InputError, match="a date such as"):
        read_history(path, Every.MONTH)
    with pytest.raises(InputError, match="there is no such file"):
        read_history(tmp_path / "none.csv", Every.MONTH)
