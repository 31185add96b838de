"""Every bad input is found, with its address, what was found, what was expected, and the cure."""

import dataclasses
from collections.abc import Sequence
from datetime import date, datetime

import pytest

from optimizer.errors import Finding, Level
from optimizer.tables.parse import Parsed, parse
from optimizer.tables.quarter import Quarter
from optimizer.tables.raw import Cell, RawTable, Value
from optimizer.tables.record import Series
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
    good_case,
    horizon,
    table,
)


def read(tables: dict[str, RawTable]) -> Parsed:
    return parse(list(tables.values()), CATALOG, horizon)


def spoiled(name: str, row: int, column: str, value: Value) -> Parsed:
    """The good case with one cell of one table changed; `row` counts from 0."""
    tables = good_case()
    raw = tables[name]
    position = raw.header.index(column)
    rows = [list(cells) for cells in raw.rows]
    rows[row][position] = Cell(value, rows[row][position].place)
    tables[name] = dataclasses.replace(raw, rows=tuple(map(tuple, rows)))
    return read(tables)


def with_table(name: str, header: Sequence[Value], *rows: Sequence[Value]) -> Parsed:
    return read(good_case() | {name: table(name, header, *rows)})


def the_finding(parsed: Parsed) -> Finding:
    assert len(parsed.findings) == 1, [str(finding) for finding in parsed.findings]
    return parsed.findings[0]


def test_a_good_case_is_read_whole() -> None:
    parsed = read(good_case())
    assert parsed.findings == ()
    assert parsed.records == (
        Settings(FIRST, 3, "Toy", 0.09),
        Site("Dublin", "EU", 1.25, Cooling.LIQUID, 32000.0),
        Site("Ohio"),
        Power("Dublin", Series(FIRST, (10.0, 20.5, 30.0))),
        Power("Ohio", Series(FIRST, (0.0, 0.0, 5.0))),
        Block("B1", "Dublin", 2.1, 5, True, FIRST + 1, (0.5, 0.75, 1.0), (), "Ohio"),
        Block("B2", "Ohio", 1.95, 10, False, None, (1.0,), ("B1",), "B1"),
        Cost(block="B1", site="Dublin", usd_per_hour=-0.5, by_quarter=Series(FIRST, ())),
        Limit("cash", Series(FIRST, (1e9, None, 2.5e9))),
    )


def test_places_lead_back_to_the_cells() -> None:
    parsed = read(good_case())
    settings, dublin, _, power, _, block, *_ = parsed.records
    assert parsed.place(settings, "discount_rate") == "settings!B4"
    assert parsed.place(dublin, "pue") == "sites!C2"
    assert parsed.place(power, "2027Q2") == "site_power!C2"
    assert parsed.place(block, "prepaid_share") == "blocks!A2", "a column the table lacks gives its row"


