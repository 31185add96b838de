"""Statements of a plan: tidy views by quarter that every report shares, built from its postings alone."""

import math
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from optimizer.case.case import Case
from optimizer.case.world import Site, Workload
from optimizer.contracts.contract import Contract
from optimizer.ledger.decision import Action, DecisionKey
from optimizer.ledger.keys import Cash, Category, Commitment, Draw, Energised, Installed, Supply
from optimizer.ledger.operation import DEFERRED, INTERRUPTIBLE, RECOVERED, SERVED, SHORTFALL, Operation
from optimizer.plan.plan import Moved, Plan
from optimizer.tables.quarter import Quarter

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class Line:
    """A labelled row of values, one a quarter of the grid it stands in."""

    label: str
    values: tuple[float, ...]

    @property
    def total(self) -> float:
        """Sum over the quarters."""
        return math.fsum(self.values)


@dataclass(frozen=True)
class Grid:
    """Lines over the same quarters, all in one unit."""

    title: str
    unit: str
    quarters: tuple[Quarter, ...]
    lines: tuple[Line, ...]

    @property
    def totals(self) -> tuple[float, ...]:
        """Sum of all lines by quarter."""
        return tuple(math.fsum(line.values[i] for line in self.lines) for i in range(len(self.quarters)))

    def frame(self) -> "pandas.DataFrame":
        """The grid as a data frame: a row a label, a column a quarter."""
        import pandas

        columns = [str(quarter) for quarter in self.quarters]
        return pandas.DataFrame([line.values for line in self.lines], [line.label for line in self.lines], columns)

    def line(self, label: str) -> Line:
        """The line of this label; zeros where there is none."""
        return next((line for line in self.lines if line.label == label), Line(label, (0.0,) * len(self.quarters)))


def contract_kind(case: Case, contract: str) -> str:
    """The title of the table the contract stands in, e.g. `Reserved blocks`."""
    return next((row.TABLE.title for row in case.of(Contract) if row.name == contract), "Other")


def tail_quarters(plan: Plan) -> tuple[Quarter, ...]:
    """Planned quarters and every later one in which money still moves."""
    last = max((m.posting.quarter for m in plan.moved), default=plan.case.calendar.end + -1)
    first, end = plan.case.calendar.first, max(last + 1, plan.case.calendar.end)
    return tuple(first + i for i in range(end - first))


def grid(
    title: str,
    unit: str,
    quarters: tuple[Quarter, ...],
    amounts: Iterable[tuple[Hashable, Quarter, float]],
    order: Iterable[Hashable] = (),
) -> Grid:
    """A grid of (label, quarter, amount), added up; lines in `order`, then as they come; lines of zeros left out."""
    position = {quarter: i for i, quarter in enumerate(quarters)}
    parts: dict[str, list[list[float]]] = {str(label): [[] for _ in quarters] for label in order}
    for label, quarter, amount in amounts:
        if quarter in position:
            parts.setdefault(str(label), [[] for _ in quarters])[position[quarter]].append(amount)
    lines = [Line(label, tuple(math.fsum(cell) for cell in cells)) for label, cells in parts.items()]
    return Grid(title, unit, quarters, tuple(line for line in lines if any(line.values)))


def _of(plan: Plan, account: type, label: Callable[[Moved], Hashable]) -> list[tuple[Hashable, Quarter, float]]:
    return [(label(m), m.posting.quarter, m.amount) for m in plan.moved if isinstance(m.posting.key, account)]


def category(line: Moved) -> Category:
    """The category of a line of money; raises TypeError for other accounts."""
    if not isinstance(line.posting.key, Cash):
        raise TypeError(f"{line.posting.key} is not money")
    return line.posting.key.category


def installed_by_kind(plan: Plan) -> Grid:
    """Contracted GPUs by contract type."""
    kinds = list(dict.fromkeys(row.TABLE.title for row in plan.case.of(Contract)))
    kind = {row.name: row.TABLE.title for row in plan.case.of(Contract)}
    amounts = _of(plan, Installed, lambda m: kind[m.source])
    return grid("Contracted capacity", "GPUs", plan.case.calendar.quarters, amounts, kinds)


