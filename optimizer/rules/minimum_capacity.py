"""Minimum capacity: so many GPUs stand ready, in scope, in each quarter.

(MINIMUM-1)  installed GPUs + overrun >= limit        GPUs, before availability; spot as its average over the quarter
"""

import math
from collections.abc import Iterator

from optimizer.errors import Finding
from optimizer.futures.future import Future
from optimizer.rules.books import TOLERANCE, Books, broken
from optimizer.rules.formulation import Formulation, Terms
from optimizer.rules.limit import admitted, overrun
from optimizer.rules.policy import Policy, PolicyKind, PolicyRule

CODE = "MINIMUM-1"


class MinimumCapacity(PolicyRule):
    """Keep a minimum of capacity."""

    CODE = "MINIMUM"
    KINDS = (PolicyKind.MINIMUM_CAPACITY,)

    def restrict(self, form: Formulation, future: Future, policy: Policy) -> None:
        for span in policy.spans(future.case):
            for node, _ in form.ends(future, span):
                terms: Terms = [
                    (-line.coefficient, line.variable)
                    for _, line in form.select(policy.covers, node)
                    if policy.supplier in ("", line.supplier)
                ]
                terms += overrun(form, CODE, policy, node)
                index, unit = (policy.policy, span.label), policy.kind.violation_unit
                form.limit(CODE, node, index, terms, upper=-policy.limit, unit=unit)

    def check(self, books: Books) -> Iterator[Finding]:
        for policy in self.policies(books.case):
            for span in policy.spans(books.case):
                entries = books.select(policy.covers, span.last)
                gpus = math.fsum(entry.amount for entry in entries if policy.supplier in ("", entry.supplier))
                beyond = admitted(books, CODE, policy, span.last)
                if gpus + beyond < policy.limit - TOLERANCE * max(1.0, policy.limit):
                    place = f"{CODE} {policy.policy} {span.label}"
                    yield broken(place, f"{gpus:,.6g} GPUs are installed", f"at least {policy.limit:,.6g}")
