"""The page of a stress test: what a plan may come to, what drives it, and the futures that hurt most."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from optimizer.case.uncertainty import Process
from optimizer.files import write_text
from optimizer.plan.plan import counted
from optimizer.report.page import spread
from optimizer.report.page.columns import Columns, Layer, quarter_columns
from optimizer.report.page.figures import Figure, Key, Row, Table
from optimizer.report.page.summary import Card, Headline
from optimizer.report.page.svg import Bar, Drawing, Group, Mark, Stroke, Text
from optimizer.report.page.text import at_least, money, number, percent, quantity
from optimizer.report.page.write import template
from optimizer.stress.drivers import Part
from optimizer.stress.result import End
from optimizer.stress.statistics import Estimate
from optimizer.stress.summary import Future, Limit, Summary

MOST_LIMITS, MOST_DRIVERS, MOST_REACTIONS = 25, 10, 25
TALL, ROW, LABEL, LABELS = 200.0, 40.0, 14.0, 6
NEARLY_ALL = 0.95


@dataclass(frozen=True)
class StressPage:
    """Everything the template shows, in its order; None where there is nothing to show."""

    title: str
    horizon: str
    headline: Headline
    kept: str
    cards: tuple[Card, ...]
    figures: tuple[Figure, ...]
    costs: Table | None
    dearest: Table | None
    shortest: Table | None
    limits: Table | None
    ends: Table
    drivers: Figure | None
    reactions: Table | None
    commitments: Table | None
    proof: str

    @property
    def widths(self) -> tuple[int, ...]:
        """How many columns stand side by side, in every way that occurs."""
        return tuple(sorted({figure.columns for figure in self.figures}))


def write_stress_page(summary: Summary, proof: str, path: Path) -> None:
    """Write the page; `proof` is a sentence on what was proven. Raises OutputError where it cannot be written."""
    write_text(path, template("stress.html").render(page=page_of(summary, proof)))


def page_of(summary: Summary, proof: str) -> StressPage:
    """What the page shows."""
    found = summary.stress
    solved = bool(found.solved)
    return StressPage(
        title=found.title,
        horizon=f"{found.quarters[0]} to {found.quarters[-1]}",
        headline=_headline(summary),
        kept=_kept(summary),
        cards=_cards(summary) if solved else (),
        figures=_figures(summary) if solved else (),
        costs=_costs(summary) if solved else None,
        dearest=_futures(summary.dearest, found.currency) if solved else None,
        shortest=_futures(summary.shortest, found.currency) if solved and summary.shortest else None,
        limits=_limits(summary) if summary.limits else None,
        ends=_ends(summary),
        drivers=_drivers(summary) if solved and summary.cost_parts else None,
        reactions=_reactions(summary) if solved and summary.reactions else None,
        commitments=_commitments(summary) if found.kept else None,
        proof=proof,
    )


def _headline(summary: Summary) -> Headline:
    found = summary.stress
    held = dict(summary.ends)[End.HELD]
    status = f"Every hard limit holds in {at_least(held.value)} of {summary.count:,} futures"
    between = f"The share is {_between(held, percent)}, with 95 % confidence."
    if found.interrupted:
        between += f" Interrupted: {found.asked:,} futures were asked for."
    if not found.solved:
        return Headline("No future has a plan with what is kept", False, status, between)
    nearly = dict(summary.quantiles)[NEARLY_ALL].value
    act = f"In {percent(NEARLY_ALL)} of futures the plan costs at most {money(nearly, found.currency)}"
    return Headline(act, held.value == 1.0, status, between)


def _kept(summary: Summary) -> str:
    found = summary.stress
    words = f"Kept is what is decided before {found.differs}"
    if found.until > found.differs:
        words += f", and what is committed before {found.until}"
    how = f"within {percent(found.gap, 2)} of the best" if found.gap else "in the best way"
    how = "in shares of blocks" if found.relaxed else how
    return f"{words}. All else reacts, {how}, and sees the whole of its future: reality is no cheaper."


def _cards(summary: Summary) -> tuple[Card, ...]:
    found, currency = summary.stress, summary.stress.currency

    def say(amount: float) -> str:
        return money(amount, currency)

    more = summary.mean.value - found.planned
    words = f"{say(abs(more))} {'more' if more > 0.0 else 'less'} than the plan says"
    any_short = summary.any_short
    broken = summary.broken
    return (
        Card("Mean cost", say(summary.mean.value), f"{_sure(summary.mean, say)}; {words}"),
        Card(
            f"Dearest {percent(found.risk_tail)} on average",
            say(summary.cvar.value),
            _sure(summary.cvar, say),
        ),
        Card(
            "Chance of a shortfall",
            percent(any_short.value),
            f"{_sure(any_short, percent)}; {percent(summary.short.value, 2)} of demand on average",
            any_short.value > 0.0,
        ),
        Card(
            "Chance that a limit is passed",
            percent(broken.value),
            _sure(broken, percent),
            broken.value > 0.0,
        ),
    )


def _figures(summary: Summary) -> tuple[Figure, ...]:
    found, currency = summary.stress, summary.stress.currency
    values = [float(cost) for cost in summary.costs]
    shares = [1.0 / len(values)] * len(values)
    marks = (
        ("Mean", "ink", summary.mean.value),
        (f"CVaR of the dearest {percent(found.risk_tail)}", "lead", summary.cvar.value),
    )

    figures = [spread.histogram(values, shares, marks, currency), spread.exceedance_of_cost(values, shares, currency)]
    if summary.shorts.max() > 0.0:
        figures += [
            spread.exceedance_of_shortfall([float(one) for one in summary.shorts], shares),
            _by_quarter(summary),
        ]
    return tuple(figures)


def _by_quarter(summary: Summary) -> Figure:
    """The chance that anything is short, by quarter."""
    quarters = tuple(one.quarter for one in summary.fan)
    title = "When demand may be short"
    layer = Layer("Chance of a shortfall", tuple(100.0 * one.chance.value for one in summary.fan), "short")
    chart = Columns(title, tuple(map(str, quarters)), (layer,), (), lambda chance: f"{chance:.1f} %")
    rows = tuple(
        Row(
            str(one.quarter),
            (
                percent(one.chance.value),
                _between(one.chance, percent),
                *(percent(share, 2) for share in (one.mean, *one.quantiles)),
            ),
        )
        for one in summary.fan
    )
    head = ("Quarter", "Chance", "95 % interval", "Mean share", "In half at most", "In 90 %", "In 99 %")
    return Figure(
        title,
        "Share of futures in which any demand of the quarter goes unserved.",
        (Key("short", layer.label),),
        quarter_columns(chart, quarters, TALL),
        len(quarters),
        Table(spread.UNIT, head, rows),
    )


def _costs(summary: Summary) -> Table:
    found, currency = summary.stress, summary.stress.currency

    def say(amount: float) -> str:
        return number(amount)

    rows = [Row("As planned", (say(found.planned), ""))]
    if found.calm.cost is not None:
        rows.append(Row("If all comes as the case says", (say(found.calm.cost), "")))
    rows.append(Row("Mean", (say(summary.mean.value), _between(summary.mean, say)), True))
    rows.append(Row("Standard deviation", (say(summary.deviation), "")))
    rows += [
        Row(f"{percent(at)} of futures cost at most", (say(one.value), _between(one, say)))
        for at, one in summary.quantiles
    ]
    tail = f"Mean of the dearest {percent(found.risk_tail)} (CVaR)"
    rows.append(Row(tail, (say(summary.cvar.value), _between(summary.cvar, say)), True))
    return Table(f"present value, {currency}", ("Cost", "Estimate", "95 % interval"), tuple(rows))


def _ends(summary: Summary) -> Table:
    rows = tuple(Row(end.value, (percent(one.value), _between(one, percent))) for end, one in summary.ends)
    return Table("", ("Futures in which", "Share", "95 % interval"), rows)


def _limits(summary: Summary) -> Table:
    """Each limit, and its spans below it."""
    currency = summary.stress.currency
    rows = tuple(_limit(one, currency) for one in summary.limits[:MOST_LIMITS])
    left = len(summary.limits) - len(rows)
    head = ("Limit", "Chance", "95 % interval", "Excess on average", "At worst")
    return Table("" if not left else f"{left} more in the tables", head, rows)


def _limit(one: Limit, currency: str) -> Row:
    def say(amount: float) -> str:
        return money(amount, currency) if one.unit == "USD" else f"{quantity(amount)} {one.unit}"

    priced = "" if one.hard else " (at its price)"
    name = f"{one.limit}{priced}" if not one.when else f"… {one.when}"
    chance = one.excess.chance
    figures = (say(one.excess.average), say(one.excess.worst))
    return Row(name, (percent(chance.value), _between(chance, percent), *figures), not one.when)


def _futures(futures: Sequence[Future], currency: str) -> Table:
    rows = tuple(
        Row(one.words, (f"{one.played.number}", money(one.played.cost or 0.0, currency), percent(one.short, 2)))
        for one in futures
    )
    return Table("", ("What was different", "Draw", "Cost", "Not served"), rows)


def _reactions(summary: Summary) -> Table:
    rows = tuple(
        Row(
            f"{one.action} {one.contract}",
            (percent(one.chance.value), _counted(summary, one.action, one.contract, one.quantity)),
        )
        for one in summary.reactions[:MOST_REACTIONS]
    )
    return Table("", ("In reaction", "Chance", "Quantity, if so"), rows)


def _commitments(summary: Summary) -> Table:
    rows = tuple(
        Row(f"{action} {contract}", (when, _counted(summary, action, contract, amount)))
        for action, contract, when, amount in summary.stress.kept
    )
    return Table("", ("Kept", "Quarter", "Quantity"), rows)


def _counted(summary: Summary, action: str, contract: str, amount: float) -> str:
    return counted(float(f"{amount:.2f}"), summary.stress.unit(action, contract)).rstrip()


def _drivers(summary: Summary) -> Figure:
    """A bar for each driver, from the mean cost in its lowest tenth to that in its highest."""
    currency, mean = summary.stress.currency, summary.mean.value
    known = [one for one in summary.cost_parts if one.low is not None and one.high is not None][:MOST_DRIVERS]
    ends = [mean, *(end for one in known for end in (one.low, one.high) if end is not None)]
    room = 0.04 * (max(ends) - min(ends)) or abs(mean) * 0.01 or 1.0
    low, high = min(ends) - room, max(ends) + room

    def x(value: float) -> float:
        return (value - low) / (high - low)

    foot = len(known) * ROW + 6.0
    marks: list[Mark] = [*spread.ticks(low, high, currency, foot), Stroke(x(mean), 0.0, x(mean), foot, "ink")]
    for row, one in enumerate(known):
        marks += _swing(one, row * ROW, x, currency)
    explained = summary.explained
    together = "" if explained is None else f" Together they explain {percent(explained, 0)} of the ranks of cost."
    note = f"Mean cost in the futures with the lowest and the highest tenth of each; the line is the mean.{together}"
    head = ("Driver", "Of the variance", "Cost in its lowest tenth", "In its highest", "Mean", "Mean in the dear tail")
    return Figure(
        "What drives the cost",
        note,
        (Key("c1", "lowest tenth of the driver"), Key("c2", "highest tenth")),
        Drawing(foot + 24.0, tuple(marks), "What drives the cost"),
        LABELS,
        Table("present value", head, tuple(_driver(one, currency) for one in summary.cost_parts)),
    )


def _swing(one: Part, top: float, x: Callable[[float], float], currency: str) -> tuple[Mark, ...]:
    assert one.low is not None and one.high is not None
    left, right = sorted((x(one.low), x(one.high)))
    y, low_first = top + 20.0, one.low <= one.high
    title = f"{one.driver}: {money(one.low, currency)} in its lowest tenth, {money(one.high, currency)} in its highest"
    middle = (left + right) / 2
    halves = (Bar(left, middle - left, y, 14.0, "c1" if low_first else "c2"),
              Bar(middle, right - middle, y, 14.0, "c2" if low_first else "c1"))  # fmt: skip
    return (Text(0.0, top + LABEL, one.driver, "lab"), Group(title, halves))


def _driver(one: Part, currency: str) -> Row:
    ends = ("–" if end is None else money(end, currency) for end in (one.low, one.high))
    unit = " quarters late" if one.process is Process.SLIP else "×"
    share = "–" if one.share is None else percent(one.share, 0)
    return Row(one.driver, (share, *ends, f"{one.all:.2f}{unit}", f"{one.tail:.2f}{unit}"))


def _between(one: Estimate, say: Callable[[float], str]) -> str:
    """The interval in words; an end that so few futures cannot tell is left out."""
    if one.low is None or one.high is None:
        known = [
            f"{word} {say(end)}" for word, end in (("at least", one.low), ("at most", one.high)) if end is not None
        ]
        return " ".join(known) or "not known"
    return f"{say(one.low)} to {say(one.high)}"


def _sure(one: Estimate, say: Callable[[float], str]) -> str:
    """The interval on a card."""
    return f"95 %: {_between(one, say)}"
