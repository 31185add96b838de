"""What the parts of a deal are worth, solved by hand."""

import json
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from optimizer.case.case import Case
from optimizer.case.settings import Objective
from optimizer.case.world import Supplier, Workload
from optimizer.catalog import catalog
from optimizer.cli.main import main
from optimizer.contracts.backstop import Backstop, BackstopDraw
from optimizer.contracts.block import Block
from optimizer.contracts.option import Option
from optimizer.errors import Exit, StaleError, UsageError
from optimizer.futures.future import certain
from optimizer.futures.shock import EVERY, Change
from optimizer.plan.deal import CourseCost, Deal, Side, Table
from optimizer.plan.save_tree import load_tree
from optimizer.plan.worth import Known, Least, Value
from optimizer.publish import add_values, write_tree
from optimizer.report.page.deal import sentences
from optimizer.request import Request, Step
from optimizer.run import Engine
from optimizer.studies.deal import deal, dealt
from optimizer.studies.parts import parts, without_option
from optimizer.studies.worth import valued
from optimizer.tables.csv_folder import write_folder
from optimizer.tables.unparse import raw_tables
from tests.builders import EXACT, FIRST, add, block, edit, edit_settings, one_site
from tests.futures.branching import MORE, offered, shock, tree


def written_case(case: Case, folder: Path) -> None:
    """The case as a folder of CSV files."""
    write_folder(list(raw_tables(case.records, catalog(), case.calendar.quarters)), folder)


def right(**changes: object) -> Option:
    """The buyer's right to 6 more blocks, on the terms of the backstop."""
    terms = {"option": "o", "expands": "b", "max_blocks": 6.0, "buy_until": FIRST, "exercise_from": FIRST + 1, **MORE}
    return Option(**{**terms, **changes})


def without_backstop(case: Case) -> Case:
    """The case without the backstop, its draws and the shock on them."""
    kinds = (Backstop, BackstopDraw)
    rows = (row for row in case.records if not isinstance(row, kinds))
    return Case(tuple(row for row in rows if getattr(row, "table", "") != "backstop_draws"))


def asked(case: Case, request: Request = EXACT) -> Deal:
    """What the deal of acme is worth."""
    return deal(case, "acme", request).deals[-1]


def exactly(found: Value | None, usd: float) -> None:
    """The value is known to the cent, and its bracket is the value."""
    assert found is not None
    assert (found.usd, found.low, found.high) == pytest.approx((usd,) * 3, abs=0.01)


def costs(found: Deal, table: Table) -> list[float]:
    """What each scenario costs with this on the table."""
    side = found.side(table)
    assert side is not None
    return [one.cost for one in side.courses]


def test_the_three_values_of_a_deal() -> None:
    """Proves: what the firm part, the option and the backstop are worth, and the right to decide.

    No deal: 8 or 14 GPU-quarters short at 5,000: 40,000 or 70,000, 55,000 on average. Firm part: 4 x 2 x 1,000 = 8,000,
    and 6 short in the high half: 8,000 or 38,000, 23,000 on average, so that it saves 32,000. As an option, 6 blocks
    for 12,000 in the high half alone: 8,000 or 20,000, 14,000 on average, worth 9,000, 1,500 a block. As a backstop, 6
    blocks for nothing in the low half, 2 in the high one, where 4 are short: 20,000 or 32,000, 26,000 on average: it
    costs 3,000 more than it brings, and to decide is worth 12,000. A broken rule would give: a backstop worth 0 or more
    (taken where it is wanted), or an option below it.
    """
    found = asked(offered())
    assert costs(found, Table.NONE) == pytest.approx([40_000.0, 70_000.0])
    assert costs(found, Table.FIRM) == pytest.approx([8_000.0, 38_000.0])
    assert costs(found, Table.OPTION) == pytest.approx([8_000.0, 20_000.0])
    assert costs(found, Table.BACKSTOP) == pytest.approx([20_000.0, 32_000.0])
    exactly(found.firm_part, 32_000.0)
    exactly(found.as_option, 9_000.0)
    exactly(found.as_backstop, -3_000.0)
    exactly(found.right_to_decide, 12_000.0)
    assert found.most_premium == pytest.approx(1_500.0)
    option = found.side(Table.OPTION)
    assert option is not None and option.exercised == 0.5
    assert option.by_quarter == ((str(FIRST + 1), 0.5),)
    assert (found.firm, found.more, found.firm_blocks, found.more_blocks) == (("b",), ("k",), 4.0, 6.0)


