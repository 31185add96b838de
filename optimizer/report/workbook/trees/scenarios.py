"""The sheet of scenarios: what each costs, the mean, CVaR and regret as live formulas, and the tie to the solver."""

from collections.abc import Sequence
from dataclasses import dataclass

from optimizer.case.settings import Objective
from optimizer.plan.outlook import Course
from optimizer.plan.tree import TreePlan
from optimizer.report.workbook.down import Extreme, Products
from optimizer.report.workbook.live import ONE, ZERO, Call, Cell, Live, Words, absolute, choose, highest
from optimizer.report.workbook.sheet import Sheet, letter
from optimizer.report.workbook.style import GREEN, RED, Align, Format, Look, Style, Tone

TIE = 0.01
ROUNDING = 1e-12
LEFT = Style(side=Align.LEFT)
QUIET = Style(tone=Tone.QUIET, side=Align.LEFT)
AFTER = Style(side=Align.LEFT, indent=1)
"""Words right of a number."""
SCENARIO, PROBABILITY, COST, SHORTFALL, UNSERVED, NUMBER, EXCESS, ALONE, REGRET = range(2, 11)
Column = tuple[Cell, ...]


@dataclass(frozen=True)
class ScenarioView:
    """Cells of the sheet: a column each of probabilities, costs, shares unserved and least costs alone, and figures."""

    shares: Column
    costs: Column
    unserved: Column
    alone: Column
    expected: Cell
    cvar: Cell
    objective: Cell
    reported: Cell
    bound: Cell | None
    master: Cell

    @property
    def names(self) -> dict[str, Cell]:
        """The cells that have a name in the workbook."""
        return {"objective_solver": self.reported, "objective_formula": self.objective, "checks_pass": self.master}


def heads(sheet: Sheet, *names: str, right: int = 2) -> None:
    """Column headings on row 4; those from the `right`-th on stand over numbers."""
    for number, head in enumerate(names):
        sheet.header(4, 2 + number, head, Align.RIGHT if number >= right else Align.LEFT)
    sheet.next = 5


def verdict(sheet: Sheet, row: int, column: int, master: Cell) -> None:
    """Whether all checks pass, in words and colour."""
    shown = sheet.formula(row, column, choose(master.equals(ONE), Words("ALL PASS"), Words("FAIL")), LEFT)
    address = f"{letter(shown.column)}{shown.row}"
    sheet.shade(address, f'{address}="ALL PASS"', GREEN)
    sheet.shade(address, f'{address}="FAIL"', RED)


def write_scenarios(sheet: Sheet, tree: TreePlan, every: Sequence[Course]) -> ScenarioView:
    """A line a scenario, the mean of them, risk, and the tie to the solver."""
    sheet.widths((3, 48, 22, 24, 22, 16, 12, 26, 24, 22))
    currency = tree.case.settings.currency
    money = (f"Present value, {currency}", f"Shortfall cost, {currency}")
    heads(sheet, "Scenario", "Probability", *money, "Not served", "Folder", right=1)
    sheet.sheet.freeze_panes = sheet.sheet.cell(5, PROBABILITY)
    shares, costs, short, unserved = _rows(sheet, every)
    total = Style(Format.CENTS, look=Look.TOTAL)
    row = sheet.next
    sheet.words(row, SCENARIO, "Expected", Style(look=Look.TOTAL, side=Align.LEFT))
    whole = sheet.put(row, PROBABILITY, Products(shares), Style(Format.CHANCE, look=Look.TOTAL))
    expected = sheet.put(row, COST, Products(costs, shares), total)
    sheet.put(row, SHORTFALL, Products(short, shares), total)
    sheet.put(row, UNSERVED, Products(unserved, shares), Style(Format.CHANCE, look=Look.TOTAL))
    sheet.next += 2
    alone, regrets = _regrets(sheet, every, costs, currency)
    cvar, objective = _risk(sheet, tree, expected, costs, shares, regrets)
    reported = _figure(sheet, f"Objective of the solver, {currency}", tree.result.objective or 0.0)
    known = tree.result.bound
    bound = None if known is None else _figure(sheet, f"Proven lower bound, {currency}", known)
    tie = _figure(sheet, f"Largest difference that is a rounding error, {currency}", TIE)
    tied = choose(absolute(whole - ONE) <= tie, ONE, ONE - ONE)
    holds = choose(absolute(objective - reported) <= tie, tied, ONE - ONE)
    sheet.words(sheet.next, SCENARIO, "Master check", QUIET)
    master = sheet.put(sheet.next, COST, holds, Style(look=Look.BOLD))
    verdict(sheet, sheet.next, SHORTFALL, master)
    return ScenarioView(shares, costs, unserved, alone, expected, cvar, objective, reported, bound, master)


