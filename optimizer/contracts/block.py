"""Reserved blocks: take-or-pay capacity, signed in whole blocks or divisibly, delivered later, paid for years.

Decisions, for contract k and signing quarter q in its window
  n[k,q]   blocks signed (whole unless divisible)
  c[k,q]   1 if any block is signed in q (where a fee, a minimum or another contract needs to know)
  f[k,q]   1 if q is the quarter of the first signing (where another contract needs to know)
  x[k,q]   blocks signed in q that are exited early, at one date: `exit_after` quarters after the first delivery
  r[k,t]   GPUs resold in t

Constraints
  (BLOCK-1)  n[k,q] <= max[k] c[k,q]                        signed only if chosen
  (BLOCK-2)  n[k,q] >= least[k,q] c[k,q]                    smallest order: min[k,q], else 1 block, 0.01 if divisible
  (BLOCK-3)  sum_q n[k,q] <= max[k]                         the offer is finite; whole blocks, within the window
             sum_{q' <= q} n[k,q'] <= max[k] sum_{q' <= q} f[k,q']     where f is there: half a start, half the offer
  (BLOCK-4)  c[k,q] <= sum_{q' <= q} f[k,q'],  f[k,q] <= c[k,q],  sum_q f[k,q] <= 1      the first signing is known
  (BLOCK-5)  sum_{k in group} sum_q f[k,q] <= 1             exclusive groups
  (BLOCK-6)  c[k,q] <= sum_{q' <= q} c[j,q']                prerequisites: j = requires[k]
  (BLOCK-7)  sum_q n[k,q] >= min_q least[k,q]               if it must be signed
  (BLOCK-8)  x[k,q] <= n[k,q]                               exit what was signed
  (BLOCK-9)  r[k,t] <= usable GPUs of k in t                resell what is there, after exits

Money (USD, per block unless said otherwise; hours exact)
  (BLOCK-M1) invoice[t] = delivered share x GPUs x hours[t] x price x (1 + escalator) ** anniversaries
  (BLOCK-M2) prepayment = share x all invoices, at signing, or by tranche at its delivery
  (BLOCK-M3) credit[t]  = prepayment x invoice[t] / sum of invoices from the credit's start on
  (BLOCK-M4) fee once a signing quarter, with c[k,q]
  (BLOCK-M5) late remedy = credit share x quarters late beyond grace x first invoice of the tranche, at its delivery
  (BLOCK-M6) exit: from its date on, all that the delivery moves ends (capacity, invoices, energy, prepayments and
             remedies of tranches not yet delivered); fee = share x remaining invoices; credit left is forfeited
  (BLOCK-M7) resale = GPUs x hours[t] x resale price, received
  (BLOCK-M8) what is out of service (table `in_service`) is not invoiced, unless the table says so: (SERVICE-1) to
             (SERVICE-4); what was paid ahead for it is lost
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from optimizer.case.case import Case
from optimizer.contracts.parts import block_replay
from optimizer.contracts.parts.block_replay import EXIT_FEE, REMEDY, RESALE, RESERVED
from optimizer.contracts.parts.block_terms import BlockTerms, PrepaidAt
from optimizer.contracts.parts.delivery import Delivery
from optimizer.errors import Finding
from optimizer.ledger.books import Decided, Entry
from optimizer.ledger.decision import CHOICE, Action, Decision, DecisionKey, Posting, Relation, Selector
from optimizer.ledger.keys import CREDIT, ENERGY, FEE, PREPAYMENT, Cash, Commitment, Supply
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import TableSpec

__all__ = ["EXIT_FEE", "REMEDY", "RESALE", "RESERVED", "Block", "PrepaidAt"]


@dataclass(frozen=True, kw_only=True)
class Block(BlockTerms):
    """A reserved-block offer."""

    TABLE = TableSpec("blocks", "Reserved blocks", "a reserved-block offer", 200)
    OFFER = ("min_blocks", "max_blocks", "must_sign", "sign_from", "sign_until", "exclusive_group", "requires")
    CLOSES = "sign_until"
    WHOLE = ("must_sign", "sign_from", "sign_until", "resale_price_usd_per_gpu_hour")
    CATEGORIES = (RESERVED, PREPAYMENT, CREDIT, FEE, REMEDY, EXIT_FEE, RESALE, ENERGY)

    def decisions(self, case: Case) -> Iterator[Decision]:
        """Signings (blocks), flags (yes/no), exits (blocks) and resale (GPUs)."""
        window, first = self.window(case), self.needs_first(case)
        for q in window:
            paper = self.as_signed(case, q)
            delivery = Delivery(case, paper, q)
            signing = paper._sign(case, delivery)
            yield signing
            if self.needs_choice(case, q):
                fee = Posting(Cash(FEE), q, 1.0, paper.term("signing_fee_usd"))
                yield self._flag(Action.CHOOSE, q, fee, replace(fee, key=Commitment()))
            if first:
                yield self._flag(Action.START, q)
            if paper._can_exit(case, q):
                yield paper._exit(delivery, signing)
        if self.resale_price_usd_per_gpu_hour:
            yield from self._resale(case, window)

    def _sign(self, case: Case, delivery: Delivery) -> Decision:
        q = delivery.decided
        postings = [Posting(Commitment(), q, delivery.value(), self.price), *delivery.postings(RESERVED)]
        if self.prepayment_share:
            postings += [*self._prepayments(delivery), *self._credits(case, delivery)]
        postings += self._remedies(delivery)
        return self._blocks(DecisionKey(Action.SIGN, self.block, q), postings)

    def _blocks(self, key: DecisionKey, postings: list[Posting]) -> Decision:
        whole = not self.divisible
        return Decision(key, self.supplier, "blocks", self.max_blocks, integer=whole, postings=tuple(postings))

    def _flag(self, action: Action, q: Quarter, *postings: Posting) -> Decision:
        key = DecisionKey(action, self.block, q)
        return Decision(key, self.supplier, CHOICE, 1.0, integer=True, postings=postings)

    def _prepayments(self, delivery: Delivery) -> Iterator[Posting]:
        """(BLOCK-M2)."""
        share = self.prepayment_share
        if self.prepaid_at is PrepaidAt.SIGNING:
            yield Posting(Cash(PREPAYMENT), delivery.decided, delivery.value(), self.price, share)
            return
        for tranche in delivery.tranches:
            paid = share * delivery.charged(tranche.start)
            yield Posting(Cash(PREPAYMENT), tranche.start, delivery.tranche_value(tranche), self.price, paid)

    def _credits(self, case: Case, delivery: Delivery) -> Iterator[Posting]:
        """(BLOCK-M3)."""
        since = delivery.start + self.credit_after_quarters
        rate = self.credit_rate(case, delivery.decided)
        for t in delivery.quarters:
            index = delivery.escalation(t) * delivery.charged(t)
            if t >= since and index:
                yield Posting(
                    Cash(CREDIT), t, delivery.billed(t, self._paid_ahead(delivery, t)), self.price, -rate * index
                )

    def _paid_ahead(self, delivery: Delivery, t: Quarter) -> float:
        """(SERVICE-3) Share of the block that is there in the quarter and for which the prepayment was paid."""
        if self.prepaid_at is PrepaidAt.SIGNING:
            return delivery.delivered(t)
        return sum(one.share * delivery.charged(one.start) for one in delivery.tranches if one.holds(t))

    def _remedies(self, delivery: Delivery) -> Iterator[Posting]:
        """(BLOCK-M5): each tranche is credited when it is delivered."""
        late = max(0, self.delay_quarters - self.grace_quarters)
        for tranche in delivery.tranches if late * self.late_credit_share else ():
            index = -late * self.late_credit_share * delivery.escalation(tranche.start)
            index *= delivery.charged(tranche.start)
            billed = delivery.billed(tranche.start, tranche.share)
            yield Posting(Cash(REMEDY), tranche.start, billed, self.price, index)

    def _exit_quarter(self, signed: Quarter) -> Quarter:
        return signed + self.lead_quarters + self.delay_quarters + self.exit_after_quarters

    def _can_exit(self, case: Case, signed: Quarter) -> bool:
        return bool(self.exit_after_quarters) and case.calendar.planned(self._exit_quarter(signed))

    def _exit(self, delivery: Delivery, signing: Decision) -> Decision:
        """(BLOCK-M6): undo all that the signing posts from the exit on, and pay the fee."""
        when = self._exit_quarter(delivery.decided)
        undone = [replace(p, index=-p.index) for p in signing.postings if p.quarter >= when]
        fee = Posting(Cash(EXIT_FEE), when, delivery.value(when), self.price, self.exit_fee_share)
        return self._blocks(DecisionKey(Action.EXIT, self.block, when, delivery.decided), [*undone, fee])

    def _resale(self, case: Case, window: tuple[Quarter, ...]) -> Iterator[Decision]:
        """(BLOCK-M7)."""
        deliveries = [Delivery(case, self.as_signed(case, q), q) for q in window]
        for t in case.calendar.quarters:
            gpus = self.max_blocks * max((delivery.usable(t) for delivery in deliveries), default=0.0)
            if gpus:
                key, price = DecisionKey(Action.RESELL, self.block, t), self.term("resale_price_usd_per_gpu_hour")
                gone = Posting(Supply(self.site, self.accelerator, True), t, -1.0)
                received = Posting(Cash(RESALE), t, case.calendar.hours(t), price, -1.0)
                yield Decision(key, self.supplier, "GPUs", gpus, postings=(gone, received))

    def relations(self, case: Case) -> Iterator[Relation]:
        """Rows (BLOCK-1) to (BLOCK-9)."""
        window = self.window(case)
        if window:
            ever = (1.0, self.select(Action.SIGN, window[0], window[-1]))
            yield self._relation("BLOCK-3", window[-1], ever, upper=self.max_blocks)
            yield from self._choices(case, window)
            yield from self._exits(case, window)
            if self.resale_price_usd_per_gpu_hour:
                yield from self._resold(case, window)
        if self.must_sign:
            last = case.calendar.end + -1
            ever = (-1.0, self.select(Action.SIGN, case.calendar.first, last))
            yield self._relation("BLOCK-7", last, ever, upper=-self.least_ever(case))
        yield from self._exclusive(case)

    def select(self, action: Action, since: Quarter, until: Quarter) -> Selector:
        """This contract's decisions of one action in a span of quarters."""
        return Selector(action, self.block, since, until)

    def _relation(self, code: str, q: Quarter, *terms: tuple[float, Selector], upper: float = 0.0) -> Relation:
        return Relation(code, self.block, q, terms, upper)

    def _choices(self, case: Case, window: tuple[Quarter, ...]) -> Iterator[Relation]:
        first = self.needs_first(case)
        for q in window:
            if not self.needs_choice(case, q):
                continue
            signed, any_signed = self.select(Action.SIGN, q, q), self.select(Action.CHOOSE, q, q)
            yield self._relation("BLOCK-1", q, (1.0, signed), (-self.max_blocks, any_signed))
            yield self._relation("BLOCK-2", q, (-1.0, signed), (self.as_signed(case, q).least, any_signed))
            if first:
                started = self.select(Action.START, window[0], q)
                yield self._relation("BLOCK-4", q, (1.0, any_signed), (-1.0, started))
                yield self._relation("BLOCK-4", q, (1.0, self.select(Action.START, q, q)), (-1.0, any_signed))
                so_far = self.select(Action.SIGN, window[0], q)
                yield self._relation("BLOCK-3", q, (1.0, so_far), (-self.max_blocks, started))
            if self.requires:
                base = Selector(Action.CHOOSE, self.requires, case.calendar.first, q)
                yield self._relation("BLOCK-6", q, (1.0, any_signed), (-1.0, base))
        if first:
            started = self.select(Action.START, window[0], window[-1])
            yield self._relation("BLOCK-4", window[-1], (1.0, started), upper=1.0)

    def _exits(self, case: Case, window: tuple[Quarter, ...]) -> Iterator[Relation]:
        for q in window:
            paper = self.as_signed(case, q)
            if paper._can_exit(case, q):
                when = paper._exit_quarter(q)
                gone = Selector(Action.EXIT, self.block, when, when, vintage=q)
                yield self._relation("BLOCK-8", when, (1.0, gone), (-1.0, self.select(Action.SIGN, q, q)))

    def _exclusive(self, case: Case) -> Iterator[Relation]:
        """One row a group, written by the first offer of the group."""
        group = [row for row in case.of(Block) if row.exclusive_group == self.exclusive_group != ""]
        if not group or group[0].block != self.block:
            return
        first, last = case.calendar.first, case.calendar.end + -1
        terms = tuple((1.0, row.select(Action.START, first, last)) for row in group)
        yield Relation("BLOCK-5", self.exclusive_group, last, terms, 1.0)

    def _resold(self, case: Case, window: tuple[Quarter, ...]) -> Iterator[Relation]:
        papers = [(q, self.as_signed(case, q)) for q in window]
        deliveries = [(paper, Delivery(case, paper, q)) for q, paper in papers]
        for t in case.calendar.quarters:
            terms = [(1.0, self.select(Action.RESELL, t, t))]
            for paper, delivery in deliveries:
                q, gpus = delivery.decided, delivery.usable(t)
                when = paper._exit_quarter(q)
                if gpus:
                    terms.append((-gpus, self.select(Action.SIGN, q, q)))
                if gpus and paper.exit_after_quarters and when <= t:
                    terms.append((gpus, Selector(Action.EXIT, self.block, when, when, vintage=q)))
            if len(terms) > 1:
                yield self._relation("BLOCK-9", t, *terms)

    def replay(self, case: Case, decided: Decided) -> Iterator[Entry | Finding]:
        """Entries of what is signed, exited and resold, and every broken term (BLOCK-1) to (BLOCK-9)."""
        yield from block_replay.replay(self, case, decided)
