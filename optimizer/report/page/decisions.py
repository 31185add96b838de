"""What to decide and when: this quarter, the next, later; and what becomes of every option."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from optimizer.contracts.contract import Contract
from optimizer.contracts.option import Option
from optimizer.contracts.parts.terms import DeliveryTerms
from optimizer.ledger.decision import Action, DecisionKey
from optimizer.ledger.keys import Cash, Commitment, Installed
from optimizer.plan import statements
from optimizer.plan.diff import HIDDEN
from optimizer.plan.plan import Choice, Moved, Plan
from optimizer.report.page.figures import Row, Table, kind_style
from optimizer.report.page.text import NBSP, counted, money, number, quantity
from optimizer.tables.quarter import Quarter

RUNNING = (Action.BUY, Action.RESELL)
NOT_OURS = (Action.TAKE,)


@dataclass(frozen=True)
class Fact:
    """Something to know about a decision."""

    label: str
    value: str


@dataclass(frozen=True)
class Decision:
    """One thing to decide: the act, the contract, its kind and supplier, and the facts about it."""

    style: str
    act: str
    contract: str
    origin: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Agenda:
    """What is to be decided in a quarter; `hourly` is what is bought and resold by the hour.

    `committed` is money newly made firm in the quarter, USD; `money` is the same in words.
    """

    quarter: Quarter
    decisions: tuple[Decision, ...]
    hourly: Table | None
    committed: float
    money: str


class Moves:
    """The postings of a plan by the decision that moves them; money of a yes/no choice goes with its signing."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.contracts = {row.name: row for row in plan.case.of(Contract)}
        self._lines: dict[DecisionKey, list[Moved]] = {}
        for line in plan.moved:
            if isinstance(line.what, DecisionKey):
                self._lines.setdefault(line.what, []).append(line)

    def lines(self, key: DecisionKey) -> list[Moved]:
        """Postings of a decision."""
        own = self._lines.get(key, [])
        if key.action is not Action.SIGN:
            return own
        return own + self._lines.get(DecisionKey(Action.CHOOSE, key.contract, key.quarter), [])

    def committed(self, key: DecisionKey) -> float:
        """Money that the decision makes firm."""
        return math.fsum(line.amount for line in self.lines(key) if isinstance(line.posting.key, Commitment))

    def due(self, key: DecisionKey) -> float:
        """Cash that falls due in the quarter of the decision."""
        return math.fsum(
            line.amount
            for line in self.lines(key)
            if isinstance(line.posting.key, Cash) and line.posting.quarter == key.quarter
        )

    def gpus(self, key: DecisionKey) -> dict[Quarter, float]:
        """GPUs that the decision installs, by quarter of the horizon; negative where it gives them back."""
        held: dict[Quarter, float] = {}
        for line in self.lines(key):
            if isinstance(line.posting.key, Installed):
                held[line.posting.quarter] = held.get(line.posting.quarter, 0.0) + line.amount
        return dict(sorted(held.items()))

    def until(self, key: DecisionKey) -> Quarter:
        """The last quarter in which the same could be decided."""
        contract = self.contracts[key.contract]
        window = [d.key.quarter for d in contract.decisions(self.plan.case) if d.key.action is key.action]
        return max(window, default=key.quarter)


def contracted(plan: Plan) -> list[Choice]:
    """Choices that bind for a while, in order of time: signings, options, exits; not what is bought by the hour."""
    kept = [c for c in plan.choices if c.key.action not in HIDDEN + RUNNING]
    return sorted(kept, key=lambda choice: choice.key.quarter)


def agenda(plan: Plan, quarter: Quarter) -> Agenda:
    """Everything to decide in a quarter."""
    moves = Moves(plan)
    now = [c for c in contracted(plan) if c.key.quarter == quarter]
    decisions = (_decision(moves, choice) for choice in now)
    committed = math.fsum(moves.committed(choice.key) for choice in now)
    said = money(committed, plan.case.settings.currency)
    return Agenda(quarter, tuple(decisions), _hourly(moves, quarter), committed, said)


