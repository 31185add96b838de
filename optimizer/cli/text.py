"""Numbers and tables as people read them in a terminal."""

from collections.abc import Sequence
from dataclasses import dataclass

from optimizer.case.settings import sign

SCALES = ((1e9, "B"), (1e6, "M"), (1e3, "k"))


@dataclass(frozen=True)
class Money:
    """Amounts of one currency as words: call it with an amount."""

    currency: str

    def __call__(self, amount: float) -> str:
        """An amount in a short form such as `$12.040 B` or `-$580.000 M`."""
        return f"{'-' if amount < 0.0 else ''}{sign(self.currency)}{short(abs(amount))}"

    def known(self, amount: float | None, otherwise: str = "not known") -> str:
        """The amount, or words where there is none."""
        return otherwise if amount is None else self(amount)


def short(amount: float) -> str:
    """An amount without its currency, such as `12.040 B`."""
    for scale, letter in SCALES:
        if abs(amount) >= scale:
            return f"{amount / scale:,.3f} {letter}"
    return f"{amount:,.2f}"


def percent(share: float) -> str:
    """A share as a percentage."""
    return f"{share:.3%}"


def chance(probability: float) -> str:
    """A probability or a part of a whole: to a tenth of a percent, a small one to two digits."""
    return f"{probability:.1%}" if probability >= 0.01 or not probability else f"{100.0 * probability:.2g}%"


def share(part: float) -> str:
    """A round share as a percentage without needless digits, such as `10%`."""
    return f"{100.0 * part:.6g}%"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns of text, the first aligned left and the others right."""
    lines = [header, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    shown = []
    for line in lines:
        cells = [
            line[0].ljust(widths[0]),
            *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)),
        ]
        shown.append("  ".join(cells).rstrip())
    return "\n".join(shown)
