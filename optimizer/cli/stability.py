"""`optimizer stability`: whether the optimum hangs on which futures were drawn, and how far it may be from the best."""

import argparse
import json
import math
from dataclasses import asdict
from pathlib import Path

from optimizer.amend import require_new
from optimizer.cli.case import read
from optimizer.cli.progress import ProgressLine
from optimizer.cli.scenarios import wish
from optimizer.cli.text import Money, chance, percent, table
from optimizer.errors import Exit
from optimizer.report.page.futures import Drawn, write_futures_page
from optimizer.request import Request, Step
from optimizer.studies.stability import Trial, stability
from optimizer.uncertainty.stability import Decision, Gap, Mean, Stability, letter


def run(arguments: argparse.Namespace) -> Exit:
    """Make and solve trees, play what they decide, and print how they differ."""
    page: Path | None = arguments.page
    if page is not None:
        require_new(page)
    asked = wish(arguments)
    trial = Trial(arguments.trees, arguments.fresh, arguments.batches, arguments.batch)
    request = Request(arguments.gap, arguments.time_limit, arguments.threads, cluster=arguments.cluster)
    with ProgressLine() as progress:
        progress(Step(f"reading {arguments.case}"))
        case = read(arguments.case)
        found, made = stability(case, asked, trial, request, progress)
        if page is not None:
            progress(Step(f"writing {page}"))
            write_futures_page(Drawn(made.grown, made.quality, made.stakes, found), page)
    print(_document(found) if arguments.json else text(found, Money(case.settings.currency)))
    return Exit.INTERRUPTED if found.interrupted else Exit.DONE


def _document(found: Stability) -> str:
    record = {
        "schema": "optimizer/stability@1",
        **asdict(found),
        "inside": asdict(found.inside),
        "deviation": found.deviation,
        "bias": found.bias,
    }
    return json.dumps(_plain(record), indent=2)


def _plain(value: object) -> object:
    """The value as JSON knows it: NaN is none of its numbers."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def text(found: Stability, money: Money) -> str:
    """What was found, for a terminal."""
    inside, trees = found.inside, f"{len(found.trees)} tree{'' if len(found.trees) == 1 else 's'}"
    lines = [
        f"in sample: {trees} of up to {found.scenarios} futures cost {_mean(inside, money)} on average, "
        f"deviation {money(found.deviation)} ({percent(found.strays)})",
        table(
            ("seed", "optimum", "bound", "decision"),
            [
                (str(one.seed), money(one.objective), money.known(one.bound), letter(one.decision))
                for one in found.trees
            ],
        ),
    ]
    if found.decisions:
        lines += ["", *_outside(found, money)]
    if found.gap is not None:
        lines += ["", _gap(found.gap, money)]
    if found.interrupted:
        lines += ["", "interrupted: what is above was finished before"]
    return "\n".join(lines)


def _gap(gap: Gap, money: Money) -> str:
    """(STABLE-4)."""
    count = len(gap.batches)
    bound = "" if gap.bound is None else f", at most {money(max(gap.bound, 0.0))} (95 %)"
    bound = ", the same in each, which bounds nothing" if gap.alike else bound
    batches = f"{count} batch{'' if count == 1 else 'es'} of {gap.size} draws"
    return f"decision A costs {money(max(gap.mean, 0.0))} more than the best in {batches}{bound}"


def _outside(found: Stability, money: Money) -> list[str]:
    rows = [_row(number, one, money) for number, one in enumerate(found.decisions)]
    lines = [
        f"out of sample: decided here and now, played in {found.fresh} fresh draws",
        table(("decision", "mean cost", "over A", "without a plan"), rows),
    ]
    lines += [f"{letter(number)}: {'; '.join(one.words) or 'nothing'}" for number, one in enumerate(found.decisions)]
    if found.bias is not None and not math.isnan(found.bias):
        share = abs(found.bias) / abs(found.inside.value) if found.inside.value else 0.0
        words = "more" if found.bias >= 0.0 else "less"
        lines.append(f"fresh draws cost {money(abs(found.bias))} ({percent(share)}) {words} than the trees say")
    return lines


def _row(number: int, one: Decision, money: Money) -> tuple[str, ...]:
    over = _mean(one.over_best, money) if number else ""
    return letter(number), _mean(one.cost, money), over, chance(one.failed)


def _mean(mean: Mean, money: Money) -> str:
    if math.isnan(mean.value):
        return "not known"
    return money(mean.value) if mean.half is None else f"{money(mean.value)} ± {money(mean.half)}"
