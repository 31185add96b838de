"""Mutations: take one family of rows out of the program, and the audit refuses the plan."""

import pytest

from optimizer.case.case import Case
from optimizer.case.world import Placement, Site, Workload
from optimizer.contracts.block import Block
from optimizer.contracts.spot import Firmness
from optimizer.errors import AuditError
from optimizer.model.build import formulate
from optimizer.rules.budget import Budget
from optimizer.rules.formulation import Formulation
from optimizer.rules.policy import PolicyKind
from optimizer.rules.quantities import QuantityLimit, QuantityWeight
from optimizer.rules.rule import rules
from optimizer.run import solve
from tests.builders import (
    EXACT,
    FIRST,
    across,
    add,
    block,
    codes,
    demanded,
    edit,
    one_site,
    policy,
    power,
    rivals,
    spot,
    two_sites,
)

SPOT = edit(add(one_site(), *spot("m", 0.4, limit=4.0)), Workload, "train", firm_share=0.5)
SMALL = edit(two_sites(one_site()), Block, "b", max_blocks=6.0)
MOVING = edit(
    add(
        edit(two_sites(one_site(10.0, 10.0, 10.0)), Block, "b", sign_until=FIRST),
        block("back", sign_from=FIRST + 2),
        block("later", site="away", sign_from=FIRST + 1, sign_until=FIRST + 1),
    ),
    Workload,
    "train",
    placement=Placement.ONE_SITE,
)
PATIENT = add(
    edit(one_site(10.0, 10.0, 10.0), Workload, "train", deferral_quarters=1),
    block("cheap", price_usd_per_gpu_hour=0.1, sign_from=FIRST + 2),
)
CLUSTER = edit(SMALL, Workload, "train", minimum_cluster_gpus=8.0)
WEIGHT = QuantityWeight(limit="l", contract="b")

CASES: dict[str, Case] = {
    "DEMAND-1": one_site(),
    "CAPACITY-1": one_site(),
    "CAPACITY-2": SPOT,
    "CAPACITY-3": add(
        edit(add(one_site(), *spot("m", 0.4)), Workload, "train", firm_share=0.0), *demanded("firm", 10.0)
    ),
    "FIRM-1": edit(add(one_site(), *spot("m", 0.4)), Workload, "train", firm_share=0.5),
    "DEFER-1": PATIENT,
    "DEFER-2": PATIENT,
    "PLACE-1": edit(SMALL, Workload, "train", placement=Placement.ONE_SITE),
    "PLACE-3": MOVING,
    "PLACE-4": MOVING,
    "PLACE-5": MOVING,
    "CLUSTER-1": CLUSTER,
    "CLUSTER-2": CLUSTER,
    "FABRIC-1": edit(edit(one_site(), Site, "home", fabric_gpus=8.0), Workload, "train", minimum_cluster_gpus=1.0),
    "POWER-1": add(one_site(), power("home", 0.006)),
    "COOLING-1": edit(one_site(), Site, "home", air_cooled_mw=0.006),
    "BUDGET-1": add(one_site(), Budget(budget="cap", amount=across(6_000.0))),
    "QUANTITY-1": add(one_site(), QuantityLimit(limit="l", at_most=6.0), WEIGHT),
    "QUANTITY-2": add(one_site(), QuantityLimit(limit="l", at_least=12.0), WEIGHT),
    "SPEND-1": policy(rivals(), PolicyKind.SHARE_OF_SPEND, 0.6),
    "CAPSHARE-1": policy(rivals(), PolicyKind.SHARE_OF_CAPACITY, 0.6),
    "SPOT-SHARE-1": policy(add(one_site(), *spot("m", 0.4, firmness=Firmness.ON_DEMAND)), PolicyKind.SPOT_SHARE, 0.3),
    "MINIMUM-1": policy(one_site(), PolicyKind.MINIMUM_CAPACITY, 14.0),
    "SUPPLIERS-1": policy(edit(rivals(), Block, "b", max_blocks=6.0), PolicyKind.MAXIMUM_SUPPLIERS, 1.0),
    "SUPPLIERS-2": policy(edit(one_site(10.0, 0.0), Block, "b", sign_until=FIRST), PolicyKind.MAXIMUM_SUPPLIERS, 0.0),
    "SUPPLIERS-3": policy(rivals(), PolicyKind.MINIMUM_SUPPLIERS, 2.0),
    "SUPPLIERS-4": policy(rivals(), PolicyKind.MINIMUM_SUPPLIERS, 2.0),
    "CARBON-1": policy(edit(one_site(), Site, "home", carbon_kg_per_mwh=400.0), PolicyKind.CARBON, 2.4),
    "RESERVE-1": policy(one_site(), PolicyKind.RESERVE_MARGIN, 0.2),
    "SHORT-1": policy(
        edit(one_site(), Workload, "train", shortfall_cost_usd_per_unit_hour=0.5), PolicyKind.SHORTFALL, 0.2
    ),
}
# Rows that only make the program stronger: the others imply them, so no plan can break them alone.
IMPLIED = {"PLACE-2", "FIRM-2"}


@pytest.mark.parametrize("code", CASES)
def test_a_plan_made_without_a_family_is_refused(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves: the rows bind in the case, and the audit finds what they forbade, without seeing the program.

    A broken rule would give: a published plan. A check that repeats the program's mistake would, too.
    """
    write = Formulation.limit

    def leave_out(form: Formulation, family: str, *row: object, **bounds: object) -> None:
        if family != code:
            write(form, family, *row, **bounds)

    monkeypatch.setattr(Formulation, "limit", leave_out)
    with pytest.raises(AuditError) as refused:
        solve(CASES[code], EXACT)
    assert code.rpartition("-")[0] in {found.rpartition("-")[0] for found in codes(refused.value.findings)}


def test_every_family_is_mutated() -> None:
    """Proves: no rule that writes rows is left out above.

    A broken rule would give: a family whose check nobody has seen fail.
    """
    own = {rule.CODE for rule in rules()}
    written = {code for case in CASES.values() for code in formulate(case).rows}
    assert {code for code in written if code.rpartition("-")[0] in own} - IMPLIED == set(CASES)
    assert own - {code.rpartition("-")[0] for code in CASES} == {"SERVING"}
