"""The converter of published problems against a reference that knows nothing of cases, and what it refuses."""

import json
from pathlib import Path

import pytest

from optimizer.contracts.block import Block
from optimizer.errors import InputError
from optimizer.examples.problem import problem_from
from optimizer.examples.published import Minimum, case_of
from optimizer.examples.uncertain import load_published, published
from optimizer.run import Request, solve, solve_tree
from tests.builders import problems
from tests.examples.reference import Document, optimum, random_expansion, random_problem, tree_optimum

SEEDS = range(60)
EXACT = Request(gap=0.0, threads=1)


def plain(**changes: object) -> Document:
    """One offer at 2 a unit, one workload of 10 in one period, 5 for each unit unmet."""
    return {
        "name": "plain",
        "periods": ["Q1"],
        "offers": [{"id": "a", "unit_cost": 2.0}],
        "workloads": [{"id": "w", "period": "Q1", "demand": 10, "unmet_cost": 5.0}],
        "pairs": [{"offer": "a", "workload": "w", "cost": 0.0, "use": 1.0}],
        **changes,
    }


def cost(document: Document, minimum: Minimum = Minimum.IF_BOUGHT) -> float | None:
    """The least cost of the problem as a case; None where it is infeasible."""
    return solve(case_of(problem_from(document), minimum), EXACT).result.objective


def refusal(document: Document) -> str:
    """What the converter says of a problem it refuses."""
    with pytest.raises(InputError) as refused:
        case_of(problem_from(document))
    return str(refused.value)


@pytest.mark.parametrize("seed", SEEDS)
def test_random_problems_cost_what_the_reference_says(seed: int) -> None:
    """Proves: periods, whole units, smallest orders, fees, pools, limits, use, revenue, spot, free service, constants.

    A broken rule would give: another optimum in some of the problems than scipy finds from the JSON words alone.
    """
    document = random_problem(seed)
    assert not problems(case_of(problem_from(document)))
    expected = optimum(document)
    found = cost(document)
    assert (found is None) == (expected is None)
    if expected is not None:
        assert found == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_random_problems_try_both_ends() -> None:
    """Proves: the random problems above have plans and have none, so that both are compared."""
    ends = [optimum(random_problem(seed)) is None for seed in SEEDS]
    assert any(ends) and not all(ends)


@pytest.mark.parametrize("seed", range(30))
def test_random_expansions_in_three_stages_cost_what_the_reference_says(seed: int) -> None:
    """Proves: purchases at nodes, limits along paths, demand, availability (0 too) and costs by scenario.

    A broken rule would give: another optimum in some of them than scipy finds with a column for each offer and node.
    """
    document = random_expansion(seed)
    case = published(document, "expansion")
    assert not problems(case)
    assert len({len(case.tree.at(quarter)) for quarter in case.calendar.quarters}) == 3
    assert solve_tree(case, EXACT).result.objective == pytest.approx(tree_optimum(document), rel=1e-6, abs=1e-6)


def test_what_was_known_is_not_forgotten() -> None:
    """Proves: offers bought in nodes that cut the scenarios crosswise are refused: no tree has both."""
    document = random_expansion(0)
    document["offers"][3]["node_of"] = {row["id"]: row["id"][1] for row in document["scenarios"]}
    with pytest.raises(InputError, match="never forgotten"):
        published(document, "expansion")


def test_the_constant_is_added() -> None:
    """Proves: 10 units at 2, and a constant of 7 or of -25 beside it. A broken rule would give: 20."""
    assert cost(plain(constant=7.0)) == pytest.approx(27.0)
    assert cost(plain(constant=-25.0)) == pytest.approx(-5.0)


def test_revenue_is_a_negative_cost() -> None:
    """Proves: 10 units earn 3 each and cost 2 each: -10. A broken rule would give: 20, or 50 with nothing served."""
    assert cost(plain(pairs=[{"offer": "a", "workload": "w", "cost": -3.0}])) == pytest.approx(-10.0)


def test_availability_scales_capacity() -> None:
    """Proves: a unit that delivers 2.5 serves 10 with 4 units at 2: 8. A broken rule would give: 20."""
    offer = {"id": "a", "unit_cost": 2.0, "availability": {"s1": 2.5}}
    assert cost(plain(offers=[offer], scenarios=[{"id": "s1", "p": 1.0}])) == pytest.approx(8.0)


def test_the_two_meanings_of_a_minimum() -> None:
    """Proves: a smallest order of 30 is not worth placing (10 unmet cost 50); as a lower bound it costs 60."""
    offer = {"id": "a", "unit_cost": 2.0, "min": 30}
    assert cost(plain(offers=[offer])) == pytest.approx(50.0)
    assert cost(plain(offers=[offer]), Minimum.ALWAYS) == pytest.approx(60.0)


