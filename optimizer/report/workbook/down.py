"""Formulas over columns of numbers that stand on the same rows: sums of products, extremes, shares between edges."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from optimizer.report.workbook.live import ONE, Cell, Live
from optimizer.report.workbook.sheet import letter


def address(cells: Sequence[Cell], sheet: str) -> str:
    """The address of cells below one another, as seen from a sheet."""
    column = letter(cells[0].column)
    found = f"${column}${cells[0].row}:${column}${cells[-1].row}"
    return found if sheet == cells[0].sheet else f"{cells[0].sheet}!{found}"


def absolute_address(cells: Sequence[Cell]) -> str:
    """The address as charts need it: with the sheet, in quotes."""
    return f"'{cells[0].sheet}'!{address(cells, cells[0].sheet)}"


def _kept(number: float) -> float:
    """A number as a spreadsheet keeps it: to 15 digits."""
    return float(f"{number:.15g}")


@dataclass(frozen=True)
class Products(Live):
    """Two columns of numbers: SUMPRODUCT of both, or SUM of the first."""

    first: tuple[Cell, ...]
    second: tuple[Cell, ...] = ()

    def text(self, sheet: str, i: int) -> str:
        parts = [address(cells, sheet) for cells in (self.first, self.second) if cells]
        return f"{'SUMPRODUCT' if self.second else 'SUM'}({','.join(parts)})"

    def value(self, i: int) -> float:
        others: list[Live] = list(self.second) or [ONE] * len(self.first)
        return math.fsum(a.amount(i) * b.amount(i) for a, b in zip(self.first, others, strict=True))


@dataclass(frozen=True)
class Extreme(Live):
    """The largest number of a column, or its smallest."""

    cells: tuple[Cell, ...]
    largest: bool = True

    def text(self, sheet: str, i: int) -> str:
        return f"{'MAX' if self.largest else 'MIN'}({address(self.cells, sheet)})"

    def value(self, i: int) -> float:
        return (max if self.largest else min)(cell.amount(i) for cell in self.cells)


@dataclass(frozen=True)
class Between(Live):
    """The probability of numbers from `low` to below `high`; of those above `low` where there is no `high`."""

    numbers: tuple[Cell, ...]
    shares: tuple[Cell, ...]
    low: Live
    high: Cell | None = None

    def text(self, sheet: str, i: int) -> str:
        numbers, low = address(self.numbers, sheet), self.low.text(sheet, i)
        within = f"--({numbers}>{low})"
        if self.high is not None:
            within = f"--({numbers}>={low}),--({numbers}<{self.high.text(sheet, i)})"
        return f"SUMPRODUCT({within},{address(self.shares, sheet)})"

    def value(self, i: int) -> float:
        low, high = _kept(self.low.amount(i)), None if self.high is None else _kept(self.high.amount(i))
        numbers = (_kept(number.amount(i)) for number in self.numbers)
        pairs = [(number, share.amount(i)) for number, share in zip(numbers, self.shares, strict=True)]
        if high is None:
            return math.fsum(share for number, share in pairs if number > low)
        return math.fsum(share for number, share in pairs if low <= number < high)


@dataclass(frozen=True)
class Quantile(Live):
    """The value at a share of a column from below, between neighbours where it falls between them."""

    cells: tuple[Cell, ...]
    share: Cell

    def text(self, sheet: str, i: int) -> str:
        return f"PERCENTILE({address(self.cells, sheet)},{self.share.text(sheet, i)})"

    def value(self, i: int) -> float:
        numbers = sorted(cell.amount(i) for cell in self.cells)
        at = self.share.amount(i) * (len(numbers) - 1)
        below = min(int(at), len(numbers) - 1)
        above = min(below + 1, len(numbers) - 1)
        return numbers[below] + (at - below) * (numbers[above] - numbers[below])


@dataclass(frozen=True)
class Beyond(Live):
    """The mean of what numbers have beyond an edge, 0 where they have nothing."""

    numbers: tuple[Cell, ...]
    shares: tuple[Cell, ...]
    edge: Cell

    def text(self, sheet: str, i: int) -> str:
        numbers, edge = address(self.numbers, sheet), self.edge.text(sheet, i)
        return f"SUMPRODUCT(--({numbers}>{edge}),{numbers}-{edge},{address(self.shares, sheet)})"

    def value(self, i: int) -> float:
        edge = self.edge.amount(i)
        pairs = zip(self.numbers, self.shares, strict=True)
        return math.fsum(max(number.amount(i) - edge, 0.0) * share.amount(i) for number, share in pairs)
