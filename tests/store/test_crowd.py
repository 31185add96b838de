"""Many replans at once on one store: the same ones are one run, different ones queue."""

import subprocess
import sys

from optimizer.store import State, Store
from tests.store.drafts import ROOT


def crowd(url: str, *factors: float) -> None:
    command = [sys.executable, "-m", "tests.store.crowd", url, *map(str, factors)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr


def test_twenty_replans_at_once_are_one_run(url: str) -> None:
    """Proves: twenty replans of the same inputs, started together on a store that does not exist yet, make one run.

    A broken rule would give: twenty drafts, tables made twice, or a locked database.
    """
    crowd(url, *[1.0] * 20)
    with Store.open(url) as store:
        assert [one.state for one in store.runs()] == [State.DRAFT]


def test_different_replans_queue(url: str) -> None:
    """Proves: of ten replans of two kinds, one of each is made, one after the other."""
    crowd(url, *[1.0, 1.001] * 5)
    with Store.open(url) as store:
        runs = store.runs()
    assert len({one.key for one in runs}) == len(runs) == 2
    later, earlier = runs
    assert later.log.splitlines()[0] >= earlier.log.splitlines()[-1][:19]
