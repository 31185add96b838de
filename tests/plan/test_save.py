"""A saved plan comes back bit for bit, and a changed folder is refused."""

import errno
import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from optimizer.case.case import Case
from optimizer.contracts.block import Block
from optimizer.contracts.spot import Firmness
from optimizer.errors import AuditError, OutputError, StaleError
from optimizer.model.outcome import Progress
from optimizer.plan.audit import Audit, audit
from optimizer.plan.plan import Plan
from optimizer.plan.save import RECORD, load_plan
from optimizer.publish import require_place, write, write_tree
from optimizer.request import Step
from tests.builders import add, block, edit, one_site, solved, spot
from tests.futures.branching import newsvendor, scenario, tree


@pytest.fixture
def plan() -> Plan:
    """Blocks with a fee and a prepayment, beside spot whose market has an awkward name."""
    case = one_site(10.0, 14.0, 9.0, discount_rate=0.07, tail_value=0.4)
    case = edit(case, Block, "b", term_quarters=5, signing_fee_usd=100.0, prepayment_share=0.2, max_blocks=8.0)
    return solved(
        add(
            case,
            *spot("<b>, 'x' & \"y\"", 1.5, 1.75, 1.3, firmness=Firmness.ON_DEMAND),
            block("other", max_blocks=0.3),
        )
    )


def test_a_plan_comes_back_as_it_was(plan: Plan, tmp_path: Path) -> None:
    """Proves: quantities, postings and result survive the folder bit for bit, and audit the same.

    A broken rule would give: a rounded quantity, and an objective some cents away.
    """
    written = write(plan, tmp_path / "out")
    loaded = load_plan(tmp_path / "out")
    assert loaded.choices == plan.choices
    assert loaded.operations == plan.operations
    assert loaded.moved == plan.moved
    assert loaded.result == written.result
    assert set(loaded.case.records) == set(plan.case.records)
    again = audit(loaded.case, loaded)
    assert again.passed
    assert again.objective == pytest.approx(plan.result.objective, abs=0.001)


def test_plan_json_holds_what_schedules_read(plan: Plan, tmp_path: Path) -> None:
    write(plan, tmp_path)
    document = json.loads((tmp_path / "plan.json").read_text())
    for name in ("status", "objective", "bound", "gap", "case_hash", "seed", "threads", "versions", "totals"):
        assert document[name] is not None
    assert set(document["seconds"]) == {"read", "build", "solve", "write"}
    assert sum(row["present_value"] for row in document["totals"]) == pytest.approx(document["objective"], abs=0.01)


def test_an_edited_case_is_stale(plan: Plan, tmp_path: Path) -> None:
    write(plan, tmp_path)
    path = tmp_path / "case" / "workloads.csv"
    path.write_text(path.read_text().replace("5.0", "6.0"))
    with pytest.raises(StaleError, match="was changed after the plan was made"):
        load_plan(tmp_path)


def test_an_edited_quantity_is_seen_and_fails_the_audit(plan: Plan, tmp_path: Path) -> None:
    """Proves: a quantity changed in the folder is seen by its hash and, where that was forged too, by the audit.

    A broken rule would give: a plan of one block less, at the old objective.
    """
    write(plan, tmp_path)
    path = tmp_path / "tables" / "decisions.csv"
    lines = path.read_text().splitlines()
    number = next(i for i, line in enumerate(lines) if ",sign,b," in line)
    cells = lines[number].split(",")
    cells[-1] = str(float(cells[-1]) - 1.0)
    lines[number] = ",".join(cells)
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(StaleError, match=r"was changed after the plan was made: tables/decisions.csv"):
        load_plan(tmp_path)
    document = json.loads((tmp_path / "plan.json").read_text())
    document["files"]["tables/decisions.csv"] = hashlib.sha256(path.read_bytes()).hexdigest()
    (tmp_path / "plan.json").write_text(json.dumps(document))
    loaded = load_plan(tmp_path)
    assert not audit(loaded.case, loaded).passed


@pytest.mark.parametrize("name", ["case/extra.csv", "tables/extra.csv"])
def test_a_file_added_to_the_folder_is_seen(plan: Plan, tmp_path: Path, name: str) -> None:
    write(plan, tmp_path)
    (tmp_path / name).write_text("a\n1\n")
    with pytest.raises(StaleError, match=name):
        load_plan(tmp_path)


def test_a_folder_without_record_is_no_plan(tmp_path: Path) -> None:
    with pytest.raises(StaleError, match="no complete plan"):
        load_plan(tmp_path)


@pytest.mark.parametrize("content", ["", "[1]", "null", "not JSON"])
def test_a_record_that_is_none_is_told(plan: Plan, tmp_path: Path, content: str) -> None:
    """Proves: whatever stands in plan.json, the folder is refused in words."""
    write(plan, tmp_path)
    (tmp_path / "plan.json").write_text(content)
    with pytest.raises(StaleError, match="holds no complete plan"):
        load_plan(tmp_path)


