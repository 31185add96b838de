"""The page of a plan under uncertainty: what to decide now, what waits and for what, and how cost is distributed."""

from dataclasses import dataclass
from pathlib import Path

from optimizer.case.settings import Objective
from optimizer.files import write_text
from optimizer.plan.outlook import Course, advice, courses, now, rights, waiting, worst
from optimizer.plan.plan import counted
from optimizer.plan.save_tree import place
from optimizer.plan.status import Status
from optimizer.plan.tree import TreePlan
from optimizer.report.page import deal, spread, worth
from optimizer.report.page.deal import DealView
from optimizer.report.page.figures import Figure, Row, Table
from optimizer.report.page.summary import STOPS, Card, Headline, standing
from optimizer.report.page.text import at_most, money, percent, spaced
from optimizer.report.page.worth import Sentence
from optimizer.report.page.write import template

MOST_SHOWN = 20
BOUNDS = {
    Objective.EXPECTED: "No plan for these scenarios can cost less than {} on average",
    Objective.TAIL: "No plan can keep the mean cost of the dearest scenarios below {}",
    Objective.WORST: "No plan can keep the cost of every scenario below {}",
    Objective.REGRET: "No plan can keep the regret of every scenario below {}",
}


@dataclass(frozen=True)
class Bar:
    """A scenario as a bar: how far it reaches from nothing to the dearest, in percent, and what it says."""

    scenario: str
    probability: str
    width: float
    cost: str
    shortfall: str
    regret: str
    folder: str


@dataclass(frozen=True)
class TreePage:
    """Everything the template shows, in its order; `left_out` is how many scenarios have no bar."""

    title: str
    horizon: str
    headline: Headline
    waits_for: str
    cards: tuple[Card, ...]
    decided: Table
    waits: Table
    values: tuple[Sentence, ...]
    options: Table | None
    deals: tuple[DealView, ...]
    figures: tuple[Figure, ...]
    bars: tuple[Bar, ...]
    left_out: int
    regretted: bool
    linked: bool
    replanned: tuple[str, ...]
    log: tuple[tuple[str, str], ...]

    @property
    def widths(self) -> tuple[int, ...]:
        """How many columns stand side by side, in every way that occurs; labels of quarters thin out by it."""
        return tuple(sorted({figure.columns for figure in self.figures}))


def write_tree_page(tree: TreePlan, path: Path, linked: bool) -> None:
    """Write the page of a tree that has branches; `linked` says that every scenario has a page of its own."""
    write_text(path, template("tree.html").render(page=page_of(tree, linked)))


def page_of(tree: TreePlan, linked: bool) -> TreePage:
    """What the page of a plan under uncertainty shows."""
    calendar, settings, result = tree.case.calendar, tree.case.settings, tree.result
    every, options = courses(tree), rights(tree)
    proven = result.status == Status.OPTIMAL
    decide, wait = (spaced(phrase[0].upper() + phrase[1:]) for phrase in advice(tree, "listed below"))
    figures = (*spread.costs(tree, every), spread.shortfall(every), spread.exercises(tree, options))
    bars = _bars(every, settings.currency)
    return TreePage(
        title=settings.title,
        horizon=f"{calendar.first} to {calendar.end + -1}",
        headline=Headline(decide, proven, standing(result), _bound(tree)),
        waits_for=wait,
        cards=_cards(tree, every),
        decided=_decided(tree),
        waits=_waits(tree),
        values=worth.sentences(tree),
        options=worth.use(options, settings.currency),
        deals=deal.views(tree),
        figures=tuple(figure for figure in figures if figure is not None),
        bars=bars,
        left_out=len(every) - len(bars),
        regretted=any(one.alone is not None for one in every),
        linked=linked,
        replanned=tuple(result.replanned.splitlines()),
        log=(
            ("Minimised", settings.objective.value),
            ("Columns, whole ones among them", f"{result.columns:,}, {result.integers:,}"),
            ("Rows", f"{result.rows:,}"),
            ("Seconds to solve", f"{result.seconds.solve:,.1f}"),
            ("Solver", f"{result.solver} {result.solver_version}"),
            ("Case hash", result.case_hash),
        ),
    )


