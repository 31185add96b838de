"""Independent pieces of work, in this process or spread over workers."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from optimizer.decompose.fleet import fleet


def spread(
    kept: Any, work: Callable[..., Any], tasks: Sequence[tuple[Any, ...]], workers: int, address: str | None = None
) -> Iterator[tuple[int, Any]]:
    """Do `work(kept, *task)` for every task; results come as they are ready, with the number of the task.

    One worker without a cluster is this process. Raises what `fleet` and `work` raise.
    """
    if workers == 1 and address is None:
        for number, task in enumerate(tasks):
            yield number, work(kept, *task)
        return
    with fleet(kept, workers, address) as crew:
        yield from crew.each(work, tasks)
