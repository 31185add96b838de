"""Values into cells: user text stays text, numbers keep every bit."""

import re
from datetime import date, datetime
from math import isfinite

from openpyxl.cell import Cell as SheetCell

from optimizer.errors import Finding, InputError
from optimizer.tables.csv_folder import QUOTED_STARTS
from optimizer.tables.raw import Cell
from optimizer.tables.template.style import DATE_FORMAT

LONGEST_TEXT = 32_767
FIRST_DATE = date(1901, 1, 1)
_TO_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)|[\x00-\x08\x0b-\x1f\ufffe\uffff]")


def put(target: SheetCell, cell: Cell) -> None:
    """Write the value of a raw cell. Raises InputError for what a workbook cannot hold."""
    value = cell.value
    if value is None:
        return
    if isinstance(value, bool):
        target.value = value
    elif isinstance(value, int | float):
        if not isfinite(value):
            raise InputError([Finding(cell.place, f"the value is {value}", "a finite number", "correct the figure")])
        target.value = repr(value)  # openpyxl would round a float to 16 digits
        target.data_type = "n"
    elif isinstance(value, date | datetime):
        if (value.date() if isinstance(value, datetime) else value) < FIRST_DATE:
            raise InputError(
                [Finding(cell.place, f"the date is {value}", f"a date from {FIRST_DATE} on", "correct it")]
            )
        target.value = value
        target.number_format = DATE_FORMAT
    else:
        put_text(target, value, cell.place)


def put_text(target: SheetCell, text: str, place: str = "") -> None:
    """Write text as text: it never becomes a formula, an error or a number."""
    escaped = _TO_ESCAPE.sub(lambda match: f"_x{ord(match[0]):04X}_", text)
    if len(escaped) > LONGEST_TEXT:
        found = f"the text has {len(text):,} characters"
        raise InputError([Finding(place, found, f"at most {LONGEST_TEXT:,}, the limit of a workbook", "shorten it")])
    target.value = escaped
    target.data_type = "s"
    if text.startswith(QUOTED_STARTS):
        target.quotePrefix = True
