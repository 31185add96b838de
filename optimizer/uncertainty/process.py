"""How an uncertain number moves: paths of its factor on the case, from standard normals and uniforms.

With k the quarters since the one before `since` (k = 1 in `since` itself), t = k / 4 years, z standard normal and
independent from quarter to quarter, and y the logarithm of the factor about its mean m:
  (DRAW-1)  factor[k] = m[k] x exp(y[k] - Var(y[k]) / 2) x jumps, so that without events its mean is m[k]
  (DRAW-2)  walk: m[k] = (1 + growth) ** t,  y[k] = y[k-1] + volatility x sqrt(1/4) x z
  (DRAW-3)  reversion: m[k] = level ** (1 - exp(-speed t)),  with a = exp(-speed / 4) and s = (1 - a ** 2) / (2 speed)
            y[k] = a y[k-1] + volatility x sqrt(s) x z: the exact step of an Ornstein-Uhlenbeck process (Gillespie,
            Physical Review E 54, 1996) on the logarithm of a price (Schwartz, Journal of Finance 52, 1997)
  (DRAW-4)  jumps: in each quarter, with the event probability, the factor is multiplied by one of mean 1 + size whose
            logarithm is normal with the event spread (Merton, Journal of Financial Economics 3, 1976); after a walk it
            lasts, in a reversion its logarithm dies away as y does. Events move the mean; nothing compensates them
  (DRAW-5)  default: 1 until the event, then 1 + size (with the spread) to the end; for a term of a contract there is
            one event or none, of the event probability
  (DRAW-6)  slip: n quarters late, n the quantile of `on_time`; one number for the whole horizon
What happens once is ruled by the sum of its z over the quarters, divided by the root of their number, so that it has
the stated correlation with the whole rise of a walk, and with what else happens once.
"""

import math

import numpy as np
from scipy.special import ndtr, ndtri

from optimizer.case.uncertainty import Process, Uncertainty

YEAR = 4.0


def states(
    row: Uncertainty, first: int, once: bool, normals: np.ndarray, events: np.ndarray, sizes: np.ndarray
) -> np.ndarray:
    """The factor on what the case says, by draw and quarter; for a slip the number of quarters it is late.

    Shapes: draws x quarters. It is 1 (0 for a slip) before column `first`. `normals` and `sizes` are standard normal,
    `events` uniform. `once` says that the number is no series, so that a default happens at most once in all.
    """
    count, quarters = normals.shape
    found = np.zeros((count, quarters)) if row.process is Process.SLIP else np.ones((count, quarters))
    if first >= quarters:
        return found
    z, u, w = normals[:, first:], events[:, first:], sizes[:, first:]
    match row.process:
        case Process.SLIP:
            found[:, first:] = _slip(row, z)[:, None]
        case Process.DEFAULT:
            found[:, first:] = _defaulted(row, z, w, once)
        case Process.WALK | Process.REVERSION:
            found[:, first:] = _moved(row, z, u, w)
    return found


def _moved(row: Uncertainty, z: np.ndarray, u: np.ndarray, w: np.ndarray) -> np.ndarray:
    """(DRAW-1) to (DRAW-4)."""
    ages = np.arange(1, z.shape[1] + 1)
    step, kept = _step(row)
    y = np.zeros_like(z)
    jumped = np.zeros_like(z)
    before, jumps = np.zeros(len(z)), np.zeros(len(z))
    total = row.event_size == -1.0
    sizes = np.zeros_like(w) if total else _log_size(row, w)
    happened = u < row.event_probability
    for column in range(z.shape[1]):
        before = kept * before + step * z[:, column]
        jumps = kept * jumps + np.where(happened[:, column], sizes[:, column], 0.0)
        y[:, column], jumped[:, column] = before, jumps
    found = mean(row, ages) * np.exp(y - variance(row, ages) / 2.0 + jumped)
    return np.where(np.cumsum(happened, axis=1) > 0, 0.0, found) if total else found


