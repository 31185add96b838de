"""What a dollar of a quarter weighs in the objective."""

from optimizer.case.case import Case
from optimizer.ledger.keys import Category
from optimizer.tables.quarter import Quarter

MONEY = "USD"
"""The unit of what counts money, whatever the currency of the case."""


def weight(case: Case, category: Category, quarter: Quarter) -> float:
    """Present value in the objective of 1 USD of `category` paid in `quarter`.

    (MONEY-1) discounted to the as-of quarter; (MONEY-5) what was paid before it is spent, and counts 0; (MONEY-4)
    service invoiced beyond the horizon counts only for the share that is not assumed to be worth its price: 1 - tail
    value.
    """
    if case.calendar.settled(quarter):
        return 0.0
    value = case.calendar.discount(quarter)
    if category.service and quarter >= case.calendar.end:
        value *= 1.0 - case.settings.tail_value
    return value
