"""What the parts of a deal are worth, in words."""

from collections.abc import Callable
from dataclasses import dataclass

from optimizer.plan.deal import Deal, Table
from optimizer.plan.tree import TreePlan
from optimizer.plan.worth import Known, Value
from optimizer.report.page.deal_pictures import costs, worths
from optimizer.report.page.figures import Figure
from optimizer.report.page.text import amounts, money, percent, quantity
from optimizer.report.page.worth import NEAR, Sentence


@dataclass(frozen=True)
class DealView:
    """What the page says of a deal: its heading, what is in it, its values, and the pictures of these and of cost."""

    heading: str
    note: str
    values: tuple[Sentence, ...]
    figures: tuple[Figure, ...]


def views(tree: TreePlan) -> tuple[DealView, ...]:
    """Every deal that was asked about."""
    return tuple(
        DealView(
            f"What the deal with {deal.supplier} is worth",
            deal.contents,
            sentences(tree, deal),
            tuple(figure for figure in (worths(tree, deal), costs(tree, deal)) if figure is not None),
        )
        for deal in tree.deals
    )


def sentences(tree: TreePlan, deal: Deal) -> tuple[Sentence, ...]:
    """What each part is worth, one after the other."""
    currency, measure = tree.case.settings.currency, tree.case.settings.objective.value
    parts: tuple[tuple[str, Value | None, Callable[[], str]], ...] = (
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
        words += f" At more than {money(most, currency)} of premium a block, rights to all of them would not pay"
        words += f"{_proven(deal, currency)}."
    if side.courses:
        quarters = ", ".join(f"{quarter} {percent(chance, 0)}" for quarter, chance in side.by_quarter)
        words += (
            f" It is exercised with a chance of {percent(side.exercised)} ({quarters})."
            if quarters
            else " It is never used."
        )
    return words


def _proven(deal: Deal, currency: str) -> str:
    """The most premium a block by what is proven, where that is more than by the plans found."""
    worth = deal.as_option
    if worth is None or worth.usd is None or worth.high is None or not _wide(worth):
        return ""
    return f", and it is proven that they would not at more than {money(worth.high / deal.more_blocks, currency)}"


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
    if high < 0.0:
        return f" Proven: a loss of {money(-high, currency)} to {money(-low, currency)}."
    pair = f"{money(low, currency)} to {money(high, currency)}"
    if found.apart:
        return f" Proven: {pair}."
    return f" Not distinguishable from nothing at this gap: {pair}."
