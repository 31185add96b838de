"""What a replan changed of the approved plan as it goes on, from the as-of quarter on."""

from optimizer.case.case import Case
from optimizer.errors import InputError
from optimizer.plan.diff import Difference, compared
from optimizer.plan.diff_tree import tree_compared, tree_difference
from optimizer.plan.plan import Plan
from optimizer.plan.tree import AnyPlan, TreePlan
from optimizer.replan.course import Course, course_of
from optimizer.replan.roll import roll_itself
from optimizer.tables.quarter import Quarter


def changes(approved: AnyPlan, course: Course, itself: Case, plan: AnyPlan, as_of: Quarter) -> Difference | None:
    """The difference, both valued as the new case values them; None where a tree has no plan any more.

    `itself` is the approved plan's own case, rolled on this course.
    """
    if isinstance(plan, Plan) and isinstance(approved, Plan):
        return compared(approved, plan, as_of)
    if plan.result.objective is None:
        return None
    goes_on = TreePlan(itself, approved.result, course.going_on(plan.case))
    return tree_compared(goes_on, plan, as_of, course.still_costs(plan.case))


def between(before: AnyPlan, after: AnyPlan, as_of: Quarter, came_true: str) -> Difference:
    """What a plan as of a later quarter changed of an earlier one that need not be the one it continues.

    `came_true` names the scenario that was left alone, if one was. Where it is not known which of the earlier plan's
    scenarios came true, the plans are compared as they are.
    """
    known = isinstance(before, TreePlan) and came_true in {branch.scenario for branch in before.branches}
    try:
        course = course_of(after.case, before, as_of, came_true if known else "")
        found = changes(before, course, roll_itself(before, course, as_of), after, as_of)
    except InputError:
        found = None
    return tree_difference(before, after) if found is None else found
