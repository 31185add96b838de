"""A case with stated uncertainty about all of its demand, spot prices and power, for tests and benchmarks."""

from dataclasses import replace

from optimizer.case.case import Case
from optimizer.case.uncertainty import Process, Uncertainty
from optimizer.case.world import Demand, SitePower
from optimizer.contracts.spot import SpotPrice
from optimizer.tables.record import Record


def stated(case: Case) -> Case:
    """The case with a walk on every demand, a reversion on every spot price and a slip of all power."""
    walks = (replace(_about(row, Process.WALK), volatility=0.2) for row in case.of(Demand))
    reversions = (
        replace(_about(row, Process.REVERSION), volatility=0.4, reversion_speed=1.0) for row in case.of(SpotPrice)
    )
    slips = (replace(_about(row, Process.SLIP), on_time=(0.6, 0.9, 1.0)) for row in case.of(SitePower))
    return Case((*case.records, *walks, *reversions, *slips))


def _about(row: Record, process: Process) -> Uncertainty:
    table = row.TABLE.name
    return Uncertainty(uncertainty=f"{table} {row.name}", table=table, row=row.name, process=process)
