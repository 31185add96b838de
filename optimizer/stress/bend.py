"""A future in which every limit bends, so that by how much it is broken can be measured.

Decisions that are kept may leave no plan that holds every limit. Then
  (STRESS-1)  v = sum of weight x bend over the limits that are hard in the case; first the least v is found
  (STRESS-2)  then the least cost among plans with that v (lexicographic goals: Charnes & Cooper, 1961)
A future in which v = 0 is possible is solved with v = 0: a limit is broken only where nothing that can still be decided
avoids it. The weights, per unit:
  1 for a USD beyond a budget or a share of spend, and for a unit-hour beyond a share of shortfall; 100 for a t CO2;
  10,000 for a GPU of a quarter; 1,000,000 for a supplier; 1,000 for a unit-hour short that must be served
Capacity that is kept and has no power or no cooling stands dark: it is paid for and serves nothing.
  (STRESS-3)  PUE x (drawn - kW x dark) / 1000 <= energised,  (drawn - kW x dark) / 1000 <= cooled
  (STRESS-4)  used + availability x dark <= usable,  dark <= installed                            GPUs
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache

from optimizer.case.case import Case
from optimizer.case.tree import Node
from optimizer.case.world import Cooling, Site, SitePower, Workload
from optimizer.ledger.keys import Installed, Supply
from optimizer.ledger.operation import OVERRUN, SHORTFALL, Operation
from optimizer.rules.budget import CODE as BUDGET
from optimizer.rules.budget import Budget
from optimizer.rules.formulation import Formulation, Row, Terms, Variable
from optimizer.rules.limit import THOUSAND, Limit
from optimizer.rules.period import spans
from optimizer.rules.policy import Policy, PolicyKind, PolicyRule
from optimizer.rules.rule import rules
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import Record, Series, with_cells

DARK = Operation("dark", ("site", "accelerator"), "GPUs")
ROW = "STRESS-1"
USD, GPUS, UNIT_HOURS = "USD", "GPUs", "unit-hours"
WEIGHTS = {USD: 1.0, UNIT_HOURS: 1.0, "t CO2": 100.0, GPUS: 1e4, "suppliers": 1e6}
MUST_SERVE = 1000.0


@dataclass(frozen=True)
class Bend:
    """A limit that a column bends: what it is, when it counts, the unit, how many of it the column is one of."""

    limit: str
    when: str
    unit: str
    counts: float
    weight: float
    hard: bool
    variable: Variable

    @property
    def weighed(self) -> float:
        """What one of the column counts in v; nothing where the limit has a price of its own."""
        return self.counts * self.weight if self.hard else 0.0


def bent(case: Case) -> Case:
    """The case in which hard limits may be passed at no price, and what must be served may be short at none.

    What is short keeps the cost that the case states for it.
    """
    return Case(tuple(_bent(record) for record in case.records))


def _bent(record: Record) -> Record:
    if isinstance(record, Workload) and record.must_serve:
        cost = record.shortfall_cost_usd_per_unit_hour or 0.0
        return replace(record, must_serve=False, shortfall_cost_usd_per_unit_hour=cost)
    if isinstance(record, Limit) and record.price is None:
        return with_cells(record, {record.PRICE: 0.0})
    return record


def bends(form: Formulation, case: Case) -> Iterator[Bend]:
    """Every column of the bent case by which a limit of `case` may be passed."""
    for made in form.each(OVERRUN):
        code, name, part = made.index
        limit = case.get(Budget, name) if code == BUDGET else case.get(Policy, name)
        words = f"{limit.TABLE.title.lower()[:-1] if code == BUDGET else 'policy'} {name}" + (
            f", {part}" if part else ""
        )
        unit, counts = _unit(limit)
        when = _when(case, limit, made.node.quarter)
        yield Bend(words, when, unit, counts, WEIGHTS[unit], limit.price is None, made.variable)
    must = {row.workload for row in case.of(Workload) if row.must_serve}
    for made in form.each(SHORTFALL):
        name, segment = made.index
        if name in must:
            hours, when = case.hours_of(segment, made.node.quarter), str(made.node.quarter)
            yield Bend(f"{name} must be served", when, UNIT_HOURS, hours, MUST_SERVE, True, made.variable)
    for made in form.each(DARK):
        site, accelerator = made.index
        words = f"power and cooling for {accelerator} at {site}"
        yield Bend(words, str(made.node.quarter), GPUS, 1.0, WEIGHTS[GPUS], True, made.variable)


def _unit(limit: Budget | Policy) -> tuple[str, float]:
    """The unit of its overrun, and how many of it one of the overrun's column is."""
    if isinstance(limit, Budget):
        return USD, THOUSAND
    return limit.kind.violation_unit, _counts()[limit.kind]


@cache
def _counts() -> dict[PolicyKind, float]:
    return {kind: rule.UNITS for rule in rules() if isinstance(rule, PolicyRule) for kind in rule.KINDS}


