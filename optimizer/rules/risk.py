"""Risk: what the dearest futures cost, in the objective and as a limit; or the worst of them in place of the mean.

CVaR at the risk tail a is the mean cost of the dearest futures whose probabilities add up to a. As the least value of a
linear program (Rockafellar & Uryasev, Journal of Risk 2, 2000), with cost[s] the present value of all that is paid in
scenario s, USD:

  (RISK-1)  cost[s] - threshold - excess[s] <= 0,  excess[s] >= 0               for each scenario s
  (RISK-2)  threshold + sum_s probability[s] excess[s] / a <= limit on CVaR       where the case has one
  objective: expected cost + risk weight x (threshold + sum_s probability[s] excess[s] / a)

Where the objective is CVaR alone, the worst case (Wald, Annals of Mathematics 46, 1945) or the largest regret (Savage,
Journal of the American Statistical Association 46, 1951; Kouvelis & Yu, Robust Discrete Optimization, 1997), with
least[s] what scenario s costs if it alone is planned for:
  (RISK-3)  cost[s] <= worst                                                     for each scenario s
  (RISK-4)  cost[s] - least[s] <= regret                                         for each scenario s
  (RISK-5)  threshold + sum_s probability[s] excess[s] / a <= tail               beside (RISK-1)
  objective: worst, regret, or tail
  then, of the plans that are no worse: the one of least expected cost
The second search spares what a pure min-max wastes in the futures that are not the worst (Iancu & Trichakis, Management
Science 60, 2014). Least costs alone are found first, and kept with the case (table least_costs). Each is known within
the gap of its own search: the regret that is told is that against the best plan found, and beside it stands the most it
can be, against the bound. The gap of a regret is a share of the mean of the least costs plus the regret, as the regret
alone may be 0.

A case in which CVaR is neither weighed, limited nor minimised has none of its rows (RISK-1), (RISK-2), (RISK-5). In a
case without scenarios risk, worst and expected cost are the cost itself: a weight would change nothing, and a limit is
a budget.
"""

from collections import defaultdict

import pyomo.environ as pyo

from optimizer.case.settings import Objective
from optimizer.errors import UsageError
from optimizer.futures.alone import least_costs, regret_offset
from optimizer.rules.formulation import Formulation, Terms
from optimizer.rules.money import MONEY


def add_risk(form: Formulation) -> None:
    """Write the rows and the objective's part of risk; everything that costs must have been posted before.

    Raises UsageError where regret is minimised and the least cost of a scenario alone is not known.
    """
    settings = form.case.settings
    if len(form.futures) < 2:
        return
    alone = settings.objective is Objective.TAIL
    tail = _tail(form) if settings.risk_counts or alone else []
    if alone:
        form.model.risk_worst = pyo.Var()
        terms: Terms = [*tail, (-1.0, form.model.risk_worst)]
        form.limit("RISK-5", None, ("CVaR",), terms, upper=0.0, unit=MONEY, times=form.usd_per_unit)
        form.minimise(form.model.risk_worst, 0.0)
    elif settings.objective is not Objective.EXPECTED:
        _worst(form)


def _tail(form: Formulation) -> Terms:
    """(RISK-1), (RISK-2); returns CVaR as its rows hold it from below."""
    settings, unit, costs = form.case.settings, form.usd_per_unit, paid(form)
    form.model.risk_threshold = pyo.Var()
    form.model.risk_excess = pyo.Var(range(len(form.futures)), domain=pyo.NonNegativeReals)
    threshold = form.model.risk_threshold
    tail: Terms = [(1.0, threshold)]
    for number, future in enumerate(form.futures):
        beyond = form.model.risk_excess[number]
        terms = [*costs[future.name], (-1.0, threshold), (-1.0, beyond)]
        form.limit("RISK-1", future.nodes[-1], ("cost",), terms, upper=0.0, unit=MONEY, times=unit)
        tail.append((future.probability / settings.risk_tail, beyond))
    if settings.cvar_limit_usd is not None:
        form.limit("RISK-2", None, ("CVaR",), tail, upper=settings.cvar_limit_usd / unit, unit=MONEY, times=unit)
    for share, variable in tail if settings.risk_weight else ():
        form.weigh(settings.risk_weight * share * unit, variable)
    return tail


def _worst(form: Formulation) -> None:
    """(RISK-3) or (RISK-4)."""
    objective, unit, costs = form.case.settings.objective, form.usd_per_unit, paid(form)
    least = _least(form) if objective is Objective.REGRET else {}
    form.model.risk_worst = pyo.Var()
    for future in form.futures:
        upper = least.get(future.name, 0.0) / unit
        terms = [*costs[future.name], (-1.0, form.model.risk_worst)]
        form.limit(
            "RISK-4" if least else "RISK-3", future.nodes[-1], ("cost",), terms, upper=upper, unit=MONEY, times=unit
        )
    form.minimise(form.model.risk_worst, regret_offset(form.case))


def _least(form: Formulation) -> dict[str, float]:
    """Least costs alone, USD."""
    known = {name: row.least_cost_usd for name, row in least_costs(form.case).items()}
    missing = [future.name for future in form.futures if future.name not in known]
    if missing:
        cure = "solve the case: they are found first, and kept in the case of its plan folder"
        raise UsageError(
            f"regret needs the least cost of {', '.join(missing[:3])} alone, which is not known. Fix: {cure}"
        )
    return known


def paid(form: Formulation) -> defaultdict[str, Terms]:
    """What is paid in each scenario, in the unit of the objective."""
    found: defaultdict[str, Terms] = defaultdict(list)
    for cost in form.costs:
        for scenario in cost.scenarios:
            found[scenario].append((cost.value / form.usd_per_unit, cost.variable))
    return found
