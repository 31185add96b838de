"""A running HiGHS, watched: progress, stop, Ctrl-C.

HiGHS runs in a thread of its own (its `run` releases the interpreter), while the calling thread reports progress and
waits, so that Ctrl-C is heard. HiGHS looks at its stop flag only between steps, and one LP or one heuristic inside
branch and bound may take half a minute; a caller that has an incumbent need not wait for that: HiGHS is left behind,
and ends by itself at its next look. The thread's own scheduler is reset when it ends, so that solves with different
numbers of threads can follow one another, or run side by side, in one process.
"""

import math
import queue
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from optimizer.model.outcome import Progress

HEARTBEAT_SECONDS = 0.5
SHOWN_WARNINGS = 10

OnProgress = Callable[[Progress], None]
Highs = Any  # highspy.Highs, which only highs.py imports
Event = Any  # highspy.highs.HighsCallbackEvent


class Watch:
    """What is known so far. HiGHS's thread writes into it, the calling thread reads and reports.

    An event's time, bound and nodes are read when it is reported, so that no event is older than the one before it.
    """

    def __init__(self, stop_event: threading.Event | None, on_progress: OnProgress | None) -> None:
        self._started = time.perf_counter()
        self._asked_to_stop = stop_event or threading.Event()
        self._interrupted = threading.Event()
        self._on_progress = on_progress
        self.improvements: queue.SimpleQueue[float | None] = queue.SimpleQueue()  # objectives; None wakes the reader
        self.best: tuple[np.ndarray, float] | None = None  # values, objective: replaced in one step
        self._reported: float | None = None  # the objective of the last improvement that was reported
        self.bound: float | None = None
        self.nodes = 0
        self._said: list[str] = []

    def seconds(self) -> float:
        return time.perf_counter() - self._started

    def interrupt(self) -> None:
        self._interrupted.set()

    def stopping(self) -> bool:
        return self._interrupted.is_set() or self._asked_to_stop.is_set()

    def improve(self, values: np.ndarray, objective: float) -> None:
        if self.best is None or objective < self.best[1]:
            self.best = (values, objective)
            self.improvements.put(objective)

    def said(self) -> str:
        """The first warnings and errors of the log."""
        return "\n".join(self._said[:SHOWN_WARNINGS])

    def wait_and_report(self) -> None:
        """Report the next improvement, or after a heartbeat what is known besides."""
        try:
            self._report_improvement(self.improvements.get(timeout=HEARTBEAT_SECONDS))
        except queue.Empty:
            self._report()

    def report_rest(self) -> None:
        """Report the improvements that came just before the end."""
        while not self.improvements.empty():
            self._report_improvement(self.improvements.get())

    def _report_improvement(self, objective: float | None) -> None:
        if objective is not None:
            self._reported = objective
            self._report()

    def _report(self) -> None:
        if self._on_progress is not None:
            self._on_progress(Progress(self.seconds(), self._reported, self.bound, self.nodes))

    def listen(self, highs: Highs) -> None:
        """Take figures, incumbents and warnings of a run on the whole program, and stop it when asked."""
        highs.cbMipImprovingSolution.subscribe(self._on_incumbent)
        highs.cbMipInterrupt.subscribe(self._on_figures)
        highs.cbLogging.subscribe(self._on_log)
        self.only_stop(highs)

    def only_stop(self, highs: Highs) -> None:
        """Stop a run when asked, and believe none of its figures."""
        for callback in (highs.cbMipInterrupt, highs.cbSimplexInterrupt, highs.cbIpmInterrupt):
            callback.subscribe(self._on_step)

    def _on_step(self, event: Event) -> None:
        event.interrupt(self.stopping())

    def _on_figures(self, event: Event) -> None:
        bound = event.data_out.mip_dual_bound
        if math.isfinite(bound) and (self.bound is None or bound > self.bound):
            self.bound = bound
        self.nodes = max(self.nodes, event.data_out.mip_node_count)

    def _on_incumbent(self, event: Event) -> None:
        values = np.array(event.data_out.mip_solution, dtype=np.float64)
        self.improve(values, event.data_out.objective_function_value)

    def _on_log(self, event: Event) -> None:
        if event.data_out.log_type.name in ("kWarning", "kError"):
            self._said.append(event.message.strip())


def run(highs: Highs, watch: Watch, patience_seconds: float = math.inf) -> bool:
    """Run HiGHS in its thread until it ends. False if it was left behind because it did not stop when asked."""
    ended = threading.Event()
    asked_at = math.inf

    def wait() -> bool:
        nonlocal asked_at
        while not ended.is_set():
            watch.wait_and_report()
            if watch.stopping():
                asked_at = min(asked_at, watch.seconds())
            if watch.best is not None and watch.seconds() - asked_at > patience_seconds:
                return False
        watch.report_rest()
        return True

    try:
        threading.Thread(target=_work, args=(highs, ended, watch.improvements), name="HiGHS", daemon=True).start()
        while True:
            try:
                return wait()
            except KeyboardInterrupt:
                if watch.stopping():
                    raise
                watch.interrupt()
    finally:
        if not ended.is_set():
            _leave(highs)


def _work(highs: Highs, ended: threading.Event, improvements: "queue.SimpleQueue[float | None]") -> None:
    try:
        highs.run()
    finally:
        highs.resetThreadScheduler(False)
        ended.set()
        improvements.put(None)


def _leave(highs: Highs) -> None:
    """Let a running HiGHS end by itself: it calls us no more, and its time is up at its next look."""
    for callback in highs.callbacks:
        highs.stopCallback(callback.callback_type)
    highs.setOptionValue("time_limit", 0.0)
