"""Books: amounts by account and quarter, as the audit replays them; and the quantities a plan decides."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from optimizer.ledger.decision import Action, DecisionKey
from optimizer.ledger.keys import Key
from optimizer.tables.quarter import Quarter


@dataclass(frozen=True)
class Entry:
    """An amount on an account, in the unit of the account, with the contract or workload it came from."""

    key: Key
    quarter: Quarter
    source: str
    supplier: str
    amount: float


class Decided:
    """The quantities a plan decides, by key; a decision that is absent is 0."""

    def __init__(self, quantities: Iterable[tuple[DecisionKey, float]]) -> None:
        self._by_contract: defaultdict[str, list[tuple[DecisionKey, float]]] = defaultdict(list)
        self._by_key = dict(quantities)
        for key, quantity in self._by_key.items():
            self._by_contract[key.contract].append((key, quantity))

    def quantity(self, key: DecisionKey) -> float:
        """The quantity of one decision."""
        return self._by_key.get(key, 0.0)

    def on(self, contract: str) -> Iterator[tuple[DecisionKey, float]]:
        """Decisions of any action on a contract that are not 0."""
        return ((key, value) for key, value in self._by_contract.get(contract, ()) if value)

    def of(self, contract: str, action: Action) -> Iterator[tuple[DecisionKey, float]]:
        """Decisions of one action on a contract that are not 0."""
        return ((key, value) for key, value in self.on(contract) if key.action is action)

    def until(self, contract: str, action: Action, quarter: Quarter) -> float:
        """Total of an action on a contract decided in `quarter` or before."""
        return sum(value for key, value in self.of(contract, action) if key.quarter <= quarter)

    def __iter__(self) -> Iterator[tuple[DecisionKey, float]]:
        return iter(self._by_key.items())
