"""Limits on quantities: a weighted sum of what is signed, over several offers, is held within bounds.

(QUANTITY-1)  sum_k weight[l,k] x units signed[k] <= at_most[l]
(QUANTITY-2)  sum_k weight[l,k] x units signed[k] >= at_least[l]
Units are blocks signed, rights exercised and units ordered, over the whole horizon.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from optimizer.case.case import Case
from optimizer.errors import Finding
from optimizer.ledger.decision import Action
from optimizer.rules.books import Books, exceeded
from optimizer.rules.formulation import Formulation
from optimizer.rules.rule import Rule
from optimizer.tables.columns import key, number, reference
from optimizer.tables.record import Problem, Record, TableSpec

SIGNED = (Action.SIGN, Action.EXERCISE)


class Side(Enum):
    """The two sides of a limit: code of the row, sign that makes it an upper limit."""

    MOST = ("QUANTITY-1", 1.0)
    LEAST = ("QUANTITY-2", -1.0)

    @property
    def code(self) -> str:
        return self.value[0]

    @property
    def sign(self) -> float:
        return self.value[1]


@dataclass(frozen=True, kw_only=True)
class QuantityLimit(Record):
    """A limit on what is signed over the horizon."""

    TABLE = TableSpec("quantity_limits", "Quantity limits", "a limit on units signed, over several offers", 330)

    limit: str = key("name of the limit")
    at_least: float | None = number("weighted units", "least weighted sum; blank is none", None, low=None)
    at_most: float | None = number("weighted units", "most weighted sum; blank is none", None, low=None)

    def sides(self) -> Iterator[tuple[Side, float]]:
        """The bounds it has, each as an upper limit."""
        for side, bound in ((Side.MOST, self.at_most), (Side.LEAST, self.at_least)):
            if bound is not None:
                yield side, side.sign * bound

    def problems(self, case: Case) -> Iterator[Problem]:
        if self.at_least is None and self.at_most is None:
            yield Problem("at_most", "blank, like at_least", "a bound", "fill one of the two")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            yield Problem("at_least", f"{self.at_least:g}", f"at most {self.at_most:g}", "lower it")
        if not any(row.limit == self.limit for row in case.of(QuantityWeight)):
            yield Problem("limit", "no row in quantity_weights", "at least one offer", "add a row to quantity_weights")


@dataclass(frozen=True, kw_only=True)
class QuantityWeight(Record):
    """What one unit of an offer counts in a limit; an offer without a row counts nothing."""

    TABLE = TableSpec("quantity_weights", "Quantity weights", "an offer in a quantity limit", 340)

    limit: str = reference("the limit", "quantity_limits")
    contract: str = reference("the offer", "blocks", "options", "purchases")
    weight: float = number("weight per unit", "what one block or unit counts", 1.0, low=None)


class Quantities(Rule):
    """Hold weighted sums of what is signed within bounds."""

    CODE = "QUANTITY"

    def rows(self, form: Formulation) -> None:
        for future in form.futures:
            last, path = future.nodes[-1], {node.index for node in future.nodes}
            for limit in future.case.of(QuantityLimit) if future.leads(last) else ():
                weights = _weights(future.case, limit)
                for side, bound in limit.sides():
                    terms = [
                        (side.sign * weights[made.decision.key.contract], made.variable)
                        for made in form.made
                        if made.decision.key.action in SIGNED
                        and made.decision.key.contract in weights
                        and made.node.index in path
                    ]
                    index = (limit.limit, str(last.quarter))
                    form.limit(side.code, last, index, terms, upper=bound, unit="weighted units")

    def check(self, books: Books) -> Iterator[Finding]:
        last = books.case.calendar.end + -1
        for limit in books.case.of(QuantityLimit):
            weights = _weights(books.case, limit)
            signed = {
                contract: sum(units for key_, units in books.decided.on(contract) if key_.action in SIGNED)
                for contract in weights
            }
            total = sum(weight * signed[contract] for contract, weight in weights.items())
            for side, bound in limit.sides():
                place = f"{side.code} {limit.limit} {last}"
                yield from exceeded(place, "weighted units", side.sign * total, bound, total)


def _weights(case: Case, limit: QuantityLimit) -> dict[str, float]:
    return {row.contract: row.weight for row in case.of(QuantityWeight) if row.limit == limit.limit}
