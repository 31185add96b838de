"""Mutations: change one thing in an audited plan, or break one thing in a contract, and the audit refuses.

The plan is that of `tests/everything.py`: every contract type, every kind of money, every rule. Mutations of the rules'
rows are in `tests/rules/test_mutations.py`.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import TypeVar

import pytest

from optimizer.case.case import Case
from optimizer.contracts.contract import Contract, contract_types
from optimizer.errors import AuditError
from optimizer.ledger.decision import Decision, DecisionKey, Posting
from optimizer.ledger.keys import Cash, Category, Commitment, Draw, Energised, Installed, Key, Supply
from optimizer.ledger.operation import OperationKey
from optimizer.plan.audit import audit
from optimizer.plan.plan import Moved, Plan
from optimizer.rules.formulation import Formulation
from optimizer.rules.rule import rule_categories
from optimizer.run import solve
from tests.builders import EXACT
from tests.everything import everything, ordered

Decide = Callable[[Contract, Case], Iterator[Decision]]
Break = Callable[[Posting, Case], Iterator[Posting]]
OTHER = Category("another category")
T = TypeVar("T")


def healthy(kind: type[Contract]) -> Decide:
    """The decisions of a contract type as it declares them, with what is ordered fixed."""
    offer = kind.decisions
    return lambda row, case: ordered(row, case, offer(row, case))


@cache
def plan() -> Plan:
    """The audited plan of everything."""
    with pytest.MonkeyPatch.context() as patched:
        for kind in contract_types():
            patched.setattr(kind, "decisions", healthy(kind))
        return solve(everything(), EXACT)


def refused(changed: Plan) -> bool:
    """Whether the audit finds something in the plan."""
    return not audit(changed.case, changed).passed


def published(case: Case) -> bool:
    """Whether solving the case gives a plan that passes its audit; a mistake may also leave no plan at all."""
    try:
        return solve(case, EXACT).result.objective is not None
    except AuditError:
        return False


# ------------------------------------------------------------------ the plan uses everything


def test_the_plan_uses_every_contract_type() -> None:
    """Proves: nothing below is left out: each type decides something and posts every kind of money it declares."""
    used = {choice.key.contract for choice in plan().choices}
    moved = {line.posting.key.category for line in plan().moved if isinstance(line.posting.key, Cash)}
    for kind in contract_types():
        assert any(row.name in used for row in plan().case.of(kind)), kind.__name__
        assert set(kind.CATEGORIES) <= moved, kind.__name__
    assert set(rule_categories()) <= moved
    assert not refused(plan())


# ------------------------------------------------------------------ one quantity is changed


def quantity_mutations(quantity: float) -> dict[str, float]:
    return {
        "more": quantity + 1.0,
        "half": quantity / 2.0,
        "none": 0.0,
        "negative": -quantity,
        "no number": float("nan"),
    }


@pytest.mark.parametrize("change", quantity_mutations(1.0))
def test_every_decision_changed_is_found(change: str) -> None:
    """Proves: no decision of the plan can be another one; a broken audit would publish one that the money is not of."""
    for number, choice in enumerate(plan().choices):
        amount = quantity_mutations(choice.quantity)[change]
        changed = _swapped(plan().choices, number, replace(choice, quantity=amount))
        assert refused(replace(plan(), choices=changed)), choice


@pytest.mark.parametrize("change", quantity_mutations(1.0))
def test_every_operation_changed_is_found(change: str) -> None:
    """Proves: no service, shortfall, deferral, placement or violation of the plan can be another one."""
    missed = [
        key
        for number, (key, quantity) in enumerate(plan().operations)
        if not refused(
            replace(
                plan(),
                operations=_swapped(plan().operations, number, (key, quantity_mutations(quantity)[change])),
            )
        )
    ]
    assert not missed


def test_every_quantity_moved_dropped_or_repeated_is_found() -> None:
    """Proves: a quarter late, left out, or twice, each decision and operation is missed."""
    for number, choice in enumerate(plan().choices):
        late = replace(choice, key=replace(choice.key, quarter=choice.key.quarter + 1))
        for changed in (_swapped(plan().choices, number, late), _dropped(plan().choices, number)):
            assert refused(replace(plan(), choices=changed)), choice
        assert refused(replace(plan(), choices=(*plan().choices, choice))), choice
    for number, (key, quantity) in enumerate(plan().operations):
        late = (OperationKey(key.operation, key.index, key.quarter + 1), quantity)
        for changed in (_swapped(plan().operations, number, late), _dropped(plan().operations, number)):
            assert refused(replace(plan(), operations=changed)), key
        assert refused(replace(plan(), operations=(*plan().operations, (key, quantity)))), key


def _swapped(items: tuple[T, ...], number: int, item: T) -> tuple[T, ...]:
    return (*items[:number], item, *items[number + 1 :])


def _dropped(items: tuple[T, ...], number: int) -> tuple[T, ...]:
    return (*items[:number], *items[number + 1 :])


# ------------------------------------------------------------------ one posting is changed


def account(key: Key) -> Key:
    """An account that is another one, of the same kind."""
    match key:
        case Cash():
            return Cash(OTHER)
        case Commitment():
            return Cash(OTHER)
        case Supply() | Installed():
            return replace(key, firm=not key.firm)
        case Draw() | Energised():
            return replace(key, site="elsewhere")


def line_mutations(line: Moved) -> dict[str, Moved]:
    posting = line.posting
    return {
        "amount": replace(line, quantity=line.quantity * 1.01 + 1.0),
        "sign": replace(line, posting=replace(posting, index=-posting.index)),
        "quarter": replace(line, posting=replace(posting, quarter=posting.quarter + 1)),
        "account": replace(line, posting=replace(posting, key=account(posting.key))),
        "source": replace(line, source="another contract"),
    }


@pytest.mark.parametrize("change", ["amount", "sign", "quarter", "account", "source"])
def test_every_posting_changed_is_found(change: str) -> None:
    """Proves: each of the plan's lines ties to the replay in amount, quarter, account and source.

    A broken audit would give: a cash flow that adds up to the objective and is wrong in a quarter.
    """
    for number, line in enumerate(plan().moved):
        changed = _swapped(plan().moved, number, line_mutations(line)[change])
        assert refused(replace(plan(), moved=changed)), line


def test_every_posting_dropped_or_repeated_is_found() -> None:
    """Proves: no line of the plan is missing or stands twice."""
    for number, line in enumerate(plan().moved):
        assert refused(replace(plan(), moved=_dropped(plan().moved, number))), line
        assert refused(replace(plan(), moved=(*plan().moved, line))), line


@pytest.mark.parametrize("change", [-1000.0, -0.02, 0.02, 1000.0])
def test_another_objective_or_bound_is_found(change: float) -> None:
    """Proves: the objective ties to the cent; the bound is no higher than it and, as the plan says it is optimal
    within a gap of 0, no lower."""
    result = plan().result
    assert refused(replace(plan(), result=replace(result, objective=result.objective + change)))
    assert refused(replace(plan(), result=replace(result, objective=None)))
    assert refused(replace(plan(), result=replace(result, bound=result.objective + change)))


# ------------------------------------------------------------------ one contract posts wrongly


def drop(posting: Posting, _: Case) -> Iterator[Posting]:
    """Forgotten."""
    yield from ()


def flip(posting: Posting, _: Case) -> Iterator[Posting]:
    """With the wrong sign."""
    yield replace(posting, index=-posting.index)


def late(posting: Posting, _: Case) -> Iterator[Posting]:
    """One quarter late."""
    yield replace(posting, quarter=posting.quarter + 1)


def twice(posting: Posting, _: Case) -> Iterator[Posting]:
    """Twice."""
    yield from (posting, posting)


def flat(posting: Posting, _: Case) -> Iterator[Posting]:
    """Without escalation or share: the index ignored."""
    yield replace(posting, index=1.0 if posting.index > 0 else -1.0)


def cut(posting: Posting, case: Case) -> Iterator[Posting]:
    """Only within the horizon."""
    if case.calendar.planned(posting.quarter):
        yield posting


def usual(posting: Posting, _: Case) -> Iterator[Posting]:
    """At a usual number of GPUs, hours or MWh: 1% off."""
    yield replace(posting, volume=posting.volume * 1.01)


BREAKS: tuple[Break, ...] = (drop, flip, late, twice, flat, cut, usual)


def name(key: Key) -> str:
    """An account without its place: the category, or the kind."""
    return key.category.label if isinstance(key, Cash) else type(key).__name__


@cache
def accounts(kind: type[Contract]) -> tuple[str, ...]:
    """The accounts that rows of a type move in the plan."""
    rows = {row.name for row in plan().case.of(kind)}
    return tuple(dict.fromkeys(name(line.posting.key) for line in plan().moved if line.source in rows))


def broken(kind: type[Contract], wanted: str, change: Break) -> Decide:
    """The decisions of a type with one account posted wrongly."""
    offer = healthy(kind)

    def decide(row: Contract, case: Case) -> Iterator[Decision]:
        for made in offer(row, case):
            postings = (
                changed
                for posting in made.postings
                for changed in (change(posting, case) if name(posting.key) == wanted else (posting,))
            )
            yield replace(made, postings=tuple(postings))

    return decide


def postings_of(decide: Decide, kind: type[Contract]) -> Counter[tuple[DecisionKey, Posting]]:
    """What the decisions of the plan post, where that is not 0."""
    case = everything()
    decisions = [made for row in case.of(kind) for made in decide(row, case)]
    used = {choice.key for choice in plan().choices}
    moving = ((made.key, p) for made in decisions if made.key in used for p in made.postings if p.coefficient)
    return Counter(moving)


@pytest.mark.parametrize("change", BREAKS, ids=lambda change: change.__name__)
@pytest.mark.parametrize("kind", contract_types(), ids=lambda kind: kind.__name__)
def test_a_contract_that_posts_wrongly_is_refused(
    kind: type[Contract], change: Break, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves: for each account of each contract type, the program is built and solved with the mistake, and the plan
    is not published.

    A broken audit would give: a plan that is optimal for money nobody pays. A replay that shared the contract's
    arithmetic would, too.
    """
    for other in contract_types():
        monkeypatch.setattr(other, "decisions", healthy(other))
    tried = 0
    for wanted in accounts(kind):
        decide = broken(kind, wanted, change)
        if postings_of(decide, kind) == postings_of(healthy(kind), kind):
            continue
        tried += 1
        with monkeypatch.context() as patched:
            patched.setattr(kind, "decisions", decide)
            assert not published(everything()), wanted
    assert tried or change in (flat, cut), f"nothing of {kind.__name__} could be broken"


