"""What the parts of a deal are worth: in words, in a picture of cost and its spread, and in figures."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from optimizer.plan.deal import Deal, Side, Table
from optimizer.plan.tree import TreePlan
from optimizer.plan.worth import Known, Value
from optimizer.report.page.figures import Figure, Key, Row
from optimizer.report.page.figures import Table as Shown
from optimizer.report.page.spread import FOOT, TALL, TOP, ticks
from optimizer.report.page.svg import Drawing, Group, Mark, Shape, Sign, Stroke, Text
from optimizer.report.page.text import amounts, money, percent, quantity
from optimizer.report.page.worth import NEAR, Sentence

ROOM = 0.06
LABEL_UP = 12.0


@dataclass(frozen=True)
class DealView:
    """What the page says of a deal: its heading, what is in it, its values, and the picture of its sides."""

    heading: str
    note: str
    values: tuple[Sentence, ...]
    figure: Figure | None


def views(tree: TreePlan) -> tuple[DealView, ...]:
    """Every deal that was asked about."""
    return tuple(
        DealView(
            f"What the deal with {deal.supplier} is worth", deal.contents, sentences(tree, deal), _picture(tree, deal)
        )
        for deal in tree.deals
    )


def sentences(tree: TreePlan, deal: Deal) -> tuple[Sentence, ...]:
    """What each part is worth, one after the other."""
    currency, measure = tree.case.settings.currency, tree.case.settings.objective.value
    parts = (
        ("Firm part", deal.firm_part, lambda: _firm(deal, measure, currency)),
        ("Expandable part, as an option", deal.as_option, lambda: _option(deal, measure, currency)),
        ("Expandable part, as a backstop", deal.as_backstop, lambda: _backstop(deal, currency)),
        ("The right to decide", deal.right_to_decide, lambda: _right(deal, measure)),
    )
    return tuple(
        Sentence(name, _figure(found, currency), f"{words()}{_bracket(found, currency)}")
        for name, found, words in parts
        if found is not None
    )


def _firm(deal: Deal, measure: str, currency: str) -> str:
    none, firm = deal.side(Table.NONE), deal.side(Table.FIRM)
    assert none is not None and firm is not None
    if none.least.known is Known.NONE:
        return "Without it there is no plan that meets every limit."
    if none.least.cost is None or firm.least.cost is None:
        return f"What the least {measure} with and without it differ by."
    pair = amounts((none.least.cost, firm.least.cost), currency)
    words = _saves(none.least.cost - firm.least.cost, currency, "it saves {}", "it costs {} more than it brings")
    return f"The least {measure} is {pair[0]} without the deal and {pair[1]} with its firm part: {words}."


def _option(deal: Deal, measure: str, currency: str) -> str:
    worth, side, most = deal.as_option, deal.side(Table.OPTION), deal.most_premium
    assert worth is not None and side is not None
    words = f"What up to {quantity(deal.more_blocks)} more blocks take off the least {measure} if the buyer decides"
    words += ", bought with the firm part for nothing." if deal.made else ", beyond the premium."
    if most is not None:
        words += f" At more than {money(most, currency)} of premium a block{_proven(deal, currency)}, rights to all of "
        words += "them would not pay."
    if side.courses:
        quarters = ", ".join(f"{quarter} {percent(chance, 0)}" for quarter, chance in side.by_quarter)
        words += f" It is exercised with {percent(side.exercised)} ({quarters})." if quarters else " It is never used."
    return words


def _proven(deal: Deal, currency: str) -> str:
    """The most premium a block by what is proven, where that is more than by the plans found."""
    worth = deal.as_option
    if worth is None or worth.usd is None or worth.high is None or not _wide(worth):
        return ""
    return f" (for sure: {money(worth.high / deal.more_blocks, currency)})"


def _wide(found: Value) -> bool:
    """Whether the bracket is wider than the figure is shown."""
    low, high = found.low, found.high
    return low is not None and high is not None and high - low > NEAR + 1e-6 * abs(found.usd or 0.0)


def _backstop(deal: Deal, currency: str) -> str:
    worth, side, firm = deal.as_backstop, deal.side(Table.BACKSTOP), deal.side(Table.FIRM)
    assert worth is not None and side is not None and firm is not None
    if side.least.known is Known.NONE:
        return "With what the supplier puts there is no plan that meets every limit."
    words = "The supplier decides: what it puts must be taken and paid."
    if worth.usd is None:
        return words
    told = _saves(worth.usd, currency, "that saves {}", "that costs {} more than it brings")
    return f"{words} Against the firm part alone, {told}."


def _right(deal: Deal, measure: str) -> str:
    return (
        f"By how much the least {measure} is lower where the buyer decides about the same blocks and not the supplier."
        if deal.made
        else f"By how much the least {measure} is lower with the option than with the backstop."
    )


def _saves(usd: float, currency: str, saved: str, lost: str) -> str:
    return (saved if usd >= 0.0 else lost).format(money(abs(usd), currency))


def _figure(found: Value, currency: str) -> str:
    if found.usd is None:
        return "no limit" if found.known is Known.NONE else "not known"
    return money(found.usd, currency)


def _bracket(found: Value, currency: str) -> str:
    """What is proven of a value, and whether that tells it from nothing."""
    low, high = found.low, found.high
    if found.usd is None or low is None or high is None:
        if low is not None and found.known is not Known.NONE:
            return f" At least {money(low, currency)}."
        return "" if found.known is Known.NONE else " No bracket is proven."
    if not _wide(found):
        return ""
    pair = f"{money(low, currency)} to {money(high, currency)}"
    if found.apart:
        return f" Proven: {pair}."
    return f" Not distinguishable from nothing at this gap: {pair}."


def _picture(tree: TreePlan, deal: Deal) -> Figure | None:
    """A line a side: from its cheapest to its dearest scenario, with its mean and CVaR; None where no plan is known."""
    sides = [side for side in deal.sides if side.courses]
    if not sides:
        return None
    settings, every = tree.case.settings, [one.cost for side in sides for one in side.courses]
    reach = max(every) - min(every) or abs(max(every)) or 1.0
    low, high = min(every) - ROOM * reach, max(every) + ROOM * reach
    marks: list[Mark] = [Stroke(0.0, TOP + TALL, 1.0, TOP + TALL, "zero"), *ticks(low, high)]
    means = amounts([side.expected or 0.0 for side in sides], settings.currency)

    def say(value: float) -> str:
        return money(value, settings.currency)

    for number, (side, mean) in enumerate(zip(sides, means, strict=True)):
        y = TOP + (number + 0.7) * TALL / len(sides)
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
        _table(sides, settings.currency),
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


def _table(sides: Sequence[Side], currency: str) -> Shown:
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
    return Shown("", ("Scenario", *(side.table.title for side in sides)), tuple(rows))
