"""Shortfall share: no more of the demand of a period goes unserved than a share of it, whatever comes.

  (SHORT-1)  sum over the period of hours[g,t] x shortfall[w,g,t] - overrun
             <= share x sum over the period of hours[g,t] x load[w,g,t]                unit-hours
over the segments of the period and over the workload of the policy, or all workloads added up. Load is what is demanded
before anything is deferred. In a case with scenarios the limit holds in each of them by itself, on the path it takes:
a limit on every outcome, where CVaR and the mean limit only many outcomes together.
"""

import math
from collections.abc import Iterator

from optimizer.case.case import Case
from optimizer.case.world import Workload
from optimizer.errors import Finding
from optimizer.futures.future import Future
from optimizer.ledger.operation import SHORTFALL
from optimizer.rules.books import Books, exceeded
from optimizer.rules.formulation import Formulation, Terms
from optimizer.rules.limit import THOUSAND, admitted, overrun, scaled
from optimizer.rules.policy import Policy, PolicyKind, PolicyRule
from optimizer.tables.quarter import Quarter

CODE = "SHORT-1"


class ShortfallShare(PolicyRule):
    """Hold what goes unserved to a share of what is demanded."""

    CODE = "SHORT"
    KINDS = (PolicyKind.SHORTFALL,)
    UNITS = THOUSAND

    def restrict(self, form: Formulation, future: Future, policy: Policy) -> None:
        held = frozenset(row.workload for row in workloads(future.case, policy))
        for span in policy.spans(future.case):
            for last, nodes in form.ends(future, span):
                passed = {node.index for node in nodes}
                terms: Terms = [
                    (future.case.hours_of(made.index[1], made.node.quarter), made.variable)
                    for made in form.each(SHORTFALL)
                    if made.node.index in passed and made.index[0] in held
                ]
                if terms:
                    terms += overrun(form, CODE, policy, last, units=THOUSAND)
                    terms, most, times = scaled(terms, policy.limit * demanded(future.case, policy, *span.quarters))
                    index, unit = (policy.policy, span.label), policy.kind.violation_unit
                    form.limit(CODE, last, index, terms, upper=most, unit=unit, times=times)

    def check(self, books: Books) -> Iterator[Finding]:
        for policy in self.policies(books.case):
            for span in policy.spans(books.case):
                load = demanded(books.case, policy, *span.quarters)
                short = math.fsum(unserved(books, policy, quarter) for quarter in span.quarters)
                beyond = admitted(books, CODE, policy, span.last, units=THOUSAND)
                place = f"{CODE} {policy.policy} {span.label}"
                yield from exceeded(place, "unserved (unit-hours)", short - beyond, policy.limit * load, load)


def workloads(case: Case, policy: Policy) -> Iterator[Workload]:
    """The workloads whose shortfall counts in a policy."""
    return (row for row in case.of(Workload) if policy.workload in ("", row.workload))


def demanded(case: Case, policy: Policy, *quarters: Quarter) -> float:
    """Unit-hours demanded of what counts in a policy."""
    return math.fsum(
        case.load(workload, segment, quarter) * case.segment_hours(segment, quarter)
        for workload in workloads(case, policy)
        for segment in case.segments
        for quarter in quarters
    )


def unserved(books: Books, policy: Policy, quarter: Quarter) -> float:
    """Unit-hours of a plan that go unserved and count in a policy."""
    return math.fsum(
        units * books.case.hours_of(key.part("segment"), quarter)
        for key, units in books.operated.of(SHORTFALL, quarter)
        if policy.workload in ("", key.part("workload"))
    )
