"""Every table of a case, in sheet order: the world's, the contract types' and the rules'."""

from functools import cache

from optimizer.case.scenario import LeastCost, Scenario
from optimizer.case.settings import Settings
from optimizer.case.uncertainty import Correlation, PastValue, Uncertainty
from optimizer.case.world import (
    Accelerator,
    Demand,
    LoadSegment,
    Performance,
    ServingCost,
    Site,
    SitePower,
    Supplier,
    Workload,
)
from optimizer.contracts.contract import contract_tables
from optimizer.futures.shock import Shock
from optimizer.rules.rule import rule_tables
from optimizer.tables.record import Record

WORLD: tuple[type[Record], ...] = (
    Settings,
    Supplier,
    Site,
    SitePower,
    Accelerator,
    Workload,
    Performance,
    Demand,
    LoadSegment,
    ServingCost,
    Scenario,
    Shock,
    LeastCost,
    Uncertainty,
    Correlation,
    PastValue,
)


@cache
def catalog() -> tuple[type[Record], ...]:
    """All tables; a contract type or rule that is added brings its own."""
    tables = (*WORLD, *contract_tables(), *rule_tables())
    return tuple(sorted(tables, key=lambda table: table.TABLE.order))
