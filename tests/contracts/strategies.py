"""Random rows of every contract type, from the columns they declare, and random quantities of what they offer.

A new contract type joins by itself: `cases` draws its columns freely. A type whose columns hang together, or that needs
rows of other tables beside it, has a strategy of its own in `SPECIAL`.
"""

from collections.abc import Callable, Iterable
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from optimizer.case.case import Case
from optimizer.case.settings import Settings
from optimizer.case.world import Accelerator, LoadSegment, Site, Supplier
from optimizer.contracts.backstop import Backstop, BackstopDraw
from optimizer.contracts.block import Block
from optimizer.contracts.commitment import CommitmentSchedule, ExistingCommitment, Item
from optimizer.contracts.contract import Contract
from optimizer.contracts.option import Option
from optimizer.contracts.parts.block_terms import BlockTerms
from optimizer.contracts.parts.in_service import InService
from optimizer.contracts.purchase import Purchase
from optimizer.contracts.spot import SpotLimit, SpotMarket, SpotPrice
from optimizer.ledger.decision import Action, Decision, DecisionKey
from optimizer.tables.columns import Blank, Column, Kind
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import Record, Series, columns_of

FIRST = Quarter.parse("2027Q1")
QUARTERS = 6
NAMES = {"sites": "home", "accelerators": "h100", "suppliers": "acme", "blocks": ""}
MOST_QUARTERS = 7
LARGEST = 400.0


def numbers(low: float | None, high: float | None, above: bool = False) -> SearchStrategy[float]:
    """Numbers with three decimals: near enough to real terms, far enough from every tolerance."""
    least = 0 if low is None else round(low * 1000) + (1 if above else 0)
    most = round(min(LARGEST if high is None else high, LARGEST) * 1000)
    return st.integers(least, most).map(lambda thousandths: thousandths / 1000)


@st.composite
def ramps(draw: DrawFn) -> tuple[float, ...]:
    """Cumulative shares that rise from above 0 to 1, some of them flat."""
    parts = draw(st.lists(st.integers(0, 4), min_size=0, max_size=4))
    total = 1 + sum(parts)
    return tuple((1 + sum(parts[:count])) / total for count in range(len(parts) + 1))


def quarters() -> SearchStrategy[Quarter]:
    """Quarters from just before the horizon to just after it."""
    return st.integers(-2, QUARTERS + 2).map(lambda offset: FIRST + offset)


def series(column: Column, cells: int = QUARTERS + 3) -> SearchStrategy[Series]:
    """Values from the first quarter on, beyond the horizon too; blanks where a blank has a meaning."""
    value = numbers(column.low, column.high)
    cell = value if column.blank is Blank.REFUSED else st.none() | value
    return st.lists(cell, min_size=cells, max_size=cells).map(lambda values: Series(FIRST, tuple(values)))


def cell(name: str, column: Column) -> SearchStrategy[Any]:
    """Any sound value of a column."""
    match column.kind:
        case Kind.KEY:
            return st.just("x")
        case Kind.TEXT | Kind.NAMES:
            return st.just(column.default)
        case Kind.REFERENCE:
            return st.just(NAMES[column.targets[0]])
        case Kind.CHOICE:
            assert column.choices is not None
            return st.sampled_from(list(column.choices))
        case Kind.NUMBER:
            value = numbers(column.low, column.high, column.above)
            return value if column.required or column.default is not None else st.none() | value
        case Kind.INTEGER:
            return st.integers(int(column.low or 0), MOST_QUARTERS)
        case Kind.FLAG:
            return st.booleans()
        case Kind.QUARTER:
            return st.none() | quarters()
        case Kind.SHARES:
            return ramps()
        case Kind.SERIES:
            return series(column)


def rows(record: type[Record], **fixed: Any) -> SearchStrategy[Any]:
    """Random rows of a table; `fixed` gives the strategies or values of some columns."""
    chosen = {name: cell(name, column) for name, column in columns_of(record) if name not in fixed}
    for name, value in fixed.items():
        chosen[name] = value if isinstance(value, SearchStrategy) else st.just(value)
    return st.builds(record, **chosen)


