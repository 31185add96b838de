"""The page of a frontier: the picture, what each step costs and saves in words, and which decisions it changes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from optimizer.files import write_text
from optimizer.plan.diff import Change, Later
from optimizer.plan.distribution import round_step
from optimizer.plan.frontier import Frontier, Move, place
from optimizer.plan.outlook import now, waiting
from optimizer.plan.status import StopReason
from optimizer.plan.tree import TreePlan
from optimizer.report.page.axes import Values
from optimizer.report.page.figures import Figure, Key, Row, Table
from optimizer.report.page.spread import FOOT, TALL, TOP, ticks
from optimizer.report.page.summary import Headline
from optimizer.report.page.svg import Drawing, Group, Mark, Shape, Sign, Stroke, Text
from optimizer.report.page.text import amounts, at_most, money, number, percent
from optimizer.report.page.write import template

MARGIN, STEPS = 0.08, 4
MOST_CHANGES = 6
FLAT = 1e-9


@dataclass(frozen=True)
class Stride:
    """From one point to the next: the trade in a sentence, and what is decided otherwise."""

    name: str
    words: str
    changes: tuple[str, ...]


@dataclass(frozen=True)
class FrontierPage:
    """Everything the template shows, in its order."""

    title: str
    horizon: str
    headline: Headline
    figure: Figure
    points: Table
    folders: tuple[str, ...]
    strides: tuple[Stride, ...]
    decisions: Table


def write_frontier_page(frontier: Frontier, path: Path) -> None:
    """Write the page of a frontier to `path`; raises OutputError where it cannot be written."""
    write_text(path, template("frontier.html").render(page=page_of(frontier)))


def page_of(frontier: Frontier) -> FrontierPage:
    """What the page of a frontier shows."""
    calendar, settings = frontier.case.calendar, frontier.case.settings
    return FrontierPage(
        title=settings.title,
        horizon=f"{calendar.first} to {calendar.end + -1}",
        headline=_headline(frontier),
        figure=_picture(frontier),
        points=_points(frontier),
        folders=tuple(place(one) for one in range(1, len(frontier.points) + 1)),
        strides=strides(frontier),
        decisions=_decisions(frontier.points),
    )


def tail_of(frontier: Frontier) -> str:
    """The tail in words, such as `the dearest 10 %`."""
    return f"the dearest {percent(frontier.case.settings.risk_tail)}"


def _headline(frontier: Frontier) -> Headline:
    currency, first, last = frontier.case.settings.currency, frontier.points[0], frontier.points[-1]
    act = "The plan that is cheapest on average is also the safest that was found"
    if len(frontier.points) > 1:
        act = (
            f"{money(last.expected - first.expected, currency)} more on average can take "
            f"{money(first.cvar - last.cvar, currency)} off {tail_of(frontier)}"
        )
    proven = "Every point is proven within the asked gap" if frontier.closed else "Not every point is proven"
    if not frontier.separated:
        proven += "; the gaps are wider than what lies between the plans, so that what safety costs is not proven"
    if frontier.stop == StopReason.INTERRUPT:
        proven += "; the search for points was interrupted"
    bound = "What no plan can bring CVaR below is not known."
    if frontier.least_cvar is not None:
        bound = f"No plan can bring the mean cost of {tail_of(frontier)} below {money(frontier.least_cvar, currency)}."
    return Headline(act, frontier.closed and frontier.separated, proven, bound)


def strides(frontier: Frontier) -> tuple[Stride, ...]:
    """What each step from point to point costs and saves."""
    return tuple(_stride(frontier, one, move) for one, move in enumerate(frontier.moves, 1))


def _stride(frontier: Frontier, first: int, move: Move) -> Stride:
    currency = frontier.case.settings.currency
    words = f"{money(move.safer, currency)} off {tail_of(frontier)} cost nothing more on average."
    if move.dearer > FLAT:
        words = (
            f"The next {money(move.dearer, currency)} of expected cost take {money(move.safer, currency)} off "
            f"{tail_of(frontier)}: {move.safer / move.dearer:,.2f} for every {currency} spent."
        )
    changes = [_changed(one) for one in move.decisions] + [_later(one) for one in move.later]
    left = len(changes) - MOST_CHANGES
    shown = changes[:MOST_CHANGES] + ([f"and {left} more"] if left > 0 else [])
    return Stride(
        f"{first} to {first + 1}",
        words,
        tuple(shown or ["What is signed and exercised stays; hourly purchases differ."]),
    )


def _changed(one: Change) -> str:
    return f"{one.what.replace(' | ', ' ')}: {one.before:,.6g} → {one.after:,.6g} {one.unit}"


def _later(one: Later) -> str:
    before, after = percent(one.probability_before), percent(one.probability_after)
    chances = "" if before == after else f" ({before} → {after})"
    return f"later, {one.what.replace(' | ', ' ')}: {one.mean_before:,.4g} → {one.mean_after:,.4g} on average{chances}"


def _picture(frontier: Frontier) -> Figure:
    """CVaR against expected cost: a numbered sign a plan, and how far its bound lies to the left."""
    settings, points = frontier.case.settings, frontier.points
    bounds = [point.expected if point.result.bound is None else point.result.bound for point in points]
    low, high = _room(_near([point.expected for point in points], bounds))
    floors = [] if frontier.least_cvar is None else [frontier.least_cvar]
    axis = _zoomed(_near([point.cvar for point in points], floors))
    marks: list[Mark] = [*axis.marks(settings.currency), *ticks(low, high, settings.currency)]

    def x(value: float) -> float:
        return (value - low) / (high - low)

    places = [(x(point.expected), axis.y(point.cvar)) for point in points]
    floors = [floor for floor in floors if floor >= axis.low]
    for y in map(axis.y, floors):
        marks.append(Group("No plan is below this line", (Stroke(0.0, y, 1.0, y, "lead"),)))
    for (left, upper), (right, lower) in pairwise(places):
        marks += [Stroke(left, upper, right, upper, "trace"), Stroke(right, upper, right, lower, "trace")]
    for count, (point, bound, (at, y)) in enumerate(zip(points, bounds, places, strict=True), 1):
        title = (
            f"{count}: {money(point.expected, settings.currency)} on average, {money(point.cvar, settings.currency)} "
            f"in {tail_of(frontier)}; at this CVaR no plan costs less than {money(bound, settings.currency)} on average"
        )
        signs = (Stroke(max(x(bound), 0.0), y, at, y, "bound"), Sign(at, y, Shape.DISC, "sign"))
        marks.append(Group(title, signs))
        marks.append(Text(at, y - 9.0, str(count), "label", dx=7.0))
    keys = [Key("dot", "a plan"), Key("trace", "reached by these plans")]
    if not (frontier.closed and frontier.complete):
        keys.append(Key("bound", "as far as a cheaper one could be"))
    if floors:
        keys.append(Key("lead", "no plan is below"))
    return Figure(
        "Expected cost against the tail",
        f"Across: expected present value. Up: CVaR, the mean cost of {tail_of(frontier)}. Only plans that no other one "
        f"beats in both are shown. {_between(frontier)}",
        tuple(keys),
        Drawing(TOP + TALL + FOOT, tuple(marks), "Expected cost against CVaR"),
        len(points),
        _points(frontier),
    )


def _between(frontier: Frontier) -> str:
    if frontier.complete:
        return "Between them no plan is better by more than the asked gap."
    return "Between them there may be others: ask for more points."


def _near(values: Sequence[float], lower: Sequence[float]) -> list[float]:
    """The values, and what is below them as far as it is no further than they are apart: else they would be a dot."""
    nearest = min(values) - (max(values) - min(values)) if max(values) > min(values) else -math.inf
    return [*values, *(max(one, nearest) for one in lower)]


def _room(values: Sequence[float]) -> tuple[float, float]:
    """The least and the largest with some room on both sides."""
    low, high = min(values), max(values)
    room = MARGIN * (high - low) or MARGIN * abs(high) or 1.0
    return low - room, high + room


def _zoomed(values: Sequence[float]) -> Values:
    """A vertical axis around the values, not from 0: the differences are what is looked at."""
    low, high = _room(values)
    step = round_step((high - low) / STEPS)
    return Values(step * math.floor(low / step), step * math.ceil(high / step), step, TOP, TALL)


def _points(frontier: Frontier) -> Table:
    currency, first = frontier.case.settings.currency, frontier.points[0]
    means = amounts([point.expected for point in frontier.points], currency)
    tails = amounts([point.cvar for point in frontier.points], currency)
    rows = tuple(
        Row(
            str(count),
            (
                means[count - 1],
                tails[count - 1],
                money(point.expected - first.expected, currency) if count > 1 else "–",
                money(first.cvar - point.cvar, currency) if count > 1 else "–",
                "unknown" if point.result.gap is None else at_most(point.result.gap),
            ),
        )
        for count, point in enumerate(frontier.points, 1)
    )
    return Table("", ("Point", "Expected", "CVaR", "Expected, above 1", "CVaR, below 1", "Gap"), rows)


def _decisions(points: Sequence[TreePlan]) -> Table:
    """What is decided now in every point, and what on average later."""
    cells: dict[str, list[float]] = {}
    for count, point in enumerate(points):
        for one in now(point):
            name = f"{one.key.action.value} {one.key.contract}, {one.key.quarter} ({one.unit})"
            cells.setdefault(name, [0.0] * len(points))[count] += one.quantity
        for later in waiting(point):
            name = f"later, {later.action.value} {later.contract} ({later.unit}, mean)"
            cells.setdefault(name, [0.0] * len(points))[count] += later.expected
    rows = tuple(
        Row(name, tuple(number(one, 0 if abs(one - round(one)) < 1e-6 else 2) for one in amounts))
        for name, amounts in cells.items()
    )
    return Table("", ("Decision", *(str(count) for count in range(1, len(points) + 1))), rows)
