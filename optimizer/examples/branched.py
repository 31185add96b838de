"""Random futures for any case: `branched(case, count, parting, seed)`. The same arguments give the same tree."""

from random import Random

from optimizer.case.case import Case
from optimizer.case.scenario import Scenario
from optimizer.case.world import Demand, SitePower
from optimizer.contracts.spot import SpotPrice
from optimizer.futures.shock import Change, Shock
from optimizer.tables.record import Record

DEMAND_SPREAD = 0.25
PRICE_SPREAD = 0.3
LEAST_POWER = 0.85


def branched(case: Case, count: int, parting: int, seed: int) -> Case:
    """The case with `count` equally likely scenarios that part in its `parting`-th quarter, counted from 0.

    From then on, in each of them, every demand and every spot price is multiplied by a lognormal factor of median 1
    (standard deviations of the logarithm 0.25 and 0.3), and the power of every site by a uniform one from 0.85 to 1.
    """
    rng = Random(seed)
    rows: list[Record] = []
    for number in range(1, count + 1):
        name = f"future {number:04}"
        rows.append(Scenario(scenario=name, probability=1.0 / count, parts_in=case.calendar.first + parting))
        rows += [_times(name, row, rng.lognormvariate(0.0, DEMAND_SPREAD)) for row in case.of(Demand)]
        rows += [_times(name, row, rng.lognormvariate(0.0, PRICE_SPREAD)) for row in case.of(SpotPrice)]
        rows += [_times(name, row, rng.uniform(LEAST_POWER, 1.0)) for row in case.of(SitePower)]
    return Case((*case.records, *rows))


def _times(scenario: str, row: Record, factor: float) -> Shock:
    value = round(factor, 4)
    return Shock(scenario=scenario, table=row.TABLE.name, row=row.name, change=Change.MULTIPLY, value=value)
