"""The second search of a min-max, from a plan that wastes."""

import pytest

from optimizer.case.settings import Objective
from optimizer.contracts.block import Block
from optimizer.contracts.spot import Firmness
from optimizer.model import highs
from optimizer.model.arrays import compile_program
from optimizer.model.build import formulate
from optimizer.model.minmax import careful, worst
from optimizer.model.outcome import SolveOptions
from tests.builders import FIRST, add, block, drop, edit_settings, spot
from tests.futures.branching import newsvendor


def test_waste_where_it_is_not_the_worst_is_taken_out() -> None:
    """Proves: 2 of the 4 units of the low half bought on a dear market cost 5,000 too much and nothing in the worst;
    the second search finds 6,000 again, keeps the worst at 15,000 and gives the model back as it was.

    A broken rule would give: 11,000 in the low half, 13,000 on average.
    """
    case = drop(newsvendor(), Block, "b")
    case = add(case, block("late", price_usd_per_gpu_hour=1.5, sign_from=FIRST + 1))
    case = add(case, *spot("market", 4.0, 4.0, firmness=Firmness.ON_DEMAND))
    form = formulate(edit_settings(case, objective=Objective.WORST))
    program = compile_program(form.model)
    options = SolveOptions(gap=0.0, threads=1)
    low = next(made for made in form.made if made.decision.key.contract == "market" and made.node.scenarios == ("low",))
    first = highs.solve(program.fixed([(low.variable, 2.0)]), options)
    assert first.objective is not None and first.objective * form.usd_per_unit == pytest.approx(15_000.0)
    found = careful(form, program, first, lambda second, start: highs.solve(second, options, start=start))
    assert found.values is not None and found.objective == pytest.approx(first.objective)
    costs = form.expected_cost()
    known = {id(column): value for column, value in zip(program.columns, found.values, strict=True)}
    mean = sum(c * known.get(id(v), 0.0) for c, v in zip(costs.linear_coefs, costs.linear_vars, strict=True))
    assert mean * form.usd_per_unit == pytest.approx(10_500.0)
    assert worst(form, program, found.values) == pytest.approx(15_000.0)
    assert "costs 10,500.00" in found.detail
    again = compile_program(form.model)
    assert (again.num_columns, again.num_rows) == (program.num_columns, program.num_rows)
    assert (again.costs == program.costs).all() and (again.col_upper == program.col_upper).all()
