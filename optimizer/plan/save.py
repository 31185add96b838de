"""A plan as a folder of tables, and back: reports and audits run again from it without solving."""

import hashlib
import json
import platform
from collections.abc import Iterator
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from optimizer.catalog import catalog
from optimizer.errors import StaleError
from optimizer.files import write_text
from optimizer.ledger import keys
from optimizer.ledger.decision import Action, DecisionKey, Posting
from optimizer.ledger.keys import Cash, Category, Key
from optimizer.ledger.operation import Operation, OperationKey
from optimizer.load import load_case
from optimizer.plan.plan import Choice, Moved, Plan, Result, Seconds
from optimizer.plan.statements import nominal_by_category, present_value_by_category
from optimizer.plan.status import Status, StopReason
from optimizer.tables.csv_folder import read_folder, write_folder
from optimizer.tables.identity import content_hash
from optimizer.tables.quarter import Quarter
from optimizer.tables.raw import Cell, RawTable, Value
from optimizer.tables.record import Term
from optimizer.tables.unparse import raw_tables

SCHEMA, TREE_SCHEMA = "optimizer/plan@2", "optimizer/tree@1"
RECORD, TABLES, CASE = "plan.json", "tables", "case"
DECISIONS = ("id", "action", "contract", "quarter", "vintage", "site", "segment", "supplier", "unit", "quantity")
OPERATIONS = ("id", "operation", "dims", "index", "quarter", "unit", "integer", "quantity")
POSTINGS = (
    "id", "source", "supplier", "account", "site", "accelerator", "firm", "segment", "category", "cash", "service",
    "quarter", "quantity", "volume", "index", "table", "row", "column", "price", "amount",
)  # fmt: skip
_KEYS = {kind.__name__: kind for kind in (keys.Supply, keys.Installed, keys.Draw, keys.Energised, keys.Commitment)}
_JOIN = " | "


def save_plan(plan: Plan, folder: Path) -> None:
    """Write the case as solved and the plan's tables into `folder`; `plan.json` is written apart, last."""
    case = plan.case
    source = case.source or raw_tables(case.records, catalog(), case.calendar.quarters)
    write_folder(list(source), folder / CASE)
    ids: dict[object, str] = {}
    decided = [choice for choice in plan.choices if choice.key.action is not Action.PAID]
    paid = [choice for choice in plan.choices if choice.key.action is Action.PAID]
    decisions = [_decision_row(choice, f"D{i}", ids) for i, choice in enumerate(decided, 1)]
    payments = [_decision_row(choice, f"P{i}", ids) for i, choice in enumerate(paid, 1)]
    operations = [_operation_row(pair, f"O{i}", ids) for i, pair in enumerate(plan.operations, 1)]
    postings = [_posting_row(line, ids[line.what]) for line in plan.moved]
    write_folder(
        [
            _raw("decisions", DECISIONS, decisions),
            _raw("payments", DECISIONS, payments),
            _raw("operations", OPERATIONS, operations),
            _raw("postings", POSTINGS, postings),
        ],
        folder / TABLES,
    )


def write_record(plan: Plan, folder: Path) -> None:
    """Write `plan.json`, the mark of a complete plan folder, with the SHA-256 of every file of its case and tables."""
    write_text(folder / RECORD, json.dumps({**record(plan), "files": sealed(folder)}, indent=2) + "\n")


def sealed(folder: Path) -> dict[str, str]:
    """SHA-256 of each file of the case and the tables, by its path inside the plan folder."""
    files = tables_of(folder)
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def tables_of(folder: Path) -> tuple[Path, ...]:
    """The files of the case and the tables of a plan folder, in order of name."""
    return tuple(path for name in (CASE, TABLES) for path in sorted((folder / name).glob("*.csv")))


def record(plan: Plan) -> dict[str, Any]:
    """The document of `plan.json`. Money in USD, seconds by step."""
    result = asdict(plan.result)
    weights = {kind.label: value for kind, value in present_value_by_category(plan)}
    return {
        "schema": SCHEMA,
        "title": plan.case.settings.title,
        "currency": plan.case.settings.currency,
        **result,
        "versions": versions(plan.result),
        "totals": [
            {
                "category": kind.label,
                "cash": kind.cash,
                "within_horizon": inside,
                "after_horizon": beyond,
                "present_value": weights[kind.label],
            }
            for kind, inside, beyond in nominal_by_category(plan)
        ],
    }


