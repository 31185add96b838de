"""Quarters, hours, fiscal years and discounting of a case."""

from dataclasses import dataclass

from optimizer.case.settings import Settings
from optimizer.tables.quarter import Quarter


@dataclass(frozen=True)
class Calendar:
    """The time axis: quarters before `as_of` are history, those before `end` are planned, the rest is the tail."""

    settings: Settings

    @property
    def first(self) -> Quarter:
        return self.settings.first_quarter

    @property
    def end(self) -> Quarter:
        """The first quarter after the horizon."""
        return self.first + self.settings.quarters

    @property
    def quarters(self) -> tuple[Quarter, ...]:
        return tuple(self.first + offset for offset in range(self.settings.quarters))

    @property
    def as_of(self) -> Quarter:
        """The first quarter in which anything is still to be decided."""
        return self.settings.as_of or self.first

    @property
    def ahead(self) -> tuple[Quarter, ...]:
        """Quarters that are still open."""
        return tuple(quarter for quarter in self.quarters if quarter >= self.as_of)

    def settled(self, quarter: Quarter) -> bool:
        """Whether the quarter is history: what was decided in it stands."""
        return quarter < self.as_of

    def planned(self, quarter: Quarter) -> bool:
        """Whether the quarter lies in the horizon, history included."""
        return self.first <= quarter < self.end

    def hours(self, quarter: Quarter) -> float:
        """Hours of the quarter: the calendar's, unless the case fixes a number."""
        return self.settings.hours_per_quarter or quarter.hours

    def fiscal_year(self, quarter: Quarter) -> int:
        """The year in which the fiscal year of this quarter ends."""
        shift = (self.settings.fiscal_year_start_month - 1) // 3
        shifted = Quarter(quarter.ordinal - shift)
        return shifted.year + (1 if shift else 0)

    def discount(self, quarter: Quarter) -> float:
        """(MONEY-1) Present value of 1 paid in the quarter: (1 + rate) ** -((quarters since as-of + timing) / 4)."""
        years = (quarter - self.as_of + self.settings.payment_timing.share) / 4.0
        return float((1.0 + self.settings.discount_rate) ** -years)
