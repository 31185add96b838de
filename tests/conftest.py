"""Fixtures every test may use: where the tools of a reader are, LibreOffice in a profile of its own, and databases on
SQLite and on a real PostgreSQL, each test with one of its own.
"""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings

from tests.decompose.inline import inline
from tests.postgres import cluster, programs

ROOT = Path(__file__).resolve().parent.parent
ALWAYS_RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""
"""Settings of LibreOffice that make it calculate what it opens; left alone, it trusts the values in the file."""
settings.register_profile("by any clock", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("by any clock")  # how long an example takes says how busy the machine is, not what is right
TOOLS = {"libreoffice": ("soffice",), "browser": ("chromium", "chromium-browser", "google-chrome")}


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip, with the reason, tests that need a program that is not installed."""
    for marker, tools in TOOLS.items():
        if item.get_closest_marker(marker) and not any(shutil.which(tool) for tool in tools):
            pytest.skip(f"needs {' or '.join(tools)} on the path")


@pytest.fixture
def root() -> Path:
    """The root of the repository."""
    return ROOT


@pytest.fixture
def recalculate(tmp_path: Path):
    """A function that opens a workbook in LibreOffice, recalculates it, and saves it as a new .xlsx."""

    def convert(path: Path, suffix: str = "xlsx") -> Path:
        out = tmp_path / "recalculated"
        settings = tmp_path / "profile" / "user" / "registrymodifications.xcu"
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text(ALWAYS_RECALCULATE)
        profile = (tmp_path / "profile").as_uri()
        subprocess.run(
            [
                "soffice",
                f"-env:UserInstallation={profile}",
                "--headless",
                "--convert-to",
                suffix,
                "--outdir",
                out,
                path,
            ],
            check=True,
            capture_output=True,
            timeout=300,
        )
        return out / f"{path.stem}.{suffix.split(':')[0]}"

    return convert


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server for the tests of this process."""
    if programs() is None:
        pytest.skip("PostgreSQL is not installed")
    with cluster(tmp_path_factory.mktemp("postgres")) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'runs.db'}"
        return
    server = request.getfixturevalue("server")
    name = f"store_{uuid4().hex}"
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    yield sa.make_url(server).set(database=name).render_as_string()
    with engine.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def workers_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trees that are split are solved in this process, without the time that workers take to start."""
    monkeypatch.setattr("optimizer.decompose.solve.fleet", inline)
