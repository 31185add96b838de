"""What came true before the as-of quarter: in the scenarios of the case, and in the approved plan that goes on.

What came true is data of the case (`came_true`, or rows that are left), or said by whoever replans; it is never
guessed. Each scenario that is still possible follows the branch of the approved plan that bears its name, or that of
the scenario it branches from. One that the approved plan did not know follows all that are possible, each with its
probability.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import fsum

from optimizer.case.case import Case
from optimizer.case.scenario import Scenario
from optimizer.case.settings import Objective
from optimizer.errors import Finding, InputError, Level, UsageError
from optimizer.futures.future import standing
from optimizer.futures.known import branches, chance, known, still_possible
from optimizer.model.calm import Followed
from optimizer.plan.plan import Plan
from optimizer.plan.statements import cost_to_come
from optimizer.plan.tree import AnyPlan, Branch, TreePlan, judged, weighed
from optimizer.replan.evidence import agreeing, place_of
from optimizer.tables.quarter import Quarter

Follows = Mapping[str, tuple[Branch, ...]]


@dataclass(frozen=True)
class Course:
    """What is still possible, and how the approved plan goes on in it.

    `names` are scenarios of the case, none where it has none. `goes_on` are branches of the approved plan with their
    probabilities given what is known, `follows` those that each future of the rolled case follows, by its name (empty
    where the rolled case is certain). `history` is what the approved plan did until now, with its case as known now.
    `said` tells in words what came true.
    """

    names: tuple[str, ...] = ()
    goes_on: tuple[Branch, ...] = ()
    follows: Follows = field(default_factory=dict)
    history: Plan | None = None
    said: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    @cached_property
    def followed(self) -> Followed:
        """What each future of the rolled case follows: probabilities and what is decided."""
        decided = {branch.scenario: branch.plan.decided for branch in self.goes_on}
        return {
            name: tuple((branch.probability, decided[branch.scenario]) for branch in each)
            for name, each in self.follows.items()
        }

    @property
    def likeliest(self) -> dict[str, Plan]:
        """The plan that each future of the rolled case most likely follows."""
        return {name: max(each, key=lambda one: one.probability).plan for name, each in self.follows.items()}

    def going_on(self, case: Case) -> tuple[Branch, ...]:
        """Every branch that goes on, with the probability that the rolled case gives to following it."""
        shares = {row.scenario: row.probability for row in case.of(Scenario)} or {"": 1.0}
        parts: dict[str, list[float]] = {branch.scenario: [] for branch in self.goes_on}
        for name, each in self.follows.items():
            for branch in each:
                parts[branch.scenario].append(shares[name] * branch.probability)
        found = (replace(branch, probability=fsum(parts[branch.scenario])) for branch in self.goes_on)
        return tuple(branch for branch in found if branch.probability)

    def still_costs(self, case: Case) -> float:
        """What the approved plan still costs as it goes on, as the case that was solved judges it, USD."""
        if not case.of(Scenario) or case.settings.objective is Objective.EXPECTED:
            return to_come(self.going_on(case), case)
        costs = {
            name: fsum(branch.probability * cost_to_come(branch.plan, case) for branch in each)
            for name, each in self.follows.items()
        }
        return judged(case, costs, [case.get(Scenario, name).probability for name in costs])

    @property
    def itself(self) -> "Course":
        """The course of the approved plan's own case."""
        names = tuple(branch.scenario for branch in self.goes_on if branch.scenario)
        return replace(self, names=names, findings=())


def to_come(each: Sequence[Branch], case: Case) -> float:
    """What these branches still cost on average and by their risk, as a case values it, USD."""
    costs = [cost_to_come(branch.plan, case) for branch in each]
    return weighed(costs, [branch.probability for branch in each], case.settings)


def course_of(case: Case, approved: AnyPlan | None, as_of: Quarter, came_true: str = "") -> Course:
    """The course of a case whose settings stand at the as-of quarter.

    `came_true` names a scenario of the case or of the approved plan that is what happened so far; it goes before what
    the case says. Raises InputError where scenarios had parted and nothing says which came true, UsageError for a name
    that is no scenario.
    """
    _require_name(case, approved, came_true)
    rows = {row.scenario for row in case.of(Scenario)}
    names = still_possible(case, as_of, came_true if came_true in rows else "")
    _require_one(case, approved, names, as_of)
    goes_on: tuple[Branch, ...] = ()
    history = None
    if isinstance(approved, TreePlan):
        kept = _kept(case, approved, names, as_of, came_true)
        goes_on = _weighed(approved, kept)
        history = replace(goes_on[0].plan, case=standing(known(approved.case, kept, as_of, past=True)))
    elif approved is not None:
        goes_on, history = (Branch("", 1.0, approved),), approved
    said = tuple(_said(case, names, as_of, came_true if came_true in rows else ""))
    findings = _open(case, names, as_of)
    return Course(names, goes_on, _follows(case, names, goes_on), history, said, findings)


