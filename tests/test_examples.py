"""The shipped examples: their objectives, the nominal totals of the deal, and a source or a mark for every row."""

import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import load_workbook

from optimizer.cli.main import main
from optimizer.contracts.block import Block
from optimizer.errors import InputError
from optimizer.futures.future import certain
from optimizer.load import load_case
from optimizer.plan.plan import Plan
from optimizer.plan.statements import obligations
from optimizer.run import Request, solve, solve_tree
from optimizer.studies.deal import deal
from optimizer.tables.csv_folder import read_folder
from optimizer.tables.identity import content_hash

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data"
EXPECTED = tomllib.loads((DATA / "expected.toml").read_text())
TWINS = ("meta-nebius", "meta-nebius-option")
ROUGH = 0.02


@pytest.fixture(scope="module", params=TWINS)
def rough(request: pytest.FixtureRequest) -> Plan:
    """A plan of a Meta-Nebius case within 2 %: quick, and its nominal totals are the same as the optimum's."""
    return solve(load_case(DATA / request.param), Request(gap=ROUGH))


def test_every_example_has_an_expectation() -> None:
    assert set(EXPECTED) == {path.parent.name for path in DATA.glob("*/settings.csv")}


def test_the_tutorial_costs_what_its_walk_through_says() -> None:
    plan = solve(load_case(DATA / "tutorial"))
    assert plan.result.status == "optimal"
    assert plan.result.objective == pytest.approx(EXPECTED["tutorial"]["objective"], abs=0.005)
    totals = {row.contract: row.total for row in obligations(plan)}
    assert totals == pytest.approx({"fjord-year": 11_259_200.0, "prairie-half": 1_280_000.0, "fjord-more": 1_678_400.0})


def test_the_uncertain_tutorial_costs_what_its_walk_through_says() -> None:
    """Proves: 16,999,900 on average; 36,500 and 40,000 more than with foresight, so that foresight is worth 26,250."""
    case = load_case(DATA / "tutorial-uncertain")
    tree = solve_tree(case)
    assert tree.result.status == "optimal"
    assert tree.result.objective == pytest.approx(EXPECTED["tutorial-uncertain"]["objective"], abs=0.005)
    regret = [
        branch.plan.cost - (solve(certain(case, branch.scenario)).result.objective or 0.0) for branch in tree.branches
    ]
    assert regret == pytest.approx([36_500.0, 0.0, 40_000.0], abs=0.005)
    assert 0.5 * regret[0] + 0.3 * regret[1] + 0.2 * regret[2] == pytest.approx(26_250.0, abs=0.005)


def test_the_five_futures_are_a_case_with_scenarios() -> None:
    """Proves: the case can be read; every scenario changes it; what the firm blocks cost is not among the changes."""
    case = load_case(DATA / "meta-nebius-tree")
    names = case.tree.nodes[0].scenarios
    cases = [certain(case, name) for name in names]
    hashes = {content_hash(tuple(row for row in one.records if row is not one.settings)) for one in cases}
    assert len(names) == len(hashes) == 5
    for one in cases:
        firm = [block for block in one.of(Block) if block.block.startswith("nebius-firm")]
        assert sum(block.min_blocks * (block.price_usd_per_block_quarter or 0.0) * 20 for block in firm) == 12e9


def test_the_infeasible_example_is_infeasible_because_blocks_are_whole() -> None:
    """Proves: the limits that conflict are named; with divisible blocks the same case has a plan."""
    plan = solve(load_case(DATA / "infeasible"))
    assert plan.result.status == "infeasible"
    assert "CAPACITY-1, DEMAND-1, POWER-1" in plan.result.detail


def test_a_rough_plan_stands_within_the_expected_bracket(rough: Plan) -> None:
    """Proves: no plan is cheaper than the proven bound, and none within 2 % dearer than 2 % above the best known."""
    name = "meta-nebius-option" if "option" in rough.case.settings.title else "meta-nebius"
    expected = EXPECTED[name]
    assert rough.result.objective >= expected["bound"] - 1.0
    assert rough.result.objective <= expected["objective"] * (1 + ROUGH) / (1 - ROUGH)


def test_the_deal_totals_come_out_of_the_statements(rough: Plan) -> None:
    """Proves: firm 60 blocks x 20 quarters x $10 M = $12 B; backstop 75 blocks = $15 B; together $27 B.

    A broken rule would give: less where invoices after the horizon are cut off, more where the ramp ends together.
    """
    totals = {row.contract: row.total for row in obligations(rough)}
    firm = sum(total for contract, total in totals.items() if contract.startswith("nebius-firm"))
    assert firm == pytest.approx(12e9, abs=0.01)
    if "nebius-backstop" in totals:
        assert totals["nebius-backstop"] == pytest.approx(15e9, abs=0.01)
        assert firm + totals["nebius-backstop"] == pytest.approx(27e9, abs=0.01)


