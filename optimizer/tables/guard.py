"""What a workbook must pass before any reader of workbooks sees it: hostile and foreign files are refused by name.

Every part is inflated as a stream with a limit and walked by an XML parser that stops at a DOCTYPE, so nothing is
believed that the file says about itself: not its sizes, not its dimensions, not the kinds of its parts.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.parsers import expat

from openpyxl.utils import column_index_from_string, range_boundaries
from openpyxl.utils.exceptions import InvalidFileException

from optimizer.errors import Finding, InputError

MEGABYTE = 1_000_000
MOST_BYTES = 50 * MEGABYTE
MOST_PARTS = 5_000
MOST_INFLATED = 400 * MEGABYTE
MOST_RATIO = 200
RATIO_FROM = 20 * MEGABYTE
MOST_ROWS = 200_000
MOST_COLUMNS = column_index_from_string("ZZ")
MOST_CELLS = 2_000_000
MOST_DEPTH = 100
_CHUNK = 1 << 16

DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    SyntaxError,
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    OverflowError,
    NotImplementedError,
    InvalidFileException,
)
"""What openpyxl and the XML parsers raise at malformed parts of a workbook."""

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENTITY = [word.encode(code) for word in ("<!DOCTYPE", "<!ENTITY") for code in ("utf-8", "utf-16-le", "utf-16-be")]
_UNCOMMON = tuple("<?xm".encode(code) for code in ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "cp037"))
_LONGEST_ENTITY = max(map(len, _ENTITY))
_ENCODING = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_CELL = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")
_MACROS = ("vbaproject", "activex", "macrosheets")
_MACRO_TYPES = re.compile(rb"macroEnabled|vbaProject|ms-excel\.macrosheet", re.IGNORECASE)
_LINK_TYPES = re.compile(rb"externalLink\+xml", re.IGNORECASE)


class _Refusal(Exception):
    """Why the file is refused; becomes the Finding of an InputError."""

    def __init__(self, found: str, expected: str, cure: str, part: str = "") -> None:
        super().__init__(found)
        self.finding = (found, expected, cure)
        self.part = part


def checked(path: Path) -> bytes:
    """The bytes of the workbook at `path`, once it is safe to parse. Raises InputError with one finding."""
    try:
        _check_name(path)
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise _Refusal(f"the file has {size / MEGABYTE:.0f} MB", f"at most {MOST_BYTES // MEGABYTE} MB", _SHRINK)
        content = path.read_bytes()
        _check_container(content)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_parts(archive)
            _check_contents(archive)
    except _Refusal as refusal:
        place = f"{path.name}, part {refusal.part}" if refusal.part else path.name
        raise InputError([Finding(place, *refusal.finding)]) from None
    except DAMAGED as error:
        found = f"the file cannot be opened ({error})"
        cure = "open it in Excel or LibreOffice and save it again"
        raise InputError([Finding(path.name, found, "an .xlsx workbook", cure)]) from error
    return content


_SHRINK = "keep the case in a workbook of its own"
_RESAVE = "open it in Excel or LibreOffice and save it again"
_UNTRUSTED = "do not open this file; ask its sender for the tables as CSV files"


def _check_name(path: Path) -> None:
    if path.name.startswith(("~$", ".~lock")):
        found = "this is the lock file of a workbook that is open"
        raise _Refusal(found, "the workbook itself", "name the workbook without the prefix, and close it first")


def _check_container(content: bytes) -> None:
    expected = "an .xlsx workbook"
    if content.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise _Refusal("the workbook is protected by a password", "a workbook without one", "remove the password")
        found = "this is an old Excel 97-2003 workbook (.xls)"
        raise _Refusal(found, expected, "open it and save it as 'Excel Workbook (.xlsx)'")
    if not content:
        raise _Refusal("the file is empty", expected, "name another file")
    if not content.startswith(b"PK"):
        if b"\x00" not in content[:4096]:
            cure = "name the folder that holds the CSV files, or save it as 'Excel Workbook (.xlsx)'"
            raise _Refusal("this is a text file, such as CSV, with the ending of a workbook", expected, cure)
        raise _Refusal("this is not a workbook", expected, "open it in Excel or LibreOffice and save it as .xlsx")


def _check_parts(archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    if len(parts) > MOST_PARTS:
        raise _Refusal(f"the workbook has {len(parts):,} parts", f"at most {MOST_PARTS:,}", _UNTRUSTED)
    seen: set[str] = set()
    for part in parts:
        name = part.orig_filename
        pieces = re.split(r"[/\\]", name)
        if name.startswith("/") or "\\" in name or ":" in name or "\x00" in name or ".." in pieces:
            raise _Refusal(f"the workbook has a part named {name!r}", "names inside the workbook", _UNTRUSTED)
        if name.casefold() in seen:
            raise _Refusal(f"the workbook has the part {name!r} twice", "each part once", _UNTRUSTED)
        seen.add(name.casefold())
        if part.flag_bits & 0x1:
            raise _Refusal("the workbook is protected by a password", "a workbook without one", "remove the password")
        if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _Refusal("the workbook uses an uncommon compression", "an ordinary workbook", _RESAVE)
        _check_kind(name.casefold())
    for needed in ("[content_types].xml", "_rels/.rels"):
        if needed not in seen:
            raise _Refusal("this is a zip file without a workbook in it", "an .xlsx workbook", "name another file")


def _check_kind(name: str) -> None:
    if any(word in name for word in _MACROS):
        raise _Refusal("the workbook holds macros or controls", "a workbook without code", _NO_MACROS)
    if "externallinks/" in name:
        raise _Refusal("the workbook links to other files", "a workbook that stands alone", _NO_LINKS)


_NO_MACROS = "save it as 'Excel Workbook (.xlsx)', which drops them"
_NO_LINKS = "in Excel choose Data > Edit Links > Break Link, and save it"


def _check_contents(archive: zipfile.ZipFile) -> None:
    """Inflate every part as a stream, count what comes out, and walk what is XML."""
    inflated = cells = 0
    for part in archive.infolist():
        walker = _Walker(part.filename, cells)
        size, tail = 0, b""
        for chunk in _chunks(archive, part):
            size += len(chunk)
            inflated += len(chunk)
            if inflated > MOST_INFLATED:
                found = f"the workbook inflates to more than {MOST_INFLATED // MEGABYTE} MB"
                raise _Refusal(found, f"at most {MOST_INFLATED // MEGABYTE} MB", _SHRINK, part.filename)
            if size > RATIO_FROM and size > MOST_RATIO * max(part.compress_size, 1):
                found = f"the part inflates more than {MOST_RATIO}-fold"
                raise _Refusal(found, "ordinary compression", _UNTRUSTED, part.filename)
            _check_bytes(part.filename, tail + chunk)
            tail = chunk[-_LONGEST_ENTITY:]
            walker.feed(chunk)
        walker.close()
        cells = walker.cells


def _chunks(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk


def _check_bytes(name: str, content: bytes) -> None:
    """Words that no workbook holds, in any encoding the XML parsers read."""
    if any(word in content for word in _ENTITY):
        raise _Refusal("the part declares a document type or an entity", "plain XML", _UNTRUSTED, name)
    if name.casefold() == "[content_types].xml":
        if _MACRO_TYPES.search(content):
            raise _Refusal("the workbook holds macros or controls", "a workbook without code", _NO_MACROS)
        if _LINK_TYPES.search(content):
            raise _Refusal("the workbook links to other files", "a workbook that stands alone", _NO_LINKS)


@dataclass
class _Extent:
    """The rectangle a sheet's cells span."""

    last_row: int = 0
    last_column: int = 0