WORDS = "type the figure, without words; leave the cell blank if there is none"
BAD_CELLS = [
    ("sites", 0, "pue", "1,050", "sites!C2", "pue is the text '1,050'", "type it without thousands separators"),
    ("sites", 0, "pue", "1050 kW", "sites!C2", "pue is the text '1050 kW'", "type the number alone, without 'kW'"),
    ("sites", 0, "pue", "10 %", "sites!C2", "pue is the text '10 %'", "as a share such as 0.1"),
    ("sites", 0, "pue", "1.5", "sites!C2", "pue is the text '1.5'", "the cell holds text: set its format to Number"),
    ("sites", 0, "pue", "n/a", "sites!C2", "pue is the text 'n/a'", WORDS),
    ("sites", 0, "pue", "nan", "sites!C2", "pue is the text 'nan'", WORDS),
    ("sites", 0, "pue", float("nan"), "sites!C2", "pue is nan", "type the figure"),
    ("sites", 0, "pue", float("inf"), "sites!C2", "pue is inf", "type the figure"),
    ("sites", 0, "pue", 10**400, "sites!C2", "pue is inf", "type the figure"),
    ("sites", 0, "pue", True, "sites!C2", "pue is the logical value TRUE", "type a number, 1 or 0"),
    ("sites", 0, "pue", date(2027, 1, 1), "sites!C2", "pue is the date 2027-01-01", "set the format of the cell"),
    ("sites", 0, "pue", 0.9, "sites!C2", "pue is 0.9 facility MW per IT MW", "correct the figure or its unit"),
    ("sites", 0, "pue", 12, "sites!C2", "pue is 12 facility MW per IT MW", "correct the figure or its unit"),
    ("sites", 0, "cooling", "Liquid", "sites!D2", "cooling is the text 'Liquid'", "did you mean 'liquid'?"),
    ("sites", 0, "cooling", "water", "sites!D2", "cooling is the text 'water'", "choose one of these"),
    ("sites", 0, "region", "E\x07U", "sites!B2", "control character", "retype the text"),
    (
        "site_power",
        0,
        "2027Q2",
        "20,5",
        "site_power!C2",
        "energised_mw in 2027Q2 is the text '20,5'",
        "without thousands",
    ),
    ("site_power", 0, "2027Q2", -1, "site_power!C2", "energised_mw in 2027Q2 is -1 MW", "correct the figure"),
    ("site_power", 0, "2027Q2", 5001, "site_power!C2", "is 5001 MW", "correct the figure or its unit"),
    ("site_power", 1, "2027Q3", None, "site_power!D3", "energised_mw is blank in 2027Q3", "type the figure, 0 if"),
    ("site_power", 1, "site", "ohio", "site_power!A3", "site is 'ohio', which no row bears", "did you mean 'Ohio'?"),
    ("site_power", 1, "site", "Oslo Ost", "site_power!A3", "which no row bears", "add it to the table 'sites'"),
    ("blocks", 0, "price_usd_per_gpu_hour", 0, "blocks!C2", "is 0 USD per GPU-hour", "correct the figure or its unit"),
    ("blocks", 0, "price_usd_per_gpu_hour", None, "blocks!C2", "price_usd_per_gpu_hour is blank", "fill it in: price"),
    ("blocks", 0, "max_blocks", 2.5, "blocks!D2", "max_blocks is 2.5 blocks", "round it as you mean it"),
    ("blocks", 0, "max_blocks", True, "blocks!D2", "max_blocks is the logical value TRUE", "type a number"),
    ("blocks", 0, "whole", "y", "blocks!E2", "whole is the text 'y'", "type yes or no"),
    ("blocks", 0, "whole", 1, "blocks!E2", "whole is the number 1", "type yes or no"),
    ("blocks", 0, "sign_from", date(2027, 2, 1), "blocks!F2", "not the first day of a quarter", "type 2027Q1 if"),
    ("blocks", 0, "sign_from", datetime(2027, 4, 1, 12), "blocks!F2", "not the first day", "type 2027Q2 if"),
    ("blocks", 0, "sign_from", "Q1 2027", "blocks!F2", "sign_from is the text 'Q1 2027'", "such as 2027Q1"),
    ("blocks", 0, "sign_from", 2027, "blocks!F2", "sign_from is the number 2027", "such as 2027Q1"),
    ("blocks", 0, "sign_from", "0000Q1", "blocks!F2", "sign_from is the text '0000Q1'", "such as 2027Q1"),
    ("blocks", 0, "ramp", "50%; 40%; 100%", "blocks!G2", "which falls", "give the sum delivered so far"),
    ("blocks", 0, "ramp", "50%; 75%", "blocks!G2", "which does not end at 100%", "let the last share be 100%"),
    ("blocks", 0, "ramp", 0.5, "blocks!G2", "which does not end at 100%", "let the last share be 100%"),
    ("blocks", 0, "ramp", "50%, 100%", "blocks!G2", "ramp holds '50%, 100%'", "separate the shares by semicolons"),
    ("blocks", 0, "ramp", date(2027, 1, 1), "blocks!G2", "ramp is the date", "type the shares as text"),
    ("blocks", 1, "requires", "B1;; B1", "blocks!H3", "requires is the text", "remove the extra semicolon"),
    ("blocks", 1, "requires", "B1; B1", "blocks!H3", "requires names 'B1' twice", "remove the second one"),
    ("blocks", 1, "requires", "B1, other", "blocks!H3", "requires is 'B1, other'", "separate names by semicolons"),
    ("blocks", 1, "requires", "B1; b2", "blocks!H3", "requires is 'b2', which no row bears", "did you mean 'B2'?"),
    ("blocks", 0, "base", "Oslo Ost", "blocks!I2", "no row bears", "add it to the table 'blocks' or 'sites'"),
    ("settings", 0, "value", "2027-Q5", "settings!B2", "first_quarter is the text '2027-Q5'", "such as 2027Q1"),
    ("settings", 1, "value", 0, "settings!B3", "quarters is 0 quarters", "correct the figure or its unit"),
    ("settings", 1, "value", None, "settings!B3", "quarters is blank", "fill it in: number of quarters planned"),
    ("settings", 2, "key", "discount rate", "settings!A4", "there is no key 'discount rate'", "mean 'discount_rate'?"),
    ("settings", 2, "key", "quarters", "settings!A4", "the key 'quarters' stands twice", "delete one of the two rows"),
    ("limits", 0, "2027Q2", -5, "limits!C2", "amount_usd in 2027Q2 is -5 USD", "correct the figure or its unit"),
]


