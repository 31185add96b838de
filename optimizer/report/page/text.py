"""Numbers as people read them: three significant digits and a letter, shares that never flatter, full figures."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

from optimizer.case.settings import sign

SCALES = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))
MOST_DECIMALS = 6
SMALLEST_SHARE = 1e-9
NBSP = "\N{NO-BREAK SPACE}"


def short(value: float) -> str:
    """Three significant digits with a letter, e.g. `12.0 B`, `580 M`, `72`."""
    if not value:
        return "0"
    size = _rounded(abs(value))
    for scale, letter in SCALES:
        if size >= scale:
            return _minus(value) + _digits(size / scale) + NBSP + letter
    return _minus(value) + _digits(size).removesuffix(".00").removesuffix(".0")


def money(value: float, currency: str) -> str:
    """An amount, e.g. `$12.0 B` or `−$580 M`."""
    return _minus(value) + sign(currency) + short(abs(value))


def amounts(values: Sequence[float], currency: str) -> tuple[str, ...]:
    """Amounts in one unit with the digits that tell them apart, e.g. `$17.000 M` and `$17.041 M`."""
    scale = Scale.of(max(abs(value) for value in values))
    least = min((after - before for before, after in pairwise(sorted(set(values)))), default=scale.divisor)
    decimals = min(max(2, 2 - math.ceil(math.log10(least / scale.divisor))), MOST_DECIMALS)
    unit = NBSP + scale.letter if scale.letter else ""
    return tuple(f"{_minus(value)}{sign(currency)}{abs(value) / scale.divisor:,.{decimals}f}{unit}" for value in values)


def number(value: float, decimals: int = 0) -> str:
    """A figure in full, e.g. `12,288`; zero is a dash."""
    text = f"{abs(value):,.{decimals}f}"
    return "–" if not float(text.replace(",", "")) else _minus(value) + text


def quantity(value: float) -> str:
    """A quantity of blocks or units: whole where it is whole, else two decimals."""
    return f"{round(value):,}" if abs(value - round(value)) < 1e-6 else f"{value:,.2f}"


def megawatts(value: float) -> str:
    """Power, e.g. `4.3 MW`, or `30 kW` where it is less than a megawatt; what rounds to nothing is `0 MW`."""
    kilowatts = round(value * 1000)
    if 0 < abs(kilowatts) < 1000:
        return f"{number(kilowatts)}{NBSP}kW"
    return f"{number(value, 1)}{NBSP}MW" if kilowatts else f"0{NBSP}MW"


def counted(value: float, unit: str) -> str:
    """A quantity with its unit, e.g. `1 block` or `12 blocks`."""
    return f"{quantity(value)} {unit.removesuffix('s') if quantity(value) == '1' else unit}"


def at_most(share: float, decimals: int = 2) -> str:
    """A share as a percentage, rounded up: what is proven is never overstated."""
    return _percent(math.ceil(share * 100 * 10**decimals - SMALLEST_SHARE) / 10**decimals, decimals)


def at_least(share: float, decimals: int = 1) -> str:
    """A share as a percentage, rounded down: 99.96 % served is not 100 %."""
    return _percent(math.floor(share * 100 * 10**decimals + SMALLEST_SHARE) / 10**decimals, decimals)


def percent(share: float, decimals: int = 1) -> str:
    """A share as a percentage, rounded to the nearest."""
    return _percent(share * 100, decimals)


def spaced(words: str) -> str:
    """Words whose percentages are written as all others on a page: `80 %` for `80%`."""
    return words.replace("%", f"{NBSP}%")


def _percent(value: float, decimals: int) -> str:
    text = f"{abs(value):.{decimals}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return ("" if text == "0" else _minus(value)) + text + NBSP + "%"


def _minus(value: float) -> str:
    return "−" if value < 0 else ""


def _rounded(size: float) -> float:
    """Three significant digits; a half is rounded up, as people do, and so is what a solver leaves a hair below it."""
    exact = Decimal(f"{size:.9g}")
    return float(exact.quantize(Decimal(1).scaleb(exact.adjusted() - 2), ROUND_HALF_UP))


def _digits(size: float) -> str:
    return f"{size:,.{max(0, 2 - math.floor(math.log10(size)))}f}" if size >= 1 else f"{size:.3g}"


@dataclass(frozen=True)
class Scale:
    """One unit for all the numbers of a table or an axis, so that they can be compared at a glance."""

    divisor: float
    letter: str
    word: str

    @classmethod
    def of(cls, largest: float) -> "Scale":
        """The scale in which the largest number has one to three or four digits before the point."""
        for divisor, letter, word in ((1e9, "B", "billion"), (1e6, "M", "million"), (1e3, "k", "thousand")):
            if largest >= divisor:
                return cls(divisor, letter, word)
        return cls(1.0, "", "")

    def tick(self, value: float, step: float, currency: str = "") -> str:
        """A label of an axis whose ticks are `step` apart, with no digit to spare; of money, if there is a currency."""
        decimals = next((d for d in range(4) if _whole(step / self.divisor * 10**d)), 4)
        text = f"{abs(value) / self.divisor:,.{decimals}f}"
        before = sign(currency) if currency else ""
        return _minus(value) + before + text + (NBSP + self.letter if self.letter else "")


def _whole(value: float) -> bool:
    return abs(value - round(value)) < 1e-6