@st.composite
def worlds(draw: DrawFn) -> tuple[Record, ...]:
    """A calendar, two sites, one GPU system and up to three load segments."""
    available = draw(st.none() | quarters())
    shares = draw(st.sampled_from([(), (0.25, 0.75), (0.125, 0.375, 0.5)]))
    return (
        draw(rows(Settings, first_quarter=FIRST, quarters=QUARTERS, hours_per_quarter=st.sampled_from([0.0, 2190.0]),
                  fiscal_year_start_month=1, risk_tail=0.1, time_limit_seconds=60.0)),
        Supplier("acme"),
        *(draw(rows(Site, site=name, region="here")) for name in ("home", "away")),
        draw(rows(Accelerator, accelerator="h100", available_from=available)),
        *(LoadSegment(f"s{number}", share) for number, share in enumerate(shares)),
    )  # fmt: skip


@st.composite
def delivered(draw: DrawFn, record: type[Record], **fixed: Any) -> Any:
    """A row with delivery terms: priced by the GPU-hour or by the block, never both, and with whole sizes if whole."""
    hourly, price = draw(st.booleans()), draw(numbers(0.0, 10.0))
    whole = {} if draw(st.booleans()) else {"divisible": True}
    if not whole:
        whole = {"divisible": False, "max_blocks": st.integers(1, 9).map(float), "held_blocks": 1.0}
    known = {name for name, _ in columns_of(record)}
    whole = {name: value for name, value in whole.items() if name in known and name not in fixed}
    return draw(
        rows(
            record,
            price_usd_per_gpu_hour=price if hourly else None,
            price_usd_per_block_quarter=None if hourly else 1000.0 * price,
            lead_quarters=st.integers(0, 2),
            delay_quarters=st.integers(0, 2),
            **whole,
            **fixed,
        )
    )


def usable(block: BlockTerms) -> bool:
    """Whether the times of a block lie within its term, as its problems demand."""
    return max(block.credit_after_quarters, block.exit_after_quarters) <= block.last_age


def blocks(name: str, **fixed: Any) -> SearchStrategy[Block]:
    """Blocks whose smallest order is often 0 and whose times lie within the term."""
    smallest = st.sampled_from([0.0, 0.0, 0.5, 1.0])
    often_plain = {
        "min_blocks": smallest,
        "exit_after_quarters": st.integers(0, 3),
        "must_sign": st.sampled_from([False, False, False, True]),
        "resale_price_usd_per_gpu_hour": st.just(0.0) | numbers(0.0, 5.0),
    }
    return delivered(Block, block=name, **often_plain, **fixed).filter(usable)


@st.composite
def block_cases(draw: DrawFn) -> Case:
    """Two blocks that may be rivals, or of which one may require the other."""
    group = draw(st.sampled_from(["", "", "group"]))
    first = draw(blocks("x", exclusive_group=group))
    second = draw(blocks("y", exclusive_group=group, requires="" if group else st.sampled_from(["", "x"])))
    return Case((*draw(worlds()), first, second))


@st.composite
def option_cases(draw: DrawFn) -> Case:
    """An option on a block, with a ratio or without, or standing alone."""
    expands = draw(st.sampled_from(["", "x"]))
    ratio = st.none() | numbers(0.0, 2.0) if expands else None
    smallest = st.sampled_from([0.0, 2.0])
    options = delivered(Option, option="o", expands=expands, max_ratio=ratio, min_blocks=smallest)
    option = draw(options.filter(lambda row: row.held_blocks <= row.max_blocks))
    return Case((*draw(worlds()), draw(blocks("x")), option))


@st.composite
def backstop_cases(draw: DrawFn) -> Case:
    """A backstop, bound already or with a block."""
    backstop = draw(delivered(Backstop, backstop="k", comes_with=st.sampled_from(["", "x"])))
    draws = draw(rows(BackstopDraw, backstop="k"))
    return Case((*draw(worlds()), draw(blocks("x")), backstop, draws))