def versions(result: Result) -> dict[str, str]:
    """The versions of what made a result."""
    return {
        "optimizer": result.version,
        result.solver: result.solver_version,
        "pyomo": version("pyomo"),
        "python": platform.python_version(),
    }


def load_plan(folder: str | Path) -> Plan:
    """The plan saved in `folder`, with the case as solved.

    Raises StaleError when the folder is no complete plan, when a file of its case or tables is not as it was written,
    or when its case is not the one the plan was made for.
    """
    folder = Path(folder)
    document = _document(folder)
    if document.get("schema") == TREE_SCHEMA:
        raise StaleError(f"{folder} is a plan of several scenarios. Fix: name one of them, as {folder}/scenarios/0001")
    if document.get("schema") != SCHEMA:
        raise StaleError(f"{folder}/{RECORD} has schema {document.get('schema')!r}, not {SCHEMA!r}. Fix: solve again")
    require_sealed(folder, document.get("files"), sealed(folder))
    case = load_case(folder / CASE)
    result = read_result(folder, document)
    if content_hash(case.records) != result.case_hash:
        raise StaleError(f"{folder}/{CASE} was changed after the plan was made. Fix: solve {folder}/{CASE} again")
    if result.objective is None:
        return Plan(case, result, (), (), ())
    try:
        choices, operations, moved = _quantities(folder)
    except (KeyError, ValueError, TypeError) as error:
        raise StaleError(f"{folder}/{TABLES} cannot be read ({error}). Fix: solve {folder}/{CASE} again") from error
    return Plan(case, result, choices, operations, moved)


def require_sealed(folder: Path, written: object, found: dict[str, str]) -> None:
    """Every file is as it was written: none changed, none missing, none added. Raises StaleError where one is."""
    known = written if isinstance(written, dict) else {}
    changed = sorted(name for name in {*known, *found} if known.get(name) != found.get(name))
    if changed:
        cure = f"restore the folder, or solve {folder}/{CASE} again"
        raise StaleError(f"{folder} was changed after the plan was made: {', '.join(changed)}. Fix: {cure}")


def _document(folder: Path) -> dict[str, Any]:
    """The record of a plan folder. Raises StaleError where there is none."""
    try:
        document = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or error
        raise StaleError(f"{folder} holds no complete plan ({RECORD}: {why}). Fix: solve the case again") from error
    if not isinstance(document, dict):
        raise StaleError(f"{folder} holds no complete plan ({RECORD} is no record). Fix: solve the case again")
    return document


def read_result(folder: Path, document: dict[str, Any]) -> Result:
    """What a record says of the search. Raises StaleError where it is not as it was written."""
    try:
        fields = {name: document[name] for name in Result.__dataclass_fields__}
        fields["status"], fields["stop"] = Status(document["status"]), StopReason(document["stop"])
        return Result(**fields | {"seconds": Seconds(**document["seconds"])})
    except (KeyError, TypeError, ValueError) as error:
        cure = f"restore the folder, or solve {folder}/{CASE} again"
        raise StaleError(f"{folder}/{RECORD} was changed after the plan was made ({error}). Fix: {cure}") from error


def _quantities(
    folder: Path,
) -> tuple[tuple[Choice, ...], tuple[tuple[OperationKey, float], ...], tuple[Moved, ...]]:
    tables = {table.name: table for table in read_folder(folder / TABLES)}
    what: dict[str, tuple[DecisionKey | OperationKey, float]] = {}
    choices, operations = [], []
    for row in (*_rows(tables["decisions"]), *_rows(tables["payments"])):
        choice = _choice(row)
        choices.append(choice)
        what[_text(row["id"])] = (choice.key, choice.quantity)
    for row in _rows(tables["operations"]):
        key = _operation(row)
        operations.append((key, _number(row["quantity"])))
        what[_text(row["id"])] = operations[-1]
    moved = tuple(_moved(row, what) for row in _rows(tables["postings"]))
    return tuple(choices), tuple(operations), moved


