"""What is announced, and how it fails."""

from dataclasses import dataclass
from typing import Any

from optimizer.errors import OutputError


class AnnounceError(OutputError):
    """An announcement that was not taken."""


@dataclass(frozen=True)
class Announcement:
    """A subject of one line, a text for people, and a JSON document for programs."""

    subject: str
    text: str
    document: dict[str, Any]

    @property
    def line(self) -> str:
        """The subject without marks that would end a header."""
        return "".join(mark if mark.isprintable() else " " for mark in self.subject)[:200]
