"""Records become tables, and the tables become the same records again."""

from hypothesis import given
from hypothesis import strategies as st

from optimizer.tables.parse import parse
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import Record, Series
from optimizer.tables.unparse import raw_tables
from tests.tables.toy import (
    CATALOG,
    FIRST,
    Block,
    Cooling,
    Cost,
    Limit,
    Power,
    Settings,
    Site,
    Timing,
    good_case,
    horizon,
)

NAMES = st.text("abcXYZ019 éß_.'()", min_size=1, max_size=12).filter(lambda name: name == name.strip())
AMOUNTS = st.floats(0, 4000, allow_nan=False)
QUARTERS = st.integers(-6, 6).map(lambda offset: FIRST + offset)


def amounts_over(first: Quarter, count: int, blank: bool) -> st.SearchStrategy[Series]:
    """A series without blanks at its ends, which is the form that parsing gives."""
    value = st.one_of(AMOUNTS, st.none()) if blank else AMOUNTS
    inner = st.lists(value, min_size=max(count - 2, 0), max_size=max(count - 2, 0))
    return st.builds(lambda head, body, tail: Series(first, (head, *body, tail)), AMOUNTS, inner, AMOUNTS)


@st.composite
def cases(draw: st.DrawFn) -> list[Record]:
    quarters = draw(st.integers(2, 5))
    records: list[Record] = [
        Settings(FIRST, quarters, draw(NAMES), draw(st.floats(0, 1)), draw(st.sampled_from(Timing)))
    ]
    sites = draw(st.lists(NAMES, min_size=1, max_size=4, unique_by=str.casefold))
    blocks = draw(st.lists(NAMES, min_size=1, max_size=4, unique_by=str.casefold))
    some = st.one_of(st.none(), AMOUNTS)
    records += [
        Site(
            name, draw(st.one_of(st.just(""), NAMES)), draw(st.floats(1, 3)), draw(st.sampled_from(Cooling)), draw(some)
        )
        for name in sites
    ]
    records += [Power(name, draw(amounts_over(FIRST, quarters, blank=False))) for name in sites]
    for name in blocks:
        records.append(
            Block(
                name,
                draw(st.sampled_from(sites)),
                draw(AMOUNTS.filter(bool)),
                draw(st.integers(0, 10**6)),
                draw(st.booleans()),
                draw(st.one_of(st.none(), QUARTERS)),
                (*sorted(draw(st.lists(st.floats(0, 1), max_size=3))), 1.0),
                tuple(draw(st.lists(st.sampled_from(blocks), unique=True))),
                draw(st.sampled_from(["", *blocks, *sites])),
                draw(st.floats(0, 1)),
            )
        )
    records.append(
        Cost(
            block=blocks[0],
            site=sites[0],
            usd_per_hour=draw(AMOUNTS),
            by_quarter=draw(amounts_over(FIRST, 3, blank=True)),
        )
    )
    early = draw(st.integers(-3, 0))
    records.append(Limit("cash", draw(amounts_over(FIRST + early, quarters + 1, blank=True))))
    return records


@given(cases())
def test_tables_of_records_give_the_records(records: list[Record]) -> None:
    """Proves: nothing of a typed case is lost on its way into cells, series before and after the horizon included."""
    span = horizon(records)
    assert span is not None
    parsed = parse(raw_tables(records, CATALOG, [span[0] + offset for offset in range(span[1])]), CATALOG, horizon)
    assert [str(finding) for finding in parsed.findings] == []
    assert parsed.records == tuple(records)


def test_a_case_read_and_written_again_is_the_same() -> None:
    records = parse(list(good_case().values()), CATALOG, horizon).records
    again = parse(raw_tables(records, CATALOG, [FIRST, FIRST + 1, FIRST + 2]), CATALOG, horizon)
    assert again.findings == ()
    assert again.records == records