def test_at_its_most_premium_the_option_is_worth_nothing() -> None:
    """Proves: stated with a premium of 1,500 a block, the option made of the backstop saves nothing, at 1,400 it does.

    With the option stated, a block costs 1,400 now and saves (5,000 - 2,000) / 2 on average: 6 x 100 = 600. As the case
    states no backstop, nothing is said of one.
    """
    bare = without_backstop(offered())
    exactly(asked(add(bare, right(premium_usd_per_block=1_500.0))).as_option, 0.0)
    found = asked(add(bare, right(premium_usd_per_block=1_400.0)))
    exactly(found.as_option, 600.0)
    exactly(found.firm_part, 32_000.0)
    assert found.side(Table.BACKSTOP) is None and found.as_backstop is None and found.most_premium is None


def test_an_option_and_a_backstop_that_both_stand_in_the_case() -> None:
    """Proves: each is valued without the other, and the plan has both: 2 put in the high half, 4 exercised."""
    found = deal(add(offered(), right(premium_usd_per_block=1_400.0)), "acme", EXACT)
    known = found.deals[-1]
    exactly(known.as_option, 600.0)
    exactly(known.as_backstop, -3_000.0)
    exactly(known.right_to_decide, 3_600.0)
    assert not known.made and known.more == ("o", "k")


def test_a_firm_part_alone() -> None:
    """Proves: where nothing is to be expanded, the firm part is valued and nothing else is."""
    found = asked(without_backstop(offered()))
    assert [name for name, _ in found.values()] == ["firm part"]
    exactly(found.firm_part, 32_000.0)


def test_what_other_suppliers_sell_stays() -> None:
    """Proves: a shock on every signing window, and an offer of somebody else, are as they were without the deal.

    beta sells 10 blocks for two quarters at 1,500 a quarter, a quarter longer than the case says by a shock on `*`.
    No deal: 4 of them now, in the high half 6 more later: 12,000 or 12,000 + 9,000. With the firm part: 8,000 or
    8,000 + 9,000. A broken rule would give: 12,000 or 42,000 (the window of beta closed), or `b` signed all the same.
    """
    rival = block("c", supplier="beta", price_usd_per_gpu_hour=1.5, max_blocks=10.0, term_quarters=2, sign_until=FIRST)
    late = (shock(half, "blocks", EVERY, Change.ADD, 1.0, column="sign_until") for half in ("low", "high"))
    found = asked(add(offered(), Supplier("beta"), rival, *late))
    assert costs(found, Table.NONE) == pytest.approx([12_000.0, 21_000.0])
    assert costs(found, Table.FIRM) == pytest.approx([8_000.0, 17_000.0])
    exactly(found.firm_part, 4_000.0)


def test_what_changes_the_terms_of_the_backstop_changes_the_option() -> None:
    """Proves: at 4,000 a block in the high half, the option saves 6 x (5,000 - 4,000) / 2 = 3,000.

    A broken rule would give: 9,000, the terms that the case states.
    """
    dear = shock("high", "backstops", EVERY, Change.MULTIPLY, 2.0, column="price_usd_per_gpu_hour")
    exactly(asked(add(offered(), dear)).as_option, 3_000.0)


def test_values_are_measured_as_the_case_minimises() -> None:
    """Proves: of the worst case, the firm part takes 70,000 - 38,000, the option 18,000, the backstop 6,000."""
    found = asked(edit_settings(offered(), objective=Objective.WORST))
    exactly(found.firm_part, 32_000.0)
    exactly(found.as_option, 18_000.0)
    exactly(found.as_backstop, 6_000.0)


def test_bundles_give_the_same_values() -> None:
    """Proves: where every side is cut into bundles, the values are those of one program."""
    found = asked(offered(), replace(EXACT, engine=Engine.SPLIT, threads=1))
    for value, usd in ((found.firm_part, 32_000.0), (found.as_option, 9_000.0), (found.as_backstop, -3_000.0)):
        assert value is not None and value.usd == pytest.approx(usd, abs=1.0)


