"""The reference page of the tables, for people; the JSON schema is its twin for programs."""

from collections.abc import Iterator, Sequence

from optimizer.tables.json_schema import json_schema
from optimizer.tables.record import Record, columns_of
from optimizer.tables.words import accepted, description, sentence, when_blank

__all__ = ["json_schema", "reference_page"]

_INTRODUCTION = """# Tables of a case

A case is an `.xlsx` workbook with a sheet for each table, or a folder with a `<table>.csv` for each. Both hold the same
columns; a missing table is an empty one. Every table may have a last column `note` for the source of a figure. In
tables by quarter, time runs across columns named like `2027Q1`. Names are case-exact. In a CSV file, a text that could
be taken for a number or a formula is written with a leading apostrophe (`'007`).
"""


def reference_page(catalog: Sequence[type[Record]]) -> str:
    """The page in Markdown: a section for each table with its columns, units, ranges, defaults and help."""
    contents = "\n".join(f"- [{record.TABLE.name}](#{record.TABLE.name}): {record.TABLE.row_is}" for record in catalog)
    sections = ["\n".join(_section(record)) for record in catalog]
    return "\n".join([_INTRODUCTION, contents, "", *sections])


def _section(record: type[Record]) -> Iterator[str]:
    spec = record.TABLE
    yield f"## {spec.name}\n"
    yield f"{description(record)}\n"
    yield (
        "| key | meaning | unit | accepts | blank |"
        if spec.vertical
        else "| column | meaning | unit | accepts | blank |"
    )
    yield "|---|---|---|---|---|"
    for name, column in columns_of(record):
        title = f"`{name}`, by quarter" if column.kind.value == "series" else f"`{name}`"
        cells = (title, sentence(column.help), column.unit, accepted(column), when_blank(column))
        yield "| " + " | ".join(_escaped(cell) for cell in cells) + " |"
    yield ""


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
