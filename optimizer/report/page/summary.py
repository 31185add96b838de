"""The head and the foot of the page: headline, key figures, checks of the audit, run log."""

import math
from dataclasses import dataclass

from optimizer.contracts.contract import Contract
from optimizer.ledger.keys import Cash
from optimizer.ledger.operation import OVERRUN, OperationKey
from optimizer.plan import statements
from optimizer.plan.audit import Audit
from optimizer.plan.plan import Plan, Result
from optimizer.plan.status import Status, StopReason
from optimizer.report.page.decisions import NOT_OURS, Fact, contracted
from optimizer.report.page.figures import Row, Table, hourly_kinds
from optimizer.report.page.text import at_least, at_most, megawatts, money, percent
from optimizer.rules.rule import rules

SHARE_DIGITS = 6
STOPS = {
    StopReason.GAP: "the asked gap was reached",
    StopReason.TIME_LIMIT: "the time limit came first",
    StopReason.INTERRUPT: "the search was interrupted",
    StopReason.OTHER_LIMIT: "a limit of the solver came first",
    StopReason.PROOF: "the search was complete",
    StopReason.ERROR: "the solver stopped with an error",
}


@dataclass(frozen=True)
class Headline:
    """What to do now, how good the plan is proven to be, and in which words that is said."""

    act: str
    proven: bool
    status: str
    bound: str


@dataclass(frozen=True)
class Card:
    """A key figure. `warn` asks for attention."""

    label: str
    value: str
    note: str
    warn: bool = False


@dataclass(frozen=True)
class Check:
    """One check of the audit and what it found."""

    name: str
    passed: bool
    result: str


def headline(plan: Plan, committed: float) -> Headline:
    """The headline. `committed` is the money made firm in the first quarter, USD."""
    result, currency = plan.result, plan.case.settings.currency
    objective = result.objective or 0.0
    proven = result.status == Status.OPTIMAL
    return Headline(_act(plan, committed), proven, standing(result), _bound(plan, objective, currency))


def standing(result: Result) -> str:
    """How good the plan is proven to be, in a few words."""
    gap = "unknown" if result.gap is None else at_most(result.gap)
    if result.status == Status.OPTIMAL:
        return "Proven optimal" if not result.gap else f"Proven optimal within {gap}"
    if result.status == Status.SCENARIO:
        return f"One scenario of a plan under uncertainty: {result.detail}"
    return f"Feasible, not proven optimal: gap {gap}"


def _act(plan: Plan, committed: float) -> str:
    first = plan.case.calendar.as_of
    acts: dict[str, list[str]] = {}
    for choice in contracted(plan):
        if choice.key.quarter == first and choice.key.action not in NOT_OURS:
            acts.setdefault(choice.key.action.value, []).append(choice.key.contract)
    if not acts:
        return f"Nothing to sign in {first}"
    words = ", ".join(f"{act} {_names(names)}" for act, names in acts.items())
    money_words = f": {money(committed, plan.case.settings.currency)} of new commitments" if committed > 0 else ""
    return f"{words[0].upper()}{words[1:]} in {first}{money_words}"


def _names(names: list[str]) -> str:
    names = list(dict.fromkeys(names))
    if len(names) > 3:
        return f"{len(names)} contracts"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _bound(plan: Plan, objective: float, currency: str) -> str:
    result = plan.result
    if result.status == Status.SCENARIO:
        return "What is decided before scenarios part need not be the cheapest for this one; the bound is the tree's."
    stop = STOPS[result.stop]
    if result.bound is None:
        return f"No bound is known, so nothing is proven about cheaper plans; {stop}."
    room = objective - result.bound
    if room <= 0.005:
        return f"No plan of this case costs less; {stop}."
    said = money(result.bound, currency)
    return f"No plan of this case can cost less than {said}: at most {money(room, currency)} could be saved; {stop}."


def cards(plan: Plan) -> tuple[Card, ...]:
    """The key figures of the plan."""
    return (_cost(plan), _committed(plan), _served(plan), _power(plan), _spot(plan))


def _cost(plan: Plan) -> Card:
    objective, currency = plan.result.objective or 0.0, plan.case.settings.currency
    soft = [(kind.label, value) for kind, value in statements.present_value_by_category(plan) if not kind.cash]
    total = math.fsum(value for _, value in soft)
    note = f"of which not cash: {money(total, currency)} ({', '.join(label for label, _ in soft)})"
    note = note if soft else "all of it cash"
    name = "Present value" if plan.result.status == Status.SCENARIO else "Expected present value"
    return Card(name, money(objective, currency), note)


def _committed(plan: Plan) -> Card:
    currency, owed = plan.case.settings.currency, statements.obligations(plan)
    decided = {choice.key.contract for choice in contracted(plan)}
    total = math.fsum(row.total for row in owed)
    signed = math.fsum(row.total for row in owed if row.contract not in decided)
    note = f"{money(signed, currency)} is already signed" if signed else "nominal, to the end of every contract"
    return Card("Firm commitments", money(total, currency), note)


def served_share(plan: Plan) -> float | None:
    """Unit-hours that are not short of those demanded in the horizon, to six digits; None where none is demanded."""
    short = statements.unserved_share(plan)
    return None if short is None else round(1.0 - short, SHARE_DIGITS)


def _unit_hours(plan: Plan, units: tuple[float, ...]) -> float:
    calendar = plan.case.calendar
    return math.fsum(u * calendar.hours(q) for u, q in zip(units, calendar.quarters, strict=True))