def test_availability_ignored_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves: for each contract type with an availability below 1, usable GPUs that are all the GPUs are refused."""
    for other in contract_types():
        monkeypatch.setattr(other, "decisions", healthy(other))
    kinds = [
        kind
        for kind in contract_types()
        if any(getattr(row, "availability", 1.0) < 1.0 for row in everything().of(kind))
    ]
    assert len(kinds) >= 3
    for kind in kinds:

        def all_usable(posting: Posting, case: Case, kind: type[Contract] = kind) -> Iterator[Posting]:
            least = min(getattr(row, "availability", 1.0) for row in case.of(kind))
            yield replace(posting, volume=posting.volume / least)

        with monkeypatch.context() as patched:
            patched.setattr(kind, "decisions", broken(kind, "Supply", all_usable))
            assert not published(everything())


# ------------------------------------------------------------------ one rule charges wrongly


@pytest.mark.parametrize("category", rule_categories(), ids=lambda category: category.label)
def test_a_rule_that_charges_wrongly_is_refused(category: Category, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves: each cost of operations at 99% of its price is refused; a broken audit would trust the program's."""
    for kind in contract_types():
        monkeypatch.setattr(kind, "decisions", healthy(kind))
    charge = Formulation.charge

    def cheaper(form: Formulation, charged: Category, *rest: object) -> None:
        *before, volume, term, source = rest
        charge(form, charged, *before, volume * (0.99 if charged == category else 1.0), term, source)

    monkeypatch.setattr(Formulation, "charge", cheaper)
    assert not published(everything())
