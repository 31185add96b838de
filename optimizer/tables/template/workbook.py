"""The whole input workbook, written in one go."""

from collections.abc import Sequence
from pathlib import Path

from openpyxl import Workbook
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.workbook.protection import WorkbookProtection

from optimizer.errors import Finding, InputError
from optimizer.files import write_file
from optimizer.tables.columns import Kind
from optimizer.tables.quarter import Quarter
from optimizer.tables.raw import RawTable
from optimizer.tables.record import Record, columns_of
from optimizer.tables.template.checks import add_checks_sheet
from optimizer.tables.template.layout import lay_out
from optimizer.tables.template.readme import add_readme_sheet
from optimizer.tables.template.sheet import add_table_sheet
from optimizer.tables.template.validation import LIST_PREFIX


def write_workbook(
    catalog: Sequence[type[Record]], raw_tables: Sequence[RawTable] | None, quarters: Sequence[Quarter], path: Path
) -> None:
    """Write a blank workbook (no `raw_tables`), or one filled with these tables; `quarters` are the horizon.

    Every table of the catalog gets a sheet. Raises InputError when a given table is not in the catalog, or holds what
    a workbook cannot; OutputError when the file cannot be written.
    """
    given = _given(catalog, raw_tables)
    layouts = [lay_out(record, given.get(record.TABLE.name), quarters) for record in catalog]
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    add_readme_sheet(workbook, layouts)
    for layout in layouts:
        add_table_sheet(workbook, layout)
        if any(column.kind is Kind.KEY for _, column in columns_of(layout.record)):
            name = LIST_PREFIX + layout.name
            workbook.defined_names[name] = DefinedName(name, attr_text=layout.range_of(layout.keys[0]))
    add_checks_sheet(workbook, layouts, quarters)
    workbook.security = WorkbookProtection(lockStructure=True)
    workbook.calculation.fullCalcOnLoad = True
    write_file(Path(path), workbook.save)


def _given(catalog: Sequence[type[Record]], raw_tables: Sequence[RawTable] | None) -> dict[str, RawTable]:
    names = [record.TABLE.name for record in catalog]
    given: dict[str, RawTable] = {}
    for table in raw_tables or ():
        if table.name not in names:
            found = f"there is no table '{table.name}'"
            raise InputError([Finding(table.place, found, f"one of {', '.join(names)}", "rename or delete it")])
        if table.name in given:
            found = f"the table '{table.name}' is given twice"
            raise InputError([Finding(table.place, found, "each table once", "delete one of the two")])
        given[table.name] = table
    return given
