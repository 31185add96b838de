"""What a plan moves of the commitments of the approved one, scenario by scenario, without any program."""

from math import fsum

from optimizer.contracts.contract import Contract
from optimizer.futures.future import futures
from optimizer.ledger.decision import COMMITTING, DecisionKey
from optimizer.model.calm import value
from optimizer.plan.tree import TreePlan
from optimizer.replan.course import Course

SMALL = 1e-9


def moved_apart(plan: TreePlan, course: Course) -> tuple[float, tuple[DecisionKey, ...]]:
    """Expected commitments moved, USD, weighed by (CALM-4), and what was due in the firm window and is not kept."""
    calendar = plan.case.calendar
    until = calendar.as_of + plan.case.settings.firm_window_quarters
    parts: list[float] = []
    given_up: dict[DecisionKey, None] = {}
    for future in futures(plan.case):
        decided = plan.branch(future.name).plan.decided
        offers = (one for contract in future.case.of(Contract) for one in contract.decisions(future.case))
        there = {one.key: one for one in offers if _open(plan, one.key)}
        for share, approved in course.followed[future.name]:
            for key, offer in there.items():
                apart = decided.quantity(key) - approved.quantity(key)
                parts.append(future.probability * share * value(offer) * abs(apart))
            for key, quantity in approved:
                if _open(plan, key) and key.quarter < until and decided.quantity(key) < quantity - SMALL:
                    given_up[key] = None
    return fsum(parts), tuple(given_up)


def _open(plan: TreePlan, key: DecisionKey) -> bool:
    return key.action in COMMITTING and not plan.case.calendar.settled(key.quarter)
