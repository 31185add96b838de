"""One replan from beginning to end: lock, look whether it has been done, roll, solve, compare, keep.

The same case, date and options give the same run: it is found by its key and nothing is solved. Everything happens
under the store's lock, and the run appears in one transaction at the end: a crash leaves nothing but the old state.
"""

import getpass
import hashlib
import json
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from threading import Event

from optimizer.case.case import Case
from optimizer.errors import Finding
from optimizer.model.outcome import StopReason
from optimizer.plan.audit import audit, require
from optimizer.plan.diff import Difference, compared
from optimizer.plan.plan import Plan
from optimizer.plan.save import load_plan, record, save_plan, write_record
from optimizer.plan.statements import cost_to_come
from optimizer.replan.calm import Calm, calm
from optimizer.replan.roll import Rolled, require_certain, roll
from optimizer.run import Listener, Request, Step, options, silent
from optimizer.store import Draft, Run, Store, pack, unpack
from optimizer.tables.identity import content_hash
from optimizer.tables.quarter import Quarter

CENT = 0.01


@dataclass(frozen=True)
class Replanned:
    """What a replan came to. `new` is False where the run had been made before; then only `run` and `plan` are told.

    `cost_before` is what the approved plan would still have cost from the as-of quarter on, USD; None without one.
    """

    run: Run
    plan: Plan
    new: bool
    material: bool
    findings: tuple[Finding, ...] = ()
    calm: Calm | None = None
    cost_before: float | None = None
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
) -> Replanned:
    """Replan a case as of a quarter from the approved plan of the store, and keep the run as a draft.

    `source` says where the case was read. Raises LockedError when another run holds the lock for longer than the
    wait, InputError for a case that cannot be rolled, and what `solve` raises; then the store is as it was.
    """
    require_certain(case)
    request, by = request or Request(), by or user()
    listen(Step(f"waiting for the store {store.shown}"))
    with store.lock(wait_seconds, by):
        baseline = store.approved()
        key = _key(case, as_of, request)
        known = store.find(key, None if baseline is None else baseline.number)
        if known is not None:
            return Replanned(known, plan_of(store, known.number), new=False, material=False)
        approved = None if baseline is None else plan_of(store, baseline.number)
        return _Replan(case, as_of, store, request, listen, stop, by, source, key, baseline, approved).run()


def plan_of(store: Store, number: int) -> Plan:
    """The plan of a run. Raises StaleError when the store's copy is damaged."""
    with tempfile.TemporaryDirectory(prefix="optimizer-") as folder:
        unpack(store.bundle(number), Path(folder) / "plan")
        return load_plan(Path(folder) / "plan")


def material(calmed: Calm, case: Case, cost_before: float | None) -> bool:
    """Whether anybody should look: what is moved or what it costs passes the thresholds of the case.

    A first plan, a plan that is not proven, and anything released from the firm window always are.
    """
    settings, cost = case.settings, calmed.plan.result.objective
    if cost is None or cost_before is None or calmed.released or calmed.plan.result.status != "optimal":
        return True
    if calmed.moved > settings.material_moved_usd + CENT:
        return True
    return abs(cost - cost_before) > settings.material_cost_share * abs(cost_before)


