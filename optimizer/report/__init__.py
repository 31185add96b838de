"""Reports of a plan: the workbook, the page, and the formulation."""
