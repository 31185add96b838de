"""Figures of drawn futures: what they do to the cost, how far each uncertainty spreads, and what was kept of it."""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from optimizer.case.uncertainty import Process
from optimizer.report.page.axes import AXIS_HEIGHT, Values, quarter_axis
from optimizer.report.page.figures import Figure, Key, Row, Table
from optimizer.report.page.svg import Bar, Drawing, Group, Mark, Stroke, Text
from optimizer.report.page.text import money, percent
from optimizer.tables.quarter import Quarter
from optimizer.uncertainty.growth import Grown
from optimizer.uncertainty.quality import Effects
from optimizer.uncertainty.scenarios import paths
from optimizer.uncertainty.target import Moves, Target

TOP, TALL, FOOT = 8.0, 190.0, 22.0
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
MOST_LINES = 40
GAP, THIN = 0.14, 0.34
BINS, REST = 12, 0.005
"""Columns of the cost, about, and the share of draws at either end that the outermost columns take in."""
KEYS = (
    Key("band", "9 of 10 draws"),
    Key("band2", "half of the draws"),
    Key("ink", "their middle"),
    Key("path", "futures that were kept"),
)


def figures(grown: Grown) -> tuple[Figure, ...]:
    """One figure for each uncertainty: a fan by quarter, or how likely each number is of what becomes known once."""
    kept, shares = paths(grown), np.array([leaf.probability for leaf in grown.leaves])
    found = []
    for number, aim in enumerate(grown.sample.sampler.targets):
        drawn, states = grown.sample.states[:, number], kept[:, number]
        if aim.moves is Moves.ONCE or aim.stated.process is Process.SLIP:
            found.append(_chances(aim, drawn[:, -1], states[:, -1], shares))
        else:
            found.append(_fan(grown, aim, drawn, states, shares))
    return tuple(found)


def _what(aim: Target) -> str:
    stated = aim.stated
    column = f", {stated.column}" if stated.column else ""
    return f"{stated.process.value} of {stated.table} {stated.row}{column}"


def _fan(grown: Grown, aim: Target, drawn: np.ndarray, kept: np.ndarray, shares: np.ndarray) -> Figure:
    calendar = grown.sample.sampler.case.calendar
    quarters, at = calendar.ahead, calendar.as_of - calendar.first
    levels = np.quantile(drawn[:, at:], LEVELS, axis=0)
    shown = np.argsort(-shares, kind="stable")[:MOST_LINES]
    lines = kept[shown][:, at:]
    axis = Values.over(0.0, float(max(levels[-1].max(), lines.max())), TOP, TALL)
    marks: list[Mark] = [*axis.marks(), *quarter_axis(quarters, TOP + TALL)]
    marks += [_column(quarters, levels[:, column], column, axis) for column in range(len(quarters))]
    marks += [stroke for line in lines for stroke in _line(line, axis)]
    note = f"As a multiple of what the case says: {_what(aim)}."
    if len(kept) > MOST_LINES:
        note += f" The {MOST_LINES} likeliest of {len(kept)} kept futures."
    name = aim.stated.uncertainty
    return Figure(
        name, note, KEYS, Drawing(TOP + TALL + AXIS_HEIGHT, tuple(marks), name), len(quarters),
        _fan_table(quarters, levels, drawn[:, at:], shares @ kept[:, at:]),
    )  # fmt: skip


def _column(quarters: Sequence[Quarter], levels: np.ndarray, column: int, axis: Values) -> Group:
    low, lower, middle, upper, high = (float(level) for level in levels)
    width = 1.0 / len(quarters)
    title = f"{quarters[column]}: half of the draws {lower:.2f} to {upper:.2f}, 9 of 10 {low:.2f} to {high:.2f}"
    left, right = (column + GAP) * width, (column + 1.0 - GAP) * width
    return Group(
        title,
        (
            Bar(column * width, width, TOP, TALL, "hit"),
            Bar(left, right - left, axis.y(high), axis.y(low) - axis.y(high), "band"),
            Bar(left, right - left, axis.y(upper), axis.y(lower) - axis.y(upper), "band2"),
            Stroke(left, axis.y(middle), right, axis.y(middle), "ink"),
        ),
    )


def _line(values: np.ndarray, axis: Values) -> Iterator[Mark]:
    """A kept future from the middle of each quarter to that of the next, where it moves at all."""
    width = 1.0 / len(values)
    for column in range(len(values) - 1):
        one, other = axis.y(float(values[column])), axis.y(float(values[column + 1]))
        yield Stroke((column + 0.5) * width, one, (column + 1.5) * width, other, "path")


