"""Every way in which scenarios and shocks can be wrong, with the place and the cure."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from optimizer import load_case
from optimizer.case.case import Case
from optimizer.case.world import Accelerator, Demand, ServingCost
from optimizer.catalog import catalog
from optimizer.contracts.block import Block
from optimizer.errors import InputError
from optimizer.futures.check import check_futures
from optimizer.futures.future import certain
from optimizer.futures.shock import Change
from optimizer.run import solve_tree
from optimizer.tables.csv_folder import write_folder
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import Series
from optimizer.tables.unparse import raw_tables
from tests.builders import EXACT, FIRST, add, edit, edit_settings, one_site
from tests.futures.branching import scenario, shock

BASE = one_site(2.0, 2.0, 2.0)
GOOD, BAD = scenario("good", 0.5), scenario("bad", 0.5)


def found(*rows: Any, case: Case = BASE) -> list[tuple[str, str, str]]:
    """(table, column, what was found) of every problem."""
    problems = check_futures(add(case, *rows))
    return [(record.TABLE.name, problem.column, problem.found) for record, problem in problems]


def one(*rows: Any, case: Case = BASE) -> tuple[str, str, str]:
    """The only problem there is."""
    (problem,) = found(*rows, case=case)
    return problem


def test_what_is_in_order_has_no_problem() -> None:
    assert not found(GOOD, BAD, shock("bad", "demand", "train", Change.MULTIPLY, 2.0))
    assert not found(scenario("as it stands", 0.5, None), BAD)
    assert not found()


@pytest.mark.parametrize(
    ("rows", "column", "words"),
    [
        ((GOOD, scenario("bad", 0.4)), "probability", "sum to 0.9"),
        ((scenario("a", 0.5, None), scenario("b", 0.5, None)), "parts_in", "both are the case as it stands"),
        ((GOOD, scenario("bad", 0.5, None, "good")), "parts_in", "blank"),
        ((GOOD, scenario("bad", 0.5, 3)), "parts_in", "2027Q4"),
        ((GOOD, scenario("bad", 0.5, 1, "good")), "parts_in", "2027Q2"),
    ],
    ids=["sum", "two trunks", "no parting", "after the end", "not after its parent"],
)
def test_trees_that_are_none(rows: tuple[Any, ...], column: str, words: str) -> None:
    """Proves: probabilities and partings that make no tree are refused, with their cell."""
    table, where, what = one(*rows)
    assert (table, where) == ("scenarios", column)
    assert words in what


def test_circles_are_refused() -> None:
    """Proves: scenarios that branch from each other end the check, and not in a loop that never ends."""
    problems = found(scenario("a", 0.5, 1, "b"), scenario("b", 0.5, 2, "a"))
    assert any("a circle" in what for _, _, what in problems)


def test_a_parting_in_history_is_refused() -> None:
    """Proves: what has happened has not branched."""
    case = edit_settings(BASE, as_of=FIRST + 2)
    assert one(GOOD, scenario("bad", 0.5, 2), case=case) == ("scenarios", "parts_in", "2027Q2")


@pytest.mark.parametrize(
    ("shocked", "column", "words"),
    [
        (shock("bad", "demnd", "train", Change.SET, 1.0), "table", "demnd"),
        (shock("bad", "demand", "trian", Change.SET, 1.0), "row", "trian"),
        (shock("bad", "blocks", "b", Change.SET, 1.0, column="prize"), "column", "prize"),
        (shock("bad", "blocks", "b", Change.SET, None, column="site", words="home"), "column", "site"),
        (shock("bad", "settings", "settings", Change.SET, 0.1, column="discount_rate"), "table", "settings"),
        (shock("bad", "demand", "train", Change.SET, 9.0, since=FIRST), "since", "2027Q1"),
        (shock("bad", "demand", "train", Change.MULTIPLY, -1.0), "value", "-2 in 2027Q2"),
        (shock("bad", "demand", "train", Change.MULTIPLY, None), "value", "blank"),
        (shock("bad", "demand", "train", Change.SET, None), "value", "blank"),
        (
            shock("bad", "demand", "train", Change.SET, 9.0, since=FIRST + 2, until=FIRST + 1),
            "until",
            "2027Q2",
        ),
        (shock("bad", "demand", "train", Change.SET, 9.0, until=FIRST), "until", "2027Q1"),
        (shock("bad", "demand", "train", Change.SET, 9.0, since=FIRST + 3), "since", "2027Q4"),
        (shock("bad", "demand", "train", Change.MULTIPLY, 1.7e308), "value", "makes inf of 2"),
        (shock("bad", "blocks", "b", Change.SET, 1.5, column="availability"), "value", "1.5"),
        (shock("bad", "blocks", "b", Change.MULTIPLY, 0.5, column="term_quarters"), "value", "0.5"),
        (shock("bad", "blocks", "b", Change.ADD, 1.0, column="sign_until"), "value", "None + 1"),
        (shock("bad", "blocks", "b", Change.ADD, 1.0, column="divisible"), "change", "add"),
        (shock("bad", "blocks", "b", Change.SET, None, column="sign_until", words="soon"), "words", "soon"),
        (shock("bad", "sites", "home", Change.SET, 1.5, column="pue"), "column", "sites.pue of home"),
        (
            shock("bad", "performance", "train / h100", Change.SET, 2.0, column="units_per_gpu"),
            "column",
            "performance.units_per_gpu",
        ),
    ],
)
def test_shocks_that_cannot_be(shocked: Any, column: str, words: str) -> None:
    """Proves: unknown cells, values out of range, and changes of what was known before the parting are refused."""
    table, where, what = one(GOOD, BAD, shocked)
    assert (table, where) == ("shocks", column)
    assert words in what


@pytest.mark.parametrize(
    ("shocked", "told"),
    [
        (
            {"table": "demnd"},
            "table is 'demnd'. Expected a table of the case that has rows. Fix: did you mean 'demand'?",
        ),
        ({"row": "trian"}, "row is 'trian'. Expected a row of demand, or *. Fix: did you mean 'train'?"),
        (
            {"column": "2027Q2"},
            "column is '2027Q2'. Expected a column that can change: units. Fix: leave it blank, and",
        ),
        (
            {"table": "settings"},
            "table is 'settings'. Expected a table of what may turn out otherwise. Fix: correct it",
        ),
        ({"table": "suppliers", "row": "*"}, "column is blank. Expected a column that can change: suppliers has none."),
        ({"value": -1.0}, "the number becomes -1 in 2027Q2 (now 2). Expected at least 0."),
        ({"value": None}, "value is blank. Expected a number."),
    ],
    ids=["table", "row", "quarter as a column", "settings", "no column", "range", "no value"],
)
def test_a_wrong_shock_is_told_in_words(shocked: dict[str, Any], told: str, tmp_path: Path) -> None:
    """Proves: who typed a shock reads which column holds what, what was expected, and the name that is nearest."""
    row = replace(shock("bad", "demand", "train", Change.SET, 9.0), **shocked)
    case = add(BASE, GOOD, BAD, row)
    write_folder(raw_tables(case.records, catalog(), case.calendar.quarters), tmp_path / "case")
    with pytest.raises(InputError) as error:
        load_case(str(tmp_path / "case"))
    assert told in str(error.value) and "?." not in str(error.value)


def test_what_was_signed_before_the_parting_cannot_change_before_it() -> None:
    """Proves: a price that is another from the first quarter on would tell the scenario before it parts."""
    table, where, what = one(GOOD, BAD, shock("bad", "blocks", "b", Change.SET, 2.0, column="price_usd_per_gpu_hour"))
    assert (table, where) == ("scenarios", "parts_in")
    assert "sign | b | 2027Q1 is not the same in 2027Q1" in what
    later = shock("bad", "blocks", "b", Change.SET, 2.0, column="price_usd_per_gpu_hour", since=FIRST + 1)
    assert not found(GOOD, BAD, later)


def test_a_limit_on_what_is_signed_cannot_change_before_the_parting() -> None:
    """Proves: bounds and windows are compared, too."""
    problem = one(GOOD, BAD, shock("bad", "blocks", "b", Change.SET, 1.0, column="max_blocks"))
    assert problem[:2] == ("scenarios", "parts_in")


def test_a_system_may_come_later_in_a_scenario() -> None:
    """Proves: a quarter is shocked by quarters; one that was due before the parting would be known.

    Rubin is due in 2027Q2; known from 2027Q2 on that it comes a quarter later.
    """
    case = edit(BASE, Accelerator, "h100", available_from=FIRST + 1)
    case = edit(case, Block, "b", sign_from=FIRST + 1)
    late = shock("bad", "accelerators", "h100", Change.ADD, 1.0, column="available_from")
    assert not found(GOOD, BAD, late, case=case)
    shocked = certain(add(case, GOOD, BAD, late), "bad")
    assert shocked.accelerator("h100").available_from == Quarter.parse("2027Q3")
    earlier = edit(case, Accelerator, "h100", available_from=FIRST)
    assert one(GOOD, BAD, late, case=earlier)[1] == "column"


def test_a_shock_that_makes_the_case_wrong_is_told() -> None:
    """Proves: the case of every scenario is checked as a case of its own."""
    table, where, what = one(GOOD, BAD, shock("bad", "blocks", "b", Change.SET, 200.0, column="min_blocks"))
    assert (table, where) == ("scenarios", "scenario")
    assert "blocks b wrong in min_blocks" in what


def test_shocks_are_inherited() -> None:
    """Proves: a scenario that branches from another has its shocks too, before its own: (2 + 4) x 1.5 = 9."""
    case = add(
        BASE,
        scenario("good", 0.5),
        scenario("bad", 0.25),
        scenario("worse", 0.25, 2, "bad"),
        shock("bad", "demand", "train", Change.ADD, 4.0),
        shock("worse", "demand", "*", Change.MULTIPLY, 1.5),
    )
    assert not list(check_futures(case))
    assert certain(case, "worse").get(Demand, "train").units.values == (2.0, 6.0, 9.0)
    assert certain(case, "bad").get(Demand, "train").units.values == (2.0, 6.0, 6.0)


def test_a_number_changes_more_than_once_in_the_order_of_the_sheet(tmp_path: Path) -> None:
    """Proves: 2 x 3 + 4 = 10 from the parting on, then doubled again in the last quarter, through CSV files; the other
    order of the first two would be 18.

    A broken rule would give: a refusal of what stands on the same cell, or 18.
    """
    rows = [shock("bad", "demand", "train", Change.MULTIPLY, 3.0), shock("bad", "demand", "train", Change.ADD, 4.0)]
    rows.append(shock("bad", "demand", "train", Change.MULTIPLY, 2.0, since=FIRST + 2))
    write_folder(raw_tables(add(BASE, GOOD, BAD, *rows).records, catalog(), BASE.calendar.quarters), tmp_path)
    assert certain(load_case(tmp_path), "bad").of(Demand)[0].units.values == (2.0, 10.0, 20.0)


def test_the_same_change_stands_once(tmp_path: Path) -> None:
    """Proves: a row that was copied and not corrected is refused."""
    row = shock("bad", "demand", "train", Change.MULTIPLY, 3.0)
    write_folder(raw_tables(add(BASE, GOOD, BAD, row, row).records, catalog(), BASE.calendar.quarters), tmp_path)
    with pytest.raises(InputError, match="stands twice"):
        load_case(tmp_path)


def test_a_case_made_in_python_is_checked_too() -> None:
    """Proves: solve_tree does not trust what nobody has read."""
    with pytest.raises(InputError, match="probabilities sum to"):
        solve_tree(add(BASE, GOOD), EXACT)


def test_what_serving_costs_may_change_where_nothing_was_served_before() -> None:
    """Proves: a cost of serving, known from the parting on, is refused only if somebody was served before it."""
    blank = Series(FIRST, (None,) * 3)
    cost = ServingCost(workload="train", site="home", usd_per_unit_hour=0.1, by_quarter=blank)
    dear = shock("bad", "serving_costs", "train / home", Change.SET, 0.3, column="usd_per_unit_hour")
    case = add(BASE, cost)
    assert one(GOOD, BAD, dear, case=case)[1] == "column"
    unserved = edit(case, Demand, "train", units=Series(FIRST, (0.0, 2.0, 2.0)))
    assert not found(GOOD, BAD, dear, case=unserved)
