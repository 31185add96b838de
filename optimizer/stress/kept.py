"""What of a plan is kept when a future comes: decisions made before it could be known, and commitments if asked.

  (KEEP-1)  every quantity of the quarters before the first in which a future may be otherwise, operations too: it was
            decided without knowing which future it will be (here and now)
  (KEEP-2)  in later quarters up to the one that is asked for, what binds the buyer: signings, orders, exits, rights
            bought and exercised, in their quantities of the plan
All else reacts. Of a plan under uncertainty, only what its scenarios share can be kept.
"""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field, replace

from optimizer.errors import StaleError, UsageError
from optimizer.ledger.decision import Action, DecisionKey
from optimizer.ledger.operation import OperationKey
from optimizer.plan.plan import Plan
from optimizer.plan.tree import TreePlan
from optimizer.tables.quarter import Quarter

COMMITTED = (Action.SIGN, Action.CHOOSE, Action.START, Action.EXIT, Action.HOLD, Action.EXERCISE)
DATA = (Action.TAKE, Action.GIVEN, Action.PAID)
"""What is no decision of the buyer: it is as the future says."""
END = "end"
Key = DecisionKey | OperationKey


@dataclass(frozen=True)
class Kept:
    """Quantities of the plan that are kept. Before `differs` everything is, before `until` what commits the buyer."""

    differs: Quarter
    until: Quarter
    quantities: dict[Key, float] = field(repr=False)

    def holds(self, what: Hashable, quarter: Quarter) -> float | None:
        """The quantity that is kept of a decision, or of an (operation, index) in a quarter; None where it may react.

        What the plan does not have is kept at 0.
        """
        if isinstance(what, DecisionKey):
            if what.action in DATA or not self._covers(what):
                return None
            return self.quantities.get(what, 0.0)
        if quarter >= self.differs:
            return None
        assert isinstance(what, tuple)
        operation, index = what
        return self.quantities.get(OperationKey(operation, index, quarter), 0.0)

    def _covers(self, key: DecisionKey) -> bool:
        return key.quarter < self.differs or (key.quarter < self.until and key.action in COMMITTED)

    def decisions(self) -> Iterator[tuple[DecisionKey, float]]:
        """Decisions that are kept and not 0."""
        return ((key, amount) for key, amount in self.quantities.items() if isinstance(key, DecisionKey) and amount)


def keep(plan: Plan | TreePlan, differs: Quarter, until: str | None = None) -> Kept:
    """What is kept where futures differ from a quarter on; `until` is the last quarter of (KEEP-2), or `end`.

    Raises UsageError where nothing would be kept or `until` is no quarter of it, StaleError for a plan that is none.
    """
    if plan.result.objective is None:
        raise StaleError(f"there is no plan to stress: it is {plan.result.status}. Fix: solve the case again")
    calendar, parted = plan.case.calendar, plan.case.calendar.end
    if isinstance(plan, TreePlan):
        parted = next((node.quarter for node in plan.case.tree.nodes if node.probability < 1.0), parted)
        plan = plan.branches[0].plan
    differs = min(differs, parted)
    last = differs if until is None else _until(plan, until)
    if last > parted:
        cure = f"--until {parted + -1} or earlier, or leave it out"
        raise UsageError(
            f"scenarios of the plan part in {parted}: what it decides from then on is not one. Fix: {cure}"
        )
    if last <= calendar.as_of:
        cure = f"--until {calendar.as_of} keeps what is signed in it, or let the uncertainties begin later (since)"
        raise UsageError(f"futures differ from {calendar.as_of} on: nothing is decided before. Fix: {cure}")
    kept = Kept(differs, max(last, differs), {})
    quantities: dict[Key, float] = {key: amount for key, amount in plan.operations if key.quarter < differs}
    choices = ((choice.key, choice.quantity) for choice in plan.choices)
    quantities |= {key: amount for key, amount in choices if kept.holds(key, key.quarter) is not None}
    return replace(kept, quantities=quantities)


def _until(plan: Plan, until: str) -> Quarter:
    """The first quarter whose commitments react."""
    calendar = plan.case.calendar
    if until == END:
        return calendar.end
    try:
        quarter = Quarter.parse(until)
    except ValueError:
        quarter = calendar.end
    if quarter not in calendar.ahead:
        expected = f"an open quarter of the case, {calendar.as_of} to {calendar.end + -1}, or {END}"
        raise UsageError(f"--until {until!r} is not {expected}. Fix: correct it")
    return quarter + 1
