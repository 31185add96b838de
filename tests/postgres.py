"""A real PostgreSQL server for tests: started in a folder of its own, and thrown away.

It listens on a socket in its folder and on no port: one that was free may be taken by the time the server starts.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

USER = "postgres"
"""The server refuses to run as root, so root starts it as this user."""
SETTINGS = (
    "fsync = off\n"  # the files are thrown away; a killed client needs no disk flush to be rolled back
    "synchronous_commit = off\n"
    "full_page_writes = off\n"
    "shared_buffers = 16MB\n"
    "max_connections = 60\n"
    "listen_addresses = ''\n"
)


def programs() -> Path | None:
    """The folder that holds initdb and pg_ctl; None where PostgreSQL is not installed."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "pg_ctl").exists()), None)


@contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """The SQLAlchemy URL of the database `postgres` of a new server, whose files live in a folder within `folder`.

    The server is stopped and its files are removed on the way out. Raises FileNotFoundError where PostgreSQL is not
    installed: check `programs()` first and skip.
    """
    tools = programs()
    if tools is None:
        raise FileNotFoundError("PostgreSQL is not installed: no initdb on the path")
    # pytest's folders are closed to other users, and a socket's path is limited to 107 bytes.
    home = Path(_run(["mktemp", "-d", "/tmp/postgres-XXXXXXXX"]).strip())
    log = Path(folder) / f"{home.name}.log"
    try:
        data = home / "data"
        _run([tools / "initdb", "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"])
        (data / "postgresql.auto.conf").write_text(f"{SETTINGS}unix_socket_directories = '{home}'\n")
        try:
            _run([tools / "pg_ctl", "-D", data, "-w", "-t", "60", "-l", home / "log", "start"])
            yield f"postgresql+psycopg://{USER}@/postgres?host={home}"
        finally:
            if (data / "postmaster.pid").exists():
                _run([tools / "pg_ctl", "-D", data, "-w", "-t", "60", "-m", "immediate", "stop"])
    finally:
        if (home / "log").exists():
            shutil.copyfile(home / "log", log)
        shutil.rmtree(home)


def _run(command: list[str | Path]) -> str:
    """Run a command as a user who may run the server; its output, or an AssertionError that shows it."""
    as_user: list[str | Path] = ["runuser", "-u", USER, "--"] if os.geteuid() == 0 else []
    done = subprocess.run(
        [*as_user, *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        cwd="/",
    )
    assert done.returncode == 0, f"{command[0]}: {done.stdout}"
    return done.stdout
