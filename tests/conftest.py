"""Fixtures every test may use: where the tools of a reader are, and LibreOffice in a profile of its own."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ALWAYS_RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""
"""Settings of LibreOffice that make it calculate what it opens; left alone, it trusts the values in the file."""
TOOLS = {"libreoffice": ("soffice",), "browser": ("chromium", "chromium-browser", "google-chrome")}


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip, with the reason, tests that need a program that is not installed."""
    for marker, programs in TOOLS.items():
        if item.get_closest_marker(marker) and not any(shutil.which(program) for program in programs):
            pytest.skip(f"needs {' or '.join(programs)} on the path")


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
