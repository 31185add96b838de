"""The rolling backtest, on cases small enough to be followed by hand."""

import json
from pathlib import Path

import pytest

from optimizer.case.case import Case
from optimizer.case.world import Demand, Supplier, Workload
from optimizer.catalog import catalog
from optimizer.cli.main import main
from optimizer.contracts.block import Block
from optimizer.contracts.spot import Firmness
from optimizer.errors import Exit, InputError, UnsolvableError, UsageError
from optimizer.futures.shock import Change
from optimizer.replan.backtest import FORESIGHT, NEVER, REPLANNED, SPOT, Backtest, backtest
from optimizer.tables.csv_folder import write_folder
from optimizer.tables.unparse import raw_tables
from tests.builders import EXACT, FIRST, add, block, edit, one_site, set_series, spot
from tests.futures.branching import scenario, shock
from tests.replan.test_roll_tree import marked

TUTORIAL = Path(__file__).resolve().parents[2] / "data" / "tutorial"


def market(*demand: float, price: float = 3.0) -> Case:
    """Block b at 1 USD for a quarter, spot at 3 USD unless told, shortfall at 5 USD per unit-hour; no slack."""
    case = one_site(*demand, stability_slack=0.0, firm_window_quarters=0)
    return add(case, *spot("s", *(price for _ in demand), firmness=Firmness.ON_DEMAND, limit=1000.0))


def costs(found: Backtest) -> dict[str, float | None]:
    return {policy.name: policy.cost for policy in found.policies}


def test_the_four_policies_by_hand() -> None:
    """Proves: thought to be 10, 10, 10 units, demand turned out 10, 20, 20, and was known to be so from the second
    quarter on. Foresight: 10 + 20 + 20 blocks at 1,000 USD. The replanner learns of it in time for both quarters and
    pays the same. Who never replans has 10 blocks in each quarter and buys 20 GPU-quarters at 3,000 USD on spot; who
    never signs buys all 50 there.

    A broken rule would give: the cost each plan saw for itself (30,000), or foresight to who did not have it.
    """
    found = backtest(market(10, 20, 20), [(FIRST, market(10, 10, 10)), (FIRST + 1, market(10, 20, 20))], EXACT)
    assert costs(found) == pytest.approx({REPLANNED: 50e3, NEVER: 90e3, SPOT: 150e3, FORESIGHT: 50e3})
    assert [replay.cost for replay in found.replays] == pytest.approx([30e3, 40e3])
    assert [replay.moved for replay in found.replays] == pytest.approx([0.0, 20e3])
    assert not found.findings


def test_what_is_learnt_too_late_is_paid_for() -> None:
    """Proves: the demand of the second quarter is known only in the third: its ten units cost 3,000 USD each, so the
    replanner pays 20,000 more than foresight, and 20,000 less than who never replans.
    """
    past = [(FIRST, market(10, 10, 10)), (FIRST + 1, market(10, 10, 10)), (FIRST + 2, market(10, 20, 20))]
    found = costs(backtest(market(10, 20, 20), past, EXACT))
    assert found == pytest.approx({REPLANNED: 70e3, NEVER: 90e3, SPOT: 150e3, FORESIGHT: 50e3})


def test_what_was_signed_in_vain_is_paid() -> None:
    """Proves: 20 blocks signed for two quarters stay when demand falls to 5: 40,000 USD. Foresight signs five, 10,000
    USD, and buys the other fifteen for one quarter on spot at 1.5 USD, 22,500 USD.
    """
    term = [edit(market(*demand, price=1.5), Block, "b", term_quarters=2) for demand in ((20, 20), (20, 5))]
    found = costs(backtest(term[1], [(FIRST, term[0]), (FIRST + 1, term[1])], EXACT))
    assert found == pytest.approx({REPLANNED: 40e3, NEVER: 40e3, SPOT: 37.5e3, FORESIGHT: 32.5e3})


def test_knowing_everything_from_the_start_is_foresight() -> None:
    """Proves: when each past case already was how it turned out, replanning, not replanning and foresight are one."""
    case = market(10, 20, 15)
    found = costs(backtest(case, [(FIRST + offset, case) for offset in range(3)], EXACT))
    assert found[REPLANNED] == pytest.approx(found[FORESIGHT])
    assert found[NEVER] == pytest.approx(found[FORESIGHT])


