"""A command in a terminal of its own, interrupted as by a hand on Ctrl-C."""

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 240.0


def interrupted(*words: str, by: signal.Signals = signal.SIGINT) -> tuple[int, bytes]:
    """Run `optimizer ...` until its progress line shows a plan, and signal it; exit code and what it showed."""
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "optimizer", *words]
    ears = {"stdout": subprocess.PIPE, "stderr": follower, "cwd": ROOT, "preexec_fn": _listen}
    with subprocess.Popen(command, **ears) as process:  # type: ignore[call-overload]
        os.close(follower)
        seen, deadline = b"", time.monotonic() + PATIENCE
        while b": plan " not in seen and time.monotonic() < deadline and process.poll() is None:
            seen += _read(leader)
        process.send_signal(by)
        while process.poll() is None and (more := _read(leader)):
            seen += more
        code = process.wait(PATIENCE)
    os.close(leader)
    return code, seen


def _listen() -> None:
    """A job in the background of a shell is deaf to Ctrl-C; what is tested is one that hears."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _read(leader: int) -> bytes:
    """What stands on the terminal; nothing once the command has left it."""
    try:
        return os.read(leader, 4096)
    except OSError:
        return b""
