"""Cash that was really paid, on the ledgers.

(HISTORY-4) On an account for which the case records what was paid in a quarter of history, that amount stands in place
of what contracts and rules post there.
"""

from collections.abc import Iterable, Iterator

from optimizer.case.case import Case
from optimizer.contracts.contract import Contract, categories
from optimizer.contracts.parts.paid import Paid, paid_accounts
from optimizer.ledger.books import Entry
from optimizer.ledger.decision import Action, Decision, DecisionKey, Posting
from optimizer.ledger.keys import Cash, Category
from optimizer.rules.rule import rule_categories
from optimizer.tables.record import Problem, Record


def kinds() -> dict[str, Category]:
    """Every kind of cash by its label."""
    return {kind.label: kind for kind in (*categories(), *rule_categories()) if kind.cash}


def _payments(case: Case) -> Iterator[tuple[Paid, Cash, str]]:
    """What was paid, on which account of cash, and to which supplier."""
    suppliers, known = {row.name: row.supplier for row in case.of(Contract)}, kinds()
    for row in case.of(Paid):
        yield row, Cash(known[row.category]), suppliers.get(row.source, "")


def paid_decisions(case: Case) -> Iterator[Decision]:
    """What was paid, as decisions made once and for all."""
    for row, cash, supplier in _payments(case):
        key = DecisionKey(Action.PAID, row.source, row.quarter, segment=row.category)
        posting = Posting(cash, row.quarter, 1.0, row.term("usd"))
        yield Decision(key, supplier, "payment", upper=1.0, lower=1.0, postings=(posting,))


def as_paid(case: Case, entries: Iterable[Entry]) -> list[Entry]:
    """Replayed entries with what was paid in place of what was not."""
    replaced = paid_accounts(case)
    kept = [
        entry
        for entry in entries
        if not isinstance(entry.key, Cash) or (entry.source, entry.key.category.label, entry.quarter) not in replaced
    ]
    paid = (Entry(cash, row.quarter, row.source, supplier, row.usd) for row, cash, supplier in _payments(case))
    return [*kept, *paid]


def check_paid(case: Case) -> Iterator[tuple[Record, Problem]]:
    """Kinds of cash that no plan knows."""
    known = kinds()
    for row in case.of(Paid):
        if row.category not in known:
            yield row, Problem("category", row.category, f"one of: {', '.join(sorted(known))}", "correct it")