def test_an_offer_without_a_bound_gets_the_least_that_never_binds() -> None:
    """Proves: the bound is what demand can use (10 / 2.5 = 4), or what a limit asks for (6)."""
    offer = {"id": "a", "unit_cost": 2.0, "capacity_per_unit": 2.5}
    assert case_of(problem_from(plain(offers=[offer]))).get(Block, "a").max_blocks == pytest.approx(4.0)
    asked = plain(offers=[offer], limits=[{"name": "floor", "coef": {"a": 2.0}, "min": 12}])
    assert case_of(problem_from(asked)).get(Block, "a").max_blocks == pytest.approx(6.0)
    assert cost(asked) == pytest.approx(12.0)


def test_what_cannot_be_expressed_is_refused() -> None:
    """Proves: nothing is dropped in silence: scenarios, unknown words, gaps in time, limits, nodes."""
    two = [{"id": "s1", "p": 0.5}, {"id": "s2", "p": 0.5}]
    assert "2 scenarios" in refusal(plain(scenarios=two))
    assert "word this converter does not know" in refusal(plain(sense="max"))
    assert "a coefficient for each offer" in refusal(plain(path_limits=[{"name": "l"}]))
    assert "node_of" in refusal(plain(offers=[{"id": "a", "unit_cost": 2.0, "node_of": {}}]))
    gap = {"id": "a", "unit_cost": 2.0, "active": ["Q1", "Q3"]}
    assert "periods without a gap" in refusal(plain(periods=["Q1", "Q2", "Q3"], offers=[gap]))
    assert "at least 0" in refusal(plain(offers=[{"id": "a", "unit_cost": -2.0}]))
    assert "no capacity" in refusal(plain(offers=[{"id": "a", "unit_cost": 2.0, "capacity_per_unit": 0, "max": 3}]))


def test_contradictions_are_refused_together() -> None:
    """Proves: unknown names and repeated pairs are found, all of them at once."""
    pair = {"offer": "a", "workload": "w"}
    words = refusal(plain(pairs=[pair, pair, {"offer": "b", "workload": "w"}, {"offer": "a", "workload": "v"}]))
    assert "a pair that stands twice" in words
    assert "'b'" in words
    assert "workload v" in words


def test_a_pair_with_an_offer_that_shares_its_pool_is_refused() -> None:
    offers = [{"id": "a", "unit_cost": 1.0, "pool": "p"}, {"id": "b", "unit_cost": 1.0, "pool": "p"}]
    assert "shares the pool p" in refusal(plain(offers=offers))


def test_mixed_limits_on_an_unbounded_offer_are_refused() -> None:
    offers = [{"id": "a", "unit_cost": 1.0}, {"id": "b", "unit_cost": 1.0, "max": 5}]
    limit = {"name": "balance", "coef": {"a": 1.0, "b": -1.0}, "min": 0}
    assert "lets other offers ask for more of it" in refusal(plain(offers=offers, limits=[limit]))


def test_a_limit_on_nothing_that_can_be_bought_is_refused_where_it_cannot_hold() -> None:
    offers = [{"id": "a", "unit_cost": 1.0}, {"id": "b", "unit_cost": 1.0, "max": 0}]
    assert "on nothing that can be bought" in refusal(plain(offers=offers, limits=[{"coef": {"b": 1.0}, "min": 2}]))
    assert cost(plain(offers=offers, limits=[{"coef": {"b": 1.0}, "max": 2}])) == pytest.approx(10.0)


def test_a_file_that_is_no_problem_is_an_input_error(tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text(json.dumps([1, 2]))
    (tmp_path / "broken.json").write_text("{")
    for name in ("list.json", "broken.json", "missing.json"):
        with pytest.raises(InputError):
            load_published(tmp_path / name)


def test_spot_has_a_price_in_each_scenario() -> None:
    """Proves: 10 units at 1 or at 4 as it turns out, 25 on average, beat 3 a unit here and now.

    A broken rule would give: a refusal, as the price of quarters that come before the first period changed, too.
    """
    document = plain(
        scenarios=[{"id": "cheap", "p": 0.5}, {"id": "dear", "p": 0.5}],
        offers=[{"id": "a", "unit_cost": 3.0}],
        spot=[{"pool": "a", "cost": {"cheap": 1.0, "dear": 4.0}}],
    )
    assert solve_tree(published(document, "plain"), EXACT).result.objective == pytest.approx(25.0)


def test_coefficients_stand_by_offer_where_scenarios_bear_the_same_names() -> None:
    """Proves: 5 units in all at 1 or 2 a unit, 5 of 10 unmet: 5 + 25 here, whatever the scenarios are called.

    A broken rule would give: a refusal, or the coefficient of one offer as all there is to the limit.
    """
    document = plain(
        scenarios=[{"id": "1", "p": 0.5}, {"id": "2", "p": 0.5}],
        offers=[{"id": "1", "unit_cost": 1.0}, {"id": "2", "unit_cost": 2.0}],
        pairs=[{"offer": offer, "workload": "w", "cost": 0.0, "use": 1.0} for offer in ("1", "2")],
        limits=[{"name": "most", "coef": {"1": 1.0, "2": 1.0}, "max": 5}],
        workloads=[{"id": "w", "period": "Q1", "demand": {"1": 10, "2": 10}, "unmet_cost": 5.0}],
    )
    assert solve_tree(published(document, "plain"), EXACT).result.objective == pytest.approx(30.0)
