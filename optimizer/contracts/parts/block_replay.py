"""The replay of a reserved block: money and capacity walked through the calendar, and every term that is broken."""

from collections.abc import Iterator
from dataclasses import dataclass

from optimizer.case.case import Case
from optimizer.contracts.parts.block_terms import BlockTerms, PrepaidAt
from optimizer.contracts.parts.checks import TOLERANCE, broken, exceeds, foreign, is_whole
from optimizer.contracts.parts.walk import Statement, booked, out, walk
from optimizer.errors import Finding
from optimizer.ledger.books import Decided, Entry
from optimizer.ledger.decision import Action, DecisionKey
from optimizer.ledger.keys import CREDIT, FEE, PREPAYMENT, Cash, Category, Commitment, Supply
from optimizer.tables.quarter import Quarter

RESERVED = Category("reserved invoices", service=True)
REMEDY = Category("late-delivery credits")
EXIT_FEE = Category("early-exit fees")
RESALE = Category("resale")


def replay(block: BlockTerms, case: Case, decided: Decided) -> Iterator[Entry | Finding]:
    """Entries of the decided quantities of a block, and findings where they break its terms."""
    signings = [_Signing.of(block, case, decided, key.quarter, n) for key, n in decided.of(block.block, Action.SIGN)]
    for signing in signings:
        yield from signing.entries()
        yield from _signing_findings(signing)
    for key, chosen in decided.of(block.block, Action.CHOOSE):
        fee = chosen * block.as_signed(case, key.quarter).signing_fee_usd
        yield block.entry(Cash(FEE), key.quarter, fee)
        yield block.entry(Commitment(), key.quarter, fee)
    for key, gpus in decided.of(block.block, Action.RESELL):
        t = key.quarter
        yield block.entry(Supply(block.site, block.accelerator, True), t, -gpus)
        yield block.entry(Cash(RESALE), t, -gpus * case.calendar.hours(t) * block.resale_price_usd_per_gpu_hour)
        usable = sum(signing.usable(t) for signing in signings)
        yield from _resale_findings(block, case, t, gpus, usable)
    offered = (Action.SIGN, Action.CHOOSE, Action.START, Action.EXIT, Action.RESELL)
    yield from foreign(block.block, decided, *offered)
    yield from _total_findings(block, case, decided)
    yield from _flag_findings(block, case, decided)
    yield from _exit_findings(block, case, decided)
    yield from _other_offers(block, case, decided)


