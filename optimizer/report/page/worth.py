"""What uncertainty is worth, in words and tables."""

from collections.abc import Sequence
from dataclasses import dataclass

from optimizer.contracts.option import Option
from optimizer.plan.outlook import Rights
from optimizer.plan.tree import TreePlan
from optimizer.plan.worth import Known, OptionWorth, Value, Worth
from optimizer.report.page.figures import Row, Table
from optimizer.report.page.text import money, percent, quantity

NEAR = 0.005


@dataclass(frozen=True)
class Sentence:
    """A value: its name, the figure, and what it means."""

    name: str
    figure: str
    words: str


def sentences(tree: TreePlan) -> tuple[Sentence, ...]:
    """What is known, one value after the other; nothing where nobody has asked."""
    found, currency = tree.worth, tree.case.settings.currency
    if found is None:
        return ()
    options = (_option(tree, found, one) for one in found.options)
    return (_information(found, currency), _solution(found, currency), *options)


def _information(found: Worth, currency: str) -> Sentence:
    words = "What it would be worth to know today which scenario comes true: no forecast is worth more."
    return Sentence("Perfect information", *_figure(found.information, currency, words))


def _solution(found: Worth, currency: str) -> Sentence:
    words = "What planning for all scenarios saves over doing here and now what is best for their mean."
    if found.solution.known is Known.NONE:
        words = "What is best for the mean, done here and now, has no plan in some scenario."
    return Sentence("Planning for more than the mean", *_figure(found.solution, currency, words))


def _option(tree: TreePlan, found: Worth, one: OptionWorth) -> Sentence:
    currency, even = tree.case.settings.currency, found.break_even(one)
    asked = tree.case.get(Option, one.option).premium_usd_per_block
    words = "No rights of it are bought: at its premium it saves nothing more."
    if one.held > 0.0 and even is not None:
        words = (
            f"Beyond {money(one.premium_usd, currency)} of premium for {quantity(one.held)} blocks on average. "
            f"At {money(even, currency)} a block it would be worth nothing; it costs {money(asked, currency)}."
        )
    elif one.held > 0.0:
        words = f"Beyond {money(one.premium_usd, currency)} of premium for {quantity(one.held)} blocks on average."
    if one.without.known is Known.NONE:
        words = "Without it there is no plan that meets every limit."
    return Sentence(f"Option {one.option}", *_figure(found.of(one), currency, words))


def _figure(value: Value, currency: str, words: str) -> tuple[str, str]:
    """The figure, and the words with the bracket that is proven."""
    if value.usd is None:
        least = "" if value.low is None else f" At least {money(value.low, currency)}."
        return "no limit" if value.known is Known.NONE else "not known", f"{words}{least}"
    low, high = value.low, value.high
    if low is None or high is None:
        return money(value.usd, currency), f"{words} No bracket is proven."
    if high - low <= NEAR + 1e-6 * abs(value.usd):
        return money(value.usd, currency), words
    return money(value.usd, currency), f"{words} Proven: {money(low, currency)} to {money(high, currency)}."


def use(options: Sequence[Rights], currency: str) -> Table | None:
    """What the plan does with each option; None where the case has none."""
    if not options:
        return None
    rows = tuple(
        Row(
            one.option,
            (
                quantity(one.held),
                money(one.premium, currency),
                percent(one.probability) if one.by_quarter else "never",
                ", ".join(f"{quarter} {percent(chance, 0)}" for quarter, chance in one.by_quarter) or "–",
            ),
        )
        for one in options
    )
    return Table("", ("Option", "Blocks held, mean", "Premium, mean", "Exercised", "Quarters"), rows)
