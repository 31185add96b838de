"""`optimizer solve` of a case with scenarios: one plan that knows no more than anybody can know."""

from optimizer.cli.text import percent, table, usd
from optimizer.plan.outlook import courses, now, waiting
from optimizer.plan.tree import TreePlan

MOST_SHOWN = 30


def summary(tree: TreePlan, headline: str) -> str:
    """What the plan says, for a terminal."""
    result, currency = tree.result, tree.case.settings.currency
    lines = [headline]
    if result.objective is None:
        return "\n".join([*lines, result.detail]).rstrip()
    bound = "not known" if result.bound is None else f"{result.bound:,.2f}"
    gap = "not known" if result.gap is None else percent(result.gap)
    settings = tree.case.settings
    if settings.risk_weight:
        words = f"objective {result.objective:,.2f} {currency}, expected cost + {settings.risk_weight:g} x CVaR"
        lines += [f"{words}, bound {bound}, gap {gap}", f"expected present value {tree.expected:,.2f} {currency}"]
    else:
        lines.append(f"expected present value {result.objective:,.2f} {currency}, bound {bound}, gap {gap}")
    lines += [f"CVaR of the dearest {percent(settings.risk_tail)}: {tree.cvar:,.2f} {currency}", ""]
    lines += ["decide now, whatever comes", _now(tree), "", "what can wait", _waits(tree), "", _courses(tree), ""]
    steps = result.seconds
    lines.append(
        f"read {steps.read:.1f} s, built {steps.build:.1f} s, solved {steps.solve:.1f} s, wrote {steps.write:.1f} s; "
        f"audit passed in {len(tree.branches)} scenarios"
    )
    return "\n".join(lines)


def _now(tree: TreePlan) -> str:
    rows = [
        (f"{one.key.action.value} {one.key.contract}", str(one.key.quarter), f"{one.quantity:,.6g} {one.unit}")
        for one in now(tree)
    ]
    return table(("decision", "quarter", "quantity"), rows) if rows else "nothing to sign or exercise"


def _waits(tree: TreePlan) -> str:
    rows = [
        (
            f"{one.action.value} {one.contract}",
            " to ".join(dict.fromkeys((str(one.first), str(one.last)))),
            percent(one.probability),
            f"{one.least:,.6g}",
            f"{one.most:,.6g} {one.unit}",
        )
        for one in waiting(tree)
    ]
    return table(("decision", "quarters", "probability", "least", "most"), rows) if rows else "nothing"


def _courses(tree: TreePlan) -> str:
    every = courses(tree)
    dearest = sorted(every, key=lambda one: one.cost, reverse=True)[:MOST_SHOWN]
    shown = every if len(every) <= MOST_SHOWN else dearest
    rows = [(one.scenario, percent(one.probability), usd(one.cost), usd(one.shortfall)) for one in shown]
    left = "" if len(every) <= MOST_SHOWN else f"\n(the dearest {MOST_SHOWN} of {len(every)} scenarios)"
    return table(("scenario", "probability", "present value", "shortfall cost"), rows) + left
