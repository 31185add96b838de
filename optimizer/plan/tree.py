"""A plan under uncertainty: what is decided in each scenario, and what all of them share until they part."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import fsum
from typing import TypeVar

from optimizer.case.case import Case
from optimizer.case.scenario import LeastCost
from optimizer.case.settings import Objective, Settings
from optimizer.errors import AuditError, Finding
from optimizer.futures.alone import PROVEN, identity, least_costs
from optimizer.futures.future import certain
from optimizer.plan.audit import CENT, FAULT, audit
from optimizer.plan.deal import Deal
from optimizer.plan.plan import Plan, Result
from optimizer.plan.worth import Worth
from optimizer.rules.books import exceeded
from optimizer.tables.identity import content_hash
from optimizer.tables.quarter import Quarter

T = TypeVar("T")
RELATIVE = 1e-12


@dataclass(frozen=True)
class Branch:
    """What is decided if a scenario comes true: a plan of the case that this scenario is."""

    scenario: str
    probability: float
    plan: Plan = field(repr=False)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What the audit of its plan finds wrong; a branch never changes, so that it is audited once."""
        return audit(self.plan.case, self.plan).findings


@dataclass(frozen=True)
class TreePlan:
    """A plan of a case with scenarios; its objective is what the case minimises over the branches, USD.

    `worth` is what uncertainty is worth, and `deals` what the parts of deals are, where somebody has asked.
    """

    case: Case = field(repr=False)
    result: Result
    branches: tuple[Branch, ...] = field(repr=False)
    worth: Worth | None = field(default=None, repr=False)
    deals: tuple[Deal, ...] = field(default=(), repr=False)

    @property
    def expected(self) -> float:
        """Expected present value of cost, USD."""
        return fsum(branch.probability * branch.plan.cost for branch in self.branches)

    @property
    def cvar(self) -> float:
        """Mean cost of the dearest futures at the risk tail of the case, USD, by plain sorting."""
        costs = [branch.plan.cost for branch in self.branches]
        return cvar(costs, [branch.probability for branch in self.branches], self.case.settings.risk_tail)

    @property
    def objective(self) -> float:
        """Expected cost + risk weight x CVaR, CVaR, the worst case, or the largest regret, USD."""
        costs = {branch.scenario: branch.plan.cost for branch in self.branches}
        return judged(self.case, costs, [branch.probability for branch in self.branches])

    @property
    def counts(self) -> dict[str, float]:
        """What a dollar more in each scenario adds to the objective, at the costs of this plan."""
        costs = {branch.scenario: branch.plan.cost for branch in self.branches}
        return counted(self.case, costs, [branch.probability for branch in self.branches])

    @property
    def alone(self) -> dict[str, LeastCost]:
        """What each scenario would cost alone, where that is known: from the case, or from what was asked later."""
        later = () if self.worth is None else self.worth.alone
        return {row.scenario: row for row in later} | least_costs(self.case)

    @property
    def most_regret(self) -> float | None:
        """The most that the largest regret can be, if every scenario alone could be had at its bound, USD.

        None where the bound of a scenario alone is not known.
        """
        rows = self.alone
        if not all(branch.scenario in rows for branch in self.branches):
            return None
        return max(branch.plan.cost - rows[branch.scenario].bound_usd for branch in self.branches)

    def branch(self, scenario: str) -> Branch:
        """The branch of a scenario. Raises KeyError for a name that is none."""
        return {branch.scenario: branch for branch in self.branches}[scenario]


AnyPlan = Plan | TreePlan
"""A plan of a certain case, or of one with scenarios."""


def judged(case: Case, costs: Mapping[str, float], probabilities: Sequence[float]) -> float:
    """What the case minimises, of the costs of its scenarios in USD, by plain sums and maxima (rules/risk.py).

    Raises KeyError where regret is asked of a scenario whose least cost alone is not known.
    """
    least: list[float] = []
    if len(costs) > 1 and case.settings.objective is Objective.REGRET:
        rows = least_costs(case)
        least = [rows[scenario].least_cost_usd for scenario in costs]
    return measured(list(costs.values()), probabilities, case.settings, least)