def _decision(moves: Moves, choice: Choice) -> Decision:
    key, plan = choice.key, moves.plan
    currency, gpus = plan.case.settings.currency, moves.gpus(key)
    facts = [Fact("Quantity", counted(choice.quantity, choice.unit) + _peak(gpus))]
    committed, due = moves.committed(key), moves.due(key)
    if committed:
        facts.append(Fact("Commits", money(committed, currency)))
    if due:
        facts.append(Fact("Due this quarter" if due > 0 else "Received this quarter", money(abs(due), currency)))
    if any(value > 0 for value in gpus.values()):
        facts.append(Fact("First GPUs", str(min(q for q, value in gpus.items() if value > 0))))
    elif key.action in (Action.SIGN, Action.EXERCISE):
        facts.append(Fact("First GPUs", "after the horizon"))
    last = moves.until(key)
    if key.action in NOT_OURS:
        facts.append(Fact("Who decides", "the supplier"))
    elif key.action is not Action.EXIT:
        facts.append(Fact("Open until", "this quarter" if last == key.quarter else str(last)))
    kind = statements.contract_kind(plan.case, key.contract)
    act = key.action.value.capitalize()
    return Decision(kind_style(kind), act, key.contract, _origin(moves, choice), tuple(facts))


def _origin(moves: Moves, choice: Choice) -> str:
    contract = moves.contracts[choice.key.contract]
    place = f" at {contract.site}" if isinstance(contract, DeliveryTerms) else ""
    return f"{contract.TABLE.title} · {choice.supplier}{place}"


def _peak(gpus: dict[Quarter, float]) -> str:
    most = max(gpus.values(), key=abs, default=0.0)
    return f" ({number(abs(most))} GPUs)" if most else ""


def _hourly(moves: Moves, quarter: Quarter) -> Table | None:
    """What is bought or resold by the hour, by contract: average GPUs, and money of the quarter."""
    plan = moves.plan
    totals: dict[tuple[str, str], list[float]] = {}
    for choice in plan.choices:
        if choice.key.action in RUNNING and choice.key.quarter == quarter:
            total = totals.setdefault((choice.key.action.value, choice.key.contract), [0.0, 0.0])
            total[0] += moves.gpus(choice.key).get(quarter, choice.quantity)
            total[1] += moves.due(choice.key)
    currency = plan.case.settings.currency
    rows = [
        Row(f"{act.capitalize()} {contract}", (number(gpus), money(due, currency)))
        for (act, contract), (gpus, due) in totals.items()
    ]
    return Table("", ("By the hour", "GPUs on average", "Costs"), tuple(rows)) if rows else None


def all_decisions(plan: Plan) -> Table | None:
    """Every binding decision of the plan in order of time; None where there is none."""
    moves, chosen = Moves(plan), contracted(plan)
    currency = plan.case.settings.currency
    rows = []
    for choice in chosen:
        gpus, committed = moves.gpus(choice.key), moves.committed(choice.key)
        most = max(gpus.values(), key=abs, default=0.0)
        amount = counted(choice.quantity, choice.unit)
        cells = (choice.key.action.value, choice.key.contract, amount, number(most))
        rows.append(Row(str(choice.key.quarter), (*cells, money(committed, currency) if committed else "–")))
    head = ("Quarter", "Decision", "Contract", "Quantity", "GPUs at most", "Commits")
    return Table("", head, tuple(rows)) if rows else None


def options(plan: Plan) -> Table | None:
    """Every expansion option of the case and what the plan does with it; None where the case has none."""
    offered = plan.case.of(Option)
    if not offered:
        return None
    head = ("Option", "Expands", "Exercise window", "Strike", "Rights held", "Bought", "Exercised", "Left unused")
    return Table("blocks", head, tuple(_option(plan, row) for row in offered))


def _option(plan: Plan, row: Option) -> Row:
    window = row.window(plan.case)
    bought, exercised = (_taken(plan.choices, row.option, action) for action in (Action.HOLD, Action.EXERCISE))
    rights = row.held_blocks + sum(choice.quantity for choice in bought)
    currency = plan.case.settings.currency
    per = "block-quarter" if row.by_block else "GPU-hour"
    price = money(row.price.value, currency) if row.by_block else f"{money_exact(row.price.value, currency)}"
    cells = (
        row.expands or "–",
        f"{window[0]} to {window[-1]}".replace(" ", NBSP) if window else "none in the horizon",
        f"{price} per {per}",
        quantity(row.held_blocks),
        _when(bought),
        _when(exercised),
        quantity(rights - sum(choice.quantity for choice in exercised)),
    )
    return Row(row.option, cells)


def money_exact(value: float, currency: str) -> str:
    """A unit price with its cents, e.g. `$2.40`."""
    whole = money(0.0, currency).removesuffix("0")
    return f"{whole}{value:,.2f}"


def _taken(choices: Sequence[Choice], contract: str, action: Action) -> list[Choice]:
    return [c for c in choices if c.key.contract == contract and c.key.action is action]


def _when(choices: Sequence[Choice]) -> str:
    return ", ".join(f"{quantity(c.quantity)} in {c.key.quarter}".replace(" ", NBSP) for c in choices) or "–"
