"""The calm plan: least cost first, then the least moved commitment within a stated slack of that cost.

1 firm     what is due within the firm window stays (CALM-3); what became impossible is released, as little as can be
2 cost     least cost, with its bound
3 stay     is the approved plan, with its binding decisions as they are, within the slack? Then it stays
4 move     else the least moved commitment within the slack (CALM-1), (CALM-2), and its least cost
In a case with scenarios cost is that of the objective over the tree, and what is moved is compared node by node. Where
the tree is too large for one program, bundles are solved for their least cost; with unchanged inputs the approved plan
stays within the slack of it, else calm is not sought.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from threading import Event

import numpy as np

from optimizer.alone import with_each_alone
from optimizer.case.scenario import Scenario
from optimizer.case.settings import Objective
from optimizer.errors import UnsolvableError
from optimizer.futures.alone import regret_offset
from optimizer.ledger.decision import DecisionKey
from optimizer.model import highs
from optimizer.model.arrays import Program, compile_program
from optimizer.model.build import formulate
from optimizer.model.calm import Bond, bonds, held, least_moves, moved, quantities_of, withdrawn
from optimizer.model.extract import tree_start
from optimizer.model.minmax import careful
from optimizer.model.outcome import TOLERANCE, Outcome, Progress, SolveOptions, within_gap
from optimizer.plan.plan import Seconds
from optimizer.plan.status import Status, StopReason
from optimizer.plan.tree import AnyPlan, TreePlan
from optimizer.replan.carry import carried
from optimizer.replan.course import Course
from optimizer.replan.moved import moved_apart
from optimizer.replan.roll import Rolled
from optimizer.request import Listener, Request, Step, half, in_dollars, left, options, silent
from optimizer.rules.formulation import Formulation
from optimizer.run import audited_any, is_split, solve, solve_any, solve_tree

MOVE_GAP = 1e-4
ANY_GAP = 0.999


@dataclass(frozen=True)
class Calm:
    """A plan and what its calm costs; money in USD.

    `least_cost` is the cost of the cheapest plan found that keeps what is firm, `least_moved` what that plan would
    have moved, `moved` what this plan moves, `released` what was due in the firm window and became impossible.
    `unchanged` says that the approved plan goes on as it is, `interrupted` that the search was cut short. `sought` is
    False where only the least cost was sought: then `released` is what was due and is not kept.
    """

    plan: AnyPlan
    least_cost: float | None
    least_moved: float
    moved: float
    released: tuple[DecisionKey, ...]
    unchanged: bool
    interrupted: bool
    sought: bool = True

    @property
    def stability_cost(self) -> float:
        """What the calm plan costs more than the cheapest."""
        return 0.0 if self.least_cost is None else (self.plan.result.objective or 0.0) - self.least_cost


def calm(
    rolled: Rolled,
    same_inputs: bool,
    request: Request | None = None,
    listen: Listener = silent,
    stop: Event | None = None,
) -> Calm:
    """The calm plan of a rolled case. With `same_inputs` the approved plan goes on, to the last digit, where it may.

    Without an approved plan, or without any plan at all, it is what `solve` or `solve_tree` gives.
    """
    request = request or Request()
    began = time.perf_counter()
    if rolled.course.goes_on:
        case = rolled.case
        if case.of(Scenario) and is_split(case, request):
            return _cheapest(rolled, same_inputs, request, listen, stop)
        if case.of(Scenario) and case.settings.objective is Objective.REGRET:
            case, missing = with_each_alone(case, half(case, request), solve, listen, stop)
            if missing is not None:
                return _nothing(TreePlan(case, missing, ()))
        listen(Step("building the program"))
        try:
            form = formulate(case)
            program = compile_program(form.model)
        except UnsolvableError:
            form = None
        if form is not None:
            search = _Search(form, program, rolled.course, request, listen, stop, time.perf_counter() - began)
            found = search.run(same_inputs)
            if found is not None:
                return found
    return _nothing(solve_any(rolled.case, request, listen, stop))


def _nothing(plan: AnyPlan) -> Calm:
    """A plan that nothing was approved before, or that is none."""
    return Calm(plan, None, 0.0, 0.0, (), False, plan.result.stop == StopReason.INTERRUPT)


def _cheapest(rolled: Rolled, same_inputs: bool, request: Request, listen: Listener, stop: Event | None) -> Calm:
    """The plan of least cost of a tree that is solved in bundles; with the same inputs the approved one, if it may."""
    plan = solve_tree(rolled.case, request, listen, stop)
    cut_short = plan.result.stop == StopReason.INTERRUPT
    if not plan.branches:
        return Calm(plan, None, 0.0, 0.0, (), False, cut_short, sought=False)
    usd, given_up = moved_apart(plan, rolled.course)
    least = plan.result.objective or 0.0
    if same_inputs and not cut_short:
        listen(Step("carrying the approved plan on, scenario by scenario"))
        stay = carried(plan.case, rolled.course, plan.result)
        slack = rolled.case.settings.stability_slack * abs(least + regret_offset(plan.case))
        if stay is not None and stay.objective <= least + slack:
            return Calm(stay, min(least, stay.objective), usd, 0.0, (), True, False)
    return Calm(plan, plan.result.objective, usd, usd, given_up, False, cut_short, sought=False)


class _Search:
    """The search for the calm plan of one program."""

    def __init__(
        self,
        form: Formulation,
        program: Program,
        course: Course,
        request: Request,
        listen: Listener,
        stop: Event | None,
        built: float,
    ) -> None:
        self.form, self.whole, self.request = form, program, request
        self.listen, self.stop, self.built, self.began = listen, stop or Event(), built, time.perf_counter()
        self.settings = form.case.settings
        self.asked = options(form.case, request)
        self.bonds = bonds(form, course.followed)
        self.withdrawn = withdrawn(form, course.followed)
        self.start = tree_start(form, program, course.likeliest)

    def run(self, same_inputs: bool) -> Calm | None:
        """The calm plan; None where no plan keeps every limit."""
        program, released = self._firm()
        if program is None:
            return None
        exact = self._going_on(program) if same_inputs else None
        stay = exact or self._stay(program)
        if stay is not None and self.stop.is_set():
            return self._cut_short(program, stay, released)
        known = stay.values if stay is not None and stay.values is not None else self.start
        least = self._solve(program, self.asked, "least cost", known)
        if least.values is None:
            return Calm(self._plan(program, least, least), None, 0.0, 0.0, released, False, self.stop.is_set())
        cheapest = self._plan(program, least, least)
        final = self._calmest(program, least, stay)
        plan = cheapest if final is least else self._plan(program, final, least)
        costs = [one.result.objective for one in (cheapest, plan) if one.result.objective is not None]
        least_moved, usd = (moved(self.bonds, _quantities(self.bonds, one)) for one in (cheapest, plan))
        return Calm(plan, min(costs), least_moved, usd, released, final is exact, self.stop.is_set())

    def _cut_short(self, program: Program, stay: Outcome, released: tuple[DecisionKey, ...]) -> Calm:
        """The approved plan, of which an interrupt left it open how much a cheaper one would save."""
        known = replace(stay, status=Status.FEASIBLE, stop=StopReason.INTERRUPT, bound=None)
        return Calm(self._plan(program, known, known), None, 0.0, 0.0, released, False, True)

    def _firm(self) -> tuple[Program | None, tuple[DecisionKey, ...]]:
        """(CALM-3), and what had to be released; no program where the case itself is infeasible."""
        until = self.form.case.calendar.as_of + self.settings.firm_window_quarters
        due = [bond for bond in self.bonds if bond.made.decision.key.quarter < until and bond.least]
        gone = tuple(key for key in self.withdrawn if key.quarter < until)
        firm = held(self.whole, due, [bond.least for bond in due], exactly=False)
        if firm is not None and (not due or self._feasible(firm)):
            return firm, gone
        self.listen(Step("finding what became impossible in the firm window"))
        bending = least_moves(self.form, due, None)
        fewest = self._noticed(highs.solve(bending, self.asked, stop_event=self.stop))
        if fewest.values is None:
            return None, ()
        kept = quantities_of(due, bending, fewest.values)
        floor = [min(bond.least, quantity) for bond, quantity in zip(due, kept, strict=True)]
        less = (bond.made.decision.key for bond, least in zip(due, floor, strict=True) if least < bond.least)
        return held(self.whole, due, floor, exactly=False), tuple(dict.fromkeys((*gone, *less)))

    def _feasible(self, program: Program) -> bool:
        """Whether any plan keeps what is firm: the first plan found will do."""
        quick = replace(self.asked, gap=ANY_GAP)
        found = self._noticed(highs.solve(program, quick, start=self.start, stop_event=self.stop))
        return found.status is not Status.INFEASIBLE

    def _going_on(self, program: Program) -> Outcome | None:
        """The approved plan to the last digit, where it meets every row and bound."""
        values = self._filled(program)
        miss, _ = program.worst_violation(values)
        if miss > TOLERANCE:
            return None
        asked, cost = self.asked, program.cost_of(values)
        ran = (0.0, highs.NAME, highs.version(), asked.threads, asked.seed, 0, 0, "the approved plan goes on")
        return Outcome(Status.FEASIBLE, StopReason.PROOF, cost, None, values, *ran)

    def _filled(self, program: Program) -> np.ndarray:
        """The approved plan with what it does not decide, such as the edge of a tail of risk, at least cost."""
        known = ~np.isnan(self.start)
        values = np.where(known, self.start, 0.0)
        if known.all():
            return values
        low, high = (np.where(known, values, limit) for limit in (program.col_lower, program.col_upper))
        found = highs.solve(replace(program, col_lower=low, col_upper=high), self.asked, stop_event=self.stop)
        return values if found.values is None else np.where(known, values, found.values)

    def _stay(self, program: Program) -> Outcome | None:
        """The least cost with every binding decision as approved; None where that is not possible."""
        if self.withdrawn or not all(bond.settled for bond in self.bonds):
            return None
        as_approved = held(program, self.bonds, [bond.least for bond in self.bonds], exactly=True)
        if as_approved is None:
            return None
        found = self._solve(as_approved, self.asked, "least cost of the approved plan as it is", self.start)
        return found if found.values is not None else None

    def _calmest(self, program: Program, least: Outcome, stay: Outcome | None) -> Outcome:
        """The outcome that moves least within the slack of the least cost; the least cost where none was found."""
        assert least.objective is not None
        most = least.objective + self.settings.stability_slack * abs(least.objective)
        if stay is not None and stay.objective is not None and stay.objective <= most:
            return stay
        if least.status is not Status.OPTIMAL:
            return least
        bending = self._same_bounds(program, least_moves(self.form, self.bonds, most))
        start = self._onto(program, least, bending)
        fewest = self._solve(bending, replace(self.asked, gap=MOVE_GAP), "least moved commitment", start, money=False)
        if fewest.values is None:
            return least
        settled = held(program, self.bonds, quantities_of(self.bonds, bending, fewest.values), exactly=True)
        if settled is None:
            return least
        cheap = self._solve(settled, self.asked, "least cost of what moves least", self._onto(bending, fewest, program))
        return cheap if cheap.values is not None else least

    def _same_bounds(self, program: Program, wider: Program) -> Program:
        """The wider program with the bounds of the program, which hold what is firm."""
        low, high = wider.col_lower.copy(), wider.col_upper.copy()
        place = {id(column): number for number, column in enumerate(wider.columns)}
        for number, column in enumerate(program.columns):
            if id(column) in place:
                low[place[id(column)]] = program.col_lower[number]
                high[place[id(column)]] = program.col_upper[number]
        return replace(wider, col_lower=low, col_upper=high)

    def _onto(self, here: Program, outcome: Outcome, there: Program) -> np.ndarray:
        """The values of an outcome of one program as a start of another, NaN for columns it does not know."""
        values = _values(here, outcome)
        return np.array([values.get(id(column), np.nan) for column in there.columns], dtype=np.float64)

    def _solve(
        self, program: Program, asked: SolveOptions, what: str, start: np.ndarray | None, money: bool = True
    ) -> Outcome:
        self.listen(Step(f"solving for {what}: {program.num_columns:,} columns, {program.num_rows:,} rows"))
        unit = self.form.usd_per_unit

        def report(progress: Progress) -> None:
            if money:
                self.listen(in_dollars(progress, unit, self.form.offset_usd))

        found = self._noticed(highs.solve(program, asked, on_progress=report, start=start, stop_event=self.stop))
        return self._careful(program, found) if money else found

    def _careful(self, program: Program, first: Outcome) -> Outcome:
        """Where the worst case or the largest regret is minimised: the cheapest on average that is no worse."""

        def again(second: Program, start: np.ndarray) -> Outcome:
            asked = replace(self.asked, time_limit_seconds=left(self.asked.time_limit_seconds, first.seconds))
            bound = self._same_bounds(program, second)
            return self._noticed(highs.solve(bound, asked, start=start, stop_event=self.stop))

        return careful(self.form, program, first, again)

    def _noticed(self, outcome: Outcome) -> Outcome:
        """An interrupt ends every search that would follow, too."""
        if outcome.stop is StopReason.INTERRUPT:
            self.stop.set()
        return outcome

    def _plan(self, program: Program, outcome: Outcome, least: Outcome) -> AnyPlan:
        """The audited plan of an outcome; the bound is that of the least cost, and calm widens the gap asked for."""
        seconds = Seconds(build=self.built, solve=time.perf_counter() - self.began)
        request, shown = self.request, outcome
        if outcome is not least:
            if not within_gap(outcome.objective or 0.0, least.bound, self.asked.gap):
                slack = self.settings.stability_slack
                request = replace(request, gap=self.asked.gap + slack + self.asked.gap * slack)
            shown = replace(
                outcome, bound=least.bound, status=least.status, stop=least.stop, detail=least.detail, nodes=least.nodes
            )
        return audited_any(self.form, program, request, shown, seconds, self.listen)


def _quantities(of: Sequence[Bond], plan: AnyPlan) -> list[float]:
    """What a plan decides of the bonds."""
    if not isinstance(plan, TreePlan):
        decided = plan.decided
        return [decided.quantity(bond.made.decision.key) for bond in of]
    each = {branch.scenario: branch.plan.decided for branch in plan.branches}
    return [each[bond.made.node.scenarios[0]].quantity(bond.made.decision.key) if each else 0.0 for bond in of]


def _values(program: Program, outcome: Outcome) -> dict[int, float]:
    """Values by the identity of their variables."""
    assert outcome.values is not None
    return {id(column): float(value) for column, value in zip(program.columns, outcome.values, strict=True)}
