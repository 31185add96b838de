"""One replan from beginning to end: lock, look whether it has been done, roll, solve, compare, keep.

The same case, date and options give the same run: it is found by its key and nothing is solved. Everything happens
under the store's lock, and the run appears in one transaction at the end: a crash leaves nothing but the old state.
"""

import getpass
import hashlib
import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from threading import Event

from optimizer.case.case import Case
from optimizer.case.scenario import Scenario
from optimizer.case.settings import Objective
from optimizer.errors import AuditError, Finding
from optimizer.model.outcome import Progress
from optimizer.plan.audit import audit
from optimizer.plan.diff import Difference, inputs
from optimizer.plan.plan import Plan
from optimizer.plan.save import versions
from optimizer.plan.save_tree import load_any, save_any
from optimizer.plan.status import Status, StopReason
from optimizer.plan.tree import AnyPlan, TreePlan, audit_any
from optimizer.replan.calm import Calm, calm
from optimizer.replan.compare import changes
from optimizer.replan.course import to_come
from optimizer.replan.roll import Rolled, roll, roll_itself
from optimizer.replan.summary import summary_lines
from optimizer.request import Listener, Request, Step, options, silent
from optimizer.store import Draft, Run, Store, pack, unpack
from optimizer.tables.identity import content_hash
from optimizer.tables.quarter import Quarter

CENT = 0.01


@dataclass(frozen=True)
class Replanned:
    """What a replan came to. `new` is False where the run had been made before; then only `run` and `plan` are told.

    `cost_before` is what the approved plan would still have cost from the as-of quarter on, USD; None without one.
    `cost_known` is the same, given what came true of its scenarios.
    """

    run: Run
    plan: AnyPlan
    new: bool
    material: bool
    findings: tuple[Finding, ...] = ()
    calm: Calm | None = None
    cost_before: float | None = None
    cost_known: float | None = None
    difference: Difference | None = None


def replan(
    case: Case,
    as_of: Quarter,
    store: Store,
    request: Request | None = None,
    listen: Listener = silent,
    stop: Event | None = None,
    wait_seconds: float = 3600.0,
    by: str | None = None,
    source: str = "",
    came_true: str = "",
) -> Replanned:
    """Replan a case as of a quarter from the approved plan of the store, and keep the run as a draft.

    `source` says where the case was read, `came_true` which scenario is what happened so far: it goes before what the
    case says. Raises LockedError when another run holds the lock for longer than the
    wait, InputError for a case that cannot be rolled, and what `solve` raises; then the store is as it was.
    """
    request, by = request or Request(), by or user()
    listen(Step(f"waiting for the store {store.shown}"))
    with store.lock(wait_seconds, by):
        baseline = store.approved()
        key = _key(case, as_of, request, came_true)
        known = store.find(key, None if baseline is None else baseline.number)
        if known is not None:
            return Replanned(known, plan_of(store, known.number), new=False, material=False)
        approved = None if baseline is None else plan_of(store, baseline.number)
        return _Replan(case, as_of, store, request, listen, stop, by, source, came_true, key, baseline, approved).run()


def plan_of(store: Store, number: int) -> AnyPlan:
    """The plan of a run. Raises StaleError when the store's copy is damaged."""
    with tempfile.TemporaryDirectory(prefix="optimizer-") as folder:
        unpack(store.bundle(number), Path(folder) / "plan")
        return load_any(Path(folder) / "plan")


def material(calmed: Calm, case: Case, costs_before: Sequence[float | None]) -> bool:
    """Whether anybody should look: what is moved or what it costs passes the thresholds of the case.

    `costs_before` are what the approved plan would still have cost, before and after it was known what came true. A
    first plan, a plan that is not proven, and anything released from the firm window always are material.
    """
    settings, cost = case.settings, calmed.plan.result.objective
    if cost is None or None in costs_before or calmed.released or calmed.plan.result.status != Status.OPTIMAL:
        return True
    if calmed.moved > settings.material_moved_usd + CENT:
        return True
    return any(
        abs(cost - before) > settings.material_cost_share * abs(before) for before in costs_before if before is not None
    )


