"""`optimizer scenarios`: futures drawn from stated uncertainty, and the tree that stands for them, in a new case."""

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict

from optimizer.amend import require_new, write_amended
from optimizer.case.case import Case
from optimizer.case.scenario import Scenario
from optimizer.case.uncertainty import Process, Uncertainty
from optimizer.cli.case import read
from optimizer.cli.progress import ProgressLine
from optimizer.cli.text import Money, table
from optimizer.errors import Exit, UsageError
from optimizer.futures.shock import Shock
from optimizer.report.page.futures import Drawn, write_futures_page
from optimizer.request import Step
from optimizer.studies.making import Made, Weigh, Wish, make
from optimizer.tables.quarter import Quarter
from optimizer.uncertainty.chance import Scheme
from optimizer.uncertainty.quality import Likeness, Stake
from optimizer.uncertainty.reduction import Method
from optimizer.uncertainty.scenarios import origins


def run(arguments: argparse.Namespace) -> Exit:
    """Draw, reduce and write; the case that was read stays as it is."""
    require_new(arguments.out)
    if arguments.page is not None:
        require_new(arguments.page)
    with ProgressLine() as progress:
        progress(Step(f"reading {arguments.case}"))
        case = read(arguments.case)
        require_free(case, arguments.replace)
        made = make(case, wish(arguments), progress)
        progress(Step(f"writing {arguments.out}"))
        write_amended(made.case, (Scenario, Shock), case.source, arguments.out, origins(made.grown))
        if arguments.page is not None:
            write_futures_page(Drawn(made.grown, made.quality, made.stakes), arguments.page)
    print(document(made) if arguments.json else f"{text(made)}\n{arguments.out}")
    return Exit.DONE


def wish(arguments: argparse.Namespace) -> Wish:
    """What tree is asked for."""
    try:
        partings = tuple(Quarter.parse(quarter) for quarter in arguments.partings)
    except ValueError as error:
        raise UsageError(f"--partings: {error}") from error
    return Wish(
        draws=arguments.draws,
        keep=tuple(arguments.keep),
        partings=partings,
        seed=arguments.seed,
        method=Method(arguments.method),
        weigh=Weigh(arguments.weigh),
        centred=not arguments.as_drawn,
        scheme=Scheme(arguments.scheme),
    )


def require_free(case: Case, replace: bool) -> None:
    """Raise UsageError for a case that has scenarios already, unless they are to be replaced."""
    if case.of(Scenario) and not replace:
        raise UsageError("the case has scenarios already. Fix: --replace, to put the new ones in their place")


def document(made: Made) -> str:
    """The result as JSON."""
    grown, found = made.grown, made.quality
    record = {
        "schema": "optimizer/scenarios@1",
        "draws": made.wish.draws,
        "seed": made.wish.seed,
        "scheme": made.wish.scheme.value,
        "method": made.wish.method.value,
        "weigh": made.wish.weigh.value,
        "centred": made.wish.centred,
        "partings": [str(quarter) for quarter in grown.partings],
        "scenarios": len(grown.leaves),
        "distance": found.distance,
        "distance_of_the_case": found.alone,
        "kept": found.kept,
        "correlation_error": found.correlation_error,
        "lost": found.lost,
        "effects": _effects(made),
        "stakes": [{**asdict(stake), "usd": stake.usd} for stake in made.stakes.each] if made.stakes else None,
        "uncertainties": [asdict(one) for one in found.each],
    }
    return json.dumps(record, indent=2, default=str)


def _effects(made: Made) -> dict[str, object] | None:
    found = made.quality.effects
    return None if found is None else {"draws": asdict(found.of_draws), "tree": asdict(found.of_tree)}


def text(made: Made) -> str:
    """The result for a terminal."""
    grown, found, money = made.grown, made.quality, Money(made.case.settings.currency)
    bundles = [len({leaf.label[: stage + 1] for leaf in grown.leaves}) for stage in range(len(grown.partings))]
    parted = ", ".join(f"{count} in {quarter}" for count, quarter in zip(bundles, grown.partings, strict=True))
    lines = [
        f"{made.wish.draws:,} futures drawn (seed {made.wish.seed}), {len(grown.leaves)} kept; known apart: {parted}",
        "",
    ]
    if made.stakes:
        heads = ("what it moves the cost by", "low draw", "high draw", "difference")
        lines += [table(heads, [_stake(stake, money) for stake in made.stakes.each]), ""]
    slips = {row.uncertainty for row in made.case.of(Uncertainty) if row.process is Process.SLIP}
    likeness = [_likeness(one, one.uncertainty in slips) for one in found.each]
    lines += [table(("in " + str(found.each[0].quarter), *HEADS), likeness), ""]
    lines += list(_kept(made, money))
    return "\n".join(lines)


def _kept(made: Made, money: Money) -> Iterator[str]:
    """How good the reduction is, in words."""
    found = made.quality
    if found.effects is not None:
        draws, tree = found.effects.of_draws, found.effects.of_tree
        yield (
            f"{found.effects.spread:.0%} of the spread of the cost is kept: a deviation of {money(tree.deviation)} of "
            f"{money(draws.deviation)}; one in twenty costs at least {money(tree.high)} more than the case as it "
            f"stands, {money(draws.high)} as drawn (to first order)"
        )
    far = money if made.stakes else "{:,.3f}".format
    yield (
        f"a draw is {far(found.distance)} from the future that stands for it, {far(found.alone)} from the case as it "
        f"stands; largest error of a correlation {found.correlation_error:.2f}"
    )
    if found.lost:
        yield f"in no kept future happens: {', '.join(found.lost)}. Fix: keep more futures, or count it as left out"


HEADS = ("mean drawn", "kept", "deviation drawn", "kept", "low drawn", "kept", "high drawn", "kept")


def _stake(stake: Stake, money: Money) -> tuple[str, ...]:
    return stake.uncertainty, money(stake.low_usd), money(stake.high_usd), money(stake.usd)


def _likeness(one: Likeness, slips: bool) -> tuple[str, ...]:
    names = ("mean", "deviation", "low", "high")
    pairs = ((getattr(one.draws, name), getattr(one.tree, name)) for name in names)
    unit = "quarters late" if slips else "multiple"
    return f"{one.uncertainty} ({unit})", *(f"{value:.3f}" for pair in pairs for value in pair)