@dataclass(frozen=True)
class _Signing:
    """Blocks signed in one quarter, with the statements of their tranches and the blocks that exit at `leaves`."""

    block: BlockTerms
    case: Case
    quarter: Quarter
    blocks: float
    tranches: list[list[Statement]]
    start: Quarter
    leaves: Quarter
    exited: float

    @classmethod
    def of(cls, offer: BlockTerms, case: Case, decided: Decided, quarter: Quarter, blocks: float) -> "_Signing":
        block = offer.as_signed(case, quarter)
        start = quarter + (block.lead_quarters + block.delay_quarters)
        leaves = start + block.exit_after_quarters
        exited = decided.quantity(DecisionKey(Action.EXIT, block.block, leaves, quarter))
        return cls(block, case, quarter, blocks, walk(case, block, blocks, quarter), start, leaves, exited)

    def stays(self, quarter: Quarter) -> float:
        """Share of the signed blocks that has not exited in the quarter."""
        return 1.0 if quarter < self.leaves else 1.0 - self.exited / self.blocks

    def usable(self, quarter: Quarter) -> float:
        """Usable GPUs in the quarter."""
        gpus = sum(row.gpus for tranche in self.tranches for row in tranche if row.quarter == quarter)
        return gpus * self.stays(quarter) * self.block.availability * (1.0 - out(self.case, self.block, quarter))

    def entries(self) -> Iterator[Entry]:
        """All that the signing and its exit move."""
        block = self.block
        rows = [row for tranche in self.tranches for row in tranche]
        for row in rows:
            yield from booked(self.case, block, row, RESERVED, self.stays(row.quarter))
        value = sum(row.invoice for row in rows)
        yield block.entry(Commitment(), self.quarter, value)
        yield from self._prepaid(value)
        yield from self._credited(block.prepayment_share * value)
        yield from self._late()
        remaining = sum(row.invoice for row in rows if row.quarter >= self.leaves)
        fee = block.exit_fee_share * remaining * self.exited / self.blocks
        yield block.entry(Cash(EXIT_FEE), self.leaves, fee)

    def _prepaid(self, value: float) -> Iterator[Entry]:
        share = self.block.prepayment_share
        if self.block.prepaid_at is PrepaidAt.SIGNING:
            yield self.block.entry(Cash(PREPAYMENT), self.quarter, share * value)
            return
        for tranche in self.tranches:
            delivered = tranche[0].quarter
            invoices = sum(row.invoice for row in tranche) * tranche[0].charged
            yield self.block.entry(Cash(PREPAYMENT), delivered, share * invoices * self.stays(delivered))

    def _credited(self, prepaid: float) -> Iterator[Entry]:
        """Invoices of a tranche earn credit by what of it was charged on its delivery, where it was prepaid then."""
        after, ahead = self.block.credit_after_quarters, self.block.prepaid_at is PrepaidAt.SIGNING
        paid = [(row, 1.0 if ahead else tranche[0].charged) for tranche in self.tranches for row in tranche]
        credited = [(row, share) for row, share in paid if row.quarter - self.start >= after]
        base = sum(row.invoice for row, _ in credited)
        for row, share in credited if prepaid else ():
            earned = row.invoice / base * row.charged * share * self.stays(row.quarter)
            yield self.block.entry(Cash(CREDIT), row.quarter, -prepaid * earned)

    def _late(self) -> Iterator[Entry]:
        late = self.block.delay_quarters - self.block.grace_quarters
        for tranche in self.tranches if late > 0 else ():
            first = tranche[0]
            credit = first.invoice * first.charged * late * self.block.late_credit_share * self.stays(first.quarter)
            yield self.block.entry(Cash(REMEDY), first.quarter, -credit)


def _signing_findings(signing: _Signing) -> Iterator[Finding]:
    block, case, q, blocks = signing.block, signing.case, signing.quarter, signing.blocks
    found = f"{blocks:g} blocks are signed"
    early = block.sign_from is not None and q < block.sign_from
    late = block.sign_until is not None and q > block.sign_until
    if early or late or not case.calendar.first <= q < case.calendar.end:
        yield broken("BLOCK-3", block.block, q, found, "none outside the signing window")
    available = case.accelerator(block.accelerator).available_from
    if available is not None and signing.start < available:
        expected = f"no delivery before {available}, when {block.accelerator} is available"
        yield broken("BLOCK-3", block.block, q, f"{found} for delivery in {signing.start}", expected)
    if not block.divisible and not is_whole(blocks):
        yield broken("BLOCK-3", block.block, q, found, "whole blocks")
    if blocks > TOLERANCE and exceeds(block.min_blocks, blocks):
        yield broken("BLOCK-2", block.block, q, found, f"at least {block.min_blocks:g}")


def _total_findings(block: BlockTerms, case: Case, decided: Decided) -> Iterator[Finding]:
    last = case.calendar.end + -1
    total = sum(blocks for _, blocks in decided.of(block.block, Action.SIGN))
    found = f"{total:g} blocks are signed in all"
    if exceeds(total, block.max_blocks):
        yield broken("BLOCK-3", block.block, last, found, f"at most {block.max_blocks:g}")
    least = block.least_ever(case)
    if block.must_sign and exceeds(least, total):
        yield broken("BLOCK-7", block.block, last, found, f"at least {least:g}: it must be signed")


