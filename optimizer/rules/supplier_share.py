"""Supplier shares: no supplier gets more than a share of the spend, or of the capacity.

  (SPEND-1)     cash of the supplier - overrun <= share x cash of all suppliers        over the period, USD
  (CAPSHARE-1)  installed GPUs of the supplier - overrun <= share x installed GPUs     in each quarter, in scope
Cash is net of credits and other receipts, not discounted. Installed GPUs count before availability; spot counts as its
average over the quarter. A policy without a supplier holds for each supplier by itself.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import partial

from optimizer.case.case import Case
from optimizer.case.tree import Node
from optimizer.case.world import Supplier
from optimizer.errors import Finding
from optimizer.futures.future import Future
from optimizer.ledger.keys import Cash, Key
from optimizer.rules.books import Books, exceeded
from optimizer.rules.formulation import Formulation, Terms
from optimizer.rules.limit import THOUSAND, admitted, overrun, scaled
from optimizer.rules.period import Span
from optimizer.rules.policy import Policy, PolicyKind, PolicyRule


class SupplierShare(PolicyRule):
    """Hold each supplier to a share of what `counts` counts."""

    WHAT: str

    def counts(self, policy: Policy, account: Key) -> bool:
        """Whether an amount on the account counts."""
        raise NotImplementedError

    def restrict(self, form: Formulation, future: Future, policy: Policy) -> None:
        for span in policy.spans(future.case):
            for last, nodes in form.ends(future, span):
                by_supplier = self._by_supplier(form, policy, nodes)
                for supplier in _held(future.case, policy):
                    if supplier in by_supplier:
                        self._row(form, policy, span, last, supplier, by_supplier)

    def _row(
        self, form: Formulation, policy: Policy, span: Span, last: Node, supplier: str, by_supplier: dict[str, Terms]
    ) -> None:
        code = f"{self.CODE}-1"
        terms: Terms = []
        for name, amounts in by_supplier.items():
            weight = (1.0 if name == supplier else 0.0) - policy.limit
            terms += [(weight * amount, variable) for amount, variable in amounts]
        terms += overrun(form, code, policy, last, supplier, self.UNITS)
        terms, _, times = scaled(terms, 0.0)
        index, unit = (policy.policy, supplier, span.label), policy.kind.violation_unit
        form.limit(code, last, index, terms, upper=0.0, unit=unit, times=times)

    def _by_supplier(self, form: Formulation, policy: Policy, nodes: Iterable[Node]) -> dict[str, Terms]:
        amounts: defaultdict[str, Terms] = defaultdict(list)
        for node in nodes:
            for _, line in form.select(partial(self.counts, policy), node):
                if line.supplier:
                    amounts[line.supplier].append((line.coefficient, line.variable))
        return amounts

    def check(self, books: Books) -> Iterator[Finding]:
        for policy in self.policies(books.case):
            for span in policy.spans(books.case):
                amounts: defaultdict[str, float] = defaultdict(float)
                for entry in books.select(partial(self.counts, policy), *span.quarters):
                    if entry.supplier:
                        amounts[entry.supplier] += entry.amount
                total = sum(amounts.values())
                for supplier in _held(books.case, policy):
                    code = f"{self.CODE}-1"
                    beyond = admitted(books, code, policy, span.last, supplier, self.UNITS)
                    place = f"{code} {policy.policy} {supplier} {span.label}"
                    spent = amounts.get(supplier, 0.0) - beyond
                    yield from exceeded(place, self.WHAT, spent, policy.limit * total, total)


class ShareOfSpend(SupplierShare):
    """Hold each supplier to a share of the spend."""

    CODE = "SPEND"
    KINDS = (PolicyKind.SHARE_OF_SPEND,)
    UNITS = THOUSAND
    WHAT = "spend (USD)"

    def counts(self, policy: Policy, account: Key) -> bool:
        return isinstance(account, Cash) and account.category.cash


class ShareOfCapacity(SupplierShare):
    """Hold each supplier to a share of the capacity."""

    CODE = "CAPSHARE"
    KINDS = (PolicyKind.SHARE_OF_CAPACITY,)
    WHAT = "installed GPUs"

    def counts(self, policy: Policy, account: Key) -> bool:
        return policy.covers(account)


def _held(case: Case, policy: Policy) -> tuple[str, ...]:
    return (policy.supplier,) if policy.supplier else tuple(row.supplier for row in case.of(Supplier))
