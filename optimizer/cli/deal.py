"""What the parts of a deal are worth, for a terminal and as JSON."""

import json

from optimizer.cli.solve import headline
from optimizer.cli.text import table, usd
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
    values = [(name, *figures(found)) for name, found in deal.values()]
    heads = ("on the table", "least", "bound", "expected", "cheapest", "dearest", "CVaR")
    lines = [
        headline(tree.case, tree.result),
        f"deal of {deal.supplier}: firm {', '.join(deal.firm)}; expandable {', '.join(deal.more) or 'nothing'}",
        "",
        table(heads, [_side(side) for side in deal.sides]),
        "",
        table(("worth", "value", "at least", "at most"), values),
        "",
        *(f"{one.name}: {one.words}" for one in sentences(tree, deal)),
    ]
    return "\n".join(lines)


def _side(side: Side) -> tuple[str, ...]:
    known = side.least
    figured = ("not known" if figure is None else usd(figure) for figure in (known.cost, known.bound, side.expected))
    tail = "-" if side.cvar is None else usd(side.cvar)
    return (side.table.value, *figured, _course(side.cheapest), _course(side.dearest), tail)


def _course(one: CourseCost | None) -> str:
    return "-" if one is None else f"{usd(one.cost)} ({one.scenario})"


def figures(value: Value) -> tuple[str, str, str]:
    """A value and its bracket."""
    low, high = ("not known" if figure is None else usd(figure) for figure in (value.low, value.high))
    if value.usd is None:
        return UNKNOWN[value.known], low, UNKNOWN[value.known]
    return usd(value.usd), low, high
