"""What is written on the paper of a reserved-block offer, and what is wrong with it."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from optimizer.case.case import Case
from optimizer.contracts.contract import Dependent
from optimizer.contracts.parts.checks import exceeds, is_whole, size_problems, window_problems
from optimizer.contracts.parts.delivery import Delivery
from optimizer.contracts.parts.signed import window
from optimizer.contracts.parts.terms import DeliveryTerms
from optimizer.errors import Level
from optimizer.tables.columns import choice, flag, integer, key, number, quarter, reference, text
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import Problem

SMALLEST_DIVISIBLE_ORDER = 0.01


class PrepaidAt(Enum):
    """When a prepayment is due."""

    SIGNING = "signing"
    DELIVERY = "delivery"


@dataclass(frozen=True, kw_only=True)
class BlockTerms(DeliveryTerms):
    """The columns of a reserved-block offer."""

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

    @property
    def least(self) -> float:
        """Fewest blocks that count as signed."""
        return self.min_blocks or (SMALLEST_DIVISIBLE_ORDER if self.divisible else 1.0)

    def least_ever(self, case: Case) -> float:
        """Fewest blocks that count as signed in any quarter of its window."""
        return min((self.as_signed(case, q).least for q in self.window(case)), default=self.least)

    def window(self, case: Case) -> tuple[Quarter, ...]:
        """Quarters in which it can be signed."""
        first = max(self.sign_from or case.calendar.first, self.first_decision(case))
        return window(case, self.block, first, self.sign_until)

    def signings(self, case: Case) -> tuple[Quarter, ...]:
        """Those of its window."""
        return self.window(case)

    def needs_first(self, case: Case) -> bool:
        """Whether another row asks in which quarter it was first signed."""
        return bool(self.exclusive_group) or any(self.block in row.depends_on() for row in case.of(Dependent))

    def needs_choice(self, case: Case, signed: Quarter) -> bool:
        """Whether being signed at all in a quarter has a price or a consequence."""
        paper = self.as_signed(case, signed)
        priced = bool(paper.signing_fee_usd or paper.min_blocks or self.requires)
        required = any(row.requires == self.block for row in case.of(BlockTerms))
        return priced or required or self.needs_first(case)

    def rivals(self, case: Case) -> tuple["BlockTerms", ...]:
        """Other offers of its exclusive group."""
        group = (row for row in case.of(BlockTerms) if self.exclusive_group == row.exclusive_group != "")
        return tuple(row for row in group if row.block != self.block)

    def credit_rate(self, case: Case, signed: Quarter) -> float:
        """Share of each invoice from the credit's start on that the prepayment of blocks signed then pays."""
        delivery = Delivery(case, self, signed)
        return self.prepayment_share * delivery.value() / delivery.value(delivery.start + self.credit_after_quarters)

    def problems(self, case: Case) -> Iterator[Problem]:
        yield from super().problems(case)
        columns = ("sign_from", "sign_until")
        yield from window_problems(case, columns, self.sign_from, self.sign_until, self.first_decision(case))
        yield from self._sizes(case)
        yield from self._must_sign(case)
        yield from self._times(case)
        yield from self._requirement(case)
        yield from self._group(case)
        yield from self._resale_problems()

    def _sizes(self, case: Case) -> Iterator[Problem]:
        papers = (self, *(self.as_signed(case, q) for q in self.window(case)))
        yield from size_problems((paper.min_blocks, paper.max_blocks) for paper in papers)
        if not self.divisible and not is_whole(self.max_blocks):
            cure = "round it, or set divisible"
            yield Problem("max_blocks", f"{self.max_blocks:g}", "a whole number of blocks", cure)

    def _must_sign(self, case: Case) -> Iterator[Problem]:
        if not self.must_sign:
            return
        if not self.window(case):
            cure = "widen the window, or set must_sign to no"
            yield Problem("must_sign", "yes, but it cannot be signed in any quarter", "an open window", cure)
        if self.divisible and not self.min_blocks:
            found = "yes, but how much must be signed is open"
            yield Problem("must_sign", found, "min_blocks of a divisible offer", "fill min_blocks")

    def _times(self, case: Case) -> Iterator[Problem]:
        """Credit and exit must lie within the term, and the credit within the invoices it is set against."""
        last = self.last_age
        if self.exit_after_quarters > last:
            yield Problem("exit_after_quarters", f"{self.exit_after_quarters}", f"at most {last}", "lower it")
        if not self.prepayment_share:
            return
        if self.credit_after_quarters > last:
            expected = f"a quarter of the term, 0 to {last}, or the prepayment would never be credited"
            cure = "lower it, or set prepayment_share to 0"
            yield Problem("credit_after_quarters", f"{self.credit_after_quarters}", expected, cure)
            return
        rate = max((self.credit_rate(case, q) for q in self.window(case)), default=0.0)
        if exceeds(rate, 1.0):
            found = f"{self.prepayment_share:g} paid ahead is {rate:.3g} x the invoices from the credit's start on"
            cure = "lower prepayment_share or credit_after_quarters"
            yield Problem("prepayment_share", found, "no more than these invoices", cure)

    def _requirement(self, case: Case) -> Iterator[Problem]:
        chain = [self.block]
        needed = {row.block: row for row in case.of(BlockTerms)}
        while (following := needed[chain[-1]].requires) and following in needed and following not in chain:
            chain.append(following)
        if following == self.block:
            circle = " requires ".join((*chain, self.block))
            cure = "clear one of the cells"
            yield Problem("requires", f"a circle: {circle}", "an offer that can be signed first", cure)
            return
        base = needed.get(self.requires)
        if base is None:
            return
        if base in self.rivals(case):
            expected = f"an offer outside the exclusive group {self.exclusive_group}"
            yield Problem("requires", f"{base.block}, a rival", expected, "clear requires, or change a group")
        opens, closes = base.window(case), self.window(case)
        if closes and (not opens or opens[0] > closes[-1]):
            found = f"{base.block}, which cannot be signed by {closes[-1]}"
            level = Level.WARNING if case.calendar.as_of > case.calendar.first else Level.ERROR
            expected = "an offer that can be signed before or with it"
            yield Problem("requires", found, expected, "correct a window", level)

    def _group(self, case: Case) -> Iterator[Problem]:
        if not self.exclusive_group:
            return
        rivals = self.rivals(case)
        forced = [row.block for row in rivals if row.must_sign]
        if self.must_sign and forced:
            found = f"yes, as is that of {forced[0]} in the exclusive group {self.exclusive_group}"
            yield Problem("must_sign", found, "one offer of a group at most", "set one of them to no")
        if not rivals:
            cure = "correct the name of the group, or clear it"
            found = f"{self.exclusive_group}, with no other offer in it"
            yield Problem("exclusive_group", found, "two offers or more", cure, Level.WARNING)

    def _resale_problems(self) -> Iterator[Problem]:
        price = self.price_usd_per_gpu_hour
        if price is not None and exceeds(self.resale_price_usd_per_gpu_hour * self.availability, price):
            found = f"{self.resale_price_usd_per_gpu_hour:g}, above its own price of {price:g}"
            cure = "lower it, or blocks are signed to be resold"
            column = "resale_price_usd_per_gpu_hour"
            yield Problem(column, found, "a price below that of the offer", cure, Level.WARNING)
