"""Terms as signed: a contract keeps them when its row says something else by now, unless what came true says it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from optimizer.case.case import Case
from optimizer.contracts.contract import Contract
from optimizer.contracts.parts.signed import Signed, SignedTerm
from optimizer.errors import Finding, Level
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
        paper, alike = old.as_signed(before, signed), new is not None and type(new) is type(old)
        for column, _ in columns_of(type(old)):
            value = getattr(paper, column)
            offered = getattr(new if alike else old, column)
            if value != offered and column not in old.OFFER:
                standing = getattr(plain[name], column) if alike else offered
                yield Kept(SignedTerm.of(name, signed, column, value), offered, value == standing)
