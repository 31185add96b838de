"""What a stress test found: a line for every future that was played."""

from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property

from optimizer.stress.drivers import Driver
from optimizer.tables.quarter import Quarter


class End(Enum):
    """How a future ended for the plan."""

    HELD = "every hard limit held"
    BROKEN = "a hard limit was broken"
    IMPOSSIBLE = "impossible"
    UNSOLVED = "not solved in time"


@dataclass(frozen=True)
class Breach:
    """A limit that was passed by `amount` of `unit`; one that is hard has no price in the case: it is broken."""

    limit: str
    when: str
    unit: str
    amount: float
    hard: bool


@dataclass(frozen=True)
class Taken:
    """What was committed in reaction to the future: an action on a contract, in units over all quarters."""

    action: str
    contract: str
    quantity: float


@dataclass(frozen=True)
class Played:
    """A future played to its end. Money in USD present value; `short` and `due` in unit-hours by quarter.

    `cost` is None where the future is impossible or was not solved. `bound` is the least it can be. `whole` is the cost
    in whole blocks of a future whose cost was found in shares of blocks, where that was looked at. `missed` are kept
    decisions that nobody offers in this future.
    """

    number: int
    end: End
    cost: float | None
    bound: float | None
    whole: float | None = None
    short: tuple[float, ...] = ()
    due: tuple[float, ...] = ()
    shortfall_cost: float = 0.0
    breaches: tuple[Breach, ...] = ()
    taken: tuple[Taken, ...] = ()
    missed: tuple[str, ...] = ()
    audited: bool = False

    @property
    def solved(self) -> bool:
        """Whether its cost is known."""
        return self.cost is not None


@dataclass(frozen=True)
class Stress:
    """A stress test: what was kept and asked, and the futures played, 1 to their number.

    `calm` is the future in which everything is as the case says; `drivers` are what moves the others, in the order of
    `played`. `asked` is how many futures were asked for; fewer were played if it was interrupted. `planned` is what the
    plan costs, USD; of a tree on average. `kept` has action, contract (with site and load segment of what is bought by
    the hour), quarter and quantity of what is kept; `units` what quantities count, by action and contract. Money in
    USD, time in seconds.
    """

    title: str
    currency: str
    identity: str
    seed: int
    asked: int
    gap: float
    relaxed: bool
    risk_tail: float
    differs: Quarter
    until: Quarter
    quarters: tuple[Quarter, ...]
    planned: float
    kept: tuple[tuple[str, str, str, float], ...]
    units: dict[tuple[str, str], str]
    calm: Played
    played: tuple[Played, ...] = field(repr=False)
    drivers: tuple[Driver, ...] = field(repr=False)
    seconds: float = 0.0

    def unit(self, action: str, contract: str) -> str:
        """What quantities of a decision count, such as blocks; site and segment behind the contract do not matter."""
        units = ((name, unit) for (act, name), unit in self.units.items() if act == action)
        return next((unit for name, unit in units if f"{contract}, ".startswith(f"{name}, ")), "")

    @property
    def interrupted(self) -> bool:
        """Whether fewer futures were played than asked for."""
        return len(self.played) < self.asked

    @cached_property
    def solved(self) -> tuple[Played, ...]:
        """Futures whose cost is known."""
        return tuple(one for one in self.played if one.solved)
