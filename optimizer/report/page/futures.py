"""The page of made scenarios: what was drawn and kept, what it is compared by, and how stable the optimum is."""

import math
from dataclasses import dataclass
from pathlib import Path

from optimizer.files import write_text
from optimizer.report.page import fans
from optimizer.report.page.axes import Values
from optimizer.report.page.figures import Figure, Key, Row, Table
from optimizer.report.page.summary import Card, Headline
from optimizer.report.page.svg import Bar, Drawing, Group, Mark, Shape, Sign, Stroke, Text
from optimizer.report.page.text import Scale, money, percent
from optimizer.report.page.write import template
from optimizer.uncertainty.growth import Grown
from optimizer.uncertainty.quality import Quality, Stakes
from optimizer.uncertainty.stability import Gap, Mean, Stability, letter

STEADY = 0.01
"""An optimum that strays by less than this from seed to seed is called steady."""
WIDE = 0.8
"""A tree that keeps this share of the spread of the cost is called wide enough."""
ROW, LABEL, LABELS = 40.0, 14.0, 6


@dataclass(frozen=True)
class Drawn:
    """What the page is of: a tree, what it keeps, what each uncertainty moves the cost by, how stable it is."""

    grown: Grown
    quality: Quality
    stakes: Stakes | None
    stability: Stability | None = None


@dataclass(frozen=True)
class FuturesPage:
    """Everything the template shows, in its order."""

    title: str
    horizon: str
    headline: Headline
    cards: tuple[Card, ...]
    cost: Figure | None
    stability: Figure | None
    decisions: Table | None
    stakes: Table | None
    likeness: Table
    fans: tuple[Figure, ...]

    @property
    def widths(self) -> tuple[int, ...]:
        """How many columns stand side by side, in every way that occurs."""
        shown = (*self.fans, *(() if self.cost is None else (self.cost,)))
        return tuple(sorted({figure.columns for figure in shown}))


def write_futures_page(drawn: Drawn, path: Path) -> None:
    """Write the page. Raises OutputError where it cannot be written."""
    write_text(path, template("futures.html").render(page=page_of(drawn)))


def page_of(drawn: Drawn) -> FuturesPage:
    """What the page shows."""
    case = drawn.grown.sample.sampler.case
    calendar, currency, found = case.calendar, case.settings.currency, drawn.stability
    return FuturesPage(
        title=case.settings.title,
        horizon=f"{calendar.first} to {calendar.end + -1}",
        headline=_headline(drawn),
        cards=(*_kept(drawn, currency), *(() if found is None else _stable(found, currency))),
        cost=None if drawn.quality.effects is None else fans.cost(drawn.quality.effects, currency),
        stability=None if found is None else _figure(found, currency),
        decisions=None if found is None or not found.decisions else _decisions(found, currency),
        stakes=None if drawn.stakes is None else _stakes(drawn.stakes, currency),
        likeness=_likeness(drawn.quality),
        fans=fans.figures(drawn.grown),
    )


def _headline(drawn: Drawn) -> Headline:
    grown, found, quality = drawn.grown, drawn.stability, drawn.quality
    act = f"{len(grown.leaves)} futures stand for {grown.sample.count:,}"
    parted = ", ".join(str(quarter) for quarter in grown.partings)
    told = [f"They part in {parted}; what is decided before is the same in all of them."]
    if quality.lost:
        told.append(f"In none of them happens: {', '.join(quality.lost)}. Keeping more futures would show it.")
    if found is not None:
        status = f"The optimum strays by {percent(found.strays, 2)} from seed to seed"
        if found.decisions:
            status += ", and what is decided now is " + ("the same" if len(found.decisions) == 1 else "not the same")
        return Headline(act, found.strays <= STEADY, status, " ".join(told))
    if quality.effects is None:
        return Headline(
            act, not quality.lost, f"They keep {percent(quality.kept, 0)} of what tells draws apart", " ".join(told)
        )
    spread = quality.effects.spread
    status = f"They keep {percent(spread, 0)} of the spread of the cost"
    return Headline(act, spread >= WIDE and not quality.lost, status, " ".join(told))


def _kept(drawn: Drawn, currency: str) -> tuple[Card, ...]:
    quality = drawn.quality
    error = Card(
        "Largest error of a correlation", f"{quality.correlation_error:.2f}", "of two uncertainties at the end"
    )
    if quality.effects is None:
        note = f"{quality.alone:.3f} to the case as it stands"
        return Card("Distance of a draw to the tree", f"{quality.distance:.3f}", note), error
    draws, tree = quality.effects.of_draws, quality.effects.of_tree
    spread = percent(quality.effects.spread, 0)
    deviation = f"deviation {money(tree.deviation, currency)} of {money(draws.deviation, currency)}"
    dearest = f"over the case as it stands; {fans.signed(draws.high, currency)} as drawn"
    cards = (
        Card("Spread of the cost that is kept", spread, deviation),
        Card("One future in twenty costs at least", fans.signed(tree.high, currency), dearest),
    )
    return cards if drawn.stability else (*cards, error)


def _stable(found: Stability, currency: str) -> tuple[Card, ...]:
    half = "" if found.inside.half is None else f"± {money(found.inside.half, currency)} at 95 %"
    cards = [Card(f"Optimum of {len(found.trees)} trees", money(found.inside.value, currency), half)]
    if found.decisions and not math.isnan(found.decisions[0].cost.value):
        best = found.decisions[0]
        note = f"{_error(best.cost, currency)} in {found.fresh} fresh draws"
        cards.append(Card("Cost of the best decision", money(best.cost.value, currency), note))
        bias = found.bias or 0.0
        words = "more" if bias >= 0.0 else "less"
        cards.append(Card("Left out by the trees", money(abs(bias), currency), f"fresh draws cost so much {words}"))
    return (*cards, *(() if found.gap is None else _gap(found.gap, currency)))


