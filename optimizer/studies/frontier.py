"""The frontier of expected cost against CVaR, by limits on CVaR between the cheapest plan and the safest.

  (FRONTIER-1)  least expected cost, CVaR at the risk tail of the case <= limit      for each limit
(epsilon-constraint: Haimes, Lasdon & Wismer, IEEE Transactions on Systems, Man and Cybernetics 1, 1971.) The next limit
halves the largest box between two neighbours (Hamacher, Pedersen & Ruzika, Operations Research Letters 35, 2007), so
that the points there are lie far apart whenever the search ends; where its safer half is empty, the limit goes to the
edge of the cheaper one, which tells whether anything lies between. The search of a limit starts from the safer
neighbour, which keeps it. With the whole numbers of a plan given, the rest is chosen with a small weight on CVaR, so
that of plans that cost the same the safer one is taken (augmented: Mavrotas, Applied Mathematics and Computation 213,
2009), as long as it stays within the asked gap; points that another one beats in both measures are left out.
"""

import time
from dataclasses import dataclass, replace
from threading import Event

import numpy as np

from optimizer.case.case import Case
from optimizer.case.scenario import Scenario
from optimizer.case.settings import Objective, Settings
from optimizer.errors import NoPlanError, UnsolvableError, UsageError
from optimizer.futures.future import certain
from optimizer.model import highs
from optimizer.model.arrays import Program, compile_program
from optimizer.model.build import formulate
from optimizer.model.extract import branch, extract
from optimizer.model.minmax import least_expected, onto
from optimizer.model.outcome import Outcome, relative_gap, within_gap
from optimizer.plan.frontier import CENT, Frontier, undominated
from optimizer.plan.plan import Result, Seconds
from optimizer.plan.status import Status, StopReason
from optimizer.plan.tree import TreePlan, require_tree
from optimizer.request import Listener, Request, Step, options, silent
from optimizer.run import is_split, result_of, search, solve_split, solve_tree
from optimizer.tables.identity import content_hash
from optimizer.tables.record import with_cells

AUGMENTED = (1e-3, 1e-6)
"""Dollars of expected cost that a dollar of CVaR may cost when ties are broken: the first that keeps the gap."""
LEAST_BOX = 1e-4
"""Of the whole range of CVaR: a smaller box is not halved."""


@dataclass(frozen=True)
class Found:
    """A point: its plan and, where the program is kept, the values of the columns of one that holds the same."""

    tree: TreePlan
    values: np.ndarray | None = None
    program: Program | None = None


@dataclass(frozen=True)
class Box:
    """Two neighbours, the dearer and safer one second, and the limits between which no plan was looked for.

    `halved` says that the safer half of it was found to be empty.
    """

    cheap: Found
    safe: Found
    low: float
    high: float
    halved: bool = False

    @property
    def area(self) -> float:
        """Expected cost x CVaR that may hold a better plan."""
        return (self.safe.tree.expected - self.cheap.tree.expected) * (self.high - self.low)


def frontier(
    case: Case, points: int, request: Request | None = None, listen: Listener = silent, stop: Event | None = None
) -> Frontier:
    """At most so many points of the frontier; objective, risk weight and limit on CVaR of the case do not count.

    An interrupt ends it with the points that were found, and is raised where there is none. Raises UsageError for a
    case with fewer than two scenarios or for fewer than two points, UnsolvableError or NoPlanError for one that has no
    plan.
    """
    if len(case.of(Scenario)) < 2:
        raise UsageError("a frontier needs scenarios that differ. Fix: fill the tables scenarios and shocks")
    if points < 2:
        raise UsageError(f"a frontier has at least two points, not {points}. Fix: --points 8")
    request, stop = request or Request(), stop or Event()
    plain = _with(case, objective=Objective.EXPECTED, risk_weight=0.0, cvar_limit_usd=None)
    engine = (_Split if is_split(plain, request) else _Whole)(plain, request, listen, stop)
    return _Search(case, points, engine, listen, stop).run()


