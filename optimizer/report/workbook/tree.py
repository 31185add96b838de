"""The workbook of a plan under uncertainty: scenarios with their cost, what is decided now, what waits.

The expected cost is a live formula over probabilities and costs; the costs of a scenario are rebuilt, to the cent, by
the live formulas of its own workbook.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from optimizer.case.settings import Objective
from optimizer.plan.outlook import Course, courses, now, waiting
from optimizer.plan.tree import TreePlan
from optimizer.report.workbook.book import save
from optimizer.report.workbook.contents import Group
from optimizer.report.workbook.cover import define_names
from optimizer.report.workbook.live import ONE, ZERO, Call, Cell, Live, Words, absolute, choose, highest
from optimizer.report.workbook.sheet import Book, Sheet, letter
from optimizer.report.workbook.style import GREEN, RED, Align, Format, Look, Style, Tone

TIE = 0.01
ROUNDING = 1e-12
LEFT = Style(side=Align.LEFT)
QUIET = Style(tone=Tone.QUIET, side=Align.LEFT)
SCENARIO, PROBABILITY, COST, SHORTFALL, NUMBER, EXCESS, ALONE, REGRET = range(2, 10)


@dataclass(frozen=True)
class Products(Live):
    """Two columns of numbers on the same rows: SUMPRODUCT of both, or SUM of the first."""

    first: tuple[Cell, ...]
    second: tuple[Cell, ...] = ()

    def text(self, sheet: str, i: int) -> str:
        parts = [_address(cells, sheet) for cells in (self.first, self.second) if cells]
        return f"{'SUMPRODUCT' if self.second else 'SUM'}({','.join(parts)})"

    def value(self, i: int) -> float:
        others: list[Live] = list(self.second) or [ONE] * len(self.first)
        return math.fsum(a.amount(i) * b.amount(i) for a, b in zip(self.first, others, strict=True))


@dataclass(frozen=True)
class Largest(Live):
    """The largest number of a column."""

    cells: tuple[Cell, ...]

    def text(self, sheet: str, i: int) -> str:
        return f"MAX({_address(self.cells, sheet)})"

    def value(self, i: int) -> float:
        return max(cell.amount(i) for cell in self.cells)


def _address(cells: Sequence[Cell], sheet: str) -> str:
    """The address of cells that stand below one another, as seen from a sheet."""
    column = letter(cells[0].column)
    address = f"${column}${cells[0].row}:${column}${cells[-1].row}"
    return address if sheet == cells[0].sheet else f"{cells[0].sheet}!{address}"


def write_tree_workbook(tree: TreePlan, path: Path) -> None:
    """Write the workbook of a tree that has branches to `path`; raises OutputError where it cannot be written."""
    book = Book(tree.result.case_hash[:8])
    title = tree.case.settings.title
    scenarios = book.sheet("Scenarios", title, "What the plan costs in each scenario, and on average", Group.READ.value)
    decided = book.sheet("DecideNow", "Decide now", "The same in every scenario: decided first", Group.READ.value)
    waits = book.sheet("Waits", "What can wait", "Decided once scenarios have parted", Group.READ.value)
    names = _scenarios(scenarios, tree, courses(tree))
    _decided(decided, tree)
    _waiting(waits, tree)
    sheets = [scenarios, decided, waits]
    if tree.result.replanned:
        replanned = book.sheet("Replanning", "What replanning changed", "What the replan came to", Group.READ.value)
        _replanned(replanned, tree)
        sheets.append(replanned)
    for sheet in sheets:
        sheet.finish("4:4", False)
    define_names(scenarios, names)
    save(book, path)


def _heads(sheet: Sheet, *heads: str, right: int = 2) -> None:
    """Column headings on row 4; those from the `right`-th on stand over numbers."""
    for number, head in enumerate(heads):
        sheet.header(4, 2 + number, head, Align.RIGHT if number >= right else Align.LEFT)
    sheet.next = 5


def _scenarios(sheet: Sheet, tree: TreePlan, every: tuple[Course, ...]) -> dict[str, Cell]:
    """A line a scenario, the mean of them, and the tie to the solver."""
    sheet.widths((3, 48, 22, 24, 22, 12, 26, 24, 22))
    currency = tree.case.settings.currency
    _heads(
        sheet, "Scenario", "Probability", f"Present value, {currency}", f"Shortfall cost, {currency}", "Folder", right=1
    )
    shares: list[Cell] = []
    costs: list[Cell] = []
    short: list[Cell] = []
    for number, one in enumerate(every, 1):
        row = sheet.next
        sheet.words(row, SCENARIO, one.scenario, LEFT)
        shares.append(sheet.put(row, PROBABILITY, one.probability, Style(Format.GAP)))
        costs.append(sheet.put(row, COST, one.cost, Style(Format.CENTS)))
        short.append(sheet.put(row, SHORTFALL, one.shortfall, Style(Format.CENTS)))
        sheet.words(row, NUMBER, f"{number:04d}", Style(tone=Tone.QUIET))
        sheet.next += 1
    total = Style(Format.CENTS, look=Look.TOTAL)
    sheet.words(sheet.next, SCENARIO, "Expected", Style(look=Look.TOTAL, side=Align.LEFT))
    whole = sheet.put(sheet.next, PROBABILITY, Products(tuple(shares)), Style(Format.GAP, look=Look.TOTAL))
    rebuilt = sheet.put(sheet.next, COST, Products(tuple(costs), tuple(shares)), total)
    sheet.put(sheet.next, SHORTFALL, Products(tuple(short), tuple(shares)), total)
    sheet.next += 2
    regrets = _regrets(sheet, every, costs, currency)
    rebuilt = _risk(sheet, tree, rebuilt, costs, shares, regrets)
    reported = _figure(sheet, f"Objective of the solver, {currency}", tree.result.objective)
    _figure(sheet, f"Proven lower bound, {currency}", tree.result.bound)
    tie = _figure(sheet, "Largest difference that is a rounding error", TIE)
    assert reported is not None and tie is not None
    holds = choose(absolute(rebuilt - reported) <= tie, choose(absolute(whole - ONE) <= tie, ONE, ONE - ONE), ONE - ONE)
    sheet.words(sheet.next, SCENARIO, "Master check", QUIET)
    master = sheet.put(sheet.next, COST, holds, Style(look=Look.BOLD))
    shown = sheet.formula(sheet.next, SHORTFALL, choose(master.equals(ONE), Words("ALL PASS"), Words("FAIL")), LEFT)
    address = f"{letter(shown.column)}{shown.row}"
    sheet.shade(address, f'{address}="ALL PASS"', GREEN)
    sheet.shade(address, f'{address}="FAIL"', RED)
    return {"objective_solver": reported, "objective_formula": rebuilt, "checks_pass": master}


def _risk(
    sheet: Sheet, tree: TreePlan, expected: Cell, costs: list[Cell], shares: list[Cell], regrets: list[Cell]
) -> Cell:
    """CVaR as a live formula, in a column beside the scenarios, and the objective that counts it, or the worst."""
    settings, currency = tree.case.settings, tree.case.settings.currency
    tail = _figure(sheet, "Risk tail (probability)", settings.risk_tail, Format.GAP)
    weight = _figure(sheet, "Risk weight", settings.risk_weight, Format.PRICE)
    threshold = _figure(sheet, f"Cost at the edge of the tail, {currency}", _edge(tree))
    assert tail is not None and weight is not None and threshold is not None
    sheet.header(4, EXCESS, f"Cost beyond the edge, {currency}", Align.RIGHT)
    beyond = [
        sheet.put(cost.row, EXCESS, Call("MAX", (cost - threshold, ZERO), highest), Style(Format.CENTS))
        for cost in costs
    ]
    mean = Products(tuple(beyond), tuple(shares))
    sheet.words(sheet.next, SCENARIO, f"CVaR: mean cost of the tail, {currency}", QUIET)
    cvar = sheet.put(sheet.next, COST, threshold + mean / tail, Style(Format.CENTS))
    sheet.words(sheet.next + 1, SCENARIO, f"Objective: expected + weight x CVaR, {currency}", QUIET)
    objective = sheet.put(sheet.next + 1, COST, expected + weight * cvar, Style(Format.CENTS, look=Look.BOLD))
    sheet.next += 2
    if settings.objective is Objective.EXPECTED:
        return objective
    sheet.words(sheet.next, SCENARIO, f"Objective: {settings.objective.value}, {currency}", QUIET)
    worst = Largest(tuple(costs if settings.objective is Objective.WORST else regrets))
    objective = sheet.put(sheet.next, COST, worst, Style(Format.CENTS, look=Look.BOLD))
    sheet.next += 1
    return objective


def _regrets(sheet: Sheet, every: Sequence[Course], costs: Sequence[Cell], currency: str) -> list[Cell]:
    """What each scenario costs more than if it alone were planned for, where that is known of all of them."""
    if any(one.alone is None for one in every):
        return []
    sheet.header(4, ALONE, f"Least cost alone, {currency}", Align.RIGHT)
    sheet.header(4, REGRET, f"Regret, {currency}", Align.RIGHT)
    regrets = []
    for one, cost in zip(every, costs, strict=True):
        alone = sheet.put(cost.row, ALONE, one.alone or 0.0, Style(Format.CENTS))
        regrets.append(sheet.put(cost.row, REGRET, cost - alone, Style(Format.CENTS)))
    return regrets


def _edge(tree: TreePlan) -> float:
    """The cost at which the tail begins: what is dearer has less probability than the tail, USD."""
    left = tree.case.settings.risk_tail
    for branch in sorted(tree.branches, key=lambda branch: branch.plan.cost, reverse=True):
        left -= branch.probability
        if left <= ROUNDING:
            break
    return branch.plan.cost


def _figure(sheet: Sheet, label: str, number: float | None, format: Format = Format.CENTS) -> Cell | None:
    """A labelled number; nothing where it is not known."""
    if number is None:
        return None
    sheet.words(sheet.next, SCENARIO, label, QUIET)
    cell = sheet.put(sheet.next, COST, number, Style(format))
    sheet.next += 1
    return cell


def _decided(sheet: Sheet, tree: TreePlan) -> None:
    sheet.widths((3, 18, 44, 14, 18, 12))
    _heads(sheet, "Action", "Contract", "Quarter", "Quantity", "Unit", right=3)
    for one in now(tree):
        for column, text in (
            (2, one.key.action.value),
            (3, one.key.contract),
            (4, str(one.key.quarter)),
            (6, one.unit),
        ):
            sheet.words(sheet.next, column, text, LEFT)
        sheet.put(sheet.next, 5, one.quantity, Style(Format.COUNT))
        sheet.next += 1


def _replanned(sheet: Sheet, tree: TreePlan) -> None:
    """What came true, what moved and what calm cost, a line each."""
    sheet.widths((3, 160))
    _heads(sheet, "What the replan came to")
    for line in tree.result.replanned.splitlines():
        sheet.words(sheet.next, SCENARIO, line, LEFT)
        sheet.next += 1


def _waiting(sheet: Sheet, tree: TreePlan) -> None:
    sheet.widths((3, 18, 44, 14, 12, 12, 14, 14, 14, 12))
    _heads(sheet, "Action", "Contract", "Probability", "From", "Until", "Least", "Most", "Mean", "Unit", right=2)
    for one in waiting(tree):
        texts = ((2, one.action.value), (3, one.contract), (5, str(one.first)), (6, str(one.last)), (10, one.unit))
        for column, text in texts:
            sheet.words(sheet.next, column, text, LEFT)
        sheet.put(sheet.next, 4, one.probability, Style(Format.GAP))
        for column, number in ((7, one.least), (8, one.most), (9, one.expected)):
            sheet.put(sheet.next, column, number, Style(Format.COUNT))
        sheet.next += 1
