"""Commitments by fiscal year, as in a 10-K table of contractual obligations."""

from dataclasses import dataclass, replace

from openpyxl.utils import get_column_letter

from optimizer.contracts.contract import Contract
from optimizer.plan.plan import Plan
from optimizer.report.workbook.lines import Money
from optimizer.report.workbook.live import MILLION, Cell
from optimizer.report.workbook.money import ContractView
from optimizer.report.workbook.sheet import DATE_ROW, FIRST_ROW, HEADER_ROW, Sheet, Written
from optimizer.report.workbook.style import Align, Fill, Format, Look, Style, Tone
from optimizer.report.workbook.sums import Column, InYear, OfColumn, Where, total

YEARS_SHOWN = 5
CONTRACT, KIND, SUPPLIER, FIRST_YEAR = 2, 3, 4, 5


@dataclass(frozen=True)
class CommitmentView:
    """Cells of the table: its grand total, the totals of each year shown and of what follows; these in millions."""

    total: Cell
    years: tuple[Cell, ...]
    names: tuple[Cell, ...]
    millions: tuple[Cell, ...]


def write_commitments(sheet: Sheet, plan: Plan, contracts: ContractView, money: Money) -> CommitmentView:
    """Write one row a contract under its kind, then the totals."""
    headings = _header(sheet, plan, contracts)
    rows = {row.name: row for row in plan.case.of(Contract)}
    kinds = dict.fromkeys(rows[name].TABLE.title for name in contracts.firm)
    last = FIRST_YEAR + len(headings) + 2
    written: list[int] = []
    for kind in kinds:
        sheet.section(kind, last)
        for name in contracts.firm:
            if rows[name].TABLE.title == kind:
                _contract(sheet, rows[name], contracts.firm[name], contracts, money, headings)
                written.append(sheet.next - 1)
    sheet.next += 1
    totals = _totals(sheet, written, last)
    sheet.next += 1
    note = (
        "Undiscounted payments that signing makes firm, to the end of every contract: invoices, prepayments less their "
        "credits, fees, premiums, capex.",
        "Energy, opex, resale, residual values and what is bought by the hour are not obligations to a seller.",
        "Value when signed: all invoices and fees of what this plan signs, before prepayments and credits.",
    )
    for text in note:
        sheet.words(sheet.next, CONTRACT, text, Style(tone=Tone.QUIET, look=Look.SMALL, side=Align.LEFT))
        sheet.next += 1
    years = tuple(totals[: len(headings) + 1])
    return CommitmentView(totals[-2], years, *_chart_rows(sheet, headings, years))


def _chart_rows(sheet: Sheet, headings: tuple[Cell, ...], years: tuple[Cell, ...]) -> tuple[tuple[Cell, ...], ...]:
    """Names and millions of the years, which the dashboard draws."""
    row = sheet.next + 1
    sheet.words(row + 1, CONTRACT, "In millions, for the dashboard", Style(tone=Tone.QUIET, side=Align.LEFT))
    texts = [f"FY{int(heading.amount(0))}" for heading in headings] + ["after"]
    quiet = Style(tone=Tone.QUIET)
    names = tuple(sheet.words(row, cell.column, text, quiet) for cell, text in zip(years, texts, strict=True))
    style = Style(Format.MILLIONS)
    millions = tuple(
        sheet.formula(row + 1, cell.column, replace(cell, own_column=True) / MILLION, style) for cell in years
    )
    sheet.next = row + 2
    return names, millions


def _header(sheet: Sheet, plan: Plan, contracts: ContractView) -> tuple[Cell, ...]:
    """The column headings; returns the cells of the years, which formulas read."""
    currency = plan.case.settings.currency
    years = tuple(sorted({int(year) for year in contracts.years.numbers}))[:YEARS_SHOWN]
    sheet.widths((3, 34, 22, 24, *(17,) * (len(years) + 3)))
    sheet.header(HEADER_ROW, 1, "")
    sheet.header(DATE_ROW, 1, "")
    for column, text in ((CONTRACT, "Contract"), (KIND, "Kind"), (SUPPLIER, "Supplier")):
        sheet.header(HEADER_ROW, column, text)
        sheet.header(DATE_ROW, column, "")
    cells = []
    for number, year in enumerate(years):
        style = Style(Format.YEAR, Tone.HEADER, Fill.HEADER, Look.BOLD)
        cells.append(sheet.number(HEADER_ROW, FIRST_YEAR + number, float(year), style))
    after = FIRST_YEAR + len(years)
    for column, text in ((after, "Thereafter"), (after + 1, "Total"), (after + 2, "Value when signed")):
        sheet.header(HEADER_ROW, column, text, Align.RIGHT)
    for column in range(FIRST_YEAR, after + 3):
        sheet.header(DATE_ROW, column, currency, Align.RIGHT)
    sheet.sheet.freeze_panes = sheet.sheet.cell(FIRST_ROW, FIRST_YEAR)
    return tuple(cells)


def _contract(
    sheet: Sheet,
    contract: Contract,
    firm: Written,
    view: ContractView,
    money: Money,
    headings: tuple[Cell, ...],
) -> None:
    row = sheet.next
    sheet.next += 1
    label = sheet.words(row, CONTRACT, contract.name, Style(side=Align.LEFT))
    quiet = Style(tone=Tone.QUIET, side=Align.LEFT)
    sheet.words(row, KIND, contract.TABLE.title, quiet)
    sheet.words(row, SUPPLIER, contract.supplier, quiet)
    style = Style(Format.MONEY)
    for number, heading in enumerate(headings):
        sheet.formula(row, FIRST_YEAR + number, InYear(view.years, heading, firm.row), style)
    after = FIRST_YEAR + len(headings)
    sheet.formula(row, after, InYear(view.years, headings[-1], firm.row, after=True), style)
    sheet.formula(row, after + 1, total(firm.row), style)
    memo = Column("F", {line.row.row: line.total.amount(0) for line in money.memo.lines.values() if line.total})
    key = Cell(sheet.name, row, label.column, label.shown, own_row=True)
    sheet.formula(row, after + 2, Where(money.memo.area, {"B": key}, memo, quarters=False), style)


def _totals(sheet: Sheet, rows: list[int], last: int) -> list[Cell]:
    row = sheet.next
    sheet.next += 1
    style = Style(Format.MONEY, look=Look.TOTAL)
    sheet.words(row, CONTRACT, "Total", Style(look=Look.TOTAL, side=Align.LEFT))
    for column in (KIND, SUPPLIER):
        sheet.words(row, column, "", Style(look=Look.TOTAL))
    bounds = (min(rows), max(rows)) if rows else (row - 1, row - 1)
    cells = []
    for column in range(FIRST_YEAR, last + 1):
        letter = get_column_letter(column)
        shown = sum(float(sheet.shown.get(f"{letter}{number}", 0.0)) for number in rows)
        cells.append(sheet.formula(row, column, OfColumn("SUM", letter, *bounds, shown), style))
    return cells