def test_a_value_is_told_from_nothing_only_by_its_bounds() -> None:
    """Proves: 10 (bound 8) less 9 (bound 8.5) is 1, from -1 to 1.5: nothing is proven; from 0.5 on, it is."""
    rough = _known(Least(Known.FOUND, 10.0, 8.0), Least(Known.FOUND, 9.0, 8.5))
    assert rough.firm_part == Value(Known.FOUND, 1.0, -1.0, 1.5)
    assert not rough.firm_part.apart
    close = _known(Least(Known.FOUND, 10.0, 9.5), Least(Known.FOUND, 9.0, 8.5))
    assert close.firm_part is not None and close.firm_part.apart
    said = [sentences(tree(offered()), one)[0].words for one in (rough, close)]
    assert "Not distinguishable from nothing at this gap: −$1 to $1.50" in said[0]
    assert "Proven: $0.5 to $1.50" in said[1]
    dear = _known(Least(Known.FOUND, 9.0, 8.5), Least(Known.FOUND, 12.0, 10.0))
    assert "Proven: a loss of $1 to $3.50" in sentences(tree(offered()), dear)[0].words


def test_the_most_premium_is_that_of_the_plans_and_that_of_the_bounds() -> None:
    """Proves: 12 (bound 11) less 9 (bound 6) for six blocks: 0.50 a block by the plans found, 1 for sure."""
    firm, option = (Side(Table.FIRM, Least(Known.FOUND, 12.0, 11.0)), Side(Table.OPTION, Least(Known.FOUND, 9.0, 6.0)))
    known = Deal("acme", ("b",), ("k",), 4.0, 6.0, True, (firm, option))
    (said,) = (one.words for one in sentences(tree(offered()), known))
    assert "At more than $0.5 of premium a block, rights to all of them would not pay" in said
    assert "it is proven that they would not at more than $1" in said


def _known(none: Least, firm: Least) -> Deal:
    course = (CourseCost("low", 1.0, 9.0),)
    return Deal("acme", ("b",), (), 4.0, 0.0, False, (Side(Table.NONE, none, course), Side(Table.FIRM, firm, course)))


def test_a_firm_part_without_which_nothing_works_has_no_limit() -> None:
    """Proves: where demand must be served in the first quarter, there is no plan without the firm part."""
    case = edit(offered(), Workload, "train", must_serve=True)
    case = Case(tuple(row for row in case.records if getattr(row, "table", "") not in ("demand", "backstop_draws")))
    found = asked(case)
    assert found.firm_part is not None and found.firm_part.known is Known.NONE
    words = sentences(tree(case), found)[0]
    assert (words.figure, words.words) == ("no limit", "Without it there is no plan that meets every limit.")


def test_an_interrupt_leaves_what_was_answered() -> None:
    """Proves: stopped at the last side, the others are known, the firm part's value is not, and the words say so."""
    plan, stop = tree(offered()), Event()

    def listen(event: object) -> None:
        if isinstance(event, Step) and event.name.startswith("solving the tree with no deal"):
            raise KeyboardInterrupt

    found = dealt(plan, "acme", EXACT, listen, stop)
    known = found.deals[-1]
    assert stop.is_set()
    assert known.as_option is not None and known.as_option.usd == pytest.approx(9_000.0)
    assert known.firm_part is not None and known.firm_part.usd is None
    assert sentences(found, known)[0].figure == "not known"


def test_what_has_no_deal_is_refused() -> None:
    """Proves: a supplier that sells nothing binding, with those that do; and a case in which nothing is uncertain."""
    with pytest.raises(UsageError, match=r"beta has no deal.*name a supplier that has a deal: acme"):
        parts(add(offered(), Supplier("beta")), "beta")
    with pytest.raises(UsageError, match="the case has no deal"):
        parts(one_site(), "acme")
    with pytest.raises(UsageError, match="no scenarios"):
        deal(edit(one_site(), Block, "b", must_sign=True), "acme")


def test_a_deal_is_not_measured_in_regret() -> None:
    """Proves: regret is refused before anything is solved, and for a plan that is there.

    A broken rule would give: the difference of regrets that are measured against different costs, such as an option
    that is worth nothing in the deal and something among the options.
    """
    case = edit_settings(offered(), objective=Objective.REGRET)
    with pytest.raises(UsageError, match=r"not measured in regret.*objective to expected cost or worst case"):
        deal(case, "acme", EXACT)
    with pytest.raises(UsageError, match="not measured in regret"):
        dealt(tree(case), "acme", EXACT)