@pytest.mark.parametrize(
    ("name", "row", "column", "value", "place", "found", "cure"),
    BAD_CELLS,
    ids=[f"{name}.{column}={str(value)[:20]}" for name, _, column, value, *_ in BAD_CELLS],
)
def test_a_bad_cell_is_one_finding(
    name: str, row: int, column: str, value: Value, place: str, found: str, cure: str
) -> None:
    """Proves: the cell is named, and nothing else is reported beside it.

    A broken rule would give: no finding (a guess), a second finding (a cascade), or another address.
    """
    finding = the_finding(spoiled(name, row, column, value))
    assert finding.place == place
    assert found in finding.found
    assert cure in finding.cure
    assert finding.level is Level.ERROR
    assert finding.expected


BAD_NAMES = [
    ("=SUM(A1)", "site is the text '=SUM(A1)'", "rename it"),
    ("@Ohio", "site is the text '@Ohio'", "rename it"),
    ("x" * 81, "site has 81 characters", "choose a shorter name"),
    ("Oh;io", "site is the text 'Oh;io'", "rename it"),
    (None, "site is blank", "fill it in: name of the site"),
    (1.5, "site is the number 1.5", "type an apostrophe before it"),
]


@pytest.mark.parametrize(("name", "found", "cure"), BAD_NAMES)
def test_a_bad_name(name: Value, found: str, cure: str) -> None:
    tables = {"settings": good_case()["settings"], "sites": table("sites", ("site", "pue"), ("Dublin", 1), (name, 1))}
    finding = the_finding(read(tables))
    assert finding.place == "sites!A3"
    assert found in finding.found
    assert cure in finding.cure


def test_a_range_is_told_with_its_unit() -> None:
    finding = the_finding(spoiled("sites", 0, "pue", 0.9))
    assert str(finding) == (
        "ERROR sites!C2: pue is 0.9 facility MW per IT MW. Expected at least 1 and at most 3 facility MW per IT MW. "
        "Fix: correct the figure or its unit."
    )


@pytest.mark.parametrize(
    ("name", "column", "value", "expected"),
    [
        ("blocks", "sign_from", date(2027, 4, 1), Quarter.of(2027, 2)),
        ("blocks", "sign_from", "2027 q2", Quarter.of(2027, 2)),
        ("blocks", "whole", True, True),
        ("blocks", "whole", "NO", False),
        ("blocks", "max_blocks", 4.0, 4),
        ("blocks", "ramp", "33.3%; 66.6%; 1", (0.333, 0.666, 1.0)),
        ("blocks", "ramp", None, (1.0,)),
        ("blocks", "requires", None, ()),
        ("sites", "region", 2027, "2027"),
        ("sites", "region", date(2027, 1, 31), "2027-01-31"),
        ("sites", "region", True, "TRUE"),
        ("sites", "region", "NA", "NA"),
        ("sites", "region", "None", "None"),
        ("sites", "fabric_gpus", None, None),
    ],
)
def test_plain_forms_are_accepted(name: str, column: str, value: Value, expected: object) -> None:
    parsed = spoiled(name, 0, column, value)
    assert parsed.findings == ()
    kind = {"blocks": Block, "sites": Site}[name]
    row = next(record for record in parsed.records if isinstance(record, kind))
    assert getattr(row, column) == expected


