"""What the workbook and the reference page say about a column."""

from optimizer.tables.coerce import in_words, plain
from optimizer.tables.columns import Column, Kind
from optimizer.tables.record import Record
from optimizer.tables.unparse import written

NUMERIC = (Kind.NUMBER, Kind.INTEGER, Kind.SERIES)


def accepted(column: Column) -> str:
    """What the column accepts, in words."""
    match column.kind:
        case Kind.KEY:
            return "a name, unique in this table"
        case Kind.TEXT:
            return "text"
        case Kind.REFERENCE:
            return f"a name from {_tables(column)}"
        case Kind.NAMES:
            return f"names from {_tables(column)}, separated by semicolons"
        case Kind.CHOICE:
            return "one of " + ", ".join(choice_words(column))
        case Kind.FLAG:
            return "yes or no"
        case Kind.QUARTER:
            return "a quarter such as 2027Q1"
        case Kind.SHARES:
            return "cumulative shares such as 50%; 75%; 100%"
        case Kind.INTEGER:
            return f"a whole number, {in_words(column)}"
        case Kind.NUMBER:
            return f"a number, {in_words(column)}"
        case Kind.SERIES:
            return f"a number a quarter, {in_words(column)}"


def when_blank(column: Column) -> str:
    """What a blank cell means."""
    if column.kind is Kind.SERIES:
        return column.blank.value
    if column.required:
        return "required"
    default = written(column.default)
    if default is None:
        return "may be blank"
    return f"blank means {plain(default) if isinstance(default, float) else default}"


def choice_words(column: Column) -> list[str]:
    """The words of a CHOICE column."""
    return [str(member.value) for member in column.choices or ()]


def sentence(text: str) -> str:
    """The text with a capital at its start and a full stop at its end."""
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


def summary(record: type[Record]) -> str:
    """What a table holds: the first line of its record's docstring."""
    return (record.__doc__ or "").strip().splitlines()[0]


def description(record: type[Record]) -> str:
    """What a table holds and what its rows are; said once where the one begins with the other."""
    held, row = summary(record).removesuffix("."), record.TABLE.row_is
    whole = held[:1].lower() + held[1:]
    if whole.startswith(row):
        return f"Each row is {whole}."
    return f"Each row is {row}." if row.startswith(whole) else f"{held}. Each row is {row}."


def _tables(column: Column) -> str:
    return " or ".join(column.targets)
