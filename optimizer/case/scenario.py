"""Scenarios: the courses that the future may take, and from when on each of them is known."""

from dataclasses import dataclass

from optimizer.tables.columns import key, number, quarter, reference
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import Record, TableSpec


@dataclass(frozen=True, kw_only=True)
class Scenario(Record):
    """A course of the future. Until it parts, every decision is shared with the course it parts from.

    A scenario without `branches_from` parts from the case as it stands; one without `parts_in` is the case as it
    stands, which others may branch from.
    """

    TABLE = TableSpec("scenarios", "Scenarios", "a course that the future may take", 400)

    scenario: str = key("name of the scenario")
    probability: float = number("share", "its probability; all of them sum to 1", above=True, high=1.0)
    branches_from: str = reference(
        "the scenario it parts from; blank is the case as it stands", "scenarios", default=""
    )
    parts_in: Quarter | None = quarter(
        "first quarter in which it is known; what is decided before it is shared. Blank: it is the case as it stands",
        None,
    )
