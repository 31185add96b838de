"""Workers in this process: what they do, without the time that processes take to start."""

import pickle
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from optimizer.decompose.worker import Workshop


class Inline:
    """Stands for a fleet of one worker; what is sent is packed as if it went to another process."""

    size = 1

    def __init__(self, shop: Workshop) -> None:
        self.shop = shop

    def each(
        self,
        work: Callable[..., Any],
        tasks: Sequence[tuple[Any, ...]],
        alive: Callable[[], None],
        homes: Sequence[int] | None = None,
    ) -> Iterator[tuple[int, Any]]:
        """Do `work` for every task, one after another."""
        for number, task in enumerate(tasks):
            alive()
            yield number, work(self.shop, *pickle.loads(pickle.dumps(task)))


@contextmanager
def inline(kept: Workshop, workers: int, address: str | None = None) -> Iterator[Inline]:
    """In place of `optimizer.decompose.fleet.fleet`."""
    yield Inline(pickle.loads(pickle.dumps(kept)))
