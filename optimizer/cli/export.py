"""`optimizer export`: a plan's tables into a database, its commitments into a FOCUS file."""

import argparse
import csv
import io

from optimizer.errors import Exit, StaleError, UsageError
from optimizer.files import write_text
from optimizer.plan.audit import audit, require
from optimizer.plan.export import FLAGS, KEY, NUMBERS, plan_id, plan_tables, renamed
from optimizer.plan.save import load_plan
from optimizer.report.focus import focus_table
from optimizer.tables.raw import RawTable
from optimizer.tables.source import DatabaseUrl


def run(arguments: argparse.Namespace) -> Exit:
    """Export an audited plan; a plan that is already in the database is not written again."""
    if arguments.to is None and arguments.focus is None:
        raise UsageError("nothing to export to. Fix: give --to URL, --focus FILE.csv, or both")
    if arguments.to is not None and not isinstance(arguments.to, DatabaseUrl):
        raise UsageError(f"--to {arguments.to} is not the address of a database. Fix: write it like sqlite:///plans.db")
    plan = load_plan(arguments.plan)
    if plan.result.objective is None:
        raise StaleError(f"{arguments.plan} holds no plan ({plan.result.status}): there is nothing to export")
    require(audit(plan.case, plan))
    table = focus_table(plan)
    if arguments.focus is not None:
        write_text(arguments.focus, _csv(table))
        print(arguments.focus)
    if arguments.to is not None:
        from optimizer.tables.sql import append

        name = plan_id(arguments.plan)
        tables = [*plan_tables(plan, arguments.plan), renamed(table)]
        new = append(tables, arguments.to, KEY, name, NUMBERS, FLAGS)
        print(f"{arguments.to} {'has' if new else 'already had'} plan {name}")
    return Exit.DONE


def _csv(table: RawTable) -> str:
    """Plain CSV of the layout: money with two digits. Texts that a spreadsheet would calculate are marked as text."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(table.header)
    writer.writerows([_field(cell.value) for cell in row] for row in table.rows)
    return stream.getvalue()


def _field(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.2f}"
    text = str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