def measured(
    costs: Sequence[float], probabilities: Sequence[float], settings: Settings, least: Sequence[float] = ()
) -> float:
    """What is minimised, of the costs of scenarios in order, USD; a regret is what they cost more than `least`."""
    if len(costs) < 2 or settings.objective is Objective.EXPECTED:
        return weighed(costs, probabilities, settings)
    if settings.objective is Objective.TAIL:
        return cvar(costs, probabilities, settings.risk_tail)
    if settings.objective is Objective.WORST:
        return max(costs)
    return max(cost - alone for cost, alone in zip(costs, least, strict=True))


def counted(case: Case, costs: Mapping[str, float], probabilities: Sequence[float]) -> dict[str, float]:
    """What a dollar more in each scenario adds to what the case minimises, at these costs.

    Its probability, and the risk weight x its share of the tail; that share where CVaR is minimised; where the worst
    is, 1 in the scenario that decides.
    """
    settings, objective = case.settings, case.settings.objective
    names = list(costs)
    if len(names) > 1 and objective in (Objective.WORST, Objective.REGRET):
        rows = least_costs(case) if objective is Objective.REGRET else {}
        beyond = {name: costs[name] - (rows[name].least_cost_usd if rows else 0.0) for name in names}
        decides = max(names, key=lambda name: beyond[name])
        return {name: float(name == decides) for name in names}
    weight, weights = settings.risk_weight, dict(zip(names, probabilities, strict=True))
    if len(names) > 1 and objective is Objective.TAIL:
        weight, weights = 1.0, dict.fromkeys(names, 0.0)
    if weight and len(names) > 1:
        for name, share in tail_shares([costs[name] for name in names], probabilities, settings.risk_tail, names):
            weights[name] += weight * share / settings.risk_tail
    return weights


def weighed(costs: Sequence[float], probabilities: Sequence[float], settings: Settings) -> float:
    """Expected cost + risk weight x CVaR, in the unit of the costs; the risk of one course alone does not count."""
    mean = fsum(share * cost for cost, share in zip(costs, probabilities, strict=True))
    if not settings.risk_weight or len(costs) < 2:
        return mean
    return mean + settings.risk_weight * cvar(costs, probabilities, settings.risk_tail)


def cvar(costs: Sequence[float], probabilities: Sequence[float], tail: float) -> float:
    """Conditional value at risk: the mean cost of the dearest futures whose probabilities add up to `tail`.

    The future at the edge counts with the part of its probability that is in the tail (Rockafellar & Uryasev, Journal
    of Banking & Finance 26, 2002). Units of the costs; probabilities sum to 1 and 0 < tail <= 1.
    """
    return fsum(cost * share for cost, share in tail_shares(costs, probabilities, tail, costs)) / tail


def tail_shares(
    costs: Sequence[float], probabilities: Sequence[float], tail: float, told: Sequence[T]
) -> Iterator[tuple[T, float]]:
    """The futures of the tail, the dearest first, each as it is `told`, with its probability that is in the tail."""
    left = tail
    for number in sorted(range(len(costs)), key=lambda number: costs[number], reverse=True):
        share = min(probabilities[number], left)
        yield told[number], share
        left -= share


def audit_tree(tree: TreePlan) -> tuple[Finding, ...]:
    """Every limit and every dollar in each scenario, nonanticipativity, and the expected cost, without the model."""
    return tuple(_findings(tree))


def require_tree(tree: TreePlan) -> None:
    """Raise AuditError with every finding unless the audit of the tree passes."""
    findings = audit_tree(tree)
    if findings:
        raise AuditError(findings)


def audit_any(plan: AnyPlan) -> tuple[Finding, ...]:
    """What is wrong with a plan, or with a tree of plans; nothing where there is no plan."""
    if plan.result.objective is None:
        return ()
    return audit_tree(plan) if isinstance(plan, TreePlan) else audit(plan.case, plan).findings


