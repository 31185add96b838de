"""The plan as one self-contained page: no script, no network, readable on a phone, in the dark and on paper."""

from optimizer.report.page.write import write_page

__all__ = ["write_page"]
