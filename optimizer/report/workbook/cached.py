"""Cached values: openpyxl writes formulas without what they show; this puts the values into the finished file.

Readers that do not calculate (pandas, Power Query, previews) see these values. All other parts of the file stay as
they are, byte for byte.
"""

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import escape

Shown = Mapping[str, float | str]
_FORMULA = re.compile(rb'<c r="([A-Z]+[0-9]+)"((?: s="[0-9]+")?)[^>]*>(<f>.*?</f>)<v\s*/?>(?:</v>)?</c>', re.DOTALL)
SHEET = re.compile(r"xl/worksheets/sheet([0-9]+)\.xml")


def with_values(source: Path, target: Path, sheets: list[str], shown: Mapping[str, Shown]) -> None:
    """Copy a workbook that openpyxl wrote, filling the value of every formula.

    `sheets` are the names of the sheets in the order of the file, `shown` the values by sheet and address. Raises
    KeyError for a formula without a value.
    """
    with (
        zipfile.ZipFile(source) as before,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as after,
    ):
        for part in before.infolist():
            content = before.read(part.filename)
            match = SHEET.fullmatch(part.filename)
            if match:
                content = fill(content, shown[sheets[int(match[1]) - 1]])
            after.writestr(part.filename, content)


def fill(content: bytes, shown: Shown) -> bytes:
    """The XML of a sheet with the value of every formula."""

    def cell(match: re.Match[bytes]) -> bytes:
        address, style, formula = match[1], match[2], match[3]
        value = shown[address.decode()]
        if isinstance(value, str):
            text = escape(value).encode()
            return b'<c r="%b"%b t="str">%b<v>%b</v></c>' % (address, style, formula, text)
        return b'<c r="%b"%b>%b<v>%b</v></c>' % (address, style, formula, repr(float(value) + 0.0).encode())

    return _FORMULA.sub(cell, content)
