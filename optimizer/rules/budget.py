"""Budgets: limits on money, by quarter, fiscal year or over the horizon.

  (BUDGET-1)  sum over the quarters of the period of the measure - overrun <= sum of the amounts of these quarters
The measure is cash paid, money newly committed or prepayments, in USD of the quarter, not discounted; cash is net of
credits and other receipts. It may be narrowed to one category of cash or one supplier. A blank amount is no limit on
its quarter; a longer period is limited by the sum of the amounts it has, and not at all if it has none.
Money: (BUDGET-M1) overrun x its price, in the quarter the period ends in; a budget without a price is hard.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from optimizer.case.case import Case
from optimizer.case.tree import Node
from optimizer.contracts.contract import categories
from optimizer.errors import Finding
from optimizer.ledger.books import Entry
from optimizer.ledger.keys import PREPAYMENT, VIOLATION, Cash, Commitment, Key
from optimizer.rules.books import Books, exceeded
from optimizer.rules.formulation import Formulation, Terms
from optimizer.rules.limit import THOUSAND, Limit, admitted, overrun, scaled, violations
from optimizer.rules.money import MONEY
from optimizer.rules.period import Period, Span, spans
from optimizer.rules.rule import Rule, rule_categories
from optimizer.tables.columns import Blank, choice, key, number, reference, series, text
from optimizer.tables.record import Problem, Series, TableSpec

CODE = "BUDGET-1"


class Measure(Enum):
    """What money a budget counts."""

    CASH = "cash"
    COMMITMENTS = "new commitments"
    PREPAYMENTS = "prepayments"


@dataclass(frozen=True, kw_only=True)
class Budget(Limit):
    """A limit on money."""

    TABLE = TableSpec("budgets", "Budgets", "a limit on money, by quarter", 300)
    PRICE = "violation_cost_usd_per_usd"

    budget: str = key("name of the budget")
    measure: Measure = choice("cash paid, money newly committed, or prepayments", Measure, Measure.CASH)
    period: Period = choice("how long it counts: its amounts are added up over the period", Period, Period.QUARTER)
    category: str = text("one category of cash, as plans name it; blank is all", "")
    supplier: str = reference("one supplier; blank is all", "suppliers", default="")
    violation_cost_usd_per_usd: float | None = number(
        "USD per USD", "price of each dollar beyond the budget; blank: it is never passed", None
    )
    amount: Series = series("USD", "budget of the quarter", Blank.UNLIMITED)

    def limits(self, case: Case) -> Iterator[tuple[Span, float]]:
        """Periods of the horizon that are limited, with their limits in USD."""
        for span in spans(case, self.period):
            amounts = [self.amount.at(quarter) for quarter in span.quarters]
            given = [amount for amount in amounts if amount is not None]
            if given:
                yield span, sum(given)

    def counts(self, account: Key) -> bool:
        """Whether money on the account counts."""
        if self.measure is Measure.COMMITMENTS:
            return isinstance(account, Commitment)
        if not isinstance(account, Cash) or not account.category.cash:
            return False
        if self.measure is Measure.PREPAYMENTS:
            return account.category == PREPAYMENT
        return not self.category or account.category.label == self.category

    def problems(self, case: Case) -> Iterator[Problem]:
        labels = sorted({one.label for one in (*categories(), *rule_categories()) if one.cash})
        if self.category and self.category not in labels:
            yield Problem("category", self.category, f"one of: {', '.join(labels)}", "correct it, or leave it blank")
        if self.category and self.measure is not Measure.CASH:
            cure = "clear the category, or set the measure to cash"
            yield Problem("category", self.category, f"blank where the measure is {self.measure.value}", cure)


class Budgets(Rule):
    """Stay within the money there is."""

    CODE = "BUDGET"
    CATEGORIES = (VIOLATION,)

    def rows(self, form: Formulation) -> None:
        for future in form.futures:
            for budget in future.case.of(Budget):
                for span, limit in budget.limits(future.case):
                    for last, nodes in form.ends(future, span):
                        self._row(form, budget, limit, (budget.budget, span.label), last, nodes)

    def _row(
        self, form: Formulation, budget: Budget, limit: float, index: tuple[str, str], last: Node, nodes: Iterable[Node]
    ) -> None:
        terms = [term for node in nodes for term in _spent(form, budget, node)]
        if terms:
            terms += overrun(form, CODE, budget, last, units=THOUSAND)
            terms, bound, unit = scaled(terms, limit)
            form.limit(CODE, last, index, terms, upper=bound, unit=MONEY, times=unit)

    def replay(self, books: Books) -> Iterator[Entry]:
        yield from violations(books, CODE, books.case.of(Budget), THOUSAND)

    def check(self, books: Books) -> Iterator[Finding]:
        for budget in books.case.of(Budget):
            for span, limit in budget.limits(books.case):
                entries = books.select(budget.counts, *span.quarters)
                amounts = [entry.amount for entry in entries if budget.supplier in ("", entry.supplier)]
                beyond = admitted(books, CODE, budget, span.last, units=THOUSAND)
                spent, turnover = sum(amounts), sum(abs(amount) for amount in amounts)
                place = f"{CODE} {budget.budget} {span.label}"
                yield from exceeded(place, f"{budget.measure.value} (USD)", spent - beyond, limit, turnover)


def _spent(form: Formulation, budget: Budget, node: Node) -> Terms:
    """What the budget counts at a node, USD."""
    return [
        (line.coefficient, line.variable)
        for _, line in form.select(budget.counts, node)
        if budget.supplier in ("", line.supplier)
    ]
