"""The page of a plan under uncertainty: what to decide now, what waits and for what, and how cost is distributed."""

from dataclasses import dataclass
from pathlib import Path

from optimizer.case.settings import Objective
from optimizer.files import write_text
from optimizer.plan.outlook import Course, courses, now, waiting, worst
from optimizer.plan.save_tree import place
from optimizer.plan.tree import TreePlan
from optimizer.report.page.figures import Row, Table
from optimizer.report.page.summary import OPTIMAL, STOPS, Card, Headline
from optimizer.report.page.text import at_most, money, percent
from optimizer.report.page.write import template


@dataclass(frozen=True)
class Bar:
    """A scenario as a bar: how far it reaches from the cheapest to the dearest, in percent, and what it says."""

    scenario: str
    probability: str
    width: float
    cost: str
    shortfall: str
    regret: str
    folder: str


@dataclass(frozen=True)
class TreePage:
    """Everything the template shows, in its order."""

    title: str
    horizon: str
    headline: Headline
    cards: tuple[Card, ...]
    decided: Table
    waits: Table
    bars: tuple[Bar, ...]
    regretted: bool
    linked: bool
    replanned: tuple[str, ...]
    log: tuple[tuple[str, str], ...]


def write_tree_page(tree: TreePlan, path: Path, linked: bool) -> None:
    """Write the page of a tree that has branches; `linked` says that every scenario has a page of its own."""
    write_text(path, template("tree.html").render(page=page_of(tree, linked)))


def page_of(tree: TreePlan, linked: bool) -> TreePage:
    """What the page of a plan under uncertainty shows."""
    calendar, settings, result = tree.case.calendar, tree.case.settings, tree.result
    every = courses(tree)
    decided, waits = _decided(tree), _waits(tree)
    proven = result.status == OPTIMAL
    gap = "gap unknown" if result.gap is None else f"gap {at_most(result.gap)}"
    status = f"{'Proven optimal' if proven else 'Feasible, not proven optimal'}: {gap}"
    return TreePage(
        title=settings.title,
        horizon=f"{calendar.first} to {calendar.end + -1}",
        headline=Headline(_act(decided, waits), proven, status, _bound(tree)),
        cards=_cards(tree, every),
        decided=decided,
        waits=waits,
        bars=_bars(every, settings.currency),
        regretted=any(one.alone is not None for one in every),
        linked=linked,
        replanned=tuple(result.replanned.splitlines()),
        log=(
            ("Columns, whole ones among them", f"{result.columns:,}, {result.integers:,}"),
            ("Rows", f"{result.rows:,}"),
            ("Seconds to solve", f"{result.seconds.solve:,.1f}"),
            ("Solver", f"{result.solver} {result.solver_version}"),
            ("Case hash", result.case_hash),
        ),
    )


BOUNDS = {
    Objective.EXPECTED: "No plan for these scenarios can cost less than {} on average",
    Objective.WORST: "No plan can keep the cost of every scenario below {}",
    Objective.REGRET: "No plan can keep the regret of every scenario below {}",
}


def _bound(tree: TreePlan) -> str:
    """What is proven, in a sentence."""
    result, settings = tree.result, tree.case.settings
    if result.bound is None:
        return "No bound is known."
    counted = settings.risk_weight and settings.objective is Objective.EXPECTED
    words = (
        "No plan for these scenarios can weigh less than {}, risk counted" if counted else BOUNDS[settings.objective]
    )
    return f"{words.format(money(result.bound, settings.currency))}; {STOPS.get(result.stop, result.stop)}."


def _act(decided: Table, waits: Table) -> str:
    """What to do, in a headline."""
    names = list(dict.fromkeys(row.name for row in decided.rows))
    first = ", ".join(names) if 0 < len(names) <= 2 else f"make {len(names)} decisions" if names else "sign nothing"
    later = f"{len(waits.rows)} {'decision' if len(waits.rows) == 1 else 'decisions'} can wait"
    return f"{first[0].upper()}{first[1:]} now; {later}"


def _cards(tree: TreePlan, every: tuple[Course, ...]) -> tuple[Card, ...]:
    currency, settings = tree.case.settings.currency, tree.case.settings
    worst, best = max(every, key=lambda one: one.cost), min(every, key=lambda one: one.cost)
    short = sum(one.probability for one in every if one.shortfall > 0.005)
    return (
        *_minimised(tree),
        Card("Expected present value", money(tree.expected, currency), f"over {len(every)} scenarios"),
        Card("Dearest scenario", money(worst.cost, currency), f"{worst.scenario}, {percent(worst.probability)}"),
        Card("Cheapest scenario", money(best.cost, currency), f"{best.scenario}, {percent(best.probability)}"),
        Card(f"CVaR of the dearest {percent(settings.risk_tail)}", money(tree.cvar, currency), _weighed(tree)),
        Card("Chance of a shortfall", percent(short), "in any quarter of the horizon", short > 0.0),
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
        Row(f"{one.key.action.value} {one.key.contract}", (str(one.key.quarter), f"{one.quantity:,.6g} {one.unit}"))
        for one in now(tree)
    )
    return Table("", ("Decision", "Quarter", "Quantity"), rows)


def _waits(tree: TreePlan) -> Table:
    rows = tuple(
        Row(
            f"{one.action.value} {one.contract}",
            (
                percent(one.probability),
                " to ".join(dict.fromkeys((str(one.first), str(one.last)))),
                " to ".join(dict.fromkeys((f"{one.least:,.6g}", f"{one.most:,.6g}"))) + f" {one.unit}",
                f"{one.expected:,.6g}",
            ),
        )
        for one in waiting(tree)
    )
    return Table("", ("Decision", "Probability", "Quarters", "Quantity by scenario", "Mean"), rows)


def _bars(every: tuple[Course, ...], currency: str) -> tuple[Bar, ...]:
    largest = max(abs(one.cost) for one in every) or 1.0
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
        for number, one in enumerate(every, 1)
    )
