"""The job that a scheduler runs: one replan, when, where, and with which words."""

import re
from dataclasses import dataclass
from enum import Enum
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from optimizer.errors import UsageError

_NAME = re.compile(r"[a-z][a-z0-9-]{0,40}[a-z0-9]")
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_SECRET_OPTIONS = ("password", "passwd", "sslpassword", "token", "key", "secret")
PLAIN_ADDRESSES = ("sqlite", "postgresql", "postgres", "postgresql+psycopg", "mailto")


class Every(Enum):
    """How often the job runs."""

    QUARTER = "quarter"
    DAY = "day"


@dataclass(frozen=True)
class Manifest:
    """A file to be put where the scheduler looks for it."""

    name: str
    text: str


@dataclass(frozen=True)
class Job:
    """One replan. `program` starts the optimizer, `words` follow it; times are of the clock in `timezone`.

    `folder` is where it runs, `environment` a file of `NAME=value` lines with its secrets. Raises UsageError for a
    name, time or zone that no scheduler takes, for control characters, and for a secret on the command line.
    """

    name: str
    program: tuple[str, ...]
    words: tuple[str, ...]
    folder: str
    every: Every = Every.QUARTER
    at: str = "06:00"
    timezone: str = "UTC"
    environment: str | None = None

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise UsageError(
                f"--name {self.name!r} is not a name of 2 to 42 small letters, digits and hyphens that starts with a "
                "letter. Fix: name the job so, such as cluster-replan"
            )
        if not _TIME.fullmatch(self.at):
            raise UsageError(f"--at {self.at!r} is not a time of day such as 06:00")
        _check_zone(self.timezone)
        for text in (*self.program, *self.words, self.folder, self.environment or ""):
            _check_text(text)

    @property
    def command(self) -> tuple[str, ...]:
        """Program and words, by the clock of the zone, which says what quarter it is today."""
        return ("/usr/bin/env", f"TZ={self.timezone}", *self.program, *self.words)

    @property
    def clock(self) -> tuple[int, int]:
        """Hour and minute."""
        hour, minute = self.at.split(":")
        return int(hour), int(minute)

    @property
    def description(self) -> str:
        """What the job does, in words that hold nothing of the user's."""
        return "Replan the purchase of clusters from the approved plan"

    def cron_days(self, catch_up: bool) -> str:
        """Day, month and weekday of a cron line. To catch up, the first week of a quarter asks once a day."""
        if self.every is Every.DAY:
            return "* * *"
        return "1-7 1,4,7,10 *" if catch_up else "1 1,4,7,10 *"


def _check_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UsageError(f"--timezone {name!r} is not a time zone such as UTC or Europe/Berlin") from error


def _check_text(text: str) -> None:
    """No control characters, which end a line or worse, and nothing that others can read in a list of processes."""
    if not text.isprintable():
        raise UsageError(f"{text!r} holds control characters. Fix: rename it")
    if "://" in text or text.startswith("mailto:"):
        _check_address(text)


def _check_address(text: str) -> None:
    try:
        parts = urlsplit(text)
        secret = parts.password is not None or any(
            name.lower() in _SECRET_OPTIONS for name, _ in parse_qsl(parts.query, keep_blank_values=True)
        )
    except ValueError:
        secret = True
    if secret:
        raise UsageError(
            "an address with a password would stand in the schedule for others to read. Fix: leave --store out and "
            "set OPTIMIZER_STORE in the environment of the job (--environment or --secret), or use PGPASSWORD there"
        )
    if parts.scheme not in PLAIN_ADDRESSES:
        raise UsageError(
            f"an address of a webhook is a secret of its own. Fix: set it in the environment of the job, such as "
            f"HOOK={parts.scheme}://..., and announce to env:HOOK"
        )
