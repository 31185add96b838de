"""The page: figures tie to the statements, words are honest, user text stays text, any horizon can be shown."""

import math
import re
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from openpyxl import load_workbook

from optimizer.case.case import Case
from optimizer.case.settings import Settings
from optimizer.case.world import Site, Workload
from optimizer.contracts.block import Block
from optimizer.contracts.option import Option
from optimizer.contracts.purchase import Purchase
from optimizer.errors import Finding
from optimizer.ledger.keys import Cash
from optimizer.ledger.operation import SERVED
from optimizer.plan import statements
from optimizer.plan.audit import audit
from optimizer.plan.plan import Plan
from optimizer.report.page import spread, text
from optimizer.report.page.axes import Values
from optimizer.report.page.columns import Columns, Layer, quarter_columns
from optimizer.report.page.figures import Row, Table
from optimizer.report.page.summary import cards, served_share, spot_share
from optimizer.report.page.svg import Bar, Group, Mark, Text
from optimizer.report.page.write import Page, page_of
from optimizer.report.workbook import write_workbook
from optimizer.rules.policy import Policy, PolicyKind
from tests.builders import FIRST, add, drop, edit, edit_settings, one_site, power, solved, spot
from tests.report.pages import Reader, everything, idle, plan_of, read, written

HOSTILE = (
    "<script>alert(1)</script>",
    "</title></style><img src=https://evil.example/x onerror=alert(1)>",
    "\" onload='alert(1)' {{ 7*7 }} {% raw %} &amp; &lt;",
)
NBSP = text.NBSP


@cache
def shown(quarters: int = 8) -> tuple[Plan, Page]:
    """The plan of everything, and its page before it is written."""
    plan = plan_of(everything(quarters))
    return plan, page_of(plan, audit(plan.case, plan))


def page_for(case: Case) -> Page:
    plan = solved(case)
    return page_of(plan, audit(case, plan))


def plain(shown_text: str) -> str:
    return shown_text.replace(NBSP, " ")


def row(table: Table | None, name: str) -> tuple[str, ...]:
    assert table is not None
    return next(tuple(plain(cell) for cell in row.cells) for row in table.rows if row.name == name)


def card(page: Page, label: str) -> str:
    return next(plain(card.value) for card in page.cards if card.label == label)


# The file


@pytest.mark.parametrize("quarters", [1, 8, 40])
def test_the_page_is_well_formed_and_small_over_any_horizon(quarters: int, tmp_path: Path) -> None:
    """Proves: every tag is closed in order, every drawing says what it is or is hidden from readers aloud, < 500 kB."""
    path = written(shown(quarters)[0], tmp_path)
    page = read(path)
    assert path.stat().st_size < 500_000
    drawings = [name for tag, name, value in page.attributes if tag == "svg" and (name, value) != ("class", "at")]
    assert drawings.count("role") + drawings.count("aria-hidden") == drawings.count("class")
    assert {"html", "head", "title", "main", "h1", "table", "svg"} <= set(page.tags)


def test_a_plan_that_signs_nothing_has_a_page(tmp_path: Path) -> None:
    page = read(written(idle(), tmp_path))
    assert "Nothing to sign in 2027Q1" in page.text
    assert "Nothing to decide." in page.text
    assert "nothing is demanded" in page.text


def test_nothing_is_fetched_and_nothing_runs(tmp_path: Path) -> None:
    """Proves: no script, no link, no address of another host; the page's own policy forbids them all."""
    path = written(shown()[0], tmp_path)
    page = read(path)
    assert not {"script", "link", "iframe", "img", "a", "base", "form", "object", "embed"} & set(page.tags)
    assert not [name for _, name, _ in page.attributes if name in ("src", "href", "xlink:href") or name[:2] == "on"]
    assert not re.search(r"https?:|//[a-z]|url\(|@import", path.read_text(encoding="utf-8"))
    policy = next(value for tag, name, value in page.attributes if tag == "meta" and value.startswith("default-src"))
    assert policy.split("; ")[:3] == ["default-src 'none'", "style-src 'unsafe-inline'", "img-src data:"]