@st.composite
def spot_cases(draw: DrawFn) -> Case:
    """A market at a site or in a region of two, with or without a limit."""
    place = draw(st.sampled_from([("home", ""), ("", "here")]))
    market = draw(rows(SpotMarket, market="m", site=place[0], region=place[1]))
    limit = [draw(rows(SpotLimit, market="m"))] if draw(st.booleans()) else []
    return Case((*draw(worlds()), market, draw(rows(SpotPrice, market="m")), *limit))


@st.composite
def purchase_cases(draw: DrawFn) -> Case:
    """Owned hardware."""
    whole = draw(st.booleans())
    most = st.integers(1, 9).map(float) if whole else numbers(0.0, 9.0, above=True)
    return Case((*draw(worlds()), draw(rows(Purchase, purchase="p", divisible=not whole, max_units=most))))


@st.composite
def commitment_cases(draw: DrawFn) -> Case:
    """A commitment with any items in its schedule, starting before the horizon."""
    items = draw(st.lists(st.sampled_from(list(Item)), min_size=1, unique=True))
    start = FIRST + draw(st.integers(-2, 1))
    schedule = [draw(rows(CommitmentSchedule, commitment="c", item=item)) for item in items]
    shifted = [CommitmentSchedule("c", row.item, Series(start, row.amount.values)) for row in schedule]
    return Case((*draw(worlds()), draw(rows(ExistingCommitment, commitment="c")), *shifted))


SPECIAL: dict[type[Contract], Callable[[], SearchStrategy[Case]]] = {
    Block: block_cases,
    Option: option_cases,
    Backstop: backstop_cases,
    SpotMarket: spot_cases,
    Purchase: purchase_cases,
    ExistingCommitment: commitment_cases,
}


@st.composite
def plain_cases(draw: DrawFn, kind: type[Contract]) -> Case:
    """One row of the type in a random world."""
    return Case((*draw(worlds()), draw(rows(kind))))


@st.composite
def cases(draw: DrawFn, kind: type[Contract]) -> Case:
    """Random cases with a row of the contract type, some of whose GPUs are out of service."""
    case = draw(SPECIAL[kind]() if kind in SPECIAL else plain_cases(kind))
    down = [row.name for row in case.of(Contract) if hasattr(row, "availability") and draw(st.booleans())]
    return Case((*case.records, *(draw(rows(InService, contract=name)) for name in down)))


def offered(case: Case) -> list[Decision]:
    """Every decision of every contract of the case."""
    return [decision for contract in case.of(Contract) for decision in contract.decisions(case)]


def amounts(decision: Decision) -> SearchStrategy[float]:
    """Quantities within the bounds of a decision, often 0."""
    if decision.lower == decision.upper:
        return st.just(decision.lower)
    most = min(decision.upper, 9.0)
    some = st.integers(0, int(most)).map(float) if decision.integer else numbers(decision.lower, most)
    return st.just(decision.lower) | some


@st.composite
def quantities(draw: DrawFn, decisions: Iterable[Decision]) -> dict[DecisionKey, float]:
    """Any quantities within bounds."""
    return {decision.key: draw(amounts(decision)) for decision in decisions}


def consistent(decided: dict[DecisionKey, float]) -> dict[DecisionKey, float]:
    """The same quantities with every flag set as the orders say, and nothing exited that was not signed."""
    made = dict(decided)
    for key, amount in decided.items():
        orders = {other.quarter for other, n in decided.items() if n and _orders(other, key.contract)}
        if key.action is Action.CHOOSE:
            made[key] = float(key.quarter in orders)
        if key.action is Action.START:
            made[key] = float(bool(orders) and key.quarter == min(orders))
        if key.action is Action.EXIT:
            assert key.vintage is not None
            made[key] = min(amount, decided[DecisionKey(Action.SIGN, key.contract, key.vintage)])
    return made


def _orders(key: DecisionKey, contract: str) -> bool:
    return key.contract == contract and key.action in (Action.SIGN, Action.EXERCISE)
