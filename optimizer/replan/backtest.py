"""Rolling backtest: what planning, waiting and replanning would have cost, in the world as it turned out.

For each past quarter there is the case as it was known when that quarter began. The policy plans with the first,
then freezes, rolls and replans with each later one, exactly as `optimizer replan` does with every plan approved. What
each policy decided to bind the buyer to is then fixed in the case as it turned out, and the rest (spot, placement,
what is put off) is planned there at least cost, for all policies alike:
  replanned          decisions of each quarter as the plan of that quarter has them, those after the last as it has them
  never replanned    every decision as the first plan has it
  spot only          as little commitment as the case allows: nothing but deals that must be signed
  perfect foresight  nothing is fixed: the least that anybody could have paid
The cases of the past may have scenarios; the world has none. Then a plan is a policy: what it decides after a parting
depends on what came true. That is known as far as a later case of the past says it (`came_true`); up to there the
policy is fixed on the path that came true, and what it leaves open beyond is decided in the world as it turned out,
which is said.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from threading import Event

from optimizer.case.case import Case
from optimizer.case.scenario import Scenario
from optimizer.case.settings import Settings
from optimizer.catalog import catalog
from optimizer.contracts.contract import Contract
from optimizer.contracts.parts.paid import Paid
from optimizer.contracts.parts.signed import Signed, SignedTerm
from optimizer.errors import Finding, InputError, Level, NoPlanError, UnsolvableError, UsageError
from optimizer.ledger.books import Decided
from optimizer.ledger.decision import COMMITTING
from optimizer.load import case_from
from optimizer.model import highs
from optimizer.model.arrays import Program, compile_program
from optimizer.model.build import formulate
from optimizer.model.calm import alone, bonds, held, least_moves, quantities_of, withdrawn
from optimizer.model.outcome import Outcome, Progress
from optimizer.plan.plan import Seconds
from optimizer.plan.status import Status, StopReason
from optimizer.plan.tree import AnyPlan
from optimizer.replan.calm import Calm, calm
from optimizer.replan.course import Course
from optimizer.replan.done import Done, policy_of_one, policy_of_replans
from optimizer.replan.roll import Rolled, roll
from optimizer.request import Listener, Request, Step, in_dollars, options, silent
from optimizer.rules.formulation import Formulation
from optimizer.rules.history import Happened
from optimizer.run import audited_plan
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import columns_of
from optimizer.tables.unparse import raw_tables

REPLANNED, NEVER, SPOT, FORESIGHT = "replanned", "never replanned", "spot only", "perfect foresight"


@dataclass(frozen=True)
class Policy:
    """What a policy costs in the world as it turned out: present value as of the first quarter, USD, and its bound.

    `cost` is None where the policy cannot be kept; `detail` then says why.
    """

    name: str
    status: str
    cost: float | None
    bound: float | None
    detail: str


@dataclass(frozen=True)
class Replay:
    """One replan of the past: USD still to come as it saw them then, commitments it moved and what calm cost."""

    quarter: Quarter
    cost: float
    moved: float
    stability_cost: float


@dataclass(frozen=True)
class Backtest:
    """The replans in order, the policies from the dearest guess to the best, and what was noticed on the way."""

    replays: tuple[Replay, ...]
    policies: tuple[Policy, ...]
    findings: tuple[Finding, ...]

    def policy(self, name: str) -> Policy:
        """One of the four."""
        return next(policy for policy in self.policies if policy.name == name)


def backtest(
    actual: Case,
    history: Sequence[tuple[Quarter, Case]],
    request: Request | None = None,
    listen: Listener = silent,
    stop: Event | None = None,
) -> Backtest:
    """Replay the past. `history` has the case as known at the start of each quarter; `actual` is how it turned out.

    Raises InputError where a case cannot be rolled or valued, UnsolvableError or NoPlanError where a quarter of the
    past has no plan.
    """
    if actual.of(Scenario):
        cure = "put what came true into its figures, and remove the rows of scenarios and shocks"
        raise UsageError(f"the case as it turned out has scenarios, but the past is certain. Fix: {cure}")
    past = sorted(history, key=lambda one: one[0])
    _check(actual, past)
    request, start = request or Request(), past[0][0]
    world = _as_known_later(actual, start)
    plans: list[AnyPlan] = []
    taken: list[Course] = []
    replays = []
    for quarter, case in past:
        listen(Step(f"planning as of {quarter}"))
        rolled = roll(case, plans[-1] if plans else None, quarter)
        found = _replanned(rolled, quarter, request, listen, stop)
        plans.append(found.plan)
        taken.append(rolled.course)
        replays.append(Replay(quarter, found.plan.result.objective or 0.0, found.moved, found.stability_cost))
    rolling, never = policy_of_replans(past, plans, taken), policy_of_one(past, plans[0])
    findings = (*_other_terms(world, past), *_waiting(REPLANNED, rolling), *_waiting(NEVER, never))
    value = _World(world, request, listen, stop)
    policies = (
        value.policy(REPLANNED, rolling),
        value.policy(NEVER, never),
        value.policy(SPOT, Done(value.least_signed(), None)),
        value.policy(FORESIGHT, None),
    )
    return Backtest(tuple(replays), policies, findings)


def _check(actual: Case, past: Sequence[tuple[Quarter, Case]]) -> None:
    """At least one quarter, each once, all of them in the horizon of the case as it turned out."""
    quarters = [quarter for quarter, _ in past]
    twice = sorted({str(quarter) for quarter in quarters if quarters.count(quarter) > 1})
    if not quarters or twice:
        found = f"{', '.join(twice)} stands twice" if twice else "no quarter"
        raise InputError([Finding("history", found, "each past quarter once", "give QUARTER=CASE for each")])
    calendar = actual.calendar
    for quarter in quarters:
        if not calendar.planned(quarter):
            expected = f"a quarter of the case as it turned out, {calendar.first} to {calendar.end + -1}"
            raise InputError([Finding("history", str(quarter), expected, "correct it, or first_quarter and quarters")])


def _as_known_later(actual: Case, start: Quarter) -> Case:
    """The case as it turned out, planned from the first quarter on: what it records of later ones was a choice."""
    settings = replace(actual.settings, as_of=None if start == actual.calendar.first else start)
    kept = (row for row in actual.records if not isinstance(row, Settings) and not _recorded(row, start))
    records = (settings, *kept)
    case, findings = case_from(raw_tables(records, catalog(), Case(records).calendar.quarters))
    if case is None:
        raise InputError(findings)
    return case


def _recorded(row: object, start: Quarter) -> bool:
    if isinstance(row, SignedTerm):
        return row.signed >= start
    return isinstance(row, Signed | Paid | Happened) and row.quarter >= start


def _replanned(rolled: Rolled, quarter: Quarter, request: Request, listen: Listener, stop: Event | None) -> Calm:
    found = calm(rolled, False, request, listen, stop)
    if found.interrupted:
        raise KeyboardInterrupt
    result = found.plan.result
    if result.objective is None:
        kind = NoPlanError if result.status == Status.NO_PLAN else UnsolvableError
        raise kind(f"the case as of {quarter} has no plan: {result.status}. {result.detail}")
    return found


def _waiting(name: str, done: Done) -> Iterator[Finding]:
    """A word on a policy whose last decisions wait for what nobody says came true."""
    if done.until is not None:
        found = f"its plan waits for what parts in {done.until}, and no case of the past says what came true"
        cure = f"none is needed: what it does from {done.until} on is decided in the world as it turned out"
        yield Finding(name, found, "what came true, under came_true of a later case", cure, Level.WARNING)


class _World:
    """The case as it turned out, in which policies are valued."""

    def __init__(self, case: Case, request: Request, listen: Listener, stop: Event | None) -> None:
        self.case, self.request, self.listen, self.stop = case, request, listen, stop
        listen(Step("building the world as it turned out"))
        began = time.perf_counter()
        self.form = formulate(case)
        self.program = compile_program(self.form.model)
        self.built = time.perf_counter() - began

    def policy(self, name: str, done: Done | None) -> Policy:
        """The least cost of a policy, whose binding decisions are fixed; None fixes nothing."""
        self.listen(Step(f"valuing the policy: {name}"))
        program: Program | None = self.program
        if done is not None:
            _require_offered(name, self.form, done.decided)
            fixed = [bond for bond in bonds(self.form, alone(done.decided)) if done.covers(bond.made.decision.key)]
            program = held(self.program, fixed, [bond.least for bond in fixed], exactly=True)
        if program is None:
            return Policy(name, "infeasible", None, None, "a contract is not on offer in the amount it decided")
        outcome = self._solve(program)
        seconds = Seconds(build=self.built, solve=outcome.seconds)
        result = audited_plan(self.form, program, self.request, outcome, seconds, self.listen).result
        return Policy(name, result.status, result.objective, result.bound, result.detail)

    def least_signed(self) -> Decided:
        """The binding decisions of least commitment."""
        self.listen(Step("finding the least that must be signed"))
        every = bonds(self.form, alone(Decided(())))
        bending = least_moves(self.form, every, None)
        outcome = self._solve(bending, money=False)
        if outcome.values is None:
            return Decided(())
        found = quantities_of(every, bending, outcome.values)
        return Decided((bond.made.decision.key, quantity) for bond, quantity in zip(every, found, strict=True))

    def _solve(self, program: Program, money: bool = True) -> Outcome:
        def report(progress: Progress) -> None:
            if money:
                self.listen(in_dollars(progress, self.form.usd_per_unit))

        outcome = highs.solve(program, options(self.case, self.request), on_progress=report, stop_event=self.stop)
        if outcome.stop is StopReason.INTERRUPT:
            raise KeyboardInterrupt
        return outcome


def _require_offered(name: str, form: Formulation, decided: Decided) -> None:
    """Everything a policy signed within the horizon is on offer in the case as it turned out."""
    end = form.case.calendar.end
    within = Decided((key, quantity) for key, quantity in decided if key.quarter < end and key.action in COMMITTING)
    gone = withdrawn(form, alone(within))
    if gone:
        cure = "keep the row of every contract that was signed in the case as it turned out"
        raise InputError([Finding(f"{name}: {key}", "nobody offers it there", "what was signed", cure) for key in gone])


def _other_terms(world: Case, past: Iterable[tuple[Quarter, Case]]) -> Iterator[Finding]:
    """Contracts whose terms were others then: every policy is valued on those of the case as it turned out."""
    known = {row.name: row for row in world.of(Contract)}
    told: set[str] = set()
    for quarter, case in past:
        for row in case.of(Contract):
            now = known.get(row.name)
            if now is None or row.BY_THE_HOUR or row.name in told or type(now) is not type(row):
                continue
            names = [name for name, _ in columns_of(type(row)) if getattr(row, name) != getattr(now, name)]
            changed = [name for name in names if name not in row.OFFER]
            if changed:
                told.add(row.name)
                place = f"{row.TABLE.name} {row.name} as of {quarter}"
                found = f"other terms then: {', '.join(changed)}"
                cure = "none is needed; every policy is valued on the terms of the case as it turned out"
                yield Finding(place, found, "the same terms", cure, Level.WARNING)
