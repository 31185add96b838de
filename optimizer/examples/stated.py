"""A case with stated uncertainty about all of its demand, spot prices and power, for tests and benchmarks."""

from optimizer.case.case import Case
from optimizer.case.uncertainty import Process, Uncertainty
from optimizer.case.world import Demand, SitePower
from optimizer.contracts.spot import SpotPrice


def stated(case: Case) -> Case:
    """The case with a walk on every demand, a reversion on every spot price and a slip of all power."""
    walks = (_about(row.TABLE.name, row.name, Process.WALK, volatility=0.2) for row in case.of(Demand))
    reversions = (
        _about(row.TABLE.name, row.name, Process.REVERSION, volatility=0.4, reversion_speed=1.0)
        for row in case.of(SpotPrice)
    )
    slips = (_about(row.TABLE.name, row.name, Process.SLIP, on_time=(0.6, 0.9, 1.0)) for row in case.of(SitePower))
    return Case((*case.records, *walks, *reversions, *slips))


def _about(table: str, row: str, process: Process, **changes: object) -> Uncertainty:
    return Uncertainty(uncertainty=f"{table} {row}", table=table, row=row, process=process, **changes)  # type: ignore[arg-type]