@pytest.mark.parametrize("name", HOSTILE)
def test_user_text_stays_text(name: str, tmp_path: Path) -> None:
    """Proves: a contract, site and title of hostile names are shown letter by letter and make no tag or attribute.

    A broken rule would give: a script tag, an image of another host, or a page that does not parse.
    """
    benign, hostile = shown()[0], plan_of(everything(8, base=name, site=f"{name} 2", title=f"{name} 3"))
    page, reference = read(written(hostile, tmp_path)), read(written(benign, tmp_path))
    assert sorted(set(page.tags)) == sorted(set(reference.tags))
    assert {(tag, key) for tag, key, _ in page.attributes} == {(tag, key) for tag, key, _ in reference.attributes}
    for said in (name, f"{name} 2", f"{name} 3"):
        assert re.sub(r"\s+", " ", said) in page.text
    assert any(name in value for tag, key, value in page.attributes if (tag, key) == ("svg", "aria-label"))


def test_the_same_plan_makes_the_same_page(tmp_path: Path) -> None:
    plan = shown()[0]
    (tmp_path / "a").mkdir()
    assert written(plan, tmp_path / "a").read_bytes() == written(plan, tmp_path).read_bytes()


# The headline


def headline(**result: object) -> tuple[str, str, bool]:
    plan = shown()[0]
    changed = replace(plan, result=replace(plan.result, **result))
    shown_headline = page_of(changed, audit(plan.case, plan)).headline
    return plain(shown_headline.status), plain(shown_headline.bound), shown_headline.proven


def test_the_headline_rounds_the_gap_up() -> None:
    """Proves: 0.1001 % is not called 0.1 %."""
    assert headline(status="optimal", gap=0.001001)[0] == "Proven optimal within 0.11 %"
    assert headline(status="optimal", gap=0.001)[0] == "Proven optimal within 0.1 %"
    assert headline(status="optimal", gap=0.0)[0] == "Proven optimal"


def test_an_unproven_plan_is_not_called_optimal() -> None:
    status, bound, proven = headline(
        status="feasible", stop="time_limit", gap=0.25, objective=1_000_000.0, bound=750_000.0
    )
    assert (status, proven) == ("Feasible, not proven optimal: gap 25 %", False)
    assert bound == (
        "No plan of this case can cost less than $750 k: at most $250 k could be saved; the time limit came first."
    )


def test_no_bound_is_said_to_be_no_bound() -> None:
    status, bound, proven = headline(status="feasible", stop="interrupt", gap=None, bound=None)
    assert (status, proven) == ("Feasible, not proven optimal: gap unknown", False)
    assert bound.startswith("No bound is known, so nothing is proven about cheaper plans")


def test_what_to_do_now_is_what_is_decided_in_the_first_quarter() -> None:
    """Proves: 10 blocks are signed in each quarter for 1,000 USD; only those of 2027Q1 are to be signed now.

    A broken rule would give: 20,000 USD committed, or the second quarter's blocks under the first.
    """
    page = page_for(one_site(10.0, 10.0))
    assert plain(page.headline.act) == "Sign b in 2027Q1: $10.0 k of new commitments"
    assert [(agenda.quarter, plain(agenda.money)) for agenda in page.agendas] == [
        (FIRST, "$10.0 k"),
        (FIRST + 1, "$10.0 k"),
    ]


def test_a_decision_says_what_it_takes() -> None:
    """Proves: 10 blocks of 1,000 USD, paid 25 % ahead (2,500) with a fee of 300, commit 10,300 USD and need 2,800 now.

    Delivery follows in 2027Q2, the term is 2027Q2 alone; the offer closes at once.
    A broken rule would give: 10,000 committed (the fee forgotten), or first GPUs in 2027Q1.
    """
    case = edit(
        one_site(0.0, 10.0), Block, "b", lead_quarters=1, prepayment_share=0.25, signing_fee_usd=300.0, sign_until=FIRST
    )
    decided = page_for(case).agendas[0].decisions
    assert [(plain(d.act), d.contract, d.origin) for d in decided] == [("Sign", "b", "Reserved blocks · acme at home")]
    assert {fact.label: plain(fact.value) for fact in decided[0].facts} == {
        "Quantity": "10 blocks (10 GPUs)",
        "Commits": "$10.3 k",
        "Due this quarter": "$2.80 k",
        "First GPUs": "2027Q2",
        "Open until": "this quarter",
    }


