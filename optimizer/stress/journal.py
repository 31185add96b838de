"""Futures that were played, kept on disk as they come: a stress test that was stopped goes on where it stopped.

One line of JSON a future, appended and flushed, in the order in which they were played. A line that a crash cut short
is dropped; a journal of another test is refused.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from optimizer.errors import OutputError, StaleError
from optimizer.stress.result import Breach, End, Played, Taken

NAME = "futures.jsonl"
SCHEMA = "optimizer/futures@1"
HEAD = json.dumps({"schema": SCHEMA})[:-1].encode()
CURE = "delete it, or choose another folder with --out"


class Journal:
    """The journal of one stress test in a folder. Raises StaleError for a folder with that of another test."""

    def __init__(self, folder: Path, identity: str) -> None:
        self.path, self.identity = folder / NAME, identity
        self.known = self._read()

    def add(self, played: Iterable[Played]) -> None:
        """Append futures. Raises OutputError where the folder cannot be written."""
        lines = [json.dumps(_document(one)) + "\n" for one in played]
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8", newline="\n") as stream:
                if not stream.tell():
                    stream.write(json.dumps({"schema": SCHEMA, "identity": self.identity}) + "\n")
                stream.writelines(lines)
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            cure = "free some space, or choose another folder with --out"
            raise OutputError(f"cannot write {self.path}: {error.strerror or error}. Fix: {cure}") from error

    def _read(self) -> dict[int, Played]:
        """What the file knows. A line that was cut short is dropped from a file that is ours, and from no other."""
        if not self.path.exists():
            return {}
        try:
            content = self.path.read_bytes()
        except OSError as error:
            raise OutputError(f"cannot read {self.path}: {error.strerror}. Fix: choose another folder") from error
        whole = content[: content.rfind(b"\n") + 1]
        if not whole and not HEAD.startswith(content[: len(HEAD)]):
            raise StaleError(f"{self.path} is no journal of a stress test. Fix: {CURE}")
        try:
            head, *documents = [json.loads(line) for line in whole.decode("utf-8").splitlines()] or [None]
            found = {one.number: one for one in map(_played, documents)}
        except (ValueError, KeyError, TypeError) as error:
            raise StaleError(f"{self.path} cannot be read ({error}). Fix: {CURE}") from error
        if whole and head != {"schema": SCHEMA, "identity": self.identity}:
            raise StaleError(f"{self.path} belongs to another plan, seed or question. Fix: {CURE}")
        if whole != content:
            self._shorten(len(whole))
        return found

    def _shorten(self, size: int) -> None:
        try:
            with self.path.open("rb+") as stream:
                stream.truncate(size)
        except OSError as error:
            raise OutputError(f"cannot write {self.path}: {error.strerror}. Fix: choose another folder") from error


def _document(played: Played) -> dict[str, Any]:
    return {**asdict(played), "end": played.end.name}


def _played(document: dict[str, Any]) -> Played:
    parts = {
        "end": End[document["end"]],
        "short": tuple(document["short"]),
        "due": tuple(document["due"]),
        "breaches": tuple(Breach(**one) for one in document["breaches"]),
        "taken": tuple(Taken(**one) for one in document["taken"]),
        "missed": tuple(document["missed"]),
    }
    return Played(**{**document, **parts})
