"""Trees that workers solve in bundles: the same optimum as in one program, whatever happens to the workers."""

import os
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optimizer import load_case
from optimizer.case.case import Case
from optimizer.case.settings import Objective
from optimizer.case.world import Workload
from optimizer.contracts.block import Block
from optimizer.decompose.branching import Branching
from optimizer.decompose.bundle import Cut, cut
from optimizer.decompose.fleet import fleet
from optimizer.decompose.lshaped import LShaped
from optimizer.decompose.worker import Workshop
from optimizer.errors import UsageError
from optimizer.examples.branched import branched
from optimizer.examples.generator import SMALL, generate
from optimizer.examples.uncertain import load_published
from optimizer.futures.future import certain, futures
from optimizer.futures.shock import Change
from optimizer.model import highs
from optimizer.model.arrays import Program
from optimizer.model.outcome import Outcome, Progress, SolveOptions, StopReason
from optimizer.plan.tree import TreePlan
from optimizer.rules.policy import Policy, PolicyKind
from optimizer.run import Engine, Request, Step, is_split, solve_tree
from optimizer.tables.identity import content_hash
from optimizer.version import package_version
from tests.builders import EXACT, add, edit, edit_settings, one_site
from tests.futures.branching import newsvendor, scenario, shock

DATA = Path(__file__).resolve().parents[2] / "data"
PUBLISHED = Path(__file__).resolve().parents[1] / "published"
SPLIT = replace(EXACT, engine=Engine.SPLIT, threads=2)
WHOLE = replace(EXACT, engine=Engine.WHOLE)


def split(case: Case, request: Request = SPLIT) -> TreePlan:
    """The plan that workers find; it must be proven, and its audit has passed."""
    found = solve_tree(case, request)
    assert found.result.status == "optimal", found.result.detail
    return found


def three_stages() -> Case:
    """The tutorial with low or high demand from the second quarter on, and high that may rise in the fourth."""
    return add(
        load_case(DATA / "tutorial"),
        scenario("low", 0.5, 1),
        scenario("high", 0.25, 1),
        scenario("higher", 0.25, 3, "high"),
        shock("high", "demand", "*", Change.MULTIPLY, 1.2),
        shock("higher", "demand", "*", Change.MULTIPLY, 1.1),
    )


def test_the_newsvendor_signs_ten() -> None:
    """Proves: the trunk is decided under cuts of both scenarios. With foresight it would sign 4 or 10."""
    case = newsvendor()
    plan = split(case)
    assert plan.result.objective == pytest.approx(solve_tree(case, WHOLE).result.objective)
    assert plan.result.solver == "HiGHS, decomposed"
    for branch in plan.branches:
        assert [choice.quantity for choice in branch.plan.choices] == [10.0]


def test_scenarios_that_part_twice_are_bundled() -> None:
    """Proves: a bundle is the tree of the scenarios in it; the cut falls at the first parting or at the second.

    A bundle that forgot what its scenarios inherit would have another demand, and another optimum.
    """
    case = load_case(DATA / "tutorial-uncertain")
    early, late = cut(case), cut(case, single=True)
    assert early.quarter <= late.quarter
    for part in (early, late):
        named = [name for bundle in part.bundles for name in bundle.scenarios]
        assert sorted(named) == sorted(future.name for future in futures(case))
        for bundle in part.bundles:
            if len(bundle.scenarios) > 1:
                for name in bundle.scenarios:
                    inside = certain(part.case_of(bundle), name)
                    assert content_hash(inside.records) == content_hash(certain(case, name).records)
    assert split(case).result.objective == pytest.approx(16_999_900.0, rel=1e-9)


@pytest.mark.parametrize(("weight", "limit"), [(0.5, None), (2.0, None), (0.0, 18_000_000.0)])
def test_risk_is_in_the_trunk(weight: float, limit: float | None) -> None:
    """Proves: expected cost and CVaR, in the objective and as a limit, come out as from one program."""
    case = load_case(DATA / "tutorial-uncertain")
    case = edit_settings(case, risk_weight=weight, risk_tail=0.3, cvar_limit_usd=limit)
    whole = solve_tree(case, WHOLE)
    if whole.result.status == "infeasible":
        assert solve_tree(case, SPLIT).result.status == "infeasible"
        return
    assert split(case).result.objective == pytest.approx(whole.result.objective, rel=1e-6)


@pytest.mark.parametrize(("name", "optimum"), [("lands", 381.853333), ("farmer", -108_390.0), ("baa99", -238.778298)])
def test_published_optima_come_out_of_bundles(name: str, optimum: float) -> None:
    """Proves: 3 to 625 scenarios, two stages, proven on both sides."""
    found = split(load_published(PUBLISHED / f"{name}.json"), Request(engine=Engine.SPLIT, threads=2))
    assert found.result.objective == pytest.approx(optimum, rel=1e-6)
    assert found.result.bound == pytest.approx(optimum, rel=1e-6)


