"""What must hold of scenarios and shocks: a tree, probabilities, and nothing known before its parting."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from math import fsum

from optimizer.case.case import Case
from optimizer.case.check import check_case
from optimizer.case.scenario import Scenario
from optimizer.contracts.contract import Contract
from optimizer.futures.future import UNCERTAIN, Future, futures, inherited, standing
from optimizer.futures.known import alike
from optimizer.futures.recall import Recall
from optimizer.futures.shock import Rows, Unfit
from optimizer.ledger.decision import Decision, Relation
from optimizer.ledger.keys import Key
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import Problem, Record

TOLERANCE = 1e-6
Found = Iterator[tuple[Record, Problem]]


def check_futures(case: Case) -> Found:
    """Every problem of the scenarios, with the row it stands in; the later checks need the earlier ones to pass."""
    for stage in (_shape, _marks, _shocks, _certain, foresight):
        found = list(stage(case)) if case.of(Scenario) else []
        if found:
            yield from found
            return


def _shape(case: Case) -> Found:
    """Probabilities that sum to 1, no cycle, partings in order and ahead."""
    rows = case.of(Scenario)
    total = fsum(row.probability for row in rows)
    if abs(total - 1.0) > TOLERANCE:
        found = f"probabilities sum to {total:.6g}"
        yield rows[-1], Problem("probability", found, "a sum of 1", "make the probabilities sum to 1")
    standing = [row for row in rows if row.parts_in is None and not row.branches_from]
    for row in standing[1:]:
        found = f"{row.scenario} and {standing[0].scenario} both are the case as it stands"
        yield row, Problem("parts_in", found, "one such scenario", "fill parts_in")
    for row in rows:
        if row.parts_in is None and row.branches_from:
            yield row, Problem("parts_in", "blank", "the quarter of parting", "fill it, or clear branches_from")
        elif row.parts_in is not None and not case.calendar.as_of <= row.parts_in < case.calendar.end:
            expected = f"an open quarter, {case.calendar.as_of} to {case.calendar.end + -1}"
            cure = "correct it, or leave first_quarter and as_of to `replan --as-of`, which reads came_true"
            yield row, Problem("parts_in", str(row.parts_in), expected, cure)
        yield from _ancestry(case, row)


def _ancestry(case: Case, row: Scenario) -> Found:
    seen = [row.scenario]
    while row.branches_from:
        before = case.get(Scenario, row.branches_from)
        if before.scenario in seen:
            ring = " from ".join((*seen, before.scenario))
            yield row, Problem("branches_from", f"a circle: {ring}", "a tree", "clear one of them")
            return
        if before.parts_in is not None and row.parts_in is not None and row.parts_in <= before.parts_in:
            expected = f"a quarter after {before.parts_in}, in which {before.scenario} parts"
            cure = "part later, or branch from where that scenario branches from"
            yield row, Problem("parts_in", str(row.parts_in), expected, cure)
        seen.append(before.scenario)
        row = before


def _marks(case: Case) -> Found:
    """What is said to have come true in quarters the case does not have, or of scenarios that exclude each other."""
    marked = [(row, row.came_true) for row in case.of(Scenario) if row.came_true is not None]
    for row, quarter in marked:
        if not case.calendar.planned(quarter):
            expected = f"a quarter of the case, {case.calendar.first} to {case.calendar.end + -1}"
            yield row, Problem("came_true", str(quarter), expected, "correct it")
    names = tuple(row.scenario for row in case.of(Scenario))
    for row, quarter in marked:
        left = alike(case, names, row.scenario, quarter)
        if not left:
            others = ", ".join(names)
            found = f"{row.scenario} by {quarter}, when the rows above leave {others}"
            yield row, Problem("came_true", found, "one course of events", "clear one of them")
            return
        names = left


def _shocks(case: Case) -> Found:
    """Shocks that cannot be applied: unknown cells, values out of range, what was known before the parting."""
    base = standing(case)
    for row in case.of(Scenario):
        rows = Rows(base)
        for shock, known in inherited(case, row.scenario):
            try:
                rows.change(shock, known)
            except Unfit as unfit:
                if shock.scenario == row.scenario:
                    yield shock, unfit.problem


def _certain(case: Case) -> Found:
    """What is wrong with the case of a scenario and not with the case as it stands."""
    known, asked = Counter(_domain(case)), Recall(lambda row, of: tuple(row.problems(of)))
    for future in futures(case):
        for place, problem in (Counter(_recalled(future.case, asked)) - known).elements():
            row = case.get(Scenario, future.name)
            found = f"its shocks make {place} wrong in {problem.column}: {problem.found}"
            yield row, Problem("scenario", found, problem.expected, f"correct the shocks, or {problem.cure}")


def _domain(case: Case) -> Iterator[tuple[str, Problem]]:
    return ((f"{record.TABLE.name} {record.name}", problem) for record, problem in domain(case))


def _recalled(case: Case, asked: Recall[tuple[Problem, ...]]) -> Iterator[tuple[str, Problem]]:
    """The domain of a future; rows that read the same as in another future are not asked again."""
    plain = asked.untitled(case)
    for record in plain.records:
        for problem in asked.ask(record, plain):
            yield f"{record.TABLE.name} {record.name}", problem
    yield from ((f"{record.TABLE.name} {record.name}", problem) for record, problem in check_case(case))


def domain(case: Case) -> Found:
    """What is wrong with the rows of a case that is certain, in the light of one another."""
    for record in case.records:
        if not isinstance(record, UNCERTAIN):
            for problem in record.problems(case):
                yield record, problem
    yield from check_case(case)


def foresight(case: Case) -> Found:
    """(SHOCK-2) What scenarios that have not parted would be offered, or would owe, on different terms."""
    offers: dict[str, _Offered] = {}
    asked = Recall(lambda row, of: (tuple(row.decisions(of)), tuple(row.relations(of))))
    for future in futures(case):
        mine = offers[future.name] = _Offered(future, asked)
        for other in dict.fromkeys(node.scenarios[0] for node in future.nodes):
            if other != future.name:
                told = mine.told_from(offers[other])
                if told is not None:
                    cure = "limit the shock to what is signed from the parting on (since), or let it part earlier"
                    row = case.get(Scenario, future.name)
                    expected = f"no difference to {other} before they part"
                    yield row, Problem("parts_in", told, expected, cure)
                    return


class _Offered:
    """What a future offers, by decision, and its relations."""

    def __init__(self, future: Future, asked: Recall[tuple[tuple[Decision, ...], tuple[Relation, ...]]]) -> None:
        self.future = future
        plain = asked.untitled(future.case)
        found = [asked.ask(contract, plain) for contract in plain.of(Contract)]
        self.decisions = {one.key: one for decisions, _ in found for one in decisions}
        self.relations = {one for _, relations in found for one in relations}

    def told_from(self, other: "_Offered") -> str | None:
        """What shows, at a node that both pass, which of the two it is; None if nothing does."""
        pairs = zip(self.future.nodes, other.future.nodes, strict=True)
        last = max(mine.quarter for mine, their in pairs if mine is their)
        for key in dict.fromkeys((*self.decisions, *other.decisions)):
            if key.quarter <= last:
                mine, their = self.decisions.get(key), other.decisions.get(key)
                if mine is None or their is None:
                    return f"{key} can be decided in one of them only"
                if mine != their and (quarter := _differ(mine, their, last)):
                    return f"{key} is not the same in {quarter}"
        for relation in self.relations ^ other.relations:
            if relation.quarter <= last:
                return f"the limit {relation.code} of {relation.contract} is not the same in {relation.quarter}"
        return None


def _differ(mine: Decision, their: Decision, last: Quarter) -> str:
    """The quarter up to the last shared one in which two versions of a decision are not the same; empty if none."""
    if replace(mine, postings=()) != replace(their, postings=()):
        return str(mine.key.quarter)
    first, second = Counter(_posted(mine, last)), Counter(_posted(their, last))
    return next((str(quarter) for _, quarter, _ in (first - second) + (second - first)), "")


def _posted(decision: Decision, last: Quarter) -> Iterator[tuple[Key, Quarter, float]]:
    seen = (posting for posting in decision.postings if posting.quarter <= last)
    return ((posting.key, posting.quarter, posting.coefficient) for posting in seen)
