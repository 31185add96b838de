"""Backstops: the supplier decides. The buyer must take what the supplier could not sell to others, up to a cap.

The draw is data, not a decision. A backstop that comes with an offer binds only once that offer has been signed.

Decision: b[k,q] blocks taken in q.
Constraints
  (BACKSTOP-1)  b[k,q] = draw[k,q] x sum_{q' <= q} f[base[k],q']      taken in full once the offer is signed
                b[k,q] = draw[k,q]                                    where it comes with no offer
Money (USD per block): (BACKSTOP-M1) invoices as for a reserved block (BLOCK-M1, BLOCK-M8), from the draw on.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from optimizer.case.case import Case
from optimizer.contracts.contract import Dependent
from optimizer.contracts.parts.checks import TOLERANCE, broken, exceeds, foreign
from optimizer.contracts.parts.delivery import Delivery
from optimizer.contracts.parts.terms import DeliveryTerms
from optimizer.contracts.parts.walk import booked, walk
from optimizer.errors import Finding
from optimizer.ledger.books import Decided, Entry
from optimizer.ledger.decision import Action, Decision, DecisionKey, Posting, Relation, Selector
from optimizer.ledger.keys import ENERGY, Category, Commitment
from optimizer.tables.columns import Blank, key, number, reference, series
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import Problem, Record, Series, TableSpec

BACKSTOP = Category("backstop invoices", service=True)


@dataclass(frozen=True)
class BackstopDraw(Record):
    """Blocks the supplier puts to the buyer, by quarter of the draw."""

    TABLE = TableSpec("backstop_draws", "Backstop draws", "a backstop, by quarter", 230)

    backstop: str = reference("the backstop", "backstops")
    blocks: Series = series("blocks", "blocks put to the buyer in the quarter", Blank.ZERO)


@dataclass(frozen=True, kw_only=True)
class Backstop(DeliveryTerms, Dependent):
    """A standby purchase: the supplier's right to put unsold capacity to the buyer."""

    TABLE = TableSpec("backstops", "Backstops", "a backstop", 220)
    OFFER = ("comes_with", "cap_blocks")
    WHOLE = ("cap_blocks",)
    CATEGORIES = (BACKSTOP, ENERGY)

    backstop: str = key("name of the backstop")
    comes_with: str = reference("the offer it comes with; blank is bound already", "blocks", default="")
    cap_blocks: float = number("blocks", "most blocks the supplier may put in all")

    def depends_on(self) -> tuple[str, ...]:
        return (self.comes_with,) if self.comes_with else ()

    def draws(self, case: Case) -> Iterator[tuple[Quarter, float]]:
        """Quarters in which blocks are put to the buyer, and how many; also outside the horizon."""
        for row in case.of(BackstopDraw):
            if row.backstop == self.backstop:
                yield from ((q, blocks) for q, blocks in row.blocks.items() if blocks)

    def decisions(self, case: Case) -> Iterator[Decision]:
        """Blocks taken, one decision a draw: fixed at it, or between 0 and it where it comes with an offer."""
        for q, blocks in self.draws(case):
            if case.calendar.planned(q):
                paper = self.as_signed(case, q)
                delivery = Delivery(case, paper, q)
                owed = Posting(Commitment(), q, delivery.value(), paper.price)
                yield Decision(
                    DecisionKey(Action.TAKE, self.backstop, q),
                    self.supplier,
                    "blocks",
                    upper=blocks,
                    lower=0.0 if self.comes_with else blocks,
                    postings=(*delivery.postings(BACKSTOP), owed),
                )

    def relations(self, case: Case) -> Iterator[Relation]:
        """Rows (BACKSTOP-1): two inequalities make the equality."""
        for q, blocks in self.draws(case):
            if self.comes_with and case.calendar.planned(q):
                taken = Selector(Action.TAKE, self.backstop, q, q)
                bound = Selector(Action.START, self.comes_with, case.calendar.first, q)
                yield Relation("BACKSTOP-1", self.backstop, q, ((1.0, taken), (-blocks, bound)))
                yield Relation("BACKSTOP-1", self.backstop, q, ((-1.0, taken), (blocks, bound)))

    def replay(self, case: Case, decided: Decided) -> Iterator[Entry | Finding]:
        """Entries of what is taken, and a finding wherever that is not what the supplier puts."""
        taken = {key_.quarter: blocks for key_, blocks in decided.of(self.backstop, Action.TAKE)}
        for q, blocks in taken.items():
            paper = self.as_signed(case, q)
            rows = [row for tranche in walk(case, paper, blocks, q) for row in tranche]
            for row in rows:
                yield from booked(case, paper, row, BACKSTOP)
            yield self.entry(Commitment(), q, sum(row.invoice for row in rows))
        owed = {q: blocks for q, blocks in self.draws(case) if case.calendar.first <= q < case.calendar.end}
        for q in sorted(taken.keys() | owed.keys()):
            bound = not self.comes_with or decided.until(self.comes_with, Action.SIGN, q) > TOLERANCE
            due, got = owed.get(q, 0.0) if bound else 0.0, taken.get(q, 0.0)
            if exceeds(got, due) or exceeds(due, got):
                expected = f"{due:g}, what the supplier puts"
                yield broken("BACKSTOP-1", self.backstop, q, f"{got:g} blocks are taken", expected)
        yield from foreign(self.backstop, decided, Action.TAKE)

    def problems(self, case: Case) -> Iterator[Problem]:
        """Draws above the cap, before the horizon, or of a system that does not exist yet."""
        yield from super().problems(case)
        drawn = sum(blocks for _, blocks in self.draws(case))
        if exceeds(drawn, self.cap_blocks):
            expected = f"at least the {drawn:g} blocks drawn"
            yield Problem("cap_blocks", f"{self.cap_blocks:g}", expected, "lower the draws, or raise the cap")
        past = [str(q) for q, _ in self.draws(case) if q < case.calendar.first]
        if past:
            cure = "enter what was drawn before as a commitment, and clear it in backstop_draws"
            yield Problem("backstop", f"draws in {', '.join(past)}", f"none before {case.calendar.first}", cure)
        early = [str(q) for q, _ in self.draws(case) if q < self.first_decision(case) and str(q) not in past]
        if early:
            found = f"draws in {', '.join(early)} that deliver before {self.accelerator} is available"
            cure = "move the draws, or correct lead_quarters or available_from"
            yield Problem("backstop", found, f"draws from {self.first_decision(case)} on", cure)
