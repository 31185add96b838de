"""From the value of a cell to the value of a column: strict, without guessing, in the words of the person typing."""

import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from enum import Enum
from itertools import pairwise
from math import isfinite

from optimizer.tables.columns import Column, Kind
from optimizer.tables.quarter import Quarter
from optimizer.tables.raw import Value

Typed = str | float | int | bool | Enum | Quarter | tuple[float, ...] | tuple[str, ...] | None

LONGEST_KEY = 80
FORMULA_STARTS = ("=", "+", "-", "@")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_LOOKS_NUMERIC = re.compile(r"[^0-9]{0,3}([0-9][0-9.,' \u00a0\u202f]*)\s*([^0-9]*)")
_SHARE = re.compile(r"(\d+(?:\.\d+)?(?:e[+-]?\d{1,3})?)\s*%?")


class Refused(Exception):
    """A value that a column does not take: what was found, what was expected, how to mend it."""

    def __init__(self, found: str, expected: str, cure: str) -> None:
        super().__init__(found)
        self.found = found
        self.expected = expected
        self.cure = cure


def coerce(value: Value, name: str, column: Column) -> Typed:
    """The typed value of a non-blank cell. Raises Refused.

    A SERIES column is checked cell by cell as a NUMBER. References are checked for their form only.
    """
    match column.kind:
        case Kind.KEY:
            return _key(value, name)
        case Kind.TEXT:
            return _text(value, name)
        case Kind.REFERENCE:
            return _name(value, name)
        case Kind.NAMES:
            return _names(value, name)
        case Kind.CHOICE:
            return _choice(value, name, column)
        case Kind.NUMBER | Kind.SERIES:
            return _number(value, name, column)
        case Kind.INTEGER:
            return _integer(value, name, column)
        case Kind.FLAG:
            return _flag(value, name)
        case Kind.QUARTER:
            return _quarter(value, name)
        case Kind.SHARES:
            return _shares(value, name)


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """The known word nearest to `word`, regardless of case; None when none is near."""
    by_fold = {candidate.casefold(): candidate for candidate in known}
    near = get_close_matches(word.strip().casefold(), by_fold, n=1, cutoff=0.6)
    return by_fold[near[0]] if near else None


def shown(value: Value) -> str:
    """The value in the words of a finding."""
    if isinstance(value, bool):
        return f"the logical value {'TRUE' if value else 'FALSE'}"
    if isinstance(value, int | float):
        return f"the number {value!r}"
    if isinstance(value, date):
        return f"the date {value.isoformat()}"
    text = _CONTROL.sub("\ufffd", value or "")
    return f"the text '{text if len(text) <= 60 else text[:57] + '...'}'"


def _text(value: Value, name: str) -> str:
    if isinstance(value, bool):
        text = "TRUE" if value else "FALSE"
    elif isinstance(value, date):
        text = value.isoformat()
    else:
        text = str(value)
    if _CONTROL.search(text):
        raise Refused(
            f"{name} is {shown(text)} with a line break or control character", "one line of text", "retype the text"
        )
    return text


def _name(value: Value, name: str) -> str:
    if isinstance(value, bool | float | date):
        raise Refused(f"{name} is {shown(value)}", "a name, as text", "type an apostrophe before it to make it text")
    text = _text(value, name)
    if text != text.strip():
        raise Refused(
            f"{name} is {shown(text)} with blanks at its start or end", f"'{text.strip()}'", "remove the blanks"
        )
    return text


def _key(value: Value, name: str) -> str:
    text = _name(value, name)
    if len(text) > LONGEST_KEY:
        raise Refused(f"{name} has {len(text)} characters", f"at most {LONGEST_KEY}", "choose a shorter name")
    if text.startswith(FORMULA_STARTS):
        raise Refused(f"{name} is {shown(text)}", "a name that does not start with = + - or @", "rename it")
    if ";" in text:
        raise Refused(f"{name} is {shown(text)}", "a name without a semicolon, which separates names", "rename it")
    return text


def _names(value: Value, name: str) -> tuple[str, ...]:
    items = [part.strip() for part in _text(value, name).split(";")]
    if "" in items:
        raise Refused(f"{name} is {shown(value)}", "names separated by single semicolons", "remove the extra semicolon")
    repeated = next((item for item in items if items.count(item) > 1), None)
    if repeated is not None:
        raise Refused(f"{name} names '{repeated}' twice", "each name once", "remove the second one")
    return tuple(items)


def _choice(value: Value, name: str, column: Column) -> Enum:
    assert column.choices is not None, f"{name} is a choice without choices"
    words = [str(member.value) for member in column.choices]
    for member in column.choices:
        if value == member.value:
            return member
    expected = "one of " + ", ".join(f"'{word}'" for word in words)
    near = did_you_mean(str(value), words)
    raise Refused(f"{name} is {shown(value)}", expected, f"did you mean '{near}'?" if near else "choose one of these")


