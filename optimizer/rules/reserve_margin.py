"""Reserve margin: firm capacity stays ahead of its use.

  (RESERVE-1)  usable firm GPUs[g,t] - firm GPUs used[g,t] + overrun >= margin x firm GPUs used[g,t]
over the sites and systems in scope, in each segment of each quarter. Usable is after availability and resale.
"""

from collections.abc import Iterator
from functools import partial

from optimizer.case.tree import Node
from optimizer.errors import Finding
from optimizer.futures.future import Future
from optimizer.ledger.keys import Key, Supply
from optimizer.ledger.operation import INTERRUPTIBLE, SERVED
from optimizer.rules.books import Books, exceeded
from optimizer.rules.capacity import gpus_per_unit
from optimizer.rules.formulation import Formulation, Terms
from optimizer.rules.limit import admitted, overrun
from optimizer.rules.policy import Policy, PolicyKind, PolicyRule
from optimizer.tables.quarter import Quarter

CODE = "RESERVE-1"
SIGNS = ((SERVED, 1.0), (INTERRUPTIBLE, -1.0))


class ReserveMargin(PolicyRule):
    """Keep a margin of firm capacity over its use."""

    CODE = "RESERVE"
    KINDS = (PolicyKind.RESERVE_MARGIN,)

    def restrict(self, form: Formulation, future: Future, policy: Policy) -> None:
        used = self._used(form, policy)
        for span in policy.spans(future.case):
            for node, _ in form.ends(future, span):
                for segment in future.case.segments:
                    at = segment.segment
                    use = used.get((at, node.index), [])
                    if use:
                        terms = [((1.0 + policy.limit) * gpus, variable) for gpus, variable in use]
                        terms += [(-gpus, variable) for gpus, variable in self._usable(form, policy, node, at)]
                        terms += overrun(form, CODE, policy, node, at)
                        index, unit = (policy.policy, at, span.label), policy.kind.violation_unit
                        form.limit(CODE, node, index, terms, upper=0.0, unit=unit)

    def _used(self, form: Formulation, policy: Policy) -> dict[tuple[str, int], Terms]:
        """Firm GPUs used, by segment and node."""
        used: dict[tuple[str, int], Terms] = {}
        for operation, sign in SIGNS:
            for made in form.each(operation):
                workload, site, accelerator, segment = made.index
                if policy.at(site, accelerator):
                    gpus = sign * gpus_per_unit(form.at(made.node), workload, accelerator)
                    used.setdefault((segment, made.node.index), []).append((gpus, made.variable))
        return used

    def _usable(self, form: Formulation, policy: Policy, node: Node, segment: str) -> Terms:
        lines = form.select(partial(_firm, policy, segment), node)
        return [(line.coefficient, line.variable) for _, line in lines]

    def check(self, books: Books) -> Iterator[Finding]:
        for policy in self.policies(books.case):
            for span in policy.spans(books.case):
                for segment in books.case.segments:
                    at = segment.segment
                    used = self._used_in(books, policy, span.last, at)
                    there = books.sum(partial(_firm, policy, at), span.last)
                    there += admitted(books, CODE, policy, span.last, at)
                    place = f"{CODE} {policy.policy} {at} {span.label}"
                    what = "firm use with its reserve (GPUs)"
                    yield from exceeded(place, what, used + policy.limit * used, there)

    def _used_in(self, books: Books, policy: Policy, quarter: Quarter, segment: str) -> float:
        used = 0.0
        for operation, sign in SIGNS:
            for key, units in books.operated.of(operation, quarter):
                workload, site, accelerator, at = key.index
                if at == segment and policy.at(site, accelerator):
                    used += sign * units * gpus_per_unit(books.case, workload, accelerator)
        return used


def _firm(policy: Policy, segment: str, account: Key) -> bool:
    return (
        isinstance(account, Supply)
        and account.firm
        and account.segment in ("", segment)
        and policy.at(account.site, account.accelerator)
    )
