"""Reserved blocks: take-or-pay capacity, signed in whole blocks or divisibly, delivered later, paid for years.

Decisions, for contract k and signing quarter q in its window
  n[k,q]   blocks signed (whole unless divisible)
  c[k,q]   1 if any block is signed in q (where a fee, a minimum or another contract needs to know)
  f[k,q]   1 if q is the quarter of the first signing (where another contract needs to know)
  x[k,q]   blocks signed in q that are exited early
  r[k,t]   GPUs resold in t

Constraints
  (BLOCK-1)  n[k,q] <= max[k] c[k,q]                        signed only if chosen
  (BLOCK-2)  n[k,q] >= min[k] c[k,q]                        smallest order; at least `least` to count as signed
  (BLOCK-3)  sum_{q' <= q} n[k,q'] <= max[k]                the offer is finite
  (BLOCK-4)  c[k,q] <= sum_{q' <= q} f[k,q'],  f[k,q] <= c[k,q]      the first signing is known
  (BLOCK-5)  sum_{k in group} sum_{q' <= q} f[k,q'] <= 1    exclusive groups
  (BLOCK-6)  c[k,q] <= sum_{q' <= q} c[j,q']                prerequisites: j = requires[k]
  (BLOCK-7)  sum_q n[k,q] >= max(1, min[k]) if it must be signed; whole window seen
  (BLOCK-8)  x[k,q] <= n[k,q]                               exit what was signed
  (BLOCK-9)  r[k,t] <= usable GPUs of k in t                resell what is there

Money (USD, per block unless said otherwise; hours exact)
  (BLOCK-M1) invoice[t] = delivered share x GPUs x hours[t] x price x (1 + escalator) ** anniversaries
  (BLOCK-M2) prepayment = share x all invoices, at signing, or by tranche at its delivery
  (BLOCK-M3) credit[t]  = prepayment x invoice[t] / sum of invoices from the credit's start on
  (BLOCK-M4) fee once a signing quarter, with c[k,q]
  (BLOCK-M5) late remedy = credit share x quarters late beyond grace x first invoice of the tranche, at its delivery
  (BLOCK-M6) exit: later invoices, credits and energy end; fee = share x remaining invoices; credit left is forfeited
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum

from optimizer.case.case import Case
from optimizer.contracts.delivery import Delivery
from optimizer.contracts.terms import DeliveryTerms
from optimizer.contracts.walk import Statement
from optimizer.errors import Finding
from optimizer.ledger.books import Decided, Entry
from optimizer.ledger.decision import Action, Decision, DecisionKey, Posting, Relation, Selector
from optimizer.ledger.keys import CREDIT, ENERGY, FEE, PREPAYMENT, Cash, Category, Commitment, Supply
from optimizer.tables.columns import choice, flag, integer, key, number, quarter, reference, text
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import Problem, Record, TableSpec

RESERVED = Category("reserved invoices", service=True)
REMEDY = Category("late-delivery credits")
EXIT_FEE = Category("early-exit fees")
RESALE = Category("resale")
SMALLEST_DIVISIBLE_ORDER = 0.01
TOLERANCE = 1e-6


class PrepaidAt(Enum):
    """When a prepayment is due."""

    SIGNING = "signing"
    DELIVERY = "delivery"


class Dependent:
    """A row whose money or rows depend on whether a reserved block has been signed."""

    def depends_on(self) -> tuple[str, ...]:
        """Names of the blocks it asks about."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Block(DeliveryTerms):
    """A reserved-block offer."""

    TABLE = TableSpec("blocks", "Reserved blocks", "a reserved-block offer", 200)
    CATEGORIES = (RESERVED, PREPAYMENT, CREDIT, FEE, REMEDY, EXIT_FEE, RESALE, ENERGY)

    block: str = key("name of the offer, stable over time")
    min_blocks: float = number("blocks", "smallest order in a quarter, if any is placed", 0.0)
    max_blocks: float = number("blocks", "most blocks over the whole window", above=True)
    divisible: bool = flag("yes: any share of a block can be signed", False)
    must_sign: bool = flag("yes: at least the smallest order is signed within the window", False)
    sign_from: Quarter | None = quarter("first quarter of the signing window; blank is the first planned", None)
    sign_until: Quarter | None = quarter("last quarter of the signing window; blank is the last planned", None)
    signing_fee_usd: float = number("USD", "paid once for each quarter in which any block is signed", 0.0)
    prepayment_share: float = number("share", "share of all invoices that is paid ahead", 0.0, high=1.0)
    prepaid_at: PrepaidAt = choice("when the prepayment is due", PrepaidAt, PrepaidAt.SIGNING)
    credit_after_quarters: int = integer(
        "quarters", "quarters after the first delivery from which the prepayment is credited", 0, 0, 120
    )
    grace_quarters: int = integer("quarters", "lateness that is forgiven before a remedy is due", 0, 0, 40)
    late_credit_share: float = number("share", "of the first invoice, credited for each quarter late", 0.0, high=1.0)
    exit_after_quarters: int = integer(
        "quarters", "quarters after the first delivery at which it may be exited; 0 is never", 0, 0, 120
    )
    exit_fee_share: float = number("share", "of the remaining invoices, due on exit", 1.0, high=1.0)
    resale_price_usd_per_gpu_hour: float = number(
        "USD per GPU-hour", "price of idle GPUs resold; 0 is not allowed", 0.0
    )
    exclusive_group: str = text("at most one offer of a group is signed", "")
    requires: str = reference("an offer that must have been signed before or with it", "blocks", default="")

    def window(self, case: Case) -> tuple[Quarter, ...]:
        """Quarters in which it can be signed."""
        first = max(self.sign_from or case.calendar.first, self.first_decision(case))
        last = self.sign_until or case.calendar.end + -1
        return tuple(q for q in case.calendar.quarters if first <= q <= last)

    def least(self, case: Case) -> float:
        """Fewest blocks that count as signed; 0 where a divisible offer has no minimum and nothing depends on it."""
        if self.min_blocks or not self.divisible:
            return self.min_blocks or 1.0
        required = any(row.requires == self.block for row in case.of(Block))
        return SMALLEST_DIVISIBLE_ORDER if required or self.needs_first(case) else 0.0

    def needs_first(self, case: Case) -> bool:
        """Whether another row asks in which quarter it was first signed."""
        return bool(self.exclusive_group) or any(
            self.block in row.depends_on() for row in case.of(Record) if isinstance(row, Dependent)
        )

    def needs_choice(self, case: Case) -> bool:
        """Whether being signed at all has a price or a consequence."""
        required = any(row.requires == self.block for row in case.of(Block))
        return bool(self.signing_fee_usd or self.min_blocks or self.requires or required or self.needs_first(case))

    def decisions(self, case: Case) -> Iterator[Decision]:
        for q in self.window(case):
            yield self._sign(case, q)
            if self.needs_choice(case):
                fee = Posting(Cash(FEE), q, 1.0, self.term("signing_fee_usd"))
                owed = Posting(Commitment(), q, 1.0, self.term("signing_fee_usd"))
                yield self._flag(Action.CHOOSE, q, (fee, owed))
            if self.needs_first(case):
                yield self._flag(Action.START, q)
            exit_quarter = self._exit_quarter(q)
            if self.exit_after_quarters and case.calendar.planned(exit_quarter):
                yield self._exit(case, q, exit_quarter)
        if self.resale_price_usd_per_gpu_hour:
            yield from self._resale(case)

    def _sign(self, case: Case, q: Quarter) -> Decision:
        delivery = self.delivery(q)
        postings = [*delivery.capacity(case), *delivery.invoices(case, RESERVED)]
        postings.append(Posting(Commitment(), q, delivery.total_billed(case), self.price))
        postings += [*self._prepayment(case, delivery, q), *self._remedy(case, delivery)]
        return Decision(
            DecisionKey(Action.SIGN, self.block, q),
            self.supplier,
            "blocks",
            self.max_blocks,
            integer=not self.divisible,
            postings=tuple(postings),
        )

    def _flag(self, action: Action, q: Quarter, postings: tuple[Posting, ...] = ()) -> Decision:
        key_ = DecisionKey(action, self.block, q)
        return Decision(key_, self.supplier, "yes/no", 1.0, integer=True, postings=postings)

    def _prepayment(self, case: Case, delivery: Delivery, q: Quarter) -> Iterator[Posting]:
        """(BLOCK-M2), (BLOCK-M3): paid ahead, then credited in proportion to the invoices from the credit's start."""
        if not self.prepayment_share:
            return
        total = delivery.total_billed(case)
        if self.prepaid_at is PrepaidAt.SIGNING:
            yield Posting(Cash(PREPAYMENT), q, total, self.price, self.prepayment_share)
        else:
            for tranche in delivery.tranches:
                volume = self._tranche_billed(case, delivery, tranche.share, tranche.start, tranche.end)
                yield Posting(Cash(PREPAYMENT), tranche.start, volume, self.price, self.prepayment_share)
        yield from self._credits(case, delivery)

    def _tranche_billed(self, case: Case, delivery: Delivery, share: float, start: Quarter, end: Quarter) -> float:
        quarters = (start + offset for offset in range(end - start))
        return sum(delivery.billed(case, q, share) * delivery.escalation(q) for q in quarters)

    def _credits(self, case: Case, delivery: Delivery) -> Iterator[Posting]:
        since = delivery.start + self.credit_after_quarters
        rate = self.prepayment_share * delivery.total_billed(case) / delivery.total_billed(case, since)
        for t in delivery.quarters:
            if t >= since:
                volume = delivery.billed(case, t)
                yield Posting(Cash(CREDIT), t, volume, self.price, -rate * delivery.escalation(t))

    def _remedy(self, case: Case, delivery: Delivery) -> Iterator[Posting]:
        """(BLOCK-M5): each tranche is credited when it is delivered."""
        late = self.delay_quarters - self.grace_quarters
        if late <= 0 or not self.late_credit_share:
            return
        for tranche in delivery.tranches:
            volume = delivery.billed(case, tranche.start, tranche.share)
            index = -late * self.late_credit_share * delivery.escalation(tranche.start)
            yield Posting(Cash(REMEDY), tranche.start, volume, self.price, index)

    def _exit_quarter(self, q: Quarter) -> Quarter:
        return self.delivery(q).start + self.exit_after_quarters

    def _exit(self, case: Case, q: Quarter, when: Quarter) -> Decision:
        """(BLOCK-M6): undo capacity and money from the exit on, and pay the fee."""
        delivery = self.delivery(q)
        postings = [*delivery.capacity(case, -1.0, when), *delivery.invoices(case, RESERVED, -1.0, when)]
        if self.prepayment_share:
            undone = (p for p in self._credits(case, delivery) if p.quarter >= when)
            postings += [replace(posting, index=-posting.index) for posting in undone]
        remaining = delivery.total_billed(case, when)
        postings.append(Posting(Cash(EXIT_FEE), when, remaining, self.price, self.exit_fee_share))
        return Decision(
            DecisionKey(Action.EXIT, self.block, when, q),
            self.supplier,
            "blocks",
            self.max_blocks,
            integer=not self.divisible,
            postings=tuple(postings),
        )

    def _resale(self, case: Case) -> Iterator[Decision]:
        for t in case.calendar.quarters:
            gpus = self.max_blocks * self._usable(case, t)
            if gpus:
                hours = case.calendar.hours(t)
                yield Decision(
                    DecisionKey(Action.RESELL, self.block, t),
                    self.supplier,
                    "GPUs",
                    gpus,
                    postings=(
                        Posting(Supply(self.site, self.accelerator, True), t, -1.0),
                        Posting(Cash(RESALE), t, hours, self.term("resale_price_usd_per_gpu_hour"), -1.0),
                    ),
                )

    def _usable(self, case: Case, t: Quarter) -> float:
        """Most usable GPUs per block in the quarter, over the signing quarters."""
        shares = (self.delivery(q).delivered(t) for q in self.window(case))
        return self.gpus_per_block * self.availability * max(shares, default=0.0)

    def relations(self, case: Case) -> Iterator[Relation]:
        window = self.window(case)
        for q in window:
            signed = self.select(Action.SIGN, q, q)
            yield self._relation("BLOCK-3", q, (1.0, self.select(Action.SIGN, window[0], q)), upper=self.max_blocks)
            if self.needs_choice(case):
                chosen = self.select(Action.CHOOSE, q, q)
                yield self._relation("BLOCK-1", q, (1.0, signed), (-self.max_blocks, chosen))
                yield self._relation("BLOCK-2", q, (-1.0, signed), (self.least(case), chosen))
                yield from self._prerequisite(case, q, chosen)
            if self.needs_first(case):
                chosen, first = self.select(Action.CHOOSE, q, q), self.select(Action.START, q, q)
                ever = self.select(Action.START, window[0], q)
                yield self._relation("BLOCK-4", q, (1.0, chosen), (-1.0, ever))
                yield self._relation("BLOCK-4", q, (1.0, first), (-1.0, chosen))
            when = self._exit_quarter(q)
            if self.exit_after_quarters and case.calendar.planned(when):
                gone = Selector(Action.EXIT, self.block, when, when, vintage=q)
                yield self._relation("BLOCK-8", when, (1.0, gone), (-1.0, signed))
        if window and self.must_sign:
            everything = self.select(Action.SIGN, window[0], window[-1])
            least = max(self.min_blocks, 0.0 if self.divisible and self.min_blocks else 1.0)
            yield self._relation("BLOCK-7", window[-1], (-1.0, everything), upper=-least)
        yield from self._exclusive(case)
        yield from self._resale_relations(case)

    def select(self, action: Action, since: Quarter, until: Quarter) -> Selector:
        """This contract's decisions of one action in a span of quarters."""
        return Selector(action, self.block, since, until)

    def _relation(self, code: str, q: Quarter, *terms: tuple[float, Selector], upper: float = 0.0) -> Relation:
        return Relation(code, self.block, q, terms, upper)

    def _prerequisite(self, case: Case, q: Quarter, chosen: Selector) -> Iterator[Relation]:
        if self.requires:
            base = Selector(Action.CHOOSE, self.requires, case.calendar.first, q)
            yield self._relation("BLOCK-6", q, (1.0, chosen), (-1.0, base))

    def _exclusive(self, case: Case) -> Iterator[Relation]:
        """One row a quarter and group, written by the first offer of the group."""
        group = [row for row in case.of(Block) if self.exclusive_group and row.exclusive_group == self.exclusive_group]
        if not group or group[0] is not self:
            return
        first = case.calendar.first
        for q in case.calendar.quarters:
            terms = tuple((1.0, row.select(Action.START, first, q)) for row in group)
            yield Relation("BLOCK-5", self.exclusive_group, q, terms, 1.0)

    def _resale_relations(self, case: Case) -> Iterator[Relation]:
        if not self.resale_price_usd_per_gpu_hour:
            return
        usable = self.gpus_per_block * self.availability
        for t in case.calendar.quarters:
            terms = [(1.0, self.select(Action.RESELL, t, t))]
            for q in self.window(case):
                share = self.delivery(q).delivered(t) * usable
                if share:
                    terms.append((-share, self.select(Action.SIGN, q, q)))
                    when = self._exit_quarter(q)
                    if self.exit_after_quarters and when <= t:
                        terms.append((share, Selector(Action.EXIT, self.block, when, when, vintage=q)))
            if len(terms) > 1:
                yield Relation("BLOCK-9", self.block, t, tuple(terms))

    def replay(self, case: Case, decided: Decided) -> Iterator[Entry | Finding]:
        left: dict[Quarter, float] = {}
        for key_, blocks in decided.of(self.block, Action.SIGN):
            statements = self.statements(case, key_.quarter, blocks)
            exited = {
                exit_key.quarter: quantity
                for exit_key, quantity in decided.of(self.block, Action.EXIT)
                if exit_key.vintage == key_.quarter
            }
            yield from self._replay_signing(case, key_.quarter, statements)
            for when, quantity in exited.items():
                yield from self._replay_exit(case, statements, when, quantity / blocks)
            for row in statements:
                gone = sum(quantity for when, quantity in exited.items() if when <= row.quarter)
                left[row.quarter] = left.get(row.quarter, 0.0) + row.gpus * (1.0 - gone / blocks) * self.availability
            yield from self._replay_bounds(case, key_.quarter, blocks, sum(exited.values()))
        for key_, quantity in decided.of(self.block, Action.CHOOSE):
            yield self.entry(Cash(FEE), key_.quarter, quantity * self.signing_fee_usd)
            yield self.entry(Commitment(), key_.quarter, quantity * self.signing_fee_usd)
        for key_, gpus in decided.of(self.block, Action.RESELL):
            yield self.entry(Supply(self.site, self.accelerator, True), key_.quarter, -gpus)
            amount = gpus * case.calendar.hours(key_.quarter) * self.resale_price_usd_per_gpu_hour
            yield self.entry(Cash(RESALE), key_.quarter, -amount)
            if gpus > left.get(key_.quarter, 0.0) * (1 + TOLERANCE) + TOLERANCE:
                yield self._broken(
                    "BLOCK-9", key_.quarter, f"{gpus:g} GPUs are resold", f"at most {left.get(key_.quarter, 0.0):g}"
                )
        yield from self._replay_choices(case, decided)

    def _replay_signing(self, case: Case, q: Quarter, statements: list[Statement]) -> Iterator[Entry]:
        yield from self.replay_delivery(case, statements, RESERVED)
        value = sum(row.invoice for row in statements)
        yield self.entry(Commitment(), q, value)
        start = statements[0].quarter
        if self.prepayment_share:
            yield from self._replay_prepayment(case, q, statements)
            later = [row for row in statements if row.quarter - start >= self.credit_after_quarters]
            base = sum(row.invoice for row in later)
            for row in later:
                yield self.entry(Cash(CREDIT), row.quarter, -self.prepayment_share * value * row.invoice / base)
        forgiven = max(0, self.delay_quarters - self.grace_quarters)
        previous = 0.0
        for row, arrived in zip(statements, self.ramp, strict=False):
            if row.gpus:
                first_invoice = row.invoice * (arrived - previous) / arrived
                yield self.entry(Cash(REMEDY), row.quarter, -first_invoice * forgiven * self.late_credit_share)
            previous = arrived

    def _replay_prepayment(self, case: Case, q: Quarter, statements: list[Statement]) -> Iterator[Entry]:
        value = sum(row.invoice for row in statements)
        if self.prepaid_at is PrepaidAt.SIGNING:
            yield self.entry(Cash(PREPAYMENT), q, self.prepayment_share * value)
            return
        whole = [self._full_invoice(case, row, offset, statements) for offset, row in enumerate(statements)]
        previous = 0.0
        for offset, arrived in enumerate(self.ramp):
            invoices = sum(whole[offset : offset + self.term_quarters]) * (arrived - previous)
            yield self.entry(Cash(PREPAYMENT), statements[offset].quarter, self.prepayment_share * invoices)
            previous = arrived

    def _full_invoice(self, case: Case, row: Statement, offset: int, statements: list[Statement]) -> float:
        """What the quarter would be invoiced if all of the order were there."""
        reference_row = statements[len(self.ramp) - 1]
        blocks = reference_row.gpus / self.gpus_per_block
        if self.term_quarters < len(self.ramp):
            blocks = max(r.gpus for r in statements) / self.gpus_per_block
        level = (1.0 + self.escalator) ** (offset // 4)
        if self.price_usd_per_block_quarter is not None:
            return blocks * self.price_usd_per_block_quarter * level
        hourly = self.price_usd_per_gpu_hour or 0.0
        return blocks * self.gpus_per_block * case.calendar.hours(row.quarter) * hourly * level

    def _replay_exit(self, case: Case, statements: list[Statement], when: Quarter, share: float) -> Iterator[Entry]:
        start, value = statements[0].quarter, sum(row.invoice for row in statements)
        base = sum(row.invoice for row in statements if row.quarter - start >= self.credit_after_quarters)
        remaining = 0.0
        for row in statements:
            if row.quarter < when:
                continue
            remaining += row.invoice
            if case.calendar.planned(row.quarter):
                yield from self.replay_capacity(case, row.quarter, -row.gpus * share)
            yield self.entry(Cash(RESERVED), row.quarter, -row.invoice * share)
            yield self.entry(Cash(ENERGY), row.quarter, -row.energy * share)
            if self.prepayment_share and row.quarter - start >= self.credit_after_quarters:
                credit = self.prepayment_share * value * row.invoice / base
                yield self.entry(Cash(CREDIT), row.quarter, credit * share)
        yield self.entry(Cash(EXIT_FEE), when, remaining * share * self.exit_fee_share)

    def _replay_bounds(self, case: Case, q: Quarter, blocks: float, exited: float) -> Iterator[Finding]:
        if q not in self.window(case):
            yield self._broken("BLOCK-3", q, f"{blocks:g} blocks are signed", "none outside the signing window")
        if not self.divisible and abs(blocks - round(blocks)) > TOLERANCE:
            yield self._broken("BLOCK-3", q, f"{blocks:g} blocks are signed", "whole blocks")
        if blocks < self.min_blocks - TOLERANCE:
            yield self._broken("BLOCK-2", q, f"{blocks:g} blocks are signed", f"at least {self.min_blocks:g}")
        if exited > blocks + TOLERANCE:
            yield self._broken("BLOCK-8", q, f"{exited:g} blocks are exited", f"at most the {blocks:g} signed")

    def _replay_choices(self, case: Case, decided: Decided) -> Iterator[Finding]:
        signed = dict(decided.of(self.block, Action.SIGN))
        total = sum(signed.values())
        end = case.calendar.end
        if total > self.max_blocks + TOLERANCE:
            yield self._broken("BLOCK-3", end, f"{total:g} blocks are signed", f"at most {self.max_blocks:g}")
        if self.must_sign and total < max(self.min_blocks, TOLERANCE) - TOLERANCE:
            yield self._broken("BLOCK-7", end, f"{total:g} blocks are signed", "the smallest order: it must be signed")
        for key_ in signed:
            chosen = decided.quantity(replace(key_, action=Action.CHOOSE))
            if self.needs_choice(case) and chosen < 1.0 - TOLERANCE:
                yield self._broken("BLOCK-1", key_.quarter, "blocks are signed without the fee", "chosen = 1")
            if self.requires and not decided.until(self.requires, Action.SIGN, key_.quarter):
                yield self._broken("BLOCK-6", key_.quarter, "it is signed", f"{self.requires} signed by then")
        if total and self.exclusive_group:
            for row in case.of(Block):
                rival = row.exclusive_group == self.exclusive_group and row.block != self.block
                if rival and decided.until(row.block, Action.SIGN, end):
                    yield self._broken("BLOCK-5", end, f"it is signed beside {row.block}", "one offer of the group")

    def _broken(self, code: str, q: Quarter, found: str, expected: str) -> Finding:
        return Finding(f"{code} {self.block} {q}", found, expected, "this is a fault of the plan: solve again")

    def problems(self, case: Case) -> Iterator[Problem]:
        yield from super().problems(case)
        if self.min_blocks > self.max_blocks:
            yield Problem("min_blocks", f"{self.min_blocks:g}", f"at most max_blocks ({self.max_blocks:g})", "lower it")
        if not self.divisible and self.max_blocks != round(self.max_blocks):
            yield Problem(
                "max_blocks", f"{self.max_blocks:g}", "a whole number of blocks", "round it, or set divisible"
            )
        last_quarter = self.term_quarters + len(self.ramp) - 2
        if self.prepayment_share and self.credit_after_quarters > last_quarter:
            yield Problem(
                "credit_after_quarters",
                f"{self.credit_after_quarters}",
                f"a quarter of the term, 0 to {last_quarter}, or the prepayment would never be credited",
                "lower it or set prepayment_share to 0",
            )
        if self.exit_after_quarters > last_quarter:
            yield Problem("exit_after_quarters", f"{self.exit_after_quarters}", f"at most {last_quarter}", "lower it")
        if self.requires == self.block:
            yield Problem("requires", "the offer itself", "another offer", "clear the cell")
        if self.must_sign and not self.window(case):
            yield Problem("must_sign", "yes, but the signing window is empty", "a window in the horizon", "widen it")