def _number(value: Value, name: str, column: Column) -> float:
    number = _plain_number(value, name, "a number", column.unit)
    try:
        result = float(number)
    except OverflowError:
        result = float("inf")
    if not isfinite(result):
        raise Refused(f"{name} is {result}", f"a finite number ({column.unit})", "type the figure")
    _in_range(result, name, column)
    return result


def _integer(value: Value, name: str, column: Column) -> int:
    number = _plain_number(value, name, "a whole number", column.unit)
    if isinstance(number, float) and not number.is_integer():
        raise Refused(
            f"{name} is {number!r} {column.unit}", f"a whole number ({column.unit})", "round it as you mean it"
        )
    _in_range(int(number), name, column)
    return int(number)


def _plain_number(value: Value, name: str, expected: str, unit: str) -> float | int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused(f"{name} is {shown(value)}", f"{expected} ({unit})", _number_cure(value))
    return value


def _number_cure(value: Value) -> str:
    if isinstance(value, bool):
        return "type a number, 1 or 0 if you mean those"
    if isinstance(value, date):
        return "set the format of the cell to Number and type the figure again"
    text = str(value or "").strip()
    match = _LOOKS_NUMERIC.fullmatch(text)
    if match is None:
        return "type the figure, without words; leave the cell blank if there is none"
    rest = match[2].strip()
    if rest == "%":
        return f"type it as a percentage in a cell with a number format, or as a share such as {_as_share(match[1])}"
    if rest:
        return f"type the number alone, without '{rest}'; the unit stands above the header"
    if any(mark in match[1] for mark in ",' \u00a0\u202f"):
        return "type it without thousands separators and with a point for decimals"
    return "the cell holds text: set its format to Number and type the figure again"


def _as_share(digits: str) -> str:
    try:
        return repr(float(digits) / 100)
    except ValueError:
        return "0.1"


def _in_range(value: float, name: str, column: Column) -> None:
    low, high = column.low, column.high
    too_low = low is not None and (value <= low if column.above else value < low)
    too_high = high is not None and value > high
    if too_low or too_high:
        raise Refused(f"{name} is {plain(value)} {column.unit}", in_words(column), "correct the figure or its unit")


def in_words(column: Column) -> str:
    """The range of a numeric column in words, with its unit."""
    parts = []
    if column.low is not None:
        parts.append(f"{'above' if column.above else 'at least'} {plain(column.low)}")
    if column.high is not None:
        parts.append(f"at most {plain(column.high)}")
    return f"{' and '.join(parts) or 'any number'} {column.unit}"


def plain(value: float) -> str:
    """A number without a trailing `.0`."""
    return repr(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(value)


def _flag(value: Value, name: str) -> bool:
    if isinstance(value, bool):
        return value
    words = {"yes": True, "no": False}
    if isinstance(value, str) and value.casefold() in words:
        return words[value.casefold()]
    raise Refused(f"{name} is {shown(value)}", "yes or no", "type yes or no")


def _quarter(value: Value, name: str) -> Quarter:
    cure = "type the year and the quarter, such as 2027Q1"
    if isinstance(value, date):
        if isinstance(value, datetime) or value.day != 1 or value.month % 3 != 1:
            within = Quarter.of(value.year, (value.month - 1) // 3 + 1)
            raise Refused(
                f"{name} is {shown(value)}, not the first day of a quarter",
                "a quarter",
                f"type {within} if you mean that",
            )
        return Quarter.of(value.year, (value.month - 1) // 3 + 1)
    if isinstance(value, str):
        try:
            result = Quarter.parse(value)
        except ValueError:
            result = None
        if result is not None and result.year > 0:
            return result
    raise Refused(f"{name} is {shown(value)}", "a quarter such as 2027Q1", cure)


def _shares(value: Value, name: str) -> tuple[float, ...]:
    expected = "cumulative shares by quarter, such as 50%; 75%; 100%"
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise Refused(f"{name} is {shown(value)}", expected, "type the shares as text, separated by semicolons")
    parts = (
        tuple(_share(part, name, expected) for part in value.split(";")) if isinstance(value, str) else (float(value),)
    )
    if any(later < earlier for earlier, later in pairwise(parts)):
        raise Refused(
            f"{name} is {shown(value)}, which falls", expected, "give the sum delivered so far, not the increments"
        )
    if parts[-1] != 1.0:
        raise Refused(f"{name} is {shown(value)}, which does not end at 100%", expected, "let the last share be 100%")
    return parts


def _share(part: str, name: str, expected: str) -> float:
    text = part.strip()
    match = _SHARE.fullmatch(text)
    if match is None:
        cure = "separate the shares by semicolons and use a point for decimals"
        raise Refused(f"{name} holds '{text}'", expected, cure)
    return float(Decimal(match[1]) / 100) if text.endswith("%") else float(match[1])
