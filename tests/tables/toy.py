"""A small catalog with every kind of column, and tables of it built by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from optimizer.tables.columns import (
    Blank,
    choice,
    flag,
    integer,
    key,
    names,
    number,
    quarter,
    reference,
    series,
    shares,
    text,
)
from optimizer.tables.quarter import Quarter
from optimizer.tables.raw import Cell, RawTable, Value
from optimizer.tables.record import Record, Series, TableSpec

FIRST = Quarter.of(2027, 1)


class Timing(Enum):
    START = "start"
    END = "end"


class Cooling(Enum):
    AIR = "air"
    LIQUID = "liquid"


@dataclass(frozen=True)
class Settings(Record):
    """One value a setting."""

    TABLE = TableSpec("settings", "Settings", "one setting", 10, vertical=True)

    first_quarter: Quarter = quarter("first quarter that is planned")
    quarters: int = integer("quarters", "number of quarters planned", low=1, high=80)
    title: str = text("name of the case", "Toy")
    discount_rate: float = number("share a year", "annual discount rate", 0.08, high=1.0)
    timing: Timing = choice("when payments fall", Timing, Timing.END)

    @property
    def name(self) -> str:
        return "settings"


@dataclass(frozen=True)
class Site(Record):
    """A data-center site."""

    TABLE = TableSpec("sites", "Sites", "a data-center site", 20)

    site: str = key("name of the site")
    region: str = text("region", "")
    pue: float = number("facility MW per IT MW", "power usage effectiveness", 1.0, low=1.0, high=3.0)
    cooling: Cooling = choice("how it is cooled", Cooling, Cooling.AIR)
    fabric_gpus: float | None = number("GPUs", "largest single cluster", None)


@dataclass(frozen=True)
class Power(Record):
    """Power energised at a site."""

    TABLE = TableSpec("site_power", "Site power", "a site, by quarter", 30)

    site: str = reference("the site", "sites")
    energised_mw: Series = series("MW", "power energised in the quarter", Blank.REFUSED, high=5000)


@dataclass(frozen=True)
class Block(Record):
    """A reserved-block offer."""

    TABLE = TableSpec("blocks", "Reserved blocks", "an offer", 40)

    block: str = key("name of the offer")
    site: str = reference("where it stands", "sites")
    price_usd_per_gpu_hour: float = number("USD per GPU-hour", "price", above=True)
    max_blocks: int = integer("blocks", "most blocks", 10)
    whole: bool = flag("yes: whole blocks only", True)
    sign_from: Quarter | None = quarter("first quarter to sign; blank is any", None)
    ramp: tuple[float, ...] = shares("cumulative share delivered")
    requires: tuple[str, ...] = names("offers that must be signed too", "blocks")
    base: str = reference("a block or a site", "blocks", "sites", default="")
    prepaid_share: float = number("share", "share paid at signing", 0.0, high=1.0)


@dataclass(frozen=True, kw_only=True)
class Cost(Record):
    """Cost of serving at a site."""

    TABLE = TableSpec("costs", "Costs", "a block at a site", 50)

    block: str = reference("the block", "blocks")
    site: str = reference("the site", "sites")
    usd_per_hour: float = number("USD per hour", "cost", 0.0, low=None)
    by_quarter: Series = series("USD per hour", "another cost in this quarter", Blank.UNCHANGED, low=None)


@dataclass(frozen=True)
class Limit(Record):
    """Amounts that may be blank."""

    TABLE = TableSpec("limits", "Limits", "a limit", 60)

    limit: str = key("name of the limit")
    amount_usd: Series = series("USD", "most that may be spent", Blank.UNLIMITED)


CATALOG: tuple[type[Record], ...] = (Settings, Site, Power, Block, Cost, Limit)


def horizon(records: Sequence[Record]) -> tuple[Quarter, int] | None:
    """First quarter and number of quarters of the toy case."""
    for record in records:
        if isinstance(record, Settings):
            return record.first_quarter, record.quarters
    return None


def table(name: str, header: Sequence[Value], *rows: Sequence[Value]) -> RawTable:
    """A raw table with addresses such as `sites!B3`, the header in row 1."""
    return RawTable(
        name,
        tuple(Cell(value, f"{name}!{_letter(i)}1") for i, value in enumerate(header)),
        tuple(
            tuple(Cell(value, f"{name}!{_letter(i)}{n}") for i, value in enumerate(row))
            for n, row in enumerate(rows, 2)
        ),
        f"{name}!A1",
    )


def _letter(index: int) -> str:
    return chr(ord("A") + index) if index < 26 else "A" + chr(ord("A") + index - 26)


QUARTERS = ("2027Q1", "2027Q2", "2027Q3")


def good_case() -> dict[str, RawTable]:
    """A sound case with every table; tests spoil one cell of it."""
    return {
        "settings": table(
            "settings",
            ("key", "value", "unit", "meaning", "note"),
            ("first_quarter", "2027Q1", "quarter", "first quarter", None),
            ("quarters", 3, "quarters", "number", "board paper"),
            ("discount_rate", 0.09, "share", "WACC", None),
        ),
        "sites": table(
            "sites",
            ("site", "region", "pue", "cooling", "fabric_gpus", "note"),
            ("Dublin", "EU", 1.25, "liquid", 32000, "lease"),
            ("Ohio", None, None, None, None, None),
        ),
        "site_power": table(
            "site_power", ("site", *QUARTERS, "note"), ("Dublin", 10, 20.5, 30, None), ("Ohio", 0, 0, 5, None)
        ),
        "blocks": table(
            "blocks",
            ("block", "site", "price_usd_per_gpu_hour", "max_blocks", "whole", "sign_from", "ramp", "requires", "base"),
            ("B1", "Dublin", 2.1, 5, "yes", "2027Q2", "50%; 75%; 100%", None, "Ohio"),
            ("B2", "Ohio", 1.95, None, "no", None, 1, "B1", "B1"),
        ),
        "costs": table("costs", ("block", "site", "usd_per_hour"), ("B1", "Dublin", -0.5)),
        "limits": table("limits", ("limit", *QUARTERS), ("cash", 1e9, None, 2.5e9)),
    }
