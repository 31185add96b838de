"""Records: the plan in long form for PivotTables and Power Query, and the log of the run."""

import platform
from collections.abc import Iterator
from datetime import date
from importlib.metadata import version

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.table import Table, TableStyleInfo

from optimizer.contracts.contract import Contract
from optimizer.ledger.decision import DecisionKey
from optimizer.ledger.keys import Cash
from optimizer.plan.audit import Audit
from optimizer.plan.plan import Plan
from optimizer.report.workbook.sheet import HEADER_ROW, Sheet
from optimizer.report.workbook.style import Align, Format, Style, Tone
from optimizer.rules.money import weight

LONG = (
    ("record", 14), ("name", 24), ("kind", 20), ("supplier", 20), ("action", 20), ("site", 18), ("accelerator", 16),
    ("segment", 12), ("category", 22), ("quarter", 10), ("period_start", 12), ("fiscal_year", 11), ("in_horizon", 10),
    ("quantity", 16), ("amount", 20), ("unit", 14), ("present_value", 20),
)  # fmt: skip
NUMBERS = ("period_start", "fiscal_year", "in_horizon", "quantity", "amount", "present_value")
UNITS = {"Installed": "GPUs", "Supply": "GPUs", "Draw": "kW", "Energised": "MW"}
Field = float | date | str | None


def write_long(sheet: Sheet, plan: Plan) -> None:
    """Write every posting and every operation of the plan as one row of values, in an Excel Table."""
    sheet.widths([width for _, width in LONG])
    for number, (name, _) in enumerate(LONG):
        numeric = name in NUMBERS
        sheet.header(HEADER_ROW, 1 + number, name, Align.RIGHT if numeric else Align.LEFT, indent=int(not numeric))
    plain = Style(side=Align.LEFT, indent=1)
    styles = {"period_start": Format.DATE, "fiscal_year": Format.PLAIN, "in_horizon": Format.PLAIN}
    row = HEADER_ROW
    for fields in _rows(plan):
        row += 1
        for number, ((name, _), value) in enumerate(zip(LONG, fields, strict=True)):
            if isinstance(value, str):
                if value:
                    sheet.words(row, 1 + number, value, plain)
            elif value is not None:
                style = Style(styles.get(name, Format.WEIGHT), Tone.CONSTANT)
                sheet.number(row, 1 + number, value, style)
    if row > HEADER_ROW:
        table = Table(displayName="PlanLongTable", ref=f"A{HEADER_ROW}:{get_column_letter(len(LONG))}{row}")
        table.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=True)
        sheet.sheet.add_table(table)
    sheet.sheet.freeze_panes = sheet.sheet.cell(HEADER_ROW + 1, 3)


def _rows(plan: Plan) -> Iterator[tuple[Field, ...]]:
    """Postings, then operations."""
    case, calendar = plan.case, plan.case.calendar
    kinds = {row.name: row.TABLE.title for row in case.of(Contract)}
    for m in plan.moved:
        account, quarter = m.posting.key, m.posting.quarter
        record = type(account).__name__.lower()
        action = m.what.action.value if isinstance(m.what, DecisionKey) else m.what.operation.name
        value = m.amount * weight(case, account.category, quarter) if isinstance(account, Cash) else None
        yield (
            record, m.source, kinds.get(m.source, "Workload or limit"), m.supplier, action,
            getattr(account, "site", ""), getattr(account, "accelerator", ""), getattr(account, "segment", ""),
            account.category.label if isinstance(account, Cash) else "",
            str(quarter), quarter.start, calendar.fiscal_year(quarter), int(calendar.planned(quarter)),
            m.quantity, m.amount, UNITS.get(type(account).__name__, case.settings.currency), value,
        )  # fmt: skip
    for key, quantity in plan.operations:
        dims = dict(zip(key.operation.dims, key.index, strict=True))
        yield (
            "operation", key.index[0], key.operation.dims[0].capitalize(), "", key.operation.name, dims.get("site", ""),
            dims.get("accelerator", ""), dims.get("segment", ""), "", str(key.quarter), key.quarter.start,
            calendar.fiscal_year(key.quarter), int(calendar.planned(key.quarter)), quantity, quantity,
            key.operation.unit, None,
        )  # fmt: skip


def write_log(sheet: Sheet, plan: Plan, audited: Audit, run: str, plan_hash: str) -> None:
    """Write what the solver said, what it ran with, and what the audit found."""
    sheet.widths((3, 34, 70))
    row = HEADER_ROW
    for title, entries in _log(plan, audited, run, plan_hash):
        sheet.next = row
        sheet.section(title, 3)
        row = sheet.next
        for name, value in entries:
            sheet.words(row, 2, name, Style(tone=Tone.QUIET, side=Align.LEFT))
            if isinstance(value, str):
                sheet.words(row, 3, value, Style(side=Align.LEFT, wrap=True))
            elif value is not None:
                style = Style(Format.FINE, Tone.CONSTANT, side=Align.LEFT)
                sheet.number(row, 3, value, style)
            row += 1
        row += 1
    sheet.next = row


def _log(plan: Plan, audited: Audit, run: str, plan_hash: str) -> Iterator[tuple[str, list[tuple[str, Field]]]]:
    result, seconds = plan.result, plan.result.seconds
    yield (
        "Result",
        [
            ("status", str(result.status)),
            ("why the solver stopped", str(result.stop)),
            (f"objective, {plan.case.settings.currency}", result.objective),
            (f"proven bound, {plan.case.settings.currency}", result.bound),
            ("relative gap reached", result.gap),
            ("relative gap asked", result.asked_gap),
            ("what the solver said", result.detail),
        ],
    )
    if result.replanned:
        yield "Replanning", [("what the replan came to", line) for line in result.replanned.splitlines()]
    yield (
        "Identity",
        [("run", run), ("case hash (SHA-256 of its contents)", result.case_hash), ("plan hash (SHA-256)", plan_hash)],
    )
    yield (
        "Solver and versions",
        [
            ("solver", f"{result.solver} {result.solver_version}"),
            ("optimizer", result.version),
            ("pyomo", version("pyomo")),
            ("python", platform.python_version()),
            ("seed", result.seed),
            ("threads", result.threads),
        ],
    )
    yield (
        "Size and time",
        [
            ("columns", result.columns),
            ("of them integer", result.integers),
            ("rows", result.rows),
            ("nodes explored", result.nodes),
            ("seconds reading", round(seconds.read, 3)),
            ("seconds building", round(seconds.build, 3)),
            ("seconds solving", round(seconds.solve, 3)),
        ],
    )
    findings: list[tuple[str, Field]] = [(finding.place, str(finding)) for finding in audited.findings]
    yield "Independent audit", [("findings", len(audited.findings)), *findings]