def _served(plan: Plan) -> Card:
    share = served_share(plan)
    if share is None:
        return Card("Demand served", "–", "nothing is demanded")
    short = statements.service_by_kind(plan).line("Shortfall").values
    quarters = sum(1 for units in short if units > 1e-6)
    note = f"short in {quarters} of {len(short)} quarters" if quarters else "nothing is short in any quarter"
    return Card("Demand served", at_least(min(share, 1.0)), note, warn=bool(quarters))


def _power(plan: Plan) -> Card:
    drawn, limit = statements.power_drawn(plan), statements.power_limit(plan)
    known = [
        ((most - used) / most, most - used, line.label, quarter)
        for line in limit.lines
        for quarter, most, used in zip(limit.quarters, line.values, drawn.line(line.label).values, strict=True)
        if most > 0
    ]
    if not known:
        return Card("Tightest power headroom", "–", "no site has a power limit")
    share, free, site, quarter = min(known)
    share, free = max(share, 0.0), max(free, 0.0)
    return Card(
        "Tightest power headroom", megawatts(free), f"{at_least(share)} free at {site} in {quarter}", warn=share < 0.005
    )


def spot_share(plan: Plan) -> float | None:
    """Share of the GPU-hours contracted in the horizon that is bought by the hour; None where there are none."""
    grid = statements.installed_by_kind(plan)
    total = _unit_hours(plan, grid.totals)
    hourly = math.fsum(_unit_hours(plan, grid.line(kind).values) for kind in hourly_kinds())
    return hourly / total if total else None


def _spot(plan: Plan) -> Card:
    share, currency = spot_share(plan), plan.case.settings.currency
    markets = {row.name for row in plan.case.of(Contract) if row.BY_THE_HOUR}
    spent = math.fsum(m.amount for m in plan.moved if m.source in markets and isinstance(m.posting.key, Cash))
    note = f"of all GPU-hours, for {money(spent, currency)} in all" if spent else "nothing is bought by the hour"
    return Card("Spot and on-demand share", "–" if share is None else percent(share), note)


def checks(plan: Plan, audited: Audit) -> tuple[Check, ...]:
    """What the audit recomputed, and what came of it."""
    reported, currency = plan.result.objective, plan.case.settings.currency
    off = abs((reported or 0.0) - audited.objective)
    exact = f"{currency} {audited.objective:,.2f} recomputed from the quantities, {off:,.2f} from the plan's"
    codes = [rule.CODE for rule in rules()]
    contracts = len(plan.case.of(Contract))
    found = {code: sum(1 for f in audited.findings if f.place.startswith((f"{code}-", f"{code} "))) for code in codes}
    others = len(audited.findings) - sum(found.values())
    replay = f"{contracts} contracts walked through the calendar, {len(audited.books.entries):,} entries"
    return (
        Check("Every contract keeps its terms, and every posting is replayed", not others, _found(others, replay)),
        *(Check(rule.title, not found[rule.CODE], _found(found[rule.CODE], "")) for rule in rules()),
        Check("The objective is recomputed", reported is not None and off <= 0.01, exact),
    )


def _found(count: int, fine: str) -> str:
    return f"{count} findings" if count else fine


def admitted(plan: Plan) -> Table | None:
    """Limits that the plan exceeds at a price, and what that costs; None where there are none."""
    currency = plan.case.settings.currency
    rows = [
        Row(str(line.posting.quarter), (line.source, money(line.amount, currency)))
        for line in plan.moved
        if isinstance(line.what, OperationKey) and line.what.operation == OVERRUN
    ]
    return Table("", ("Quarter", "Limit", "Cost"), tuple(rows)) if rows else None


def costs(plan: Plan) -> Table | None:
    """Every category: its weight in the objective, its nominal amount within the horizon and beyond it."""
    currency = plan.case.settings.currency
    weights = dict(statements.present_value_by_category(plan))
    nominal = {kind: (inside, beyond) for kind, inside, beyond in statements.nominal_by_category(plan)}
    if not weights:
        return None
    ranked = sorted(weights, key=lambda kind: -abs(weights[kind]))
    rows = [
        Row(kind.label + ("" if kind.cash else " (not cash)"), _amounts(currency, weights[kind], *nominal[kind]))
        for kind in ranked
    ]
    sums = (math.fsum(weights.values()), *(math.fsum(pair[i] for pair in nominal.values()) for i in (0, 1)))
    rows.append(Row("Total", _amounts(currency, *sums), strong=True))
    return Table("", ("Category", "Present value", "In the horizon", "Beyond it"), tuple(rows))


def _amounts(currency: str, *values: float) -> tuple[str, ...]:
    return tuple(money(value, currency) if abs(value) >= 0.005 else "–" for value in values)


def run_log(plan: Plan) -> tuple[Fact, ...]:
    """What made the plan, so that it can be made again."""
    result, seconds = plan.result, plan.result.seconds
    currency = plan.case.settings.currency
    bound = "none" if result.bound is None else f"{currency} {result.bound:,.2f}"
    return (
        Fact("Status", f"{result.status}: {STOPS[result.stop]}"),
        Fact("Objective", f"{currency} {result.objective or 0.0:,.2f}"),
        Fact("Bound", bound),
        Fact("Gap", f"{'unknown' if result.gap is None else f'{result.gap:.6%}'} (asked {result.asked_gap:.4%})"),
        Fact("Solver", f"{result.solver} {result.solver_version}, {result.threads} threads, seed {result.seed}"),
        Fact("Program", f"{result.columns:,} columns ({result.integers:,} integer), {result.rows:,} rows"),
        Fact("Nodes", f"{result.nodes:,}"),
        Fact("Seconds", f"read {seconds.read:.1f}, build {seconds.build:.1f}, solve {seconds.solve:.1f}"),
        Fact("Optimizer", result.version),
        Fact("Case", result.case_hash),
    )
