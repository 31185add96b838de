"""Kinds of columns: what a cell may hold, its unit, its range and its help text.

A record declares its columns as dataclass fields made by the functions below; from them follow the validator, the
blank and example workbooks, the reference page and the JSON schema.
"""

import dataclasses
from dataclasses import dataclass
from enum import Enum
from typing import Any


class Kind(Enum):
    """What a cell holds."""

    KEY = "key"
    TEXT = "text"
    REFERENCE = "reference"
    CHOICE = "choice"
    NUMBER = "number"
    INTEGER = "integer"
    FLAG = "yes/no"
    QUARTER = "quarter"
    SHARES = "shares"
    NAMES = "names"
    SERIES = "series"


class Blank(Enum):
    """What an empty cell of a series means."""

    REFUSED = "every quarter of the horizon needs a value"
    ZERO = "blank means 0"
    UNLIMITED = "blank means no limit"
    WHOLE = "blank means 1"
    UNCHANGED = "blank means the value of the row's own column"

    @property
    def meant(self) -> float | None:
        """The number that an empty cell stands for; None where it stands for none."""
        return {Blank.ZERO: 0.0, Blank.WHOLE: 1.0}.get(self)


@dataclass(frozen=True)
class Column:
    """One column of a table.

    `targets` names the tables a REFERENCE or NAMES cell may point into; `choices` the words of a CHOICE;
    `low` and `high` bound a NUMBER, INTEGER or SERIES value (both inclusive unless `above` is set, which makes the
    lower bound exclusive); `blank` says what an empty cell of a SERIES means.
    """

    kind: Kind
    unit: str
    help: str
    required: bool = True
    default: Any = None
    low: float | None = None
    high: float | None = None
    above: bool = False
    targets: tuple[str, ...] = ()
    choices: type[Enum] | None = None
    blank: Blank = Blank.REFUSED

    @property
    def needed(self) -> bool:
        """Whether a row is wrong while this cell is blank."""
        return self.required and (self.kind is not Kind.SERIES or self.blank is Blank.REFUSED)


REQUIRED = object()


def _field(column: Column, default: Any) -> Any:
    if default is REQUIRED:
        return dataclasses.field(metadata={"column": column})
    column = dataclasses.replace(column, required=False, default=default)
    return dataclasses.field(default=default, metadata={"column": column})


def key(help: str) -> Any:
    """The name of the row, unique in its table and stable over time."""
    return _field(Column(Kind.KEY, "name", help), REQUIRED)


def text(help: str, default: Any = REQUIRED) -> Any:
    """Free text."""
    return _field(Column(Kind.TEXT, "text", help), default)


def reference(help: str, *targets: str, default: Any = REQUIRED) -> Any:
    """The key of a row of one of the tables `targets`; becomes a drop-down when there is one target."""
    return _field(Column(Kind.REFERENCE, "name", help, targets=targets), default)


def names(help: str, *targets: str, default: Any = ()) -> Any:
    """Several keys of one of the tables `targets`, separated by semicolons, as a tuple of names."""
    return _field(Column(Kind.NAMES, "names; separated", help, targets=targets), default)


def choice(help: str, choices: type[Enum], default: Any = REQUIRED) -> Any:
    """One word of an enumeration."""
    return _field(Column(Kind.CHOICE, "choice", help, choices=choices), default)


def number(
    unit: str,
    help: str,
    default: Any = REQUIRED,
    low: float | None = 0.0,
    high: float | None = None,
    above: bool = False,
) -> Any:
    """A finite number, by default not negative."""
    return _field(Column(Kind.NUMBER, unit, help, low=low, high=high, above=above), default)


def integer(unit: str, help: str, default: Any = REQUIRED, low: int | None = 0, high: int | None = None) -> Any:
    """A whole number, by default not negative."""
    return _field(Column(Kind.INTEGER, unit, help, low=low, high=high), default)


def flag(help: str, default: Any = REQUIRED) -> Any:
    """yes or no."""
    return _field(Column(Kind.FLAG, "yes/no", help), default)


def quarter(help: str, default: Any = REQUIRED) -> Any:
    """A calendar quarter such as 2027Q1, as a `Quarter`."""
    return _field(Column(Kind.QUARTER, "quarter", help), default)


def shares(help: str, default: Any = (1.0,)) -> Any:
    """Cumulative shares by quarter such as `50%; 75%; 100%`, never falling and ending at 100%, as a tuple of floats."""
    return _field(Column(Kind.SHARES, "cumulative shares", help), default)


def series(unit: str, help: str, blank: Blank, low: float | None = 0.0, high: float | None = None) -> Any:
    """One value a quarter across columns, as a `Series`; a record has at most one."""
    return _field(Column(Kind.SERIES, unit, help, low=low, high=high, blank=blank), REQUIRED)
