"""How futures are played: in any order, by any number of workers, interrupted and gone on with, with workers killed."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from optimizer.errors import OutputError, StaleError
from optimizer.plan.plan import Plan
from optimizer.stress import stress as module
from optimizer.stress.journal import NAME
from optimizer.stress.play import play
from optimizer.stress.stress import Asked, Tally, _stage, stress
from tests.builders import add, solved
from tests.stress.futures import failing, play_or_die, rescued, stressed
from tests.uncertainty.stated import walk

ASKED = Asked(draws=30, workers=1, gap=0.0)


@pytest.fixture(scope="module")
def plan() -> Plan:
    """A plan with limits that break in some futures."""
    return solved(add(rescued(13_000.0), walk("demand", volatility=0.2)))


def after(count: int) -> Callable[[str | Tally], None]:
    """Presses Ctrl-C once so many futures are played."""

    def told(event: str | Tally) -> None:
        if isinstance(event, Tally) and event.done >= count:
            raise KeyboardInterrupt

    return told


def test_a_future_does_not_depend_on_those_before_it(plan: Plan) -> None:
    """Proves: played backwards, alone, every future is the same to the last digit."""
    stage = _stage(plan, ASKED)
    backwards = play(stage, range(30, 0, -1))
    assert tuple(reversed(backwards)) == stress(plan, ASKED, lambda _: None).played


def test_two_workers_find_what_one_does(plan: Plan) -> None:
    """Proves: the same futures, figures and order on two processes."""
    found = stress(plan, replace(ASKED, workers=2), lambda _: None)
    assert found.played == stress(plan, ASKED, lambda _: None).played


def test_a_worker_killed_costs_time_only(plan: Plan, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Proves: its futures are played by another worker, once."""
    monkeypatch.setenv("STRESS_TEST_MARKER", str(tmp_path / "marker"))
    monkeypatch.setattr(module, "play", play_or_die)
    found = stress(plan, replace(ASKED, workers=2), lambda _: None, tmp_path / "out")
    assert (tmp_path / "marker").exists()
    assert found.played == stress(plan, ASKED, lambda _: None).played


def test_a_cluster_plays_by_its_address(plan: Plan) -> None:
    """Proves: workers of a scheduler that listens on a TCP port of the loopback find the same."""
    distributed = pytest.importorskip("distributed")
    ports = {"dashboard_address": ":0"}
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1", protocol="tcp",
        scheduler_kwargs=ports,
    ) as cluster:  # fmt: skip
        asked = replace(ASKED, workers=None, cluster=cluster.scheduler_address)
        assert stress(plan, asked, lambda _: None).played == stress(plan, ASKED, lambda _: None).played


