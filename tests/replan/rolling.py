"""What tests of replanning share: the quantities of one plan put into another case, without any search."""

from collections import defaultdict

import numpy as np

from optimizer.case.case import Case
from optimizer.ledger.keys import Cash
from optimizer.model.arrays import compile_program
from optimizer.model.build import formulate
from optimizer.model.extract import start_of
from optimizer.model.outcome import Outcome, Status, StopReason
from optimizer.plan.plan import Plan, Seconds
from optimizer.run import audited_plan, silent
from optimizer.tables.quarter import Quarter
from tests.builders import EXACT


def carried(case: Case, plan: Plan) -> Plan:
    """The audited plan of a case with the quantities of another plan; every row of the case holds."""
    form = formulate(case)
    program = compile_program(form.model)
    values = np.nan_to_num(start_of(form, program, plan))
    miss, name = program.worst_violation(values)
    assert miss < 1e-6, f"{name} is missed by {miss}"
    ran = (0.0, "by hand", "", 1, 0, 0, 0, "")
    outcome = Outcome(Status.FEASIBLE, StopReason.OTHER_LIMIT, program.cost_of(values), None, values, *ran)
    return audited_plan(form, program, EXACT, outcome, Seconds(), silent)


def cash(plan: Plan) -> dict[tuple[str, str, Quarter], float]:
    """USD by category, source and quarter."""
    money: defaultdict[tuple[str, str, Quarter], float] = defaultdict(float)
    for line in plan.moved:
        if isinstance(line.posting.key, Cash):
            money[line.posting.key.category.label, line.source, line.posting.quarter] += line.amount
    return {key: amount for key, amount in money.items() if abs(amount) > 0.0005}


def apart(one: dict[tuple[str, str, Quarter], float], other: dict[tuple[str, str, Quarter], float]) -> float:
    """The largest difference of two sets of accounts, USD."""
    return max((abs(one.get(key, 0.0) - other.get(key, 0.0)) for key in {*one, *other}), default=0.0)
