"""What contracts post and what their replay books, by account and quarter, for quantities written by hand."""

from collections import defaultdict
from collections.abc import Mapping

import pytest

from optimizer.case.case import Case
from optimizer.contracts.contract import Contract
from optimizer.errors import Finding
from optimizer.ledger.books import Decided, Entry
from optimizer.ledger.decision import DecisionKey
from optimizer.ledger.keys import Cash, Category, Commitment, Key
from optimizer.tables.quarter import Quarter

Amounts = dict[tuple[Key, Quarter], float]
Quantities = Mapping[DecisionKey, float]


def posted(case: Case, contract: Contract, quantities: Quantities) -> Amounts:
    """Amounts by account and quarter that the contract's decisions post."""
    amounts: defaultdict[tuple[Key, Quarter], float] = defaultdict(float)
    for decision in contract.decisions(case):
        for posting in decision.postings:
            amounts[posting.key, posting.quarter] += quantities.get(decision.key, 0.0) * posting.coefficient
    return dict(amounts)


def replayed(case: Case, contract: Contract, quantities: Quantities) -> Amounts:
    """Amounts by account and quarter that the contract's replay books."""
    amounts: defaultdict[tuple[Key, Quarter], float] = defaultdict(float)
    for entry in contract.replay(case, Decided(quantities.items())):
        if isinstance(entry, Entry):
            amounts[entry.key, entry.quarter] += entry.amount
    return dict(amounts)


def findings(case: Case, contract: Contract, quantities: Quantities) -> list[Finding]:
    """What the contract's replay has against the quantities."""
    return [found for found in contract.replay(case, Decided(quantities.items())) if isinstance(found, Finding)]


def assert_tied(case: Case, contract: Contract, quantities: Quantities) -> None:
    """Posted and replayed amounts agree to 1e-9 of the largest amount of the account, in every quarter."""
    walked, model = replayed(case, contract, quantities), posted(case, contract, quantities)
    size: defaultdict[Key, float] = defaultdict(float)
    for (key, _), amount in (*walked.items(), *model.items()):
        size[key] = max(size[key], abs(amount))
    for place in walked.keys() | model.keys():
        expected = pytest.approx(walked.get(place, 0.0), rel=1e-9, abs=1e-12 * size[place[0]])
        assert model.get(place, 0.0) == expected, place


def account(case: Case, key: Key, quantities: Quantities) -> dict[str, float]:
    """Amounts of one account that are not 0, by quarter; what is posted must be what is replayed."""
    amounts: defaultdict[str, float] = defaultdict(float)
    for contract in case.of(Contract):
        assert_tied(case, contract, quantities)
        for (found, quarter), amount in posted(case, contract, quantities).items():
            if found == key:
                amounts[str(quarter)] += amount
    return {quarter: amount for quarter, amount in sorted(amounts.items()) if amount}


def money(case: Case, category: Category, quantities: Quantities) -> dict[str, float]:
    """USD of one category that is not 0, by quarter."""
    return account(case, Cash(category), quantities)


def committed(case: Case, quantities: Quantities) -> dict[str, float]:
    """USD newly committed, by quarter."""
    return account(case, Commitment(), quantities)
