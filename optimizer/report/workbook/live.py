"""Formulas that know their value: an expression is written once and yields both its Excel text and its number.

So every formula of the workbook carries the value that a recalculation will find, without a calculation engine. An
expression stands on a row of the time axis: `text` and `value` take the position of a column on it, and parts that do
not run along the axis (cells, sums) ignore the position.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum

from openpyxl.utils import get_column_letter

Value = float | str
FIRST_PERIOD = 8
"""The column of the first quarter on every sheet with a time axis (H)."""
EPOCH = date(1899, 12, 30)
"""Day 0 of a spreadsheet."""
ALLOWED_NUMBERS = (0, 1, 4, 1000, 1000000)
"""Numbers that may stand inside a formula; every other constant has a cell of its own."""


class Binding(IntEnum):
    """How strongly an operator binds, weakest first."""

    COMPARISON = 0
    SUM = 1
    PRODUCT = 2
    POWER = 3
    ATOM = 4


class Live:
    """An expression. `text(sheet, i)` is what a cell of `sheet` at position `i` holds, `value(i)` what it shows."""

    @property
    def binding(self) -> Binding:
        """How strongly its outermost operator binds."""
        return Binding.ATOM

    def text(self, sheet: str, i: int) -> str:
        raise NotImplementedError

    def value(self, i: int) -> Value:
        raise NotImplementedError

    def amount(self, i: int) -> float:
        """The value as a number; raises TypeError for a text."""
        value = self.value(i)
        if isinstance(value, str):
            raise TypeError(f"{self} shows a text, not a number")
        return value

    def __add__(self, other: "Live") -> "Live":
        return Operation("+", self, other)

    def __sub__(self, other: "Live") -> "Live":
        return Operation("-", self, other)

    def __mul__(self, other: "Live") -> "Live":
        return Operation("*", self, other)

    def __truediv__(self, other: "Live") -> "Live":
        return Operation("/", self, other)

    def __pow__(self, other: "Live") -> "Live":
        return Operation("^", self, other)

    def __neg__(self) -> "Live":
        return Number(0) - self

    def __lt__(self, other: "Live") -> "Live":
        return Operation("<", self, other)

    def __gt__(self, other: "Live") -> "Live":
        return Operation(">", self, other)

    def __le__(self, other: "Live") -> "Live":
        return Operation("<=", self, other)

    def equals(self, other: "Live") -> "Live":
        """Whether both show the same, 1 or 0 (`==` compares expressions, not what they show)."""
        return Operation("=", self, other)


_OPERATORS: dict[str, tuple[Binding, Callable[[float, float], float]]] = {
    "+": (Binding.SUM, lambda a, b: a + b),
    "-": (Binding.SUM, lambda a, b: a - b),
    "*": (Binding.PRODUCT, lambda a, b: a * b),
    "/": (Binding.PRODUCT, lambda a, b: a / b),
    "^": (Binding.POWER, lambda a, b: a**b),
    "<": (Binding.COMPARISON, lambda a, b: float(a < b)),
    ">": (Binding.COMPARISON, lambda a, b: float(a > b)),
    "<=": (Binding.COMPARISON, lambda a, b: float(a <= b)),
    "=": (Binding.COMPARISON, lambda a, b: float(a == b)),
}


@dataclass(frozen=True)
class Operation(Live):
    """Two expressions joined by an operator; brackets stand where the operator needs them."""

    sign: str
    left: Live
    right: Live

    @property
    def binding(self) -> Binding:
        return _OPERATORS[self.sign][0]

    def text(self, sheet: str, i: int) -> str:
        left, right = self.left.text(sheet, i), self.right.text(sheet, i)
        if self.left == Number(0) and self.sign == "-":
            left = ""
            power_first = "^" in right and self.right.binding in (Binding.POWER, Binding.PRODUCT)
            right = f"({right})" if power_first else right
        elif self.left.binding < self.binding or (self.sign == "^" and self.left.binding < Binding.ATOM):
            left = f"({left})"
        if self.right.binding < self.binding or (self.sign in "-/^" and self.right.binding == self.binding):
            right = f"({right})"
        return f"{left}{self.sign}{right}"

    def value(self, i: int) -> float:
        return _OPERATORS[self.sign][1](self.left.amount(i), self.right.amount(i))


@dataclass(frozen=True)
class Number(Live):
    """A number inside a formula; raises ValueError for one that belongs into a cell."""

    number: int

    def __post_init__(self) -> None:
        if self.number not in ALLOWED_NUMBERS:
            raise ValueError(f"{self.number} belongs into a cell of its own, not into a formula")

    def text(self, sheet: str, i: int) -> str:
        return str(self.number)

    def value(self, i: int) -> float:
        return float(self.number)


ZERO, ONE, FOUR, THOUSAND, MILLION = Number(0), Number(1), Number(4), Number(1000), Number(1000000)


@dataclass(frozen=True)
class Words(Live):
    """A text of ours inside a formula; never one of the user's."""

    words: str

    def text(self, sheet: str, i: int) -> str:
        return f'"{self.words}"'

    def value(self, i: int) -> str:
        return self.words