def test_what_cannot_be_carried_on_is_cut_off() -> None:
    """Proves: demand that must be served makes trunks that sign too little infeasible; ten are signed.

    Without cuts of reach the search would never leave the trunk that signs nothing.
    """
    case = edit(newsvendor(), Workload, "train", must_serve=True, shortfall_cost_usd_per_unit_hour=None)
    whole = solve_tree(case, WHOLE)
    found = solve_tree(case, SPLIT)
    assert found.result.status == whole.result.status
    if whole.result.objective is not None:
        assert found.result.objective == pytest.approx(whole.result.objective)


def test_a_limit_that_nothing_on_offer_can_meet_is_told() -> None:
    """Proves: infeasible before any solver runs, as with one program, and in the same words; workers say so too."""
    case = add(newsvendor(), Policy(policy="p", kind=PolicyKind.MINIMUM_CAPACITY, limit=1.0))
    case = Case(tuple(row for row in case.records if not isinstance(row, Block)))
    found, whole = solve_tree(case, SPLIT).result, solve_tree(case, WHOLE).result
    assert found.status == whole.status == "infeasible"
    assert "nothing on offer can meet" in found.detail and "nothing on offer can meet" in whole.detail


def test_small_trees_are_one_program_and_large_ones_are_split() -> None:
    """Proves: sixty-four futures of a case of some hundreds of columns are split unless one program is asked for; two
    of them, or a tree without whole numbers, are not.
    """
    case = generate(SMALL, 1)
    assert not is_split(branched(case, 2, 2, 1), Request())
    assert not is_split(newsvendor(), Request())
    assert is_split(branched(case, 64, 2, 1), Request())
    assert not is_split(branched(case, 64, 2, 1), replace(Request(), engine=Engine.WHOLE))
    assert is_split(edit_settings(branched(case, 64, 2, 1), objective=Objective.WORST), Request())


def test_a_tree_that_is_mostly_shared_is_one_program_where_the_worst_counts() -> None:
    """Proves: futures that part in the last quarter would leave nearly all quarters in the trunk. Of 64 that part in
    the third of them only two are shared.
    """
    case = generate(SMALL, 1)
    late = add(
        branched(case, 64, 2, 1),
        scenario("last", 0.01, len(case.calendar.quarters) - 1, "future 0001"),
    )
    assert not is_split(edit_settings(late, objective=Objective.WORST), Request())


def test_one_future_is_one_program(tmp_path: Path) -> None:
    """Proves: a tree that never parts has no quarter to be cut in: it is solved whole whatever is asked, and a
    checkpoint, which nothing would keep, is refused.
    """
    case = add(one_site(4.0, 10.0), scenario("only", 1.0, None))
    assert solve_tree(case, SPLIT).result.objective == pytest.approx(14_000.0)
    with pytest.raises(UsageError, match=r"never part keep no checkpoint\. Fix: leave --checkpoint out"):
        solve_tree(case, replace(SPLIT, checkpoint=tmp_path / "search.npz"))


def test_a_worker_killed_costs_time_only() -> None:
    """Proves: with the first worker killed in the midst of the search, the optimum is the same."""
    case = load_published(PUBLISHED / "baa99.json")
    parts = cut(case)
    killed: list[int] = []
    with fleet(Workshop(case, parts.quarter), 2) as workers:

        def told(event: str | Progress) -> None:
            if not killed and isinstance(event, str) and event.startswith("cutting"):
                killed.append(next(iter(workers.client.run(os.getpid).values())))
                os.kill(killed[0], signal.SIGKILL)

        found = LShaped(parts, workers, SolveOptions(gap=1e-7), told).run()
        assert killed and killed[0] not in workers.client.run(os.getpid).values()
    assert found.objective == pytest.approx(-238.778298, rel=1e-6)
    assert found.closed(1e-6)


def test_a_cluster_is_used_by_its_address() -> None:
    """Proves: workers of a scheduler that listens on a TCP port of the loopback solve the tree."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        scheduler_kwargs={"dashboard_address": ":0"},
        host="127.0.0.1",
        protocol="tcp",
    ) as cluster:
        request = replace(SPLIT, cluster=cluster.scheduler_address)
        assert split(newsvendor(), request).result.objective == pytest.approx(
            solve_tree(newsvendor(), WHOLE).result.objective
        )


def test_workers_of_another_version_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves: a worker that would make other programs of the same case is told, with its address and the cure."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, scheduler_kwargs={"dashboard_address": ":0"}, protocol="tcp"
    ) as cluster:
        mine = package_version()
        monkeypatch.setattr("optimizer.decompose.fleet.package_version", Mine(mine))
        with pytest.raises(UsageError, match=f"has version {mine} of the optimizer. Fix: install version 9.9"):
            solve_tree(newsvendor(), replace(SPLIT, cluster=cluster.scheduler_address))


class Mine:
    """Says another version here than on a worker."""

    def __init__(self, theirs: str) -> None:
        self.theirs, self.here = theirs, os.getpid()

    def __call__(self) -> str:
        return "9.9" if os.getpid() == self.here else self.theirs


def test_a_cluster_that_does_not_answer_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves: exit 2 with the cure, no wait without an end."""
    monkeypatch.setattr("optimizer.decompose.fleet.CONNECT_SECONDS", 1.0)
    with pytest.raises(UsageError, match="no Dask scheduler answers"):
        solve_tree(newsvendor(), replace(SPLIT, cluster="tcp://127.0.0.1:9"))


