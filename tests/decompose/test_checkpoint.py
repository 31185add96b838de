"""A search that stops and goes on: what is kept, for whom, and what is refused."""

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from optimizer import load_case
from optimizer.case.case import Case
from optimizer.cli.main import main
from optimizer.decompose.checkpoint import Checkpoint, Keeper, Memo, Owner
from optimizer.decompose.part import Bound
from optimizer.errors import UsageError
from optimizer.model.outcome import Progress
from optimizer.run import Request, Step, solve, solve_tree
from tests.builders import EXACT, one_site
from tests.decompose.test_decompose import DATA, SPLIT, WHOLE, three_stages
from tests.futures.branching import newsvendor

OWNER = Owner("hash", "2027Q2", "1.0")


def steps_of(case: Case, request: Request, stop_at: str = "") -> tuple[list[str], Progress | None, float | None]:
    """The names of the steps, the first figures and the objective; stopped once a step begins with a text."""
    stop, steps, figures = threading.Event(), [], []

    def listen(event: Step | Progress) -> None:
        if isinstance(event, Progress):
            figures.append(event)
            return
        steps.append(event.name)
        if stop_at and event.name.startswith(stop_at):
            stop.set()

    found = solve_tree(case, request, listen, stop).result
    assert found.stop == ("interrupt" if stop_at else "gap")
    return steps, figures[0] if figures else None, found.objective


def test_a_search_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    """Proves: a search stopped while it splits trunks has a plan; the next one begins with that plan, or a better one,
    and its bound, and proves the optimum of one program.

    One that began anew would tell a first figure without a plan.
    """
    case, file = three_stages(), tmp_path / "search.npz"
    request = replace(SPLIT, checkpoint=file)
    _, _, first = steps_of(case, request, "splitting")
    assert first is not None and file.exists()
    steps, figures, second = steps_of(case, request)
    assert f"going on from {file}" in steps
    assert figures is not None and figures.bound is not None
    assert not any(step.startswith("bounding every scenario") for step in steps)
    assert second == pytest.approx(solve_tree(case, WHOLE).result.objective, rel=1e-9)
    steps, figures, third = steps_of(case, request)
    assert third == pytest.approx(second, rel=1e-12)
    assert not any(step.startswith(("pricing", "splitting", "choosing")) for step in steps)


def test_a_search_stopped_before_its_first_plan_keeps_its_bound(tmp_path: Path) -> None:
    """Proves: stopped in the midst of the first pricing, the next search begins at its bound and ends as ever."""
    case, file = load_case(DATA / "tutorial-uncertain"), tmp_path / "search.npz"
    request = replace(SPLIT, checkpoint=file)
    stop = threading.Event()

    def listen(event: Step | Progress) -> None:
        if isinstance(event, Step) and event.name.startswith("pricing"):
            stop.set()

    stopped = solve_tree(case, request, listen, stop).result
    assert (stopped.status, stopped.stop) == ("no_plan", "interrupt")
    _, figures, objective = steps_of(case, request)
    assert figures is not None and figures.bound is not None and stopped.bound is not None
    assert max(figures.bound, stopped.bound) == pytest.approx(stopped.bound, rel=1e-9)
    assert objective == pytest.approx(16_999_900.0, rel=1e-9)


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    """Proves: bounds, trunks, costs and whole numbers are read as they were written; a missing plan stays missing."""
    gradient = np.array([1.0, -2.0])
    known = Checkpoint(
        7.5,
        ({0: Bound(1.0, gradient), 1: Bound(2.0, gradient[:1])}, {1: Bound(0.5, gradient[:0], reach=True)}),
        {1: Bound(3.0, gradient)},
        Memo(gradient, np.array([4.0, np.inf]), np.array([3.0, -np.inf]), (np.array([1, 2], dtype=np.int32), None)),
        None,
        np.array([6.0, 8.0]),
    )
    Keeper(tmp_path / "k.npz", OWNER).write(known)
    back = Keeper(tmp_path / "k.npz", OWNER).known
    assert back is not None and back.bound == 7.5 and back.least.tolist() == [6.0, 8.0]
    assert back.underway is None and back.best is not None
    told = [[(b, one.constant, one.gradient.tolist(), one.reach) for b, one in row.items()] for row in back.holding]
    assert told == [[(0, 1.0, [1.0, -2.0], False), (1, 2.0, [1.0], False)], [(1, 0.5, [], True)]]
    assert [(b, one.constant) for b, one in back.bounds.items()] == [(1, 3.0)]
    assert back.best.costs.tolist() == [4.0, np.inf] and back.best.trunk.tolist() == [1.0, -2.0]
    (whole, missing) = back.best.wholes
    assert whole is not None and whole.tolist() == [1, 2] and whole.dtype == np.int32 and missing is None


