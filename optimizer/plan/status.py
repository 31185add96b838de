"""How a search ended, and why it stopped: kept with every plan, written as the words below."""

from enum import StrEnum


class Status(StrEnum):
    """The end of a solve; or SCENARIO, what a plan under uncertainty does in one of its scenarios, of which alone
    nothing is proven. Only a status whose `yields_plan` is true comes from a solver with values.
    """

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"
    INFEASIBLE_OR_UNBOUNDED = "infeasible_or_unbounded"
    NO_PLAN = "no_plan"
    FAILED = "failed"
    SCENARIO = "scenario"

    @property
    def yields_plan(self) -> bool:
        """True for a plan proven within the asked gap and for an incumbent that a limit or an interrupt left."""
        return self in (Status.OPTIMAL, Status.FEASIBLE)


class StopReason(StrEnum):
    """Why the solver stopped."""

    GAP = "gap"
    TIME_LIMIT = "time_limit"
    INTERRUPT = "interrupt"
    OTHER_LIMIT = "other_limit"
    PROOF = "proof"
    ERROR = "error"
