"""Opening a database: one transaction to read or to write in, and errors in words that never hold a password."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from optimizer.errors import Finding, InputError, OutputError, UsageError
from optimizer.tables.source import SHOWN_OPTIONS, DatabaseUrl

DRIVERS = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
SECONDS_TO_CONNECT = 15
SECONDS_TO_WAIT = 30
ONE_WRITER = 7_301_844_910
"""Key of the lock that makes writers of PostgreSQL databases queue."""


@dataclass(frozen=True)
class Database:
    """An open transaction. Tables stand in `schema` (None: the default one), their names after `prefix`."""

    connection: Connection
    address: DatabaseUrl
    schema: str | None
    prefix: str

    @property
    def inspector(self) -> sa.Inspector:
        """What the database says of its tables, as of now."""
        return sa.inspect(self.connection)

    def place(self, table: str) -> str:
        """The address of a table in findings, such as `case.planning.demand`."""
        return ".".join(part for part in (self.address.name, self.schema, self.prefix + table) if part)

    def relations(self) -> set[str]:
        """Names of all tables and views, with their prefix."""
        inspector = self.inspector
        names = {*inspector.get_table_names(self.schema), *inspector.get_view_names(self.schema)}
        if self.connection.dialect.name == "postgresql":
            names |= set(inspector.get_materialized_view_names(self.schema))
        return names


@contextmanager
def reading(address: DatabaseUrl) -> Iterator[Database]:
    """One transaction in which nothing can be written and nothing that others write is seen.

    Raises InputError when the database cannot be read, UsageError when the address is not one.
    """
    url, schema, prefix = _parts(address)
    if address.hidden:
        cure = "give the address in full"
        found = f"the address was kept without {', '.join(address.hidden)}, which may hold a secret"
        raise InputError([Finding(str(address), found, "an address in full", cure)])
    if url.get_backend_name() == "sqlite" and not (url.database and Path(url.database).is_file()):
        cure = "correct the path: three slashes before a relative one, four before an absolute one"
        raise InputError([Finding(str(address), "there is no such database file", "a SQLite database", cure)])
    try:
        with _engine(url, "BEGIN", query_only=True) as engine:
            if url.get_backend_name() == "postgresql":
                engine = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with engine.begin() as connection:
                yield Database(connection, address, schema, prefix)
    except SQLAlchemyError as error:
        cure = "check the address, the server and your permissions"
        raise InputError([Finding(str(address), _reason(error, url), "a database that can be read", cure)]) from error


@contextmanager
def writing(address: DatabaseUrl) -> Iterator[Database]:
    """One transaction that is written in full or not at all; a second writer waits.

    Raises OutputError when the database cannot be written, UsageError when the address is not one of SQLite or
    PostgreSQL, whose transactions cover the making of tables too.
    """
    url, schema, prefix = _parts(address)
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise UsageError(
            f"cannot write to {address}: only SQLite and PostgreSQL are written to. Fix: name one of these"
        )
    if url.get_backend_name() == "sqlite" and not url.database:
        raise UsageError(f"cannot write to {address}: it names no file. Fix: give one, such as sqlite:///case.db")
    try:
        with _engine(url, "BEGIN IMMEDIATE") as engine, engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(ONE_WRITER)))
            yield Database(connection, address, schema, prefix)
    except SQLAlchemyError as error:
        cure = "Fix: check the address, the server, the space on its disk and your permissions"
        raise OutputError(f"cannot write to {address}: {_reason(error, url)}. {cure}") from error


def _parts(address: DatabaseUrl) -> tuple[URL, str | None, str]:
    """The URL for the driver, the schema and the prefix."""
    try:
        url = make_url(address.text)
    except (ArgumentError, ValueError):
        hint = "Fix: write it like sqlite:///case.db or postgresql://user@host/database; marks in a password as %40"
        raise UsageError(f"{address} is not the address of a database. {hint}") from None
    schema, prefix = (url.query.get(name, "") for name in ("schema", "prefix"))
    if not isinstance(schema, str) or not isinstance(prefix, str):
        raise UsageError(f"{address} gives schema or prefix twice. Fix: give each once")
    url = url.difference_update_query(("schema", "prefix"))
    return url.set(drivername=DRIVERS.get(url.drivername, url.drivername)), schema or None, prefix


@contextmanager
def _engine(url: URL, begin: str, query_only: bool = False) -> Iterator[Engine]:
    """An engine without a pool; SQLite begins its transactions with `begin`, which Python would begin too late."""
    backend, options = url.get_backend_name(), dict[str, object]()
    if backend == "sqlite":
        options = {"timeout": SECONDS_TO_WAIT}
    elif url.drivername == DRIVERS["postgresql"] and "connect_timeout" not in url.query:
        options = {"connect_timeout": SECONDS_TO_CONNECT}
    try:
        engine = sa.create_engine(url, poolclass=NullPool, connect_args=options)
    except NoSuchModuleError:
        raise UsageError(f"there is no driver for {url.drivername}. Fix: use sqlite:// or postgresql://") from None
    except ModuleNotFoundError as error:
        cure = "Fix: install cluster-procurement-optimizer[postgres], or the driver of your database"
        raise UsageError(f"the driver {error.name} is not installed. {cure}") from None
    if backend == "sqlite":
        sa.event.listen(engine, "connect", lambda connection, _: _prepare(connection, query_only))
        sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    try:
        yield engine
    finally:
        engine.dispose()


def _prepare(connection: Any, query_only: bool) -> None:
    """Set up a connection of SQLite, a `sqlite3.Connection` or a wrapper of one."""
    connection.isolation_level = None
    cursor: sqlite3.Cursor = connection.cursor()
    cursor.execute(f"PRAGMA query_only = {'ON' if query_only else 'OFF'}")
    cursor.close()


def _reason(error: SQLAlchemyError, url: URL) -> str:
    """What the database says, on one line, without the password of the address."""
    cause: object = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    text = " ".join(str(cause).split()).rstrip(".") or type(cause).__name__
    options = [value for name, value in url.query.items() if name not in SHOWN_OPTIONS]
    secrets = [url.password, *(value for value in options if isinstance(value, str))]
    for secret in secrets:
        if secret:
            text = text.replace(str(secret), "***")
    return text
