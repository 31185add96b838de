"""The cover: what this file is, how good the plan is proven to be, the headline, the colour key and the contents."""

from datetime import UTC, datetime

from openpyxl.workbook.defined_name import DefinedName

from optimizer.plan.plan import Plan
from optimizer.plan.status import Status
from optimizer.report.workbook.cashflow import CashView
from optimizer.report.workbook.checks import CheckView
from optimizer.report.workbook.commitments import CommitmentView
from optimizer.report.workbook.live import ONE, Cell, Live, Words, choose
from optimizer.report.workbook.sheet import Sheet, letter
from optimizer.report.workbook.style import GREEN, RED, Align, Fill, Format, Look, Style, Tone

LABEL, VALUE, KEY = 2, 3, 5
QUIET = Style(tone=Tone.QUIET, side=Align.LEFT)
PLAIN = Style(side=Align.LEFT)


def verdict(plan: Plan) -> str:
    """How good the plan is, in honest words."""
    result = plan.result
    gap = "unknown" if result.gap is None else f"{result.gap:.4%}"
    if result.status == Status.OPTIMAL:
        return f"optimal within a gap of {gap} (asked: {result.asked_gap:.4%})"
    if result.status == Status.SCENARIO:
        return f"one scenario of a plan under uncertainty: {result.detail}"
    return (
        f"feasible, not proven optimal within the asked gap: gap {gap} (asked: {result.asked_gap:.4%}), {result.stop}"
    )


def write_cover(
    sheet: Sheet,
    plan: Plan,
    run: str,
    views: tuple[CashView, CommitmentView, CheckView],
    contents: list[Sheet],
) -> None:
    """Write the cover."""
    cash, commitments, checks = views
    sheet.widths((3, 38, 72, 4, 24, 60))
    _this_file(sheet, plan, run)
    _headline(sheet, plan, cash, commitments, checks)
    _keys(sheet)
    sheet.next = 26
    sheet.section("Contents", 6)
    for page in contents:
        link = sheet.words(sheet.next, LABEL, page.name, Style(tone=Tone.TITLE, look=Look.LINKED, side=Align.LEFT))
        sheet.link(link, page.name)
        sheet.words(sheet.next, VALUE, page.title, PLAIN)
        sheet.words(sheet.next, KEY, page.note, QUIET)
        sheet.next += 1


def _this_file(sheet: Sheet, plan: Plan, run: str) -> None:
    result, calendar, settings = plan.result, plan.case.calendar, plan.case.settings
    sheet.next = 4
    sheet.section("This file", 3)
    written = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    for name, text in (
        ("Status", verdict(plan)),
        ("Horizon", f"{calendar.quarters[0]} to {calendar.quarters[-1]}, {settings.quarters} quarters"),
        ("Valued at", f"{calendar.as_of.start.isoformat()}, {settings.discount_rate:.2%} a year, payments at the "
         f"{settings.payment_timing.value} of the quarter"),
        ("Currency", f"{settings.currency}, nominal unless it says present value"),
        ("Solver", f"{result.solver} {result.solver_version}"),
        ("Run", run),
        ("Case hash", result.case_hash),
        ("Written", written),
    ):  # fmt: skip
        sheet.words(sheet.next, LABEL, name, QUIET)
        sheet.words(sheet.next, VALUE, text, PLAIN)
        sheet.next += 1


def _headline(sheet: Sheet, plan: Plan, cash: CashView, commitments: CommitmentView, checks: CheckView) -> None:
    currency, result = plan.case.settings.currency, plan.result
    sheet.next += 1
    sheet.section("Headline", 3)
    total = cash.net.total
    assert total is not None
    figures: list[tuple[str, Live | float | None, Format]] = [
        (f"Present value of all costs, {currency}", cash.rebuilt, Format.CENTS),
        (f"Objective of the solver, {currency}", cash.reported, Format.CENTS),
        (f"Proven lower bound, {currency}", result.bound, Format.CENTS),
        ("Gap between plan and bound", result.gap, Format.GAP),
        (f"Net cash to the end of every contract, {currency}", total, Format.MONEY),
        (f"Firm commitments, {currency}", commitments.total, Format.MONEY),
    ]
    for name, figure, shape in figures:
        sheet.words(sheet.next, LABEL, name, QUIET)
        if figure is not None:
            sheet.put(sheet.next, VALUE, figure, Style(shape, side=Align.LEFT, look=Look.BOLD))
        sheet.next += 1
    sheet.words(sheet.next, LABEL, "Master check", QUIET)
    verdict_ = choose(checks.master.equals(ONE), Words("ALL PASS"), Words("FAIL"))
    at = sheet.formula(sheet.next, VALUE, verdict_, Style(look=Look.BOLD, side=Align.LEFT))
    address = f"{letter(at.column)}{at.row}"
    sheet.shade(address, f'{address}="ALL PASS"', GREEN)
    sheet.shade(address, f'{address}="FAIL"', RED)
    sheet.next += 1


def _keys(sheet: Sheet) -> None:
    """The colour key and the sign convention, beside what the file is."""
    bar = Style(tone=Tone.SECTION, fill=Fill.SECTION, look=Look.BOLD, side=Align.LEFT)
    for row, title in ((4, "Colour key"), (13, "Signs"), (17, "Change a figure")):
        sheet.words(row, KEY, title, bar)
        sheet.words(row, KEY + 1, "", bar)
    for number, (tone, fill, look, name, meaning) in enumerate(
        (
            (Tone.CONSTANT, Fill.DECISION, Look.PLAIN, "Lilac", "decision of the solver: overwrite it for a what-if"),
            (Tone.CONSTANT, Fill.INPUT, Look.PLAIN, "Cream", "input that is live: overwrite it for a what-if"),
            (Tone.CONSTANT, Fill.WEIGHT, Look.PLAIN, "Grey", "weight of the contract's calendar: solve again instead"),
            (Tone.CONSTANT, Fill.NONE, Look.PLAIN, "Blue", "constant"),
            (Tone.FORMULA, Fill.NONE, Look.PLAIN, "Black", "formula on the same sheet"),
            (Tone.LINK, Fill.NONE, Look.PLAIN, "Green", "formula that reads another sheet"),
            (Tone.FORMULA, Fill.NONE, Look.TOTAL, "Ruled", "total"),
        )
    ):
        sheet.words(5 + number, KEY, name, Style(tone=tone, fill=fill, look=look, side=Align.LEFT))
        sheet.words(5 + number, KEY + 1, meaning, QUIET)
    notes = {
        14: "Cashflow: money paid is negative, in brackets.",
        15: "All other sheets: costs, GPUs and MW are positive.",
        18: "Overwrite a lilac quantity or a cream input: every total moves,",
        19: "and the checks say which limit breaks. The tie to the solver",
        20: "then fails, as it must: the plan is no longer the solver's.",
        21: "Dates, terms, ramps and escalators shape the weights: change",
        22: "them in the case and solve again.",
    }
    for row, text in notes.items():
        sheet.words(row, KEY, text, QUIET)


def define_names(sheet: Sheet, cells: dict[str, Cell]) -> None:
    """Give single cells of the workbook names."""
    for name, cell in cells.items():
        address = f"'{cell.sheet}'!${letter(cell.column)}${cell.row}"
        sheet.book.workbook.defined_names[name] = DefinedName(name, attr_text=address)
