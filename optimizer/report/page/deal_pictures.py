"""Pictures of a deal: what its parts are worth with what is proven of it, and what each scenario costs with them."""

from collections.abc import Callable, Iterator, Sequence

from optimizer.plan.deal import Deal, Side
from optimizer.plan.tree import TreePlan
from optimizer.plan.worth import Value
from optimizer.report.page.figures import Figure, Key, Row, Table
from optimizer.report.page.spread import FOOT, TALL, TOP, ticks
from optimizer.report.page.svg import Drawing, Group, Mark, Shape, Sign, Stroke, Text
from optimizer.report.page.text import amounts, money, percent

ROOM = 0.06
LABEL_UP = 12.0


def worths(tree: TreePlan, deal: Deal) -> Figure | None:
    """A line a value: the bracket that is proven of it, with the value of the best plans; None where none is known."""
    known = [(f"{name[0].upper()}{name[1:]}", found) for name, found in deal.values() if found.usd is not None]
    if not known:
        return None
    currency = tree.case.settings.currency
    ends = [0.0, *(end for _, found in known for end in (found.usd, found.low, found.high) if end is not None)]
    low, high = _room(ends)
    marks: list[Mark] = [Stroke(0.0, TOP + TALL, 1.0, TOP + TALL, "zero"), *ticks(low, high)]
    nothing = -low / (high - low)
    marks.append(Stroke(nothing, TOP, nothing, TOP + TALL, "nothing"))
    for number, (name, found) in enumerate(known):
        y = _row(number, len(known))
        marks.append(Text(0.0, y - LABEL_UP, f"{name}: {money(found.usd or 0.0, currency)}", "label"))
        marks += _proven(name, found, y, lambda value: (value - low) / (high - low), currency)
    title = f"What the parts of the deal with {deal.supplier} are worth"
    return Figure(
        title,
        "Present value. Above 0 a part saves money; below 0 it costs more than it brings.",
        (Key("c1", "by the best plans found"), Key("span", "proven: between these")),
        Drawing(TOP + TALL + FOOT, tuple(marks), title),
        len(known),
        _worth_table(known, currency),
    )


def _proven(name: str, found: Value, y: float, x: Callable[[float], float], currency: str) -> Iterator[Mark]:
    """The bracket of a value between its ends, and the value."""
    usd, ends = found.usd or 0.0, [end for end in (found.low, found.high) if end is not None]
    if len(ends) == 2:
        told = amounts(ends, currency)
        lines = (
            Stroke(x(ends[0]), y, x(ends[1]), y, "span"),
            *(Stroke(x(e), y - 6.0, x(e), y + 6.0, "span") for e in ends),
        )
        yield Group(f"{name}, proven: {told[0]} to {told[1]}", lines)
    yield Group(f"{name}: {money(usd, currency)}", (Sign(x(usd), y, Shape.DIAMOND, "c1"),))


def _worth_table(known: Sequence[tuple[str, Value]], currency: str) -> Table:
    figures = [figure for _, found in known for figure in (found.usd, found.low, found.high)]
    told = iter(amounts([figure for figure in figures if figure is not None], currency))
    cells = ["–" if figure is None else next(told) for figure in figures]
    rows = (Row(name, tuple(cells[3 * number : 3 * number + 3])) for number, (name, _) in enumerate(known))
    return Table("", ("Part", "Value", "At least", "At most"), tuple(rows))


def _room(values: Sequence[float]) -> tuple[float, float]:
    """The ends of an axis that shows all of these."""
    reach = max(values) - min(values) or abs(max(values)) or 1.0
    return min(values) - ROOM * reach, max(values) + ROOM * reach


def _row(number: int, rows: int) -> float:
    """How far down a line stands, pixels."""
    return TOP + (number + 0.7) * TALL / rows


def costs(tree: TreePlan, deal: Deal) -> Figure | None:
    """A line a side: from its cheapest to its dearest scenario, with its mean and CVaR; None where no plan is known."""
    sides = [side for side in deal.sides if side.courses]
    if not sides:
        return None
    settings = tree.case.settings
    low, high = _room([one.cost for side in sides for one in side.courses])
    marks: list[Mark] = [Stroke(0.0, TOP + TALL, 1.0, TOP + TALL, "zero"), *ticks(low, high)]
    means = amounts([side.expected or 0.0 for side in sides], settings.currency)

    def say(value: float) -> str:
        return money(value, settings.currency)

    for number, (side, mean) in enumerate(zip(sides, means, strict=True)):
        y = _row(number, len(sides))
        marks.append(Text(0.0, y - LABEL_UP, f"{side.table.title}: {mean} on average", "label"))
        marks += _line(side, y, lambda value: (value - low) / (high - low), say)
    title = f"Cost with and without the deal with {deal.supplier}"
    tail = f"mean of the dearest {percent(settings.risk_tail)} (CVaR)"
    return Figure(
        title,
        "Present value. Each line reaches from the cheapest to the dearest scenario of the best plan found.",
        (Key("dot", "a scenario"), Key("c1", "mean"), Key("short", tail)),
        Drawing(TOP + TALL + FOOT, tuple(marks), title),
        len(sides),
        _cost_table(sides, settings.currency),
    )


def _line(side: Side, y: float, x: Callable[[float], float], say: Callable[[float], str]) -> Iterator[Mark]:
    """The scenarios of a side, and what sums them up."""
    least, most, expected = side.cheapest, side.dearest, side.expected
    assert least is not None and most is not None and expected is not None
    yield Stroke(x(least.cost), y, x(most.cost), y, "span")
    for one in side.courses:
        yield Group(
            f"{one.scenario}, {percent(one.probability)}: {say(one.cost)}", (Sign(x(one.cost), y, Shape.DISC, "sign"),)
        )
    if side.cvar is not None:
        at = x(side.cvar)
        yield Group(f"CVaR: {say(side.cvar)}", (Stroke(at, y - 9.0, at, y + 9.0, "tail"),))
    yield Group(f"Mean: {say(expected)}", (Sign(x(expected), y, Shape.DIAMOND, "c1"),))


def _cost_table(sides: Sequence[Side], currency: str) -> Table:
    """What each scenario costs on each side, and below the sums of it."""
    names = [one.scenario for one in sides[0].courses]
    costs = [{one.scenario: one.cost for one in side.courses} for side in sides]
    told = amounts([cost[name] for name in names for cost in costs], currency)
    width = len(sides)
    rows = [
        Row(f"{one.scenario}, {percent(one.probability)}", told[number * width : (number + 1) * width])
        for number, one in enumerate(sides[0].courses)
    ]
    sums: tuple[tuple[str, list[float | None]], ...] = (
        ("Mean", [side.expected for side in sides]),
        ("CVaR", [side.cvar for side in sides]),
        ("Proven bound", [side.least.bound for side in sides]),
    )
    for name, figures in sums:
        known = iter(amounts([figure for figure in figures if figure is not None] or [0.0], currency))
        rows.append(Row(name, tuple("–" if figure is None else next(known) for figure in figures), name == "Mean"))
    return Table("", ("Scenario", *(side.table.title for side in sides)), tuple(rows))
