"""Strips under a common time axis: the contract timeline, and power headroom by site."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from optimizer.contracts.contract import Contract
from optimizer.contracts.option import Option
from optimizer.ledger.decision import Action
from optimizer.ledger.keys import Cash, Installed
from optimizer.plan import statements
from optimizer.plan.diff import HIDDEN
from optimizer.plan.plan import Choice, Moved, Plan
from optimizer.report.page.axes import quarter_axis, quarter_lines
from optimizer.report.page.decisions import RUNNING
from optimizer.report.page.figures import Key, Row, Table, kind_style
from optimizer.report.page.svg import Bar, Drawing, Group, Mark, Shape, Sign, Stroke
from optimizer.report.page.text import at_least, counted, megawatts, number, short
from optimizer.tables.quarter import Quarter

HEIGHT, BASE, TALLEST = 40.0, 34.0, 20.0
ACTS = {
    Action.HOLD: (Shape.TRIANGLE, 8.0, "option bought"),
    Action.EXERCISE: (Shape.DIAMOND, BASE - 4.0, "option exercised"),
    Action.EXIT: (Shape.CROSS, BASE - 4.0, "early exit"),
    Action.TAKE: (Shape.SQUARE, BASE - 4.0, "drawn by the supplier"),
}
SIGNED = (Shape.DISC, BASE - 4.0, "signed")
LIMITS = (0.5, 0.75, 0.9, 0.995)


@dataclass(frozen=True)
class Strip:
    """One strip: what it is, what to know about it, and its drawing."""

    label: str
    note: str
    drawing: Drawing


@dataclass(frozen=True)
class SignKey:
    """An entry of a legend: a sign and what it means."""

    drawing: Drawing
    label: str


@dataclass(frozen=True)
class Strips:
    """Strips over the same `columns` quarters, with their axis, legends and table."""

    keys: tuple[Key, ...]
    signs: tuple[SignKey, ...]
    axis: Drawing
    columns: int
    strips: tuple[Strip, ...]
    table: Table


def timeline(plan: Plan) -> Strips | None:
    """When contracts are signed, delivered and paid, and when options can be exercised; None where there are none."""
    shown = [row for row in plan.case.of(Contract) if _shown(plan, row)]
    if not shown:
        return None
    lines: dict[str, list[Moved]] = {row.name: [] for row in shown}
    for line in plan.moved:
        if line.source in lines:
            lines[line.source].append(line)
    last = max([plan.case.calendar.end + -1, *(m.posting.quarter for group in lines.values() for m in group)])
    first = plan.case.calendar.first
    quarters = tuple(first + i for i in range(last - first + 1))
    spans = [_Span(plan, row, lines[row.name], quarters) for row in shown]
    kinds = dict.fromkeys(statements.contract_kind(plan.case, row.name) for row in shown)
    keys = (*(Key(kind_style(kind), kind) for kind in kinds), Key("later", "paid beyond the horizon"))
    acts = dict.fromkeys(_act(choice) for span in spans for choice in span.decided)
    signs = tuple(SignKey(_sign_key(shape), label) for shape, _, label in acts)
    axis = Drawing(32.0, tuple(quarter_axis(quarters, 0.0)))
    head = ("Contract", "Decided", "First GPUs", "Peak GPUs", "Last payment")
    table = Table("", head, tuple(span.row() for span in spans))
    return Strips(keys, signs, axis, len(quarters), tuple(span.strip() for span in spans), table)


def _act(choice: Choice) -> tuple[Shape, float, str]:
    """The sign of a decision, its height in the strip, and what it means."""
    return ACTS.get(choice.key.action, SIGNED)


def _style(shape: Shape) -> str:
    return "cross" if shape is Shape.CROSS else "sign"


def _sign_key(shape: Shape) -> Drawing:
    return Drawing(14.0, (Sign(0.5, 7.0, shape, _style(shape)),))


def _shown(plan: Plan, row: Contract) -> bool:
    """Contracts that stand for a while: all that is decided or given but what is bought by the hour."""
    if isinstance(row, Option) and row.held_blocks:
        return True
    return any(c.key.contract == row.name and c.key.action not in RUNNING for c in plan.choices)


@dataclass(frozen=True)
class _Span:
    """A contract of the plan with all that it moves, over `quarters`."""

    plan: Plan
    contract: Contract
    lines: Sequence[Moved]
    quarters: tuple[Quarter, ...]

    @property
    def decided(self) -> list[Choice]:
        name = self.contract.name
        return [c for c in self.plan.choices if c.key.contract == name and c.key.action not in HIDDEN + RUNNING]

    def gpus(self) -> dict[Quarter, float]:
        """GPUs installed by quarter of the horizon."""
        held: dict[Quarter, float] = {}
        for line in self.lines:
            if isinstance(line.posting.key, Installed):
                held[line.posting.quarter] = held.get(line.posting.quarter, 0.0) + line.amount
        return {quarter: gpus for quarter, gpus in sorted(held.items()) if abs(gpus) > 1e-6}

    def paid_until(self) -> Quarter | None:
        """The last quarter in which the contract is paid."""
        paid = [m.posting.quarter for m in self.lines if isinstance(m.posting.key, Cash) and m.amount > 0]
        return max(paid, default=None)

    def row(self) -> Row:
        gpus, paid = self.gpus(), self.paid_until()
        what = "; ".join(f"{c.key.action.value} {counted(c.quantity, c.unit)} {c.key.quarter}" for c in self.decided)
        first, peak = (str(min(gpus)), number(max(gpus.values()))) if gpus else ("–", "–")
        return Row(self.contract.name, (what or "already signed", first, peak, "–" if paid is None else str(paid)))

    def strip(self) -> Strip:
        gpus = self.gpus()
        kind = statements.contract_kind(self.plan.case, self.contract.name)
        peak = f"{short(max(gpus.values()))} GPUs" if gpus else "no GPUs in the horizon"
        end = self._at(self.plan.case.calendar.end)
        marks = (
            *quarter_lines(self.quarters, HEIGHT),
            Stroke(0.0, BASE, 1.0, BASE, "grid"),
            Stroke(end, 0.0, end, HEIGHT, "zero"),
        )
        drawn = (*self._window(), *self._lead(gpus), *self._bars(gpus), *self._tail(), *self._signs())
        name = f"{self.contract.name}: {self.row().cells[0]}; {peak}"
        return Strip(self.contract.name, f"{kind} · {peak}", Drawing(HEIGHT, (*marks, *drawn), name))

    def _at(self, quarter: Quarter) -> float:
        return (quarter - self.quarters[0]) / len(self.quarters)

    def _window(self) -> Iterator[Mark]:
        """The quarters in which an option can be exercised."""
        window = self.contract.window(self.plan.case) if isinstance(self.contract, Option) else ()
        if window:
            start, end = self._at(window[0]), self._at(window[-1] + 1)
            title = f"{self.contract.name}: can be exercised {window[0]} to {window[-1]}"
            yield Group(title, (Bar(start, end - start, BASE - 24.0, 24.0, "window"),))

    def _lead(self, gpus: dict[Quarter, float]) -> Iterator[Mark]:
        """From the first signing or exercise to the first delivery."""
        decided = min((c.key.quarter for c in self.decided if c.key.action is not Action.HOLD), default=None)
        if decided is not None and gpus and min(gpus) > decided:
            start = self._at(decided) + 0.5 / len(self.quarters)
            yield Stroke(start, BASE, self._at(min(gpus)), BASE, "lead")

    def _bars(self, gpus: dict[Quarter, float]) -> Iterator[Mark]:
        """GPUs of each run of quarters with the same number, as high as their share of the most."""
        style = kind_style(statements.contract_kind(self.plan.case, self.contract.name))
        most = max(gpus.values(), default=1.0)
        for first, last, held in _runs(gpus):
            tall = max(2.0, TALLEST * held / most)
            bar = Bar(self._at(first), self._at(last + 1) - self._at(first), BASE - tall, tall, f"{style} flush")
            when = f"{first} to {last}" if last > first else str(first)
            yield Group(f"{self.contract.name}, {when}: {number(held)} GPUs", (bar,))

    def _tail(self) -> Iterator[Mark]:
        """Payments after the horizon."""
        end, paid = self.plan.case.calendar.end, self.paid_until()
        if paid is not None and paid >= end:
            style = "later " + kind_style(statements.contract_kind(self.plan.case, self.contract.name))
            bar = Bar(self._at(end), self._at(paid + 1) - self._at(end), BASE - TALLEST, TALLEST, style)
            yield Group(f"{self.contract.name}: paid until {paid}, beyond the horizon", (bar,))

    def _signs(self) -> Iterator[Mark]:
        for choice in self.decided:
            shape, y, _ = _act(choice)
            x = self._at(choice.key.quarter) + 0.5 / len(self.quarters)
            title = f"{choice.key.quarter}: {choice.key.action.value} {counted(choice.quantity, choice.unit)}"
            yield Group(title, (Sign(x, y, shape, _style(shape)),))


def _runs(gpus: dict[Quarter, float]) -> Iterator[tuple[Quarter, Quarter, float]]:
    """(first quarter, last quarter, GPUs) of each run of consecutive quarters with the same number."""
    start = last = None
    for quarter, held in gpus.items():
        if start is not None and last is not None and quarter == last + 1 and abs(held - gpus[start]) < 1e-6:
            last = quarter
            continue
        if start is not None and last is not None:
            yield start, last, gpus[start]
        start = last = quarter
    if start is not None and last is not None:
        yield start, last, gpus[start]


def headroom(plan: Plan) -> Strips | None:
    """Share of energised power in use, by site and quarter; None where no site has a limit."""
    drawn, limit = statements.power_drawn(plan), statements.power_limit(plan)
    if not limit.lines:
        return None
    quarters = limit.quarters
    strips = []
    for line in limit.lines:
        used = drawn.line(line.label).values
        cells = tuple(_cell(line.label, quarters, i, used[i], line.values[i]) for i in range(len(quarters)))
        strips.append(Strip(line.label, _tightest(quarters, used, line.values), Drawing(26.0, cells, line.label)))
    decimals = 1 if max(max(line.values) for line in limit.lines) >= 10 else 3
    left = [
        [most - used for most, used in zip(line.values, drawn.line(line.label).values, strict=True)]
        for line in limit.lines
    ]
    rows = [Row(str(quarter), tuple(number(free[i], decimals) for free in left)) for i, quarter in enumerate(quarters)]
    names = ("up to 50 %", "50–75 %", "75–90 %", "90–99.5 %", "at the limit")
    keys = tuple(Key(f"h{level}", name) for level, name in enumerate(names, 1))
    table = Table("MW of headroom", ("Quarter", *(line.label for line in limit.lines)), tuple(rows))
    return Strips(keys, (), Drawing(32.0, tuple(quarter_axis(quarters, 0.0))), len(quarters), tuple(strips), table)


def _cell(site: str, quarters: tuple[Quarter, ...], column: int, used: float, limit: float) -> Group:
    width = 1.0 / len(quarters)
    share = used / limit if limit > 0 else (1.0 if used > 1e-9 else 0.0)
    level = "none" if limit <= 0 else f"h{1 + sum(share > step for step in LIMITS)}"
    title = f"{site}, {quarters[column]}: {megawatts(used)} of {megawatts(limit)}, {megawatts(limit - used)} free"
    return Group(title, (Bar(column * width, width, 0.0, 26.0, f"{level} cell"),))


def _tightest(quarters: tuple[Quarter, ...], used: Sequence[float], limit: Sequence[float]) -> str:
    """In words, where the site is tightest."""
    known = [(1.0 - used[i] / limit[i], i) for i in range(len(quarters)) if limit[i] > 0]
    if not known:
        return "not energised"
    share, i = min(known)
    return f"tightest {quarters[i]}: {megawatts(limit[i] - used[i])} free ({at_least(max(share, 0.0), 0)})"