def _require_name(case: Case, approved: AnyPlan | None, came_true: str) -> None:
    """A name that somebody gave is a scenario of the case or of the approved plan."""
    there = [row.scenario for row in case.of(Scenario)]
    if isinstance(approved, TreePlan):
        there += [branch.scenario for branch in approved.branches]
    if came_true and came_true not in there:
        cure = f"name one of: {', '.join(dict.fromkeys(there))}" if there else "leave --came-true: there are none"
        raise UsageError(f"--came-true: {came_true!r} is no scenario of the case or of the approved plan. Fix: {cure}")


def _require_one(case: Case, approved: AnyPlan | None, names: Sequence[str], as_of: Quarter) -> None:
    """What is possible had not parted before the as-of quarter."""
    last = as_of + -1
    parted = branches(case, names, last)
    if len(parted) > 1:
        hint = "" if not isinstance(approved, TreePlan) else agreeing(case, approved, parted, as_of)
        found = f"{_shares(case, parted)} had parted by {last}, and nothing says which came true"
        cure = f"write {last} there, in the row of what came true, or replan with --came-true NAME{hint}"
        expected = "the quarter up to which one of them is what happened"
        raise InputError([Finding(place_of(case, names[0], "came_true"), found, expected, cure)])


def _kept(case: Case, tree: TreePlan, names: Sequence[str], as_of: Quarter, came_true: str) -> tuple[str, ...]:
    """Scenarios of the approved plan that are still possible."""
    every = tuple(branch.scenario for branch in tree.branches)
    meant = {came_true} if came_true in every else {_nearest(case, name, every) for name in names} - {""}
    last = as_of + -1
    groups = [group for group in branches(tree.case, every, last) if not meant or meant & set(group)]
    if len(groups) > 1:
        found = (
            f"in the approved plan {_shares(tree.case, groups)} had parted by {last}, and nothing says which came true"
        )
        cure = f"keep the row of what came true, with {last} under came_true, or replan with --came-true NAME"
        place = "scenarios" if not names else place_of(case, names[0], "came_true")
        raise InputError([Finding(place, found, "one of them, of which what was decided is history", cure)])
    now = branches(tree.case, groups[0], as_of)
    return tuple(name for group in now if not meant or meant & set(group) for name in group)


def _nearest(case: Case, name: str, known: Sequence[str]) -> str:
    """The scenario itself, or the first of those it branches from, that the approved plan knows; empty where none."""
    rows = {row.scenario: row for row in case.of(Scenario)}
    while name and name not in known:
        name = rows[name].branches_from
    return name


def _weighed(tree: TreePlan, kept: Sequence[str]) -> tuple[Branch, ...]:
    chosen = [branch for branch in tree.branches if branch.scenario in set(kept)]
    whole = fsum(branch.probability for branch in chosen)
    return tuple(replace(branch, probability=branch.probability / whole) for branch in chosen)


def _follows(case: Case, names: Sequence[str], goes_on: tuple[Branch, ...]) -> dict[str, tuple[Branch, ...]]:
    by_name = {branch.scenario: (replace(branch, probability=1.0),) for branch in goes_on if branch.scenario}
    found = {name: by_name.get(_nearest(case, name, tuple(by_name)), goes_on) for name in names}
    return found if len(names) > 1 else {"": next(iter(found.values()), goes_on)}


def _said(case: Case, names: Sequence[str], as_of: Quarter, came_true: str) -> Iterable[str]:
    """What came true, and what is left of the scenarios."""
    when = as_of if len(branches(case, names, as_of)) == 1 else as_of + -1
    gone = [row.scenario for row in case.of(Scenario) if row.scenario not in set(names)]
    parted = (case.get(Scenario, name).parts_in for name in names)
    if not gone and not came_true and not any(quarter is not None and quarter <= when for quarter in parted):
        return
    marked = any(row.came_true for row in case.of(Scenario))
    by = f"--came-true {came_true}" if came_true else "the case says so" if marked else "no other scenario is left"
    whole = chance(case, names)
    left = ", ".join(f"{name} {_percent(chance(case, [name]) / whole)}" for name in names)
    if len(names) == 1:
        yield f"came true, as known by {when} ({by}): {names[0]}, which had {_percent(whole)}"
    else:
        yield f"still possible, as known by {when} ({by}): {left}; together they had {_percent(whole)}"
    if gone:
        yield f"did not come true: {', '.join(f'{name} {_percent(chance(case, [name]))}' for name in gone)}"


def _percent(share: float) -> str:
    return f"{100.0 * share:.4g} %"


def _open(case: Case, names: Sequence[str], as_of: Quarter) -> tuple[Finding, ...]:
    """A word where scenarios part in the very quarter that is planned from."""
    parted = branches(case, names, as_of)
    if len(parted) < 2:
        return ()
    found = f"{_shares(case, parted)} part in {as_of}, and nothing says which came true"
    cure = f"{as_of} is planned for each of them; write {as_of} under came_true once it is known, and replan"
    expected = "the quarter up to which one of them is what happened"
    return (Finding(place_of(case, names[0], "came_true"), found, expected, cure, Level.WARNING),)


def _shares(case: Case, groups: Iterable[Sequence[str]]) -> str:
    """Groups of scenarios with their probabilities, in words."""
    return "; ".join(f"{', '.join(group)} ({_percent(chance(case, group))})" for group in groups)
