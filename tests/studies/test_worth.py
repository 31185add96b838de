"""What uncertainty is worth, solved by hand."""

from pathlib import Path

import pytest

from optimizer.case.world import Demand, Workload
from optimizer.cli.main import main
from optimizer.contracts.option import Option
from optimizer.errors import Exit, UnsolvableError, UsageError
from optimizer.futures.shock import Change
from optimizer.ledger.decision import Action
from optimizer.load import load_case
from optimizer.run import solve_tree
from optimizer.studies.mean import mean_case
from optimizer.studies.worth import worth
from tests.builders import EXACT, add, drop, edit, edit_settings, one_site
from tests.futures.branching import newsvendor, scenario, shock

UNCERTAIN = Path(__file__).resolve().parents[2] / "data" / "tutorial-uncertain"


def test_the_mean_case_has_mean_numbers() -> None:
    """Proves: 0.25 x 2 + 0.75 x 10 = 8 from the parting on; before it, the number is the same in all."""
    case = add(
        one_site(2.0, 2.0),
        scenario("low", 0.25),
        scenario("high", 0.75),
        shock("high", "demand", "train", Change.SET, 10.0),
    )
    assert mean_case(case).get(Demand, "train").units.values == (2.0, 8.0)


def test_foresight_and_planning_for_the_mean() -> None:
    """Proves: 10 blocks cost 10,000; who knows pays 4,000 or 10,000, so that foresight is worth 3,000.

    Who plans for the mean of 7 signs 7 and is short of 3 in the high half: 7,000 + 15,000 / 2 = 14,500, so that
    planning for both is worth 4,500. A broken rule would give: 0 for both, if the tree had foresight.
    """
    found = worth(newsvendor(), EXACT)
    assert (found.foresight.usd, found.foresight.low, found.foresight.high) == pytest.approx((3_000.0,) * 3)
    assert found.planning is not None
    assert (found.planning.usd, found.planning.low, found.planning.high) == pytest.approx((4_500.0,) * 3)
    assert found.options == ()


def test_a_mean_that_cannot_be_carried_through() -> None:
    """Proves: where demand must be served, 7 blocks have no plan in the high half: no limit, not a number."""
    assert worth(edit(newsvendor(), Workload, "train", must_serve=True), EXACT).planning is None


def test_an_option_is_worth_what_its_absence_costs() -> None:
    """Proves: the value equals what the case without the row costs more, solved apart; the break-even premium is the
    premium at which holding the plan's blocks costs what it saves.

    A broken rule would give: the value without the premium that is already paid.
    """
    case = load_case(UNCERTAIN)
    found = worth(case, EXACT)
    (option,) = found.options
    without = solve_tree(drop(case, Option, "fjord-more"), EXACT).result.objective
    assert without is not None and found.tree.result.objective is not None
    assert option.value.usd == pytest.approx(without - found.tree.result.objective, abs=0.01)
    assert option.held == pytest.approx(2.0)
    assert option.premium_usd == pytest.approx(40_000.0)
    assert option.break_even_usd == pytest.approx((40_000.0 + option.value.usd) / 2.0)
    assert option.exercised is not None
    assert option.exercised.probability == pytest.approx(0.8)
    assert option.exercised.action is Action.EXERCISE
    assert found.foresight.usd == pytest.approx(26_250.0, abs=0.01)


def test_at_its_break_even_premium_an_option_is_worth_nothing() -> None:
    """Proves: the premium that is called break-even is: with it, the case costs as much as without the option."""
    case = load_case(UNCERTAIN)
    (option,) = worth(case, EXACT).options
    assert option.break_even_usd is not None
    dear = edit(case, Option, "fjord-more", premium_usd_per_block=option.break_even_usd)
    assert worth(dear, EXACT).options[0].value.usd == pytest.approx(0.0, abs=0.01)


def test_what_has_no_answer_is_refused() -> None:
    """Proves: a certain case, a case in which risk counts, and a tree without a plan."""
    with pytest.raises(UsageError, match="no scenarios"):
        worth(one_site())
    with pytest.raises(UsageError, match="risk_weight to 0"):
        worth(edit_settings(newsvendor(), risk_weight=1.0))
    with pytest.raises(UnsolvableError, match="the tree has no plan"):
        worth(edit(newsvendor(max_blocks=1.0), Workload, "train", must_serve=True), EXACT)


def test_value_through_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["value", str(UNCERTAIN)]) == Exit.DONE
    said = capsys.readouterr().out
    assert "perfect information" in said and "$26.250 k" in said
    assert "option fjord-more" in said and "80.000%" in said
    assert main(["value", str(UNCERTAIN.parent / "tutorial")]) == Exit.USAGE
