"""Generated cases: valid, feasible, the size that was asked for, and the same for the same seed."""

import subprocess
import sys
from collections import Counter

import pytest

from optimizer.case.settings import Settings
from optimizer.case.world import Accelerator, LoadSegment, Site, Workload
from optimizer.catalog import catalog
from optimizer.contracts.backstop import Backstop
from optimizer.contracts.block import Block
from optimizer.contracts.commitment import ExistingCommitment
from optimizer.contracts.contract import Contract
from optimizer.contracts.option import Option
from optimizer.contracts.purchase import Purchase
from optimizer.contracts.spot import SpotMarket
from optimizer.examples.generator import LARGE, MEDIUM, SMALL, Size, generate
from optimizer.load import case_from
from optimizer.model.build import formulate
from optimizer.run import Request, solve
from optimizer.tables.identity import content_hash
from optimizer.tables.unparse import raw_tables

SIZES = {
    "small": SMALL,
    "medium": MEDIUM,
    "large": LARGE,
    "beyond": Size(28, 160, 20, 6, 24, 3),
    "least": Size(1, 1, 1, 1, 1, 1),
}
CODE = (
    "from optimizer.examples.generator import generate, MEDIUM; from optimizer.tables.identity import content_hash;"
    "import sys; sys.stdout.write(content_hash(generate(MEDIUM, 3).records))"
)


@pytest.mark.parametrize("name", SIZES)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_cases_are_valid_and_of_the_size_asked_for(name: str, seed: int) -> None:
    """Proves: written out and read back, the case has no finding, and holds the same rows."""
    size = SIZES[name]
    case = generate(size, seed)
    read, findings = case_from(raw_tables(case.records, catalog(), case.calendar.quarters))
    assert not findings
    assert read is not None and content_hash(read.records) == content_hash(case.records)
    counts = [len(case.of(kind)) for kind in (Contract, Site, Accelerator, Workload)]
    assert counts == [size.offers, size.sites, size.accelerators, size.workloads]
    assert case.of(Settings)[0].quarters == size.quarters
    assert len(case.of(LoadSegment)) == (size.segments if size.segments > 1 else 0)


def test_all_contract_types_are_mixed() -> None:
    """Proves: of twenty offers each type has its part; a broken deck would give: a type without offers."""
    for size in (MEDIUM, LARGE):
        kinds = Counter(type(contract) for contract in generate(size, 0).of(Contract))
        assert set(kinds) == {Block, Option, Backstop, SpotMarket, Purchase, ExistingCommitment}
        assert kinds[Block] >= size.offers // 2


def test_a_seed_gives_one_case_and_another_seed_another() -> None:
    """Proves: nothing but size and seed enters: a fresh process with other hashing draws the same case."""
    hashes = {content_hash(generate(MEDIUM, seed).records) for seed in (3, 3, 4)}
    assert len(hashes) == 2
    for hashing in ("1", "2"):
        run = subprocess.run(
            [sys.executable, "-c", CODE], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": hashing}
        )
        assert run.stdout in hashes


@pytest.mark.parametrize("seed", range(6))
def test_small_cases_have_an_audited_plan_that_buys(seed: int) -> None:
    """Proves: the case is feasible and worth solving: something is decided, and most demand is not simply short."""
    plan = solve(generate(SMALL, seed), Request(gap=0.01))
    assert plan.result.status == "optimal"
    assert len({choice.key.contract for choice in plan.choices if choice.quantity > 0}) >= 3


def test_the_large_case_is_large() -> None:
    """Proves: the benchmark has the size it is named for: 20 quarters, 80 offers, 12 sites, 4 systems, 15 workloads."""
    program = formulate(generate(LARGE, 0))
    assert sum(len(rows) for rows in program.rows.values()) > 5_000
    assert len(program.made) > 2_000


def test_a_size_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        generate(Size(0, 1, 1, 1, 1), 0)
