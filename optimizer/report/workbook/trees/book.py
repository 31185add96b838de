"""The workbook of a plan under uncertainty: what to decide, what uncertainty is worth, and every scenario.

Expected cost, CVaR, the objective, values and distributions are live formulas over the scenarios' probabilities and
costs; the costs of a scenario are rebuilt, to the cent, by the live formulas of its own workbook.
"""

from pathlib import Path

from optimizer.plan.outlook import courses, rights
from optimizer.plan.tree import TreePlan
from optimizer.report.workbook.book import save
from optimizer.report.workbook.contents import Group
from optimizer.report.workbook.cover import define_names
from optimizer.report.workbook.sheet import Book
from optimizer.report.workbook.trees.deals import write_deals
from optimizer.report.workbook.trees.decisions import write_decided, write_options, write_replanned, write_waiting
from optimizer.report.workbook.trees.scenarios import write_scenarios
from optimizer.report.workbook.trees.spread import write_spread
from optimizer.report.workbook.trees.summary import write_summary

SHEETS = (
    ("Summary", "", "Decide now, wait, and what uncertainty is worth; figures and pictures are live"),
    ("DecideNow", "Decide now", "The same in every scenario: decided first"),
    (
        "Waits",
        "What can wait",
        "Decided once scenarios have parted; probability of deciding it at all, and in each quarter",
    ),
    ("Options", "Options", "Rights held, when they are exercised, and what each option is worth"),
    (
        "Deals",
        "What a deal is worth",
        "Every scenario with and without the parts of a deal, and what each is worth",
    ),
    ("Replanning", "What replanning changed", "What the replan came to"),
    ("Scenarios", "Scenarios", "What the plan costs in each scenario, and on average"),
    (
        "Distribution",
        "Distribution",
        "How cost and shortfall are distributed over the scenarios; the pictures draw this",
    ),
)


def write_tree_workbook(tree: TreePlan, path: Path) -> None:
    """Write the workbook of a tree that has branches to `path`; raises OutputError where it cannot be written."""
    book = Book(tree.result.case_hash[:8])
    options, title = rights(tree), tree.case.settings.title
    needed = {"Options": bool(options), "Deals": bool(tree.deals), "Replanning": bool(tree.result.replanned)}
    sheets = {
        name: book.sheet(name, heading or title, note, Group.READ.value)
        for name, heading, note in SHEETS
        if needed.get(name, True)
    }
    scenarios = write_scenarios(sheets["Scenarios"], tree, courses(tree))
    columns = (scenarios.costs, scenarios.unserved, scenarios.shares)
    spread = write_spread(sheets["Distribution"], tree.case.settings.currency, *columns)
    write_decided(sheets["DecideNow"], tree)
    write_waiting(sheets["Waits"], tree)
    if "Replanning" in sheets:
        write_replanned(sheets["Replanning"], tree)
    if "Deals" in sheets:
        write_deals(sheets["Deals"], tree)
    worth = write_options(sheets["Options"], tree, options, scenarios) if "Options" in sheets else ()
    write_summary(sheets["Summary"], tree, scenarios, spread, worth)
    for name, sheet in sheets.items():
        sheet.finish("" if name == "Summary" else "4:4", name == "Summary")
    define_names(sheets["Scenarios"], scenarios.names)
    save(book, path)