def _gap(gap: Gap, currency: str) -> tuple[Card, ...]:
    """How far the best decision is above the best of all; nothing of a batch that stands alone."""
    batches = f"{len(gap.batches)} batches of {gap.size} draws"
    if gap.bound is not None:
        return (Card("Above the best decision, at most", money(max(gap.bound, 0.0), currency), f"95 %, {batches}"),)
    note = f"the same in each of {batches}, which bounds nothing"
    return (Card("Above the best decision", money(max(gap.mean, 0.0), currency), note),) if gap.alike else ()


def _error(mean: Mean, currency: str) -> str:
    return "" if mean.half is None else f"± {money(mean.half, currency)}"


def _figure(found: Stability, currency: str) -> Figure:
    """A row of signs for the optima of the trees, and a mean with its interval for each decision."""
    known = [one for one in found.decisions if not math.isnan(one.cost.value)]
    ends = [tree.objective for tree in found.trees]
    for one in known:
        half = one.cost.half or 0.0
        ends += [one.cost.value - half, one.cost.value + half]
    low, high = min(ends), max(ends)
    room = 0.04 * (high - low) or abs(high) * 0.01 or 1.0
    low, high = low - room, high + room

    def x(value: float) -> float:
        return (value - low) / (high - low)

    marks: list[Mark] = [Text(0.0, LABEL, "optimum of each tree", "lab")]
    marks += [
        Group(
            f"seed {tree.seed}: {money(tree.objective, currency)}", (Sign(x(tree.objective), 27.0, Shape.DISC, "c1"),)
        )
        for tree in found.trees
    ]
    for row, one in enumerate(known, 1):
        y = row * ROW + 27.0
        half = one.cost.half or 0.0
        title = f"decision {letter(row - 1)}: {money(one.cost.value, currency)} {_error(one.cost, currency)}"
        marks.append(Text(0.0, row * ROW + LABEL, f"decision {letter(row - 1)} in fresh draws", "lab"))
        bar = Bar(x(one.cost.value - half), x(one.cost.value + half) - x(one.cost.value - half), y - 4.0, 8.0, "band2")
        marks.append(Group(title, (bar, Sign(x(one.cost.value), y, Shape.DIAMOND, "c2"))))
    foot = (len(known) + 1) * ROW
    marks += _ticks(low, high, foot, currency)
    rows = tuple(
        Row(f"seed {tree.seed}", (money(tree.objective, currency), "" if not known else letter(tree.decision)))
        for tree in found.trees
    )
    return Figure(
        "The optimum from seed to seed",
        "Trees of other draws, solved; then what each decides before anything parts, played in common fresh draws. "
        "Bars are 95 % intervals.",
        (Key("c1", "optimum of a tree"), Key("c2", "mean cost in fresh draws")),
        Drawing(foot + 24.0, tuple(marks), "The optimum from seed to seed"), LABELS,
        Table("present value", ("Tree", "Optimum", "Decision"), rows),
    )  # fmt: skip


def _ticks(low: float, high: float, foot: float, currency: str) -> list[Mark]:
    scale = Scale.of(max(abs(low), abs(high)))
    step = Values.over(0.0, high - low, 0.0, 1.0, LABELS).step
    marks: list[Mark] = [Stroke(0.0, foot, 1.0, foot, "zero")]
    value, number = step * -(-low // step), 0
    while value <= high:
        x = (value - low) / (high - low)
        marks += [
            Stroke(x, 0.0, x, foot, "grid"),
            Text(x, foot + 17.0, scale.tick(value, step, currency), "odd" if number % 2 else "even"),
        ]
        value, number = value + step, number + 1
    return marks


def _decisions(found: Stability, currency: str) -> Table:
    rows = tuple(
        Row(
            f"{letter(number)}: {'; '.join(one.words) or 'nothing'}",
            (
                "not known" if math.isnan(one.cost.value) else f"{money(one.cost.value, currency)}",
                "" if not number or math.isnan(one.cost.value) else money(one.over_best.value, currency),
                "" if not number else _error(one.over_best, currency),
                percent(one.failed),
            ),
        )
        for number, one in enumerate(found.decisions)
    )
    return Table("", ("Decided before anything parts", "Mean cost", "Over A", "95 %", "Without a plan"), rows)


def _stakes(found: Stakes, currency: str) -> Table:
    ranked = sorted(found.each, key=lambda stake: -stake.usd)
    rows = tuple(
        Row(one.uncertainty, (money(one.low_usd, currency), money(one.high_usd, currency), money(one.usd, currency)))
        for one in ranked
    )
    return Table("least cost", ("Uncertainty, alone", "At its low draw", "At its high draw", "Difference"), rows)


def _likeness(quality: Quality) -> Table:
    head = ("In " + str(quality.each[0].quarter), "Mean drawn", "Kept", "Deviation drawn", "Kept", "Low 5 % drawn",
            "Kept", "High 5 % drawn", "Kept")  # fmt: skip
    rows = []
    for one in quality.each:
        pairs = ((getattr(one.draws, name), getattr(one.tree, name)) for name in ("mean", "deviation", "low", "high"))
        rows.append(Row(one.uncertainty, tuple(f"{value:.3f}" for pair in pairs for value in pair)))
    return Table("", head, tuple(rows))
