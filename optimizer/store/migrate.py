"""Brings the database of the store to the tables of this version; concurrent first openings are safe."""

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from optimizer.errors import StaleError
from optimizer.store.schema import HEAD

MIGRATIONS = Path(__file__).parent / "migrations"


def revision(connection: Connection) -> str | None:
    """The revision the database is at; None where it has no tables yet."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def migrate(connection: Connection, shown: str) -> None:
    """Upgrade to the newest revision, within the caller's transaction.

    Raises StaleError for a database that a newer version of this program has made.
    """
    found = revision(connection)
    if found == HEAD:
        return
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise StaleError(
            f"the store {shown} was made by a newer version (its tables are at revision {found}, this program knows "
            f"{HEAD}). Fix: update the optimizer; nothing was changed"
        )
    command.upgrade(config, "head")
