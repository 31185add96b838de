"""Live progress on standard error: a line that moves in a terminal, plain lines in a log."""

import shutil
import sys
import threading
import time
from types import TracebackType

from optimizer.cli.text import percent, short
from optimizer.model.outcome import Progress
from optimizer.request import Step

TICK_SECONDS = 0.5
LOG_SECONDS = 10.0


class ProgressLine:
    """Shows the step under way and, while solving, incumbent, bound and gap. Use it as a context manager."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._step = ""
        self._figures = ""
        self._began = self._logged = time.perf_counter()
        self._done = threading.Event()
        self._lock = threading.Lock()
        self._ticker = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self) -> "ProgressLine":
        self._ticker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._ticker.join()
        with self._lock:
            self._clear()

    def __call__(self, event: Step | Progress) -> None:
        """Take an event of the run."""
        with self._lock:
            if isinstance(event, Step):
                self._figures = ""
                if self._live and self._step:
                    self._clear()
                self._step = event.name
                if not self._live:
                    print(f"{self._elapsed()} {self._step}", file=sys.stderr, flush=True)
                return
            incumbent = "no plan yet" if event.incumbent is None else f"plan {short(event.incumbent)}"
            bound = "no bound yet" if event.bound is None else f"bound {short(event.bound)}"
            gap = "" if event.gap is None else f", gap {percent(event.gap)}"
            self._show(f": {incumbent}, {bound}{gap}")

    def figures(self, text: str) -> None:
        """Take figures of the step under way, as they are shown behind its name."""
        with self._lock:
            self._show(text)

    def _show(self, figures: str) -> None:
        self._figures = figures
        if not self._live and time.perf_counter() - self._logged >= LOG_SECONDS:
            self._logged = time.perf_counter()
            print(f"{self._elapsed()} {self._step}{self._figures}", file=sys.stderr, flush=True)

    def _elapsed(self) -> str:
        return f"{time.perf_counter() - self._began:6.1f} s"

    def _tick(self) -> None:
        while not self._done.wait(TICK_SECONDS):
            if self._live and self._step:
                with self._lock:
                    width = shutil.get_terminal_size().columns
                    line = f"{self._elapsed()}  {self._step}{self._figures}"[: width - 1]
                    print(f"\r\x1b[2K{line}", end="", file=sys.stderr, flush=True)

    def _clear(self) -> None:
        if self._live:
            print("\r\x1b[2K", end="", file=sys.stderr, flush=True)