def _hours_share(case: Case, segment: str) -> float:
    return next(row.share_of_hours for row in case.segments if row.segment == segment)


def by_workload(plan: Plan, operation: Operation) -> Grid:
    """Average units of an operation by workload, over the segments of each quarter."""
    amounts = [
        (key.part("workload"), key.quarter, units * _hours_share(plan.case, key.part("segment")))
        for key, units in plan.operations
        if key.operation == operation
    ]
    names = [row.workload for row in plan.case.of(Workload)]
    return grid(operation.name.capitalize(), operation.unit, plan.case.calendar.quarters, amounts, names)


def demand(plan: Plan) -> Grid:
    """Average units demanded by workload."""
    case = plan.case
    amounts = [(w.workload, q, case.demand(w, q)) for w in case.of(Workload) for q in case.calendar.quarters]
    return grid("Demand", "units", case.calendar.quarters, amounts)


def unserved_share(plan: Plan) -> float | None:
    """Unit-hours short over unit-hours demanded in the horizon; None where nothing is demanded."""
    case, quarters = plan.case, plan.case.calendar.quarters
    demanded = math.fsum(case.demand(w, q) * case.calendar.hours(q) for w in case.of(Workload) for q in quarters)
    short = math.fsum(
        units * case.hours_of(key.part("segment"), key.quarter)
        for key, units in plan.operations
        if key.operation == SHORTFALL
    )
    return short / demanded if demanded else None


def due(plan: Plan) -> Grid:
    """Average units due by workload: demand, less what is deferred, plus what is recovered."""
    amounts = [
        (line.label, quarter, sign * value)
        for sign, part in (
            (1.0, demand(plan)),
            (-1.0, by_workload(plan, DEFERRED)),
            (1.0, by_workload(plan, RECOVERED)),
        )
        for line in part.lines
        for quarter, value in zip(part.quarters, line.values, strict=True)
    ]
    return grid("Demand due", "units", plan.case.calendar.quarters, amounts)


def service_by_kind(plan: Plan) -> Grid:
    """Average units served, by contract type of the capacity that served them, and the shortfall on top.

    Capacity of a pool (site, accelerator, firm or not, segment) serves in proportion to the usable GPUs each contract
    brings to it.
    """
    case = plan.case
    kind = {row.name: row.TABLE.title for row in case.of(Contract)}
    usable: dict[tuple[str, str, bool, str, Quarter], dict[str, float]] = {}
    for m in plan.moved:
        supply = m.posting.key
        if isinstance(supply, Supply):
            for segment in [supply.segment] if supply.segment else [row.segment for row in case.segments]:
                pool = usable.setdefault((supply.site, supply.accelerator, supply.firm, segment, m.posting.quarter), {})
                pool[kind[m.source]] = pool.get(kind[m.source], 0.0) + m.amount
    amounts: list[tuple[Hashable, Quarter, float]] = []
    operated = plan.operated
    for key, units in plan.operations:
        if key.operation == SERVED:
            loose = operated.quantity(INTERRUPTIBLE, key.quarter, *key.index)
            for firm, part in ((True, units - loose), (False, loose)):
                pool = usable.get(
                    (key.part("site"), key.part("accelerator"), firm, key.part("segment"), key.quarter), {}
                )
                total = math.fsum(pool.values())
                share = _hours_share(case, key.part("segment"))
                if total > 0:
                    amounts += [(label, key.quarter, part * share * gpus / total) for label, gpus in pool.items()]
        elif key.operation == SHORTFALL:
            amounts.append(("Shortfall", key.quarter, units * _hours_share(case, key.part("segment"))))
    kinds = [*dict.fromkeys(row.TABLE.title for row in case.of(Contract)), "Shortfall"]
    return grid("Demand served by", "units", case.calendar.quarters, amounts, kinds)


def power_drawn(plan: Plan) -> Grid:
    """Facility MW drawn by site."""
    case = plan.case
    amounts = [
        (m.posting.key.site, m.posting.quarter, m.amount / 1000.0 * case.site(m.posting.key.site).pue)
        for m in plan.moved
        if isinstance(m.posting.key, Draw)
    ]
    return grid("Power drawn", "MW", case.calendar.quarters, amounts, [row.site for row in case.of(Site)])