@pytest.mark.parametrize("name", ["NA", "None", "null", "nan", "TRUE", "007"])
def test_odd_names_are_ordinary_names(name: str) -> None:
    """Proves: a site called NA is a site. A broken rule would give: a blank, as in data frames."""
    parsed = with_table("sites", ("site",), ("Dublin",), ("Ohio",), (name,))
    assert parsed.findings == ()
    assert Site(name) in parsed.records


def test_a_whole_number_may_be_a_name() -> None:
    parsed = read(
        good_case()
        | {
            "sites": table("sites", ("site",), ("Dublin",), ("Ohio",), (101,)),
            "site_power": table("site_power", ("site", "2027Q1", "2027Q2", "2027Q3"), ("101", 1, 1, 1)),
        }
    )
    assert parsed.findings == ()
    assert Site("101") in parsed.records


@pytest.mark.parametrize("name", [" Dublin", "Dublin "])
def test_blanks_around_a_name_are_reported_once(name: str) -> None:
    """Proves: rows that point to the name without blanks are not reported as well."""
    finding = the_finding(spoiled("sites", 0, "site", name))
    assert (finding.place, finding.cure) == ("sites!A2", "remove the blanks")


def test_a_repeated_name_names_both_places() -> None:
    found = with_table("sites", ("site",), ("Dublin",), ("Ohio",), ("DUBLIN",))
    finding = the_finding(found)
    assert finding.place == "sites!A4"
    assert finding.found == "'DUBLIN' stands twice in the table (also at sites!A2)"


def test_a_repeated_row_of_a_table_without_a_key() -> None:
    finding = the_finding(with_table("costs", ("block", "site"), ("B1", "Ohio"), ("B2", "Ohio"), ("B1", "Ohio")))
    assert finding.place == "costs!A4"
    assert "'B1 / Ohio' stands twice" in finding.found


HEADERS = [
    (("site", "regoin"), "sites!B1", "there is no column 'regoin'", "did you mean 'region'?"),
    (("site", "colour"), "sites!B1", "there is no column 'colour'", "remove the column"),
    (
        ("site", "region", "Region"),
        "sites!C1",
        "the column 'Region' stands twice (also at sites!B1)",
        "delete or rename",
    ),
    (("region", "pue"), "sites!A1", "the column 'site' is missing", "add it to the header row"),
    (("site", None), "sites!B1", "the column has values (at sites!B2) but no name", "name the column, or clear it"),
    (("site", "2027Q1"), "sites!B1", "there is no column '2027Q1'", "remove the column"),
]


@pytest.mark.parametrize(("header", "place", "found", "cure"), HEADERS)
def test_a_bad_header(header: tuple[Value, ...], place: str, found: str, cure: str) -> None:
    width = len(header)
    parsed = read({"settings": good_case()["settings"], "sites": table("sites", header, ("x", 1, 1)[:width])})
    finding = the_finding(parsed)
    assert (finding.place, finding.found) == (place, found)
    assert cure in finding.cure


QUARTERS = [
    (("2027Q1", "2027Q2"), "there is no column for 2027Q3", "add the columns"),
    (("2027Q2", "2027Q3"), "there is no column for 2027Q1", "add the columns"),
    (("2027Q1", "2027Q3", "2027Q2"), "the quarters 2027Q1, 2027Q3, 2027Q2 do not follow one another", "add or move"),
    (("2027Q1", "2027Q2", "2027Q3", "2027Q3"), "the column '2027Q3' stands twice", "delete or rename"),
    (("2027Q1", "2027Q2", "2027Q3", "2027-q4"), "there is no column '2027-q4'", "did you mean '2027Q4'?"),
    (("2027Q1", "2027Q2", "2027Q3", "Q4 2027"), "there is no column 'Q4 2027'", "remove the column"),
]


