"""Settings of a case: calendar, money, risk and solver limits."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from optimizer.tables.columns import choice, integer, number, quarter, text
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import Problem, Record, TableSpec

SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}


def sign(currency: str) -> str:
    """What stands before an amount: `$`, or the letters of the currency and a space."""
    return SIGNS.get(currency, f"{currency} ")


class PaymentTiming(Enum):
    """When in its quarter a payment falls, as a share of the quarter."""

    START = "start"
    MIDDLE = "middle"
    END = "end"

    @property
    def share(self) -> float:
        return {PaymentTiming.START: 0.0, PaymentTiming.MIDDLE: 0.5, PaymentTiming.END: 1.0}[self]


class Objective(Enum):
    """What is minimised over the scenarios: mean (with the risk that counts), tail, dearest, or regret."""

    EXPECTED = "expected cost"
    TAIL = "CVaR"
    WORST = "worst case"
    REGRET = "largest regret"


@dataclass(frozen=True)
class Settings(Record):
    """One setting and its value."""

    TABLE = TableSpec("settings", "Settings", "one setting", 10, vertical=True)

    first_quarter: Quarter = quarter("first quarter of the case")
    quarters: int = integer("quarters", "number of quarters, those that are history included", low=1, high=80)
    title: str = text("name of the case, shown on every report", "Procurement case")
    currency: str = text("currency of every amount (three letters)", "USD")
    hours_per_quarter: float = number(
        "hours", "fixed hours of a quarter; 0 means the exact hours of the calendar", 0.0, high=2208
    )
    fiscal_year_start_month: int = integer(
        "month",
        "first month of the fiscal year: 1, 4, 7 or 10; a fiscal year bears the year in which it ends",
        1,
        1,
        10,
    )
    discount_rate: float = number("share a year", "annual discount rate", 0.0, low=0.0, high=1.0)
    payment_timing: PaymentTiming = choice("when in a quarter its payments fall", PaymentTiming, PaymentTiming.MIDDLE)
    tail_value: float = number(
        "share",
        "share of the service invoiced after the horizon that is assumed to be worth its price; 1 is neutral",
        1.0,
        high=1.0,
    )
    objective: Objective = choice(
        "what is minimised over the scenarios: expected cost (and CVaR where it counts), CVaR alone, the cost of the "
        "dearest scenario, or the largest regret: what a scenario costs more than if it alone had been planned for",
        Objective,
        Objective.EXPECTED,
    )
    risk_weight: float = number("weight", "weight of CVaR in the objective (scenarios)", 0.0)
    risk_tail: float = number("share", "probability of the tail that CVaR averages", 0.1, above=True, high=1.0)
    cvar_limit_usd: float | None = number("USD", "largest CVaR at the risk tail; blank is no limit", None, low=None)
    mip_gap: float = number("share", "proven relative gap at which the solver may stop", 0.001, high=1.0)
    time_limit_seconds: float = number("seconds", "longest time in the solver", 600.0, above=True)
    as_of: Quarter | None = quarter(
        "first quarter that is still open; those before it are history, as signed and happened; blank is first_quarter",
        None,
    )
    firm_window_quarters: int = integer(
        "quarters", "replanning: decisions due so soon stay as approved, unless they became impossible", 1, 0, 80
    )
    stability_slack: float = number(
        "share", "replanning: most that a calm plan may cost, as a share of the least cost", 0.0025, high=1.0
    )
    material_cost_share: float = number(
        "share", "replanning: a change of the cost still to come by more than this is material", 0.01, high=1.0
    )
    material_moved_usd: float = number(
        "USD", "replanning: commitments moved by more than this are material; 0 is any move", 0.0
    )

    @property
    def name(self) -> str:
        return "settings"

    @property
    def risk_counts(self) -> bool:
        """Whether CVaR is weighed or limited: then expected cost is not all that matters."""
        return bool(self.risk_weight) or self.cvar_limit_usd is not None

    @property
    def risk_neutral(self) -> bool:
        """Whether the expected cost of all scenarios is all that matters of them."""
        return self.objective is Objective.EXPECTED and not self.risk_counts

    def problems(self, case: Any) -> Iterator[Problem]:
        """A weight of risk that the objective has no place for."""
        if self.risk_weight and self.objective is not Objective.EXPECTED:
            expected = f"0 where the objective is the {self.objective.value}"
            cure = "set it to 0, or the objective to expected cost; CVaR can be limited by cvar_limit_usd"
            yield Problem("risk_weight", f"{self.risk_weight:g}", expected, cure)
