"""What is asked of a row in every future is asked once where all that it reads is the same, and never once too few."""

from collections import Counter

import pytest

from optimizer import load_case
from optimizer.case.case import Case
from optimizer.case.world import Demand, Site
from optimizer.contracts.block import Block
from optimizer.contracts.contract import Contract
from optimizer.contracts.spot import SpotPrice
from optimizer.examples.branched import branched
from optimizer.examples.generator import SMALL, generate
from optimizer.futures.future import futures
from optimizer.futures.recall import Recall
from optimizer.tables.record import Record
from tests.builders import add, edit, edit_settings, one_site, set_series, spot
from tests.decompose.test_decompose import DATA

CASE = edit(add(one_site(4.0, 5.0), *spot("m", 0.4, 0.5)), Block, "b", energy_included=False)


def asked_twice(first: Case, second: Case) -> set[str]:
    """The contracts that are asked again in the second case."""
    counted: Counter[str] = Counter()

    def work(row: Record, case: Case) -> object:
        counted[row.name] += 1
        return tuple(row.decisions(case)), tuple(row.relations(case))  # type: ignore[attr-defined]

    recall = Recall(work)
    for case in (first, second):
        plain = recall.untitled(case)
        for contract in plain.of(Contract):
            recall.ask(contract, plain)
    return {name for name, count in counted.items() if count == 2}


@pytest.mark.parametrize(
    ("other", "again"),
    [
        (edit_settings(CASE, title="another title"), set()),
        (set_series(CASE, Demand, "train", 9.0, 9.0), set()),
        (set_series(CASE, SpotPrice, "m", 0.4, 0.9), {"m"}),
        (edit(CASE, Block, "b", price_usd_per_gpu_hour=2.0), {"b"}),
        (edit(CASE, Site, "home", energy_price_usd_per_mwh=80.0), {"b"}),
        (edit_settings(CASE, hours_per_quarter=999.0), {"b", "m"}),
    ],
)
def test_who_reads_what_changed_is_asked_again(other: Case, again: set[str]) -> None:
    """Proves: neither demand nor the title moves an offer; a price moves its own, energy who pays for it, hours all.

    An answer kept too long would let a foresight leak through; one never kept would ask everyone in every future.
    """
    assert asked_twice(CASE, other) == again


@pytest.mark.parametrize("case", [branched(generate(SMALL, 3), 6, 2, 3), load_case(DATA / "meta-nebius-tree")])
def test_answers_are_those_of_each_future_by_itself(case: Case) -> None:
    """Proves: what is recalled is what every contract says when it is asked anew, in every future of real cases."""
    recall = Recall(lambda row, of: (tuple(row.decisions(of)), tuple(row.relations(of))))  # type: ignore[attr-defined]
    for future in futures(case):
        plain = recall.untitled(future.case)
        for contract in plain.of(Contract):
            said = (tuple(contract.decisions(future.case)), tuple(contract.relations(future.case)))
            assert recall.ask(contract, plain) == said