def test_what_is_bought_by_the_hour_is_told_apart() -> None:
    """Proves: 4 GPUs bought at 0.5 USD for 1,000 hours cost 2,000 USD and are not among the signings."""
    case = add(edit(one_site(10.0), Workload, "train", firm_share=0.5), *spot("market", 0.5, limit=4.0))
    agenda = page_for(case).agendas[0]
    assert [decision.contract for decision in agenda.decisions] == ["b"]
    assert row(agenda.hourly, "Buy market") == ("4", "$2.00 k")
    assert plain(agenda.money) == "$6.00 k"


# Key figures


def test_key_figures_by_hand() -> None:
    """Proves: 0.008 MW power 8 of 10 GPUs in 2027Q1, all in 2027Q2: 90 % served, no headroom.

    Cost 8,000 + 10,000 USD for GPUs and 2 x 1,000 x 5 for what is short.
    A broken rule would give: 100 % served, or the headroom of the quarter that is not tightest.
    """
    page = page_for(add(one_site(10.0, 10.0), power("home", 0.008, 0.020)))
    assert [(card.label, plain(card.value), card.warn) for card in page.cards] == [
        ("Expected present value", "$28.0 k", False),
        ("Firm commitments", "$18.0 k", False),
        ("Demand served", "90 %", True),
        ("Tightest power headroom", "0 MW", True),
        ("Spot and on-demand share", "0 %", False),
    ]


def test_what_one_scenario_costs_is_not_called_expected() -> None:
    """Proves: the page of a scenario says what it costs; what is expected is the mean of all, on the tree's page."""
    plan = solved(one_site(10.0))
    assert cards(plan)[0].label == "Expected present value"
    assert cards(replace(plan, result=replace(plan.result, status="scenario")))[0].label == "Present value"


def test_shares_weigh_quarters_by_their_hours() -> None:
    """Proves: 5 of 10 served over 2,160 hours and 10 of 10 over 2,184 are 32,640 of 43,440 unit-hours, 75.14 %.

    A broken rule would give: 75 %, quarters counted alike.
    """
    case = edit(one_site(10.0, 10.0, hours_per_quarter=0.0), Block, "b", max_blocks=15.0)
    share = served_share(solved(case))
    assert share == pytest.approx((5 * 2160 + 10 * 2184) / (10 * 2160 + 10 * 2184))


def test_the_dashboard_says_the_same_share(tmp_path: Path) -> None:
    """Proves: page and dashboard show one figure, unit-hours by the hours of the quarter, cut in one way.

    5.0064 of 10 over 2,160 hours and 10 of 10 over 2,184 are 75.17 %: 75.1 %. A broken rule would give: 75 % (quarters
    counted alike), or 75.2 % in the one that rounds.
    """
    case = edit(one_site(10.0, 10.0, hours_per_quarter=0.0), Block, "b", max_blocks=15.0064)
    plan = solved(case)
    write_workbook(plan, audit(case, plan), tmp_path / "plan.xlsx")
    board = load_workbook(tmp_path / "plan.xlsx", data_only=True)["Dashboard"]
    names = {str(cell.value): cell for row in board.iter_rows() for cell in row if cell.value is not None}
    name = names["Demand served"]
    assert board.cell(name.row + 1, name.column).value == pytest.approx(0.751)
    assert card(page_of(plan, audit(case, plan)), "Demand served") == "75.1 %"


def test_shares_are_those_of_the_statements() -> None:
    """Proves: on a plan with everything, in quarters of unequal hours, shares rest on the statements alone."""
    plan, page = shown()
    hours = [plan.case.calendar.hours(quarter) for quarter in plan.case.calendar.quarters]

    def hourly(values: tuple[float, ...]) -> float:
        return sum(value * weight for value, weight in zip(values, hours, strict=True))

    served = hourly(statements.by_workload(plan, SERVED).totals) / hourly(statements.demand(plan).totals)
    installed = statements.installed_by_kind(plan)
    bought = hourly(installed.line("Spot and on-demand").values) / hourly(installed.totals)
    assert served_share(plan) == pytest.approx(served)
    assert spot_share(plan) == pytest.approx(bought) and bought > 0
    assert card(page, "Demand served") == plain(text.at_least(served))
    assert card(page, "Firm commitments") == plain(
        text.money(sum(owed.total for owed in statements.obligations(plan)), "USD")
    )
    assert card(page, "Expected present value") == plain(text.money(plan.result.objective or 0.0, "USD"))