def test_a_plan_without_whole_numbers_is_a_plan(tmp_path: Path) -> None:
    """Proves: a bundle that has no whole numbers at all is not priced again."""
    none = np.zeros(0, dtype=np.int32)
    memo = Memo(np.zeros(1), np.array([1.0]), np.array([1.0]), (none,))
    Keeper(tmp_path / "k.npz", OWNER).write(Checkpoint(0.0, (), {}, None, memo, np.zeros(0)))
    back = Keeper(tmp_path / "k.npz", OWNER).known
    assert back is not None and back.underway is not None and back.underway.wholes[0] is not None


@pytest.mark.parametrize(
    ("other", "cure"),
    [
        (replace(OWNER, case_hash="other"), "belongs to another case, or to this one before it was changed. Fix:"),
        (replace(OWNER, version="0.9"), "belongs to version 1.0 of the optimizer. Fix:"),
        (replace(OWNER, quarter="2027Q3"), "belongs to a tree cut in 2027Q2, not in 2027Q3. Fix:"),
    ],
)
def test_another_search_is_refused(tmp_path: Path, other: Owner, cure: str) -> None:
    """Proves: bounds of another case would be wrong; the file is left as it was."""
    file = tmp_path / "k.npz"
    Keeper(file, OWNER)
    content = file.read_bytes()
    with pytest.raises(UsageError, match=cure):
        Keeper(file, other)
    assert file.read_bytes() == content


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 nor this"])
def test_a_file_that_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    """Proves: a workbook, or half a file, named by mistake is neither read nor overwritten."""
    file = tmp_path / "k.npz"
    file.write_bytes(content)
    with pytest.raises(UsageError, match="no checkpoint of a search"):
        Keeper(file, OWNER)
    assert file.read_bytes() == content


def test_half_a_file_is_refused(tmp_path: Path) -> None:
    """Proves: a copy that broke off is told."""
    file = tmp_path / "k.npz"
    Keeper(file, OWNER)
    file.write_bytes(file.read_bytes()[:-40])
    with pytest.raises(UsageError, match="no checkpoint of a search"):
        Keeper(file, OWNER)


def test_a_damaged_file_is_refused_or_as_good_as_new(tmp_path: Path) -> None:
    """Proves: whichever byte was damaged, the file is refused in words, or every figure is read as it was written.

    A broken rule would give: an error of the unpacking that names no file.
    """
    file, gradient = tmp_path / "k.npz", np.sqrt(np.arange(30.0))
    Keeper(file, OWNER).write(Checkpoint(7.5, ({0: Bound(1.0, gradient)},), {}, None, None, np.zeros(0)))
    content, refused = file.read_bytes(), 0
    for place in range(0, len(content), 5):
        file.write_bytes(content[:place] + bytes([content[place] ^ 0x55]) + content[place + 1 :])
        try:
            known = Keeper(file, OWNER).known
        except UsageError:
            refused += 1
        else:
            assert known is not None and known.bound == 7.5
            assert known.holding[0][0].gradient.tolist() == gradient.tolist()
    assert refused > len(content) / 20


def test_pickles_are_not_read(tmp_path: Path) -> None:
    """Proves: an array of objects, which could run code when it is read, is refused."""
    file = tmp_path / "k.npz"
    with file.open("wb") as stream:
        np.savez(stream, owner=np.array([{"a": 1}], dtype=object))
    with pytest.raises(UsageError, match="no checkpoint of a search"):
        Keeper(file, OWNER)


def test_only_a_tree_that_is_split_keeps_one(tmp_path: Path) -> None:
    """Proves: a case without scenarios, or one program, would keep nothing: it is told, not left out in silence."""
    file = tmp_path / "k.npz"
    with pytest.raises(UsageError, match="without scenarios keeps no checkpoint"):
        solve(one_site(), replace(EXACT, checkpoint=file))
    with pytest.raises(UsageError, match="one program keeps no checkpoint"):
        solve_tree(newsvendor(), replace(WHOLE, checkpoint=file))
    assert not file.exists()


def test_the_command_keeps_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Proves: `--checkpoint` splits the tree by itself, and a changed case is refused with exit 2."""
    case, file = str(DATA / "tutorial-uncertain"), tmp_path / "search.npz"
    assert main(["solve", case, "--out", str(tmp_path / "plan"), "--checkpoint", str(file)]) == 0
    assert file.exists()
    assert main(["solve", str(DATA / "meta-nebius-tree"), "--out", str(tmp_path / "o"), "--checkpoint", str(file)]) == 2
    assert "belongs to another case" in capsys.readouterr().err
