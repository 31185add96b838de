"""Scenarios: the courses that the future may take, and from when on each of them is known."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from optimizer.tables.columns import key, number, quarter, reference, text
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import Problem, Record, TableSpec


@dataclass(frozen=True, kw_only=True)
class Scenario(Record):
    """A course of the future. Until it parts, every decision is shared with the course it parts from.

    A scenario without `branches_from` parts from the case as it stands; one without `parts_in` is the case as it
    stands, which others may branch from. `came_true` bears its quarter, so that it does not go stale: what parts after
    it is open all the same.
    """

    TABLE = TableSpec("scenarios", "Scenarios", "a course of the future", 400)

    scenario: str = key("name of the scenario")
    probability: float = number("share", "its probability; all of them sum to 1", above=True, high=1.0)
    branches_from: str = reference(
        "the scenario it parts from; blank is the case as it stands", "scenarios", default=""
    )
    parts_in: Quarter | None = quarter(
        "first quarter in which it is known; what is decided before it is shared. Blank: it is the case as it stands",
        None,
    )
    came_true: Quarter | None = quarter(
        "the quarter up to which this scenario is what happened, read by replan; blank: not known", None
    )


@dataclass(frozen=True, kw_only=True)
class LeastCost(Record):
    """What a scenario would cost if it alone were planned for; kept with a solved case, so that nobody solves it again.

    A row counts only for the scenario as it was then (`solved_for`): where a number has changed since, it is solved
    anew.
    """

    TABLE = TableSpec("least_costs", "Least costs alone", "a scenario alone, as the solver found it; leave empty", 415)

    scenario: str = reference("the scenario", "scenarios")
    least_cost_usd: float = number("USD present value", "cost of the best plan found for it alone", low=None)
    bound_usd: float = number("USD present value", "what no plan for it alone can cost less than", low=None)
    solved_for: str = text("hash of the case of the scenario that was solved")

    def problems(self, case: Any) -> Iterator[Problem]:
        """A second row for the scenario, a bound above the cost."""
        if case.by(LeastCost, "scenario", self.scenario)[0] is not self:
            yield Problem("scenario", f"a second row for {self.scenario}", "one row", "delete it: it is solved anew")
        if self.bound_usd > self.least_cost_usd:
            cure = "delete the row: it is solved anew"
            yield Problem("bound_usd", f"{self.bound_usd:,.2f}", f"at most {self.least_cost_usd:,.2f}", cure)
