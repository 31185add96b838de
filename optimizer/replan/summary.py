"""What a replan came to, a line each, in words for people: kept with the run, and shown by page and workbook."""

from collections.abc import Iterable, Iterator

from optimizer.plan.diff import Difference
from optimizer.plan.plan import counted
from optimizer.plan.tree import TreePlan
from optimizer.replan.calm import Calm

CENT = 0.01


def summary_lines(
    calmed: Calm, before: float | None, known: float | None, changes: Difference | None, noticed: Iterable[str]
) -> Iterator[str]:
    """The lines. `before` and `known` are what the approved plan would still have cost, before and after it was known
    what came true of its scenarios, USD.
    """
    result, currency = calmed.plan.result, calmed.plan.case.settings.currency
    yield from noticed
    if result.objective is None:
        yield f"{result.status}: {result.detail}"
        return
    bound = "not known" if result.bound is None else f"{result.bound:,.2f}"
    yield f"{result.status}: {_cost(calmed)} {result.objective:,.2f} {currency}, bound {bound}"
    if before is None or known is None or calmed.least_cost is None:
        yield "the first plan: nothing was approved before it"
        return
    if abs(known - before) > CENT:
        came = f"{known:,.2f} {currency} ({known - before:+,.2f})"
        yield f"what came true changes what the approved plan has to come from {before:,.2f} to {came}"
    yield f"the approved plan as it was: {known:,.2f} {currency} ({result.objective - known:+,.2f})"
    yield from _calm(calmed, currency)
    if changes is not None:
        inputs, decisions = counted(len(changes.inputs), "inputs"), counted(len(changes.decisions), "decisions")
        waiting = f", {counted(len(changes.later), 'decisions')} of those that wait" if changes.later else ""
        yield f"{inputs} and {decisions}{waiting} changed"


def _cost(calmed: Calm) -> str:
    plan = calmed.plan
    if not isinstance(plan, TreePlan):
        return "cost still to come"
    risk = " and its risk" if plan.case.settings.risk_weight else ""
    return f"cost still to come, expected over {len(plan.branches)} scenarios{risk},"


def _calm(calmed: Calm, currency: str) -> Iterator[str]:
    if not calmed.sought:
        yield (
            f"calm was not sought: the tree is solved in bundles, for its least cost alone; commitments moved "
            f"{calmed.moved:,.2f} {currency}"
        )
        yield from (f"not kept of the firm window: {key}" for key in calmed.released)
        return
    yield (
        f"calm: commitments moved {calmed.moved:,.2f} {currency}, the cheapest plan would move "
        f"{calmed.least_moved:,.2f}; calm costs {calmed.stability_cost:,.2f} {currency}"
    )
    yield from (f"released from the firm window, as it became impossible: {key}" for key in calmed.released)
