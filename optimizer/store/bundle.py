"""A plan folder packed into one file and back: the same folder gives the same bytes."""

import io
import shutil
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

from optimizer.errors import OutputError, StaleError
from optimizer.plan.save import CASE, RECORD, TABLES, tables_of
from optimizer.plan.save_tree import SCENARIOS

NEVER = (1980, 1, 1, 0, 0, 0)


def pack(folder: Path) -> bytes:
    """The plan folder's record, tables and case as a zip, and those of its scenarios; workbooks and pages are made
    again from them.
    """
    inside = sorted(path.parent for path in (folder / SCENARIOS).glob(f"*/{RECORD}"))
    files = [path for one in (folder, *inside) for path in (one / RECORD, *tables_of(one))]
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path in files:
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), NEVER)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, path.read_bytes())
    return stream.getvalue()


def unpack(content: bytes, folder: Path) -> None:
    """Write a packed plan folder into a new or empty folder.

    Raises StaleError for a bundle that is damaged or names files outside the folder, OutputError where the folder
    cannot be written or is not empty.
    """
    folder = Path(folder)
    try:
        if folder.exists() and any(folder.iterdir()):
            raise OutputError(f"{folder} is not empty. Fix: name a new folder")
        folder.parent.mkdir(parents=True, exist_ok=True)
        stage = Path(tempfile.mkdtemp(prefix=".unpacking-", dir=folder.parent))
    except OSError as error:
        raise OutputError(f"cannot write {folder}: {error.strerror}. Fix: name another folder") from error
    try:
        _extract(content, stage)
        if folder.exists():
            folder.rmdir()
        stage.chmod(0o755)
        stage.replace(folder)
    except OSError as error:
        raise OutputError(f"cannot write {folder}: {error.strerror}. Fix: name another folder") from error
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _extract(content: bytes, stage: Path) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                path = PurePosixPath(name)
                if not _is_ours(path.parts) or ".." in path.parts or "\\" in name or ":" in name:
                    raise StaleError(f"the stored plan names a file outside its folder: {name!r}")
                target = stage / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(archive.read(name))
    except zipfile.BadZipFile as error:
        raise StaleError(f"the stored plan is damaged ({error})") from error


def _is_ours(parts: tuple[str, ...]) -> bool:
    """Whether a file is one of a plan folder, or of the folder of one of its scenarios."""
    if len(parts) > 2 and parts[0] == SCENARIOS and parts[1].isdecimal():
        parts = parts[2:]
    return parts == (RECORD,) or (len(parts) == 2 and parts[0] in (TABLES, CASE))
