"""What the parts of a supplier's deal are worth: the tree without them, and with the rest in another form.

The definitions stand in plan/deal.py. Every side of the deal is a tree of its own, solved as any other, so that it may
be one program or bundles; the side that the case states is the plan that is there.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import Event

from optimizer.case.case import Case
from optimizer.case.settings import Objective
from optimizer.errors import UsageError
from optimizer.plan.deal import CourseCost, Deal, Side, Table
from optimizer.plan.outlook import courses, rights
from optimizer.plan.status import StopReason
from optimizer.plan.tree import TreePlan
from optimizer.plan.worth import Known, Least
from optimizer.request import Listener, Request, Step, silent
from optimizer.run import is_split, solve_tree
from optimizer.studies.parts import Parts, as_option, parts, right_of, without_backstop, without_firm, without_option
from optimizer.studies.worth import require_plan, require_scenarios


def deal(
    case: Case, supplier: str, request: Request | None = None, listen: Listener = silent, stop: Event | None = None
) -> TreePlan:
    """Solve the tree, and say what the deal of a supplier is worth in it: the last of `TreePlan.deals`.

    Raises UsageError for a case without scenarios, one that minimises regret or a supplier without a deal,
    UnsolvableError or NoPlanError where the tree has no plan, and what `solve_tree` raises.
    """
    require_scenarios(case)
    _require_costs(case)
    parts(case, supplier)
    tree = solve_tree(case, request, listen, stop)
    require_plan(tree, "the tree")
    return dealt(tree, supplier, request, listen, stop)


def dealt(
    tree: TreePlan,
    supplier: str,
    request: Request | None = None,
    listen: Listener = silent,
    stop: Event | None = None,
) -> TreePlan:
    """The tree with what the deal of a supplier is worth in it, in the place of what was known of it.

    The time limit is that of each search. An interrupt ends the searches that are left: their values are not known.
    Raises UsageError as `deal` does.
    """
    _require_costs(tree.case)
    found = parts(tree.case, supplier)
    study = _Study(tree, found, request or Request(), listen, stop or Event())
    study.noticed(tree.result.stop)
    made = bool(found.backstops) and not found.options
    firm_blocks = sum(row.max_blocks for row in found.firm)
    names = tuple(row.block for row in found.firm)
    known = Deal(supplier, names, found.more, firm_blocks, found.more_blocks, made, study.sides())
    others = tuple(one for one in tree.deals if one.supplier != supplier)
    return replace(tree, deals=(*others, known))


def _require_costs(case: Case) -> None:
    """Raise UsageError where regret is minimised: with less on the table each scenario alone costs something else, so
    that the regrets of two sides are measured against different costs and have no difference that is worth anything.
    """
    if case.settings.objective is Objective.REGRET:
        found = "the parts of a deal are not measured in regret"
        why = "with less on the table, what each scenario alone costs is another figure"
        raise UsageError(f"{found}: {why}. Fix: set objective to {Objective.EXPECTED.value} or {Objective.WORST.value}")


class _Study:
    """The solved tree, and the sides of the deal as far as they are known."""

    def __init__(self, tree: TreePlan, found: Parts, request: Request, listen: Listener, stop: Event) -> None:
        self.tree, self.parts, self.request, self.listen, self.stop = tree, found, request, listen, stop

    def sides(self) -> tuple[Side, ...]:
        """Every side that can be asked of, in the order of `Table`; the option starts from the plan without it."""
        stated = self._stated()
        asked: dict[Table, Callable[[Case], Case]] = {Table.FIRM: self._bare}
        if self.parts.more:
            asked[Table.OPTION] = self._option
        if self.parts.backstops:
            asked[Table.BACKSTOP] = lambda case: self._without(case, options=True)
        if self.parts.firm:
            asked[Table.NONE] = lambda case: without_firm(self._bare(case), self.parts.firm)
        plans = {stated: self.tree} if stated is not None else {}
        questions = [table for table in asked if table not in plans]
        for number, table in enumerate(questions, 1):
            start = plans.get(Table.FIRM) if table is Table.OPTION else None
            what = f"{table.value}, {number} of {len(questions)}"
            found = self._solved(asked[table](self.tree.case), start, what)
            if found is not None:
                plans[table] = found
        return tuple(_side(table, plans.get(table), self._names(table)) for table in Table if table in asked)

    def _stated(self) -> Table | None:
        """What the case as it is has on the table; None where it has both an option and a backstop."""
        if self.parts.options and self.parts.backstops:
            return None
        if self.parts.options:
            return Table.OPTION
        return Table.BACKSTOP if self.parts.backstops else Table.FIRM

    def _without(self, case: Case, options: bool = False, backstops: bool = False) -> Case:
        for option in self.parts.options if options else ():
            case = without_option(case, option.option)
        for backstop in self.parts.backstops if backstops else ():
            case = without_backstop(case, backstop)
        return case

    def _bare(self, case: Case) -> Case:
        """The firm part alone."""
        return self._without(case, options=True, backstops=True)

    def _option(self, case: Case) -> Case:
        """The option as the case states it; where it states none, every backstop as one."""
        if self.parts.options:
            return self._without(case, backstops=True)
        for backstop in self.parts.backstops:
            case = as_option(case, backstop)
        return case

    def _names(self, table: Table) -> Sequence[str]:
        """Names of the options on the table."""
        if table is not Table.OPTION:
            return ()
        return [row.option for row in self.parts.options] or [right_of(row) for row in self.parts.backstops]

    def _solved(self, case: Case, start: TreePlan | None, what: str) -> TreePlan | None:
        """The tree of a side; None after an interrupt, which may come between two searches, too."""
        if self.stop.is_set():
            return None
        try:
            self.listen(Step(f"solving the tree with {what}"))
            request = self.request if is_split(case, self.request) else replace(self.request, start=start)
            found = solve_tree(case, request, self.listen, self.stop)
        except KeyboardInterrupt:
            self.stop.set()
            return None
        self.noticed(found.result.stop)
        return found

    def noticed(self, stop: str) -> None:
        """An interrupt ends every search that would follow, too."""
        if stop == StopReason.INTERRUPT.value:
            self.stop.set()


def _side(table: Table, tree: TreePlan | None, options: Sequence[str]) -> Side:
    if tree is None:
        return Side(table, Least(Known.NOT))
    if not tree.branches:
        return Side(table, Least.of(tree.result))
    costs = tuple(CourseCost(one.scenario, one.probability, one.cost) for one in courses(tree))
    used = [one for one in rights(tree) if one.option in options]
    if len(used) != 1:
        return Side(table, Least.of(tree.result), costs, tree.cvar)
    chances = tuple((str(quarter), chance) for quarter, chance in used[0].by_quarter)
    return Side(table, Least.of(tree.result), costs, tree.cvar, used[0].probability, chances)
