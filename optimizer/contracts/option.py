"""Expansion options: the right, not the duty, to take more blocks at a strike price within a window.

Decisions: h[k,q] blocks of rights bought in q (premium), e[k,q] blocks exercised in q, c[k,q] = 1 if any is exercised.

Constraints
  (OPTION-1)  sum_{q' <= q} e[k,q'] <= held[k] + sum_{q' <= q} h[k,q']       exercise only rights that are held
  (OPTION-2)  sum_{q' <= q} h[k,q'] <= ratio[k] sum_{q' <= q} n[base[k],q']  rights expand a signed base;
              sum_{q' <= q} h[k,q'] <= max[k] sum_{q' <= q} f[base[k],q']    without a ratio, once it is signed
  (OPTION-3)  held[k] + sum_q h[k,q] <= max[k]                               the option is finite
  (OPTION-4)  min[k,q] c[k,q] <= e[k,q] <= max[k] c[k,q]                     smallest exercise

Money (USD per block): (OPTION-M1) premium when the right is bought; (OPTION-M2) invoices at the strike as for a
reserved block (BLOCK-M1, BLOCK-M8), from the exercise on.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from optimizer.case.case import Case
from optimizer.contracts.block import Block
from optimizer.contracts.contract import Dependent
from optimizer.contracts.parts.checks import (
    TOLERANCE,
    broken,
    exceeds,
    foreign,
    is_whole,
    size_problems,
    window_problems,
)
from optimizer.contracts.parts.delivery import Delivery
from optimizer.contracts.parts.signed import Made, Signed, window
from optimizer.contracts.parts.terms import DeliveryTerms
from optimizer.contracts.parts.walk import booked, walk
from optimizer.errors import Finding, Level
from optimizer.ledger.books import Decided, Entry
from optimizer.ledger.decision import CHOICE, Action, Decision, DecisionKey, Posting, Relation, Selector
from optimizer.ledger.keys import ENERGY, Cash, Category, Commitment
from optimizer.tables.columns import flag, key, number, quarter, reference
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import Problem, TableSpec

PREMIUM = Category("option premiums")
EXERCISED = Category("option invoices", service=True)


@dataclass(frozen=True, kw_only=True)
class Option(DeliveryTerms, Dependent):
    """An expansion option; its price columns are the strike."""

    TABLE = TableSpec("options", "Expansion options", "an expansion option", 210)
    OFFER = ("expands", "max_ratio", "held_blocks", "buy_until", "min_blocks", "max_blocks")
    CLOSES = "buy_until"
    WHOLE = ("max_ratio", "held_blocks", "max_blocks", "divisible", "buy_until", "exercise_from", "exercise_until")
    CATEGORIES = (PREMIUM, EXERCISED, ENERGY)

    option: str = key("name of the option")
    expands: str = reference("the offer it expands; blank is a stand-alone option", "blocks", default="")
    max_ratio: float | None = number(
        "blocks per block", "most rights per signed block of the base; blank: any number once it is signed", None
    )
    premium_usd_per_block: float = number("USD per block", "paid for each block of rights bought", 0.0)
    held_blocks: float = number("blocks", "rights already held at the start", 0.0)
    buy_until: Quarter | None = quarter("last quarter in which rights can be bought; blank is the window's end", None)
    exercise_from: Quarter | None = quarter("first quarter of the exercise window; blank is the first planned", None)
    exercise_until: Quarter | None = quarter("last quarter of the exercise window; blank is the last planned", None)
    min_blocks: float = number("blocks", "smallest exercise in a quarter, if any", 0.0)
    max_blocks: float = number("blocks", "most blocks in all", above=True)
    divisible: bool = flag("yes: any share of a block can be exercised", False)

    def depends_on(self) -> tuple[str, ...]:
        return (self.expands,) if self.expands and self.max_ratio is None else ()

    def window(self, case: Case) -> tuple[Quarter, ...]:
        """Quarters in which it can be exercised."""
        paper = self.on_paper(case, case.calendar.as_of)
        first = max(paper.exercise_from or case.calendar.first, paper.first_decision(case))
        return window(case, self.option, first, paper.exercise_until, Made.EXERCISE)

    def on_paper(self, case: Case, q: Quarter) -> "Option":
        """The terms of an exercise in q: as it was exercised, else as on the paper of the rights last bought.

        What is said of an exercise in q goes before that paper, as where the rights are bought in the same plan.
        """
        bought = [row.quarter for row in case.by(Signed, "contract", self.option) if row.action is Made.HOLD]
        if case.calendar.settled(q) or not bought:
            return self.as_signed(case, q)
        return self.as_signed(case, max(bought), q)

    def agreed(self, case: Case, quarter: Quarter, column: str) -> "Option":
        """On the paper of its rights, but for their own price: that is agreed when they are bought."""
        if column == "premium_usd_per_block":
            return self.as_signed(case, quarter)
        return self.on_paper(case, quarter)

    def buying(self, case: Case) -> tuple[Quarter, ...]:
        """Quarters in which rights can be bought: none after the last exercise; rights that lapsed were bought."""
        exercise = self.window(case)
        last = exercise[-1] if exercise else case.calendar.first + -1
        last = min(self.buy_until or last, last)
        return window(case, self.option, None, last, Made.HOLD)

    def signings(self, case: Case) -> tuple[Quarter, ...]:
        """Those in which rights can be bought or exercised."""
        return tuple(dict.fromkeys((*self.buying(case), *self.window(case))))

    def decisions(self, case: Case) -> Iterator[Decision]:
        """Rights bought and blocks exercised (blocks), and whether any are (yes/no) where there is a minimum."""
        for q in self.buying(case):
            premium = Posting(Cash(PREMIUM), q, 1.0, self.as_signed(case, q).term("premium_usd_per_block"))
            yield self._blocks(Action.HOLD, q, premium, replace(premium, key=Commitment()))
        for q in self.window(case):
            paper = self.on_paper(case, q)
            delivery = Delivery(case, paper, q)
            owed = Posting(Commitment(), q, delivery.value(), paper.price)
            yield self._blocks(Action.EXERCISE, q, *delivery.postings(EXERCISED), owed)
            if paper.min_blocks:
                yield Decision(DecisionKey(Action.CHOOSE, self.option, q), self.supplier, CHOICE, 1.0, integer=True)

    def _blocks(self, action: Action, q: Quarter, *postings: Posting) -> Decision:
        whole = not self.divisible
        key_ = DecisionKey(action, self.option, q)
        return Decision(key_, self.supplier, "blocks", self.max_blocks, integer=whole, postings=postings)

    def relations(self, case: Case) -> Iterator[Relation]:
        """Rows (OPTION-1) to (OPTION-4)."""
        first, buying = case.calendar.first, self.buying(case)
        for q in self.window(case):
            exercised = Selector(Action.EXERCISE, self.option, first, q)
            rights = Selector(Action.HOLD, self.option, first, q)
            yield Relation("OPTION-1", self.option, q, ((1.0, exercised), (-1.0, rights)), self.held_blocks)
            least = self.on_paper(case, q).min_blocks
            if least:
                now = Selector(Action.EXERCISE, self.option, q, q)
                chosen = Selector(Action.CHOOSE, self.option, q, q)
                yield Relation("OPTION-4", self.option, q, ((-1.0, now), (least, chosen)))
                yield Relation("OPTION-4", self.option, q, ((1.0, now), (-self.max_blocks, chosen)))
        for q in buying if self.expands else ():
            rights = Selector(Action.HOLD, self.option, first, q)
            base = Selector(Action.SIGN, self.expands, first, q)
            ratio = self.max_ratio
            if ratio is None:
                base, ratio = replace(base, action=Action.START), self.max_blocks
            yield Relation("OPTION-2", self.option, q, ((1.0, rights), (-ratio, base)))
        if buying:
            rights = Selector(Action.HOLD, self.option, first, buying[-1])
            yield Relation("OPTION-3", self.option, buying[-1], ((1.0, rights),), self.max_blocks - self.held_blocks)

    def replay(self, case: Case, decided: Decided) -> Iterator[Entry | Finding]:
        """Entries of rights bought and exercised, and every broken term (OPTION-1) to (OPTION-4)."""
        for key_, blocks in decided.of(self.option, Action.HOLD):
            premium = blocks * self.as_signed(case, key_.quarter).premium_usd_per_block
            yield self.entry(Cash(PREMIUM), key_.quarter, premium)
            yield self.entry(Commitment(), key_.quarter, premium)
            yield from self._check_rights(case, decided, key_.quarter, blocks)
        for key_, blocks in decided.of(self.option, Action.EXERCISE):
            paper = self.on_paper(case, key_.quarter)
            rows = [row for tranche in walk(case, paper, blocks, key_.quarter) for row in tranche]
            for row in rows:
                yield from booked(case, paper, row, EXERCISED)
            yield self.entry(Commitment(), key_.quarter, sum(row.invoice for row in rows))
            yield from self._check_exercise(case, decided, key_.quarter, blocks)
        for key_, flag_ in decided.of(self.option, Action.CHOOSE):
            blocks = decided.quantity(replace(key_, action=Action.EXERCISE))
            least = self.on_paper(case, key_.quarter).min_blocks
            if exceeds(least, blocks) or abs(flag_ - 1.0) > TOLERANCE:
                found = f"marked {flag_:g} as exercised, with {blocks:g} blocks"
                yield self._broken("OPTION-4", key_.quarter, found, f"at least {least:g}")
        yield from foreign(self.option, decided, Action.HOLD, Action.EXERCISE, Action.CHOOSE)

    def _check_rights(self, case: Case, decided: Decided, q: Quarter, blocks: float) -> Iterator[Finding]:
        """(OPTION-2), (OPTION-3)."""
        bought = decided.until(self.option, Action.HOLD, q)
        found = f"{bought:g} blocks of rights are bought"
        base = decided.until(self.expands, Action.SIGN, q)
        most = self.max_blocks if base > TOLERANCE else 0.0
        if self.max_ratio is not None:
            most = self.max_ratio * base
        if self.expands and exceeds(bought, most):
            yield self._broken("OPTION-2", q, found, f"at most {most:g}, by what is signed of {self.expands}")
        if exceeds(self.held_blocks + bought, self.max_blocks):
            yield self._broken("OPTION-3", q, found, f"at most {self.max_blocks - self.held_blocks:g}")
        ends = [until for until in (self.buy_until, self.exercise_until) if until is not None]
        if not case.calendar.first <= q < case.calendar.end or any(q > end for end in ends):
            yield self._broken("OPTION-3", q, found, "none outside the buying window")
        if not self.divisible and not is_whole(blocks):
            yield self._broken("OPTION-3", q, f"{blocks:g} blocks of rights are bought", "whole blocks")

    def _check_exercise(self, case: Case, decided: Decided, q: Quarter, blocks: float) -> Iterator[Finding]:
        """(OPTION-1), (OPTION-4)."""
        used = decided.until(self.option, Action.EXERCISE, q)
        rights = self.held_blocks + decided.until(self.option, Action.HOLD, q)
        if exceeds(used, rights):
            yield self._broken("OPTION-1", q, f"{used:g} blocks are exercised", f"at most the {rights:g} held")
        paper = self.on_paper(case, q)
        early = paper.exercise_from is not None and q < paper.exercise_from
        late = paper.exercise_until is not None and q > paper.exercise_until
        if early or late or not case.calendar.first <= q < case.calendar.end:
            yield self._broken("OPTION-1", q, "it is exercised", "no exercise outside the window")
        available = case.accelerator(self.accelerator).available_from
        if available is not None and q + (paper.lead_quarters + paper.delay_quarters) < available:
            yield self._broken("OPTION-1", q, "it is exercised", f"no delivery before {available}")
        if blocks > TOLERANCE and exceeds(paper.min_blocks, blocks):
            yield self._broken("OPTION-4", q, f"{blocks:g} blocks are exercised", f"at least {paper.min_blocks:g}")
        marked = decided.quantity(DecisionKey(Action.CHOOSE, self.option, q))
        if paper.min_blocks and blocks > TOLERANCE and not marked:
            yield self._broken("OPTION-4", q, f"{blocks:g} blocks are exercised without a mark", "marked as exercised")
        if not self.divisible and not is_whole(blocks):
            yield self._broken("OPTION-4", q, f"{blocks:g} blocks are exercised", "whole blocks")

    def _broken(self, code: str, q: Quarter, found: str, expected: str) -> Finding:
        return broken(code, self.option, q, found, expected)

    def problems(self, case: Case) -> Iterator[Problem]:
        """Sizes that contradict each other, windows that cannot be used, rights that cannot be had."""
        yield from super().problems(case)
        columns = ("exercise_from", "exercise_until")
        yield from window_problems(case, columns, self.exercise_from, self.exercise_until, self.first_decision(case))
        papers = (self, *(self.on_paper(case, q) for q in self.window(case)))
        yield from size_problems((paper.min_blocks, self.max_blocks) for paper in papers)
        if self.held_blocks > self.max_blocks:
            yield Problem("held_blocks", f"{self.held_blocks:g}", f"at most {self.max_blocks:g}", "lower it")
        if self.max_ratio is not None and not self.expands:
            yield Problem("max_ratio", f"{self.max_ratio:g}", "blank where no offer is expanded", "fill expands")
        if not self.divisible:
            for column, blocks in (("max_blocks", self.max_blocks), ("held_blocks", self.held_blocks)):
                if not is_whole(blocks):
                    cure = "round it, or set divisible"
                    yield Problem(column, f"{blocks:g}", "a whole number of blocks", cure)
        if not self.held_blocks:
            yield from self._rights_problems(case)

    def _rights_problems(self, case: Case) -> Iterator[Problem]:
        """No rights are held and none can be bought."""
        buying = self.buying(case)
        over = self.buy_until is not None and case.calendar.first <= self.buy_until < case.calendar.as_of
        if self.window(case) and not buying and not over:
            found, expected = f"{self.buy_until}, and no rights are held", f"{case.calendar.first} or later"
            cure = "correct buy_until, enter held_blocks, or delete the row"
            yield Problem("buy_until", found, expected, cure, Level.WARNING)
        base = next((row for row in case.of(Block) if row.block == self.expands), None)
        if base is not None and buying:
            opens = base.window(case)
            if not opens or opens[0] > buying[-1]:
                found = f"{base.block}, which cannot be signed by {buying[-1]}, the last quarter to buy rights"
                cure = "correct a window, or enter held_blocks"
                yield Problem("expands", found, "an offer that can be signed by then", cure, Level.WARNING)
