"""Expansion options: the right, not the duty, to take more blocks at a strike price within a window.

Decisions: h[k,q] blocks of rights bought in q (premium), e[k,q] blocks exercised in q, c[k,q] = 1 if any is exercised.

Constraints
  (OPTION-1)  sum_{q' <= q} e[k,q'] <= held[k] + sum_{q' <= q} h[k,q']       exercise only rights that are held
  (OPTION-2)  sum_{q' <= q} h[k,q'] <= ratio[k] sum_{q' <= q} n[base[k],q']  rights expand a signed base
  (OPTION-3)  held[k] + sum_q h[k,q] <= max[k]                               the option is finite
  (OPTION-4)  min[k] c[k,q] <= e[k,q] <= max[k] c[k,q]                       smallest exercise

Money (USD per block): (OPTION-M1) premium when the right is bought; (OPTION-M2) invoices at the strike as for a
reserved block (BLOCK-M1), from the exercise on.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from optimizer.case.case import Case
from optimizer.contracts.block import TOLERANCE
from optimizer.contracts.terms import DeliveryTerms
from optimizer.errors import Finding
from optimizer.ledger.books import Decided, Entry
from optimizer.ledger.decision import Action, Decision, DecisionKey, Posting, Relation, Selector
from optimizer.ledger.keys import ENERGY, Cash, Category, Commitment
from optimizer.tables.columns import flag, key, number, quarter, reference
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import Problem, TableSpec

PREMIUM = Category("option premiums")
EXERCISED = Category("option invoices", service=True)


@dataclass(frozen=True, kw_only=True)
class Option(DeliveryTerms):
    """An expansion option; its price columns are the strike."""

    TABLE = TableSpec("options", "Expansion options", "an expansion option", 210)
    CATEGORIES = (PREMIUM, EXERCISED, ENERGY)

    option: str = key("name of the option")
    expands: str = reference("the offer it expands; blank is a stand-alone option", "blocks", default="")
    max_ratio: float | None = number("blocks per block", "most rights per signed block of the base; blank is any", None)
    premium_usd_per_block: float = number("USD per block", "paid for each block of rights bought", 0.0)
    held_blocks: float = number("blocks", "rights already held at the start", 0.0)
    buy_until: Quarter | None = quarter("last quarter in which rights can be bought; blank is the window's end", None)
    exercise_from: Quarter | None = quarter("first quarter of the exercise window; blank is the first planned", None)
    exercise_until: Quarter | None = quarter("last quarter of the exercise window; blank is the last planned", None)
    min_blocks: float = number("blocks", "smallest exercise in a quarter, if any", 0.0)
    max_blocks: float = number("blocks", "most blocks in all", above=True)
    divisible: bool = flag("yes: any share of a block can be exercised", False)

    def window(self, case: Case) -> tuple[Quarter, ...]:
        """Quarters in which it can be exercised."""
        first = max(self.exercise_from or case.calendar.first, self.first_decision(case))
        last = self.exercise_until or case.calendar.end + -1
        return tuple(q for q in case.calendar.quarters if first <= q <= last)

    def buying(self, case: Case) -> tuple[Quarter, ...]:
        """Quarters in which rights can be bought: none after the last exercise."""
        window = self.window(case)
        if not window:
            return ()
        last = min(self.buy_until or window[-1], window[-1])
        return tuple(q for q in case.calendar.quarters if q <= last)

    def decisions(self, case: Case) -> Iterator[Decision]:
        for q in self.buying(case):
            premium = Posting(Cash(PREMIUM), q, 1.0, self.term("premium_usd_per_block"))
            owed = Posting(Commitment(), q, 1.0, self.term("premium_usd_per_block"))
            yield self._blocks(Action.HOLD, q, (premium, owed))
        for q in self.window(case):
            delivery = self.delivery(q)
            owed = Posting(Commitment(), q, delivery.total_billed(case), self.price)
            yield self._blocks(
                Action.EXERCISE, q, (*delivery.capacity(case), *delivery.invoices(case, EXERCISED), owed)
            )
            if self.min_blocks:
                yield Decision(DecisionKey(Action.CHOOSE, self.option, q), self.supplier, "yes/no", 1.0, integer=True)

    def _blocks(self, action: Action, q: Quarter, postings: tuple[Posting, ...]) -> Decision:
        return Decision(
            DecisionKey(action, self.option, q),
            self.supplier,
            "blocks",
            self.max_blocks,
            integer=not self.divisible,
            postings=postings,
        )

    def relations(self, case: Case) -> Iterator[Relation]:
        first, buying, window = case.calendar.first, self.buying(case), self.window(case)
        for q in window:
            exercised = Selector(Action.EXERCISE, self.option, first, q)
            rights = Selector(Action.HOLD, self.option, first, q)
            yield Relation("OPTION-1", self.option, q, ((1.0, exercised), (-1.0, rights)), self.held_blocks)
            if self.min_blocks:
                now = Selector(Action.EXERCISE, self.option, q, q)
                chosen = Selector(Action.CHOOSE, self.option, q, q)
                yield Relation("OPTION-4", self.option, q, ((-1.0, now), (self.min_blocks, chosen)))
                yield Relation("OPTION-4", self.option, q, ((1.0, now), (-self.max_blocks, chosen)))
        for q in buying:
            rights = Selector(Action.HOLD, self.option, first, q)
            yield Relation("OPTION-3", self.option, q, ((1.0, rights),), self.max_blocks - self.held_blocks)
            if self.expands and self.max_ratio is not None:
                base = Selector(Action.SIGN, self.expands, first, q)
                yield Relation("OPTION-2", self.option, q, ((1.0, rights), (-self.max_ratio, base)))

    def replay(self, case: Case, decided: Decided) -> Iterator[Entry | Finding]:
        for key_, blocks in decided.of(self.option, Action.HOLD):
            yield self.entry(Cash(PREMIUM), key_.quarter, blocks * self.premium_usd_per_block)
            yield self.entry(Commitment(), key_.quarter, blocks * self.premium_usd_per_block)
            held = decided.until(self.option, Action.HOLD, key_.quarter)
            if self.expands and self.max_ratio is not None:
                most = self.max_ratio * decided.until(self.expands, Action.SIGN, key_.quarter)
                if held > most + TOLERANCE:
                    yield self._broken("OPTION-2", key_.quarter, f"{held:g} blocks of rights", f"at most {most:g}")
            if self.held_blocks + held > self.max_blocks + TOLERANCE:
                yield self._broken(
                    "OPTION-3", key_.quarter, f"{held:g} blocks of rights", f"at most {self.max_blocks:g}"
                )
            if key_.quarter not in self.buying(case):
                yield self._broken("OPTION-3", key_.quarter, "rights are bought", "none after the last buying quarter")
        for key_, blocks in decided.of(self.option, Action.EXERCISE):
            statements = self.statements(case, key_.quarter, blocks)
            yield from self.replay_delivery(case, statements, EXERCISED)
            yield self.entry(Commitment(), key_.quarter, sum(row.invoice for row in statements))
            used = decided.until(self.option, Action.EXERCISE, key_.quarter)
            rights = self.held_blocks + decided.until(self.option, Action.HOLD, key_.quarter)
            if used > rights + TOLERANCE:
                yield self._broken("OPTION-1", key_.quarter, f"{used:g} blocks exercised", f"at most {rights:g} held")
            if key_.quarter not in self.window(case):
                yield self._broken("OPTION-1", key_.quarter, "it is exercised", "none outside the window")
            if blocks < self.min_blocks - TOLERANCE:
                yield self._broken("OPTION-4", key_.quarter, f"{blocks:g} blocks", f"at least {self.min_blocks:g}")
            if not self.divisible and abs(blocks - round(blocks)) > TOLERANCE:
                yield self._broken("OPTION-4", key_.quarter, f"{blocks:g} blocks", "whole blocks")

    def _broken(self, code: str, q: Quarter, found: str, expected: str) -> Finding:
        return Finding(f"{code} {self.option} {q}", found, expected, "this is a fault of the plan: solve again")

    def problems(self, case: Case) -> Iterator[Problem]:
        yield from super().problems(case)
        if self.min_blocks > self.max_blocks:
            yield Problem("min_blocks", f"{self.min_blocks:g}", f"at most max_blocks ({self.max_blocks:g})", "lower it")
        if self.held_blocks > self.max_blocks:
            yield Problem("held_blocks", f"{self.held_blocks:g}", f"at most {self.max_blocks:g}", "lower it")
        if self.max_ratio is not None and not self.expands:
            yield Problem("max_ratio", f"{self.max_ratio:g}", "blank where no offer is expanded", "fill expands")
