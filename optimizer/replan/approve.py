"""Approval: only a plan that still passes its audit, for inputs that still are the same, becomes state."""

from optimizer.case.case import Case
from optimizer.errors import AuditError, StaleError
from optimizer.plan.tree import audit_any
from optimizer.replan.process import plan_of
from optimizer.store import Run, Store
from optimizer.tables.identity import content_hash


def approve(store: Store, number: int, case: Case | None, by: str, why: str, wait_seconds: float = 60.0) -> Run:
    """Approve a draft; the plan approved before is superseded.

    `case` is the case as it is now; None where it is knowingly not compared. Raises StaleError when the run is no
    draft, does not continue what is approved now, or was made from other inputs; AuditError when its plan fails its
    audit; LockedError after the wait. Then nothing has changed.
    """
    with store.lock(wait_seconds, by):
        run = store.run(number)
        if case is not None and content_hash(case.records) != run.case_hash:
            raise StaleError(
                f"run {number} was made from other inputs than the case has now. Fix: replan, and approve the new run"
            )
        if run.objective is not None:
            plan = plan_of(store, number)
            if plan.result.case_hash != run.solved_hash:
                raise StaleError(f"the plan of run {number} is not that of its record. Fix: replan")
            findings = audit_any(plan)
            if findings:
                raise AuditError(findings)
        return store.approve(number, by, why)