def test_other_currencies_are_named() -> None:
    assert card(page_for(edit_settings(one_site(10.0), currency="CHF")), "Expected present value") == "CHF 10.0 k"


# Figures


def test_the_supply_table_holds_the_statement() -> None:
    plan, page = shown()
    grid, supply = statements.service_by_kind(plan), page.capacity[0]
    labels = supply.table.head[2:]
    assert sorted(labels) == sorted(line.label for line in grid.lines) and labels[-1] == "Shortfall"
    assert supply.table.head[1] == "Demand"
    for i, quarter in enumerate(grid.quarters):
        expected = [statements.demand(plan).totals[i], *(grid.line(label).values[i] for label in labels)]
        assert row(supply.table, str(quarter)) == tuple(text.number(value) for value in expected)


def test_cash_adds_up_to_the_statement() -> None:
    """Proves: the net of the cash chart is all that is cash, in every quarter; costs that are not cash are left out.

    A broken rule would give: the shortfall cost, hundreds of millions, within cash.
    """
    plan, page = shown()
    cash = [m for m in plan.moved if isinstance(m.posting.key, Cash) and m.posting.key.category.cash]
    quarters = plan.case.calendar.quarters
    paid = [math.fsum(m.amount for m in cash if m.posting.quarter == quarter) for quarter in quarters]
    assert [row.cells[0] for row in page.cash.table.rows[:-1]] == [text.number(value / 1e6, 1) for value in paid]
    assert page.cash.table.unit == "$ million"
    assert page.cash.table.rows[-1] == Row(
        "Total", page.cash.table.rows[-1].cells, strong=True
    ) and page.cash.table.rows[-1].cells[0] == text.number(sum(paid) / 1e6, 1)


def test_obligations_stand_by_fiscal_year_and_thereafter() -> None:
    """Proves: 10 blocks for 26 quarters from 2027Q3, fiscal years from July: 4 x 10,000 USD in FY 2028 to FY 2032.

    The last six quarters fall after the first five fiscal years: 60,000 USD thereafter, 260,000 in all.
    A broken rule would give: FY 2027 for the first two quarters, or later years cut off at the horizon.
    """
    case = edit_settings(one_site(10.0), first_quarter=FIRST + 2, fiscal_year_start_month=7, tail_value=1.0)
    case = Case(
        tuple(
            replace(record, units=replace(record.units, first=FIRST + 2)) if hasattr(record, "units") else record
            for record in case.records
        )
    )
    figure = page_for(edit(case, Block, "b", term_quarters=26)).obligations
    assert figure is not None
    assert tuple(plain(head) for head in figure.table.head) == (
        "Contract", "Total", "FY 2028", "FY 2029", "FY 2030", "FY 2031", "FY 2032", "Thereafter",
    )  # fmt: skip
    assert figure.table.unit == "$ thousand"
    assert row(figure.table, "b") == ("260.0", "40.0", "40.0", "40.0", "40.0", "40.0", "60.0")
    assert row(figure.table, "Total") == row(figure.table, "b")


def test_obligations_are_cash_alone() -> None:
    """Proves: 10 GPUs bought at 100 USD are an obligation of 1,000 USD; what they are worth later is none.

    A broken rule would give: 500, less the value of the half of their life that is left.
    """
    owned = Purchase(
        supplier="acme", purchase="owned", site="home", accelerator="h100", gpus_per_unit=1.0, max_units=10.0,
        capex_usd_per_gpu=100.0, life_quarters=2,
    )  # fmt: skip
    (owed,) = statements.obligations(solved(add(drop(one_site(10.0), Block, "b"), owned)))
    assert (owed.contract, owed.total) == ("owned", 1000.0)


def test_work_deferred_is_the_backlog() -> None:
    """Proves: 20 due in 2027Q1 and 0 in 2027Q2, with 10 GPUs a quarter: 10 units are carried over, none at the end."""
    case = edit(one_site(20.0, 0.0), Workload, "train", deferral_quarters=1)
    case = edit(case, Block, "b", term_quarters=2, max_blocks=10.0)
    figures = {figure.title: figure for figure in page_for(case).capacity}
    assert [row.cells for row in figures["Work deferred"].table.rows] == [("10.0",), ("–",)]
    assert "Demand not served" not in figures


