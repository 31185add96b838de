"""Generated cases are valid, the same for the same seed, and always have a plan."""

import pytest

from optimizer.catalog import catalog
from optimizer.errors import Level
from optimizer.examples.generator import LARGE, MEDIUM, SMALL, Size, generate
from optimizer.load import case_from
from optimizer.run import Request, program_of, solve
from optimizer.tables.unparse import raw_tables


def test_the_seed_decides() -> None:
    assert generate(SMALL, 3) == generate(SMALL, 3)
    assert generate(SMALL, 3) != generate(SMALL, 4)


@pytest.mark.parametrize("size", [SMALL, MEDIUM, LARGE])
@pytest.mark.parametrize("seed", [0, 1])
def test_a_generated_case_is_valid(size: Size, seed: int) -> None:
    """Proves: written as tables and read again no error is found in it."""
    case = generate(size, seed)
    again, findings = case_from(raw_tables(case.records, catalog(), case.calendar.quarters))
    assert [finding for finding in findings if finding.level is Level.ERROR] == []
    assert again is not None


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_small_case_has_an_audited_plan(seed: int) -> None:
    plan = solve(generate(SMALL, seed), Request(gap=0.05, time_limit_seconds=60.0))
    assert plan.result.status in ("optimal", "feasible")


def test_the_large_case_is_large() -> None:
    program = program_of(generate(LARGE, 0))
    assert program.num_columns > 20_000
    assert program.num_rows > 10_000
