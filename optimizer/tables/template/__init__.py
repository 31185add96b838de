"""The input workbook, blank or filled: one sheet for each table, with units, help, drop-downs and live checks."""

from optimizer.tables.template.workbook import write_workbook

__all__ = ["write_workbook"]