def test_a_stop_keeps_the_best_plan() -> None:
    """Proves: a search that is stopped after its first plan returns it, audited, with its bound."""
    case, stop = load_case(DATA / "tutorial-uncertain"), threading.Event()

    def listen(event: Step | Progress) -> None:
        if isinstance(event, Progress) and event.incumbent is not None:
            stop.set()

    found = solve_tree(case, replace(SPLIT, gap=0.0), listen, stop)
    assert found.result.objective is not None and found.result.bound is not None
    assert found.result.bound <= found.result.objective
    assert found.result.stop in ("interrupt", "gap")


@pytest.mark.usefixtures("workers_here")
def test_ctrl_c_while_the_trunk_is_chosen_ends_the_splitting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves: HiGHS alone hears Ctrl-C while it solves the trunk's program in a part; the plan is kept, nothing is
    proven. A search that did not ask how the program ended would go on to the end of the tree.
    """
    solve, run_, asked = highs.solve, Branching.run, []

    def interrupted(program: Program, options: SolveOptions, **more: Any) -> Outcome:
        asked.append(program)
        return replace(solve(program, options, **more), stop=StopReason.INTERRUPT)

    def splitting(branching: Branching, seconds: float, core: np.ndarray) -> None:
        monkeypatch.setattr(highs, "solve", interrupted)
        run_(branching, seconds, core)

    monkeypatch.setattr(Branching, "run", splitting)
    found = solve_tree(three_stages(), replace(SPLIT, gap=0.0)).result
    assert len(asked) == 1
    assert (found.status, found.stop) == ("feasible", "interrupt")
    assert found.objective is not None and found.bound is not None and found.bound < found.objective


def test_no_time_is_no_plan() -> None:
    """Proves: a time limit of nothing ends at once, and says so."""
    began = time.perf_counter()
    found = solve_tree(newsvendor(), replace(SPLIT, time_limit_seconds=0.0))
    assert (found.result.status, found.result.stop) == ("no_plan", "time_limit")
    assert found.result.objective is None and time.perf_counter() > began


def test_three_stages_are_solved_in_bundles() -> None:
    """Proves: of three scenarios two part later: a bundle of two and one of one, the optimum of one program.

    A bundle that lost the shocks its scenarios inherit would serve a lower demand, at another cost.
    """
    case = three_stages()
    early = Cut(case, case.calendar.first + 1)
    assert [bundle.scenarios for bundle in early.bundles] == [("low",), ("high", "higher")]
    assert early.bundles[1].probability == pytest.approx(0.5)
    bundle = early.case_of(early.bundles[1])
    for future in futures(bundle):
        assert future.probability == pytest.approx(0.5)
        assert content_hash(future.case.records) == content_hash(certain(case, future.name).records)
    assert split(case).result.objective == pytest.approx(solve_tree(case, WHOLE).result.objective, rel=1e-9)


def test_splitting_the_trunks_closes_what_bounds_leave_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves: without it, the search of these bundles ends with a plan that is not proven, and says so."""
    monkeypatch.setattr("optimizer.decompose.branching.Branching.run", lambda *_: None)
    found = solve_tree(three_stages(), SPLIT).result
    assert found.status == "feasible" and found.stop == "other_limit"
    assert found.objective is not None and found.bound is not None and found.gap is not None
    assert found.bound < 17_882_069.0 and found.objective > 17_882_069.0 and 0.0 < found.gap < 0.01


def test_bundles_of_several_scenarios_cost_what_one_program_says() -> None:
    """Proves: the search of the early cut, bundles with trees of their own, proves the same optimum as one program."""
    case = three_stages()
    whole = solve_tree(case, WHOLE).result
    assert whole.objective is not None and whole.bound is not None
    parts = Cut(case, case.calendar.first + 1)
    with fleet(Workshop(case, parts.quarter), 2) as workers:
        found = LShaped(parts, workers, SolveOptions(gap=1e-6), lambda _: None).run()
    assert found.objective is not None
    assert found.objective == pytest.approx(whole.objective, rel=2e-6)
    assert found.bound == pytest.approx(whole.objective, rel=2e-6) and found.bound <= whole.objective * (1.0 + 1e-9)
