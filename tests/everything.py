"""A case with every contract type, every kind of money and every rule, and quantities that use all of them.

`ORDERED` fixes what is signed, exited and resold, so that every account moves; the rest is for the program to find.
A contract type without a row here joins with one row of plain terms, of which one unit is ordered.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from optimizer.case.case import Case
from optimizer.case.settings import Settings
from optimizer.case.world import (
    Accelerator,
    Demand,
    LoadSegment,
    Performance,
    Placement,
    ServingCost,
    Site,
    Supplier,
)
from optimizer.contracts.backstop import Backstop, BackstopDraw
from optimizer.contracts.block import Block, PrepaidAt
from optimizer.contracts.commitment import CommitmentSchedule, ExistingCommitment, Item
from optimizer.contracts.contract import Contract, contract_types
from optimizer.contracts.option import Option
from optimizer.contracts.parts.in_service import InService
from optimizer.contracts.purchase import Purchase
from optimizer.contracts.spot import Firmness
from optimizer.ledger.decision import Action, Decision, DecisionKey
from optimizer.rules.budget import Budget, Measure
from optimizer.rules.policy import Policy, PolicyKind
from optimizer.rules.quantities import QuantityLimit, QuantityWeight
from optimizer.tables.columns import Column, Kind
from optimizer.tables.record import Record, columns_of
from tests.builders import FIRST, HOURS, across, decision, power, spot, workload

QUARTERS = 4
THERE: dict[str, Any] = {"supplier": "acme", "site": "home", "accelerator": "h100"}
BLOCK: dict[str, Any] = {**THERE, "gpus_per_block": 2.0, "price_usd_per_gpu_hour": 1.0, "energy_included": False}


def everything() -> Case:
    """Four quarters of 1,000 hours, discounted, with half of the tail counted."""
    return Case((*world(), *demand(), *contracts(), *limits(), *others()))


def world() -> tuple[Record, ...]:
    """Two sites, one of them with limits of power, cooling and fabric; two segments."""
    return (
        Settings(
            first_quarter=FIRST, quarters=QUARTERS, hours_per_quarter=HOURS, discount_rate=0.1, tail_value=0.5,
            mip_gap=0.0,
        ),
        Supplier("acme"),
        Supplier("beta"),
        Site(
            "home", region="us", pue=1.25, energy_price_usd_per_mwh=80.0, carbon_kg_per_mwh=400.0, air_cooled_mw=0.05,
            fabric_gpus=40.0,
        ),
        Site("away", region="us", pue=1.1, energy_price_usd_per_mwh=60.0),
        power("home", *[0.07] * QUARTERS),
        Accelerator("h100", kw_per_gpu=1.0, average_load=0.9),
        LoadSegment("peak", 0.25, inference_multiplier=1.6),
        LoadSegment("rest", 0.75, inference_multiplier=0.8),
    )  # fmt: skip


def demand() -> tuple[Record, ...]:
    """Work that can wait, work that runs at one site, work that needs a cluster; all of it can be short at a price."""
    kinds = (
        (workload("patient", firm_share=0.5, deferral_quarters=2, deferral_cost_usd_per_unit_hour=0.1), (6, 30, 4, 4)),
        (workload("bound", placement=Placement.ONE_SITE, shortfall_cost_usd_per_unit_hour=9.0), (4, 4, 5, 5)),
        (workload("large", minimum_cluster_gpus=3.0), (4, 4, 4, 4)),
        (workload("excess", shortfall_cost_usd_per_unit_hour=0.05), (2, 2, 2, 2)),
    )
    rows: list[Record] = [
        ServingCost(workload="large", site="home", usd_per_unit_hour=0.2, by_quarter=across(None, 0.1))
    ]
    for row, units in kinds:
        rows += [row, Performance(row.workload, "h100", 1.0), Demand(row.workload, across(*map(float, units)))]
    return tuple(rows)


def contracts() -> tuple[Record, ...]:
    """Every contract type, with every term that moves money."""
    gpus, cash = (2.0, 2.0, 2.0, 2.0, 2.0), (500.0, 500.0, None, None, 400.0)
    return (
        Block(
            block="deal", **BLOCK, min_blocks=2.0, max_blocks=6.0, signing_fee_usd=700.0, escalator=0.1,
            delay_quarters=1, late_credit_share=0.1, ramp=(0.5, 1.0), term_quarters=5, availability=0.9,
            prepayment_share=0.2, prepaid_at=PrepaidAt.DELIVERY, credit_after_quarters=1, exit_after_quarters=2,
            exit_fee_share=0.3, resale_price_usd_per_gpu_hour=0.3, exclusive_group="rack",
        ),
        Block(block="rival", **{**BLOCK, "supplier": "beta"}, max_blocks=6.0, term_quarters=2, exclusive_group="rack"),
        Block(block="follow-up", **BLOCK, max_blocks=3.0, term_quarters=5, prepayment_share=0.5,
              credit_after_quarters=2, requires="deal", must_sign=True),
        Option(option="more", **BLOCK, term_quarters=2, max_blocks=3.0, min_blocks=2.0, held_blocks=1.0, escalator=0.05,
               premium_usd_per_block=90.0, expands="deal", max_ratio=0.5),
        Backstop(backstop="standby", **BLOCK, term_quarters=5, cap_blocks=3.0, comes_with="deal", escalator=0.05),
        BackstopDraw("standby", across(0.0, 1.0, 0.0, 2.0)),
        *spot("spot", *[0.8] * QUARTERS, limit=4.0, site="", region="us", interruption_loss=0.1, draws_site_power=True),
        *spot("hourly", *[1.9] * QUARTERS, limit=3.0, firmness=Firmness.ON_DEMAND, supplier="beta"),
        Purchase(purchase="own", **{**THERE, "site": "away"}, gpus_per_unit=1.0, max_units=4.0,
                 capex_usd_per_gpu=5000.0, deposit_share=0.3, lead_quarters=1, life_quarters=6,
                 residual_share=0.1, availability=0.95, opex_usd_per_gpu_quarter=100.0),
        ExistingCommitment(commitment="signed", **THERE, availability=0.8, energy_included=False),
        CommitmentSchedule("signed", Item.GPUS, across(*gpus)),
        *(CommitmentSchedule("signed", item, across(*cash)) for item in Item if item is not Item.GPUS),
        *(InService(contract=name, share=across(None, 0.9, 0.75)) for name in ("deal", "more", "standby", "signed")),
        InService(contract="own", invoiced=True, share=across(None, None, 0.5, 0.8)),
    )  # fmt: skip


def limits() -> tuple[Record, ...]:
    """A budget and every policy, priced so that they bend, and a limit on quantities."""
    bound = {
        PolicyKind.SHARE_OF_SPEND: 0.5, PolicyKind.SHARE_OF_CAPACITY: 0.5, PolicyKind.SPOT_SHARE: 0.1,
        PolicyKind.MINIMUM_CAPACITY: 20.0, PolicyKind.MAXIMUM_SUPPLIERS: 1.0, PolicyKind.MINIMUM_SUPPLIERS: 3.0,
        PolicyKind.CARBON: 1.0, PolicyKind.RESERVE_MARGIN: 0.6, PolicyKind.SHORTFALL: 0.05,
    }  # fmt: skip
    return (
        *(Policy(policy=k.value, kind=k, limit=bound[k], violation_cost_usd_per_unit=2.0) for k in PolicyKind),
        Budget(budget="cash", amount=across(*[4000.0] * QUARTERS), violation_cost_usd_per_usd=0.02),
        Budget(budget="ahead", measure=Measure.PREPAYMENTS, amount=across(0.0), violation_cost_usd_per_usd=0.02),
        QuantityLimit(limit="in all", at_most=40.0),
        QuantityWeight(limit="in all", contract="deal"),
    )


ORDERED: dict[DecisionKey, float] = {
    decision(Action.SIGN, "deal"): 4.0,
    decision(Action.SIGN, "deal", 1): 2.0,
    decision(Action.EXIT, "deal", 3, vintage=FIRST): 1.0,
    decision(Action.RESELL, "deal", 2): 0.5,
    decision(Action.SIGN, "follow-up", 1): 1.0,
    decision(Action.HOLD, "more"): 2.0,
    decision(Action.EXERCISE, "more", 1): 3.0,
    decision(Action.SIGN, "own"): 2.0,
    decision(Action.BUY, "spot", 1, site="home", segment="peak"): 2.0,
    decision(Action.BUY, "hourly", 1, site="home", segment="rest"): 1.0,
}


def ordered(row: Contract, case: Case, offered: Iterator[Decision]) -> Iterator[Decision]:
    """The decisions of a contract with what is ordered fixed; of a type unknown here, one unit of the first."""
    known = any(row.name == key.contract for key in ORDERED) or isinstance(row, Block | Backstop | ExistingCommitment)
    for number, made in enumerate(offered):
        fixed = ORDERED.get(made.key)
        if fixed is None and not known and number == 0:
            fixed = 1.0
        yield made if fixed is None else replace(made, lower=fixed, upper=fixed)


def others() -> Iterator[Record]:
    """One plain row of each contract type that has none above."""
    given = {type(row) for row in contracts()}
    for kind in contract_types():
        if kind not in given:
            cells = {name: cell(name, column) for name, column in columns_of(kind)}
            yield kind(**{name: value for name, value in cells.items() if value is not None})


def cell(name: str, column: Column) -> Any:
    """A plain value of a column: something where it must have one, else its default."""
    targets = {"suppliers": "acme", "sites": "home", "accelerators": "h100"}
    match column.kind:
        case Kind.KEY:
            return "other"
        case Kind.REFERENCE:
            return targets.get(column.targets[0], column.default)
        case Kind.NUMBER:
            return 1.0 if column.required else column.default
        case Kind.INTEGER:
            return max(2, int(column.low or 0)) if column.required else column.default
    assert not column.required, f"{name}: add a row of this contract type to tests/everything.py"
    return column.default