def _flag_findings(block: BlockTerms, case: Case, decided: Decided) -> Iterator[Finding]:
    """(BLOCK-1), (BLOCK-2), (BLOCK-4): the flags tell what is signed, and when first."""
    signed = {key.quarter: n for key, n in decided.of(block.block, Action.SIGN) if n > TOLERANCE}
    chosen = {key.quarter: flag for key, flag in decided.of(block.block, Action.CHOOSE)}
    started = {key.quarter: flag for key, flag in decided.of(block.block, Action.START)}
    for q, flag in (*chosen.items(), *started.items()):
        if abs(flag - 1.0) > TOLERANCE:
            yield broken("BLOCK-1", block.block, q, f"a flag is {flag:g}", "0 or 1")
    for q in signed:
        if q not in chosen and block.needs_choice(case, q):
            yield broken("BLOCK-1", block.block, q, "blocks are signed, not marked as signed", "the mark and its fee")
    for q in chosen:
        least = block.as_signed(case, q).least
        if exceeds(least, signed.get(q, 0.0)):
            found = f"marked as signed with {signed.get(q, 0.0):g} blocks"
            yield broken("BLOCK-2", block.block, q, found, f"at least {least:g}")
    first = [min(signed)] if signed and block.needs_first(case) else []
    if sorted(started) != first:
        found = f"first signed in {' and '.join(map(str, sorted(started))) or 'no quarter'}"
        expected = f"{first[0] if first else 'no quarter'}"
        yield broken("BLOCK-4", block.block, case.calendar.end + -1, found, expected)


def _exit_findings(block: BlockTerms, case: Case, decided: Decided) -> Iterator[Finding]:
    """(BLOCK-8): each exit is at the date of the terms, of blocks that were signed."""
    for key, exited in decided.of(block.block, Action.EXIT):
        found = f"{exited:g} blocks signed in {key.vintage} are exited"
        paper = block if key.vintage is None else block.as_signed(case, key.vintage)
        if key.vintage is None or not paper.exit_after_quarters:
            yield broken("BLOCK-8", block.block, key.quarter, found, "none: the terms have no early exit of these")
            continue
        due = key.vintage + (paper.lead_quarters + paper.delay_quarters + paper.exit_after_quarters)
        if key.quarter != due or due >= case.calendar.end:
            yield broken("BLOCK-8", block.block, key.quarter, found, f"an exit in {due}, within the horizon")
        signed = decided.quantity(DecisionKey(Action.SIGN, block.block, key.vintage))
        if exceeds(exited, signed):
            yield broken("BLOCK-8", block.block, key.quarter, found, f"at most the {signed:g} signed")
        if not block.divisible and not is_whole(exited):
            yield broken("BLOCK-8", block.block, key.quarter, found, "whole blocks")


def _resale_findings(block: BlockTerms, case: Case, t: Quarter, gpus: float, usable: float) -> Iterator[Finding]:
    found = f"{gpus:g} GPUs are resold"
    if not block.resale_price_usd_per_gpu_hour or not case.calendar.first <= t < case.calendar.end:
        yield broken("BLOCK-9", block.block, t, found, "none: resale is not allowed then")
    if exceeds(gpus, usable):
        yield broken("BLOCK-9", block.block, t, found, f"at most the {usable:g} usable")


def _other_offers(block: BlockTerms, case: Case, decided: Decided) -> Iterator[Finding]:
    """(BLOCK-5), (BLOCK-6): rivals and prerequisites."""
    last = case.calendar.end + -1
    for key, blocks in decided.of(block.block, Action.SIGN):
        if blocks <= TOLERANCE:
            continue
        q = key.quarter
        if block.requires and decided.until(block.requires, Action.SIGN, q) <= TOLERANCE:
            yield broken("BLOCK-6", block.block, q, "it is signed", f"{block.requires} signed by then")
        for rival in case.of(BlockTerms):
            same = rival.exclusive_group == block.exclusive_group != "" and rival.block != block.block
            if same and decided.until(rival.block, Action.SIGN, last) > TOLERANCE:
                yield broken("BLOCK-5", block.block, q, f"it is signed beside {rival.block}", "one offer of the group")
