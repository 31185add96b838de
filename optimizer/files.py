"""Files are written beside their target and moved into place, so a crash leaves the old file or the new one."""

import errno
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from optimizer.errors import OutputError


def write_file(path: Path, write: Callable[[Path], object]) -> None:
    """Call `write` with a temporary path in the same folder, then move the result onto `path`.

    Raises OutputError, naming the cure, when the folder or the file cannot be written.
    """
    path = Path(path)
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
        with temporary.open("rb+") as stream:
            os.fsync(stream.fileno())
        temporary.replace(path)
    except OSError as error:
        raise OutputError(_cure(path, error)) from error
    finally:
        temporary.unlink(missing_ok=True)


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
