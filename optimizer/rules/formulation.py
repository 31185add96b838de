"""The program while it is being written: decisions with variables, ledgers of linear terms, rows by family.

Money stands in millions of USD and power in MW, so that coefficients stay near 1.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import pyomo.environ as pyo
from pyomo.core.expr.numeric_expr import LinearExpression

from optimizer.case.case import Case
from optimizer.case.tree import Node
from optimizer.ledger.decision import Decision, Posting, Relation
from optimizer.ledger.keys import VIOLATION, Cash, Category, Key
from optimizer.ledger.operation import OVERRUN, Operation
from optimizer.rules.money import weight
from optimizer.tables.record import Term

MILLION = 1e-6
Variable = pyo.Var
Terms = list[tuple[float, Variable]]


@dataclass(frozen=True)
class Made:
    """A decision at a node of the tree, and its variable."""

    decision: Decision
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
    """lower <= sum of coefficient x variable <= upper; one side may be open, equal sides make an equality."""

    index: tuple[str, ...]
    terms: Terms
    lower: float | None
    upper: float | None


class Formulation:
    """Collects variables, ledger lines and rows; `finish` turns them into a Pyomo model."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.nodes = case.tree.nodes
        self.model = pyo.ConcreteModel(name="procurement")
        self.made: list[Made] = []
        self.operations: dict[tuple[Operation, tuple[str, ...], int], Variable] = {}
        self._ledger: defaultdict[tuple[Key, int], list[Line]] = defaultdict(list)
        self._rows: defaultdict[str, list[Row]] = defaultdict(list)
        self._costs: list[tuple[float, Variable]] = []
        self.charges: list[Charge] = []

    def decide(self, decisions: Iterable[Decision]) -> None:
        """Give each decision a variable at every node of its quarter, and post what it moves."""
        pairs = [(decision, node) for decision in decisions for node in self.case.tree.at(decision.key.quarter)]
        self.model.decide = pyo.Var(range(len(pairs)))
        for number, (decision, node) in enumerate(pairs):
            variable = self.model.decide[number]
            variable.setlb(decision.lower)
            variable.setub(None if decision.upper == float("inf") else decision.upper)
            if decision.integer:
                variable.domain = pyo.Integers
            self.made.append(Made(decision, node, variable))
            for posting in decision.postings:
                self.post(posting, node, variable, decision.key.contract, decision.supplier)

    def operate(
        self, operation: Operation, indices: Iterable[tuple[tuple[str, ...], Node]], upper: float | None = None
    ) -> None:
        """Declare variables of an operation, from 0 to `upper`."""
        keys = [(index, node.index) for index, node in indices]
        domain = pyo.Binary if operation.integer else pyo.NonNegativeReals
        variables = pyo.Var(range(len(keys)), domain=domain, bounds=(0, 1 if operation.integer else upper))
        self.model.add_component(f"{operation.name}_{len(self.operations)}", variables)
        for number, (index, node) in enumerate(keys):
            self.operations[operation, index, node] = variables[number]

    def operation(self, operation: Operation, node: Node, *index: str) -> Variable | None:
        """The variable of an operation, or None where it was not declared: it is 0."""
        return self.operations.get((operation, index, node.index))

    def post(self, posting: Posting, node: Node, variable: Variable, source: str, supplier: str = "") -> None:
        """Post a unit amount on the ledger, and money on the objective: expected present value."""
        coefficient = posting.coefficient
        if not coefficient:
            return
        if isinstance(posting.key, Cash):
            value = weight(self.case, posting.key.category, posting.quarter) * node.probability
            self._costs.append((MILLION * coefficient * value, variable))
        for reached in self.case.tree.descendants(node, posting.quarter):
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
        self.charges.append(Charge(operation, index, node, variable, posting, source))
        self.post(posting, node, variable, source)

    def lines(self, key: Key, node: Node) -> list[Line]:
        """Ledger lines of one account at a node."""
        return self._ledger.get((key, node.index), [])

    def select(self, wanted: Callable[[Key], bool], node: Node) -> Iterator[tuple[Key, Line]]:
        """Ledger lines at a node whose account is wanted."""
        for key in self._keys_at(node):
            if wanted(key):
                yield from ((key, line) for line in self._ledger[key, node.index])

    def _keys_at(self, node: Node) -> list[Key]:
        if not hasattr(self, "_keys") or self._keys_size != len(self._ledger):
            self._keys: defaultdict[int, list[Key]] = defaultdict(list)
            for key, index in self._ledger:
                self._keys[index].append(key)
            self._keys_size = len(self._ledger)
        return self._keys[node.index]

    def relate(self, relations: Iterable[Relation]) -> None:
        """Write each relation at every node of its quarter, over the decisions on the path to it."""
        by_contract: defaultdict[tuple[object, str], list[Made]] = defaultdict(list)
        for made in self.made:
            by_contract[made.decision.key.action, made.decision.key.contract].append(made)
        for relation in relations:
            for node in self.case.tree.at(relation.quarter):
                path = {step.index for step in self.case.tree.path(node)}
                terms = [
                    (coefficient, made.variable)
                    for coefficient, selector in relation.terms
                    for made in by_contract[selector.action, selector.contract]
                    if made.node.index in path and selector.covers(made.decision.key)
                ]
                self.limit(relation.code, (relation.contract, str(relation.quarter)), terms, upper=relation.upper)

    def limit(
        self,
        code: str,
        index: tuple[str, ...],
        terms: Terms,
        lower: float | None = None,
        upper: float | None = None,
    ) -> None:
        """Add the row lower <= terms <= upper to the family `code`."""
        self._rows[code].append(Row(index, terms, lower, upper))

    def overrun(self, code: str, name: str, node: Node, price: Term | None, source: str) -> Terms:
        """The priced violation of a limit, as a term to subtract; nothing where the limit is hard."""
        if price is None:
            return []
        self.operate(OVERRUN, [((code, name), node)])
        variable = self.operation(OVERRUN, node, code, name)
        self.charge(VIOLATION, OVERRUN, (code, name), node, 1.0, price, source)
        return [(-1.0, variable)]

    def finish(self) -> pyo.ConcreteModel:
        """The Pyomo model: minimise expected present value, USD million, subject to every row."""
        for code, rows in self._rows.items():
            family = pyo.Constraint(range(len(rows)), rule=lambda _, number, rows=rows: _expression(rows[number]))
            self.model.add_component(code, family)
        coefficients = [coefficient for coefficient, _ in self._costs]
        variables = [variable for _, variable in self._costs]
        cost = LinearExpression(constant=0, linear_coefs=coefficients, linear_vars=variables)
        self.model.cost = pyo.Objective(expr=cost, sense=pyo.minimize)
        return self.model

    def row_name(self, code: str, number: int) -> str:
        """A row in the words of the case, such as `POWER Vineland 2027Q1`."""
        return " ".join((code, *self._rows[code][number].index))

    @property
    def rows(self) -> dict[str, list[Row]]:
        """All rows by family."""
        return self._rows


def _expression(row: Row) -> object:
    """The Pyomo form of a row: terms of one variable are added up, one-sided rows stay one-sided."""
    coefficients: dict[int, float] = {}
    variables: dict[int, Variable] = {}
    for coefficient, variable in row.terms:
        coefficients[id(variable)] = coefficients.get(id(variable), 0.0) + coefficient
        variables[id(variable)] = variable
    body = LinearExpression(
        constant=0, linear_coefs=list(coefficients.values()), linear_vars=list(variables.values())
    )
    if row.lower is not None and row.lower == row.upper:
        return body == row.lower
    return pyo.inequality(row.lower, body, row.upper)
