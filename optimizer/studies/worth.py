"""What uncertainty is worth: each scenario alone, planning for the mean, and the tree without each option.

The definitions stand in plan/worth.py. Every question is a search of its own; one that is ended before it has found
anything leaves its value unknown, and those that are answered stay.
"""

from collections.abc import Callable, Collection
from dataclasses import replace
from threading import Event

import numpy as np

from optimizer.alone import with_each_alone
from optimizer.case.case import Case
from optimizer.case.scenario import LeastCost, Scenario
from optimizer.case.settings import Objective
from optimizer.errors import NoPlanError, UnsolvableError, UsageError
from optimizer.futures.alone import with_least_costs
from optimizer.ledger.books import Decided
from optimizer.ledger.decision import COMMITTING, Action
from optimizer.model.arrays import Program, compile_program
from optimizer.model.build import formulate
from optimizer.model.extract import tree_start
from optimizer.model.outcome import Outcome
from optimizer.plan.outlook import Rights, rights
from optimizer.plan.status import Status, StopReason
from optimizer.plan.tree import TreePlan, judged
from optimizer.plan.worth import Known, Least, OptionWorth, Worth
from optimizer.request import Listener, Request, Step, silent
from optimizer.rules.formulation import Formulation, Made
from optimizer.run import is_split, search, solve, solve_tree, whole_columns
from optimizer.studies.mean import mean_case
from optimizer.studies.parts import without_option

MOST_COLUMNS = 400_000
"""Of one program: a larger tree is not asked what planning for the mean costs in it, as no bundle can answer that."""
Given = Callable[[Made], float | None]


def worth(case: Case, request: Request | None = None, listen: Listener = silent, stop: Event | None = None) -> TreePlan:
    """Solve the tree, and say what uncertainty is worth in it: `TreePlan.worth`.

    Raises UsageError for a case without scenarios, UnsolvableError or NoPlanError where the tree has no plan, and what
    `solve_tree` raises.
    """
    require_scenarios(case)
    tree = solve_tree(case, request, listen, stop)
    require_plan(tree, "the tree")
    return valued(tree, request, listen, stop)


def require_scenarios(case: Case) -> None:
    """Raise UsageError for a case in which nothing is uncertain."""
    if not case.of(Scenario):
        raise UsageError("the case has no scenarios: nothing is uncertain. Fix: fill the tables scenarios and shocks")


def require_plan(tree: TreePlan, what: str) -> None:
    """Raise NoPlanError or UnsolvableError, in the words of its result, for a tree without a plan."""
    if tree.result.objective is None:
        words = f"{what} has no plan ({tree.result.status}). {tree.result.detail}"
        raise NoPlanError(words) if tree.result.status == Status.NO_PLAN else UnsolvableError(words)


def valued(
    tree: TreePlan, request: Request | None = None, listen: Listener = silent, stop: Event | None = None
) -> TreePlan:
    """The tree with what uncertainty is worth in it. Every search starts from the plan of the tree.

    The time limit is that of each question; the scenarios alone are one. An interrupt ends the questions that are left:
    their values are not known.
    """
    study = _Study(tree, request or Request(), listen, stop or Event())
    study.noticed(tree.result.stop)
    foresight = study.answer(study.foresight, Least(Known.NOT))
    planning = study.answer(study.planning, Least(Known.NOT))
    options = tuple(study.option(one, number) for number, one in enumerate(study.rights, 1))
    return replace(tree, worth=Worth(Least.of(tree.result), foresight, planning, options, study.alone))


