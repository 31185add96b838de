"""The store keeps what it is given, changes state in one step, and says clearly what is wrong."""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from optimizer.errors import LockedError, OutputError, StaleError, UsageError
from optimizer.plan.save import save_plan, write_record
from optimizer.plan.save_tree import load_any, save_any
from optimizer.plan.tree import TreePlan
from optimizer.store import State, Store, pack, unpack
from optimizer.store.address import address, shown
from optimizer.store.schema import metadata
from tests.builders import one_site, solved
from tests.futures.branching import newsvendor, tree
from tests.store.drafts import draft

NOBODY = 65534


def test_a_run_comes_back_as_it_was_given(url: str) -> None:
    given = draft(objective=12.5, summary="Zürich €", log="a\nb", by="Ünal", bundle=bytes(range(256)))
    with Store.open(url) as store:
        number = store.save(given).number
    with Store.open(url) as store:
        kept = store.run(number)
        assert {name: getattr(kept, name) for name in vars(given) if name != "bundle"} == {
            name: value for name, value in vars(given).items() if name != "bundle"
        }
        assert store.bundle(number) == given.bundle
        assert kept.state is State.DRAFT
        assert abs(kept.created - datetime.now(UTC)) < timedelta(minutes=5)


def test_the_life_of_a_plan(url: str) -> None:
    """Proves: draft, approved, superseded; with who, when and why; one plan is approved at a time."""
    with Store.open(url) as store:
        one = store.save(draft("a")).number
        store.approve(one, "ada", "first")
        two = store.save(draft("b", one)).number
        store.approve(two, "bo", "second")
        assert store.run(one).state is State.SUPERSEDED
        found = store.approved()
        assert found is not None
        assert found.number == two
        assert [(e.state, e.by, e.why) for e in store.events(one)] == [
            (State.DRAFT, "me", ""),
            (State.APPROVED, "ada", "first"),
            (State.SUPERSEDED, "bo", f"run {two} was approved"),
        ]


def test_what_may_not_be_approved(url: str) -> None:
    """Proves: neither a rejected run, nor one without a plan, nor one that continues what is no longer approved."""
    with Store.open(url) as store:
        first, second = store.save(draft("a")).number, store.save(draft("b")).number
        rejected, without = store.save(draft("c")).number, store.save(draft("d", objective=None)).number
        store.reject(rejected, "me", "no")
        store.approve(first, "me", "yes")
        for number, message in (
            (rejected, "is rejected, not a draft"),
            (without, "has no plan"),
            (second, f"continues nothing, but run {first} is approved"),
            (first, "is approved, not a draft"),
            (99, "has no run 99"),
        ):
            with pytest.raises(StaleError, match=message):
                store.approve(number, "me", "why")
        found = store.approved()
        assert found is not None
        assert found.number == first


def test_the_database_itself_refuses_a_second_approved_plan(url: str) -> None:
    """Proves: even a program without our checks cannot make two plans the state of the world."""
    with Store.open(url) as store:
        store.approve(store.save(draft("a")).number, "me", "yes")
        store.save(draft("b"))
        with pytest.raises(sa.exc.IntegrityError), store.engine.begin() as connection:
            connection.execute(sa.text("UPDATE run SET state = 'approved'"))


def test_prune_keeps_what_was_approved_and_what_is_continued(url: str) -> None:
    with Store.open(url) as store:
        one = store.save(draft("a")).number
        store.approve(one, "me", "yes")
        parent, loose = store.save(draft("b", one)).number, store.save(draft("c", one)).number
        child = store.save(draft("d", parent)).number
        later = datetime.now(UTC) + timedelta(days=1)
        assert store.prune(datetime.now(UTC) - timedelta(days=1)) == ()
        assert store.prune(later) == (loose, child)
        assert [kept.number for kept in store.runs()] == [parent, one]
        again = store.save(draft("e")).number
        assert again > child, "numbers are never used twice"


def test_find_knows_what_came_to_an_end(url: str) -> None:
    """Proves: a run is found again by its key while it continues what is approved; one cut short is not."""
    with Store.open(url) as store:
        made = store.save(draft("k")).number
        store.save(draft("cut", stop="interrupt"))
        store.save(draft("limit", status="no_plan", objective=None))
        infeasible = store.save(draft("inf", status="infeasible", objective=None)).number
        found = [store.find(key, None) for key in ("k", "cut", "limit", "inf", "other")]
        assert [one and one.number for one in found] == [made, None, None, infeasible, None]
        store.approve(made, "me", "yes")
        for approved, number in ((made, made), (None, made)):
            one = store.find("k", approved)
            assert one is not None
            assert one.number == number
        assert store.find("inf", made) is None


def test_a_damaged_plan_is_seen(url: str) -> None:
    with Store.open(url) as store:
        number = store.save(draft()).number
        with store.engine.begin() as connection:
            connection.execute(sa.text("UPDATE bundle SET content = :c"), {"c": b"abd"})
        with pytest.raises(StaleError, match=f"run {number} .* is damaged"):
            store.bundle(number)


def test_the_lock_is_held_by_one(url: str) -> None:
    with Store.open(url) as store, Store.open(url) as other:
        with store.lock(1.0, "ada"), pytest.raises(LockedError, match=r"ada.*waited 0 s"), other.lock(0.0, "bo"):
            pass
        with other.lock(0.0, "bo"):
            pass


def test_a_store_of_a_newer_version_is_left_alone(url: str) -> None:
    with Store.open(url) as store:
        store.save(draft())
        with store.engine.begin() as connection:
            connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StaleError, match="made by a newer version"):
        Store.open(url)


