"""Limits that are hard, or bend at a price: what budgets, policies and quantity limits share.

A limit with a price may be passed by an overrun o >= 0, which costs o x price in the quarter the limit ends in.
The overrun of a limit on money is counted in thousands of USD, so that the program keeps to numbers of one size.
"""

import math
from collections.abc import Iterable, Iterator
from typing import ClassVar

from optimizer.case.tree import Node
from optimizer.ledger.books import Entry
from optimizer.ledger.keys import VIOLATION, Cash
from optimizer.ledger.operation import OVERRUN
from optimizer.rules.books import Books
from optimizer.rules.formulation import Formulation, Terms
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import Record, Term

THOUSAND = 1000.0


class Limit(Record):
    """A row that limits something. `PRICE` names its column with the price of passing the limit; blank is hard."""

    PRICE: ClassVar[str]

    @property
    def price(self) -> Term | None:
        """The cell that prices a unit of overrun; None where the limit is hard."""
        return None if getattr(self, self.PRICE) is None else self.term(self.PRICE)


def overrun(form: Formulation, code: str, limit: Limit, node: Node, part: str = "", units: float = 1.0) -> Terms:
    """The overrun of one row, as a term to add to a row `... <= bound`; nothing where the limit is hard.

    `units` is what one unit of the overrun counts in the unit of the price. `part` tells rows of one limit and quarter
    apart, such as load segments.
    """
    price = limit.price
    if price is None:
        return []
    index = (code, limit.name, part)
    form.operate(OVERRUN, [(index, node)])
    form.charge(VIOLATION, OVERRUN, index, node, units, price, limit.name)
    variable = form.operations[OVERRUN, index, node.index]
    return [(-units, variable)]


def admitted(books: Books, code: str, limit: Limit, quarter: Quarter, part: str = "", units: float = 1.0) -> float:
    """What the plan admits beyond the limit, in the unit of its price; 0 where the limit is hard."""
    if limit.price is None:
        return 0.0
    return units * books.operated.quantity(OVERRUN, quarter, code, limit.name, part)


def violations(books: Books, code: str, limits: Iterable[Limit], units: float = 1.0) -> Iterator[Entry]:
    """What the overruns of one code cost."""
    by_name = {limit.name: limit for limit in limits}
    for quarter in books.case.calendar.quarters:
        for key, amount in books.operated.of(OVERRUN, quarter):
            if key.part("rule") == code and key.part("limit") in by_name:
                limit = by_name[key.part("limit")]
                price = 0.0 if limit.price is None else limit.price.value
                yield Entry(Cash(VIOLATION), quarter, limit.name, "", amount * units * price)


def scaled(terms: Terms, bound: float) -> tuple[Terms, float, float]:
    """Terms, bound and unit of a row in a unit that brings it near 1: the power of 1,000 at or below its middle.

    The middle is the geometric mean of two sizes: that of the coefficients (their geometric mean), and the bound.
    """
    sizes = [math.log10(abs(coefficient)) for coefficient, _ in terms if coefficient]
    middles = [math.fsum(sizes) / len(sizes)] if sizes else []
    middles += [math.log10(abs(bound))] if bound else []
    unit = 1000.0 ** math.floor(math.fsum(middles) / len(middles) / 3.0) if middles else 1.0
    return [(coefficient / unit, variable) for coefficient, variable in terms], bound / unit, unit
