"""Where chance comes from: uniform numbers of a draw, by seed and number alone.

PLAIN       independent draws: draw i has the i-th child of the seed sequence (NumPy)
ANTITHETIC  draws 2k - 1 and 2k are mirror images, u and 1 - u: pairs are independent, what is monotone nearly cancels
            (Hammersley & Morton, Mathematical Proceedings 52, 1956)
SOBOL       points that fill the space evenly, randomly scrambled so that each of them is uniform (Owen, Journal of
            Complexity 14, 1998); draws depend on each other, and their spread is no measure of the error of a mean
"""

from collections.abc import Iterator, Sequence
from enum import Enum
from itertools import pairwise

import numpy as np
from scipy.stats import qmc

from optimizer.errors import UsageError

SMALLEST = 2.0**-53


class Scheme(Enum):
    """How the draws of a seed hang together."""

    PLAIN = "plain"
    ANTITHETIC = "antithetic"
    SOBOL = "sobol"


class Chances:
    """Uniform numbers strictly between 0 and 1, `shape` of them for each draw."""

    def __init__(self, seed: int, shape: tuple[int, ...], scheme: Scheme) -> None:
        self.seed, self.shape, self.scheme = seed, shape, scheme
        self.size = int(np.prod(shape))
        if scheme is Scheme.SOBOL and self.size > qmc.Sobol.MAXDIM:
            raise UsageError(f"{self.size} chances a draw are too many for evenly spread draws. Fix: draw plainly")

    def of(self, numbers: Sequence[int]) -> np.ndarray:
        """Those of draws, counted from 1, in rising order. Shape: draws x shape."""
        found = self._even(numbers) if self.scheme is Scheme.SOBOL else np.stack([self._one(n) for n in numbers])
        return np.clip(found, SMALLEST, 1.0 - SMALLEST).reshape(len(numbers), *self.shape)

    def _one(self, number: int) -> np.ndarray:
        if self.scheme is Scheme.PLAIN:
            return self._child(number)
        pair, mirrored = divmod(number + 1, 2)
        return 1.0 - self._child(pair) if mirrored else self._child(pair)

    def _child(self, number: int) -> np.ndarray:
        sequence = np.random.SeedSequence(self.seed, spawn_key=(number,))
        return np.random.default_rng(sequence).random(self.size)

    def _even(self, numbers: Sequence[int]) -> np.ndarray:
        engine = qmc.Sobol(self.size, scramble=True, rng=np.random.default_rng(self.seed))
        parts = []
        for run in _runs(numbers):
            skipped = run[0] - 1 - engine.num_generated
            if skipped:
                engine.fast_forward(skipped)
            parts.append(engine.random(1))
            if len(run) > 1:
                parts.append(engine.random(len(run) - 1))
        return np.concatenate(parts)


def _runs(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    """Stretches of consecutive numbers, which must rise."""
    breaks = [at for at in range(1, len(numbers)) if numbers[at] != numbers[at - 1] + 1]
    for begin, end in pairwise((0, *breaks, len(numbers))):
        yield numbers[begin:end]