def _raw(name: str, header: tuple[str, ...], rows: list[tuple[Value, ...]]) -> RawTable:
    body = tuple(tuple(Cell(value, "") for value in row) for row in rows)
    return RawTable(name, tuple(Cell(column, "") for column in header), body, "")


def _rows(table: RawTable) -> Iterator[dict[str, Value]]:
    for row in table.rows:
        yield dict(zip(table.header, (cell.value for cell in row), strict=True))


def _text(value: Value) -> str:
    return "" if value is None else str(value)


def _number(value: Value) -> float:
    """A number of a table; `float` refuses what is none."""
    return float(value)  # type: ignore[arg-type]


def _decision_row(choice: Choice, number: str, ids: dict[object, str]) -> tuple[Value, ...]:
    key = choice.key
    ids[key] = number
    vintage = None if key.vintage is None else str(key.vintage)
    return (
        number, key.action.value, key.contract, str(key.quarter), vintage, key.site or None, key.segment or None,
        choice.supplier or None, choice.unit, choice.quantity,
    )  # fmt: skip


def _choice(row: dict[str, Value]) -> Choice:
    vintage = row["vintage"]
    key = DecisionKey(
        Action(row["action"]),
        _text(row["contract"]),
        Quarter.parse(_text(row["quarter"])),
        None if vintage is None else Quarter.parse(_text(vintage)),
        _text(row["site"]),
        _text(row["segment"]),
    )
    return Choice(key, _text(row["supplier"]), _text(row["unit"]), _number(row["quantity"]))


def _operation_row(pair: tuple[OperationKey, float], number: str, ids: dict[object, str]) -> tuple[Value, ...]:
    key, quantity = pair
    ids[key] = number
    operation = key.operation
    return (
        number, operation.name, _JOIN.join(operation.dims), json.dumps(key.index), str(key.quarter), operation.unit,
        operation.integer, quantity,
    )  # fmt: skip


def _operation(row: dict[str, Value]) -> OperationKey:
    dims = tuple(_text(row["dims"]).split(_JOIN))
    operation = Operation(_text(row["operation"]), dims, _text(row["unit"]), bool(row["integer"]))
    return OperationKey(operation, tuple(json.loads(_text(row["index"]))), Quarter.parse(_text(row["quarter"])))


def _posting_row(line: Moved, number: str) -> tuple[Value, ...]:
    key, posting = line.posting.key, line.posting
    category = key.category if isinstance(key, Cash) else None
    money = (None, None, None) if category is None else (category.label, category.cash, category.service)
    term = posting.term
    cell = (None, None, None, None) if term is None else (term.table, term.row, term.column, term.value)
    return (
        number, line.source, line.supplier or None, type(key).__name__,
        getattr(key, "site", None), getattr(key, "accelerator", None), getattr(key, "firm", None),
        getattr(key, "segment", None) or None,
        *money, str(posting.quarter), line.quantity, posting.volume, posting.index, *cell, line.amount,
    )  # fmt: skip


def _moved(row: dict[str, Value], what: dict[str, tuple[DecisionKey | OperationKey, float]]) -> Moved:
    term = None
    if row["table"] is not None:
        term = Term(_text(row["table"]), _text(row["row"]), _text(row["column"]), _number(row["price"]))
    posting = Posting(
        _key(row),
        Quarter.parse(_text(row["quarter"])),
        _number(row["volume"]),
        term,
        _number(row["index"]),
    )
    key, _ = what[_text(row["id"])]
    return Moved(key, _text(row["source"]), _text(row["supplier"]), _number(row["quantity"]), posting)


def _key(row: dict[str, Value]) -> Key:
    account = _text(row["account"])
    if account == Cash.__name__:
        return Cash(Category(_text(row["category"]), bool(row["cash"]), bool(row["service"])))
    kind = _KEYS[account]
    fields = {name: row[name] for name in kind.__dataclass_fields__}
    return kind(**{name: _text(value) if name != "firm" else bool(value) for name, value in fields.items()})  # type: ignore[arg-type]  # its own fields
