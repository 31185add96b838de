"""Files under way are finished: a plan that took hours is not lost to a Ctrl-C in the seconds of its writing."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def unbroken() -> Iterator[None]:
    """Finish what is written inside; only a second Ctrl-C, or termination, raises KeyboardInterrupt."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard: list[int] = []

    def hear(number: int, _: FrameType | None) -> None:
        if heard:
            raise KeyboardInterrupt
        heard.append(number)
        print("finishing the files; interrupt again to leave them unwritten", file=sys.stderr)

    before = [signal.signal(number, hear) for number in SIGNALS]
    try:
        yield
    finally:
        for number, handler in zip(SIGNALS, before, strict=True):
            signal.signal(number, handler)