def test_a_limit_passed_at_a_price_is_shown() -> None:
    """Proves: spot at 0.5 USD serves 10 GPUs against a share of 40 %: 6 GPUs beyond, at 10 USD, cost 60 USD."""
    case = add(edit(one_site(10.0), Workload, "train", firm_share=0.0), *spot("market", 0.5))
    policy = Policy(policy="calm", kind=PolicyKind.SPOT_SHARE, limit=0.4, violation_cost_usd_per_unit=10.0)
    assert row(page_for(add(case, policy)).admitted, "2027Q1") == ("calm", "$60")


def test_options_say_what_becomes_of_them() -> None:
    """Proves: 10 rights are held; 6 more GPUs are needed in 2027Q2 alone, so 6 are exercised and 4 stay unused."""
    option = Option(
        supplier="acme", option="more", site="home", accelerator="h100", gpus_per_block=1.0, term_quarters=1,
        price_usd_per_gpu_hour=2.4, max_blocks=10.0, held_blocks=10.0, exercise_from=FIRST + 1,
    )  # fmt: skip
    page = page_for(add(edit(one_site(4.0, 10.0), Block, "b", max_blocks=8.0), option))
    assert row(page.options, "more") == (
        "–", "2027Q2 to 2027Q2", "$2.40 per GPU-hour", "10", "–", "6 in 2027Q2", "4",
    )  # fmt: skip


def test_the_timeline_names_every_contract_that_stands() -> None:
    plan, page = shown()
    assert page.timeline is not None
    assert {strip.label for strip in page.timeline.strips} >= {"b", "firm", "standby", "owned", "old"}
    assert "market" not in {strip.label for strip in page.timeline.strips}
    last = max(m.posting.quarter for m in plan.moved if m.source == "firm")
    assert page.timeline.columns > len(plan.case.calendar.quarters)
    assert row(page.timeline.table, "firm")[-1] == str(last)


def test_headroom_is_what_is_left_of_the_limit() -> None:
    """Proves: 10 kW drawn of 25 kW and of 10 kW leave 15 kW and nothing; the site without a limit is not shown."""
    page = page_for(add(one_site(10.0, 10.0), power("home", 0.025, 0.010), Site("free")))
    assert page.headroom is not None and [strip.label for strip in page.headroom.strips] == ["home"]
    assert plain(page.headroom.strips[0].note) == "tightest 2027Q2: 0 MW free (0 %)"
    styles = [bar.style for cell in page.headroom.strips[0].drawing.marks for bar in bars(cell)]
    assert styles == ["h1 cell", "h5 cell"]
    assert [row.cells for row in page.headroom.table.rows] == [("0.015",), ("–",)]


# Drawings


def bars(mark: object) -> list[Bar]:
    return [part for part in mark.marks if isinstance(part, Bar)] if isinstance(mark, Group) else []


def test_columns_stack_up_from_zero_and_down_from_it() -> None:
    """Proves: 30 on 10 reaches from 10 to 40 of 40, and -10 hangs below zero, in 100 pixels from -10 to 40.

    Zero lies 80 pixels down, 20 pixels to each 10. A broken rule would give: layers side by side or over each other.
    """
    layers = (Layer("a", (10.0,), "c1"), Layer("b", (-10.0,), "c2"), Layer("c", (30.0,), "c3"))
    drawing = quarter_columns(Columns("name", ("2027Q1",), layers, (), str), (FIRST,), 100.0)
    (group,) = [mark for mark in drawing.marks if isinstance(mark, Group)]
    drawn = {bar.style: (bar.y - 8.0, bar.height) for bar in bars(group)}
    assert drawn["c1"] == pytest.approx((60.0, 20.0))
    assert drawn["c2"] == pytest.approx((80.0, 20.0))
    assert drawn["c3"] == pytest.approx((0.0, 60.0))
    assert group.title == "2027Q1\nc: 30.0\nb: -10.0\na: 10.0"


def test_columns_leave_a_gap_of_twelve_hundredths() -> None:
    layer = Layer("a", (1.0, 1.0), "c1")
    drawing = quarter_columns(Columns("name", ("a", "b"), (layer,), (), str), (FIRST, FIRST + 1), 100.0)
    first, second = [bar for mark in drawing.marks for bar in bars(mark) if bar.style == "c1"]
    assert (first.x, first.width, second.x) == pytest.approx((0.03, 0.44, 0.53))


