"""Workbooks of plans under uncertainty: one module a sheet, `book`, `frontier` and `stress` write one each."""