@pytest.mark.parametrize(
    ("named", "words"), [("", "no supplier is named"), (" ", "no supplier is named"), ("acme2", "no supplier 'acme2'")]
)
def test_a_deal_of_no_supplier_is_refused_in_words(
    tmp_path: Path, named: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Proves: a blank name, and one that no supplier has, are told as such, with those that have a deal.

    A broken rule would give an empty name in the sentence, as if a supplier of that name sold something else.
    """
    written_case(offered(), tmp_path / "case")
    assert main(["value", str(tmp_path / "case"), "--deal", named]) == Exit.USAGE
    said = capsys.readouterr().err
    assert words in said and "Fix: name a supplier that has a deal: acme" in said and "has no deal" not in said


@pytest.mark.parametrize("row", ["o", EVERY])
def test_an_option_off_the_table_stays_off_it_in_every_scenario(row: str) -> None:
    """Proves: what a scenario says of its size, by name or of all options, does not put it back; others keep theirs.

    A broken rule would give: an option that is worth nothing, as it is on the table both times.
    """
    case = add(without_backstop(offered()), right(), right(option="p"))
    bare = without_option(add(case, shock("high", "options", row, Change.SET, 9.0, column="max_blocks")), "o")
    sizes = {one.option: one.max_blocks for one in certain(bare, "high").of(Option)}
    assert sizes == {"o": 0.0, "p": 9.0 if row == EVERY else 6.0}


def test_what_happens_to_every_option_does_not_happen_to_a_backstop_as_one() -> None:
    """Proves: the option made of a backstop has the backstop's terms, whatever a scenario says of all other options.

    Options of others at 9,000 a block in the high half change nothing: 6 blocks at 2,000 are worth 9,000. A broken rule
    would give: a right that is never exercised, as a block short costs 5,000.
    """
    other = right(option="p", supplier="beta", premium_usd_per_block=100.0)
    dearer = shock("high", "options", EVERY, Change.SET, 9.0, column="price_usd_per_gpu_hour")
    found = asked(add(offered(), Supplier("beta"), other, dearer))
    exactly(found.as_option, 9_000.0)


def test_values_stay_with_the_plan(tmp_path: Path) -> None:
    """Proves: saved and loaded they are the same, beside what uncertainty is worth; what is changed is not believed."""
    plan = write_tree(tree(offered()), tmp_path / "plan")
    known = dealt(plan, "acme", EXACT)
    add_values(known, tmp_path / "plan")
    assert load_tree(tmp_path / "plan").deals == known.deals
    both = valued(load_tree(tmp_path / "plan"), EXACT)
    add_values(both, tmp_path / "plan")
    again = load_tree(tmp_path / "plan")
    assert again.deals == known.deals and again.worth == both.worth
    assert len(dealt(again, "acme", EXACT).deals) == 1
    page = (tmp_path / "plan" / "plan.html").read_text()
    assert "What the deal with acme is worth" in page and "Perfect information" in page
    text = (tmp_path / "plan" / "deals.json").read_text()
    (tmp_path / "plan" / "deals.json").write_text(text.replace("8000.0", "8001.0"))
    with pytest.raises(StaleError, match=r"deals\.json"):
        load_tree(tmp_path / "plan")


def test_a_deal_through_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Proves: words, tables and JSON of a case and of a plan folder; `report` shows them again without solving."""
    written_case(offered(), tmp_path / "case")
    out = tmp_path / "plan"
    assert main(["value", str(tmp_path / "case"), "--deal", "acme", "--out", str(out)]) == Exit.DONE
    said = capsys.readouterr().out
    assert "deal of acme: firm b; expandable k" in said
    assert "expandable part as a backstop  -$3.000" in said
    assert "At more than $1.50" in said and "that costs $3.00" in said
    assert main(["value", str(out), "--deal", "acme", "--json"]) == Exit.DONE
    told = json.loads(capsys.readouterr().out)
    assert told["deals"][0]["values"]["firm part"]["usd"] == pytest.approx(32_000.0)
    assert main(["value", str(out), "--deal", "beta"]) == Exit.USAGE
    (out / "plan.html").unlink()
    assert main(["report", str(out)]) == Exit.DONE
    assert "What the deal with acme is worth" in (out / "plan.html").read_text()
    assert main(["audit", str(out)]) == Exit.DONE
