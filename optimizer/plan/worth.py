"""What uncertainty is worth, as it is kept with a plan: the least costs of other questions, and what follows from them.

Measured as the case minimises (rules/risk.py): of costs c over the scenarios, f(c) is the mean, the mean + risk weight
x CVaR, CVaR, the worst case, or the largest regret. With z the least f over the tree
  (WORTH-1)  expected value of perfect information = z - f(least cost of each scenario alone)
  (WORTH-2)  value of the stochastic solution      = f of doing here and now what is best for the mean case - z
  (WORTH-3)  value of an option                    = least f without the option - z
(Birge & Louveaux, Introduction to Stochastic Programming, chapter 4; with CVaR: Noyan, Computers & Operations Research
39, 2012.) Every f here rises with each of its costs, so that none of the three is below 0, and a limit on CVaR that a
plan keeps is kept by the least costs alone, too. Each figure has the bracket that proven bounds allow: searches stop at
a gap, and a difference of two of them is no better known than both.

Break-even premium of an option: the premium a block at which holding what the plan holds costs what it saves, with
what a dollar counts in each scenario of the plan: its probability (+ risk weight x its share of the tail); 1 in the
scenario that decides, where the worst is minimised.
"""

import json
from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from optimizer.case.scenario import LeastCost
from optimizer.errors import StaleError
from optimizer.files import write_text
from optimizer.plan.plan import Result
from optimizer.plan.status import Status

SCHEMA = "optimizer/value@2"
VALUE = "value.json"


class Known(Enum):
    """What is known of a least cost: a plan was found, there can be none, or the search was ended before."""

    FOUND = "found"
    NONE = "no plan"
    NOT = "not known"


@dataclass(frozen=True)
class Least:
    """The least that a question costs, USD: that of the best plan found, and what is proven no plan to fall below."""

    known: Known
    cost: float | None = None
    bound: float | None = None

    @classmethod
    def of(cls, result: Result) -> "Least":
        """What a search came to."""
        if result.objective is not None:
            return cls(Known.FOUND, result.objective, result.bound)
        return cls(Known.NONE if result.status == Status.INFEASIBLE else Known.NOT, None, result.bound)


@dataclass(frozen=True)
class Value:
    """A value in USD and the bracket in which proven bounds hold it; None is not known, or without limit (`known`)."""

    known: Known
    usd: float | None
    low: float | None
    high: float | None

    @property
    def apart(self) -> bool:
        """Whether the bracket leaves 0 out: only then is it proven that there is a value at all."""
        return (self.low is not None and self.low > 0.0) or (self.high is not None and self.high < 0.0)


def difference(dear: Least, cheap: Least) -> Value:
    """What one least cost is above another, and the bracket of both bounds; it may be below 0."""
    low = None if dear.bound is None or cheap.cost is None else dear.bound - cheap.cost
    if dear.cost is None or cheap.cost is None:
        known = dear.known if dear.known is not Known.FOUND else cheap.known
        return Value(known, None, low, None)
    high = None if cheap.bound is None else dear.cost - cheap.bound
    return Value(Known.FOUND, dear.cost - cheap.cost, low, high)


def value(dear: Least, cheap: Least) -> Value:
    """What the dearer of two least costs is above the cheaper, never below 0, and the bracket of both bounds."""
    found = difference(dear, cheap)
    figures = (None if figure is None else max(0.0, figure) for figure in (found.usd, found.low, found.high))
    return Value(found.known, *figures)


@dataclass(frozen=True)
class OptionWorth:
    """An option: the least cost without it, the blocks held and the premium paid for them, as a dollar counts.

    `held` and `premium_usd` are means over the tree; `counted_held` and `counted_premium_usd` are weighed by what a
    dollar counts in each scenario.
    """

    option: str
    without: Least
    held: float
    premium_usd: float
    counted_held: float
    counted_premium_usd: float


@dataclass(frozen=True)
class Worth:
    """What uncertainty is worth: least costs of the tree, of knowing the future, and of planning for the mean."""

    tree: Least
    foresight: Least
    planning: Least
    options: tuple[OptionWorth, ...]
    alone: tuple[LeastCost, ...]

    @property
    def information(self) -> Value:
        """(WORTH-1)."""
        return value(self.tree, self.foresight)

    @property
    def solution(self) -> Value:
        """(WORTH-2)."""
        return value(self.planning, self.tree)

    def of(self, option: OptionWorth) -> Value:
        """(WORTH-3)."""
        return value(option.without, self.tree)

    def break_even(self, option: OptionWorth) -> float | None:
        """The premium a block at which the option is worth nothing, USD; None where nothing is held or known."""
        worth = self.of(option).usd
        if worth is None or option.counted_held <= 0.0:
            return None
        return (option.counted_premium_usd + worth) / option.counted_held


def document(worth: Worth, case_hash: str, minimised: str) -> dict[str, Any]:
    """The values for `value.json`, USD; a least cost that is not known has no figures."""
    return {
        "schema": SCHEMA,
        "case_hash": case_hash,
        "minimised": minimised,
        "tree": plain(worth.tree),
        "perfect_information": {**plain(worth.foresight), "value": shown(worth.information)},
        "stochastic_solution": {**plain(worth.planning), "value": shown(worth.solution)},
        "options": [
            {
                **asdict(one),
                "without": plain(one.without),
                "value": shown(worth.of(one)),
                "break_even_usd": worth.break_even(one),
            }
            for one in worth.options
        ],
        "alone": [asdict(row) for row in worth.alone],
    }


def save_worth(worth: Worth, case_hash: str, minimised: str, folder: Path) -> None:
    """Write `value.json` into a plan folder."""
    write_text(folder / VALUE, json.dumps(document(worth, case_hash, minimised), indent=2) + "\n")


def load_worth(folder: Path, case_hash: str) -> Worth:
    """What `save_worth` wrote. Raises StaleError for another schema or case."""
    found = json.loads((folder / VALUE).read_text(encoding="utf-8"))
    if found.get("schema") != SCHEMA or found.get("case_hash") != case_hash:
        raise StaleError(f"{folder}/{VALUE} is of another case or version. Fix: optimizer value {folder}")
    options = tuple(
        OptionWorth(
            **{name: one[name] for name in OptionWorth.__dataclass_fields__} | {"without": least(one["without"])}
        )
        for one in found["options"]
    )
    alone = tuple(LeastCost(**row) for row in found["alone"])
    tree, foresight, planning = (least(found[name]) for name in ("tree", "perfect_information", "stochastic_solution"))
    return Worth(tree, foresight, planning, options, alone)


def plain(known: Least) -> dict[str, Any]:
    """A least cost for a JSON document; one that is not known has no figures."""
    return {"known": known.known.value, "cost": known.cost, "bound": known.bound}


def shown(found: Value) -> dict[str, Any]:
    """A value for a JSON document."""
    return {"known": found.known.value, "usd": found.usd, "at_least": found.low, "at_most": found.high}


def least(entry: dict[str, Any]) -> Least:
    """A least cost from its document."""
    return Least(Known(entry["known"]), entry["cost"], entry["bound"])