class _Search:
    """The search for points, with an engine that answers for one limit."""

    def __init__(self, case: Case, wanted: int, engine: "_Whole | _Split", listen: Listener, stop: Event) -> None:
        self.case, self.wanted, self.engine, self.listen, self.stop = case, wanted, engine, listen, stop
        self.found: list[Found] = []
        self.least_cvar: float | None = None
        self.boxes: list[Box] = []
        self.proven = True

    def run(self) -> Frontier:
        """The cheapest plan, the safest, and what lies between."""
        try:
            self._ends()
            self._between()
        except KeyboardInterrupt:
            self.stop.set()
            if not self.found:
                raise
        points = undominated([one.tree for one in self.found])
        stopped = self.stop.is_set()
        ended = StopReason.INTERRUPT if stopped else StopReason.PROOF
        complete = self.proven and not self.boxes and not stopped
        return Frontier(self.case, points, self.least_cvar, self.wanted, complete, ended)

    def _ends(self) -> None:
        self.listen(Step(f"point 1 of {self.wanted}: least expected cost"))
        cheap = self.engine.cheapest(None, None)
        if cheap is None and self.stop.is_set():
            raise KeyboardInterrupt
        if cheap is None:
            raise self.engine.failure()
        self.found.append(cheap)
        if self.stop.is_set():
            return
        self.listen(Step(f"point 2 of {self.wanted}: least CVaR"))
        safest, self.least_cvar = self.engine.safest(cheap)
        if self.stop.is_set() or safest is None:
            return
        self.listen(Step(f"point 2 of {self.wanted}: least expected cost with the least CVaR"))
        kept = self.engine.cheapest(safest.tree.cvar, safest)
        self.found.append(kept or safest)

    def _between(self) -> None:
        """Halve the largest box until there are points enough, or nothing is left to halve."""
        if len(self.found) < 2:
            return
        first, last = self.found
        whole = first.tree.cvar - last.tree.cvar
        self._keep([Box(first, last, last.tree.cvar, first.tree.cvar)], whole)
        tries = 2 * (self.wanted - 2)
        while self.boxes and tries and len(self.found) < self.wanted and not self.stop.is_set():
            tries -= 1
            box = max(self.boxes, key=lambda one: one.area)
            self.boxes.remove(box)
            self._keep(self._searched(box, whole), whole)

    def _keep(self, boxes: list[Box], whole: float) -> None:
        """Keep the boxes that are large enough to be halved."""
        self.boxes += [one for one in boxes if one.area > 0.0 and one.high - one.low > 2.0 * LEAST_BOX * whole]

    def _searched(self, box: Box, whole: float) -> list[Box]:
        """The boxes that are left of one after its middle, or then its edge, was searched."""
        limit = box.high - LEAST_BOX * whole if box.halved else (box.low + box.high) / 2.0
        number = len(self.found) + 1
        self.listen(Step(f"point {number} of {self.wanted}: least expected cost with CVaR at most {limit:,.0f}"))
        new = self.engine.cheapest(limit, box.safe)
        self.proven &= new is not None and new.tree.result.status == Status.OPTIMAL
        if new is None or new.tree.expected >= box.safe.tree.expected - CENT:
            return [] if box.halved else [replace(box, low=limit, halved=True)]
        self.found.append(new)
        lower = Box(new, box.safe, box.low, new.tree.cvar)
        return [lower] if box.halved else [Box(box.cheap, new, limit, box.high), lower]


class _Whole:
    """A tree as one program, which is kept: the limit is a bound of a column, and every search starts from a plan."""

    def __init__(self, case: Case, request: Request, listen: Listener, stop: Event) -> None:
        self.case, self.request, self.listen, self.stop = case, request, listen, stop
        began = time.perf_counter()
        listen(Step("building the program"))
        self.form = formulate(_with(case, objective=Objective.TAIL))
        self.program = compile_program(self.form.model)
        self.built = time.perf_counter() - began
        self.last: Outcome | None = None

    def cheapest(self, limit: float | None, start: Found | None) -> Found | None:
        """The plan of least expected cost under a limit on CVaR, USD."""
        most = None if limit is None else limit / self.form.usd_per_unit
        with least_expected(self.form, most) as program:
            outcome = self._search(program, start)
            if outcome.values is None:
                return None
            values = self._safer(program, outcome, outcome.values)
            return self._point(_with(self.case, cvar_limit_usd=limit), program, outcome, values)

    def safest(self, start: Found) -> tuple[Found | None, float | None]:
        """The plan of least CVaR, and what no plan can bring CVaR below, USD."""
        outcome = self._search(self.program, start)
        bound = self.form.usd(outcome.bound)
        if outcome.values is None:
            return None, bound
        return self._point(self.case, self.program, replace(outcome, bound=None), outcome.values), bound

    def failure(self) -> UnsolvableError | NoPlanError:
        """Why there is no plan at all."""
        assert self.last is not None
        return _failure(self.last.status)

    def _search(self, program: Program, start: Found | None) -> Outcome:
        begun = None
        if start is not None and start.values is not None and start.program is not None:
            begun = onto(start.program, start.values, program)
        self.last = search(self.form, program, self.request, self.listen, self.stop, begun)
        if self.last.stop is StopReason.INTERRUPT:
            self.stop.set()
        return self.last

    def _safer(self, program: Program, outcome: Outcome, values: np.ndarray) -> np.ndarray:
        """The safest plan with the same whole numbers that is as cheap on average as was asked."""
        asked = options(self.case, self.request).gap
        number = next(n for n, column in enumerate(program.columns) if column is self.form.worst)
        for weight in AUGMENTED:
            costs = program.costs.copy()
            costs[number] += weight
            polished = highs.polish(replace(program, costs=costs), values).values
            if polished is not None and within_gap(_cost(program, polished), outcome.bound, asked):
                return polished
        return values

    def _point(self, case: Case, program: Program, outcome: Outcome, values: np.ndarray) -> Found:
        """The audited plan of a point, whose case has its limit."""
        seconds = Seconds(build=self.built, solve=outcome.seconds)
        result = result_of(self.form, self.request, program, outcome, seconds)
        branches = []
        for future in self.form.futures:
            plan = extract(self.form, future, program, values, result)
            own = replace(plan, case=certain(case, future.name))
            branches.append(branch(future.name, future.probability, own))
        tree = _priced(TreePlan(case, result, tuple(branches)), options(case, self.request).gap)
        require_tree(tree)
        return Found(tree, values, program)