def test_migrations_lead_to_the_schema(url: str) -> None:
    """Proves: the tables the migrations make are those that the program declares, column by column."""
    with Store.open(url) as store, store.engine.connect() as connection:
        inspector = sa.inspect(connection)
        assert {*inspector.get_table_names()} == {*metadata.tables, "alembic_version"}
        for name, table in metadata.tables.items():
            made = {column["name"]: column["nullable"] for column in inspector.get_columns(name)}
            assert made == {column.name: column.nullable for column in table.columns}
            assert {i["name"] for i in inspector.get_indexes(name)} == {i.name for i in table.indexes}


def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    """Proves: a run that does not fit is refused with the cure; the approved plan stays, and space heals all."""
    url = f"sqlite:///{tmp_path / 'runs.db'}"
    with Store.open(url) as store:
        store.approve(store.save(draft()).number, "me", "yes")
    full = Store.open(url)

    @sa.event.listens_for(full.engine, "connect")
    def fill(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("PRAGMA max_page_count = 1")  # no page beyond those there are

    full.engine.dispose()
    with full, pytest.raises(OutputError, match=r"full.*Nothing was changed. Fix: free disk space"):
        full.save(draft("b", 1, bundle=b"x" * 1_000_000))
    with Store.open(url) as store:
        assert [one.number for one in store.runs()] == [1]
        assert store.approved() is not None
        assert store.save(draft("b", 1, bundle=b"x" * 1_000_000)).number == 2


@contextmanager
def as_nobody() -> Iterator[None]:
    """Rights of an ordinary user, where this is root, whom no directory stops."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_read_only_folder_is_told(tmp_path: Path) -> None:
    """Proves: a store in a folder that cannot be written is read, refuses changes and the lock, and loses nothing."""
    folder = Path(tempfile.mkdtemp(prefix="optimizer-read-only-"))
    path = folder / "runs.db"
    with Store.open(str(path)) as store:
        store.save(draft())
    path.chmod(0o444)
    folder.chmod(0o555)
    try:
        with as_nobody():
            with Store.open(str(path)) as store:
                assert len(store.runs()) == 1
                with pytest.raises(OutputError, match=r"read-?only.*Fix:"):
                    store.save(draft("b"))
                with pytest.raises(OutputError, match=r"cannot lock.*Fix:"), store.lock(0.0, "me"):
                    pass
            with pytest.raises(OutputError, match=r"cannot be used.*Fix:"):
                Store.open(str(folder / "other.db"))
    finally:
        folder.chmod(0o755)
        path.chmod(0o644)
    with Store.open(str(path)) as store:
        assert len(store.runs()) == 1
        store.save(draft("b"))


def test_what_is_no_database_is_told(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    path.write_text("not a database, but long enough to be taken for the head of one" * 20)
    with pytest.raises(OutputError, match="not a database"):
        Store.open(str(path))


@pytest.mark.parametrize("text", ["mysql://host/db", "runs", "sqlite://", "sqlite:///", "://", "postgresql"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="the store is named by"):
        address(text)


def test_a_password_is_never_shown() -> None:
    """Proves: no message about a server that is not there holds the password."""
    url = "postgresql://ada:s3cret@127.0.0.1:1/none?connect_timeout=2"
    assert "s3cret" not in shown(address(url))
    with pytest.raises(OutputError) as told:
        Store.open(url)
    assert "s3cret" not in str(told.value)
    assert "ada" in str(told.value)


def test_a_plan_folder_is_packed_the_same_and_comes_back(tmp_path: Path) -> None:
    plan = solved(one_site(10.0))
    for name in ("a", "b"):
        save_plan(plan, tmp_path / name)
        write_record(plan, tmp_path / name)
    content = pack(tmp_path / "a")
    assert content == pack(tmp_path / "b")
    unpack(content, tmp_path / "c")
    assert pack(tmp_path / "c") == content
    with pytest.raises(OutputError, match="is not empty"):
        unpack(content, tmp_path / "c")


def test_a_tree_is_packed_with_its_scenarios_and_comes_back(tmp_path: Path) -> None:
    """Proves: the folder of a tree gives the same bytes each time, and every scenario comes back with its own files."""
    plan = tree(newsvendor())
    for name in ("a", "b"):
        save_any(plan, tmp_path / name)
    content = pack(tmp_path / "a")
    assert content == pack(tmp_path / "b")
    unpack(content, tmp_path / "c")
    assert pack(tmp_path / "c") == content
    again = load_any(tmp_path / "c")
    assert isinstance(again, TreePlan)
    assert [branch.plan.choices for branch in again.branches] == [branch.plan.choices for branch in plan.branches]
    (tmp_path / "c" / "scenarios" / "0002" / "tables" / "decisions.csv").write_text("id")
    with pytest.raises(StaleError, match="was changed after the plan was made"):
        load_any(tmp_path / "c")


EVIL = [
    "../evil", "case/../../evil", "/evil", "tables/a/b.csv", "case\\evil", "C:evil", "scenarios/evil/plan.json",
    "scenarios/0001/../../evil", "scenarios/0001/evil.csv", "scenarios/0001/scenarios/0001/plan.json", "scenarios/0001",
]  # fmt: skip


@pytest.mark.parametrize("name", EVIL)
def test_a_bundle_cannot_leave_its_folder(tmp_path: Path, name: str) -> None:
    import io
    import zipfile

    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(name, "x")
    with pytest.raises(StaleError, match="names a file outside"):
        unpack(stream.getvalue(), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
