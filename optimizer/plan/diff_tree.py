"""What changed between two plans of which at least one has scenarios: now, later, on average, and at the edge.

A decision is compared as it is where no scenario of either plan has parted by its quarter. What comes after a parting
is compared by contract: the probability of deciding it at all, and its mean. Money is the mean over the scenarios.
"""

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from optimizer.case.case import Case
from optimizer.ledger.decision import Action
from optimizer.ledger.keys import SHORTFALL, Cash
from optimizer.plan.diff import (
    HIDDEN,
    LEAST_CHANGE,
    Change,
    Difference,
    InputChange,
    Later,
    decisions,
    differ,
    inputs,
    is_rolling,
)
from optimizer.plan.plan import Plan
from optimizer.plan.statements import present_value_by_category
from optimizer.plan.tree import AnyPlan, Branch, TreePlan, cvar
from optimizer.tables.quarter import Quarter

Totals = dict[tuple[Action, str], tuple[float, float, str]]


def tree_difference(before: AnyPlan, after: AnyPlan) -> Difference:
    """Compare two plans that have branches, each as its own case values it; a certain one is a tree of one branch."""
    a, b = as_tree(before), as_tree(after)
    cost = Change("objective", a.result.objective or 0.0, b.result.objective or 0.0, b.case.settings.currency)
    return _difference(a, b, b.case.calendar.first, cost, tuple(inputs(a.case, b.case)))


def tree_compared(before: TreePlan, after: AnyPlan, since: Quarter, cost_before: float) -> Difference:
    """What a replan changed from a quarter on of the approved plan as it goes on, valued as the new case values it.

    The case of `before` is the approved plan's own, rolled to that quarter without any news; `cost_before` is what the
    plan still costs, USD.
    """
    a, b = replace(before, branches=tuple(_revalued(branch, after.case) for branch in before.branches)), as_tree(after)
    cost = Change("objective", cost_before, b.result.objective or 0.0, b.case.settings.currency)
    moved = tuple(one for one in inputs(before.case, b.case) if not is_rolling(one))
    return _difference(a, b, since, cost, moved)


def as_tree(plan: AnyPlan) -> TreePlan:
    """The plan as a tree, of one branch without a name where it is certain."""
    return plan if isinstance(plan, TreePlan) else TreePlan(plan.case, plan.result, (Branch("", 1.0, plan),))


def _difference(a: TreePlan, b: TreePlan, since: Quarter, cost: Change, moved: tuple[InputChange, ...]) -> Difference:
    currency = b.case.settings.currency
    return Difference(
        cost,
        tuple(_decisions(a, b, since)),
        tuple(_money(a, b, f"{currency} expected present value")),
        moved,
        tuple(_later(a, b, since)),
        tuple(_risk(a, b, currency)),
    )


def _revalued(branch: Branch, case: Case) -> Branch:
    """The branch with its money as this case weighs it."""
    return replace(branch, plan=replace(branch.plan, case=case))


def _shares(tree: TreePlan) -> list[float]:
    return [branch.probability for branch in tree.branches]


def _costs(tree: TreePlan) -> list[float]:
    return [branch.plan.cost for branch in tree.branches]


def _is_shared(a: TreePlan, b: TreePlan, quarter: Quarter) -> bool:
    """Whether no scenario of either plan has parted by the quarter."""
    return all(len(tree.case.tree.at(quarter)) <= 1 for tree in (a, b))


def _decisions(a: TreePlan, b: TreePlan, since: Quarter) -> Iterator[Change]:
    first = (_shared_part(a, b, tree.branches[0].plan, since) for tree in (a, b))
    yield from decisions(*first)


def _shared_part(a: TreePlan, b: TreePlan, plan: Plan, since: Quarter) -> Plan:
    kept = (c for c in plan.choices if c.key.quarter >= since and _is_shared(a, b, c.key.quarter))
    return replace(plan, choices=tuple(kept))


def _later(a: TreePlan, b: TreePlan, since: Quarter) -> Iterator[Later]:
    """What is decided after a parting, by contract."""
    totals = [_totals(a, b, tree, since) for tree in (a, b)]
    for what in dict.fromkeys((*totals[0], *totals[1])):
        old, new = (found.get(what, (0.0, 0.0, "")) for found in totals)
        if differ(old[0], new[0]) or differ(old[1], new[1]):
            yield Later(f"{what[0].value} | {what[1]}", old[0], new[0], old[1], new[1], new[2] or old[2])


def _totals(a: TreePlan, b: TreePlan, tree: TreePlan, since: Quarter) -> Totals:
    """Probability, mean and unit of what is decided at all, by action and contract."""
    shares: defaultdict[tuple[Action, str], list[float]] = defaultdict(list)
    means: defaultdict[tuple[Action, str], list[float]] = defaultdict(list)
    units: dict[tuple[Action, str], str] = {}
    for branch in tree.branches:
        totals: defaultdict[tuple[Action, str], float] = defaultdict(float)
        for choice in branch.plan.choices:
            key = choice.key
            hidden = key.action in HIDDEN or key.action is Action.BUY or key.quarter < since
            if not hidden and not _is_shared(a, b, key.quarter):
                totals[key.action, key.contract] += choice.quantity
                units[key.action, key.contract] = choice.unit
        for what, total in totals.items():
            if total > LEAST_CHANGE:
                shares[what].append(branch.probability)
                means[what].append(branch.probability * total)
    return {what: (math.fsum(shares[what]), math.fsum(means[what]), units[what]) for what in shares}


def _money(a: TreePlan, b: TreePlan, unit: str) -> Iterator[Change]:
    parts = [_by_category(tree) for tree in (a, b)]
    for label in dict.fromkeys((*parts[0], *parts[1])):
        old, new = (math.fsum(part.get(label, [])) for part in parts)
        if abs(old - new) >= 0.005:
            yield Change(label, old, new, unit)


def _by_category(tree: TreePlan) -> dict[str, list[float]]:
    found: defaultdict[str, list[float]] = defaultdict(list)
    for branch in tree.branches:
        for kind, value in present_value_by_category(branch.plan):
            found[kind.label].append(branch.probability * value)
    return found


def _risk(a: TreePlan, b: TreePlan, currency: str) -> Iterator[Change]:
    """How cost and shortfall are spread over the scenarios; nothing where both plans are certain."""
    if len(a.branches) < 2 and len(b.branches) < 2:
        return
    tail = b.case.settings.risk_tail
    figures = [
        (
            (f"CVaR of the dearest {100.0 * tail:g} %", cvar(_costs(tree), _shares(tree), tail), currency),
            ("dearest scenario", max(_costs(tree)), currency),
            ("cheapest scenario", min(_costs(tree)), currency),
            ("probability of a shortfall", _short(tree), "share"),
        )
        for tree in (a, b)
    ]
    for (what, old, unit), (_, new, _) in zip(*figures, strict=True):
        if differ(old, new):
            yield Change(what, old, new, unit)


def _short(tree: TreePlan) -> float:
    short = (branch for branch in tree.branches if any(_is_short(branch.plan)))
    return math.fsum(branch.probability for branch in short)


def _is_short(plan: Plan) -> Iterator[bool]:
    ahead = plan.case.calendar.as_of
    key = Cash(SHORTFALL)
    return (line.posting.key == key and line.posting.quarter >= ahead and line.amount > 0.005 for line in plan.moved)
