"""Shocks that would change nothing, as nothing is signed when they say."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from optimizer.case.case import Case
from optimizer.catalog import catalog
from optimizer.contracts.block import Block
from optimizer.contracts.commitment import CommitmentSchedule, ExistingCommitment, Item
from optimizer.errors import Level
from optimizer.futures.idle import check_idle
from optimizer.futures.shock import EVERY, Change
from optimizer.load import read_case
from optimizer.tables.csv_folder import write_folder
from optimizer.tables.unparse import raw_tables
from tests.builders import FIRST, across, add, block, edit, edit_settings, one_site, spot
from tests.futures.branching import scenario, shock

EARLY = add(edit(one_site(2.0, 2.0, 2.0), Block, "b", sign_until=FIRST), scenario("good", 0.5), scenario("bad", 0.5))


def default(row: str, table: str = "blocks", **changes: Any) -> Any:
    """A default of a supplier, from the second quarter on unless `changes` say otherwise."""
    return shock("bad", table, row, Change.SET, 0.0, **{"column": "availability", "since": FIRST + 1, **changes})


def found(case: Case, *rows: Any) -> list[tuple[str, str, Level]]:
    """Column, what was found and level of every problem."""
    return [(problem.column, problem.found, problem.level) for _, problem in check_idle(add(case, *rows))]


def test_a_term_of_what_is_signed_when_nothing_can_be_is_told(tmp_path: Path) -> None:
    """Proves: a block that is signed in the first quarter only does not change by a default from the second on, which
    is said, with its cell; the case is read all the same.

    A broken rule would give: a plan for a default that never comes, in silence.
    """
    words = "2027Q2 to 2027Q3, when nothing of b is signed: it changes nothing"
    assert found(EARLY, default("b")) == [("since", words, Level.WARNING)]
    write_folder(raw_tables(add(EARLY, default("b")).records, catalog(), EARLY.calendar.quarters), tmp_path)
    case, findings = read_case(tmp_path)
    assert case is not None
    (finding,) = (one for one in findings if "it changes nothing" in one.found)
    assert finding.place == "shocks.csv:2, column since" and "2027Q1 to 2027Q1" in finding.expected


def test_what_can_be_signed_then_is_in_order() -> None:
    """Proves: all that is signed, a row of several that can be, a window that a scenario moves, and history."""
    assert not found(EARLY, default("b", since=None))
    assert not found(EARLY, default("b", since=None, until=FIRST))
    assert not found(add(EARLY, block("late")), default(EVERY))
    longer = shock("good", "blocks", "b", Change.SET, None, column="sign_until", words="2027Q3")
    assert not found(EARLY, default("b"), longer)
    assert not found(edit_settings(EARLY, as_of=FIRST + 1), default("b"))
    assert not found(EARLY, shock("bad", "demand", "train", Change.SET, 9.0, since=FIRST + 1))


@pytest.mark.parametrize(
    ("column", "changed"),
    [
        ("sign_until", {"value": None, "words": "2027Q2"}),
        ("must_sign", {"value": None, "words": "yes"}),
        ("resale_price_usd_per_gpu_hour", {"value": 0.5}),
    ],
)
def test_what_holds_for_the_whole_offer_has_no_quarter_of_signing(column: str, changed: dict[str, Any]) -> None:
    """Proves: a window, a duty or a price of resale that is another for what is signed from a quarter on is refused,
    also behind a term that may be, and taken without a quarter.

    A broken rule would give: a plan that knows nothing of it, in silence.
    """
    case = edit(EARLY, Block, "b", sign_until=None)
    row = replace(shock("bad", "blocks", "b", Change.SET, 0.0, column=column, since=FIRST + 1), **changed)
    assert found(case, default("b"), row) == [("since", "2027Q2", Level.ERROR)]
    assert not found(case, replace(row, since=None))


@pytest.mark.parametrize(
    ("rows", "table", "row", "column"),
    [
        (
            (
                ExistingCommitment(commitment="old", supplier="acme", site="home", accelerator="h100"),
                CommitmentSchedule("old", Item.GPUS, across(1.0, 1.0, 1.0)),
            ),
            "commitments",
            "old",
            "availability",
        ),
        (spot("market", 1.0, 1.0, 1.0), "spot", "market", "interruption_loss"),
    ],
)
def test_terms_without_a_quarter_of_signing_are_refused(rows: Any, table: str, row: str, column: str) -> None:
    """Proves: a default of what is signed already, or of a market, from a quarter on belongs into a table by quarter.

    A broken rule would give: capacity that is counted on after its supplier has failed.
    """
    case = add(EARLY, *rows)
    assert found(case, default(row, table, column=column)) == [("since", "2027Q2", Level.ERROR)]
    assert found(case, default(row, table, column=column, since=None, until=FIRST)) == [
        ("until", "2027Q1", Level.ERROR)
    ]
    assert not found(case, default(row, table, column=column, since=None))
