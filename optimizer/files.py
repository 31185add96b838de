"""Files are written beside their target and moved into place, so a crash leaves the old file or the new one.

A folder that is moved into place as a whole is on the disk before: its files go straight into it, and onto the disk
side by side when all are written, which takes a disk far less than one after the other.
"""

import errno
import os
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from optimizer.errors import OutputError

AT_ONCE = 16
_staged: ContextVar[Path | None] = ContextVar("staged", default=None)


@contextmanager
def together(folder: Path) -> Iterator[None]:
    """Files written inside `folder` within are all on the disk at the end; a crash before may leave some of them.

    Nobody must look into the folder until then. Raises OutputError where a file does not reach the disk.
    """
    before = _staged.set(folder)
    try:
        yield
    finally:
        _staged.reset(before)
    try:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(_onto_disk, (path for path in folder.rglob("*") if path.is_file())))
    except OSError as error:
        raise OutputError(_cure(folder, error)) from error


def write_file(path: Path, write: Callable[[Path], object]) -> None:
    """Call `write` with a temporary path in the same folder, then move the result onto `path`.

    Raises OutputError, naming the cure, when the folder or the file cannot be written.
    """
    path, staged = Path(path), _staged.get()
    if staged is not None and path.is_relative_to(staged):
        _write_straight(path, write)
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=path.suffix)
        os.close(handle)
    except OSError as error:
        raise OutputError(_cure(path, error)) from error
    temporary = Path(name)
    try:
        write(temporary)
        temporary.chmod(0o644)
        _onto_disk(temporary)
        temporary.replace(path)
    except OSError as error:
        raise OutputError(_cure(path, error)) from error
    finally:
        temporary.unlink(missing_ok=True)


def _write_straight(path: Path, write: Callable[[Path], object]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path)
        path.chmod(0o644)
    except OSError as error:
        raise OutputError(_cure(path, error)) from error


def _onto_disk(path: Path) -> None:
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text with `\\n` line ends, beside and then into place."""
    write_file(path, lambda temporary: temporary.write_text(text, encoding="utf-8", newline="\n"))


def write_bytes(path: Path, content: bytes) -> None:
    """Write bytes beside and then into place."""
    write_file(path, lambda temporary: temporary.write_bytes(content))


def _cure(path: Path, error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return f"cannot write {path}: the disk is full. Fix: free some space or choose another folder with --out"
    if isinstance(error, PermissionError):
        return (
            f"cannot write {path}: no permission, or the file is open in Excel. "
            "Fix: close it, or choose another folder with --out"
        )
    return f"cannot write {path}: {error.strerror or error}. Fix: choose another folder with --out"