def test_no_policy_beats_foresight() -> None:
    """Proves: for demands that turn out in any of several ways, foresight is a lower bound of every policy."""
    for seen in ((5, 30, 1), (30, 5, 30), (0, 0, 40)):
        found = backtest(market(*seen), [(FIRST, market(10, 10, 10)), (FIRST + 2, market(*seen))], EXACT)
        best = found.policy(FORESIGHT).cost
        assert best is not None
        assert all(policy.cost is not None and policy.cost >= best - 0.005 for policy in found.policies)


def test_spot_only_signs_what_the_case_insists_on() -> None:
    """Proves: four blocks that must be signed in the first quarter are signed, and six GPUs bought on spot: 22,000
    USD; a deal that is done is no choice, and a policy that ignored it would be infeasible.
    """
    case = edit(market(10), Block, "b", must_sign=True, min_blocks=4.0)
    assert costs(backtest(case, [(FIRST, case)], EXACT))[SPOT] == pytest.approx(4e3 + 6 * 3e3)


def test_what_the_case_records_of_the_past_does_not_decide_for_the_policies() -> None:
    """Proves: a case that stands at a later quarter, with its own signatures, gives the same four costs."""
    from optimizer.replan.roll import roll
    from tests.builders import solved

    start = market(10, 10, 10)
    rolled = roll(market(10, 20, 20), solved(start), FIRST + 2).case
    past = [(FIRST, start), (FIRST + 1, market(10, 20, 20))]
    assert costs(backtest(rolled, past, EXACT)) == pytest.approx(costs(backtest(market(10, 20, 20), past, EXACT)))


def test_a_policy_that_cannot_be_kept_is_told() -> None:
    """Proves: three blocks fewer on offer than were planned make "never replanned" infeasible, which is said, and the
    other policies are valued all the same.
    """
    start = market(10, 10)
    less = edit(start, Block, "b", max_blocks=17.0)
    found = backtest(less, [(FIRST, start), (FIRST + 1, less)], EXACT)
    assert found.policy(NEVER).cost is None
    assert found.policy(NEVER).status == "infeasible"
    assert found.policy(REPLANNED).cost == pytest.approx(17e3 + 3 * 3e3)


def test_other_terms_are_told() -> None:
    """Proves: a price that was another one then is named: all policies are valued on the terms that turned out."""
    dear = edit(market(10, 10), Block, "b", price_usd_per_gpu_hour=2.0)
    found = backtest(market(10, 10), [(FIRST, dear)], EXACT)
    assert "price_usd_per_gpu_hour" in found.findings[0].found
    assert found.policy(REPLANNED).cost == pytest.approx(20e3)


def test_history_that_cannot_be_replayed_is_refused() -> None:
    case = market(10, 10)
    with pytest.raises(InputError, match="stands twice"):
        backtest(case, [(FIRST, case), (FIRST, case)], EXACT)
    with pytest.raises(InputError, match="no quarter"):
        backtest(case, [], EXACT)
    with pytest.raises(InputError, match="2027Q1 to 2027Q2"):
        backtest(case, [(FIRST + 7, case)], EXACT)
    other = add(case, Supplier("beta"), block("c", supplier="beta", price_usd_per_gpu_hour=0.5))
    with pytest.raises(InputError, match="nobody offers it"):
        backtest(case, [(FIRST, other)], EXACT)
    with pytest.raises(InputError, match="units"):
        backtest(set_series(case, Demand, "train", None, 10.0), [(FIRST, case)], EXACT)


def test_a_past_without_a_plan_is_told() -> None:
    case = market(10, 10)
    hard = edit(one_site(10.0, 200.0), Workload, "train", shortfall_cost_usd_per_unit_hour=None, must_serve=True)
    with pytest.raises(UnsolvableError, match="2027Q1"):
        backtest(case, [(FIRST, hard)], EXACT)


def branching(*demand: float, high: float = 20.0, parts: int = 1) -> Case:
    """The market in which demand may be `high` from a quarter on, with probability 0.5. A block takes a quarter to
    come, and what was not signed is bought on spot.
    """
    case = edit(market(*demand), Block, "b", lead_quarters=1)
    return add(
        case,
        scenario("low", 0.5, parts),
        scenario("high", 0.5, parts),
        shock("high", "demand", "train", Change.SET, high),
    )


