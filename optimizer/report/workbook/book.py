"""The plan workbook: every sheet in its order, written so that each figure is known when its formula is.

Sheets for readers come first, then the calculation they link to, then inputs and records.
"""

import hashlib
import tempfile
from pathlib import Path

from openpyxl.packaging.custom import StringProperty
from openpyxl.workbook.properties import CalcProperties

from optimizer.contracts.option import Option
from optimizer.files import write_file
from optimizer.ledger.keys import Draw, Energised, Installed, Supply
from optimizer.plan.audit import Audit
from optimizer.plan.plan import Plan
from optimizer.plan.statements import tail_quarters
from optimizer.report.workbook.budgets import write_budgets
from optimizer.report.workbook.cached import with_values
from optimizer.report.workbook.capacity import write_capacity_sheet, write_utilisation
from optimizer.report.workbook.cashflow import write_cashflow
from optimizer.report.workbook.checks import Views, write_checks
from optimizer.report.workbook.commitments import write_commitments
from optimizer.report.workbook.contents import SHEETS
from optimizer.report.workbook.contracts import write_contracts
from optimizer.report.workbook.cover import define_names, write_cover
from optimizer.report.workbook.dashboard import write_chart_data, write_dashboard
from optimizer.report.workbook.decisions import write_decisions
from optimizer.report.workbook.inputs import Inputs
from optimizer.report.workbook.lines import write_capacity, write_money
from optimizer.report.workbook.money import write_by_contract, write_present_value
from optimizer.report.workbook.options import write_options
from optimizer.report.workbook.power import write_power
from optimizer.report.workbook.records import write_log, write_long
from optimizer.report.workbook.service import write_service
from optimizer.report.workbook.sheet import Axis, Book, Sheet, clean
from optimizer.rules.budget import Budget

CALCULATED = ("CashLines", "CapacityLines", "PresentValue", "ByContract", "Cashflow", "Capacity", "Power", "Shortfall")


def write_workbook(plan: Plan, audited: Audit, path: Path) -> None:
    """Write the workbook of an audited plan to `path`.

    Raises ValueError for a plan without quantities, OutputError where the file cannot be written.
    """
    if plan.result.objective is None:
        raise ValueError(f"a plan that is {plan.result.status} has no workbook")
    plan_hash = identity(plan)
    book = Book(f"{plan.result.case_hash[:8]}-{plan_hash[:8]}")
    sheets = _sheets(book, plan)
    _fill(sheets, plan, audited, book, plan_hash)
    _properties(book, plan, plan_hash)
    save(book, path)


def save(book: Book, path: Path) -> None:
    """Write a finished workbook, with the value every formula shows, to be calculated anew when it is opened."""
    book.workbook.remove(book.workbook["styles"])
    book.workbook.calculation = CalcProperties(fullCalcOnLoad=True)
    names = book.workbook.sheetnames

    def write(target: Path) -> None:
        with tempfile.TemporaryDirectory() as folder:
            bare = Path(folder) / "bare.xlsx"
            book.workbook.save(bare)
            with_values(bare, target, names, book.shown)

    write_file(Path(path), write)


def identity(plan: Plan) -> str:
    """The SHA-256 of the plan's quantities, in hexadecimal."""
    lines = [f"{choice.key} {choice.quantity!r}" for choice in plan.choices]
    lines += [f"{key.operation.name} {key.index} {key.quarter} {quantity!r}" for key, quantity in plan.operations]
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def _sheets(book: Book, plan: Plan) -> dict[str, Sheet]:
    """Every sheet the plan needs, empty, in order."""
    horizon = plan.case.calendar.quarters
    axes = {False: Axis(horizon, len(horizon)), True: Axis(tail_quarters(plan), len(horizon)), None: None}
    needed = {"Options": bool(plan.case.of(Option)), "Budgets": bool(plan.case.of(Budget))}
    return {
        spec.name: book.sheet(
            spec.name,
            spec.title or plan.case.settings.title,
            spec.note,
            spec.group.value,
            axes[spec.to_the_end],
        )
        for spec in SHEETS
        if needed.get(spec.name, True)
    }


def _fill(sheets: dict[str, Sheet], plan: Plan, audited: Audit, book: Book, plan_hash: str) -> None:
    """Write every sheet after those it reads; the inputs last, when it is known which of them are live."""
    inputs = Inputs(plan.case, sheets["InputsTime"].axis)
    decided = write_decisions(sheets["Signings"], sheets["Quantities"], plan, inputs)
    money = write_money(sheets["CashWeights"], sheets["CashLines"], plan, decided, inputs)
    parts = write_capacity(sheets["CapacityWeights"], sheets["CapacityLines"], plan, decided, inputs)
    use = write_utilisation(sheets["Utilisation"], sheets["UseLines"], plan, decided, inputs, parts[Supply])
    capacity = write_capacity_sheet(sheets["Capacity"], plan, parts[Installed], use)
    value = write_present_value(sheets["PresentValue"], plan, inputs, money)
    contracts = write_by_contract(sheets["ByContract"], plan, value, money)
    views = Views(
        decided=decided,
        value=value,
        cash=write_cashflow(sheets["Cashflow"], plan, audited, value, money),
        contracts=contracts,
        commitments=write_commitments(sheets["Commitments"], plan, contracts, money),
        use=use,
        sites=write_power(sheets["Power"], plan.case, inputs, parts[Draw], parts[Energised]),
        service=write_service(sheets["Shortfall"], plan, decided, inputs, money),
        options=write_options(sheets["Options"], plan, decided, inputs) if "Options" in sheets else (),
        budgets=write_budgets(sheets["Budgets"], plan, decided, inputs, money) if "Budgets" in sheets else (),
        calculated=tuple(sheets[name] for name in CALCULATED),
    )
    write_contracts(sheets["Contracts"], plan, decided, inputs, money, parts[Installed])
    checks = write_checks(sheets["Checks"], plan, audited, views)
    rows = write_chart_data(sheets["ChartData"], plan, views, capacity)
    write_dashboard(sheets["Dashboard"], plan, views, capacity, checks, rows, sheets["ByContract"])
    contents = [sheet for name, sheet in sheets.items() if name != "Cover"]
    write_cover(sheets["Cover"], plan, book.run, (views.cash, views.commitments, checks), contents)
    inputs.write(sheets["Inputs"], sheets["InputsTime"])
    write_long(sheets["PlanLong"], plan)
    write_log(sheets["RunLog"], plan, audited, book.run, plan_hash)
    for spec in SHEETS:
        if spec.name in sheets:
            sheets[spec.name].finish(spec.repeat, spec.one_page)
    names = {"objective_solver": views.cash.reported, "objective_formula": views.cash.rebuilt}
    define_names(sheets["Cover"], {**names, "checks_pass": checks.master})


def _properties(book: Book, plan: Plan, plan_hash: str) -> None:
    """Say in the properties of the document which run it is of."""
    workbook = book.workbook
    workbook.properties.title = clean(plan.case.settings.title)
    workbook.properties.creator = "optimizer"
    workbook.properties.description = f"Run {book.run}"
    for name, text in (("run", book.run), ("case_hash", plan.result.case_hash), ("plan_hash", plan_hash)):
        workbook.custom_doc_props.append(StringProperty(name=name, value=text))
