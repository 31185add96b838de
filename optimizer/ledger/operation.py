"""Operations: quantities the plan decides each quarter beside its contracts, such as demand served."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from optimizer.tables.quarter import Quarter


@dataclass(frozen=True)
class Operation:
    """A family of quantities. `dims` name its index before the quarter; `unit` is what it counts."""

    name: str
    dims: tuple[str, ...]
    unit: str
    integer: bool = False


SERVED = Operation("served", ("workload", "site", "accelerator", "segment"), "units")
INTERRUPTIBLE = Operation("served_interruptible", ("workload", "site", "accelerator", "segment"), "units")
SHORTFALL = Operation("shortfall", ("workload", "segment"), "units")
DEFERRED = Operation("deferred", ("workload", "segment"), "units")
RECOVERED = Operation("recovered", ("workload", "segment"), "units")
BACKLOG = Operation("backlog", ("workload",), "unit-hours")
PLACED = Operation("placed", ("workload", "site"), "yes/no", integer=True)
HOME = Operation("home", ("workload", "site"), "yes/no", integer=True)
ENGAGED = Operation("engaged", ("supplier",), "yes/no", integer=True)
OVERRUN = Operation("overrun", ("rule", "limit", "part"), "unit of the limit")


@dataclass(frozen=True)
class OperationKey:
    """One quantity: the family, its index in the order of `dims`, and the quarter."""

    operation: Operation
    index: tuple[str, ...]
    quarter: Quarter

    def part(self, dim: str) -> str:
        """The index along one dimension."""
        return self.index[self.operation.dims.index(dim)]


class Operated:
    """The operations of a plan; a quantity that is absent is 0."""

    def __init__(self, quantities: Iterable[tuple[OperationKey, float]]) -> None:
        self._by_key = dict(quantities)
        self._by_operation: dict[tuple[Operation, Quarter], list[tuple[OperationKey, float]]] = {}
        for key, value in self._by_key.items():
            self._by_operation.setdefault((key.operation, key.quarter), []).append((key, value))

    def quantity(self, operation: Operation, quarter: Quarter, *index: str) -> float:
        """One quantity."""
        return self._by_key.get(OperationKey(operation, index, quarter), 0.0)

    def of(self, operation: Operation, quarter: Quarter) -> list[tuple[OperationKey, float]]:
        """All quantities of a family in a quarter that are not 0."""
        return self._by_operation.get((operation, quarter), [])

    def __iter__(self) -> Iterator[tuple[OperationKey, float]]:
        return iter(self._by_key.items())
