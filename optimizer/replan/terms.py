"""Terms as signed: a contract keeps them when its row says something else by now, unless what came true says it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from optimizer.case.case import Case
from optimizer.contracts.contract import Contract
from optimizer.contracts.parts.signed import Made, Signed, SignedTerm
from optimizer.errors import Finding, Level
from optimizer.futures.future import standing
from optimizer.futures.shock import Shock
from optimizer.tables.record import columns_of
from optimizer.tables.unparse import written


@dataclass(frozen=True)
class Kept:
    """A term as signed that is no longer that of its row, and what stands in the row, what came true included.

    `news` says that it was signed as the row has it without what came true: then the shock that came true is on it too.
    """

    term: SignedTerm
    now: object
    news: bool

    @property
    def finding(self) -> Finding:
        """What came true changes a term of what is signed, and the approved plan did not know of it."""
        term = self.term
        found = f"{term.column} of what was signed in {term.signed} is {written(self.now)}, as its scenario came true"
        expected = f"{term.words if term.value is None else f'{term.value:g}'}, as the approved plan has it"
        cure = "none is needed; where it is not so, enter what is so in signed_terms"
        return Finding(f"contract {term.contract}", found, expected, cure, Level.WARNING)


def kept_terms(case: Case, now: Case, before: Case, made: Iterable[Signed]) -> Iterator[Kept]:
    """Terms on which contracts were signed, where they are no longer those of their rows.

    `case` is without what came true, `now` with it, `before` is the approved plan's case with it.
    """
    old_rows = {row.name: row for row in before.of(Contract)}
    rows, plain = ({row.name: row for row in one.of(Contract)} for one in (now, case))
    for name, signed in dict.fromkeys((row.contract, row.quarter) for row in made):
        old, new = old_rows.get(name), rows.get(name)
        if old is None or old.BY_THE_HOUR:
            continue
        alike = new is not None and type(new) is type(old)
        for column, _ in columns_of(type(old)):
            value = getattr(old.agreed(before, signed, column), column)
            offered = getattr(new if alike else old, column)
            if value != offered and column not in old.OFFER:
                standing = getattr(plain[name], column) if alike else offered
                yield Kept(SignedTerm.of(name, signed, column, value), offered, value == standing)


def rights_on_paper(case: Case, before: Case, made: Iterable[Signed]) -> Iterator[SignedTerm]:
    """Terms on which rights were bought, where they are no longer those of their rows: what a scenario says of a later
    exercise changes these.

    `case` and `before`, the case of the approved plan, are without what came true. A term that a scenario changes from
    the purchase on is left out unless the change is still open in `before`: else the paper may have it already.
    """
    bought = [row for row in made if row.action is Made.HOLD]
    still_open = {shock.name for shock in before.of(Shock)}
    for kept in kept_terms(case, case, standing(before), bought):
        row = next((row for row in case.of(Contract) if row.name == kept.term.contract), None)
        changes = [shock for shock in case.of(Shock) if row is not None and shock.covers(row)]
        on_it = (shock for shock in changes if shock.column == kept.term.column and shock.name not in still_open)
        if not any(shock.since is None or shock.since <= kept.term.signed for shock in on_it):
            yield kept.term