def world(*demand: float) -> Case:
    return edit(market(*demand), Block, "b", lead_quarters=1)


def test_past_cases_may_have_scenarios() -> None:
    """Proves: demand of 10 or 20 from the second quarter on, known when it begins, turned out 20. A block has to be
    signed a quarter ahead at 1,000 USD, spot costs 3,000: for one more GPU 1,000 < 0.5 x 3,000, so 20 are signed under
    uncertainty, and the world has what it needs. The first quarter is bought on spot. Who knew 10 only would have
    signed 10, and bought 10 more.

    A broken rule would give: the decisions of a branch that did not come true, or a refusal.
    """
    first, later = branching(10, 10, 10), marked(branching(10, 10, 10), "high", FIRST + 1)
    found = backtest(world(10, 20, 20), [(FIRST, first), (FIRST + 1, later)], EXACT)
    spot_now = 10 * 3e3
    assert costs(found) == pytest.approx({
        REPLANNED: spot_now + 40e3, NEVER: spot_now + 40e3, SPOT: spot_now + 120e3, FORESIGHT: spot_now + 40e3,
    })  # fmt: skip
    assert [replay.cost for replay in found.replays] == pytest.approx([spot_now + 20e3 + 0.5 * 10e3 + 0.5 * 20e3, 40e3])
    assert not found.findings
    blind = backtest(world(10, 20, 20), [(FIRST, world(10, 10, 10)), (FIRST + 1, world(10, 20, 20))], EXACT)
    assert costs(blind)[REPLANNED] == pytest.approx(spot_now + 10e3 + 30e3 + 20e3)


def test_a_policy_that_waits_is_followed_on_the_path_that_came_true() -> None:
    """Proves: the first plan signs 10 or 20 in the second quarter, by what is known then; the second case says `low`,
    so never replanning signs 10. Where no later case says it, what waits is decided in the world, which is told.
    """
    first = branching(10, 10, 10)
    later = marked(branching(10, 10, 10), "low", FIRST + 1)
    found = backtest(world(10, 10, 10), [(FIRST, first), (FIRST + 1, later)], EXACT)
    assert costs(found)[NEVER] == pytest.approx(30e3 + 20e3 + 10e3)
    assert not found.findings
    alone = backtest(world(10, 10, 10), [(FIRST, first)], EXACT)
    assert costs(alone)[NEVER] == pytest.approx(30e3 + 20e3 + 10e3)
    told = [finding for finding in alone.findings if "waits for what parts in 2027Q2" in finding.found]
    assert [finding.place for finding in told] == [REPLANNED, NEVER]


def test_past_scenarios_that_nobody_resolves_are_refused_and_a_world_of_scenarios_too() -> None:
    first = branching(10, 10, 10)
    with pytest.raises(InputError, match="had parted by 2027Q2, and nothing says which came true"):
        backtest(world(10, 20, 20), [(FIRST, first), (FIRST + 2, first)], EXACT)
    with pytest.raises(UsageError, match="the case as it turned out has scenarios"):
        backtest(first, [(FIRST, first)], EXACT)


def written(case: Case, folder: Path) -> Path:
    write_folder(raw_tables(case.records, catalog(), case.calendar.quarters), folder)
    return folder


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Proves: the same numbers through the command line, as a table and as one JSON document, each with its bound."""
    before = written(market(10, 10, 10), tmp_path / "before")
    after = written(market(10, 20, 20), tmp_path / "after")
    words = ["backtest", str(after), "--history", f"2027Q1={before}", f"2027Q2={after}"]
    assert main(words) == Exit.DONE
    shown = capsys.readouterr().out
    assert "90,000.00" in shown
    assert "+40,000.00" in shown
    assert main([*words, "--json"]) == Exit.DONE
    document = json.loads(capsys.readouterr().out)
    assert [policy["cost"] for policy in document["policies"]] == pytest.approx([50e3, 90e3, 150e3, 50e3])
    assert all(policy["bound"] <= policy["cost"] + 0.005 for policy in document["policies"])
    assert main(["backtest", str(after), "--history", str(before)]) == Exit.USAGE
    assert main(["backtest", str(after), "--history", f"soon={before}"]) == Exit.USAGE
