"""Random offers of every contract type, for generated cases."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from random import Random

from optimizer.contracts.backstop import Backstop, BackstopDraw
from optimizer.contracts.block import Block
from optimizer.contracts.commitment import CommitmentSchedule, ExistingCommitment, Item
from optimizer.contracts.option import Option
from optimizer.contracts.parts.block_terms import PrepaidAt
from optimizer.contracts.purchase import Purchase
from optimizer.contracts.spot import Firmness, SpotLimit, SpotMarket, SpotPrice
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import Record, Series

HOURS = 2190.0
RAMPS = ((1.0,), (1.0,), (0.5, 1.0), (0.25, 0.5, 0.75, 1.0))


@dataclass(frozen=True)
class Sizes:
    """How many offers there are, over which quarters."""

    offers: int
    first: Quarter
    quarters: int

    def at(self, share: float) -> Quarter:
        """The quarter at a share of the horizon."""
        return self.first + int(share * (self.quarters - 1))


@dataclass(frozen=True)
class Market:
    """A system and its usual price in USD per GPU-hour; the newest comes late."""

    system: str
    price: float
    newest: bool


class _Kind(Enum):
    """Contract types."""

    BLOCK = "block"
    SPOT = "spot"
    OPTION = "option"
    PURCHASE = "purchase"
    BACKSTOP = "backstop"
    COMMITMENT = "commitment"


# Of twenty offers: ten blocks, four markets, two options, two purchases, a backstop and a commitment. A block comes
# first, because options and backstops come with the block before them.
_DECK = (
    *(_Kind.BLOCK, _Kind.BLOCK, _Kind.SPOT, _Kind.OPTION, _Kind.PURCHASE),
    *(_Kind.BLOCK, _Kind.BLOCK, _Kind.SPOT, _Kind.BACKSTOP, _Kind.BLOCK),
    *(_Kind.BLOCK, _Kind.BLOCK, _Kind.SPOT, _Kind.OPTION, _Kind.COMMITMENT),
    *(_Kind.BLOCK, _Kind.BLOCK, _Kind.SPOT, _Kind.PURCHASE, _Kind.BLOCK),
)


class Offers:
    """Draws offers in a fixed order; `gpus` and `quarterly_usd` say what they add up to."""

    def __init__(
        self, sizes: Sizes, rng: Random, sites: tuple[str, ...], markets: tuple[Market, ...], suppliers: tuple[str, ...]
    ) -> None:
        self.sizes = sizes
        self.rng = rng
        self.sites = sites
        self.markets = markets
        self.suppliers = suppliers
        self.blocks: list[Block] = []
        self._records: list[Record] = []
        self._gpus: list[tuple[str, str, float, bool]] = []
        self._usd = 0.0
        draw = {
            _Kind.BLOCK: self._block,
            _Kind.SPOT: self._spot,
            _Kind.OPTION: self._option,
            _Kind.PURCHASE: self._purchase,
            _Kind.BACKSTOP: self._backstop,
            _Kind.COMMITMENT: self._commitment,
        }
        for number in range(sizes.offers):
            self._records += draw[_DECK[number % len(_DECK)]](f"{number + 1:03}")

    def records(self) -> tuple[Record, ...]:
        """Every row of the offers and of the tables beside them."""
        return tuple(self._records)

    def gpus(self, site: str, signed: bool = False) -> list[tuple[str, float]]:
        """GPUs on offer at the site if all of it were taken, or already signed there, by system."""
        return [(system, count) for place, system, count, done in self._gpus if place == site and done is signed]

    def quarterly_usd(self) -> float:
        """Invoices of a quarter if everything on offer were taken, USD."""
        return self._usd

    def _count(self, site: str, market: Market, gpus: float, signed: bool = False) -> None:
        self._gpus.append((site, market.system, gpus, signed))
        self._usd += gpus * market.price * HOURS

    def _price(self, market: Market, low: float, high: float) -> float:
        return round(market.price * self.rng.uniform(low, high), 3)

    def _place(self) -> tuple[str, str, Market]:
        """A supplier, a site and a system."""
        return self.rng.choice(self.suppliers), self.rng.choice(self.sites), self.rng.choice(self.markets)

    def _block(self, number: str) -> Iterator[Record]:
        supplier, site, market = self._place()
        term = self.rng.choice([4, 8, 12, 20])
        ramp = RAMPS[0] if term == 4 else self.rng.choice(RAMPS)
        prepaid = self.rng.choice([0.0, 0.0, 0.1, 0.2])
        delay = self.rng.choice([0, 0, 0, 1])
        leaves = term >= 12 and self.rng.random() < 0.3
        most = float(self.rng.randint(4, 30))
        before = self.blocks[-1] if self.blocks else None
        linked = before if before is not None and self.rng.random() < 0.15 else None
        grouped = linked is None and self.rng.random() < 0.2
        block = Block(
            block=f"block-{number}",
            supplier=supplier,
            site=site,
            accelerator=market.system,
            gpus_per_block=float(self.rng.choice([576, 1024, 1152])),
            price_usd_per_gpu_hour=self._price(market, 0.85, 1.15) * (1.25 if term == 4 else 1.0),
            escalator=self.rng.choice([0.0, 0.0, 0.02]),
            lead_quarters=self.rng.choice([0, 1, 2, 3]),
            delay_quarters=delay,
            grace_quarters=0,
            late_credit_share=0.1 if delay else 0.0,
            ramp=ramp,
            term_quarters=term,
            availability=round(self.rng.uniform(0.97, 1.0), 3),
            energy_included=self.rng.random() < 0.7,
            min_blocks=float(self.rng.choice([0, 0, 2])),
            max_blocks=most,
            divisible=self.rng.random() < 0.1,
            sign_until=self.sizes.at(self.rng.uniform(0.4, 1.0)),
            signing_fee_usd=float(self.rng.choice([0, 0, 1_000_000])),
            prepayment_share=prepaid,
            prepaid_at=self.rng.choice([PrepaidAt.SIGNING, PrepaidAt.DELIVERY]),
            credit_after_quarters=term // 3 if prepaid else 0,
            exit_after_quarters=term // 2 if leaves else 0,
            exit_fee_share=0.5 if leaves else 1.0,
            resale_price_usd_per_gpu_hour=round(0.4 * market.price, 3) if self.rng.random() < 0.1 else 0.0,
            exclusive_group=f"group-{len(self.blocks) // 3}" if grouped else "",
            requires=linked.block if linked is not None else "",
        )
        self.blocks.append(block)
        self._count(site, market, most * block.gpus_per_block)
        yield block

    def _spot(self, number: str) -> Iterator[Record]:
        _, site, market = self._place()
        firm = self.rng.random() < 0.5
        name = f"market-{number}"
        start = self._price(market, 1.4, 2.2) if firm else self._price(market, 0.5, 0.8)
        fall, depth = self.rng.uniform(0.85, 1.0), self.rng.randint(2, 12) * 1000
        yield SpotMarket(
            market=name,
            supplier=self.suppliers[-1],
            site=site,
            accelerator=market.system,
            firmness=Firmness.ON_DEMAND if firm else Firmness.INTERRUPTIBLE,
            interruption_loss=0.0 if firm else round(self.rng.uniform(0.05, 0.2), 2),
        )
        prices = (round(start * fall ** (t / 4), 4) for t in range(self.sizes.quarters))
        limits = (round(depth * (1.0 + t / 10)) for t in range(self.sizes.quarters))
        yield SpotPrice(name, Series(self.sizes.first, tuple(prices)))
        yield SpotLimit(name, Series(self.sizes.first, tuple(float(limit) for limit in limits)))

    def _option(self, number: str) -> Iterator[Record]:
        base = self.blocks[-1]
        market = next(market for market in self.markets if market.system == base.accelerator)
        most = float(self.rng.randint(2, 12))
        yield Option(
            option=f"option-{number}",
            supplier=base.supplier,
            site=base.site,
            accelerator=base.accelerator,
            gpus_per_block=base.gpus_per_block,
            price_usd_per_gpu_hour=self._price(market, 0.85, 1.05),
            lead_quarters=self.rng.choice([0, 1, 2]),
            term_quarters=self.rng.choice([8, 12]),
            expands=base.block,
            max_ratio=self.rng.choice([None, 0.5, 1.0]),
            premium_usd_per_block=float(self.rng.choice([0, 200_000, 600_000])),
            buy_until=self.sizes.at(0.6),
            exercise_from=self.sizes.at(0.3),
            exercise_until=self.sizes.at(0.9),
            max_blocks=most,
        )
        self._count(base.site, market, most * base.gpus_per_block)

    def _backstop(self, number: str) -> Iterator[Record]:
        base = self.blocks[-1]
        market = next(market for market in self.markets if market.system == base.accelerator)
        draws = [0.0] * self.sizes.quarters
        draws[self.sizes.quarters // 2] = float(self.rng.randint(1, 3))
        draws[-1] = float(self.rng.randint(0, 2))
        name = f"backstop-{number}"
        yield Backstop(
            backstop=name,
            supplier=base.supplier,
            site=base.site,
            accelerator=base.accelerator,
            gpus_per_block=base.gpus_per_block,
            price_usd_per_gpu_hour=self._price(market, 0.9, 1.0),
            term_quarters=8,
            comes_with=base.block,
            cap_blocks=sum(draws),
        )
        yield BackstopDraw(name, Series(self.sizes.first, tuple(draws)))
        self._count(base.site, market, sum(draws) * base.gpus_per_block)

    def _purchase(self, number: str) -> Iterator[Record]:
        supplier, site, market = self._place()
        most = float(self.rng.randint(4, 20))
        yield Purchase(
            purchase=f"purchase-{number}",
            supplier=supplier,
            site=site,
            accelerator=market.system,
            gpus_per_unit=1152.0,
            max_units=most,
            order_until=self.sizes.at(0.8),
            capex_usd_per_gpu=float(round(market.price * self.rng.uniform(22_000, 28_000), -2)),
            deposit_share=self.rng.choice([0.0, 0.2]),
            lead_quarters=self.rng.choice([2, 3, 4]),
            life_quarters=20,
            residual_share=0.05,
            opex_usd_per_gpu_quarter=float(self.rng.randint(600, 1200)),
            availability=0.98,
        )
        self._count(site, market, most * 1152.0)

    def _commitment(self, number: str) -> Iterator[Record]:
        """Capacity already signed, until it runs out within the horizon; of a system that exists."""
        supplier, site, _ = self._place()
        market = self.rng.choice([market for market in self.markets if not market.newest])
        name, gpus = f"commitment-{number}", float(self.rng.randint(4, 12) * 1024)
        ends = self.rng.randint(max(1, self.sizes.quarters // 2), self.sizes.quarters)
        invoice = round(gpus * HOURS * market.price)
        yield ExistingCommitment(commitment=name, supplier=supplier, site=site, accelerator=market.system)
        for item, amount in ((Item.GPUS, gpus), (Item.INVOICES, float(invoice))):
            schedule = tuple(amount if t < ends else None for t in range(self.sizes.quarters))
            yield CommitmentSchedule(name, item, Series(self.sizes.first, schedule))
        self._count(site, market, gpus, signed=True)