def _defaulted(row: Uncertainty, z: np.ndarray, w: np.ndarray, once: bool) -> np.ndarray:
    """(DRAW-5)."""
    ruling = _latent(z)[:, None] if once else z
    happened = ndtr(-ruling) < row.event_probability
    left = np.zeros_like(w) if row.event_size == -1.0 else np.exp(_log_size(row, w))
    when = np.argmax(happened, axis=1)
    size = left[np.arange(len(z)), when][:, None]
    return np.where(np.cumsum(happened, axis=1) > 0, size, 1.0)


def _slip(row: Uncertainty, z: np.ndarray) -> np.ndarray:
    """(DRAW-6)."""
    late = np.searchsorted(np.array(row.on_time), ndtr(_latent(z)), side="right")
    return np.minimum(late, len(row.on_time) - 1).astype(np.float64)


def _latent(z: np.ndarray) -> np.ndarray:
    """One standard normal for what happens once."""
    return z.sum(axis=1) / math.sqrt(z.shape[1])


def _log_size(row: Uncertainty, w: np.ndarray) -> np.ndarray:
    return math.log1p(row.event_size) + row.event_spread * w - row.event_spread**2 / 2.0


def _step(row: Uncertainty) -> tuple[float, float]:
    """Standard deviation of a quarter's step of y, and what is kept of y from quarter to quarter."""
    if row.process is Process.WALK:
        return row.volatility / math.sqrt(YEAR), 1.0
    kept = math.exp(-row.reversion_speed / YEAR)
    return row.volatility * math.sqrt((1.0 - kept**2) / (2.0 * row.reversion_speed)), kept


def mean(row: Uncertainty, ages: np.ndarray) -> np.ndarray:
    """(DRAW-2), (DRAW-3): m after so many quarters; the mean of the factor where there are no events."""
    years = np.asarray(ages) / YEAR
    if row.process is Process.REVERSION:
        return np.asarray(row.level ** (1.0 - np.exp(-row.reversion_speed * years)))
    return np.asarray((1.0 + row.growth) ** years)


def variance(row: Uncertainty, ages: np.ndarray) -> np.ndarray:
    """Variance of y after so many quarters."""
    step, kept = _step(row)
    if kept == 1.0:
        return np.asarray(step**2 * np.asarray(ages))
    return np.asarray(step**2 * (1.0 - kept ** (2.0 * np.asarray(ages))) / (1.0 - kept**2))


def expected(row: Uncertainty, once: bool, ages: np.ndarray) -> np.ndarray:
    """The mean of the state after so many quarters, events included; of a slip, the mean number of quarters late."""
    ages = np.asarray(ages)
    chance, size = row.event_probability, row.event_size
    match row.process:
        case Process.SLIP:
            return np.full(len(ages), len(row.on_time) - sum(row.on_time))
        case Process.DEFAULT:
            return 1.0 + size * (np.full(len(ages), chance) if once else 1.0 - (1.0 - chance) ** ages)
        case Process.WALK:
            return np.asarray(mean(row, ages) * (1.0 + chance * size) ** ages)
        case Process.PAST:
            return mean(row, ages)
        case _:
            return np.asarray(mean(row, ages) * [_mean_jump(row, int(age)) for age in ages])


def _mean_jump(row: Uncertainty, age: int) -> float:
    """Mean of the jumps of a reversion, each dying away since it happened."""
    _, kept = _step(row)
    log = math.log1p(row.event_size) - row.event_spread**2 / 2.0
    left = [kept**since for since in range(age)]
    means = (math.exp(share * log + (share * row.event_spread) ** 2 / 2.0) for share in left)
    return math.prod(1.0 + row.event_probability * (one - 1.0) for one in means)


def normals_of(chances: np.ndarray) -> np.ndarray:
    """Standard normals of probabilities strictly between 0 and 1."""
    return np.asarray(ndtri(chances))