def _fan_table(quarters: Sequence[Quarter], levels: np.ndarray, drawn: np.ndarray, mean: np.ndarray) -> Table:
    head = ("Quarter", "Low 5 %", "25 %", "Middle", "75 %", "High 5 %", "Mean drawn", "Mean kept")
    rows = tuple(
        Row(
            str(quarter),
            (*(f"{level:.3f}" for level in levels[:, i]), f"{drawn[:, i].mean():.3f}", f"{mean[i]:.3f}"),
        )
        for i, quarter in enumerate(quarters)
    )
    return Table("multiple", head, rows)


def _chances(aim: Target, drawn: np.ndarray, kept: np.ndarray, shares: np.ndarray) -> Figure:
    """How likely each number is, in the draws and in what was kept."""
    values = sorted({*np.round(drawn, 6).tolist(), *np.round(kept, 6).tolist()})
    before = [float(np.isclose(drawn, value).mean()) for value in values]
    after = [float(shares[np.isclose(kept, value)].sum()) for value in values]
    slips = aim.stated.process is Process.SLIP
    labels = [f"{value:g}" if slips else f"{value:.2f}" for value in values]
    name, width = aim.stated.uncertainty, 1.0 / len(values)
    marks = _pairs(labels, before, after)
    marks += [Text((at + 0.5) * width, TOP + TALL + 17.0, label, "even") for at, label in enumerate(labels)]
    what = "Quarters late" if slips else "Multiple of what the case says"
    return _pairs_figure((name, f"{what}, and how likely: {_what(aim)}."), what, labels, before, after, marks)


def cost(effects: Effects, currency: str) -> Figure:
    """How likely it is that a future moves the cost by so much, as drawn and as kept."""
    low, high = (float(value) for value in np.quantile(effects.drawn, (REST, 1.0 - REST)))
    step = Values.over(low, high, 0.0, 1.0, BINS).step
    edges = step * np.arange(math.floor(low / step), max(math.ceil(high / step), math.floor(low / step) + 1) + 1)
    inner = edges[1:-1]
    before = np.bincount(np.digitize(effects.drawn, inner), minlength=len(edges) - 1) / len(effects.drawn)
    after = np.bincount(np.digitize(effects.kept, inner), effects.shares, minlength=len(edges) - 1)
    words = [signed(float(edge), currency) for edge in edges]
    labels = [f"{one} to {other}" for one, other in pairwise(words)]
    labels[0], labels[-1] = f"below {words[1]}", f"above {words[-2]}"
    marks = _pairs(labels, before.tolist(), after.tolist())
    for number, word in enumerate(words[1:-1], 1):
        place = number / (len(words) - 1)
        marks.append(Text(place, TOP + TALL + 17.0, word, "odd" if number % 2 else "even"))
    title = "What the futures do to the cost"
    note = (
        "How much more or less than the case as it stands they cost, to first order. The more alike the two are, the "
        "better do the kept futures stand for those drawn."
    )
    return _pairs_figure(
        (title, note), "Cost over the case as it stands", labels, before.tolist(), after.tolist(), marks
    )


def signed(amount: float, currency: str) -> str:
    """An amount over another, with its sign."""
    return ("+" if amount > 0.0 else "") + money(amount, currency)


def _pairs(labels: Sequence[str], before: Sequence[float], after: Sequence[float]) -> list[Mark]:
    """Two bars side by side for each label: probabilities in the draws, and in what was kept."""
    axis = Values.over(0.0, 100.0 * max(*before, *after), TOP, TALL)
    width = 1.0 / len(labels)
    marks: list[Mark] = list(axis.marks())
    for number, label in enumerate(labels):
        title = f"{label}: {percent(before[number])} of draws, {percent(after[number])} kept"
        pair = [Bar(number * width, width, TOP, TALL, "hit")]
        for side, (share, style) in enumerate(((before[number], "c1"), (after[number], "c2"))):
            y = axis.y(100.0 * share)
            pair.append(Bar((number + 0.16 + side * THIN) * width, THIN * width, y, TOP + TALL - y, style))
        marks.append(Group(title, tuple(pair)))
    return marks


def _pairs_figure(
    heads: tuple[str, str], what: str, labels: Sequence[str], before: Sequence[float], after: Sequence[float],
    marks: Sequence[Mark],
) -> Figure:  # fmt: skip
    title, note = heads
    rows = tuple(
        Row(label, (percent(one), percent(other))) for label, one, other in zip(labels, before, after, strict=True)
    )
    return Figure(
        title, note, (Key("c1", "draws"), Key("c2", "futures that were kept")),
        Drawing(TOP + TALL + FOOT, tuple(marks), title), len(labels),
        Table("probability, %", (what, "Drawn", "Kept"), rows),
    )  # fmt: skip