def _bound(tree: TreePlan) -> str:
    """What is proven, in a sentence."""
    result, settings = tree.result, tree.case.settings
    if result.bound is None:
        return "No bound is known."
    counted = settings.risk_weight and settings.objective is Objective.EXPECTED
    words = (
        "No plan for these scenarios can weigh less than {}, risk counted" if counted else BOUNDS[settings.objective]
    )
    return f"{words.format(money(result.bound, settings.currency))}; {STOPS[result.stop]}."


def _cards(tree: TreePlan, every: tuple[Course, ...]) -> tuple[Card, ...]:
    currency, settings = tree.case.settings.currency, tree.case.settings
    dearest, cheapest = max(every, key=lambda one: one.cost), min(every, key=lambda one: one.cost)
    short = sum(one.probability for one in every if one.unserved > 0.0)
    most = max(one.unserved for one in every)
    note = f"at most {at_most(most)} of all demand" if short else "everything is served in every scenario"
    return (
        *_minimised(tree),
        Card("Expected present value", money(tree.expected, currency), f"over {len(every)} scenarios"),
        Card("Dearest scenario", money(dearest.cost, currency), f"{dearest.scenario}, {percent(dearest.probability)}"),
        Card(
            "Cheapest scenario", money(cheapest.cost, currency), f"{cheapest.scenario}, {percent(cheapest.probability)}"
        ),
        Card(f"CVaR of the dearest {percent(settings.risk_tail)}", money(tree.cvar, currency), _weighed(tree)),
        Card("Chance of a shortfall", percent(short), note, short > 0.0),
    )


def _minimised(tree: TreePlan) -> tuple[Card, ...]:
    """The largest regret, where that is minimised; the worst case is the dearest scenario, which has a card anyway."""
    settings = tree.case.settings
    if settings.objective is not Objective.REGRET:
        return ()
    most, decides = tree.most_regret, worst(tree)
    note = f"in {decides.scenario}"
    if most is not None and most > tree.objective + 0.005:
        note += f"; at most {money(most, settings.currency)} against what is proven of each scenario alone"
    return (Card("Largest regret", money(tree.objective, settings.currency), note),)


def _weighed(tree: TreePlan) -> str:
    weight = tree.case.settings.risk_weight
    return f"counts {weight:g} times in the objective" if weight else "mean cost of the tail"


def _decided(tree: TreePlan) -> Table:
    rows = tuple(
        Row(f"{one.key.action.value} {one.key.contract}", (str(one.key.quarter), counted(one.quantity, one.unit)))
        for one in now(tree)
    )
    return Table("", ("Decision", "Quarter", "Quantity"), rows)


def _waits(tree: TreePlan) -> Table:
    rows = tuple(
        Row(
            f"{one.action.value} {one.contract}",
            (
                percent(one.probability),
                ", ".join(f"{quarter} {percent(chance, 0)}" for quarter, chance in one.by_quarter),
                " to ".join(dict.fromkeys((f"{one.least:,.6g}", f"{one.most:,.6g}"))) + f" {one.unit}",
                f"{one.expected:,.6g}",
            ),
        )
        for one in waiting(tree)
    )
    return Table("", ("Decision", "Probability", "Quarters", "Quantity by scenario", "Mean"), rows)


def _bars(every: tuple[Course, ...], currency: str) -> tuple[Bar, ...]:
    """A bar for each scenario; where they are many, for the dearest alone."""
    largest = max(abs(one.cost) for one in every) or 1.0
    numbered = list(enumerate(every, 1))
    if len(every) > MOST_SHOWN:
        numbered = sorted(numbered, key=lambda pair: pair[1].cost, reverse=True)[:MOST_SHOWN]
    return tuple(
        Bar(
            one.scenario,
            percent(one.probability),
            100.0 * abs(one.cost) / largest,
            money(one.cost, currency),
            money(one.shortfall, currency) if one.shortfall > 0.005 else "none",
            "" if one.regret is None else money(one.regret, currency),
            place(number),
        )
        for number, one in numbered
    )
