"""What the solver decided: the only constants of the calculation that are neither inputs nor calendar weights.

`Signings` holds what is decided once (signings, exercises, backstops, exits) in the quarter it is decided in,
`Quantities` what runs by quarter (spot, resale, demand served, shortfall). Lilac cells may be overwritten.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from optimizer.case.world import LoadSegment
from optimizer.contracts.contract import Contract
from optimizer.ledger.decision import Action, DecisionKey
from optimizer.ledger.keys import Cash, Installed
from optimizer.ledger.operation import Operation, OperationKey
from optimizer.plan.plan import Plan
from optimizer.report.workbook.inputs import Inputs
from optimizer.report.workbook.live import FIRST_PERIOD, Cell, Live, Row
from optimizer.report.workbook.sheet import CONSTANT, Line, Sheet, Written
from optimizer.report.workbook.style import Fill, Format
from optimizer.report.workbook.sums import Area, total
from optimizer.tables.quarter import Quarter

What = DecisionKey | OperationKey
NOISE = 1e-6
FLOWS = (Action.BUY, Action.RESELL)
INTERNAL = (Action.CHOOSE, Action.START)
TITLES = {
    Action.SIGN: "Blocks and units signed",
    Action.CHOOSE: "Signed in the quarter (1 = yes; a fee is due)",
    Action.EXIT: "Early exits",
    Action.HOLD: "Option rights bought",
    Action.EXERCISE: "Options exercised",
    Action.TAKE: "Backstops taken (the supplier decides)",
    Action.GIVEN: "Already signed before this plan",
    Action.PAID: "Paid before this plan (1 = as recorded)",
    Action.BUY: "Bought by the hour",
    Action.RESELL: "Resold",
}
NAMES = {
    "served": "Demand served",
    "served_interruptible": "Of it on interruptible capacity",
    "shortfall": "Shortfall",
    "deferred": "Deferred to a later quarter",
    "recovered": "Recovered from earlier quarters",
    "backlog": "Backlog at the end of the quarter",
    "placed": "Where workloads run (1 = here)",
    "overrun": "Limits passed at a price",
}


@dataclass(frozen=True)
class FlowKey:
    """A quantity that runs by quarter: an action on a contract or an operation, its index and its load segment."""

    family: Action | Operation
    index: tuple[str, ...]
    segment: str = ""


@dataclass(frozen=True)
class Decided:
    """Where every quantity stands: `once` in single cells of `signings`, `flows` in rows, in `areas` by family.

    `rows` are those of `signings`, by action and contract; `shares` is the share of hours of each row of flows.
    """

    once: dict[DecisionKey, Cell]
    signings: Area
    rows: dict[tuple[Action, str], tuple[Row, ...]]
    flows: dict[FlowKey, Row]
    areas: dict[Action | Operation, Area]
    shares: dict[int, float]
    periods: int

    def share_cell(self, key: FlowKey) -> Cell:
        """The share of hours a row of flows counts in; raises KeyError for one that has none."""
        row = self.flows[key]
        return Cell(row.sheet, row.row, CONSTANT, self.shares[row.row])

    def of(self, what: What) -> Cell | Row:
        """The quantity as a formula reads it."""
        if isinstance(what, DecisionKey) and what in self.once:
            return self.once[what]
        return self.flows[flow_key(what)]


def flow_key(what: What) -> FlowKey:
    """The row a quantity by quarter stands in."""
    if isinstance(what, OperationKey):
        segment = what.part("segment") if "segment" in what.operation.dims else ""
        return FlowKey(what.operation, what.index, segment)
    return FlowKey(what.action, (what.contract, what.site, what.segment), what.segment)


def once_only(plan: Plan) -> tuple[DecisionKey, ...]:
    """Decisions taken once, in the order of their tables; a purchase by the hour that pays later counts among them."""
    late = {
        (m.what.action, m.what.contract)
        for m in plan.moved
        if isinstance(m.what, DecisionKey) and m.posting.quarter != m.what.quarter
    }
    posted = {m.what for m in plan.moved}
    return tuple(
        choice.key
        for choice in plan.choices
        if (choice.key.action not in FLOWS or (choice.key.action, choice.key.contract) in late)
        and (choice.key.action not in INTERNAL or choice.key in posted)
    )


def in_service(plan: Plan) -> dict[DecisionKey, tuple[Quarter, Quarter]]:
    """First and last quarter in which what is decided is there, or invoiced for service."""
    quarters: dict[DecisionKey, list[Quarter]] = {}
    for m in plan.moved:
        account = m.posting.key
        service = isinstance(account, Cash) and account.category.service
        if isinstance(m.what, DecisionKey) and (service or isinstance(account, Installed)):
            quarters.setdefault(m.what, []).append(m.posting.quarter)
    return {key: (min(found), max(found)) for key, found in quarters.items()}


def amounts_format(numbers: Iterable[float]) -> Format:
    """Whole numbers without decimals, others with two."""
    whole = all(abs(number - round(number)) <= NOISE * max(1.0, abs(number)) for number in numbers)
    return Format.COUNT if whole else Format.DECIMAL


def write_decisions(signings: Sheet, quantities: Sheet, plan: Plan, inputs: Inputs) -> Decided:
    """Write both sheets of decisions."""
    once, rows = _signings(signings, plan)
    flows, areas, shares = _quantities(quantities, plan, inputs, once)
    by_contract: dict[tuple[Action, str], tuple[Row, ...]] = {}
    for key, line in rows:
        by_contract[key] = (*by_contract.get(key, ()), line.row)
    periods = len(signings.axis.quarters)
    return Decided(once, signings.area([line for _, line in rows]), by_contract, flows, areas, shares, periods)


def _signings(sheet: Sheet, plan: Plan) -> tuple[dict[DecisionKey, Cell], list[tuple[tuple[Action, str], Written]]]:
    """One section an action, one line a contract, the quantity in the quarter it is decided in."""
    quantity = {choice.key: choice.quantity for choice in plan.choices}
    unit = {choice.key: choice.unit for choice in plan.choices}
    cells: dict[DecisionKey, Cell] = {}
    lines: list[tuple[tuple[Action, str], Written]] = []
    keys = once_only(plan)
    service = in_service(plan)
    for action in (action for action in Action if any(key.action is action for key in keys)):
        sheet.section(TITLES.get(action, action.value.capitalize()))
        rows: dict[tuple[str, ...], list[DecisionKey]] = {}
        for key in keys:
            if key.action is action:
                vintage = "" if key.vintage is None else f"signed {key.vintage}"
                rows.setdefault((key.contract, vintage, key.site, key.segment), []).append(key)
        for index, decided in rows.items():
            number = sheet.next
            amounts = {key.quarter: quantity[key] for key in decided}
            spans = [span for key in decided if (span := service.get(key))]
            about = f"service {min(spans)[0]} to {max(last for _, last in spans)}" if spans else ""
            line = _signed(sheet, plan, (*index, about), unit[decided[0]], amounts)
            lines.append(((action, index[0]), line))
            for key in decided:
                column = FIRST_PERIOD + sheet.axis.quarters.index(key.quarter)
                cells[key] = Cell(sheet.name, number, column, quantity[key])
    return cells, lines


def _signed(sheet: Sheet, plan: Plan, index: tuple[str, ...], unit: str, amounts: dict[Quarter, float]) -> Written:
    contract = next((row for row in plan.case.of(Contract) if row.name == index[0]), None)
    seller = [] if contract is None else [contract.TABLE.title, contract.supplier, getattr(contract, "site", "")]
    about = [*seller, *index[1:]]
    line = Line(
        index[0],
        unit,
        tuple(amounts.get(quarter) or None for quarter in sheet.axis.quarters),
        detail=" · ".join(part for part in about if part),
        format=amounts_format(amounts.values()),
        total=total,
        fill=Fill.DECISION,
    )
    return sheet.line(line)


Flows = tuple[dict[FlowKey, Row], dict[Action | Operation, Area], dict[int, float]]


def _quantities(sheet: Sheet, plan: Plan, inputs: Inputs, once: dict[DecisionKey, Cell]) -> Flows:
    """One section a family; column E holds the share of hours of the load segment a row counts in."""
    amounts: dict[FlowKey, dict[Quarter, float]] = {}
    units: dict[FlowKey, str] = {}
    for choice in plan.choices:
        if choice.key.action in FLOWS and choice.key not in once:
            amounts.setdefault(flow_key(choice.key), {})[choice.key.quarter] = choice.quantity
            units[flow_key(choice.key)] = choice.unit
    for operated, quantity in plan.operations:
        amounts.setdefault(flow_key(operated), {})[operated.quarter] = quantity
        units[flow_key(operated)] = operated.operation.unit
    sheet.heading(CONSTANT, "Share of hours")
    order = {record.name: number for number, record in enumerate(plan.case.records)}
    flows: dict[FlowKey, Row] = {}
    areas: dict[Action | Operation, Area] = {}
    shares: dict[int, float] = {}
    for family in dict.fromkeys(key.family for key in amounts):
        title = TITLES[family] if isinstance(family, Action) else NAMES.get(family.name, family.name.capitalize())
        sheet.section(title)
        keys = [key for key in amounts if key.family == family]
        keys.sort(key=lambda key: [(order.get(part, len(order)), part) for part in key.index])
        lines = [_flow(sheet, plan, inputs, key, amounts[key], units[key]) for key in keys]
        for key, line in zip(keys, lines, strict=True):
            flows[key] = line.row
            shares[line.row.row] = 1.0 if line.constant is None else float(line.constant.shown)
        areas[family] = sheet.area(lines, {"B": [key.index[0] for key in keys]})
    return flows, areas, shares


def _flow(sheet: Sheet, plan: Plan, inputs: Inputs, key: FlowKey, amounts: dict[Quarter, float], unit: str) -> Written:
    share: Live | float | None = None
    if key.segment in {row.segment for row in plan.case.of(LoadSegment)}:
        share = inputs.cell(LoadSegment.TABLE.name, key.segment, "share_of_hours")
    elif key.segment:
        share = 1.0
    line = Line(
        key.index[0],
        unit,
        tuple(amounts.get(quarter) or None for quarter in sheet.axis.quarters),
        detail=" · ".join(part for part in key.index[1:] if part),
        constant=share,
        constant_format=Format.SHARE,
        format=amounts_format(amounts.values()),
        fill=Fill.DECISION,
    )
    return sheet.line(line)
