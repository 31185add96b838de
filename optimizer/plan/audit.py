"""The independent audit: replay every contract, check every rule, recompute the objective. Never sees the model."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from optimizer.case.case import Case
from optimizer.contracts.contract import Contract
from optimizer.contracts.parts.signed import decided_before
from optimizer.errors import AuditError, Finding
from optimizer.ledger.books import Entry
from optimizer.ledger.decision import Action
from optimizer.ledger.keys import Cash, Commitment, Key
from optimizer.plan.diff import HIDDEN
from optimizer.plan.plan import Plan
from optimizer.plan.status import Status
from optimizer.rules.books import Books
from optimizer.rules.history import operated_before
from optimizer.rules.money import weight
from optimizer.rules.paid import as_paid
from optimizer.rules.rule import rules
from optimizer.tables.quarter import Quarter

CENT = 0.005
PHYSICAL = 1e-6
RELATIVE = 1e-9
FAULT = "this is a fault of the program: keep the plan folder and report it"


@dataclass(frozen=True)
class Audit:
    """What the audit found. `objective` (USD) is recomputed from the case and the plan's quantities alone."""

    objective: float
    findings: tuple[Finding, ...]
    books: Books

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


def audit(case: Case, plan: Plan) -> Audit:
    """Recompute every limit and every dollar of the plan from its quantities.

    A quantity that is no number stops the audit there: nothing can be recomputed from it.
    """
    findings: list[Finding] = []
    entries: list[Entry] = []
    decided, known = plan.decided, {contract.name for contract in case.of(Contract)}
    findings += _repeated(plan)
    findings += _negative(plan, known)
    if not all(math.isfinite(quantity) for quantity in _numbers(plan)):
        return Audit(math.nan, tuple(findings), Books(case, decided, plan.operated, ()))
    for contract in case.of(Contract):
        for replayed in contract.replay(case, decided):
            if isinstance(replayed, Finding):
                findings.append(replayed)
            else:
                entries.append(replayed)
    findings = [finding for finding in findings if not _settled(case, finding)]
    findings += _history(case, plan)
    books = Books(case, decided, plan.operated, entries)
    for rule in rules():
        books.add(list(rule.replay(books)))
    books = Books(case, decided, plan.operated, as_paid(case, books.entries))
    for rule in rules():
        findings += rule.check(books)
    findings += _postings(plan, books)
    objective = present_value(case, books)
    findings += _objective(plan, objective, books)
    return Audit(objective, tuple(findings), books)


def require(audited: Audit) -> None:
    """Raise AuditError with every finding unless the audit passed."""
    if not audited.passed:
        raise AuditError(audited.findings)


def present_value(case: Case, books: Books) -> float:
    """The objective of replayed books, USD."""
    return math.fsum(
        entry.amount * weight(case, entry.key.category, entry.quarter)
        for entry in books.entries
        if isinstance(entry.key, Cash)
    )


def _settled(case: Case, finding: Finding) -> bool:
    """Whether a finding is about a quarter that is history, which nothing can mend."""
    return bool(finding.when) and case.calendar.settled(Quarter.parse(finding.when))


def _history(case: Case, plan: Plan) -> Iterator[Finding]:
    """(HISTORY-1): what the plan says of quarters that are history is what the case records of them."""
    settled, made = case.calendar.settled, decided_before(case)
    told = {c.key: c.quantity for c in plan.choices if settled(c.key.quarter) and c.key.action not in HIDDEN}
    past = {key: quantity for key, quantity in made.items() if key.action not in HIDDEN}
    for key in dict.fromkeys((*told, *past)):
        if told.get(key, 0.0) != past.get(key, 0.0):
            yield Finding(f"HISTORY-1 {key}", f"{told.get(key, 0.0):g}", f"{past.get(key, 0.0):g}, as recorded", FAULT)
    happened = operated_before(case)
    for operation, quantity in plan.operations:
        if settled(operation.quarter) and happened.get(operation, 0.0) != quantity:
            place = f"HISTORY-1 {operation.operation.name} {' '.join(operation.index)} {operation.quarter}"
            yield Finding(place, f"{quantity:g}", f"{happened.get(operation, 0.0):g}, as recorded", FAULT)


def _numbers(plan: Plan) -> Iterator[float]:
    yield from (choice.quantity for choice in plan.choices)
    yield from (value for _, value in plan.operations)


def _negative(plan: Plan, known: set[str]) -> Iterator[Finding]:
    for choice in plan.choices:
        if choice.key.contract not in known and choice.key.action is not Action.PAID:
            yield Finding(f"plan {choice.key}", "a contract the case does not have", "a contract of the case", FAULT)
        if not math.isfinite(choice.quantity) or choice.quantity < 0:
            yield Finding(f"plan {choice.key}", f"quantity {choice.quantity:g}", "a number that is not negative", FAULT)
    for key, value in plan.operations:
        if not math.isfinite(value) or value < 0:
            place = f"plan {key.operation.name} {' '.join(key.index)} {key.quarter}"
            yield Finding(place, f"quantity {value:g}", "a number that is not negative", FAULT)


def _repeated(plan: Plan) -> Iterator[Finding]:
    """A quantity that stands twice: replays count it once, and a reader who adds lines up counts it twice."""
    quantities = Counter([*(choice.key for choice in plan.choices), *(key for key, _ in plan.operations)])
    for key, times in quantities.items():
        if times > 1:
            yield Finding(f"plan {key}", f"stands {times} times", "each quantity once", FAULT)


def _postings(plan: Plan, books: Books) -> Iterator[Finding]:
    """What the model posted must be what is replayed, by account, source and quarter."""
    posted: defaultdict[tuple[Key, str, Quarter], float] = defaultdict(float)
    replayed: defaultdict[tuple[Key, str, Quarter], float] = defaultdict(float)
    for line in plan.moved:
        posted[line.posting.key, line.source, line.posting.quarter] += line.amount
    for entry in books.entries:
        replayed[entry.key, entry.source, entry.quarter] += entry.amount
    for place in posted.keys() | replayed.keys():
        model, walked = posted.get(place, 0.0), replayed.get(place, 0.0)
        key, source, quarter = place
        least = CENT if isinstance(key, Cash | Commitment) else PHYSICAL
        if abs(model - walked) > least + RELATIVE * max(abs(model), abs(walked)):
            yield Finding(f"{key} of {source} in {quarter}", f"posted {model:,.4f}", f"replayed {walked:,.4f}", FAULT)


def _objective(plan: Plan, objective: float, books: Books) -> Iterator[Finding]:
    reported = plan.result.objective
    turnover = sum(abs(entry.amount) for entry in books.entries if isinstance(entry.key, Cash))
    if reported is None or abs(reported - objective) > CENT + 1e-13 * turnover:
        found = "no objective" if reported is None else f"objective {reported:,.4f}"
        yield Finding("plan objective", found, f"{objective:,.4f}, recomputed from the quantities", FAULT)
    bound = plan.result.bound
    if bound is not None and bound > objective + CENT + RELATIVE * abs(objective):
        yield Finding("plan bound", f"bound {bound:,.4f}", f"at most the objective {objective:,.4f}", FAULT)
    if plan.result.status == Status.OPTIMAL and bound is not None:
        proven = objective - plan.result.asked_gap * abs(objective) - CENT - RELATIVE * turnover
        if bound < proven:
            found = f"optimal, with a bound of {bound:,.4f}"
            yield Finding("plan bound", found, f"at least {proven:,.4f}, within the gap that was asked for", FAULT)
