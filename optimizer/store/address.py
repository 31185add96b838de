"""Where the store is: a database URL, or the path of an SQLite file; passwords are never shown."""

import os
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from optimizer.errors import UsageError
from optimizer.tables.source import DatabaseUrl

VARIABLE = "OPTIMIZER_STORE"
DEFAULT = "sqlite:///optimizer-runs.db"
DRIVERS = {
    "sqlite": "sqlite+pysqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
    "sqlite+pysqlite": "sqlite+pysqlite",
}


def address(given: str | None) -> URL:
    """The store that is named, else that of OPTIMIZER_STORE, else optimizer-runs.db here.

    Raises UsageError for what is neither a URL of SQLite or PostgreSQL nor a path that ends in .db or .sqlite.
    """
    text = given or os.environ.get(VARIABLE) or DEFAULT
    if "://" not in text and Path(text).suffix in (".db", ".sqlite"):
        return URL.create("sqlite+pysqlite", database=text)
    try:
        url = make_url(text)
    except ArgumentError:
        url = None
    if url is None or url.drivername not in DRIVERS or (url.drivername.startswith("sqlite") and not url.database):
        raise UsageError(
            "the store is named by sqlite:///FILE.db, postgresql://USER@HOST/DATABASE, or the path of a .db file; "
            f"give it with --store or in {VARIABLE}"
        )
    return url.set(drivername=DRIVERS[url.drivername])


def shown(url: URL) -> str:
    """The address without its password and without what else may be a secret."""
    plain = url.set(drivername=url.drivername.split("+")[0])
    return str(DatabaseUrl(plain.render_as_string(hide_password=False)))
