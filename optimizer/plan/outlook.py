"""What a plan under uncertainty says: what is decided now, what can wait and for what, and how cost is distributed."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum

from optimizer.case.settings import Objective
from optimizer.futures.alone import least_costs
from optimizer.ledger.decision import Action, DecisionKey
from optimizer.ledger.keys import SHORTFALL, Cash
from optimizer.plan.diff import HIDDEN
from optimizer.plan.plan import Plan
from optimizer.plan.tree import TreePlan
from optimizer.tables.quarter import Quarter

SMALL = 1e-9


@dataclass(frozen=True)
class Course:
    """One scenario of the plan: its probability, its cost and how much of that is shortfall, USD present value.

    `alone` is what it would cost if it alone were planned for, None where nobody has asked.
    """

    scenario: str
    probability: float
    cost: float
    shortfall: float
    alone: float | None = None

    @property
    def regret(self) -> float | None:
        """What it costs more than alone, USD."""
        return None if self.alone is None else self.cost - self.alone


@dataclass(frozen=True)
class Now:
    """A decision that all scenarios share, in `unit`: it is made before anything parts."""

    key: DecisionKey
    unit: str
    quantity: float


@dataclass(frozen=True)
class Waits:
    """What may be decided on a contract once scenarios have parted.

    `probability` is that of deciding it at all, in `first` to `last`; `least` and `most` are totals over the scenarios,
    `expected` their mean, in `unit`.
    """

    action: Action
    contract: str
    unit: str
    probability: float
    first: Quarter
    last: Quarter
    least: float
    most: float
    expected: float


def courses(tree: TreePlan) -> tuple[Course, ...]:
    """Every scenario, in the order of the case."""
    alone = {name: row.least_cost_usd for name, row in least_costs(tree.case).items()}
    return tuple(
        Course(
            branch.scenario, branch.probability, branch.plan.cost, _shortfall(branch.plan), alone.get(branch.scenario)
        )
        for branch in tree.branches
    )


def worst(tree: TreePlan) -> Course:
    """The scenario that decides where the worst case or the largest regret is minimised; else the dearest."""
    by_regret = tree.case.settings.objective is Objective.REGRET
    return max(courses(tree), key=lambda one: (one.regret or 0.0) if by_regret else one.cost)


def _shortfall(plan: Plan) -> float:
    return fsum(line.present_value(plan.case) for line in plan.moved if line.posting.key == Cash(SHORTFALL))


def now(tree: TreePlan) -> tuple[Now, ...]:
    """Decisions on contracts in open quarters that no scenario has parted before, in order of time."""
    if not tree.branches:
        return ()
    plan = tree.branches[0].plan
    made = ((choice.key, choice.unit, choice.quantity) for choice in plan.choices if _binds(tree, choice.key))
    shared = (Now(*one) for one in made if len(tree.case.tree.at(one[0].quarter)) == 1)
    return tuple(sorted(shared, key=lambda one: one.key.quarter))


def waiting(tree: TreePlan) -> tuple[Waits, ...]:
    """Decisions on contracts that can wait until scenarios have parted, in order of time."""
    found: dict[tuple[Action, str], list[tuple[DecisionKey, float, float, str]]] = {}
    for branch in tree.branches:
        for choice in branch.plan.choices:
            key = choice.key
            if _binds(tree, key) and len(tree.case.tree.at(key.quarter)) > 1 and choice.quantity > SMALL:
                part = (key, branch.probability, choice.quantity, branch.scenario)
                found.setdefault((key.action, key.contract), []).append(part)
    units = {(c.key.action, c.key.contract): c.unit for branch in tree.branches for c in branch.plan.choices}
    rows = [_waits(tree, *what, units[what], parts) for what, parts in found.items()]
    return tuple(sorted(rows, key=lambda row: (row.first, row.contract)))


def _waits(
    tree: TreePlan, action: Action, contract: str, unit: str, parts: Sequence[tuple[DecisionKey, float, float, str]]
) -> Waits:
    totals = dict.fromkeys((branch.scenario for branch in tree.branches), 0.0)
    for _, _, quantity, scenario in parts:
        totals[scenario] += quantity
    shares = {scenario: share for _, share, _, scenario in parts}
    quarters = [key.quarter for key, _, _, _ in parts]
    expected = fsum(branch.probability * totals[branch.scenario] for branch in tree.branches)
    low, high = min(totals.values()), max(totals.values())
    return Waits(action, contract, unit, fsum(shares.values()), min(quarters), max(quarters), low, high, expected)


def _binds(tree: TreePlan, key: DecisionKey) -> bool:
    """Whether it is a decision on a contract that is still open, not an hourly purchase or a mark of the model."""
    hidden = key.action in HIDDEN or key.action is Action.BUY
    return not hidden and not tree.case.calendar.settled(key.quarter)
