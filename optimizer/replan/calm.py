"""The calm plan: least cost first, then the least moved commitment within a stated slack of that cost.

1 firm     what is due within the firm window stays (STABLE-3); what became impossible is released, as little as can be
2 cost     least cost, with its bound
3 stay     is the approved plan, with its binding decisions as they are, within the slack? Then it stays
4 move     else the least moved commitment within the slack (STABLE-1), (STABLE-2), and its least cost
"""

import time
from dataclasses import dataclass, replace
from threading import Event

import numpy as np

from optimizer.case.case import Case
from optimizer.errors import UnsolvableError
from optimizer.ledger.books import Decided
from optimizer.ledger.decision import DecisionKey
from optimizer.model import highs
from optimizer.model.arrays import Program, compile_program
from optimizer.model.build import formulate
from optimizer.model.extract import start_values
from optimizer.model.outcome import TOLERANCE, Outcome, Progress, SolveOptions, Status, StopReason, within_gap
from optimizer.model.stability import bonds, decided_of, held, least_moves, moved, withdrawn
from optimizer.plan.plan import Plan, Seconds
from optimizer.rules.formulation import Formulation
from optimizer.run import Listener, Request, Step, audited_plan, in_dollars, options, silent, solve

MOVE_GAP = 1e-4
ANY_GAP = 0.999


@dataclass(frozen=True)
class Calm:
    """A plan and what its calm costs; money in USD.

    `least_cost` is the cost of the cheapest plan found that keeps what is firm, `least_moved` what that plan would
    have moved, `moved` what this plan moves, `released` what was due in the firm window and became impossible.
    `unchanged` says that the approved plan goes on as it is, `interrupted` that the search was cut short.
    """

    plan: Plan
    least_cost: float | None
    least_moved: float
    moved: float
    released: tuple[DecisionKey, ...]
    unchanged: bool
    interrupted: bool

    @property
    def stability_cost(self) -> float:
        """What the calm plan costs more than the cheapest."""
        return 0.0 if self.least_cost is None else (self.plan.result.objective or 0.0) - self.least_cost


def calm(
    case: Case,
    approved: Plan | None,
    same_inputs: bool,
    request: Request | None = None,
    listen: Listener = silent,
    stop: Event | None = None,
) -> Calm:
    """The calm plan of a rolled case. With `same_inputs` the approved plan goes on, to the last digit, where it may.

    Without an approved plan, or without any plan at all, it is what `solve` gives.
    """
    request = request or Request()
    began = time.perf_counter()
    if approved is not None:
        listen(Step("building the program"))
        try:
            form = formulate(case)
            program = compile_program(form.model)
        except UnsolvableError:
            form = None
        if form is not None:
            search = _Search(form, program, approved, request, listen, stop, time.perf_counter() - began)
            found = search.run(same_inputs)
            if found is not None:
                return found
    plan = solve(case, request, listen, stop)
    return Calm(plan, None, 0.0, 0.0, (), False, plan.result.stop == StopReason.INTERRUPT.value)


class _Search:
    """The search for the calm plan of one program."""

    def __init__(
        self,
        form: Formulation,
        program: Program,
        approved: Plan,
        request: Request,
        listen: Listener,
        stop: Event | None,
        built: float,
    ) -> None:
        self.form, self.whole, self.approved, self.request = form, program, approved, request
        self.listen, self.stop, self.built, self.began = listen, stop or Event(), built, time.perf_counter()
        self.settings = form.case.settings
        self.asked = options(form.case, request)
        self.bonds = bonds(form, approved.decided)
        self.withdrawn = withdrawn(form, approved.decided)
        self.start = start_values(form, program, approved)

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
        moves = [moved(self.bonds, one.decided) for one in (cheapest, plan)]
        return Calm(plan, min(costs), *moves, released, final is exact, self.stop.is_set())

    def _cut_short(self, program: Program, stay: Outcome, released: tuple[DecisionKey, ...]) -> Calm:
        """The approved plan, of which an interrupt left it open how much a cheaper one would save."""
        known = replace(stay, status=Status.FEASIBLE, stop=StopReason.INTERRUPT, bound=None)
        return Calm(self._plan(program, known, known), None, 0.0, 0.0, released, False, True)

    def _firm(self) -> tuple[Program | None, tuple[DecisionKey, ...]]:
        """(STABLE-3), and what had to be released; no program where the case itself is infeasible."""
        until = self.form.case.calendar.as_of + self.settings.firm_window_quarters
        due = [bond for bond in self.bonds if bond.made.decision.key.quarter < until and bond.approved]
        gone = tuple(key for key in self.withdrawn if key.quarter < until)
        firm = held(self.whole, due, self.approved.decided, exactly=False)
        if firm is not None and (not due or self._feasible(firm)):
            return firm, gone
        self.listen(Step("finding what became impossible in the firm window"))
        bending = least_moves(self.form, due, None)
        fewest = self._noticed(highs.solve(bending, self.asked, stop_event=self.stop))
        if fewest.values is None:
            return None, ()
        kept = decided_of(self.bonds, bending, fewest.values)
        keys = [bond.made.decision.key for bond in due]
        floor = Decided((key, min(self.approved.decided.quantity(key), kept.quantity(key))) for key in keys)
        released = tuple(key for key in keys if floor.quantity(key) < self.approved.decided.quantity(key))
        return held(self.whole, due, floor, exactly=False), (*gone, *released)

    def _feasible(self, program: Program) -> bool:
        """Whether any plan keeps what is firm: the first plan found will do."""
        quick = replace(self.asked, gap=ANY_GAP)
        found = self._noticed(highs.solve(program, quick, start=self.start, stop_event=self.stop))
        return found.status is not Status.INFEASIBLE

    def _going_on(self, program: Program) -> Outcome | None:
        """The approved plan to the last digit, where it meets every row and bound."""
        values = np.where(np.isnan(self.start), 0.0, self.start)
        miss, _ = program.worst_violation(values)
        if miss > TOLERANCE:
            return None
        asked, cost = self.asked, program.cost_of(values)
        ran = (0.0, highs.NAME, highs.version(), asked.threads, asked.seed, 0, 0, "the approved plan goes on")
        return Outcome(Status.FEASIBLE, StopReason.PROOF, cost, None, values, *ran)

    def _stay(self, program: Program) -> Outcome | None:
        """The least cost with every binding decision as approved; None where that is not possible."""
        if self.withdrawn:
            return None
        as_approved = held(program, self.bonds, self.approved.decided, exactly=True)
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
        settled = held(program, self.bonds, decided_of(self.bonds, bending, fewest.values), exactly=True)
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
                self.listen(in_dollars(progress, unit))

        return self._noticed(highs.solve(program, asked, on_progress=report, start=start, stop_event=self.stop))

    def _noticed(self, outcome: Outcome) -> Outcome:
        """An interrupt ends every search that would follow, too."""
        if outcome.stop is StopReason.INTERRUPT:
            self.stop.set()
        return outcome

    def _plan(self, program: Program, outcome: Outcome, least: Outcome) -> Plan:
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
        return audited_plan(self.form, program, request, shown, seconds, self.listen)


def _values(program: Program, outcome: Outcome) -> dict[int, float]:
    """Values by the identity of their variables."""
    assert outcome.values is not None
    return {id(column): float(value) for column, value in zip(program.columns, outcome.values, strict=True)}
