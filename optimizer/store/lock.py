"""One at a time: a lock on the store that the operating system or the database releases when its holder dies."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from filelock import FileLock, Timeout
from sqlalchemy.engine import Engine

from optimizer.errors import LockedError, OutputError

NUMBER = 0x6F7074696D  # "optim": the advisory lock of the store in a PostgreSQL database
POLL_SECONDS = 0.2


@contextmanager
def file_lock(path: Path, wait_seconds: float, who: str) -> Iterator[None]:
    """Hold the lock file beside an SQLite database; its text says who holds it. Raises LockedError after the wait."""
    lock = FileLock(f"{path}.lock")
    try:
        lock.acquire(timeout=wait_seconds, poll_interval=POLL_SECONDS)
    except Timeout as error:
        raise _locked(_read(path), wait_seconds) from error
    except OSError as error:
        raise OutputError(
            f"cannot lock {path}: {error.strerror or error}. Fix: name a store in a folder that can be written"
        ) from error
    try:
        with suppress(OSError):
            _holder(path).write_text(_told(who), encoding="utf-8")
        yield
    finally:
        with suppress(OSError):
            _holder(path).unlink()
        lock.release()


@contextmanager
def advisory_lock(engine: Engine, wait_seconds: float, who: str) -> Iterator[None]:
    """Hold a session lock of PostgreSQL on a connection of its own. Raises LockedError after the wait."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("SELECT set_config('application_name', :who, false)"), {"who": f"optimizer {who}"})
        deadline = time.monotonic() + wait_seconds
        while not connection.execute(sa.text("SELECT pg_try_advisory_lock(:n)"), {"n": NUMBER}).scalar():
            if time.monotonic() >= deadline:
                raise _locked(_session(connection), wait_seconds)
            time.sleep(min(POLL_SECONDS, max(0.0, deadline - time.monotonic())))
        try:
            yield
        finally:
            connection.execute(sa.text("SELECT pg_advisory_unlock(:n)"), {"n": NUMBER})


def _session(connection: sa.Connection) -> str:
    """Who holds the advisory lock, as far as the server tells."""
    query = sa.text(
        "SELECT a.application_name || ', since ' || a.backend_start FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
        " WHERE l.locktype = 'advisory' AND l.granted AND ((l.classid::bigint << 32) | l.objid::bigint) = :n"
    )
    return str(connection.execute(query, {"n": NUMBER}).scalar() or "another session")


def _holder(path: Path) -> Path:
    return Path(f"{path}.holder")


def _told(who: str) -> str:
    return json.dumps({"who": who, "since": datetime.now(UTC).isoformat(timespec="seconds")})


def _read(path: Path) -> str:
    try:
        told = json.loads(_holder(path).read_text(encoding="utf-8"))
        return f"{told['who']}, since {told['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"


def _locked(holder: str, waited: float) -> LockedError:
    return LockedError(
        f"another run holds the store ({holder}); waited {waited:g} s. "
        "Fix: wait for it to end, or raise --wait; a lock is released when its holder ends, however it ends"
    )
