"""The containers of a case behind one door: an .xlsx workbook, a folder of CSV files, a SQL database."""

from collections.abc import Sequence

from optimizer.errors import Finding, InputError
from optimizer.tables.csv_folder import read_folder, write_folder
from optimizer.tables.quarter import Quarter
from optimizer.tables.raw import RawTable
from optimizer.tables.record import Record
from optimizer.tables.source import DatabaseUrl, Source
from optimizer.tables.template import write_workbook
from optimizer.tables.xlsx import read_workbook

_WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")


def read_raw(path: Source, catalog: Sequence[type[Record]]) -> list[RawTable]:
    """The tables of the workbook, CSV folder or database at `path`.

    What is wrong inside a table stays with the table, for `parse` to report. Raises InputError when there is no such
    file, when it is none of the three, or when it is refused before it is read.
    """
    if isinstance(path, DatabaseUrl):
        from optimizer.tables.sql import read_database

        return read_database(path, catalog)
    if path.is_dir():
        return read_folder(path)
    cure = "name an .xlsx workbook, a folder of CSV files, or a database such as sqlite:///case.db"
    if not path.exists():
        raise InputError([Finding(str(path), "there is no such file or folder", "a case", cure)])
    if path.suffix.lower() in _WORKBOOKS or path.name.startswith((".~lock", "~$")):
        return read_workbook(path, catalog)
    if path.suffix.lower() == ".csv":
        cure = "name the folder that holds the CSV files"
    raise InputError([Finding(str(path), "the file is not a workbook", "a case", cure)])


def write_raw(
    tables: Sequence[RawTable], path: Source, catalog: Sequence[type[Record]], quarters: Sequence[Quarter]
) -> None:
    """Write the tables into a database, an .xlsx workbook, or else a folder of CSV files.

    `quarters` are the horizon, for workbook sheets of tables that are not given. Raises InputError when a table holds
    what could not be read, so that nothing is lost without a word; OutputError when the target cannot be written.
    """
    errors = [finding for table in tables for finding in table.errors()]
    if errors:
        raise InputError(errors)
    if isinstance(path, DatabaseUrl):
        from optimizer.tables.sql import write_database

        write_database(tables, path, catalog)
    elif path.suffix.lower() == ".xlsx":
        write_workbook(catalog, tables, quarters, path)
    else:
        write_folder(tables, path)
