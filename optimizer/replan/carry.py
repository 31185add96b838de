"""The approved plan carried on in a tree that is too large for one program: scenario by scenario, without a search."""

from dataclasses import replace

import numpy as np

from optimizer.case.case import Case
from optimizer.futures.alone import regret_offset
from optimizer.futures.future import futures
from optimizer.model.arrays import compile_program
from optimizer.model.build import formulate
from optimizer.model.extract import branch, extract, tree_start
from optimizer.model.outcome import TOLERANCE, relative_gap
from optimizer.plan.plan import Result
from optimizer.plan.tree import TreePlan, audit_tree
from optimizer.replan.course import Course


def carried(case: Case, course: Course, least: Result) -> TreePlan | None:
    """The approved plan as a plan of the case, to the last digit; None where it does not pass every row and its audit.

    `least` is the result of the search for the least cost, whose bound is that of any plan. What is decided in a
    scenario is what the approved plan decided in the branch that it follows; the audit holds that nothing is known
    before its time.
    """
    found = []
    for future in futures(case):
        form = formulate(future.case)
        program = compile_program(form.model)
        start = tree_start(form, program, {"": course.likeliest[future.name]})
        values = np.where(np.isnan(start), 0.0, start)
        if program.worst_violation(values)[0] > TOLERANCE:
            return None
        found.append(branch(future.name, future.probability, extract(form, form.futures[0], program, values, least)))
    tree = TreePlan(case, least, tuple(found))
    cost, slack = tree.objective, case.settings.stability_slack
    bound = None if least.bound is None else min(least.bound, cost)
    asked = least.asked_gap + slack + least.asked_gap * slack
    offset = regret_offset(case)
    gap = relative_gap(cost + offset, None if bound is None else bound + offset)
    result = replace(least, objective=cost, bound=bound, gap=gap, asked_gap=asked)
    tree = replace(tree, result=result)
    return None if audit_tree(tree) else tree
