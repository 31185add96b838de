"""Number of suppliers: not too many to manage, or not too few to be safe.

Operation: engaged[u,t] = 1 if anything has been signed with supplier u up to t.

  (SUPPLIERS-1)  quantity[d,t] <= upper[d] engaged[u,t]           for each signing, purchase, option and draw d of u
                 chosen[k,t]   <= engaged[u,t]                    where a contract decides on being signed at all
  (SUPPLIERS-2)  engaged[u,t-1] <= engaged[u,t]                   engaged for good
  (SUPPLIERS-3)  engaged[u,t] <= engaged[u,t-1] + sum_d quantity[d,t] / least[d]
  (SUPPLIERS-4)  sum_u engaged[u,t] - overrun <= limit            at the end of the horizon (maximum)
                 sum_u engaged[u,t] + overrun >= limit            at the end of the horizon (minimum)
least is what must be signed, else 1 where whole units are signed, else 1/100 of a unit. Commitments count; what is
bought by the hour does not.
"""

from collections import defaultdict
from collections.abc import Iterator

from optimizer.contracts.contract import Contract
from optimizer.errors import Finding
from optimizer.futures.future import Future
from optimizer.ledger.books import Entry
from optimizer.ledger.decision import Action
from optimizer.ledger.operation import ENGAGED
from optimizer.rules.books import TOLERANCE, Books, broken
from optimizer.rules.formulation import Formulation, Made, Terms
from optimizer.rules.limit import admitted, overrun, violations
from optimizer.rules.policy import Policy, PolicyKind, PolicyRule
from optimizer.tables.quarter import Quarter

LEAST_DIVISIBLE = 0.01
BINDING = (Action.SIGN, Action.HOLD, Action.EXERCISE, Action.TAKE, Action.GIVEN)
CODE = "SUPPLIERS-4"
SIGNS = {PolicyKind.MAXIMUM_SUPPLIERS: 1.0, PolicyKind.MINIMUM_SUPPLIERS: -1.0}


class SupplierCount(PolicyRule):
    """Keep the number of suppliers within bounds."""

    CODE = "SUPPLIERS"
    KINDS = tuple(SIGNS)

    def declare(self, form: Formulation) -> None:
        if any(any(self.policies(future.case)) for future in form.futures):
            suppliers = dict.fromkeys(made.decision.supplier for made in _binding(form))
            form.operate(ENGAGED, (((supplier,), node) for node in form.nodes for supplier in suppliers))

    def rows(self, form: Formulation) -> None:
        if form.each(ENGAGED):
            self._engage(form)
        super().rows(form)

    def _engage(self, form: Formulation) -> None:
        signed: defaultdict[tuple[str, int], Terms] = defaultdict(list)
        chosen = {
            (made.decision.key.contract, made.node.index): made.variable
            for made in form.made
            if made.decision.key.action is Action.CHOOSE
        }
        for made in _binding(form):
            supplier, node = made.decision.supplier, made.node
            engaged = form.operations[ENGAGED, (supplier,), node.index]
            signed[supplier, node.index].append((1.0 / _least(made), made.variable))
            choice = chosen.get((made.decision.key.contract, node.index))
            links: Terms = [(1.0, made.variable), (-made.decision.upper, engaged)]
            offer, unit = (made.decision.key.contract, str(node.quarter)), made.decision.unit
            if choice is not None:
                links, unit = [(1.0, choice), (-1.0, engaged)], "suppliers"
            form.limit("SUPPLIERS-1", node, offer, links, upper=0.0, unit=unit)
        for operates in form.each(ENGAGED):
            node, index = operates.node, (*operates.index, str(operates.node.quarter))
            new: Terms = [(1.0, operates.variable)]
            if node.parent is not None:
                before = form.operations[ENGAGED, operates.index, node.parent]
                kept: Terms = [(1.0, before), (-1.0, operates.variable)]
                form.limit("SUPPLIERS-2", node, index, kept, upper=0.0, unit="suppliers")
                new.append((-1.0, before))
            new += [(-share, variable) for share, variable in signed.get((operates.index[0], node.index), [])]
            form.limit("SUPPLIERS-3", node, index, new, upper=0.0, unit="suppliers")

    def restrict(self, form: Formulation, future: Future, policy: Policy) -> None:
        sign = SIGNS[policy.kind]
        last = future.nodes[-1]
        if future.leads(last):
            terms: Terms = [(sign, made.variable) for made in form.each(ENGAGED) if made.node is last]
            terms += overrun(form, CODE, policy, last)
            index, unit = (policy.policy, str(last.quarter)), policy.kind.violation_unit
            form.limit(CODE, last, index, terms, upper=sign * policy.limit, unit=unit)

    def replay(self, books: Books) -> Iterator[Entry]:
        yield from violations(books, CODE, self.policies(books.case))

    def check(self, books: Books) -> Iterator[Finding]:
        policies = list(self.policies(books.case))
        if policies:
            yield from self._marks(books)
        count = len(_engaged(books)) if policies else 0
        for policy in policies:
            sign, last = SIGNS[policy.kind], books.case.calendar.quarters[-1]
            beyond = admitted(books, CODE, policy, last)
            if sign * (count - policy.limit) > beyond + TOLERANCE:
                bound = "at most" if sign > 0 else "at least"
                yield broken(f"{CODE} {policy.policy}", f"{count} suppliers", f"{bound} {policy.limit:g}")

    def _marks(self, books: Books) -> Iterator[Finding]:
        """The plan says with whom anything has been signed."""
        for quarter in books.case.calendar.ahead:
            marks = {key.part("supplier"): mark for key, mark in books.operated.of(ENGAGED, quarter)}
            truth = _engaged(books, quarter)
            for supplier in sorted(marks.keys() | truth):
                mark, due = marks.get(supplier, 0.0), float(supplier in truth)
                if abs(mark - due) > TOLERANCE:
                    place = f"SUPPLIERS-1 {supplier} {quarter}"
                    yield broken(place, f"marked as engaged {mark:g} times", f"{due:g}")


def _binding(form: Formulation) -> Iterator[Made]:
    return (made for made in form.made if made.decision.key.action in BINDING)


def _least(made: Made) -> float:
    return made.decision.lower or (1.0 if made.decision.integer else LEAST_DIVISIBLE)


def _engaged(books: Books, until: Quarter | None = None) -> set[str]:
    """Suppliers with whom anything is signed in the plan, in the quarter `until` or before."""
    supplier = {contract.name: contract.supplier for contract in books.case.of(Contract)}
    signed = ((key, units) for key, units in books.decided if key.action in BINDING and units > TOLERANCE)
    return {supplier[key.contract] for key, _ in signed if until is None or key.quarter <= until}
