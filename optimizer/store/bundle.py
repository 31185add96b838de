"""A plan folder packed into one file and back: the same folder gives the same bytes."""

import io
import shutil
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

from optimizer.errors import OutputError, StaleError
from optimizer.plan.save import CASE, RECORD, TABLES, tables_of

NEVER = (1980, 1, 1, 0, 0, 0)


def pack(folder: Path) -> bytes:
    """The plan folder's record, tables and case as a zip; workbook and page are made again from them."""
    files = (folder / RECORD, *tables_of(folder))
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
                inside = name == RECORD or (len(path.parts) == 2 and path.parts[0] in (TABLES, CASE))
                if not inside or ".." in path.parts or "\\" in name or ":" in name:
                    raise StaleError(f"the stored plan names a file outside its folder: {name!r}")
                target = stage / path
                target.parent.mkdir(exist_ok=True)
                target.write_bytes(archive.read(name))
    except zipfile.BadZipFile as error:
        raise StaleError(f"the stored plan is damaged ({error})") from error
