"""A tree to its plan by decomposition, on this machine's cores or on a cluster."""

from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event

from optimizer.case.case import Case
from optimizer.case.scenario import LeastCost
from optimizer.decompose.bundle import cut
from optimizer.decompose.checkpoint import Keeper, Owner
from optimizer.decompose.fleet import fleet
from optimizer.decompose.lshaped import LShaped
from optimizer.decompose.search import Found, Told
from optimizer.decompose.spared import least_expected
from optimizer.decompose.worker import Workshop
from optimizer.model.outcome import SolveOptions
from optimizer.plan.plan import Result
from optimizer.plan.tree import Branch
from optimizer.tables.identity import content_hash


@dataclass(frozen=True)
class Means:
    """What a search may use: the workers at an address, or this machine's; a file that keeps what it knows.

    `spare` asks for the second search where the case does not minimise expected cost.
    """

    cluster: str | None = None
    checkpoint: Path | None = None
    spare: bool = True


def decompose(
    case: Case, options: SolveOptions, template: Result, means: Means, told: Told, stop: Event | None
) -> tuple[Found, list[Branch]]:
    """What the search found, and the plan of every scenario if it found one; `template` is the result they share.

    Raises UsageError where no scheduler answers at the address or the file is another search's, OutputError where it
    cannot be written, FleetError where workers die again and again.
    """
    split = cut(case, single=not case.settings.risk_neutral)
    keeper = None
    if means.checkpoint is not None:
        asked = content_hash([row for row in case.records if not isinstance(row, LeastCost)])
        keeper = Keeper(means.checkpoint, Owner(asked, str(split.quarter), template.version))
    address = means.cluster
    told("starting workers" if address is None else f"joining the workers at {address}")
    with fleet(Workshop(case, split.quarter), options.threads, address) as workers:
        search = LShaped(split, workers, options, told, stop, keeper)
        found = search.run()
        if found.trunk is None:
            return found, []
        if means.spare and not search.search.aim.is_mean:
            search, found.detail = least_expected(search)
        return found, search.finished(replace(template, stop=found.stop))
