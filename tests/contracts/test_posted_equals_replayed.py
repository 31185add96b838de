"""Every contract type, with random terms and random quantities: what the model posts is what the audit replays.

`decisions` posts amounts per unit; `replay` walks what is decided through the calendar. They share the terms and
nothing else, so a mistake in one shows as a difference.
"""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optimizer.contracts.contract import Contract, contract_types
from optimizer.ledger.decision import Relation
from tests.builders import codes
from tests.contracts.ledgers import Quantities, assert_tied, findings
from tests.contracts.strategies import cases, consistent, offered, quantities

SLOW_TO_DRAW = (HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large)
KINDS = pytest.mark.parametrize("kind", contract_types(), ids=lambda kind: kind.__name__)
UNSURE = (1e-7, 1e-4)


@KINDS
@given(data=st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=SLOW_TO_DRAW)
def test_posted_equals_replayed(kind: type[Contract], data: st.DataObject) -> None:
    """Proves: every account in every quarter, within the horizon and beyond it, to a relative 1e-9."""
    case = data.draw(cases(kind))
    decided = consistent(data.draw(quantities(offered(case))))
    for contract in case.of(Contract):
        assert_tied(case, contract, decided)


@KINDS
@given(data=st.data())
@settings(max_examples=80, deadline=None, suppress_health_check=SLOW_TO_DRAW)
def test_the_replay_finds_what_the_rows_forbid(kind: type[Contract], data: st.DataObject) -> None:
    """Proves: within bounds, a replay reports a broken term exactly where a row of the contract is broken.

    Where the flags agree with the orders, the codes are the same too, such as BLOCK-6.
    """
    case = data.draw(cases(kind))
    decided, coherent = data.draw(quantities(offered(case))), data.draw(st.booleans())
    if coherent:
        decided = consistent(decided)
    relations = [relation for contract in case.of(Contract) for relation in contract.relations(case)]
    excess = [above(relation, decided) for relation in relations]
    if any(UNSURE[0] < size < UNSURE[1] for size in excess):
        return
    broken = {relation.code for relation, size in zip(relations, excess, strict=True) if size > UNSURE[1]}
    found = codes(finding for contract in case.of(Contract) for finding in findings(case, contract, decided))
    assert bool(found) == bool(broken), (found, broken)
    assert not coherent or found == broken


def above(relation: Relation, decided: Quantities) -> float:
    """How far the left side of a row passes its right side."""
    left = sum(
        coefficient * quantity
        for coefficient, selector in relation.terms
        for key, quantity in decided.items()
        if selector.covers(key)
    )
    return left - relation.upper
