"""Figures of uncertainty: how costs and shortfall are distributed over scenarios, and when options are exercised."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import pairwise

from optimizer.plan.distribution import Bin, bins, chance_beyond, stairs
from optimizer.plan.outlook import Course, Rights
from optimizer.plan.tree import TreePlan
from optimizer.report.page.axes import Values
from optimizer.report.page.columns import Columns, Layer, quarter_columns
from optimizer.report.page.figures import Figure, Key, Row, Table
from optimizer.report.page.svg import Bar, Drawing, Group, Mark, Stroke, Text
from optimizer.report.page.text import Scale, money, percent
from optimizer.tables.quarter import Quarter

TOP, FOOT, TALL = 8.0, 22.0, 200.0
LABELS, GAP, MOST_STEPS = 6, 0.1, 120
UNIT = "probability, %"
COLOURS = 8
Marked = tuple[tuple[str, str, float], ...]
"""Lines to compare with: their label, style and value."""


def costs(tree: TreePlan, every: Sequence[Course]) -> tuple[Figure, Figure]:
    """How likely each cost is, and how likely it is to cost more."""
    settings = tree.case.settings
    shares, values = [one.probability for one in every], [one.cost for one in every]
    marks = (
        ("Mean", "ink", tree.expected),
        (f"CVaR of the dearest {percent(settings.risk_tail)}", "lead", tree.cvar),
    )
    return (
        histogram(values, shares, marks, settings.currency),
        exceedance_of_cost(values, shares, settings.currency),
    )


def histogram(values: Sequence[float], shares: Sequence[float], marks: Marked, currency: str) -> Figure:
    """How likely each cost is."""
    parts, say = bins(values, shares), partial(money, currency=currency)
    return Figure(
        "What it may cost",
        f"Probability of a present value within each {say(parts[0].high - parts[0].low)}; {_lines(marks, say)}.",
        _keys(marks),
        _columns("What it may cost", parts, marks, currency),
        len(parts),
        _table(parts, say),
    )


def exceedance_of_cost(values: Sequence[float], shares: Sequence[float], currency: str) -> Figure:
    """How likely it is to cost more than each amount."""
    what = "Probability that the present value is higher"
    return _stairs("What it may cost more than", what, values, shares, currency)


def shortfall(every: Sequence[Course]) -> Figure | None:
    """How likely it is that more than a share of demand goes unserved; None where all is served in every scenario."""
    values = [one.unserved for one in every]
    if max(values) <= 0.0:
        return None
    return exceedance_of_shortfall(values, [one.probability for one in every])


def exceedance_of_shortfall(values: Sequence[float], shares: Sequence[float]) -> Figure:
    """How likely it is that more than each share of demand goes unserved."""
    what = "Probability that a larger share of unit-hours is short"
    return _stairs("Demand that may go unserved", what, values, shares)


def exercises(tree: TreePlan, options: Sequence[Rights]) -> Figure | None:
    """When options are exercised; None where none ever is."""
    used = [one for one in options if one.by_quarter]
    if not used:
        return None
    quarters = tree.case.calendar.ahead
    layers = tuple(
        Layer(one.option, _along(quarters, dict(one.by_quarter)), f"c{number % COLOURS + 1}")
        for number, one in enumerate(used)
    )
    chart = Columns(
        "When options are exercised", tuple(map(str, quarters)), layers, (), lambda chance: f"{chance:.0f} %"
    )
    rows = tuple(
        Row(str(quarter), tuple(percent(layer.values[i] / 100.0) for layer in layers))
        for i, quarter in enumerate(quarters)
    )
    return Figure(
        "When options are exercised",
        "Probability that an option is exercised in the quarter; columns of several options add up.",
        tuple(Key(layer.style, layer.label) for layer in layers),
        quarter_columns(chart, quarters, TALL),
        len(quarters),
        Table(UNIT, ("Quarter", *(layer.label for layer in layers)), rows),
    )


def _along(quarters: Sequence[Quarter], chances: dict[Quarter, float]) -> tuple[float, ...]:
    return tuple(100.0 * chances.get(quarter, 0.0) for quarter in quarters)


def _columns(name: str, parts: Sequence[Bin], marks: Marked, currency: str) -> Drawing:
    """Bins as columns over an axis of values, with lines at the marks."""
    low, high, say = parts[0].low, parts[-1].high, partial(money, currency=currency)
    axis = Values.over(0.0, 100.0 * max(part.probability for part in parts), TOP, TALL)
    width = 1.0 / len(parts)
    drawn: list[Mark] = [*axis.marks(), *ticks(low, high, currency)]
    for number, part in enumerate(parts):
        y = axis.y(100.0 * part.probability)
        title = f"{say(part.low)} to {say(part.high)}: {percent(part.probability)}"
        bar = Bar((number + GAP / 2) * width, (1.0 - GAP) * width, y, TOP + TALL - y, "c1")
        drawn.append(Group(title, (Bar(number * width, width, TOP, TALL, "hit"), bar)))
    for label, style, value in marks:
        x = min(max((value - low) / (high - low), 0.0), 1.0)
        strokes = tuple(Stroke(x, TOP, x, TOP + TALL, one) for one in (("rim",) if style == "ink" else ()) + (style,))
        drawn.append(Group(f"{label}: {say(value)}", strokes))
    return Drawing(TOP + TALL + FOOT, tuple(drawn), name)


def _stairs(title: str, what: str, values: Sequence[float], shares: Sequence[float], currency: str = "") -> Figure:
    """The chance of more than each value, falling from left to right; what is 0 may be most of it, and is left out.

    Values are of money, if there is a currency, else shares.
    """
    parts, say = bins(values, shares), partial(money, currency=currency) if currency else percent
    low, high = parts[0].low, parts[-1].high
    steps = stairs(values, shares)
    if len(steps) > MOST_STEPS:
        steps = tuple((part.low, part.beyond) for part in bins(values, shares, MOST_STEPS))
    most = chance_beyond(values, shares, low) if low >= 0.0 == min(values) else 1.0
    axis = Values.over(0.0, 100.0 * most, TOP, TALL)
    marks = (*axis.marks(), *ticks(low, high, currency), *_falling([(low, most), *steps], high, axis))
    table = Table(
        UNIT, ("More than", "Probability"), tuple(Row(say(part.low), (percent(part.beyond),)) for part in parts)
    )
    return Figure(title, f"{what}.", (), Drawing(TOP + TALL + FOOT, marks, title), len(parts), table)


def _falling(steps: Sequence[tuple[float, float]], high: float, axis: Values) -> Iterator[Mark]:
    """Level from each step to the next, and down at it."""
    low = steps[0][0]
    for (start, before), (end, chance) in pairwise([*steps, (high, steps[-1][1])]):
        left, right = ((value - low) / (high - low) for value in (start, end))
        yield Stroke(left, axis.y(100.0 * before), right, axis.y(100.0 * before), "ink")
        if chance < before:
            yield Stroke(right, axis.y(100.0 * before), right, axis.y(100.0 * chance), "ink")


def ticks(low: float, high: float, currency: str = "", foot: float = TOP + TALL) -> Iterator[Mark]:
    """Round values along the foot, `foot` pixels down; every other one is left out where the figure is narrow.

    They are of money, if there is a currency.
    """
    scale = Scale.of(max(abs(low), abs(high)) if max(abs(low), abs(high)) >= 1e3 else 1.0)
    inner = Values.over(0.0, high - low, 0.0, 1.0, LABELS)
    step = inner.step
    number = 0
    value = step * -(-low // step)
    while value <= high + step * 1e-9:
        x = (value - low) / (high - low)
        yield Stroke(x, foot, x, foot + 4.0, "zero")
        plain = currency or scale.divisor > 1.0 or abs(high) > 1.5
        text = scale.tick(value, step, currency) if plain else percent(value)
        yield Text(x, foot + 17.0, text, "odd" if number % 2 else "even")
        value += step
        number += 1


def _lines(marks: Marked, say: Callable[[float], str]) -> str:
    return ", ".join(
        f"{label[0].lower() if label == 'Mean' else label[0]}{label[1:]} {say(value)}" for label, _, value in marks
    )


def _keys(marks: Marked) -> tuple[Key, ...]:
    return tuple(Key(style, label) for label, style, _ in marks)


def _table(parts: Sequence[Bin], say: Callable[[float], str]) -> Table:
    rows = tuple(
        Row(say(part.low), (say(part.high), percent(part.probability), percent(part.beyond))) for part in parts
    )
    return Table(UNIT, ("From", "Below", "Probability", "Of more than from"), rows)
