"""The stress test of a plan: futures drawn by the thousand, the plan kept in each, the rest reacting.

Futures are played by worker processes on all cores or on a cluster, and each is written down as it comes. A test that
is stopped has the futures 1 to n that were played without a gap: which of them come first does not depend on how long
they took, so that they are a fair sample. What was played beyond is not forgotten when the test goes on.
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from optimizer.case.case import Case
from optimizer.case.uncertainty import Uncertainty
from optimizer.contracts.contract import Contract
from optimizer.decompose.spread import spread
from optimizer.errors import UsageError
from optimizer.model import highs
from optimizer.model.outcome import available_threads
from optimizer.plan.diff import HIDDEN
from optimizer.plan.status import Status
from optimizer.plan.tree import AnyPlan, TreePlan
from optimizer.stress.drivers import Driver
from optimizer.stress.journal import Journal
from optimizer.stress.kept import Kept, keep
from optimizer.stress.play import CALM, Stage, play
from optimizer.stress.result import End, Played, Stress
from optimizer.stress.summary import proven
from optimizer.uncertainty.sampler import Sampler

WORTH_WORKERS = 5.0
"""Seconds of work below which starting workers takes longer than they save."""
PIECES, LARGEST_PIECE = 100, 20
"""Pieces of work, if there are as many futures, and most futures in one."""


@dataclass(frozen=True)
class Asked:
    """What is asked of a stress test; `until` is the last quarter whose commitments are kept too, or `end`.

    Blank gap and seconds of each future are the case's own, blank workers one a core. `relaxed` reacts in shares.
    """

    draws: int = 1000
    seed: int = 0
    until: str | None = None
    gap: float | None = None
    seconds: float | None = None
    relaxed: bool = False
    workers: int | None = None
    cluster: str | None = None

    def __post_init__(self) -> None:
        if self.draws < 2:
            raise UsageError(f"a stress test needs at least 2 futures; --draws is {self.draws}. Fix: draw more")


@dataclass(frozen=True)
class Tally:
    """How many futures are played, `new` of them by this run in so many seconds."""

    done: int
    asked: int
    new: int
    seconds: float


Told = Callable[[str | Tally], None]


def stress(plan: AnyPlan, asked: Asked, told: Told, folder: Path | None = None) -> Stress:
    """Play the futures of a plan; those that the folder knows are not played again. Ctrl-C keeps what was played.

    What time ended before it was solved or proven within the gap is played again: there may be more time now.
    Raises UsageError for a case that states no uncertainty, StaleError for a folder of another test, AuditError where
    a reaction does not pass its audit, FleetError where workers die again and again.
    """
    began = time.perf_counter()
    stage = _stage(plan, asked)
    identity = _identity(plan, stage)
    journal = None if folder is None else Journal(folder, identity)
    known = {} if journal is None else _proven(journal.known.values(), stage.gap)
    told("playing the future as the case says")
    calm = known.get(CALM) or stage.play(CALM)
    took = time.perf_counter() - began
    known[CALM] = calm
    if journal is not None and calm is not journal.known.get(CALM):
        journal.add([calm])
    left = [number for number in range(1, asked.draws + 1) if number not in known]
    old, new, start = asked.draws - len(left), 0, time.perf_counter()
    try:
        for found in _each(stage, left, asked, took, told):
            known |= {one.number: one for one in found}
            if journal is not None:
                journal.add(found)
            if not new:
                told("playing futures")
            new += len(found)
            told(Tally(old + new, asked.draws, new, time.perf_counter() - start))
    except KeyboardInterrupt:
        told("stopped: looking at what was played")
    return _found(plan, asked, stage, identity, known, time.perf_counter() - began)


def _proven(played: Iterable[Played], asked: float) -> dict[int, Played]:
    """Futures, by number, that more time would tell no more of."""
    return {one.number: one for one in played if one.end is not End.UNSOLVED and proven(one, asked)}


def _stage(plan: AnyPlan, asked: Asked) -> Stage:
    if not plan.case.of(Uncertainty):
        cure = "fill the table uncertainties and solve again"
        raise UsageError(f"the case of the plan states no uncertainty, so there is no future to draw. Fix: {cure}")
    differs = plan.case.calendar.first + min(Sampler(plan.case, asked.seed).starts)
    template = replace(plan.result, status=Status.SCENARIO, bound=None, gap=None, detail="a future", replanned="")
    kept = keep(plan, differs, asked.until)
    settings = plan.case.settings
    within = settings.mip_gap if asked.gap is None else asked.gap
    seconds = settings.time_limit_seconds if asked.seconds is None else asked.seconds
    return Stage(plan.case, kept, asked.seed, within, seconds, asked.relaxed, template)


def _identity(plan: AnyPlan, stage: Stage) -> str:
    """A hash of all that the result of a future depends on, but for its number."""
    kept = stage.kept
    said = [
        plan.result.case_hash,
        sorted([repr(key), amount] for key, amount in kept.quantities.items()),
        [str(kept.differs), str(kept.until), stage.seed, stage.gap, stage.relaxed],
        [highs.version(), plan.result.version],
    ]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _each(stage: Stage, left: Sequence[int], asked: Asked, took: float, told: Told) -> Iterator[list[Played]]:
    """The futures as they are played, in pieces; in this process where workers would take longer to start."""
    workers = asked.workers or available_threads()
    if asked.cluster is not None:
        told(f"joining the workers at {asked.cluster}")
    elif asked.workers is None and took * len(left) < WORTH_WORKERS:
        workers = 1
    elif workers > 1:
        told(f"starting {workers} workers")
    size = max(1, min(LARGEST_PIECE, len(left) // PIECES))
    pieces = [(left[at : at + size],) for at in range(0, len(left), size)]
    for _, found in spread(stage, play, pieces, workers, asked.cluster):
        yield found


def _found(
    plan: AnyPlan, asked: Asked, stage: Stage, identity: str, known: dict[int, Played], seconds: float
) -> Stress:
    played = []
    for number in range(1, asked.draws + 1):
        if number not in known:
            break
        played.append(known[number])
    settings, calendar = plan.case.settings, plan.case.calendar
    return Stress(
        settings.title, settings.currency, identity, asked.seed, asked.draws, stage.gap, asked.relaxed,
        settings.risk_tail, stage.kept.differs, stage.kept.until, calendar.quarters,
        _planned(plan), _shown(stage.kept), _units(plan.case), known[CALM], tuple(played),
        _drivers(stage, len(played)), seconds,
    )  # fmt: skip


def _planned(plan: AnyPlan) -> float:
    """What the plan costs, USD; of a tree the mean of its scenarios, whatever is minimised over them."""
    return plan.expected if isinstance(plan, TreePlan) else plan.cost


def _drivers(stage: Stage, count: int) -> tuple[Driver, ...]:
    """The uncertainties with a chance of their own, and their states in the first futures."""
    sampler = stage.sampler
    states = sampler.states(range(1, count + 1)) if count else np.zeros((0, len(sampler.stated), 0))
    return tuple(
        Driver(stated.uncertainty, stated.process, first, states[:, at])
        for at, (stated, first) in enumerate(zip(sampler.stated, sampler.starts, strict=True))
        if not stated.moves_with
    )


def _units(case: Case) -> dict[tuple[str, str], str]:
    """What decisions count, by action and contract."""
    offered = (decision for contract in case.of(Contract) for decision in contract.decisions(case))
    return {(one.key.action.value, one.key.contract): one.unit for one in offered}


def _shown(kept: Kept) -> tuple[tuple[str, str, str, float], ...]:
    """Kept decisions: action, contract, quarter, quantity; what is bought by the hour names site and load segment."""
    rows = [
        (key.action.value, ", ".join(filter(None, (key.contract, key.site, key.segment))), str(key.quarter), amount)
        for key, amount in kept.decisions()
        if key.action not in HIDDEN
    ]
    return tuple(sorted(rows, key=lambda row: row[2]))
