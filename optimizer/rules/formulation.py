"""The program while it is being written: decisions with variables, ledgers of linear terms, rows by family.

Money stands in a unit chosen from the case (1, 1,000 or 1,000,000 USD) and power in MW, so that coefficients stay
near 1: a solver's tolerances are absolute, and a dollar is nothing in one case and much in another.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from typing import TypeAlias

import pyomo.environ as pyo
from pyomo.core.base.var import VarData
from pyomo.core.expr.numeric_expr import LinearExpression

from optimizer.case.case import Case
from optimizer.case.tree import Node
from optimizer.contracts.parts.paid import paid_accounts
from optimizer.contracts.parts.signed import decided_before
from optimizer.futures.future import Future, futures
from optimizer.ledger.decision import Action, Decision, DecisionKey, Posting, Relation
from optimizer.ledger.keys import Cash, Category, Key
from optimizer.ledger.operation import Operation, OperationKey
from optimizer.rules.history import operated_before
from optimizer.rules.money import weight
from optimizer.rules.period import Span
from optimizer.tables.record import Term

LARGEST_UNIT = 1e6
MOST_NAMED = 3
Variable: TypeAlias = VarData
Terms = list[tuple[float, Variable]]


@dataclass(frozen=True)
class Made:
    """A decision at a node of the tree, and its variable."""

    decision: Decision
    node: Node
    variable: Variable


@dataclass(frozen=True)
class Operates:
    """A quantity of an operation at a node of the tree, and its variable."""

    index: tuple[str, ...]
    node: Node
    variable: Variable


@dataclass(frozen=True)
class Charge:
    """A posting of an operation at a node: what one unit of its variable costs."""

    operation: Operation
    index: tuple[str, ...]
    node: Node
    variable: Variable
    posting: Posting
    source: str


@dataclass(frozen=True)
class Line:
    """One linear term of a ledger account: coefficient x variable, posted by `source` of `supplier`."""

    coefficient: float
    variable: Variable
    source: str
    supplier: str


@dataclass(frozen=True)
class Row:
    """lower <= sum of coefficient x variable <= upper; one side may be open, equal sides make an equality.

    It belongs to a node, or to the whole tree (None); `index` says what it limits, and ends with its quarter or span.
    One of the row is so many (`times`) of `unit`, as people count them; MONEY is in the currency of the case.
    """

    node: Node | None
    index: tuple[str, ...]
    terms: Terms
    lower: float | None
    upper: float | None
    unit: str = ""
    times: float = 1.0


@dataclass(frozen=True)
class Cost:
    """A term of the objective: present value of a unit of the variable in `scenarios`, and their probability."""

    value: float
    probability: float
    variable: Variable
    scenarios: tuple[str, ...]

    @property
    def expected(self) -> float:
        """Expected present value of a unit, USD."""
        return self.value * self.probability


class Formulation:
    """Collects variables, ledger lines and rows; `finish` turns them into a Pyomo model.

    `case` is the case as it stands, with what all scenarios share: settings, calendar, history, tree. `at(node)` is the
    case as it is known at a node. Where scenarios have not parted, the first of them speaks for all.
    """

    def __init__(self, case: Case) -> None:
        self.case = case
        self.nodes = case.tree.nodes
        self.futures = futures(case)
        by_name = {future.name: future for future in self.futures}
        self._leading = [by_name[node.scenarios[0]] for node in self.nodes]
        self.model = pyo.ConcreteModel(name="procurement")
        self.made: list[Made] = []
        self.operations: dict[tuple[Operation, tuple[str, ...], int], Variable] = {}
        self._by_operation: defaultdict[Operation, list[Operates]] = defaultdict(list)
        self._ledger: defaultdict[tuple[Key, int], list[Line]] = defaultdict(list)
        self._accounts: defaultdict[int, dict[Key, None]] = defaultdict(dict)
        self._rows: defaultdict[str, list[Row]] = defaultdict(list)
        self.costs: list[Cost] = []
        self.worst: Variable | None = None
        self.offset_usd = 0.0
        self.offered: dict[str, list[Made]] = {}
        self.charges: list[Charge] = []
        self._weight = cache(partial(weight, case))
        self._decided_before, self._paid = decided_before(case), paid_accounts(case)

    def at(self, node: Node) -> Case:
        """The case as it is known at the node."""
        return self._leading[node.index].case

    def decide(self, offers: Callable[[Case], Iterable[Decision]]) -> None:
        """Give each decision a variable at every node of its quarter, and post what it moves in each scenario."""
        offered: list[tuple[Future, Decision, Node, int]] = []
        numbers: dict[tuple[DecisionKey, int], int] = {}
        for future in self.futures:
            for decision in offers(future.case):
                decided, node = self._settled(decision), future.node(decision.key.quarter)
                if decided is not None and node is not None:
                    number = numbers.setdefault((decided.key, node.index), len(numbers))
                    offered.append((future, decided, node, number))
        self.model.decide = pyo.Var(range(len(numbers)))
        for future, decision, node, number in offered:
            variable = self.model.decide[number]
            made = Made(decision, node, variable)
            self.offered.setdefault(future.name, []).append(made)
            if number == len(self.made):
                self._bound(made)
            for posting in decision.postings:
                self.post(posting, future, node, variable, decision.key.contract, decision.supplier)

    def _bound(self, made: Made) -> None:
        """The variable of a decision, within its bounds."""
        made.variable.setlb(made.decision.lower)
        made.variable.setub(None if made.decision.upper == float("inf") else made.decision.upper)
        if made.decision.integer:
            made.variable.domain = pyo.Integers
        self.made.append(made)

    def _settled(self, decision: Decision) -> Decision | None:
        """(HISTORY-1) A decision that is history stands as it was made; None if it was not made."""
        if decision.key.action is Action.PAID:
            return decision
        if self._paid:
            owed = tuple(one for one in decision.postings if not self._was_paid(decision.key.contract, one))
            decision = replace(decision, postings=owed)
        if not self.case.calendar.settled(decision.key.quarter) or decision.key.action is Action.GIVEN:
            return decision
        quantity = self._decided_before.get(decision.key, 0.0)
        return replace(decision, lower=quantity, upper=quantity) if quantity else None

    def _was_paid(self, source: str, posting: Posting) -> bool:
        """(HISTORY-4) Whether it is recorded what was paid on the account of this posting."""
        key = posting.key
        return isinstance(key, Cash) and (source, key.category.label, posting.quarter) in self._paid

    def operate(
        self, operation: Operation, indices: Iterable[tuple[tuple[str, ...], Node]], upper: float | None = None
    ) -> None:
        """Declare variables of an operation, from 0 to `upper`."""
        keys = list(indices)
        domain = pyo.Binary if operation.integer else pyo.NonNegativeReals
        variables = pyo.Var(range(len(keys)), domain=domain, bounds=(0, 1 if operation.integer else upper))
        self.model.add_component(f"{operation.name}_{len(self.operations)}", variables)
        for number, (index, node) in enumerate(keys):
            self.operations[operation, index, node.index] = variables[number]
            self._by_operation[operation].append(Operates(index, node, variables[number]))

    def settle(self) -> None:
        """(HISTORY-1) Operations of quarters that are history stand as they happened."""
        happened = operated_before(self.case)
        for (operation, index, number), variable in self.operations.items():
            quarter = self.nodes[number].quarter
            if self.case.calendar.settled(quarter):
                amount = happened.get(OperationKey(operation, index, quarter), 0.0)
                variable.setlb(amount)
                variable.setub(amount)

    def each(self, operation: Operation) -> list[Operates]:
        """Every declared quantity of an operation, in the order of declaration."""
        return self._by_operation.get(operation, [])

    def operation(self, operation: Operation, node: Node, *index: str) -> Variable | None:
        """The variable of an operation, or None where it was not declared: it is 0."""
        return self.operations.get((operation, index, node.index))

    def post(
        self, posting: Posting, future: Future, node: Node, variable: Variable, source: str, supplier: str = ""
    ) -> None:
        """Post a unit amount on the ledger, and money on the objective: expected present value.

        Of the scenarios that pass the node of its quarter, the first posts for all. Beyond the horizon, each pays.
        """
        coefficient = posting.coefficient
        reached = future.node(posting.quarter) if posting.quarter >= node.quarter else None
        if not coefficient or (reached is not None and not future.leads(reached)):
            return
        if isinstance(posting.key, Cash):
            value = coefficient * self._weight(posting.key.category, posting.quarter)
            if reached is None:
                self.costs.append(Cost(value, future.probability, variable, (future.name,)))
            else:
                self.costs.append(Cost(value, reached.probability, variable, reached.scenarios))
        if reached is not None:
            self._accounts[reached.index][posting.key] = None
            self._ledger[posting.key, reached.index].append(Line(coefficient, variable, source, supplier))

    def charge(
        self,
        category: Category,
        operation: Operation,
        index: tuple[str, ...],
        node: Node,
        volume: float,
        term: Term,
        source: str,
    ) -> None:
        """Charge volume x price for each unit of an operation in the node's quarter, to a workload or limit."""
        variable = self.operations[operation, index, node.index]
        posting = Posting(Cash(category), node.quarter, volume, term)
        if self._was_paid(source, posting):
            return
        self.charges.append(Charge(operation, index, node, variable, posting, source))
        self.post(posting, self._leading[node.index], node, variable, source)

    def lines(self, key: Key, node: Node) -> list[Line]:
        """Ledger lines of one account at a node."""
        return self._ledger.get((key, node.index), [])

    def select(self, wanted: Callable[[Key], bool], node: Node) -> Iterator[tuple[Key, Line]]:
        """Ledger lines at a node whose account is wanted."""
        for key in self.accounts(node):
            if wanted(key):
                yield from ((key, line) for line in self._ledger[key, node.index])

    def accounts(self, node: Node) -> Iterable[Key]:
        """Accounts that hold a line at a node, in the order of posting."""
        return self._accounts.get(node.index, {})

    def placed(self) -> Iterator[tuple[Hashable, Node, Variable]]:
        """Every quantity that is decided or operated: what it is, the node it belongs to, and its variable."""
        for made in self.made:
            yield made.decision.key, made.node, made.variable
        for (operation, index, number), variable in self.operations.items():
            yield (operation, index), self.nodes[number], variable

    def relate(self, relations: Callable[[Case], Iterable[Relation]]) -> None:
        """Write the relations of each scenario at the nodes it leads, over the decisions on the path to them."""
        at: defaultdict[tuple[Action, str, int], list[Made]] = defaultdict(list)
        for made in self.made:
            at[made.decision.key.action, made.decision.key.contract, made.node.index].append(made)
        for future in self.futures:
            for relation in relations(future.case):
                node = future.node(relation.quarter)
                if node is None or not future.leads(node):
                    continue
                selected = [
                    (coefficient, made)
                    for coefficient, selector in relation.terms
                    for step in future.nodes[: relation.quarter - self.nodes[0].quarter + 1]
                    if selector.since <= step.quarter <= selector.until
                    for made in at.get((selector.action, selector.contract, step.index), ())
                    if selector.covers(made.decision.key)
                ]
                index = (relation.contract, str(relation.quarter))
                unit = next((made.decision.unit for _, made in selected), "")
                terms = [(coefficient, made.variable) for coefficient, made in selected]
                self.limit(relation.code, node, index, terms, upper=relation.upper, unit=unit)

    def ends(self, future: Future, span: Span) -> Iterator[tuple[Node, tuple[Node, ...]]]:
        """The node in which the span ends in a scenario, with the nodes of the span; nothing where it does not lead."""
        last = future.node(span.last)
        if last is not None and future.leads(last):
            yield last, tuple(node for node in future.nodes if span.quarters[0] <= node.quarter <= span.last)

    def limit(
        self,
        code: str,
        node: Node | None,
        index: tuple[str, ...],
        terms: Terms,
        lower: float | None = None,
        upper: float | None = None,
        unit: str = "",
        times: float = 1.0,
    ) -> None:
        """Add the row lower <= terms <= upper to the family `code`, at a node or (None) over the whole tree.

        One of the row is `times` of `unit`.

        (HISTORY-2) No row is written of a quarter that is history: what happened, happened.
        """
        if node is None or not self.case.calendar.settled(node.quarter):
            self._rows[code].append(Row(node, index, terms, lower, upper, unit, times))

    def weigh(self, value: float, variable: Variable) -> None:
        """Add a term to the objective that is no payment, USD a unit."""
        self.costs.append(Cost(value, 1.0, variable, ()))

    def minimise(self, worst: Variable, offset_usd: float) -> None:
        """Minimise one variable, in `usd_per_unit`, in place of the expected cost.

        `offset_usd` is added to it in the program and taken off whatever is told: so its gap is a share of costs.
        """
        self.worst, self.offset_usd = worst, offset_usd

    def usd(self, figure: float | None) -> float | None:
        """A figure of the program's objective, in USD."""
        return None if figure is None else figure * self.usd_per_unit - self.offset_usd

    def finish(self) -> pyo.ConcreteModel:
        """The Pyomo model: minimise expected present value, in `usd_per_unit`, subject to every row."""
        for code, rows in self._rows.items():
            family = pyo.Constraint(range(len(rows)), rule=lambda _, number, rows=rows: _expression(rows[number]))
            self.model.add_component(code, family)
        cost = self.expected_cost()
        if self.worst is not None:
            constant = self.offset_usd / self.usd_per_unit
            cost = LinearExpression(constant=constant, linear_coefs=[1.0], linear_vars=[self.worst])
        self.model.cost = pyo.Objective(expr=cost, sense=pyo.minimize)
        return self.model

    def expected_cost(self) -> LinearExpression:
        """Expected present value, and the risk that counts, in `usd_per_unit`."""
        coefficients = [cost.expected / self.usd_per_unit for cost in self.costs]
        variables = [cost.variable for cost in self.costs]
        return LinearExpression(constant=0, linear_coefs=coefficients, linear_vars=variables)

    @cached_property
    def usd_per_unit(self) -> float:
        """USD in the unit of the objective: the power of 1,000 at or below the typical (geometric mean) unit cost."""
        sizes = [math.log10(abs(cost.expected)) for cost in self.costs if cost.expected]
        typical = math.fsum(sizes) / len(sizes) if sizes else 0.0
        return float(min(LARGEST_UNIT, max(1.0, 1000.0 ** math.floor(typical / 3.0))))

    def row_name(self, code: str, number: int) -> str:
        """A row in the words of the case, such as `POWER-1 Vineland 2027Q1`, and in which scenarios it stands."""
        return self.words(code, self._rows[code][number])

    def words(self, code: str, row: Row) -> str:
        """A row in words; the scenarios it stands in are named once they have parted."""
        scenarios = () if row.node is None else row.node.scenarios
        parted = 0 < len(scenarios) < len(self.futures)
        return " ".join((code, *row.index)) + (f" in {_listed(scenarios)}" if parted else "")

    @property
    def rows(self) -> dict[str, list[Row]]:
        """All rows by family."""
        return self._rows


def _listed(names: tuple[str, ...]) -> str:
    """Names, cut where they are many."""
    shown = ", ".join(names[:MOST_NAMED])
    return shown if len(names) <= MOST_NAMED else f"{shown} and {len(names) - MOST_NAMED} more"


def _expression(row: Row) -> object:
    """The Pyomo form of a row: terms of one variable are added up, one-sided rows stay one-sided."""
    coefficients: dict[int, float] = {}
    variables: dict[int, Variable] = {}
    for coefficient, variable in row.terms:
        coefficients[id(variable)] = coefficients.get(id(variable), 0.0) + coefficient
        variables[id(variable)] = variable
    body = LinearExpression(constant=0, linear_coefs=list(coefficients.values()), linear_vars=list(variables.values()))
    if row.lower is not None and row.lower == row.upper:
        return body == row.lower
    return pyo.inequality(row.lower, body, row.upper)