def _key(case: Case, as_of: Quarter, request: Request, came_true: str) -> str:
    asked = options(case, request)
    told = [content_hash(case.records), str(as_of), asked.gap, asked.time_limit_seconds, asked.seed]
    told += [came_true] if came_true else []
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def user() -> str:
    """The name of who runs this program."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


@dataclass(frozen=True)
class _Replan:
    case: Case
    as_of: Quarter
    store: Store
    request: Request
    listen: Listener
    stop: Event | None
    by: str
    source: str
    came_true: str
    key: str
    baseline: Run | None
    approved: AnyPlan | None

    def run(self) -> Replanned:
        said: list[str] = []

        def listen(event: Step | Progress) -> None:
            if isinstance(event, Step):
                said.append(f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {event.name}")
            self.listen(event)

        listen(Step(f"rolling the case to {self.as_of}"))
        stood = {} if self.baseline is None else json.loads(self.baseline.options).get("stood", {})
        rolled = roll(self.case, self.approved, self.as_of, self.came_true, stood)
        itself = self._itself(rolled)
        same = self.approved is not None and _is_same(itself, rolled.case)
        calmed = calm(rolled, same, self.request, listen, self.stop)
        if calmed.interrupted and calmed.plan.result.objective is None:
            raise KeyboardInterrupt
        before, known = self._costs(rolled, calmed.plan)
        notable = material(calmed, rolled.case, (before, known))
        difference = None
        if self.approved is not None:
            difference = changes(self.approved, rolled.course, itself, calmed.plan, self.as_of)
        noticed = (*rolled.course.said, *map(str, rolled.findings))
        summary = "\n".join(summary_lines(calmed, before, known, difference, noticed))
        plan = replace(calmed.plan, result=replace(calmed.plan.result, replanned=summary))
        calmed = replace(calmed, plan=plan)
        listen(Step("keeping the run"))
        run = self.store.save(self._draft(rolled, calmed, notable, summary, "\n".join(said)))
        return Replanned(run, plan, True, notable, rolled.findings, calmed, before, known, difference)

    def _itself(self, rolled: Rolled) -> Case:
        """The approved plan's own case, rolled without news; as it is where its horizon ended before the quarter."""
        if self.approved is None:
            return self.case
        if self.as_of >= self.approved.case.calendar.end:
            return self.approved.case
        return roll_itself(self.approved, rolled.course, self.as_of)

    def _costs(self, rolled: Rolled, plan: AnyPlan) -> tuple[float | None, float | None]:
        """What the approved plan would still have cost, before and after it was known what came true; USD."""
        if self.approved is None or plan.result.objective is None:
            return None, None
        known = rolled.course.still_costs(plan.case)
        if isinstance(self.approved, Plan) or plan.case.settings.objective is not Objective.EXPECTED:
            return known, known
        return to_come(self.approved.branches, plan.case), known

    def _draft(self, rolled: Rolled, calmed: Calm, notable: bool, summary: str, log: str) -> Draft:
        plan, result = calmed.plan, calmed.plan.result
        with tempfile.TemporaryDirectory(prefix="optimizer-") as name:
            folder = Path(name)
            save_any(plan, folder)
            bundle = pack(folder)
            verdict = _verdict(load_any(folder))
        asked = asdict(options(rolled.case, self.request)) | self._told(rolled)
        return Draft(
            key=self.key,
            as_of=str(self.as_of),
            case_hash=content_hash(self.case.records),
            solved_hash=result.case_hash,
            baseline=None if self.baseline is None else self.baseline.number,
            title=self.case.settings.title,
            status=str(result.status),
            stop=str(StopReason.INTERRUPT if calmed.interrupted else result.stop),
            objective=result.objective,
            bound=result.bound,
            gap=result.gap,
            material=notable,
            summary=summary,
            options=json.dumps(asked),
            versions=json.dumps(versions(result)),
            timings=json.dumps(asdict(result.seconds)),
            audit=verdict,
            log=log,
            source=self.source,
            bundle=bundle,
            by=self.by,
        )

    def _told(self, rolled: Rolled) -> dict[str, object]:
        """What was said of the scenarios, and what is left of them; nothing where there were none."""
        told = {"came_true": self.came_true, "possible": list(rolled.course.names), "stood": rolled.stood}
        return {name: value for name, value in told.items() if value}


def _is_same(one: Case, other: Case) -> bool:
    """Whether two rolled cases say the same; probabilities are compared as far as weighing anew is exact."""
    return content_hash(one.records) == content_hash(other.records) or (
        bool(one.of(Scenario)) and next(inputs(one, other), None) is None
    )


def _verdict(plan: AnyPlan) -> str:
    """What the audit says of the plan as it is kept. Raises AuditError when it says anything."""
    if plan.result.objective is None:
        return json.dumps({"audited": False})
    findings = audit_any(plan)
    if findings:
        raise AuditError(findings)
    found = plan.objective if isinstance(plan, TreePlan) else audit(plan.case, plan).objective
    return json.dumps({"audited": True, "passed": True, "objective": found, "findings": []})
