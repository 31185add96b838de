"""Worker processes, by Dask distributed: on this machine without a server, or on a cluster by its address.

The only user of `distributed`. A worker that dies is replaced, and what it was doing is done again by another.
"""

import logging
import pickle
import queue
import signal
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import dask
import distributed
from distributed.diagnostics.plugin import WorkerPlugin

from optimizer.errors import OptimizerError, UsageError
from optimizer.version import package_version

POLL_SECONDS = 0.2
CONNECT_SECONDS = 30.0
SILENT = logging.CRITICAL + 1
DEATHS = 10
"""So many workers may die over one piece of work before it is given up."""


class FleetError(OptimizerError):
    """The workers could not do their work."""


class _Shelf(WorkerPlugin):
    """What each worker keeps between tasks: a value unpacked from `packed` when it is first needed."""

    def __init__(self, name: str, packed: bytes) -> None:
        self.name, self.packed = name, packed
        self.value: Any = None

    def setup(self, worker: distributed.Worker) -> None:
        """Called by Dask on each worker, also on one that joins later."""
        self.alone = threading.Lock()

    def do(self, work: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        """One piece of work at a time: what is kept belongs to one thread."""
        with self.alone:
            if self.value is None:
                self.value = pickle.loads(self.packed)
            return work(self.value, *arguments)


def _on_worker(shelf: str, work: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    kept = distributed.get_worker().plugins[shelf]
    assert isinstance(kept, _Shelf)
    return kept.do(work, arguments)


class Fleet:
    """Workers that share one kept value, such as a case with the programs they have made of it."""

    def __init__(self, client: distributed.Client, kept: Any) -> None:
        self.client = client
        self.shelf = f"optimizer-{uuid.uuid4().hex}"
        client.register_plugin(_Shelf(self.shelf, pickle.dumps(kept)), name=self.shelf)
        self.homes: dict[int, str] = {}

    @property
    def size(self) -> int:
        """Number of workers."""
        return max(1, len(self._addresses()))

    def each(
        self,
        work: Callable[..., Any],
        tasks: Sequence[tuple[Any, ...]],
        alive: Callable[[], None] | None = None,
        homes: Sequence[int] | None = None,
    ) -> Iterator[tuple[int, Any]]:
        """Do `work(kept, *task)` for every task; results come as they are ready, with the number of the task.

        Tasks of the same home, by default of the same number, go to the same worker while it lives. `alive` is called
        while waiting; what it raises ends the work.
        """
        addresses = self._addresses()
        at = range(len(tasks)) if homes is None else homes
        waiting = {
            self._submit(self._home(home, addresses), work, task): number
            for number, (home, task) in enumerate(zip(at, tasks, strict=True))
        }
        done: queue.SimpleQueue[distributed.Future[Any]] = queue.SimpleQueue()
        for future in waiting:
            future.add_done_callback(done.put)
        try:
            while waiting:
                if alive is not None:
                    alive()
                try:
                    future = done.get(timeout=POLL_SECONDS)
                except queue.Empty:
                    continue
                yield waiting.pop(future), self._result(future)
        finally:
            self.client.cancel(list(waiting), force=True)

    def _home(self, home: int, addresses: Sequence[str]) -> str | None:
        """The worker of a home; another one where it is gone."""
        if addresses and self.homes.get(home) not in addresses:
            self.homes[home] = addresses[home % len(addresses)]
        return self.homes.get(home)

    def _submit(self, address: str | None, work: Callable[..., Any], task: tuple[Any, ...]) -> distributed.Future[Any]:
        return self.client.submit(
            _on_worker, self.shelf, work, task, workers=address, allow_other_workers=True, pure=False
        )

    def _addresses(self) -> list[str]:
        return sorted(self.client.scheduler_info(n_workers=-1)["workers"])

    @staticmethod
    def _result(future: distributed.Future[Any]) -> Any:
        try:
            return future.result()
        except distributed.scheduler.KilledWorker as error:
            found = f"{DEATHS} workers died over the same piece of work: {error}"
            raise FleetError(f"{found}. Fix: give the workers more memory, or use fewer of them") from error


@contextmanager
def fleet(kept: Any, workers: int, address: str | None = None) -> Iterator[Fleet]:
    """Workers of one thread each, on this machine or at the scheduler's address; gone when the block is left.

    Raises UsageError where no scheduler answers at the address, or where its workers have another version of this
    package: they would make other programs of the same case.
    """
    with _settings():
        if address is not None:
            try:
                client = distributed.Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
            except (OSError, ValueError) as error:
                cure = "start a scheduler there, such as tcp://host:8786, or leave --cluster out"
                raise UsageError(f"no Dask scheduler answers at {address!r}: {error}. Fix: {cure}") from error
            with client:
                joined = _joined(client, kept)
                _require_version(client, address)
                yield joined
            return
        with _deaf_to_interrupts():
            cluster = distributed.LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                scheduler_kwargs={"dashboard_address": ":0"},
                memory_limit=0,
                silence_logs=SILENT,
            )
        with cluster, distributed.Client(cluster, set_as_default=False) as client:
            yield _joined(client, kept)


def _joined(client: distributed.Client, kept: Any) -> Fleet:
    client.wait_for_workers(1, timeout=CONNECT_SECONDS)
    return Fleet(client, kept)


def _require_version(client: distributed.Client, address: str) -> None:
    mine = package_version()
    try:
        found = client.run(package_version)
    except ImportError as error:
        cure = f"install cluster-procurement-optimizer {mine} on every worker"
        raise UsageError(f"the workers at {address} have no optimizer: {error}. Fix: {cure}") from error
    for worker, version in sorted(found.items()):
        if version != mine:
            cure = f"install version {mine} on every worker"
            raise UsageError(f"the worker at {worker} has version {version} of the optimizer. Fix: {cure}")


@contextmanager
def _settings() -> Iterator[None]:
    with dask.config.set({"distributed.scheduler.allowed-failures": DEATHS}):
        yield


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Ctrl-C in a terminal reaches every process of the group: here the main process alone answers to it.

    What is ignored when a process starts stays ignored in it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, heard)
