"""What a worker keeps and does: futures drawn, the plan kept in them, the best reaction found and measured.

A future is played alone, from its seed and number: the same on every worker, in any order, whatever was played before.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np

from optimizer.case.case import Case
from optimizer.case.world import Workload
from optimizer.errors import AuditError, Finding, SolverError, UnsolvableError
from optimizer.futures.future import standing
from optimizer.futures.recall import Recall
from optimizer.ledger.decision import Action
from optimizer.ledger.keys import SHORTFALL as SHORTFALL_COST
from optimizer.ledger.keys import Cash
from optimizer.ledger.operation import SHORTFALL
from optimizer.model.arrays import Program, compile_program, paused_gc
from optimizer.model.build import Offered, formulate, offered
from optimizer.model.extract import extract
from optimizer.model.highs import polish
from optimizer.plan.audit import FAULT, audit
from optimizer.plan.plan import Plan, Result
from optimizer.rules.formulation import Variable
from optimizer.rules.money import weight
from optimizer.stress.bend import DARK, ROW, bend, bends, bent, lit
from optimizer.stress.kept import Kept
from optimizer.stress.recourse import Reaction, Recourse
from optimizer.stress.result import Breach, End, Played, Taken
from optimizer.uncertainty.sampler import Sampler, drawn

CALM = 0
"""The number of the future in which everything is as the case says."""
CHECKED_FIRST, CHECKED_EACH = 20, 250
NOISE = 1e-5
"""A limit is passed by more than this, in the unit of the objective: less is what solvers tolerate."""
NOTHING = 1e-6
"""Demand is short from this share of it on: less is what solvers tolerate."""
AGREEMENT, DIGITS = 1e-6, 6
REACTIONS = (Action.SIGN, Action.EXIT, Action.HOLD, Action.EXERCISE)


def checked(number: int) -> bool:
    """Whether the future is looked at closely: its plan audited, and found in whole blocks too."""
    return number <= CHECKED_FIRST or number % CHECKED_EACH == 0


@dataclass
class Stage:
    """Where futures are played: the case of the plan, what is kept of it, and how reactions are searched.

    A reaction is proven to be within `gap` of the best, unless that takes more than `seconds`; `relaxed` takes shares
    of blocks.
    """

    case: Case
    kept: Kept
    seed: int
    gap: float
    seconds: float
    relaxed: bool
    template: Result

    @cached_property
    def sampler(self) -> Sampler:
        """Draws the futures."""
        return Sampler(self.case, self.seed)

    @cached_property
    def recall(self) -> Recall[Offered]:
        """What contracts offered in the futures before."""
        return Recall(offered)

    def future(self, number: int) -> Case:
        """The case of a future, certain to its last quarter. Raises InputError for one that cannot be."""
        return standing(self.case) if number == CALM else drawn(self.case, self.sampler.draw(number))

    def play(self, number: int) -> Played:
        """One future. Raises AuditError where what was found does not pass its audit."""
        case = self.future(number)
        try:
            scene = Scene(self, case)
        except UnsolvableError as error:
            return Played(number, End.IMPOSSIBLE, None, None, missed=(str(error),))
        if scene.missed:
            return Played(number, End.IMPOSSIBLE, None, None, missed=scene.missed)
        recourse = Recourse(scene.program, scene.row, self.gap, self.seconds)
        found = recourse.react(self.relaxed)
        played = scene.measured(number, found)
        if not checked(number) or not played.solved:
            return played
        if self.relaxed:
            recourse = Recourse(scene.program, scene.row, self.gap, self.seconds)
            found = recourse.react(False)
            played = replace(played, whole=None if found.values is None else found.cost * scene.unit)
        if found.values is not None:
            scene.audit(number, found)
            played = replace(played, audited=True)
        return played


def play(stage: Stage, numbers: Sequence[int]) -> list[Played]:
    """Play these futures, one after the other."""
    with paused_gc():
        return [stage.play(number) for number in numbers]


class Scene:
    """One future made ready: its program, with what is kept of the plan fixed."""

    def __init__(self, stage: Stage, case: Case) -> None:
        self.stage, self.case, self.bent = stage, case, bent(case)
        self.form = formulate(self.bent, partial(bend, case=case), stage.recall)
        self.unit = self.form.usd_per_unit
        self.limits = tuple(bends(self.form, case))
        open_keys = {made.decision.key for made in self.form.made}
        self.missed = tuple(f"{key}: {amount:g}" for key, amount in stage.kept.decisions() if key not in open_keys)
        program = compile_program(self.form.model)
        self.columns = {id(column): number for number, column in enumerate(program.columns)}
        own = {id(row) for row in self.form.model.component(ROW).values()}
        self.row = next((number for number, row in enumerate(program.constraints) if id(row) in own), None)
        self.program = self._fixed(program)

    def _fixed(self, program: Program) -> Program:
        """The program with what is kept; rows of nothing else are left to the plan that it was kept of."""
        kept = (
            (variable, quantity)
            for what, node, variable in self.form.placed()
            if (quantity := self.stage.kept.holds(what, node.quarter)) is not None
        )
        given = dict((id(variable), quantity) for variable, quantity in kept)
        fixed = program.fixed((column, given[id(column)]) for column in program.columns if id(column) in given)
        free = np.array([id(column) not in given for column in program.columns], dtype=np.float64)
        own = abs(program.matrix) @ free == 0.0
        if self.row is not None:
            own[self.row] = False
        sides = (np.where(own, -np.inf, program.row_lower), np.where(own, np.inf, program.row_upper))
        return replace(fixed, row_lower=sides[0], row_upper=sides[1])

    def _value(self, values: np.ndarray, variable: Variable) -> float:
        """The value of a variable; 0 where no row and no cost has it."""
        number = self.columns.get(id(variable))
        return 0.0 if number is None else float(values[number])

    def measured(self, number: int, found: Reaction) -> Played:
        """What became of the plan, in figures."""
        if found.values is None:
            end = End.IMPOSSIBLE if found.impossible else End.UNSOLVED
            bound = None if found.impossible or not np.isfinite(found.bound) else found.bound * self.unit
            return Played(number, end, None, bound)
        values = found.values
        breaches = tuple(self._breaches(values, found.violation > 0.0))
        short, due, cost = self._service(values)
        return Played(
            number,
            End.BROKEN if any(one.hard for one in breaches) else End.HELD,
            found.cost * self.unit,
            found.bound * self.unit,
            short=short,
            due=due,
            shortfall_cost=cost,
            breaches=breaches,
            taken=tuple(self._taken(values)),
        )

    def _breaches(self, values: np.ndarray, violated: bool) -> "list[Breach]":
        """Limits that are passed; columns of one limit and span, such as load segments, are added up."""
        amounts: dict[tuple[str, str, str, bool], float] = {}
        for one in self.limits:
            amount = self._value(values, one.variable) * one.counts
            if amount * one.weight > NOISE * self.unit and (violated or not one.hard):
                place = (one.limit, one.when, one.unit, one.hard)
                amounts[place] = amounts.get(place, 0.0) + amount
        return [Breach(limit, when, unit, amount, hard) for (limit, when, unit, hard), amount in amounts.items()]

    def _service(self, values: np.ndarray) -> tuple[tuple[float, ...], tuple[float, ...], float]:
        """Unit-hours short and due by quarter, and what the shortfall costs, USD present value."""
        calendar = self.case.calendar
        short = dict.fromkeys(calendar.quarters, 0.0)
        for made in self.form.each(SHORTFALL):
            units = max(0.0, self._value(values, made.variable))
            short[made.node.quarter] += units * self.case.hours_of(made.index[1], made.node.quarter)
        due = [
            sum(
                self.case.load(workload, segment, quarter) * self.case.hours_of(segment.segment, quarter)
                for workload in self.case.of(Workload)
                for segment in self.case.segments
            )
            for quarter in calendar.quarters
        ]
        cost = sum(
            self._value(values, charge.variable)
            * charge.posting.coefficient
            * weight(self.case, SHORTFALL_COST, quarter)
            for charge in self.form.charges
            for quarter in [charge.posting.quarter]
            if charge.posting.key == Cash(SHORTFALL_COST)
        )
        most = max(due)
        known = (
            units if units > NOTHING * (load or most) else 0.0 for units, load in zip(short.values(), due, strict=True)
        )
        return tuple(known), tuple(due), cost

    def _taken(self, values: np.ndarray) -> "list[Taken]":
        """Commitments beyond those that are kept."""
        amounts: dict[tuple[str, str], float] = {}
        kept = self.stage.kept
        for made in self.form.made:
            key = made.decision.key
            if key.action in REACTIONS and kept.holds(key, key.quarter) is None:
                place = (key.action.value, key.contract)
                amounts[place] = amounts.get(place, 0.0) + self._value(values, made.variable)
        return [Taken(*place, round(amount, DIGITS)) for place, amount in amounts.items() if amount > AGREEMENT]

    def audit(self, number: int, found: Reaction) -> None:
        """Recompute the plan of a reaction without its program. Raises AuditError with the number of the future."""
        assert found.values is not None
        exact = polish(self._as_violated(found), found.values)
        if exact.values is None or exact.objective is None:
            raise SolverError(f"future {number}: {exact.failure}")
        plan = extract(self.form, self.form.futures[0], self.program, exact.values, self.stage.template)
        cost = exact.objective * self.unit
        if abs(cost - plan.cost) > AGREEMENT * max(1.0, plan.turnover):
            raise SolverError(
                f"future {number}: the program says {cost:,.2f}, the postings of its plan {plan.cost:,.2f}"
            )
        plan = replace(plan, result=replace(self.stage.template, objective=plan.cost))
        dark = [
            (key.part("site"), key.part("accelerator"), key.quarter, amount)
            for key, amount in plan.operations
            if key.operation == DARK
        ]
        findings = [*audit(lit(self.bent, dark), plan).findings, *self._unkept(plan)]
        if findings:
            words = f"future {number}: "
            raise AuditError([replace(finding, place=words + finding.place) for finding in findings])

    def _as_violated(self, found: Reaction) -> Program:
        """The program with the violation that the reaction has."""
        upper = self.program.row_upper.copy()
        if self.row is not None:
            upper[self.row] = found.violation
        return replace(self.program, row_upper=upper)

    def _unkept(self, plan: Plan) -> "list[Finding]":
        """Kept decisions that the plan of the future does not have as they were."""
        decided = plan.decided
        wrong = [(key, amount) for key, amount in self.stage.kept.decisions() if decided.quantity(key) != amount]
        return [Finding(f"kept {key}", f"{decided.quantity(key):g}", f"{amount:g}", FAULT) for key, amount in wrong]
