"""Random cases that mix every rule: each plan passes its audit, and each rule only ever costs."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optimizer.case.case import Case
from optimizer.case.world import LoadSegment, Placement, ServingCost, Site, Supplier, Workload
from optimizer.contracts.spot import Firmness
from optimizer.rules.budget import Budget, Measure
from optimizer.rules.limit import Limit
from optimizer.rules.period import Period
from optimizer.rules.policy import Policy, PolicyKind
from optimizer.run import Request, solve
from optimizer.tables.record import Record
from tests.builders import across, add, block, demanded, edit, one_site, power, spot, two_sites

QUARTERS = 3
ASKED = Request(gap=1e-7, threads=1, time_limit_seconds=60.0)
UNITS = st.integers(0, 12).map(float)
PRICES = st.integers(2, 60).map(lambda tenths: tenths / 10.0)


@st.composite
def workload_terms(draw: st.DrawFn) -> dict[str, object]:
    """Terms of a workload: at most one of deferral and single site."""
    placement = draw(st.sampled_from(Placement))
    return {
        "placement": placement,
        "minimum_cluster_gpus": draw(st.sampled_from((0.0, 0.0, 3.0, 6.0))),
        "deferral_quarters": draw(st.integers(0, 2)) if placement is Placement.ANYWHERE else 0,
        "deferral_cost_usd_per_unit_hour": 0.2,
        "firm_share": draw(st.sampled_from((0.0, 0.5, 1.0))),
        "shortfall_cost_usd_per_unit_hour": draw(st.sampled_from((3.0, 9.0))),
    }


@st.composite
def worlds(draw: st.DrawFn) -> Case:
    """Two sites, two workloads, three offers, two markets, two segments, limited by power, cooling and fabric."""
    demand = st.lists(UNITS, min_size=QUARTERS, max_size=QUARTERS)
    prices = st.lists(PRICES, min_size=QUARTERS, max_size=QUARTERS)
    case = two_sites(one_site(*draw(demand)), price_usd_per_gpu_hour=draw(PRICES), term_quarters=2)
    terms = draw(workload_terms())
    case = edit(case, Workload, "train", **terms)
    case = add(case, *demanded("infer", *draw(demand), **draw(workload_terms())))
    racks = {"gpus_per_block": 4.0, "divisible": False, "max_blocks": 3.0, "term_quarters": 3, "supplier": "beta"}
    fee = draw(st.sampled_from((0.0, 500.0)))
    case = add(
        case, Supplier("beta"), block("racks", price_usd_per_gpu_hour=draw(PRICES), signing_fee_usd=fee, **racks)
    )
    case = add(case, *spot("loose", *draw(prices), limit=5.0, interruption_loss=0.2))
    case = add(case, *spot("hourly", *draw(prices), firmness=Firmness.ON_DEMAND, limit=5.0, supplier="beta"))
    site = {"pue": 1.25, "fabric_gpus": draw(st.sampled_from((None, 8.0))), "carbon_kg_per_mwh": 400.0}
    case = edit(case, Site, "home", **site, air_cooled_mw=draw(st.sampled_from((None, 0.009))))
    case = add(case, power("home", *sorted(draw(st.lists(st.sampled_from((0.0, 0.01, 0.02)), min_size=3, max_size=3)))))
    case = add(case, ServingCost(workload="train", site="home", usd_per_unit_hour=0.3, by_quarter=across(None, 0.1)))
    return add(case, LoadSegment("day", 0.25, other_multiplier=1.6), LoadSegment("night", 0.75, other_multiplier=0.8))


@st.composite
def limits(draw: st.DrawFn) -> Limit:
    """A budget or a policy, hard or priced."""
    price = draw(st.sampled_from((None, 0.5, 50.0)))
    if draw(st.booleans()):
        amount = across(*draw(st.lists(st.sampled_from((None, 2_000.0, 9_000.0)), min_size=3, max_size=3)))
        terms = {"measure": draw(st.sampled_from(Measure)), "period": draw(st.sampled_from(Period))}
        return Budget(budget="limit", amount=amount, violation_cost_usd_per_usd=price, **terms)
    kind = draw(st.sampled_from(PolicyKind))
    size = {"share": 0.6, "GPUs": 6.0, "suppliers": 1.0, "t CO2": 2.0, "ratio": 0.2}[kind.unit]
    return Policy(policy="limit", kind=kind, limit=size, violation_cost_usd_per_unit=price)


def least(case: Case) -> float:
    """The least cost of a case whose plan has passed its audit; infinite where there is none."""
    result = solve(case, ASKED).result
    assert result.status in ("optimal", "infeasible"), result.detail
    return float("inf") if result.objective is None else result.objective


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(case=worlds(), limit=limits())
def test_every_plan_passes_its_audit_and_a_limit_never_saves(case: Case, limit: Record) -> None:
    """Proves: what the program allows, the audit allows; what it posts, the replay finds; no limit saves money.

    A broken rule would give: an AuditError, from a row weaker than its check or money posted in another amount.
    """
    free = least(case)
    assert least(add(case, limit)) >= free - 0.01 - 1e-6 * abs(free)