@pytest.mark.parametrize("low,high", [(0.0, 0.0), (0.0, 1e-6), (-3.0, 17.0), (0.0, 99.0), (-1e9, 0.0), (0.0, 27e9)])
def test_axes_hold_what_they_show(low: float, high: float) -> None:
    axis = Values.over(low, high, 0.0, 100.0)
    assert axis.low <= low and axis.high >= high and axis.low <= 0.0 <= axis.high
    assert (axis.high - axis.low) / axis.step <= 6
    assert axis.y(axis.high) == 0.0 and axis.y(axis.low) == pytest.approx(100.0)


def test_axes_of_money_have_its_sign() -> None:
    """Proves: ticks of money are of a currency, 0 is plain, and ticks of anything else have none."""
    axis = Values.over(-50e6, 400e6, 0.0, 100.0)
    assert ticks(axis.marks("EUR")) == ["0", "€200 M", "€400 M"]
    assert ticks(spread.ticks(-4e6, 4e6, "EUR"))[0] == "−€4 M"
    assert ticks(axis.marks()) == ["0", "200 M", "400 M"]
    page = shown()[1]
    assert any("$" in tick for tick in ticks(page.cash.drawing.marks))
    assert not any("$" in tick for figure in page.capacity for tick in ticks(figure.drawing.marks))


def ticks(marks: Iterable[Mark]) -> list[str]:
    return [plain(mark.text) for mark in marks if isinstance(mark, Text) and mark.style in ("tick", "odd", "even")]


# Checks and words


def test_a_failed_audit_is_shown_as_failed(tmp_path: Path) -> None:
    plan = shown()[0]
    finding = Finding("POWER-1 second home 2027Q1", "power is 9", "at most 1", "solve again")
    page = page_of(plan, replace(audit(plan.case, plan), findings=(finding,)))
    failed = [check.name for check in page.checks if not check.passed]
    assert failed == ["Power: stay within energised power"]
    assert all(check.passed for check in shown()[1].checks)


def test_the_run_log_says_what_made_the_plan() -> None:
    plan, page = shown()
    log = {fact.label: fact.value for fact in page.log}
    assert log["Case"] == plan.result.case_hash
    assert log["Objective"] == f"USD {plan.result.objective:,.2f}"
    assert plan.result.solver_version in log["Solver"]


@pytest.mark.parametrize(
    "value,said",
    [
        (12.0e9, "$12.0 B"),
        (999.6e6, "$1.00 B"),
        (580e6, "$580 M"),
        (1.234e6, "$1.23 M"),
        (-27e9, "−$27.0 B"),
        (26_250.0, "$26.3 k"),
        (-26_249.999999999, "−$26.3 k"),
        (26_249.99, "$26.2 k"),
        (9_995.0, "$10.0 k"),
        (0.125, "$0.125"),
        (72.0, "$72"),
        (0.0, "$0"),
    ],
)
def test_money_has_three_digits_and_a_letter(value: float, said: str) -> None:
    """Proves: a half is rounded up. A broken rule would give: $26.2 k for 26,250, as Python rounds it to even."""
    assert plain(text.money(value, "USD")) == said


def test_power_is_in_kilowatts_where_it_is_small() -> None:
    """Proves: 30 kW of headroom are not 0 MW."""
    said = [plain(text.megawatts(value)) for value in (414.84, 1.0, 0.03, 0.0001, 0.0)]
    assert said == ["414.8 MW", "1.0 MW", "30 kW", "0 MW", "0 MW"]


def test_shares_do_not_flatter() -> None:
    """Proves: 99.96 % served is shown as 99.9 %, a gap of 0.091 % as 0.1 %, and exact shares as they are."""
    assert plain(text.at_least(0.9996)) == "99.9 %"
    assert plain(text.at_least(1.0)) == "100 %"
    assert plain(text.at_least(0.8)) == "80 %"
    assert plain(text.at_most(0.00091)) == "0.1 %"
    assert plain(text.at_most(0.0005)) == "0.05 %"


def test_the_title_of_a_case_is_the_title_of_its_page(tmp_path: Path) -> None:
    case = edit(one_site(1.0), Settings, "settings", title="Compute 2031")
    page: Reader = read(written(solved(case), tmp_path))
    assert page.texts[0] == "Compute 2031: Sign b in 2027Q1: $1.00\N{NO-BREAK SPACE}k of new commitments"
