"""What the parts of a deal are worth, for a terminal and as JSON."""

import json

from optimizer.cli.solve import headline
from optimizer.cli.text import Money, table
from optimizer.plan.deal import CourseCost, Deal, Side, document
from optimizer.plan.tree import TreePlan
from optimizer.plan.worth import Known, Value
from optimizer.report.page.deal import sentences

UNKNOWN = {Known.NONE: "no limit", Known.NOT: "not known", Known.FOUND: "not known"}


def deal_json(tree: TreePlan, deal: Deal) -> str:
    """The deal, with what the search of the tree came to."""
    result = tree.result
    told = document((deal,), result.case_hash)
    return json.dumps({**told, "status": result.status, "objective": result.objective, "bound": result.bound}, indent=2)


def deal_text(tree: TreePlan, deal: Deal) -> str:
    """The sides of the deal and the values of its parts, in tables and in words."""
    money = Money(tree.case.settings.currency)
    values = [(name, *figures(found, money)) for name, found in deal.values()]
    heads = ("on the table", "least", "bound", "expected", "cheapest", "dearest", "CVaR")
    lines = [
        headline(tree.case, tree.result),
        f"deal of {deal.supplier}: firm {', '.join(deal.firm)}; expandable {', '.join(deal.more) or 'nothing'}",
        "",
        table(heads, [_side(side, money) for side in deal.sides]),
        "",
        table(("worth", "value", "at least", "at most"), values),
        "",
        *(f"{one.name}: {one.words}" for one in sentences(tree, deal)),
    ]
    return "\n".join(lines)


def _side(side: Side, money: Money) -> tuple[str, ...]:
    figured = (money.known(figure) for figure in (side.least.cost, side.least.bound, side.expected))
    ends = (_course(one, money) for one in (side.cheapest, side.dearest))
    return (side.table.value, *figured, *ends, money.known(side.cvar, "-"))


def _course(one: CourseCost | None, money: Money) -> str:
    return "-" if one is None else f"{money(one.cost)} ({one.scenario})"


def figures(value: Value, money: Money) -> tuple[str, str, str]:
    """A value and its bracket."""
    low, high = money.known(value.low), money.known(value.high)
    if value.usd is None:
        return UNKNOWN[value.known], low, UNKNOWN[value.known]
    return money(value.usd), low, high
