"""Cases that state uncertainty, small enough to be checked by hand."""

from typing import Any

from optimizer.case.case import Case
from optimizer.case.uncertainty import Process, Uncertainty
from tests.builders import add, one_site, power, spot


def walk(name: str, table: str = "demand", row: str = "train", **changes: Any) -> Uncertainty:
    """A walk, of the demand of `train` unless said otherwise."""
    return _stated(name, table, row, Process.WALK, **changes)


def reversion(name: str, table: str = "demand", row: str = "train", **changes: Any) -> Uncertainty:
    """A reversion to its level."""
    return _stated(name, table, row, Process.REVERSION, **changes)


def default(name: str, table: str = "demand", row: str = "train", **changes: Any) -> Uncertainty:
    """An event that happens at most once."""
    return _stated(name, table, row, Process.DEFAULT, **changes)


def slip(name: str, table: str, row: str, *on_time: float, **changes: Any) -> Uncertainty:
    """Something that may come later."""
    return _stated(name, table, row, Process.SLIP, on_time=on_time, **changes)


def past(name: str, table: str = "demand", row: str = "train", **changes: Any) -> Uncertainty:
    """Something that changes as a series of the past did."""
    return _stated(name, table, row, Process.PAST, **changes)


def _stated(name: str, table: str, row: str, process: Process, **changes: Any) -> Uncertainty:
    return Uncertainty(uncertainty=name, table=table, row=row, process=process, **changes)


def plain(quarters: int = 4) -> Case:
    """One site with power, one market and one block; demand 10, 20, 30, ... and power 1, 2, 3, ... MW."""
    steps = [float(number + 1) for number in range(quarters)]
    case = one_site(*(10.0 * step for step in steps))
    return add(case, power("home", *steps), *spot("market", *[2.0] * quarters, limit=5.0))
