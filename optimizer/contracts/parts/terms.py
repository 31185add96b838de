"""Columns that reserved blocks, options and backstops share: who, where, how many GPUs, when and at what price."""

from collections.abc import Iterator
from dataclasses import dataclass

from optimizer.case.case import Case
from optimizer.contracts.contract import Contract
from optimizer.tables.columns import flag, integer, number, reference, shares
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import Problem, Term


@dataclass(frozen=True, kw_only=True)
class DeliveryTerms(Contract):
    """Terms of delivery of one block. Price it by the GPU-hour or by the block and quarter, not both."""

    site: str = reference("where it stands", "sites")
    accelerator: str = reference("the GPU system", "accelerators")
    gpus_per_block: float = number("GPUs", "GPUs in one block, the unit the supplier sells", above=True)
    price_usd_per_gpu_hour: float | None = number("USD per GPU-hour", "price, take-or-pay, all hours", None)
    price_usd_per_block_quarter: float | None = number(
        "USD per block", "fixed fee of a block and quarter, instead of the price per GPU-hour", None
    )
    escalator: float = number("share a year", "rise of the price on each anniversary of delivery", 0.0, -0.5, 0.5)
    lead_quarters: int = integer("quarters", "from signing (or exercise) to the first delivery", 0, 0, 40)
    delay_quarters: int = integer("quarters", "lateness to expect: capacity and invoices move together", 0, 0, 40)
    ramp: tuple[float, ...] = shares("cumulative share delivered, by quarter from the first delivery")
    term_quarters: int = integer("quarters", "how long each tranche runs from its own delivery", low=1, high=120)
    availability: float = number("share", "share of hours the capacity is usable (SLA)", 1.0, high=1.0)
    energy_included: bool = flag("yes: the price includes energy", True)

    @property
    def by_block(self) -> bool:
        """Whether it is priced by the block and quarter."""
        return self.price_usd_per_block_quarter is not None

    @property
    def price(self) -> Term:
        """The cell that prices it: USD per block and quarter where `by_block`, else USD per GPU-hour."""
        return self.term("price_usd_per_block_quarter" if self.by_block else "price_usd_per_gpu_hour")

    @property
    def lead(self) -> int:
        """Quarters from the decision to the first delivery, the delay included."""
        return self.lead_quarters + self.delay_quarters

    @property
    def last_age(self) -> int:
        """Quarters from the first delivery to the last quarter of service of the last tranche."""
        return self.ramp.index(self.ramp[-1]) + self.term_quarters - 1

    def first_decision(self, case: Case) -> Quarter:
        """Earliest quarter in which a decision delivers a system that exists by then; never before the horizon."""
        available = case.accelerator(self.accelerator).available_from
        first = case.calendar.first
        return first if available is None else max(first, available + -self.lead)

    def problems(self, case: Case) -> Iterator[Problem]:
        """Both prices or none, and a ramp that starts with nothing."""
        yield from super().problems(case)
        given = [self.price_usd_per_gpu_hour is not None, self.by_block]
        if sum(given) != 1:
            yield Problem(
                "price_usd_per_gpu_hour",
                "no price" if not any(given) else "two prices",
                "a price per GPU-hour or a fee per block and quarter",
                "fill exactly one of price_usd_per_gpu_hour and price_usd_per_block_quarter",
            )
        if self.ramp[0] <= 0.0:
            yield Problem(
                "ramp", "nothing in the first quarter", "a first share above 0%", "raise lead_quarters instead"
            )
