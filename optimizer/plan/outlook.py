"""What a plan under uncertainty says: what is decided now, what can wait and for what, and how cost is distributed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import fsum

from optimizer.case.settings import Objective
from optimizer.contracts.option import Option
from optimizer.ledger.decision import Action, DecisionKey
from optimizer.ledger.keys import SHORTFALL, Cash
from optimizer.plan.diff import HIDDEN
from optimizer.plan.plan import Plan, counted
from optimizer.plan.statements import unserved_share
from optimizer.plan.tree import TreePlan
from optimizer.tables.quarter import Quarter

SMALL = 1e-9
MOST_NAMED = 3
Chances = tuple[tuple[Quarter, float], ...]


@dataclass(frozen=True)
class Course:
    """One scenario of the plan: its probability, its cost and how much of that is shortfall, USD present value.

    `unserved` is the share of the unit-hours demanded that is short; `alone` what the scenario would cost if it alone
    were planned for, None where nobody has asked.
    """

    scenario: str
    probability: float
    cost: float
    shortfall: float
    unserved: float
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

    `probability` is that of deciding it at all, in `first` to `last`; `by_quarter` that of deciding it in a quarter.
    `least` and `most` are totals over the scenarios, `expected` their mean, in `unit`.
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
    by_quarter: Chances


@dataclass(frozen=True)
class Rights:
    """An expansion option in the plan: means over the scenarios of the rights bought and their premium, and its use.

    `held` is in blocks, `premium` in USD present value; the counted figures weigh each scenario by what a dollar in it
    adds to the objective. `probability` is that of exercising it at all, `by_quarter` that of doing so in a quarter.
    """

    option: str
    held: float
    premium: float
    counted_held: float
    counted_premium: float
    probability: float
    by_quarter: Chances


def courses(tree: TreePlan) -> tuple[Course, ...]:
    """Every scenario, in the order of the case."""
    alone = {name: row.least_cost_usd for name, row in tree.alone.items()}
    return tuple(
        Course(
            branch.scenario,
            branch.probability,
            branch.plan.cost,
            _shortfall(branch.plan),
            unserved_share(branch.plan) or 0.0,
            alone.get(branch.scenario),
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
    chances = _chances((key.quarter, share, scenario) for key, share, _, scenario in parts)
    likely = fsum(shares.values())
    return Waits(action, contract, unit, likely, min(quarters), max(quarters), low, high, expected, chances)


def _chances(parts: Iterable[tuple[Quarter, float, str]]) -> Chances:
    """The probability that something is decided in each quarter; a scenario counts once in a quarter."""
    shares: dict[Quarter, dict[str, float]] = {}
    for quarter, share, scenario in parts:
        shares.setdefault(quarter, {})[scenario] = share
    return tuple((quarter, fsum(shares[quarter].values())) for quarter in sorted(shares))


def rights(tree: TreePlan) -> tuple[Rights, ...]:
    """Every expansion option of the case, in sheet order."""
    counts = tree.counts if tree.branches else {}
    return tuple(_rights(tree, option.name, counts) for option in tree.case.of(Option))


def _rights(tree: TreePlan, option: str, counts: dict[str, float]) -> Rights:
    held = {one.scenario: fsum(n for _, n in one.plan.decided.of(option, Action.HOLD)) for one in tree.branches}
    paid = {one.scenario: _premium(one.plan, option) for one in tree.branches}
    used = [
        (key.quarter, one.probability, one.scenario)
        for one in tree.branches
        for key, blocks in one.plan.decided.of(option, Action.EXERCISE)
        if blocks > SMALL and _binds(tree, key)
    ]
    return Rights(
        option,
        fsum(one.probability * held[one.scenario] for one in tree.branches),
        fsum(one.probability * paid[one.scenario] for one in tree.branches),
        fsum(counts[name] * held[name] for name in held),
        fsum(counts[name] * paid[name] for name in paid),
        fsum({scenario: share for _, share, scenario in used}.values()),
        _chances(used),
    )


def _premium(plan: Plan, option: str) -> float:
    """What buying the option costs, USD present value: all that is posted by holding it."""
    return fsum(
        line.present_value(plan.case)
        for line in plan.moved
        if isinstance(line.what, DecisionKey) and line.what.contract == option and line.what.action is Action.HOLD
    )


def advice(tree: TreePlan, listed: str = "") -> tuple[str, str]:
    """What to do, in two phrases: `decide by 2026Q4: sign a (4 blocks)` and `wait: sign b (50 %, 2027Q3)`.

    The first few are named, and the others counted; `listed` says where all of them stand.
    """
    parting = next((node.quarter for node in tree.case.tree.nodes if len(tree.case.tree.at(node.quarter)) > 1), None)
    last = tree.case.calendar.end + -1 if parting is None else parting + -1
    later = [
        f"{one.action.value} {one.contract} ({one.probability:.0%}, "
        f"{' to '.join(dict.fromkeys((str(one.first), str(one.last))))})"
        for one in waiting(tree)
    ]
    wait = f"{', '.join(later[:MOST_NAMED]) or 'nothing'}{_more(len(later), '', listed)}"
    return f"decide by {_decide(now(tree), listed) or f'{last}: nothing'}", f"wait: {wait}"


def _decide(made: Sequence[Now], listed: str) -> str:
    """The first decisions, each after the quarter by which it is due."""
    due = groupby(made[:MOST_NAMED], lambda one: one.key.quarter)
    shown = "; by ".join(f"{quarter}: {', '.join(map(_words, group))}" for quarter, group in due)
    return shown + (_more(len(made), f" by {made[-1].key.quarter}", listed) if made else "")


def _words(one: Now) -> str:
    return f"{one.key.action.value} {one.key.contract} ({counted(one.quantity, one.unit)})"


def _more(count: int, due: str, listed: str) -> str:
    """How many are not named, and where they stand; nothing where all are."""
    where = f", {listed}" if listed else ""
    return f" and {count - MOST_NAMED} more{due}{where}" if count > MOST_NAMED else ""


def _binds(tree: TreePlan, key: DecisionKey) -> bool:
    """Whether it is a decision on a contract that is still open, not an hourly purchase or a mark of the model."""
    hidden = key.action in HIDDEN or key.action is Action.BUY
    return not hidden and not tree.case.calendar.settled(key.quarter)
