"""Where a case is: a path, or the address of a database. Imports no database library."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlencode

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
HIDDEN = "***"
SHOWN_OPTIONS = (
    *("schema", "prefix"),
    *("host", "hostaddr", "port", "service", "sslmode", "sslrootcert", "target_session_attrs", "connect_timeout"),
    *("mode", "uri"),
)
"""Options that say where a database is and how it is reached, and are no secret: of this tool, PostgreSQL, SQLite."""


@dataclass(frozen=True)
class DatabaseUrl:
    """The address of a database, such as `sqlite:///case.db` or `postgresql://user@host/db?schema=planning`.

    `?schema=` names the schema its tables stand in, `?prefix=` is put before the name of every table; other options go
    to the driver. `text` may hold a password: neither `str()` nor `repr()` shows it. What is shown leads back, but for
    the password and what is `hidden`.
    """

    text: str = field(repr=False)

    def __str__(self) -> str:
        """The address without the password; options that may hold a secret are named, with `***` for their value."""
        scheme, _, rest = self.text.partition("://")
        user = re.split(r"[:/?#@]", rest, maxsplit=1)[0] + "@" if "@" in rest else ""
        known = [(name, value if name in SHOWN_OPTIONS else HIDDEN) for name, value in self._options()]
        options = urlencode(known, safe="*/,:") if self._location != HIDDEN else ""
        return f"{scheme}://{user}{self._location}{'?' if options else ''}{options}"

    @property
    def hidden(self) -> tuple[str, ...]:
        """What stands as `***` in an address that was kept as it was shown: it leads nowhere until it is given."""
        options = tuple(name for name, value in self._options() if value == HIDDEN)
        return ("host and database", *options) if self._location == HIDDEN else options

    @property
    def name(self) -> str:
        """The name of the database, fit for the name of a file: letters, digits, `-` and `_`."""
        last = unquote(self._location).replace("\\", "/").rpartition("/")[2]
        stem = last.removesuffix(Path(last).suffix)
        return re.sub(r"[^\w-]+", "_", stem).strip("_") or "database"

    @property
    def _location(self) -> str:
        """Host and database. Where it is not sure what belongs to a password, nothing is shown."""
        rest = self.text.partition("://")[2]
        if rest.rfind("@") > rest.find("?") >= 0:
            return HIDDEN
        return rest.rpartition("@")[2].partition("?")[0]

    def _options(self) -> list[tuple[str, str]]:
        return parse_qsl(self.text.rpartition("?")[2], keep_blank_values=True) if "?" in self.text else []


Source = Path | DatabaseUrl


def source(text: str) -> Source:
    """The address of a database where the text starts as a URL does, else a path."""
    return DatabaseUrl(text) if _URL.match(text) else Path(text)
