"""A tree to its plan by decomposition, on this machine's cores or on a cluster."""

from threading import Event

from optimizer.case.case import Case
from optimizer.decompose.bundle import cut
from optimizer.decompose.fleet import fleet
from optimizer.decompose.lshaped import Found, LShaped, Told
from optimizer.decompose.worker import Workshop
from optimizer.model.outcome import SolveOptions
from optimizer.plan.plan import Result
from optimizer.plan.tree import Branch


def decompose(
    case: Case, options: SolveOptions, template: Result, address: str | None, told: Told, stop: Event | None
) -> tuple[Found, list[Branch]]:
    """What the search found, and the plan of every scenario if it found one; `template` is the result they share.

    Raises UsageError where no scheduler answers at the address, FleetError where workers die again and again.
    """
    split = cut(case, single=case.settings.risk_counts)
    told("starting workers" if address is None else f"joining the workers at {address}")
    with fleet(Workshop(case, split.quarter), options.threads, address) as workers:
        search = LShaped(split, workers, options, told, stop)
        found = search.run()
        if found.trunk is None:
            return found, []
        return found, search.finished(template, options.gap / 4.0)
