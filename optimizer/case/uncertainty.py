"""Stated uncertainty: what may turn out otherwise than the case says, how, and what moves together.

The figures of the case are what is expected; an uncertainty says how far, and in what manner, they may be missed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from optimizer.tables.columns import choice, key, number, quarter, reference, shares, text
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import Problem, Record, TableSpec, columns_of


class Process(Enum):
    """How a number moves."""

    WALK = "walk"
    REVERSION = "reversion"
    DEFAULT = "default"
    SLIP = "slip"
    PAST = "past"


USED = {
    Process.WALK: ("growth", "volatility", "event_probability", "event_size", "event_spread"),
    Process.REVERSION: ("reversion_speed", "level", "volatility", "event_probability", "event_size", "event_spread"),
    Process.DEFAULT: ("event_probability", "event_size", "event_spread"),
    Process.SLIP: ("on_time",),
    Process.PAST: ("growth", "past", "stretch_quarters"),
}
"""The columns that say how each process moves; the others must be left as they are when blank."""

PARAMETERS = tuple(dict.fromkeys(name for names in USED.values() for name in names))


@dataclass(frozen=True, kw_only=True)
class Uncertainty(Record):
    """A number that may turn out otherwise than the case says, and the manner in which it moves."""

    TABLE = TableSpec("uncertainties", "Uncertainties", "a number that may turn out otherwise", 420)

    uncertainty: str = key("name of the uncertainty")
    table: str = text("the table of what moves, such as demand, spot_price or site_power")
    row: str = text("the name of its row, several keys joined by ' / '; * is all that have a number, moving alike")
    column: str = text("the column; blank in a table whose values run across quarters", "")
    process: Process = choice(
        "walk: every change lasts; reversion: returns to its level; default: falls once and stays; slip: comes later; "
        "past: changes as it did in stretches of the past",
        Process,
    )
    since: Quarter | None = quarter(
        "first quarter in which it may be otherwise, or is known to be late; blank is the second open quarter", None
    )
    moves_with: str = reference("another uncertainty, whose chance moves this one too", "uncertainties", default="")
    growth: float = number("share a year", "walk, past: growth of the mean beyond what the case says", 0.0, low=-0.99)
    volatility: float = number("share a year", "standard deviation of the logarithm after a year", 0.0)
    reversion_speed: float = number("a year", "reversion: speed; ln 2 / speed is the half-life in years", 0.0)
    level: float = number("ratio", "reversion: long-run mean as a multiple of what the case says", 1.0, above=True)
    event_probability: float = number("share", "probability of a jump or default in a quarter (of a term: ever)", 0.0,
                                      high=1.0)  # fmt: skip
    event_size: float = number("share", "mean change by the jump or default: 0.5 is half as much again, -1 is all",
                               0.0, low=-1.0)  # fmt: skip
    event_spread: float = number("share", "standard deviation of the logarithm of that change", 0.0)
    on_time: tuple[float, ...] = shares("slip: probability that it is there after 0, 1, 2, ... quarters, cumulated")

    past: str = text("past: the series of past_values whose changes are drawn again", "")
    stretch_quarters: float = number(
        "quarters", "past: mean length of the stretches that are drawn together", 2.0, low=1.0
    )

    def problems(self, case: Any) -> Iterator[Problem]:
        """Parameters that are missing, or that the process does not use."""
        used = USED[self.process]
        blank = {name: column.default for name, column in columns_of(Uncertainty)}
        for name in PARAMETERS:
            if name not in used and getattr(self, name) != blank[name]:
                found = _shown(getattr(self, name))
                yield Problem(name, found, f"a blank cell: a {self.process.value} does not use it", "clear it")
        yield from self._missing()
        event = bool(self.event_probability)
        if event != bool(self.event_size or self.event_spread) and "event_size" in used:
            name = "event_size" if event else "event_probability"
            yield Problem(name, _shown(getattr(self, name)), "both a probability and a size, or none", "fill it")
        total = self.event_size == -1.0 and (bool(self.event_spread) or self.process is Process.REVERSION)
        if total and "event_size" in used:
            expected = "a size above -1: what is lost altogether has no spread and does not return"
            yield Problem("event_size", "-1", expected, "use -0.99 or so, or the process default without a spread")

    def _missing(self) -> Iterator[Problem]:
        match self.process:
            case Process.REVERSION if not self.reversion_speed:
                cure = "fill it: ln 2 / half-life in years"
                yield Problem("reversion_speed", "blank", "a speed above 0", cure)
            case Process.SLIP if self.on_time == (1.0,):
                cure = "fill it, such as 70%; 90%; 100%"
                yield Problem("on_time", "never late", "a probability of coming late", cure)
            case Process.PAST if not self.past:
                yield Problem("past", "blank", "a series of past_values", "fill it")
            case Process.DEFAULT if not self.event_probability:
                yield Problem("event_probability", "blank", "a probability above 0", "fill it")


@dataclass(frozen=True)
class Correlation(Record):
    """Two uncertainties that do not move independently of each other; pairs without a row are independent."""

    TABLE = TableSpec("correlations", "Correlations", "a pair of uncertainties", 430)

    first: str = reference("an uncertainty", "uncertainties")
    second: str = reference("another one", "uncertainties")
    correlation: float = number(
        "-1 to 1", "of what moves them in a quarter; above 0: a rise, a default or lateness meet", low=-1.0, high=1.0
    )


@dataclass(frozen=True)
class PastValue(Record):
    """What was in a quarter of the past, such as a price."""

    TABLE = TableSpec(
        "past_values", "Values of the past", "a value of a series in a quarter", 440, named_by=("series", "quarter")
    )

    series: str = text("name of the series")
    quarter: Quarter = quarter("the quarter")
    value: float = number("as the series", "its mean in the quarter", above=True)


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return "; ".join(f"{share:.6g}" for share in value)
    return value if isinstance(value, str) else f"{value:g}"