@pytest.mark.parametrize(("quarters", "found", "cure"), QUARTERS)
def test_bad_quarters(quarters: tuple[str, ...], found: str, cure: str) -> None:
    finding = the_finding(with_table("site_power", ("site", *quarters), ("Ohio", *(1 for _ in quarters))))
    assert found in finding.found
    assert cure in finding.cure


def test_quarters_outside_the_horizon_may_be_there_and_blank() -> None:
    quarters = ("2026Q4", "2027Q1", "2027Q2", "2027Q3", "2027Q4", "2028Q1")
    parsed = with_table("site_power", ("site", *quarters), ("Ohio", None, 1, 2, 3, None, 4))
    assert parsed.findings == ()
    power = next(record for record in parsed.records if isinstance(record, Power))
    assert power.energised_mw == Series(FIRST, (1.0, 2.0, 3.0, None, 4.0))


def test_a_table_of_overrides_needs_no_quarters_but_all_or_none() -> None:
    assert with_table("costs", ("block", "site"), ("B1", "Ohio")).findings == ()
    finding = the_finding(with_table("costs", ("block", "site", "2027Q1"), ("B1", "Ohio", 3)))
    assert finding.found == "there is no column for 2027Q2, 2027Q3"


def test_a_missing_or_empty_table_is_an_empty_one() -> None:
    parsed = parse([good_case()["settings"], table("site_power", ("site",)), table("blocks", ())], CATALOG, horizon)
    assert parsed.findings == ()
    assert parsed.records == (Settings(FIRST, 3, "Toy", 0.09),)


def test_settings_without_a_table_are_missed() -> None:
    parsed = parse([], CATALOG, horizon)
    assert [(f.place, f.found) for f in parsed.findings] == [
        ("settings", "first_quarter is blank"),
        ("settings", "quarters is blank"),
    ]


def test_unknown_and_repeated_tables() -> None:
    tables = [*good_case().values(), table("site", ("x",)), table("zebra", ("x",)), table("sites", ("site",))]
    findings = parse(tables, CATALOG, horizon).findings
    assert [finding.found for finding in findings] == [
        "there is no table 'site'",
        "there is no table 'zebra'",
        "the table 'sites' is given twice (also at sites!A1)",
    ]
    assert [finding.cure for finding in findings[:2]] == [
        "did you mean 'sites'?",
        "delete it, or move it out of the case",
    ]


def test_all_findings_come_at_once() -> None:
    """Proves: one mistake in each of four tables gives four findings. A broken rule would give: the first only."""
    tables = good_case()
    tables["sites"] = table("sites", ("site", "pue"), ("Dublin", "x"), ("Ohio", 9))
    tables["site_power"] = table("site_power", ("site", "2027Q1", "2027Q2", "2027Q3"), ("Nowhere", None, 1, -1))
    tables["limits"] = table("limits", ("limit", "2027Q1", "2027Q2"), ("cash", 1, 2))
    places = [finding.place for finding in read(tables).findings]
    assert sorted(places) == ["limits!A1", "site_power!A2", "site_power!B2", "site_power!D2", "sites!B2", "sites!B3"]


def test_what_a_reader_found_is_passed_on_and_not_reported_twice() -> None:
    tables = good_case()
    broken = Finding("sites!A2", "the cell shows the error #REF!", "a value", "mend the formula")
    warning = Finding("sites", "1 row: 3 are hidden", "rows that can be seen", "show them", Level.WARNING)
    raw = tables["sites"]
    first = (Cell(None, "sites!A2", broken), *raw.rows[0][1:])
    tables["sites"] = dataclasses.replace(raw, rows=(first, raw.rows[1]), findings=(warning,))
    tables["site_power"] = table("site_power", ("site", "2027Q1", "2027Q2", "2027Q3"), ("Ohio", 1, 1, 1))
    tables["blocks"] = table("blocks", ("block",))
    tables["costs"] = table("costs", ("block",))
    assert read(tables).findings == (warning, broken)
