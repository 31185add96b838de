"""Columns that reserved blocks, options and backstops share: who, where, how many GPUs, when and at what price."""

from collections.abc import Iterator
from dataclasses import dataclass

from optimizer.case.case import Case
from optimizer.contracts.contract import Contract
from optimizer.contracts.delivery import Delivery
from optimizer.contracts.walk import Statement, Terms, walk
from optimizer.ledger.books import Entry
from optimizer.ledger.keys import ENERGY, Cash, Category, Draw, Installed, Supply
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
        """The cell that prices it."""
        return self.term("price_usd_per_block_quarter" if self.by_block else "price_usd_per_gpu_hour")

    def delivery(self, decided: Quarter) -> Delivery:
        """Delivery of a block decided in the quarter: it starts after lead time and delay."""
        return Delivery(
            site=self.site,
            accelerator=self.accelerator,
            gpus=self.gpus_per_block,
            availability=self.availability,
            ramp=self.ramp,
            term=self.term_quarters,
            start=decided + self.lead_quarters + self.delay_quarters,
            price=self.price,
            by_block=self.by_block,
            escalator=self.escalator,
            energy_included=self.energy_included,
        )

    def statements(self, case: Case, decided: Quarter, blocks: float) -> list[Statement]:
        """The replayed delivery of `blocks` blocks decided in the quarter."""
        terms = Terms(
            site=self.site,
            accelerator=self.accelerator,
            gpus_per_block=self.gpus_per_block,
            ramp=self.ramp,
            term=self.term_quarters,
            hourly=self.price_usd_per_gpu_hour,
            fee=self.price_usd_per_block_quarter,
            escalator=self.escalator,
            energy_included=self.energy_included,
        )
        return list(walk(case, terms, blocks, decided + (self.lead_quarters + self.delay_quarters)))

    def replay_delivery(self, case: Case, statements: list[Statement], category: Category) -> Iterator[Entry]:
        """Entries of replayed statements: capacity within the horizon, money to the end."""
        for row in statements:
            if case.calendar.planned(row.quarter):
                yield from self.replay_capacity(case, row.quarter, row.gpus)
            yield self.entry(Cash(category), row.quarter, row.invoice)
            yield self.entry(Cash(ENERGY), row.quarter, row.energy)

    def replay_capacity(self, case: Case, quarter: Quarter, gpus: float) -> Iterator[Entry]:
        """Entries of GPUs that are there in one quarter."""
        yield self.entry(Installed(self.site, self.accelerator, True), quarter, gpus)
        yield self.entry(Supply(self.site, self.accelerator, True), quarter, gpus * self.availability)
        kw = case.accelerator(self.accelerator).kw_per_gpu
        yield self.entry(Draw(self.site, self.accelerator), quarter, gpus * kw)

    def first_decision(self, case: Case) -> Quarter:
        """Earliest quarter in which a decision delivers a system that exists by then."""
        available = case.accelerator(self.accelerator).available_from
        first = case.calendar.first
        return first if available is None else max(first, available + -(self.lead_quarters + self.delay_quarters))

    def problems(self, case: Case) -> Iterator[Problem]:
        """Both prices or none; negative numbers of quarters are refused by the columns."""
        given = [self.price_usd_per_gpu_hour is not None, self.by_block]
        if sum(given) != 1:
            yield Problem(
                "price_usd_per_gpu_hour",
                "no price" if not any(given) else "two prices",
                "a price per GPU-hour or a fee per block and quarter",
                "fill exactly one of price_usd_per_gpu_hour and price_usd_per_block_quarter",
            )
