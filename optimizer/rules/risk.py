"""Risk: what the dearest futures cost, in the objective and as a limit.

CVaR at the risk tail a is the mean cost of the dearest futures whose probabilities add up to a. As the least value of a
linear program (Rockafellar & Uryasev, Journal of Risk 2, 2000), with cost[s] the present value of all that is paid in
scenario s, USD:

  (RISK-1)  cost[s] - threshold - excess[s] <= 0,  excess[s] >= 0               for each scenario s
  (RISK-2)  threshold + sum_s probability[s] excess[s] / a <= limit on CVaR       where the case has one
  objective: expected cost + risk weight x (threshold + sum_s probability[s] excess[s] / a)
A case whose risk weight is 0 and that has no limit on CVaR has none of these rows; so has a case without scenarios, in
which CVaR is the cost itself: there a weight would change nothing, and a limit is a budget.
"""

from collections import defaultdict

import pyomo.environ as pyo

from optimizer.rules.formulation import Formulation, Terms


def add_risk(form: Formulation) -> None:
    """Write the rows and the objective's part of risk; everything that costs must have been posted before."""
    settings = form.case.settings
    if len(form.futures) < 2 or not settings.risk_counts:
        return
    unit = form.usd_per_unit
    numbers = {future.name: number for number, future in enumerate(form.futures)}
    form.model.risk_threshold = pyo.Var()
    form.model.risk_excess = pyo.Var(range(len(numbers)), domain=pyo.NonNegativeReals)
    threshold, excess = form.model.risk_threshold, form.model.risk_excess
    paid: defaultdict[str, Terms] = defaultdict(list)
    for cost in form.costs:
        for scenario in cost.scenarios:
            paid[scenario].append((cost.value / unit, cost.variable))
    tail: Terms = [(1.0, threshold)]
    for future in form.futures:
        beyond = excess[numbers[future.name]]
        form.limit(
            "RISK-1",
            future.nodes[-1],
            ("cost",),
            [*paid[future.name], (-1.0, threshold), (-1.0, beyond)],
            upper=0.0,
        )
        tail.append((future.probability / settings.risk_tail, beyond))
    if settings.cvar_limit_usd is not None:
        form.limit("RISK-2", None, ("CVaR",), tail, upper=settings.cvar_limit_usd / unit)
    for share, variable in tail if settings.risk_weight else ():
        form.weigh(settings.risk_weight * share * unit, variable)
