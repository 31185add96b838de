"""A process that is killed at any moment leaves the old state or the new one: on SQLite and on PostgreSQL."""

import subprocess
import sys

import pytest

from tests.store.drafts import ROOT, with_approved_plan

KILLS, MANY = 60, 1000


@pytest.mark.parametrize("job", ["replan", "trees", "approve", "prune"])
def test_killed_at_random_moments(url: str, job: str) -> None:
    """Proves: after each of these SIGKILLs the store opens, no approved plan is lost, no half run is seen, and
    the next run succeeds.

    A broken rule would give: two approved plans, a run without its plan folder, or a lock nobody can get any more.
    """
    kill(url, job, KILLS)


@pytest.mark.slow
@pytest.mark.parametrize("job", ["replan", "trees", "approve", "prune"])
def test_killed_at_many_random_moments(url: str, job: str) -> None:
    kill(url, job, MANY)


def kill(url: str, job: str, kills: int) -> None:
    """Kill so many processes that work on a store, and look at it after each."""
    with_approved_plan(url)
    command = [sys.executable, "-m", "tests.store.kills", url, job, str(kills), "7"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=7200)
    assert done.returncode == 0, done.stderr
