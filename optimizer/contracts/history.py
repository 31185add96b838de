"""What must hold between the record of what was signed and the contracts it was signed on."""

from collections.abc import Iterator

from optimizer.case.case import Case
from optimizer.contracts.contract import Contract
from optimizer.contracts.parts.signed import Signed, SignedTerm
from optimizer.ledger.decision import DecisionKey
from optimizer.tables.coerce import Refused, did_you_mean
from optimizer.tables.columns import Kind
from optimizer.tables.record import Problem, Record, columns_of


def check_history(case: Case) -> Iterator[tuple[Record, Problem]]:
    """Every record of history that no contract of the case could have made, with what is wrong with it."""
    contracts = {contract.name: contract for contract in case.of(Contract)}
    terms = list(case.of(SignedTerm))
    for term in terms:
        yield from ((term, problem) for problem in _term_problems(term, contracts))
    if any(_term_problems(term, contracts) for term in terms):
        return
    offered: dict[str, set[DecisionKey]] = {}
    for row in case.of(Signed):
        if row.contract not in contracts:
            yield row, _unknown(row.contract, contracts)
            continue
        if row.contract not in offered:
            offered[row.contract] = {decision.key for decision in contracts[row.contract].decisions(case)}
        if row.quantity and row.key not in offered[row.contract] and case.calendar.settled(row.quarter):
            expected = f"a decision that {row.contract} offers, on the terms as signed"
            cure = "correct quarter, vintage, site and segment; or enter in signed_terms what the contract really said"
            yield row, Problem("action", str(row.key), expected, cure)


def _unknown(name: str, contracts: dict[str, Contract]) -> Problem:
    near = did_you_mean(name, sorted(contracts))
    cure = f"did you mean '{near}'?" if near else "keep the row of every contract that was signed, on its sheet"
    return Problem("contract", f"{name}, which no row bears", "the name of a contract", cure)


def _term_problems(term: SignedTerm, contracts: dict[str, Contract]) -> list[Problem]:
    contract = contracts.get(term.contract)
    if contract is None:
        return [_unknown(term.contract, contracts)]
    columns = dict(columns_of(type(contract)))
    column = columns.get(term.column)
    if column is None or column.kind is Kind.KEY:
        near = did_you_mean(term.column, sorted(columns))
        cure = f"did you mean '{near}'?" if near else f"name a column of {contract.TABLE.name}"
        return [Problem("column", f"{term.column}, which {contract.TABLE.name} does not have", "a column", cure)]
    if term.value is not None and term.words:
        return [Problem("words", "a value and words", "one of the two", "clear the other")]
    try:
        term.typed(column)
    except Refused as refused:
        return [Problem("value" if term.value is not None else "words", refused.found, refused.expected, refused.cure)]
    if column.required and term.value is None and not term.words:
        return [Problem("value", "blank", f"a value ({column.unit})", f"fill it in: {column.help}")]
    return []
