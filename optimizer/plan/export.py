"""A saved plan as tables of a database, which hold many plans: each row says whose it is."""

import hashlib
import json
from pathlib import Path

from optimizer.plan.plan import Plan
from optimizer.plan.save import TABLES, sealed
from optimizer.tables.csv_folder import read_folder
from optimizer.tables.raw import Cell, RawTable, Value

KEY = "plan_id"
PLANS = "plans"
NUMBERS = frozenset(
    {
        (PLANS, "objective"), (PLANS, "bound"), (PLANS, "gap"), ("plan_decisions", "quantity"),
        ("plan_payments", "quantity"), ("plan_operations", "quantity"), ("plan_postings", "quantity"),
        ("plan_postings", "volume"), ("plan_postings", "index"), ("plan_postings", "price"),
        ("plan_postings", "amount"), ("plan_contract_commitments", "ContractCommitmentCost"),
        ("plan_contract_commitments", "ContractCommitmentQuantity"),
    }
)  # fmt: skip
"""(table, column) of the numbers."""
FLAGS = frozenset(
    {
        ("plan_operations", "integer"), ("plan_postings", "firm"), ("plan_postings", "cash"),
        ("plan_postings", "service"),
    }
)  # fmt: skip
"""(table, column) of what is true or false; every other column is text."""


def plan_id(folder: Path) -> str:
    """The SHA-256 of a plan folder's case and tables: the same plan has the same name wherever it is."""
    return hashlib.sha256(json.dumps(sealed(folder), sort_keys=True).encode()).hexdigest()


def plan_tables(plan: Plan, folder: Path) -> list[RawTable]:
    """The row of the plan itself, then its tables under names of their own. `folder` is where the plan was loaded."""
    tables = [] if plan.result.objective is None else read_folder(folder / TABLES)
    return [_summary(plan), *(renamed(table) for table in tables)]


def renamed(table: RawTable) -> RawTable:
    """The table under the name it has among those of many plans."""
    return RawTable(f"plan_{table.name}", table.columns, table.rows, table.place, table.findings)


def _summary(plan: Plan) -> RawTable:
    result, settings = plan.result, plan.case.settings
    told: tuple[tuple[str, Value], ...] = (
        ("title", settings.title),
        ("as_of", str(plan.case.calendar.as_of)),
        ("status", str(result.status)),
        ("objective", result.objective),
        ("bound", result.bound),
        ("gap", result.gap),
        ("currency", settings.currency),
        ("case_hash", result.case_hash),
        ("solver", f"{result.solver} {result.solver_version}"),
        ("version", result.version),
    )
    return RawTable(
        PLANS, tuple(Cell(name, "") for name, _ in told), (tuple(Cell(value, "") for _, value in told),), ""
    )