def power_limit(plan: Plan) -> Grid:
    """Facility MW energised by site: the case's and what contracts add; sites without a limit are left out."""
    case = plan.case
    amounts: list[tuple[Hashable, Quarter, float]] = [
        (site.site, quarter, case.energised_mw(site.site, quarter) or 0.0)
        for site in case.of(Site)
        for quarter in case.calendar.quarters
    ]
    amounts += [
        (m.posting.key.site, m.posting.quarter, m.amount) for m in plan.moved if isinstance(m.posting.key, Energised)
    ]
    return grid("Power energised", "MW", case.calendar.quarters, amounts)


def money_by_category(plan: Plan) -> Grid:
    """USD by category and quarter of the horizon: cash and the costs that are not cash."""
    return grid("Cost by category", "USD", plan.case.calendar.quarters, _of(plan, Cash, lambda m: category(m).label))


@dataclass(frozen=True)
class Obligation:
    """Payments of one contract that signing makes firm, USD by fiscal year, nominal; energy is not among them."""

    contract: str
    kind: str
    supplier: str
    by_year: tuple[tuple[int, float], ...]

    @property
    def total(self) -> float:
        """All firm payments, nominal."""
        return math.fsum(amount for _, amount in self.by_year)


def firm_payments(plan: Plan) -> tuple[Moved, ...]:
    """Cash that signing makes firm, to the end of every contract.

    Spot and on-demand are not firm; energy, opex and residual values are no obligation to the seller.
    """
    signed = {m.source for m in plan.moved if isinstance(m.posting.key, Commitment)}
    given = {m.source for m in plan.moved if isinstance(m.what, DecisionKey) and m.what.action is Action.GIVEN}
    shared = {"energy", "opex", "residual value", "resale"}
    return tuple(
        m
        for m in plan.moved
        if isinstance(m.posting.key, Cash)
        and category(m).cash
        and m.source in signed | given
        and category(m).label not in shared
    )


def obligations(plan: Plan) -> tuple[Obligation, ...]:
    """Firm payments by contract and fiscal year to the end of every contract, as in a 10-K table."""
    case = plan.case
    firm: dict[str, dict[int, list[float]]] = {}
    for m in firm_payments(plan):
        years = firm.setdefault(m.source, {})
        years.setdefault(case.calendar.fiscal_year(m.posting.quarter), []).append(m.amount)
    rows = {row.name: row for row in case.of(Contract)}
    return tuple(
        Obligation(
            name,
            contract_kind(case, name),
            rows[name].supplier,
            tuple((year, math.fsum(amounts)) for year, amounts in sorted(firm[name].items())),
        )
        for name in rows
        if name in firm
    )


def present_value_by_category(plan: Plan) -> tuple[tuple[Category, float], ...]:
    """What each category weighs in the objective, USD; they sum to it."""
    values: dict[Category, list[float]] = {}
    for m in plan.moved:
        if isinstance(m.posting.key, Cash):
            values.setdefault(category(m), []).append(m.present_value(plan.case))
    return tuple((kind, math.fsum(parts)) for kind, parts in values.items())


def cost_to_come(plan: Plan, case: Case) -> float:
    """What a plan still costs from the as-of quarter of a case on, valued as the case values it, USD."""
    return math.fsum(line.present_value(case) for line in plan.moved)


def nominal_by_category(plan: Plan) -> tuple[tuple[Category, float, float], ...]:
    """Undiscounted USD of each category within the horizon and beyond it."""
    values: dict[Category, tuple[list[float], list[float]]] = {}
    for m in plan.moved:
        if isinstance(m.posting.key, Cash):
            inside, beyond = values.setdefault(category(m), ([], []))
            (inside if plan.case.calendar.planned(m.posting.quarter) else beyond).append(m.amount)
    return tuple((kind, math.fsum(inside), math.fsum(beyond)) for kind, (inside, beyond) in values.items())
