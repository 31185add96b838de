"""Spot share: no more than a share of the capacity is bought by the hour.

  (SPOT-SHARE-1)  GPUs bought by the hour - overrun <= share x installed GPUs        in each quarter, in scope
Bought by the hour is spot and on-demand alike: both leave the buyer to the market. What may be interrupted is limited
by the firm share of each workload. GPUs are averages over the quarter, so that the share is one of GPU-hours.
"""

from collections.abc import Iterator

from optimizer.case.case import Case
from optimizer.contracts.contract import Contract
from optimizer.errors import Finding
from optimizer.futures.future import Future
from optimizer.rules.books import Books, exceeded
from optimizer.rules.formulation import Formulation, Terms
from optimizer.rules.limit import admitted, overrun
from optimizer.rules.policy import Policy, PolicyKind, PolicyRule

CODE = "SPOT-SHARE-1"


class SpotShare(PolicyRule):
    """Hold capacity that is bought by the hour to a share."""

    CODE = "SPOT-SHARE"
    KINDS = (PolicyKind.SPOT_SHARE,)

    def restrict(self, form: Formulation, future: Future, policy: Policy) -> None:
        hourly = _hourly(future.case)
        for span in policy.spans(future.case):
            for node, _ in form.ends(future, span):
                terms: Terms = [
                    (line.coefficient * ((line.source in hourly) - policy.limit), line.variable)
                    for _, line in form.select(policy.covers, node)
                ]
                if terms:
                    terms += overrun(form, CODE, policy, node)
                    index, unit = (policy.policy, span.label), policy.kind.violation_unit
                    form.limit(CODE, node, index, terms, upper=0.0, unit=unit)

    def check(self, books: Books) -> Iterator[Finding]:
        hourly = _hourly(books.case)
        for policy in self.policies(books.case):
            for span in policy.spans(books.case):
                bought = total = 0.0
                for entry in books.select(policy.covers, span.last):
                    total += entry.amount
                    bought += entry.amount if entry.source in hourly else 0.0
                beyond = admitted(books, CODE, policy, span.last)
                place = f"{CODE} {policy.policy} {span.label}"
                yield from exceeded(place, "bought by the hour (GPUs)", bought - beyond, policy.limit * total, total)


def _hourly(case: Case) -> set[str]:
    return {contract.name for contract in case.of(Contract) if contract.BY_THE_HOUR}
