"""Calendar quarters: parsing, arithmetic and exact days."""

import re
from dataclasses import dataclass
from datetime import date

_PATTERN = re.compile(r"(\d{4})[ -]?Q([1-4])", re.IGNORECASE)


@dataclass(frozen=True, order=True)
class Quarter:
    """A calendar quarter, counted from year 0 so that differences are quarters."""

    ordinal: int

    @classmethod
    def of(cls, year: int, number: int) -> "Quarter":
        """The `number`-th quarter (1 to 4) of `year`."""
        return cls(year * 4 + number - 1)

    @classmethod
    def parse(cls, text: str) -> "Quarter":
        """Read `2027Q1`; raises ValueError for anything else."""
        match = _PATTERN.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"{text!r} is not a quarter such as 2027Q1")
        return cls.of(int(match[1]), int(match[2]))

    @property
    def year(self) -> int:
        return self.ordinal // 4

    @property
    def number(self) -> int:
        return self.ordinal % 4 + 1

    @property
    def start(self) -> date:
        """First day of the quarter."""
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def hours(self) -> float:
        """Exact hours of the quarter by calendar (24 hours a day)."""
        return 24.0 * ((self + 1).start - self.start).days

    def __add__(self, quarters: int) -> "Quarter":
        return Quarter(self.ordinal + quarters)

    def __sub__(self, other: "Quarter") -> int:
        return self.ordinal - other.ordinal

    def __str__(self) -> str:
        return f"{self.year}Q{self.number}"
