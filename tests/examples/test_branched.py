"""Random futures for benchmarks."""

from optimizer.case.scenario import Scenario
from optimizer.examples.branched import branched
from optimizer.examples.generator import SMALL, generate
from optimizer.futures.check import check_futures
from optimizer.tables.identity import content_hash


def test_random_futures_are_in_order_and_repeat() -> None:
    """Proves: the tree passes every check, and the same seed gives the same tree, another seed another."""
    case = generate(SMALL, 0)
    tree = branched(case, 4, 3, 0)
    assert len(tree.of(Scenario)) == 4 and not list(check_futures(tree))
    assert content_hash(tree.records) == content_hash(branched(case, 4, 3, 0).records)
    assert content_hash(tree.records) != content_hash(branched(case, 4, 3, 1).records)