def _rows(sheet: Sheet, every: Sequence[Course]) -> tuple[Column, Column, Column, Column]:
    columns: tuple[list[Cell], ...] = ([], [], [], [])
    for number, one in enumerate(every, 1):
        row = sheet.next
        sheet.words(row, SCENARIO, one.scenario, LEFT)
        for cells, column, figure, shape in zip(
            columns,
            (PROBABILITY, COST, SHORTFALL, UNSERVED),
            (one.probability, one.cost, one.shortfall, one.unserved),
            (Format.CHANCE, Format.CENTS, Format.CENTS, Format.CHANCE),
            strict=True,
        ):
            cells.append(sheet.put(row, column, figure, Style(shape)))
        sheet.words(row, NUMBER, f"{number:04d}", Style(tone=Tone.QUIET))
        sheet.next += 1
    shares, costs, short, unserved = (tuple(cells) for cells in columns)
    return shares, costs, short, unserved


def _risk(
    sheet: Sheet, tree: TreePlan, expected: Cell, costs: Column, shares: Column, regrets: Column
) -> tuple[Cell, Cell]:
    """CVaR as a live formula, in a column beside the scenarios, and the objective that counts it, or the worst."""
    settings, currency = tree.case.settings, tree.case.settings.currency
    tail = _figure(sheet, "Risk tail (probability)", settings.risk_tail, Format.CHANCE)
    weight = _figure(sheet, "Risk weight", settings.risk_weight, Format.PRICE)
    threshold = _figure(sheet, f"Cost at the edge of the tail, {currency}", _edge(tree))
    sheet.header(4, EXCESS, f"Cost beyond the edge, {currency}", Align.RIGHT)
    beyond = [
        sheet.put(cost.row, EXCESS, Call("MAX", (cost - threshold, ZERO), highest), Style(Format.CENTS))
        for cost in costs
    ]
    mean = Products(tuple(beyond), shares)
    sheet.words(sheet.next, SCENARIO, f"CVaR: mean cost of the tail, {currency}", QUIET)
    cvar = sheet.put(sheet.next, COST, threshold + mean / tail, Style(Format.CENTS))
    sheet.words(sheet.next + 1, SCENARIO, f"Objective: expected + weight x CVaR, {currency}", QUIET)
    objective = sheet.put(sheet.next + 1, COST, expected + weight * cvar, Style(Format.CENTS, look=Look.BOLD))
    sheet.next += 2
    if settings.objective is Objective.EXPECTED:
        return cvar, objective
    sheet.words(sheet.next, SCENARIO, f"Objective: {settings.objective.value}, {currency}", QUIET)
    minimised: Live = cvar
    if settings.objective is not Objective.TAIL:
        minimised = Extreme(costs if settings.objective is Objective.WORST else regrets)
    objective = sheet.put(sheet.next, COST, minimised, Style(Format.CENTS, look=Look.BOLD))
    sheet.next += 1
    return cvar, objective


def _regrets(sheet: Sheet, every: Sequence[Course], costs: Column, currency: str) -> tuple[Column, Column]:
    """What each scenario costs alone, and what it costs more than that, where it is known of all of them."""
    if any(one.alone is None for one in every):
        return (), ()
    sheet.header(4, ALONE, f"Least cost alone, {currency}", Align.RIGHT)
    sheet.header(4, REGRET, f"Regret, {currency}", Align.RIGHT)
    found, regrets = [], []
    for one, cost in zip(every, costs, strict=True):
        alone = sheet.put(cost.row, ALONE, one.alone or 0.0, Style(Format.CENTS))
        found.append(alone)
        regrets.append(sheet.put(cost.row, REGRET, cost - alone, Style(Format.CENTS)))
    return tuple(found), tuple(regrets)


def _edge(tree: TreePlan) -> float:
    """The cost at which the tail begins: what is dearer has less probability than the tail, USD."""
    left = tree.case.settings.risk_tail
    for branch in sorted(tree.branches, key=lambda branch: branch.plan.cost, reverse=True):
        left -= branch.probability
        if left <= ROUNDING:
            break
    return branch.plan.cost


def _figure(sheet: Sheet, label: str, number: float, format: Format = Format.CENTS) -> Cell:
    """A labelled number."""
    sheet.words(sheet.next, SCENARIO, label, QUIET)
    cell = sheet.put(sheet.next, COST, number, Style(format))
    sheet.next += 1
    return cell
