"""The formulation page: the mathematics of every contract type and rule, from the docstrings beside the code."""

import sys

from optimizer.case import tree
from optimizer.contracts.contract import contract_types
from optimizer.contracts.parts import in_service
from optimizer.futures import known, shock
from optimizer.plan import deal, worth
from optimizer.rules import money, risk
from optimizer.rules.rule import rules

HEAD = """# Formulation

Minimise the expected present value of cost, over signings, exercises, spot and service, subject to the families below.
Indices: t quarter, g load segment, s site, a accelerator, w workload, k contract, q quarter of a decision.
This page is made from the docstrings of the code (`optimizer schema --formulation`); a test keeps it in step.
"""


def formulation_page() -> str:
    """The page in Markdown: contract types in sheet order, then rules by code, then what uncertainty adds."""
    modules = [kind.__module__ for kind in contract_types()] + [type(rule).__module__ for rule in rules()]
    modules += [part.__name__ for part in (in_service, tree, shock, known, risk, worth, deal)]
    parts = [HEAD, "## Money\n", _text(money.weight.__doc__ or "")]
    for module in dict.fromkeys(modules):
        title, _, body = (sys.modules[module].__doc__ or "").partition("\n")
        parts += [f"## {title.strip()}\n", _text(body)]
    return "\n".join(parts).strip() + "\n"


def _text(body: str) -> str:
    lines = [line.removeprefix("    ") for line in body.strip("\n").splitlines()]
    return "```text\n" + "\n".join(lines).rstrip() + "\n```\n"