class _Walker:
    """Walks one part with expat, if it is XML, and checks cells, rows, merged ranges and the stated dimension."""

    def __init__(self, name: str, cells: int) -> None:
        self.name = name
        self.cells = cells
        self.parser: expat.XMLParserType | None = None
        self.started = False
        self.depth = self.row = self.column = 0
        self.used = _Extent()
        self.stated: _Extent | None = None
        self.is_sheet = False

    def feed(self, chunk: bytes) -> None:
        if not self.started:
            self.started = True
            if _is_xml(self.name, chunk):
                self.parser = expat.ParserCreate(namespace_separator="}")
                self.parser.StartElementHandler = self._start
                self.parser.EndElementHandler = self._end
        self._walk(chunk, False)

    def close(self) -> None:
        self._walk(b"", True)
        stated, used = self.stated, self.used
        lies = stated is not None and (stated.last_row < used.last_row or stated.last_column < used.last_column)
        if lies and self.is_sheet:
            raise self._refusal("the sheet states a smaller range than its cells fill", "the true range", _RESAVE)

    def _walk(self, chunk: bytes, final: bool) -> None:
        if self.parser is None:
            return
        try:
            self.parser.Parse(chunk, final)
        except expat.ExpatError as error:
            if self.name.casefold().endswith(".vml"):  # Excel itself writes comment shapes that are not sound XML
                self.parser = None
                return
            raise self._refusal(f"the part is not sound XML ({error})", "sound XML", _RESAVE) from error

    def _refusal(self, found: str, expected: str, cure: str) -> _Refusal:
        return _Refusal(found, expected, cure, self.name)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise self._refusal(f"elements are nested more than {MOST_DEPTH} deep", "a flat part", _UNTRUSTED)
        match tag.rpartition("}")[2]:
            case "c":
                self._cell(attributes.get("r"))
            case "row":
                self._row(attributes.get("r"))
            case "dimension":
                self.stated = self._range(attributes.get("ref", ""), "dimension")
            case "mergeCell":
                self._range(attributes.get("ref", ""), "merged range")
            case "table" if "ref" in attributes:
                self._range(attributes["ref"], "table's range")
            case "worksheet":
                self.is_sheet = True

    def _end(self, tag: str) -> None:
        self.depth -= 1

    def _row(self, number: str | None) -> None:
        self.row = int(number) if number is not None and number.isdecimal() and len(number) < 9 else self.row + 1
        self.column = 0
        self._within(self.row, 1, "row")

    def _cell(self, reference: str | None) -> None:
        self.cells += 1
        if self.cells > MOST_CELLS:
            raise self._refusal(f"the workbook has more than {MOST_CELLS:,} cells", "the tables of one case", _SHRINK)
        if reference is None:
            self.column += 1
        else:
            match = _CELL.fullmatch(reference)
            if match is None:
                if not self.is_sheet:
                    return
                raise self._refusal(f"a cell is called {reference[:20]!r}", "a cell such as C7", _RESAVE)
            self.row, self.column = int(match[2]), column_index_from_string(match[1].upper())
        self._within(self.row, self.column, "cell")
        self.used.last_row = max(self.used.last_row, self.row)
        self.used.last_column = max(self.used.last_column, self.column)

    def _range(self, reference: str, what: str) -> _Extent:
        try:
            bounds = range_boundaries(reference.replace("$", ""))
        except (ValueError, TypeError) as error:
            raise self._refusal(f"the {what} is {reference[:40]!r}", "a range such as A1:F20", _RESAVE) from error
        first_column, first_row, last_column, last_row = bounds
        if None in bounds or first_column > last_column or first_row > last_row:
            raise self._refusal(f"the {what} is {reference[:40]!r}", "a range such as A1:F20", _RESAVE)
        self._within(last_row, last_column, what)
        area = (last_row - first_row + 1) * (last_column - first_column + 1)
        if what == "merged range":
            self.cells += area
            if self.cells > MOST_CELLS:
                raise self._refusal(f"merged ranges cover more than {MOST_CELLS:,} cells", "fewer", _SHRINK)
        return _Extent(last_row, last_column)

    def _within(self, row: int, column: int, what: str) -> None:
        if row > MOST_ROWS or column > MOST_COLUMNS:
            found = f"a {what} reaches row {row:,}, column {column:,}"
            expected = f"rows up to {MOST_ROWS:,} and columns up to ZZ"
            raise self._refusal(found, expected, "delete what stands far from the tables, and save it again")


def _is_xml(name: str, beginning: bytes) -> bool:
    """Whether the part is XML in UTF-8 or UTF-16; XML in another encoding is refused, whatever the part is called."""
    if beginning.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    stated = _ENCODING.match(beginning.removeprefix(b"\xef\xbb\xbf").lstrip())
    if stated and stated[1].lower() not in (b"utf-8", b"us-ascii", b"ascii"):
        raise _Refusal(f"the part is encoded as {stated[1].decode()}", "UTF-8", _RESAVE, name)
    if beginning.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
        return True
    if name.casefold().endswith((".xml", ".rels", ".vml")) or beginning.startswith(_UNCOMMON):
        raise _Refusal("the part is XML in an uncommon encoding", "UTF-8", _RESAVE, name)
    return False
