"""What the parts of a deal are worth, as it is kept with a plan: the least costs with less of the deal, and with other.

A deal is what one supplier sells that binds: its firm part, blocks that must be signed or that something hangs on, and
its expandable part, the options and backstops beside them. With z(x) the least of what the case minimises, where of the
deal x is on the table and everything else is as the case says
  (DEAL-1)  the firm part          = z(no deal) - z(firm part)
  (DEAL-2)  the rest as an option  = z(firm part) - z(firm part and option)      the buyer decides: never below 0
  (DEAL-3)  the rest as a backstop = z(firm part) - z(firm part and backstop)    the supplier decides
  (DEAL-4)  the right to decide    = z(firm part and backstop) - z(firm part and option)
(DEAL-1), (DEAL-3) and (DEAL-4) may be below 0: a duty can cost more than it brings. An option that a case does not
state is the backstop's whole cap as the buyer's right, on the same terms: bought with the firm part for nothing, and
exercised from the first to the last quarter of a draw in any scenario. Then (DEAL-2) a block is the premium at which
rights to all of it would be worth nothing. Every value has the bracket of plan/worth.py.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import Enum
from math import fsum
from pathlib import Path
from typing import Any

from optimizer.errors import StaleError
from optimizer.files import write_text
from optimizer.plan.worth import Least, Value, difference, least, plain, shown, value

SCHEMA = "optimizer/deals@1"
DEALS = "deals.json"


class Table(Enum):
    """What of a deal is on the table."""

    NONE = "no deal"
    FIRM = "firm part alone"
    OPTION = "firm part and option"
    BACKSTOP = "firm part and backstop"

    @property
    def title(self) -> str:
        """Its name as a heading."""
        return f"{self.value[0].upper()}{self.value[1:]}"


@dataclass(frozen=True)
class CourseCost:
    """What a scenario costs in the best plan found, USD present value, and its probability."""

    scenario: str
    probability: float
    cost: float


@dataclass(frozen=True)
class Side:
    """The tree with what is on the table: the least of what the case minimises, and what each scenario costs then.

    `expected` and `cvar` are of these costs, USD; None where no plan is known. `exercised` is the probability that the
    option is exercised at all, `by_quarter` that of doing so in a quarter, written as quarters are.
    """

    table: Table
    least: Least
    courses: tuple[CourseCost, ...] = ()
    cvar: float | None = None
    exercised: float = 0.0
    by_quarter: tuple[tuple[str, float], ...] = ()

    @property
    def expected(self) -> float | None:
        """Mean cost over the scenarios, USD."""
        return fsum(one.probability * one.cost for one in self.courses) if self.courses else None

    @property
    def dearest(self) -> CourseCost | None:
        """The scenario that costs most."""
        return max(self.courses, key=lambda one: one.cost, default=None)

    @property
    def cheapest(self) -> CourseCost | None:
        """The scenario that costs least."""
        return min(self.courses, key=lambda one: one.cost, default=None)


@dataclass(frozen=True)
class Deal:
    """A supplier's deal: the names of its parts, and its sides in the order of `Table`.

    `firm_blocks` and `more_blocks` are the blocks of each part, at most; `made` says that the option is made of the
    backstop.
    """

    supplier: str
    firm: tuple[str, ...]
    more: tuple[str, ...]
    firm_blocks: float
    more_blocks: float
    made: bool
    sides: tuple[Side, ...]

    @property
    def contents(self) -> str:
        """What is in the deal, in a sentence."""
        firm = f"firm part: {', '.join(self.firm)} ({self.firm_blocks:g} blocks)" if self.firm else "no firm part"
        more = f"; expandable part: {', '.join(self.more)} ({self.more_blocks:g} blocks)" if self.more else ""
        return f"{firm[0].upper()}{firm[1:]}{more}. Everything else is as the case says."

    def side(self, table: Table) -> Side | None:
        """The side with this on the table; None where the case does not state it."""
        return next((side for side in self.sides if side.table is table), None)

    @property
    def firm_part(self) -> Value | None:
        """(DEAL-1)."""
        return self._between(Table.NONE, Table.FIRM)

    @property
    def as_option(self) -> Value | None:
        """(DEAL-2)."""
        firm, option = self.side(Table.FIRM), self.side(Table.OPTION)
        return None if firm is None or option is None else value(firm.least, option.least)

    @property
    def as_backstop(self) -> Value | None:
        """(DEAL-3)."""
        return self._between(Table.FIRM, Table.BACKSTOP)

    @property
    def right_to_decide(self) -> Value | None:
        """(DEAL-4)."""
        return self._between(Table.BACKSTOP, Table.OPTION)

    @property
    def most_premium(self) -> float | None:
        """The premium a block at which rights to the whole of a made option would be worth nothing, USD."""
        worth = self.as_option
        if not self.made or worth is None or worth.usd is None or self.more_blocks <= 0.0:
            return None
        return worth.usd / self.more_blocks

    def values(self) -> Iterator[tuple[str, Value]]:
        """Every value that can be asked of this deal, with its name."""
        named = (
            ("firm part", self.firm_part),
            ("expandable part as an option", self.as_option),
            ("expandable part as a backstop", self.as_backstop),
            ("the right to decide", self.right_to_decide),
        )
        yield from ((name, found) for name, found in named if found is not None)

    def _between(self, without: Table, having: Table) -> Value | None:
        before, after = self.side(without), self.side(having)
        return None if before is None or after is None else difference(before.least, after.least)


def document(deals: tuple[Deal, ...], case_hash: str) -> dict[str, Any]:
    """The deals for `deals.json`, USD."""
    return {"schema": SCHEMA, "case_hash": case_hash, "deals": [_plain(deal) for deal in deals]}


def save_deals(deals: tuple[Deal, ...], case_hash: str, folder: Path) -> None:
    """Write `deals.json` into a plan folder."""
    write_text(folder / DEALS, json.dumps(document(deals, case_hash), indent=2) + "\n")


def load_deals(folder: Path, case_hash: str) -> tuple[Deal, ...]:
    """What `save_deals` wrote. Raises StaleError for another schema or case."""
    found = json.loads((folder / DEALS).read_text(encoding="utf-8"))
    if found.get("schema") != SCHEMA or found.get("case_hash") != case_hash:
        cure = f"delete it, and ask again: optimizer value {folder} --deal SUPPLIER"
        raise StaleError(f"{folder}/{DEALS} is of another case or version. Fix: {cure}")
    return tuple(_deal(entry) for entry in found["deals"])


def _plain(deal: Deal) -> dict[str, Any]:
    values = {name: shown(found) for name, found in deal.values()}
    sides = [
        {**asdict(side), "table": side.table.value, "least": plain(side.least), "expected": side.expected}
        for side in deal.sides
    ]
    return {**asdict(deal), "sides": sides, "values": values, "most_premium_usd": deal.most_premium}


def _deal(entry: dict[str, Any]) -> Deal:
    fields = {name: entry[name] for name in Deal.__dataclass_fields__}
    sides = tuple(_side(one) for one in entry["sides"])
    return Deal(**fields | {"firm": tuple(entry["firm"]), "more": tuple(entry["more"]), "sides": sides})


def _side(entry: dict[str, Any]) -> Side:
    return Side(
        Table(entry["table"]),
        least(entry["least"]),
        tuple(CourseCost(**one) for one in entry["courses"]),
        entry["cvar"],
        entry["exercised"],
        tuple((quarter, chance) for quarter, chance in entry["by_quarter"]),
    )
