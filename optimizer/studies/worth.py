"""What uncertainty is worth: foresight, planning for more than the mean, and each option.

With z the least expected cost over the tree, in present value
  (WORTH-1)  expected value of perfect information = z - sum_s probability[s] x least cost of s alone
  (WORTH-2)  value of the stochastic solution      = cost of doing here and now what is best for the mean case - z
  (WORTH-3)  value of an option                    = least cost without the option - z
Break-even premium of an option: the premium at which holding what the plan holds costs what it saves.
(Birge & Louveaux, Introduction to Stochastic Programming, chapter 4.) Every figure has a bracket that its proven bounds
allow: searches stop at a gap, and a difference of two of them is no better known than both.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import fsum
from threading import Event

from optimizer.case.case import Case
from optimizer.case.scenario import Scenario
from optimizer.contracts.option import Option
from optimizer.errors import NoPlanError, UnsolvableError, UsageError
from optimizer.futures.future import futures
from optimizer.ledger.decision import Action, DecisionKey
from optimizer.model.arrays import Program, compile_program
from optimizer.model.build import formulate
from optimizer.model.outcome import Outcome, Status
from optimizer.plan.outlook import Waits, waiting
from optimizer.plan.plan import Plan
from optimizer.plan.tree import TreePlan
from optimizer.rules.formulation import Formulation, Made
from optimizer.run import Listener, Request, Step, search, silent, solve, solve_tree
from optimizer.studies.mean import mean_case

COMMITTING = (Action.SIGN, Action.EXIT, Action.HOLD, Action.EXERCISE)


@dataclass(frozen=True)
class Value:
    """A value in USD present value, and the bracket in which its proven bounds hold it; None is not known."""

    usd: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class OptionWorth:
    """An option: what it is worth, what its premium costs, and the premium for a block at which it is worth nothing.

    `held` are blocks held on average, `premium_usd` their expected premium, both over the tree; `break_even_usd` is per
    block, None where nothing is held.
    """

    option: str
    value: Value
    held: float
    premium_usd: float
    break_even_usd: float | None
    exercised: Waits | None


@dataclass(frozen=True)
class Worth:
    """What uncertainty is worth. `planning` is None where what is best for the mean cannot be carried through."""

    tree: TreePlan
    foresight: Value
    planning: Value | None
    options: tuple[OptionWorth, ...]


def worth(case: Case, request: Request | None = None, listen: Listener = silent, stop: Event | None = None) -> Worth:
    """Solve the tree, each scenario alone, the mean case, and the tree without each option.

    Raises UsageError for a case without scenarios, or one in which risk counts (the measures are of expected cost),
    UnsolvableError or NoPlanError where one of the programs has no plan, and what `solve_tree` raises.
    """
    _require(case)
    request = request or Request()
    study = _Study(case, request, listen, stop)
    return Worth(study.tree, study.foresight(), study.planning(), study.options())


def _require(case: Case) -> None:
    if not case.of(Scenario):
        raise UsageError("the case has no scenarios: nothing is uncertain. Fix: fill the tables scenarios and shocks")
    if case.settings.risk_counts:
        cure = "set risk_weight to 0 and clear cvar_limit_usd"
        raise UsageError(f"these measures are of expected cost, and in this case risk counts. Fix: {cure}")


class _Study:
    """The solved tree and its program, with bounds changed from question to question."""

    def __init__(self, case: Case, request: Request, listen: Listener, stop: Event | None) -> None:
        self.case, self.request, self.listen, self.stop = case, request, listen, stop
        self.tree = solve_tree(case, request, listen, stop)
        if self.tree.result.objective is None:
            raise _none("the tree", self.tree.result.status, self.tree.result.detail)
        self.form: Formulation = formulate(case)
        self.program = compile_program(self.form.model)
        self.least = self.tree.result.objective
        self.bound = self.tree.result.bound

    def foresight(self) -> Value:
        """(WORTH-1)."""
        costs, bounds = [], []
        for future in futures(self.case):
            self.listen(Step(f"solving scenario {future.name} alone"))
            alone = _with_plan(solve(future.case, self.request, self.listen, self.stop), f"scenario {future.name}")
            costs.append(future.probability * (alone.result.objective or 0.0))
            bounds.append(None if alone.result.bound is None else future.probability * alone.result.bound)
        known = None if None in bounds else fsum(bound for bound in bounds if bound is not None)
        return _difference(self.least, self.bound, fsum(costs), known)

    def planning(self) -> Value | None:
        """(WORTH-2)."""
        self.listen(Step("planning for the mean"))
        plan = _with_plan(solve(mean_case(self.case), self.request, self.listen, self.stop), "the mean case")
        decided = plan.decided

        def fixed(made: Made) -> float | None:
            shared = len(self.case.tree.at(made.node.quarter)) == 1
            return decided.quantity(made.decision.key) if shared and made.decision.key.action in COMMITTING else None

        outcome = self._solve(fixed, "what is best for the mean, come what may")
        if outcome is None:
            return None
        return _difference(*self._dollars(outcome), self.least, self.bound)

    def options(self) -> tuple[OptionWorth, ...]:
        """(WORTH-3) for every option of the case."""
        names = [option.name for option in self.case.of(Option)]
        return tuple(self._option(name) for name in names)

    def _option(self, name: str) -> OptionWorth:
        def without(made: Made) -> float | None:
            key = made.decision.key
            return 0.0 if key.contract == name and key.action is Action.HOLD else None

        outcome = self._solve(without, f"the tree without {name}")
        if outcome is None:
            raise UnsolvableError(
                f"without {name} the case has no plan: its value has no limit. Fix: add another offer"
            )
        value = _difference(*self._dollars(outcome), self.least, self.bound)
        held = fsum(branch.probability * _held(branch.plan, name) for branch in self.tree.branches)
        premium = fsum(branch.probability * _premium(branch.plan, name) for branch in self.tree.branches)
        even = (premium + value.usd) / held if held else None
        exercised = [one for one in waiting(self.tree) if one.contract == name and one.action is Action.EXERCISE]
        return OptionWorth(name, value, held, premium, even, exercised[0] if exercised else None)

    def _solve(self, wanted: Callable[[Made], float | None], what: str) -> Outcome | None:
        """The tree with some decisions given; None where it has no plan then."""
        self.listen(Step(f"solving {what}"))
        outcome = search(self.form, self._given(wanted), self.request, self.listen, self.stop)
        if outcome.status is Status.INFEASIBLE:
            return None
        if outcome.objective is None:
            raise _none(what, outcome.status.value, outcome.detail)
        return outcome

    def _given(self, wanted: Callable[[Made], float | None]) -> Program:
        known = ((made.variable, wanted(made)) for made in self.form.made)
        return self.program.fixed((variable, quantity) for variable, quantity in known if quantity is not None)

    def _dollars(self, outcome: Outcome) -> tuple[float, float | None]:
        unit = self.form.usd_per_unit
        return (outcome.objective or 0.0) * unit, None if outcome.bound is None else outcome.bound * unit


def _difference(dear: float, dear_bound: float | None, cheap: float, cheap_bound: float | None) -> Value:
    """What the dearer of two least costs is above the cheaper, never less than 0, and the bracket of both bounds."""
    low = None if dear_bound is None else max(0.0, dear_bound - cheap)
    high = None if cheap_bound is None else max(0.0, dear - cheap_bound)
    return Value(max(0.0, dear - cheap), low, high)


def _held(plan: Plan, option: str) -> float:
    return fsum(quantity for _, quantity in plan.decided.of(option, Action.HOLD))


def _premium(plan: Plan, option: str) -> float:
    """What buying the option costs, USD present value: all that is posted by holding it."""
    return fsum(
        line.present_value(plan.case)
        for line in plan.moved
        if isinstance(line.what, DecisionKey) and line.what.contract == option and line.what.action is Action.HOLD
    )


def _with_plan(plan: Plan, what: str) -> Plan:
    if plan.result.objective is None:
        raise _none(what, plan.result.status, plan.result.detail)
    return plan


def _none(what: str, status: str, detail: str) -> UnsolvableError | NoPlanError:
    words = f"{what} has no plan ({status}). {detail}"
    return NoPlanError(words) if status == Status.NO_PLAN.value else UnsolvableError(words)