class _Split:
    """A tree that is split among workers: every limit is a case of its own."""

    def __init__(self, case: Case, request: Request, listen: Listener, stop: Event) -> None:
        self.case, self.request, self.listen, self.stop = case, request, listen, stop
        self.last: Result | None = None

    def cheapest(self, limit: float | None, start: Found | None) -> Found | None:
        """The plan of least expected cost under a limit on CVaR, USD; a decomposition takes no start."""
        tree = self._kept(solve_tree(_with(self.case, cvar_limit_usd=limit), self.request, self.listen, self.stop))
        return None if not tree.branches else Found(tree)

    def safest(self, start: Found) -> tuple[Found | None, float | None]:
        """The plan of least CVaR, of whose expected cost nothing is proven; what no plan can bring CVaR below, USD."""
        case = _with(self.case, objective=Objective.TAIL)
        tree = self._kept(solve_split(case, self.request, self.listen, self.stop, spare=False))
        if not tree.branches:
            return None, tree.result.bound
        own = (replace(one, plan=replace(one.plan, case=certain(self.case, one.scenario))) for one in tree.branches)
        plain = TreePlan(self.case, replace(tree.result, bound=None), tuple(own))
        plain = _priced(plain, options(self.case, self.request).gap)
        require_tree(plain)
        return Found(plain), tree.result.bound

    def failure(self) -> UnsolvableError | NoPlanError:
        """Why there is no plan at all."""
        assert self.last is not None
        return _failure(self.last.status)

    def _kept(self, tree: TreePlan) -> TreePlan:
        """The plan, whose result is the last."""
        self.last = tree.result
        if tree.result.stop == StopReason.INTERRUPT:
            self.stop.set()
        return tree


def _failure(status: str) -> UnsolvableError | NoPlanError:
    """Why the first search came to nothing."""
    if status == Status.NO_PLAN:
        return NoPlanError("no plan was found before the search ended. Fix: give it more time with --time-limit")
    return UnsolvableError(f"the case has no plan ({status}). Fix: optimizer solve explains it")


def _cost(program: Program, values: np.ndarray) -> float:
    """The objective of a program, in its unit."""
    return float(program.costs @ values) + program.cost_offset


def _with(case: Case, **changes: object) -> Case:
    """The case with other settings; its tables as read do not hold them."""
    settings = with_cells(case.settings, changes)
    return Case(tuple(settings if isinstance(row, Settings) else row for row in case.records))


def _priced(tree: TreePlan, asked: float) -> TreePlan:
    """The point with its expected cost to the cent, and its gap to the bound of its limit."""
    cost, bound = tree.objective, tree.result.bound
    bound = None if bound is None else min(bound, cost)
    closed = within_gap(cost, bound, asked)
    status = Status.OPTIMAL if closed else Status.FEASIBLE
    gap = relative_gap(cost, bound)
    hashed = content_hash(tree.case.records)
    result = replace(tree.result, objective=cost, bound=bound, gap=gap, status=status, case_hash=hashed)
    return replace(tree, result=result)
