"""The ledger of the plan as formulas: a line for each decision, account and price: quantity x weight x price.

A weight is what one unit of the decision moves in a quarter: volume (GPU-hours, MWh, GPUs) x index (escalation, share,
sign), a constant of the contract's calendar. Weights and lines stand in the same rows of a pair of sheets.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from optimizer.ledger.decision import DecisionKey
from optimizer.ledger.keys import Cash, Commitment, Draw, Energised, Installed, Key, Supply
from optimizer.ledger.operation import Operation, OperationKey
from optimizer.plan.plan import Moved, Plan
from optimizer.plan.statements import category, firm_payments
from optimizer.report.workbook.decisions import Decided, FlowKey, flow_key
from optimizer.report.workbook.inputs import Inputs
from optimizer.report.workbook.live import Live, Row
from optimizer.report.workbook.sheet import CONSTANT, DETAIL, KEY, SECTION, TOTAL, Line, Sheet, Written
from optimizer.report.workbook.style import Fill, Format
from optimizer.report.workbook.sums import Area, total
from optimizer.tables.quarter import Quarter

NOBODY = "(no supplier)"
FIRM, OTHER, COST, MEMO = (
    "Firm payments, due once signed",
    "Other cash",
    "Costs that are not cash",
    "Memo: value of what is signed, in the quarter of signing (not cash)",
)
ACCOUNTS: dict[type, tuple[str, str]] = {
    Installed: ("Contracted GPUs", "GPUs"),
    Supply: ("Usable GPUs", "GPUs"),
    Draw: ("IT power drawn", "kW"),
    Energised: ("Power that contracts energise", "MW"),
}


@dataclass(frozen=True)
class Group:
    """What one line adds up: the postings of one driver on one account at one price."""

    driver: DecisionKey | FlowKey
    account: Key
    source: str
    table: str = ""
    row: str = ""
    column: str = ""


@dataclass(frozen=True)
class Part:
    """The lines of one section, by group, and their area."""

    lines: dict[Group, Written]
    area: Area


@dataclass(frozen=True)
class Money:
    """All money of the plan. `cash` is firm and other cash, `costs` all that the objective weighs, `memo` neither."""

    firm: Part
    cash: Part
    costs: Part
    memo: Part


@dataclass(frozen=True)
class Texts:
    """What the cells of a line say; `section`, `label`, `detail` and `key` are what sums look for."""

    section: str
    label: str
    detail: str
    unit: str
    key: str
    volume: str
    format: Format
    adds_up: bool = True


def grouped(moved: Iterable[Moved], decided: Decided, inputs: Inputs) -> dict[Group, list[Moved]]:
    """Postings by line; a price that changes by quarter makes one line."""
    groups: dict[Group, list[Moved]] = {}
    for m in moved:
        driver: DecisionKey | FlowKey = flow_key(m.what)
        if isinstance(m.what, DecisionKey) and m.what in decided.once:
            driver = m.what
        term = m.posting.term
        if term is None:
            group = Group(driver, m.posting.key, m.source)
        else:
            column = "" if inputs.is_series(term) else term.column
            group = Group(driver, m.posting.key, m.source, term.table, term.row, column)
        groups.setdefault(group, []).append(m)
    return groups


def describe(driver: DecisionKey | FlowKey) -> str:
    """The driver of a line in words, such as `sign 2027Q1`."""
    if isinstance(driver, FlowKey):
        name = driver.family.name if isinstance(driver.family, Operation) else driver.family.value
        return " · ".join((name.replace("_", " "), *(part for part in driver.index[1:] if part)))
    parts = [f"{driver.action.value} {driver.quarter}"]
    parts += [f"signed {driver.vintage}"] if driver.vintage else []
    return " · ".join([*parts, *(part for part in (driver.site, driver.segment) if part)])


class Writer:
    """Writes a pair of sheets, row by row in step."""

    def __init__(self, weights: Sheet, lines: Sheet, plan: Plan, decided: Decided, inputs: Inputs) -> None:
        self.weights, self.lines = weights, lines
        self.decided, self.inputs = decided, inputs
        self.units: dict[DecisionKey | OperationKey, str] = {choice.key: choice.unit for choice in plan.choices}
        self.units.update({key: key.operation.unit for key, _ in plan.operations})
        weights.heading(CONSTANT, "Quantity")
        weights.heading(TOTAL, "")
        weights.heading(DETAIL, "Decision")
        lines.heading(CONSTANT, "Price")

    def part(self, title: str, groups: dict[Group, list[Moved]], texts: Callable[[Group, Moved], Texts]) -> Part:
        """Write one section on both sheets; nothing but a blank row where it has no line."""
        if groups:
            self.weights.section(title)
            self.lines.section(title)
        written = {group: self._line(group, moved, texts(group, moved[0])) for group, moved in groups.items()}
        part = Part(written, area_of(self.lines, written.values()))
        self.weights.next = self.lines.next
        return part

    def _line(self, group: Group, moved: list[Moved], texts: Texts) -> Written:
        """Its weights on one sheet, quantity x weight x price on the other."""
        first = moved[0]
        quantity: Live = self.decided.of(first.what)
        weights = self._weights(group, moved, texts, quantity)
        if weights.constant is not None:
            quantity = replace(weights.constant, own_row=True)
        amount = quantity * weights.row
        price = None if first.posting.term is None else self.inputs.price(first.posting.term)
        constant = None if isinstance(price, Row) else price
        if isinstance(price, Row):
            amount = amount * price
        elif constant is not None:
            amount = amount * self.lines.own(CONSTANT, constant.shown)
        line = Line(
            texts.label,
            texts.unit,
            amount,
            detail=texts.detail,
            section=texts.section,
            constant=constant,
            total=total if texts.adds_up else None,
            extra=texts.key,
            format=texts.format,
        )
        return self.lines.line(line)

    def _weights(self, group: Group, moved: list[Moved], texts: Texts, quantity: Live) -> Written:
        per_unit: dict[Quarter, float] = {}
        for m in moved:
            posting = m.posting
            per_unit[posting.quarter] = per_unit.get(posting.quarter, 0.0) + posting.volume * posting.index
        unit = self.units[moved[0].what]
        unit = "signing" if unit == "yes/no" else unit.removesuffix("s")
        line = Line(
            texts.label,
            f"{texts.volume} per {unit}",
            tuple(per_unit.get(quarter) for quarter in self.weights.axis.quarters),
            detail=describe(group.driver),
            section=texts.section,
            constant=None if isinstance(quantity, Row) else quantity,
            constant_format=Format.WEIGHT,
            format=Format.WEIGHT,
            fill=Fill.WEIGHT,
        )
        return self.weights.line(line)


def _plural(unit: str) -> str:
    return unit if unit in ("MWh", "USD") else f"{unit}s"


def area_of(sheet: Sheet, lines: Iterable[Written]) -> Area:
    """The area of these lines, with the texts of columns A, B, C and G as keys."""
    lines = list(lines)
    keys = {
        "A": [line.section for line in lines],
        "B": [line.label for line in lines],
        "C": [line.detail for line in lines],
        "G": [str(line.extra.shown) if line.extra else "" for line in lines],
    }
    return sheet.area(lines, keys)


def write_money(weights: Sheet, lines: Sheet, plan: Plan, decided: Decided, inputs: Inputs) -> Money:
    """Write all money: firm payments, other cash, costs that are not cash, and the value of what is signed."""
    lines.heading(SECTION, "Category")
    lines.heading(KEY, "Supplier")
    currency, firm = plan.case.settings.currency, set(firm_payments(plan))

    def texts(group: Group, first: Moved) -> Texts:
        term = first.posting.term
        named = "new commitments" if isinstance(group.account, Commitment) else category(first).label
        unit = "" if term is None else inputs.unit(term)
        volume = _plural(unit.split(" per ")[-1]) if " per " in unit else "times"
        detail = describe(group.driver)
        detail += "" if term is None else f" × {term.table}.{group.column or 'by quarter'}"
        supplier = first.supplier or NOBODY
        return Texts(named, first.source, detail, currency, supplier, volume, Format.MONEY)

    def title(m: Moved) -> str:
        if isinstance(m.posting.key, Commitment):
            return MEMO
        return COST if not category(m).cash else FIRM if m in firm else OTHER

    moved = [m for m in plan.moved if isinstance(m.posting.key, Cash | Commitment)]
    writer = Writer(weights, lines, plan, decided, inputs)
    by_title: dict[str, dict[Group, list[Moved]]] = {name: {} for name in (FIRM, OTHER, COST, MEMO)}
    for group, members in grouped(moved, decided, inputs).items():
        by_title[title(members[0])][group] = members
    parts = {name: writer.part(name, groups, texts) for name, groups in by_title.items()}
    cash = {**parts[FIRM].lines, **parts[OTHER].lines}
    costs = {**cash, **parts[COST].lines}
    return Money(
        parts[FIRM],
        Part(cash, area_of(lines, cash.values())),
        Part(costs, area_of(lines, costs.values())),
        parts[MEMO],
    )


def write_capacity(weights: Sheet, lines: Sheet, plan: Plan, decided: Decided, inputs: Inputs) -> dict[type, Part]:
    """Write what contracts move beside money, by kind of account: GPUs contracted and usable, power drawn and added."""
    lines.heading(SECTION, "Account")
    lines.heading(DETAIL, "Site")
    lines.heading(KEY, "System")
    lines.heading(TOTAL, "")
    lines.heading(CONSTANT, "")
    moved = [m for m in plan.moved if not isinstance(m.posting.key, Cash | Commitment)]
    kinds = tuple(dict.fromkeys([*ACCOUNTS, *(type(m.posting.key) for m in moved)]))
    writer = Writer(weights, lines, plan, decided, inputs)
    parts: dict[type, Part] = {}
    for kind in kinds:
        name, unit = ACCOUNTS.get(kind, (kind.__name__, "units"))

        def texts(group: Group, first: Moved, name: str = name, unit: str = unit) -> Texts:
            account = group.account
            system = (getattr(account, "accelerator", ""), getattr(account, "segment", ""))
            shape = Format.COUNT if unit == "GPUs" else Format.DECIMAL
            key = " · ".join(part for part in system if part)
            return Texts(name, first.source, getattr(account, "site", ""), unit, key, unit, shape, adds_up=False)

        groups = grouped((m for m in moved if isinstance(m.posting.key, kind)), decided, inputs)
        parts[kind] = writer.part(name, groups, texts)
    return parts