class _Study:
    """The solved tree, and its program where it is one, with bounds changed from question to question.

    A regret is one: it stays measured against what scenarios cost alone with every option.
    """

    def __init__(self, tree: TreePlan, request: Request, listen: Listener, stop: Event) -> None:
        self.tree, self.request, self.listen, self.stop = tree, request, listen, stop
        known = () if tree.worth is None else tree.worth.alone
        self.case = with_least_costs(tree.case, known) if known else tree.case
        regret = self.case.settings.objective is Objective.REGRET
        self.split = is_split(self.case, request) and not regret
        self.rights = rights(tree)
        self._made: tuple[Formulation, Program, np.ndarray] | None = None

    @property
    def alone(self) -> tuple[LeastCost, ...]:
        """The scenarios alone, as far as they were solved."""
        return self.case.of(LeastCost)

    def answer(self, question: Callable[[], Least], unanswered: Least) -> Least:
        """The answer to a question; none after an interrupt, which may come between two searches, too."""
        if self.stop.is_set():
            return unanswered
        try:
            return question()
        except KeyboardInterrupt:
            self.stop.set()
            return unanswered

    def foresight(self) -> Least:
        """(WORTH-1): the costs of the scenarios alone, judged as the tree is."""
        self.case, missing = with_each_alone(self.case, self.request, solve, self.listen, self.stop)
        if missing is not None:
            self.noticed(missing.stop)
            return Least(Known.NONE if missing.status == Status.INFEASIBLE else Known.NOT)
        rows = {row.scenario: row for row in self.alone}
        shares = [branch.probability for branch in self.tree.branches]
        costs = {branch.scenario: rows[branch.scenario].least_cost_usd for branch in self.tree.branches}
        bounds = {branch.scenario: rows[branch.scenario].bound_usd for branch in self.tree.branches}
        return Least(Known.FOUND, judged(self.case, costs, shares), judged(self.case, bounds, shares))

    def planning(self) -> Least:
        """(WORTH-2): doing here and now what is best for the mean case."""
        self.listen(Step("planning for the mean"))
        if self.split and whole_columns(self.tree.case) > MOST_COLUMNS:
            return Least(Known.NOT)
        mean = solve(mean_case(self.tree.case), self.request, self.listen, self.stop)
        self.noticed(mean.result.stop)
        if mean.result.objective is None:
            return Least(Known.NONE if mean.result.status == Status.INFEASIBLE else Known.NOT)
        decided = mean.decided
        shared = self.tree.branches[0].plan.decided

        def fixed(made: Made) -> float | None:
            here = len(self.tree.case.tree.at(made.node.quarter)) == 1
            return decided.quantity(made.decision.key) if here and made.decision.key.action in COMMITTING else None

        others = _differing(decided, shared)
        return self._bounded(fixed, others, "what is best for the mean, come what may")

    def option(self, one: Rights, number: int) -> OptionWorth:
        """(WORTH-3) for an option of the case."""
        what = f"the tree without {one.option}, option {number} of {len(self.rights)}"
        without = self.answer(lambda: self._without(one.option, what), Least(Known.NOT))
        return OptionWorth(one.option, without, one.held, one.premium, one.counted_held, one.counted_premium)

    def _without(self, option: str, what: str) -> Least:
        if not self.split:
            return self._bounded(lambda made: _unheld(made, option), {option}, what)
        self.listen(Step(f"solving {what}"))
        found = solve_tree(without_option(self.tree.case, option), self.request, self.listen, self.stop)
        self.noticed(found.result.stop)
        return Least.of(found.result)

    def _bounded(self, given: Given, opened: Collection[str], what: str) -> Least:
        """The least objective of the tree with some decisions given; those of `opened` contracts have no start."""
        self.listen(Step(f"solving {what}"))
        form, program, start = self._program()
        known = ((made.variable, given(made)) for made in form.made)
        bound = program.fixed((variable, quantity) for variable, quantity in known if quantity is not None)
        free = {id(made.variable) for made in form.made if made.decision.key.contract in opened}
        begun = np.array([np.nan if id(c) in free else v for c, v in zip(program.columns, start, strict=True)])
        outcome = search(form, bound, self.request, self.listen, self.stop, begun)
        self.noticed(outcome.stop)
        return _least(form, outcome)

    def _program(self) -> tuple[Formulation, Program, np.ndarray]:
        """The tree as one program, and its plan as a start."""
        if self._made is None:
            form = formulate(self.tree.case)
            program = compile_program(form.model)
            plans = {branch.scenario: branch.plan for branch in self.tree.branches}
            self._made = form, program, tree_start(form, program, plans)
        return self._made

    def noticed(self, stop: str) -> None:
        """An interrupt ends every search that would follow, too."""
        if stop == StopReason.INTERRUPT:
            self.stop.set()


def _least(form: Formulation, outcome: Outcome) -> Least:
    """What a search came to, USD."""
    if outcome.status is Status.INFEASIBLE:
        return Least(Known.NONE)
    bound = None if outcome.bound is None or not np.isfinite(outcome.bound) else form.usd(outcome.bound)
    if outcome.objective is None:
        return Least(Known.NOT, None, bound)
    return Least(Known.FOUND, form.usd(outcome.objective), bound)


def _unheld(made: Made, option: str) -> float | None:
    key = made.decision.key
    return 0.0 if key.contract == option and key.action is Action.HOLD else None


def _differing(one: Decided, other: Decided) -> frozenset[str]:
    """Contracts on which two plans decide something else."""
    keys = {key for key, _ in (*one, *other) if key.action in COMMITTING}
    return frozenset(key.contract for key in keys if one.quantity(key) != other.quantity(key))
