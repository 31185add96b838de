"""Backstops: the supplier decides. The buyer must take what the supplier could not sell to others, up to a cap.

The draw is data, not a decision. A backstop that comes with an offer binds only once that offer has been signed.

Decision: b[k,q] blocks taken in q.
Constraints
  (BACKSTOP-1)  b[k,q] = draw[k,q] x sum_{q' <= q} f[base[k],q']      taken in full once the offer is signed
                b[k,q] = draw[k,q]                                    where it comes with no offer
Money (USD per block): (BACKSTOP-M1) invoices as for a reserved block (BLOCK-M1), from the draw on.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from optimizer.case.case import Case
from optimizer.contracts.block import TOLERANCE, Dependent
from optimizer.contracts.terms import DeliveryTerms
from optimizer.errors import Finding
from optimizer.ledger.books import Decided, Entry
from optimizer.ledger.decision import Action, Decision, DecisionKey, Posting, Relation, Selector
from optimizer.ledger.keys import ENERGY, Cash, Category, Commitment
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
    CATEGORIES = (BACKSTOP, ENERGY)

    backstop: str = key("name of the backstop")
    comes_with: str = reference("the offer it comes with; blank is bound already", "blocks", default="")
    cap_blocks: float = number("blocks", "most blocks the supplier may put in all")

    def depends_on(self) -> tuple[str, ...]:
        return (self.comes_with,) if self.comes_with else ()

    def draws(self, case: Case) -> Iterator[tuple[Quarter, float]]:
        """Quarters of the horizon in which blocks are put to the buyer."""
        for row in case.of(BackstopDraw):
            if row.backstop == self.backstop:
                yield from ((q, blocks) for q, blocks in row.blocks.items() if blocks and case.calendar.planned(q))

    def decisions(self, case: Case) -> Iterator[Decision]:
        for q, blocks in self.draws(case):
            delivery = self.delivery(q)
            owed = Posting(Commitment(), q, delivery.total_billed(case), self.price)
            yield Decision(
                DecisionKey(Action.TAKE, self.backstop, q),
                self.supplier,
                "blocks",
                upper=blocks,
                lower=0.0 if self.comes_with else blocks,
                postings=(*delivery.capacity(case), *delivery.invoices(case, BACKSTOP), owed),
            )

    def relations(self, case: Case) -> Iterator[Relation]:
        if not self.comes_with:
            return
        for q, blocks in self.draws(case):
            taken = Selector(Action.TAKE, self.backstop, q, q)
            bound = Selector(Action.START, self.comes_with, case.calendar.first, q)
            yield Relation("BACKSTOP-1", self.backstop, q, ((1.0, taken), (-blocks, bound)))
            yield Relation("BACKSTOP-1", self.backstop, q, ((-1.0, taken), (blocks, bound)))

    def replay(self, case: Case, decided: Decided) -> Iterator[Entry | Finding]:
        for key_, blocks in decided.of(self.backstop, Action.TAKE):
            statements = self.statements(case, key_.quarter, blocks)
            yield from self.replay_delivery(case, statements, BACKSTOP)
            yield self.entry(Commitment(), key_.quarter, sum(row.invoice for row in statements))
        for q, blocks in self.draws(case):
            bound = not self.comes_with or decided.until(self.comes_with, Action.SIGN, q) > 0
            taken = decided.quantity(DecisionKey(Action.TAKE, self.backstop, q))
            owed = blocks if bound else 0.0
            if abs(taken - owed) > TOLERANCE * max(1.0, blocks):
                yield Finding(
                    f"BACKSTOP-1 {self.backstop} {q}",
                    f"{taken:g} blocks are taken",
                    f"{owed:g}, what the supplier puts",
                    "this is a fault of the plan: solve again",
                )

    def problems(self, case: Case) -> Iterator[Problem]:
        yield from super().problems(case)
        drawn = sum(blocks for _, blocks in self.draws(case))
        if drawn > self.cap_blocks:
            yield Problem(
                "cap_blocks", f"{self.cap_blocks:g}", f"at least the {drawn:g} blocks drawn", "lower the draws"
            )