@pytest.mark.parametrize("change", [{"seconds": None}, {"seconds": {"read": 1.0, "hours": 2.0}}, {"status": ...}])
def test_a_record_that_lost_something_is_told(plan: Plan, tmp_path: Path, change: dict[str, object]) -> None:
    """Proves: a record without what it had is refused in words."""
    write(plan, tmp_path)
    document = json.loads((tmp_path / "plan.json").read_text()) | change
    kept = {name: value for name, value in document.items() if value is not ...}
    (tmp_path / "plan.json").write_text(json.dumps(kept))
    with pytest.raises(StaleError, match="was changed after the plan was made"):
        load_plan(tmp_path)


def test_a_place_that_can_be_no_folder_is_told_before_anything_is_solved(tmp_path: Path) -> None:
    """Proves: a file, or a place below a file, is refused at once, and nothing is made of a place that is free."""
    (tmp_path / "file").write_text("mine")
    for place in (tmp_path / "file", tmp_path / "file" / "below" / "it"):
        with pytest.raises(OutputError, match="Fix: "):
            require_place(place)
    require_place(tmp_path / "new" / "one")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file"]


def test_writing_twice_leaves_one_plan(plan: Plan, tmp_path: Path) -> None:
    """Proves: an infeasible solve into the same folder leaves no workbook of the plan before."""
    (tmp_path / "notes.txt").write_text("mine")
    write(plan, tmp_path)
    nothing = replace(plan.result, status="infeasible", objective=None, bound=None, gap=None)
    write(Plan(plan.case, nothing, (), (), ()), tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"plan.json", "case", "tables", "notes.txt"}


def test_a_file_in_the_way_is_told(plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="is a file"):
        write(plan, tmp_path / "file")


def test_a_plan_is_on_the_disk_before_any_of_it_is_moved_into_place(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves: every file of a plan folder is flushed once, and no file is moved before all are.

    A broken rule would give: a plan of which a power cut leaves some files empty.
    """
    flushed: list[int] = []
    moved_after: list[int] = []
    fsync, replace_ = os.fsync, Path.replace

    def flushes(stream: int) -> None:
        fsync(stream)
        flushed.append(os.fstat(stream).st_ino)

    def moves(path: Path, target: Path) -> Path:
        moved_after.append(len(flushed))
        return replace_(path, target)

    monkeypatch.setattr(os, "fsync", flushes)
    monkeypatch.setattr(Path, "replace", moves)
    write(plan, tmp_path / "plan")
    files = [path.stat().st_ino for path in (tmp_path / "plan").rglob("*") if path.is_file()]
    assert sorted(flushed) == sorted(files)
    assert set(moved_after) == {len(files)}


def test_a_plan_that_does_not_reach_the_disk_leaves_the_one_before(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves: a full disk at the last moment is told with its cure, and what was there can still be loaded."""
    before = write(plan, tmp_path / "plan")

    def full(stream: int) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="the disk is full"):
        write(plan, tmp_path / "plan")
    assert load_plan(tmp_path / "plan").result == before.result
    assert not list((tmp_path / "plan").glob(".writing-*"))


def test_a_tree_is_audited_once_and_again_where_it_was_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves: from the search into the folder, each scenario is audited once; one that is changed after the search is
    audited again, and refused.

    A broken rule would give: two audits a scenario, or a plan that is published on the audit of another.
    """
    audited: list[Plan] = []

    def counts(case: Case, plan: Plan) -> Audit:
        audited.append(plan)
        return audit(case, plan)

    monkeypatch.setattr("optimizer.plan.tree.audit", counts)
    found = tree(newsvendor())
    write_tree(found, tmp_path / "plan")
    assert [id(plan) for plan in audited] == [id(branch.plan) for branch in found.branches]
    low, high = found.branches
    more = tuple(replace(choice, quantity=choice.quantity + 1.0) for choice in high.plan.choices)
    changed = replace(found, branches=(low, replace(high, plan=replace(high.plan, choices=more))))
    with pytest.raises(AuditError):
        write_tree(changed, tmp_path / "changed")
    assert not list((tmp_path / "changed").iterdir())


def test_writing_many_scenarios_is_told(tmp_path: Path) -> None:
    """Proves: who writes many scenarios sees how far it is; each is on the disk when it is told.

    A broken count would say more than are written, or nothing at all.
    """
    names = [f"future {number}" for number in range(30)]
    case = add(one_site(0.0, 4.0), *(scenario(name, 1 / 30) for name in names))
    seen: list[tuple[str, int]] = []

    def listen(event: Step | Progress) -> None:
        assert isinstance(event, Step)
        seen.append((event.name, len(list(tmp_path.rglob(f"scenarios/*/{RECORD}")))))

    write_tree(tree(case), tmp_path, listen)
    written = [(text, count) for text, count in seen if text.startswith("writing scenarios")]
    assert written == [("writing scenarios: 12 of 30", 12), ("writing scenarios: 24 of 30", 24)]
    assert [text for text, _ in seen][2:] == ["writing workbook and page"]
