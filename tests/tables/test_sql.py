"""A case in a database, on SQLite and on a real PostgreSQL: nothing is lost there and back, and nothing is guessed."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from optimizer.catalog import catalog
from optimizer.cli.main import main
from optimizer.errors import Exit, InputError, OutputError, UsageError
from optimizer.load import load_case, read_case
from optimizer.tables.csv_folder import read_folder
from optimizer.tables.identity import content_hash
from optimizer.tables.raw import Cell, RawTable
from optimizer.tables.source import DatabaseUrl
from optimizer.tables.sql import append, read_database, write_database
from tests.cli.test_commands import cells
from tests.everything import everything

DATA = Path(__file__).resolve().parents[2] / "data"
NUMBERS = frozenset({("plans", "b"), ("lines", "b")})
Shown = pytest.CaptureFixture[str]


def execute(url: str, *statements: str) -> None:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))
    engine.dispose()


@pytest.fixture
def tutorial(url: str) -> str:
    """The URL of a database that holds the tutorial."""
    write_database(read_folder(DATA / "tutorial"), DatabaseUrl(url), catalog())
    return url


@pytest.mark.parametrize("name", ["tutorial", "meta-nebius", "infeasible"])
def test_there_and_back_nothing_is_lost(name: str, url: str, tmp_path: Path) -> None:
    """Proves: through `convert`, every cell that holds something comes back from the database, notes and the order of
    rows too, and the case is the same one.
    """
    assert main(["convert", str(DATA / name), url]) == Exit.DONE
    assert main(["convert", url, str(tmp_path / "back")]) == Exit.DONE
    assert cells(DATA / name) == cells(tmp_path / "back")
    assert content_hash(load_case(url).records) == content_hash(load_case(DATA / name).records)


def test_every_table_goes_there_and_back(url: str) -> None:
    """Proves: a case with every contract type, rule and kind of cell is the same case from the database."""
    from optimizer.tables.unparse import raw_tables

    case = everything()
    tables = raw_tables(case.records, catalog(), case.calendar.quarters)
    write_database(tables, DatabaseUrl(url), catalog())
    assert content_hash(load_case(url).records) == content_hash(case.records)


def test_a_plan_of_a_database_is_the_plan_of_its_workbook(tutorial: str, tmp_path: Path, capsys: Shown) -> None:
    assert main(["solve", tutorial, "--out", str(tmp_path / "a")]) == Exit.DONE
    assert main(["solve", str(DATA / "tutorial"), "--out", str(tmp_path / "b")]) == Exit.DONE
    assert main(["diff", str(tmp_path / "a"), str(tmp_path / "b"), "--exit-code"]) == Exit.DONE
    shown = capsys.readouterr().out
    assert "no input changed" in shown
    assert "no decision changed" in shown


def test_a_view_feeds_a_table(tutorial: str) -> None:
    """Proves: a warehouse view with quarters across, decimals and flags as 0 and 1 reads like the table it stands for,
    and other tables beside it are left alone.
    """
    execute(
        tutorial,
        "ALTER TABLE demand RENAME TO forecast",
        "CREATE VIEW demand AS SELECT workload, quarter, CAST(value AS NUMERIC(12,2)) AS units FROM forecast",
        "CREATE TABLE something_else (demand TEXT)",
    )
    assert content_hash(load_case(tutorial).records) == content_hash(load_case(DATA / "tutorial").records)


def test_a_series_may_run_across(tutorial: str) -> None:
    execute(
        tutorial,
        "DROP TABLE demand",
        'CREATE TABLE demand (workload TEXT, "2027Q1" INT, "2027Q2" INT, "2027Q3" INT, "2027Q4" INT)',
        "INSERT INTO demand VALUES ('training', 500, 800, 900, 900), ('chat', 100, 200, 300, 400)",
    )
    assert content_hash(load_case(tutorial).records) == content_hash(load_case(DATA / "tutorial").records)


@pytest.mark.parametrize(
    ("statement", "place", "found"),
    [
        ("UPDATE demand SET quarter = 'soon' WHERE quarter = '2027Q2'", "demand row", "soon"),
        ("UPDATE demand SET value = NULL WHERE quarter = '2027Q2'", "demand", "2027Q2"),
        ("DELETE FROM demand WHERE quarter = '2027Q4'", "demand", "2027Q4"),
        ("UPDATE demand SET quarter = '2027Q1' WHERE quarter = '2027Q2'", "demand row", "stands twice"),
        ("UPDATE demand SET quarter = '2927Q1' WHERE quarter = '2027Q2'", "demand", "quarters run from"),
        ("UPDATE blocks SET site = 'nowhere'", "blocks row", "nowhere"),
        ("UPDATE settings SET value = 'much' WHERE key = 'discount_rate'", "settings row", "much"),
        ("ALTER TABLE blocks ADD COLUMN colour TEXT", "blocks", "colour"),
        ("ALTER TABLE blocks RENAME COLUMN site TO sight", "blocks", "sight"),
        ("DROP TABLE suppliers", "blocks row", "suppliers"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(statement: str, place: str, found: str, tutorial: str) -> None:
    """Proves: bad input of a database is refused like that of a workbook, with table, row and column."""
    execute(tutorial, statement)
    case, findings = read_case(tutorial)
    assert case is None
    assert any(place in finding.place and found in str(finding) for finding in findings), findings


def test_a_database_without_a_case_is_told(url: str) -> None:
    execute(url, "CREATE TABLE other (a TEXT)")
    with pytest.raises(InputError, match="holds no table of a case"):
        read_database(DatabaseUrl(url), catalog())


def test_nothing_that_is_there_is_overwritten(tutorial: str) -> None:
    """Proves: a second case is refused as a whole, also where only one name is taken; beside a prefix there is room."""
    execute(tutorial, "DROP TABLE blocks")
    with pytest.raises(OutputError, match="already has"):
        write_database(read_folder(DATA / "tutorial"), DatabaseUrl(tutorial), catalog())
    assert read_case(tutorial)[0] is None
    mark = "&" if "?" in tutorial else "?"
    beside = f"{tutorial}{mark}prefix=second_"
    write_database(read_folder(DATA / "tutorial"), DatabaseUrl(beside), catalog())
    assert content_hash(load_case(beside).records) == content_hash(load_case(DATA / "tutorial").records)


def test_reading_cannot_write(tutorial: str) -> None:
    """Proves: whatever a view calls, the transaction that reads refuses to change anything."""
    from optimizer.tables.sql.connect import reading

    with pytest.raises(InputError), reading(DatabaseUrl(tutorial)) as database:
        database.connection.execute(sa.text("DELETE FROM demand"))
    assert load_case(tutorial)


def table(name: str, *rows: tuple[object, ...]) -> RawTable:
    body = tuple(tuple(Cell(value, "here") for value in row) for row in rows)  # type: ignore[arg-type]
    return RawTable(name, (Cell("a", "here"), Cell("b", "here")), body, "here")


def test_appending_twice_adds_once(url: str) -> None:
    """Proves: rows of two plans stand beside each other, and a plan that is there is not added again."""
    address = DatabaseUrl(url)
    one = [table("plans", ("x", 1.5)), table("lines", ("'; DROP TABLE plans; --", None), ("é", 2.0))]
    assert append(one, address, "plan", "p1", NUMBERS, frozenset()) is True
    assert append(one, address, "plan", "p1", NUMBERS, frozenset()) is False
    assert append(one, address, "plan", "p2", NUMBERS, frozenset()) is True
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        lines = connection.execute(sa.text("SELECT plan, a, b FROM lines ORDER BY plan, a")).all()
    assert [tuple(line) for line in lines] == [
        (plan, *rest) for plan in ("p1", "p2") for rest in (("'; DROP TABLE plans; --", None), ("é", 2.0))
    ]


def test_appending_to_a_table_of_another_form_changes_nothing(url: str) -> None:
    execute(url, "CREATE TABLE lines (plan TEXT, a TEXT)")
    with pytest.raises(OutputError, match="has no column b"):
        append(
            [table("plans", ("x", 1.5)), table("lines", ("x", 2.0))],
            DatabaseUrl(url),
            "plan",
            "p1",
            NUMBERS,
            frozenset(),
        )
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    assert sa.inspect(engine).get_table_names() == ["lines"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sqlite:///no-such-file.db", "no such database file"),
        ("postgresql://me:hunter2@127.0.0.1:1/x", "127.0.0.1"),
        ("oracledb://me:hunter2@host/x", "driver"),
        ("nonsense://me:hunter2@host/x", "driver"),
    ],
)
def test_an_address_that_leads_nowhere_is_told_without_its_password(
    text: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises((InputError, UsageError)) as error:
        load_case(text)
    assert said in str(error.value)
    assert "hunter2" not in str(error.value)
    assert not list(tmp_path.iterdir())


def test_a_replan_from_a_database_can_be_approved(tutorial: str, tmp_path: Path, capsys: Shown) -> None:
    """Proves: the run remembers the address without its password, and approval reads the case there again."""
    store = ["--store", str(tmp_path / "runs.db")]
    assert main(["replan", tutorial, "--as-of", "2027Q1", *store]) == Exit.CHANGED
    execute(tutorial, "UPDATE demand SET value = 901 WHERE quarter = '2027Q4' AND workload = 'training'")
    assert main(["approve", "1", "--why", "x", *store]) == Exit.STALE
    assert "other inputs" in capsys.readouterr().err
    execute(tutorial, "UPDATE demand SET value = 900 WHERE quarter = '2027Q4' AND workload = 'training'")
    assert main(["approve", "1", "--why", "x", *store]) == Exit.DONE


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://me:hunter2@h/db?host=/run/pg&port=5433", "postgresql://me@h/db?host=/run/pg&port=5433"),
        ("postgresql://me@h/db?schema=a&sslmode=require", "postgresql://me@h/db?schema=a&sslmode=require"),
        ("postgresql://me@h/db?host=a:1&host=b:2", "postgresql://me@h/db?host=a:1&host=b:2"),
        ("postgresql://me@h/db?password=hunter2&prefix=x_", "postgresql://me@h/db?password=***&prefix=x_"),
        ("postgresql://me:a?host=hunter2@h/db", "postgresql://me@***"),
        ("sqlite:///file:case.db?mode=ro&uri=true", "sqlite:///file:case.db?mode=ro&uri=true"),
        ("sqlite:///runs/case.db", "sqlite:///runs/case.db"),
    ],
)
def test_an_address_is_shown_with_all_that_leads_back_to_it(text: str, shown: str) -> None:
    """Proves: what a run remembers names the same server and tables; a secret stands as ***, never left out."""
    assert str(DatabaseUrl(text)) == shown
    assert str(DatabaseUrl(shown)) == shown
    assert bool(DatabaseUrl(shown).hidden) == ("***" in shown)


@pytest.mark.parametrize(
    ("kept", "what"),
    [("postgresql://me@h/db?options=***", "options"), ("postgresql://me@***", "host and database")],
)
def test_an_address_kept_without_its_secret_is_refused(kept: str, what: str) -> None:
    """Proves: the case is never read from somewhere else instead, such as the server that is there by default."""
    with pytest.raises(InputError, match=f"kept without {what}.*give the address in full"):
        load_case(kept)
