"""The sheets of the plan workbook in their order: what each is called, what it is for, and how it is printed."""

from dataclasses import dataclass
from enum import Enum


class Group(Enum):
    """What a sheet is for, as the colour of its tab."""

    READ = "0F766E"
    CALCULATE = "64748B"
    GIVEN = "E9A23B"
    RECORD = "1F2A44"


@dataclass(frozen=True)
class Spec:
    """A sheet. `to_the_end` says whether its quarters run to the last payment; None is no time axis.

    A blank title is that of the case. `repeat` are the rows printed on every page, `one_page` fits all on one.
    """

    name: str
    title: str
    note: str
    group: Group
    to_the_end: bool | None = None
    repeat: str = "4:5"
    one_page: bool = False


_LIMITS = "Red: 99.5% of the limit or more; amber: 90% or more."

SHEETS = (
    Spec(
        "Cover", "", "Procurement plan: what to sign, exercise and buy, and what it costs", Group.READ, None, "", True
    ),
    Spec(
        "Dashboard",
        "Dashboard",
        "The figures and pictures for the steering meeting, all live",
        Group.READ,
        None,
        "",
        True,
    ),
    Spec(
        "Signings",
        "Signings calendar",
        "What is decided once, in the quarter it is decided in. Overwrite a lilac cell for a what-if.",
        Group.READ,
        False,
    ),
    Spec(
        "Contracts",
        "Contracts",
        "One row a decision: dates, GPUs, price and value of every signing, exercise, backstop, exit and purchase",
        Group.READ,
        None,
        "4:4",
    ),
    Spec("Options", "Options", "Rights bought, exercised, left and lapsed, by quarter", Group.READ, False),
    Spec("Capacity", "Capacity", "GPUs contracted by contract and kind, against GPUs in use", Group.READ, False),
    Spec(
        "Utilisation",
        "Utilisation",
        "GPUs in use and free in each pool of a site, a system and a load segment",
        Group.READ,
        False,
    ),
    Spec(
        "Power",
        "Power and cooling",
        f"MW drawn at each site against what is energised and cooled. {_LIMITS}",
        Group.READ,
        False,
    ),
    Spec(
        "Shortfall",
        "Demand, service and shortfall",
        "Average units of each workload: what is due is served or short",
        Group.READ,
        False,
    ),
    Spec(
        "Cashflow",
        "Cash flow",
        "Cash out is negative, in brackets. Column G is paid after the horizon. The tie to the solver stands last.",
        Group.READ,
        False,
    ),
    Spec(
        "Commitments",
        "Commitments by fiscal year",
        "Firm payments of every contract to its end, undiscounted, as in a 10-K table of contractual obligations",
        Group.READ,
    ),
    Spec("Budgets", "Budgets", f"What each budget counts against its limit. {_LIMITS}", Group.READ, False),
    Spec(
        "Checks",
        "Checks",
        "1 is a pass, 0 a fail; an error is a fail. After a what-if, the lines that fail say which limit breaks.",
        Group.READ,
    ),
    Spec(
        "Quantities",
        "Quantities by quarter",
        "Spot, resale, demand served, shortfall: what is decided each quarter. Column E: share of the quarter's hours.",
        Group.CALCULATE,
        False,
    ),
    Spec(
        "CashLines",
        "Money, line by line",
        "Quantity × weight × price in each quarter; paid is positive. Quarters with * lie beyond the horizon.",
        Group.CALCULATE,
        True,
    ),
    Spec(
        "CashWeights",
        "Weights of money",
        "What one unit of a decision is billed in a quarter before its price: volume × escalation and share. "
        "Rows as in CashLines.",
        Group.CALCULATE,
        True,
    ),
    Spec(
        "CapacityLines",
        "Capacity, line by line",
        "Quantity × weight in each quarter: GPUs, kW and MW",
        Group.CALCULATE,
        False,
    ),
    Spec(
        "CapacityWeights",
        "Weights of capacity",
        "GPUs, kW and MW one unit of a decision brings or takes in a quarter. Rows as in CapacityLines.",
        Group.CALCULATE,
        False,
    ),
    Spec(
        "UseLines",
        "GPUs in use, line by line",
        "Units served / units per GPU of every workload at every site, system and load segment",
        Group.CALCULATE,
        False,
    ),
    Spec(
        "PresentValue",
        "Present value",
        "Every category to the last payment, discounted; service beyond the horizon less its assumed worth",
        Group.CALCULATE,
        True,
    ),
    Spec(
        "ByContract",
        "Cash by contract",
        "Cash of every contract to its last payment, and the part that is firm once signed",
        Group.CALCULATE,
        True,
    ),
    Spec("ChartData", "Chart data", "What the charts of the dashboard draw", Group.CALCULATE, False),
    Spec(
        "Inputs",
        "Inputs as solved",
        "Every table of the case. Cream cells are live; others shape the weights: change the case and solve again.",
        Group.GIVEN,
        None,
        "",
    ),
    Spec(
        "InputsTime",
        "Inputs by quarter, as solved",
        "Every series of the case. Cream cells are live. Quarters before the horizon are not used and not shown.",
        Group.GIVEN,
        True,
    ),
    Spec(
        "PlanLong",
        "Plan in long form",
        "One row a posting or operation, values only, for PivotTables and Power Query (table PlanLongTable)",
        Group.RECORD,
        None,
        "4:4",
    ),
    Spec("RunLog", "Run log", "What was asked, what the solver proved, and what it ran with", Group.RECORD, None, ""),
)
