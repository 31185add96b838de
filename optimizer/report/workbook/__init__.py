"""The plan workbook: live formulas from decisions, weights and prices to the objective, for finance to take over.

Every dollar is quantity (lilac, decided) x weight (the contract's calendar) x price (a cell of the inputs). The sheets
add these lines up; nothing is typed twice. Each formula is written together with the value it shows.
"""

from optimizer.report.workbook.book import write_workbook

__all__ = ["write_workbook"]
