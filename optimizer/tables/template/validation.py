"""Drop-downs and data validation: what Excel refuses while somebody types."""

from collections.abc import Iterator

from openpyxl.worksheet.datavalidation import DataValidation

from optimizer.tables.coerce import LONGEST_KEY
from optimizer.tables.columns import Column, Kind
from optimizer.tables.template.layout import Input, Layout
from optimizer.tables.words import accepted, choice_words, sentence, when_blank

LIST_PREFIX = "lst_"
_HUGE = "1E+300"
_LONGEST_ERROR, _LONGEST_LIST = 225, 255


def validations(layout: Layout) -> Iterator[DataValidation]:
    """The validation of each input of the sheet, over its spare rows too."""
    for given in layout.inputs():
        rule = _rule(given)
        if rule is not None:
            rule.showErrorMessage = True
            rule.errorTitle = "Not accepted"
            error = f"{sentence('type ' + accepted(given.column))} {sentence(when_blank(given.column))}"
            rule.error = error if len(error) <= _LONGEST_ERROR else error[: _LONGEST_ERROR - 1] + "…"
            rule.add(given.cells)
            yield rule


def _rule(given: Input) -> DataValidation | None:
    """The rule of one input; None where any text may stand."""
    column, top = given.column, given.top
    match column.kind:
        case Kind.KEY:
            unique = f"SUMPRODUCT(--({given.fixed}={top}))=1"
            return DataValidation(type="custom", formula1=f"AND({unique},LEN({top})<={LONGEST_KEY})")
        case Kind.REFERENCE if len(column.targets) == 1:
            # With allow_blank Excel would take any word, because the list has blank cells at its end.
            return DataValidation(type="list", formula1=f"{LIST_PREFIX}{column.targets[0]}", allow_blank=False)
        case Kind.CHOICE:
            return _words(choice_words(column))
        case Kind.FLAG:
            return _words(["yes", "no"])
        case Kind.QUARTER:
            is_text = (
                f'AND(LEN({top})=6,ISNUMBER(--LEFT({top},4)),MID({top},5,1)="Q",ISNUMBER(FIND(RIGHT({top}),"1234")))'
            )
            return DataValidation(type="custom", formula1=f"OR(ISNUMBER({top}),{is_text})", allow_blank=True)
        case Kind.NUMBER | Kind.SERIES:
            return _between(column, "decimal")
        case Kind.INTEGER:
            return _between(column, "whole")
        case _:
            return None


def _words(words: list[str]) -> DataValidation | None:
    """A drop-down of fixed words; None when they are too long for Excel, or hold the comma that separates them."""
    joined = ",".join(words)
    if len(joined) > _LONGEST_LIST or any("," in word or '"' in word for word in words):
        return None
    return DataValidation(type="list", formula1=f'"{joined}"', allow_blank=True)


def _between(column: Column, kind: str) -> DataValidation:
    low = f"-{_HUGE}" if column.low is None else repr(column.low)
    high = _HUGE if column.high is None else repr(column.high)
    if kind == "whole":
        low = "-1000000000000" if column.low is None else str(int(column.low))
        high = "1000000000000" if column.high is None else str(int(column.high))
    if not column.above:
        return DataValidation(type=kind, operator="between", formula1=low, formula2=high, allow_blank=True)
    if column.high is None:
        return DataValidation(type=kind, operator="greaterThan", formula1=low, allow_blank=True)
    # Excel has no half-open interval; the few values at the bound itself are found when the case is read.
    return DataValidation(type=kind, operator="between", formula1=low, formula2=high, allow_blank=True)
