"""Tiny cases that can be solved by hand, and what tests ask of them. Cases never change: each helper returns a new one.

`one_site()` is the root of them all: one site, one GPU system, one workload and one offer, in quarters of 1,000 hours
without discounting, so that a GPU at 1 USD per GPU-hour costs 1,000 USD a quarter.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, TypeVar

from optimizer.case.case import Case
from optimizer.case.settings import Settings
from optimizer.case.world import Accelerator, Demand, Performance, Site, SitePower, Supplier, Workload
from optimizer.contracts.block import Block
from optimizer.contracts.contract import Contract
from optimizer.contracts.spot import Firmness, SpotLimit, SpotMarket, SpotPrice
from optimizer.errors import Finding
from optimizer.ledger.books import Decided, Entry
from optimizer.ledger.decision import Action, DecisionKey
from optimizer.ledger.operation import SERVED, SHORTFALL, Operated, Operation, OperationKey
from optimizer.plan.audit import audit, present_value
from optimizer.plan.plan import Plan
from optimizer.rules.books import Books
from optimizer.rules.policy import Policy, PolicyKind
from optimizer.rules.rule import rules
from optimizer.run import Request, solve
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import Record, Series, series_column

R = TypeVar("R", bound=Record)
FIRST = Quarter.parse("2027Q1")
HOURS = 1000.0
EXACT = Request(gap=0.0, threads=1)
Quantities = dict[DecisionKey | OperationKey, float]


def across(*values: float | None, first: Quarter = FIRST) -> Series:
    """A series that starts in the first quarter."""
    return Series(first, values)


def one_site(*demand: float, **changes: Any) -> Case:
    """One quarter for each value of `demand` (units; 10 in one quarter if none is given). `changes` are settings.

    Workload `train` takes 1 unit per GPU, 5 USD per unit-hour short; block `b` of supplier `acme` brings 1 GPU at
    1 USD per GPU-hour for one quarter, divisible, at once, up to 100 of them in all.
    """
    demand = demand or (10.0,)
    settings = {
        "first_quarter": FIRST,
        "quarters": len(demand),
        "hours_per_quarter": HOURS,
        "discount_rate": 0.0,
        "mip_gap": 0.0,
        **changes,
    }
    return Case(
        (
            Settings(**settings),
            Supplier("acme"),
            Site("home"),
            Accelerator("h100", kw_per_gpu=1.0),
            workload("train"),
            Performance("train", "h100", 1.0),
            Demand("train", across(*demand)),
            block("b"),
        )
    )


def workload(name: str, **changes: Any) -> Workload:
    """A workload that costs 5 USD per unit-hour where it is short."""
    return Workload(workload=name, **{"shortfall_cost_usd_per_unit_hour": 5.0, **changes})


def block(name: str, **changes: Any) -> Block:
    """A block of one GPU at 1 USD per GPU-hour for a quarter, divisible, at once, up to 100."""
    terms = {
        "supplier": "acme",
        "site": "home",
        "accelerator": "h100",
        "gpus_per_block": 1.0,
        "price_usd_per_gpu_hour": 1.0,
        "term_quarters": 1,
        "max_blocks": 100.0,
        "divisible": True,
    }
    return Block(block=name, **{**terms, **changes})


def policy(case: Case, kind: PolicyKind, limit: float, price: float | None = None, **changes: object) -> Case:
    """The case with a policy, hard unless it has a price."""
    return add(case, Policy(policy="p", kind=kind, limit=limit, violation_cost_usd_per_unit=price, **changes))


def rivals(**changes: object) -> Case:
    """Block b of acme at 1 USD, block c of `beta` at 2 USD."""
    terms = {"supplier": "beta", "price_usd_per_gpu_hour": 2.0, **changes}
    return add(one_site(), Supplier("beta"), block("c", **terms))


def two_sites(case: Case, **changes: Any) -> Case:
    """The case with a second site, `away`, and an offer `far` there at 1.5 USD per GPU-hour."""
    return add(case, Site("away"), block("far", **{"site": "away", "price_usd_per_gpu_hour": 1.5, **changes}))


def bought(market: str, gpus: float, quarter: int = 0, site: str = "home", segment: str = "all") -> Quantities:
    """GPUs bought on a market, written by hand."""
    return {decision(Action.BUY, market, quarter, site=site, segment=segment): gpus}


def signed(contract: str, blocks: float, quarter: int = 0) -> Quantities:
    """Blocks signed, written by hand."""
    return {decision(Action.SIGN, contract, quarter): blocks}


def operated(family: Operation, amount: float, quarter: int, *index: str) -> Quantities:
    """One operation, written by hand."""
    return {operation(family, quarter, *index): amount}


def served(
    units: float, quarter: int = 0, site: str = "home", workload: str = "train", segment: str = "all"
) -> Quantities:
    """Units of a workload served on `h100`, written by hand."""
    return operated(SERVED, units, quarter, workload, site, "h100", segment)


def short(units: float, quarter: int = 0, workload: str = "train", segment: str = "all") -> Quantities:
    """Units of a workload not served, written by hand."""
    return operated(SHORTFALL, units, quarter, workload, segment)


def spot(
    name: str, *prices: float, firmness: Firmness = Firmness.INTERRUPTIBLE, limit: float | None = None, **changes: Any
) -> tuple[Record, ...]:
    """A market at the site, with one price a quarter and, if any, the same limit in every quarter."""
    terms = {"supplier": "acme", "site": "home", "accelerator": "h100", "firmness": firmness, **changes}
    rows: tuple[Record, ...] = (SpotMarket(market=name, **terms), SpotPrice(name, across(*prices)))
    return rows if limit is None else (*rows, SpotLimit(name, across(*(limit for _ in prices))))


def demanded(name: str, *units: float, **changes: Any) -> tuple[Record, ...]:
    """Another workload, at one unit per GPU, with its demand by quarter."""
    return workload(name, **changes), Performance(name, "h100", 1.0), Demand(name, across(*units))


def power(site: str, *megawatts: float) -> SitePower:
    """Power energised at a site by quarter."""
    return SitePower(site, across(*megawatts))


def add(case: Case, *rows: Record) -> Case:
    """The case with more rows."""
    return Case((*case.records, *rows))


def drop(case: Case, record: type[Record], name: str) -> Case:
    """The case without one row."""
    row = case.get(record, name)
    return Case(tuple(other for other in case.records if other is not row))


def edit(case: Case, record: type[R], name: str, **changes: Any) -> Case:
    """The case with other values in one row."""
    row = case.get(record, name)
    return Case(tuple(replace(other, **changes) if other is row else other for other in case.records))


def edit_settings(case: Case, **changes: Any) -> Case:
    """The case with other settings."""
    return edit(case, Settings, "settings", **changes)


def set_series(case: Case, record: type[Record], name: str, *values: float | None) -> Case:
    """The case with other values across the quarters of one row."""
    column = series_column(record)
    assert column is not None, f"{record.__name__} has no series"
    return edit(case, record, name, **{column: across(*values)})


def solved(case: Case, request: Request = EXACT) -> Plan:
    """The plan of the case, solved to the last bit; it must be optimal, and its audit has passed."""
    plan = solve(case, request)
    assert plan.result.status == "optimal", plan.result.detail
    return plan


def cost(case: Case) -> float:
    """The least cost of the case, USD."""
    objective = solved(case).result.objective
    assert objective is not None
    return objective


def infeasible(case: Case) -> bool:
    """Whether the case is proven to have no plan."""
    return solve(case, EXACT).result.status == "infeasible"


def decision(action: Action, contract: str, quarter: int = 0, **index: Any) -> DecisionKey:
    """The key of a decision in the `quarter`-th quarter of the case."""
    return DecisionKey(action, contract, FIRST + quarter, **index)


def operation(family: Operation, quarter: int, *index: str) -> OperationKey:
    """The key of an operation in the `quarter`-th quarter of the case."""
    return OperationKey(family, index, FIRST + quarter)


def quantities(plan: Plan) -> Quantities:
    """Everything a plan decides and operates, by key."""
    return {**{choice.key: choice.quantity for choice in plan.choices}, **dict(plan.operations)}


def quantity(plan: Plan, key: DecisionKey | OperationKey) -> float:
    """One quantity of a plan; 0 where the plan does not have it."""
    return quantities(plan).get(key, 0.0)


def books(case: Case, by_hand: Quantities) -> tuple[Books, list[Finding]]:
    """The replayed books of quantities written by hand, and what the contracts have against them."""
    decided = Decided((key, value) for key, value in by_hand.items() if isinstance(key, DecisionKey))
    operated = Operated((key, value) for key, value in by_hand.items() if isinstance(key, OperationKey))
    entries: list[Entry] = []
    findings: list[Finding] = []
    for contract in case.of(Contract):
        for replayed in contract.replay(case, decided):
            if isinstance(replayed, Finding):
                findings.append(replayed)
            else:
                entries.append(replayed)
    replayed_books = Books(case, decided, operated, entries)
    for rule in rules():
        replayed_books.add(list(rule.replay(replayed_books)))
    return replayed_books, findings


def broken(case: Case, by_hand: Quantities) -> set[str]:
    """Codes of the rules and terms that quantities written by hand break, such as `POWER-1`."""
    replayed, findings = books(case, by_hand)
    for rule in rules():
        findings += rule.check(replayed)
    return codes(findings)


def replayed_cost(case: Case, by_hand: Quantities) -> float:
    """Expected present value of quantities written by hand, USD, by replay alone."""
    return present_value(case, books(case, by_hand)[0])


def codes(findings: Iterable[Finding]) -> set[str]:
    """The codes findings begin with."""
    return {finding.place.split(" ")[0] for finding in findings}


def audited(case: Case, plan: Plan) -> set[str]:
    """Codes of what the audit finds in a plan."""
    return codes(audit(case, plan).findings)


def problems(case: Case) -> set[tuple[str, str]]:
    """(row, column) of every problem that rows report in the light of the whole case."""
    return {(row.name, problem.column) for row in case.records for problem in row.problems(case)}
