"""The case: every row of every table, frozen, with the look-ups the model and the audit share."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from optimizer.case.calendar import Calendar
from optimizer.case.scenario import Scenario
from optimizer.case.settings import Settings
from optimizer.case.tree import Tree
from optimizer.case.world import (
    Accelerator,
    Demand,
    LoadSegment,
    Performance,
    ServingCost,
    Site,
    SitePower,
    Workload,
)
from optimizer.tables.quarter import Quarter
from optimizer.tables.raw import RawTable
from optimizer.tables.record import Record, Term

R = TypeVar("R", bound=Record)
WHOLE_QUARTER = LoadSegment("all", 1.0)


@dataclass(frozen=True)
class Case:
    """All rows of a case. `of(Type)` gives the rows of one table, or of every table of a common base.

    `source` keeps the tables as they were read, with their notes; it is empty for a case made in Python.
    """

    records: tuple[Record, ...] = field(repr=False)
    source: tuple[RawTable, ...] = field(default=(), repr=False, compare=False)

    def of(self, record: type[R]) -> tuple[R, ...]:
        """Rows that are instances of `record`, in sheet order."""
        if record not in self._by_type:
            self._by_type[record] = tuple(row for row in self.records if isinstance(row, record))
        return self._by_type[record]  # type: ignore[return-value]  # kept by type

    def get(self, record: type[R], name: str) -> R:
        """The row with this key; raises KeyError when there is none."""
        if record not in self._by_name:
            self._by_name[record] = {row.name: row for row in self.of(record)}
        return self._by_name[record][name]  # type: ignore[return-value]  # kept by type

    def by(self, record: type[R], column: str, value: object) -> tuple[R, ...]:
        """Rows of a table that have this value in a column, in sheet order."""
        if (record, column) not in self._by_value:
            groups: dict[object, list[Record]] = {}
            for row in self.of(record):
                groups.setdefault(getattr(row, column), []).append(row)
            self._by_value[record, column] = {key: tuple(rows) for key, rows in groups.items()}
        return self._by_value[record, column].get(value, ())  # type: ignore[return-value]  # kept by type

    @cached_property
    def _by_value(self) -> dict[tuple[type[Record], str], dict[object, tuple[Record, ...]]]:
        return {}

    @cached_property
    def _by_type(self) -> dict[type[Record], tuple[Record, ...]]:
        return {}

    @cached_property
    def _by_name(self) -> dict[type[Record], dict[str, Record]]:
        return {}

    @cached_property
    def settings(self) -> Settings:
        return self.of(Settings)[0]

    @cached_property
    def calendar(self) -> Calendar:
        return Calendar(self.settings)

    @cached_property
    def segments(self) -> tuple[LoadSegment, ...]:
        """Load segments of every quarter; one segment of the whole quarter where the case has none."""
        return self.of(LoadSegment) or (WHOLE_QUARTER,)

    def segment(self, name: str) -> LoadSegment:
        """The load segment of this name."""
        return next(segment for segment in self.segments if segment.segment == name)

    def segment_hours(self, segment: LoadSegment, quarter: Quarter) -> float:
        """Hours of the segment in the quarter."""
        return segment.share_of_hours * self.calendar.hours(quarter)

    @cached_property
    def _hours(self) -> dict[tuple[str, Quarter], float]:
        return {(s.segment, q): self.segment_hours(s, q) for s in self.segments for q in self.calendar.quarters}

    def hours_of(self, segment: str, quarter: Quarter) -> float:
        """Hours of the segment of this name in a quarter of the horizon."""
        return self._hours[segment, quarter]

    @cached_property
    def _demand(self) -> dict[str, Demand]:
        return {row.workload: row for row in self.of(Demand)}

    def demand(self, workload: Workload, quarter: Quarter) -> float:
        """Average units demanded in the quarter; a workload without a demand row demands nothing."""
        row = self._demand.get(workload.workload)
        return 0.0 if row is None else row.units.amount(quarter)

    def load(self, workload: Workload, segment: LoadSegment, quarter: Quarter) -> float:
        """Units demanded in the segment of the quarter."""
        return self.demand(workload, quarter) * segment.multiplier(workload.kind)

    @cached_property
    def _performance(self) -> dict[tuple[str, str], float]:
        return {(row.workload, row.accelerator): row.units_per_gpu for row in self.of(Performance)}

    def units_per_gpu(self, workload: str, accelerator: str) -> float | None:
        """Units one GPU serves; None where the pair is not compatible."""
        return self._performance.get((workload, accelerator))

    def allowed(self, workload: Workload, site: str) -> bool:
        """Whether the workload may run at the site."""
        return not workload.sites or site in workload.sites

    @cached_property
    def _power(self) -> dict[str, SitePower]:
        return {row.site: row for row in self.of(SitePower)}

    def energised_mw(self, site: str, quarter: Quarter) -> float | None:
        """Facility MW energised at the site; None where the site has no power limit."""
        row = self._power.get(site)
        return None if row is None else row.energised_mw.amount(quarter)

    @cached_property
    def _serving_costs(self) -> dict[tuple[str, str, str], ServingCost]:
        return {(row.workload, row.site, row.accelerator): row for row in self.of(ServingCost)}

    def serving_cost(self, workload: str, site: str, accelerator: str, quarter: Quarter) -> Term | None:
        """Cost cell of a unit-hour served; the row of the accelerator goes before the row of every accelerator."""
        row = self._serving_costs.get((workload, site, accelerator)) or self._serving_costs.get((workload, site, ""))
        if row is None:
            return None
        if row.by_quarter.at(quarter) is not None:
            return row.term_in(quarter)
        return row.term("usd_per_unit_hour")

    def site(self, name: str) -> Site:
        """The site of this name."""
        return self.get(Site, name)

    def accelerator(self, name: str) -> Accelerator:
        """The accelerator of this name."""
        return self.get(Accelerator, name)

    def sites_of(self, site: str, region: str) -> Iterator[str]:
        """The site itself, or every site of the region."""
        if site:
            yield site
        else:
            yield from (row.site for row in self.of(Site) if row.region == region)

    @cached_property
    def tree(self) -> Tree:
        """The tree of decision nodes of the horizon."""
        return Tree.of(self.of(Scenario), self.calendar.first, self.settings.quarters)