def _key(case: Case, as_of: Quarter, request: Request) -> str:
    asked = options(case, request)
    told = [content_hash(case.records), str(as_of), asked.gap, asked.time_limit_seconds, asked.seed]
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
    key: str
    baseline: Run | None
    approved: Plan | None

    def run(self) -> Replanned:
        said: list[str] = []

        def listen(event: object) -> None:
            if isinstance(event, Step):
                said.append(f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {event.name}")
            self.listen(event)  # type: ignore[arg-type]

        listen(Step(f"rolling the case to {self.as_of}"))
        rolled = roll(self.case, self.approved, self.as_of)
        calmed = calm(rolled.case, self.approved, self._same_inputs(rolled), self.request, listen, self.stop)
        if calmed.interrupted and calmed.plan.result.objective is None:
            raise KeyboardInterrupt
        before = None if self.approved is None else cost_to_come(self.approved, rolled.case)
        notable = material(calmed, rolled.case, before)
        changes = None if self.approved is None else compared(self.approved, calmed.plan, self.as_of)
        summary = "\n".join(summary_lines(calmed, before, changes, rolled.findings))
        plan = replace(calmed.plan, result=replace(calmed.plan.result, replanned=summary))
        calmed = replace(calmed, plan=plan)
        listen(Step("keeping the run"))
        run = self.store.save(self._draft(rolled, calmed, notable, summary, "\n".join(said)))
        return Replanned(run, calmed.plan, True, notable, rolled.findings, calmed, before, changes)

    def _same_inputs(self, rolled: Rolled) -> bool:
        """Whether the approved plan's own case, rolled to the same quarter, is the case to be planned."""
        if self.approved is None:
            return False
        own = roll(self.approved.case, self.approved, self.as_of)
        return content_hash(own.case.records) == content_hash(rolled.case.records)

    def _draft(self, rolled: Rolled, calmed: Calm, notable: bool, summary: str, log: str) -> Draft:
        plan, result = calmed.plan, calmed.plan.result
        with tempfile.TemporaryDirectory(prefix="optimizer-") as name:
            folder = Path(name)
            save_plan(plan, folder)
            write_record(plan, folder)
            bundle = pack(folder)
            verdict = _verdict(load_plan(folder))
        asked = options(rolled.case, self.request)
        return Draft(
            key=self.key,
            as_of=str(self.as_of),
            case_hash=content_hash(self.case.records),
            solved_hash=result.case_hash,
            baseline=None if self.baseline is None else self.baseline.number,
            title=self.case.settings.title,
            status=result.status,
            stop=StopReason.INTERRUPT.value if calmed.interrupted else result.stop,
            objective=result.objective,
            bound=result.bound,
            gap=result.gap,
            material=notable,
            summary=summary,
            options=json.dumps(asdict(asked)),
            versions=json.dumps(record(plan)["versions"]),
            timings=json.dumps(asdict(result.seconds)),
            audit=verdict,
            log=log,
            source=self.source,
            bundle=bundle,
            by=self.by,
        )


def _verdict(plan: Plan) -> str:
    """What the audit says of the plan as it is kept. Raises AuditError when it says anything."""
    if plan.result.objective is None:
        return json.dumps({"audited": False})
    audited = audit(plan.case, plan)
    require(audited)
    return json.dumps({"audited": True, "passed": True, "objective": audited.objective, "findings": []})


def summary_lines(
    calmed: Calm, before: float | None, changes: Difference | None, findings: Iterable[Finding]
) -> Iterator[str]:
    """What a run says, in words for people."""
    result, currency = calmed.plan.result, calmed.plan.case.settings.currency
    yield from (str(finding) for finding in findings)
    if result.objective is None:
        yield f"{result.status}: {result.detail}"
        return
    bound = "not known" if result.bound is None else f"{result.bound:,.2f}"
    yield f"{result.status}: cost still to come {result.objective:,.2f} {currency}, bound {bound}"
    if before is None or calmed.least_cost is None:
        yield "the first plan: nothing was approved before it"
        return
    yield f"the approved plan as it was: {before:,.2f} {currency} ({result.objective - before:+,.2f})"
    yield (
        f"calm: commitments moved {calmed.moved:,.2f} {currency}, the cheapest plan would move "
        f"{calmed.least_moved:,.2f}; calm costs {calmed.stability_cost:,.2f} {currency}"
    )
    yield from (f"released from the firm window, as it became impossible: {key}" for key in calmed.released)
    if changes is not None:
        yield f"{len(changes.inputs)} inputs and {len(changes.decisions)} decisions changed"
