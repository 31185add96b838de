"""Options: rights bought and exercised by quarter, and the rights that can still be exercised."""

from dataclasses import dataclass

from optimizer.contracts.option import Option
from optimizer.ledger.decision import Action
from optimizer.plan.plan import Plan
from optimizer.report.workbook.capacity import periods
from optimizer.report.workbook.decisions import Decided
from optimizer.report.workbook.inputs import Inputs
from optimizer.report.workbook.live import FIRST_PERIOD, added
from optimizer.report.workbook.sheet import CONSTANT, Line, Sheet, Written, letter
from optimizer.report.workbook.style import AMBER, BAR, Format, Look
from optimizer.report.workbook.sums import Running, total
from optimizer.tables.quarter import Quarter


@dataclass(frozen=True)
class OptionView:
    """Lines of one option: the rights held at the end of each quarter."""

    option: str
    held: Written


def write_options(sheet: Sheet, plan: Plan, decided: Decided, inputs: Inputs) -> tuple[OptionView, ...]:
    """Write every option of the case, exercised or not."""
    return tuple(_option(sheet, plan, option, decided, inputs) for option in plan.case.of(Option))


def _option(sheet: Sheet, plan: Plan, option: Option, decided: Decided, inputs: Inputs) -> OptionView:
    window, table = option.window(plan.case), Option.TABLE.name
    base = f"expands {option.expands}" if option.expands else "stand-alone"
    sheet.section(f"{option.option} – {option.supplier}, {base}, exercise {_span(window)}")
    strike = inputs.cell(table, option.option, option.price.column)
    sheet.line(Line("Strike", inputs.unit(option.price), constant=strike))
    sheet.line(Line("Premium", "USD per block", constant=inputs.cell(table, option.option, "premium_usd_per_block")))
    last = max(window, default=plan.case.calendar.first + -1)
    exercisable = sheet.line(
        Line(
            "Window open",
            "1 = yes",
            tuple(1.0 if quarter in window else 0.0 for quarter in sheet.axis.quarters),
            format=Format.FLAG,
        )
    )
    sheet.shade(periods(sheet, exercisable.row.row), f"{letter(FIRST_PERIOD)}{exercisable.row.row}=1", AMBER)
    rows = [
        sheet.line(
            Line(
                label, "blocks", added(decided.rows.get((action, option.option), ())), format=Format.COUNT, total=total
            )
        )
        for action, label in ((Action.HOLD, "Rights bought"), (Action.EXERCISE, "Exercised"))
    ]
    bought, exercised = rows
    sheet.shade(periods(sheet, exercised.row.row), f"{letter(FIRST_PERIOD)}{exercised.row.row}>0", BAR, "FFFFFF")
    at_start = inputs.cell(table, option.option, "held_blocks")
    rights = sheet.own(CONSTANT, at_start.shown) + Running(bought.row) - Running(exercised.row)
    held = sheet.line(
        Line(
            "Rights left at the end of the quarter",
            "blocks",
            rights,
            "column E: rights held at the start",
            constant=at_start,
            constant_format=Format.COUNT,
            look=Look.TOTAL,
        )
    )
    ended = tuple(1.0 if quarter >= last else 0.0 for quarter in sheet.axis.quarters)
    over = sheet.line(Line("Window over at the end of the quarter", "1 = yes", ended, format=Format.FLAG))
    sheet.line(Line("Of it lapsed", "blocks", held.row * over.row))
    return OptionView(option.option, held)


def _span(window: tuple[Quarter, ...]) -> str:
    return f"{window[0]} to {window[-1]}" if window else "never within the horizon"
