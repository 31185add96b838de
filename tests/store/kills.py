"""Kills: processes that work on a store are killed at random moments, and the store is looked at after each.

Run as `python -m tests.store.kills URL JOB KILLS SEED`. This process imports everything, touches no thread, and forks
a child for each try, so that a try costs milliseconds; it ends with 1 and a traceback where anything is wrong.
"""

import math
import os
import random
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median

import sqlalchemy as sa

from optimizer.plan.tree import TreePlan, audit_tree
from optimizer.replan.approve import approve
from optimizer.replan.process import plan_of, replan
from optimizer.store import Run, State, Store
from tests.futures.branching import newsvendor
from tests.store.drafts import FIRST, ONE_THREAD, draft, tutorial

MEASURED = 3
"""Children that are let live, to know how long one does; of those that lived, the last so many tell it."""
OTHERS = sa.text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
)
"""Other clients of the database."""

Job = Callable[[Store], object]


def run_child(url: str, job: Job, lives: list[float], kill_after: float = math.inf) -> bool:
    """Fork, let the child work, and kill it if it lives for so many seconds; whether it was killed.

    How long it lived is added to `lives` if it was not.
    """
    began = time.perf_counter()
    end, held = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            with Store.open(url) as store:
                job(store)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(held)  # now the child alone holds it: the end of the pipe is the end of the child
    seconds = None if math.isinf(kill_after) else kill_after
    if not select.select([end], [], [], seconds)[0]:
        os.kill(pid, signal.SIGKILL)
    os.close(end)
    _, ended = os.waitpid(pid, 0)
    killed = os.WIFSIGNALED(ended)
    assert killed or os.WEXITSTATUS(ended) == 0, "a child failed by itself"
    if not killed:
        lives.append(time.perf_counter() - began)
    await_server(url)
    return killed


def await_server(url: str) -> None:
    """Wait until the server has let go of the child: what it was asked just before the kill, it may do after it."""
    if url.startswith("sqlite"):
        return
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        while connection.execute(OTHERS).scalar():
            time.sleep(0.001)


@dataclass(frozen=True)
class Sound:
    """What a store keeps, after everything in it was found whole."""

    approved: Run | None
    numbers: tuple[int, ...]
    drafts: tuple[int, ...]


def look(url: str) -> Sound:
    """Open the store; every run is whole, its state is that of its last event, and at most one is approved."""
    with Store.open(url) as store:
        runs = store.runs()
        for one in runs:
            store.bundle(one.number)
            events = store.events(one.number)
            assert events[0].state is State.DRAFT
            assert events[-1].state is one.state
            ever = any(event.state is State.APPROVED for event in events)
            assert ever == (one.state in (State.APPROVED, State.SUPERSEDED))
        approved = [one for one in runs if one.state is State.APPROVED]
        assert len(approved) <= 1
        numbers = tuple(one.number for one in runs)
        drafts = tuple(one.number for one in runs if one.state is State.DRAFT)
        return Sound(approved[0] if approved else None, numbers, drafts)


def moment(lives: list[float], chance: random.Random) -> float:
    """When to kill: anywhere in the life of a child, and a little after its end."""
    return chance.uniform(0.0, 1.05 * median(lives[-MEASURED:]))


def let_live(url: str, jobs: Iterable[Job]) -> list[float]:
    """How long a child lives, for each of some jobs."""
    lives: list[float] = []
    for job in jobs:
        run_child(url, job, lives)
    return lives


def killed_replans(url: str, kills: int, chance: random.Random) -> int:
    """A killed replan leaves no run, or a whole one; a run afterwards succeeds."""
    hits, lives = 0, let_live(url, (_replan(-number) for number in range(1, MEASURED + 1)))
    for number in range(kills):
        before = look(url)
        killed = run_child(url, _replan(number), lives, moment(lives, chance))
        after = look(url)
        assert after.approved == before.approved
        new = set(after.numbers) - set(before.numbers)
        assert len(new) <= 1
        hits += killed and not new
        if new:
            with Store.open(url) as store:
                assert plan_of(store, new.pop()).result.objective is not None
        elif number % 10 == 0:
            run_child(url, _replan(number), lives)
            assert len(look(url).numbers) == len(before.numbers) + 1
    return hits


