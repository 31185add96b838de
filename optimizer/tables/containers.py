"""The two containers of a case, an .xlsx workbook and a folder of CSV files, behind one door."""

from collections.abc import Sequence
from pathlib import Path

from optimizer.errors import Finding, InputError
from optimizer.tables.csv_folder import read_folder
from optimizer.tables.raw import RawTable
from optimizer.tables.record import Record
from optimizer.tables.xlsx import read_workbook


def read_raw(path: Path, catalog: Sequence[type[Record]]) -> list[RawTable]:
    """The tables of the workbook or CSV folder at `path`.

    What is wrong inside a table stays with the table, for `parse` to report. Raises InputError when there is no such
    file, when it is neither container, or when it is refused before it is read.
    """
    path = Path(path)
    if path.is_dir():
        return read_folder(path)
    cure = "name an .xlsx workbook or a folder of CSV files"
    if not path.exists():
        raise InputError([Finding(str(path), "there is no such file or folder", "a case", cure)])
    if path.suffix.lower() in (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods") or path.name.startswith((".~lock", "~$")):
        return read_workbook(path, catalog)
    if path.suffix.lower() == ".csv":
        cure = "name the folder that holds the CSV files"
    raise InputError([Finding(str(path), "the file is not a workbook", "a case", cure)])