def test_an_interrupt_keeps_what_was_played_and_the_next_run_goes_on(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves: 12 of 30 are a result that says so; then 18 are played, and all is as if nothing had happened."""
    stopped = stress(plan, ASKED, after(12), tmp_path)
    assert stopped.interrupted and len(stopped.played) == 12
    again: list[int] = []

    def counted(stage: object, numbers: list[int]) -> object:
        again.extend(numbers)
        return play(stage, numbers)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "play", counted)
    found = stress(plan, ASKED, lambda _: None, tmp_path)
    assert again == list(range(13, 31))
    assert found.played == stressed(plan, 30).played
    again.clear()
    assert len(stress(plan, replace(ASKED, draws=40), lambda _: None, tmp_path).played) == 40
    assert again == list(range(31, 41)), "more draws of a test are its old ones and new ones"


@pytest.mark.parametrize("ended", [{"end": "UNSOLVED", "cost": None}, {"bound": 0.0}])
def test_what_time_ended_is_played_again(plan: Plan, tmp_path: Path, ended: dict[str, object]) -> None:
    """Proves: a future that was not solved, or not proven within the gap, is played again with the time there is now.

    A broken rule would give: the figure of the short search for ever, whatever --time-limit says.
    """
    whole = stress(plan, replace(ASKED, draws=5), lambda _: None, tmp_path).played
    journal = tmp_path / NAME
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    lines = [line | ended if line.get("number") == 3 else line for line in lines]
    journal.write_text("".join(json.dumps(line) + "\n" for line in lines))
    alone = [event for event in _told(plan, tmp_path) if isinstance(event, Tally)]
    assert [(one.done, one.new) for one in alone] == [(5, 1)]
    assert stress(plan, replace(ASKED, draws=5), lambda _: None, tmp_path).played == whole


def test_a_future_that_is_missing_is_played_alone(plan: Plan, tmp_path: Path) -> None:
    """Proves: where the third of five futures is missing, it alone is played."""
    stress(plan, replace(ASKED, draws=5), lambda _: None, tmp_path)
    journal = tmp_path / NAME
    lines = journal.read_text().splitlines(keepends=True)
    journal.write_text("".join(line for line in lines if '"number": 3,' not in line))
    alone = [event for event in _told(plan, tmp_path) if isinstance(event, Tally)]
    assert [(one.done, one.new) for one in alone] == [(5, 1)]


def _told(plan: Plan, folder: Path) -> list[str | Tally]:
    events: list[str | Tally] = []
    assert stress(plan, replace(ASKED, draws=5), events.append, folder).played == stressed(plan, 5).played
    return events


def test_a_line_that_a_crash_cut_short_is_dropped(plan: Plan, tmp_path: Path) -> None:
    """Proves: the future of half a line is played again, and the journal is whole afterwards."""
    stress(plan, replace(ASKED, draws=5), lambda _: None, tmp_path)
    journal = tmp_path / NAME
    content = journal.read_bytes()
    journal.write_bytes(content[:-40])
    assert stress(plan, replace(ASKED, draws=5), lambda _: None, tmp_path).played == stressed(plan, 5).played
    assert journal.read_bytes() == content


@pytest.mark.parametrize(
    "change", [{"seed": 1}, {"until": "end"}, {"gap": 0.5}, {"relaxed": True}], ids=["seed", "until", "gap", "relaxed"]
)
def test_a_journal_of_another_test_is_refused(plan: Plan, tmp_path: Path, change: dict[str, object]) -> None:
    """Proves: what was played for another question is never mixed in."""
    stress(plan, replace(ASKED, draws=3), lambda _: None, tmp_path)
    with pytest.raises(StaleError, match="belongs to another plan, seed or question"):
        stress(plan, replace(ASKED, draws=3, **change), lambda _: None, tmp_path)  # type: ignore[arg-type]


def test_a_journal_of_another_plan_is_refused(plan: Plan, tmp_path: Path) -> None:
    stress(plan, replace(ASKED, draws=3), lambda _: None, tmp_path)
    with pytest.raises(StaleError, match="belongs to another plan"):
        stress(solved(failing()), replace(ASKED, draws=3), lambda _: None, tmp_path)


def test_a_journal_that_is_none_is_refused(plan: Plan, tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("once upon a time\n")
    with pytest.raises(StaleError, match="cannot be read"):
        stress(plan, ASKED, lambda _: None, tmp_path)


def test_a_folder_that_cannot_be_written_is_told(plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write"):
        stress(plan, ASKED, lambda _: None, tmp_path / "file")


def test_nothing_played_is_no_sample(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves: an interrupt before the first future leaves an empty result that says so, not a figure."""

    def pressed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "play", pressed)
    found = stress(plan, ASKED, lambda _: None)
    assert found.played == () and found.interrupted


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"my own notes", "no journal"), (b"my own notes\nand more", "cannot be read"), (b"\xff\xfe\n", "cannot be read")],
    ids=["a line without its end", "two lines", "no text"],
)
def test_a_file_that_is_not_ours_stays_as_it_is(plan: Plan, tmp_path: Path, content: bytes, words: str) -> None:
    """Proves: what somebody else keeps under that name is refused, and not cut where its last line has no end.

    A broken rule would give: a file of 0 bytes, or an error that says nothing of the file.
    """
    (tmp_path / NAME).write_bytes(content)
    with pytest.raises(StaleError, match=words):
        stress(plan, ASKED, lambda _: None, tmp_path)
    assert (tmp_path / NAME).read_bytes() == content


def test_a_journal_that_broke_off_in_its_first_line_begins_anew(plan: Plan, tmp_path: Path) -> None:
    """Proves: half a first line of ours is dropped, and all futures are played."""
    stress(plan, replace(ASKED, draws=2), lambda _: None, tmp_path)
    journal = tmp_path / NAME
    content = journal.read_bytes()
    journal.write_bytes(content[:30])
    assert len(stress(plan, replace(ASKED, draws=2), lambda _: None, tmp_path).played) == 2
    assert journal.read_bytes() == content
