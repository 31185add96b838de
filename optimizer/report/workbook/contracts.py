"""The list of what is decided: one row a decision, with its dates, GPUs, price and value, as an Excel Table."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.table import Table, TableStyleInfo

from optimizer.contracts.contract import Contract
from optimizer.ledger.decision import Action, DecisionKey
from optimizer.plan.plan import Plan
from optimizer.report.workbook.decisions import Decided, amounts_format, in_service
from optimizer.report.workbook.inputs import Inputs
from optimizer.report.workbook.lines import Group, Money, Part
from optimizer.report.workbook.live import Live, added
from optimizer.report.workbook.sheet import HEADER_ROW, Sheet, Written
from optimizer.report.workbook.style import Align, Format, Look, Style, Tone
from optimizer.report.workbook.sums import largest
from optimizer.tables.quarter import Quarter

COLUMNS = (
    ("contract", 26), ("kind", 20), ("supplier", 20), ("site", 18), ("system", 16), ("decision", 18),
    ("decided in", 11), ("first service", 12), ("last service", 12), ("quantity", 11), ("unit", 10),
    ("GPUs at peak", 13), ("price", 13), ("price unit", 20), ("value when signed", 24), ("cash to the end", 22),
)  # fmt: skip
NAME = "PlanContracts"
Span = tuple[Quarter, Quarter] | None


@dataclass(frozen=True)
class Item:
    """A decision and the lines it drives; those of a fee belong to the signing it is due with."""

    key: DecisionKey
    contract: Contract
    money: dict[Group, Written]
    memo: dict[Group, Written]
    installed: dict[Group, Written]


def write_contracts(sheet: Sheet, plan: Plan, decided: Decided, inputs: Inputs, money: Money, installed: Part) -> None:
    """Write the list; figures are links to the lines behind them."""
    sheet.widths((3, *(width for _, width in COLUMNS)))
    for number, (name, _) in enumerate(COLUMNS):
        name += f", {plan.case.settings.currency}" if number in (14, 15) else ""
        side = Align.RIGHT if number in (9, 11, 12, 14, 15) else Align.LEFT
        sheet.header(HEADER_ROW, 2 + number, name, side, indent=int(number in (10, 13)))
    row = HEADER_ROW
    units = {choice.key: choice.unit for choice in plan.choices}
    spans = in_service(plan)
    for item in _items(plan, decided, money, installed):
        row += 1
        _write(sheet, row, decided, inputs, item, units[item.key], spans.get(item.key))
    last = get_column_letter(1 + len(COLUMNS))
    if row > HEADER_ROW:
        table = Table(displayName=NAME, ref=f"B{HEADER_ROW}:{last}{row}")
        table.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=True)
        sheet.sheet.add_table(table)
    sheet.sheet.freeze_panes = sheet.sheet.cell(HEADER_ROW + 1, 3)


def _items(plan: Plan, decided: Decided, money: Money, installed: Part) -> Iterator[Item]:
    rows = {row.name: row for row in plan.case.of(Contract)}
    for key in decided.once:
        flag = key.action is Action.CHOOSE and replace(key, action=Action.SIGN) in decided.once
        if flag or key.action is Action.PAID:
            continue
        keys = {key, replace(key, action=Action.CHOOSE)} if key.action is Action.SIGN else {key}
        money_, memo, there = (
            {group: line for group, line in part.lines.items() if group.driver in keys}
            for part in (money.cash, money.memo, installed)
        )
        yield Item(key, rows[key.contract], money_, memo, there)


def _write(sheet: Sheet, row: int, decided: Decided, inputs: Inputs, item: Item, unit: str, span: Span) -> None:
    contract, key = item.contract, item.key
    texts = (
        contract.name, contract.TABLE.title, contract.supplier, getattr(contract, "site", ""),
        getattr(contract, "accelerator", ""), key.action.value, str(key.quarter),
        str(span[0]) if span else "", str(span[1]) if span else "",
    )  # fmt: skip
    for number, text in enumerate(texts):
        tone = Tone.LABEL if number in (0, 6) else Tone.QUIET
        sheet.words(row, 2 + number, text, Style(tone=tone, side=Align.LEFT))
    quantity = decided.once[key]
    sheet.formula(row, 11, quantity, Style(amounts_format([quantity.amount(0)])))
    quiet = Style(tone=Tone.QUIET, side=Align.LEFT, indent=1)
    sheet.words(row, 12, unit, quiet)
    peak = added(largest(line.row) for line in item.installed.values())
    sheet.formula(row, 13, peak, Style(Format.COUNT))
    priced = [(group, line.constant) for group, line in item.memo.items() if line.constant is not None]
    if priced:
        group, price = priced[0]
        sheet.formula(row, 14, price, Style(Format.PRICE))
        sheet.words(row, 15, inputs.unit_of(group.table, group.column), quiet)
    figures: tuple[Live, ...] = tuple(
        added(line.total for line in part.values() if line.total is not None) for part in (item.memo, item.money)
    )
    for number, figure in enumerate(figures):
        sheet.formula(row, 16 + number, figure, Style(Format.MONEY, look=Look.PLAIN))
