"""Sites, accelerators, workloads and suppliers: the world in which contracts are signed."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from optimizer.tables.columns import Blank, choice, flag, integer, key, names, number, quarter, reference, series, text
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import Problem, Record, Series, TableSpec


class Cooling(Enum):
    """How an accelerator is cooled."""

    LIQUID = "liquid"
    AIR = "air"


class WorkloadKind(Enum):
    """The load profile a workload follows."""

    TRAINING = "training"
    INFERENCE = "inference"
    OTHER = "other"


class Placement(Enum):
    """Where a workload may run in one quarter."""

    ANYWHERE = "anywhere"
    ONE_SITE_A_QUARTER = "one site a quarter"
    ONE_SITE = "one site"


@dataclass(frozen=True)
class Supplier(Record):
    """Somebody who sells capacity."""

    TABLE = TableSpec("suppliers", "Suppliers", "a supplier", 20)

    supplier: str = key("name of the supplier")


@dataclass(frozen=True)
class Site(Record):
    """A data-center site."""

    TABLE = TableSpec("sites", "Sites", "a data-center site", 30)

    site: str = key("name of the site")
    region: str = text("region; a spot market may serve a whole region", "")
    owner: str = text("who owns or operates the site", "")
    pue: float = number("facility MW per IT MW", "power usage effectiveness", 1.0, low=1.0, high=3.0)
    energy_price_usd_per_mwh: float = number("USD per MWh", "price of energy where it is not included", 0.0)
    carbon_kg_per_mwh: float = number("kg CO2 per MWh", "carbon intensity of the energy", 0.0)
    liquid_cooled_mw: float | None = number("IT MW", "largest liquid-cooled IT load; blank is no limit", None)
    air_cooled_mw: float | None = number("IT MW", "largest air-cooled IT load; blank is no limit", None)
    fabric_gpus: float | None = number("GPUs", "largest single cluster one fabric connects; blank is no limit", None)


@dataclass(frozen=True)
class SitePower(Record):
    """Power that is energised at a site, by quarter; a site without a row has no power limit."""

    TABLE = TableSpec("site_power", "Site power", "a site, by quarter", 40)

    site: str = reference("the site", "sites")
    energised_mw: Series = series("MW", "facility power energised in the quarter", Blank.REFUSED)


@dataclass(frozen=True)
class Accelerator(Record):
    """A GPU system type."""

    TABLE = TableSpec("accelerators", "Accelerators", "a GPU system type", 50)

    accelerator: str = key("name of the system type")
    kw_per_gpu: float = number("IT kW per GPU", "all-in IT power per GPU: servers, network, storage", 0.0, high=50)
    average_load: float = number("share", "average share of that power drawn, for energy and carbon", 1.0, high=1.0)
    cooling: Cooling = choice("how it is cooled", Cooling, Cooling.AIR)
    available_from: Quarter | None = quarter("first quarter in which it can be delivered; blank is any", None)


@dataclass(frozen=True)
class Workload(Record):
    """A demand line."""

    TABLE = TableSpec("workloads", "Workloads", "a demand line", 60)

    workload: str = key("name of the workload")
    kind: WorkloadKind = choice("load profile it follows", WorkloadKind, WorkloadKind.OTHER)
    must_serve: bool = flag("yes: no shortfall is allowed", False)
    shortfall_cost_usd_per_unit_hour: float | None = number(
        "USD per unit-hour", "cost of demand that is not served; blank only where must_serve is yes", None
    )
    firm_share: float = number("share", "share that may not run on interruptible capacity", 1.0, high=1.0)
    minimum_cluster_gpus: float = number("GPUs", "fewest GPUs at a site where it runs; 0 is no minimum", 0.0)
    placement: Placement = choice("anywhere, or all or nothing at one site", Placement, Placement.ANYWHERE)
    deferral_quarters: int = integer("quarters", "how long work may be deferred; 0 is not at all", 0, 0, 40)
    deferral_cost_usd_per_unit_hour: float = number(
        "USD per unit-hour", "cost of each unit-hour carried over the end of a quarter", 0.0
    )
    sites: tuple[str, ...] = names("sites where it may run; blank is every site", "sites")

    def problems(self, case: Any) -> Iterator[Problem]:
        if self.deferral_quarters and self.placement is not Placement.ANYWHERE:
            cure = "set deferral_quarters to 0, or placement to anywhere"
            yield Problem("deferral_quarters", f"{self.deferral_quarters}", "0 where it runs all or nothing", cure)


@dataclass(frozen=True)
class Performance(Record):
    """What one GPU delivers for a workload; no row means not compatible."""

    TABLE = TableSpec("performance", "Performance", "a workload on an accelerator", 70)

    workload: str = reference("the workload", "workloads")
    accelerator: str = reference("the accelerator", "accelerators")
    units_per_gpu: float = number("units per GPU", "demand units one GPU serves, e.g. H100-equivalents", above=True)


@dataclass(frozen=True)
class Demand(Record):
    """Average demand of a workload, by quarter."""

    TABLE = TableSpec("demand", "Demand", "a workload, by quarter", 80)

    workload: str = reference("the workload", "workloads")
    units: Series = series("units", "average units over the quarter", Blank.REFUSED)


@dataclass(frozen=True)
class LoadSegment(Record):
    """A part of each quarter, such as peak or base hours; no rows means one segment."""

    TABLE = TableSpec("load_segments", "Load segments", "a part of each quarter", 90)

    segment: str = key("name of the segment")
    share_of_hours: float = number("share", "share of the quarter's hours; the shares sum to 1", above=True, high=1.0)
    training_multiplier: float = number("ratio", "training demand in the segment over its average", 1.0)
    inference_multiplier: float = number("ratio", "inference demand in the segment over its average", 1.0)
    other_multiplier: float = number("ratio", "other demand in the segment over its average", 1.0)

    def multiplier(self, kind: WorkloadKind) -> float:
        """Demand of a workload of this kind in the segment, relative to its average."""
        return {
            WorkloadKind.TRAINING: self.training_multiplier,
            WorkloadKind.INFERENCE: self.inference_multiplier,
            WorkloadKind.OTHER: self.other_multiplier,
        }[kind]


@dataclass(frozen=True, kw_only=True)
class ServingCost(Record):
    """Cost of serving a workload at a site beyond the capacity itself: data movement, licences."""

    TABLE = TableSpec(
        "serving_costs", "Serving costs", "a workload at a site", 100, named_by=("workload", "site", "accelerator")
    )

    workload: str = reference("the workload", "workloads")
    site: str = reference("the site", "sites")
    accelerator: str = reference("the accelerator; blank is every one", "accelerators", default="")
    usd_per_unit_hour: float = number("USD per unit-hour", "cost of a unit-hour served there", 0.0, low=None)
    by_quarter: Series = series("USD per unit-hour", "another cost in this quarter", Blank.UNCHANGED, low=None)
