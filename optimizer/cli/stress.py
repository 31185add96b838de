"""`optimizer stress`: what becomes of a plan in thousands of futures."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

from optimizer.cli.progress import ProgressLine
from optimizer.cli.text import Money, chance, table
from optimizer.cli.writing import unbroken
from optimizer.errors import Exit, UnsolvableError
from optimizer.plan.plan import Plan
from optimizer.plan.save import load_plan
from optimizer.plan.save_tree import is_tree, load_tree
from optimizer.plan.tree import TreePlan
from optimizer.publish import STRESS, require_place, write_stress
from optimizer.request import Step
from optimizer.stress.drivers import Part
from optimizer.stress.result import Stress
from optimizer.stress.save import record
from optimizer.stress.statistics import Estimate
from optimizer.stress.stress import Asked, Tally, stress
from optimizer.stress.summary import Future, Limit, Summary, proof

_, WORKBOOK, PAGE, _ = STRESS
MOST_LIMITS, MOST_PARTS, MOST_FUTURES = 12, 8, 5


def run(arguments: argparse.Namespace) -> Exit:
    """Stress, write, tell; the exit code says whether all futures that were asked for were played."""
    folder = arguments.out or Path(f"{arguments.plan.resolve().name}-stress")
    asked = Asked(
        draws=arguments.draws,
        seed=arguments.seed,
        until=arguments.until,
        gap=arguments.gap,
        seconds=arguments.time_limit,
        relaxed=arguments.relax,
        workers=arguments.workers,
        cluster=arguments.cluster,
    )
    require_place(folder)
    with ProgressLine() as progress:
        progress(Step(f"reading {arguments.plan}"))
        plan = _plan(arguments.plan)

        def told(event: str | Tally) -> None:
            if isinstance(event, Tally):
                progress.figures(_tally(event))
            else:
                progress(Step(event))

        found = stress(plan, asked, told, folder)
        if not found.played:
            raise KeyboardInterrupt
        progress(Step(f"writing {folder}"))
        summary = Summary(found)
        with unbroken():
            write_stress(summary, folder)
    print(json.dumps(record(summary), indent=2) if arguments.json else text(summary, folder))
    if found.interrupted:
        return Exit.INTERRUPTED
    return Exit.DONE if found.solved else UnsolvableError.exit_code


def _plan(folder: Path) -> Plan | TreePlan:
    return load_tree(folder) if is_tree(folder) else load_plan(folder)


def _tally(event: Tally) -> str:
    done = f": {event.done:,} of {event.asked:,} futures"
    if not event.new or event.done == event.asked:
        return done
    left = (event.asked - event.done) * event.seconds / event.new
    return f"{done}, {event.new / event.seconds:,.1f} a second, {_minutes(left)} to go"


def _minutes(seconds: float) -> str:
    return f"{seconds:,.0f} s" if seconds < 90 else f"{seconds / 60:,.0f} min"


def text(summary: Summary, folder: Path) -> str:
    """What the stress test says, for a terminal."""
    found = summary.stress
    money = Money(found.currency)
    lines = [f"{found.title}: {_played(found)}", kept(found), reacts(found), "", _ends(summary)]
    if found.solved:
        lines += ["", _costs(summary, money), "", _shortfall(summary)]
        if summary.limits:
            lines += ["", _limits(summary, money)]
        lines += ["", _drivers(summary, money), "", "the dearest futures", _futures(summary.dearest, money)]
        if summary.shortest:
            lines += ["", "the futures of greatest shortfall", _futures(summary.shortest, money)]
    lines += ["", f"{proof(summary)}; {found.seconds:,.0f} s", f"{folder / WORKBOOK}  {folder / PAGE}"]
    return "\n".join(lines)


def _played(found: Stress) -> str:
    if found.interrupted:
        return f"interrupted: the first {len(found.played):,} of {found.asked:,} futures (seed {found.seed})"
    return f"{len(found.played):,} futures (seed {found.seed})"


def _ends(summary: Summary) -> str:
    rows = [(end.value, chance(share.value), _between(share, chance)) for end, share in summary.ends]
    return table(("futures in which", "share", "95 % between"), rows)


def _costs(summary: Summary, money: Money) -> str:
    found = summary.stress
    rows = [("as planned", money(found.planned), "")]
    if found.calm.cost is not None:
        rows.append(("as the case says, with this reaction", money(found.calm.cost), ""))
    rows += [("mean", money(summary.mean.value), _between(summary.mean, money))]
    rows += [("mean, proven at least", money(summary.least), ""), ("standard deviation", money(summary.deviation), "")]
    rows += [
        (f"{share:.0%} of futures cost at most", money(one.value), _between(one, money))
        for share, one in summary.quantiles
    ]
    tail = f"mean of the dearest {found.risk_tail:.0%} (CVaR)"
    rows.append((tail, money(summary.cvar.value), _between(summary.cvar, money)))
    return table(("cost, present value", found.currency, "95 % between"), rows)


def _shortfall(summary: Summary) -> str:
    any_short, mean = summary.any_short, summary.short
    rows = [("any demand short, chance", chance(any_short.value), _between(any_short, chance))]
    rows.append(("demand short, mean share", chance(mean.value), _between(mean, chance)))
    if summary.fan:
        worst = max(summary.fan, key=lambda one: one.mean)
        rows.append((f"in {worst.quarter}, the worst quarter", chance(worst.mean), ""))
    return table(("shortfall", "share", "95 % between"), rows)


def _limits(summary: Summary, money: Money) -> str:
    shown = summary.limits[:MOST_LIMITS]
    more = f"\n({len(summary.limits) - len(shown)} more in the tables)" if len(shown) < len(summary.limits) else ""
    heads = ("limit passed", "when", "chance", "95 % between", "mean excess", "worst")
    return table(heads, [_limit(one, money) for one in shown]) + more


def _limit(one: Limit, money: Money) -> tuple[str, ...]:
    found = one.excess.chance
    name = one.limit if one.hard else f"{one.limit} (has a price)"
    figures = (f"{_amount(one.excess.average, one.unit, money)}", f"{_amount(one.excess.worst, one.unit, money)}")
    return (name, one.when or "ever", chance(found.value), _between(found, chance), *figures)


def _amount(amount: float, unit: str, money: Money) -> str:
    return money(amount) if unit == "USD" else f"{amount:,.4g} {unit}"


def _drivers(summary: Summary, money: Money) -> str:
    rows = [_part(part, money) for part in summary.cost_parts[:MOST_PARTS]]
    heads = ("driver of cost", "of the variance", "lowest tenth", "highest tenth", "mean", "mean in the dear tail")
    whole = summary.explained
    known = "" if whole is None else f"\ntogether they explain {whole:.0%} of the variance of the ranks of cost"
    return table(heads, rows) + known


def _part(part: Part, money: Money) -> tuple[str, ...]:
    swing = (money.known(cost, "-") for cost in (part.low, part.high))
    unit = " quarters late" if part.process.value == "slip" else "x"
    share = "-" if part.share is None else f"{part.share:.0%}".replace("-0%", "0%")
    return (part.driver, share, *swing, f"{part.all:.2f}{unit}", f"{part.tail:.2f}{unit}")


def _futures(futures: tuple[Future, ...], money: Money) -> str:
    rows = [
        (f"{one.played.number}", money(one.played.cost or 0.0), chance(one.short), f"  {one.words}")
        for one in futures[:MOST_FUTURES]
    ]
    lines = table(("draw", "cost", "short"), [row[:3] for row in rows]).splitlines()
    return "\n".join(
        [lines[0] + "  what was different", *(line + row[3] for line, row in zip(lines[1:], rows, strict=True))]
    )


def _between(one: Estimate, shown: Callable[[float], str]) -> str:
    ends = ("no limit" if end is None else shown(end) for end in (one.low, one.high))
    return " to ".join(ends)


def kept(found: Stress) -> str:
    """What was kept, in a sentence."""
    count = len(found.kept)
    what = f"{count} {'decision' if count == 1 else 'decisions'} of the plan"
    when = f"all decisions before {found.differs}"
    if found.until > found.differs:
        when += f" and all commitments before {found.until}"
    return f"kept: {when} ({what})"


def reacts(found: Stress) -> str:
    """What reacts, and what that is to be taken for."""
    how = (
        "in shares of blocks and of placements: costs and breaches are at least what is shown" if found.relaxed else ""
    )
    how = how or (f"within {found.gap:.2%} of the best" if found.gap else "proven best")
    return f"all else reacts, {how}, and sees the whole future from {found.differs} on: reality will be no cheaper"
