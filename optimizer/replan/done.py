"""What a policy really decided, quarter by quarter, on the path that came true."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from optimizer.case.case import Case
from optimizer.errors import InputError
from optimizer.futures.known import branches
from optimizer.ledger.books import Decided
from optimizer.ledger.decision import DecisionKey
from optimizer.plan.tree import AnyPlan, TreePlan
from optimizer.replan.course import Course
from optimizer.replan.roll import course_at
from optimizer.tables.quarter import Quarter

Past = Sequence[tuple[Quarter, Case]]


@dataclass(frozen=True)
class Done:
    """Decisions of a policy. From `until` on they wait for what nobody says came true; None where all are known."""

    decided: Decided
    until: Quarter | None

    def covers(self, key: DecisionKey) -> bool:
        """Whether it is known what the policy decides of it."""
        return self.until is None or key.quarter < self.until


def policy_of_replans(past: Past, plans: Sequence[AnyPlan], taken: Sequence[Course]) -> Done:
    """What was decided in each quarter by the plan that held then; `taken` are the courses on which it was rolled."""
    starts = [quarter for quarter, _ in past]
    chosen: list[tuple[DecisionKey, float]] = []
    for plan, start, end, course in zip(plans, starts, starts[1:], taken[1:], strict=False):
        chosen += _between(plan, _names(course), start, end)
    last = plans[-1]
    until = _parting(last, _all(last), starts[-1])
    return Done(Decided([*chosen, *_between(last, _all(last), starts[-1], until)]), until)


def policy_of_one(past: Past, plan: AnyPlan) -> Done:
    """What the first plan decides, as far as later cases of the past say what came true of its scenarios."""
    start, names = past[0][0], _all(plan)
    for quarter, case in past[1:] if isinstance(plan, TreePlan) else ():
        try:
            names = _names(course_at(case, plan, quarter))
        except InputError:
            break
    until = _parting(plan, names, start)
    return Done(Decided(_between(plan, names, start, until)), until)


def _all(plan: AnyPlan) -> tuple[str, ...]:
    return tuple(branch.scenario for branch in plan.branches) if isinstance(plan, TreePlan) else ()


def _names(course: Course) -> tuple[str, ...]:
    return tuple(branch.scenario for branch in course.goes_on)


def _parting(plan: AnyPlan, names: Sequence[str], start: Quarter) -> Quarter | None:
    """The first quarter in which scenarios of the plan that are still possible have parted."""
    if not isinstance(plan, TreePlan):
        return None
    end = plan.case.calendar.end
    ahead = (start + offset for offset in range(end - start))
    return next((quarter for quarter in ahead if len(branches(plan.case, names, quarter)) > 1), None)


def _between(
    plan: AnyPlan, names: Sequence[str], start: Quarter, end: Quarter | None
) -> Iterator[tuple[DecisionKey, float]]:
    """Decisions of a plan from `start` to before `end`, in the scenarios that are still possible."""
    taken = plan.branch(names[0]).plan if isinstance(plan, TreePlan) else plan
    return (
        (key, quantity) for key, quantity in taken.decided if key.quarter >= start and (not end or key.quarter < end)
    )
