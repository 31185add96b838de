"""What the store keeps of a run, and the states a plan goes through."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class State(Enum):
    """draft -> approved -> superseded, or draft -> rejected."""

    DRAFT = "draft"
    APPROVED = "approved"
    SUPERSEDED = "superseded"
    REJECTED = "rejected"


@dataclass(frozen=True, kw_only=True)
class Told:
    """What is told of a run; money in USD.

    `key` identifies its inputs: the case as read, the date and the options. `case_hash` is that of the case as read,
    `solved_hash` that of the case as solved. `baseline` is the run whose approved plan it continues. `source` is
    where the case was read. `options`, `versions`, `timings` and `audit` are JSON.
    """

    key: str
    as_of: str
    case_hash: str
    solved_hash: str
    baseline: int | None
    title: str
    status: str
    stop: str
    objective: float | None
    bound: float | None
    gap: float | None
    material: bool
    summary: str
    options: str
    versions: str
    timings: str
    audit: str
    log: str
    source: str
    by: str


@dataclass(frozen=True, kw_only=True)
class Draft(Told):
    """A run to be kept, with its plan folder packed."""

    bundle: bytes


@dataclass(frozen=True, kw_only=True)
class Run(Told):
    """A run that is kept. `created` is in UTC; `sha256` is that of its packed plan folder."""

    number: int
    created: datetime
    state: State
    sha256: str


@dataclass(frozen=True)
class Event:
    """A change of state: when (UTC), to which, by whom and why."""

    run: int
    when: datetime
    state: State
    by: str
    why: str
