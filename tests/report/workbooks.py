"""A plan with every contract type and kind of money, its workbook, and the same as LibreOffice recalculates it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
from openpyxl.cell import Cell
from openpyxl.workbook import Workbook

from optimizer.case.case import Case
from optimizer.case.settings import Settings
from optimizer.case.world import (
    Accelerator,
    Cooling,
    Demand,
    LoadSegment,
    Performance,
    ServingCost,
    Site,
    SitePower,
    Supplier,
    Workload,
    WorkloadKind,
)
from optimizer.contracts.backstop import Backstop, BackstopDraw
from optimizer.contracts.block import Block
from optimizer.contracts.commitment import CommitmentSchedule, ExistingCommitment, Item
from optimizer.contracts.option import Option
from optimizer.contracts.parts.block_terms import PrepaidAt
from optimizer.contracts.purchase import Purchase
from optimizer.contracts.shell import ShellLease
from optimizer.contracts.spot import Firmness, SpotLimit, SpotMarket, SpotPrice
from optimizer.plan.audit import audit
from optimizer.plan.plan import Plan
from optimizer.report.workbook import write_workbook
from optimizer.rules.budget import Budget, Measure
from optimizer.rules.period import Period
from optimizer.rules.policy import Policy, PolicyKind
from tests.builders import across

Recalculate = Callable[[Path], Path]


def written(plan: Plan, path: Path) -> Path:
    """The workbook of a plan."""
    write_workbook(plan, audit(plan.case, plan), path)
    return path


def named(workbook: Workbook, name: str) -> float:
    """The value of a defined name."""
    ((sheet, cell),) = workbook.defined_names[name].destinations
    return workbook[sheet][cell.replace("$", "")].value


def cells(workbook: Workbook) -> Iterator[Cell]:
    """Every cell that holds something."""
    for sheet in workbook.worksheets:
        for row in sheet.iter_rows():
            yield from (cell for cell in row if cell.value is not None)


def find(workbook: Workbook, sheet: str, label: str, section: str = "", column: int = 2) -> int:
    """The row of a label in a column, below the bar of a section if one is given."""
    below = not section
    for row in range(1, workbook[sheet].max_row + 1):
        bar = workbook[sheet].cell(row, 1).value
        below = below or (isinstance(bar, str) and bar.startswith(section))
        if below and workbook[sheet].cell(row, column).value == label:
            return row
    raise AssertionError(f"{sheet} has no row {label!r} below {section!r}")


def edited(path: Path, target: Path, change: Callable[[Workbook], None]) -> Path:
    """A copy of a workbook in which one thing is changed; the copy has no cached values, so it must be calculated."""
    workbook = openpyxl.load_workbook(path)
    change(workbook)
    workbook.save(target)
    return target


def everything() -> Case:
    """Every contract type, a fee, prepayment, credits, exit, resale, a tail that counts, deferral, two segments, PUE,
    cooling, a fiscal year of its own, and budgets by quarter and by fiscal year."""
    quarters = 6
    return Case(
        (
            *_world(quarters),
            Block(
                block="B1", supplier="North", site="a", accelerator="H", gpus_per_block=1024.0,
                price_usd_per_gpu_hour=2.5, escalator=0.03, lead_quarters=1, delay_quarters=1, grace_quarters=0,
                late_credit_share=0.5, ramp=(0.5, 0.8, 1.0), term_quarters=12, availability=0.99,
                energy_included=False, min_blocks=2.0, max_blocks=12.0, must_sign=True, signing_fee_usd=1e6,
                prepayment_share=0.2, prepaid_at=PrepaidAt.DELIVERY, credit_after_quarters=2, exit_after_quarters=3,
                exit_fee_share=0.05, resale_price_usd_per_gpu_hour=1.0,
            ),
            Block(
                block="B2", supplier="South", site="b", accelerator="H", gpus_per_block=72.0,
                price_usd_per_block_quarter=300000.0, escalator=0.02, term_quarters=2, max_blocks=100.0,
                divisible=True, prepayment_share=0.3, credit_after_quarters=1, requires="B1",
            ),
            Option(
                option="O1", supplier="North", site="a", accelerator="H", gpus_per_block=1024.0,
                price_usd_per_gpu_hour=2.2, escalator=0.01, lead_quarters=1, term_quarters=6, expands="B1",
                max_ratio=0.5, premium_usd_per_block=1e5, min_blocks=1.0, max_blocks=6.0,
            ),
            Backstop(
                backstop="K1", supplier="North", site="a", accelerator="H", gpus_per_block=1024.0,
                price_usd_per_gpu_hour=2.0, term_quarters=6, comes_with="B1", cap_blocks=5.0,
            ),
            BackstopDraw("K1", across(0.0, 0.0, 0.0, 2.0, None, 1.0)),
            SpotMarket(
                market="spot", supplier="South", region="us", accelerator="H", firmness=Firmness.INTERRUPTIBLE,
                interruption_loss=0.1,
            ),
            SpotPrice("spot", across(*(1.5,) * quarters)),
            SpotLimit("spot", across(*(3000.0,) * quarters)),
            SpotMarket(
                market="on-demand", supplier="South", site="b", accelerator="H", firmness=Firmness.ON_DEMAND,
                draws_site_power=True,
            ),
            SpotPrice("on-demand", across(*(4.0 + 0.1 * i for i in range(quarters)))),
            SpotLimit("on-demand", across(*(2500.0,) * quarters)),
            Purchase(
                purchase="P1", supplier="South", site="c", accelerator="H", gpus_per_unit=72.0, max_units=50.0,
                capex_usd_per_gpu=20000.0, deposit_share=0.3, lead_quarters=1, life_quarters=16, residual_share=0.1,
                opex_usd_per_gpu_quarter=500.0,
            ),
            ShellLease(
                shell="S1", supplier="North", site="c", it_mw_per_unit=2.0, max_units=4.0, term_quarters=12,
                rent_usd_per_kw_month=120.0, escalator=0.02,
            ),
            ExistingCommitment(
                commitment="C1", supplier="North", site="a", accelerator="H", availability=0.98, energy_included=False
            ),
            CommitmentSchedule("C1", Item.GPUS, across(*(2000.0,) * 8)),
            CommitmentSchedule("C1", Item.INVOICES, across(*(1e7,) * 8)),
            CommitmentSchedule("C1", Item.CREDITS, across(*(1e6,) * 3)),
            Budget(
                budget="all cash", measure=Measure.CASH, period=Period.QUARTER, violation_cost_usd_per_usd=0.2,
                amount=across(*(9e7,) * quarters),
            ),
            Budget(
                budget="new deals", measure=Measure.COMMITMENTS, period=Period.FISCAL_YEAR, supplier="North",
                violation_cost_usd_per_usd=0.01, amount=across(9e8, None, None, 9e8),
            ),
            Policy(policy="service", kind=PolicyKind.SHORTFALL, limit=0.01, workload="train",
                   period=Period.FISCAL_YEAR, violation_cost_usd_per_unit=0.05),
        )
    )  # fmt: skip


def _world(quarters: int) -> tuple:
    return (
        Settings(
            first_quarter=across().first, quarters=quarters, discount_rate=0.1, tail_value=0.6, mip_gap=0.0,
            fiscal_year_start_month=7,
        ),
        Supplier("North"),
        Supplier("South"),
        Site("a", region="us", pue=1.2, energy_price_usd_per_mwh=80.0, liquid_cooled_mw=50.0),
        Site("b", region="us", pue=1.1, energy_price_usd_per_mwh=60.0),
        Site("c", pue=1.3, energy_price_usd_per_mwh=50.0),
        SitePower("a", across(*(100.0,) * quarters)),
        Accelerator("H", 1.3, 0.9, Cooling.LIQUID),
        Workload(
            "train", WorkloadKind.TRAINING, shortfall_cost_usd_per_unit_hour=4.2, firm_share=0.6, deferral_quarters=1,
            deferral_cost_usd_per_unit_hour=0.05,
        ),
        Workload("infer", WorkloadKind.INFERENCE, shortfall_cost_usd_per_unit_hour=30.0),
        Performance("train", "H", 1.0),
        Performance("infer", "H", 2.0),
        Demand("train", across(*(10000.0 + 500.0 * i for i in range(quarters)))),
        Demand("infer", across(*(4000.0 + 1000.0 * i for i in range(quarters)))),
        LoadSegment("peak", 0.25, 1.0, 1.6),
        LoadSegment("base", 0.75, 1.0, 0.8),
        ServingCost(
            workload="infer", site="a", usd_per_unit_hour=0.02, by_quarter=across(*(None,) * (quarters - 2), 0.03, 0.04)
        ),
    )  # fmt: skip