def test_the_whole_option_would_be_the_same_15_billion() -> None:
    """Proves: the twin's option covers the same volume: 75 blocks x 20 quarters x $10 M."""
    from optimizer.contracts.option import Option

    option = load_case(DATA / "meta-nebius-option").get(Option, "nebius-expansion")
    assert option.max_blocks * option.term_quarters * (option.price_usd_per_block_quarter or 0.0) == 15e9


def test_the_twin_differs_in_the_backstop_alone() -> None:
    before, after = ({t.name: t for t in read_folder(DATA / name)} for name in TWINS)
    assert set(before) - set(after) == {"backstops", "backstop_draws"}
    for name, table in after.items():
        added = set(table.rows) - set(before[name].rows)
        removed = set(before[name].rows) - set(table.rows)
        if name == "options":
            assert [row[0].value for row in added] == ["nebius-expansion"]
            assert not removed
        elif name == "settings":
            assert [row[0].value for row in added] == ["title"]
        else:
            assert not added | removed, name


@pytest.mark.parametrize("name", TWINS)
def test_every_row_has_a_source_or_is_marked(name: str) -> None:
    """Proves: each row of figures ends in a note; names of suppliers and plain switches need none."""
    for table in read_folder(DATA / name):
        if table.name in ("suppliers", "settings"):
            continue
        for row in table.rows:
            assert row[-1].value, f"{table.name} {row[0].value} has no source"


@pytest.mark.slow
@pytest.mark.parametrize("name", TWINS)
def test_the_asked_gap_is_proven(name: str) -> None:
    """Proves: 0.1 % within two minutes in the solver, as the case asks."""
    plan = solve(load_case(DATA / name), Request(time_limit_seconds=120.0))
    assert plan.result.status == "optimal"
    assert plan.result.objective == pytest.approx(EXPECTED[name]["objective"], rel=2 * EXPECTED[name]["gap"])


def test_pyomos_own_interface_agrees_on_the_tutorial() -> None:
    case = load_case(DATA / "tutorial")
    theirs = solve(case, Request(gap=0.0, solver="appsi_highs"))
    assert theirs.result.objective == pytest.approx(EXPECTED["tutorial"]["objective"], abs=0.01)


DEAL: dict[str, list[float]] = EXPECTED["meta-nebius-tree"]["deal"]
"""Of each value: that of the best plans found, and the ends of the proven bracket, USD."""


@pytest.mark.parametrize("name", ["README.md", "data/meta-nebius-tree/README.md"])
def test_the_pages_tell_what_the_deal_is_worth(name: str) -> None:
    """Proves: both pages tell every value, its bracket and the most premium a block as they are expected."""
    page = " ".join((ROOT / name).read_text(encoding="utf-8").split())
    for usd, low, high in DEAL.values():
        assert _millions(usd) in page
        assert f"{_millions(low)} to {_millions(high)}" in page
    for premium in DEAL["expandable part as an option"][::2]:
        assert f"${premium / 75:,.0f}" in page


def _millions(usd: float) -> str:
    return f"{'−' if usd < 0.0 else ''}${abs(usd) / 1e6:,.0f} M"


@pytest.mark.slow
def test_what_the_deal_of_meta_and_nebius_is_worth() -> None:
    """Proves: the brackets of a new run overlap with those that are told, and the firm part saves over a billion.

    A broken rule would give: a value that the bounds of one of the two runs rule out.
    """
    found = deal(load_case(DATA / "meta-nebius-tree"), "Nebius", Request(gap=0.006, time_limit_seconds=900.0)).deals[-1]
    values = dict(found.values())
    assert set(values) == set(DEAL)
    for name, (_, low, high) in DEAL.items():
        known = values[name]
        assert known.low is not None and known.high is not None
        assert known.low <= high and known.high >= low, name
    assert (values["firm part"].low or 0.0) > 1e9


@pytest.mark.libreoffice
@pytest.mark.parametrize("name", ["tutorial-stated", "meta-nebius-tree"])
def test_the_workbook_of_an_example_passes_its_own_checks(
    name: str, tmp_path: Path, recalculate: Callable[[Path], Path]
) -> None:
    """Proves: rows of a table without a key, such as two shocks of a scenario, are told apart by all that names them.

    A broken rule would give: a master check of 0 in the workbook of a case that has no finding.
    """
    assert main(["convert", str(DATA / name), str(tmp_path / "case.xlsx")]) == 0
    checks = load_workbook(recalculate(tmp_path / "case.xlsx"), data_only=True)["Checks"]
    assert [row for row in checks.iter_rows(min_row=8, max_col=5, values_only=True) if row[4] != 1] == []
    assert checks["E4"].value == 1


def test_a_row_of_the_past_that_stands_twice_is_found(tmp_path: Path) -> None:
    """Proves: what was paid is read once; before, a second row of the same account went unseen into the plan."""
    shutil.copytree(DATA / "tutorial", tmp_path / "case")
    paid = "source,category,quarter,usd\nfjord-year,prepayments,2026Q4,100\nfjord-year,prepayments,2026Q4,100\n"
    (tmp_path / "case" / "paid.csv").write_text(paid)
    with pytest.raises(InputError, match="'fjord-year / prepayments / 2026Q4' stands twice"):
        load_case(tmp_path / "case")
