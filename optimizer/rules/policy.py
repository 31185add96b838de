"""Policies: every other limit a company sets itself. One table; one kind of policy is one word here and one file.

Each kind reads only its own rows, writes `... - overrun <= ...` and is hard, or bends at the price of its row.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from optimizer.case.case import Case
from optimizer.futures.future import Future
from optimizer.ledger.books import Entry
from optimizer.ledger.keys import VIOLATION, Installed, Key
from optimizer.rules.books import Books
from optimizer.rules.formulation import Formulation
from optimizer.rules.limit import Limit, violations
from optimizer.rules.money import MONEY
from optimizer.rules.period import Period, Span, spans
from optimizer.rules.rule import Rule
from optimizer.tables.columns import choice, key, number, quarter, reference
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import Problem, TableSpec


class PolicyKind(Enum):
    """A kind of policy: its name, unit of its limit, unit of its violation, and the columns that may narrow it."""

    SHARE_OF_SPEND = ("supplier share of spend", "share", MONEY, "supplier period since until")
    SHARE_OF_CAPACITY = ("supplier share of capacity", "share", "GPUs", "supplier site accelerator since until")
    SPOT_SHARE = ("spot share", "share", "GPUs", "site accelerator since until")
    MINIMUM_CAPACITY = ("minimum capacity", "GPUs", "GPUs", "supplier site accelerator since until")
    MAXIMUM_SUPPLIERS = ("maximum suppliers", "suppliers", "suppliers", "")
    MINIMUM_SUPPLIERS = ("minimum suppliers", "suppliers", "suppliers", "")
    CARBON = ("carbon", "t CO2", "t CO2", "site period since until")
    RESERVE_MARGIN = ("reserve margin", "ratio", "GPUs", "site accelerator since until")
    SHORTFALL = ("shortfall share", "share", "unit-hours", "workload period since until")

    unit: str
    violation_unit: str
    columns: tuple[str, ...]

    def __new__(cls, label: str, unit: str, violation_unit: str, columns: str) -> "PolicyKind":
        kind = object.__new__(cls)
        kind._value_ = label
        kind.unit = unit
        kind.violation_unit = violation_unit
        kind.columns = tuple(columns.split())
        return kind


NARROWING = ("supplier", "site", "accelerator", "workload", "period", "since", "until")


@dataclass(frozen=True, kw_only=True)
class Policy(Limit):
    """A limit that is not about money alone."""

    TABLE = TableSpec("policies", "Policies", "a limit the company sets itself", 310)
    PRICE = "violation_cost_usd_per_unit"

    policy: str = key("name of the policy")
    kind: PolicyKind = choice("what is limited", PolicyKind)
    limit: float = number("as the kind", "share, GPUs, suppliers, t CO2, or ratio, as the kind says")
    supplier: str = reference("one supplier; blank is every one (each by itself, for a share)", "suppliers", default="")
    site: str = reference("one site; blank is all", "sites", default="")
    accelerator: str = reference("one GPU system; blank is all", "accelerators", default="")
    workload: str = reference(
        "one workload, of a shortfall share; blank is all of them, added up", "workloads", default=""
    )
    period: Period = choice("how long spend, carbon or shortfall is added up", Period, Period.QUARTER)
    since: Quarter | None = quarter("first quarter it holds in; blank is the first planned", None)
    until: Quarter | None = quarter("last quarter it holds in; blank is the last planned", None)
    violation_cost_usd_per_unit: float | None = number(
        "USD per unit", "price of each unit (USD, GPU, supplier, t CO2, unit-hour) beyond; blank: never passed", None
    )

    def spans(self, case: Case) -> tuple[Span, ...]:
        """The periods it holds in, within the horizon."""
        return spans(case, self.period, self.since, self.until)

    def covers(self, account: Key) -> bool:
        """Whether the account counts installed GPUs in its scope."""
        return isinstance(account, Installed) and self.at(account.site, account.accelerator)

    def at(self, site: str, accelerator: str) -> bool:
        """Whether a system at a site is in its scope."""
        return self.site in ("", site) and self.accelerator in ("", accelerator)

    def problems(self, case: Case) -> Iterator[Problem]:
        blanks = {"period": Period.QUARTER, "since": None, "until": None}
        for column in NARROWING:
            value, blank = getattr(self, column), blanks.get(column, "")
            if column not in self.kind.columns and value != blank:
                shown = value.value if isinstance(value, Enum) else str(value)
                expected = f"blank for a policy of kind {self.kind.value}" if column != "period" else "quarter"
                yield Problem(column, shown, expected, "clear the cell")
        if self.kind.unit == "share" and self.limit > 1.0:
            yield Problem("limit", f"{self.limit:g}", "a share, 0 to 1", "divide it by 100, if it is in percent")
        if self.kind.unit == "suppliers" and self.limit != round(self.limit):
            yield Problem("limit", f"{self.limit:g}", "a whole number of suppliers", "round it")
        until = case.calendar.end + -1 if self.until is None else self.until
        if not self.spans(case) and not case.calendar.settled(until):
            yield Problem("since", "no planned quarter", "a quarter of the horizon", "correct since and until")


class PolicyRule(Rule):
    """Base of the kinds: `KINDS` are the policies it reads, `UNITS` what one unit of its overrun counts."""

    KINDS: ClassVar[tuple[PolicyKind, ...]]
    UNITS: ClassVar[float] = 1.0
    CATEGORIES = (VIOLATION,)

    def policies(self, case: Case) -> Iterator[Policy]:
        """The rows it reads."""
        return (row for row in case.of(Policy) if row.kind in self.KINDS)

    def rows(self, form: Formulation) -> None:
        for future in form.futures:
            for policy in self.policies(future.case):
                self.restrict(form, future, policy)

    def restrict(self, form: Formulation, future: Future, policy: Policy) -> None:
        """Write the rows of one policy in one scenario, at the nodes it leads."""
        raise NotImplementedError

    def replay(self, books: Books) -> Iterator[Entry]:
        yield from violations(books, f"{self.CODE}-1", self.policies(books.case), self.UNITS)
