"""`optimizer solve` of a case with scenarios: one plan that knows no more than anybody can know."""

from optimizer.case.settings import Objective, Settings
from optimizer.cli.text import Money, chance, percent, share, table
from optimizer.plan.outlook import advice, courses, now, waiting, worst
from optimizer.plan.plan import counted
from optimizer.plan.tree import TreePlan

MOST_SHOWN = 30


def summary(tree: TreePlan, headline: str) -> str:
    """What the plan says, for a terminal."""
    result, currency = tree.result, tree.case.settings.currency
    lines = [headline, *advice(tree, "listed below")] if tree.branches else [headline]
    if result.objective is None:
        return "\n".join([*lines, result.detail]).rstrip()
    bound = "not known" if result.bound is None else f"{result.bound:,.2f}"
    gap = "not known" if result.gap is None else percent(result.gap)
    settings, expected = tree.case.settings, f"expected present value {tree.expected:,.2f} {currency}"
    if settings.objective is not Objective.EXPECTED:
        decides = "" if settings.objective is Objective.TAIL else f" (in {worst(tree).scenario})"
        words = f"{settings.objective.value} {result.objective:,.2f} {currency}{decides}"
        lines += [f"{words}, bound {bound}, gap {gap}", *_regret(tree), expected]
    elif settings.risk_weight:
        words = f"objective {result.objective:,.2f} {currency}, {with_risk(settings)}"
        lines += [f"{words}, bound {bound}, gap {gap}", expected]
    else:
        lines.append(f"{expected}, bound {bound}, gap {gap}")
    lines += [f"CVaR of the dearest {share(settings.risk_tail)}: {tree.cvar:,.2f} {currency}", ""]
    lines += ["decide now, whatever comes", _now(tree), "", "what can wait", _waits(tree), "", _courses(tree), ""]
    steps = result.seconds
    lines.append(
        f"read {steps.read:.1f} s, built {steps.build:.1f} s, solved {steps.solve:.1f} s, wrote {steps.write:.1f} s; "
        f"audit passed in {len(tree.branches)} scenarios"
    )
    return "\n".join(lines)


def with_risk(settings: Settings) -> str:
    """What is minimised where risk counts, in words."""
    return f"expected cost + {settings.risk_weight:g} x CVaR"


def _regret(tree: TreePlan) -> list[str]:
    """What the gap of a regret is a share of, and the most that it can be."""
    if tree.case.settings.objective is not Objective.REGRET:
        return []
    most = tree.most_regret
    known = "" if most is None else f"; at most {most:,.2f}, were every scenario alone as cheap as its bound"
    return [f"(the gap is a share of what foresight would cost on average, plus the regret{known})"]


def _now(tree: TreePlan) -> str:
    rows = [
        (f"{one.key.action.value} {one.key.contract}", str(one.key.quarter), counted(one.quantity, one.unit))
        for one in now(tree)
    ]
    return table(("decision", "quarter", "quantity"), rows) if rows else "nothing to sign or exercise"


def _waits(tree: TreePlan) -> str:
    rows = [
        (
            f"{one.action.value} {one.contract}",
            " to ".join(dict.fromkeys((str(one.first), str(one.last)))),
            chance(one.probability),
            f"{one.least:,.6g}",
            counted(one.most, one.unit),
        )
        for one in waiting(tree)
    ]
    return table(("decision", "quarters", "probability", "least", "most"), rows) if rows else "nothing"


def _courses(tree: TreePlan) -> str:
    every, money = courses(tree), Money(tree.case.settings.currency)
    dearest = sorted(every, key=lambda one: one.cost, reverse=True)[:MOST_SHOWN]
    shown = every if len(every) <= MOST_SHOWN else dearest
    heads = ["scenario", "probability", "present value", "shortfall cost"]
    rows = [[one.scenario, chance(one.probability), money(one.cost), money(one.shortfall)] for one in shown]
    if any(one.alone is not None for one in shown):
        heads += ["alone", "regret"]
        rows = [[*row, money.known(one.alone), money.known(one.regret)] for row, one in zip(rows, shown, strict=True)]
    left = "" if len(every) <= MOST_SHOWN else f"\n(the dearest {MOST_SHOWN} of {len(every)} scenarios)"
    return table(heads, rows) + left
