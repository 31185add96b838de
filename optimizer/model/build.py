"""From a case to its program: contracts post, then rules read. Names no contract type and no rule."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain

from optimizer.case.case import Case
from optimizer.contracts.contract import Contract
from optimizer.errors import UnsolvableError
from optimizer.futures.recall import Recall
from optimizer.ledger.decision import Decision, Relation
from optimizer.model.arrays import paused_gc
from optimizer.rules.formulation import Formulation, Row
from optimizer.rules.paid import paid_decisions
from optimizer.rules.risk import add_risk
from optimizer.rules.rule import rules

TOLERANCE = 1e-9
Offered = tuple[Decision, ...]


def formulate(
    case: Case, bend: Callable[[Formulation], None] | None = None, recall: Recall[Offered] | None = None
) -> Formulation:
    """The finished program of a case: minimise the expected present value of cost. `bend` may change its rows.

    `recall` remembers what contracts offer from one program to the next; many futures of one case have their own.
    Raises UnsolvableError, naming the rows, where a limit without any decision in it cannot hold.
    """
    with paused_gc():
        form = Formulation(case)
        if recall is None and len(form.futures) > 1:
            recall = Recall(offered)
        form.decide(_offers if recall is None else partial(_recalled, recall))
        families = rules()
        for rule in families:
            rule.declare(form)
        form.settle()
        for rule in families:
            rule.charge(form)
        form.relate(_relations)
        for rule in families:
            rule.rows(form)
        add_risk(form)
        if bend is not None:
            bend(form)
        _settle_empty_rows(form)
        form.finish()
    return form


def _offers(case: Case) -> Iterator[Decision]:
    """Everything that can be decided in a case."""
    offered = (decision for contract in case.of(Contract) for decision in contract.decisions(case))
    return chain(offered, paid_decisions(case))


def offered(contract: Contract, case: Case) -> Offered:
    """The decisions that a contract offers in a case."""
    return tuple(contract.decisions(case))


def _recalled(recall: Recall[Offered], case: Case) -> Iterator[Decision]:
    """Everything that can be decided in a case, contracts asked anew only where something that they read differs."""
    plain = recall.untitled(case)
    known = (decision for contract in plain.of(Contract) for decision in recall.ask(contract, plain))
    return chain(known, paid_decisions(case))


def _relations(case: Case) -> Iterator[Relation]:
    return (relation for contract in case.of(Contract) for relation in contract.relations(case))


def _settle_empty_rows(form: Formulation) -> None:
    """Drop rows without decisions that hold; refuse the case where one does not."""
    impossible = []
    for code, rows in form.rows.items():
        for row in rows:
            if not row.terms and not _holds(row):
                impossible.append(form.words(code, row))
        rows[:] = [row for row in rows if row.terms]
    if impossible:
        shown = "; ".join(impossible[:10]) + ("; ..." if len(impossible) > 10 else "")
        raise UnsolvableError(
            f"the case is infeasible: nothing on offer can meet {len(impossible)} limits: {shown}. "
            "Fix: add an offer that can, or loosen these limits"
        )


def _holds(row: Row) -> bool:
    low = row.lower is None or row.lower <= TOLERANCE
    return low and (row.upper is None or row.upper >= -TOLERANCE)