def _replan(number: int) -> Job:
    return lambda store: replan(tutorial(1.001 + 1e-4 * number), FIRST, store, ONE_THREAD, by="child")


def killed_approvals(url: str, kills: int, chance: random.Random) -> int:
    """A killed approval leaves the old plan approved and the draft a draft, or the new one approved, the old kept."""
    hits, lives = 0, list[float]()
    for number in range(kills + MEASURED):
        with Store.open(url) as store:
            old = store.approved()
            assert old is not None
            made = store.save(draft(f"{number}", old.number, **_like(old, store)))
        after = _approve(made.number)
        if number < MEASURED:
            run_child(url, after, lives)
            continue
        killed = run_child(url, after, lives, moment(lives, chance))
        found = look(url).approved
        assert found is not None
        assert found.number in (old.number, made.number)
        hits += killed and found.number == old.number
        with Store.open(url) as store:
            wanted = State.DRAFT if found.number == old.number else State.APPROVED
            assert store.run(made.number).state is wanted
        if found.number == old.number and number % 10 == 0:
            run_child(url, after, lives)
            now = look(url).approved
            assert now is not None
            assert now.number == made.number
    return hits


def _like(old: Run, store: Store) -> dict[str, object]:
    return {"bundle": store.bundle(old.number), "case_hash": old.case_hash, "solved_hash": old.solved_hash}


def killed_trees(url: str, kills: int, chance: random.Random) -> int:
    """A killed replan of a case with scenarios leaves no run, or one whose every scenario can be loaded."""
    hits, lives = 0, let_live(url, (_branching(-number) for number in range(1, MEASURED + 1)))
    for number in range(kills):
        before = look(url)
        killed = run_child(url, _branching(number), lives, moment(lives, chance))
        new = set(look(url).numbers) - set(before.numbers)
        assert len(new) <= 1
        hits += killed and not new
        with Store.open(url) as store:
            for one in new:
                kept = plan_of(store, one)
                assert isinstance(kept, TreePlan)
                assert not audit_tree(kept)
    return hits


def _branching(number: int) -> Job:
    case = newsvendor(price_usd_per_gpu_hour=1.001 + 1e-4 * number)
    return lambda store: replan(case, FIRST, store, ONE_THREAD, by="child")


def _approve(number: int) -> Job:
    return lambda store: approve(store, number, None, "child", "because")


def killed_prunes(url: str, kills: int, chance: random.Random) -> int:
    """A killed prune leaves every old draft, or none; what was approved stays."""
    hits, lives = 0, list[float]()
    for number in range(kills + MEASURED):
        with Store.open(url) as store:
            for one in range(5):
                store.save(draft(f"{number} {one}", bundle=b"x" * 100_000))
        before = look(url)
        if number < MEASURED:
            run_child(url, _prune, lives)
            continue
        killed = run_child(url, _prune, lives, moment(lives, chance))
        after = look(url)
        assert after.approved == before.approved
        assert after.drafts in (before.drafts, ())
        hits += killed and after.drafts == before.drafts
    run_child(url, _prune, lives)
    assert look(url).drafts == ()
    return hits


def _prune(store: Store) -> object:
    with store.lock(60.0, "child"):
        return store.prune(datetime.now(UTC) + timedelta(days=1))


def main(url: str, job: str, kills: str, seed: str) -> int:
    """Kill as often as asked; at least a tenth of the kills must come before the work was done."""
    jobs = {"replan": killed_replans, "trees": killed_trees, "approve": killed_approvals, "prune": killed_prunes}
    hits = jobs[job](url, int(kills), random.Random(int(seed)))
    print(f"{hits} of {kills} kills came before the work was done")
    assert 10 * hits >= int(kills), hits
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