def _findings(tree: TreePlan) -> Iterator[Finding]:
    leaves = {name: node for node in tree.case.tree.at(tree.case.calendar.end + -1) for name in node.scenarios}
    planned = tuple(branch.scenario for branch in tree.branches)
    if sorted(planned) != sorted(leaves):
        yield Finding("plan scenarios", ", ".join(planned), ", ".join(leaves), FAULT)
        return
    for branch in tree.branches:
        yield from _branch(tree, branch)
    yield from _anticipated(tree)
    missing = tuple(_alone(tree)) if tree.case.settings.objective is Objective.REGRET else ()
    if missing:
        yield from missing
        return
    reported, found = tree.result.objective, tree.objective
    turnover = max(branch.plan.turnover for branch in tree.branches)
    if reported is None or not abs(reported - found) <= CENT + RELATIVE * turnover:
        expected = f"{found:,.4f}, the {tree.case.settings.objective.value} of the scenarios and the risk that counts"
        yield Finding("plan objective", f"{reported}", expected, FAULT)
    limit = tree.case.settings.cvar_limit_usd
    if limit is not None and len(tree.branches) > 1:
        yield from exceeded("RISK-2 CVaR", "CVaR (USD)", tree.cvar, limit, turnover)


def _alone(tree: TreePlan) -> Iterator[Finding]:
    """What regret is measured against: the least cost of each scenario as it is now, and nothing below its bound."""
    rows = least_costs(tree.case)
    for branch in tree.branches:
        row, place = rows.get(branch.scenario), f"RISK-4 least cost of {branch.scenario}"
        if row is None or row.solved_for != identity(branch.plan.case):
            found = "not known" if row is None else "that of another case"
            yield Finding(place, found, "the least cost of the scenario as it is", FAULT)
        elif branch.plan.cost < row.bound_usd - CENT - 10.0 * PROVEN * branch.plan.turnover:
            found = f"bound {row.bound_usd:,.4f}"
            yield Finding(place, found, f"at most {branch.plan.cost:,.4f}, which a plan of it costs", FAULT)


def _branch(tree: TreePlan, branch: Branch) -> Iterator[Finding]:
    name = branch.scenario
    course = tree.case.tree.course(name)
    if abs(branch.probability - course[-1].probability) > RELATIVE:
        yield Finding(f"scenario {name}", f"probability {branch.probability:g}", f"{course[-1].probability:g}", FAULT)
    if content_hash(branch.plan.case.records) != content_hash(certain(tree.case, name).records):
        yield Finding(f"scenario {name}", "the plan of another case", "the case of the scenario", FAULT)
    for finding in branch.findings:
        yield Finding(f"scenario {name}: {finding.place}", finding.found, finding.expected, finding.cure)


def _anticipated(tree: TreePlan) -> Iterator[Finding]:
    """(TREE-1) No decision differs between scenarios that have not parted."""
    quantities = {branch.scenario: _by_quarter(branch.plan) for branch in tree.branches}
    for node in tree.case.tree.nodes:
        first = quantities[node.scenarios[0]].get(node.quarter, {})
        for other in node.scenarios[1:]:
            theirs = quantities[other].get(node.quarter, {})
            for key in dict.fromkeys((*first, *theirs)):
                mine, their = first.get(key, 0.0), theirs.get(key, 0.0)
                if mine != their:
                    place = f"TREE-1 {key} in {node.quarter}"
                    found = f"{mine:g} in {node.scenarios[0]}, {their:g} in {other}"
                    yield Finding(place, found, "the same in both: they have not parted", FAULT)


def _by_quarter(plan: Plan) -> dict[Quarter, dict[Hashable, float]]:
    found: dict[Quarter, dict[Hashable, float]] = {}
    for choice in plan.choices:
        found.setdefault(choice.key.quarter, {})[choice.key] = choice.quantity
    for key, quantity in plan.operations:
        found.setdefault(key.quarter, {})[key] = quantity
    return found
