"""Formulas that know their value: the text of an expression means what its value says."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from optimizer.report.workbook.cached import fill
from optimizer.report.workbook.live import ONE, ZERO, Cell, Live, Number, Row, choose
from optimizer.report.workbook.sums import Area, Column, InYear, Running, Where, total

HERE = "Sheet"
NUMBERS = (2.0, 3.0, 5.0, 7.0)


def cell(number: float) -> Cell:
    """A cell of this sheet in the column of the number."""
    return Cell(HERE, 1, int(number), number)


def expressions() -> st.SearchStrategy[Live]:
    """Expressions of four cells, joined in any order and depth."""
    atoms = st.sampled_from([cell(number) for number in NUMBERS])
    return st.recursive(
        atoms,
        lambda part: st.one_of(
            st.builds(lambda a, b: a + b, part, part),
            st.builds(lambda a, b: a - b, part, part),
            st.builds(lambda a, b: a * b, part, part),
            st.builds(lambda a, b: a / b, part, atoms),
            st.builds(lambda a, b: a**b, atoms, atoms),
            st.builds(lambda a: -a, part),
        ),
        max_leaves=8,
    )


@given(expressions())
def test_brackets_stand_where_they_are_needed(live: Live) -> None:
    """Proves: the text, read by the rules of arithmetic, gives the value.

    A broken rule would give: a - (b - c) written as a-b-c. (Excel reads -a^b as (-a)^b: a minus before a power is
    bracketed, as Python reads it otherwise.)
    """
    text = re.sub(r"\$([A-Z])\$1", lambda match: f"{ord(match[1]) - ord('A') + 1}.0", live.text(HERE, 0))
    assert eval(text.replace("^", "**"), {"__builtins__": {}}) == pytest.approx(live.amount(0), rel=1e-9)


@example(-((cell(1) ** cell(2)) * cell(3)))
@given(expressions())
def test_a_leading_minus_never_touches_a_power(live: Live) -> None:
    """Proves: no formula depends on how a minus before a power is read, which differs between Excel and others."""
    assert not re.search(r"(^|[(*/^,-])-\$[A-Z]\$1\^", live.text(HERE, 0))


@pytest.mark.parametrize("number", [2, 3, 100, -1])
def test_other_numbers_belong_into_cells(number: int) -> None:
    """Proves: a constant cannot be buried in a formula."""
    with pytest.raises(ValueError, match="cell of its own"):
        Number(number)


def test_references_say_the_sheet_only_where_it_is_another() -> None:
    """Proves: the same row reads H7 on its own sheet and Other!H7 elsewhere; a cell of the line moves with its row."""
    row = Row("Other", 7, (1.0, 2.0))
    assert row.text("Other", 0) == "H7"
    assert row.text(HERE, 1) == "Other!I7"
    assert Cell("Other", 7, 5, 1.0, own_row=True).text("Other", 0) == "$E7"


def test_a_row_is_blank_beyond_its_end() -> None:
    """Proves: a row of the horizon counts 0 in the quarters of a longer axis."""
    assert Row(HERE, 7, (1.0, 2.0)).value(5) == 0.0


def test_only_the_branch_that_is_shown_is_calculated() -> None:
    """Proves: a guarded division does not divide by zero."""
    nothing = Cell(HERE, 1, 1, 0.0)
    assert choose(nothing > ZERO, ONE / nothing, ZERO).amount(0) == 0.0


def area(*names: str) -> Area:
    """Lines with the numbers 1, 2, 4, … in the first quarter and names in column B."""
    rows = tuple(Row("Lines", 6 + i, (2.0**i, 0.0)) for i in range(len(names)))
    return Area("Lines", 6, 5 + len(names), rows, {"B": {row.row: name for row, name in zip(rows, names, strict=True)}})


def test_names_are_compared_whole() -> None:
    """Proves: `b*` adds up the line of that name alone: 2. A broken rule would give: 1 + 2 (SUMIF's pattern)."""
    where = Where(area("bb", "b*"), {"B": Cell(HERE, 9, 2, "b*", own_row=True)})
    assert where.amount(0) == 2.0
    assert where.text(HERE, 0) == "SUMPRODUCT(--(Lines!$B$6:$B$7=$B9),Lines!H$6:H$7)"


def test_lines_are_weighted_by_a_column() -> None:
    """Proves: lines of 1 and 2 with weights 10 and 100 give 210, and the column alone 110."""
    weights = Column("E", {6: 10.0, 7: 100.0})
    assert Where(area("x", "x"), {}, weights).amount(0) == 210.0
    assert Where(area("x", "x"), {}, weights, quarters=False).amount(0) == 110.0


def test_years_and_running_sums() -> None:
    """Proves: quarters of 2027 add up to 3, later ones to 12, running sums to 1, 3, 7, 15."""
    years, amounts = Row(HERE, 5, (2027.0, 2027.0, 2028.0, 2029.0)), Row(HERE, 6, (1.0, 2.0, 4.0, 8.0))
    year = Cell(HERE, 4, 5, 2027.0)
    assert InYear(years, year, amounts).amount(0) == 3.0
    assert InYear(years, year, amounts, after=True).amount(0) == 12.0
    assert [Running(amounts).amount(i) for i in range(4)] == [1.0, 3.0, 7.0, 15.0]
    assert Running(amounts).text(HERE, 2) == "SUM($H6:J6)"


def test_the_sum_of_no_quarter_is_nothing() -> None:
    """Proves: a plan without a tail has 0 after the horizon, not a range that runs backwards."""
    assert total(Row(HERE, 6, (1.0, 2.0)), first=2).text(HERE, 0) == "0"


def test_a_formula_without_a_value_is_an_error() -> None:
    """Proves: no formula is published with a blank value. A broken rule would give: NaN in pandas."""
    with pytest.raises(KeyError, match="B2"):
        fill(b'<c r="B2" s="1"><f>A1+1</f><v></v></c>', {"A1": 1.0})


def test_values_are_written_beside_formulas() -> None:
    """Proves: numbers in full precision, texts as texts, and neither changes the formula."""
    given_ = b'<c r="A1" s="3"><f>B1&amp;"x"</f><v></v></c><c r="A2"><f>1/4</f><v/></c><c r="A3"><f>B1</f><v /></c>'
    wanted = (
        b'<c r="A1" s="3" t="str"><f>B1&amp;"x"</f><v>a &lt; b</v></c>'
        b'<c r="A2"><f>1/4</f><v>0.1</v></c><c r="A3"><f>B1</f><v>-2.5</v></c>'
    )
    assert fill(given_, {"A1": "a < b", "A2": 0.1, "A3": -2.5}) == wanted
