"""The store: runs in, runs out, and the one approved plan. Every change is one transaction."""

import hashlib
import math
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine, Row
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from optimizer.errors import OutputError, StaleError
from optimizer.plan.status import Status, StopReason
from optimizer.store.address import address, shown
from optimizer.store.lock import NUMBER, advisory_lock, file_lock
from optimizer.store.migrate import migrate, revision
from optimizer.store.runs import Draft, Event, Run, State, Told
from optimizer.store.schema import HEAD, bundle, event, run

BUSY_SECONDS = 60.0
READS = "optimizer_reads"
NO_PLAN, INTERRUPT = Status.NO_PLAN.value, StopReason.INTERRUPT.value


class Store:
    """The run store. `Store.open` finds or makes it; `close`, or leaving a `with`, lets go of it.

    Raises OutputError where the database cannot be reached or written, StaleError where a state does not allow what
    is asked; then nothing has changed.
    """

    def __init__(self, url: URL, engine: Engine) -> None:
        self.url, self.engine, self.shown = url, engine, shown(url)

    @classmethod
    def open(cls, given: str | None = None) -> "Store":
        """The store at a URL, path, OPTIMIZER_STORE, or optimizer-runs.db here; its tables are made or brought up."""
        url = address(given)
        store = cls(url, _engine(url))
        try:
            with store._reading() as connection:
                ready = revision(connection) == HEAD
            if not ready:
                with store._change() as connection:
                    migrate(connection, store.shown)
        except BaseException:
            store.close()
            raise
        return store

    @property
    def is_file(self) -> bool:
        """Whether it is an SQLite file."""
        return self.url.drivername.startswith("sqlite")

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()

    def __enter__(self) -> "Store":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def lock(self, wait_seconds: float, who: str) -> AbstractContextManager[None]:
        """Hold the store alone; raises LockedError, naming the holder, after the wait."""
        if self.is_file:
            return file_lock(Path(self.url.database or ""), wait_seconds, who)
        return self._advisory(wait_seconds, who)

    @contextmanager
    def _advisory(self, wait_seconds: float, who: str) -> Iterator[None]:
        try:
            with advisory_lock(self.engine, wait_seconds, who):
                yield
        except DBAPIError as error:
            raise self._trouble(error) from error

    def save(self, draft: Draft) -> Run:
        """Keep a run as a draft, with its plan folder."""
        sha = hashlib.sha256(draft.bundle).hexdigest()
        told = {field.name: getattr(draft, field.name) for field in fields(Told)}
        with self._change() as connection:
            now = datetime.now(UTC)
            row = {**told, "created": now, "state": State.DRAFT.value, "sha256": sha}
            number = connection.execute(sa.insert(run).values(row)).inserted_primary_key[0]  # type: ignore[index]  # the key of the one row
            connection.execute(sa.insert(bundle).values(run=number, content=draft.bundle))
            self._note(connection, number, State.DRAFT, draft.by, "")
        return self.run(number)

    def find(self, key: str, approved: int | None) -> Run | None:
        """The newest run of these inputs that came to an end and continues what is approved, or is approved itself.

        What was interrupted, or was left without a plan by a limit, did not come to an end.
        """
        ended = sa.or_(run.c.objective.is_not(None), run.c.status != NO_PLAN)
        continues = sa.or_(run.c.baseline.is_not_distinct_from(approved), run.c.number == approved)
        wanted = sa.select(run).where(run.c.key == key, run.c.stop != INTERRUPT, ended, continues)
        with self._reading() as connection:
            row = connection.execute(wanted.order_by(run.c.number.desc()).limit(1)).first()
        return None if row is None else _run(row)

    def run(self, number: int) -> Run:
        """One run."""
        with self._reading() as connection:
            return self._get(connection, number)

    def runs(self, limit: int | None = None, state: State | None = None) -> tuple[Run, ...]:
        """Runs, the newest first."""
        wanted = sa.select(run).order_by(run.c.number.desc())
        if state is not None:
            wanted = wanted.where(run.c.state == state.value)
        with self._reading() as connection:
            return tuple(_run(row) for row in connection.execute(wanted.limit(limit)))

    def approved(self) -> Run | None:
        """The run whose plan is approved now."""
        found = self.runs(1, State.APPROVED)
        return found[0] if found else None

    def bundle(self, number: int) -> bytes:
        """The packed plan folder of a run, checked against its hash."""
        with self._reading() as connection:
            kept = self._get(connection, number)
            content = connection.execute(sa.select(bundle.c.content).where(bundle.c.run == number)).scalar()
        if content is None or hashlib.sha256(content).hexdigest() != kept.sha256:
            raise StaleError(f"the plan of run {number} in {self.shown} is damaged. Fix: restore it from a backup")
        return bytes(content)

    def events(self, number: int) -> tuple[Event, ...]:
        """What happened to a run, in order."""
        wanted = sa.select(event).where(event.c.run == number).order_by(event.c.number)
        with self._reading() as connection:
            self._get(connection, number)
            rows = connection.execute(wanted).all()
        return tuple(Event(r.run, _utc(r.when), State(r.state), r.by, r.why) for r in rows)

    def approve(self, number: int, by: str, why: str) -> Run:
        """Make a draft the approved plan; the one before it is superseded.

        Raises StaleError unless it is a draft with a plan that was made from what is approved now.
        """
        with self._change() as connection:
            kept = self._get(connection, number, lock=True)
            found = connection.execute(sa.select(run.c.number).where(run.c.state == State.APPROVED.value)).scalar()
            self._require_draft(kept)
            if kept.objective is None:
                raise StaleError(f"run {number} has no plan ({kept.status}): there is nothing to approve")
            if kept.baseline != found:
                now = "nothing" if found is None else f"run {found}"
                then = "nothing" if kept.baseline is None else f"run {kept.baseline}"
                raise StaleError(
                    f"run {number} continues {then}, but {now} is approved now. Fix: replan, and approve the new run"
                )
            if found is not None:
                self._move(connection, found, State.SUPERSEDED, by, f"run {number} was approved")
            self._move(connection, number, State.APPROVED, by, why)
        return self.run(number)

    def reject(self, number: int, by: str, why: str) -> Run:
        """Say that a draft will not be approved."""
        with self._change() as connection:
            self._require_draft(self._get(connection, number, lock=True))
            self._move(connection, number, State.REJECTED, by, why)
        return self.run(number)

    def prunable(self, before: datetime) -> tuple[int, ...]:
        """Drafts and rejected runs older than a date that no other run continues; approved plans are kept for ever."""
        with self._reading() as connection:
            return self._prunable(connection, before)

    def prune(self, before: datetime) -> tuple[int, ...]:
        """Delete what is prunable; the numbers of the runs that are gone."""
        with self._change() as connection:
            gone = self._prunable(connection, before)
            for table, column in ((event, event.c.run), (bundle, bundle.c.run), (run, run.c.number)):
                connection.execute(sa.delete(table).where(column.in_(gone)))
        return gone

    def _prunable(self, connection: Connection, before: datetime) -> tuple[int, ...]:
        states = [State.DRAFT.value, State.REJECTED.value]
        continued = sa.select(run.c.baseline).where(run.c.baseline.is_not(None))
        wanted = sa.select(run.c.number).where(
            run.c.state.in_(states), run.c.created < before, run.c.number.not_in(continued)
        )
        return tuple(connection.execute(wanted.order_by(run.c.number)).scalars())

    def _get(self, connection: Connection, number: int, lock: bool = False) -> Run:
        wanted = sa.select(run).where(run.c.number == number)
        row = connection.execute(wanted.with_for_update() if lock else wanted).first()
        if row is None:
            raise StaleError(f"the store {self.shown} has no run {number}. Fix: `optimizer runs list` shows them")
        return _run(row)

    def _require_draft(self, kept: Run) -> None:
        if kept.state is not State.DRAFT:
            raise StaleError(f"run {kept.number} is {kept.state.value}, not a draft. Fix: replan, and use the new run")

    def _move(self, connection: Connection, number: int, state: State, by: str, why: str) -> None:
        connection.execute(sa.update(run).where(run.c.number == number).values(state=state.value))
        self._note(connection, number, state, by, why)

    def _note(self, connection: Connection, number: int, state: State, by: str, why: str) -> None:
        row = {"run": number, "when": datetime.now(UTC), "state": state.value, "by": by, "why": why}
        connection.execute(sa.insert(event).values(row))

    @contextmanager
    def _change(self) -> Iterator[Connection]:
        """One transaction that happens whole or not at all; changes wait for each other."""
        try:
            with self.engine.begin() as connection:
                if not self.is_file:
                    connection.execute(sa.text("SELECT pg_advisory_xact_lock(:n)"), {"n": NUMBER + 1})
                yield connection
        except SQLAlchemyError as error:
            raise self._trouble(error) from error

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        try:
            with self.engine.connect().execution_options(**{READS: True}) as connection:
                yield connection
        except SQLAlchemyError as error:
            raise self._trouble(error) from error

    def _trouble(self, error: SQLAlchemyError) -> OutputError:
        """What went wrong, without statements, values or passwords."""
        said = str(getattr(error, "orig", None) or error).strip().splitlines()
        password = str(self.url.password or "")
        reason = said[0] if said else type(error).__name__
        reason = reason.replace(password, "***") if password else reason
        cure = "check the server, the name and the rights of its user"
        if self.is_file:
            cure = "free disk space, or name a store in a folder that can be written"
        return OutputError(f"the store {self.shown} cannot be used: {reason}. Nothing was changed. Fix: {cure}")


def _engine(url: URL) -> Engine:
    if not url.drivername.startswith("sqlite"):
        try:
            return sa.create_engine(url, pool_pre_ping=True)
        except ImportError as error:
            raise OutputError(
                "a store on PostgreSQL needs a driver. Fix: pip install 'cluster-procurement-optimizer[postgres]'"
            ) from error
    path = Path(url.database or "")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make the folder of the store {path}: {error.strerror}. Fix: name another") from error
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_SECONDS})

    @sa.event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None
        for setting in ("journal_mode=DELETE", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {setting}")

    @sa.event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        reads = connection.get_execution_options().get(READS, False)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine


def _run(row: Row[Any]) -> Run:
    told = {field.name: getattr(row, field.name) for field in fields(Told)}
    for name in ("objective", "bound", "gap"):
        if told[name] is not None and not math.isfinite(told[name]):
            told[name] = None
    return Run(**told, number=row.number, created=_utc(row.created), state=State(row.state), sha256=row.sha256)


def _utc(moment: datetime) -> datetime:
    """SQLite forgets the zone; what is stored is UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
