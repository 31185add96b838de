"""Each scenario solved as if it alone were certain: what regret is measured against, and what foresight would pay."""

import math
import time
from collections.abc import Callable
from dataclasses import replace
from threading import Event

from optimizer.case.case import Case
from optimizer.case.scenario import LeastCost
from optimizer.futures.alone import identity, unknown, with_least_costs
from optimizer.futures.future import futures
from optimizer.model.outcome import Progress
from optimizer.plan.plan import Plan, Result
from optimizer.plan.status import Status, StopReason
from optimizer.request import Listener, Request, Step, left, options, silent
from optimizer.tables.identity import content_hash

FEW, EVERY_SECONDS = 20, 2.0
"""Of more scenarios than a few, not each is told of: a log would hold nothing else."""
Solve = Callable[[Case, Request, Listener, Event | None], Plan]


def with_each_alone(
    case: Case, request: Request, solve: Solve, listen: Listener = silent, stop: Event | None = None
) -> tuple[Case, Result | None]:
    """The case with the least cost of every scenario alone, those solved that are not known to the gap of the request.

    The time limit is that of all of them together. Where one has no plan, the result says so, with what its own search
    said, and the case holds those found before it.
    """
    began, asked = time.perf_counter(), options(case, request)
    wanted = unknown(case, futures(case), asked.gap)
    found: list[LeastCost] = []

    def told(event: Step | Progress) -> None:
        if isinstance(event, Progress):
            listen(event)

    told_at = -math.inf
    for number, future in enumerate(wanted):
        if len(wanted) <= FEW or time.perf_counter() - told_at >= EVERY_SECONDS:
            told_at = time.perf_counter()
            listen(Step(f"solving scenario {future.name} alone, {number + 1} of {len(wanted)}"))
        rest = left(asked.time_limit_seconds, time.perf_counter() - began)
        share = None if rest is None else rest / (len(wanted) - number)
        own = replace(request, time_limit_seconds=share, start=None, checkpoint=None)
        result = solve(future.case, own, told, stop).result
        if result.objective is None or result.bound is None or result.stop == StopReason.INTERRUPT:
            case = with_least_costs(case, found)
            return case, _missing(case, future.name, result)
        found.append(
            LeastCost(
                scenario=future.name,
                least_cost_usd=result.objective,
                bound_usd=result.bound,
                solved_for=identity(future.case),
            )
        )
    return with_least_costs(case, found), None


def _missing(case: Case, scenario: str, result: Result) -> Result:
    """That there is no plan of the case, as a scenario alone was not solved."""
    status = Status.NO_PLAN if result.objective is not None else result.status
    detail = f"scenario {scenario} alone: {result.detail or 'its search was ended'}"
    blank = replace(result, status=status, objective=None, bound=None, gap=None, detail=detail)
    return replace(blank, case_hash=content_hash(case.records))