def _when(case: Case, limit: Budget | Policy, quarter: Quarter) -> str:
    """The span that ends in the quarter, as the limit calls it."""
    every = spans(case, limit.period) if isinstance(limit, Budget) else limit.spans(case)
    return next((span.label for span in every if span.last == quarter), str(quarter))


def bend(form: Formulation, case: Case) -> None:
    """Let capacity stand dark, and write row (STRESS-1): v <= 0, in the unit of the objective."""
    for node in form.nodes:
        if not form.case.calendar.settled(node.quarter):
            _dark(form, node)
    terms = [(one.weighed / form.usd_per_unit, one.variable) for one in bends(form, case) if one.hard]
    form.limit(ROW, None, ("least", "violation"), terms, upper=0.0)


def _dark(form: Formulation, node: Node) -> None:
    """(STRESS-3), (STRESS-4)."""
    case, quarter = form.at(node), str(node.quarter)
    heat = {row.index[:2]: row.terms for row in _rows(form, "COOLING-1", node)}
    power = {row.index[0]: row.terms for row in _rows(form, "POWER-1", node)}
    capacity: dict[tuple[str, str], list[Terms]] = {}
    for row in _rows(form, "CAPACITY-1", node):
        capacity.setdefault((row.index[0], row.index[1]), []).append(row.terms)
    pools = [key for key in form.accounts(node) if isinstance(key, Installed) and key.firm]
    for pool in pools:
        system = case.accelerator(pool.accelerator)
        limits = [(power.get(pool.site), case.site(pool.site).pue), (heat.get((pool.site, system.cooling.value)), 1.0)]
        if not system.kw_per_gpu or all(terms is None for terms, _ in limits):
            continue
        index = (pool.site, pool.accelerator)
        form.operate(DARK, [(index, node)])
        dark = form.operations[DARK, index, node.index]
        for terms, factor in limits:
            if terms is not None:
                terms.append((-system.kw_per_gpu * factor / 1000.0, dark))
        usable = _usable(form, pool, node)
        for terms in capacity.get(index, ()):
            terms.append((usable, dark))
        there = [(-line.coefficient, line.variable) for line in form.lines(pool, node)]
        form.limit("STRESS-4", node, (*index, quarter), [(1.0, dark), *there], upper=0.0)


def _rows(form: Formulation, code: str, node: Node) -> Iterator[Row]:
    return (row for row in form.rows.get(code, ()) if row.node is node)


def _usable(form: Formulation, pool: Installed, node: Node) -> float:
    """The least availability of what stands there: dark capacity is taken from the best."""
    supplied: dict[int, float] = {}
    for line in form.lines(Supply(pool.site, pool.accelerator, True), node):
        supplied[id(line.variable)] = supplied.get(id(line.variable), 0.0) + line.coefficient
    shares = [supplied.get(id(line.variable), 0.0) / line.coefficient for line in form.lines(pool, node)]
    return min((share for share in shares if share > 0.0), default=0.0)


def lit(case: Case, dark: Iterable[tuple[str, str, Quarter, float]]) -> Case:
    """The bent case with the power and cooling that dark GPUs would have needed, for the audit of a plan with them.

    `dark` are (site, accelerator, quarter, GPUs).
    """
    power: dict[tuple[str, Quarter], float] = {}
    heat: dict[tuple[str, Cooling, Quarter], float] = {}
    for site, accelerator, quarter, gpus in dark:
        system = case.accelerator(accelerator)
        megawatts = gpus * system.kw_per_gpu / 1000.0
        power[site, quarter] = power.get((site, quarter), 0.0) + megawatts * case.site(site).pue
        at = (site, system.cooling, quarter)
        heat[at] = heat.get(at, 0.0) + megawatts
    known = {row.site for row in case.of(SitePower)}
    added = {site for site, _ in power} - known
    quarters = case.calendar.quarters
    rows = [SitePower(site, Series(quarters[0], tuple(power.get((site, q), 0.0) for q in quarters))) for site in added]
    return Case((*(_lit(record, power, heat) for record in case.records), *rows))


def _lit(
    record: Record, power: dict[tuple[str, Quarter], float], heat: dict[tuple[str, Cooling, Quarter], float]
) -> Record:
    if isinstance(record, SitePower):
        series = record.energised_mw
        values = [
            None if value is None else value + power.get((record.site, series.first + at), 0.0)
            for at, value in enumerate(series.values)
        ]
        return replace(record, energised_mw=Series(series.first, tuple(values)))
    if isinstance(record, Site):
        more = {
            cooling: max(
                (mw for (site, kind, _), mw in heat.items() if (site, kind) == (record.site, cooling)), default=0.0
            )
            for cooling in Cooling
        }
        liquid, air = record.liquid_cooled_mw, record.air_cooled_mw
        return replace(
            record,
            liquid_cooled_mw=None if liquid is None else liquid + more[Cooling.LIQUID],
            air_cooled_mw=None if air is None else air + more[Cooling.AIR],
        )
    return record