@dataclass(frozen=True)
class Cell(Live):
    """One cell and what it shows. `own_row` and `own_column` leave it free to move when the formula is copied."""

    sheet: str
    row: int
    column: int
    shown: Value
    own_row: bool = False
    own_column: bool = False

    def text(self, sheet: str, i: int) -> str:
        column, row = "" if self.own_column else "$", "" if self.own_row else "$"
        address = f"{column}{get_column_letter(self.column)}{row}{self.row}"
        return address if sheet == self.sheet else f"{self.sheet}!{address}"

    def value(self, i: int) -> Value:
        return self.shown


@dataclass(frozen=True)
class Row(Live):
    """A row of numbers along the time axis, blank beyond its end; `anchored` fixes its row in the text."""

    sheet: str
    row: int
    numbers: tuple[float, ...]
    anchored: bool = False

    def text(self, sheet: str, i: int) -> str:
        address = f"{get_column_letter(FIRST_PERIOD + i)}{'$' if self.anchored else ''}{self.row}"
        return address if sheet == self.sheet else f"{self.sheet}!{address}"

    def value(self, i: int) -> float:
        return self.numbers[i] if i < len(self.numbers) else 0.0

    def range(self, sheet: str, first: int = 0, last: int | None = None) -> str:
        """The address of positions `first` to `last` (both included; to the end unless said) as seen from `sheet`."""
        last = len(self.numbers) - 1 if last is None else last
        left, right = (get_column_letter(FIRST_PERIOD + position) for position in (first, last))
        address = f"${left}{self.row}:${right}{self.row}"
        return address if sheet == self.sheet else f"{self.sheet}!{address}"


@dataclass(frozen=True)
class Call(Live):
    """A function of Excel, with its arithmetic beside it."""

    name: str
    arguments: tuple[Live, ...]
    compute: Callable[..., Value]

    def text(self, sheet: str, i: int) -> str:
        return f"{self.name}({','.join(argument.text(sheet, i) for argument in self.arguments)})"

    def value(self, i: int) -> Value:
        return self.compute(*(argument.value(i) for argument in self.arguments))


def highest(*numbers: float) -> float:
    """What MAX computes."""
    return max(numbers)


def lowest(*numbers: float) -> float:
    """What MIN computes."""
    return min(numbers)


def choose(condition: Live, yes: Live, no: Live) -> Live:
    """IF: only the branch that is shown is calculated."""
    return Choose(condition, yes, no)


@dataclass(frozen=True)
class Choose(Live):
    """IF(condition, yes, no)."""

    condition: Live
    yes: Live
    no: Live

    def text(self, sheet: str, i: int) -> str:
        parts = (self.condition, self.yes, self.no)
        return f"IF({','.join(part.text(sheet, i) for part in parts)})"

    def value(self, i: int) -> Value:
        return self.yes.value(i) if self.condition.amount(i) else self.no.value(i)


def year_after(days: Row, months: Live) -> Live:
    """The year of a day so many months later."""
    later = Call("EDATE", (days, months), _edate)
    return Call("YEAR", (later,), lambda day: float((EPOCH + timedelta(days=int(day))).year))


def _edate(day: float, months: float) -> float:
    start = EPOCH + timedelta(days=int(day))
    month = start.month - 1 + int(months)
    return float((date(start.year + month // 12, month % 12 + 1, start.day) - EPOCH).days)


def absolute(live: Live) -> Live:
    """The size of a number."""
    return Call("ABS", (live,), abs)


def added(parts: Iterable[Live]) -> Live:
    """The sum of expressions; 0 where there is none."""
    whole: Live | None = None
    for part in parts:
        whole = part if whole is None else whole + part
    return whole or ZERO


@dataclass(frozen=True)
class Guarded(Live):
    """IFERROR: what stands in for an error. Nothing we write shows one, so the value is that of `live`."""

    live: Live
    otherwise: Live

    def text(self, sheet: str, i: int) -> str:
        return f"IFERROR({self.live.text(sheet, i)},{self.otherwise.text(sheet, i)})"

    def value(self, i: int) -> Value:
        return self.live.value(i)
